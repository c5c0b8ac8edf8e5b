/* SPDX-License-Identifier: Apache-2.0 */
/* Streams as a person reads them: a line each with what is wrong first, or one in full. */
#include "ctl.h"

#include "result.h"
#include "words.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_COLUMNS 48
#define DEPTH_MAX	 8 /* deeper values stand no further to the right */

/* ---- the list ------------------------------------------------------------------------------------------------------- */

/* Silent ones come first: they are what somebody looks for. */
static unsigned rank(struct json_object *stream)
{
	static const char *const order[] = {"expired", "expected", "test", "new", "active"};
	const char *state = result_text(stream, "state", "");
	unsigned i = 0;

	while (i < sizeof(order) / sizeof(order[0]) && strcmp(order[i], state) != 0)
		i++;
	return i;
}

static int compare(const void *left, const void *right)
{
	struct json_object *a = *(struct json_object *const *)left, *b = *(struct json_object *const *)right;
	int order = (int)rank(a) - (int)rank(b);

	if (order == 0)
		order = strcmp(result_text(a, "gocb_ref", ""), result_text(b, "gocb_ref", ""));
	if (order == 0)
		order = (result_count(a, "index") > result_count(b, "index")) -
			(result_count(a, "index") < result_count(b, "index"));
	return order;
}

/* A stream that was never heard has no APPID that is known. */
static const char *appid(struct json_object *stream, char *out, size_t size)
{
	if (!result_get(stream, "appid"))
		return "-";
	snprintf(out, size, "0x%04X", (unsigned)result_count(stream, "appid"));
	return out;
}

static size_t widest(struct json_object **streams, size_t count)
{
	size_t width = strlen("gocbRef");

	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(result_text(streams[i], "gocb_ref", "-"));

		if (length > width)
			width = length;
	}
	return width < NAME_MAX_COLUMNS ? width : NAME_MAX_COLUMNS;
}

static void print_line(FILE *out, struct json_object *s, int width, uint64_t now_ns)
{
	char id[16], heard[40];

	fprintf(out, "%6" PRIu64 "  %-8s  %-3s  %-*s  %-6s  %4s  %10s  %10s  %9" PRIu64 "  %6" PRIu64 "  %s\n",
		result_count(s, "index"), result_text(s, "state", "-"),
		strcmp(result_text(s, "direction", ""), "to_network") == 0 ? "out" : "in", width,
		result_text(s, "gocb_ref", "-"), appid(s, id, sizeof(id)), result_text(s, "vlan_id", "-"),
		result_text(s, "st_num", "-"), result_text(s, "sq_num", "-"), result_count(s, "frames"),
		result_count(s, "lost"),
		words_ago(result_text(s, "last_seen", ""), now_ns, heard, sizeof(heard)));
}

void ctl_render_streams(FILE *out, struct json_object *result, uint64_t now_ns)
{
	struct json_object *array = result_get(result, "streams");
	size_t count = result_length(array);
	struct json_object **streams = calloc(count + 1, sizeof(struct json_object *));

	if (!result_get(result, "stream_counts"))
		fputs("Streams are not supervised: max_streams is 0.\n", out);
	else if (count == 0)
		fputs("No GOOSE stream was heard yet.\n", out);
	if (!streams || count == 0) {
		free(streams);
		return;
	}
	for (size_t i = 0; i < count; i++)
		streams[i] = json_object_array_get_idx(array, i);
	qsort(streams, count, sizeof(struct json_object *), compare);
	int width = (int)widest(streams, count);

	fprintf(out, "%6s  %-8s  %-3s  %-*s  %-6s  %4s  %10s  %10s  %9s  %6s  %s\n", "index", "state", "way", width, "gocbRef",
		"APPID", "VLAN", "stNum", "sqNum", "frames", "lost", "heard");
	for (size_t i = 0; i < count; i++)
		print_line(out, streams[i], width, now_ns);
	free(streams);
}

