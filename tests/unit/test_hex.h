/* SPDX-License-Identifier: Apache-2.0 */
/* Octets written as people read them. */
#ifndef TEST_HEX_H
#define TEST_HEX_H

#include "test_pure.h"

struct octets {
	uint8_t at[4096];
	size_t length;
};

static inline void put_octets(struct octets *to, const void *octets, size_t length)
{
	assert_true(length <= sizeof(to->at) - to->length);
	if (length)
		memcpy(to->at + to->length, octets, length);
	to->length += length;
}

/* Appends hex digits, blanks between them or not, and text in single quotes. */
static inline void put_hex(struct octets *to, const char *text)
{
	while (*text) {
		char digits[3] = {text[0], text[1], '\0'}, *end;

		if (*text == ' ') {
			text++;
			continue;
		}
		if (*text == '\'') {
			const char *close = strchr(text + 1, '\'');

			assert_non_null(close);
			put_octets(to, text + 1, (size_t)(close - text - 1));
			text = close + 1;
			continue;
		}
		uint8_t octet = (uint8_t)strtoul(digits, &end, 16);

		if (end != digits + 2)
			fail_msg("not hex: %s", text);
		put_octets(to, &octet, 1);
		text += 2;
	}
}

/* Appends TAG, the shortest length, CONTENT. */
static inline void put_element(struct octets *to, uint8_t tag, const struct octets *content)
{
	uint8_t header[4] = {tag, 0x82, (uint8_t)(content->length >> 8), (uint8_t)content->length};

	if (content->length < 0x80) {
		header[1] = (uint8_t)content->length;
		put_octets(to, header, 2);
	} else if (content->length < 0x100) {
		header[1] = 0x81;
		header[2] = (uint8_t)content->length;
		put_octets(to, header, 3);
	} else {
		put_octets(to, header, 4);
	}
	put_octets(to, content->at, content->length);
}

#endif
