/* SPDX-License-Identifier: Apache-2.0 */
/* gb_to_goose0: from the network to goose0. */
#include "test_kernel_programs.h"

#include <arpa/inet.h>
#include <goose-bridge/clock.h>

#define D GB_KERNEL_TO_GOOSE0

static void assert_delivered(const struct packet *in, const struct packet *frame)
{
	struct gb_kernel_direction_counters before = counted(D);
	struct run run;

	run_program(D, in, NULL, &run);
	assert_int_equal(run.verdict, TC_ACT_REDIRECT);
	assert_int_equal(run.out.length, frame->length);
	assert_memory_equal(run.out.at, frame->at, frame->length);
	assert_int_equal(counted(D).frames, before.frames + 1);
	assert_int_equal(counted(D).frame_octets, before.frame_octets + frame->length);
	assert_int_equal(counted(D).datagram_octets, before.datagram_octets + frame->length + OVERHEAD);
	assert_int_equal(counted(D).passed, before.passed);
}

static void test_lengths(void **unused)
{
	struct packet frame, packet;

	(void)unused;
	for (size_t length = 34; length <= RUN_MOST - WIRE_FRAME; length += length < FRAME_MOST ? 1 : 61) {
		make_frame(&frame, length, (unsigned)length % 3);
		make_datagram(&packet, &frame);
		assert_delivered(&packet, &frame);
		if (length % 256 == 0)
			take_records(D, NULL);
	}
	assert_int_equal(counted(D).unsupervised + counted(D).refused + counted(D).undecodable, 0);
}

static void test_tags(void **unused)
{
	struct packet frame, packet;

	(void)unused;
	for (unsigned tags = 0; tags <= 2; tags++) {
		make_frame(&frame, 200, tags);
		make_datagram(&packet, &frame);
		assert_delivered(&packet, &frame);
	}
	assert_int_equal(counted(D).tagged, 2);
	make_frame(&frame, 200, 1);
	put16(&frame, 12, GB_ETHERTYPE_S_VLAN);
	put16(&frame, 20, 0xFFFF); /* a Length that cannot be */
	make_datagram(&packet, &frame);
	assert_delivered(&packet, &frame);
	assert_int_equal(counted(D).tagged, 3);
	assert_int_equal(counted(D).undecodable, 1);
}

/* None; one that is still to be made, as on a way within the machine; one that is damaged, each octet of it. */
static void test_checksum(void **unused)
{
	struct packet frame, packet;

	(void)unused;
	make_frame(&frame, 1201, 1);
	make_datagram(&packet, &frame);
	put16(&packet, 40, 0);
	assert_delivered(&packet, &frame);
	uint32_t sum = get16(&packet, 26) + get16(&packet, 28) + get16(&packet, 30) + get16(&packet, 32) + 17u +
		       get16(&packet, 38);

	put16(&packet, 40, (uint16_t)((sum & 0xFFFF) + (sum >> 16)));
	assert_delivered(&packet, &frame);
	make_sums(&packet);
	assert_delivered(&packet, &frame);
	for (size_t at = 14; at < packet.length; at += at < 130 ? 1 : 17) {
		struct run run;

		packet.at[at] ^= 0x10;
		run_program(D, &packet, NULL, &run);
		assert_int_equal(run.verdict, TC_ACT_UNSPEC);
		assert_memory_equal(run.out.at, packet.at, packet.length);
		packet.at[at] ^= 0x10;
		programs_reset(NULL); /* it may have looked like one of another kind */
	}
	assert_delivered(&packet, &frame);
}

/* ---- what is passed on ---- */

enum kept { SUMS_STAY, SUMS_MADE };

struct change {
	const char *what;
	size_t at;
	uint16_t value; /* of two octets there */
	enum kept sums;
	bool counted, held;
};