bool ctl_streams_are_silent(struct json_object *result)
{
	struct json_object *array = result_get(result, "streams");

	for (size_t i = 0; i < result_length(array); i++) {
		struct json_object *stream = json_object_array_get_idx(array, i);

		/* that a test is over is no bad news */
		if (strcmp(result_text(stream, "state", ""), "expired") == 0 && !result_yes(stream, "simulation"))
			return true;
	}
	return false;
}

/* ---- one in full ---------------------------------------------------------------------------------------------------- */

static void print_item(FILE *out, const char *label, const char *value)
{
	fprintf(out, "%-18s %s\n", label, value);
}

static void print_text(FILE *out, struct json_object *stream, const char *label, const char *key)
{
	print_item(out, label, result_text(stream, key, "-"));
}

static void print_identity(FILE *out, struct json_object *s)
{
	char text[64];

	print_text(out, s, "gocbRef", "gocb_ref");
	print_text(out, s, "State", "state");
	print_item(out, "Direction",
		   strcmp(result_text(s, "direction", ""), "to_network") == 0 ? "out: published on this host's goose0"
									       : "in: from another host");
	print_text(out, s, "Index", "index");
	print_item(out, "Expected", result_yes(s, "listed") ? "yes" : "no");
	print_item(out, "APPID", appid(s, text, sizeof(text)));
	print_text(out, s, "Source", "src_mac");
	print_text(out, s, "Destination", "dst_mac");
	print_text(out, s, "VLAN id", "vlan_id");
	print_text(out, s, "VLAN priority", "vlan_priority");
	print_text(out, s, "datSet", "dat_set");
	print_text(out, s, "goID", "go_id");
}

static void print_numbers(FILE *out, struct json_object *s, uint64_t now_ns)
{
	static const struct {
		const char *label;
		const char *key;
	} items[] = {
		{"confRev", "conf_rev"}, {"stNum", "st_num"}, {"sqNum", "sq_num"},
		{"timeAllowedtoLive", "time_allowed_to_live_ms"}, {"t", "t"}, {"numDatSetEntries", "num_dat_set_entries"},
		{"ndsCom", "nds_com"}, {"simulation", "simulation"}, {"Frames", "frames"}, {"Octets", "octets"},
		{"State changes", "state_changes"}, {"Lost", "lost"}, {"Recovered", "recovered"},
		{"Out of order", "out_of_order"},
		{"Duplicates", "duplicates"}, {"Expirations", "expirations"}, {"confRev changes", "conf_rev_changes"},
		{"Restarts", "restarts"}, {"Replays suspected", "replays_suspected"}, {"Storms", "storms"},
		{"Decode errors", "decode_errors"},
		{"Last error", "last_error"}, {"Interval, ms", "interval_ms"}, {"First heard", "first_seen"},
	};
	char heard[40];

	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++)
		print_text(out, s, items[i].label, items[i].key);
	fprintf(out, "%-18s %s (%s ago)\n", "Last heard", result_text(s, "last_seen", "-"),
		words_ago(result_text(s, "last_seen", ""), now_ns, heard, sizeof(heard)));
}

void ctl_render_stream(FILE *out, struct json_object *result, uint64_t now_ns)
{
	struct json_object *stream = result_get(result, "stream"), *values = result_get(result, "values");

	print_identity(out, stream);
	print_numbers(out, stream, now_ns);
	if (result_length(values) == 0)
		return;
	fputs("Values of the latest good message\n", out);
	for (size_t i = 0; i < result_length(values); i++) {
		struct json_object *value = json_object_array_get_idx(values, i);
		uint64_t depth = result_count(value, "depth");
		int indent = 2 * (depth < DEPTH_MAX ? (int)depth : DEPTH_MAX);

		fprintf(out, "  %*s%-*s %s\n", indent, "", 2 * DEPTH_MAX - indent, result_text(value, "type", "-"),
			result_text(value, "value", ""));
	}
	if (result_yes(result, "values_cut"))
		fputs("  ... there was more, which is not kept\n", out);
}

void ctl_render_detail(FILE *out, struct json_object *result, uint64_t now_ns)
{
	(void)now_ns;
	fprintf(out, "%s\n", result_text(result, "detail", "done"));
}
