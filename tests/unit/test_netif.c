/* SPDX-License-Identifier: Apache-2.0 */
/* netif against the kernel, in a network namespace of its own. */
#include "../../module/netif/netif_private.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <net/ethernet.h>
#include <net/route.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

struct fixture {
	struct event_base *base;
	struct gb_netif *netif;
	unsigned calls;
	int taps[2]; /* 0: none */
};

static int control; /* any socket: for interface ioctls */

/* --- Helpers ---------------------------------------------------------------------- */

static struct in_addr ip(const char *text)
{
	struct in_addr address;

	assert_int_equal(inet_pton(AF_INET, text, &address), 1);
	return address;
}

/* A TAP that stays until its fd is closed. Returns the fd, or -1 with errno. */
static int open_tap(const char *name)
{
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return -1;
	memccpy(request.ifr_name, name, 0, sizeof(request.ifr_name));
	if (ioctl(fd, TUNSETIFF, &request) == 0)
		return fd;
	close(fd);
	return -1;
}

static void close_tap(struct fixture *f, int which)
{
	if (f->taps[which])
		close(f->taps[which]);
	f->taps[which] = 0;
}

static void rename_link(const char *from, const char *to)
{
	struct ifreq request = { 0 };

	memccpy(request.ifr_name, from, 0, sizeof(request.ifr_name));
	memccpy(request.ifr_newname, to, 0, sizeof(request.ifr_newname));
	assert_int_equal(ioctl(control, SIOCSIFNAME, &request), 0);
}

static int default_route(unsigned long action, const char *device)
{
	struct sockaddr_in any = { .sin_family = AF_INET };
	char name[IFNAMSIZ] = "";
	struct rtentry route = { .rt_flags = RTF_UP, .rt_dev = name };

	memccpy(name, device, 0, sizeof(name));
	memcpy(&route.rt_dst, &any, sizeof(any));
	memcpy(&route.rt_genmask, &any, sizeof(any));
	return ioctl(control, action, &route);
}

static void count(void *arg)
{
	struct fixture *f = arg;

	f->calls++;
}

/* One turn of the loop: the kernel has queued its messages by the time a request returns. Returns the calls made. */
static unsigned turn(struct fixture *f)
{
	f->calls = 0;
	event_base_loop(f->base, EVLOOP_NONBLOCK);
	return f->calls;
}

static void expire(evutil_socket_t fd, short what, void *arg)
{
	bool *expired = arg;

	(void)fd;
	(void)what;
	*expired = true;
}

/* Runs the loop until a call, at most SECONDS. */
static unsigned wait_call(struct fixture *f, int seconds)
{
	struct timeval limit = { .tv_sec = seconds };
	bool expired = false;
	struct event *timer = evtimer_new(f->base, expire, &expired);

	evtimer_add(timer, &limit);
	for (f->calls = 0; !f->calls && !expired;)
		event_base_loop(f->base, EVLOOP_ONCE);
	event_free(timer);
	return f->calls;
}

static struct gb_netif_link link_named(const struct fixture *f, const char *name)
{
	struct gb_netif_link link;

	assert_true(gb_netif_link_by_name(f->netif, name, &link));
	return link;
}

/* Makes a TAP for the length of the test, or until close_tap(). Returns its index. */
static int make_tap(struct fixture *f, const char *name)
{
	int fd = open_tap(name);

	assert_true(fd > 0);
	f->taps[f->taps[0] ? 1 : 0] = fd;
	turn(f);
	return link_named(f, name).index;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->base = event_base_new();
	*state = f;
	return gb_netif_create(&f->netif, f->base, count, f);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	close_tap(f, 0);
	close_tap(f, 1);
	gb_netif_destroy(f->netif);
	event_base_free(f->base);
	free(f);
	return 0;
}

/* --- Links -------------------------------------------------------------------------- */

static void test_link_comes_and_goes(void **state)
{
	struct fixture *f = *state;
	struct gb_netif_link link, again;

	assert_true(gb_netif_link_by_name(f->netif, "lo", &link)); /* was there before us: from the dump */
	assert_true(link.flags & IFF_LOOPBACK);
	assert_false(gb_netif_link_by_name(f->netif, "t0", &link));
	make_tap(f, "t0");
	assert_int_equal(f->calls, 1);
	link = link_named(f, "t0");
	assert_true(link.index > 0);
	assert_true(link.has_mac);
	assert_int_equal(link.mtu, 1500);
	assert_false(link.flags & IFF_UP);
	assert_true(gb_netif_link_by_index(f->netif, link.index, &again));
	assert_string_equal(again.name, "t0");

	rename_link("t0", "t1");
	assert_int_equal(turn(f), 1);
	assert_false(gb_netif_link_by_name(f->netif, "t0", &again));
	assert_int_equal(link_named(f, "t1").index, link.index);

	close_tap(f, 0);
	assert_int_equal(turn(f), 1);
	assert_false(gb_netif_link_by_name(f->netif, "t1", &again));
	assert_false(gb_netif_link_by_index(f->netif, link.index, &again));
}

