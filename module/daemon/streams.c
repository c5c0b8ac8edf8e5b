/* SPDX-License-Identifier: Apache-2.0 */
/* Which GOOSE streams have to be there: those of the configuration, those that an operator asked for, and those that were
 * learned before the start. The last two are kept in streams_file, a line each as in gb_stream_expected_parse.
 */
#include "daemon_private.h"

#include <ctype.h>
#include <errno.h>
#include <goose-bridge/clock.h>
#include <goose-bridge/file.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- expect_stream -------------------------------------------------------------------------------------------------- */

/* The next stream of a list that is separated by commas, without the spaces around it. False at the end. */
static bool next_item(const char **at, char *item, size_t size)
{
	while (**at) {
		size_t length = strcspn(*at, ",");
		const char *start = *at;

		*at += length + ((*at)[length] == ',');
		while (length > 0 && isspace((unsigned char)*start))
			start++, length--;
		while (length > 0 && isspace((unsigned char)start[length - 1]))
			length--;
		if (length == 0)
			continue;
		snprintf(item, size, "%.*s", (int)length, start);
		return true;
	}
	return false;
}

/* The path that an expected stream is of; NULL if there is none of this number. */
static struct path *path_of(struct daemon *d, unsigned id)
{
	return id < d->paths ? &d->path[id] : NULL;
}

static int expect(struct daemon *d, const struct gb_stream_expected *expected)
{
	struct path *p = path_of(d, expected->path_id);

	return p ? gb_datapath_expect(p->datapath, expected, gb_clock_mono_ns()) : -ENODEV;
}

int streams_check(const struct gb_config *config, const char *file, gb_config_report *report, void *arg)
{
	const char *at = config->expect_stream;
	char item[GB_CONFIG_LINE_MAX], why[GB_STREAM_WHY], text[GB_STREAM_WHY + 200];
	struct gb_config_path path[GB_CONFIG_PATHS_MAX];
	unsigned paths = gb_config_paths(config, path);
	struct gb_stream_expected expected;
	int result = 0;

	while (next_item(&at, item, sizeof(item))) {
		if (gb_stream_expected_parse(item, &expected, why, sizeof(why)) == 0) {
			if (expected.path_id < paths)
				continue;
			snprintf(why, sizeof(why), "there is no path %u: the first is 0, and this configuration has %s",
				 expected.path_id, paths > 1 ? "two" : "no other");
		}
		snprintf(text, sizeof(text), "expect_stream = %.150s: %s", item, why);
		report(arg, GB_CONFIG_ERROR, config->expect_stream_line ? file : "command line", config->expect_stream_line,
		       text);
		result = -EINVAL;
	}
	return result;
}

/* Whether the LIST of a configuration has a pattern for path PATH_ID that KEY fits. */
static bool is_configured(const char *list, unsigned path_id, const struct gb_stream_key *key)
{
	char item[GB_CONFIG_LINE_MAX], why[GB_STREAM_WHY];
	struct gb_stream_expected expected;

	while (next_item(&list, item, sizeof(item)))
		if (gb_stream_expected_parse(item, &expected, why, sizeof(why)) == 0 &&
		    expected.path_id == path_id && gb_stream_key_fits(&expected.key, key))
			return true;
	return false;
}

static const char *why_not(const struct daemon *d, int error, char *text, size_t size)
{
	if (error == -ENOSPC)
		snprintf(text, size, "the table is full: max_streams = %u", d->config.max_streams);
	else if (error == -EOPNOTSUPP)
		snprintf(text, size, "streams are not supervised: max_streams = 0");
	else if (error == -ETIMEDOUT)
		snprintf(text, size, "the thread that moves frames does not answer");
	else if (error == -ENODEV)
		snprintf(text, size, "there is no path of this number: the first is 0");
	else
		snprintf(text, size, "%s", strerror(-error));
	return text;
}

static void expect_list(struct daemon *d, const char *list)
{
	char item[GB_CONFIG_LINE_MAX], why[GB_STREAM_WHY];
	struct gb_stream_expected expected;

	while (next_item(&list, item, sizeof(item))) {
		if (gb_stream_expected_parse(item, &expected, why, sizeof(why)) < 0)
			continue; /* streams_check has refused it */
		int error = expect(d, &expected);

		if (error)
			gb_warn("expect_stream: %s: %s", expected.key.gocb_ref, why_not(d, error, why, sizeof(why)));
	}
}

