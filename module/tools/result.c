/* SPDX-License-Identifier: Apache-2.0 */
#include "result.h"

#include <json-c/json.h>
#include <string.h>

struct json_object *result_get(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	if (json_object_is_type(object, json_type_object))
		json_object_object_get_ex(object, key, &value);
	return value;
}

const char *result_text(struct json_object *object, const char *key, const char *otherwise)
{
	struct json_object *value = result_get(object, key);
	const char *string = value ? json_object_get_string(value) : NULL;

	return string && *string ? string : otherwise;
}

uint64_t result_count(struct json_object *object, const char *key)
{
	return json_object_get_uint64(result_get(object, key));
}

bool result_yes(struct json_object *object, const char *key)
{
	return json_object_get_boolean(result_get(object, key));
}

size_t result_length(struct json_object *array)
{
	return json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

bool result_running(struct json_object *result)
{
	return strcmp(result_text(result, "state", ""), "running") == 0;
}
