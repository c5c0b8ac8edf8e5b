/* SPDX-License-Identifier: Apache-2.0 */
/* The streams of a model: alarms, rates, order, choice. */
#include "monitor_model.h"

#include "monitor_values.h"
#include "result.h"

#include <ctype.h>
#include <goose-bridge/clock.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *monitor_alarm_word(enum monitor_alarm alarm)
{
	static const char *const words[MONITOR_ALARMS] = {
		[MONITOR_EXPIRED] = "EXPIRED", [MONITOR_SILENT] = "SILENT",	 [MONITOR_REPLAY] = "REPLAY",
		[MONITOR_LOSING] = "LOSING",   [MONITOR_DISORDERED] = "DISORDER", [MONITOR_TEST] = "TEST",
		[MONITOR_FINE] = "ok",
	};

	return (unsigned)alarm < MONITOR_ALARMS ? words[alarm] : "?";
}

const char *monitor_sort_word(enum monitor_sort sort)
{
	return sort == MONITOR_BY_RATE ? "rate" : sort == MONITOR_BY_NAME ? "name" : "alarm";
}

/* ---- order ---------------------------------------------------------------------------------------------------------- */

int monitor_stream_compare(const struct monitor_stream *a, const struct monitor_stream *b)
{
	int order = a->to_network != b->to_network ? (a->to_network ? -1 : 1) : strcmp(a->name, b->name);

	if (order == 0)
		order = strcmp(a->source, b->source);
	if (order == 0)
		order = strcmp(a->destination, b->destination);
	if (order == 0)
		order = a->vlan_id - b->vlan_id;
	return order ? order : a->appid - b->appid;
}

static int compare_streams(const void *a, const void *b)
{
	return monitor_stream_compare(a, b);
}

/* What is equal stays as it is in the model: pointers into its array say how that was. */
static int by_place(const struct monitor_stream *a, const struct monitor_stream *b)
{
	return a < b ? -1 : a > b;
}

static int by_alarm(const void *left, const void *right)
{
	const struct monitor_stream *a = *(const struct monitor_stream *const *)left;
	const struct monitor_stream *b = *(const struct monitor_stream *const *)right;

	return a->alarm != b->alarm ? (int)a->alarm - (int)b->alarm : by_place(a, b);
}

static int by_rate(const void *left, const void *right)
{
	const struct monitor_stream *a = *(const struct monitor_stream *const *)left;
	const struct monitor_stream *b = *(const struct monitor_stream *const *)right;

	return a->rate > b->rate ? -1 : a->rate < b->rate ? 1 : by_place(a, b);
}

static int by_name(const void *left, const void *right)
{
	const struct monitor_stream *a = *(const struct monitor_stream *const *)left;
	const struct monitor_stream *b = *(const struct monitor_stream *const *)right;
	int order = strcmp(a->name, b->name);

	return order ? order : by_place(a, b);
}

/* ---- choice --------------------------------------------------------------------------------------------------------- */

static bool stands_in(const char *text, const char *part)
{
	size_t length = strlen(part);

	for (; *text; text++)
		if (strncasecmp(text, part, length) == 0)
			return true;
	return length == 0;
}

static bool fits(const struct monitor_stream *stream, const char *filter)
{
	char appid[16] = "";

	if (stream->appid >= 0)
		snprintf(appid, sizeof(appid), "0x%04X", (unsigned)stream->appid);
	return stands_in(stream->name, filter) || stands_in(stream->source, filter) ||
	       stands_in(stream->destination, filter) || stands_in(appid, filter) || stands_in(stream->state, filter) ||
	       stands_in(monitor_alarm_word(stream->alarm), filter);
}

const struct monitor_stream **monitor_model_select(const struct monitor_model *model, enum monitor_sort sort,
						   const char *filter, size_t *count)
{
	const struct monitor_stream **chosen = calloc(model->streams + 1, sizeof(const struct monitor_stream *));

	*count = 0;
	if (!chosen)
		return NULL;
	for (size_t i = 0; i < model->streams; i++)
		if (fits(&model->stream[i], filter))
			chosen[(*count)++] = &model->stream[i];
	qsort(chosen, *count, sizeof(const struct monitor_stream *),
	      sort == MONITOR_BY_RATE ? by_rate : sort == MONITOR_BY_NAME ? by_name : by_alarm);
	return chosen;
}

/* ---- from an answer ------------------------------------------------------------------------------------------------- */

