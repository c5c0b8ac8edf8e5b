/* SPDX-License-Identifier: Apache-2.0 */
#include "diag_listen.h"

#include <errno.h>
#include <goose-bridge/clock.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define READ_BUDGET 64 /* packets in one turn of the loop */
#define PACKET_MAX  2048

#define PROTOCOL_OFFSET 9 /* in the IP header (RFC 791, 3.1) */

/* Whatever is no IGMP stays in the kernel: the interface may be busy. */
static int filter_igmp(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 3),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, PROTOCOL_OFFSET),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_IGMP, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, PACKET_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ? -errno : 0;
}

/* All protocols: only then are packets that go out heard, too. Bound once the filter is there, so that nothing else gets in. */
static int open_packets(int index)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = index};
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
	int error = fd < 0 ? -errno : 0;

	if (error)
		return error;
	error = filter_igmp(fd);
	if (!error && setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one)) < 0)
		error = -errno;
	if (!error && bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0)
		error = -errno;
	if (!error)
		return fd;
	close(fd);
	return error;
}

/* When the kernel had it, on the monotonic clock: the loop may have been busy since. */
static uint64_t time_of(struct msghdr *message)
{
	uint64_t now = gb_clock_mono_ns();

	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		struct timespec stamp;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&stamp, CMSG_DATA(c), sizeof(stamp));
		uint64_t then = (uint64_t)stamp.tv_sec * GB_NS_PER_S + (uint64_t)stamp.tv_nsec, utc = gb_clock_utc_ns();

		if (utc > then && utc - then < 10 * GB_NS_PER_S) /* else the clock was set */
			now -= utc - then;
	}
	return now;
}

/* False if nothing waits. */
static bool receive(struct diag_listener *l)
{
	union {
		struct cmsghdr align;
		uint8_t octets[CMSG_SPACE(sizeof(struct timespec))];
	} control;
	uint8_t octets[PACKET_MAX];
	struct sockaddr_ll from = {0};
	struct iovec part = {octets, sizeof(octets)};
	struct msghdr message = {.msg_name = &from,
				 .msg_namelen = sizeof(from),
				 .msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control.octets,
				 .msg_controllen = sizeof(control.octets)};
	ssize_t length = recvmsg(l->fd, &message, MSG_DONTWAIT);
	struct gb_igmp_message igmp;

	if (length < 0)
		return false;
	if (gb_igmp_parse(octets, (size_t)length, &igmp) < 0)
		l->malformed++;
	else
		l->heard(l->arg, &igmp, from.sll_pkttype == PACKET_OUTGOING, time_of(&message));
	return true;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	for (unsigned budget = READ_BUDGET; budget > 0 && receive(arg); budget--)
		;
}

int diag_listen_begin(struct diag_listener *l, struct diag *d, diag_heard *heard, void *arg)
{
	*l = (struct diag_listener){.heard = heard, .arg = arg};
	l->fd = open_packets(d->link.index);
	if (l->fd < 0) {
		diag_complain("cannot listen to IGMP on %s: %s%s", d->link.name, strerror(-l->fd),
			      l->fd == -EPERM ? "; run it as root, or give it CAP_NET_RAW" : "");
		return DIAG_BAD_NEWS;
	}
	l->readable = diag_on_readable(d, l->fd, on_readable, l);
	return 0;
}

void diag_listen_end(struct diag_listener *l)
{
	if (l->readable)
		event_free(l->readable);
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

/* ---- as words and fields -------------------------------------------------------------------------------------------- */

static const char *name_of(const struct gb_igmp_message *message)
{
	switch (message->kind) {
	case GB_IGMP_QUERY:
		return "query";
	case GB_IGMP_REPORT:
		return "report";
	case GB_IGMP_LEAVE:
		return "leave";
	default:
		return "other";
	}
}

struct json_object *diag_listen_fields(const struct gb_igmp_message *message, bool outgoing)
{
	struct json_object *object = json_object_new_object();

	put_count(object, "version", message->version);
	diag_put_address(object, "source", message->source);
	diag_put_address(object, "destination", message->destination);
	diag_put_address(object, "group", message->group);
	put_bool(object, "this_host", outgoing);
	if (message->kind == GB_IGMP_QUERY)
		put_count(object, "max_response_ms", message->max_response_ms);
	return object;
}

static void describe_report(const struct gb_igmp_message *message, const char *who, struct in_addr group, char *text,
			    size_t size)
{
	char about[INET_ADDRSTRLEN];

	diag_address(message->version == 3 ? group : message->group, about);
	if (message->version < 3)
		snprintf(text, size, "report of %s by %s, version %u", about, who, message->version);
	else if (gb_igmp_leaves(message, group))
		snprintf(text, size, "report by %s that leaves %s, version 3", who, about);
	else
		snprintf(text, size, "report by %s of %u groups, %s %s them, version 3", who, message->record_count, about,
			 gb_igmp_reports(message, group) ? "among" : "not among");
}

const char *diag_listen_describe(const struct gb_igmp_message *message, bool outgoing, struct in_addr group, char *text,
				 size_t size)
{
	char source[INET_ADDRSTRLEN], about[INET_ADDRSTRLEN], who[INET_ADDRSTRLEN + 16];

	diag_address(message->source, source);
	diag_address(message->group, about);
	snprintf(who, sizeof(who), "%s%s", outgoing ? "this host, " : "", source);
	switch (message->kind) {
	case GB_IGMP_QUERY:
		snprintf(text, size, "query by %s, version %u, %s%s, to be answered within %.1f s", who, message->version,
			 message->group.s_addr ? "about " : "general", message->group.s_addr ? about : "",
			 message->max_response_ms / 1000.0);
		break;
	case GB_IGMP_REPORT:
		describe_report(message, who, group, text, size);
		break;
	case GB_IGMP_LEAVE:
		snprintf(text, size, "LEAVE of %s by %s", about, who);
		break;
	case GB_IGMP_OTHER:
		snprintf(text, size, "a message of another type by %s", who);
		break;
	}
	return text;
}

void diag_listen_tell(struct diag *d, const struct gb_igmp_message *message, bool outgoing, uint64_t time_ns)
{
	char text[200];

	diag_tell(&d->out, time_ns, name_of(message), diag_listen_fields(message, outgoing), "%s",
		  diag_listen_describe(message, outgoing, d->group, text, sizeof(text)));
}
