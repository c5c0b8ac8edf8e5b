/* SPDX-License-Identifier: Apache-2.0 */
/* stats: names that readers rely on, and sums. */
#include "test_pure.h"

#include <goose-bridge/stats.h>

static void check_name(const char *name, const char *help)
{
	assert_non_null(name);
	assert_true(strlen(name) > 0);
	if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(name))
		fail_msg("\"%s\" has other characters than [a-z0-9_]", name);
	assert_non_null(help);
	assert_true(strlen(help) > 0);
	assert_null(strpbrk(help, "\n\"\\")); /* it goes into JSON, MIB and OpenMetrics */
}

/* Within each list a name is one thing. */
static void test_names(void **state)
{
	(void)state;
	for (unsigned i = 0; i < GB_COUNTER_COUNT; i++) {
		check_name(gb_counter_name(i), gb_counter_help(i));
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(gb_counter_name(i), gb_counter_name(j));
	}
	for (unsigned i = 0; i < GB_DROP_REASON_COUNT; i++) {
		check_name(gb_drop_reason_name(i), gb_drop_reason_help(i));
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(gb_drop_reason_name(i), gb_drop_reason_name(j));
	}
}

/* Names that stats.json has had since the Python service. */
static void test_old_names(void **state)
{
	(void)state;
	assert_string_equal(gb_counter_name(GB_COUNT_raw_frames), "raw_frames");
	assert_string_equal(gb_counter_name(GB_COUNT_goose_received), "goose_received");
	assert_string_equal(gb_counter_name(GB_COUNT_vlan_goose_received), "vlan_goose_received");
	assert_string_equal(gb_counter_name(GB_COUNT_goose_to_ip), "goose_to_ip");
	assert_string_equal(gb_counter_name(GB_COUNT_ip_to_goose), "ip_to_goose");
	assert_string_equal(gb_counter_name(GB_COUNT_errors), "errors");
}

static void test_sums(void **state)
{
	static struct gb_stats one, two;
	static struct gb_totals totals;

	(void)state;
	for (unsigned i = 0; i < GB_COUNTER_COUNT; i++) {
		gb_count(&one, i, i);
		gb_count(&one, i, 1);
		gb_count(&two, i, 1000);
	}
	for (unsigned i = 0; i < GB_DROP_REASON_COUNT; i++) {
		gb_drop(&one, i, 3 * i);
		gb_drop(&two, i, 7);
	}
	gb_stats_add(&totals, &one);
	gb_stats_add(&totals, &two);
	for (unsigned i = 0; i < GB_COUNTER_COUNT; i++)
		assert_int_equal(totals.counter[i], i + 1001);
	uint64_t sum = 0;

	for (unsigned i = 0; i < GB_DROP_REASON_COUNT; i++) {
		assert_int_equal(totals.drop[i], 3 * i + 7);
		sum += 3 * i + 7;
	}
	assert_int_equal(gb_totals_drops(&totals), sum);
	/* to read is not to reset */
	gb_stats_add(&totals, &two);
	assert_int_equal(totals.counter[0], 2001);
}

static void test_large_sums(void **state)
{
	static struct gb_stats stats;
	static struct gb_totals totals;

	(void)state;
	gb_count(&stats, GB_COUNT_raw_octets, UINT64_C(0xFFFFFFFF00000000));
	gb_count(&stats, GB_COUNT_raw_octets, 0xFFFFFFFF);
	gb_stats_add(&totals, &stats);
	assert_int_equal(totals.counter[GB_COUNT_raw_octets], UINT64_MAX);
	gb_count(&stats, GB_COUNT_raw_octets, 1); /* Counter64: it wraps */
	totals = (struct gb_totals){0};
	gb_stats_add(&totals, &stats);
	assert_int_equal(totals.counter[GB_COUNT_raw_octets], 0);
}

/* Errors in a row are one writer's: those of two workers make no longer row. */
static void test_consecutive_errors(void **state)
{
	static struct gb_stats stats[3];
	static struct gb_totals totals;

	(void)state;
	gb_stats_bump(&stats[0].consecutive_errors, 3);
	gb_stats_bump(&stats[1].consecutive_errors, 5);
	gb_stats_bump(&stats[1].consecutive_errors, 1);
	gb_stats_bump(&stats[2].consecutive_errors, 4);
	for (size_t i = 0; i < COUNT(stats); i++)
		gb_stats_add(&totals, &stats[i]);
	assert_int_equal(totals.consecutive_errors, 6);
	assert_int_equal(gb_totals_drops(&totals), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),	   cmocka_unit_test(test_old_names),
		cmocka_unit_test(test_sums),	   cmocka_unit_test(test_large_sums),
		cmocka_unit_test(test_consecutive_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
