/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and closing of the two sockets. */
#include <goose-bridge/transport.h>

#include "transport_private.h"

#include <errno.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* SO_PRIORITY for a DSCP, so that qdiscs and 802.1Q egress maps see expedited traffic as such: class selector = the three
 * upper bits (RFC 2474, 4.2.2), at most 6 (7 needs CAP_NET_ADMIN).
 */
static int priority_of(unsigned dscp)
{
	int priority = (int)(dscp >> 3);

	return priority > 6 ? 6 : priority;
}

static int set(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) < 0 ? -errno : 0;
}

/* The privileged variant is not bound by rmem_max and wmem_max. The kernel reports twice what it grants for payload. */
static int set_buffer(int fd, int force, int plain, int octets)
{
	int granted = 0;
	socklen_t size = sizeof(granted);

	if (set(fd, SOL_SOCKET, force, octets) < 0)
		set(fd, SOL_SOCKET, plain, octets);
	getsockopt(fd, SOL_SOCKET, plain, &granted, &size);
	return granted / 2;
}

static struct sockaddr_in socket_address(struct in_addr address, uint16_t port)
{
	return (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = address, .sin_port = htons(port)};
}

struct step {
	const char *what;
	int error;
};

#define TRY(step, text, call) ((step)->error == 0 ? ((step)->what = (text), (step)->error = (call)) : 0)

static int bind_to(int fd, struct in_addr address, uint16_t port)
{
	struct sockaddr_in at = socket_address(address, port);

	return bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ? -errno : 0;
}

static int connect_to(int fd, struct in_addr address, uint16_t port)
{
	struct sockaddr_in at = socket_address(address, port);

	return connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ? -errno : 0;
}

static int membership(int fd, int option, const struct gb_transport_settings *s)
{
	struct ip_mreqn request = {.imr_multiaddr = s->group, .imr_address = s->local, .imr_ifindex = s->interface};

	return setsockopt(fd, IPPROTO_IP, option, &request, sizeof(request)) < 0 ? -errno : 0;
}

static int open_socket(struct step *step)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);

	step->what = "socket";
	step->error = fd < 0 ? -errno : 0;
	return fd;
}

/* Bound to the group, with IP_MULTICAST_ALL off: neither unicast datagrams nor those of groups that other processes joined
 * get in. The interface of each datagram is checked on receipt (IP_PKTINFO), as a group may be joined on several.
 */
static int open_receive(const struct gb_transport_settings *s, struct gb_transport_granted *granted, struct step *step)
{
	int fd = open_socket(step);

	TRY(step, "SO_REUSEADDR", set(fd, SOL_SOCKET, SO_REUSEADDR, 1));
	TRY(step, "IP_MULTICAST_ALL", set(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0));
	TRY(step, "IP_PKTINFO", set(fd, IPPROTO_IP, IP_PKTINFO, 1));
	TRY(step, "SO_TIMESTAMPNS", set(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1));
	TRY(step, "SO_RXQ_OVFL", set(fd, SOL_SOCKET, SO_RXQ_OVFL, 1));
	if (step->error == 0)
		granted->receive_buffer = set_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, s->receive_buffer);
	if (step->error == 0)
		granted->gro = !s->plain && set(fd, SOL_UDP, UDP_GRO, 1) == 0;
	TRY(step, "bind to the group", bind_to(fd, s->group, s->port));
	if (!s->stay_out)
		TRY(step, "join the group", membership(fd, IP_ADD_MEMBERSHIP, s));
	return fd;
}

/* Never fragments (DF is set), and lets no ICMP message from anybody shrink what may be sent: IP_PMTUDISC_PROBE. IP_RECVERR is
 * what makes the kernel say so (ENOBUFS) when a queue below the socket drops a datagram.
 */