void streams_reconfigure(struct daemon *d, const char *before)
{
	char item[GB_CONFIG_LINE_MAX], why[GB_STREAM_WHY];
	struct gb_stream_expected expected;

	/* first what is gone: what comes may say more of the same stream */
	while (next_item(&before, item, sizeof(item)))
		if (gb_stream_expected_parse(item, &expected, why, sizeof(why)) == 0 && path_of(d, expected.path_id) &&
		    !is_configured(d->config.expect_stream, expected.path_id, &expected.key))
			gb_datapath_forget(path_of(d, expected.path_id)->datapath, &expected.key);
	expect_list(d, d->config.expect_stream);
}

/* ---- streams_file --------------------------------------------------------------------------------------------------- */

struct learned {
	size_t count;
	size_t room;
	struct gb_stream_expected *stream;
};

static int by_index(const void *a, const void *b)
{
	const struct gb_stream_expected *one = a, *other = b;

	return (one->index > other->index) - (one->index < other->index);
}

/* Reads what is in FILE. Returns 0, or the number of the first line that is wrong, with WHY. */
static unsigned read_lines(FILE *file, struct learned *learned, char *why, size_t size)
{
	char line[GB_STREAM_LINE + 2];
	unsigned number = 0, bad = 0;

	while (learned->count < learned->room && fgets(line, sizeof(line), file)) {
		char here[GB_STREAM_WHY];

		number++;
		line[strcspn(line, "\r\n")] = '\0';
		if (line[0] == '#' || line[0] == '\0')
			continue;
		if (gb_stream_expected_parse(line, &learned->stream[learned->count], here, sizeof(here)) == 0) {
			learned->stream[learned->count++].learned = true;
		} else if (bad == 0) {
			bad = number;
			snprintf(why, size, "%s", here);
		}
	}
	return bad;
}

/* What could not be used is put aside, so that nothing is lost when the file is written anew. */
static void put_aside(const char *path, const char *why)
{
	char aside[GB_CONFIG_PATH_MAX + 8];

	snprintf(aside, sizeof(aside), "%s.bad", path);
	if (rename(path, aside) < 0)
		gb_warn("%s:%s; the other lines are used", path, why);
	else
		gb_warn("%s:%s; the other lines are used, and the file is %s now", path, why, aside);
}

static void read_learned(struct daemon *d)
{
	const char *path = d->config.streams_file;
	struct learned learned = {.room = 2 * (size_t)d->config.max_streams * GB_CONFIG_PATHS_MAX};
	char why[GB_STREAM_WHY], text[GB_STREAM_WHY + 64];
	unsigned bad, refused = 0, homeless = 0;
	FILE *file = *path ? fopen(path, "re") : NULL;

	if (!file && (!*path || errno == ENOENT))
		return;
	learned.stream = file ? malloc(learned.room * sizeof(*learned.stream)) : NULL;
	if (!learned.stream) {
		d->streams_unread = true;
		gb_warn("cannot read streams_file %s: %s; streams learned before are not missed, and the file is left as it is",
			path, strerror(errno));
		goto out;
	}
	bad = read_lines(file, &learned, why, sizeof(why));
	qsort(learned.stream, learned.count, sizeof(*learned.stream), by_index);
	for (size_t i = 0; i < learned.count; i++) {
		int error = expect(d, &learned.stream[i]);

		refused += error < 0;
		homeless += error == -ENODEV;
	}
	if (bad)
		snprintf(text, sizeof(text), "%u: %s", bad, why);
	else if (homeless)
		snprintf(text, sizeof(text), " %u of %zu streams are of a second path, which there is not", homeless,
			 learned.count);
	else
		snprintf(text, sizeof(text), " %u of %zu streams have no room: raise max_streams", refused, learned.count);
	if (bad || refused)
		put_aside(path, text);
	else if (learned.count == 0 && ftell(file) == 0)
		gb_warn("streams_file %s is empty: no stream is missed that was learned before", path);
out:
	free(learned.stream);
	if (file)
		fclose(file);
}

void streams_begin(struct daemon *d)
{
	if (d->config.max_streams == 0)
		return;
	expect_list(d, d->config.expect_stream);
	read_learned(d);
}

/* Views of streams, as an array that grows. */
struct views {
	size_t count;
	size_t room;
	struct gb_stream_view *view;
};

static bool make_room(struct views *views)
{
	size_t more = 2 * views->room + GB_DATAPATH_STREAMS_AT_ONCE;
	struct gb_stream_view *grown;

	if (views->room - views->count >= GB_DATAPATH_STREAMS_AT_ONCE)
		return true;
	grown = realloc(views->view, more * sizeof(*grown));
	if (!grown)
		return false;
	views->view = grown;
	views->room = more;
	return true;
}

