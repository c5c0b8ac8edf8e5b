/* SPDX-License-Identifier: Apache-2.0 */
/* For those who implement a link. */
#ifndef LINK_PRIVATE_H
#define LINK_PRIVATE_H

#include <goose-bridge/link.h>
#include <net/if.h>
#include <stdatomic.h>

#define TUN_DEVICE "/dev/net/tun"

struct gb_link;

struct gb_link_ops {
	ssize_t (*read)(struct gb_link *link, uint8_t *octets, size_t capacity);
	int (*write)(struct gb_link *link, const uint8_t *octets, size_t length);
	void (*close)(struct gb_link *link); /* frees what is behind LINK, not LINK itself */
};

struct gb_link {
	const struct gb_link_ops *ops;
	atomic_uint references;
	int fd;
	int index;
	char name[IFNAMSIZ];
};

#endif
