/* SPDX-License-Identifier: Apache-2.0 */
/* tunnel/reassembly: frames from pieces in any order, and bounds that no sender can pass. */
#include "test_pure.h"

#include <goose-bridge/tunnel.h>

#define TIMEOUT 1000
#define SLOTS	8

static const struct gb_reassembly_key alice = {.address = 1, .path_id = 0, .lane = 0, .sender_id = 11, .epoch = 100};
static const struct gb_reassembly_key bob = {.address = 2, .path_id = 0, .lane = 0, .sender_id = 22, .epoch = 100};

struct fixture {
	struct gb_reassembly *r;
	uint8_t frame[GB_TUNNEL_FRAME_MAX]; /* what is sent */
	const uint8_t *got;
	size_t length;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	uint64_t random = 88;

	if (!f)
		return -1;
	f->r = gb_reassembly_create(SLOTS);
	for (size_t i = 0; i < sizeof(f->frame); i++)
		f->frame[i] = (uint8_t)next_random(&random);
	*state = f;
	return f->r ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	gb_reassembly_destroy(f->r);
	free(f);
	return 0;
}

/* LENGTH octets from OFFSET on, of the frame ID of SIZE octets: as they came, in memory that ends where they end. */
static enum gb_reassembly_verdict add(struct fixture *f, const struct gb_reassembly_key *key, uint32_t id, size_t size,
				      size_t offset, size_t length, uint64_t now)
{
	uint8_t *octets = exact(f->frame + offset, length);
	struct gb_piece piece = {id, (uint16_t)size, (uint16_t)offset, octets, length};
	enum gb_reassembly_verdict verdict = gb_reassembly_add(f->r, key, &piece, now, TIMEOUT, &f->got, &f->length);

	free(octets);
	return verdict;
}

static void expect_frame(const struct fixture *f, size_t size)
{
	assert_int_equal(f->length, size);
	assert_memory_equal(f->got, f->frame, size);
}

static unsigned given_up(struct fixture *f, uint64_t now)
{
	return gb_reassembly_expire(f->r, now, TIMEOUT);
}

static void test_in_order(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(add(f, &alice, 7, 1518, 0, 1424, 10), GB_REASSEMBLY_PENDING);
	assert_int_equal(add(f, &alice, 7, 1518, 1424, 94, 10), GB_REASSEMBLY_WHOLE);
	expect_frame(f, 1518);
	assert_int_equal(given_up(f, 10 + 10 * TIMEOUT), 0);
}

/* All orders of five pieces of unequal lengths, frame after frame through the same slots. */
static void test_any_order(void **state)
{
	static const struct {
		size_t offset, length;
	} pieces[5] = {{0, 8}, {8, 400}, {408, 16}, {424, 64}, {488, 13}};
	struct fixture *f = *state;

	for (unsigned order = 0; order < 120; order++) {
		unsigned left[5] = {0, 1, 2, 3, 4}, code = order;

		for (unsigned n = 5; n > 0; n--) {
			unsigned pick = code % n, i = left[pick];

			code /= n;
			left[pick] = left[n - 1];
			assert_int_equal(add(f, &alice, order, 501, pieces[i].offset, pieces[i].length, 10),
					 n > 1 ? GB_REASSEMBLY_PENDING : GB_REASSEMBLY_WHOLE);
		}
		expect_frame(f, 501);
	}
	assert_int_equal(given_up(f, 10 + 10 * TIMEOUT), 0);
}

/* Every frame length in 8-octet pieces, shuffled: exact to the last octet. */
static void test_every_length(void **state)
{
	struct fixture *f = *state;
	uint64_t random = 99;

	for (size_t size = GB_TUNNEL_FRAME_MIN; size <= 260; size++) {
		size_t units = (size + 7) / 8, order[40];

		for (size_t i = 0; i < units; i++)
			order[i] = i;
		for (size_t i = units - 1; i > 0; i--) {
			size_t j = next_random(&random) % (i + 1), kept = order[i];

			order[i] = order[j];
			order[j] = kept;
		}
		for (size_t i = 0; i < units; i++) {
			size_t offset = order[i] * 8, length = size - offset < 8 ? size - offset : 8;

			assert_int_equal(add(f, &bob, (uint32_t)size, size, offset, length, 10),
					 i + 1 < units ? GB_REASSEMBLY_PENDING : GB_REASSEMBLY_WHOLE);
		}
		expect_frame(f, size);
	}
}

