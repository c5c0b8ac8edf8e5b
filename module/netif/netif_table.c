/* SPDX-License-Identifier: Apache-2.0 */
#include "netif_private.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <stdlib.h>
#include <string.h>

void gb_netif_table_clear(struct gb_netif_table *table)
{
	free(table->links);
	free(table->addresses);
	*table = (struct gb_netif_table){ 0 };
}

/* ITEMS with room for one more than USED, or NULL. */
static void *with_room(void *items, size_t item_size, size_t used, size_t *room)
{
	size_t more = *room ? *room * 2 : 16;
	void *grown;

	if (used < *room)
		return items;
	grown = reallocarray(items, more, item_size);
	if (grown)
		*room = more;
	return grown;
}

bool gb_netif_table_find(const struct gb_netif_table *table, int index, struct gb_netif_link **link)
{
	for (size_t i = 0; i < table->n_links; i++) {
		if (table->links[i].index != index)
			continue;
		if (link)
			*link = &table->links[i];
		return true;
	}
	return false;
}

/* --- Links -------------------------------------------------------------------- */

static bool holds(const struct nlattr *attribute, enum mnl_attr_data_type type)
{
	return mnl_attr_validate(attribute, type) == 0;
}

static void read_inet6(const struct nlattr *inet6, struct gb_netif_link *link)
{
	struct nlattr *a;

	mnl_attr_for_each_nested(a, inet6) {
		if (mnl_attr_get_type(a) == IFLA_INET6_ADDR_GEN_MODE && holds(a, MNL_TYPE_U8))
			link->ipv6_no_address_generation = mnl_attr_get_u8(a) == IN6_ADDR_GEN_MODE_NONE;
	}
}

static void read_families(const struct nlattr *families, struct gb_netif_link *link)
{
	struct nlattr *a;

	mnl_attr_for_each_nested(a, families) {
		if (mnl_attr_get_type(a) == AF_INET6 && holds(a, MNL_TYPE_NESTED))
			read_inet6(a, link);
	}
}

static void read_link_attribute(const struct nlattr *a, struct gb_netif_link *link)
{
	switch (mnl_attr_get_type(a)) {
	case IFLA_IFNAME:
		if (holds(a, MNL_TYPE_NUL_STRING) && mnl_attr_get_payload_len(a) <= sizeof(link->name))
			memcpy(link->name, mnl_attr_get_payload(a), mnl_attr_get_payload_len(a));
		break;
	case IFLA_MTU:
		if (holds(a, MNL_TYPE_U32))
			link->mtu = mnl_attr_get_u32(a);
		break;
	case IFLA_TXQLEN:
		if (holds(a, MNL_TYPE_U32))
			link->tx_queue_length = mnl_attr_get_u32(a);
		break;
	case IFLA_ADDRESS:
		link->has_mac = mnl_attr_validate2(a, MNL_TYPE_BINARY, sizeof(link->mac)) == 0;
		if (link->has_mac)
			memcpy(link->mac, mnl_attr_get_payload(a), sizeof(link->mac));
		break;
	case IFLA_AF_SPEC:
		if (holds(a, MNL_TYPE_NESTED))
			read_families(a, link);
		break;
	default:
		break;
	}
}

/* False if the message says nothing about an interface as such: a bridge tells of its ports with family AF_BRIDGE (and
 * of a port's leaving with RTM_DELLINK), and wireless events have no name.
 */
static bool read_link(const struct nlmsghdr *message, struct gb_netif_link *link)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	struct nlattr *a;

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*info) || info->ifi_family != AF_UNSPEC || info->ifi_index <= 0)
		return false;
	memset(link, 0, sizeof(*link)); /* with its padding: links are compared as octets */
	link->index = info->ifi_index;
	link->flags = info->ifi_flags;
	mnl_attr_for_each(a, message, sizeof(*info))
		read_link_attribute(a, link);
	return message->nlmsg_type == RTM_DELLINK || link->name[0];
}

static int add_link(struct gb_netif_table *table, const struct nlmsghdr *message)
{
	struct gb_netif_link link, *known, *links;

	if (!read_link(message, &link))
		return 0;
	if (gb_netif_table_find(table, link.index, &known)) {
		if (!memcmp(known, &link, sizeof(link)))
			return 0;
		memcpy(known, &link, sizeof(link));
		return 1;
	}
	if (table->n_links >= GB_NETIF_MAX_LINKS)
		return -ENOSPC;
	links = with_room(table->links, sizeof(*links), table->n_links, &table->links_room);
	if (!links)
		return -ENOMEM;
	table->links = links;
	memcpy(&links[table->n_links++], &link, sizeof(link));
	return 1;
}

