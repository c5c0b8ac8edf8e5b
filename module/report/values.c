/* SPDX-License-Identifier: Apache-2.0 */
#include "values.h"

#include <arpa/inet.h>
#include <goose-bridge/clock.h>
#include <goose-bridge/report.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *gb_report_state_name(enum gb_report_state state)
{
	switch (state) {
	case GB_REPORT_RUNNING:
		return "running";
	case GB_REPORT_DEGRADED:
		return "degraded";
	case GB_REPORT_DOWN:
		break;
	}
	return "down";
}

/* Octets of the UTF-8 character at AT (RFC 3629, 4), 0 if there is none. The text ends with a NUL, which continues nothing. */
static size_t utf8_character(const unsigned char *at)
{
	size_t length = at[0] < 0x80 ? 1 : at[0] >= 0xC2 && at[0] <= 0xDF ? 2 : (at[0] & 0xF0) == 0xE0 ? 3
			: at[0] >= 0xF0 && at[0] <= 0xF4 ? 4 : 0;

	for (size_t i = 1; i < length; i++)
		if ((at[i] & 0xC0) != 0x80)
			return 0;
	if ((at[0] == 0xE0 && at[1] < 0xA0) || (at[0] == 0xED && at[1] > 0x9F) || /* overlong, surrogate */
	    (at[0] == 0xF0 && at[1] < 0x90) || (at[0] == 0xF4 && at[1] > 0x8F)) /* overlong, past U+10FFFF */
		return 0;
	return length;
}

void gb_report_utf8(char *text)
{
	while (*text) {
		size_t length = utf8_character((unsigned char *)text);

		if (length == 0)
			*text = '?';
		text += length ? length : 1;
	}
}

struct json_object *report_text(const char *text)
{
	char *copy = strdup(text ? text : "");
	struct json_object *string;

	if (!copy)
		return NULL;
	gb_report_utf8(copy);
	string = json_object_new_string(copy);
	free(copy);
	return string;
}

/* json-c aborts on a container that is NULL. */
void report_put(struct json_object *object, const char *key, struct json_object *value)
{
	if (!object || json_object_object_add(object, key, value) != 0)
		json_object_put(value);
}

void report_append(struct json_object *array, struct json_object *value)
{
	if (!array || json_object_array_add(array, value) != 0)
		json_object_put(value);
}

void report_put_text(struct json_object *object, const char *key, const char *text)
{
	report_put(object, key, report_text(text));
}

void report_put_text_or_null(struct json_object *object, const char *key, const char *text)
{
	report_put(object, key, text && *text ? report_text(text) : NULL);
}

void report_put_count(struct json_object *object, const char *key, uint64_t value)
{
	report_put(object, key, json_object_new_uint64(value));
}

void report_put_count_or_null(struct json_object *object, const char *key, uint64_t value)
{
	report_put(object, key, value ? json_object_new_uint64(value) : NULL);
}

void report_put_bool(struct json_object *object, const char *key, bool value)
{
	report_put(object, key, json_object_new_boolean(value));
}

void report_put_decimal(struct json_object *object, const char *key, double value, int decimals)
{
	char text[400]; /* the largest double has 309 digits */

	if (!isfinite(value)) /* JSON has no such numbers */
		value = 0;
	snprintf(text, sizeof(text), "%.*f", decimals, value);
	report_put(object, key, json_object_new_double_s(value, text));
}

void report_put_epoch_seconds(struct json_object *object, const char *key, uint64_t utc_ns)
{
	char text[40];

	snprintf(text, sizeof(text), "%" PRIu64 ".%06" PRIu64, utc_ns / GB_NS_PER_S, utc_ns % GB_NS_PER_S / 1000);
	report_put(object, key, json_object_new_double_s((double)utc_ns / (double)GB_NS_PER_S, text));
}

void report_put_time(struct json_object *object, const char *key, uint64_t utc_ns)
{
	char text[40];

	report_put_text_or_null(object, key, utc_ns ? gb_clock_iso8601(utc_ns, true, text, sizeof(text)) : NULL);
}

void report_put_hex_id(struct json_object *object, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%016" PRIx64, value);
	report_put_text_or_null(object, key, value ? text : NULL);
}

void report_put_wide(struct json_object *object, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	report_put_text_or_null(object, key, value ? text : NULL);
}

void report_put_address(struct json_object *object, const char *key, struct in_addr address)
{
	char text[INET_ADDRSTRLEN] = "";

	if (address.s_addr != 0)
		inet_ntop(AF_INET, &address, text, sizeof(text));
	report_put_text_or_null(object, key, text);
}
