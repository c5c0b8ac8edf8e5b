/* SPDX-License-Identifier: Apache-2.0 */
#include "diag_udp.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int set(int fd, int name, int value)
{
	return setsockopt(fd, IPPROTO_IP, name, &value, sizeof(value)) < 0 ? -errno : 0;
}

static int request(int fd, int name, struct in_addr group, struct in_addr local, int index)
{
	struct ip_mreqn r = {.imr_multiaddr = group, .imr_address = local, .imr_ifindex = index};

	return setsockopt(fd, IPPROTO_IP, name, &r, sizeof(r)) < 0 ? -errno : 0;
}

static int bind_to(int fd, struct in_addr address, uint16_t port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = address, .sin_port = htons(port)};

	return bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0 ? -errno : 0;
}

static int open_socket(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);

	return fd < 0 ? -errno : fd;
}

static int done(int fd, int error)
{
	if (!error)
		return fd;
	close(fd);
	return error;
}

int diag_udp_open_sender(int index, struct in_addr local, unsigned ttl)
{
	const struct in_addr none = {0};
	int fd = open_socket(), error;

	if (fd < 0)
		return fd;
	error = request(fd, IP_MULTICAST_IF, none, local, index);
	if (!error)
		error = set(fd, IP_MULTICAST_TTL, (int)ttl);
	if (!error)
		error = set(fd, IP_MULTICAST_LOOP, 1);
	if (!error)
		error = bind_to(fd, local, 0);
	return done(fd, error);
}

int diag_udp_send(int fd, struct in_addr group, uint16_t port, const uint8_t *octets, size_t length)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr = group, .sin_port = htons(port)};
	ssize_t sent = sendto(fd, octets, length, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)&to, sizeof(to));

	return sent < 0 ? -errno : 0;
}

int diag_udp_open_receiver(struct in_addr group, uint16_t port)
{
	int fd = open_socket(), error, one = 1;

	if (fd < 0)
		return fd;
	/* beside others that have the port for this group: each gets every datagram */
	error = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ? -errno : 0;
	if (!error)
		error = set(fd, IP_MULTICAST_ALL, 0); /* not from interfaces where others have joined */
	if (!error)
		error = set(fd, IP_RECVTTL, 1);
	if (!error)
		error = bind_to(fd, group, port);
	return done(fd, error);
}

int diag_udp_join(int fd, struct in_addr group, int index)
{
	const struct in_addr none = {0};

	return request(fd, IP_ADD_MEMBERSHIP, group, none, index);
}

ssize_t diag_udp_receive(int fd, uint8_t *octets, size_t size, struct in_addr *source, unsigned *ttl)
{
	union {
		struct cmsghdr align;
		uint8_t octets[CMSG_SPACE(sizeof(int))];
	} control;
	struct sockaddr_in from = {0};
	struct iovec part = {octets, size};
	struct msghdr message = {.msg_name = &from,
				 .msg_namelen = sizeof(from),
				 .msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control.octets,
				 .msg_controllen = sizeof(control.octets)};
	ssize_t length = recvmsg(fd, &message, MSG_DONTWAIT | MSG_TRUNC);

	if (length < 0)
		return -errno;
	*source = from.sin_addr;
	*ttl = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
		int value;

		if (c->cmsg_level != IPPROTO_IP || c->cmsg_type != IP_TTL)
			continue;
		memcpy(&value, CMSG_DATA(c), sizeof(value));
		*ttl = (unsigned)value;
	}
	return length;
}
