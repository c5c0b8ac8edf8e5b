/* SPDX-License-Identifier: Apache-2.0 */
/* The table of streams: which columns there is room for, and what is in them. */
#include "monitor_page.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_WANTED 26 /* columns that a name keeps, up to half of the line, before another column is added */
#define CELL	    24

const char *monitor_rate_text(double rate, char *out, size_t size)
{
	if (rate < 0)
		snprintf(out, size, "-");
	else
		snprintf(out, size, "%.*f", rate < 99.95 ? 1 : 0, rate);
	return out;
}

const char *monitor_age_text(int64_t seconds, char *out, size_t size)
{
	if (seconds < 0)
		snprintf(out, size, "-");
	else if (seconds < 100)
		snprintf(out, size, "%d s", (int)seconds);
	else if (seconds < 6000)
		snprintf(out, size, "%d min", (int)(seconds / 60));
	else if (seconds < 172800)
		snprintf(out, size, "%d h", (int)(seconds / 3600));
	else
		snprintf(out, size, "%" PRId64 " d", seconds / 86400);
	return out;
}

/* ---- columns -------------------------------------------------------------------------------------------------------- */

static void cell_state(const struct monitor_stream *s, char *out)
{
	snprintf(out, CELL, "%.*s", CELL - 1, s->alarm == MONITOR_FINE ? s->state : monitor_alarm_word(s->alarm));
}

static void cell_direction(const struct monitor_stream *s, char *out)
{
	strcpy(out, s->to_network ? "out" : "in");
}

static void cell_appid(const struct monitor_stream *s, char *out)
{
	if (s->appid >= 0)
		snprintf(out, CELL, "0x%04X", (unsigned)s->appid);
	else
		strcpy(out, "-");
}

static void cell_vlan(const struct monitor_stream *s, char *out)
{
	if (s->vlan_id >= 0)
		snprintf(out, CELL, "%d", s->vlan_id);
	else
		strcpy(out, "-");
}

static void cell_state_number(const struct monitor_stream *s, char *out)
{
	snprintf(out, CELL, "%" PRIu64, s->st_num);
}

static void cell_sequence_number(const struct monitor_stream *s, char *out)
{
	snprintf(out, CELL, "%" PRIu64, s->sq_num);
}

static void cell_rate(const struct monitor_stream *s, char *out)
{
	monitor_rate_text(s->rate, out, CELL);
}

static void cell_lost(const struct monitor_stream *s, char *out)
{
	snprintf(out, CELL, "%" PRIu64, s->lost.value);
}

static void cell_age(const struct monitor_stream *s, char *out)
{
	monitor_age_text(s->age_s, out, CELL);
}

static void cell_live(const struct monitor_stream *s, char *out)
{
	snprintf(out, CELL, "%" PRIu64, s->time_allowed_to_live_ms);
}

/* In the order in which they stand; RANK is the order in which they are given room. The name stands behind the second. */
static const struct column {
	const char *head;
	int width; /* negative: flush left */
	unsigned rank;
	void (*cell)(const struct monitor_stream *stream, char out[CELL]);
} columns[] = {
	{"STATE", -8, 0, cell_state},
	{"DIR", -3, 4, cell_direction},
	{"APPID", 6, 6, cell_appid},
	{"VLAN", 4, 8, cell_vlan},
	{"STNUM", 10, 5, cell_state_number},
	{"SQNUM", 10, 7, cell_sequence_number},
	{"LIVE ms", 8, 9, cell_live},
	{"RATE/s", 7, 1, cell_rate},
	{"LOST", 6, 3, cell_lost},
	{"LAST", 7, 2, cell_age},
};

#define COLUMNS	     (sizeof(columns) / sizeof(columns[0]))
#define BEFORE_NAME  2
#define SELECTED_GAP 1 /* for the '>' */

struct layout {
	bool shown[COLUMNS];
	size_t name; /* columns */
};

/* As many columns as leave the name what it wants: by rank, and none past the first that finds no room. */
static void lay_out(struct layout *layout, size_t width, size_t longest)
{
	size_t used = SELECTED_GAP, wanted = width / 2 < NAME_WANTED ? width / 2 : NAME_WANTED;

	*layout = (struct layout){0};
	if (wanted > longest)
		wanted = longest;
	for (unsigned rank = 0; rank < COLUMNS; rank++)
		for (size_t i = 0; i < COLUMNS; i++) {
			size_t takes = (size_t)abs(columns[i].width) + 1;

			if (columns[i].rank != rank)
				continue;
			if (rank > 0 && used + takes + wanted > width)
				rank = COLUMNS; /* ends the outer loop, too */
			else
				layout->shown[i] = true;
			used += layout->shown[i] ? takes : 0;
			break;
		}
	layout->name = width > used ? width - used : 1;
	if (layout->name > longest)
		layout->name = longest;
}

/* NAME in WIDTH columns. Names of one device begin alike and differ at the end: what does not fit is left out in the middle. */
static void fit_name(const char *name, size_t width, char out[MONITOR_NAME])
{
	size_t length = strlen(name), tail = width * 2 / 3, head = width - tail - 2;

	if (length <= width)
		strcpy(out, name);
	else if (width < 8)
		snprintf(out, MONITOR_NAME, "%.*s", (int)width, name);
	else
		snprintf(out, MONITOR_NAME, "%.*s..%s", (int)head, name, name + length - tail);
}

