/* SPDX-License-Identifier: Apache-2.0 */
/* goose/pdu: recorded frames cut short and altered everywhere. Nothing is read beyond them; no part passes for the whole.
 * Of what is known to be the head of a longer one, nothing wrong is said.
 */
#include "test_captures.h"
#include "test_pure.h"

#include <goose-bridge/goose.h>
#include <goose-bridge/pdu.h>

/* The PDU of a frame without what surrounds it. */
static const uint8_t *pdu_of(const char *where, const uint8_t *octets, size_t length, size_t *size)
{
	struct gb_frame frame;

	if (gb_frame_parse(octets, length, &frame) != GB_FRAME_GOOSE || !frame.header_whole)
		fail_msg("%s", where);
	*size = frame.goose_length - GB_GOOSE_HEADER;
	return octets + frame.payload + GB_GOOSE_HEADER;
}

/* Reads all that was found, and walks: as many values as the summary says, and the same end. */
static void use(const uint8_t *octets, size_t length, const struct gb_pdu *pdu)
{
	const struct gb_octets texts[] = {pdu->gocb_ref, pdu->dat_set, pdu->go_id, pdu->t};
	struct gb_values walk = gb_values(pdu->all_data);
	uint32_t entries = 0, values[GB_VALUE_TYPE_COUNT] = {0};
	struct gb_value value;
	enum gb_pdu_error error;

	for (size_t i = 0; i < COUNT(texts); i++) {
		assert_true(texts[i].length <= GB_PDU_TEXT_MAX);
		for (size_t at = 0; i < 3 && at < texts[i].length; at++)
			assert_true(texts[i].octets[at] >= ' ' && texts[i].octets[at] <= '~');
		if (texts[i].octets)
			assert_true(texts[i].octets > octets && texts[i].octets + texts[i].length <= octets + length);
	}
	while (gb_values_next(&walk, &value, &error)) {
		values[value.type]++;
		entries += value.depth == 0;
		assert_true(value.content.octets + value.content.length <= octets + length);
	}
	assert_int_equal(entries, pdu->entries);
	assert_memory_equal(values, pdu->values, sizeof(values));
	if (pdu->all_data.octets)
		assert_int_equal(!error, !!(pdu->fields & GB_PDU_HAS_ALL_DATA));
}

/* A head of KEPT octets: nothing behind it is read, and nothing is said of it that the whole does not say, too. */
static void decode_head(const uint8_t *octets, size_t kept, size_t length, enum gb_pdu_error error, const struct gb_pdu *whole)
{
	uint8_t *copy = exact(octets, kept);
	struct gb_pdu pdu;
	enum gb_pdu_error found = gb_pdu_decode_head(copy, kept, length, &pdu);

	if (pdu.all_data.octets)
		assert_true(pdu.all_data.octets + pdu.all_data.length <= copy + kept);
	if (found != error && !(pdu.cut && found == GB_PDU_OK))
		fail_msg("%zu of %zu octets: %s, not %s", kept, length, gb_pdu_error_name(found), gb_pdu_error_name(error));
	assert_int_equal(pdu.fields & ~whole->fields & ~(unsigned)GB_PDU_HAS_ALL_DATA, 0);
	if (!pdu.cut)
		assert_int_equal(pdu.fields, whole->fields);
	free(copy);
}

static enum gb_pdu_error decode(const uint8_t *octets, size_t length)
{
	struct gb_pdu pdu;
	enum gb_pdu_error error = gb_pdu_decode(octets, length, &pdu);

	use(octets, length, &pdu);
	return error;
}

/* The same, and all heads of it. */
static void decode_heads(const uint8_t *octets, size_t length)
{
	struct gb_pdu pdu;
	enum gb_pdu_error error = gb_pdu_decode(octets, length, &pdu);

	for (size_t kept = 0; kept < length; kept++)
		decode_head(octets, kept, length, error, &pdu);
}