static enum monitor_alarm judge(const struct monitor_stream *stream, uint64_t now_ns)
{
	if (strcmp(stream->state, "expired") == 0)
		return MONITOR_EXPIRED;
	if (strcmp(stream->state, "expected") == 0)
		return MONITOR_SILENT;
	if (monitor_grows(&stream->replays, now_ns))
		return MONITOR_REPLAY;
	if (monitor_grows(&stream->lost, now_ns))
		return MONITOR_LOSING;
	if (monitor_grows(&stream->out_of_order, now_ns) || monitor_grows(&stream->duplicates, now_ns))
		return MONITOR_DISORDERED;
	return strcmp(stream->state, "test") == 0 || stream->simulation ? MONITOR_TEST : MONITOR_FINE;
}

/* Moves the marks on: the older one is always one to two spans old, once there has been that much time. */
static void rate(struct monitor_stream *stream, const struct monitor_stream *before, uint64_t now_ns)
{
	struct monitor_mark now = {.frames = stream->frames, .at_ns = now_ns};

	stream->rate = -1;
	if (!before || stream->frames < before->frames) { /* new here, or counted anew */
		stream->mark[0] = stream->mark[1] = now;
		return;
	}
	memcpy(stream->mark, before->mark, sizeof(stream->mark));
	if (now_ns > stream->mark[0].at_ns)
		stream->rate = (double)(stream->frames - stream->mark[0].frames) * (double)GB_NS_PER_S /
			       (double)(now_ns - stream->mark[0].at_ns);
	if (now_ns - stream->mark[1].at_ns >= MONITOR_SPAN_NS) {
		stream->mark[0] = stream->mark[1];
		stream->mark[1] = now;
	}
}

/* Which stream it is, and what it is said to be. */
static void describe(struct monitor_stream *stream, struct json_object *object, uint64_t utc_ns)
{
	monitor_clean_key(stream->name, sizeof(stream->name), object, "gocb_ref", "(no name)");
	monitor_clean_key(stream->source, sizeof(stream->source), object, "src_mac", "");
	monitor_clean_key(stream->destination, sizeof(stream->destination), object, "dst_mac", "");
	monitor_clean_key(stream->state, sizeof(stream->state), object, "state", "unknown");
	stream->to_network = strcmp(result_text(object, "direction", ""), "to_network") == 0;
	stream->appid = monitor_small_number(object, "appid");
	stream->vlan_id = monitor_small_number(object, "vlan_id");
	stream->vlan_priority = monitor_small_number(object, "vlan_priority");
	stream->conf_rev = result_count(object, "conf_rev");
	stream->st_num = result_count(object, "st_num");
	stream->sq_num = result_count(object, "sq_num");
	stream->time_allowed_to_live_ms = result_count(object, "time_allowed_to_live_ms");
	stream->frames = result_count(object, "frames");
	stream->state_changes = result_count(object, "state_changes");
	stream->expirations = result_count(object, "expirations");
	stream->simulation = result_yes(object, "simulation");
	stream->age_s = monitor_age_of(object, "last_seen", utc_ns);
}

/* Beside itself in the model before, which has its streams in order. */
static void supervise(struct monitor_stream *stream, struct json_object *object, const struct monitor_model *before,
		      uint64_t now_ns)
{
	const struct monitor_stream *then =
		before && before->streams
			? bsearch(stream, before->stream, before->streams, sizeof(*stream), compare_streams)
			: NULL;
	uint64_t elapsed_ns = before ? now_ns - before->at_ns : 0;

	stream->lost = monitor_count_of(object, "lost", then ? &then->lost : NULL, elapsed_ns, now_ns);
	stream->out_of_order = monitor_count_of(object, "out_of_order", then ? &then->out_of_order : NULL, elapsed_ns, now_ns);
	stream->duplicates = monitor_count_of(object, "duplicates", then ? &then->duplicates : NULL, elapsed_ns, now_ns);
	stream->replays = monitor_count_of(object, "replays_suspected", then ? &then->replays : NULL, elapsed_ns, now_ns);
	rate(stream, then, now_ns);
	stream->alarm = judge(stream, now_ns);
}

bool monitor_streams_take(struct monitor_model *model, const struct monitor_model *before, struct json_object *streams,
			  uint64_t utc_ns)
{
	size_t count = result_length(streams);

	model->offers_streams = json_object_is_type(streams, json_type_array);
	if (count == 0)
		return true;
	model->stream = calloc(count, sizeof(*model->stream));
	if (!model->stream)
		return false;
	for (size_t i = 0; i < count; i++) {
		struct monitor_stream *stream = &model->stream[model->streams++];
		struct json_object *object = json_object_array_get_idx(streams, i);

		describe(stream, object, utc_ns);
		supervise(stream, object, before, model->at_ns);
		model->in_alarm[stream->alarm]++;
	}
	qsort(model->stream, model->streams, sizeof(*model->stream), compare_streams);
	return true;
}
