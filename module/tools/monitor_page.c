/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor_page.h"

#include "words.h"

#include <goose-bridge/clock.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STREAM_ROWS   6	 /* that a detail must leave */
#define DETAIL_LINES  4
#define ROOMY	      20 /* rows from which lines are shown that can be done without */
#define TABLE_LINES   5	 /* that the lines above leave at least: summary, heads, two streams, keys */

/* ---- lines ---------------------------------------------------------------------------------------------------------- */

void monitor_page_clear(struct monitor_page *page, size_t columns)
{
	page->lines = 0;
	page->short_of_memory = false;
	page->columns = columns > MONITOR_COLUMNS_MAX ? MONITOR_COLUMNS_MAX : columns < 1 ? 1 : columns;
}

void monitor_page_free(struct monitor_page *page)
{
	free(page->line);
	*page = (struct monitor_page){0};
}

void monitor_page_add(struct monitor_page *page, enum monitor_style style, const char *format, ...)
{
	struct monitor_line *line;
	va_list arguments;

	if (page->lines == page->room) {
		size_t room = page->room ? page->room * 2 : 64;

		line = realloc(page->line, room * sizeof(*line));
		if (!line) {
			page->short_of_memory = true;
			return;
		}
		page->line = line;
		page->room = room;
	}
	line = &page->line[page->lines++];
	line->style = style;
	line->selected = false;
	va_start(arguments, format);
	vsnprintf(line->text, page->columns + 1, format, arguments);
	va_end(arguments);
	for (char *c = line->text; *c; c++) /* a model has nothing else, but why there is no answer may be said in any words */
		if (*c < ' ' || *c > '~')
			*c = '?';
}

void monitor_page_wrap(struct monitor_page *page, enum monitor_style style, const char *label, const char *words, size_t limit)
{
	size_t indent = strlen(label), width;

	if (page->columns < indent + 20) { /* too narrow for a column of labels */
		monitor_page_add(page, style, "%s%s", label, words);
		return;
	}
	width = page->columns - indent;
	for (size_t n = 1; n <= limit; n++) {
		size_t length = words_fitting(words, width);
		bool cut = n == limit && words[length];

		if (cut && length + 3 > width)
			length = width - 3;
		monitor_page_add(page, style, "%-*s%.*s%s", (int)indent, n == 1 ? label : "", (int)length, words,
				 cut ? "..." : "");
		words += length;
		while (*words == ' ')
			words++;
		if (!*words)
			return;
	}
}

/* ---- above the table ------------------------------------------------------------------------------------------------ */

static enum monitor_style style_of_state(const struct monitor_model *model)
{
	return strcmp(model->state, "running") == 0 ? MONITOR_GOOD : MONITOR_BAD;
}

static void clock_text(uint64_t utc_ns, char out[40])
{
	gb_clock_iso8601(utc_ns, true, out, 40);
	memmove(out, out + 11, 8); /* of 2026-01-31T12:00:00.000000Z */
	strcpy(out + 8, "Z");
}

/* The title goes over the whole width, with the time at its end if there is room. */
static void add_title(struct monitor_page *page, const struct monitor_model *model, const struct monitor_link *link)
{
	char left[200], right[80], up[40], now[40];
	bool bad = link->error || (model && style_of_state(model) == MONITOR_BAD);
	int pad;

	clock_text(link->utc_ns, now);
	if (link->error)
		snprintf(left, sizeof(left), " goose-bridge  NO ANSWER for %.0f s", link->silent_s);
	else if (!model)
		snprintf(left, sizeof(left), " goose-bridge  asking ...");
	else
		snprintf(left, sizeof(left), " goose-bridge %s  %s%s  up %s", model->version,
			 strcmp(model->state, "running") == 0 ? "RUNNING" : words_state(model->state),
			 model->restarted ? " (restarted)" : "", words_duration(model->uptime_s, up, sizeof(up)));
	snprintf(right, sizeof(right), "  every %g s  %s ", link->interval_s, now);
	pad = (int)page->columns - (int)strlen(left);
	monitor_page_add(page, bad ? MONITOR_BAD_TITLE : MONITOR_TITLE, "%s%*s", left, pad > 0 ? pad : 0,
			 pad > (int)strlen(right) ? right : "");
}