/* Offsets from the Ethernet header on: IP 14, UDP 34, native header 42, frame length 90, frame 92. */
static const struct change changes[] = {
	{"to another group", 32, 0x0165, SUMS_MADE, false, false},
	{"to another port", 36, PORT + 1, SUMS_MADE, false, false},
	{"to one station", 0, 0x0000, SUMS_STAY, false, false},
	{"no IPv4", 12, 0x86DD, SUMS_STAY, false, false},
	{"TCP", 22, 0x0A06, SUMS_MADE, false, false},
	{"options", 14, 0x4600 | 46 << 2, SUMS_MADE, true, true},
	{"more fragments", 20, 0x2000, SUMS_MADE, true, true},
	{"a later fragment", 20, 0x0010, SUMS_MADE, true, true},
	{"IP checksum", 24, 0x1234, SUMS_STAY, true, false},
	{"IP longer than the packet", 16, 249, SUMS_STAY, true, false},
	{"IP shorter than a UDP header", 16, 27, SUMS_MADE, true, false},
	{"UDP longer than the packet", 38, 229, SUMS_STAY, true, false},
	{"UDP shorter than its header", 38, 7, SUMS_STAY, true, false},
	{"octets behind UDP", 38, 227, SUMS_MADE, true, true},
	{"UDP checksum", 40, 0x1234, SUMS_STAY, true, false},
	{"from network 0", 26, 0x0001, SUMS_MADE, true, false},
	{"from the loopback network", 26, 0x7F00, SUMS_MADE, true, false},
	{"from a group", 26, 0xE000, SUMS_MADE, true, false},
	{"from this host", 28, HOST & 0xFFFF, SUMS_MADE, true, false},
	{"from what was this host", 28, PREVIOUS & 0xFFFF, SUMS_MADE, true, false},
	{"legacy", 42, 0x0211, SUMS_MADE, true, true},
	{"version 2", 44, 0x0200, SUMS_MADE, true, false},
	{"version 0", 44, 0x0000, SUMS_MADE, true, false},
	{"a piece", 44, 0x0101, SUMS_MADE, true, true},
	{"a hello", 44, 0x0102, SUMS_MADE, true, false},
	{"an echo request", 44, 0x0103, SUMS_MADE, true, false},
	{"an echo reply", 44, 0x0104, SUMS_MADE, true, false},
	{"an unknown type", 44, 0x01FF, SUMS_MADE, true, false},
	{"a short header", 46, 40, SUMS_MADE, true, false},
	{"an uneven header", 46, 52, SUMS_MADE, true, false},
	{"an extension", 46, 56, SUMS_MADE, true, true},
	{"a key", 52, 1, SUMS_MADE, true, false},
	{"a tag of authentication", 56, 0x0400, SUMS_MADE, true, false},
	{"a frame shorter than it has room", 90, 169, SUMS_MADE, true, true},
	{"a frame longer than it has room", 90, 171, SUMS_MADE, true, true},
	{"an empty frame", 90, 0, SUMS_MADE, true, true},
	{"a source address with the group bit", 98, 0x0311, SUMS_MADE, true, false},
	{"not GOOSE", 112, 0x0800, SUMS_MADE, true, false},
	{"three tags", 112, GB_ETHERTYPE_C_VLAN, SUMS_MADE, true, false},
};

static void test_changes(void **unused)
{
	struct packet frame, packet;

	(void)unused;
	for (size_t i = 0; i < COUNT(changes); i++) {
		const struct change *c = &changes[i];

		programs_reset(NULL);
		print_message("%s\n", c->what);
		make_frame(&frame, 170, 2);
		make_datagram(&packet, &frame);
		put16(&packet, c->at, c->value);
		if (c->sums == SUMS_MADE)
			make_sums(&packet);
		assert_passed(D, &packet, NULL, c->counted, c->held);
		assert_int_equal(anything_held(D), c->held);
		make_datagram(&packet, &frame); /* it was about that change */
		programs_reset(NULL);
		assert_delivered(&packet, &frame);
	}
}

static void test_sender_id(void **unused)
{
	struct packet frame, packet;

	(void)unused;
	make_frame(&frame, 170, 2);
	make_datagram(&packet, &frame);
	memset(packet.at + 58, 0, 8);
	make_sums(&packet);
	assert_passed(D, &packet, NULL, true, false); /* malformed */
	packet.at[65] = 1;
	make_sums(&packet);
	assert_delivered(&packet, &frame);
	for (size_t i = 0; i < 8; i++)
		packet.at[58 + i] = (uint8_t)(SENDER >> (56 - 8 * i));
	make_sums(&packet);
	assert_passed(D, &packet, NULL, true, true); /* a conflict, which the user engine tells of */
}

/* Nothing that a datagram need not have: what surrounds it, flags, lane, path, what is reserved, its port of origin. */
static void test_ignored(void **unused)
{
	static const struct {
		size_t at;
		uint16_t value;
	} fields[] = {{14, 0x4500}, {18, 0xFFFF}, {20, 0}, {22, 0xFF11}, {22, 0x0011}, {34, 9}, {46, 0xFF30}, {48, 0xFFFF},
		      {54, 0xFFFF}, {56, 0x00FF}, {66, 0xFFFF}, {74, 0xFFFF}, {82, 0xFFFF}, {4, 0xFFFF}};
	struct packet frame, packet;

	(void)unused;
	make_frame(&frame, 170, 1);
	for (size_t i = 0; i < COUNT(fields); i++) {
		make_datagram(&packet, &frame);
		put16(&packet, fields[i].at, fields[i].value);
		make_sums(&packet);
		assert_delivered(&packet, &frame);
	}
}

