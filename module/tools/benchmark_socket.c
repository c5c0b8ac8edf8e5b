/* SPDX-License-Identifier: Apache-2.0 */
#include "benchmark_socket.h"

#include "benchmark_frame.h"

#include <errno.h>
#include <goose-bridge/clock.h>
#include <goose-bridge/goose.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define ADDRESSES      12 /* octets in front of where the tag was */
#define SLOT_OCTETS    2048
#define BUFFER_OCTETS  (32 * 1024 * 1024) /* about 30,000 frames as the kernel counts them */
#define CONTROL_OCTETS (CMSG_SPACE(sizeof(struct tpacket_auxdata)) + CMSG_SPACE(sizeof(struct timespec)))

#ifndef PACKET_IGNORE_OUTGOING /* since Linux 4.20 */
#define PACKET_IGNORE_OUTGOING 23
#endif

struct benchmark_socket {
	int fd;
	int lock; /* holds the slot */
	int index;
	char name[IFNAMSIZ];
	uint8_t address[6];
	size_t mtu;
	bool carrier;
	uint64_t unread;
	struct mmsghdr messages[BENCHMARK_BATCH];
	struct iovec vectors[BENCHMARK_BATCH];
	struct sockaddr_ll sources[BENCHMARK_BATCH];
	struct benchmark_received received[BENCHMARK_BATCH];
	uint8_t controls[BENCHMARK_BATCH][CONTROL_OCTETS] __attribute__((aligned(8)));
	uint8_t slots[BENCHMARK_BATCH][SLOT_OCTETS];
};

/* ---- opening -------------------------------------------------------------------------------------------------------- */

static int look_at_interface(struct benchmark_socket *s, struct ifreq *request, char *error, size_t size)
{
	const char *name = s->name;

	if (ioctl(s->fd, SIOCGIFHWADDR, request) < 0) {
		int cause = errno;

		if (cause == ENODEV)
			snprintf(error, size,
				 "there is no interface %s here: start the service (systemctl start goose-bridge), or name the "
				 "bridge's interface with --interface; ip link lists what there is",
				 name);
		else
			snprintf(error, size, "cannot look at interface %s: %s", name, strerror(cause));
		return -cause;
	}
	if (request->ifr_hwaddr.sa_family != ARPHRD_ETHER) {
		snprintf(error, size, "%s is no Ethernet, so no bridge has it: name the bridge's interface with --interface",
			 name);
		return -EPROTONOSUPPORT;
	}
	memcpy(s->address, request->ifr_hwaddr.sa_data, sizeof(s->address));
	if (ioctl(s->fd, SIOCGIFMTU, request) == 0)
		s->mtu = (size_t)request->ifr_mtu;
	if (ioctl(s->fd, SIOCGIFFLAGS, request) == 0 && !(request->ifr_flags & IFF_UP)) {
		snprintf(error, size, "%s is down: ip link set %s up", name, name);
		return -ENETDOWN;
	}
	s->carrier = request->ifr_flags & IFF_RUNNING;
	return 0;
}

/* GOOSE with the S bit of Reserved1: at offsets 12 and 18, as the kernel has taken the tag off by then. What else is on the
 * interface costs this program nothing.
 */
static void filter(int fd)
{
	static struct sock_filter instructions[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, GB_ETHERTYPE_GOOSE, 0, 3),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 18), BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x80, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0x40000),	BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog program = {sizeof(instructions) / sizeof(instructions[0]), instructions};

	/* without it there is more to look at, and nothing else differs */
	(void)setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

static int set_up(struct benchmark_socket *s)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = s->index};
	int one = 1, buffer = BUFFER_OCTETS;

	filter(s->fd);
	if (setsockopt(s->fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one)) < 0 ||
	    setsockopt(s->fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one)) < 0)
		return -errno;
	if (setsockopt(s->fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer)) < 0) /* takes CAP_NET_ADMIN */
		(void)setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
	/* where it is missing, the kind of each packet says so */
	(void)setsockopt(s->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one));
	/* All protocols: sockets for one of them get a frame with another VLAN's tag without that tag. */
	return bind(s->fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
}