static void add_trouble(struct monitor_page *page, const struct monitor_model *model, const struct monitor_link *link,
			size_t limit)
{
	size_t before = page->lines;
	char then[40], words[MONITOR_LINE];

	if (link->error) {
		monitor_page_wrap(page, MONITOR_BAD, "Trouble   ", link->error, 2);
		if (model) {
			clock_text(link->answered_ns, then);
			snprintf(words, sizeof(words), "asked again every %g s; all below is as it was at %s",
				 link->interval_s, then);
			monitor_page_wrap(page, MONITOR_BAD, "          ", words, 2);
		}
	}
	for (size_t i = 0; model && i < model->warnings; i++) {
		size_t used = page->lines - before;

		if (used >= limit || (used + 1 == limit && i + 1 < model->warnings)) {
			monitor_page_add(page, MONITOR_WARNING, "Warning   and %zu more: goose-bridge-ctl -j status",
					 model->warnings - i);
			return;
		}
		monitor_page_wrap(page, MONITOR_WARNING, "Warning   ", model->warning[i],
				  limit - used - (i + 1 < model->warnings ? 1 : 0));
	}
}

/* As many of the clauses of WORDS, which commas divide, as fit on a line. */
static void add_clauses(struct monitor_page *page, enum monitor_style style, const char *label, const char *words)
{
	size_t width = page->columns > strlen(label) ? page->columns - strlen(label) : 1, length = strlen(words);

	while (length > width) {
		const char *comma = memrchr(words, ',', length);

		length = comma ? (size_t)(comma - words) : width;
	}
	monitor_page_add(page, style, "%s%.*s", label, (int)length, words);
}

static void add_paths(struct monitor_page *page, const struct monitor_model *model, bool roomy)
{
	for (size_t i = 0; i < model->paths; i++) {
		const struct monitor_path *path = &model->path[i];
		enum monitor_style style = path->broken ? MONITOR_BAD : MONITOR_NORMAL;

		add_clauses(page, style, "Path      ", path->ends);
		if (roomy || path->broken)
			add_clauses(page, style, "          ", path->kind);
		if (*path->detail)
			monitor_page_wrap(page, MONITOR_BAD, "          ", path->detail, 2);
		if (*path->membership)
			add_clauses(page, path->not_member ? MONITOR_BAD : MONITOR_NORMAL, "Group     ", path->membership);
	}
}

static void add_rates(struct monitor_page *page, const struct monitor_model *model)
{
	bool failing = monitor_grows(&model->errors, model->at_ns);
	char frames[40], datagrams[40], words[MONITOR_LINE];

	snprintf(words, sizeof(words), "%s frames/s from goose0, %s datagrams/s to the network",
		 monitor_rate_text(model->frames_out.rate, frames, sizeof(frames)),
		 monitor_rate_text(model->datagrams_out.rate, datagrams, sizeof(datagrams)));
	add_clauses(page, MONITOR_NORMAL, "Out       ", words);
	snprintf(words, sizeof(words), "%s datagrams/s from the network, %s frames/s to goose0",
		 monitor_rate_text(model->datagrams_in.rate, datagrams, sizeof(datagrams)),
		 monitor_rate_text(model->frames_in.rate, frames, sizeof(frames)));
	add_clauses(page, MONITOR_NORMAL, "In        ", words);
	if (failing) {
		snprintf(words, sizeof(words), "%" PRIu64 ", %" PRIu64 " of them while watched", model->errors.value,
			 model->errors.grown);
		add_clauses(page, MONITOR_WARNING, "Errors    ", words);
	}
}

