/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-benchmark: its frames are GOOSE that a decoder finds no fault in, of each size; no altered one is taken. */
#include "test_pure.h"

#include "../../module/tools/benchmark_frame.h"

#include <goose-bridge/goose.h>
#include <goose-bridge/pdu.h>

#define FIRST_KIND BENCHMARK_CALL
#define LAST_KIND  BENCHMARK_REPORT

static const struct benchmark_address tagged = {.destination = {0x01, 0x0C, 0xCD, 0x01, 0x00, 0x01},
						.source = {2, 3, 4, 5, 6, 7},
						.tagged = true,
						.tci = 0x8007,
						.appid = 0x3FFB};
static const struct benchmark_address untagged = {
	.destination = {0x03, 0x47, 0x42, 0x42, 0x4D, 0x00}, .source = {2, 3, 4, 5, 6, 7}, .appid = 0x1234};

static struct benchmark_publisher publisher;
static uint8_t octets[BENCHMARK_FRAME_MAX];

static int start(void **state)
{
	(void)state;
	publisher = (struct benchmark_publisher){.role = 's', .slot = 3, .t_utc_ns = UINT64_C(1700000000500000000)};
	return 0;
}

static struct benchmark_message message_of(enum benchmark_kind kind)
{
	return (struct benchmark_message){.kind = kind,
					  .run = UINT64_C(0x0102030405060708),
					  .number = UINT64_C(0x1122334455667788),
					  .stream = 5,
					  .synchronised = true,
					  .received_utc_ns = 11,
					  .answered_utc_ns = 12,
					  .host = "substation-7",
					  .counts = {1, 2, 3, 4, 5, 6, 7}};
}

static bool same_text(struct gb_octets is, const char *wanted)
{
	return is.length == strlen(wanted) && memcmp(is.octets, wanted, is.length) == 0;
}

/* What an engineer sees of it with any analyser. */
static void a_frame_is_goose(void **state)
{
	struct benchmark_message message = message_of(BENCHMARK_LOAD);
	size_t length = benchmark_frame_make(octets, &tagged, &publisher, &message, 160);
	struct gb_frame frame;
	struct gb_pdu pdu;

	(void)state;
	assert_int_equal(length, 160);
	assert_int_equal(gb_frame_parse(octets, length, &frame), GB_FRAME_GOOSE);
	assert_int_equal(frame.tags, 1);
	assert_int_equal(frame.tag[0].tpid, GB_ETHERTYPE_C_VLAN);
	assert_int_equal(gb_tci_pcp(frame.tag[0].tci), 4);
	assert_int_equal(gb_tci_vid(frame.tag[0].tci), 7);
	assert_int_equal(frame.appid, 0x3FFB);
	assert_int_equal(frame.reserved1, 0x8000);
	assert_int_equal(frame.reserved2, 0);
	assert_int_equal(frame.goose_length, length - 18);
	assert_int_equal(gb_pdu_of_frame(&frame, &pdu), GB_PDU_OK);
	assert_true(same_text(pdu.gocb_ref, "GBBench/LLN0$GO$s3-05"));
	assert_true(pdu.simulation);
	assert_int_equal(pdu.st_num, 1);
	assert_int_equal(pdu.sq_num, 0);
	assert_int_equal(pdu.time_allowed_to_live_ms, 10000);
	assert_int_equal(pdu.entries, 2);
	assert_int_equal(gb_utc_time_ns(pdu.t.octets) / 1000, UINT64_C(1700000000500000));
}