static void test_sizes_passed(void **unused)
{
	struct packet frame, packet;

	(void)unused;
	make_frame(&frame, 33, 0); /* the least that is carried here is 34 */
	make_datagram(&packet, &frame);
	assert_passed(D, &packet, NULL, true, true);
	programs_reset(NULL);
	make_frame(&frame, 100, 0);
	make_datagram(&packet, &frame);
	packet.at[packet.length++] = 0; /* padding */
	assert_passed(D, &packet, NULL, true, true);
	for (size_t length = 42; length < WIRE_FRAME + 34; length++) { /* of packets that are whole, but end early */
		programs_reset(NULL);
		make_datagram(&packet, &frame);
		packet.length = length;
		put16(&packet, 16, (uint16_t)(length - 14));
		put16(&packet, 38, (uint16_t)(length - 34));
		make_sums(&packet);
		assert_passed(D, &packet, NULL, true, true);
	}
	programs_reset(NULL);
	(*programs_config)->goose0_longest = 99; /* the kernel would drop it there */
	make_datagram(&packet, &frame);
	assert_passed(D, &packet, NULL, true, true);
	programs_reset(NULL);
	(*programs_config)->goose0_longest = 100;
	assert_delivered(&packet, &frame);
	programs_reset(NULL);
	for (packet.length = 34; packet.length < 42; packet.length++)
		assert_passed(D, &packet, NULL, false, false);
}

static void test_two_frames(void **unused)
{
	struct packet frame, packet;

	(void)unused;
	make_frame(&frame, 100, 0);
	make_datagram(&packet, &frame);
	memmove(packet.at + 192, packet.at + 90, 102);
	packet.length += 102;
	put16(&packet, 16, (uint16_t)(packet.length - 14));
	put16(&packet, 38, (uint16_t)(packet.length - 34));
	make_sums(&packet);
	assert_passed(D, &packet, NULL, true, true);
}

static void test_arrival(void **unused)
{
	struct arrival super = {.gso_size = 500, .mark = 5, .priority = 3}, tagged = {.tpid = GB_ETHERTYPE_C_VLAN, .tci = 9},
		       marked = {.mark = 7, .priority = 3};
	struct packet frame, packet;
	struct run run;

	(void)unused;
	make_frame(&frame, 1000, 0);
	make_datagram(&packet, &frame);
	run_program(D, &packet, &tagged, &run); /* of another network, though on the same wire */
	assert_int_equal(run.verdict, TC_ACT_UNSPEC);
	assert_int_equal(counted(D).passed + counted(D).frames, 0);
	run_program(D, &packet, &marked, &run);
	assert_int_equal(run.verdict, TC_ACT_REDIRECT);
	assert_int_equal(run.mark, 0);
	assert_int_equal(run.priority, 0);
	assert_passed(D, &packet, &super, true, true);
}

static void test_sources(void **unused)
{
	struct gb_kernel_config *c = *programs_config;
	struct packet frame, packet;

	(void)unused;
	make_frame(&frame, 170, 2);
	make_datagram(&packet, &frame);
	for (uint32_t i = 0; i < GB_KERNEL_SOURCES_MAX; i++)
		c->source[i] = (struct gb_kernel_prefix){htonl(0x0A000000 + i), htonl(0xFFFFFFFF)};
	c->sources = GB_KERNEL_SOURCES_MAX;
	assert_passed(D, &packet, NULL, true, false);
	c->source[GB_KERNEL_SOURCES_MAX - 1] = (struct gb_kernel_prefix){htonl(0xC0A80000), htonl(0xFFFF0000)};
	assert_delivered(&packet, &frame);
	c->sources = GB_KERNEL_SOURCES_MAX - 1;
	assert_passed(D, &packet, NULL, true, false);
	c->sources = 1;
	c->source[0] = (struct gb_kernel_prefix){htonl(PEER_HOST), htonl(0xFFFFFFFF)};
	assert_delivered(&packet, &frame);
	c->source[0] = (struct gb_kernel_prefix){htonl(PEER_HOST + 1), htonl(0xFFFFFFFF)};
	assert_passed(D, &packet, NULL, true, false);
}

