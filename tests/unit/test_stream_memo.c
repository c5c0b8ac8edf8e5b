/* SPDX-License-Identifier: Apache-2.0 */
/* A message that repeats the latest one is not taken apart: what comes of it has to be what the long way makes of it. Here each
 * frame is heard by a table that remembers and by one that is made to forget before; afterwards both know the same.
 */
#include "test_stream.h"

#include "module/stream/stream_private.h"

struct two {
	struct fixture *remembers, *forgets;
};

static struct two two_new(void)
{
	struct two t = {calloc(1, sizeof(struct fixture)), calloc(1, sizeof(struct fixture))};

	renew(t.remembers, GB_STREAM_TO_GOOSE0, MAX, 0);
	renew(t.forgets, GB_STREAM_TO_GOOSE0, MAX, 0);
	return t;
}

static void two_free(struct two *t)
{
	gb_streams_destroy(t->remembers->streams);
	gb_streams_destroy(t->forgets->streams);
	free(t->remembers);
	free(t->forgets);
}

static void expect_equal(const struct two *t)
{
	struct gb_stream_detail a, b;
	struct gb_streams_counts counts = counts_of(t->remembers), other = counts_of(t->forgets);

	assert_memory_equal(&counts, &other, sizeof(counts));
	assert_memory_equal(t->remembers->told, t->forgets->told, sizeof(t->remembers->told));
	for (uint32_t index = 2; index <= 2 * MAX; index += 2) {
		memset(&a, 0, sizeof(a));
		memset(&b, 0, sizeof(b));
		assert_int_equal(gb_streams_detail(t->remembers->streams, index, &a),
				 gb_streams_detail(t->forgets->streams, index, &b));
		assert_memory_equal(&a, &b, sizeof(a));
	}
}

static void two_hear(struct two *t, const uint8_t *octets, size_t length)
{
	memset(t->forgets->streams->memo, 0, (t->forgets->streams->mask + 1) * sizeof(uint32_t));
	hear_octets(t->remembers, octets, length);
	hear_octets(t->forgets, octets, length);
}

static void two_pass(struct two *t, uint64_t ns)
{
	pass(t->remembers, ns);
	pass(t->forgets, ns);
}

static struct message message_with(uint32_t st, uint32_t sq)
{
	struct message m = usual;

	m.st = st;
	m.sq = sq;
	m.t += st;
	return m;
}

/* Each octet of the second message altered in each of its bits. */
static void test_every_bit(void **state)
{
	struct message first = message_with(5, 3), second = message_with(5, 4);
	struct built one = build(&first), two = build(&second);
	struct gb_frame frame;

	(void)state;
	for (unsigned bit = 0; bit < two.length * 8; bit++) {
		struct two t = two_new();
		struct built altered = two;

		altered.octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
		two_hear(&t, one.octets, one.length);
		two_pass(&t, 10 * MS);
		if (gb_frame_parse(altered.octets, altered.length, &frame) == GB_FRAME_GOOSE)
			two_hear(&t, altered.octets, altered.length);
		two_hear(&t, two.octets, two.length);
		expect_equal(&t);
		two_free(&t);
	}
}

/* All that numbers and time can do. */
static void test_numbers(void **state)
{
	static const struct {
		uint32_t st, sq;
		unsigned ms; /* before it */
	} steps[] = {
		{5, 3, 0}, {5, 4, 10}, {5, 5, 10}, {5, 5, 1}, {5, 4, 1}, {5, 9, 5}, {5, 7, 1}, {5, 10, 5000}, {5, 10, 0},
		{5, 2, 20000}, {5, 3, 10}, {6, 0, 5}, {6, 1, 5}, {5, 4, 1}, {6, 2, 1}, {6, 127, 1},
		{6, 128, 1}, {6, 0xFFFFFFFF, 1},
		{1, 0, 30000}, {1, 1, 10}, {1, 1, 30000}, {1, 2, 1},
	};
	struct two t = two_new();

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct message m = message_with(steps[i].st, steps[i].sq);
		struct built b = build(&m);

		two_pass(&t, steps[i].ms * MS);
		two_hear(&t, b.octets, b.length);
		expect_equal(&t);
	}
	two_free(&t);
}

/* What is wrong in a message is counted each time that it comes. */
static void test_errors_are_counted_again(void **state)
{
	struct two t = two_new();
	struct message m = message_with(1, 1);

	(void)state;
	m.bad_data = true;
	for (unsigned i = 0; i < 3; i++, m.sq++) {
		struct built b = build(&m);

		two_hear(&t, b.octets, b.length);
		expect_equal(&t);
	}
	assert_int_equal(only(t.remembers).decode_errors, 3);
	two_free(&t);
}

