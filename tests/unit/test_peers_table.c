/* SPDX-License-Identifier: Apache-2.0 */
/* stats/peers: what hellos add, and the table of peers with its bound. */
#include "test_peers.h"

/* ---- hellos ---------------------------------------------------------------------- */

static void test_hello_says(void **state)
{
	struct gb_peer_hello said = {
		.epoch = usual.epoch, .version = "a version text of far more than 32 octets", .path_mtu = 8500,
		.interval_s = 1};
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

/* Behind the end of a burst nothing shows a gap. The hello tells how far it went; it is judged at the next one, when
 * what was under way has come.
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
	hear(f, 4); /* very late, and not lost after all */
	expect_counts(f, 2, 1, 0);
	hear(f, 4);
	expect_counts(f, 2, 1, 1);
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
	struct gb_peer_hello said = {.epoch = usual.epoch, .version = "", .lanes = 2, .lane = lane};
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
	struct gb_peer_hello said = {.epoch = 501, .version = "", .lanes = 1, .lane = &lane};

	hello(f, 1, 1000); /* sent before the restart, and comes only now */
	datagram.epoch = 501;
	datagram.lane = 1;
	gb_peer_hello(hear_as(f, datagram), 0, &said, 1);
	expect_counts(f, 0, 1, 0);
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

/* ---- the table ------------------------------------------------------------------- */

static const struct gb_peer_view *find(const struct gb_peer_view *view, size_t count, uint64_t sender_id,
				       struct in_addr at)
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
		TEST(test_impossible_jump),
		TEST(test_impossible_hello),
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
