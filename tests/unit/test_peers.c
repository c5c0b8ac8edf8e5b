/* SPDX-License-Identifier: Apache-2.0 */
/* stats/peers: what sequence numbers, epochs and hellos say of a remote bridge. */
#include "test_pure.h"

#include <arpa/inet.h>

#include <goose-bridge/peers.h>

#define SECOND UINT64_C(1000000000)
#define MAX    4

struct fixture {
	struct gb_peers *peers;
	uint64_t now; /* monotonic; UTC is ten times that */
	enum gb_peer_news news;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	f->peers = gb_peers_create(MAX);
	f->now = 1000 * SECOND;
	*state = f;
	return f->peers ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	gb_peers_destroy(f->peers);
	free(f);
	return 0;
}

static struct in_addr address(unsigned last)
{
	return (struct in_addr){.s_addr = htonl(0x0A000000U | last)};
}

/* Sender 77 at 10.0.0.1, epoch 500, path 0, lane 0: what differs is written over it. */
static const struct gb_peer_datagram usual = {.sender_id = 77, .epoch = 500};

static struct gb_peer *hear_as(struct fixture *f, struct gb_peer_datagram datagram)
{
	if (datagram.address.s_addr == 0)
		datagram.address = address(1);
	return gb_peers_native(f->peers, &datagram, f->now, 10 * f->now, &f->news);
}

static struct gb_peer *hear(struct fixture *f, uint64_t sequence)
{
	struct gb_peer_datagram datagram = usual;

	datagram.sequence = sequence;
	return hear_as(f, datagram);
}

static struct gb_peer *hear_epoch(struct fixture *f, uint64_t epoch, uint64_t sequence)
{
	struct gb_peer_datagram datagram = usual;

	datagram.epoch = epoch;
	datagram.sequence = sequence;
	return hear_as(f, datagram);
}

static void hear_lane(struct fixture *f, uint16_t path_id, uint16_t lane, uint64_t sequence)
{
	struct gb_peer_datagram datagram = usual;

	datagram.path_id = path_id;
	datagram.lane = lane;
	datagram.sequence = sequence;
	hear_as(f, datagram);
}

/* The one peer there is. */
static struct gb_peer_view only(const struct fixture *f)
{
	struct gb_peer_view view[MAX];

	assert_int_equal(gb_peers_view(f->peers, view, MAX), 1);
	return view[0];
}

static void expect_counts(const struct fixture *f, uint64_t lost, uint64_t reordered, uint64_t duplicates)
{
	struct gb_peer_view view = only(f);

	assert_int_equal(view.lost, lost);
	assert_int_equal(view.reordered, reordered);
	assert_int_equal(view.duplicates, duplicates);
}

static void hello(struct fixture *f, uint64_t own_sequence, uint64_t next_of_lane_0)
{
	struct gb_peer_lane_report lane = {.lane = 0, .next_sequence = next_of_lane_0};
	struct gb_peer_hello said = {.version = "1.0.0", .path_mtu = 1500, .interval_s = 10, .lanes = 1, .lane = &lane};
	struct gb_peer_datagram datagram = usual;

	datagram.lane = 1;
	datagram.sequence = own_sequence;
	gb_peer_hello(hear_as(f, datagram), 0, &said, 10 * f->now);
}

/* ---- one lane's sequence numbers ------------------------------------------------------------------------------------ */

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

/* Late is not lost: it is taken back. */
static void test_late(void **state)
{
	struct fixture *f = *state;

	hear(f, 10);
	hear(f, 13);
	expect_counts(f, 2, 0, 0);
	hear(f, 12);
	expect_counts(f, 1, 1, 0);
	hear(f, 11);
	expect_counts(f, 0, 2, 0);
	hear(f, 14);
	expect_counts(f, 0, 2, 0);
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
	expect_counts(f, 1, 1, 2);
	hear(f, 13);
	hear(f, 10);
	expect_counts(f, 1, 1, 4);
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
	expect_counts(f, 98, 1, 0);
	hear(f, 137);
	expect_counts(f, 98, 1, 1);
	hear(f, 136); /* 64 behind: nobody knows any more */
	expect_counts(f, 98, 2, 1);
	hear(f, 136);
	expect_counts(f, 98, 3, 1);
	hear(f, 263); /* 200 is 63 behind now, and remembered; 137 is not */
	expect_counts(f, 98 + 62, 3, 1);
	hear(f, 200);
	expect_counts(f, 98 + 62, 3, 2);
	hear(f, 264); /* one further, and it is out */
	hear(f, 200);
	expect_counts(f, 98 + 62, 4, 2);
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

/* A jump that no loss explains (a sender that is broken, or invented) makes no number that nobody believes. */
static void test_impossible_jump(void **state)
{
	struct fixture *f = *state;

	hear(f, 5);
	hear(f, UINT64_C(1) << 40);
	expect_counts(f, 0, 0, 0);
	hear(f, (UINT64_C(1) << 40) + 2);
	expect_counts(f, 1, 0, 0);
	hear(f, UINT64_C(1) << 40);
	expect_counts(f, 1, 0, 1);
	hear(f, UINT64_MAX);
	hear(f, UINT64_MAX);
	hear(f, 0);
	hear(f, UINT64_MAX - 1);
	expect_counts(f, 1, 2, 2);
	hello(f, 0, UINT64_MAX);
	hello(f, 1, UINT64_MAX);
	expect_counts(f, 1, 2, 2);
}

static void test_impossible_hello(void **state)
{
	struct fixture *f = *state;

	hear(f, 5);
	hello(f, 0, UINT64_MAX);
	hello(f, 1, UINT64_MAX);
	hear(f, 7);
	expect_counts(f, 1, 0, 0);
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
			lost--;
		}
		seen[sequence] = true;
		expect_counts(f, lost, reordered, duplicates);
	}
	assert_true(reordered > 100 && duplicates > 100);
}