static void test_forwarding(void **unused)
{
	struct packet frame, packet;

	(void)unused;
	make_frame(&frame, 170, 2);
	make_datagram(&packet, &frame);
	(*programs_config)->forward[D] = 0;
	assert_passed(D, &packet, NULL, true, true);
	programs_reset(NULL);
	(*programs_state)->heartbeat_ns = gb_clock_mono_ns() - 1001 * MS;
	assert_delivered(&packet, &frame);
	(*programs_config)->unattended_ns = 1000 * MS;
	assert_passed(D, &packet, NULL, true, true);
}

static void test_held(void **unused)
{
	const uint32_t peer = htonl(PEER_HOST);
	struct packet frame, packet, large;

	(void)unused;
	make_frame(&frame, 170, 2);
	make_datagram(&large, &frame);
	put16(&large, 44, 0x0101); /* a piece */
	make_sums(&large);
	assert_passed(D, &large, NULL, true, true);
	uint64_t since = held_since(D, &peer);

	assert_true(since > 0);
	make_datagram(&packet, &frame);
	assert_passed(D, &packet, NULL, true, true);
	assert_true(held_since(D, &peer) > since);
	put16(&packet, 28, (PEER_HOST + 1) & 0xFFFF); /* of somebody else */
	make_sums(&packet);
	assert_delivered(&packet, &frame);
	make_datagram(&packet, &frame);
	since = held_since(D, &peer);
	(*programs_state)->drained_ns[D] = since + 50001;
	assert_delivered(&packet, &frame);
	hold_flow(D, &peer, gb_clock_mono_ns());
	assert_passed(D, &packet, NULL, true, true);
	put16(&packet, 40, 1); /* what the kernel drops keeps nobody waiting */
	assert_passed(D, &packet, NULL, true, false);
	make_sums(&packet);
	(*programs_state)->drained_ns[D] = 0;
	(*programs_config)->hold_ns = 0;
	assert_delivered(&packet, &frame);
}

/* Whether the user engine would take this for one frame. */
static bool user_engine_takes(const struct packet *packet)
{
	struct gb_datagram d;
	struct gb_frame frame;

	return gb_tunnel_parse(packet->at + 42, packet->length - 42, &d) == GB_TUNNEL_NATIVE &&
	       d.native.type == GB_NATIVE_FRAMES && gb_native_frames_whole(d.body, d.body_length) &&
	       gb_frame_parse(d.body + 2, d.body_length - 2, &frame) == GB_FRAME_GOOSE;
}

/* Anything at all: what comes out is what a peer put in, or what came; and only what the user engine would take, too. */
static void test_damage(void **unused)
{
	uint64_t random = 42;
	struct packet frame, packet;
	struct run run;

	(void)unused;
	for (unsigned i = 0; i < 20000; i++) {
		make_frame(&frame, 120, i % 3);
		make_datagram(&packet, &frame);
		for (unsigned n = (unsigned)(next_random(&random) % 3) + 1; n > 0; n--)
			packet.at[12 + next_random(&random) % (packet.length - 12)] = (uint8_t)next_random(&random);
		if (next_random(&random) % 4)
			make_sums(&packet);
		run_program(D, &packet, NULL, &run);
		if (run.verdict == TC_ACT_REDIRECT) {
			assert_int_equal(run.out.length, frame.length);
			assert_memory_equal(run.out.at, packet.at + WIRE_FRAME, frame.length);
			assert_true(user_engine_takes(&packet));
		} else {
			assert_int_equal(run.verdict, TC_ACT_UNSPEC);
			assert_memory_equal(run.out.at, packet.at, packet.length);
		}
		programs_reset(NULL);
	}
}

int test_to_goose0(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_lengths, programs_reset),
		cmocka_unit_test_setup(test_tags, programs_reset),
		cmocka_unit_test_setup(test_checksum, programs_reset),
		cmocka_unit_test_setup(test_changes, programs_reset),
		cmocka_unit_test_setup(test_sender_id, programs_reset),
		cmocka_unit_test_setup(test_ignored, programs_reset),
		cmocka_unit_test_setup(test_sizes_passed, programs_reset),
		cmocka_unit_test_setup(test_two_frames, programs_reset),
		cmocka_unit_test_setup(test_arrival, programs_reset),
		cmocka_unit_test_setup(test_sources, programs_reset),
		cmocka_unit_test_setup(test_forwarding, programs_reset),
		cmocka_unit_test_setup(test_held, programs_reset),
		cmocka_unit_test_setup(test_damage, programs_reset),
	};

	return cmocka_run_group_tests_name("to goose0", tests, NULL, NULL);
}
