/* SPDX-License-Identifier: Apache-2.0 */
/* transport: both sockets' options as the kernel has them, and what is received. */
#include "test_transport.h"

/* ---- opening --------------------------------------------------------------------- */

static void test_receive_options(void **state)
{
	struct fixture *f = *state;
	int fd = gb_transport_receive_fd(f->t);
	struct sockaddr_in at = {0};
	socklen_t size = sizeof(at);

	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
	assert_int_equal(at.sin_addr.s_addr, ip(GROUP).s_addr);
	assert_int_equal(at.sin_port, htons(PORT));
	assert_int_equal(option(fd, IPPROTO_IP, IP_MULTICAST_ALL), 0);
	assert_int_equal(option(fd, IPPROTO_IP, IP_PKTINFO), 1);
	assert_int_equal(option(fd, SOL_SOCKET, SO_RXQ_OVFL), 1);
	assert_int_equal(option(fd, SOL_SOCKET, SO_TIMESTAMPNS), 1);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

static void test_send_options(void **state)
{
	struct fixture *f = *state;
	int fd = gb_transport_send_fd(f->t);
	struct sockaddr_in at = {0};
	socklen_t size = sizeof(at);

	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
	assert_int_equal(at.sin_addr.s_addr, ip(LOCAL).s_addr);
	assert_int_equal(at.sin_port, htons(PORT));
	assert_int_equal(getpeername(fd, (struct sockaddr *)&at, &size), 0);
	assert_int_equal(at.sin_addr.s_addr, ip(GROUP).s_addr);
	assert_int_equal(at.sin_port, htons(PORT));
	assert_int_equal(option(fd, IPPROTO_IP, IP_MULTICAST_TTL), 10);
	assert_int_equal(option(fd, IPPROTO_IP, IP_TOS), 46 << 2);
	assert_int_equal(option(fd, SOL_SOCKET, SO_PRIORITY), 5);
	assert_int_equal(option(fd, IPPROTO_IP, IP_MULTICAST_ALL), 0);
	assert_int_equal(option(fd, IPPROTO_IP, IP_MULTICAST_LOOP), 0);
	assert_int_equal(option(fd, IPPROTO_IP, IP_MTU_DISCOVER), IP_PMTUDISC_PROBE);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

/* As root, no limit of the kernel's stands in the way; what is told is what there is room for. */
static void test_buffers(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(f->granted.receive_buffer, 1 << 20);
	assert_int_equal(f->granted.send_buffer, 1 << 19);
	assert_int_equal(option(gb_transport_receive_fd(f->t), SOL_SOCKET, SO_RCVBUF), 2 << 20);
	assert_int_equal(option(gb_transport_send_fd(f->t), SOL_SOCKET, SO_SNDBUF), 2 << 19);
}

static void test_mark(void **state)
{
	static const struct {
		unsigned dscp;
		int priority;
	} cases[] = {{0, 0}, {8, 1}, {34, 4}, {46, 5}, {48, 6}, {56, 6}, {63, 6}};
	struct fixture *f = *state;
	int fd = gb_transport_send_fd(f->t);

	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(gb_transport_mark(f->t, 1 + (unsigned)i, cases[i].dscp), 0);
		assert_int_equal(option(fd, IPPROTO_IP, IP_TOS), cases[i].dscp << 2);
		assert_int_equal(option(fd, SOL_SOCKET, SO_PRIORITY), cases[i].priority);
		assert_int_equal(option(fd, IPPROTO_IP, IP_MULTICAST_TTL), 1 + i);
		assert_int_equal(gb_transport_settings(f->t)->dscp, cases[i].dscp);
		assert_int_equal(gb_transport_settings(f->t)->ttl, 1 + i);
	}
	assert_int_equal(gb_transport_mark(f->t, 300, 0), -EINVAL);
	assert_int_equal(gb_transport_settings(f->t)->ttl, COUNT(cases));
}

static void test_membership(void **state)
{
	struct fixture *f = *state;
	struct ip_mreqn request = {.imr_multiaddr = ip(GROUP), .imr_ifindex = (int)if_nametoindex("net0")};

	assert_int_equal(gb_transport_is_member(f->t), 1);
	assert_int_equal(
		setsockopt(gb_transport_receive_fd(f->t), IPPROTO_IP, IP_DROP_MEMBERSHIP, &request, sizeof(request)),
		0);
	assert_int_equal(gb_transport_is_member(f->t), 0);
	request.imr_ifindex = (int)if_nametoindex("net1"); /* on another interface it is another membership */
	assert_int_equal(
		setsockopt(gb_transport_receive_fd(f->t), IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof(request)), 0);
	assert_int_equal(gb_transport_is_member(f->t), 0);
}

static unsigned open_files(void)
{
	unsigned count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void expect_refused(const struct gb_transport_settings *s, int error, const char *step)
{
	struct gb_transport_granted granted;
	struct gb_transport *t = NULL;
	const char *failed = NULL;
	unsigned before = open_files();

	assert_int_equal(gb_transport_open(&t, s, &granted, &failed), error);
	assert_string_equal(failed, step);
	assert_int_equal(gb_transport_open(&t, s, &granted, NULL), error);
	assert_null(t);
	assert_int_equal(open_files(), before);
}

static void test_refused(void **state)
{
	struct gb_transport_settings s = settings_of();

	(void)state;
	s.interface = 9999;
	expect_refused(&s, -ENODEV, "join the group");
	s = settings_of();
	s.local = ip("10.99.0.1");
	expect_refused(&s, -EADDRNOTAVAIL, "bind to the local address");
	s = settings_of();
	s.group = ip(LOCAL);
	expect_refused(&s, -EINVAL, "join the group");
	s = settings_of();
	s.ttl = 256;
	expect_refused(&s, -EINVAL, "TTL and DSCP");
}

static void test_references(void **state)
{
	struct gb_transport_settings s = settings_of();
	struct gb_transport_granted granted;
	struct gb_transport *t;
	unsigned before = open_files();

	(void)state;
	assert_int_equal(gb_transport_open(&t, &s, &granted, NULL), 0);
	assert_ptr_equal(gb_transport_ref(t), t);
	gb_transport_unref(t);
	assert_int_equal(open_files(), before + 2);
	gb_transport_unref(t);
	assert_int_equal(open_files(), before);
	gb_transport_unref(NULL);
	assert_null(gb_transport_ref(NULL));
}

/* ---- receiving ------------------------------------------------------------------- */

static uint64_t utc_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void test_receive(void **state)
{
	struct fixture *f = *state;
	uint64_t a_day = UINT64_C(86400) * 1000000000;

	assert_int_equal(receive(f), -EAGAIN);
	put_on_wire(wire, REMOTE, GROUP, PORT, 100, 0xAA);
	put_on_wire(wire, "10.77.0.3", GROUP, PORT, 0, 0);
	put_on_wire(wire, REMOTE, GROUP, PORT, 1472, 0xBB);
	assert_int_equal(receive(f), 3);
	for (unsigned i = 0; i < 3; i++) {
		const struct gb_received *r = &f->got[i];

		assert_true(r->for_us);
		assert_false(r->truncated);
		assert_int_equal(r->source.s_addr, ip(i == 1 ? "10.77.0.3" : REMOTE).s_addr);
		assert_int_equal(r->length, i == 0 ? 100 : i == 1 ? 0 : 1472);
		/* a wall clock, which may jump: but it is one */
		assert_true(r->time_ns + a_day > utc_ns() && r->time_ns < utc_ns() + a_day);
	}
	assert_int_equal(f->got[0].octets[99], 0xAA);
	assert_int_equal(f->got[2].octets[1471], 0xBB);
	assert_int_equal(receive(f), -EAGAIN);
	assert_int_equal(gb_transport_overflowed(f->t, f->inbox), 0);
}

static void test_batches(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 2 * BATCH + 3; i++)
		put_on_wire(wire, REMOTE, GROUP, PORT, 10, (uint8_t)i);
	for (unsigned i = 0; i < 2 * BATCH + 3; i++) {
		if (i % BATCH == 0)
			assert_int_equal(receive(f), i < 2 * BATCH ? BATCH : 3);
		assert_int_equal(f->got[i % BATCH].octets[9], i);
	}
	assert_int_equal(receive(f), -EAGAIN);
}

/* Neither other groups that somebody on the host has joined, nor other ports, nor what is sent to the host itself. */
static void test_others_datagrams(void **state)
{
	struct fixture *f = *state;
	struct ip_mreqn request = {.imr_multiaddr = ip("239.1.2.4"), .imr_ifindex = (int)if_nametoindex("net0")};
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr = ip(LOCAL)};
	int neighbour = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(neighbour >= 0);
	assert_int_equal(setsockopt(neighbour, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof(request)), 0);
	put_on_wire(wire, REMOTE, "239.1.2.4", PORT, 10, 1);
	put_on_wire(wire, REMOTE, GROUP, PORT + 1, 10, 2);
	assert_int_equal(sendto(neighbour, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)), 1);
	put_on_wire(wire, REMOTE, GROUP, PORT, 10, 3);
	assert_int_equal(receive(f), 1);
	assert_int_equal(f->got[0].octets[0], 3);
	assert_int_equal(recv(gb_transport_send_fd(f->t), &to, sizeof(to), 0), -1); /* the other socket takes nothing */
	close(neighbour);
}

