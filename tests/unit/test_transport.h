/* SPDX-License-Identifier: Apache-2.0 */
/* For the tests of the room transport: a namespace whose network is TAPs, so what is sent is read as a frame, and what is
 * written is as if it came from the wire. Needs root.
 */
#ifndef TEST_TRANSPORT_H
#define TEST_TRANSPORT_H

#include "test_pure.h"

#include "namespace.h"

#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <limits.h>
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
	struct gb_transport_granted granted;
	struct gb_transport_inbox *inbox;
	struct gb_transport_outbox *outbox;
	struct gb_received got[8 * BATCH]; /* by the last receive() */
	unsigned count;
};

static inline struct in_addr ip(const char *text)
{
	struct in_addr address;

	assert_int_equal(inet_pton(AF_INET, text, &address), 1);
	return address;
}

static inline struct gb_transport_settings settings_of(void)
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

static inline void drain(int fd)
{
	uint8_t octets[2048];

	while (read(fd, octets, sizeof(octets)) > 0)
		;
}

static inline int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct gb_transport_settings s = settings_of();

	if (!f || gb_transport_open(&f->t, &s, &f->granted, NULL) != 0)
		return -1;
	f->inbox = gb_transport_inbox_create(BATCH, 2048);
	f->outbox = gb_transport_outbox_create(BATCH);
	*state = f;
	return f->inbox && f->outbox ? 0 : -1;
}

static inline int teardown(void **state)
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

static inline int option(int fd, int level, int name)
{
	int value = -1;
	socklen_t size = sizeof(value);

	assert_int_equal(getsockopt(fd, level, name, &value, &size), 0);
	return value;
}

/* ---- datagrams on the wire ------------------------------------------------------- */

static inline uint16_t ip_checksum(const uint8_t *header)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < 20; i += 2)
		sum += (uint32_t)header[i] << 8 | header[i + 1];
	sum = (sum & 0xFFFF) + (sum >> 16);
	return (uint16_t)~(sum + (sum >> 16));
}

/* Puts a datagram of SIZE octets of FILL on the wire FD, to DESTINATION's group address of Ethernet. */
static inline void put_on_wire(int fd, const char *source, const char *destination, uint16_t port, size_t size, uint8_t fill)
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
static inline size_t sent(uint8_t *octets, size_t size)
{
	ssize_t length;

	while ((length = read(wire, octets, size)) > 0)
		if (length >= HEADERS && octets[12] == 0x08 && octets[23] == IPPROTO_UDP)
			return (size_t)length;
	assert_int_equal(errno, EAGAIN);
	return 0;
}

/* Takes the datagrams out of what was received last. Returns how many. */
static inline int take_all(struct fixture *f, struct gb_transport_inbox *inbox)
{
	const struct gb_received *in;

	for (f->count = 0; (in = gb_transport_next(inbox)) != NULL; f->count++)
		f->got[f->count] = *in;
	return (int)f->count;
}

/* Returns how many datagrams came, or what is wrong. */
static inline int receive_from(struct fixture *f, struct gb_transport *t, struct gb_transport_inbox *inbox)
{
	int n = gb_transport_receive(t, inbox, UINT_MAX);
	int count = take_all(f, inbox);

	return n < 0 ? n : count;
}

static inline int receive(struct fixture *f)
{
	return receive_from(f, f->t, f->inbox);
}

static inline int run_in_namespace(const struct CMUnitTest *tests, size_t count)
{
	if (!own_namespace())
		return 77;
	wire = open_tun_device("net0", IFF_TAP | IFF_NO_PI);
	other_wire = open_tun_device("net1", IFF_TAP | IFF_NO_PI);
	set_address("net0", LOCAL);
	set_address("net1", "10.78.0.1");
	set_up("lo", true);
	set_up("net0", true);
	set_up("net1", true);
	return _cmocka_run_group_tests("transport", tests, count, NULL, NULL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
