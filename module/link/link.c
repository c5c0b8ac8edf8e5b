/* SPDX-License-Identifier: Apache-2.0 */
/* What all kinds of link share. */
#include <goose-bridge/link.h>

#include "link_private.h"

#include <stdlib.h>

struct gb_link *gb_link_ref(struct gb_link *link)
{
	if (link)
		atomic_fetch_add(&link->references, 1);
	return link;
}

void gb_link_unref(struct gb_link *link)
{
	if (!link || atomic_fetch_sub(&link->references, 1) != 1)
		return;
	link->ops->close(link);
	free(link);
}

int gb_link_index(const struct gb_link *link)
{
	return link->index;
}

const char *gb_link_name(const struct gb_link *link)
{
	return link->name;
}

int gb_link_fd(const struct gb_link *link)
{
	return link->fd;
}

ssize_t gb_link_read(struct gb_link *link, uint8_t *octets, size_t capacity)
{
	return link->ops->read(link, octets, capacity);
}

int gb_link_write(struct gb_link *link, const uint8_t *octets, size_t length)
{
	return link->ops->write(link, octets, length);
}
