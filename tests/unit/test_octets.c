/* SPDX-License-Identifier: Apache-2.0 */
/* base/octets: the bounds, that bad stays bad, and the byte order. */
#include "test_pure.h"

#include <goose-bridge/octets.h>

static const uint8_t counting[] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF,
				   0xFE, 0xDC, 0xBA, 0x98, 0x76, 0x54, 0x32};

static void test_read_byte_order(void **state)
{
	struct gb_reader r = gb_reader(counting, sizeof(counting));

	(void)state;
	assert_int_equal(gb_read_u8(&r), 0x01);
	assert_int_equal(gb_read_u16(&r), 0x2345); /* from an odd offset, too */
	assert_int_equal(gb_read_u32(&r), 0x6789ABCD);
	assert_int_equal(gb_read_u64(&r), UINT64_C(0xEFFEDCBA98765432));
	assert_int_equal(gb_reader_left(&r), 0);
	assert_false(r.bad);
}

static uint64_t read_integer(struct gb_reader *r, size_t size)
{
	switch (size) {
	case 1:
		return gb_read_u8(r);
	case 2:
		return gb_read_u16(r);
	case 4:
		return gb_read_u32(r);
	default:
		return gb_read_u64(r);
	}
}

/* Each integer from each length: only where all its octets are there is it read. */
static void test_read_bounds(void **state)
{
	static const size_t sizes[] = {1, 2, 4, 8};
	static const uint8_t ones[8] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};

	(void)state;
	for (size_t s = 0; s < COUNT(sizes); s++)
		for (size_t length = 0; length <= 8; length++) {
			uint8_t *octets = exact(ones, length);
			struct gb_reader r = gb_reader(octets, length);
			uint64_t value = read_integer(&r, sizes[s]);
			bool fits = length >= sizes[s];

			assert_int_equal(r.bad, !fits);
			assert_int_equal(gb_reader_left(&r), fits ? length - sizes[s] : 0);
			assert_int_equal(value, fits ? UINT64_MAX >> (64 - 8 * sizes[s]) : 0);
			free(octets);
		}
}

static void test_read_stays_bad(void **state)
{
	struct gb_reader r = gb_reader(counting, 3);

	(void)state;
	assert_int_equal(gb_read_u32(&r), 0);
	assert_true(r.bad);
	/* the three octets are no longer to be had: half a header is none */
	assert_int_equal(gb_reader_left(&r), 0);
	assert_int_equal(gb_read_u8(&r), 0);
	assert_int_equal(gb_read_u16(&r), 0);
	assert_int_equal(gb_read_u64(&r), 0);
	assert_null(gb_read_octets(&r, 1));
	assert_null(gb_read_octets(&r, 0)); /* not even nothing */
	assert_true(r.bad);
}

static void test_read_octets(void **state)
{
	struct gb_reader r = gb_reader(counting, sizeof(counting));

	(void)state;
	assert_ptr_equal(gb_read_octets(&r, 4), counting);
	assert_ptr_equal(gb_read_octets(&r, 0), counting + 4);
	assert_ptr_equal(gb_read_octets(&r, 11), counting + 4);
	assert_non_null(gb_read_octets(&r, 0)); /* nothing, at the very end */
	assert_false(r.bad);
	assert_null(gb_read_octets(&r, 1));
	assert_true(r.bad);

	/* a length that would wrap an offset */
	r = gb_reader(counting, sizeof(counting));
	gb_read_u8(&r);
	assert_null(gb_read_octets(&r, SIZE_MAX));
	assert_true(r.bad);
}

static void test_read_nothing(void **state)
{
	struct gb_reader r = gb_reader(NULL, 0);

	(void)state;
	assert_int_equal(gb_reader_left(&r), 0);
	assert_int_equal(gb_read_u8(&r), 0);
	assert_true(r.bad);
}

static void test_write_byte_order(void **state)
{
	uint8_t octets[sizeof(counting)] = {0};
	struct gb_writer w = gb_writer(octets, sizeof(octets));

	(void)state;
	gb_write_u8(&w, 0x01);
	gb_write_u16(&w, 0x2345);
	gb_write_u32(&w, 0x6789ABCD);
	gb_write_u64(&w, UINT64_C(0xEFFEDCBA98765432));
	assert_int_equal(w.length, sizeof(octets));
	assert_false(w.bad);
	assert_memory_equal(octets, counting, sizeof(counting));
}

static void write_integer(struct gb_writer *w, size_t size)
{
	switch (size) {
	case 1:
		gb_write_u8(w, 0xFF);
		break;
	case 2:
		gb_write_u16(w, 0xFFFF);
		break;
	case 4:
		gb_write_u32(w, UINT32_MAX);
		break;
	default:
		gb_write_u64(w, UINT64_MAX);
	}
}

static void test_write_bounds(void **state)
{
	static const size_t sizes[] = {1, 2, 4, 8};
	static const uint8_t nothing[8];

	(void)state;
	for (size_t s = 0; s < COUNT(sizes); s++)
		for (size_t capacity = 0; capacity <= 8; capacity++) {
			uint8_t *octets = exact(nothing, capacity);
			struct gb_writer w = gb_writer(octets, capacity);
			bool fits = capacity >= sizes[s];

			write_integer(&w, sizes[s]);
			assert_int_equal(w.bad, !fits);
			assert_int_equal(w.length, fits ? sizes[s] : 0);
			for (size_t i = 0; i < capacity; i++)
				assert_int_equal(octets[i], fits && i < sizes[s] ? 0xFF : 0);
			free(octets);
		}
}

static void test_write_stays_bad(void **state)
{
	uint8_t octets[4] = {0};
	struct gb_writer w = gb_writer(octets, sizeof(octets));

	(void)state;
	gb_write_u8(&w, 0x11);
	gb_write_u32(&w, UINT32_MAX);
	assert_true(w.bad);
	/* it would fit: but what comes behind a gap is worth nothing */
	gb_write_u8(&w, 0x22);
	gb_write_u16(&w, 0x3333);
	gb_write_octets(&w, counting, 1);
	assert_false(gb_writer_takes(&w, 1));
	assert_true(w.bad);
	assert_int_equal(w.length, 1);
	assert_int_equal(octets[1] | octets[2] | octets[3], 0);
}

static void test_write_octets(void **state)
{
	uint8_t octets[8] = {0};
	struct gb_writer w = gb_writer(octets, sizeof(octets));

	(void)state;
	gb_write_octets(&w, counting, 3);
	gb_write_octets(&w, NULL, 0);
	gb_write_octets(&w, counting, 4);
	assert_int_equal(w.length, 7);
	assert_memory_equal(octets + 3, counting, 4);
	assert_memory_equal(octets, counting, 3);
	gb_write_octets(&w, counting, 2);
	assert_true(w.bad);
	assert_int_equal(octets[7], 0);

	w = gb_writer(octets, sizeof(octets));
	gb_write_u8(&w, 1);
	assert_false(gb_writer_takes(&w, SIZE_MAX));
	assert_true(w.bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_byte_order), cmocka_unit_test(test_read_bounds),
		cmocka_unit_test(test_read_stays_bad),	cmocka_unit_test(test_read_octets),
		cmocka_unit_test(test_read_nothing),	cmocka_unit_test(test_write_byte_order),
		cmocka_unit_test(test_write_bounds),	cmocka_unit_test(test_write_stays_bad),
		cmocka_unit_test(test_write_octets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
