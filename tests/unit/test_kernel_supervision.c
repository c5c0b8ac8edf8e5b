/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs tell supervision. */
#include "test_kernel_programs.h"

#include <arpa/inet.h>
#include <goose-bridge/clock.h>

static struct record record[RECORDS_MAX];

/* A packet that the program of DIRECTION carries, for FRAME. */
static void make_packet(enum gb_kernel_direction direction, struct packet *packet, const struct packet *frame)
{
	if (direction == GB_KERNEL_TO_NETWORK)
		*packet = *frame;
	else
		make_datagram(packet, frame);
}

static void carry(enum gb_kernel_direction direction, const struct packet *packet)
{
	struct run run;

	run_program(direction, packet, NULL, &run);
	assert_int_equal(run.verdict, TC_ACT_REDIRECT);
}

static void test_record_to_network(void **unused)
{
	struct arrival tag = {.tpid = GB_ETHERTYPE_S_VLAN, .tci = 0xE005};
	struct packet frame;
	struct run run;

	(void)unused;
	make_frame(&frame, 160, 0);
	(*programs_state)->kernel_sequence = 17;
	(*programs_config)->clock_unsynchronised = 1;
	uint64_t before = gb_clock_mono_ns();

	run_program(GB_KERNEL_TO_NETWORK, &frame, &tag, &run);
	assert_int_equal(run.verdict, TC_ACT_REDIRECT);
	assert_int_equal(take_records(GB_KERNEL_TO_NETWORK, record), 1);
	assert_in_range(record->said.time_ns, before, gb_clock_mono_ns());
	assert_int_equal(record->said.sequence, 17);
	assert_int_equal(record->said.send_time_ns, send_time_of(&run.out));
	assert_int_equal(record->said.sender_id, SENDER);
	assert_int_equal(record->said.epoch, 7654321);
	assert_int_equal(record->said.received_ns, 0);
	assert_int_equal(record->said.address, htonl(HOST));
	assert_int_equal(record->said.path_id, 1);
	assert_int_equal(record->said.lane, GB_KERNEL_LANE);
	assert_int_equal(record->said.flags, GB_NATIVE_FLAG_CLOCK_UNSYNCHRONISED);
	assert_int_equal(record->said.missed, 0);
	assert_int_equal(record->said.frame_length, 164);
	assert_int_equal(record->said.head_length, 164);
	assert_memory_equal(record->head, run.out.at + WIRE_FRAME, 164); /* its tag in place */
}

static void test_record_to_goose0(void **unused)
{
	struct arrival arrival = {.tstamp = 1234567890123};
	struct packet frame, packet;
	struct run run;

	(void)unused;
	make_frame(&frame, 160, 1);
	make_datagram(&packet, &frame);
	uint64_t before = gb_clock_mono_ns();

	run_program(GB_KERNEL_TO_GOOSE0, &packet, &arrival, &run);
	assert_int_equal(run.verdict, TC_ACT_REDIRECT);
	assert_int_equal(take_records(GB_KERNEL_TO_GOOSE0, record), 1);
	assert_in_range(record->said.time_ns, before, gb_clock_mono_ns());
	assert_int_equal(record->said.sender_id, PEER);
	assert_int_equal(record->said.epoch, 99);
	assert_int_equal(record->said.sequence, 1000);
	assert_int_equal(record->said.send_time_ns, 4711);
	assert_int_equal(record->said.received_ns, arrival.tstamp);
	assert_int_equal(record->said.address, htonl(PEER_HOST));
	assert_int_equal(record->said.path_id, 1);
	assert_int_equal(record->said.lane, 5);
	assert_int_equal(record->said.flags, GB_NATIVE_FLAG_CLOCK_UNSYNCHRONISED);
	assert_int_equal(record->said.frame_length, 160);
	assert_int_equal(record->said.head_length, 160);
	assert_memory_equal(record->head, frame.at, 160);
}

