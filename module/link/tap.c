/* SPDX-License-Identifier: Apache-2.0 */
/* A TAP (Linux, Documentation/networking/tuntap.rst): a read takes one frame that an application sent on the interface, a
 * write makes it receive one.
 */
#include "link_private.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define TAP_FLAGS  (IFF_TAP | IFF_NO_PI)

static ssize_t tap_read(struct gb_link *link, uint8_t *octets, size_t capacity)
{
	ssize_t length = read(link->fd, octets, capacity);

	return length < 0 ? -errno : length;
}

static int tap_write(struct gb_link *link, const uint8_t *octets, size_t length)
{
	return write(link->fd, octets, length) < 0 ? -errno : 0;
}

static void tap_close(struct gb_link *link)
{
	close(link->fd);
}

static const struct gb_link_ops tap_ops = {.read = tap_read, .write = tap_write, .close = tap_close};

/* Attaches to NAME. A new interface is always made with the same flags; one that was made with IFF_MULTI_QUEUE wants that
 * flag again (EINVAL without it), and serves as well with one queue.
 */
static int attach(int fd, const char *name, struct ifreq *request)
{
	static const short flags[] = {TAP_FLAGS, TAP_FLAGS | IFF_MULTI_QUEUE};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		*request = (struct ifreq){.ifr_flags = flags[i]};
		memcpy(request->ifr_name, name, strlen(name));
		if (ioctl(fd, TUNSETIFF, request) == 0)
			return 0;
		int error = -errno;

		/* the second attempt may only take what exists: it must not make one with other flags */
		if (error != -EINVAL || if_nametoindex(name) == 0)
			return error;
	}
	return -EINVAL;
}

static int open_tap(const char *name, struct ifreq *request)
{
	if (strlen(name) >= IFNAMSIZ)
		return -ENAMETOOLONG;
	int fd = open(TUN_DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	int error = attach(fd, name, request);

	if (error) {
		close(fd);
		return error;
	}
	return fd;
}

int gb_link_open_tap(struct gb_link **link, const char *name)
{
	struct ifreq request;
	int fd = open_tap(name, &request), error = 0;

	if (fd < 0)
		return fd;
	struct gb_link *l = calloc(1, sizeof(*l));

	if (!l)
		error = -ENOMEM;
	else if ((l->index = (int)if_nametoindex(name)) == 0)
		error = -ENODEV; /* deleted again meanwhile, or the kernel made another name of it ("x%d"): let that one go */
	else if (ioctl(fd, TUNSETPERSIST, 1) < 0)
		error = -errno;
	if (error) {
		free(l);
		close(fd);
		return error;
	}
	l->ops = &tap_ops;
	atomic_init(&l->references, 1);
	l->fd = fd;
	memcpy(l->name, name, strlen(name) + 1);
	*link = l;
	return 0;
}

int gb_link_remove_tap(const char *name)
{
	struct ifreq request;

	if (if_nametoindex(name) == 0)
		return -ENODEV;
	int fd = open_tap(name, &request), error = 0;

	if (fd < 0)
		return fd;
	if (ioctl(fd, TUNSETPERSIST, 0) < 0)
		error = -errno;
	close(fd);
	return error;
}