/* ---- lanes ---------------------------------------------------------------------------------------------------------- */

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

/* ---- restarts ------------------------------------------------------------------------------------------------------- */

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

/* A smaller epoch, and the larger one silent for more than a second: the sender's clock was set back before it restarted. */
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

/* ---- hellos --------------------------------------------------------------------------------------------------------- */

static void test_hello_says(void **state)
{
	struct gb_peer_hello said = {.version = "a version text of far more than 32 octets", .path_mtu = 8500, .interval_s = 1};
	struct fixture *f = *state;

	hello(f, 0, 0);
	struct gb_peer_view view = only(f);

	assert_string_equal(view.version, "1.0.0");
	assert_int_equal(view.path_mtu, 1500);
	assert_int_equal(view.hello_interval_s, 10);
	assert_true(view.last_hello_ns == 10 * f->now);
	gb_peer_hello(hear(f, 0), 0, &said, 5);
	view = only(f);
	assert_int_equal(strlen(view.version), GB_PEER_VERSION - 1);
	assert_int_equal(view.path_mtu, 8500);
	assert_int_equal(view.last_hello_ns, 5);
	said.version = "2";
	gb_peer_hello(hear(f, 1), 0, &said, 6);
	assert_string_equal(only(f).version, "2");
}

/* Behind the end of a burst nothing shows a gap. The hello tells how far it went; it is judged at the next one, when what
 * was under way has come.
 */
static void test_hello_finds_tail_loss(void **state)
{
	struct fixture *f = *state;

	hear(f, 0);
	hear(f, 1);
	hello(f, 0, 5); /* 2, 3, 4 are missing, or under way */
	expect_counts(f, 0, 0, 0);
	hear(f, 2);
	hello(f, 1, 5);
	expect_counts(f, 2, 0, 0);
	hello(f, 2, 5); /* counted once */
	hello(f, 3, 5);
	expect_counts(f, 2, 0, 0);
	hear(f, 5);
	expect_counts(f, 2, 0, 0);
	hear(f, 4); /* very late, but not lost */
	expect_counts(f, 1, 1, 0);
	hear(f, 4);
	expect_counts(f, 1, 1, 1);
}

static void test_hello_of_nothing_lost(void **state)
{
	struct fixture *f = *state;
	uint64_t next = 0;

	hear(f, next++);
	for (uint64_t i = 0; i < 10; i++) {
		hello(f, i, next + 3); /* it overtook three that were sent before it */
		for (unsigned n = 0; n < 3; n++)
			hear(f, next++);
	}
	expect_counts(f, 0, 0, 0);
}

static void test_hello_of_unknown_lanes(void **state)
{
	struct gb_peer_lane_report lane[2] = {{.lane = 5, .next_sequence = 1000}, {.lane = 0, .next_sequence = 0}};
	struct gb_peer_hello said = {.version = "", .lanes = 2, .lane = lane};
	struct fixture *f = *state;

	for (unsigned i = 0; i < 3; i++)
		gb_peer_hello(hear(f, i), 0, &said, 1);
	expect_counts(f, 0, 0, 0); /* of lane 5 nothing was ever heard; lane 0 is said to have sent nothing */
	lane[1].next_sequence = 1000;
	for (unsigned i = 3; i < 6; i++)
		gb_peer_hello(hear(f, i), 1, &said, 1);
	expect_counts(f, 0, 0, 0); /* on another path */
}

static void test_restart_forgets_hello(void **state)
{
	struct fixture *f = *state;

	hear(f, 0);
	hello(f, 0, 1000);
	hear_epoch(f, 501, 0);
	struct gb_peer_datagram datagram = usual;
	struct gb_peer_lane_report lane = {.lane = 0, .next_sequence = 1};
	struct gb_peer_hello said = {.version = "", .lanes = 1, .lane = &lane};

	datagram.epoch = 501;
	datagram.lane = 1;
	gb_peer_hello(hear_as(f, datagram), 0, &said, 1);
	expect_counts(f, 0, 0, 0);
}

/* ---- the table ------------------------------------------------------------------------------------------------------ */