/* The least and the most, and each between them, though lengths of lengths grow on the way. */
static void each_size_can_be_had(void **state)
{
	(void)state;
	for (int kind = FIRST_KIND; kind <= LAST_KIND; kind++)
		for (int i = 0; i < 2; i++) {
			const struct benchmark_address *address = i ? &tagged : &untagged;
			struct benchmark_message message = message_of((enum benchmark_kind)kind), read;
			struct benchmark_address from;
			size_t least;

			message.host[0] = '\0';
			least = benchmark_frame_least(message.kind, address->tagged);
			assert_int_equal(benchmark_frame_make(octets, address, &publisher, &message, 0), least);
			assert_int_equal(benchmark_frame_make(octets, address, &publisher, &message, least - 1), 0);
			assert_int_equal(benchmark_frame_make(octets, address, &publisher, &message, BENCHMARK_FRAME_MAX + 1),
					 0);
			for (size_t size = least; size <= BENCHMARK_FRAME_MAX; size++) {
				uint8_t *copy;

				assert_int_equal(benchmark_frame_make(octets, address, &publisher, &message, size), size);
				copy = exact(octets, size);
				assert_int_equal(benchmark_frame_read(copy, size, &read, &from), BENCHMARK_FRAME_OURS);
				assert_int_equal(read.kind, kind);
				free(copy);
			}
		}
}

/* What the defaults and the manual page say. */
static void the_usual_size_is_enough(void **state)
{
	(void)state;
	assert_true(benchmark_frame_least(BENCHMARK_LOAD, true) <= 140);
	assert_true(benchmark_frame_least(BENCHMARK_PING, true) <= 160);
	assert_int_equal(benchmark_frame_least(BENCHMARK_PING, true), benchmark_frame_least(BENCHMARK_PONG, true));
	assert_int_equal(benchmark_frame_least(BENCHMARK_LOAD, true), benchmark_frame_least(BENCHMARK_LOAD, false) + 4);
}

static void what_is_written_is_read(void **state)
{
	(void)state;
	for (int kind = FIRST_KIND; kind <= LAST_KIND; kind++) {
		struct benchmark_message in = message_of((enum benchmark_kind)kind), out;
		struct benchmark_address from;
		size_t length = benchmark_frame_make(octets, &tagged, &publisher, &in, 0);

		assert_int_equal(benchmark_frame_read(octets, length, &out, &from), BENCHMARK_FRAME_OURS);
		assert_memory_equal(from.destination, tagged.destination, 6);
		assert_memory_equal(from.source, tagged.source, 6);
		assert_true(from.tagged);
		assert_int_equal(from.tci, tagged.tci);
		assert_int_equal(from.appid, tagged.appid);
		assert_true(out.run == in.run && out.number == in.number && out.stream == 5 && out.synchronised);
		if (kind == BENCHMARK_HERE)
			assert_string_equal(out.host, in.host);
		if (kind == BENCHMARK_PONG)
			assert_true(out.received_utc_ns == 11 && out.answered_utc_ns == 12);
		if (kind == BENCHMARK_REPORT)
			assert_memory_equal(&out.counts, &in.counts, sizeof(in.counts));
	}
}

/* As a real publisher: each stream for itself, to each destination, and over the end without 0. */
static void sq_num_counts_each_stream(void **state)
{
	static const struct {
		unsigned stream;
		bool common;
		uint32_t wanted;
	} steps[] = {{1, true, 0}, {1, true, 1},	  {2, true, 0}, {1, false, 0},
		     {1, true, 2}, {3, true, UINT32_MAX}, {3, true, 1}};

	(void)state;
	publisher.sq_num[1][3] = UINT32_MAX;
	for (size_t i = 0; i < COUNT(steps); i++) {
		struct benchmark_message message = {.kind = BENCHMARK_LOAD, .stream = steps[i].stream};
		size_t length = benchmark_frame_make(octets, steps[i].common ? &tagged : &untagged, &publisher, &message, 0);
		struct gb_frame frame;
		struct gb_pdu pdu;

		assert_int_equal(gb_frame_parse(octets, length, &frame), GB_FRAME_GOOSE);
		assert_int_equal(gb_pdu_of_frame(&frame, &pdu), GB_PDU_OK);
		assert_int_equal(pdu.sq_num, steps[i].wanted);
	}
}

