/* SPDX-License-Identifier: Apache-2.0 */
/* How long a value may be: IEC 61850-8-1, 8.1 and Annex A (encoding of basic data types), with the fixed-length encodings of
 * ed. 2.1, and ISO 9506-2 for Data and FloatingPoint.
 */
#include <goose-bridge/pdu.h>

#include <string.h>

#include "ber.h"
#include "values.h"

#define NS_PER_S   UINT64_C(1000000000)
#define NS_PER_MS  UINT64_C(1000000)
#define NS_PER_DAY (UINT64_C(86400) * NS_PER_S)

/* Tag of Data (ISO 9506-2), its type, its name. */
#define TAGS(X)                                   \
	X(0xA1, ARRAY, "array")                   \
	X(0xA2, STRUCTURE, "structure")           \
	X(0x83, BOOLEAN, "boolean")               \
	X(0x84, BIT_STRING, "bit-string")         \
	X(0x85, INTEGER, "integer")               \
	X(0x86, UNSIGNED, "unsigned")             \
	X(0x87, FLOAT, "float")                   \
	X(0x89, OCTET_STRING, "octet-string")     \
	X(0x8A, VISIBLE_STRING, "visible-string") \
	X(0x8C, TIME_OF_DAY, "time-of-day")       \
	X(0x90, MMS_STRING, "mms-string")         \
	X(0x91, UTC_TIME, "utc-time")

const char *gb_value_type_name(enum gb_value_type type)
{
	switch (type) {
#define X(tag, type, name)     \
	case GB_VALUE_##type: \
		return name;
		TAGS(X)
#undef X
	case GB_VALUE_OTHER:
	case GB_VALUE_TYPE_COUNT:
		break;
	}
	return "other";
}

static inline enum gb_value_type type_of(uint8_t tag)
{
	switch (tag) {
#define X(tag, type, name) \
	case tag:          \
		return GB_VALUE_##type;
		TAGS(X)
#undef X
	}
	return GB_VALUE_OTHER;
}

/* Unused bits at the end: 0 to 7, and none where there is nothing that they could be part of. */
static inline bool bit_string_fits(const uint8_t *content, size_t length)
{
	return length > 0 && content[0] <= 7 && (length > 1 || content[0] == 0);
}

/* 64 bits; one octet more where it only repeats the sign, as a fixed-length INT64 has it. */
static inline bool integer_fits(const uint8_t *content, size_t length)
{
	return (length > 0 && length <= 8) || (length == 9 && content[0] == (content[1] & 0x80 ? 0xFF : 0x00));
}

/* A first octet of 0 keeps the next one's highest bit from being a sign. Without it the bit is still taken for one of the
 * value: an unsigned is never negative, and there are publishers that leave it out.
 */
static inline bool unsigned_fits(const uint8_t *content, size_t length)
{
	return (length > 0 && length <= 8) || (length == 9 && content[0] == 0);
}

/* The first octet is the width of the exponent: 8 for single, 11 for double (ISO 9506-2, FloatingPoint). */
static inline bool float_fits(const uint8_t *content, size_t length)
{
	return (length == 5 && content[0] == 8) || (length == 9 && content[0] == 11);
}

static inline bool value_fits(enum gb_value_type type, const uint8_t *content, size_t length)
{
	switch (type) {
	case GB_VALUE_BOOLEAN:
		return length == 1;
	case GB_VALUE_BIT_STRING:
		return bit_string_fits(content, length);
	case GB_VALUE_INTEGER:
		return integer_fits(content, length);
	case GB_VALUE_UNSIGNED:
		return unsigned_fits(content, length);
	case GB_VALUE_FLOAT:
		return float_fits(content, length);
	case GB_VALUE_TIME_OF_DAY:
		return length == 4 || length == 6;
	case GB_VALUE_UTC_TIME:
		return length == 8;
	case GB_VALUE_ARRAY:
	case GB_VALUE_STRUCTURE:
	case GB_VALUE_OCTET_STRING:
	case GB_VALUE_VISIBLE_STRING:
	case GB_VALUE_MMS_STRING:
	case GB_VALUE_OTHER:
	case GB_VALUE_TYPE_COUNT:
		break;
	}
	return true;
}

struct gb_values gb_values(struct gb_octets all_data)
{
	struct gb_values walk = {.octets = all_data.octets, .length = all_data.length};

	walk.end[0] = all_data.length;
	return walk;
}

/* What begins where the walk stands. True = a value of *TYPE at *DEPTH, and the walk is behind it, or before its first member;
 * false = there are no more, or *ERROR says what is wrong, and the walk stays where it is. Always inline, so that the summary
 * has the walk in registers: that saves a third of the time that a message with many values takes.
 */
