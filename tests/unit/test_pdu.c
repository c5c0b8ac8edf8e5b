/* SPDX-License-Identifier: Apache-2.0 */
/* goose/pdu: the fields of a message, and what is said of each that is not as it should be. */
#include "test_hex.h"

#include <goose-bridge/goose.h>
#include <goose-bridge/pdu.h>

enum { GOCB_REF, TAL, DAT_SET, GO_ID, T, ST_NUM, SQ_NUM, SIMULATION, CONF_REV, NDS_COM, ENTRIES, ALL_DATA, FIELDS };

/* A message as a publisher sends it. */
static const char *const good[FIELDS] = {
	[GOCB_REF] = "80 0A 'LD/LLN0$GO'",
	[TAL] = "81 02 07 D0",
	[DAT_SET] = "82 09 'LD/LLN0$D'",
	[GO_ID] = "83 02 'id'",
	[T] = "84 08 66 00 00 00 80 00 00 0A",
	[ST_NUM] = "85 01 05",
	[SQ_NUM] = "86 01 07",
	[SIMULATION] = "87 01 00",
	[CONF_REV] = "88 01 03",
	[NDS_COM] = "89 01 00",
	[ENTRIES] = "8A 01 02",
	[ALL_DATA] = "AB 06 83 01 01 85 01 2A",
};

/* The same with field FIELD (none if FIELDS) written as TEXT instead. */
static void build(struct octets *pdu, int field, const char *text)
{
	struct octets content = {.length = 0};

	for (int i = 0; i < FIELDS; i++)
		put_hex(&content, i == field ? text : good[i]);
	pdu->length = 0;
	put_element(pdu, 0x61, &content);
}

/* Decodes a copy that ends where its memory ends; what *PDU points at is in OCTETS again afterwards. */
static enum gb_pdu_error decode(const struct octets *octets, struct gb_pdu *pdu)
{
	uint8_t *copy = exact(octets->at, octets->length);
	struct gb_octets *texts[] = {&pdu->gocb_ref, &pdu->dat_set, &pdu->go_id, &pdu->t, &pdu->all_data};
	enum gb_pdu_error error;

	memset(pdu, 0xA5, sizeof(*pdu));
	error = gb_pdu_decode(copy, octets->length, pdu);
	for (size_t i = 0; i < COUNT(texts); i++) {
		if (!texts[i]->octets) {
			assert_int_equal(texts[i]->length, 0);
			continue;
		}
		assert_true(texts[i]->octets >= copy && texts[i]->octets + texts[i]->length <= copy + octets->length);
		texts[i]->octets = octets->at + (texts[i]->octets - copy);
	}
	free(copy);
	return error;
}

static void expect_text(struct gb_octets text, const char *expected)
{
	assert_int_equal(text.length, strlen(expected));
	assert_memory_equal(text.octets, expected, text.length);
}

static void expect_error(const char *what, enum gb_pdu_error error, enum gb_pdu_error expected)
{
	if (error != expected)
		fail_msg("%s: %s, not %s", what, gb_pdu_error_name(error), gb_pdu_error_name(expected));
}

static void test_good(void **state)
{
	struct octets octets;
	struct gb_pdu pdu;

	(void)state;
	build(&octets, FIELDS, NULL);
	expect_error("good", decode(&octets, &pdu), GB_PDU_OK);
	assert_int_equal(pdu.fields, GB_PDU_HAS_ALL);
	expect_text(pdu.gocb_ref, "LD/LLN0$GO");
	assert_int_equal(pdu.time_allowed_to_live_ms, 2000);
	expect_text(pdu.dat_set, "LD/LLN0$D");
	expect_text(pdu.go_id, "id");
	assert_int_equal(pdu.t.length, 8);
	assert_true(gb_utc_time_ns(pdu.t.octets) == UINT64_C(0x66000000) * 1000000000 + 500000000);
	assert_int_equal(pdu.st_num, 5);
	assert_int_equal(pdu.sq_num, 7);
	assert_false(pdu.simulation);
	assert_int_equal(pdu.conf_rev, 3);
	assert_false(pdu.nds_com);
	assert_int_equal(pdu.num_dat_set_entries, 2);
	assert_int_equal(pdu.all_data.length, 6);
	assert_int_equal(pdu.entries, 2);
	for (int type = 0; type < GB_VALUE_TYPE_COUNT; type++)
		assert_int_equal(pdu.values[type], type == GB_VALUE_BOOLEAN || type == GB_VALUE_INTEGER);
}

