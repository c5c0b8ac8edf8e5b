/* SPDX-License-Identifier: Apache-2.0 */
/* goose/pdu: the values of allData, each with its type, depth and meaning, and what is no value. */
#include "test_hex.h"

#include <inttypes.h>
#include <math.h>

#include <goose-bridge/pdu.h>

static void append(char *text, size_t size, const char *more)
{
	size_t length = strlen(text);

	snprintf(text + length, size - length, "%s", more);
}

/* A value as text: "type meaning", with the content in hex where the meaning is not all of it. */
static void describe(const struct gb_value *v, char *text, size_t size)
{
	char meaning[64] = "";

	append(text, size, gb_value_type_name(v->type));
	switch (v->type) {
	case GB_VALUE_BOOLEAN:
		append(text, size, v->boolean ? " true" : " false");
		return;
	case GB_VALUE_INTEGER:
		snprintf(meaning, sizeof(meaning), " %" PRId64, v->integer);
		append(text, size, meaning);
		return;
	case GB_VALUE_UNSIGNED:
		snprintf(meaning, sizeof(meaning), " %" PRIu64, v->unsigned_integer);
		append(text, size, meaning);
		return;
	case GB_VALUE_FLOAT:
		snprintf(meaning, sizeof(meaning), " %.17g", v->floating);
		append(text, size, meaning);
		return;
	case GB_VALUE_TIME_OF_DAY:
	case GB_VALUE_UTC_TIME:
		snprintf(meaning, sizeof(meaning), " %" PRIu64, v->utc_ns);
		append(text, size, meaning);
		return;
	case GB_VALUE_BIT_STRING:
		snprintf(meaning, sizeof(meaning), " %u", v->bits);
		append(text, size, meaning);
		break;
	default:
		break;
	}
	append(text, size, v->content.length ? " " : "");
	for (size_t i = 0; i < v->content.length && v->type != GB_VALUE_ARRAY && v->type != GB_VALUE_STRUCTURE; i++) {
		snprintf(meaning, sizeof(meaning), "%02X", v->content.octets[i]);
		append(text, size, meaning);
	}
}

/* Walks through a copy that ends where its memory ends: one line a value, a blank for each level of depth; then the error, if
 * there is one.
 */
static void walk(const struct octets *octets, char *text, size_t size)
{
	uint8_t *copy = exact(octets->at, octets->length);
	struct gb_values values = gb_values((struct gb_octets){copy, octets->length});
	struct gb_value value;
	enum gb_pdu_error error;
	const char *end = "";

	text[0] = '\0';
	while (gb_values_next(&values, &value, &error)) {
		append(text, size, end);
		for (unsigned i = 0; i < value.depth; i++)
			append(text, size, " ");
		describe(&value, text, size);
		assert_true(value.content.octets >= copy);
		assert_true(value.content.octets + value.content.length <= copy + octets->length);
		end = "\n";
	}
	if (error) {
		append(text, size, end);
		append(text, size, "error ");
		append(text, size, gb_pdu_error_name(error));
	}
	/* whoever asks again hears the same */
	enum gb_pdu_error again;

	assert_false(gb_values_next(&values, &value, &again));
	assert_int_equal(again, error);
	free(copy);
}

