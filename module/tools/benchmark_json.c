/* SPDX-License-Identifier: Apache-2.0 */
/* A run's result as JSON. */
#include "benchmark_result.h"

#include "put.h"

#include <goose-bridge/clock.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

static void put_number(struct json_object *object, const char *key, double value)
{
	char text[40];

	snprintf(text, sizeof(text), "%.3f", value);
	put_value(object, key, json_object_new_double_s(value, text));
}

static void put_address(struct json_object *object, const char *key, const uint8_t address[6])
{
	char text[24];

	put_text(object, key, benchmark_host_text("", address, text, sizeof(text)));
}

static struct json_object *histogram(const struct benchmark_times *times)
{
	static const unsigned unmerged = 0;
	struct benchmark_row rows[GB_HISTOGRAM_STEPS];
	size_t count = benchmark_times_rows(times, unmerged, rows, GB_HISTOGRAM_STEPS);
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < count; i++) {
		struct json_object *row;

		if (rows[i].count == 0)
			continue;
		row = json_object_new_object();
		put_count(row, "from_ns", rows[i].from_ns);
		put_count(row, "to_ns", rows[i].to_ns);
		put_count(row, "count", rows[i].count);
		if (json_object_array_add(array, row) != 0)
			json_object_put(row);
	}
	return array;
}

/* NULL (null) if nothing was measured. */
static struct json_object *times_object(const struct benchmark_times *times)
{
	const struct benchmark_figures f = benchmark_times_read(times);
	struct json_object *object;

	if (f.count == 0)
		return NULL;
	object = json_object_new_object();
	put_count(object, "count", f.count);
	put_count(object, "min_ns", f.least_ns);
	put_count(object, "mean_ns", f.mean_ns);
	put_count(object, "p50_ns", f.p50_ns);
	put_count(object, "p90_ns", f.p90_ns);
	put_count(object, "p99_ns", f.p99_ns);
	put_count(object, "p999_ns", f.p999_ns);
	put_count(object, "max_ns", f.max_ns);
	put_value(object, "histogram", histogram(times));
	return object;
}

static struct json_object *host_object(const struct benchmark_result *r, const struct benchmark_host *host)
{
	struct json_object *object = json_object_new_object();
	const struct benchmark_counts *c = benchmark_result_counts(r, host);
	bool latency = r->options.verb == BENCHMARK_LATENCY;

	put_text(object, "name", host->name);
	put_address(object, "mac", host->address);
	put_bool(object, "reported", host->reported);
	if (!latency && !host->reported)
		return object;
	put_count(object, "received", c->received);
	put_count(object, "lost", benchmark_lost(c, r->sent));
	put_count(object, "duplicates", c->duplicates);
	put_count(object, "reordered", c->reordered);
	put_count(object, "altered", c->altered);
	put_count(object, "unread", c->unread + r->unread);
	put_number(object, "rate", benchmark_rate(c));
	if (!latency)
		return object;
	put_value(object, "lost_there", host->reported ? json_object_new_uint64(benchmark_lost(&host->report, r->sent)) : NULL);
	put_bool(object, "clock_synchronised", host->synchronised);
	put_value(object, "round_trip", times_object(&host->round_trip));
	put_value(object, "answering", times_object(&host->answering));
	put_value(object, "one_way_there", times_object(&host->there));
	put_value(object, "one_way_back", times_object(&host->back));
	put_count(object, "one_way_negative", host->negative);
	put_count(object, "not_measured", host->odd);
	return object;
}

static struct json_object *bridge_object(const struct benchmark_bridge *bridge)
{
	struct json_object *object = json_object_new_object(), *drops = NULL;

	put_bool(object, "asked", bridge->asked);
	if (bridge->asked)
		drops = json_object_new_object();
	else
		put_text(object, "error", bridge->error);
	for (int i = 0; drops && i < GB_DROP_REASON_COUNT; i++)
		if (bridge->drops[i] > 0)
			put_count(drops, gb_drop_reason_name((enum gb_drop_reason)i), bridge->drops[i]);
	put_text(object, "wire_format", bridge->wire_format);
	put_value(object, "drops", drops);
	return object;
}

struct json_object *benchmark_result_json(const struct benchmark_result *r)
{
	struct json_object *object = json_object_new_object(), *hosts = json_object_new_array();
	double seconds = (double)r->elapsed_ns / (double)GB_NS_PER_S;
	char sentence[640], run[20];
	bool fine = benchmark_result_verdict(r, sentence, sizeof(sentence));

	snprintf(run, sizeof(run), "%016" PRIx64, r->run);
	put_text(object, "command", benchmark_verb_name(r->options.verb));
	put_text(object, "run", run);
	put_text(object, "interface", r->interface);
	put_address(object, "destination", r->destination);
	put_count(object, "appid", r->options.appid);
	put_value(object, "vlan_id", r->options.tagged ? json_object_new_int(r->options.vlan_id) : NULL);
	put_value(object, "vlan_priority", r->options.tagged ? json_object_new_int((int)r->options.priority) : NULL);
	put_count(object, "packet_size", r->options.size);
	put_count(object, "rate_wanted", r->options.rate);
	put_count(object, "wanted", r->options.count);
	put_count(object, "sent", r->sent);
	put_count(object, "refused", r->refused);
	put_number(object, "seconds", seconds);
	put_number(object, "rate", seconds > 0 ? (double)r->sent / seconds : 0);
	put_bool(object, "clock_synchronised", r->synchronised);
	put_bool(object, "interrupted", r->interrupted);
	for (unsigned i = 0; i < r->hosts; i++) {
		struct json_object *host = host_object(r, &r->host[i]);

		if (json_object_array_add(hosts, host) != 0)
			json_object_put(host);
	}
	put_value(object, "hosts", hosts);
	put_value(object, "bridge", bridge_object(&r->bridge));
	put_bool(object, "fine", fine);
	put_text(object, "verdict", sentence);
	return object;
}