static void test_link_settings(void **state)
{
	struct fixture *f = *state;
	int index = make_tap(f, "t0");

	f->calls = 0;
	assert_int_equal(gb_netif_set_up(f->netif, index, true), 0);
	assert_int_equal(gb_netif_set_mtu(f->netif, index, 1504), 0);
	assert_int_equal(gb_netif_set_tx_queue_length(f->netif, index, 4000), 0);
	gb_netif_poll(f->netif);
	assert_int_equal(f->calls, 0);
	assert_true(link_named(f, "t0").flags & IFF_UP);
	assert_int_equal(link_named(f, "t0").mtu, 1504);
	assert_int_equal(link_named(f, "t0").tx_queue_length, 4000);
	/* The kernel tells of the carrier a little later. */
	while (!(link_named(f, "t0").flags & IFF_RUNNING))
		assert_int_not_equal(wait_call(f, 3), 0);
	assert_int_equal(gb_netif_set_up(f->netif, index, false), 0);
	assert_int_equal(turn(f), 1);
	assert_false(link_named(f, "t0").flags & IFF_UP);

	assert_int_equal(gb_netif_set_mtu(f->netif, index, 1), -EINVAL);
	assert_int_equal(gb_netif_set_mtu(f->netif, 0, 1500), -EINVAL);
	assert_int_equal(gb_netif_set_up(f->netif, 0, true), -EINVAL);
	assert_int_equal(gb_netif_set_up(f->netif, -1, true), -EINVAL);
	assert_int_equal(gb_netif_set_up(f->netif, 99999, true), -ENODEV);
}

static void test_delete_link(void **state)
{
	struct fixture *f = *state;
	struct gb_netif_link link;
	int index = make_tap(f, "t0");

	assert_int_equal(gb_netif_add_address(f->netif, index, ip("192.0.2.1"), 24), 0);
	turn(f);
	assert_true(gb_netif_address_is_own(f->netif, ip("192.0.2.1")));
	assert_int_equal(gb_netif_delete_link(f->netif, index), 0);
	assert_int_equal(turn(f), 1);
	assert_false(gb_netif_link_by_name(f->netif, "t0", &link));
	assert_false(gb_netif_address_is_own(f->netif, ip("192.0.2.1")));
	assert_int_equal(gb_netif_delete_link(f->netif, index), -ENODEV);
	assert_int_equal(gb_netif_delete_link(f->netif, 0), -EINVAL);
}

static void test_no_ipv6_address(void **state)
{
	struct fixture *f = *state;
	int index = make_tap(f, "t0"), rc;

	assert_false(link_named(f, "t0").ipv6_no_address_generation);
	rc = gb_netif_set_no_ipv6_address(f->netif, index);
	if (rc == 0) { /* while the interface is down the kernel keeps this change to itself */
		assert_true(link_named(f, "t0").ipv6_no_address_generation);
		assert_int_equal(turn(f), 1);
		assert_int_equal(gb_netif_set_up(f->netif, index, true), 0);
		turn(f);
		assert_true(link_named(f, "t0").ipv6_no_address_generation);
	} else {
		print_message("no IPv6 here: %s\n", strerror(-rc));
		assert_true(rc == -EAFNOSUPPORT || rc == -EOPNOTSUPP);
	}
	assert_int_equal(gb_netif_set_no_ipv6_address(f->netif, 0), -EINVAL);
	/* Below IPv6's smallest MTU the interface has no IPv6, as in a kernel without it. */
	assert_int_equal(gb_netif_set_mtu(f->netif, index, 1000), 0);
	rc = gb_netif_set_no_ipv6_address(f->netif, index);
	assert_true(rc == -EAFNOSUPPORT || rc == -EOPNOTSUPP);
}

