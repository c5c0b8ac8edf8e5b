/* SPDX-License-Identifier: Apache-2.0 */
#include "streams.h"

#include "values.h"

#include <goose-bridge/clock.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *direction_of(unsigned direction)
{
	return gb_stream_direction_name((enum gb_stream_direction)direction);
}

/* ---- streams -------------------------------------------------------------------------------------------------------- */

static void put_mac(struct json_object *object, const char *key, const uint8_t mac[6], bool known)
{
	char text[18] = "";

	if (known)
		snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	report_put_text_or_null(object, key, text);
}

/* A number that is not known before the first message. */
static void put_number(struct json_object *object, const char *key, uint64_t value, bool known)
{
	if (known)
		report_put_count(object, key, value);
	else
		report_put(object, key, NULL);
}

/* What tells one stream from another, in the order of the contract: readers of the file by eye find the name first. */
static void put_key(struct json_object *object, const struct gb_stream_view *s)
{
	report_put_text(object, "gocb_ref", s->key.gocb_ref);
	put_number(object, "appid", s->key.appid, s->key.has_appid);
	put_mac(object, "src_mac", s->key.source, s->key.has_source);
	put_mac(object, "dst_mac", s->key.destination, s->key.has_destination);
	put_number(object, "vlan_id", s->key.vlan_id, s->key.has_vlan_id);
	put_number(object, "vlan_priority", s->vlan_priority, s->tagged);
	report_put_text(object, "direction", direction_of(s->key.direction));
	report_put_text(object, "state", gb_stream_state_name(s->state));
}

static struct json_object *stream_object(const struct gb_stream_view *s)
{
	struct json_object *object = json_object_new_object();
	bool heard = s->frames > 0;

	put_key(object, s);
	put_number(object, "conf_rev", s->conf_rev, heard);
	put_number(object, "st_num", s->st_num, heard);
	put_number(object, "sq_num", s->sq_num, heard);
	report_put_count_or_null(object, "time_allowed_to_live_ms", s->time_allowed_to_live_ms);
	report_put_count(object, "frames", s->frames);
	report_put_count(object, "state_changes", s->state_changes);
	report_put_count(object, "lost", s->lost);
	report_put_count(object, "recovered", s->recovered);
	report_put_count(object, "out_of_order", s->out_of_order);
	report_put_count(object, "duplicates", s->duplicates);
	report_put_count(object, "expirations", s->expirations);
	report_put_bool(object, "simulation", s->simulation);
	report_put_time(object, "last_seen", s->last_seen_ns);
	report_put_count(object, "index", s->index);
	report_put_bool(object, "listed", s->listed);
	report_put_bool(object, "learned", s->learned);
	report_put_text_or_null(object, "dat_set", s->dat_set);
	report_put_text_or_null(object, "go_id", s->go_id);
	put_number(object, "num_dat_set_entries", s->num_dat_set_entries, heard);
	report_put_bool(object, "nds_com", s->nds_com);
	report_put_time(object, "t", s->t_ns);
	report_put_count(object, "octets", s->octets);
	report_put_count(object, "conf_rev_changes", s->conf_rev_changes);
	report_put_count(object, "decode_errors", s->decode_errors);
	report_put_text_or_null(object, "last_error", s->decode_errors ? gb_pdu_error_name(s->last_error) : "");
	report_put_count(object, "restarts", s->restarts);
	report_put_count(object, "replays_suspected", s->replays_suspected);
	report_put_count(object, "storms", s->storms);
	report_put_bool(object, "storm", s->storm);
	/* cut, not rounded: as everything that is made of it in whole units */
	report_put_decimal(object, "interval_ms", (double)(s->interval_ns / 1000) / 1e3, 3);
	report_put_time(object, "first_seen", s->first_seen_ns);
	report_put_time(object, "expired", s->expired_ns);
	report_put_count(object, "path_id", s->path_id);
	return object;
}

