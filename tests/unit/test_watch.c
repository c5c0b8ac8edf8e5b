/* SPDX-License-Identifier: Apache-2.0 */
/* When the time through the network is known. */
#include "../../module/datapath/watch.h"

#include "test_pure.h"

static void test_both_clocks_have_to_be_right(void **state)
{
	uint64_t ns = 7;
	bool wrong;

	(void)state;
	assert_true(watch_one_way(true, 1000, 1500, &ns, &wrong));
	assert_int_equal(ns, 500);
	assert_false(wrong);
	assert_false(watch_one_way(false, 1000, 1600, &ns, &wrong));
	assert_false(wrong); /* nobody said that the clocks agree */
	assert_false(watch_one_way(false, 1600, 1000, &ns, &wrong));
	assert_false(wrong);
	assert_int_equal(ns, 500);
}

static void test_missing_times(void **state)
{
	uint64_t ns = 7;
	bool wrong;

	(void)state;
	assert_false(watch_one_way(true, 0, 1500, &ns, &wrong));
	assert_false(wrong);
	assert_false(watch_one_way(true, 1000, 0, &ns, &wrong));
	assert_false(wrong);
	assert_int_equal(ns, 7);
}

/* Clocks that say that they are synchronised, and are not. */
static void test_received_before_it_was_sent(void **state)
{
	uint64_t ns = 7;
	bool wrong;

	(void)state;
	assert_false(watch_one_way(true, 1501, 1500, &ns, &wrong));
	assert_true(wrong);
	assert_int_equal(ns, 7);
	assert_true(watch_one_way(true, 1500, 1500, &ns, &wrong));
	assert_int_equal(ns, 0);
}

/* Nobody's network takes that long: it would spoil the largest value for ever. */
static void test_sent_long_ago(void **state)
{
	uint64_t ns = 7;
	bool wrong;

	(void)state;
	assert_true(watch_one_way(true, 1, 1 + WATCH_ONE_WAY_MAX_NS, &ns, &wrong));
	assert_false(watch_one_way(true, 1, 2 + WATCH_ONE_WAY_MAX_NS, &ns, &wrong));
	assert_true(wrong);
	assert_int_equal(ns, WATCH_ONE_WAY_MAX_NS);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_clocks_have_to_be_right),
		cmocka_unit_test(test_missing_times),
		cmocka_unit_test(test_received_before_it_was_sent),
		cmocka_unit_test(test_sent_long_ago),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
