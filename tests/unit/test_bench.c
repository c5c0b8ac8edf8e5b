/* SPDX-License-Identifier: Apache-2.0 */
/* The benchmarks' load generator: what it counts as lost, doubled, out of order and altered, and its percentiles. */
#include "test_pure.h"

#include "../bench/bench.h"

#include <goose-bridge/goose.h>
#include <goose-bridge/pdu.h>

#define TCI  (4 << 13 | 1)
#define SENT UINT64_C(1700000000000000000) /* ns, UTC */
#define MANY 100

struct fixture {
	struct bench_frame frame;
	struct bench_tally tally;
	uint8_t octets[BENCH_OCTETS_MAX]; /* of the latest frame, without its tag */
};

static void make(struct fixture *f, size_t size, uint64_t streams)
{
	bench_frame_make(&f->frame, size, streams);
	assert_int_equal(bench_tally_make(&f->tally, MANY), 0);
}

/* A frame as it is sent, less its tag. */
static void number(struct fixture *f, uint64_t number)
{
	uint8_t sent[BENCH_OCTETS_MAX];

	memcpy(sent, f->frame.octets, f->frame.size);
	bench_frame_number(&f->frame, sent, number, SENT);
	memcpy(f->octets, sent, 12);
	memcpy(f->octets + 12, sent + 16, f->frame.size - 16);
}

static void take_sized(struct fixture *f, size_t size, int tci, uint64_t latency_ns)
{
	uint8_t *octets = exact(f->octets, size);

	bench_tally_take(&f->tally, &f->frame, octets, size, tci, SENT + latency_ns);
	free(octets);
}

static void take(struct fixture *f, uint64_t which)
{
	number(f, which);
	take_sized(f, f->frame.size - 4, TCI, 1000);
}

static void expect(const struct fixture *f, uint64_t received, uint64_t duplicates, uint64_t reordered, uint64_t altered,
		   uint64_t foreign)
{
	assert_int_equal(f->tally.received, received);
	assert_int_equal(f->tally.duplicates, duplicates);
	assert_int_equal(f->tally.reordered, reordered);
	assert_int_equal(f->tally.altered, altered);
	assert_int_equal(f->tally.foreign, foreign);
}

static void test_in_order(void **state)
{
	static const size_t sizes[] = {BENCH_OCTETS_MIN, 161, 1400, BENCH_OCTETS_MAX};

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct fixture f;

		make(&f, sizes[i], i ? 1000 : 1);
		assert_int_equal(f.frame.size, sizes[i]);
		for (uint64_t n = 0; n < MANY; n++)
			take(&f, n);
		expect(&f, MANY, 0, 0, 0, 0);
		bench_tally_free(&f.tally);
	}
}

static void test_loss_is_no_reordering(void **state)
{
	static const uint64_t came[] = {0, 1, 2, 5, 6, 99};
	struct fixture f;

	(void)state;
	make(&f, 160, 1);
	for (size_t i = 0; i < COUNT(came); i++)
		take(&f, came[i]);
	expect(&f, COUNT(came), 0, 0, 0, 0);
	bench_tally_free(&f.tally);
}

static void test_late_and_twice(void **state)
{
	static const uint64_t came[] = {0, 3, 1, 2, 4, 1, 4, 4};
	struct fixture f;

	(void)state;
	make(&f, 160, 1);
	for (size_t i = 0; i < COUNT(came); i++)
		take(&f, came[i]);
	expect(&f, 5, 3, 2, 0, 0);
	bench_tally_free(&f.tally);
}

/* Each octet matters: to the frame, to its numbers, or, where it is the EtherType, to whether it is one of ours. Only the send
 * time cannot be told to be another. */
static void test_altered(void **state)
{
	struct fixture f;
	unsigned altered = 0;

	(void)state;
	make(&f, 160, 10);
	for (size_t i = 0; i < f.frame.size - 4; i++) {
		bool time = i >= f.frame.number + 12 && i < f.frame.number + 20, ethertype = i == 12 || i == 13;

		if (time || ethertype)
			continue;
		number(&f, 42);
		f.octets[i] ^= 0x10;
		take_sized(&f, f.frame.size - 4, TCI, 1000);
		expect(&f, 0, 0, 0, ++altered, 0);
	}
	assert_int_equal(altered, f.frame.size - 4 - 8 - 2);
	bench_tally_free(&f.tally);
}