static const struct gb_peer_view *find(const struct gb_peer_view *view, size_t count, uint64_t sender_id, struct in_addr at)
{
	for (size_t i = 0; i < count; i++)
		if (view[i].sender_id == sender_id && view[i].address.s_addr == at.s_addr)
			return &view[i];
	return NULL;
}

/* A peer is a sender id at an address: neither alone makes it known. */
static void test_peers_are_apart(void **state)
{
	struct gb_peer_datagram datagram = usual;
	struct gb_peer_view view[MAX];
	struct fixture *f = *state;

	for (unsigned round = 0; round < 10; round++)
		for (unsigned who = 0; who < 3; who++) {
			datagram.sender_id = who == 1 ? 78 : 77;
			datagram.address = address(who == 2 ? 2 : 1);
			datagram.sequence = 100 * who + round;
			gb_peer_add_frames(hear_as(f, datagram), who + 1);
			assert_int_equal(f->news, round ? GB_PEER_KNOWN : GB_PEER_NEW);
		}
	assert_int_equal(gb_peers_view(f->peers, view, MAX), 3);
	assert_int_equal(find(view, 3, 77, address(1))->frames, 10);
	assert_int_equal(find(view, 3, 78, address(1))->frames, 20);
	assert_int_equal(find(view, 3, 77, address(2))->frames, 30);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(view[i].lost + view[i].reordered + view[i].duplicates, 0);
	assert_int_equal(gb_peers_view(f->peers, view, 2), 2); /* as much as the asker has room for */
	assert_int_equal(gb_peers_view(f->peers, view, 0), 0);
}

/* A flood of invented peers takes the quietest, one by one; those who are heard stay. */
static void test_quietest_is_reused(void **state)
{
	struct gb_peer_datagram datagram = usual;
	struct gb_peer_view view[MAX + 1];
	struct fixture *f = *state;

	for (unsigned i = 0; i < 5000; i++) {
		f->now++;
		hear(f, i);
		assert_int_equal(f->news, i ? GB_PEER_KNOWN : GB_PEER_NEW);
		f->now++;
		datagram.sender_id = 1000 + i;
		datagram.address = address(i % 7 + 2);
		hear_as(f, datagram);
		assert_int_equal(f->news, GB_PEER_NEW);
		assert_int_equal(gb_peers_view(f->peers, view, MAX + 1), i + 2 < MAX ? i + 2 : MAX);
	}
	assert_non_null(find(view, MAX, 77, address(1)));
	assert_int_equal(find(view, MAX, 77, address(1))->datagrams, 5000);
	for (unsigned i = 4997; i < 5000; i++)
		assert_non_null(find(view, MAX, 1000 + i, address(i % 7 + 2)));
	/* one that had to go is new, and starts at nothing */
	datagram.sender_id = 1000;
	datagram.address = address(2);
	hear_as(f, datagram);
	assert_int_equal(f->news, GB_PEER_NEW);
	assert_int_equal(gb_peers_view(f->peers, view, MAX), MAX);
	assert_int_equal(find(view, MAX, 1000, address(2))->datagrams, 1);
}

static void test_legacy(void **state)
{
	struct fixture *f = *state;
	struct gb_peer_view view[MAX];

	gb_peer_add_frames(gb_peers_legacy(f->peers, address(1), f->now, 10 * f->now, &f->news), 1);
	assert_int_equal(f->news, GB_PEER_NEW);
	gb_peer_add_frames(gb_peers_legacy(f->peers, address(1), f->now, 10 * f->now, &f->news), 1);
	assert_int_equal(f->news, GB_PEER_KNOWN);
	hear(f, 7); /* the same host also speaks native: that is another one */
	assert_int_equal(f->news, GB_PEER_NEW);
	assert_int_equal(gb_peers_view(f->peers, view, MAX), 2);
	const struct gb_peer_view *legacy = find(view, 2, 0, address(1));

	assert_true(legacy->legacy);
	assert_int_equal(legacy->datagrams, 2);
	assert_int_equal(legacy->frames, 2);
	assert_int_equal(legacy->lost + legacy->restarts + legacy->epoch, 0);
	f->now += GB_PEER_SILENT_NS + 1;
	gb_peers_legacy(f->peers, address(1), f->now, 10 * f->now, &f->news);
	assert_int_equal(f->news, GB_PEER_BACK);
	gb_peers_legacy(f->peers, address(1), f->now, 10 * f->now, NULL);
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
		TEST(test_impossible_jump),
		TEST(test_impossible_hello),
		TEST(test_against_account),
		TEST(test_lanes_are_apart),
		TEST(test_lanes_are_reused),
		TEST(test_restart),
		TEST(test_restart_of_all_lanes),
		TEST(test_old_epoch_late),
		TEST(test_clock_set_back),
		TEST(test_silent),
		TEST(test_hello_says),
		TEST(test_hello_finds_tail_loss),
		TEST(test_hello_of_nothing_lost),
		TEST(test_hello_of_unknown_lanes),
		TEST(test_restart_forgets_hello),
		TEST(test_peers_are_apart),
		TEST(test_quietest_is_reused),
		TEST(test_legacy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