/* Each single bit, anywhere: addresses, tag, header, PDU, padding. */
static void an_altered_bit_is_seen(void **state)
{
	struct benchmark_message in = message_of(BENCHMARK_LOAD), out;
	struct benchmark_address from;
	size_t length = benchmark_frame_make(octets, &tagged, &publisher, &in, 200);
	unsigned altered = 0;

	(void)state;
	for (size_t bit = 0; bit < length * 8; bit++) {
		enum benchmark_frame_verdict verdict;

		octets[bit / 8] ^= (uint8_t)(1U << bit % 8);
		verdict = benchmark_frame_read(octets, length, &out, &from);
		assert_int_not_equal(verdict, BENCHMARK_FRAME_OURS);
		altered += verdict == BENCHMARK_FRAME_ALTERED && out.run == in.run;
		octets[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	assert_int_equal(benchmark_frame_read(octets, length, &out, &from), BENCHMARK_FRAME_OURS);
	assert_true(altered > length * 4); /* most are counted where they belong */
}

static void a_cut_or_longer_frame_is_seen(void **state)
{
	struct benchmark_message in = message_of(BENCHMARK_LOAD), out;
	struct benchmark_address from;
	size_t length = benchmark_frame_make(octets, &tagged, &publisher, &in, 300);

	(void)state;
	for (size_t cut = 0; cut < length; cut++) {
		uint8_t *copy = exact(octets, cut);

		assert_int_not_equal(benchmark_frame_read(copy, cut, &out, &from), BENCHMARK_FRAME_OURS);
		free(copy);
	}
	octets[length] = 0; /* padding behind it */
	assert_int_equal(benchmark_frame_read(octets, length + 1, &out, &from), BENCHMARK_FRAME_ALTERED);
}

/* Whoever makes such frames by hand gets no octets outside, and no control characters onto a terminal. */
static void a_made_up_name_is_harmless(void **state)
{
	struct benchmark_message in = message_of(BENCHMARK_HERE), out;
	struct benchmark_address from;
	size_t length;

	(void)state;
	strcpy(in.host, "a\033[2J\nb");
	length = benchmark_frame_make(octets, &tagged, &publisher, &in, 0);
	assert_int_equal(benchmark_frame_read(octets, length, &out, &from), BENCHMARK_FRAME_OURS);
	assert_string_equal(out.host, "a?[2J?b");
	memset(in.host, 'x', sizeof(in.host)); /* without an end */
	length = benchmark_frame_make(octets, &tagged, &publisher, &in, 0);
	assert_int_equal(benchmark_frame_read(octets, length, &out, &from), BENCHMARK_FRAME_OURS);
	assert_int_equal(strlen(out.host), BENCHMARK_HOST_NAME - 1);
}

/* Another publisher's frames, marked as simulation or not, are nobody's here. */
static void other_frames_are_foreign(void **state)
{
	static const char theirs[] = "IEDBen1/LLN0$GO$s3-05";
	struct benchmark_message in = message_of(BENCHMARK_LOAD), out;
	struct benchmark_address from;
	size_t length = benchmark_frame_make(octets, &tagged, &publisher, &in, 0);
	uint8_t *at = memmem(octets, length, "GBBench", 7);

	(void)state;
	assert_non_null(at);
	memcpy(at, theirs, sizeof(theirs) - 1);
	assert_int_equal(benchmark_frame_read(octets, length, &out, &from), BENCHMARK_FRAME_FOREIGN);
	octets[17] ^= 1; /* EtherType */
	assert_int_equal(benchmark_frame_read(octets, length, &out, &from), BENCHMARK_FRAME_FOREIGN);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_frame_is_goose, start),
		cmocka_unit_test_setup(each_size_can_be_had, start),
		cmocka_unit_test_setup(the_usual_size_is_enough, start),
		cmocka_unit_test_setup(what_is_written_is_read, start),
		cmocka_unit_test_setup(sq_num_counts_each_stream, start),
		cmocka_unit_test_setup(an_altered_bit_is_seen, start),
		cmocka_unit_test_setup(a_cut_or_longer_frame_is_seen, start),
		cmocka_unit_test_setup(a_made_up_name_is_harmless, start),
		cmocka_unit_test_setup(other_frames_are_foreign, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