static const struct {
	const char *hex, *text;
} cases[] = {
	{"", ""},
	/* boolean: any octet but 0 is true (ISO/IEC 8825-1, 8.2.2) */
	{"83 01 00 83 01 01 83 01 FF", "boolean false\nboolean true\nboolean true"},
	{"83 00", "error value"},
	{"83 02 00 01", "error value"},
	/* bit-string */
	{"84 02 06 80", "bit-string 2 0680"},
	{"84 03 03 00 00", "bit-string 13 030000"},
	{"84 01 00", "bit-string 0 00"},
	{"84 02 00 FF", "bit-string 8 00FF"},
	{"84 02 07 80", "bit-string 1 0780"},
	{"84 00", "error value"},
	{"84 01 01", "error value"},
	{"84 02 08 00", "error value"},
	{"84 02 FF 00", "error value"},
	/* integer */
	{"85 01 00", "integer 0"},
	{"85 01 7F", "integer 127"},
	{"85 01 80", "integer -128"},
	{"85 02 04 D2", "integer 1234"},
	{"85 02 00 80", "integer 128"},
	{"85 05 FE D5 FA 0E 00", "integer -5000000000"},
	{"85 05 00 00 00 00 01", "integer 1"},
	{"85 08 7F FF FF FF FF FF FF FF", "integer 9223372036854775807"},
	{"85 08 80 00 00 00 00 00 00 00", "integer -9223372036854775808"},
	{"85 09 00 7F FF FF FF FF FF FF FF", "integer 9223372036854775807"},
	{"85 09 FF 80 00 00 00 00 00 00 00", "integer -9223372036854775808"},
	{"85 09 00 80 00 00 00 00 00 00 00", "error value"},
	{"85 09 FF 7F 00 00 00 00 00 00 00", "error value"},
	{"85 09 01 00 00 00 00 00 00 00 00", "error value"},
	{"85 0A 00 00 00 00 00 00 00 00 00 01", "error value"},
	{"85 00", "error value"},
	/* unsigned */
	{"86 01 00", "unsigned 0"},
	{"86 01 FF", "unsigned 255"},
	{"86 05 00 FF FF FF FE", "unsigned 4294967294"},
	{"86 05 00 00 00 00 07", "unsigned 7"},
	{"86 08 FF FF FF FF FF FF FF FF", "unsigned 18446744073709551615"},
	{"86 09 00 FF FF FF FF FF FF FF FF", "unsigned 18446744073709551615"},
	{"86 09 01 00 00 00 00 00 00 00 00", "error value"},
	{"86 0A 00 00 00 00 00 00 00 00 00 01", "error value"},
	{"86 00", "error value"},
	/* float */
	{"87 05 08 C0 50 00 00", "float -3.25"},
	{"87 05 08 7F 80 00 00", "float inf"},
	{"87 09 0B 3F F8 00 00 00 00 00 00", "float 1.5"},
	{"87 05 0B C0 50 00 00", "error value"},
	{"87 09 08 3F F8 00 00 00 00 00 00", "error value"},
	{"87 04 08 C0 50 00", "error value"},
	{"87 08 0B 3F F8 00 00 00 00 00", "error value"},
	{"87 00", "error value"},
	/* strings */
	{"89 00", "octet-string"},
	{"89 03 00 FF 1B", "octet-string 00FF1B"},
	{"8A 02 'ab'", "visible-string 6162"},
	{"8A 00", "visible-string"},
	{"8A 04 'ab' 00 00", "visible-string 61620000"},
	{"90 02 C3 A9", "mms-string C3A9"},
	/* times */
	{"8C 04 00 00 00 01", "time-of-day 1000000"},
	{"8C 04 05 26 5B FF", "time-of-day 86399999000000"},
	{"8C 06 00 00 00 01 00 01", "time-of-day 86400001000000"},
	/* 441763200 s, from 1970 to 1984, before the UTC time below: both are of one recorded frame */
	{"8C 06 05 13 2E 66 3D 32", "time-of-day 1353627543142000000"},
	{"8C 05 00 00 00 00 01", "error value"},
	{"8C 00", "error value"},
	{"91 08 6B 03 7D 17 24 5A 1C 0A", "utc-time 1795390743141999959"},
	{"91 08 FF FF FF FF FF FF FF 00", "utc-time 4294967295999999940"},
	{"91 07 6B 03 7D 17 24 5A 1C", "error value"},
	{"91 09 6B 03 7D 17 24 5A 1C 0A 00", "error value"},
	/* nested */
	{"A2 00", "structure"},
	{"A1 00 83 01 01", "array\nboolean true"},
	{"A2 03 83 01 01 85 01 02", "structure \n boolean true\ninteger 2"},
	{"A1 08 A2 03 83 01 00 A2 01 00", "array \n structure \n  boolean false\n structure \nerror length"},
	{"A2 02 A2 00 A2 02 A1 00", "structure \n structure\nstructure \n array"},
	{"A2 04 A1 02 A2 00 83 01 00", "structure \n array \n  structure\nboolean false"},
	{"A2 02 83 01 00", "structure \nerror length"},
	{"A2 03 83 01 00 00", "structure \n boolean false\nerror length"},
	{"A2 04 83 01 00 85 01 00", "structure \n boolean false\nerror length"},
	{"A2 05 A2 04 83 01 00", "structure \nerror length"},
	{"A2 06 A2 04 83 01 00", "error length"},
	{"A2 80 83 01 01 00 00", "error indefinite"},
	/* lengths with more octets than they need */
	{"83 81 01 01 83 82 00 01 00", "boolean true\nboolean false"},
	{"A2 81 03 83 01 01", "structure \n boolean true"},
	/* tags that no edition names, or that have no meaning here, are skipped by their length */
	{"88 01 09 83 01 01", "other 09\nboolean true"},
	{"80 00 00 00 8B 02 'x' 00", "other\nother\nother 7800"},
	{"A3 03 83 01 01", "other 830101"},
	{"BF 85 01 02 01 02 83 01 00", "other 0102\nboolean false"},
	/* lengths that are none */
	{"83", "error length"},
	{"83 01", "error length"},
	{"83 01 01 83", "boolean true\nerror length"},
	{"83 81", "error length"},
	{"83 FF 01", "error length"},
	{"83 84 FF FF FF FF 00", "error length"},
	{"BF", "error length"},
	{"BF 80", "error length"},
	{"BF 01", "error length"},
};

