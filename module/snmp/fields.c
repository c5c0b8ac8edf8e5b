/* SPDX-License-Identifier: Apache-2.0 */
#include "fields.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <goose-bridge/clock.h>
#include <json-c/json.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DURATION_MAX_S 1e9 /* what is longer is none: 32 years */

struct json_object *snmp_fields_member(struct json_object *object, const char *key)
{
	struct json_object *member = NULL;

	if (json_object_is_type(object, json_type_object))
		json_object_object_get_ex(object, key, &member);
	return member;
}

size_t snmp_fields_length(struct json_object *array, size_t most)
{
	size_t length = json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;

	return length < most ? length : most;
}

static const char *text_of(struct json_object *value)
{
	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
}

const char *snmp_fields_text(struct json_object *object, const char *key)
{
	return text_of(snmp_fields_member(object, key));
}

/* All of TEXT as a number to BASE, or 0. */
static uint64_t digits(const char *text, int base)
{
	char *end;
	uint64_t number;

	if (!isxdigit((unsigned char)text[0])) /* strtoull takes spaces and signs, too */
		return 0;
	number = strtoull(text, &end, base);
	return *end ? 0 : number;
}

uint64_t snmp_fields_number(struct json_object *value)
{
	double decimal;

	switch (json_object_get_type(value)) {
	case json_type_int:
		return json_object_get_uint64(value);
	case json_type_double:
		decimal = json_object_get_double(value);
		return decimal >= 18446744073709551615.0 ? UINT64_MAX : decimal > 0 ? (uint64_t)decimal : 0;
	case json_type_string:
		return digits(json_object_get_string(value), 10);
	default:
		return 0;
	}
}

/* VALUE units of UNIT_NS. */
static uint64_t duration(struct json_object *value, uint64_t unit_ns)
{
	bool is_number = json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_double);
	double ns = is_number ? json_object_get_double(value) * (double)unit_ns : 0;

	return ns > 0 && ns < DURATION_MAX_S * (double)GB_NS_PER_S ? (uint64_t)(ns + 0.5) : 0;
}

/* ---- time ---- */

/* COUNT digits at *AT, which is moved behind them. -1 if they are none. */
static int take_digits(const char **at, size_t count)
{
	int number = 0;

	for (size_t i = 0; i < count; i++, ++*at) {
		if (!isdigit((unsigned char)**at))
			return -1;
		number = number * 10 + (**at - '0');
	}
	return number;
}

static bool take(const char **at, char c)
{
	if (**at != c)
		return false;
	++*at;
	return true;
}

/* A fraction of a second, if there is one, in ns. */
static uint64_t take_fraction(const char **at)
{
	uint64_t ns = 0, unit = GB_NS_PER_S;

	if (!take(at, '.'))
		return 0;
	for (; isdigit((unsigned char)**at); ++*at) {
		unit /= 10;
		ns += unit * (uint64_t)(**at - '0');
	}
	return ns;
}

/* What the zone is ahead of UTC, in s. False if there is none, or something behind it. */
static bool take_zone(const char **at, int *ahead_s)
{
	bool behind = **at == '-';
	int hours, minutes;

	*ahead_s = 0;
	if (take(at, 'Z'))
		return **at == '\0';
	if (!take(at, '+') && !take(at, '-'))
		return false;
	hours = take_digits(at, 2);
	if (hours < 0 || hours > 23 || !take(at, ':'))
		return false;
	minutes = take_digits(at, 2);
	if (minutes < 0 || minutes > 59 || **at != '\0')
		return false;
	*ahead_s = (behind ? -60 : 60) * (hours * 60 + minutes);
	return true;
}

uint64_t snmp_fields_time(const char *text)
{
	static const struct {
		size_t digits;
		char then;
		int least, most;
	} parts[] = {{4, '-', 1970, 2500}, {2, '-', 1, 12}, {2, 'T', 1, 31},
		     {2, ':', 0, 23}, {2, ':', 0, 59}, {2, '\0', 0, 60}};
	const char *at = text;
	uint64_t fraction_ns;
	int value[6], ahead_s;
	time_t seconds;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		value[i] = take_digits(&at, parts[i].digits);
		if (value[i] < parts[i].least || value[i] > parts[i].most || (parts[i].then && !take(&at, parts[i].then)))
			return 0;
	}
	fraction_ns = take_fraction(&at);
	if (!take_zone(&at, &ahead_s))
		return 0;
	struct tm tm = {.tm_year = value[0] - 1900, .tm_mon = value[1] - 1, .tm_mday = value[2], .tm_hour = value[3],
			.tm_min = value[4], .tm_sec = value[5]};

	seconds = timegm(&tm) - ahead_s;
	return seconds > 0 ? (uint64_t)seconds * GB_NS_PER_S + fraction_ns : 0;
}

/* ---- fields ---- */

static void put_number(const struct field *field, void *at, uint64_t number)
{
	uint8_t one = number < UINT8_MAX ? (uint8_t)number : UINT8_MAX;
	uint16_t two = number < UINT16_MAX ? (uint16_t)number : UINT16_MAX;
	uint32_t four = number < UINT32_MAX ? (uint32_t)number : UINT32_MAX;

	switch (field->size) {
	case sizeof(one):
		memcpy(at, &one, sizeof(one));
		break;
	case sizeof(two):
		memcpy(at, &two, sizeof(two));
		break;
	case sizeof(four):
		memcpy(at, &four, sizeof(four));
		break;
	default:
		memcpy(at, &number, sizeof(number));
		break;
	}
}

static void put_mac(uint8_t *mac, const char *text)
{
	unsigned octet[6];
	int end = 0;

	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &octet[0], &octet[1], &octet[2], &octet[3], &octet[4], &octet[5],
		   &end) != 6 || text[end] != '\0')
		return;
	for (size_t i = 0; i < 6; i++)
		mac[i] = (uint8_t)octet[i];
}

static void put_bool(struct json_object *value, void *at)
{
	bool yes = json_object_is_type(value, json_type_boolean) && json_object_get_boolean(value);

	memcpy(at, &yes, sizeof(yes));
}

static void put_address(const char *text, void *at)
{
	struct in_addr address;

	if (inet_pton(AF_INET, text, &address) == 1)
		memcpy(at, &address, sizeof(address));
}

static void read_field(struct json_object *value, const struct field *field, void *at)
{
	switch (field->kind) {
	case FIELD_NUMBER:
		put_number(field, at, snmp_fields_number(value));
		break;
	case FIELD_BOOL:
		put_bool(value, at);
		break;
	case FIELD_TEXT:
		snprintf(at, field->size, "%s", text_of(value));
		break;
	case FIELD_TIME:
		put_number(field, at, snmp_fields_time(text_of(value)));
		break;
	case FIELD_SECONDS:
		put_number(field, at, duration(value, GB_NS_PER_S));
		break;
	case FIELD_MS:
		put_number(field, at, duration(value, GB_NS_PER_MS));
		break;
	case FIELD_MAC:
		put_mac(at, text_of(value));
		break;
	case FIELD_ID:
		put_number(field, at, digits(text_of(value), 16));
		break;
	case FIELD_ADDRESS:
		put_address(text_of(value), at);
		break;
	}
}

void snmp_fields_read(struct json_object *object, const struct field *field, size_t count, void *structure)
{
	for (size_t i = 0; i < count; i++) {
		struct json_object *value = snmp_fields_member(object, field[i].key);

		if (value)
			read_field(value, &field[i], (char *)structure + field[i].offset);
	}
}