/* Frames to a TAP that nobody reads: its queue fills, and the rest is dropped. */
static void test_tx_dropped(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_halen = 6 };
	uint8_t frame[60] = { 0x01, 0x0c, 0xcd, 0x01, 0x00, 0x01, 2, 0, 0, 0, 0, 1, 0x88, 0xb8 };
	int index = make_tap(f, "t0"), raw = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	uint64_t dropped = 7;

	assert_true(raw >= 0);
	to.sll_ifindex = index;
	assert_int_equal(gb_netif_tx_dropped(f->netif, index, &dropped), 0);
	assert_int_equal(dropped, 0);
	assert_int_equal(gb_netif_set_tx_queue_length(f->netif, index, 2), 0);
	assert_int_equal(gb_netif_set_up(f->netif, index, true), 0);
	while (!(link_named(f, "t0").flags & IFF_RUNNING))
		assert_int_not_equal(wait_call(f, 3), 0);
	for (int i = 0; i < 10; i++)
		(void)!sendto(raw, frame, sizeof(frame), 0, (struct sockaddr *)&to, sizeof(to));
	assert_int_equal(gb_netif_tx_dropped(f->netif, index, &dropped), 0);
	print_message("tx_dropped %llu\n", (unsigned long long)dropped);
	assert_true(dropped > 0);
	assert_int_equal(gb_netif_tx_dropped(f->netif, 99999, &dropped), -ENODEV);
	close(raw);
}

/* A bridge tells of a port's leaving with RTM_DELLINK of its own family: the interface is still there. */
static void test_bridge_port(void **state)
{
	struct fixture *f = *state;
	struct ifreq port = { .ifr_name = "br0" };
	int index = make_tap(f, "t0");

	if (ioctl(control, SIOCBRADDBR, "br0") < 0) {
		print_message("no bridges here: %s\n", strerror(errno));
		skip();
	}
	turn(f);
	port.ifr_ifindex = index;
	assert_int_equal(ioctl(control, SIOCBRADDIF, &port), 0);
	assert_int_equal(ioctl(control, SIOCBRDELIF, &port), 0);
	turn(f);
	link_named(f, "t0");
	assert_int_equal(gb_netif_delete_link(f->netif, link_named(f, "br0").index), 0);
}

/* --- Addresses and routes -------------------------------------------------------------- */

static void test_addresses(void **state)
{
	struct fixture *f = *state;
	int index = make_tap(f, "t0");
	struct in_addr address;

	assert_false(gb_netif_address(f->netif, index, &address));
	assert_int_equal(gb_netif_add_address(f->netif, index, ip("192.168.100.7"), 24), 0);
	assert_int_equal(turn(f), 1);
	assert_true(gb_netif_address(f->netif, index, &address));
	assert_int_equal(address.s_addr, ip("192.168.100.7").s_addr);
	assert_true(gb_netif_has_address(f->netif, index, ip("192.168.100.7"), 24));
	assert_false(gb_netif_has_address(f->netif, index, ip("192.168.100.7"), 32));
	assert_false(gb_netif_has_address(f->netif, index + 1, ip("192.168.100.7"), 24));
	assert_int_equal(gb_netif_add_address(f->netif, index, ip("192.168.100.7"), 24), -EEXIST);
	assert_int_equal(gb_netif_add_address(f->netif, index, ip("192.168.100.7"), 33), -EINVAL);
	assert_int_equal(gb_netif_add_address(f->netif, 0, ip("192.168.100.7"), 24), -EINVAL);
	assert_int_equal(gb_netif_add_address(f->netif, 99999, ip("192.168.100.7"), 24), -ENODEV);
	assert_int_equal(gb_netif_delete_address(f->netif, index, ip("192.168.100.7"), 24), 0);
	assert_int_equal(turn(f), 1);
	assert_false(gb_netif_address(f->netif, index, &address));
	assert_false(gb_netif_has_address(f->netif, index, ip("192.168.100.7"), 24));
	assert_int_equal(gb_netif_delete_address(f->netif, index, ip("192.168.100.7"), 24), -EADDRNOTAVAIL);
}

static void assert_primary(const struct fixture *f, int index, const char *expected)
{
	struct in_addr address;
	char text[INET_ADDRSTRLEN];

	assert_true(gb_netif_address(f->netif, index, &address));
	assert_string_equal(inet_ntop(AF_INET, &address, text, sizeof(text)), expected);
}