static void test_walk(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct octets octets = {.length = 0};
		char text[1024];

		put_hex(&octets, cases[i].hex);
		walk(&octets, text, sizeof(text));
		if (strcmp(text, cases[i].text) != 0)
			fail_msg("%s:\n%s\n-- not --\n%s", cases[i].hex, text, cases[i].text);
	}
}

static void test_nan(void **state)
{
	static const uint8_t octets[] = {0x87, 5, 8, 0x7F, 0xC0, 0, 0};
	struct gb_values values = gb_values((struct gb_octets){octets, sizeof(octets)});
	struct gb_value value;
	enum gb_pdu_error error;

	(void)state;
	assert_true(gb_values_next(&values, &value, &error));
	assert_true(isnan(value.floating));
}

/* LEVELS structures one inside the other, a boolean in the innermost. */
static void nest(struct octets *octets, unsigned levels)
{
	octets->length = 0;
	put_hex(octets, "83 01 01");
	for (unsigned i = 0; i < levels; i++) {
		struct octets inner = *octets;

		octets->length = 0;
		put_element(octets, i & 1 ? 0xA1 : 0xA2, &inner);
	}
}

/* 16 levels are followed, also where many stand side by side; the 17th is an error, and costs no stack. */
static void test_depth(void **state)
{
	(void)state;
	for (unsigned levels = 0; levels <= 200; levels++) {
		struct octets octets;
		struct gb_value value;
		enum gb_pdu_error error;
		unsigned count = 0;

		nest(&octets, levels);
		struct gb_values values = gb_values((struct gb_octets){octets.at, octets.length});

		while (gb_values_next(&values, &value, &error))
			assert_int_equal(value.depth, count++);
		if (levels <= GB_PDU_LEVELS) {
			assert_int_equal(error, GB_PDU_OK);
			assert_int_equal(count, levels + 1);
		} else {
			assert_int_equal(error, GB_PDU_DEPTH);
			assert_int_equal(count, GB_PDU_LEVELS);
		}
	}
}

/* The number of values is not limited, only their depth. */
static void test_many(void **state)
{
	struct octets deepest, octets = {.length = 0};
	struct gb_value value;
	enum gb_pdu_error error;
	unsigned count = 0, rounds = 0;

	(void)state;
	nest(&deepest, GB_PDU_LEVELS);
	while (octets.length + deepest.length <= sizeof(octets.at)) {
		put_octets(&octets, deepest.at, deepest.length);
		rounds++;
	}
	struct gb_values values = gb_values((struct gb_octets){octets.at, octets.length});

	while (gb_values_next(&values, &value, &error))
		count++;
	assert_int_equal(error, GB_PDU_OK);
	assert_true(rounds > 100);
	assert_int_equal(count, rounds * (GB_PDU_LEVELS + 1));
	/* what is not there has no values */
	values = gb_values((struct gb_octets){NULL, 0});
	assert_false(gb_values_next(&values, &value, &error));
	assert_int_equal(error, GB_PDU_OK);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(gb_value_type_name(GB_VALUE_OTHER), "other");
	assert_string_equal(gb_value_type_name(GB_VALUE_TYPE_COUNT), "other");
	for (int i = 0; i < GB_VALUE_TYPE_COUNT; i++)
		for (int j = 0; j < i; j++)
			assert_string_not_equal(gb_value_type_name((enum gb_value_type)i),
						gb_value_type_name((enum gb_value_type)j));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_walk), cmocka_unit_test(test_nan),   cmocka_unit_test(test_depth),
		cmocka_unit_test(test_many), cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
