/* SPDX-License-Identifier: Apache-2.0 */
#include <goose-bridge/igmp_socket.h>

#include <errno.h>
#include <goose-bridge/igmp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TOS_NETWORK_CONTROL 0xC0 /* as the kernel's own reports have it (RFC 791, 3.1) */
#define RECEIVE_BUFFER	    65536

static int set(int fd, int level, int name, const void *value, size_t size)
{
	return setsockopt(fd, level, name, value, (socklen_t)size) < 0 ? -errno : 0;
}

static int set_number(int fd, int level, int name, int value)
{
	return set(fd, level, name, &value, sizeof(value));
}

int gb_igmp_socket_open(const char *name)
{
	static const uint8_t alert[] = GB_IGMP_ROUTER_ALERT;
	int fd = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_IGMP);
	int error = fd < 0 ? -errno : 0;

	if (error)
		return error;
	error = set(fd, SOL_SOCKET, SO_BINDTODEVICE, name, strlen(name) + 1);
	if (!error)
		error = set(fd, IPPROTO_IP, IP_OPTIONS, alert, sizeof(alert));
	if (!error)
		error = set_number(fd, IPPROTO_IP, IP_MULTICAST_TTL, 1);
	if (!error) /* the kernel would take our report for another member's, and keep its own to itself (RFC 2236, 3) */
		error = set_number(fd, IPPROTO_IP, IP_MULTICAST_LOOP, 0);
	if (!error)
		error = set_number(fd, IPPROTO_IP, IP_TOS, TOS_NETWORK_CONTROL);
	if (!error)
		error = set_number(fd, IPPROTO_IP, IP_PKTINFO, 1);
	if (!error)
		error = set_number(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
	if (!error)
		return fd;
	close(fd);
	return error;
}

int gb_igmp_socket_report(int fd, int index, struct in_addr local, struct in_addr group)
{
	union {
		struct cmsghdr align;
		uint8_t octets[CMSG_SPACE(sizeof(struct in_pktinfo))];
	} control = {0};
	struct in_pktinfo from = {.ipi_ifindex = index, .ipi_spec_dst = local};
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr = group};
	uint8_t octets[GB_IGMP_REPORT_OCTETS];
	struct iovec part = {octets, gb_igmp_write_report(group, octets)};
	struct msghdr message = {.msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = &part, .msg_iovlen = 1,
				 .msg_control = control.octets, .msg_controllen = sizeof(control.octets)};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = IPPROTO_IP;
	header->cmsg_type = IP_PKTINFO;
	header->cmsg_len = CMSG_LEN(sizeof(from));
	memcpy(CMSG_DATA(header), &from, sizeof(from));
	return sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

ssize_t gb_igmp_socket_receive(int fd, int index, uint8_t *octets, size_t size)
{
	union {
		struct cmsghdr align;
		uint8_t octets[CMSG_SPACE(sizeof(struct in_pktinfo))];
	} control;
	struct iovec part = {octets, size};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.octets,
				 .msg_controllen = sizeof(control.octets)};
	ssize_t length = recvmsg(fd, &message, MSG_DONTWAIT);

	if (length < 0)
		return -errno;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
		struct in_pktinfo to;

		if (c->cmsg_level != IPPROTO_IP || c->cmsg_type != IP_PKTINFO)
			continue;
		memcpy(&to, CMSG_DATA(c), sizeof(to));
		if (to.ipi_ifindex != index)
			return 0;
	}
	return length;
}
