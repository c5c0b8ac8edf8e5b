/* SPDX-License-Identifier: Apache-2.0 */
/* transport: both sockets' options as the kernel has them, and datagrams in and out of TAPs that play the network: what
 * is sent is read as a frame, and what is written is as if it came from the wire. Needs root.
 */
#include "test_pure.h"

#include "namespace.h"

#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <time.h>

#include <goose-bridge/octets.h>
#include <goose-bridge/transport.h>

#define PORT	61850
#define GROUP	"239.1.2.3"
#define LOCAL	"10.77.0.1"
#define REMOTE	"10.77.0.2"
#define BATCH	8
#define HEADERS (14 + 20 + 8)

static int wire, other_wire; /* the far ends of net0 and net1 */

struct fixture {
	struct gb_transport *t;
	struct gb_transport_buffers buffers;
	struct gb_transport_inbox *inbox;
	struct gb_transport_outbox *outbox;
};

static struct in_addr ip(const char *text)
{
	struct in_addr address;

	assert_int_equal(inet_pton(AF_INET, text, &address), 1);
	return address;
}

static struct gb_transport_settings settings_of(void)
{
	return (struct gb_transport_settings){.group = ip(GROUP),
					      .port = PORT,
					      .interface = (int)if_nametoindex("net0"),
					      .local = ip(LOCAL),
					      .ttl = 10,
					      .dscp = 46,
					      .receive_buffer = 1 << 20,
					      .send_buffer = 1 << 19};
}

static void drain(int fd)
{
	uint8_t octets[2048];

	while (read(fd, octets, sizeof(octets)) > 0)
		;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct gb_transport_settings s = settings_of();

	if (!f || gb_transport_open(&f->t, &s, &f->buffers, NULL) != 0)
		return -1;
	f->inbox = gb_transport_inbox_create(BATCH, 2048);
	f->outbox = gb_transport_outbox_create(BATCH);
	*state = f;
	return f->inbox && f->outbox ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	gb_transport_unref(f->t);
	gb_transport_inbox_destroy(f->inbox);
	gb_transport_outbox_destroy(f->outbox);
	free(f);
	drain(wire);
	drain(other_wire);
	return 0;
}

static int option(int fd, int level, int name)
{
	int value = -1;
	socklen_t size = sizeof(value);

	assert_int_equal(getsockopt(fd, level, name, &value, &size), 0);
	return value;
}

/* ---- datagrams on the wire ------------------------------------------------------- */

static uint16_t ip_checksum(const uint8_t *header)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < 20; i += 2)
		sum += (uint32_t)header[i] << 8 | header[i + 1];
	sum = (sum & 0xFFFF) + (sum >> 16);
	return (uint16_t)~(sum + (sum >> 16));
}

/* Puts a datagram of SIZE octets of FILL on the wire FD, to DESTINATION's group address of Ethernet. */
static void put_on_wire(int fd, const char *source, const char *destination, uint16_t port, size_t size, uint8_t fill)
{
	static const uint8_t station[6] = {0x02, 0, 0, 0, 0, 9};
	uint8_t octets[2048], payload[1500];
	struct in_addr from = ip(source), to = ip(destination);
	uint32_t low = ntohl(to.s_addr) & 0x7FFFFF;
	struct gb_writer w = gb_writer(octets, sizeof(octets));

	gb_write_octets(&w, "\x01\x00\x5E", 3); /* RFC 1112, 6.4 */
	gb_write_u8(&w, (uint8_t)(low >> 16));
	gb_write_u16(&w, (uint16_t)low);
	gb_write_octets(&w, station, sizeof(station));
	gb_write_u16(&w, ETHERTYPE_IP);
	gb_write_u16(&w, 0x4500);
	gb_write_u16(&w, (uint16_t)(28 + size));
	gb_write_u32(&w, 0x00004000);
	gb_write_u16(&w, 10 << 8 | IPPROTO_UDP);
	gb_write_u16(&w, 0);
	gb_write_octets(&w, &from, 4);
	gb_write_octets(&w, &to, 4);
	uint16_t sum = ip_checksum(octets + 14);

	octets[24] = (uint8_t)(sum >> 8);
	octets[25] = (uint8_t)sum;
	gb_write_u16(&w, PORT);
	gb_write_u16(&w, port);
	gb_write_u16(&w, (uint16_t)(8 + size));
	gb_write_u16(&w, 0); /* no checksum */
	memset(payload, fill, sizeof(payload));
	gb_write_octets(&w, payload, size);
	assert_false(w.bad);
	assert_int_equal(write(fd, octets, w.length), w.length);
}

