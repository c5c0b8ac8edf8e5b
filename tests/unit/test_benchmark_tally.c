/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-benchmark: what it makes of numbers that came, and of times. */
#include "test_pure.h"

#include "../../module/tools/benchmark_tally.h"
#include "../../module/tools/benchmark_times.h"

#include <goose-bridge/clock.h>

#define S GB_NS_PER_S

static struct benchmark_tally tally;
static struct benchmark_times times;

static int start(void **state)
{
	(void)state;
	tally = (struct benchmark_tally){0};
	memset(&times, 0, sizeof(times));
	return 0;
}

static void take(uint64_t from, uint64_t to)
{
	for (uint64_t number = from; number <= to; number++)
		benchmark_tally_take(&tally, number, 1000 + number);
}

static void expect(uint64_t received, uint64_t duplicates, uint64_t reordered)
{
	assert_int_equal(tally.counts.received, received);
	assert_int_equal(tally.counts.duplicates, duplicates);
	assert_int_equal(tally.counts.reordered, reordered);
}

static void all_in_order(void **state)
{
	(void)state;
	take(0, 999);
	expect(1000, 0, 0);
	assert_int_equal(benchmark_lost(&tally.counts, 1000), 0);
	assert_int_equal(benchmark_lost(&tally.counts, 1003), 3); /* the last ones */
	assert_int_equal(benchmark_lost(&tally.counts, 999), 0);
	assert_int_equal(tally.counts.first_utc_ns, 1000);
	assert_int_equal(tally.counts.last_utc_ns, 1999);
}

static void gaps_copies_and_late_ones(void **state)
{
	(void)state;
	take(0, 9);
	take(20, 29);
	expect(20, 0, 0);
	assert_int_equal(benchmark_lost(&tally.counts, 30), 10);
	assert_true(benchmark_tally_take(&tally, 15, 1));
	assert_false(benchmark_tally_take(&tally, 15, 1));
	assert_false(benchmark_tally_take(&tally, 29, 1));
	assert_false(benchmark_tally_take(&tally, 0, 1));
	expect(21, 3, 1);
	assert_int_equal(benchmark_lost(&tally.counts, 30), 9);
}

/* The window is used round and round: what stood there before is not taken for what comes. */
static void many_windows(void **state)
{
	(void)state;
	take(0, 3 * BENCHMARK_WINDOW);
	expect(3 * BENCHMARK_WINDOW + 1, 0, 0);
	benchmark_tally_take(&tally, 5 * BENCHMARK_WINDOW, 1); /* a gap of more than a window */
	expect(3 * BENCHMARK_WINDOW + 2, 0, 0);
	assert_true(benchmark_tally_take(&tally, 5 * BENCHMARK_WINDOW - 1, 1));
	assert_true(benchmark_tally_take(&tally, 4 * BENCHMARK_WINDOW + 1, 1));
	assert_false(benchmark_tally_take(&tally, 4 * BENCHMARK_WINDOW - 5, 1)); /* nobody knows any more */
	expect(3 * BENCHMARK_WINDOW + 4, 1, 2);
}

/* Nobody sends it; whoever forges it must not make the program hang. */
static void the_highest_number(void **state)
{
	(void)state;
	benchmark_tally_take(&tally, UINT64_MAX - 10, 1);
	benchmark_tally_take(&tally, UINT64_MAX, 1);
	expect(2, 0, 0);
}

static void rates(void **state)
{
	struct benchmark_counts c = {.received = 1001, .first_utc_ns = 5 * S, .last_utc_ns = 6 * S};

	(void)state;
	assert_true(benchmark_rate(&c) > 999.9 && benchmark_rate(&c) < 1000.1);
	c.received = 1;
	assert_true(benchmark_rate(&c) == 0);
	c.received = 2;
	c.last_utc_ns = c.first_utc_ns; /* or a clock that was set back */
	assert_true(benchmark_rate(&c) == 0);
}

