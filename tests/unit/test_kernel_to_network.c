/* SPDX-License-Identifier: Apache-2.0 */
/* gb_to_network: from goose0 to the network. */
#include "test_kernel_programs.h"

#include <goose-bridge/clock.h>

#define D GB_KERNEL_TO_NETWORK

static const struct gb_kernel_flow flow = {{0x01, 0x0C, 0xCD, 0x01, 0x00, 0x05}, {0x02, 0x11, 0x22, 0x33, 0x44, 0x55}, 0, 0};

/* As make_frame has it; on the wire. */
static struct gb_kernel_flow flow_of(uint16_t appid)
{
	struct gb_kernel_flow f = flow;
	uint8_t octets[2] = {(uint8_t)(appid >> 8), (uint8_t)appid};

	memcpy(&f.appid, octets, 2);
	return f;
}

/* Runs a frame with what is at its place in the metadata, and asserts that FRAME comes out in the next datagram. */
static void assert_sent(const struct packet *in, const struct arrival *arrival, const struct packet *frame)
{
	uint64_t before = gb_clock_utc_ns(), sequence = (*programs_state)->kernel_sequence;
	struct packet expected;
	struct run run;

	run_program(D, in, arrival, &run);
	assert_int_equal(run.verdict, TC_ACT_REDIRECT);
	uint64_t time = send_time_of(&run.out);

	assert_in_range(time, before - MS, gb_clock_utc_ns() + MS); /* the kernel's quick clock is not that of clock_gettime */
	expect_datagram(&expected, frame, sequence, time);
	assert_int_equal(run.out.length, expected.length);
	assert_memory_equal(run.out.at, expected.at, expected.length);
	assert_int_equal(ip_sum(&run.out), 0);
	assert_int_equal(udp_sum(&run.out), 0);
	assert_int_not_equal(get16(&run.out, 40), 0);
	assert_int_equal((*programs_state)->kernel_sequence, sequence + 1);
}

/* Every length up to the largest, so that each remainder of each way to sum is met; what is behind the head, too. */
static void test_lengths(void **unused)
{
	struct packet frame;
	uint64_t frames = 0, octets = 0;

	(void)unused;
	for (size_t length = 24; length <= FRAME_MOST; length++) {
		make_frame(&frame, length, length >= 32 ? (unsigned)length % 3 : 0);
		assert_sent(&frame, NULL, &frame);
		frames++;
		octets += length;
		if (length % 256 == 0)
			take_records(D, NULL);
	}
	struct gb_kernel_direction_counters c = counted(D);

	assert_int_equal(c.frames, frames);
	assert_int_equal(c.frame_octets, octets);
	assert_int_equal(c.datagram_octets, octets + frames * OVERHEAD);
	assert_int_equal(c.undecodable, 0);
	assert_int_equal(c.passed + c.unsupervised + c.refused, 0);
}

static void test_large(void **unused)
{
	struct packet frame;

	(void)unused;
	(*programs_config)->path_mtu = 9000;
	for (size_t length = RUN_MOST - 1100; length <= RUN_MOST; length += 61) {
		make_frame(&frame, length, 1);
		assert_sent(&frame, NULL, &frame);
	}
}

static void test_tags(void **unused)
{
	struct packet frame;

	(void)unused;
	for (unsigned tags = 0; tags <= 2; tags++) {
		make_frame(&frame, 200, tags);
		assert_sent(&frame, NULL, &frame);
	}
	put16(&frame, 12, GB_ETHERTYPE_C_VLAN); /* two of the same kind */
	assert_sent(&frame, NULL, &frame);
	make_frame(&frame, 200, 1);
	put16(&frame, 12, GB_ETHERTYPE_S_VLAN);
	assert_sent(&frame, NULL, &frame);
	assert_int_equal(counted(D).tagged, 4);
	assert_int_equal(counted(D).frames, 5);
}

/* A tag in the metadata gets to its place, whatever is behind it. */
static void test_metadata_tag(void **unused)
{
	const uint16_t tpids[] = {GB_ETHERTYPE_C_VLAN, GB_ETHERTYPE_S_VLAN};
	struct packet in, frame;

	(void)unused;
	for (size_t i = 0; i < COUNT(tpids); i++)
		for (size_t length = 40; length < 1400; length += 37) {
			struct arrival tag = {.tpid = tpids[i], .tci = (uint16_t)(0xE005 + length)};

			make_frame(&in, length, 0);
			frame = in;
			memmove(frame.at + 16, frame.at + 12, length - 12);
			put16(&frame, 12, tag.tpid);
			put16(&frame, 14, tag.tci);
			frame.length += 4;
			assert_sent(&in, &tag, &frame);
		}
	assert_int_equal(counted(D).tagged, counted(D).frames);
}