void report_write_streams(FILE *out, const struct gb_report *report)
{
	putc('[', out);
	for (size_t i = 0; i < report->streams; i++) {
		struct json_object *object = stream_object(&report->stream[i]);

		fprintf(out, "%s%s", i ? "," : "",
			json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
		json_object_put(object);
	}
	putc(']', out);
}

static struct json_object *counts_object(const struct gb_streams_counts *counts)
{
	struct json_object *object = json_object_new_object();

	report_put_count(object, "streams", counts->streams);
	for (unsigned state = 0; state <= GB_STREAM_EXPIRED; state++)
		report_put_count(object, gb_stream_state_name((enum gb_stream_state)state), counts->by_state[state]);
	report_put_count(object, "silent", counts->silent);
	report_put_count(object, "listed", counts->listed);
	report_put_count(object, "refused", counts->refused);
	report_put_count(object, "reused", counts->reused);
	report_put_count(object, "undecodable", counts->undecodable);
	report_put_count(object, "decode_errors", counts->decode_errors);
	report_put_count(object, "events_refused", counts->events_refused);
	return object;
}

struct json_object *report_stream_counts(const struct gb_report *report)
{
	struct json_object *object;

	if (!report->supervised)
		return NULL;
	object = json_object_new_object();
	for (unsigned i = 0; i < 2; i++)
		report_put(object, direction_of(i), counts_object(&report->stream_counts[i]));
	return object;
}

/* ---- latency -------------------------------------------------------------------------------------------------------- */

static struct json_object *latency_object(const struct gb_latency *latency)
{
	struct json_object *object;

	if (latency->count == 0)
		return NULL;
	object = json_object_new_object();
	report_put_count(object, "count", latency->count);
	report_put_decimal(object, "p50_us", (double)latency->p50_ns / 1e3, 1);
	report_put_decimal(object, "p99_us", (double)latency->p99_ns / 1e3, 1);
	report_put_decimal(object, "p999_us", (double)latency->p999_ns / 1e3, 1);
	report_put_decimal(object, "max_us", (double)latency->max_ns / 1e3, 1);
	return object;
}

struct json_object *report_latency(const struct gb_report_path *path)
{
	struct json_object *object = json_object_new_object();

	for (unsigned i = 0; i < 2; i++) {
		struct json_object *direction = json_object_new_object();

		report_put(direction, "residence", latency_object(&path->residence[i]));
		if (i == GB_STREAM_TO_GOOSE0)
			report_put(direction, "one_way", latency_object(&path->one_way));
		report_put(object, direction_of(i), direction);
	}
	return object;
}

/* ---- one stream in full --------------------------------------------------------------------------------------------- */

/* Bits as they stand in the string, the first one first. */
static struct json_object *bits(const struct gb_value *value)
{
	char text[GB_STREAM_DATA_MAX * 8 + 1];
	unsigned n = value->bits < sizeof(text) - 1 ? value->bits : (unsigned)sizeof(text) - 1;

	for (unsigned i = 0; i < n; i++)
		text[i] = value->content.octets[1 + i / 8] >> (7 - i % 8) & 1 ? '1' : '0';
	text[n] = '\0';
	return report_text(text);
}

static struct json_object *hexadecimal(struct gb_octets content)
{
	char text[GB_STREAM_DATA_MAX * 2 + 1] = "";

	for (size_t i = 0; i < content.length && i < GB_STREAM_DATA_MAX; i++)
		snprintf(text + 2 * i, 3, "%02x", content.octets[i]);
	return report_text(text);
}

static struct json_object *words(struct gb_octets content)
{
	char text[GB_STREAM_DATA_MAX + 1];

	snprintf(text, sizeof(text), "%.*s", (int)content.length, (const char *)content.octets);
	return report_text(text);
}

static struct json_object *utc(uint64_t utc_ns)
{
	char text[40];

	return report_text(gb_clock_iso8601(utc_ns, true, text, sizeof(text)));
}

/* Of a day, or since 1984-01-01 (MMS TimeOfDay). */
static struct json_object *time_of_day(const struct gb_value *value)
{
	uint64_t ms = value->utc_ns / GB_NS_PER_MS, day = 24 * 3600 * UINT64_C(1000);
	char text[64];
	size_t used = 0;

	if (value->content.length == 6)
		used = (size_t)snprintf(text, sizeof(text), "%" PRIu64 " d ", ms / day);
	ms %= day;
	snprintf(text + used, sizeof(text) - used, "%02u:%02u:%02u.%03u", (unsigned)(ms / 3600000), (unsigned)(ms / 60000 % 60),
		 (unsigned)(ms / 1000 % 60), (unsigned)(ms % 1000));
	return report_text(text);
}

/* NULL (null) for structures and arrays, whose members follow. */
static struct json_object *meaning(const struct gb_value *value)
{
	switch (value->type) {
	case GB_VALUE_BOOLEAN:
		return json_object_new_boolean(value->boolean);
	case GB_VALUE_BIT_STRING:
		return bits(value);
	case GB_VALUE_INTEGER:
		return json_object_new_int64(value->integer);
	case GB_VALUE_UNSIGNED:
		return json_object_new_uint64(value->unsigned_integer);
	case GB_VALUE_FLOAT: /* JSON has no infinity and no NaN */
		return isfinite(value->floating) ? json_object_new_double(value->floating)
						 : report_text(isnan(value->floating) ? "NaN"
							       : value->floating > 0 ? "Infinity" : "-Infinity");
	case GB_VALUE_VISIBLE_STRING:
	case GB_VALUE_MMS_STRING:
		return words(value->content);
	case GB_VALUE_TIME_OF_DAY:
		return time_of_day(value);
	case GB_VALUE_UTC_TIME:
		return utc(value->utc_ns);
	case GB_VALUE_OCTET_STRING:
	case GB_VALUE_OTHER:
		return hexadecimal(value->content);
	default:
		return NULL;
	}
}

static struct json_object *values(const struct gb_stream_detail *detail)
{
	struct gb_values walk = gb_values((struct gb_octets){detail->all_data, detail->all_data_length});
	struct json_object *array = json_object_new_array();
	enum gb_pdu_error error;
	struct gb_value value;

	while (gb_values_next(&walk, &value, &error)) {
		struct json_object *object = json_object_new_object();

		report_put_count(object, "depth", value.depth);
		report_put_text(object, "type", gb_value_type_name(value.type));
		report_put(object, "value", meaning(&value));
		report_append(array, object);
	}
	return array;
}

char *gb_report_stream_json(const struct gb_stream_detail *detail)
{
	struct json_object *object = json_object_new_object();
	const char *text;
	char *line;

	report_put(object, "stream", stream_object(&detail->view));
	report_put(object, "values", values(detail));
	report_put_bool(object, "values_cut", detail->all_data_cut);
	text = object ? json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE) : NULL;
	line = text ? strdup(text) : NULL;
	json_object_put(object);
	return line;
}
