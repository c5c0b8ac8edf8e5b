/* SPDX-License-Identifier: Apache-2.0 */
/* Each cell of the tables in state.h, and the querier's coming and going. */
#include "test_pure.h"

#include "../../module/membership/state.h"

#include <goose-bridge/clock.h>

#define S GB_NS_PER_S

enum { JOINING = GB_MEMBERSHIP_JOINING, MEMBER = GB_MEMBERSHIP_MEMBER, SUSPECT = GB_MEMBERSHIP_SUSPECT,
       LOST = GB_MEMBERSHIP_LOST };

/* ---- the membership ---- */

static const struct {
	enum state_kernel kernel;
	enum gb_registry_evidence registry;
} good[] = {{STATE_KERNEL_HELD, GB_REGISTRY_MEMBER}, {STATE_KERNEL_HELD, GB_REGISTRY_UNKNOWN},
	    {STATE_KERNEL_UNKNOWN, GB_REGISTRY_MEMBER}},
  bad[] = {{STATE_KERNEL_MISSING, GB_REGISTRY_UNKNOWN}, {STATE_KERNEL_MISSING, GB_REGISTRY_MEMBER},
	   {STATE_KERNEL_MISSING, GB_REGISTRY_ABSENT}, {STATE_KERNEL_HELD, GB_REGISTRY_ABSENT},
	   {STATE_KERNEL_UNKNOWN, GB_REGISTRY_ABSENT}};

static struct state in(int now)
{
	return (struct state){.now = (enum gb_membership_state)now, .failures = now == SUSPECT, .told_lost = now == LOST};
}

static void assert_outcome(struct state_outcome outcome, bool join_anew, bool lost, bool restored)
{
	assert_int_equal(outcome.join_anew, join_anew);
	assert_int_equal(outcome.lost, lost);
	assert_int_equal(outcome.restored, restored);
}

static void good_checks(void **unused)
{
	(void)unused;
	for (int now = JOINING; now <= LOST; now++) {
		for (size_t i = 0; i < COUNT(good); i++) {
			struct state s = in(now);

			assert_outcome(state_check(&s, good[i].kernel, good[i].registry, 2), false, false, now == LOST);
			assert_int_equal(s.now, MEMBER);
			assert_int_equal(s.failures, 0);
			assert_outcome(state_check(&s, good[i].kernel, good[i].registry, 2), false, false, false);
		}
	}
}

static void checks_that_say_nothing(void **unused)
{
	(void)unused;
	for (int now = JOINING; now <= LOST; now++) {
		struct state s = in(now), before = s;

		assert_outcome(state_check(&s, STATE_KERNEL_UNKNOWN, GB_REGISTRY_UNKNOWN, 1), false, false, false);
		assert_int_equal(s.now, before.now);
		assert_int_equal(s.failures, before.failures);
	}
}

static void failures_below_the_threshold(void **unused)
{
	static const int then[] = {[JOINING] = JOINING, [MEMBER] = SUSPECT, [SUSPECT] = SUSPECT, [LOST] = LOST};

	(void)unused;
	for (int now = JOINING; now <= LOST; now++) {
		for (size_t i = 0; i < COUNT(bad); i++) {
			struct state s = in(now);

			assert_outcome(state_check(&s, bad[i].kernel, bad[i].registry, 5), false, false, false);
			assert_int_equal(s.now, then[now]);
		}
	}
}

static void failures_that_reach_it(void **unused)
{
	(void)unused;
	for (int now = JOINING; now <= LOST; now++) {
		for (size_t i = 0; i < COUNT(bad); i++) {
			struct state s = in(now);

			assert_outcome(state_check(&s, bad[i].kernel, bad[i].registry, 1), true, now != LOST, false);
			assert_int_equal(s.now, LOST);
			assert_int_equal(s.failures, 0);
		}
	}
}

static struct state_outcome one(struct state *s, enum state_kernel kernel, unsigned threshold)
{
	return state_check(s, kernel, GB_REGISTRY_UNKNOWN, threshold);
}

static void a_threshold_counts_failures_in_a_row(void **unused)
{
	struct state s = in(MEMBER);

	(void)unused;
	assert_outcome(one(&s, STATE_KERNEL_MISSING, 3), false, false, false);
	assert_outcome(one(&s, STATE_KERNEL_MISSING, 3), false, false, false);
	assert_outcome(one(&s, STATE_KERNEL_HELD, 3), false, false, false);
	assert_outcome(one(&s, STATE_KERNEL_MISSING, 3), false, false, false);
	assert_outcome(one(&s, STATE_KERNEL_UNKNOWN, 3), false, false, false); /* interrupts nothing */
	assert_outcome(one(&s, STATE_KERNEL_MISSING, 3), false, false, false);
	assert_outcome(one(&s, STATE_KERNEL_MISSING, 3), true, true, false);
	/* lost: joined anew after each further 3, told of once */
	for (unsigned i = 1; i <= 9; i++)
		assert_outcome(one(&s, STATE_KERNEL_MISSING, 3), i % 3 == 0, false, false);
	assert_outcome(one(&s, STATE_KERNEL_HELD, 3), false, false, true);
	assert_outcome(one(&s, STATE_KERNEL_HELD, 3), false, false, false);
}

