/* SPDX-License-Identifier: Apache-2.0 */
/* Any octets as the PDU of a GOOSE message: what is found lies within them, in order, and is what its type allows; a walk
 * through the values ends, and finds what the summary says; the whole is no longer one cut short; and what follows it changes
 * nothing.
 */
#include <goose-bridge/pdu.h>

#include <stdlib.h>
#include <string.h>

#define MANDATORY (GB_PDU_HAS_ALL & ~(GB_PDU_HAS_GO_ID | GB_PDU_HAS_SIMULATION | GB_PDU_HAS_NDS_COM))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

/* What a field with octets has lies behind *FROM and before END; *FROM is then where it ends. */
static void check_inside(struct gb_octets field, bool has, const uint8_t **from, const uint8_t *end)
{
	require(!field.octets == !has);
	require(field.octets || field.length == 0);
	if (!field.octets)
		return;
	require(field.octets > *from && field.octets <= end);
	require(field.length <= (size_t)(end - field.octets));
	*from = field.octets + field.length;
}

static void check_text(struct gb_octets text)
{
	require(text.length <= GB_PDU_TEXT_MAX);
	for (size_t i = 0; i < text.length; i++)
		require(text.octets[i] >= 0x20 && text.octets[i] <= 0x7E);
}

static void check_fields(const uint8_t *data, size_t size, const struct gb_pdu *pdu)
{
	const uint8_t *from = data + 1, *end = data + size;

	require((pdu->fields & ~GB_PDU_HAS_ALL) == 0);
	check_inside(pdu->gocb_ref, pdu->fields & GB_PDU_HAS_GOCB_REF, &from, end);
	check_inside(pdu->dat_set, pdu->fields & GB_PDU_HAS_DAT_SET, &from, end);
	check_inside(pdu->go_id, pdu->fields & GB_PDU_HAS_GO_ID, &from, end);
	check_inside(pdu->t, pdu->fields & GB_PDU_HAS_T, &from, end);
	/* allData is given also where something in it is wrong */
	check_inside(pdu->all_data, pdu->all_data.octets, &from, end);
	require(pdu->all_data.octets || !(pdu->fields & GB_PDU_HAS_ALL_DATA));
	check_text(pdu->gocb_ref);
	check_text(pdu->dat_set);
	check_text(pdu->go_id);
	require(!pdu->gocb_ref.octets || pdu->gocb_ref.length > 0);
	require(!pdu->t.octets || pdu->t.length == 8);
	require(pdu->fields & GB_PDU_HAS_TIME_ALLOWED_TO_LIVE || pdu->time_allowed_to_live_ms == 0);
	require(pdu->fields & GB_PDU_HAS_ST_NUM || pdu->st_num == 0);
	require(pdu->fields & GB_PDU_HAS_SQ_NUM || pdu->sq_num == 0);
	require(pdu->fields & GB_PDU_HAS_SIMULATION || !pdu->simulation);
	require(pdu->fields & GB_PDU_HAS_CONF_REV || pdu->conf_rev == 0);
	require(pdu->fields & GB_PDU_HAS_NDS_COM || !pdu->nds_com);
	require(pdu->fields & GB_PDU_HAS_NUM_DAT_SET_ENTRIES || pdu->num_dat_set_entries == 0);
}

static bool is_container(const struct gb_value *value)
{
	return value->type == GB_VALUE_ARRAY || value->type == GB_VALUE_STRUCTURE;
}

/* The number of LENGTH octets, slowly. */
static uint64_t plain_number(const uint8_t *octets, size_t length, bool negative)
{
	uint64_t value = negative ? UINT64_MAX : 0;

	for (size_t i = 0; i < length; i++)
		value = value * 256 + octets[i];
	return value;
}

static void check_value(const struct gb_value *value)
{
	const uint8_t *octets = value->content.octets;
	size_t length = value->content.length;

	switch (value->type) {
	case GB_VALUE_BOOLEAN:
		require(length == 1 && value->boolean == (octets[0] != 0));
		break;
	case GB_VALUE_BIT_STRING:
		require(length >= 1 && octets[0] <= 7 && value->bits + octets[0] == (length - 1) * 8);
		break;
	case GB_VALUE_INTEGER:
		require(length >= 1 && length <= 9);
		require((uint64_t)value->integer == plain_number(octets, length, octets[0] & 0x80));
		require((value->integer < 0) == (octets[0] >= 0x80));
		break;
	case GB_VALUE_UNSIGNED:
		require(length >= 1 && (length <= 8 || (length == 9 && octets[0] == 0)));
		require(value->unsigned_integer == plain_number(octets, length, false));
		break;
	case GB_VALUE_FLOAT:
		require((length == 5 && octets[0] == 8) || (length == 9 && octets[0] == 11));
		break;
	case GB_VALUE_TIME_OF_DAY:
		require(length == 4 || length == 6);
		require(value->utc_ns % 1000000 == 0);
		break;
	case GB_VALUE_UTC_TIME:
		require(length == 8 && value->utc_ns / 1000000000 == plain_number(octets, 4, false));
		break;
	default:
		require(value->type < GB_VALUE_TYPE_COUNT);
		break;
	}
}

/* Every value lies behind the one before: inside it if that is a structure or an array. So a walk takes fewer steps than there
 * are octets.
 */
