/* SPDX-License-Identifier: Apache-2.0 */
/* base/ring: order, bounds, and one writing beside one reading thread. */
#include "test_pure.h"

#include <pthread.h>
#include <sched.h>

#include <goose-bridge/ring.h>

/* An odd size: neighbours must not run into each other. */
struct value {
	unsigned char octets[13];
};

static struct value value_of(unsigned number)
{
	struct value value;

	for (size_t i = 0; i < sizeof(value.octets); i++)
		value.octets[i] = (unsigned char)(number + i);
	return value;
}

static bool push(struct gb_ring *ring, unsigned number)
{
	struct value value = value_of(number);

	return gb_ring_push(ring, &value);
}

static void expect_pop(struct gb_ring *ring, unsigned number)
{
	struct value got, expected = value_of(number);

	assert_true(gb_ring_pop(ring, &got));
	assert_memory_equal(&got, &expected, sizeof(got));
}

static void test_order(void **state)
{
	struct gb_ring *ring = gb_ring_create(sizeof(struct value), 8);
	struct value untouched = value_of(200), got = untouched;

	(void)state;
	assert_non_null(ring);
	assert_false(gb_ring_pop(ring, &got));
	assert_memory_equal(&got, &untouched, sizeof(got));
	for (unsigned i = 0; i < 5; i++)
		assert_true(push(ring, i));
	for (unsigned i = 0; i < 5; i++)
		expect_pop(ring, i);
	assert_false(gb_ring_pop(ring, &got));
	assert_int_equal(gb_ring_refused(ring), 0);
	gb_ring_destroy(ring);
}

/* The capacity is a lower bound, rounded up to a power of two. */
static void test_full(void **state)
{
	static const struct {
		size_t wanted;
		unsigned got;
	} cases[] = {{1, 1}, {2, 2}, {3, 4}, {4, 4}, {5, 8}, {100, 128}};

	(void)state;
	for (size_t c = 0; c < COUNT(cases); c++) {
		struct gb_ring *ring = gb_ring_create(sizeof(struct value), cases[c].wanted);

		assert_non_null(ring);
		for (unsigned i = 0; i < cases[c].got; i++)
			assert_true(push(ring, i));
		assert_int_equal(gb_ring_refused(ring), 0);
		assert_false(push(ring, 77));
		assert_false(push(ring, 78));
		assert_int_equal(gb_ring_refused(ring), 2);
		/* the refused ones left what was there as it was, and one gone is room for one */
		expect_pop(ring, 0);
		assert_true(push(ring, cases[c].got));
		assert_false(push(ring, 79));
		for (unsigned i = 1; i <= cases[c].got; i++)
			expect_pop(ring, i);
		assert_int_equal(gb_ring_refused(ring), 3);
		gb_ring_destroy(ring);
	}
}

/* Round and round, with each fill level at each place. */
static void test_wrap(void **state)
{
	struct gb_ring *ring = gb_ring_create(sizeof(struct value), 4);
	struct value got;
	unsigned in = 0, out = 0;

	(void)state;
	assert_non_null(ring);
	for (unsigned round = 0; round < 1000; round++) {
		unsigned level = 1 + round % 4;

		while (in - out < level)
			assert_true(push(ring, in++));
		while (in - out > round % 3)
			expect_pop(ring, out++);
	}
	while (out != in)
		expect_pop(ring, out++);
	assert_false(gb_ring_pop(ring, &got));
	assert_int_equal(gb_ring_refused(ring), 0);
	gb_ring_destroy(ring);
}

#define MILLION 1000000

struct numbered {
	uint64_t number;
	uint64_t complement; /* a torn value does not match */
};

struct writing {
	struct gb_ring *ring;
	uint64_t refused;
};

static void *write_million(void *arg)
{
	struct writing *writing = arg;

	for (uint64_t i = 0; i < MILLION; i++) {
		struct numbered value = {i, ~i};

		while (!gb_ring_push(writing->ring, &value)) {
			writing->refused++;
			sched_yield();
		}
	}
	return NULL;
}

static void test_two_threads(void **state)
{
	struct writing writing = {.ring = gb_ring_create(sizeof(struct numbered), 256)};
	pthread_t writer;
	struct numbered got;
	uint64_t wrong = 0;

	(void)state;
	assert_non_null(writing.ring);
	assert_int_equal(pthread_create(&writer, NULL, write_million, &writing), 0);
	for (uint64_t i = 0; i < MILLION; i++) {
		while (!gb_ring_pop(writing.ring, &got))
			sched_yield();
		wrong += got.number != i || got.complement != ~i;
	}
	assert_int_equal(pthread_join(writer, NULL), 0);
	assert_int_equal(wrong, 0);
	assert_false(gb_ring_pop(writing.ring, &got));
	assert_int_equal(gb_ring_refused(writing.ring), writing.refused);
	gb_ring_destroy(writing.ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_two_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
