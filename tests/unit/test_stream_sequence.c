/* SPDX-License-Identifier: Apache-2.0 */
/* stream/sequence: each row of its table, at both ends of what the numbers can be. And the hash against its published values.
 */
#include "test_pure.h"

#include "module/stream/hash.h"
#include "module/stream/sequence.h"

#define MS  UINT64_C(1000000)
#define TOP UINT32_MAX
#define T   UINT64_C(1600000000000000000)

struct run {
	struct sequence s;
	uint64_t now;
	bool silent;
	struct sequence_outcome last;
};

static enum sequence_verdict take_at(struct run *r, uint32_t st, uint32_t sq, uint64_t t)
{
	struct sequence_message m = {st, sq, t};

	r->last = sequence_judge(&r->s, &m, r->silent, r->now);
	sequence_follow(&r->s, &m, &r->last, r->now);
	return r->last.verdict;
}

/* With a t that changes with the state, as a publisher's does. */
static enum sequence_verdict take(struct run *r, uint32_t st, uint32_t sq)
{
	return take_at(r, st, sq, T + st);
}

static struct run start(uint32_t st, uint32_t sq)
{
	struct run r = {.now = 1000 * MS};

	assert_int_equal(take(&r, st, sq), SEQUENCE_FIRST);
	assert_int_equal(r.last.lost, 0);
	return r;
}

