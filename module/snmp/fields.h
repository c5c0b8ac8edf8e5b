/* SPDX-License-Identifier: Apache-2.0 */
/* snmp/fields: members of JSON objects into the fields of structs, by tables.
 *
 * Tolerant: the service may be older or newer than its reader. What is missing, of another type or out of range leaves the
 * field 0, and what is not asked for is passed over. Bounded: no text is written past its field. Pure.
 */
#ifndef ROOM_SNMP_FIELDS_H
#define ROOM_SNMP_FIELDS_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;

enum field_kind {
	FIELD_NUMBER,  /* an unsigned of 1, 2, 4 or 8 octets, or an int; what is larger stays at the largest */
	FIELD_BOOL,    /* bool */
	FIELD_TEXT,    /* char[]; what does not fit is cut */
	FIELD_TIME,    /* uint64_t of UTC ns, of ISO 8601 with a zone */
	FIELD_SECONDS, /* uint64_t of ns, of s with decimals */
	FIELD_MS,      /* uint64_t of ns, of ms with decimals */
	FIELD_MAC,     /* uint8_t[6] */
	FIELD_ID,      /* uint64_t, of hexadecimal digits */
	FIELD_ADDRESS, /* struct in_addr */
};

struct field {
	const char *key;
	enum field_kind kind;
	size_t offset;
	size_t size;
};

#define FIELD(kind, type, member, key) {key, FIELD_##kind, offsetof(type, member), sizeof(((type *)NULL)->member)}

/* Writes COUNT fields of STRUCTURE, all 0 before, from OBJECT, which may be NULL or anything else than an object. */
void snmp_fields_read(struct json_object *object, const struct field *field, size_t count, void *structure);

/* The member called KEY. NULL if there is none, or OBJECT is none. */
struct json_object *snmp_fields_member(struct json_object *object, const char *key);

/* How many elements ARRAY has, at most MOST; 0 if it is none. */
size_t snmp_fields_length(struct json_object *array, size_t most);

/* The member called KEY as text, "" if it is none. Belongs to OBJECT. */
const char *snmp_fields_text(struct json_object *object, const char *key);

/* VALUE as a number: digits in a string are one, too (JSON of 64 bits); what is below 0, or none, is 0. */
uint64_t snmp_fields_number(struct json_object *value);

/* TEXT as UTC ns: "2026-01-31T12:00:00.000000+00:00", or with Z. 0 if it is no such time, or one without zone. */
uint64_t snmp_fields_time(const char *text);

#endif