static int open_send(const struct gb_transport_settings *s, struct gb_transport_granted *granted, struct step *step)
{
	int fd = open_socket(step);

	TRY(step, "SO_REUSEADDR", set(fd, SOL_SOCKET, SO_REUSEADDR, 1));
	TRY(step, "IP_MTU_DISCOVER", set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE));
	TRY(step, "IP_RECVERR", set(fd, IPPROTO_IP, IP_RECVERR, 1));
	TRY(step, "SO_RCVBUF", set(fd, SOL_SOCKET, SO_RCVBUF, 0)); /* nothing is received here but ICMP errors */
	TRY(step, "IP_MULTICAST_LOOP", set(fd, IPPROTO_IP, IP_MULTICAST_LOOP, 0));
	TRY(step, "IP_MULTICAST_ALL", set(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0));
	TRY(step, "IP_MULTICAST_IF", membership(fd, IP_MULTICAST_IF, s));
	if (step->error == 0)
		granted->send_buffer = set_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF, s->send_buffer);
	/* the size itself is said with each run: here it is asked whether the kernel knows the option */
	if (step->error == 0)
		granted->segment = !s->plain && set(fd, SOL_UDP, UDP_SEGMENT, 0) == 0;
	TRY(step, "bind to the local address", bind_to(fd, s->local, s->port));
	TRY(step, "connect to the group", connect_to(fd, s->group, s->port));
	return fd;
}

int gb_transport_open(struct gb_transport **transport, const struct gb_transport_settings *settings,
		      struct gb_transport_granted *granted, const char **failed)
{
	struct step step = {0};
	struct gb_transport *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	*granted = (struct gb_transport_granted){0};
	t->settings = *settings;
	atomic_init(&t->references, 1);
	t->send_fd = -1;
	t->receive_fd = open_receive(settings, granted, &step);
	if (step.error == 0)
		t->send_fd = open_send(settings, granted, &step);
	t->segment = granted->segment;
	TRY(&step, "TTL and DSCP", gb_transport_mark(t, settings->ttl, settings->dscp));
	if (step.error) {
		if (failed)
			*failed = step.what;
		gb_transport_unref(t);
		return step.error;
	}
	*transport = t;
	return 0;
}

struct gb_transport *gb_transport_ref(struct gb_transport *transport)
{
	if (transport)
		atomic_fetch_add(&transport->references, 1);
	return transport;
}

void gb_transport_unref(struct gb_transport *transport)
{
	if (!transport || atomic_fetch_sub(&transport->references, 1) != 1)
		return;
	if (transport->receive_fd >= 0)
		close(transport->receive_fd);
	if (transport->send_fd >= 0)
		close(transport->send_fd);
	free(transport);
}

const struct gb_transport_settings *gb_transport_settings(const struct gb_transport *transport)
{
	return &transport->settings;
}

int gb_transport_mark(struct gb_transport *transport, unsigned ttl, unsigned dscp)
{
	int error = set(transport->send_fd, IPPROTO_IP, IP_MULTICAST_TTL, (int)ttl);

	if (!error)
		error = set(transport->send_fd, IPPROTO_IP, IP_TOS, (int)(dscp << 2));
	if (!error) /* after IP_TOS, which sets a priority of its own */
		error = set(transport->send_fd, SOL_SOCKET, SO_PRIORITY, priority_of(dscp));
	if (!error) {
		transport->settings.ttl = ttl;
		transport->settings.dscp = dscp;
	}
	return error;
}

/* What the socket still has of a membership that the kernel's interface lost stands in the way of a new one. */
int gb_transport_join(struct gb_transport *transport)
{
	gb_transport_leave(transport);
	return membership(transport->receive_fd, IP_ADD_MEMBERSHIP, &transport->settings);
}

int gb_transport_leave(struct gb_transport *transport)
{
	return membership(transport->receive_fd, IP_DROP_MEMBERSHIP, &transport->settings);
}

/* /proc/net/igmp: a line per interface that starts with its index, then lines of groups (address in hex, as the kernel's
 * memory has it).
 */
int gb_transport_is_member(const struct gb_transport *transport)
{
	char line[256];
	int interface = 0, found = 0;
	unsigned group;
	FILE *f = fopen("/proc/self/net/igmp", "re"); /* /proc/net may be hidden from a service: ProcSubset=pid */

	if (!f)
		return -errno;
	while (!found && fgets(line, sizeof(line), f)) {
		if (line[0] != '\t')
			interface = atoi(line);
		else if (interface == transport->settings.interface && sscanf(line, "%x", &group) == 1)
			found = group == transport->settings.group.s_addr;
	}
	fclose(f);
	return found;
}

int gb_transport_receive_fd(const struct gb_transport *transport)
{
	return transport->receive_fd;
}

int gb_transport_send_fd(const struct gb_transport *transport)
{
	return transport->send_fd;
}