/* Also read anew: the dump and the notifications have to agree. */
static void assert_primary_twice(const struct fixture *f, int index, const char *expected)
{
	struct fixture fresh = { .base = f->base };

	assert_primary(f, index, expected);
	assert_int_equal(gb_netif_create(&fresh.netif, f->base, NULL, NULL), 0);
	assert_primary(&fresh, index, expected);
	gb_netif_destroy(fresh.netif);
}

/* Whether a secondary address is promoted when its primary goes; the namespace's own setting. */
static void set_promotion(char value)
{
	int fd = open("/proc/sys/net/ipv4/conf/all/promote_secondaries", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, &value, 1) != 1) {
		print_message("promote_secondaries cannot be set: %s\n", strerror(errno));
		skip();
	}
	close(fd);
}

static void test_promotion(void **state)
{
	struct fixture *f = *state;
	int index = make_tap(f, "t0");

	set_promotion('1');
	turn(f);
	assert_int_equal(gb_netif_add_address(f->netif, index, ip("192.0.2.5"), 24), 0);
	assert_int_equal(gb_netif_add_address(f->netif, index, ip("192.0.2.4"), 24), 0);
	assert_int_equal(gb_netif_add_address(f->netif, index, ip("198.51.100.1"), 24), 0);
	turn(f);
	assert_int_equal(gb_netif_delete_address(f->netif, index, ip("192.0.2.5"), 24), 0);
	turn(f);
	assert_true(gb_netif_address_is_own(f->netif, ip("192.0.2.4")));
	assert_primary_twice(f, index, "198.51.100.1"); /* the promoted one stands last */
	assert_int_equal(gb_netif_delete_address(f->netif, index, ip("198.51.100.1"), 24), 0);
	turn(f);
	assert_primary_twice(f, index, "192.0.2.4");
	set_promotion('0');
}

static void test_primary_address(void **state)
{
	struct fixture *f = *state;
	int index = make_tap(f, "t0");

	assert_int_equal(gb_netif_add_address(f->netif, index, ip("224.0.1.100"), 32), 0); /* as autojoin does */
	assert_int_equal(gb_netif_add_address(f->netif, index, ip("127.9.9.9"), 32), 0);   /* scope host */
	turn(f);
	assert_true(gb_netif_has_address(f->netif, index, ip("224.0.1.100"), 32));
	assert_false(gb_netif_address_is_own(f->netif, ip("224.0.1.100")));
	assert_primary_twice(f, index, "127.9.9.9");
	assert_int_equal(gb_netif_add_address(f->netif, index, ip("192.0.2.5"), 24), 0);
	assert_int_equal(gb_netif_add_address(f->netif, index, ip("192.0.2.4"), 24), 0); /* the same net: a secondary */
	assert_int_equal(gb_netif_add_address(f->netif, index, ip("198.51.100.1"), 24), 0);
	turn(f);
	assert_primary_twice(f, index, "192.0.2.5");
	/* With the primary go its secondaries. */
	assert_int_equal(gb_netif_delete_address(f->netif, index, ip("192.0.2.5"), 24), 0);
	turn(f);
	assert_primary_twice(f, index, "198.51.100.1");
	assert_false(gb_netif_address_is_own(f->netif, ip("192.0.2.4")));
}

static void test_own_address(void **state)
{
	struct fixture *f = *state;
	int index = make_tap(f, "t0"), other = make_tap(f, "t1");

	assert_int_equal(gb_netif_add_address(f->netif, index, ip("192.0.2.1"), 24), 0);
	assert_int_equal(gb_netif_add_address(f->netif, index, ip("192.0.2.2"), 24), 0);
	assert_int_equal(gb_netif_add_address(f->netif, other, ip("198.51.100.1"), 24), 0);
	assert_int_equal(turn(f), 1);
	assert_true(gb_netif_address_is_own(f->netif, ip("192.0.2.1")));
	assert_true(gb_netif_address_is_own(f->netif, ip("192.0.2.2")));
	assert_true(gb_netif_address_is_own(f->netif, ip("198.51.100.1")));
	assert_false(gb_netif_address_is_own(f->netif, ip("192.0.2.3")));
	assert_false(gb_netif_address_is_own(f->netif, ip("0.0.0.0")));
}