int benchmark_socket_open(struct benchmark_socket **socket_, const char *name, char *error, size_t size)
{
	struct benchmark_socket *s = calloc(1, sizeof(*s));
	struct ifreq request = {0};
	int result = -ENOMEM;

	*socket_ = NULL;
	if (!s) {
		snprintf(error, size, "memory is short");
		return result;
	}
	s->lock = -1;
	snprintf(s->name, sizeof(s->name), "%s", name);
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	s->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0); /* no protocol: nothing of other interfaces gets in */
	if (s->fd < 0) {
		result = -errno;
		if (result == -EPERM || result == -EACCES)
			snprintf(error, size,
				 "sending and receiving frames on %s takes CAP_NET_RAW: run this as root, such as with sudo",
				 name);
		else
			snprintf(error, size, "there is no packet socket to be had: %s", strerror(-result));
		goto out;
	}
	result = look_at_interface(s, &request, error, size);
	if (result)
		goto out;
	result = ioctl(s->fd, SIOCGIFINDEX, &request) < 0 ? -errno : 0;
	s->index = request.ifr_ifindex;
	if (!result)
		result = set_up(s);
	if (result)
		snprintf(error, size, "cannot use interface %s: %s", name, strerror(-result));
out:
	if (result)
		benchmark_socket_close(s);
	else
		*socket_ = s;
	return result;
}

void benchmark_socket_close(struct benchmark_socket *socket)
{
	if (!socket)
		return;
	if (socket->fd >= 0)
		close(socket->fd);
	if (socket->lock >= 0)
		close(socket->lock);
	free(socket);
}

const uint8_t *benchmark_socket_address(const struct benchmark_socket *socket)
{
	return socket->address;
}

size_t benchmark_socket_frame_max(const struct benchmark_socket *socket, bool tagged)
{
	/* a tag is not counted in the MTU where the interface has it taken off; a TAP counts it, and its reader has to have
	 * room */
	size_t most = socket->mtu + GB_ETHERNET_HEADER, limit = BENCHMARK_FRAME_MAX - (tagged ? 0 : GB_VLAN_TAG);

	return most < limit ? most : limit;
}

bool benchmark_socket_carrier(const struct benchmark_socket *socket)
{
	return socket->carrier;
}

/* A name in the abstract name space of unix sockets is the network namespace's, and goes with its process. */
int benchmark_socket_slot(struct benchmark_socket *s, const char *purpose, unsigned count)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	s->lock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (s->lock < 0)
		return -errno;
	for (unsigned slot = 0; slot < count; slot++) {
		int length = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "goose-bridge-benchmark/%s/%s/%u",
				      s->name, purpose, slot);

		if (bind(s->lock, (struct sockaddr *)&address,
			 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length)) == 0)
			return (int)slot;
		if (errno != EADDRINUSE)
			return -errno;
	}
	return -EADDRINUSE;
}

/* ---- sending and receiving ------------------------------------------------------------------------------------------ */

int benchmark_socket_send(struct benchmark_socket *socket, const uint8_t *octets, size_t slot, size_t length, unsigned count)
{
	struct mmsghdr messages[BENCHMARK_BATCH] = {0};
	struct iovec vectors[BENCHMARK_BATCH];
	int sent;

	for (unsigned i = 0; i < count; i++) {
		/* sendmmsg only reads them */
		vectors[i] = (struct iovec){(void *)(uintptr_t)(octets + i * slot), length};
		messages[i].msg_hdr = (struct msghdr){.msg_iov = &vectors[i], .msg_iovlen = 1};
	}
	sent = sendmmsg(socket->fd, messages, count, MSG_DONTWAIT);
	if (sent >= 0)
		return sent;
	return errno == EAGAIN || errno == ENOBUFS || errno == EINTR || errno == ENOMEM ? 0 : -errno;
}

/* Makes room behind the addresses and writes the tag there. */
static void put_tag_back(uint8_t *slot, struct benchmark_received *frame, uint16_t tpid, uint16_t tci)
{
	const uint8_t tag[GB_VLAN_TAG] = {(uint8_t)(tpid >> 8), (uint8_t)tpid, (uint8_t)(tci >> 8), (uint8_t)tci};

	memmove(slot, slot + GB_VLAN_TAG, ADDRESSES);
	memcpy(slot + ADDRESSES, tag, sizeof(tag));
	frame->octets = slot;
	frame->length += GB_VLAN_TAG;
}