/* Those of one direction of a path, to the end of VIEWS. Returns 0 or negative errno. */
static int collect(struct path *p, enum gb_stream_direction direction, struct views *views)
{
	size_t before = SIZE_MAX;
	int n;

	do {
		if (!make_room(views))
			return -ENOMEM;
		n = gb_datapath_streams(p->datapath, direction, &before, views->view + views->count);
		for (int i = 0; i < n; i++)
			views->view[views->count++].path_id = p->own.id;
	} while (n > 0 && before > 0);
	return n < 0 ? n : 0;
}

static int by_number(const void *a, const void *b)
{
	const struct gb_stream_view *one = a, *other = b;

	return (one->index > other->index) - (one->index < other->index);
}

int streams_collect(struct daemon *d, struct gb_stream_view **views, size_t *count)
{
	struct views all = {.count = 0};
	size_t unique = 0;
	int error = 0;

	for (unsigned i = 0; i < 2 * d->paths && d->config.max_streams; i++) {
		int result = collect(&d->path[i / 2], (enum gb_stream_direction)(i % 2), &all);

		error = error ? error : result;
	}
	if (all.count > 0)
		qsort(all.view, all.count, sizeof(*all.view), by_number);
	for (size_t i = 0; i < all.count; i++) /* some were copied twice, if others came or went meanwhile */
		if (i == 0 || all.view[i].index != all.view[unique - 1].index)
			all.view[unique++] = all.view[i];
	*views = all.view;
	*count = unique;
	return error;
}

/* What is in the configuration and was never heard need not be remembered: the configuration says it. */
static bool is_kept(const struct daemon *d, const struct gb_stream_view *view)
{
	if (!gb_stream_worth_saving(view, d->config.learn_after * GB_NS_PER_S))
		return false;
	return view->frames > 0 || !is_configured(d->config.expect_stream, view->path_id, &view->key);
}

static struct gb_stream_expected expected_of(const struct gb_stream_view *view)
{
	return (struct gb_stream_expected){.key = view->key, .path_id = view->path_id, .index = view->index, .learned = true,
					   .time_allowed_to_live_ms = view->longest_allowed_ms};
}

/* One that has been there for long enough is listed from now on: nobody can push it out, whatever he invents. */
static void learn(struct daemon *d, const struct gb_stream_view *views, size_t count)
{
	bool full[GB_CONFIG_PATHS_MAX][2] = {{false}}; /* by path and direction: workers are not asked in vain */

	for (size_t i = 0; i < count; i++) {
		struct gb_stream_expected expected = expected_of(&views[i]);
		bool *is_full = &full[expected.path_id][expected.key.direction];

		if (!*is_full && !views[i].listed &&
		    gb_stream_worth_saving(&views[i], d->config.learn_after * GB_NS_PER_S))
			*is_full = expect(d, &expected) == -ENOSPC;
	}
}