static void test_heads(void **unused)
{
	const size_t lengths[] = {34, 35, 64, 511, 512, 513, 1000, FRAME_MOST};
	struct packet frame, packet;

	(void)unused;
	for (int d = 0; d < GB_KERNEL_DIRECTIONS; d++)
		for (size_t i = 0; i < COUNT(lengths); i++) {
			size_t head = lengths[i] < GB_KERNEL_HEAD_MAX ? lengths[i] : GB_KERNEL_HEAD_MAX;

			make_frame(&frame, lengths[i], 1);
			make_packet(d, &packet, &frame);
			carry(d, &packet);
			assert_int_equal(take_records(d, record), 1);
			assert_int_equal(record->said.frame_length, lengths[i]);
			assert_int_equal(record->said.head_length, head);
			assert_memory_equal(record->head, frame.at, head);
		}
}

/* A full ring slows nothing; what it had no room for is counted, and the next record says so. */
static void test_full(void **unused)
{
	struct packet frame, packet;

	(void)unused;
	make_frame(&frame, 600, 1);
	for (int d = 0; d < GB_KERNEL_DIRECTIONS; d++) {
		make_packet(d, &packet, &frame);
		for (unsigned i = 0; i < 2000; i++)
			carry(d, &packet);
		uint64_t missed = (*programs_state)->missed[d];
		unsigned there = take_records(d, record);

		assert_int_equal(counted(d).frames, 2000);
		assert_int_equal(counted(d).unsupervised, missed);
		assert_int_equal(there, 2000 - missed);
		assert_in_range(there, GB_KERNEL_RING_OCTETS / 2 / 600, 1999); /* neither wasteful nor endless */
		assert_int_equal(record[there - 1].said.missed, 0);
		if (d == GB_KERNEL_TO_NETWORK)
			assert_int_equal(record[there - 1].said.sequence, there - 1);
		carry(d, &packet);
		assert_int_equal(take_records(d, record), 1);
		assert_int_equal(record->said.missed, missed);
	}
}

/* Whoever waits is woken once, by the record that it finds; nobody else is. */
static void test_waiting(void **unused)
{
	struct packet frame, packet;

	(void)unused;
	make_frame(&frame, 100, 1);
	for (int d = 0; d < GB_KERNEL_DIRECTIONS; d++) {
		make_packet(d, &packet, &frame);
		(*programs_state)->waiting[d] = 0;
		(*programs_state)->waiting[!d] = 1;
		for (unsigned i = 0; i < 40; i++)
			carry(d, &packet);
		assert_false(ring_woke(d));
		assert_int_equal((*programs_state)->waiting[!d], 1);
		(*programs_state)->waiting[d] = 1;
		carry(d, &packet);
		assert_true(ring_woke(d));
		assert_int_equal((*programs_state)->waiting[d], 0);
		assert_int_equal(take_records(d, NULL), 41);
		ring_woke(d);
		carry(d, &packet);
		assert_false(ring_woke(d));
		take_records(d, NULL);
	}
}

/* A reader that is late is called before the ring is full. */
static void test_half_full(void **unused)
{
	struct packet frame, packet;

	(void)unused;
	make_frame(&frame, 600, 1);
	for (int d = 0; d < GB_KERNEL_DIRECTIONS; d++) {
		make_packet(d, &packet, &frame);
		while (!ring_woke(d)) {
			assert_int_equal(counted(d).unsupervised, 0);
			carry(d, &packet);
		}
		assert_in_range(take_records(d, NULL), GB_KERNEL_RING_OCTETS / 2 / 600, GB_KERNEL_RING_OCTETS / 600);
	}
}

int test_supervision(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_record_to_network, programs_reset),
		cmocka_unit_test_setup(test_record_to_goose0, programs_reset),
		cmocka_unit_test_setup(test_heads, programs_reset),
		cmocka_unit_test_setup(test_full, programs_reset),
		cmocka_unit_test_setup(test_waiting, programs_reset),
		cmocka_unit_test_setup(test_half_full, programs_reset),
	};

	return cmocka_run_group_tests_name("supervision", tests, NULL, NULL);
}