static inline __attribute__((always_inline)) bool step(struct gb_values *walk, struct ber *element, enum gb_value_type *type,
							unsigned *depth, enum gb_pdu_error *error)
{
	*error = GB_PDU_OK;
	while (walk->depth > 0 && walk->offset == walk->end[walk->depth])
		walk->depth--;
	if (walk->offset == walk->end[walk->depth])
		return false;
	*error = ber_read(walk->octets, walk->offset, walk->end[walk->depth], element);
	if (*error)
		return false;
	*type = type_of(element->tag);
	*depth = walk->depth;
	if (*type == GB_VALUE_ARRAY || *type == GB_VALUE_STRUCTURE) {
		if (walk->depth == GB_PDU_LEVELS) {
			*error = GB_PDU_DEPTH;
			return false;
		}
		walk->end[++walk->depth] = element->content + element->length;
		walk->offset = element->content;
		return true;
	}
	if (!value_fits(*type, walk->octets + element->content, element->length)) {
		*error = GB_PDU_VALUE;
		return false;
	}
	walk->offset = element->content + element->length;
	return true;
}

/* Goes through all of ALL_DATA; VALUES, by type, may be NULL. */
static inline __attribute__((always_inline)) enum gb_pdu_error go_through(struct gb_octets all_data, uint32_t *entries,
									   uint32_t *values)
{
	struct gb_values walk;
	struct ber element;
	enum gb_value_type type;
	unsigned depth;
	enum gb_pdu_error error;

	walk.octets = all_data.octets;
	walk.offset = 0;
	walk.depth = 0;
	walk.end[0] = all_data.length;
	while (step(&walk, &element, &type, &depth, &error)) {
		if (values)
			values[type]++;
		*entries += depth == 0;
	}
	return error;
}

enum gb_pdu_error values_summarise(struct gb_pdu *pdu)
{
	return go_through(pdu->all_data, &pdu->entries, pdu->values);
}

enum gb_pdu_error gb_values_check(struct gb_octets all_data, uint32_t *entries)
{
	*entries = 0;
	return go_through(all_data, entries, NULL);
}

/* At most 8 octets, big-endian, to the right of what VALUE is before. */
static uint64_t number(uint64_t value, const uint8_t *octets, size_t length)
{
	for (size_t i = 0; i < length; i++)
		value = value << 8 | octets[i];
	return value;
}

static double floating(struct gb_octets content)
{
	uint64_t bits = number(0, content.octets + 1, content.length - 1);

	if (content.length == 5) {
		uint32_t half = (uint32_t)bits;
		float single;

		memcpy(&single, &half, sizeof(single));
		return (double)single;
	}
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* ms since midnight, and days since 1984-01-01 if there are 6 octets (ISO 9506-2, TimeOfDay). */
static uint64_t time_of_day_ns(struct gb_octets content)
{
	uint64_t ns = number(0, content.octets, 4) * NS_PER_MS;

	return content.length == 6 ? ns + number(0, content.octets + 4, 2) * NS_PER_DAY : ns;
}

uint64_t gb_utc_time_ns(const uint8_t octets[8])
{
	return number(0, octets, 4) * NS_PER_S + (number(0, octets + 4, 3) * NS_PER_S >> 24);
}

static void give_meaning(struct gb_value *value)
{
	const uint8_t *octets = value->content.octets;
	size_t length = value->content.length;

	switch (value->type) {
	case GB_VALUE_BOOLEAN:
		value->boolean = octets[0] != 0;
		break;
	case GB_VALUE_BIT_STRING:
		value->bits = (unsigned)(length - 1) * 8 - octets[0];
		break;
	case GB_VALUE_INTEGER:
		value->integer = (int64_t)number(octets[0] & 0x80 ? UINT64_MAX : 0, octets, length);
		break;
	case GB_VALUE_UNSIGNED:
		value->unsigned_integer = number(0, octets, length);
		break;
	case GB_VALUE_FLOAT:
		value->floating = floating(value->content);
		break;
	case GB_VALUE_TIME_OF_DAY:
		value->utc_ns = time_of_day_ns(value->content);
		break;
	case GB_VALUE_UTC_TIME:
		value->utc_ns = gb_utc_time_ns(octets);
		break;
	case GB_VALUE_ARRAY:
	case GB_VALUE_STRUCTURE:
	case GB_VALUE_OCTET_STRING:
	case GB_VALUE_VISIBLE_STRING:
	case GB_VALUE_MMS_STRING:
	case GB_VALUE_OTHER:
	case GB_VALUE_TYPE_COUNT:
		break;
	}
}

bool gb_values_next(struct gb_values *walk, struct gb_value *value, enum gb_pdu_error *error)
{
	struct ber element;
	enum gb_value_type type;
	unsigned depth;

	if (!step(walk, &element, &type, &depth, error))
		return false;
	*value = (struct gb_value){
		.type = type,
		.tag = element.tag,
		.depth = depth,
		.content = {walk->octets + element.content, element.length},
	};
	give_meaning(value);
	return true;
}