static void test_largest(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(add(f, &alice, 1, GB_TUNNEL_FRAME_MAX, 9232, GB_TUNNEL_FRAME_MAX - 9232, 10),
			 GB_REASSEMBLY_PENDING);
	assert_int_equal(add(f, &alice, 1, GB_TUNNEL_FRAME_MAX, 0, 9232, 10), GB_REASSEMBLY_WHOLE);
	expect_frame(f, GB_TUNNEL_FRAME_MAX);
	/* in as many pieces as can be */
	for (size_t offset = 0; offset < GB_TUNNEL_FRAME_MAX; offset += 8) {
		size_t length = GB_TUNNEL_FRAME_MAX - offset < 8 ? GB_TUNNEL_FRAME_MAX - offset : 8;

		assert_int_equal(add(f, &alice, 2, GB_TUNNEL_FRAME_MAX, offset, length, 10),
				 offset + length < GB_TUNNEL_FRAME_MAX ? GB_REASSEMBLY_PENDING : GB_REASSEMBLY_WHOLE);
	}
	expect_frame(f, GB_TUNNEL_FRAME_MAX);
}

static void test_duplicates(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(add(f, &alice, 1, 100, 0, 32, 10), GB_REASSEMBLY_PENDING);
	assert_int_equal(add(f, &alice, 1, 100, 0, 32, 11), GB_REASSEMBLY_DUPLICATE);
	assert_int_equal(add(f, &alice, 1, 100, 96, 4, 11), GB_REASSEMBLY_PENDING);
	assert_int_equal(add(f, &alice, 1, 100, 96, 4, 12), GB_REASSEMBLY_DUPLICATE);
	/* cut otherwise, the same octets */
	assert_int_equal(add(f, &alice, 1, 100, 8, 16, 12), GB_REASSEMBLY_DUPLICATE);
	assert_int_equal(add(f, &alice, 1, 100, 32, 64, 13), GB_REASSEMBLY_WHOLE);
	expect_frame(f, 100);
	assert_int_equal(given_up(f, 10 + 10 * TIMEOUT), 0);
}

/* The frame is gone, which the verdict says and nothing else counts; pieces that come after it start it anew. */
static void expect_conflict(struct fixture *f, uint32_t id, size_t size, size_t offset, size_t length)
{
	assert_int_equal(add(f, &alice, id, 100, 32, 32, 10), GB_REASSEMBLY_PENDING);
	assert_int_equal(add(f, &alice, id, size, offset, length, 10), GB_REASSEMBLY_CONFLICT);
	assert_int_equal(given_up(f, 10), 0);
	assert_int_equal(add(f, &alice, id, 100, 0, 64, 10), GB_REASSEMBLY_PENDING);
	assert_int_equal(add(f, &alice, id, 100, 64, 36, 10), GB_REASSEMBLY_WHOLE);
	expect_frame(f, 100);
}

static void test_conflicts(void **state)
{
	struct fixture *f = *state;

	expect_conflict(f, 1, 100, 0, 40);  /* overlaps the beginning */
	expect_conflict(f, 2, 100, 56, 16); /* overlaps the end */
	expect_conflict(f, 3, 100, 0, 96);  /* swallows it */
	expect_conflict(f, 4, 101, 96, 5);  /* another length */
	expect_conflict(f, 5, 99, 96, 3);
	expect_conflict(f, 6, 108, 32, 32); /* even where the octets are the same */
	assert_int_equal(given_up(f, 10 + 10 * TIMEOUT), 0);
}

static void test_other_octets(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(add(f, &alice, 1, 100, 32, 32, 10), GB_REASSEMBLY_PENDING);
	f->frame[63] ^= 1;
	assert_int_equal(add(f, &alice, 1, 100, 32, 32, 10), GB_REASSEMBLY_CONFLICT);
	assert_int_equal(given_up(f, 10 + 10 * TIMEOUT), 0);
}

