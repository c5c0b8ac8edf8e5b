/* SPDX-License-Identifier: Apache-2.0 */
/* What goose-bridge-aws writes, read without trust. */
#include <goose-bridge/registry.h>

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#define DEPTH	   4
#define NEXT_MAX_S 86400

const char *gb_registry_says_name(enum gb_registry_says says)
{
	static const char *const names[] = {"unknown", "member", "absent"};

	return (unsigned)says < sizeof(names) / sizeof(names[0]) ? names[says] : "unknown";
}

bool gb_registry_is_wanted(const char *domain_id)
{
	return domain_id[0] && strcmp(domain_id, GB_REGISTRY_SAMPLE_DOMAIN) != 0;
}

static struct json_object *get(struct json_object *object, const char *key, enum json_type type)
{
	struct json_object *value;

	return json_object_object_get_ex(object, key, &value) && json_object_is_type(value, type) ? value : NULL;
}

/* Whether the octet is one of a character's further ones (RFC 3629, 3). */
static bool continues(char octet)
{
	return ((unsigned char)octet & 0xC0) == 0x80;
}

/* Cut between characters, without control characters. What the tokener gives is valid UTF-8. */
static void copy_text(char *out, size_t size, struct json_object *value)
{
	const char *text = value ? json_object_get_string(value) : "";
	size_t length = strlen(text);

	if (length >= size) {
		length = size - 1;
		while (length > 0 && continues(text[length]))
			length--;
	}
	memcpy(out, text, length);
	out[length] = '\0';
	for (char *at = out; *at; at++) {
		bool c1 = (unsigned char)at[0] == 0xC2 && (unsigned char)at[1] < 0xA0; /* U+0080 to U+009F */

		if ((unsigned char)*at < ' ' || *at == '\x7F' || c1)
			*at = '?';
		if (c1)
			at[1] = '?';
	}
}

static bool take_state(const char *name, enum gb_registry_says *says)
{
	for (unsigned i = GB_REGISTRY_SAYS_UNKNOWN; i <= GB_REGISTRY_SAYS_ABSENT; i++)
		if (strcmp(name, gb_registry_says_name((enum gb_registry_says)i)) == 0) {
			*says = (enum gb_registry_says)i;
			return true;
		}
	return false;
}

static int take(struct json_object *object, struct gb_registry_answer *answer, unsigned *next_s)
{
	struct json_object *version, *state, *next;
	int64_t seconds;

	*answer = (struct gb_registry_answer){0};
	if (!json_object_is_type(object, json_type_object))
		return -EPROTO;
	version = get(object, "version", json_type_int);
	state = get(object, "state", json_type_string);
	next = get(object, "next_s", json_type_int);
	if (!version || json_object_get_int64(version) != GB_REGISTRY_VERSION || !state || !next ||
	    !take_state(json_object_get_string(state), &answer->says))
		return -EPROTO;
	seconds = json_object_get_int64(next);
	if (seconds < 0 || seconds > NEXT_MAX_S)
		return -EPROTO;
	*next_s = (unsigned)seconds;
	copy_text(answer->detail, sizeof(answer->detail), get(object, "detail", json_type_string));
	copy_text(answer->interface_id, sizeof(answer->interface_id), get(object, "interface_id", json_type_string));
	return 0;
}

int gb_registry_parse(const char *line, size_t length, struct gb_registry_answer *answer, unsigned *next_s)
{
	struct json_tokener *tokener = json_tokener_new_ex(DEPTH);
	struct json_object *object = NULL;
	int result = -EPROTO;

	/* a NUL would end the text for the tokener, whatever follows */
	if (tokener && length <= GB_REGISTRY_LINE && !memchr(line, '\0', length)) {
		json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
		object = json_tokener_parse_ex(tokener, line, (int)length);
		if (json_tokener_get_error(tokener) == json_tokener_success)
			result = take(object, answer, next_s);
	}
	json_object_put(object);
	if (tokener)
		json_tokener_free(tokener);
	return result;
}