/* Not taken: a second tag behind it, and what is too long with the tag. */
static void test_metadata_tag_passed(void **unused)
{
	struct arrival tag = {.tpid = GB_ETHERTYPE_C_VLAN, .tci = 5};
	struct packet in;
	struct run run;

	(void)unused;
	make_frame(&in, 200, 1);
	run_program(D, &in, &tag, &run);
	assert_int_equal(run.verdict, TC_ACT_UNSPEC);
	make_frame(&in, FRAME_MOST - 3, 0);
	run_program(D, &in, &tag, &run);
	assert_int_equal(run.verdict, TC_ACT_UNSPEC);
	assert_int_equal(counted(D).passed, 2);
	assert_true(anything_held(D));
	make_frame(&in, 200, 2);
	run_program(D, &in, &tag, &run);
	assert_int_equal(run.verdict, TC_ACT_UNSPEC);
	assert_int_equal(counted(D).passed, 2); /* with three tags it is no GOOSE */
	assert_int_equal(counted(D).frames, 0);
}

/* The bridge is transparent: what is wrong in the GOOSE header is carried, and counted. */
static void test_undecodable(void **unused)
{
	static const uint16_t lengths[] = {0, 7, 87, 0xFFFF};
	struct packet frame;
	unsigned count = 0;

	(void)unused;
	for (size_t i = 0; i < COUNT(lengths); i++) {
		make_frame(&frame, 100, 0); /* 86 octets from APPID on */
		put16(&frame, 16, lengths[i]);
		assert_sent(&frame, NULL, &frame);
		assert_int_equal(counted(D).undecodable, ++count);
	}
	for (size_t length = 14; length < 22; length++) {
		make_frame(&frame, 100, 0);
		frame.length = length;
		assert_sent(&frame, NULL, &frame);
		assert_int_equal(counted(D).undecodable, ++count);
	}
	make_frame(&frame, 100, 0);
	put16(&frame, 16, 8); /* padding and a trailer are behind it */
	assert_sent(&frame, NULL, &frame);
	make_frame(&frame, 22, 0);
	assert_sent(&frame, NULL, &frame);
	assert_int_equal(counted(D).undecodable, count);
}

static void test_header_fields(void **unused)
{
	struct gb_kernel_config *c = *programs_config;
	struct packet frame;
	struct gb_datagram datagram;
	struct run run;

	(void)unused;
	make_frame(&frame, 160, 1);
	(*programs_state)->active = 1;
	c[1] = c[0];
	c[1].ttl = 3;
	c[1].tos = 8;
	c[1].clock_unsynchronised = 1;
	c[1].path_id = 0x1234;
	c[0].forward[D] = 0; /* of the two only the active one says what is done */
	(*programs_state)->kernel_sequence = UINT64_C(0xFFFFFFFF);
	run_program(D, &frame, NULL, &run);
	assert_int_equal(run.verdict, TC_ACT_REDIRECT);
	assert_int_equal(run.out.at[15], 8);
	assert_int_equal(run.out.at[22], 3);
	assert_int_equal(gb_tunnel_parse(run.out.at + 42, run.out.length - 42, &datagram), GB_TUNNEL_NATIVE);
	assert_int_equal(datagram.native.flags, GB_NATIVE_FLAG_CLOCK_UNSYNCHRONISED);
	assert_int_equal(datagram.native.path_id, 0x1234);
	assert_int_equal(datagram.native.sequence, UINT64_C(0xFFFFFFFF));
	assert_int_equal((*programs_state)->kernel_sequence, UINT64_C(0x100000000));
	assert_true(gb_native_frames_whole(datagram.body, datagram.body_length));
}

/* What the publisher's socket says does not go with the datagram. */
static void test_dress(void **unused)
{
	struct arrival arrival = {.mark = 7, .priority = 1, .tstamp = 1234567890};
	static const struct {
		unsigned dscp, priority;
	} of[] = {{46, 5}, {0, 0}, {8, 1}, {56, 6}, {63, 6}};
	struct packet frame;
	struct run run;

	(void)unused;
	make_frame(&frame, 160, 1);
	for (size_t i = 0; i < COUNT(of); i++) {
		(*programs_config)->tos = (uint8_t)(of[i].dscp << 2);
		run_program(D, &frame, &arrival, &run);
		assert_int_equal(run.verdict, TC_ACT_REDIRECT);
		assert_int_equal(run.mark, 0);
		assert_int_equal(run.priority, of[i].priority);
		assert_int_equal(run.tstamp, 0);
	}
}