/* A network that repeats datagrams: what comes of a frame after it was whole is no new one. */
static void test_after_it_was_whole(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(add(f, &alice, 1, 100, 0, 64, 10),
				 i ? GB_REASSEMBLY_DUPLICATE : GB_REASSEMBLY_PENDING);
		assert_int_equal(add(f, &alice, 1, 100, 64, 36, 10), i ? GB_REASSEMBLY_DUPLICATE : GB_REASSEMBLY_WHOLE);
	}
	assert_int_equal(add(f, &alice, 1, 100, 8, 56, 10 + TIMEOUT), GB_REASSEMBLY_DUPLICATE);
	assert_int_equal(given_up(f, 10 + TIMEOUT + 1), 0); /* forgotten, but not for want of a piece */
	assert_int_equal(add(f, &alice, 1, 100, 0, 64, 10 + TIMEOUT + 1), GB_REASSEMBLY_PENDING);
	assert_int_equal(given_up(f, 10 + 3 * TIMEOUT), 1);
}

/* What is whole already has to go before anything that is still under way: in a source's share, and in the table. */
static void test_whole_goes_first(void **state)
{
	struct gb_reassembly_key key = alice;
	struct fixture *f = *state;

	assert_int_equal(add(f, &alice, 1, 100, 0, 64, 1), GB_REASSEMBLY_PENDING);
	for (uint32_t id = 2; id < 20; id++) {
		assert_int_equal(add(f, &alice, id, 100, 0, 64, id), GB_REASSEMBLY_PENDING);
		assert_int_equal(add(f, &alice, id, 100, 64, 36, id), GB_REASSEMBLY_WHOLE);
	}
	assert_int_equal(add(f, &alice, 1, 100, 64, 36, 20), GB_REASSEMBLY_WHOLE);
	for (unsigned i = 0; i < SLOTS; i++) {
		key.address = 100 + i;
		assert_int_equal(add(f, &key, 1, 100, 0, 64, 21 + i), GB_REASSEMBLY_PENDING);
	}
	assert_int_equal(given_up(f, 30), 0);
	for (unsigned i = 0; i < SLOTS; i++) {
		key.address = 100 + i;
		assert_int_equal(add(f, &key, 1, 100, 64, 36, 30), GB_REASSEMBLY_WHOLE);
	}
}

static void test_timeout(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(add(f, &alice, 1, 100, 0, 32, 5000), GB_REASSEMBLY_PENDING);
	assert_int_equal(add(f, &alice, 1, 100, 32, 32, 5900), GB_REASSEMBLY_PENDING); /* gives no more time */
	assert_int_equal(given_up(f, 5000 + TIMEOUT), 0);
	assert_int_equal(given_up(f, 5000 + TIMEOUT + 1), 1);
	assert_int_equal(given_up(f, 9000), 0);
	/* the rest alone is a frame that lacks its beginning */
	assert_int_equal(add(f, &alice, 1, 100, 64, 36, 9000), GB_REASSEMBLY_PENDING);
	assert_int_equal(given_up(f, 9000), 0);

	/* whoever adds expires, too: pieces from before never end up in a frame */
	assert_int_equal(add(f, &alice, 1, 100, 0, 64, 9001 + TIMEOUT), GB_REASSEMBLY_PENDING);
	assert_int_equal(given_up(f, 9001 + TIMEOUT), 1);
	assert_int_equal(add(f, &alice, 1, 100, 64, 36, 9001 + TIMEOUT), GB_REASSEMBLY_WHOLE);
	expect_frame(f, 100);
}

static void test_just_in_time(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(add(f, &alice, 1, 100, 0, 64, 5000), GB_REASSEMBLY_PENDING);
	assert_int_equal(add(f, &alice, 1, 100, 64, 36, 5000 + TIMEOUT), GB_REASSEMBLY_WHOLE);
	expect_frame(f, 100);
}

/* The same frame id from whoever differs in any part of the key is another frame. */
static void test_other_senders(void **state)
{
	struct gb_reassembly_key others[] = {alice, alice, alice, alice, alice};
	struct fixture *f = *state;

	others[0].address++;
	others[1].path_id++;
	others[2].lane++;
	others[3].sender_id++;
	others[4].epoch++;
	for (size_t i = 0; i < COUNT(others); i++) {
		uint32_t id = 1000 + (uint32_t)i;

		assert_int_equal(add(f, &alice, id, 100, 0, 64, 10), GB_REASSEMBLY_PENDING);
		assert_int_equal(add(f, &others[i], id, 100, 64, 36, 10), GB_REASSEMBLY_PENDING);
		f->frame[0] ^= 0xFF; /* they carry different frames */
		assert_int_equal(add(f, &others[i], id, 100, 0, 64, 10), GB_REASSEMBLY_WHOLE);
		expect_frame(f, 100);
		f->frame[0] ^= 0xFF;
		assert_int_equal(add(f, &alice, id, 100, 64, 36, 10), GB_REASSEMBLY_WHOLE);
		expect_frame(f, 100);
	}
	assert_int_equal(given_up(f, 10 + 10 * TIMEOUT), 0);
}