static void add_peers(struct monitor_page *page, const struct monitor_model *model)
{
	enum monitor_style style = MONITOR_NORMAL;
	char words[MONITOR_LINE], age[40];
	size_t used;

	if (model->peers == 0) {
		monitor_page_add(page, MONITOR_NORMAL, "Peers     no other bridge was heard yet");
		return;
	}
	used = (size_t)snprintf(words, sizeof(words), "%zu:", model->peers);
	for (size_t i = 0; i < model->peers && used < sizeof(words); i++) {
		const struct monitor_peer *peer = &model->peer[i];
		bool losing = monitor_grows(&peer->lost, model->at_ns);

		used += (size_t)snprintf(words + used, sizeof(words) - used, "%s %s %s ago", i ? "," : "", peer->address,
					 monitor_age_text(peer->age_s, age, sizeof(age)));
		if (losing && used < sizeof(words))
			used += (size_t)snprintf(words + used, sizeof(words) - used, " LOSING (%" PRIu64 " lost)",
						 peer->lost.value);
		if (losing)
			style = MONITOR_WARNING;
	}
	monitor_page_wrap(page, style, "Peers     ", words, 1);
}

static void add_drops(struct monitor_page *page, const struct monitor_model *model, size_t limit)
{
	enum monitor_style style = MONITOR_NORMAL;
	char words[MONITOR_DROPS * 90] = "nothing", rate[40];
	size_t used = 0;

	for (size_t i = 0; i < model->drops; i++) {
		const struct monitor_drop *drop = &model->drop[i];

		used += (size_t)snprintf(words + used, sizeof(words) - used, "%s%s %" PRIu64, i ? ", " : "", drop->reason,
					 drop->count.value);
		if (!monitor_grows(&drop->count, model->at_ns))
			continue;
		style = MONITOR_WARNING;
		used += (size_t)snprintf(words + used, sizeof(words) - used, " GROWING (+%" PRIu64 ", %s/s)",
					 drop->count.grown, monitor_rate_text(drop->count.rate, rate, sizeof(rate)));
	}
	monitor_page_wrap(page, style, "Dropped   ", words, limit);
}

/* ---- pages ---------------------------------------------------------------------------------------------------------- */