/* The socket itself joined on a second interface: the kernel then gives it that one's datagrams, too. */
static void test_from_another_interface(void **state)
{
	struct fixture *f = *state;
	struct ip_mreqn request = {.imr_multiaddr = ip(GROUP), .imr_ifindex = (int)if_nametoindex("net1")};

	put_on_wire(other_wire, "10.78.0.2", GROUP, PORT, 10, 1);
	assert_int_equal(receive(f), -EAGAIN);
	assert_int_equal(
		setsockopt(gb_transport_receive_fd(f->t), IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof(request)), 0);
	put_on_wire(other_wire, "10.78.0.2", GROUP, PORT, 10, 2);
	put_on_wire(wire, REMOTE, GROUP, PORT, 10, 3);
	assert_int_equal(receive(f), 2);
	assert_false(f->got[0].for_us);
	assert_int_equal(f->got[0].octets[0], 2);
	assert_true(f->got[1].for_us);
}

static void test_truncated(void **state)
{
	struct fixture *f = *state;
	struct gb_transport_inbox *small = gb_transport_inbox_create(2, 100);

	assert_non_null(small);
	put_on_wire(wire, REMOTE, GROUP, PORT, 101, 7);
	put_on_wire(wire, REMOTE, GROUP, PORT, 100, 8);
	assert_int_equal(receive_from(f, f->t, small), 2);
	assert_true(f->got[0].truncated);
	assert_int_equal(f->got[0].length, 100);
	assert_false(f->got[1].truncated);
	assert_int_equal(f->got[1].octets[99], 8);
	gb_transport_inbox_destroy(small);
}