/* The next UDP datagram that was sent on net0, its Ethernet header first. Returns its length, 0 if there is none. */
static size_t sent(uint8_t *octets, size_t size)
{
	ssize_t length;

	while ((length = read(wire, octets, size)) > 0)
		if (length >= HEADERS && octets[12] == 0x08 && octets[23] == IPPROTO_UDP)
			return (size_t)length;
	assert_int_equal(errno, EAGAIN);
	return 0;
}

static int receive(struct fixture *f)
{
	return gb_transport_receive(f->t, f->inbox);
}

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

	assert_int_equal(f->buffers.receive, 1 << 20);
	assert_int_equal(f->buffers.send, 1 << 19);
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
	struct gb_transport_buffers buffers;
	struct gb_transport *t = NULL;
	const char *failed = NULL;
	unsigned before = open_files();

	assert_int_equal(gb_transport_open(&t, s, &buffers, &failed), error);
	assert_string_equal(failed, step);
	assert_int_equal(gb_transport_open(&t, s, &buffers, NULL), error);
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
	struct gb_transport_buffers buffers;
	struct gb_transport *t;
	unsigned before = open_files();

	(void)state;
	assert_int_equal(gb_transport_open(&t, &s, &buffers, NULL), 0);
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
		const struct gb_received *r = gb_transport_received(f->inbox, i);

		assert_true(r->for_us);
		assert_false(r->truncated);
		assert_int_equal(r->source.s_addr, ip(i == 1 ? "10.77.0.3" : REMOTE).s_addr);
		assert_int_equal(r->length, i == 0 ? 100 : i == 1 ? 0 : 1472);
		/* a wall clock, which may jump: but it is one */
		assert_true(r->time_ns + a_day > utc_ns() && r->time_ns < utc_ns() + a_day);
	}
	assert_int_equal(gb_transport_received(f->inbox, 0)->octets[99], 0xAA);
	assert_int_equal(gb_transport_received(f->inbox, 2)->octets[1471], 0xBB);
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
		assert_int_equal(gb_transport_received(f->inbox, i % BATCH)->octets[9], i);
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
	assert_int_equal(gb_transport_received(f->inbox, 0)->octets[0], 3);
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
	assert_false(gb_transport_received(f->inbox, 0)->for_us);
	assert_int_equal(gb_transport_received(f->inbox, 0)->octets[0], 2);
	assert_true(gb_transport_received(f->inbox, 1)->for_us);
}

static void test_truncated(void **state)
{
	struct fixture *f = *state;
	struct gb_transport_inbox *small = gb_transport_inbox_create(2, 100);

	assert_non_null(small);
	put_on_wire(wire, REMOTE, GROUP, PORT, 101, 7);
	put_on_wire(wire, REMOTE, GROUP, PORT, 100, 8);
	assert_int_equal(gb_transport_receive(f->t, small), 2);
	assert_true(gb_transport_received(small, 0)->truncated);
	assert_int_equal(gb_transport_received(small, 0)->length, 100);
	assert_false(gb_transport_received(small, 1)->truncated);
	assert_int_equal(gb_transport_received(small, 1)->octets[99], 8);
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
	assert_int_equal(gb_transport_open(&t, &s, &f->buffers, NULL), 0);
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 100; i++, put++)
			put_on_wire(wire, REMOTE, GROUP, PORT, 1000, 0);
		for (; (n = gb_transport_receive(t, f->inbox)) > 0; got += (unsigned)n)
			dropped += gb_transport_overflowed(t, f->inbox);
		put_on_wire(wire, REMOTE, GROUP, PORT, 1, 0);
		put++;
		assert_int_equal(gb_transport_receive(t, f->inbox), 1);
		got++;
		dropped += gb_transport_overflowed(t, f->inbox);
		assert_true(dropped > 0);
		assert_int_equal(got + dropped, put);
		assert_int_equal(gb_transport_overflowed(t, f->inbox), 0);
	}
	/* another transport, the same inbox: its count begins at none */
	gb_transport_unref(t);
	assert_int_equal(gb_transport_open(&t, &s, &f->buffers, NULL), 0);
	assert_int_equal(gb_transport_receive(t, f->inbox), -EAGAIN);
	assert_int_equal(gb_transport_overflowed(t, f->inbox), 0);
	gb_transport_unref(t);
}

/* ---- sending --------------------------------------------------------------------- */