/* The text of streams_file. The caller frees it; NULL if memory is short. */
static char *learned_text(const struct daemon *d, const struct gb_stream_view *views, size_t count, size_t *length)
{
	char line[GB_STREAM_LINE], *text = NULL;
	FILE *out = open_memstream(&text, length);

	if (!out)
		return NULL;
	fputs("# GOOSE streams that were there: goose-bridge misses them after a restart. `goose-bridge-ctl streams forget`\n"
	      "# takes one away. The service writes this file anew.\n",
	      out);
	for (size_t i = 0; i < count; i++) {
		struct gb_stream_expected expected = expected_of(&views[i]);

		if (is_kept(d, &views[i]))
			fprintf(out, "%s\n", gb_stream_expected_format(&expected, line, sizeof(line)));
	}
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

static void write_learned(struct daemon *d, char *text, size_t length)
{
	const char *path = d->config.streams_file;
	int error = gb_file_replace(path, text, length, true);

	if (error && !d->streams_failing)
		gb_warn("cannot write streams_file %s: %s (tried again every %u s, not said again)", path, strerror(-error),
			d->config.stats_export_interval);
	d->streams_failing = error != 0;
	if (error) {
		free(text);
		return;
	}
	free(d->streams_saved);
	d->streams_saved = text;
}

void streams_save(struct daemon *d)
{
	struct gb_stream_view *views;
	size_t count, length = 0;
	char *text = NULL;

	if (d->config.max_streams == 0)
		return;
	/* if not all are known just now, the file is better than what is known */
	if (streams_collect(d, &views, &count) == 0) {
		learn(d, views, count);
		if (*d->config.streams_file && !d->streams_unread)
			text = learned_text(d, views, count, &length);
	}
	free(views);
	if (text && (!d->streams_saved || strcmp(text, d->streams_saved) != 0))
		write_learned(d, text, length);
	else
		free(text);
}

/* ---- what operators ask for ----------------------------------------------------------------------------------------- */

int streams_expect(struct daemon *d, const char *text, char *said, size_t size)
{
	struct gb_stream_expected expected;
	char why[GB_STREAM_WHY];

	if (gb_stream_expected_parse(text, &expected, said, size) < 0)
		return -EINVAL;
	int error = expect(d, &expected);

	if (error) {
		snprintf(said, size, "the stream cannot be expected: %s", why_not(d, error, why, sizeof(why)));
		return error;
	}
	streams_save(d);
	snprintf(said, size, "%s is expected (%s)", expected.key.gocb_ref, gb_stream_direction_name(expected.key.direction));
	return 0;
}

/* The index that WHICH is, or 0. */
static uint32_t as_index(const char *which)
{
	char *end;
	unsigned long long number = isdigit((unsigned char)*which) ? strtoull(which, &end, 10) : 0;

	return number > 0 && number <= UINT32_MAX && *end == '\0' ? (uint32_t)number : 0;
}

/* The index of the one stream with reference WHICH. 0 if there is none, or if there are several: SAID says so. */
static uint32_t find_reference(struct daemon *d, const char *which, char *said, size_t size)
{
	struct gb_stream_view *views;
	size_t count, used = 0;
	uint32_t found = 0;
	unsigned matches = 0;

	streams_collect(d, &views, &count);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(views[i].key.gocb_ref, which) != 0)
			continue;
		found = views[i].index;
		matches++;
		if (used < size)
			used += (size_t)snprintf(said + used, size - used, "%s%u (%s)",
						 matches == 1 ? "several streams have this reference; name one by its index: "
							      : ", ",
						 found, gb_stream_direction_name(views[i].key.direction));
	}
	free(views);
	if (matches == 0)
		snprintf(said, size, "there is no such stream; `goose-bridge-ctl streams` lists them");
	return matches == 1 ? found : 0;
}

char *streams_show(struct daemon *d, const char *which, char *said, size_t size)
{
	uint32_t index = as_index(which);
	struct gb_stream_detail detail;
	char *line;

	if (!index && !(index = find_reference(d, which, said, size)))
		return NULL;
	int error = -ENOENT;

	for (unsigned i = 0; error == -ENOENT && i < d->paths; i++) {
		error = gb_datapath_stream(d->path[i].datapath, index, &detail);
		detail.view.path_id = d->path[i].own.id;
	}

	if (error == -ENOENT)
		snprintf(said, size, "there is no stream %u; `goose-bridge-ctl streams` lists them", index);
	else if (error)
		why_not(d, error, said, size);
	else if (!(line = gb_report_stream_json(&detail)))
		snprintf(said, size, "the service is short of memory");
	else
		return line;
	return NULL;
}

/* On one path: the stream with INDEX, or if that is 0 all with this reference, of both directions. Returns how many, or
 * negative errno.
 */
static int forget(struct path *p, uint32_t index, const char *reference)
{
	struct gb_stream_key pattern = {0};
	int forgotten = 0;

	if (index)
		return gb_datapath_forget_index(p->datapath, index);
	snprintf(pattern.gocb_ref, sizeof(pattern.gocb_ref), "%s", reference);
	for (int i = 0; i < 2; i++) {
		pattern.direction = (enum gb_stream_direction)i;
		int n = gb_datapath_forget(p->datapath, &pattern);

		if (n < 0)
			return n;
		forgotten += n;
	}
	return forgotten;
}

int streams_forget(struct daemon *d, const char *which, char *said, size_t size)
{
	uint32_t index = as_index(which);
	int forgotten = 0;

	for (unsigned i = 0; forgotten >= 0 && i < d->paths; i++) {
		int n = forget(&d->path[i], index, which);

		forgotten = n < 0 ? n : forgotten + n;
	}
	if (forgotten < 0) {
		why_not(d, forgotten, said, size);
		return forgotten;
	}
	if (forgotten == 0) {
		snprintf(said, size, "no such stream is expected");
		return -ENOENT;
	}
	streams_save(d);
	snprintf(said, size, "%d forgotten; one that goes on being heard is learned again", forgotten);
	return 0;
}