static void test_route(void **state)
{
	struct fixture *f = *state;
	struct gb_netif_route route;
	int index = make_tap(f, "t0");

	assert_int_equal(gb_netif_route(f->netif, ip("224.0.1.100"), &route), -ENETUNREACH);
	assert_int_equal(gb_netif_set_up(f->netif, index, true), 0);
	turn(f);
	assert_int_equal(default_route(SIOCADDRT, "t0"), 0);
	assert_int_equal(turn(f), 1);
	assert_int_equal(gb_netif_route(f->netif, ip("224.0.1.100"), &route), 0);
	assert_int_equal(route.index, index);
	assert_int_equal(route.source.s_addr, 0);
	assert_int_equal(gb_netif_add_address(f->netif, index, ip("192.0.2.1"), 24), 0);
	assert_int_equal(gb_netif_route(f->netif, ip("224.0.1.100"), &route), 0);
	assert_int_equal(route.source.s_addr, ip("192.0.2.1").s_addr);
	turn(f);
	assert_int_equal(default_route(SIOCDELRT, "t0"), 0);
	assert_int_equal(turn(f), 1);
	assert_int_equal(gb_netif_route(f->netif, ip("224.0.1.100"), &route), -ENETUNREACH);
	assert_int_equal(route.index, 0);
}

/* --- Bursts and losses ----------------------------------------------------------------- */

static struct in_addr numbered(unsigned n)
{
	return (struct in_addr){ htonl(0x0a000000u + (n << 8) + 1) }; /* 10.x.y.1, each in a /24 of its own */
}

static void test_burst_is_one_call(void **state)
{
	struct fixture *f = *state;
	int index = make_tap(f, "t0");

	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(gb_netif_add_address(f->netif, index, numbered(i), 24), 0);
	assert_int_equal(turn(f), 1);
	assert_int_equal(turn(f), 0);
	for (unsigned i = 0; i < 100; i++)
		assert_true(gb_netif_has_address(f->netif, index, numbered(i), 24));
}

/* An entry that only reading everything anew removes: the kernel never had it. */
static void plant(struct fixture *f)
{
	memccpy(f->netif->table.links[0].name, "planted", 0, IFNAMSIZ);
}

static bool planted(const struct fixture *f)
{
	struct gb_netif_link link;

	return gb_netif_link_by_name(f->netif, "planted", &link);
}

/* More changes than the socket holds; what it holds says the opposite of what was lost. */
static void test_overrun(void **state)
{
	struct fixture *f = *state;
	const int small = 4096;
	int index = make_tap(f, "t0");

	plant(f);
	setsockopt(mnl_socket_get_fd(f->netif->notifications), SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	for (unsigned i = 0; i < 40; i++) {
		assert_int_equal(gb_netif_add_address(f->netif, index, numbered(i), 24), 0);
		assert_int_equal(gb_netif_delete_address(f->netif, index, numbered(i), 24), 0);
	}
	assert_int_equal(gb_netif_add_address(f->netif, index, numbered(39), 24), 0);
	assert_int_equal(turn(f), 1);
	assert_false(planted(f));
	assert_false(gb_netif_has_address(f->netif, index, numbered(0), 24));
	assert_true(gb_netif_has_address(f->netif, index, numbered(39), 24));
	/* And goes on with notifications. */
	assert_int_equal(gb_netif_delete_address(f->netif, index, numbered(39), 24), 0);
	assert_int_equal(turn(f), 1);
	assert_false(gb_netif_has_address(f->netif, index, numbered(39), 24));
}

/* Reading anew fails at first (no fd to be had): the old table stands, and it is tried again without being asked. */
static void test_overrun_retry(void **state)
{
	struct fixture *f = *state;
	struct rlimit limit, none;

	plant(f);
	mnl_socket_close(f->netif->requests);
	f->netif->requests = NULL;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	f->netif->lost = true;
	gb_netif_poll(f->netif);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_true(planted(f));
	assert_int_equal(wait_call(f, 5), 1);
	assert_false(planted(f));
	link_named(f, "lo");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_link_comes_and_goes), TEST(test_link_settings), TEST(test_delete_link), TEST(test_no_ipv6_address),
		TEST(test_tx_dropped), TEST(test_bridge_port), TEST(test_addresses), TEST(test_primary_address),
		TEST(test_promotion), TEST(test_own_address), TEST(test_route), TEST(test_burst_is_one_call),
		TEST(test_overrun),
		TEST(test_overrun_retry),
	};
	int tap;

	if (unshare(CLONE_NEWNET) < 0) {
		printf("skipped: a network namespace of its own: %s\n", strerror(errno));
		return 77;
	}
	tap = open_tap("t0");
	control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (tap < 0 || control < 0) {
		printf("skipped: a TAP: %s\n", strerror(errno));
		return 77;
	}
	close(tap);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
