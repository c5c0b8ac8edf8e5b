/* SPDX-License-Identifier: Apache-2.0 */
/* datapath: answers to echo requests of this bridge. */
#include "../../module/datapath/echo.h"

#include <arpa/inet.h>
#include <errno.h>
#include <goose-bridge/clock.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define NOW_NS (100 * GB_NS_PER_S)
#define UTC_NS (UINT64_C(1769860800) * GB_NS_PER_S)
#define MS     GB_NS_PER_MS

static struct in_addr address(unsigned last)
{
	return (struct in_addr){htonl(0x0A3D0000 + last)};
}

/* A reply of sender 7 at 10.61.0.2 to request NONCE, which the kernel had at RECEIVED_NS and that is looked at at NOW. */
static void reply(struct echo *echo, uint64_t nonce, uint64_t received_ns, uint64_t now_ns)
{
	const struct gb_echo octets = {.nonce = nonce, .held_ns = 5};

	echo_answered(echo, &octets, 7, address(2), received_ns, now_ns);
}

static struct gb_echo_answer only_answer(struct echo *echo, uint64_t nonce)
{
	struct gb_echo_answer answer[2];

	assert_int_equal(echo_answers(echo, nonce, answer, 2), 1);
	return answer[0];
}

static void an_answer_has_its_round_trip(void **state)
{
	struct echo *echo = echo_create();
	struct gb_echo_answer answer;

	(void)state;
	assert_true(echo_asked(echo, 1, NOW_NS, UTC_NS));
	reply(echo, 1, UTC_NS + 2 * MS, NOW_NS + 3 * MS);
	answer = only_answer(echo, 1);
	assert_int_equal(answer.round_trip_ns, 2 * MS); /* the kernel had it before it was looked at */
	assert_int_equal(answer.held_ns, 5);
	assert_int_equal(answer.sender_id, 7);
	assert_int_equal(answer.address.s_addr, address(2).s_addr);
	echo_destroy(echo);
}

static void a_clock_that_is_set_changes_nothing(void **state)
{
	static const uint64_t received_ns[] = {0, UTC_NS - GB_NS_PER_S, UTC_NS, UTC_NS + GB_NS_PER_S};

	(void)state;
	for (size_t i = 0; i < sizeof(received_ns) / sizeof(received_ns[0]); i++) {
		struct echo *echo = echo_create();

		assert_true(echo_asked(echo, 1, NOW_NS, UTC_NS));
		reply(echo, 1, received_ns[i], NOW_NS + 3 * MS);
		assert_int_equal(only_answer(echo, 1).round_trip_ns, 3 * MS);
		echo_destroy(echo);
	}
}

static void nobody_answers_twice(void **state)
{
	const struct gb_echo octets = {.nonce = 1};
	struct echo *echo = echo_create();
	struct gb_echo_answer answer[4];

	(void)state;
	echo_asked(echo, 1, NOW_NS, UTC_NS);
	for (unsigned i = 0; i < 3; i++)
		reply(echo, 1, UTC_NS + MS * (i + 1), NOW_NS + 9 * MS);
	assert_int_equal(only_answer(echo, 1).round_trip_ns, MS);
	echo_answered(echo, &octets, 8, address(2), 0, NOW_NS + MS); /* another bridge of the same host */
	echo_answered(echo, &octets, 7, address(3), 0, NOW_NS + MS); /* two with one sender id */
	assert_int_equal(echo_answers(echo, 1, answer, 4), 3);
	assert_int_equal(echo_answers(echo, 1, answer, 2), 2);
	echo_destroy(echo);
}

static void what_was_not_asked_has_no_answers(void **state)
{
	struct echo *echo = echo_create();
	struct gb_echo_answer answer;

	(void)state;
	reply(echo, 0, UTC_NS, NOW_NS);
	assert_int_equal(echo_answers(echo, 0, &answer, 1), -ENOENT);
	echo_asked(echo, 1, NOW_NS, UTC_NS);
	reply(echo, 2, UTC_NS, NOW_NS);
	assert_int_equal(echo_answers(echo, 1, &answer, 1), 0);
	assert_int_equal(echo_answers(echo, 2, &answer, 1), -ENOENT);
	echo_destroy(echo);
}

static void requests_and_answers_are_bounded(void **state)
{
	static struct gb_echo_answer answer[GB_ECHO_ANSWERS_MAX + 1];
	const struct gb_echo octets = {.nonce = 100};
	struct echo *echo = echo_create();

	(void)state;
	for (unsigned i = 0; i < ECHO_REQUESTS_KEPT; i++)
		assert_true(echo_asked(echo, 1 + i, NOW_NS + i, UTC_NS));
	assert_false(echo_asked(echo, 99, NOW_NS + GB_NS_PER_S - 1, UTC_NS));
	assert_int_equal(echo_answers(echo, 1, answer, 1), 0);
	assert_true(echo_asked(echo, 100, NOW_NS + GB_NS_PER_S, UTC_NS)); /* in place of the oldest */
	assert_int_equal(echo_answers(echo, 1, answer, 1), -ENOENT);
	assert_int_equal(echo_answers(echo, 2, answer, 1), 0);
	for (unsigned i = 0; i < 2 * GB_ECHO_ANSWERS_MAX; i++)
		echo_answered(echo, &octets, 1 + i, address(2), 0, NOW_NS + GB_NS_PER_S);
	assert_int_equal(echo_answers(echo, 100, answer, GB_ECHO_ANSWERS_MAX + 1), GB_ECHO_ANSWERS_MAX);
	echo_destroy(echo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_has_its_round_trip),	     cmocka_unit_test(a_clock_that_is_set_changes_nothing),
		cmocka_unit_test(nobody_answers_twice),		     cmocka_unit_test(what_was_not_asked_has_no_answers),
		cmocka_unit_test(requests_and_answers_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
