/* SPDX-License-Identifier: Apache-2.0 */
#include "reader.h"

#include <stdint.h>
#include <string.h>

#include <goose-bridge/config.h>

#define TEXT_OF(x)  #x
#define DIGITS_OF(x) TEXT_OF(x)

struct gb_config_reader gb_config_reader(const char *text, size_t length)
{
	static const char mark[] = "\xef\xbb\xbf";
	struct gb_config_reader reader = {.text = text, .length = length};

	if (length >= sizeof(mark) - 1 && memcmp(text, mark, sizeof(mark) - 1) == 0)
		reader.offset = sizeof(mark) - 1;
	return reader;
}

/* The next line without its end: LF, CR LF, or a CR alone, as Python's text files have it. */
static bool read_line(struct gb_config_reader *reader, struct gb_config_span *line)
{
	size_t start = reader->offset;
	size_t end = start;

	if (start >= reader->length)
		return false;
	while (end < reader->length && reader->text[end] != '\n' && reader->text[end] != '\r')
		end++;
	*line = (struct gb_config_span){.at = reader->text + start, .length = end - start};
	reader->offset = end;
	if (reader->offset < reader->length && reader->text[reader->offset] == '\r')
		reader->offset++;
	if (reader->offset < reader->length && reader->text[reader->offset] == '\n')
		reader->offset++;
	reader->line++;
	return true;
}

/* Octets in the sequence that starts with LEAD, and the range of its second octet, which is what keeps overlong forms,
 * surrogates and numbers above U+10FFFF out (RFC 3629, section 4). 0 if none starts so.
 */
static size_t utf8_sequence(uint8_t lead, uint8_t *low, uint8_t *high)
{
	*low = 0x80;
	*high = 0xbf;
	if (lead < 0x80)
		return 1;
	if (lead >= 0xc2 && lead <= 0xdf)
		return 2;
	if (lead >= 0xe0 && lead <= 0xef) {
		if (lead == 0xe0)
			*low = 0xa0;
		if (lead == 0xed)
			*high = 0x9f;
		return 3;
	}
	if (lead >= 0xf0 && lead <= 0xf4) {
		if (lead == 0xf0)
			*low = 0x90;
		if (lead == 0xf4)
			*high = 0x8f;
		return 4;
	}
	return 0;
}

bool gb_config_is_utf8(const char *text, size_t length)
{
	const uint8_t *octets = (const uint8_t *)text;
	uint8_t low, high;

	for (size_t i = 0; i < length;) {
		size_t n = utf8_sequence(octets[i], &low, &high);

		if (n == 0 || n > length - i)
			return false;
		if (n > 1 && (octets[i + 1] < low || octets[i + 1] > high))
			return false;
		for (size_t k = 2; k < n; k++)
			if (octets[i + k] < 0x80 || octets[i + k] > 0xbf)
				return false;
		i += n;
	}
	return true;
}

struct gb_config_span gb_config_trim(struct gb_config_span span)
{
	while (span.length && gb_config_is_space(span.at[0])) {
		span.at++;
		span.length--;
	}
	while (span.length && gb_config_is_space(span.at[span.length - 1]))
		span.length--;
	return span;
}

/* A comment starts where the line does, or after white space. */
static struct gb_config_span cut_comment(struct gb_config_span line)
{
	for (size_t i = 0; i < line.length; i++) {
		if ((line.at[i] == '#' || line.at[i] == ';') && (i == 0 || gb_config_is_space(line.at[i - 1]))) {
			line.length = i;
			break;
		}
	}
	return line;
}

/* Whether the octets of a line can be text at all. NULL, or what is wrong. */
static const char *line_problem(struct gb_config_span line)
{
	if (line.length > GB_CONFIG_LINE_MAX)
		return "the line is longer than " DIGITS_OF(GB_CONFIG_LINE_MAX) " octets";
	if (memchr(line.at, '\0', line.length))
		return "the line holds a NUL octet: this is no text file, or it is damaged";
	if (!gb_config_is_utf8(line.at, line.length))
		return "the line is not UTF-8: save the file as UTF-8";
	return NULL;
}

static void read_section(struct gb_config_reader *reader, struct gb_config_span line, struct gb_config_item *item)
{
	const char *close = NULL;

	/* The last one counts, as it does for configparser. */
	for (size_t i = line.length; i-- > 0 && !close;)
		if (line.at[i] == ']')
			close = line.at + i;
	if (!close) {
		item->kind = GB_CONFIG_ITEM_BAD;
		item->problem = "a section's name ends with ']'";
		return;
	}
	reader->section = gb_config_trim((struct gb_config_span){line.at + 1, (size_t)(close - line.at) - 1});
	item->section = reader->section;
	if ((size_t)(close - line.at) + 1 < line.length) {
		item->kind = GB_CONFIG_ITEM_NOTE;
		item->problem = "what follows ']' is ignored: a key stands in a line of its own";
	}
}

static void read_key(struct gb_config_span line, bool indented, struct gb_config_item *item)
{
	size_t split = 0;

	while (split < line.length && line.at[split] != '=' && line.at[split] != ':')
		split++;
	item->kind = GB_CONFIG_ITEM_BAD;
	if (split == line.length && indented) {
		item->problem = "a value does not go on in the next line: write it in one line (this one starts with "
				"white space and is no 'key = value')";
		return;
	}
	if (split == line.length) {
		item->problem = "'=' is missing: a line is 'key = value', '[section]' or '# comment'";
		return;
	}
	item->key = gb_config_trim((struct gb_config_span){line.at, split});
	item->value = gb_config_trim((struct gb_config_span){line.at + split + 1, line.length - split - 1});
	if (item->key.length == 0) {
		item->problem = "the key is missing before '='";
		return;
	}
	item->kind = GB_CONFIG_ITEM_KEY;
}

bool gb_config_read(struct gb_config_reader *reader, struct gb_config_item *item)
{
	struct gb_config_span line, content;

	while (read_line(reader, &line)) {
		*item = (struct gb_config_item){.line = reader->line, .section = reader->section};
		item->problem = line_problem(line);
		if (item->problem) {
			item->kind = GB_CONFIG_ITEM_BAD;
			return true;
		}
		content = gb_config_trim(cut_comment(line));
		if (content.length == 0)
			continue;
		if (content.at[0] != '[') {
			read_key(content, content.at != line.at, item);
			return true;
		}
		read_section(reader, content, item);
		if (item->problem)
			return true;
	}
	return false;
}