/* One line: cells of STREAM, or the heads if it is NULL. */
static void row(const struct layout *layout, const struct monitor_stream *stream, bool selected, char *line, size_t size)
{
	size_t used = (size_t)snprintf(line, size, "%s", selected ? ">" : " ");
	char cell[CELL], name[MONITOR_NAME];

	for (size_t i = 0; i < COLUMNS && used < size; i++) {
		if (i == BEFORE_NAME) {
			fit_name(stream ? stream->name : "NAME", layout->name, name);
			used += (size_t)snprintf(line + used, size - used, "%-*s", (int)layout->name, name);
		}
		if (!layout->shown[i] || used >= size)
			continue;
		if (stream)
			columns[i].cell(stream, cell);
		used += (size_t)snprintf(line + used, size - used, i < BEFORE_NAME ? "%*s " : " %*s", columns[i].width,
					 stream ? cell : columns[i].head);
	}
}

static enum monitor_style style_of(enum monitor_alarm alarm)
{
	switch (alarm) {
	case MONITOR_EXPIRED:
	case MONITOR_SILENT:
		return MONITOR_BAD;
	case MONITOR_REPLAY:
	case MONITOR_LOSING:
	case MONITOR_DISORDERED:
		return MONITOR_WARNING;
	case MONITOR_TEST:
		return MONITOR_NOTE;
	default:
		return MONITOR_NORMAL;
	}
}

void monitor_table_rows(struct monitor_page *page, const struct monitor_stream *const *stream, size_t chosen, size_t from,
			size_t count, const struct monitor_stream *selected)
{
	char line[MONITOR_COLUMNS_MAX + 1];
	struct layout layout;
	size_t longest = 4; /* "NAME" */

	for (size_t i = 0; i < chosen; i++)
		if (strlen(stream[i]->name) > longest)
			longest = strlen(stream[i]->name);
	lay_out(&layout, page->columns, longest);
	row(&layout, NULL, false, line, sizeof(line));
	monitor_page_add(page, MONITOR_HEAD, "%s", line);
	for (size_t i = from; i < chosen && i - from < count; i++) {
		row(&layout, stream[i], stream[i] == selected, line, sizeof(line));
		monitor_page_add(page, style_of(stream[i]->alarm), "%s", line);
		if (page->lines > 0)
			page->line[page->lines - 1].selected = stream[i] == selected;
	}
}

/* ---- around the table ----------------------------------------------------------------------------------------------- */

void monitor_table_summary(struct monitor_page *page, const struct monitor_model *model, const struct monitor_view *view,
			   size_t chosen, size_t limit)
{
	enum monitor_style style = MONITOR_NORMAL;
	char words[MONITOR_LINE];
	size_t used = 0;

	if (!model->offers_streams || model->unsupervised) {
		monitor_page_wrap(page, MONITOR_NORMAL, "Streams   ",
				  model->unsupervised ? "not supervised: max_streams = 0"
						      : "this service does not tell of streams",
				  limit);
		return;
	}
	if (view && *view->filter)
		used = (size_t)snprintf(words, sizeof(words), "%zu with \"%s\" of ", chosen, view->filter);
	used += (size_t)snprintf(words + used, sizeof(words) - used, "%zu", model->streams);
	for (int alarm = 0; alarm < MONITOR_ALARMS; alarm++) {
		if (model->in_alarm[alarm] == 0)
			continue;
		if (style == MONITOR_NORMAL)
			style = style_of((enum monitor_alarm)alarm);
		used += (size_t)snprintf(words + used, sizeof(words) - used, "%s %zu %s", strchr(words, ':') ? "," : ":",
					 model->in_alarm[alarm], monitor_alarm_word((enum monitor_alarm)alarm));
	}
	if (view)
		snprintf(words + used, sizeof(words) - used, "; by %s", monitor_sort_word(view->sort));
	monitor_page_wrap(page, style, "Streams   ", words, limit);
}

/* "7", and how much of it came while this program looked on. */
static const char *grown_text(const struct monitor_count *count, char *out, size_t size)
{
	if (count->grown > 0)
		snprintf(out, size, "%" PRIu64 " (%" PRIu64 " of them while watched)", count->value, count->grown);
	else
		snprintf(out, size, "%" PRIu64, count->value);
	return out;
}

void monitor_table_detail(struct monitor_page *page, const struct monitor_stream *stream, size_t limit)
{
	char words[1200], appid[CELL], vlan[60] = "no VLAN", age[CELL], lost[80], late[80], twice[80];

	cell_appid(stream, appid);
	if (stream->vlan_id >= 0)
		snprintf(vlan, sizeof(vlan), "VLAN %d priority %d", stream->vlan_id, stream->vlan_priority);
	snprintf(words, sizeof(words),
		 "%s: %s, %s %s -> %s, APPID %s, %s, confRev %" PRIu64 ", stNum %" PRIu64 ", sqNum %" PRIu64
		 ", allowed to live %" PRIu64 " ms, last %s ago, %" PRIu64 " frames, %" PRIu64 " state changes, lost %s, "
		 "out of order %s, twice %s, expired %" PRIu64 " times%s",
		 stream->name, stream->state, stream->to_network ? "to the network," : "to goose0,",
		 *stream->source ? stream->source : "any source", *stream->destination ? stream->destination : "any", appid,
		 vlan, stream->conf_rev, stream->st_num, stream->sq_num, stream->time_allowed_to_live_ms,
		 monitor_age_text(stream->age_s, age, sizeof(age)), stream->frames, stream->state_changes,
		 grown_text(&stream->lost, lost, sizeof(lost)), grown_text(&stream->out_of_order, late, sizeof(late)),
		 grown_text(&stream->duplicates, twice, sizeof(twice)), stream->expirations,
		 stream->simulation ? ", marked as simulation" : "");
	monitor_page_wrap(page, MONITOR_NOTE, "", words, limit);
}