static void test_altered_around(void **state)
{
	struct fixture f;

	(void)state;
	make(&f, 160, 1);
	number(&f, 7);
	take_sized(&f, f.frame.size - 4, -1, 1000);	 /* no tag */
	take_sized(&f, f.frame.size - 4, TCI + 1, 1000); /* another */
	take_sized(&f, f.frame.size - 5, TCI, 1000);	 /* cut off */
	take_sized(&f, f.frame.size - 3, TCI, 1000);	 /* too long */
	take_sized(&f, 14, TCI, 1000);
	expect(&f, 0, 0, 0, 5, 0);
	take(&f, MANY); /* was never sent */
	expect(&f, 0, 0, 0, 6, 0);
	take(&f, MANY - 1);
	expect(&f, 1, 0, 0, 6, 0);
	bench_tally_free(&f.tally);
}

static void test_foreign(void **state)
{
	struct fixture f;

	(void)state;
	make(&f, 160, 1);
	number(&f, 0);
	f.octets[13] = 0xBA;
	take_sized(&f, f.frame.size - 4, TCI, 1000);
	take_sized(&f, 13, TCI, 1000);
	take_sized(&f, 0, -1, 1000);
	expect(&f, 0, 0, 0, 0, 3);
	bench_tally_free(&f.tally);
}

/* Within 0.8 % for every order of magnitude, and for each frame the kernel's time. */
static void test_latency(void **state)
{
	struct fixture f;

	(void)state;
	for (uint64_t scale = 1; scale < 10000000; scale *= 10) {
		make(&f, 160, 1);
		assert_true(bench_tally_latency_us(&f.tally, 0.5) == 0);
		for (uint64_t n = 0; n < MANY; n++) {
			number(&f, n);
			take_sized(&f, f.frame.size - 4, TCI, (n + 1) * scale * 3);
		}
		for (unsigned i = 0; i < MANY; i++) {
			double expected = (i + 1) * (double)scale * 3 / 1e3;
			double got = bench_tally_latency_us(&f.tally, (i + 0.5) / (MANY - 1));

			assert_true(got > expected * 0.992 && got < expected * 1.008);
		}
		bench_tally_free(&f.tally);
	}
}

static void test_latency_ends(void **state)
{
	struct fixture f;

	(void)state;
	make(&f, 160, 1);
	number(&f, 0);
	take_sized(&f, f.frame.size - 4, TCI, (uint64_t)-5); /* the clock was set back */
	assert_true(bench_tally_latency_us(&f.tally, 1) == 0);
	number(&f, 1);
	take_sized(&f, f.frame.size - 4, TCI, UINT64_C(60000000000));
	assert_true(bench_tally_latency_us(&f.tally, 0) == 0);
	assert_true(bench_tally_latency_us(&f.tally, 1) == 60e6);
	number(&f, 2);
	take_sized(&f, f.frame.size - 4, TCI, UINT64_C(60000000000));
	assert_true(bench_tally_latency_us(&f.tally, 0.5) > 4.25e6); /* as far as the buckets go */
	bench_tally_free(&f.tally);
}

/* What is sent is GOOSE that the service can decode, or supervising it would cost nothing. */
static void test_is_goose(void **state)
{
	uint8_t octets[BENCH_OCTETS_MAX];
	struct bench_frame frame;
	struct gb_frame parsed;
	struct gb_pdu pdu;

	(void)state;
	bench_frame_make(&frame, 300, 50);
	memcpy(octets, frame.octets, frame.size);
	bench_frame_number(&frame, octets, 1234, SENT);
	assert_int_equal(gb_frame_parse(octets, frame.size, &parsed), GB_FRAME_GOOSE);
	assert_int_equal(gb_pdu_of_frame(&parsed, &pdu), GB_PDU_OK);
	assert_int_equal(pdu.gocb_ref.length, 18);
	assert_memory_equal(pdu.gocb_ref.octets, "BENCH/LLN0$GO$0034", 18);
	assert_int_equal(pdu.sq_num, 24);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order),
		cmocka_unit_test(test_loss_is_no_reordering),
		cmocka_unit_test(test_late_and_twice),
		cmocka_unit_test(test_altered),
		cmocka_unit_test(test_altered_around),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_latency),
		cmocka_unit_test(test_latency_ends),
		cmocka_unit_test(test_is_goose),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
