/* SPDX-License-Identifier: Apache-2.0 */
/* stream: what is known of frames of which only a head was kept, and of a table that did not see all that was carried. */
#include "test_stream.h"

#define KEPT 512 /* octets, as the kernel engine keeps them */

/* ---- heads ---------------------------------------------------------------------------------------------------------- */

static struct message large(unsigned values)
{
	struct message m = usual;

	m.values = values;
	m.tagged = true;
	m.tci = 0x8064;
	m.st = 7;
	return m;
}

/* The first KEPT octets of a frame, in memory that ends where they do. */
static void hear_head(struct fixture *f, const struct message *m, size_t kept)
{
	struct built b = build(m);
	uint8_t *copy = exact(b.octets, kept);
	struct gb_frame frame;

	assert_true(kept <= b.length);
	assert_int_equal(gb_frame_parse_head(copy, kept, b.length, &frame), GB_FRAME_GOOSE);
	assert_true(frame.header_whole);
	assert_int_equal(frame.length, b.length);
	gb_streams_frames(f->streams, &frame, 1, f->now, f->now + TO_UTC);
	free(copy);
}

static void test_head_tells_what_the_whole_does(void **state)
{
	struct fixture *f = *state;
	struct message m = large(300);
	struct gb_stream_detail whole, head;

	hear(f, &m);
	m.sq++;
	hear_head(f, &m, KEPT);
	assert_int_equal(gb_streams_detail(f->streams, only(f).index, &head), 0);
	assert_int_equal(head.view.frames, 2);
	assert_int_equal(head.view.octets, 2 * build(&m).length);
	assert_int_equal(head.view.lost + head.view.duplicates + head.view.decode_errors, 0);
	assert_int_equal(head.view.sq_num, m.sq);
	assert_true(head.all_data_cut);

	m.sq++;
	hear(f, &m);
	assert_int_equal(gb_streams_detail(f->streams, only(f).index, &whole), 0);
	assert_int_equal(whole.view.lost + whole.view.duplicates + whole.view.decode_errors, 0);
	assert_int_equal(whole.all_data_length, GB_STREAM_DATA_MAX);
	assert_true(head.all_data_length <= whole.all_data_length);
	assert_memory_equal(head.all_data, whole.all_data, head.all_data_length);
	assert_string_equal(head.view.dat_set, whole.view.dat_set);
	assert_int_equal(head.view.num_dat_set_entries, 300);
	assert_int_equal(counts_of(f).decode_errors, 0);
}

/* Wherever the head ends, that is no fault of the publisher's; and nothing behind it is read. */
static void test_heads_of_all_lengths(void **state)
{
	struct fixture *f = *state;
	struct message m = large(300);
	size_t length = build(&m).length;

	for (size_t kept = GB_FRAME_HEAD_MIN; kept <= length; kept++) {
		m.sq++;
		hear_head(f, &m, kept);
		assert_int_equal(counts_of(f).decode_errors, 0);
	}
	assert_int_equal(only(f).decode_errors, 0);
	assert_int_equal(only(f).sq_num, m.sq);
	assert_int_equal(only(f).lost, 0);
}

/* What is wrong in what is there is still found. */
static void test_faults_in_a_head(void **state)
{
	struct fixture *f = *state;
	struct message m = large(300);

	m.bad_sq = true;
	hear_head(f, &m, KEPT);
	assert_int_equal(only(f).decode_errors, 1);
	assert_int_equal(only(f).last_error, GB_PDU_FIELD_SIZE);
}

/* A frame that is cut within its padding is whole all the same. */
static void test_only_what_follows_the_message_is_missing(void **state)
{
	struct fixture *f = *state;
	struct built b = build(&usual);
	struct gb_frame frame;

	assert_int_equal(gb_frame_parse_head(b.octets, b.length, b.length + 40, &frame), GB_FRAME_GOOSE);
	gb_streams_frames(f->streams, &frame, 1, f->now, f->now + TO_UTC);
	assert_int_equal(only(f).decode_errors, 0);
	assert_int_equal(only(f).octets, b.length + 40);
}

/* ---- frames that nobody saw ----------------------------------------------------------------------------------------- */