static void test_send_one(void **state)
{
	struct fixture *f = *state;
	uint8_t octets[2048];

	assert_int_equal(gb_transport_send_one(f->t, "goose", 5), 0);
	assert_int_equal(sent(octets, sizeof(octets)), HEADERS + 5);
	assert_memory_equal(octets, "\x01\x00\x5E\x01\x02\x03", 6);
	assert_int_equal(octets[15], 46 << 2);
	assert_int_equal(octets[20] & 0x60, 0x40); /* DF and no MF */
	assert_int_equal(octets[22], 10);	   /* TTL */
	assert_memory_equal(octets + 26, &(struct in_addr){ip(LOCAL).s_addr}, 4);
	assert_memory_equal(octets + 30, &(struct in_addr){ip(GROUP).s_addr}, 4);
	assert_int_equal(octets[34] << 8 | octets[35], PORT);
	assert_int_equal(octets[36] << 8 | octets[37], PORT);
	assert_memory_equal(octets + HEADERS, "goose", 5);
	assert_int_equal(sent(octets, sizeof(octets)), 0);
	assert_int_equal(receive(f), -EAGAIN); /* not looped back */
}

static void test_send_batch(void **state)
{
	struct fixture *f = *state;
	struct gb_outgoing out[BATCH + 2];
	char text[BATCH + 2][8];
	uint8_t octets[2048];

	for (unsigned i = 0; i < COUNT(out); i++) {
		snprintf(text[i], sizeof(text[i]), "%u", i);
		out[i] = (struct gb_outgoing){.part = {{text[i], 1}, {text[i], 2}}, .parts = i % 2 ? 2 : 1};
	}
	assert_int_equal(gb_transport_send(f->t, f->outbox, out, COUNT(out)), BATCH); /* as many as the outbox holds */
	for (unsigned i = 0; i < BATCH; i++) {
		assert_int_equal(sent(octets, sizeof(octets)), HEADERS + (i % 2 ? 3 : 1));
		assert_memory_equal(octets + HEADERS, text[i], 1);
		if (i % 2)
			assert_memory_equal(octets + HEADERS + 1, text[i], 2);
	}
	assert_int_equal(sent(octets, sizeof(octets)), 0);
}

/* What does not fit the interface is refused here, and never leaves in fragments. */
static void test_too_large(void **state)
{
	static char large[1473];
	struct fixture *f = *state;
	struct gb_outgoing out[3] = {{.part = {{large, 1472}}, .parts = 1}, {.part = {{large, 1473}}, .parts = 1},
				     {.part = {{large, 5}}, .parts = 1}};
	uint8_t octets[2048];

	assert_int_equal(gb_transport_send_one(f->t, large, 1473), -EMSGSIZE);
	assert_int_equal(sent(octets, sizeof(octets)), 0);
	assert_int_equal(gb_transport_send(f->t, f->outbox, out + 1, 2), -EMSGSIZE);
	assert_int_equal(gb_transport_send(f->t, f->outbox, out, 3), 1); /* what goes before it goes out */
	assert_int_equal(sent(octets, sizeof(octets)), HEADERS + 1472);
	assert_int_equal(sent(octets, sizeof(octets)), 0);
	set_mtu("net0", 1000);
	assert_int_equal(gb_transport_send_one(f->t, large, 1472), -EMSGSIZE);
	assert_int_equal(gb_transport_send_one(f->t, large, 972), 0);
	assert_int_equal(sent(octets, sizeof(octets)), HEADERS + 972);
	set_mtu("net0", 1500);
}

static void test_network_down(void **state)
{
	struct fixture *f = *state;
	struct gb_outgoing out = {.part = {{(char[]){"x"}, 1}}, .parts = 1};
	uint8_t octets[2048];

	set_up("net0", false);
	assert_true(gb_transport_send_one(f->t, "x", 1) < 0);
	assert_true(gb_transport_send(f->t, f->outbox, &out, 1) < 0);
	set_up("net0", true);
	assert_int_equal(gb_transport_send_one(f->t, "x", 1), 0);
	assert_int_equal(sent(octets, sizeof(octets)), HEADERS + 1);
	assert_int_equal(sent(octets, sizeof(octets)), 0); /* what was refused does not come later */
	assert_int_equal(gb_transport_is_member(f->t), 1);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_receive_options),  TEST(test_send_options), TEST(test_buffers),
		TEST(test_mark),	     TEST(test_membership),   TEST(test_refused),
		TEST(test_references),	     TEST(test_receive),      TEST(test_batches),
		TEST(test_others_datagrams), TEST(test_from_another_interface),
		TEST(test_truncated),	     TEST(test_overflow),     TEST(test_send_one),
		TEST(test_send_batch),	     TEST(test_too_large),    TEST(test_network_down),
	};

	if (!own_namespace())
		return 77;
	wire = open_tun_device("net0", IFF_TAP | IFF_NO_PI);
	other_wire = open_tun_device("net1", IFF_TAP | IFF_NO_PI);
	set_address("net0", LOCAL);
	set_address("net1", "10.78.0.1");
	set_up("lo", true);
	set_up("net0", true);
	set_up("net1", true);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
