/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-monitor: what is shown, as lines of text that fit a screen, and what keys do to it.
 *
 * Pure: whoever has a terminal draws the lines, and whoever has none prints them. A style only adds to what the words say.
 */
#ifndef TOOLS_MONITOR_PAGE_H
#define TOOLS_MONITOR_PAGE_H

#include "monitor_model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MONITOR_COLUMNS_MAX 400 /* of a line; what a terminal has beyond stays empty */
#define MONITOR_FILTER	    40

/* ---- lines ---------------------------------------------------------------------------------------------------------- */

enum monitor_style {
	MONITOR_NORMAL,
	MONITOR_TITLE, /* goes over the whole line, as the next two */
	MONITOR_BAD_TITLE,
	MONITOR_HEAD,
	MONITOR_GOOD,
	MONITOR_NOTE,
	MONITOR_WARNING,
	MONITOR_BAD,
};

struct monitor_line {
	enum monitor_style style;
	bool selected;
	char text[MONITOR_COLUMNS_MAX + 1]; /* printable ASCII */
};

/* Zeroed before its first use; filled in anew each time. */
struct monitor_page {
	size_t columns;
	size_t lines;
	size_t room;
	bool short_of_memory; /* lines are missing */
	struct monitor_line *line;
};

void monitor_page_clear(struct monitor_page *page, size_t columns);
void monitor_page_free(struct monitor_page *page);

/* Adds a line, cut to the page's columns. */
void monitor_page_add(struct monitor_page *page, enum monitor_style style, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Adds WORDS over at most LIMIT lines, the first behind LABEL, the others indented as far. What does not fit ends in "...". */
void monitor_page_wrap(struct monitor_page *page, enum monitor_style style, const char *label, const char *words, size_t limit);

/* ---- what the user wants to see ------------------------------------------------------------------------------------- */

/* Whatever the terminal calls a key, this is what it is here; others are characters. */
enum monitor_key {
	MONITOR_KEY_UP = 256,
	MONITOR_KEY_DOWN,
	MONITOR_KEY_PAGE_UP,
	MONITOR_KEY_PAGE_DOWN,
	MONITOR_KEY_HOME,
	MONITOR_KEY_END,
	MONITOR_KEY_ENTER,
	MONITOR_KEY_ESCAPE,
	MONITOR_KEY_BACKSPACE,
};

/* Zeroed at the start. */
struct monitor_view {
	enum monitor_sort sort;
	char filter[MONITOR_FILTER]; /* "" = all */
	bool editing;		     /* the filter */
	bool help;
	bool quit;

	size_t selected; /* which of the chosen streams; 0 stays 0, others stay with their stream */
	size_t top;	 /* the first one on the screen */
	size_t chosen;	 /* how many there were when the page was made, and how many of them fit */
	size_t visible;
	bool moved;	 /* since then: what is selected is told by its number, not by its stream */
	struct monitor_stream stream; /* the selected one as it was then */
};

/* Does what KEY (a character or enum monitor_key) means. */
void monitor_view_key(struct monitor_view *view, int key);

/* ---- pages ---------------------------------------------------------------------------------------------------------- */

/* How it stands with the service. */
struct monitor_link {
	const char *error;    /* NULL: the latest question was answered; else why not, in words */
	double silent_s;      /* how long there was no answer */
	double interval_s;    /* how often it is asked */
	uint64_t utc_ns;      /* now */
	uint64_t answered_ns; /* UTC of the latest answer */
};

/* The whole screen of COLUMNS x ROWS. MODEL is of the latest answer, NULL before there was one. VIEW gets what was chosen. */
void monitor_page_screen(struct monitor_page *page, const struct monitor_model *model, const struct monitor_link *link,
			 struct monitor_view *view, size_t columns, size_t rows);

/* The same as a block of lines for a file or a pipe: nothing is cut, and at most STREAMS streams are told of, alarms first. */
void monitor_page_block(struct monitor_page *page, const struct monitor_model *model, const struct monitor_link *link,
			size_t streams);

/* ---- the table of streams, for the two above ------------------------------------------------------------------------ */

/* How many there are, by alarm, in at most LIMIT lines; CHOSEN of them are shown for VIEW (NULL: all). */
void monitor_table_summary(struct monitor_page *page, const struct monitor_model *model, const struct monitor_view *view,
			   size_t chosen, size_t limit);

/* A headline and COUNT of the CHOSEN streams, from number FROM on. SELECTED is marked (NULL: none is). Columns are laid out for
 * all that are chosen, so that they stay where they are while lines move.
 */
void monitor_table_rows(struct monitor_page *page, const struct monitor_stream *const *stream, size_t chosen, size_t from,
			size_t count, const struct monitor_stream *selected);

/* All that is known of one, in at most LIMIT lines. */
void monitor_table_detail(struct monitor_page *page, const struct monitor_stream *stream, size_t limit);

/* 1/s in few characters: "0.2", "1234", "-" if it is not known. Returns OUT. */
const char *monitor_rate_text(double rate, char *out, size_t size);

/* Seconds in few characters: "3 s", "5 min", "-" if negative. Returns OUT. */
const char *monitor_age_text(int64_t seconds, char *out, size_t size);

#endif
