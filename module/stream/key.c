/* SPDX-License-Identifier: Apache-2.0 */
/* An expected stream as a line of text, and back. */
#include <goose-bridge/stream.h>

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_MAX 48 /* octets of a word that an error shows */

static const char *const directions[] = {
	[GB_STREAM_TO_NETWORK] = "to_network",
	[GB_STREAM_TO_GOOSE0] = "to_goose0",
};

const char *gb_stream_direction_name(enum gb_stream_direction direction)
{
	return (unsigned)direction <= GB_STREAM_TO_GOOSE0 ? directions[direction] : "unknown";
}

const char *gb_stream_state_name(enum gb_stream_state state)
{
	static const char *const names[] = {
		[GB_STREAM_EXPECTED] = "expected", [GB_STREAM_NEW] = "new",	    [GB_STREAM_ACTIVE] = "active",
		[GB_STREAM_TEST] = "test",	   [GB_STREAM_EXPIRED] = "expired",
	};

	return (unsigned)state <= GB_STREAM_EXPIRED ? names[state] : "unknown";
}

/* ---- reading -------------------------------------------------------------------------------------------------------- */

/* A word of the text, or a part of one. */
struct word {
	const char *text;
	size_t length;
};

struct reading {
	const char *rest;
	struct gb_stream_expected *expected;
	unsigned seen; /* bit n: attribute n has come */
	char *why;
	size_t size;
};

