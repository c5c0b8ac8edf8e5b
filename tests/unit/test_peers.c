/* SPDX-License-Identifier: Apache-2.0 */
/* stats/peers: what sequence numbers, lanes and epochs say of a remote bridge. */
#include "test_peers.h"

/* ---- one lane's sequence numbers ------------------------------------------------------------------------------------
 */

static void test_in_order(void **state)
{
	struct fixture *f = *state;

	for (uint64_t i = 0; i < 1000; i++) {
		gb_peer_add_frames(hear(f, i), 3);
		assert_int_equal(f->news, i == 0 ? GB_PEER_NEW : GB_PEER_KNOWN);
		f->now++;
	}
	struct gb_peer_view view = only(f);

	assert_true(view.sender_id == 77);
	assert_int_equal(view.address.s_addr, address(1).s_addr);
	assert_false(view.legacy);
	assert_int_equal(view.epoch, 500);
	assert_int_equal(view.datagrams, 1000);
	assert_int_equal(view.frames, 3000);
	assert_true(view.first_seen_ns == 10 * (1000 * SECOND));
	assert_true(view.last_seen_ns == 10 * (f->now - 1));
	assert_int_equal(view.last_hello_ns, 0);
	assert_int_equal(view.restarts, 0);
	assert_string_equal(view.version, "");
	expect_counts(f, 0, 0, 0);
}

/* What was sent before the first datagram that was heard was never expected. */
static void test_starts_anywhere(void **state)
{
	struct fixture *f = *state;

	hear(f, 123456);
	hear(f, 123457);
	expect_counts(f, 0, 0, 0);
	hear(f, 123455); /* under way when the listening began: nothing was lost that it could take back */
	expect_counts(f, 0, 1, 0);
	hear(f, 123459);
	hear(f, 123454);
	expect_counts(f, 1, 2, 0);
}

static void test_gap(void **state)
{
	struct fixture *f = *state;

	hear(f, 10);
	hear(f, 12);
	expect_counts(f, 1, 0, 0);
	hear(f, 20);
	expect_counts(f, 8, 0, 0);
	hear(f, 1000);
	expect_counts(f, 8 + 979, 0, 0);
}

/* Late is not lost after all. Counters never go back, so that is another one. */
static void test_late(void **state)
{
	struct fixture *f = *state;

	hear(f, 10);
	hear(f, 13);
	expect_counts(f, 2, 0, 0);
	hear(f, 12);
	expect_counts(f, 2, 1, 0);
	hear(f, 11);
	expect_counts(f, 2, 2, 0);
	expect_recovered(f, 2);
	hear(f, 14);
	expect_counts(f, 2, 2, 0);
	expect_recovered(f, 2);
}

static void test_duplicate(void **state)
{
	struct fixture *f = *state;

	hear(f, 10);
	hear(f, 10);
	expect_counts(f, 0, 0, 1);
	hear(f, 13);
	hear(f, 11);
	hear(f, 11);
	expect_counts(f, 2, 1, 2);
	hear(f, 13);
	hear(f, 10);
	expect_counts(f, 2, 1, 4);
	assert_int_equal(only(f).datagrams, 7);
}

/* 64 numbers are told apart: the highest and 63 behind it. */
static void test_window_edge(void **state)
{
	struct fixture *f = *state;

	hear(f, 100);
	hear(f, 200);
	expect_counts(f, 99, 0, 0);
	hear(f, 137); /* 63 behind: known to be missing */
	expect_counts(f, 99, 1, 0);
	hear(f, 137);
	expect_counts(f, 99, 1, 1);
	hear(f, 136); /* 64 behind: nobody knows any more */
	expect_counts(f, 99, 2, 1);
	hear(f, 136);
	expect_counts(f, 99, 3, 1);
	hear(f, 263); /* 200 is 63 behind now, and remembered; 137 is not */
	expect_counts(f, 99 + 62, 3, 1);
	hear(f, 200);
	expect_counts(f, 99 + 62, 3, 2);
	hear(f, 264); /* one further, and it is out */
	hear(f, 200);
	expect_counts(f, 99 + 62, 4, 2);
}

static void test_jumps(void **state)
{
	static const uint64_t steps[] = {1, 2, 62, 63, 64, 65, 127, 128, 1000000};
	struct fixture *f = *state;
	uint64_t at = 5, lost = 0;

	hear(f, at);
	for (size_t i = 0; i < COUNT(steps); i++) {
		at += steps[i];
		lost += steps[i] - 1;
		hear(f, at);
		expect_counts(f, lost, 0, i);
		hear(f, at); /* whatever the jump, the highest is known */
		expect_counts(f, lost, 0, i + 1);
	}
}