/* What follows the PDU inside what was given (IEC 62351-6, padding) is no part of it: nothing of PDU, which was found in OCTETS
 * with ERROR, changes for what stands there. Not even where tag or length of its last field are not whole.
 */
static void expect_same_if_followed(const char *what, const struct octets *octets, enum gb_pdu_error error,
				    const struct gb_pdu *pdu)
{
	static const char *const followers[] = {
		"00",
		"85 02 FF FF 00 00 00",
		"01 FF 00 00 00 00",
		"7F 85 01 09",
		"84 FF FF FF F0 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00",
		"88 FF FF FF FF FF FF FF F0 00 00 00 00 00 00 00 00 00 00 00 00",
		"88 FF FF FF FF FF FF FF FF 83 01 01 85 01 2A",
	};

	for (size_t i = 0; i < COUNT(followers); i++) {
		struct octets more = *octets;
		struct gb_pdu other;

		put_hex(&more, followers[i]);
		expect_error(what, decode(&more, &other), error);
		if (other.fields != pdu->fields || other.entries != pdu->entries || other.cut)
			fail_msg("%s: followed by %s: fields %#x, %u entries", what, followers[i], other.fields, other.entries);
		assert_int_equal(other.all_data.length, pdu->all_data.length);
	}
}

/* One field written otherwise: the error; which fields are then left out (all others are there); and what an integer or boolean
 * field then is.
 */