__attribute__((format(printf, 3, 4)))
static int refuse(const struct reading *r, struct word word, const char *format, ...)
{
	char shown[SHOWN_MAX + 1], reason[GB_STREAM_WHY];
	size_t length = word.length < SHOWN_MAX ? word.length : SHOWN_MAX;
	va_list args;

	for (size_t i = 0; i < length; i++)
		shown[i] = word.text[i] > ' ' && word.text[i] <= '~' ? word.text[i] : '?';
	shown[length] = '\0';
	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	snprintf(r->why, r->size, "%s%s: %s", shown, word.length > length ? "..." : "", reason);
	return -EINVAL;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct word next_word(struct reading *r)
{
	struct word word;

	while (is_blank(*r->rest))
		r->rest++;
	word.text = r->rest;
	while (*r->rest && !is_blank(*r->rest))
		r->rest++;
	word.length = (size_t)(r->rest - word.text);
	return word;
}

static bool is_word(struct word word, const char *text)
{
	return word.length == strlen(text) && memcmp(word.text, text, word.length) == 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The octet that WORD begins with as two hexadecimal digits, or -1. */
static int hex_octet(struct word word)
{
	if (word.length < 2 || hex_digit(word.text[0]) < 0 || hex_digit(word.text[1]) < 0)
		return -1;
	return hex_digit(word.text[0]) << 4 | hex_digit(word.text[1]);
}

static int read_reference(const struct reading *r, struct word word)
{
	char *ref = r->expected->key.gocb_ref;
	size_t length = 0;

	for (size_t i = 0; i < word.length; i++) {
		int c = (unsigned char)word.text[i];

		if (c == '\\') {
			struct word digits = {word.text + i + 2, word.length - i >= 2 ? word.length - i - 2 : 0};

			c = word.length - i >= 2 && word.text[i + 1] == 'x' ? hex_octet(digits) : -1;
			if (c < 0)
				return refuse(r, word,
					      "behind \\ come x and two hexadecimal digits, such as \\x20 for a space");
			i += 3;
		}
		if (c < ' ' || c > '~')
			return refuse(r, word, "a reference has printable ASCII characters only");
		if (length == GB_PDU_TEXT_MAX)
			return refuse(r, word, "a reference has at most %d characters", GB_PDU_TEXT_MAX);
		ref[length++] = (char)c;
	}
	ref[length] = '\0';
	return 0;
}

static int read_number(const struct reading *r, struct word word, struct word value, uint64_t min, uint64_t max,
		       uint64_t *number)
{
	*number = 0;
	for (size_t i = 0; i < value.length; i++) {
		if (value.text[i] < '0' || value.text[i] > '9' || *number > max)
			*number = max + 1;
		else
			*number = *number * 10 + (uint64_t)(value.text[i] - '0');
	}
	if (value.length == 0 || *number < min || *number > max)
		return refuse(r, word, "must be a number from %" PRIu64 " to %" PRIu64, min, max);
	return 0;
}

static int read_mac(const struct reading *r, struct word word, struct word value, uint8_t mac[6])
{
	bool good = value.length == 17;

	for (size_t i = 0; good && i < 6; i++) {
		int octet = hex_octet((struct word){value.text + 3 * i, 2});

		good = octet >= 0 && (i == 5 || value.text[3 * i + 2] == ':' || value.text[3 * i + 2] == '-');
		mac[i] = (uint8_t)octet;
	}
	return good ? 0 : refuse(r, word, "must be an Ethernet address, such as 01:0c:cd:01:00:01");
}

static int read_direction(const struct reading *r, struct word word, struct word value)
{
	for (unsigned i = 0; i <= GB_STREAM_TO_GOOSE0; i++) {
		if (is_word(value, directions[i])) {
			r->expected->key.direction = (enum gb_stream_direction)i;
			return 0;
		}
	}
	return refuse(r, word, "must be to_goose0 (from other hosts) or to_network (published on this one)");
}

static int read_source(const struct reading *r, struct word word, struct word value)
{
	r->expected->key.has_source = true;
	return read_mac(r, word, value, r->expected->key.source);
}

static int read_destination(const struct reading *r, struct word word, struct word value)
{
	r->expected->key.has_destination = true;
	return read_mac(r, word, value, r->expected->key.destination);
}

static int read_vlan(const struct reading *r, struct word word, struct word value)
{
	uint64_t number;
	int error = read_number(r, word, value, 0, 4095, &number);

	r->expected->key.has_vlan_id = true;
	r->expected->key.vlan_id = (uint16_t)number;
	return error;
}

/* Tools show an APPID as four hexadecimal digits with or without 0x; 1000 alone would be two different ones. */
static int read_appid(const struct reading *r, struct word word, struct word value)
{
	unsigned appid = 0;
	bool good = value.length >= 3 && value.length <= 6 && value.text[0] == '0' && value.text[1] == 'x';

	for (size_t i = 2; good && i < value.length; i++) {
		good = hex_digit(value.text[i]) >= 0;
		appid = appid << 4 | ((unsigned)hex_digit(value.text[i]) & 0xF);
	}
	r->expected->key.has_appid = true;
	r->expected->key.appid = (uint16_t)appid;
	return good ? 0 : refuse(r, word, "must be hexadecimal behind 0x, such as 0x1000");
}

static int read_path(const struct reading *r, struct word word, struct word value)
{
	uint64_t number;
	int error = read_number(r, word, value, 0, UINT16_MAX, &number);

	r->expected->path_id = (unsigned)number;
	return error;
}

static int read_ttl(const struct reading *r, struct word word, struct word value)
{
	uint64_t number;
	int error = read_number(r, word, value, 1, GB_STREAM_TAL_MAX_MS, &number);

	r->expected->time_allowed_to_live_ms = (uint32_t)number;
	return error;
}

static int read_index(const struct reading *r, struct word word, struct word value)
{
	uint64_t number;
	int error = read_number(r, word, value, 1, INT32_MAX, &number);

	r->expected->index = (uint32_t)number;
	return error;
}

static const struct {
	const char *name;
	int (*read)(const struct reading *r, struct word word, struct word value);
} attributes[] = {
	{"direction", read_direction}, {"source", read_source}, {"destination", read_destination}, {"vlan", read_vlan},
	{"appid", read_appid},	       {"path", read_path},	{"ttl", read_ttl},		{"index", read_index},
};

static int read_attribute(struct reading *r, struct word word)
{
	const char *equals = memchr(word.text, '=', word.length);
	struct word name = {word.text, equals ? (size_t)(equals - word.text) : word.length};

	for (unsigned i = 0; equals && i < sizeof(attributes) / sizeof(attributes[0]); i++) {
		if (!is_word(name, attributes[i].name))
			continue;
		if (r->seen & 1U << i)
			return refuse(r, word, "%s is there twice", attributes[i].name);
		r->seen |= 1U << i;
		return attributes[i].read(r, word, (struct word){equals + 1, word.length - name.length - 1});
	}
	return refuse(r, word,
		      "behind the reference come direction=, source=, destination=, vlan=, appid=, path=, ttl=, index=");
}

int gb_stream_expected_parse(const char *text, struct gb_stream_expected *expected, char *why, size_t size)
{
	struct reading r = {.rest = text, .expected = expected, .why = why, .size = size};
	struct word word = next_word(&r);
	int error;

	*expected = (struct gb_stream_expected){.key.direction = GB_STREAM_TO_GOOSE0};
	if (word.length == 0) {
		snprintf(why, size, "the reference of a GOOSE control block is missing, such as IED1LD0/LLN0$GO$gcb1");
		return -EINVAL;
	}
	error = read_reference(&r, word);
	while (!error) {
		word = next_word(&r);
		if (word.length == 0)
			break;
		error = read_attribute(&r, word);
	}
	return error;
}

/* ---- writing -------------------------------------------------------------------------------------------------------- */

struct writing {
	char *text;
	size_t size;
	size_t length;
};

__attribute__((format(printf, 2, 3)))
static void put(struct writing *w, const char *format, ...)
{
	va_list args;
	int length;

	if (w->length >= w->size)
		return;
	va_start(args, format);
	length = vsnprintf(w->text + w->length, w->size - w->length, format, args);
	va_end(args);
	w->length += length > 0 ? (size_t)length : 0;
}

static void put_mac(struct writing *w, const char *name, const uint8_t mac[6])
{
	put(w, " %s=%02x:%02x:%02x:%02x:%02x:%02x", name, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

char *gb_stream_expected_format(const struct gb_stream_expected *expected, char *text, size_t size)
{
	const struct gb_stream_key *key = &expected->key;
	uint32_t ttl = expected->time_allowed_to_live_ms;
	struct writing w = {.text = text, .size = size};

	for (size_t i = 0; i < GB_PDU_TEXT_MAX && key->gocb_ref[i]; i++) {
		char c = key->gocb_ref[i];

		if (c == ' ' || c == '\\')
			put(&w, "\\x%02x", (unsigned)c);
		else
			put(&w, "%c", c);
	}
	put(&w, " direction=%s", gb_stream_direction_name(key->direction));
	if (key->has_source)
		put_mac(&w, "source", key->source);
	if (key->has_destination)
		put_mac(&w, "destination", key->destination);
	if (key->has_vlan_id)
		put(&w, " vlan=%u", key->vlan_id);
	if (key->has_appid)
		put(&w, " appid=0x%04x", key->appid);
	if (expected->path_id)
		put(&w, " path=%u", expected->path_id);
	if (ttl) /* within what can be read again, whatever a publisher says */
		put(&w, " ttl=%" PRIu32, ttl < GB_STREAM_TAL_MAX_MS ? ttl : GB_STREAM_TAL_MAX_MS);
	if (expected->index)
		put(&w, " index=%" PRIu32, expected->index);
	return text;
}