/* The priority is no part of which stream it is, and is that of the latest frame, though that said nothing new. */
static void test_priorities(void **state)
{
	static const struct {
		uint32_t sq;
		uint16_t tci;
	} steps[] = {{3, 0x8005}, {3, 0x2005}, {4, 0x8005}, {3, 0xE005}, {5, 0x8005}, {5, 0x8005}};
	struct two t = two_new();

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct message m = message_with(1, steps[i].sq);

		m.tagged = true;
		m.tci = steps[i].tci;
		struct built b = build(&m);

		two_hear(&t, b.octets, b.length);
		expect_equal(&t);
		assert_int_equal(only(t.remembers).vlan_priority, steps[i].tci >> 13);
	}
	two_free(&t);
}

/* An expired stream that cannot be replaced by another that fits, for want of room in a bucket, stays what it was. */
static void test_no_room_in_the_bucket(void **state)
{
	struct fixture *f = *state;
	struct message m = message_with(5, 3), other = message_with(9, 0);
	struct gb_stream_expected open = {.key = {.direction = GB_STREAM_TO_GOOSE0}};

	snprintf(open.key.gocb_ref, sizeof(open.key.gocb_ref), "%s", m.ref);
	f->streams->mask = 0; /* all in one */
	assert_int_equal(gb_streams_expect(f->streams, &open, f->now), 0);
	hear(f, &m);
	other.ref = "IED1LD0/LLN0$GO$gcb2";
	for (unsigned i = 1; i < 32; i++) {
		other.source = (uint8_t)(i + 1);
		hear(f, &other);
	}
	pass(f, 60000 * MS);
	assert_int_equal(view_at(f, 0).state, GB_STREAM_EXPIRED);
	other.ref = m.ref;
	other.source = 99;
	hear(f, &other);
	assert_int_equal(counts_of(f).refused, 1);
	assert_int_equal(view_at(f, 0).st_num, 5);
	m.sq = 4;
	hear(f, &m);
	assert_int_equal(view_at(f, 0).st_num, 5);
	assert_int_equal(view_at(f, 0).sq_num, 4);
}

/* An entry that is used again, or was forgotten, stands for no frame that its stream had. */
static void test_an_entry_of_another(void **state)
{
	struct fixture *f = *state;
	struct message m = message_with(1, 1);
	struct gb_stream_key key;

	hear(f, &m);
	key = only(f).key;
	pass(f, 60000 * MS);
	assert_int_equal(gb_streams_forget(f->streams, &key), 1);
	assert_int_equal(counts_of(f).streams, 0);
	hear(f, &m);
	assert_int_equal(only(f).frames, 1);
	assert_int_equal(only(f).state, GB_STREAM_NEW);
}

/* Two that the memo cannot tell apart: same addresses, APPID and length. */
static void test_two_in_one_place(void **state)
{
	struct fixture *f = *state;
	struct message a = message_with(1, 0), b = message_with(1, 0);

	a.ref = "gcb1"; /* so short that they are not looked at */
	b.ref = "gcb2";
	for (unsigned i = 0; i < 10; i++, a.sq++, b.sq++) {
		hear(f, &a);
		hear(f, &b);
	}
	assert_int_equal(counts_of(f).streams, 2);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(view_at(f, i).frames, 10);
		assert_int_equal(view_at(f, i).sq_num, 9);
		assert_int_equal(view_at(f, i).lost + view_at(f, i).duplicates, 0);
	}
}

/* Control blocks of one device, told apart by a digit of their reference, are remembered each for itself. */
static void test_spread(void **state)
{
	struct fixture *f = *state;
	unsigned used = 0;

	renew(f, GB_STREAM_TO_GOOSE0, 1000, 0);
	for (unsigned i = 0; i < 1000; i++) {
		struct message m = message_with(1, 0);
		char ref[40];

		snprintf(ref, sizeof(ref), "IED1LD0/LLN0$GO$gcb%04u", i);
		m.ref = ref;
		hear(f, &m);
	}
	for (uint32_t i = 0; i <= f->streams->mask; i++)
		used += f->streams->memo[i] != 0;
	assert_int_equal(counts_of(f).streams, 1000);
	/* by chance 780 of 2,048 places are taken */
	assert_true(used > 700);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_bit),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_errors_are_counted_again),
		cmocka_unit_test(test_priorities),
		cmocka_unit_test_setup_teardown(test_no_room_in_the_bucket, setup, teardown),
		cmocka_unit_test_setup_teardown(test_an_entry_of_another, setup, teardown),
		cmocka_unit_test_setup_teardown(test_two_in_one_place, setup, teardown),
		cmocka_unit_test_setup_teardown(test_spread, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
