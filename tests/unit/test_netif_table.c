/* SPDX-License-Identifier: Apache-2.0 */
/* netif's tables against messages made here: odd ones, and too many. Needs no privileges. */
#include "../../module/netif/netif_private.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

struct made {
	alignas(struct nlmsghdr) uint8_t octets[512];
};

static struct nlmsghdr *made_link(struct made *made, int index, uint8_t family, const char *name)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(made->octets);
	struct ifinfomsg *info;

	message->nlmsg_type = RTM_NEWLINK;
	info = mnl_nlmsg_put_extra_header(message, sizeof(*info));
	info->ifi_index = index;
	info->ifi_family = family;
	if (name)
		mnl_attr_put_strz(message, IFLA_IFNAME, name);
	return message;
}

static struct nlmsghdr *made_address(struct made *made, unsigned n)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(made->octets);
	struct ifaddrmsg *info;

	message->nlmsg_type = RTM_NEWADDR;
	info = mnl_nlmsg_put_extra_header(message, sizeof(*info));
	info->ifa_family = AF_INET;
	info->ifa_index = 1;
	mnl_attr_put_u32(message, IFA_LOCAL, n);
	return message;
}

static void test_odd_messages(void **state)
{
	struct gb_netif_table table = { 0 };
	struct nlmsghdr *message;
	struct made made;

	(void)state;
	/* Shorter than what its type begins with, wherever it is cut. */
	message = made_link(&made, 1, AF_UNSPEC, NULL);
	for (uint32_t cut = sizeof(*message); cut <= message->nlmsg_len; cut++) {
		struct nlmsghdr *part = malloc(cut); /* exactly so long: for the address sanitizer */

		memcpy(part, message, cut);
		part->nlmsg_len = cut;
		for (uint16_t type = RTM_NEWLINK; type <= RTM_DELROUTE; type++) {
			part->nlmsg_type = type;
			if (cut < sizeof(*message) + sizeof(struct ifaddrmsg))
				assert_int_equal(gb_netif_table_apply(&table, part), 0);
			else
				gb_netif_table_apply(&table, part);
		}
		free(part);
	}
	assert_int_equal(gb_netif_table_apply(&table, made_link(&made, 1, AF_UNSPEC, NULL)), 0); /* no name */
	assert_int_equal(gb_netif_table_apply(&table, made_link(&made, 0, AF_UNSPEC, "a")), 0);
	assert_int_equal(gb_netif_table_apply(&table, made_link(&made, 1, AF_BRIDGE, "a")), 0);
	assert_int_equal(gb_netif_table_apply(&table, made_link(&made, 1, AF_UNSPEC, "sixteen-octets--")), 0);
	assert_int_equal(table.n_links, 0);
	/* Attributes of the wrong size are left out; a changed link is told from the same again. */
	message = made_link(&made, 1, AF_UNSPEC, "a");
	mnl_attr_put_u8(message, IFLA_MTU, 9);
	mnl_attr_put_u32(message, IFLA_ADDRESS, 9);
	mnl_attr_put_u8(message, IFLA_AF_SPEC, 9);
	assert_int_equal(gb_netif_table_apply(&table, message), 1);
	assert_int_equal(gb_netif_table_apply(&table, message), 0);
	assert_int_equal(table.links[0].mtu, 0);
	assert_false(table.links[0].has_mac);
	message = made_link(&made, 1, AF_BRIDGE, "a");
	message->nlmsg_type = RTM_DELLINK;
	assert_int_equal(gb_netif_table_apply(&table, message), 0);
	assert_int_equal(table.n_links, 1);
	gb_netif_table_clear(&table);
}

static void test_bounds(void **state)
{
	struct gb_netif *netif = calloc(1, sizeof(*netif)); /* no sockets: only what has been warned of */
	struct gb_netif_table table = { 0 };
	struct made made;
	char name[IFNAMSIZ];

	(void)state;
	assert_non_null(netif);
	for (int i = 1; i <= GB_NETIF_MAX_LINKS + 2; i++) {
		snprintf(name, sizeof(name), "x%d", i);
		assert_int_equal(gb_netif_take(netif, &table, made_link(&made, i, AF_UNSPEC, name)),
				 i <= GB_NETIF_MAX_LINKS);
	}
	for (unsigned i = 0; i < GB_NETIF_MAX_ADDRESSES + 2; i++)
		assert_int_equal(gb_netif_take(netif, &table, made_address(&made, i)), i < GB_NETIF_MAX_ADDRESSES);
	assert_int_equal(table.n_links, GB_NETIF_MAX_LINKS);
	assert_int_equal(table.n_addresses, GB_NETIF_MAX_ADDRESSES);
	assert_true(netif->warned_links && netif->warned_addresses);
	gb_netif_table_clear(&table);
	free(netif);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_odd_messages),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