static void add_help(struct monitor_page *page)
{
	static const char *const lines[] = {
		"q         end",
		"? or h    this text; any key ends it",
		"a, r, n   streams with alarms first, with the highest rate first, by name",
		"/         show only streams with a text in name, address, APPID, alarm or state",
		"          (Enter keeps it, Esc shows all again)",
		"arrows, Page Up, Page Down, Home, End (or k, j, space)   choose a stream",
		"",
		"EXPIRED   nothing came within timeAllowedtoLive",
		"SILENT    expected, and not heard since the service started",
		"REPLAY    a message older than the latest state came within the last 10 s",
		"LOSING    messages were lost within the last 10 s",
		"DISORDER  messages came twice or out of order within the last 10 s",
		"TEST      the latest message is marked as simulation or test",
		"",
		"DIR       out: from goose0 to the network; in: from the network to goose0",
		"RATE/s    frames a second over the last 5 to 10 s",
		"LOST      messages that never came, since the service started",
		"LAST      how long ago the latest message came",
		"GROWING   counted within the last 10 s; + is what came while watched",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		monitor_page_add(page, MONITOR_NORMAL, "%s", lines[i]);
}

static void add_keys(struct monitor_page *page, const struct monitor_view *view)
{
	char where[60] = "", left[200];
	int pad;

	if (view->chosen > 0)
		snprintf(where, sizeof(where), "  %zu-%zu of %zu ", view->top + 1, view->top + view->visible, view->chosen);
	if (view->editing)
		snprintf(left, sizeof(left), " Show only: %s_   (Enter keeps it, Esc shows all)", view->filter);
	else
		snprintf(left, sizeof(left), " q end  ? help  / filter  first: a alarm  r rate  n name");
	pad = (int)page->columns - (int)strlen(left);
	monitor_page_add(page, MONITOR_HEAD, "%s%*s", left, pad > 0 ? pad : 0, pad >= (int)strlen(where) ? where : "");
}

/* Keeps the selection on its stream, or at the top, and on the screen. */
static void place_selection(struct monitor_view *view, const struct monitor_stream *const *stream, size_t count, size_t visible)
{
	if (view->selected > 0 && !view->moved)
		for (size_t i = 0; i < count; i++)
			if (monitor_stream_compare(stream[i], &view->stream) == 0)
				view->selected = i;
	if (view->selected >= count)
		view->selected = count ? count - 1 : 0;
	if (view->top > view->selected)
		view->top = view->selected;
	if (visible > 0 && view->top + visible <= view->selected)
		view->top = view->selected - visible + 1;
	if (view->top + visible > count)
		view->top = count > visible ? count - visible : 0;
	if (count > 0)
		view->stream = *stream[view->selected];
	view->moved = false;
	view->chosen = count;
	view->visible = visible < count ? visible : count;
}

/* ROWS are left, of which the last is for the keys. */
static void add_streams(struct monitor_page *page, const struct monitor_model *model, struct monitor_view *view, size_t rows)
{
	size_t count, left, detail = 0, before = page->lines;
	const struct monitor_stream **stream = monitor_model_select(model, view->sort, view->filter, &count);

	if (!stream)
		return;
	monitor_table_summary(page, model, view, count, rows >= ROOMY / 2 ? 2 : 1);
	left = rows - (page->lines - before);
	left = left > 2 ? left - 2 : 0; /* the heads, the keys */
	if (left >= STREAM_ROWS + DETAIL_LINES && count > 0)
		detail = DETAIL_LINES;
	place_selection(view, stream, count, left - detail);
	if (count > 0 && left > 0)
		monitor_table_rows(page, stream, count, view->top, view->visible, stream[view->selected]);
	if (detail) {
		while (page->lines - before < rows - 1 - detail)
			monitor_page_add(page, MONITOR_NORMAL, "%s", "");
		monitor_table_detail(page, stream[view->selected], detail);
	}
	free(stream);
}

void monitor_page_screen(struct monitor_page *page, const struct monitor_model *model, const struct monitor_link *link,
			 struct monitor_view *view, size_t columns, size_t rows)
{
	bool roomy = rows >= ROOMY;

	monitor_page_clear(page, columns);
	add_title(page, model, link);
	view->chosen = view->visible = 0;
	if (view->help) {
		add_help(page);
	} else {
		add_trouble(page, model, link, rows / 4 ? rows / 4 : 1);
		if (model) {
			add_paths(page, model, roomy);
			add_drops(page, model, roomy ? 2 : 1);
			add_rates(page, model);
			if (roomy)
				add_peers(page, model);
		}
		if (page->lines + TABLE_LINES > rows) /* on a small screen the last of these go first */
			page->lines = rows > TABLE_LINES ? rows - TABLE_LINES : 1;
		if (model && rows > page->lines)
			add_streams(page, model, view, rows - page->lines);
	}
	if (page->lines >= rows)
		page->lines = rows > 1 ? rows - 1 : rows;
	while (page->lines + 1 < rows)
		monitor_page_add(page, MONITOR_NORMAL, "%s", "");
	if (rows > 1)
		add_keys(page, view);
}

void monitor_page_block(struct monitor_page *page, const struct monitor_model *model, const struct monitor_link *link,
			size_t streams)
{
	const struct monitor_stream **stream;
	char iso[40], now[40], up[40];
	size_t count;

	monitor_page_clear(page, MONITOR_COLUMNS_MAX);
	gb_clock_iso8601(link->utc_ns, true, iso, sizeof(iso));
	words_short_time(iso, now, sizeof(now));
	if (link->error || !model) {
		monitor_page_add(page, MONITOR_BAD, "%s  goose-bridge gives NO ANSWER: %s", now,
				 link->error ? link->error : "");
		return;
	}
	monitor_page_add(page, style_of_state(model), "%s  goose-bridge %s is %s%s, up %s", now, model->version,
			 words_state(model->state), model->restarted ? " (restarted)" : "",
			 words_duration(model->uptime_s, up, sizeof(up)));
	add_trouble(page, model, link, SIZE_MAX / 2);
	add_paths(page, model, true);
	add_drops(page, model, SIZE_MAX);
	add_rates(page, model);
	add_peers(page, model);
	monitor_table_summary(page, model, NULL, 0, 1);
	stream = monitor_model_select(model, MONITOR_BY_ALARM, "", &count);
	if (stream && count > 0 && streams > 0)
		monitor_table_rows(page, stream, count, 0, streams, NULL);
	if (stream && count > streams)
		monitor_page_add(page, MONITOR_NORMAL, " and %zu more", count - streams);
	free(stream);
}
