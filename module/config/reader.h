/* SPDX-License-Identifier: Apache-2.0 */
/* config/reader: takes the text of an INI file apart, line by line. Pure: it allocates nothing, copies nothing, and
 * knows no key.
 *
 * What a line may be is what Python's configparser takes, less continuation lines, `%` interpolation and keys without a
 * value: a file that means something here means the same there.
 */
#ifndef GOOSE_BRIDGE_CONFIG_READER_H
#define GOOSE_BRIDGE_CONFIG_READER_H

#include <stdbool.h>
#include <stddef.h>

/* A piece of the caller's text: not terminated, and valid only as long as that text is. */
struct gb_config_span {
	const char *at;
	size_t length;
};

enum gb_config_item_kind {
	GB_CONFIG_ITEM_KEY,  /* key, value and section are set; the value may be empty */
	GB_CONFIG_ITEM_NOTE, /* the line is taken, but see problem */
	GB_CONFIG_ITEM_BAD,  /* the line means nothing; problem says why */
};

struct gb_config_item {
	enum gb_config_item_kind kind;
	unsigned line; /* counted from 1, as an editor does */
	struct gb_config_span section;
	struct gb_config_span key;
	struct gb_config_span value;
	const char *problem; /* a constant */
};

/* Where the reading stands. To be touched by the functions below only. */
struct gb_config_reader {
	const char *text;
	size_t length;
	size_t offset;
	unsigned line;
	struct gb_config_span section;
};

/* A reader of TEXT, LENGTH octets long. A UTF-8 byte order mark at its start is no part of the first line. */
struct gb_config_reader gb_config_reader(const char *text, size_t length);

/* The next line that has something to say. False at the end of the text. */
bool gb_config_read(struct gb_config_reader *reader, struct gb_config_item *item);

/* Whether TEXT is well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF). */
bool gb_config_is_utf8(const char *text, size_t length);

/* White space within a line, whatever the locale. */
static inline bool gb_config_is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\v' || c == '\f';
}

/* SPAN without white space at either end. */
struct gb_config_span gb_config_trim(struct gb_config_span span);

#endif