static const struct {
	const char *what;
	int field;
	const char *text;
	enum gb_pdu_error error;
	unsigned lost;
	uint32_t value;
} cases[] = {
	/* what may be left out, and what may not */
	{"no goID", GO_ID, "", GB_PDU_OK, 1U << GO_ID, 0},
	{"no simulation", SIMULATION, "", GB_PDU_OK, 1U << SIMULATION, 0},
	{"no ndsCom", NDS_COM, "", GB_PDU_OK, 1U << NDS_COM, 0},
	{"no gocbRef", GOCB_REF, "", GB_PDU_FIELD_MISSING, 1U << GOCB_REF, 0},
	{"no timeAllowedtoLive", TAL, "", GB_PDU_FIELD_MISSING, 1U << TAL, 0},
	{"no datSet", DAT_SET, "", GB_PDU_FIELD_MISSING, 1U << DAT_SET, 0},
	{"no t", T, "", GB_PDU_FIELD_MISSING, 1U << T, 0},
	{"no stNum", ST_NUM, "", GB_PDU_FIELD_MISSING, 1U << ST_NUM, 0},
	{"no sqNum", SQ_NUM, "", GB_PDU_FIELD_MISSING, 1U << SQ_NUM, 0},
	{"no confRev", CONF_REV, "", GB_PDU_FIELD_MISSING, 1U << CONF_REV, 0},
	{"no numDatSetEntries", ENTRIES, "", GB_PDU_FIELD_MISSING, 1U << ENTRIES, 0},
	{"no allData", ALL_DATA, "", GB_PDU_FIELD_MISSING, 1U << ALL_DATA, 0},
	/* integers */
	{"timeAllowedtoLive 0", TAL, "81 01 00", GB_PDU_OK, 0, 0},
	{"five octets, the first 0", ST_NUM, "85 05 00 FF FF FF FF", GB_PDU_OK, 0, UINT32_MAX},
	{"fixed length", SQ_NUM, "86 05 00 00 00 00 07", GB_PDU_OK, 0, 7},
	{"four octets without a leading 0", ST_NUM, "85 04 FF FF FF FF", GB_PDU_OK, 0, UINT32_MAX},
	{"one octet with the highest bit", CONF_REV, "88 01 FF", GB_PDU_OK, 0, 255},
	{"more than it needs", SQ_NUM, "86 03 00 00 01", GB_PDU_OK, 0, 1},
	{"33 bits", ST_NUM, "85 05 01 00 00 00 00", GB_PDU_FIELD_SIZE, 1U << ST_NUM, 0},
	{"five octets, negative", SQ_NUM, "86 05 FF FF FF FF FF", GB_PDU_FIELD_SIZE, 1U << SQ_NUM, 0},
	{"six octets", ST_NUM, "85 06 00 00 00 00 00 01", GB_PDU_FIELD_SIZE, 1U << ST_NUM, 0},
	{"64 bits", CONF_REV, "88 09 00 FF FF FF FF FF FF FF FF", GB_PDU_FIELD_SIZE, 1U << CONF_REV, 0},
	{"stNum of length 0", ST_NUM, "85 00", GB_PDU_FIELD_SIZE, 1U << ST_NUM, 0},
	{"timeAllowedtoLive of length 0", TAL, "81 00", GB_PDU_FIELD_SIZE, 1U << TAL, 0},
	{"numDatSetEntries of length 0", ENTRIES, "8A 00", GB_PDU_FIELD_SIZE, 1U << ENTRIES, 0},
	/* booleans */
	{"simulation", SIMULATION, "87 01 01", GB_PDU_OK, 0, 1},
	{"simulation FF", SIMULATION, "87 01 FF", GB_PDU_OK, 0, 1},
	{"ndsCom", NDS_COM, "89 01 FF", GB_PDU_OK, 0, 1},
	{"simulation of length 0", SIMULATION, "87 00", GB_PDU_FIELD_SIZE, 1U << SIMULATION, 0},
	{"ndsCom of two octets", NDS_COM, "89 02 00 01", GB_PDU_FIELD_SIZE, 1U << NDS_COM, 0},
	/* time */
	{"t of length 0", T, "84 00", GB_PDU_FIELD_SIZE, 1U << T, 0},
	{"t of seven octets", T, "84 07 66 00 00 00 80 00 00", GB_PDU_FIELD_SIZE, 1U << T, 0},
	{"t of nine octets", T, "84 09 66 00 00 00 80 00 00 0A 00", GB_PDU_FIELD_SIZE, 1U << T, 0},
	/* text */
	{"empty gocbRef", GOCB_REF, "80 00", GB_PDU_FIELD_SIZE, 1U << GOCB_REF, 0},
	{"empty datSet", DAT_SET, "82 00", GB_PDU_OK, 0, 0},
	{"empty goID", GO_ID, "83 00", GB_PDU_OK, 0, 0},
	{"control in gocbRef", GOCB_REF, "80 05 'LD/' 1B 'x'", GB_PDU_TEXT, 1U << GOCB_REF, 0},
	{"NUL in gocbRef", GOCB_REF, "80 05 'LD/x' 00", GB_PDU_TEXT, 1U << GOCB_REF, 0},
	{"UTF-8 in goID", GO_ID, "83 04 'a' C3 A9 'b'", GB_PDU_TEXT, 1U << GO_ID, 0},
	{"DEL in datSet", DAT_SET, "82 03 'ab' 7F", GB_PDU_TEXT, 1U << DAT_SET, 0},
	/* lengths with more octets than they need */
	{"81 02", TAL, "81 81 02 07 D0", GB_PDU_OK, 0, 2000},
	{"82 00 02", TAL, "81 82 00 02 07 D0", GB_PDU_OK, 0, 2000},
	{"84 00 00 00 02", TAL, "81 84 00 00 00 02 07 D0", GB_PDU_OK, 0, 2000},
	{"89 and nine octets", TAL, "81 89 00 00 00 00 00 00 00 00 02 07 D0", GB_PDU_OK, 0, 2000},
	/* what the standard does not name is skipped */
	{"an unknown field", T, "9E 02 01 02 84 08 66 00 00 00 80 00 00 0A", GB_PDU_OK, 0, 0},
	{"a tag of two octets", TAL, "9F 1F 01 00 81 01 09", GB_PDU_OK, 0, 9},
	{"a tag of four octets", TAL, "BF 81 81 01 00 81 01 09", GB_PDU_OK, 0, 9},
	{"security behind allData", ALL_DATA, "AB 06 83 01 01 85 01 2A AC 03 04 01 FF", GB_PDU_OK, 0, 0},
	{"a constructed gocbRef", GOCB_REF, "A0 03 80 01 'x'", GB_PDU_FIELD_MISSING, 1U << GOCB_REF, 0},
	/* allData */
	{"an entry too many", ENTRIES, "8A 01 01", GB_PDU_ENTRIES, 0, 1},
	{"an entry too few", ENTRIES, "8A 01 03", GB_PDU_ENTRIES, 0, 3},
	{"members of structures are no entries", ALL_DATA, "AB 05 A2 03 83 01 01", GB_PDU_ENTRIES, 0, 0},
	{"empty allData", ALL_DATA, "AB 00", GB_PDU_ENTRIES, 0, 0},
	{"a zero-length boolean at the end", ALL_DATA, "AB 05 85 01 2A 83 00", GB_PDU_VALUE, 1U << ALL_DATA, 0},
	{"a bit-string of length 0", ALL_DATA, "AB 05 84 00 85 01 2A", GB_PDU_VALUE, 1U << ALL_DATA, 0},
	{"padding of 8", ALL_DATA, "AB 07 84 02 08 00 85 01 2A", GB_PDU_VALUE, 1U << ALL_DATA, 0},
	{"an integer of length 0", ALL_DATA, "AB 05 85 00 85 01 2A", GB_PDU_VALUE, 1U << ALL_DATA, 0},
	{"a value that runs over", ALL_DATA, "AB 06 83 01 01 85 02 2A", GB_PDU_LENGTH, 1U << ALL_DATA, 0},
	{"half an element", ALL_DATA, "AB 07 83 01 01 85 01 2A 83", GB_PDU_LENGTH, 1U << ALL_DATA, 0},
	{"an indefinite value", ALL_DATA, "AB 07 A2 80 83 01 01 00 00", GB_PDU_INDEFINITE, 1U << ALL_DATA, 0},
};

