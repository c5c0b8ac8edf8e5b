/* SPDX-License-Identifier: Apache-2.0 */
#include "put.h"

#include <goose-bridge/report.h>
#include <json-c/json.h>

#define TEXT 1024

void put_value(struct json_object *object, const char *key, struct json_object *value)
{
	if (!object || json_object_object_add(object, key, value) != 0)
		json_object_put(value);
}

void put_text(struct json_object *object, const char *key, const char *text)
{
	char copy[TEXT] = "";

	if (text)
		snprintf(copy, sizeof(copy), "%s", text);
	gb_report_utf8(copy); /* an interface's name may be any octets */
	put_value(object, key, *copy ? json_object_new_string(copy) : NULL);
}

void put_count(struct json_object *object, const char *key, uint64_t value)
{
	put_value(object, key, json_object_new_uint64(value));
}

void put_bool(struct json_object *object, const char *key, bool value)
{
	put_value(object, key, json_object_new_boolean(value));
}

void put_line(FILE *out, struct json_object *object)
{
	fprintf(out, "%s\n", json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	fflush(out);
	json_object_put(object);
}
