/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials as text: the shared file, the JSON of roles and containers, and where they may be asked for. Pure. */
#include "aws_private.h"

#include <arpa/inet.h>
#include <goose-bridge/clock.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* What will stand in a header or in a signature: it has no spaces and no controls. */
static bool copy_plain(char *out, size_t size, const char *from, size_t length)
{
	if (length >= size)
		return false;
	memcpy(out, from, length);
	out[length] = '\0';
	return strlen(out) == length && http_is_plain(out);
}

/* ---- the shared file ---- */

static const char *skip_blanks(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	return at;
}

static const char *trim(const char *at, const char *end)
{
	while (end > at && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
		end--;
	return end;
}

/* Whether the line is [PROFILE]. */
static bool is_section_of(const char *at, const char *end, const char *profile)
{
	size_t length = strlen(profile);
	const char *close = memchr(at, ']', (size_t)(end - at));

	if (!close)
		return false;
	at = skip_blanks(at + 1, close);
	close = trim(at, close);
	return (size_t)(close - at) == length && memcmp(at, profile, length) == 0;
}

/* A line "key = value" of the profile. False if the value can be none. */
static bool take_line(const char *at, const char *end, struct credentials *credentials)
{
	const char *equals = memchr(at, '=', (size_t)(end - at));
	const char *value, *name_end;
	size_t name, length;

	if (!equals)
		return true;
	name_end = trim(at, equals);
	name = (size_t)(name_end - at);
	value = skip_blanks(equals + 1, end);
	length = (size_t)(end - value);
#define IS(key) (name == sizeof(key) - 1 && strncasecmp(at, key, name) == 0)
	if (IS("aws_access_key_id"))
		return copy_plain(credentials->key, sizeof(credentials->key), value, length);
	if (IS("aws_secret_access_key"))
		return copy_plain(credentials->secret, sizeof(credentials->secret), value, length);
	if (IS("aws_session_token"))
		return copy_plain(credentials->token, sizeof(credentials->token), value, length);
#undef IS
	return true;
}

bool credentials_read_file(const char *text, size_t length, const char *profile, struct credentials *credentials)
{
	const char *at = text, *end = text + length;
	bool inside = false, good = true;

	*credentials = (struct credentials){0};
	while (at < end && good) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *line_end = trim(at, newline ? newline : end);
		const char *line = skip_blanks(at, line_end);

		if (line < line_end && *line == '[')
			inside = is_section_of(line, line_end, profile);
		else if (inside && line < line_end && *line != '#' && *line != ';')
			good = take_line(line, line_end, credentials);
		at = newline ? newline + 1 : end;
	}
	return good && credentials->key[0] && credentials->secret[0];
}

/* ---- JSON ---- */

static bool take_string(struct json_object *object, const char *key, bool needed, char *out, size_t size)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value) || !value)
		return !needed;
	return json_object_is_type(value, json_type_string) &&
	       copy_plain(out, size, json_object_get_string(value), (size_t)json_object_get_string_len(value)) &&
	       (!needed || *out);
}

/* ISO 8601 in UTC, as "2026-01-31T12:00:00Z". False if it is none. */
static bool read_time(const char *text, uint64_t *utc_ns)
{
	struct tm tm = {0};
	time_t seconds;

	if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min,
		   &tm.tm_sec) != 6)
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	seconds = timegm(&tm);
	if (seconds <= 0)
		return false;
	*utc_ns = (uint64_t)seconds * GB_NS_PER_S;
	return true;
}

bool credentials_read_json(const char *text, size_t length, struct credentials *credentials)
{
	struct json_tokener *tokener = json_tokener_new_ex(8);
	struct json_object *object = NULL;
	char expires[40] = "", code[40] = "Success";
	bool good = false;

	*credentials = (struct credentials){0};
	if (tokener && length <= GB_AWS_METADATA_MAX)
		object = json_tokener_parse_ex(tokener, text, (int)length);
	if (json_object_is_type(object, json_type_object))
		good = take_string(object, "Code", false, code, sizeof(code)) && strcmp(code, "Success") == 0 &&
		       take_string(object, "AccessKeyId", true, credentials->key, sizeof(credentials->key)) &&
		       take_string(object, "SecretAccessKey", true, credentials->secret, sizeof(credentials->secret)) &&
		       take_string(object, "Token", false, credentials->token, sizeof(credentials->token)) &&
		       take_string(object, "Expiration", false, expires, sizeof(expires)) &&
		       (!*expires || read_time(expires, &credentials->expires_utc_ns));
	json_object_put(object);
	if (tokener)
		json_tokener_free(tokener);
	return good;
}

/* ---- a container's ---- */

bool credentials_may_ask(const char *url)
{
	static const char *const hosts[] = {"169.254.170.2", "169.254.170.23", "[fd00:ec2::23]", "[::1]", "localhost"};
	const char *host = url + 7;
	char name[64];
	struct in_addr address;
	size_t length;

	if (!http_is_plain(url))
		return false;
	if (strncasecmp(url, "https://", 8) == 0)
		return url[8] && url[8] != '/';
	if (strncasecmp(url, "http://", 7) != 0)
		return false;
	length = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/?#@\\");
	if (length >= sizeof(name) || length > strlen(host) || !strchr(":/?", host[length])) /* the end is among these, too */
		return false;
	/* a name before an '@' would make what follows it the host */
	if (strcspn(host, "@") < strcspn(host, "/?#"))
		return false;
	memcpy(name, host, length);
	name[length] = '\0';
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		if (strcasecmp(name, hosts[i]) == 0)
			return true;
	return inet_pton(AF_INET, name, &address) == 1 && ntohl(address.s_addr) >> 24 == 127;
}