/* 0 means that there is none: one that comes to that is sent as 0xFFFF. Its send time makes each datagram another one. */
static void test_checksum_is_never_0(void **unused)
{
	struct packet frame;
	struct run run;

	(void)unused;
	make_frame(&frame, 46, 0);
	for (unsigned i = 0; i < 100000; i++) {
		run_program(D, &frame, NULL, &run);
		if (get16(&run.out, 40) == 0 || udp_sum(&run.out) != 0)
			fail_msg("wrong checksum %04x", get16(&run.out, 40));
		if (i % 512 == 0)
			take_records(D, NULL);
	}
}

/* ---- what is passed on ---- */

static void test_not_goose(void **unused)
{
	static const uint16_t ethertypes[] = {0x0800, 0x0806, 0x86DD, 0x88B9, 0x88BA, 0xB888, 0};
	struct packet frame;

	(void)unused;
	for (size_t i = 0; i < COUNT(ethertypes); i++)
		for (unsigned tags = 0; tags <= 2; tags++) {
			make_frame(&frame, 100, tags);
			put16(&frame, 12 + 4 * tags, ethertypes[i]);
			assert_passed(D, &frame, NULL, false, false);
		}
	make_frame(&frame, 100, 2); /* a third tag */
	memmove(frame.at + 16, frame.at + 12, 80);
	assert_passed(D, &frame, NULL, false, false);
	assert_false(anything_held(D));
}

/* The user engine drops these, and counts them. */
static void test_not_carried(void **unused)
{
	struct packet frame;

	(void)unused;
	make_frame(&frame, 100, 1);
	frame.at[6] |= 1;
	assert_passed(D, &frame, NULL, true, false);
	make_frame(&frame, 100, 2);
	for (frame.length = 14; frame.length < 22; frame.length++)
		assert_passed(D, &frame, NULL, true, false);
	make_frame(&frame, 100, 1);
	for (frame.length = 14; frame.length < 18; frame.length++)
		assert_passed(D, &frame, NULL, true, false);
	assert_false(anything_held(D));
}

static void test_too_large(void **unused)
{
	struct arrival run_of_many = {.gso_size = 500};
	struct packet frame;

	(void)unused;
	make_frame(&frame, FRAME_MOST + 1, 1);
	assert_passed(D, &frame, NULL, true, true);
	make_frame(&frame, FRAME_MOST, 1);
	frame.at[15] = 6; /* the same flow, whatever the tag: but its frames are held now */
	assert_passed(D, &frame, NULL, true, true);
	programs_reset(NULL);
	assert_sent(&frame, NULL, &frame);
	make_frame(&frame, 1200, 1);
	assert_passed(D, &frame, &run_of_many, true, true);
}

static void test_forwarding(void **unused)
{
	struct gb_kernel_state *state = *programs_state;
	struct packet frame;

	(void)unused;
	make_frame(&frame, 100, 1);
	(*programs_config)->forward[D] = 0;
	assert_passed(D, &frame, NULL, true, true);
	programs_reset(NULL);
	(*programs_config)->unattended_ns = 1000 * MS;
	state->heartbeat_ns = gb_clock_mono_ns() - 1001 * MS;
	assert_passed(D, &frame, NULL, true, true);
	programs_reset(NULL);
	(*programs_config)->unattended_ns = 100000 * MS;
	state->heartbeat_ns = gb_clock_mono_ns() - 50000 * MS;
	assert_sent(&frame, NULL, &frame);
	state->heartbeat_ns = gb_clock_mono_ns() + 1000 * MS; /* newer than the program's own time */
	assert_sent(&frame, NULL, &frame);
}

static void test_held(void **unused)
{
	struct gb_kernel_flow f = flow_of(0x1001), other = flow_of(0x1002);
	struct packet frame, another;

	(void)unused;
	make_frame(&frame, FRAME_MOST + 1, 1);
	assert_passed(D, &frame, NULL, true, true);
	uint64_t since = held_since(D, &f);

	assert_true(since > 0);
	assert_int_equal((*programs_state)->held_ns[D], since);
	make_frame(&frame, 100, 1);
	assert_passed(D, &frame, NULL, true, true); /* does not overtake it */
	assert_true(held_since(D, &f) > since);
	since = held_since(D, &f);
	make_frame(&another, 100, 1);
	put16(&another, 18, 0x1002);
	assert_sent(&another, NULL, &another);
	assert_int_equal(held_since(D, &other), 0);
	another = frame;
	another.at[5] ^= 1;
	assert_sent(&another, NULL, &another);
	another = frame;
	another.at[11] ^= 1;
	assert_sent(&another, NULL, &another);
	(*programs_state)->drained_ns[D] = since + 50000; /* it may have missed it */
	assert_passed(D, &frame, NULL, true, true);
	since = held_since(D, &f);
	(*programs_state)->drained_ns[D] = since + 50001;
	assert_sent(&frame, NULL, &frame);
	assert_sent(&frame, NULL, &frame);
}

