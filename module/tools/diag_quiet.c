/* SPDX-License-Identifier: Apache-2.0 */
#include "diag_quiet.h"

#include "diag_packet.h"

#include <errno.h>
#include <goose-bridge/ipv4.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_BUDGET 64 /* packets in one turn of the loop */
#define PACKET_MAX  2048

/* In the IP header (RFC 791, 3.1). */
#define PROTOCOL_OFFSET	   9
#define DESTINATION_OFFSET 16

/* All that is not UDP to the group stays in the kernel. */
static int filter_group(int fd, struct in_addr group)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, PROTOCOL_OFFSET),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, DESTINATION_OFFSET),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ntohl(group.s_addr), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, PACKET_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ? -errno : 0;
}

static int let_through(int fd, int index, struct in_addr group)
{
	struct packet_mreq request = {.mr_ifindex = index, .mr_type = PACKET_MR_MULTICAST, .mr_alen = ETH_ALEN};

	gb_ipv4_group_mac(group, request.mr_address);
	return setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof(request)) < 0 ? -errno : 0;
}

static int open_packets(int index, struct in_addr group)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP), .sll_ifindex = index};
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int error = fd < 0 ? -errno : 0;

	if (error)
		return error;
	error = filter_group(fd, group);
	if (!error)
		error = let_through(fd, index, group);
	if (!error && bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0)
		error = -errno;
	if (!error)
		return fd;
	close(fd);
	return error;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct diag_quiet *q = arg;
	uint8_t octets[PACKET_MAX];

	(void)what;
	for (unsigned budget = READ_BUDGET; budget > 0; budget--) {
		ssize_t length = recv(fd, octets, sizeof(octets), MSG_DONTWAIT);
		struct in_addr source;
		const uint8_t *payload;
		size_t payload_length;
		unsigned ttl;

		if (length < 0)
			return;
		if (diag_packet_parse(octets, (size_t)length, q->d->group, q->d->port, &source, &ttl, &payload,
				      &payload_length))
			q->received(q->arg, source, ttl, payload, payload_length);
	}
}

int diag_quiet_begin(struct diag_quiet *q, struct diag *d, diag_quiet_received *received, void *arg)
{
	*q = (struct diag_quiet){.d = d, .received = received, .arg = arg};
	q->fd = open_packets(d->link.index, d->group);
	if (q->fd < 0) {
		diag_complain("cannot open a packet socket on %s: %s%s", d->link.name, strerror(-q->fd),
			      q->fd == -EPERM ? "; run it as root, or give it CAP_NET_RAW" : "");
		return DIAG_BAD_NEWS;
	}
	q->readable = diag_on_readable(d, q->fd, on_readable, q);
	return 0;
}

void diag_quiet_end(struct diag_quiet *q)
{
	if (q->readable)
		event_free(q->readable);
	if (q->fd >= 0)
		close(q->fd);
	q->fd = -1;
}