/* A random mix against a plain account of all numbers. */
static void test_against_account(void **state)
{
	static bool seen[4096];
	struct fixture *f = *state;
	uint64_t random = 4711, highest = 1000, lost = 0, reordered = 0, duplicates = 0;

	memset(seen, 0, sizeof(seen));
	hear(f, highest);
	seen[highest] = true;
	while (highest < 4000) {
		uint64_t r = next_random(&random), sequence = r & 1 ? highest + 1 + r / 2 % 9 : highest - r / 2 % 64;

		if (sequence < 1000)
			continue;
		hear(f, sequence);
		if (sequence > highest) {
			lost += sequence - highest - 1;
			highest = sequence;
		} else if (seen[sequence]) {
			duplicates++;
		} else {
			reordered++;
		}
		seen[sequence] = true;
		expect_counts(f, lost, reordered, duplicates);
	}
	assert_true(reordered > 100 && duplicates > 100);
}

/* ---- lanes ----------------------------------------------------------------------- */

static void test_lanes_are_apart(void **state)
{
	struct fixture *f = *state;

	hear_lane(f, 0, 0, 100);
	hear_lane(f, 0, 1, 5000);
	hear_lane(f, 1, 0, 7);
	for (uint64_t i = 1; i < 100; i++) {
		hear_lane(f, 0, 0, 100 + i);
		hear_lane(f, 0, 1, 5000 + i);
		hear_lane(f, 1, 0, 7 + i);
	}
	expect_counts(f, 0, 0, 0);
	hear_lane(f, 1, 0, 7 + 101);
	expect_counts(f, 1, 0, 0);
}

/* With more lanes than are followed the quietest gives way, and begins anew when it is heard again. */
static void test_lanes_are_reused(void **state)
{
	struct fixture *f = *state;

	for (uint16_t lane = 0; lane < GB_PEER_LANES; lane++) {
		hear_lane(f, 0, lane, 100);
		f->now++;
	}
	hear_lane(f, 0, 0, 101); /* lane 1 is the quietest now */
	f->now++;
	hear_lane(f, 0, 99, 100);
	f->now++;
	for (uint16_t lane = 2; lane < GB_PEER_LANES; lane++) {
		hear_lane(f, 0, lane, 102);
		f->now++;
	}
	expect_counts(f, GB_PEER_LANES - 2, 0, 0);
	hear_lane(f, 0, 0, 102);
	f->now++;
	hear_lane(f, 0, 1, 200); /* in place of 99 */
	expect_counts(f, GB_PEER_LANES - 2, 0, 0);
	f->now++;
	hear_lane(f, 0, 1, 202);
	expect_counts(f, GB_PEER_LANES - 1, 0, 0);
}

/* ---- restarts -------------------------------------------------------------------- */

static void test_restart(void **state)
{
	struct fixture *f = *state;

	hear(f, 10);
	hear(f, 12);
	hear_epoch(f, 501, 0);
	assert_int_equal(f->news, GB_PEER_RESTARTED);
	hear_epoch(f, 501, 1);
	assert_int_equal(f->news, GB_PEER_KNOWN);
	assert_int_equal(only(f).restarts, 1);
	assert_int_equal(only(f).epoch, 501);
	expect_counts(f, 1, 0, 0); /* what was lost before stays lost, and nothing is new */
}

/* All lanes begin again, though only one is heard at first. */
static void test_restart_of_all_lanes(void **state)
{
	struct gb_peer_datagram other = usual;
	struct fixture *f = *state;

	hear_lane(f, 0, 0, 5000);
	hear_lane(f, 0, 1, 6000);
	hear_epoch(f, 501, 0);
	other.epoch = 501;
	other.lane = 1;
	hear_as(f, other);
	expect_counts(f, 0, 0, 0);
}

static void test_old_epoch_late(void **state)
{
	struct fixture *f = *state;

	hear(f, 10);
	hear_epoch(f, 501, 0);
	f->now += SECOND / 2;
	hear_epoch(f, 500, 11); /* it was still under way */
	assert_int_equal(f->news, GB_PEER_KNOWN);
	assert_int_equal(only(f).restarts, 1);
	assert_int_equal(only(f).epoch, 501);
	expect_counts(f, 0, 1, 0);
	hear_epoch(f, 501, 1);
	expect_counts(f, 0, 1, 0);
}

/* A smaller epoch, and the larger one silent for more than a second: the sender's clock was set back before it
 * restarted. */