/* An entry that is settled goes, though others are not. */
static void test_held_settles(void **unused)
{
	struct gb_kernel_flow f = flow_of(0x1001), other = flow_of(0x1002);
	uint64_t now = gb_clock_mono_ns();
	struct packet frame;

	(void)unused;
	make_frame(&frame, 100, 1);
	(*programs_config)->hold_ns = 10000 * MS;
	hold_flow(D, &f, now - 10001 * MS);
	hold_flow(D, &other, now);
	assert_sent(&frame, NULL, &frame);
	assert_int_equal(held_since(D, &f), 0);
	hold_flow(D, &f, now - 1 * MS);
	(*programs_state)->drained_ns[D] = now - MS / 2;
	assert_sent(&frame, NULL, &frame);
	assert_int_equal(held_since(D, &f), 0);
	put16(&frame, 18, 0x1002);
	assert_passed(D, &frame, NULL, true, true);
	hold_flow(D, &f, now - 5000 * MS);
	(*programs_state)->drained_ns[D] = now - 6000 * MS;
	put16(&frame, 18, 0x1001);
	assert_passed(D, &frame, NULL, true, true);
}

/* What would go to a process that is not there is not waited for. */
static void test_nobody_there(void **unused)
{
	struct gb_kernel_flow f = flow_of(0x1001);
	struct packet frame, large;

	(void)unused;
	programs_attend(false);
	make_frame(&large, FRAME_MOST + 1, 1);
	make_frame(&frame, 100, 1);
	assert_passed(D, &large, NULL, true, true);
	assert_sent(&frame, NULL, &frame);
	programs_attend(true); /* what it may have heard of goes there first */
	assert_passed(D, &frame, NULL, true, true);
	assert_true(held_since(D, &f) > 0);
}

/* Both engines say the same of any frame. */
static void test_agrees(void **unused)
{
	static const uint16_t ethertypes[] = {GB_ETHERTYPE_GOOSE, GB_ETHERTYPE_C_VLAN, GB_ETHERTYPE_S_VLAN, 0x88B9};
	uint64_t random = 4711;
	unsigned carried = 0;

	(void)unused;
	for (unsigned i = 0; i < 20000; i++) {
		struct gb_kernel_direction_counters before = counted(D), after;
		struct gb_frame parsed;
		struct packet frame;
		struct run run;

		make_frame(&frame, 15 + next_random(&random) % 30, 0);
		frame.at[6] = next_random(&random) % 8 == 0;
		for (size_t at = 12; at <= 24; at += 4)
			put16(&frame, at, ethertypes[next_random(&random) % COUNT(ethertypes)]);
		put16(&frame, 16 + 2 * (next_random(&random) % 6), next_random(&random) % 32);
		bool goose = gb_frame_parse(frame.at, frame.length, &parsed) == GB_FRAME_GOOSE;

		run_program(D, &frame, NULL, &run);
		after = counted(D);
		if (goose != (run.verdict == TC_ACT_REDIRECT))
			fail_msg("frame %u: the user engine says %d", i, goose);
		assert_int_equal(after.frames - before.frames, goose);
		assert_int_equal(after.tagged - before.tagged, goose && parsed.tags > 0);
		assert_int_equal(after.undecodable - before.undecodable, goose && !parsed.header_whole);
		if (i % 512 == 0)
			take_records(D, NULL);
		carried += goose;
	}
	assert_in_range(carried, 1000, 19000);
}

int test_to_network(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_lengths, programs_reset),
		cmocka_unit_test_setup(test_large, programs_reset),
		cmocka_unit_test_setup(test_tags, programs_reset),
		cmocka_unit_test_setup(test_metadata_tag, programs_reset),
		cmocka_unit_test_setup(test_metadata_tag_passed, programs_reset),
		cmocka_unit_test_setup(test_undecodable, programs_reset),
		cmocka_unit_test_setup(test_header_fields, programs_reset),
		cmocka_unit_test_setup(test_dress, programs_reset),
		cmocka_unit_test_setup(test_checksum_is_never_0, programs_reset),
		cmocka_unit_test_setup(test_not_goose, programs_reset),
		cmocka_unit_test_setup(test_not_carried, programs_reset),
		cmocka_unit_test_setup(test_too_large, programs_reset),
		cmocka_unit_test_setup(test_forwarding, programs_reset),
		cmocka_unit_test_setup(test_held, programs_reset),
		cmocka_unit_test_setup(test_held_settles, programs_reset),
		cmocka_unit_test_setup(test_nobody_there, programs_reset),
		cmocka_unit_test_setup(test_agrees, programs_reset),
	};

	return cmocka_run_group_tests_name("to the network", tests, NULL, NULL);
}