static void test_missed_is_not_lost(void **state)
{
	struct fixture *f = *state;

	hear_numbers(f, 1, 5);
	gb_streams_missed(f->streams, f->now);
	hear_numbers(f, 1, 9);
	assert_int_equal(only(f).lost, 0);
	assert_int_equal(only(f).sq_num, 9);
	hear_numbers(f, 1, 12); /* from here on all was seen */
	assert_int_equal(only(f).lost, 2);
	gb_streams_missed(f->streams, f->now);
	hear_numbers(f, 5, 3);
	assert_int_equal(only(f).lost, 2);
	assert_int_equal(only(f).state_changes, 1);
	hear_numbers(f, 6, 1);
	assert_int_equal(only(f).lost, 3); /* number 0 of its state */
	assert_int_equal(told_in_all(f), 0);
}

/* What was carried unseen is not missing: who sends it again is no late one that was lost before. */
static void test_missed_is_not_found(void **state)
{
	struct fixture *f = *state;

	hear_numbers(f, 1, 5);
	gb_streams_missed(f->streams, f->now);
	hear_numbers(f, 1, 9);
	hear_numbers(f, 1, 7);
	assert_int_equal(only(f).recovered, 0);
	hear_numbers(f, 1, 12);
	hear_numbers(f, 1, 11);
	assert_int_equal(only(f).lost, 2);
	assert_int_equal(only(f).recovered, 1);
}

/* A flood that hides messages must not let a recorded one pass as new. */
static void test_old_ones_are_still_old(void **state)
{
	struct fixture *f = *state;

	hear_numbers(f, 3, 5);
	gb_streams_missed(f->streams, f->now);
	hear_numbers(f, 3, 5);
	assert_int_equal(only(f).duplicates, 1);
	hear_numbers(f, 2, 1);
	assert_int_equal(only(f).replays_suspected, 1);
	assert_int_equal(only(f).st_num, 3);
	hear_numbers(f, 3, 9); /* they did not end it */
	assert_int_equal(only(f).lost, 0);
}

static void test_a_living_stream_gets_its_time_again(void **state)
{
	struct fixture *f = *state;

	hear_numbers(f, 1, 0); /* 500 ms */
	pass(f, 400 * MS);
	gb_streams_missed(f->streams, f->now);
	pass(f, 499 * MS);
	assert_int_equal(only(f).state, GB_STREAM_NEW);
	pass(f, 30 * MS);
	assert_int_equal(only(f).state, GB_STREAM_EXPIRED);
	assert_int_equal(only(f).expirations, 1);
	gb_streams_missed(f->streams, f->now); /* that does not wake it */
	pass(f, SECOND);
	assert_int_equal(only(f).state, GB_STREAM_EXPIRED);
	assert_int_equal(f->told[GB_EVENT_STREAM_EXPIRED], 1);
	hear_numbers(f, 1, 100);
	assert_int_equal(only(f).state, GB_STREAM_ACTIVE);
	assert_int_equal(only(f).lost, 0);
}

/* Told after its time was over, but before anybody looked: it may have been heard. */
static void test_noticed_in_time(void **state)
{
	struct fixture *f = *state;

	hear_numbers(f, 1, 0);
	f->now += 2 * SECOND;
	gb_streams_missed(f->streams, f->now);
	expire(f);
	assert_int_equal(only(f).state, GB_STREAM_NEW);
	hear_numbers(f, 1, 4);
	assert_int_equal(only(f).lost, 0);
	assert_int_equal(only(f).expirations, 0);
	assert_int_equal(told_in_all(f), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_head_tells_what_the_whole_does, setup, teardown),
		cmocka_unit_test_setup_teardown(test_heads_of_all_lengths, setup, teardown),
		cmocka_unit_test_setup_teardown(test_faults_in_a_head, setup, teardown),
		cmocka_unit_test_setup_teardown(test_only_what_follows_the_message_is_missing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_missed_is_not_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(test_missed_is_not_found, setup, teardown),
		cmocka_unit_test_setup_teardown(test_old_ones_are_still_old, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_living_stream_gets_its_time_again, setup, teardown),
		cmocka_unit_test_setup_teardown(test_noticed_in_time, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