static uint32_t value_of(const struct gb_pdu *pdu, int field)
{
	switch (field) {
	case TAL:
		return pdu->time_allowed_to_live_ms;
	case ST_NUM:
		return pdu->st_num;
	case SQ_NUM:
		return pdu->sq_num;
	case SIMULATION:
		return pdu->simulation;
	case CONF_REV:
		return pdu->conf_rev;
	case NDS_COM:
		return pdu->nds_com;
	case ENTRIES:
		return pdu->num_dat_set_entries;
	default:
		return 0;
	}
}

static void test_fields(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct octets octets;
		struct gb_pdu pdu;

		build(&octets, cases[i].field, cases[i].text);
		expect_error(cases[i].what, decode(&octets, &pdu), cases[i].error);
		if (pdu.fields != (GB_PDU_HAS_ALL & ~cases[i].lost))
			fail_msg("%s: fields %#x", cases[i].what, pdu.fields);
		if (value_of(&pdu, cases[i].field) != cases[i].value)
			fail_msg("%s: %u", cases[i].what, value_of(&pdu, cases[i].field));
		assert_true(!pdu.gocb_ref.octets == !(pdu.fields & GB_PDU_HAS_GOCB_REF));
		assert_true(!pdu.dat_set.octets == !(pdu.fields & GB_PDU_HAS_DAT_SET));
		assert_true(!pdu.go_id.octets == !(pdu.fields & GB_PDU_HAS_GO_ID));
		assert_true(!pdu.t.octets == !(pdu.fields & GB_PDU_HAS_T));
		expect_same_if_followed(cases[i].what, &octets, cases[i].error, &pdu);
	}
}