static void a_loss_has_an_end_also_on_another_network(void **unused)
{
	struct state s = in(MEMBER);

	(void)unused;
	assert_outcome(one(&s, STATE_KERNEL_MISSING, 1), true, true, false);
	state_begin(&s);
	assert_int_equal(s.now, JOINING);
	assert_outcome(one(&s, STATE_KERNEL_MISSING, 1), true, false, false);
	assert_outcome(one(&s, STATE_KERNEL_HELD, 1), false, false, true);
	state_begin(&s);
	assert_outcome(one(&s, STATE_KERNEL_HELD, 1), false, false, false);
}

static void names(void **unused)
{
	(void)unused;
	assert_string_equal(gb_membership_state_name(GB_MEMBERSHIP_SUSPECT), "suspect");
	assert_string_equal(gb_membership_state_name((enum gb_membership_state)99), "unknown");
	assert_string_equal(gb_querier_state_name(GB_QUERIER_NEVER_SEEN), "never_seen");
	assert_string_equal(gb_querier_state_name((enum gb_querier_state)99), "unknown");
}

/* ---- the querier ---- */

static const struct in_addr transit_gateway; /* 0.0.0.0 */

static bool hear(struct querier *q, uint64_t at_ns)
{
	return querier_heard(q, at_ns, transit_gateway, 2, 10000);
}

static void a_querier_is_found_once(void **unused)
{
	struct querier q = {0};

	(void)unused;
	assert_int_equal(q.now, GB_QUERIER_NEVER_SEEN);
	assert_int_equal(querier_deadline_ns(&q), 0);
	assert_false(querier_expire(&q, UINT64_MAX)); /* one that never was cannot be lost */
	assert_true(hear(&q, 5 * S));
	assert_int_equal(q.now, GB_QUERIER_PRESENT);
	assert_false(hear(&q, 6 * S));
	assert_int_equal(querier_interval_ns(&q), S);
}

static void its_first_intervals_prove_little(void **unused)
{
	struct querier q = {0};

	(void)unused;
	hear(&q, 0);
	assert_int_equal(querier_deadline_ns(&q), (3 * 125 + 10) * S);
	hear(&q, 31 * S);
	assert_int_equal(querier_deadline_ns(&q), (31 + 3 * 125 + 10) * S);
	hear(&q, 62 * S);
	hear(&q, 187 * S); /* the longest of the latest counts */
	assert_int_equal(querier_deadline_ns(&q), (187 + 3 * 125 + 10) * S);
	for (unsigned i = 1; i <= 4; i++)
		hear(&q, (187 + 60 * i) * S);
	assert_int_equal(querier_interval_ns(&q), 60 * S);
	assert_int_equal(querier_deadline_ns(&q), (187 + 240 + 180 + 10) * S);
}

static void copies_of_a_query_are_no_interval(void **unused)
{
	struct querier q = {0};

	(void)unused;
	for (unsigned i = 0; i < 5; i++)
		hear(&q, i * 60 * S);
	for (unsigned i = 1; i <= 9; i++)
		hear(&q, 240 * S + i * GB_NS_PER_MS);
	assert_int_equal(querier_interval_ns(&q), 60 * S);
}

static void it_is_lost_once_and_found_again(void **unused)
{
	struct querier q = {0};

	(void)unused;
	for (unsigned i = 0; i < 5; i++)
		hear(&q, i * 2 * S);
	uint64_t deadline = querier_deadline_ns(&q);

	assert_int_equal(deadline, (8 + 6 + 10) * S);
	assert_false(querier_expire(&q, deadline - 1));
	assert_true(querier_expire(&q, deadline));
	assert_int_equal(q.now, GB_QUERIER_LOST);
	assert_false(querier_expire(&q, deadline + S));
	assert_true(hear(&q, 1000 * S));
	assert_int_equal(querier_interval_ns(&q), 2 * S); /* its silence is no interval */
	assert_int_equal(querier_deadline_ns(&q), (1000 + 6 + 10) * S);
}

static void silence_without_a_link_does_not_count(void **unused)
{
	struct querier q = {0};

	(void)unused;
	for (unsigned i = 0; i < 5; i++)
		hear(&q, i * 2 * S);
	querier_resume(&q, 500 * S);
	assert_false(querier_expire(&q, 510 * S));
	assert_true(querier_expire(&q, 516 * S));
	querier_resume(&q, 600 * S);
	assert_int_equal(q.now, GB_QUERIER_LOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_checks),
		cmocka_unit_test(checks_that_say_nothing),
		cmocka_unit_test(failures_below_the_threshold),
		cmocka_unit_test(failures_that_reach_it),
		cmocka_unit_test(a_threshold_counts_failures_in_a_row),
		cmocka_unit_test(a_loss_has_an_end_also_on_another_network),
		cmocka_unit_test(names),
		cmocka_unit_test(a_querier_is_found_once),
		cmocka_unit_test(its_first_intervals_prove_little),
		cmocka_unit_test(copies_of_a_query_are_no_interval),
		cmocka_unit_test(it_is_lost_once_and_found_again),
		cmocka_unit_test(silence_without_a_link_does_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
