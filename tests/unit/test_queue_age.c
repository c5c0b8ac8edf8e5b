/* SPDX-License-Identifier: Apache-2.0 */
/* How old what waits on goose0 may be, on a simulated clock. */
#include "module/datapath/queue_age.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MS	 UINT64_C(1000000)
#define CAPACITY 1600 /* a mark every 100 frames */

static void test_idle(void **state)
{
	struct queue_age age = {0};

	(void)state;
	queue_age_empty(&age, 100 * MS);
	for (uint64_t now = 150; now <= 1000; now += 50)
		queue_age_idle(&age, now * MS);
	assert_int_equal(queue_age_oldest(&age, 1001 * MS), 1 * MS);
}

/* No tick came while the process was stopped: all that queued meanwhile is as old as that. */
static void test_stopped(void **state)
{
	struct queue_age age = {0};

	(void)state;
	queue_age_empty(&age, 100 * MS);
	assert_int_equal(queue_age_oldest(&age, 5100 * MS), 5000 * MS);
}

/* A backlog that is never drained: a tick proves nothing. */
static void test_backlog_is_not_idle(void **state)
{
	struct queue_age age = {0};

	(void)state;
	queue_age_empty(&age, 100 * MS);
	queue_age_read(&age, 101 * MS, CAPACITY);
	queue_age_idle(&age, 300 * MS);
	assert_int_equal(queue_age_oldest(&age, 300 * MS), 200 * MS);
}

/* Read fast enough, a queue that is never empty holds nothing old: at most what takes a queue length to read, and a mark. */
static void test_fast_backlog(void **state)
{
	struct queue_age age = {0};
	uint64_t now = 100 * MS;

	(void)state;
	queue_age_empty(&age, now);
	for (unsigned frame = 0; frame < 100 * CAPACITY; frame++, now += MS / 100) {
		queue_age_read(&age, now, CAPACITY);
		assert_true(queue_age_oldest(&age, now) <= (CAPACITY + CAPACITY / QUEUE_AGE_MARKS) * (MS / 100));
	}
	/* and never less than that: a frame may have stood behind a full queue */
	assert_true(queue_age_oldest(&age, now) >= CAPACITY * (MS / 100));
}

/* A network that takes 1 frame a millisecond lets the queue age. */
static void test_slow_backlog(void **state)
{
	struct queue_age age = {0};
	uint64_t now = 100 * MS;

	(void)state;
	queue_age_empty(&age, now);
	for (unsigned frame = 0; frame < 250; frame++, now += MS)
		queue_age_read(&age, now, CAPACITY);
	assert_int_equal(queue_age_oldest(&age, now), 250 * MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_idle),	     cmocka_unit_test(test_stopped),
		cmocka_unit_test(test_backlog_is_not_idle), cmocka_unit_test(test_fast_backlog),
		cmocka_unit_test(test_slow_backlog),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