/* What the kernel drops while nobody reads is told with the first datagram that came after it, and once. */
static void test_overflow(void **state)
{
	struct fixture *f = *state;
	struct gb_transport_settings s = settings_of();
	unsigned put = 0, got = 0;
	uint32_t dropped = 0;
	struct gb_transport *t;
	int n;

	s.receive_buffer = 1;
	assert_int_equal(gb_transport_open(&t, &s, &f->granted, NULL), 0);
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 100; i++, put++)
			put_on_wire(wire, REMOTE, GROUP, PORT, 1000, 0);
		for (; (n = receive_from(f, t, f->inbox)) > 0; got += (unsigned)n)
			dropped += gb_transport_overflowed(t, f->inbox);
		put_on_wire(wire, REMOTE, GROUP, PORT, 1, 0);
		put++;
		assert_int_equal(receive_from(f, t, f->inbox), 1);
		got++;
		dropped += gb_transport_overflowed(t, f->inbox);
		assert_true(dropped > 0);
		assert_int_equal(got + dropped, put);
		assert_int_equal(gb_transport_overflowed(t, f->inbox), 0);
	}
	/* another transport, the same inbox: its count begins at none */
	gb_transport_unref(t);
	assert_int_equal(gb_transport_open(&t, &s, &f->granted, NULL), 0);
	assert_int_equal(receive_from(f, t, f->inbox), -EAGAIN);
	assert_int_equal(gb_transport_overflowed(t, f->inbox), 0);
	gb_transport_unref(t);
}

/* What one sender sends as a run, and what becomes of it: the run is handed over at once, or each datagram for itself. */
static void expect_run(struct fixture *f, struct gb_transport *t, bool together)
{
	struct ip_mreqn request = {.imr_multiaddr = ip(GROUP), .imr_ifindex = (int)if_nametoindex("net0")};
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr = ip(GROUP)};
	int neighbour = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), segment = 100;
	uint8_t octets[350];

	for (unsigned i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)i;
	assert_int_equal(setsockopt(neighbour, IPPROTO_IP, IP_MULTICAST_IF, &request, sizeof(request)), 0);
	assert_int_equal(setsockopt(neighbour, SOL_UDP, UDP_SEGMENT, &segment, sizeof(segment)), 0);
	assert_int_equal(sendto(neighbour, octets, sizeof(octets), 0, (struct sockaddr *)&to, sizeof(to)), sizeof(octets));
	close(neighbour);
	assert_int_equal(gb_transport_receive(t, f->inbox, UINT_MAX), together ? 1 : 4);
	assert_int_equal(take_all(f, f->inbox), 4);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(f->got[i].length, i < 3 ? 100 : 50);
		assert_int_equal(f->got[i].octets[0], i * 100 & 0xFF);
		assert_true(f->got[i].for_us && !f->got[i].truncated && f->got[i].time_ns != 0);
		assert_int_equal(f->got[i].source.s_addr, ip(LOCAL).s_addr);
	}
	assert_int_equal(receive_from(f, t, f->inbox), -EAGAIN);
}

static void test_runs(void **state)
{
	struct fixture *f = *state;
	struct gb_transport_settings s = settings_of();
	struct gb_transport *plain;

	assert_true(f->granted.gro);
	expect_run(f, f->t, true);
	s.plain = true;
	assert_int_equal(gb_transport_open(&plain, &s, &f->granted, NULL), 0);
	assert_false(f->granted.gro || f->granted.segment);
	expect_run(f, plain, false);
	gb_transport_unref(plain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_receive_options),  TEST(test_send_options), TEST(test_buffers),
		TEST(test_mark),	     TEST(test_membership),   TEST(test_refused),
		TEST(test_references),	     TEST(test_receive),      TEST(test_batches),
		TEST(test_others_datagrams), TEST(test_from_another_interface),
		TEST(test_truncated),	     TEST(test_overflow),     TEST(test_runs),
	};

	return run_in_namespace(tests, COUNT(tests));
}