static void check_walk(const struct gb_pdu *pdu)
{
	struct gb_octets all = pdu->all_data;
	const uint8_t *from = all.octets, *ends[GB_PDU_LEVELS + 1] = {all.octets + all.length};
	uint32_t entries = 0, values[GB_VALUE_TYPE_COUNT] = {0};
	struct gb_values walk = gb_values(all);
	struct gb_value value;
	enum gb_pdu_error error = GB_PDU_OK, again;

	while (gb_values_next(&walk, &value, &error)) {
		require(value.depth <= GB_PDU_LEVELS);
		require(value.content.octets >= from + 2 && value.content.octets <= ends[value.depth]);
		require(value.content.length <= (size_t)(ends[value.depth] - value.content.octets));
		check_value(&value);
		from = value.content.octets;
		if (is_container(&value)) {
			require(value.depth < GB_PDU_LEVELS);
			ends[value.depth + 1] = from + value.content.length;
		} else {
			from += value.content.length;
		}
		entries += value.depth == 0;
		values[value.type]++;
	}
	require(error < GB_PDU_ERROR_COUNT);
	require(!gb_values_next(&walk, &value, &again) && again == error);
	require(entries == pdu->entries && memcmp(values, pdu->values, sizeof(values)) == 0);
	require(!error == !!(pdu->fields & GB_PDU_HAS_ALL_DATA));
}

/* Where a PDU with a length of one to three octets ends; SIZE if it does not end before. */
static size_t end_of(const uint8_t *data, size_t size)
{
	size_t head = 2, length;

	if (size < 4 || data[0] != 0x61)
		return size;
	length = data[1];
	if (length == 0x81 || length == 0x82) {
		head += length - 0x80;
		length = length == 0x81 ? data[2] : data[2] * 256U + data[3];
	} else if (length >= 0x80) {
		return size;
	}
	return length < size - head ? head + length : size;
}

/* What follows a PDU is no part of it, whatever is wrong inside. */
static void check_followed(const uint8_t *data, size_t size, enum gb_pdu_error error, const struct gb_pdu *pdu)
{
	struct gb_pdu other;

	require(gb_pdu_decode(data, end_of(data, size), &other) == error);
	require(other.fields == pdu->fields && other.entries == pdu->entries && other.cut == pdu->cut);
	require(other.all_data.octets == pdu->all_data.octets && other.all_data.length == pdu->all_data.length);
}

/* A head of it: nothing behind it is read, and nothing is said of it that the whole does not say, too. */
static void check_head(const uint8_t *data, size_t kept, size_t size, enum gb_pdu_error error, const struct gb_pdu *pdu)
{
	uint8_t *copy = malloc(kept);
	struct gb_pdu head;

	require(copy || kept == 0);
	if (kept > 0)
		memcpy(copy, data, kept);
	enum gb_pdu_error found = gb_pdu_decode_head(copy, kept, size, &head);

	require(found == error || (head.cut && found == GB_PDU_OK));
	require((head.fields & ~pdu->fields & ~GB_PDU_HAS_ALL_DATA) == 0);
	require(head.cut || head.fields == pdu->fields);
	require(!head.all_data.octets || head.all_data.octets + head.all_data.length <= copy + kept);
	free(copy);
}

/* A PDU without error has an end: the octets that follow do not matter, and one fewer is not enough. */
static void check_end(const uint8_t *data, size_t size, const struct gb_pdu *pdu)
{
	size_t less = 0, length = size;
	struct gb_pdu other;

	while (length - less > 1) {
		size_t middle = less + (length - less) / 2;

		if (gb_pdu_decode(data, middle, &other) == GB_PDU_OK)
			length = middle;
		else
			less = middle;
	}
	require(gb_pdu_decode(data, length, &other) == GB_PDU_OK);
	require(other.fields == pdu->fields && other.entries == pdu->entries && other.st_num == pdu->st_num);
	require(gb_pdu_decode(data, less, &other) == GB_PDU_LENGTH);
	require(other.fields == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gb_pdu pdu;
	struct gb_octets all = {size ? data : NULL, size};
	struct gb_values walk = gb_values(all);
	struct gb_value value;
	enum gb_pdu_error error;

	memset(&pdu, 0xA5, sizeof(pdu));
	error = gb_pdu_decode(data, size, &pdu);
	require(error < GB_PDU_ERROR_COUNT && error != GB_PDU_HEADER && !pdu.cut);
	require((error == GB_PDU_EMPTY) == (size == 0));
	check_fields(data, size, &pdu);
	if (pdu.all_data.octets)
		check_walk(&pdu);
	else
		require(pdu.entries == 0);
	check_followed(data, size, error, &pdu);
	for (size_t kept = size > 64 ? size - 64 : 0; kept < size; kept++)
		check_head(data, kept, size, error, &pdu);
	if (error == GB_PDU_OK) {
		require((pdu.fields & MANDATORY) == MANDATORY);
		require(pdu.entries == pdu.num_dat_set_entries);
		check_end(data, size, &pdu);
	}
	/* the octets as values, without a message around them */
	for (size_t steps = 0; gb_values_next(&walk, &value, &error); steps++) {
		require(steps < size);
		check_value(&value);
	}
	return 0;
}