#define expect(r, st, sq, verdict_, lost_, found_)                   \
	do {                                                         \
		assert_int_equal(take(r, st, sq), SEQUENCE_##verdict_); \
		assert_int_equal((r)->last.lost, lost_);             \
		assert_int_equal((r)->last.found, found_);           \
	} while (0)

static void test_next(void **state)
{
	struct run r = start(1, 0);

	(void)state;
	for (uint32_t sq = 1; sq < 1000; sq++)
		expect(&r, 1, sq, NEXT, 0, false);
	expect(&r, 1, 1002, AHEAD, 2, false);
	expect(&r, 1, 1002 + SEQUENCE_JUMP_MAX, AHEAD, SEQUENCE_JUMP_MAX - 1, false);
	expect(&r, 1, 1002 + 2 * SEQUENCE_JUMP_MAX + 1, REPLAY, 0, false);
	assert_int_equal(r.s.now.highest, 1002 + SEQUENCE_JUMP_MAX);
}

static void test_sq_num_wraps_to_1(void **state)
{
	struct run r = start(5, TOP - 1);

	(void)state;
	expect(&r, 5, TOP, NEXT, 0, false);
	expect(&r, 5, 1, NEXT, 0, false);
	expect(&r, 5, TOP, DUPLICATE, 0, false);
	expect(&r, 5, TOP - 1, DUPLICATE, 0, false);
	expect(&r, 5, 3, AHEAD, 1, false);
	expect(&r, 5, 2, LATE, 0, true);
	r = start(5, TOP - 2);
	expect(&r, 5, 2, AHEAD, 3, false); /* TOP - 1, TOP, 1 */
	expect(&r, 5, TOP, LATE, 0, true);
	expect(&r, 5, TOP, DUPLICATE, 0, false);
}

static void test_st_num_wraps_to_1(void **state)
{
	struct run r = start(TOP - 1, 9);

	(void)state;
	expect(&r, TOP, 0, STATE, 0, false);
	expect(&r, 1, 0, STATE, 0, false);
	expect(&r, 1, 1, NEXT, 0, false);
	expect(&r, TOP, 1, LATE, 0, false);
	r = start(TOP - 1, 9);
	expect(&r, 2, 3, STATE, 2 + 3, false); /* TOP and 1 were missed, and 0 to 2 of this one */
	expect(&r, 1, 0, LATE, 0, true);
	expect(&r, TOP, 0, LATE, 0, true);
	expect(&r, TOP, 0, DUPLICATE, 0, false);
}

static void test_duplicate_and_late(void **state)
{
	struct run r = start(3, 10);

	(void)state;
	expect(&r, 3, 10, DUPLICATE, 0, false);
	expect(&r, 3, 9, LATE, 0, false); /* under way when the listening began: nobody missed it */
	expect(&r, 3, 14, AHEAD, 3, false);
	expect(&r, 3, 12, LATE, 0, true);
	expect(&r, 3, 12, DUPLICATE, 0, false);
	expect(&r, 3, 11, LATE, 0, true);
	expect(&r, 3, 13, LATE, 0, true);
	expect(&r, 3, 13, DUPLICATE, 0, false);
	expect(&r, 3, 15, NEXT, 0, false);
	/* the window */
	r = start(3, 10);
	expect(&r, 3, 12, AHEAD, 1, false);
	expect(&r, 3, 11 + SEQUENCE_WINDOW, AHEAD, SEQUENCE_WINDOW - 2, false);
	expect(&r, 3, 11, LATE, 0, false); /* one too far back to say that it is the one that was lost */
	expect(&r, 3, 12, DUPLICATE, 0, false);
	expect(&r, 3, 13, LATE, 0, true);
}

static void test_new_state(void **state)
{
	struct run r = start(3, 10);

	(void)state;
	expect(&r, 4, 0, STATE, 0, false);
	expect(&r, 4, 1, NEXT, 0, false);
	expect(&r, 5, 2, STATE, 2, false);
	expect(&r, 5, 1, LATE, 0, true);
	expect(&r, 5, 0, LATE, 0, true);
	expect(&r, 5, 0, DUPLICATE, 0, false);
	expect(&r, 9, 1, STATE, 4, false); /* 6, 7, 8, and 0 of 9 */
	expect(&r, 9 + SEQUENCE_JUMP_MAX, 0, STATE, SEQUENCE_JUMP_MAX - 1, false);
	expect(&r, 10 + 2 * SEQUENCE_JUMP_MAX, 0, REPLAY, 0, false);
	expect(&r, 10 + SEQUENCE_JUMP_MAX, SEQUENCE_JUMP_MAX + 1, REPLAY, 0, false);
	expect(&r, 10 + SEQUENCE_JUMP_MAX, SEQUENCE_JUMP_MAX, STATE, SEQUENCE_JUMP_MAX, false);
}

static void test_late_in_a_state_that_was_left(void **state)
{
	struct run r = start(3, 10);

	(void)state;
	expect(&r, 3, 12, AHEAD, 1, false);
	r.now += 10 * MS;
	expect(&r, 4, 0, STATE, 0, false);
	expect(&r, 3, 12, DUPLICATE, 0, false);
	expect(&r, 3, 11, LATE, 0, true);
	expect(&r, 3, 15, LATE, 2, false); /* 13 and 14 were sent as well, it says */
	expect(&r, 3, 13, LATE, 0, true);
	r.now += 1000 * MS;
	expect(&r, 3, 14, LATE, 0, true);
	r.now += 1;
	expect(&r, 3, 14, REPLAY, 0, false);
	/* three states are remembered */
	r = start(3, 0);
	for (uint32_t st = 4; st <= 7; st++)
		expect(&r, st, 0, STATE, 0, false);
	expect(&r, 4, 1, LATE, 0, false);
	expect(&r, 3, 1, REPLAY, 0, false);
	/* of one that was missed a later message comes first */
	r = start(3, 0);
	expect(&r, 5, 0, STATE, 1, false);
	expect(&r, 3, 0, DUPLICATE, 0, false);
	expect(&r, 4, 2, LATE, 1, false);
	expect(&r, 4, 0, LATE, 0, true);
	expect(&r, 4, 1, LATE, 0, true);
	expect(&r, 4, 1, DUPLICATE, 0, false);
}

static void test_replay(void **state)
{
	struct run r = start(100, 7);

	(void)state;
	expect(&r, 90, 7, REPLAY, 0, false);
	expect(&r, 99, 0, REPLAY, 0, false);
	assert_int_equal(take_at(&r, 90, 0, T + 1000), SEQUENCE_REPLAY);
	assert_int_equal(take_at(&r, 1, 2, T + 1000), SEQUENCE_REPLAY);
	assert_int_equal(take_at(&r, 1, 0, T + 1), SEQUENCE_REPLAY); /* a recorded beginning has an old t */
	assert_false(r.last.suspect);
	expect(&r, 100, 8, NEXT, 0, false);
	/* the newest t of all counts, not that of the message before */
	expect(&r, 101, 0, STATE, 0, false);
	assert_int_equal(take_at(&r, 101, 1, T), SEQUENCE_NEXT);
	assert_int_equal(take_at(&r, 1, 0, T + 100), SEQUENCE_REPLAY);
	assert_int_equal(take_at(&r, 1, 0, T + 101), SEQUENCE_RESTART);
}

static void test_restart(void **state)
{
	static const uint32_t beginnings[][2] = {{1, 0}, {1, 1}, {0, 0}, {0, 1}};

	(void)state;
	for (size_t i = 0; i < COUNT(beginnings); i++) {
		struct run r = start(100, 7);

		assert_int_equal(take_at(&r, beginnings[i][0], beginnings[i][1], T + 100), SEQUENCE_RESTART);
		assert_int_equal(r.last.lost, 0);
		assert_int_equal(take_at(&r, beginnings[i][0], beginnings[i][1] + 1, T + 100), SEQUENCE_NEXT);
		assert_int_equal(take_at(&r, beginnings[i][0] + 1, 0, T + 101), SEQUENCE_STATE);
	}
	/* out of its first state */
	struct run r = start(1, 50);

	assert_int_equal(take_at(&r, 1, 0, T + 1), SEQUENCE_LATE); /* the same t: a copy as well as a beginning */
	assert_int_equal(take_at(&r, 1, 0, T + 2), SEQUENCE_RESTART);
	assert_int_equal(take_at(&r, 1, 0, T + 2), SEQUENCE_DUPLICATE);
	assert_int_equal(take_at(&r, 1, 0, T + 3), SEQUENCE_RESTART);
	/* in a hurry: a state was left just before */
	r = start(1, 0);
	expect(&r, 2, 0, STATE, 0, false);
	assert_int_equal(take_at(&r, 1, 0, T + 3), SEQUENCE_RESTART);
	/* more than half of all numbers back */
	r = start(TOP - 5, 0);
	assert_int_equal(take_at(&r, 2000000, 0, T), SEQUENCE_REPLAY);
	r = start(3000000000, 0);
	assert_int_equal(take_at(&r, 1, 0, T + TOP), SEQUENCE_RESTART);
}

static void test_after_silence(void **state)
{
	struct run r = start(100, 7);

	(void)state;
	r.silent = true;
	expect(&r, 100, 7, DUPLICATE, 0, false); /* whoever has recorded the last message wakes nobody */
	expect(&r, 100, 9, AHEAD, 1, false);
	expect(&r, 100, 7, DUPLICATE, 0, false);
	expect(&r, 101, 0, STATE, 0, false);
	expect(&r, 100, 9, REPLAY, 0, false); /* it has come, and its state is over */
	expect(&r, 90, 3, RESTART, 0, false);
	assert_true(r.last.suspect);
	r = start(100, 7);
	r.silent = true;
	assert_int_equal(take_at(&r, 90, 3, T + 100), SEQUENCE_RESTART);
	assert_false(r.last.suspect);
	r = start(100, 7);
	r.silent = true;
	assert_int_equal(take_at(&r, 1, 0, 0), SEQUENCE_RESTART); /* its clock is not set yet */
	assert_false(r.last.suspect);
	r = start(100, 700);
	r.silent = true;
	expect(&r, 100, 3, RESTART, 0, false);
	r = start(100, 700);
	r.silent = true;
	expect(&r, 200 + SEQUENCE_JUMP_MAX, 0, RESTART, 0, false);
}

/* Whoever makes a stream believe in a high stNum is found out, and it recovers. */
static void test_poisoned(void **state)
{
	struct run r = start(100, 7);

	(void)state;
	assert_int_equal(take(&r, 4000000000, 0), SEQUENCE_REPLAY);
	expect(&r, 100, 8, NEXT, 0, false);
	assert_int_equal(take(&r, 5000, 0), SEQUENCE_STATE);
	assert_int_equal(take(&r, 100, 9), SEQUENCE_LATE);
	r.now += 2000 * MS;
	assert_int_equal(take(&r, 101, 0), SEQUENCE_REPLAY);
	r.silent = true;
	assert_int_equal(take(&r, 101, 1), SEQUENCE_RESTART);
	r.silent = false;
	assert_int_equal(take(&r, 101, 2), SEQUENCE_NEXT);
}

static void test_hash(void **state)
{
	/* SipHash-2-4 of the octets 0, 1, .. under the key 0, 1, .. 15, as its authors published it */
	static const uint64_t published[] = {UINT64_C(0x726FDB47DD0E0E31), UINT64_C(0x74F839C593DC67FD)};
	const uint64_t key[2] = {UINT64_C(0x0706050403020100), UINT64_C(0x0F0E0D0C0B0A0908)};
	uint8_t octets[15];

	(void)state;
	for (unsigned i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)i;
	assert_true(hash_octets(key, octets, 0, 2, 4) == published[0]);
	assert_true(hash_octets(key, octets, 1, 2, 4) == published[1]);
	assert_true(hash_octets(key, octets, 15, 2, 4) == UINT64_C(0xA129CA6149BE45E5));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_sq_num_wraps_to_1),
		cmocka_unit_test(test_st_num_wraps_to_1),
		cmocka_unit_test(test_duplicate_and_late),
		cmocka_unit_test(test_new_state),
		cmocka_unit_test(test_late_in_a_state_that_was_left),
		cmocka_unit_test(test_replay),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_after_silence),
		cmocka_unit_test(test_poisoned),
		cmocka_unit_test(test_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
