/* SPDX-License-Identifier: Apache-2.0 */
/* Groups that belong to an interface, against the kernel, in a network namespace of its own. */
#include "test_pure.h"

#include "namespace.h"

#include <event2/event.h>
#include <goose-bridge/netif.h>
#include <net/route.h>

static struct in_addr ip(const char *text)
{
	struct in_addr address;

	assert_int_equal(inet_pton(AF_INET, text, &address), 1);
	return address;
}

static void add_default_route(const char *name)
{
	char device[IFNAMSIZ];
	struct rtentry route = {.rt_flags = RTF_UP, .rt_dev = device};
	struct sockaddr_in any = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(device, sizeof(device), "%s", name);
	memcpy(&route.rt_dst, &any, sizeof(any));
	memcpy(&route.rt_genmask, &any, sizeof(any));
	assert_int_equal(ioctl(fd, SIOCADDRT, &route), 0);
	close(fd);
}

struct fixture {
	struct event_base *base;
	struct gb_netif *netif;
	int tap;
	int index;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->tap = open_tun_device("t0", IFF_TAP | IFF_NO_PI);
	f->index = (int)if_nametoindex("t0");
	f->base = event_base_new();
	set_address("t0", "192.0.2.1");
	set_up("t0", true);
	set_up("lo", true);
	add_default_route("t0");
	assert_int_equal(gb_netif_create(&f->netif, f->base, NULL, NULL), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	gb_netif_destroy(f->netif);
	event_base_free(f->base);
	close(f->tap);
	free(f);
	return 0;
}

static void an_interface_joins_and_leaves(void **state)
{
	struct fixture *f = *state;
	struct gb_netif_group group;

	assert_false(gb_netif_group_at(f->netif, 0, &group));
	assert_int_equal(gb_netif_join(f->netif, f->index, ip("224.0.1.100")), 0);
	assert_true(gb_netif_has_joined(f->netif, f->index, ip("224.0.1.100")));
	assert_false(gb_netif_has_joined(f->netif, f->index, ip("224.0.1.101")));
	assert_false(gb_netif_has_joined(f->netif, f->index + 1, ip("224.0.1.100")));
	assert_int_equal(gb_netif_join(f->netif, f->index, ip("224.0.1.100")), 0); /* it is one already */
	assert_int_equal(gb_netif_join(f->netif, f->index, ip("239.1.1.1")), 0);
	assert_true(gb_netif_group_at(f->netif, 1, &group));
	assert_int_equal(group.index, f->index);
	assert_int_equal(group.group.s_addr, ip("239.1.1.1").s_addr);
	assert_false(gb_netif_group_at(f->netif, 2, &group));
	assert_int_equal(gb_netif_leave(f->netif, f->index, ip("224.0.1.100")), 0);
	assert_false(gb_netif_has_joined(f->netif, f->index, ip("224.0.1.100")));
	assert_int_equal(gb_netif_leave(f->netif, f->index, ip("224.0.1.100")), -EADDRNOTAVAIL);
	assert_int_equal(gb_netif_join(f->netif, 99999, ip("224.0.1.100")), -ENODEV);
}

static void its_route_is_none_and_can_go(void **state)
{
	struct fixture *f = *state;
	struct gb_netif_route route;
	struct in_addr address;

	assert_int_equal(gb_netif_join(f->netif, f->index, ip("224.0.1.100")), 0);
	assert_int_equal(gb_netif_route(f->netif, ip("224.0.1.100"), &route), -ENETUNREACH); /* back to this host */
	assert_int_equal(gb_netif_delete_group_route(f->netif, f->index, ip("224.0.1.100")), 0);
	assert_int_equal(gb_netif_delete_group_route(f->netif, f->index, ip("224.0.1.100")), 0);
	assert_int_equal(gb_netif_route(f->netif, ip("224.0.1.100"), &route), 0);
	assert_int_equal(route.index, f->index);
	assert_int_equal(route.source.s_addr, ip("192.0.2.1").s_addr);
	assert_true(gb_netif_address(f->netif, f->index, &address));
	assert_int_equal(address.s_addr, ip("192.0.2.1").s_addr);
	assert_int_equal(gb_netif_delete_group_route(f->netif, 0, ip("224.0.1.100")), -EINVAL);
}

static void the_address_without_the_flag_is_no_membership(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(gb_netif_add_address(f->netif, f->index, ip("224.0.1.100"), 32), 0);
	assert_int_equal(gb_netif_join(f->netif, f->index, ip("224.0.1.100")), -EEXIST);
	assert_false(gb_netif_has_joined(f->netif, f->index, ip("224.0.1.100")));
}

/* The number in /proc/sys, which is that of the namespace the process is in. */
static unsigned forced_by_sysctl(void)
{
	FILE *file = fopen("/proc/sys/net/ipv4/conf/t0/force_igmp_version", "re");
	unsigned number = 99;

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%u", &number), 1);
	fclose(file);
	return number;
}

static void the_igmp_version_is_the_sysctl(void **state)
{
	struct fixture *f = *state;
	unsigned version = 99;

	assert_int_equal(gb_netif_igmp_version(f->netif, f->index, &version), 0);
	assert_int_equal(version, 0);
	assert_int_equal(gb_netif_force_igmp_version(f->netif, f->index, 2), 0);
	assert_int_equal(forced_by_sysctl(), 2);
	assert_int_equal(gb_netif_igmp_version(f->netif, f->index, &version), 0);
	assert_int_equal(version, 2);
	assert_int_equal(gb_netif_force_igmp_version(f->netif, f->index, 0), 0);
	assert_int_equal(forced_by_sysctl(), 0);
	assert_int_equal(gb_netif_force_igmp_version(f->netif, 0, 2), -EINVAL);
	assert_int_equal(gb_netif_force_igmp_version(f->netif, 99999, 2), -ENODEV);
	assert_int_equal(gb_netif_igmp_version(f->netif, 99999, &version), -ENODEV);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_interface_joins_and_leaves, setup, teardown),
		cmocka_unit_test_setup_teardown(its_route_is_none_and_can_go, setup, teardown),
		cmocka_unit_test_setup_teardown(the_address_without_the_flag_is_no_membership, setup, teardown),
		cmocka_unit_test_setup_teardown(the_igmp_version_is_the_sysctl, setup, teardown),
	};

	if (!own_namespace())
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