static void test_clock_set_back(void **state)
{
	struct fixture *f = *state;

	hear(f, 10);
	f->now += SECOND;
	hear_epoch(f, 400, 0);
	assert_int_equal(f->news, GB_PEER_KNOWN);
	f->now += SECOND + 1;
	hear_epoch(f, 400, 1);
	assert_int_equal(f->news, GB_PEER_RESTARTED);
	assert_int_equal(only(f).epoch, 400);
	assert_int_equal(only(f).restarts, 1);
	hear_epoch(f, 400, 2);
	assert_int_equal(f->news, GB_PEER_KNOWN);
	expect_counts(f, 0, 1, 0);
}

/* What the kernel engine carried is looked at later than a hello that came after it. */
static void test_looked_at_later(void **state)
{
	struct fixture *f = *state;

	f->now = 10 * SECOND;
	hear_epoch(f, 501, 10);
	f->now -= SECOND / 1000;
	hear_epoch(f, 501, 11);
	assert_int_equal(f->news, GB_PEER_KNOWN);
	hear_epoch(f, 500, 99);
	assert_int_equal(f->news, GB_PEER_KNOWN);
	assert_int_equal(only(f).restarts, 0);
	f->now += SECOND / 1000;
	f->now += GB_PEER_SILENT_NS;
	hear_epoch(f, 501, 12);
	assert_int_equal(f->news, GB_PEER_KNOWN); /* since the later one */
}

static void test_silent(void **state)
{
	struct fixture *f = *state;

	hear(f, 10);
	f->now += GB_PEER_SILENT_NS;
	hear(f, 11);
	assert_int_equal(f->news, GB_PEER_KNOWN);
	f->now += GB_PEER_SILENT_NS + 1;
	hear(f, 15);
	assert_int_equal(f->news, GB_PEER_BACK);
	expect_counts(f, 3, 0, 0); /* it did send meanwhile */
	f->now += GB_PEER_SILENT_NS + 1;
	hear_epoch(f, 501, 0);
	assert_int_equal(f->news, GB_PEER_RESTARTED);
}

/* Datagrams that nobody saw are not lost, and later ones are judged as ever. */
static void test_missed(void **state)
{
	struct fixture *f = *state;
	struct gb_peer_view v;

	hear(f, 10);
	gb_peers_missed(f->peers);
	hear(f, 20);
	hear(f, 22);
	assert_int_equal(gb_peers_view(f->peers, &v, 1), 1);
	assert_int_equal(v.lost, 1);
	hear(f, 21);
	hear(f, 15); /* carried unseen, and now a copy: it was never counted as lost */
	gb_peers_missed(f->peers);
	hear(f, 22);
	assert_int_equal(gb_peers_view(f->peers, &v, 1), 1);
	assert_int_equal(v.lost, 1);
	assert_int_equal(v.recovered, 1);
	assert_int_equal(v.duplicates, 1);
	hear(f, 30);
	assert_int_equal(gb_peers_view(f->peers, &v, 1), 1);
	assert_int_equal(v.lost, 1);
}

/* What a hello announced before is no measure of what came unseen. */
static void test_missed_between_hellos(void **state)
{
	struct fixture *f = *state;
	struct gb_peer_lane_report lane = {0, 20};
	struct gb_peer_hello said = {.epoch = 500, .version = "1", .lanes = 1, .lane = &lane};
	struct gb_peer_datagram hello = {.sender_id = 77, .epoch = 500, .lane = 1};
	struct gb_peer_view v;

	hear(f, 10);
	gb_peer_hello(hear_as(f, hello), 0, &said, 1);
	gb_peers_missed(f->peers);
	lane.next_sequence = 30;
	hello.sequence++;
	gb_peer_hello(hear_as(f, hello), 0, &said, 2);
	hello.sequence++;
	gb_peer_hello(hear_as(f, hello), 0, &said, 3);
	assert_int_equal(gb_peers_view(f->peers, &v, 1), 1);
	assert_int_equal(v.lost, 0);
	hear(f, 29); /* seen again: now hellos count */
	lane.next_sequence = 32;
	hello.sequence++;
	gb_peer_hello(hear_as(f, hello), 0, &said, 4);
	hello.sequence++;
	gb_peer_hello(hear_as(f, hello), 0, &said, 5);
	assert_int_equal(gb_peers_view(f->peers, &v, 1), 1);
	assert_int_equal(v.lost, 2);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_in_order),
		TEST(test_starts_anywhere),
		TEST(test_gap),
		TEST(test_late),
		TEST(test_duplicate),
		TEST(test_window_edge),
		TEST(test_jumps),
		TEST(test_against_account),
		TEST(test_lanes_are_apart),
		TEST(test_lanes_are_reused),
		TEST(test_restart),
		TEST(test_restart_of_all_lanes),
		TEST(test_old_epoch_late),
		TEST(test_clock_set_back),
		TEST(test_missed),
		TEST(test_missed_between_hellos),
		TEST(test_looked_at_later),
		TEST(test_silent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