static void cut_frame(const char *where, const uint8_t *octets, size_t length)
{
	for (size_t part = 0; part <= length; part++) {
		uint8_t *copy = exact(octets, part);
		struct gb_frame frame;
		struct gb_pdu pdu;

		if (gb_frame_parse(copy, part, &frame) == GB_FRAME_GOOSE &&
		    (gb_pdu_of_frame(&frame, &pdu) == GB_PDU_OK) != (part == length))
			fail_msg("%s: %zu of %zu octets", where, part, length);
		free(copy);
	}
}

/* The PDU cut, its own length as it was: always too long. Then with its own length (81 xx or 82 xx xx) saying what is there:
 * the same whether or not the rest follows.
 */
static void cut_pdu(const char *where, const uint8_t *octets, size_t length)
{
	size_t size;
	const uint8_t *whole = pdu_of(where, octets, length, &size);
	size_t header = whole[1] == 0x82 ? 4 : 3;
	uint8_t *followed = exact(whole, size);

	assert_true(whole[1] == 0x82 || whole[1] == 0x81);
	for (size_t part = 0; part < size; part++) {
		uint8_t *copy = exact(whole, part);

		if (decode(copy, part) != (part ? GB_PDU_LENGTH : GB_PDU_EMPTY))
			fail_msg("%s: %zu of %zu octets of PDU", where, part, size);
		if (part >= header) {
			copy[header - 1] = (uint8_t)(part - header);
			copy[2] = header == 4 ? (uint8_t)((part - header) >> 8) : copy[2];
			enum gb_pdu_error error = decode(copy, part);

			memcpy(followed, copy, part);
			if (error == GB_PDU_OK || decode(followed, size) != error)
				fail_msg("%s: %zu of %zu octets of PDU, length corrected", where, part, size);
		}
		free(copy);
	}
	free(followed);
}

/* Each octet in turn becomes each of these: nothing of it may be read, or said, wrongly. */
static void alter_pdu(const char *where, const uint8_t *octets, size_t length)
{
	static const uint8_t others[] = {0x00, 0x01, 0x1F, 0x61, 0x7F, 0x80, 0x81, 0x82, 0x83, 0x84,
					 0x88, 0x9F, 0xA1, 0xA2, 0xAB, 0xBF, 0xFE, 0xFF};
	size_t size;
	const uint8_t *whole = pdu_of(where, octets, length, &size);
	uint8_t *copy = exact(whole, size);

	assert_int_equal(decode(copy, size), GB_PDU_OK);
	decode_heads(copy, size);
	for (size_t at = 0; at < size; at++) {
		for (size_t i = 0; i < COUNT(others); i++) {
			copy[at] = others[i];
			decode(copy, size);
		}
		for (unsigned bit = 0; bit < 8; bit++) {
			copy[at] = (uint8_t)(whole[at] ^ 1U << bit);
			decode(copy, size);
		}
		copy[at] = whole[at];
	}
	free(copy);
}

/* Several octets at once. */
static void scramble_pdu(const char *where, const uint8_t *octets, size_t length)
{
	size_t size;
	const uint8_t *whole = pdu_of(where, octets, length, &size);
	uint64_t state = 0x9E3779B97F4A7C15;

	for (unsigned round = 0; round < 500; round++) {
		uint8_t *copy = exact(whole, size);

		for (unsigned i = 0; i <= round % 5; i++) {
			uint64_t random = next_random(&state);

			copy[(random >> 16) % size] = (uint8_t)random;
		}
		decode(copy, size);
		if (round % 10 == 0)
			decode_heads(copy, size);
		free(copy);
	}
}

static void test_cut_frames(void **state)
{
	(void)state;
	use_captures(cut_frame);
}

static void test_cut_pdus(void **state)
{
	(void)state;
	use_captures(cut_pdu);
}

static void test_altered(void **state)
{
	(void)state;
	use_captures(alter_pdu);
}

static void test_scrambled(void **state)
{
	(void)state;
	use_captures(scramble_pdu);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut_frames),
		cmocka_unit_test(test_cut_pdus),
		cmocka_unit_test(test_altered),
		cmocka_unit_test(test_scrambled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
