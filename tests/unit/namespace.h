/* SPDX-License-Identifier: Apache-2.0 */
/* A network namespace of one's own, for tests of sockets and interfaces. */
#ifndef NAMESPACE_H
#define NAMESPACE_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Moves the process into a new namespace. False, with the reason on stdout, where that cannot be. */
static inline bool own_namespace(void)
{
	int fd = -1;

	if (unshare(CLONE_NEWNET) < 0)
		printf("skipped: a network namespace of its own: %s\n", strerror(errno));
	else if ((fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC)) < 0)
		printf("skipped: /dev/net/tun: %s\n", strerror(errno));
	else
		close(fd);
	return fd >= 0;
}

static inline struct ifreq request_of(const char *name)
{
	struct ifreq request = {0};

	memccpy(request.ifr_name, name, 0, sizeof(request.ifr_name));
	return request;
}

static inline int interface_ioctl(unsigned long what, struct ifreq *request)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int result = ioctl(fd, what, request) < 0 ? -errno : 0;

	close(fd);
	return result;
}

static inline void set_up(const char *name, bool up)
{
	struct ifreq request = request_of(name);

	assert_int_equal(interface_ioctl(SIOCGIFFLAGS, &request), 0);
	request.ifr_flags = (short)(up ? request.ifr_flags | IFF_UP : request.ifr_flags & ~IFF_UP);
	assert_int_equal(interface_ioctl(SIOCSIFFLAGS, &request), 0);
}

static inline void set_mtu(const char *name, int mtu)
{
	struct ifreq request = request_of(name);

	request.ifr_mtu = mtu;
	assert_int_equal(interface_ioctl(SIOCSIFMTU, &request), 0);
}

static inline void set_address(const char *name, const char *address)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	struct ifreq request = request_of(name);

	assert_int_equal(inet_pton(AF_INET, address, &at.sin_addr), 1);
	memcpy(&request.ifr_addr, &at, sizeof(at));
	assert_int_equal(interface_ioctl(SIOCSIFADDR, &request), 0);
	inet_pton(AF_INET, "255.255.255.0", &at.sin_addr);
	memcpy(&request.ifr_netmask, &at, sizeof(at));
	assert_int_equal(interface_ioctl(SIOCSIFNETMASK, &request), 0);
}

/* An interface NAME of the kind that FLAGS say (IFF_TAP, IFF_TUN, ...), which lives as long as its fd: returned. */
static inline int open_tun_device(const char *name, int flags)
{
	struct ifreq request = request_of(name);
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	request.ifr_flags = (short)flags;
	assert_true(fd >= 0);
	assert_int_equal(ioctl(fd, TUNSETIFF, &request), 0);
	return fd;
}

#endif