static void drop_address_at(struct gb_netif_table *table, size_t at)
{
	struct gb_netif_ipv4 *hole = &table->addresses[at];

	table->n_addresses--;
	memmove(hole, hole + 1, (table->n_addresses - at) * sizeof(*hole));
}

static int drop_link(struct gb_netif_table *table, const struct nlmsghdr *message)
{
	struct gb_netif_link link, *known;
	size_t kept = 0;

	if (!read_link(message, &link))
		return 0;
	for (size_t i = 0; i < table->n_addresses; i++) {
		if (table->addresses[i].index != link.index)
			table->addresses[kept++] = table->addresses[i];
	}
	table->n_addresses = kept;
	if (!gb_netif_table_find(table, link.index, &known))
		return 0;
	table->n_links--;
	memmove(known, known + 1, (size_t)(&table->links[table->n_links] - known) * sizeof(*known));
	return 1;
}

/* --- Addresses ------------------------------------------------------------------ */

static bool read_ipv4(const struct nlattr *a, struct in_addr *address)
{
	if (mnl_attr_validate2(a, MNL_TYPE_BINARY, sizeof(*address)) < 0)
		return false;
	memcpy(address, mnl_attr_get_payload(a), sizeof(*address));
	return true;
}

static bool read_address(const struct nlmsghdr *message, struct gb_netif_ipv4 *address)
{
	const struct ifaddrmsg *info = mnl_nlmsg_get_payload(message);
	struct in_addr local = { 0 }, peer = { 0 };
	bool has_local = false, has_peer = false;
	struct nlattr *a;

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*info) || info->ifa_family != AF_INET)
		return false;
	*address = (struct gb_netif_ipv4){ .index = (int)info->ifa_index, .prefix_length = info->ifa_prefixlen,
		.scope = info->ifa_scope, .flags = info->ifa_flags };
	mnl_attr_for_each(a, message, sizeof(*info)) {
		switch (mnl_attr_get_type(a)) {
		case IFA_LOCAL:
			has_local = read_ipv4(a, &local);
			break;
		case IFA_ADDRESS:
			has_peer = read_ipv4(a, &peer);
			break;
		case IFA_FLAGS: /* ifa_flags has room for eight only */
			if (holds(a, MNL_TYPE_U32))
				address->flags = mnl_attr_get_u32(a);
			break;
		default:
			break;
		}
	}
	address->local = has_local ? local : peer;
	return has_local || has_peer;
}

static bool find_address(const struct gb_netif_table *table, const struct gb_netif_ipv4 *address, size_t *at)
{
	for (size_t i = 0; i < table->n_addresses; i++) {
		const struct gb_netif_ipv4 *a = &table->addresses[i];

		if (a->index == address->index && a->local.s_addr == address->local.s_addr &&
		    a->prefix_length == address->prefix_length) {
			*at = i;
			return true;
		}
	}
	return false;
}

static int add_address(struct gb_netif_table *table, const struct nlmsghdr *message)
{
	struct gb_netif_ipv4 address, *addresses;
	size_t at;

	if (!read_address(message, &address))
		return 0;
	if (find_address(table, &address, &at)) {
		struct gb_netif_ipv4 *known = &table->addresses[at];

		if (known->flags == address.flags && known->scope == address.scope)
			return 0;
		/* A secondary that is promoted moves behind the primaries that are there. */
		if (!(known->flags & IFA_F_SECONDARY) || (address.flags & IFA_F_SECONDARY)) {
			*known = address;
			return 1;
		}
		drop_address_at(table, at);
	}
	if (table->n_addresses >= GB_NETIF_MAX_ADDRESSES)
		return -ENOSPC;
	addresses = with_room(table->addresses, sizeof(*addresses), table->n_addresses, &table->addresses_room);
	if (!addresses)
		return -ENOMEM;
	table->addresses = addresses;
	addresses[table->n_addresses++] = address;
	return 1;
}

static int drop_address(struct gb_netif_table *table, const struct nlmsghdr *message)
{
	struct gb_netif_ipv4 address;
	size_t at;

	if (!read_address(message, &address) || !find_address(table, &address, &at))
		return 0;
	drop_address_at(table, at);
	return 1;
}

int gb_netif_table_apply(struct gb_netif_table *table, const struct nlmsghdr *message)
{
	switch (message->nlmsg_type) {
	case RTM_NEWLINK:
		return add_link(table, message);
	case RTM_DELLINK:
		return drop_link(table, message);
	case RTM_NEWADDR:
		return add_address(table, message);
	case RTM_DELADDR:
		return drop_address(table, message);
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		return mnl_nlmsg_get_payload_len(message) >= sizeof(struct rtmsg);
	default:
		return 0;
	}
}