/* A source with four frames under way gives up its own oldest, whatever room there is; nobody else's. */
static void test_share_of_a_source(void **state)
{
	struct gb_reassembly_key lane = alice;
	struct fixture *f = *state;

	assert_int_equal(add(f, &bob, 1, 100, 0, 64, 1), GB_REASSEMBLY_PENDING); /* the oldest of all */
	for (uint32_t id = 1; id <= 4; id++) {
		lane.lane = (uint16_t)id; /* lanes, epochs and invented sender ids make no other source of it */
		lane.epoch = id;
		lane.sender_id = id;
		assert_int_equal(add(f, &lane, id, 100, 0, 64, 1 + id), GB_REASSEMBLY_PENDING);
	}
	assert_int_equal(given_up(f, 10), 0);
	assert_int_equal(add(f, &alice, 5, 100, 0, 64, 6), GB_REASSEMBLY_PENDING);
	assert_int_equal(given_up(f, 10), 1);
	assert_int_equal(add(f, &bob, 1, 100, 64, 36, 10), GB_REASSEMBLY_WHOLE);
	for (uint32_t id = 2; id <= 4; id++) {
		lane.lane = (uint16_t)id;
		lane.epoch = id;
		lane.sender_id = id;
		assert_int_equal(add(f, &lane, id, 100, 64, 36, 10), GB_REASSEMBLY_WHOLE);
	}
	assert_int_equal(add(f, &alice, 5, 100, 64, 36, 10), GB_REASSEMBLY_WHOLE);
	lane.lane = 1;
	lane.epoch = 1;
	lane.sender_id = 1;
	assert_int_equal(add(f, &lane, 1, 100, 64, 36, 10), GB_REASSEMBLY_PENDING); /* that one had to go */
	assert_int_equal(given_up(f, 10), 0);
}

/* With all slots taken the oldest of all goes. */
static void test_full(void **state)
{
	struct fixture *f = *state;
	struct gb_reassembly_key key = alice;

	for (unsigned i = 0; i < SLOTS + 1; i++) {
		key.address = 100 + i;
		assert_int_equal(add(f, &key, 1, 100, 0, 64, 10 + i), GB_REASSEMBLY_PENDING);
		assert_int_equal(given_up(f, 20), i == SLOTS);
	}
	for (unsigned i = 1; i < SLOTS + 1; i++) {
		key.address = 100 + i;
		assert_int_equal(add(f, &key, 1, 100, 64, 36, 20), GB_REASSEMBLY_WHOLE);
		expect_frame(f, 100);
	}
	key.address = 100;
	assert_int_equal(add(f, &key, 1, 100, 64, 36, 20), GB_REASSEMBLY_PENDING);
}

/* Nothing of a slot's last frame shows in its next one. */
static void test_slots_are_clean(void **state)
{
	struct fixture *f = *state;

	for (unsigned round = 0; round < 3 * SLOTS; round++) {
		assert_int_equal(add(f, &alice, round, 200, 0, 128, 10), GB_REASSEMBLY_PENDING);
		assert_int_equal(add(f, &alice, round, 200, 128, 72, 10), GB_REASSEMBLY_WHOLE);
		f->frame[round]++;
	}
	assert_int_equal(add(f, &alice, 999, 24, 0, 8, 10), GB_REASSEMBLY_PENDING);
	assert_int_equal(add(f, &alice, 999, 24, 16, 8, 10), GB_REASSEMBLY_PENDING);
	assert_int_equal(add(f, &alice, 999, 24, 8, 8, 10), GB_REASSEMBLY_WHOLE);
	expect_frame(f, 24);
}


int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_in_order),
		TEST(test_any_order),
		TEST(test_every_length),
		TEST(test_largest),
		TEST(test_duplicates),
		TEST(test_conflicts),
		TEST(test_other_octets),
		TEST(test_after_it_was_whole),
		TEST(test_whole_goes_first),
		TEST(test_timeout),
		TEST(test_just_in_time),
		TEST(test_other_senders),
		TEST(test_share_of_a_source),
		TEST(test_full),
		TEST(test_slots_are_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