/* At each moment as many as the rate says, and never one before it is due. */
static void frames_are_due_in_time(void **state)
{
	static const uint64_t at[] = {1, 3, 7, 1000, 10000, 999983, 1000000};

	(void)state;
	assert_int_equal(benchmark_due(1000, 0), 1);
	assert_int_equal(benchmark_due(1000, 999999), 1);
	assert_int_equal(benchmark_due(1000, 1000000), 2);
	assert_int_equal(benchmark_due(1000, 10 * S - 1), 10000);
	assert_int_equal(benchmark_due(1000000, 86400 * S - 1), UINT64_C(86400000000));
	assert_int_equal(benchmark_due_ns(1000, 1), 0);
	assert_int_equal(benchmark_due_ns(1000, 1001), S);
	for (size_t i = 0; i < COUNT(at); i++)
		for (uint64_t count = 2; count < 5000; count += 17) {
			uint64_t ns = benchmark_due_ns(at[i], count);

			assert_true(benchmark_due(at[i], ns) >= count);
			assert_true(benchmark_due(at[i], ns - 1) < count);
		}
}

/* ---- times ---------------------------------------------------------------------------------------------------------- */

static void figures_of_nothing(void **state)
{
	struct benchmark_figures f = benchmark_times_read(&times);
	struct benchmark_row row;

	(void)state;
	assert_int_equal(f.count, 0);
	assert_int_equal(f.max_ns, 0);
	assert_int_equal(f.p90_ns, 0);
	assert_int_equal(benchmark_times_rows(&times, 0, &row, 1), 0);
}

static void near(uint64_t is, uint64_t wanted)
{
	if (is < wanted || is > wanted * 17 / 16)
		fail_msg("%llu, not %llu", (unsigned long long)is, (unsigned long long)wanted);
}

static void figures_of_ten_thousand(void **state)
{
	struct benchmark_figures f;

	(void)state;
	for (uint64_t us = 10000; us > 0; us--)
		benchmark_times_add(&times, us * 1000);
	f = benchmark_times_read(&times);
	assert_int_equal(f.count, 10000);
	assert_int_equal(f.least_ns, 1000);
	assert_int_equal(f.mean_ns, 5000500);
	assert_int_equal(f.max_ns, 10000000);
	near(f.p50_ns, 5000000);
	near(f.p90_ns, 9000000);
	near(f.p99_ns, 9900000);
	near(f.p999_ns, 9990000);
}

/* However many rows there may be: they meet, hold all, and begin and end with something. */
static void rows_add_up(void **state)
{
	uint64_t random = 61850;
	struct benchmark_row rows[GB_HISTOGRAM_STEPS];

	(void)state;
	for (int i = 0; i < 3000; i++)
		benchmark_times_add(&times, 30000 + (next_random(&random) >> (36 + next_random(&random) % 28)));
	benchmark_times_add(&times, 90 * S); /* longer than the last step */
	for (size_t max = 1; max < 60; max++) {
		size_t count = benchmark_times_rows(&times, 2, rows, max);
		uint64_t sum = 0;

		assert_true(count >= 1 && count <= max);
		for (size_t i = 0; i < count; i++) {
			assert_true(rows[i].from_ns <= rows[i].to_ns);
			assert_true(i == 0 || rows[i].from_ns == rows[i - 1].to_ns + 1);
			sum += rows[i].count;
		}
		assert_int_equal(sum, 3001);
		assert_true(rows[0].count > 0 && rows[count - 1].count > 0);
	}
	assert_true(benchmark_times_rows(&times, 0, rows, GB_HISTOGRAM_STEPS) > 100);
}

static void times_have_units(void **state)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} cases[] = {{0, "0 ns"},	    {999, "999 ns"},	{1000, "1.00 us"},   {9994, "9.99 us"},	  {9996, "10.0 us"},
		     {34849, "34.8 us"},    {99960, "100 us"},	{999499, "999 us"},  {999600, "1.00 ms"}, {1250000, "1.25 ms"},
		     {999600000, "1.00 s"}, {90 * S, "90.0 s"}, {7200 * S, "7200 s"}};
	char text[24];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_string_equal(benchmark_times_text(cases[i].ns, text, sizeof(text)), cases[i].text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(all_in_order, start),
		cmocka_unit_test_setup(gaps_copies_and_late_ones, start),
		cmocka_unit_test_setup(many_windows, start),
		cmocka_unit_test_setup(the_highest_number, start),
		cmocka_unit_test_setup(rates, start),
		cmocka_unit_test_setup(frames_are_due_in_time, start),
		cmocka_unit_test_setup(figures_of_nothing, start),
		cmocka_unit_test_setup(figures_of_ten_thousand, start),
		cmocka_unit_test_setup(rows_add_up, start),
		cmocka_unit_test_setup(times_have_units, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
