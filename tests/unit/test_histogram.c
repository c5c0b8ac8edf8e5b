/* SPDX-License-Identifier: Apache-2.0 */
/* How long things took: steps that fit together, and percentiles that are never more than a step above the truth. */
#include <goose-bridge/histogram.h>

#include "test_pure.h"

#include <stdlib.h>

static struct gb_histogram histogram;

static int start_empty(void **state)
{
	(void)state;
	for (unsigned i = 0; i < GB_HISTOGRAM_STEPS; i++)
		atomic_store(&histogram.count[i], 0);
	atomic_store(&histogram.max_ns, 0);
	gb_histogram_add(&histogram, 5, 0); /* that is nothing */
	return 0;
}

static void test_steps_meet(void **state)
{
	uint64_t first = 0;

	(void)state;
	for (unsigned step = 0; step < GB_HISTOGRAM_STEPS; step++) {
		uint64_t end = gb_histogram_step_end_ns(step);

		assert_true(end >= first);
		assert_int_equal(gb_histogram_step(first), step);
		assert_int_equal(gb_histogram_step(end), step);
		assert_true((end - first) * 16 <= first || first < 16);
		first = end + 1;
	}
	assert_true(first == UINT64_C(1) << GB_HISTOGRAM_TOP_BITS);
	assert_int_equal(gb_histogram_step(first), GB_HISTOGRAM_STEPS - 1);
	assert_int_equal(gb_histogram_step(UINT64_MAX), GB_HISTOGRAM_STEPS - 1);
}

static void test_nothing_measured(void **state)
{
	struct gb_latency latency = gb_histogram_read(&histogram);

	(void)state;
	assert_int_equal(latency.count, 0);
	assert_int_equal(latency.p50_ns, 0);
	assert_int_equal(latency.max_ns, 0);
}

static void test_one(void **state)
{
	struct gb_latency latency;

	(void)state;
	gb_histogram_add(&histogram, 45678, 1);
	latency = gb_histogram_read(&histogram);
	assert_int_equal(latency.count, 1);
	assert_int_equal(latency.p50_ns, 45678); /* never above the largest */
	assert_int_equal(latency.p999_ns, 45678);
	assert_int_equal(latency.max_ns, 45678);
}

/* 1 to 10,000 us: the percentiles are known. */
static void test_percentiles(void **state)
{
	static const struct {
		unsigned us;
		size_t offset;
	} wanted[] = {{5000, offsetof(struct gb_latency, p50_ns)}, {9900, offsetof(struct gb_latency, p99_ns)},
		      {9990, offsetof(struct gb_latency, p999_ns)}};
	struct gb_latency latency;

	(void)state;
	for (uint64_t us = 10000; us > 0; us--)
		gb_histogram_add(&histogram, us * 1000, 1);
	latency = gb_histogram_read(&histogram);
	assert_int_equal(latency.count, 10000);
	assert_int_equal(latency.max_ns, 10000000);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		uint64_t is = *(const uint64_t *)((const char *)&latency + wanted[i].offset);

		assert_true(is >= wanted[i].us * 1000ULL);
		assert_true(is <= wanted[i].us * 1000ULL * 17 / 16);
	}
}

/* Any other percentile is found the same way. */
static void test_any_percentile(void **state)
{
	(void)state;
	assert_int_equal(gb_histogram_percentile_ns(&histogram, 900), 0);
	for (uint64_t us = 10000; us > 0; us--)
		gb_histogram_add(&histogram, us * 1000, 1);
	assert_true(gb_histogram_percentile_ns(&histogram, 900) >= 9000000);
	assert_true(gb_histogram_percentile_ns(&histogram, 900) <= 9000000ULL * 17 / 16);
	assert_int_equal(gb_histogram_percentile_ns(&histogram, 500), gb_histogram_read(&histogram).p50_ns);
	assert_int_equal(gb_histogram_percentile_ns(&histogram, 1000), 10000000);
}

/* One slow one in a thousand is seen in the 99.9th percentile only when it is more than that. */
static void test_tail(void **state)
{
	struct gb_latency latency;

	(void)state;
	gb_histogram_add(&histogram, 1000, 998);
	gb_histogram_add(&histogram, 50000000, 1);
	gb_histogram_add(&histogram, 60000000, 1);
	latency = gb_histogram_read(&histogram);
	assert_true(latency.p99_ns < 1100);
	assert_true(latency.p999_ns >= 50000000);
	assert_int_equal(latency.max_ns, 60000000);
}

/* Longer than the last step: the step says nothing, the maximum does. */
static void test_very_long(void **state)
{
	struct gb_latency latency;

	(void)state;
	gb_histogram_add(&histogram, UINT64_C(90) * 1000000000, 1);
	latency = gb_histogram_read(&histogram);
	assert_true(latency.p50_ns == UINT64_C(90) * 1000000000);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_steps_meet, start_empty),
		cmocka_unit_test_setup(test_nothing_measured, start_empty),
		cmocka_unit_test_setup(test_one, start_empty),		  cmocka_unit_test_setup(test_percentiles, start_empty),
		cmocka_unit_test_setup(test_any_percentile, start_empty),
		cmocka_unit_test_setup(test_tail, start_empty),		  cmocka_unit_test_setup(test_very_long, start_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