/* Where order or lengths are wrong, what came before is given, and nothing else is. */
static void test_what_ends_it(void **state)
{
	static const struct {
		const char *what;
		int field;
		const char *text;
		enum gb_pdu_error error;
		int upto;	 /* the first field that is not given */
		unsigned but; /* what is, nevertheless */
	} ends[] = {
		{"gocbRef twice", GOCB_REF, "80 01 'a' 80 01 'b'", GB_PDU_FIELD_ORDER, TAL, 0},
		{"gocbRef again later", T, "80 01 'b'", GB_PDU_FIELD_ORDER, T, 0},
		{"stNum twice", ST_NUM, "85 01 01 85 01 02", GB_PDU_FIELD_ORDER, SQ_NUM, 0},
		{"allData first", GOCB_REF, "AB 00 80 01 'a'", GB_PDU_FIELD_ORDER, GOCB_REF, GB_PDU_HAS_ALL_DATA},
		{"sqNum before stNum", T, "84 08 66 00 00 00 80 00 00 0A 86 01 00", GB_PDU_FIELD_ORDER, ST_NUM,
		 GB_PDU_HAS_SQ_NUM},
		{"a field that runs over", ALL_DATA, "AB 07 83 01 01 85 01 2A", GB_PDU_LENGTH, ALL_DATA, 0},
		{"a length of 4 GiB", DAT_SET, "82 84 FF FF FF FF", GB_PDU_LENGTH, DAT_SET, 0},
		{"a length of 2^63", DAT_SET, "82 88 80 00 00 00 00 00 00 00", GB_PDU_LENGTH, DAT_SET, 0},
		{"a length of more than 64 bits", DAT_SET, "82 89 01 00 00 00 00 00 00 00 00", GB_PDU_LENGTH, DAT_SET, 0},
		{"a length of 126 octets", DAT_SET, "82 FE 00", GB_PDU_LENGTH, DAT_SET, 0},
		{"length octet FF", DAT_SET, "82 FF 00 01", GB_PDU_LENGTH, DAT_SET, 0},
		{"an indefinite field", DAT_SET, "82 80 'a' 00 00", GB_PDU_INDEFINITE, DAT_SET, 0},
		{"an indefinite allData", ALL_DATA, "AB 80 83 01 01 00 00", GB_PDU_INDEFINITE, ALL_DATA, 0},
		{"a tag without an end", ALL_DATA, "9F 80 80 80", GB_PDU_LENGTH, ALL_DATA, 0},
		{"a tag alone", ALL_DATA, "AB", GB_PDU_LENGTH, ALL_DATA, 0},
		{"a long tag alone", ALL_DATA, "9F 01", GB_PDU_LENGTH, ALL_DATA, 0},
		{"a length cut short", ALL_DATA, "AB 82 00", GB_PDU_LENGTH, ALL_DATA, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(ends); i++) {
		struct octets octets;
		struct gb_pdu pdu;

		build(&octets, ends[i].field, ends[i].text);
		expect_error(ends[i].what, decode(&octets, &pdu), ends[i].error);
		if (pdu.fields != ((1U << ends[i].upto) - 1 + ends[i].but))
			fail_msg("%s: fields %#x", ends[i].what, pdu.fields);
		expect_same_if_followed(ends[i].what, &octets, ends[i].error, &pdu);
	}
}

/* The first of several errors is named, and the others lose their fields too. */
static void test_first_error(void **state)
{
	struct octets octets;
	struct gb_pdu pdu;

	(void)state;
	build(&octets, T, "84 01 00 85 00");
	/* t is too short, stNum empty, then stNum comes again */
	expect_error("first", decode(&octets, &pdu), GB_PDU_FIELD_SIZE);
	assert_int_equal(pdu.fields, (1U << T) - 1);
	build(&octets, GO_ID, "83 01 0A 84 00");
	expect_error("first", decode(&octets, &pdu), GB_PDU_TEXT);
}

/* A text field of LENGTH times OCTET. */
static enum gb_pdu_error decode_text(size_t length, uint8_t octet, size_t at, uint8_t other)
{
	struct octets content = {.length = 0}, text = {.length = length}, octets = {.length = 0};
	struct gb_pdu pdu;

	memset(text.at, octet, length);
	text.at[at] = other;
	put_element(&content, 0x80, &text);
	for (int i = 1; i < FIELDS; i++)
		put_hex(&content, good[i]);
	put_element(&octets, 0x61, &content);
	enum gb_pdu_error error = decode(&octets, &pdu);

	assert_true(error == GB_PDU_OK || error == GB_PDU_TEXT);
	assert_int_equal(pdu.gocb_ref.length, error ? 0 : length);
	assert_true(error ? !pdu.gocb_ref.octets : !memcmp(pdu.gocb_ref.octets, text.at, length));
	assert_int_equal(pdu.entries, 2);
	return error;
}

/* Every octet at every place of texts of every length. */
static void test_text(void **state)
{
	(void)state;
	for (unsigned octet = 0; octet < 256; octet++)
		for (size_t length = 1; length <= 20; length++)
			for (size_t at = 0; at < length; at++)
				assert_int_equal(decode_text(length, octet & 1 ? ' ' : '~', at, (uint8_t)octet),
						 octet >= 0x20 && octet <= 0x7E ? GB_PDU_OK : GB_PDU_TEXT);
	for (size_t length = 100; length <= 300; length++)
		assert_int_equal(decode_text(length, 'x', 0, 'x'), length <= 129 ? GB_PDU_OK : GB_PDU_TEXT);
}

/* Nothing is left of what the caller had there. */
static void expect_nothing(const struct gb_pdu *pdu)
{
	assert_int_equal(pdu->fields, 0);
	assert_null(pdu->gocb_ref.octets);
	assert_null(pdu->dat_set.octets);
	assert_null(pdu->go_id.octets);
	assert_null(pdu->t.octets);
	assert_null(pdu->all_data.octets);
	for (int field = 0; field < FIELDS; field++)
		assert_int_equal(value_of(pdu, field), 0);
	assert_int_equal(pdu->entries, 0);
	for (int type = 0; type < GB_VALUE_TYPE_COUNT; type++)
		assert_int_equal(pdu->values[type], 0);
}

/* What there is instead of a PDU. */
static void test_outside(void **state)
{
	static const struct {
		const char *text;
		enum gb_pdu_error error;
	} others[] = {
		{"", GB_PDU_EMPTY},
		{"61", GB_PDU_LENGTH},
		{"61 00", GB_PDU_FIELD_MISSING},
		{"61 01", GB_PDU_LENGTH},
		{"61 01 80", GB_PDU_LENGTH},
		{"61 80 80 01 'a' 00 00", GB_PDU_INDEFINITE},
		{"61 81", GB_PDU_LENGTH},
		{"61 81 00", GB_PDU_FIELD_MISSING},
		{"61 82 FF FF", GB_PDU_LENGTH},
		{"61 FF", GB_PDU_LENGTH},
		{"60 00", GB_PDU_TAG}, /* GSE management */
		{"41 00", GB_PDU_TAG},
		{"00", GB_PDU_TAG},
		{"00 00 00 00", GB_PDU_TAG},
		{"FF FF FF FF", GB_PDU_TAG},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(others); i++) {
		struct octets octets = {.length = 0};
		struct gb_pdu pdu;

		put_hex(&octets, others[i].text);
		expect_error(others[i].text, decode(&octets, &pdu), others[i].error);
		expect_nothing(&pdu);
	}
}

/* What follows the PDU does not matter; what it lacks does. */
static void test_around(void **state)
{
	struct octets octets;
	struct gb_pdu pdu;

	(void)state;
	build(&octets, FIELDS, NULL);
	size_t length = octets.length;

	expect_error("exact", decode(&octets, &pdu), GB_PDU_OK);
	expect_same_if_followed("good", &octets, GB_PDU_OK, &pdu);
	for (octets.length = 0; octets.length < length; octets.length++)
		assert_int_not_equal(decode(&octets, &pdu), GB_PDU_OK);
}

/* Of a PDU of which the kernel engine has copied a head only, a tag or length is cut off in its middle: that is no error of the
 * publisher's, however long they are.
 */
static void test_heads(void **state)
{
	static const char *const long_ones[] = {
		"82 09 'LD/LLN0$D'",
		"82 88 00 00 00 00 00 00 00 09 'LD/LLN0$D'",
		"9F 81 81 81 81 81 81 81 81 01 01 00 82 09 'LD/LLN0$D'",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(long_ones); i++) {
		struct octets octets;
		struct gb_pdu pdu;

		build(&octets, DAT_SET, long_ones[i]);
		expect_error(long_ones[i], decode(&octets, &pdu), GB_PDU_OK);
		for (size_t kept = 0; kept < octets.length; kept++) {
			uint8_t *copy = exact(octets.at, kept);

			expect_error(long_ones[i], gb_pdu_decode_head(copy, kept, octets.length, &pdu), GB_PDU_OK);
			assert_true(pdu.cut);
			free(copy);
		}
	}
}

/* A frame with HEADER's Length LENGTH, and MORE octets of trailer. */
static enum gb_pdu_error decode_frame(const struct octets *pdu, unsigned length, size_t more, struct gb_pdu *into)
{
	struct octets octets = {.length = 0};
	uint8_t header[] = {0x10, 0x00, (uint8_t)(length >> 8), (uint8_t)length, 0, 0, 0, 0};
	struct gb_frame frame;

	put_hex(&octets, "01 0C CD 01 00 01 02 00 00 00 00 07 81 00 80 05 88 B8");
	put_octets(&octets, header, sizeof(header));
	put_octets(&octets, pdu->at, pdu->length);
	memset(octets.at + octets.length, 0x55, more);
	uint8_t *copy = exact(octets.at, octets.length + more);

	assert_int_equal(gb_frame_parse(copy, octets.length + more, &frame), GB_FRAME_GOOSE);
	memset(into, 0xA5, sizeof(*into));
	enum gb_pdu_error error = gb_pdu_of_frame(&frame, into);

	free(copy);
	return error;
}

static void test_of_frame(void **state)
{
	struct octets octets, none = {.length = 0};
	struct gb_pdu pdu;

	(void)state;
	build(&octets, FIELDS, NULL);
	unsigned length = 8 + (unsigned)octets.length;

	for (size_t more = 0; more <= 40; more += 20) {
		expect_error("whole", decode_frame(&octets, length, more, &pdu), GB_PDU_OK);
		/* a security extension is inside Length, a trailer beyond it: neither is looked at */
		expect_error("longer", decode_frame(&octets, length + (unsigned)more, more, &pdu), GB_PDU_OK);
		expect_error("a Length that cuts the PDU", decode_frame(&octets, length - 1, more, &pdu), GB_PDU_LENGTH);
		expect_error("no PDU", decode_frame(&octets, 8, more, &pdu), GB_PDU_EMPTY);
		expect_error("Length below 8", decode_frame(&octets, 7, more, &pdu), GB_PDU_HEADER);
		expect_nothing(&pdu);
		expect_error("Length over", decode_frame(&octets, length + (unsigned)more + 1, more, &pdu), GB_PDU_HEADER);
		assert_int_equal(pdu.fields, 0);
	}
	/* untagged it has 22 octets: libiec61850 #509 */
	expect_error("nothing behind the header", decode_frame(&none, 8, 0, &pdu), GB_PDU_EMPTY);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(gb_pdu_error_name(GB_PDU_OK), "none");
	assert_string_equal(gb_pdu_error_name(GB_PDU_FIELD_MISSING), "field_missing");
	assert_string_equal(gb_pdu_error_name(GB_PDU_ENTRIES), "entries");
	assert_string_equal(gb_pdu_error_name(GB_PDU_ERROR_COUNT), "unknown");
	assert_string_equal(gb_pdu_error_help(GB_PDU_TAG), "the PDU's tag is not 0x61");
	assert_string_equal(gb_pdu_error_help(GB_PDU_ERROR_COUNT), "unknown");
	for (int i = 0; i < GB_PDU_ERROR_COUNT; i++)
		for (int j = 0; j < i; j++)
			assert_string_not_equal(gb_pdu_error_name((enum gb_pdu_error)i),
						gb_pdu_error_name((enum gb_pdu_error)j));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_what_ends_it),
		cmocka_unit_test(test_first_error),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_outside),
		cmocka_unit_test(test_around),
		cmocka_unit_test(test_heads),
		cmocka_unit_test(test_of_frame),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