static void take_control(struct msghdr *message, uint8_t *slot, struct benchmark_received *frame)
{
	struct tpacket_auxdata auxiliary;
	struct timespec time;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPNS) {
			memcpy(&time, CMSG_DATA(c), sizeof(time));
			frame->utc_ns = (uint64_t)time.tv_sec * GB_NS_PER_S + (uint64_t)time.tv_nsec;
		} else if (c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_AUXDATA) {
			memcpy(&auxiliary, CMSG_DATA(c), sizeof(auxiliary));
			if (auxiliary.tp_status & TP_STATUS_VLAN_VALID)
				put_tag_back(slot, frame,
					     auxiliary.tp_status & TP_STATUS_VLAN_TPID_VALID ? auxiliary.tp_vlan_tpid :
											       GB_ETHERTYPE_C_VLAN,
					     auxiliary.tp_vlan_tci);
		}
	}
}

static void prepare(struct benchmark_socket *s)
{
	for (size_t i = 0; i < BENCHMARK_BATCH; i++) {
		s->vectors[i] = (struct iovec){s->slots[i] + GB_VLAN_TAG, SLOT_OCTETS - GB_VLAN_TAG};
		s->messages[i].msg_hdr = (struct msghdr){
			.msg_name = &s->sources[i],
			.msg_namelen = sizeof(s->sources[i]),
			.msg_iov = &s->vectors[i],
			.msg_iovlen = 1,
			.msg_control = s->controls[i],
			.msg_controllen = CONTROL_OCTETS,
		};
	}
}

int benchmark_socket_receive(struct benchmark_socket *s, const struct benchmark_received **received)
{
	uint64_t utc_ns, mono_ns;
	int count, used = 0;

	prepare(s);
	count = recvmmsg(s->fd, s->messages, BENCHMARK_BATCH, MSG_DONTWAIT, NULL);
	utc_ns = gb_clock_utc_ns();
	mono_ns = gb_clock_mono_ns();
	if (count < 0)
		return errno == EAGAIN || errno == EINTR || errno == ENETDOWN ? 0 : -errno; /* told once that it went down */
	for (int i = 0; i < count; i++) {
		struct benchmark_received *frame = &s->received[used];

		if (s->sources[i].sll_pkttype == PACKET_OUTGOING || s->messages[i].msg_hdr.msg_flags & MSG_TRUNC)
			continue;
		*frame = (struct benchmark_received){.octets = s->slots[i] + GB_VLAN_TAG, .length = s->messages[i].msg_len};
		take_control(&s->messages[i].msg_hdr, s->slots[i], frame);
		if (frame->utc_ns == 0 || frame->utc_ns > utc_ns) /* no time, or the clock was set back */
			frame->utc_ns = utc_ns;
		frame->mono_ns = utc_ns - frame->utc_ns < mono_ns ? mono_ns - (utc_ns - frame->utc_ns) : mono_ns;
		used++;
	}
	*received = s->received;
	return used;
}

void benchmark_socket_wait(struct benchmark_socket *socket, int other, uint64_t timeout_ns)
{
	struct pollfd readable[] = {{.fd = socket->fd, .events = POLLIN}, {.fd = other, .events = POLLIN}};
	const struct timespec timeout = {(time_t)(timeout_ns / GB_NS_PER_S), (long)(timeout_ns % GB_NS_PER_S)};

	(void)ppoll(readable, 2, &timeout, NULL); /* whatever it says: who waits looks at all there is */
}

int benchmark_socket_check(const struct benchmark_socket *socket)
{
	struct ifreq request = {0};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", socket->name);
	if (ioctl(socket->fd, SIOCGIFINDEX, &request) < 0 || request.ifr_ifindex != socket->index)
		return -ENODEV;
	return ioctl(socket->fd, SIOCGIFFLAGS, &request) == 0 && request.ifr_flags & IFF_UP ? 0 : -ENETDOWN;
}

uint64_t benchmark_socket_unread(struct benchmark_socket *socket)
{
	struct tpacket_stats statistics;
	socklen_t size = sizeof(statistics);

	/* reading sets the kernel's counter to 0 */
	if (getsockopt(socket->fd, SOL_PACKET, PACKET_STATISTICS, &statistics, &size) == 0)
		socket->unread += statistics.tp_drops;
	return socket->unread;
}
