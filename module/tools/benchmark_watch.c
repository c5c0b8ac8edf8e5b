/* SPDX-License-Identifier: Apache-2.0 */
/* What can be measured by whoever may send no frames: what the service counts of those that pass anyway. */
#include "benchmark.h"

#include "benchmark_tally.h"
#include "put.h"
#include "result.h"
#include "words.h"

#include <goose-bridge/client.h>
#include <goose-bridge/clock.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <poll.h>
#include <string.h>

#define TIMEOUT_MS 1000

struct watch {
	const struct benchmark *b;
	const char *why; /* no frames are sent */
	double seconds;
	struct json_object *before, *after; /* answers to "stats" */
	char error[400];
};

/* How much KEY of PART has grown. A service that was restarted meanwhile counts from nothing. */
static uint64_t grown(const struct watch *w, const char *part, const char *key)
{
	uint64_t before = result_count(result_get(w->before, part), key), after = result_count(result_get(w->after, part), key);

	return after - (after >= before ? before : 0);
}

static double rate(const struct watch *w, uint64_t count)
{
	return w->seconds > 0 ? (double)count / w->seconds : 0;
}

static uint64_t from_goose0(const struct watch *w)
{
	return grown(w, "statistics", "goose_received") + grown(w, "statistics", "vlan_goose_received");
}

/* What PEER, of the second answer, had in the first at KEY; 0 if it was not heard then. */
static uint64_t peer_before(const struct watch *w, struct json_object *peer, const char *key)
{
	static const char *const same[] = {"address", "sender_id", "epoch"};
	struct json_object *peers = result_get(w->before, "peers");

	for (size_t i = 0; i < result_length(peers); i++) {
		struct json_object *other = json_object_array_get_idx(peers, i);
		size_t k = 0;

		while (k < 3 && strcmp(result_text(peer, same[k], ""), result_text(other, same[k], "")) == 0)
			k++;
		if (k == 3 && result_count(peer, "path_id") == result_count(other, "path_id"))
			return result_count(other, key);
	}
	return 0;
}

static uint64_t peer_grown(const struct watch *w, struct json_object *peer, const char *key)
{
	uint64_t before = peer_before(w, peer, key), after = result_count(peer, key);

	return after - (after >= before ? before : 0);
}

/* ---- as text -------------------------------------------------------------------------------------------------------- */

static void print_peers(FILE *out, const struct watch *w)
{
	struct json_object *peers = result_get(w->after, "peers");

	if (result_length(peers) == 0)
		fputs("Bridges     no other was heard\n", out);
	for (size_t i = 0; i < result_length(peers); i++) {
		struct json_object *peer = json_object_array_get_idx(peers, i);

		fprintf(out, "%-11s %s: %.1f datagrams/s, %" PRIu64 " lost\n", i ? "" : "Bridges",
			result_text(peer, "address", "-"), rate(w, peer_grown(w, peer, "datagrams")),
			peer_grown(w, peer, "lost"));
	}
}

static void print_drops(FILE *out, const struct watch *w)
{
	unsigned count = 0;

	fputs("Dropped    ", out);
	for (int i = 0; i < GB_DROP_REASON_COUNT; i++) {
		const char *name = gb_drop_reason_name((enum gb_drop_reason)i);
		uint64_t drops = grown(w, "drops", name);

		if (drops > 0)
			fprintf(out, "%s %s %" PRIu64, count++ ? "," : "", name, drops);
	}
	fputs(count ? "\n" : " nothing\n", out);
}

static void print_time(FILE *out, const char *what, struct json_object *times)
{
	static const char *const keys[] = {"p50_us", "p99_us", "p999_us", "max_us"};

	fprintf(out, "  %-28s", what);
	for (size_t i = 0; i < 4 && times; i++)
		fprintf(out, " %10.1f", json_object_get_double(result_get(times, keys[i])));
	fputs(times ? "\n" : " not known\n", out);
}

static void write_text(FILE *page, const void *what)
{
	const struct watch *w = what;
	struct json_object *latency = result_get(w->after, "latency"), *in = result_get(latency, "to_goose0");

	fprintf(page, "What the service counted of what applications sent within %.1f s\n", w->seconds);
	fprintf(page, "From goose0 %.1f frames/s, in %.1f datagrams/s to the network\n", rate(w, from_goose0(w)),
		rate(w, grown(w, "statistics", "goose_to_ip")));
	fprintf(page, "To goose0   %.1f frames/s, of %.1f datagrams/s from the network\n",
		rate(w, grown(w, "statistics", "ip_to_goose")), rate(w, grown(w, "counters", "datagrams_from_ip")));
	print_peers(page, w);
	print_drops(page, w);
	fprintf(page, "Times since it was started, us%11s %10s %10s %10s\n", "p50", "p99", "p99.9", "longest");
	print_time(page, "in this bridge, outwards", result_get(result_get(latency, "to_network"), "residence"));
	print_time(page, "in this bridge, inwards", result_get(in, "residence"));
	print_time(page, "one way from other bridges", result_get(in, "one_way"));
	fprintf(page, "Left out: frames of its own, and so their loss and round-trip times: %s\n", w->why);
}

/* ---- as JSON -------------------------------------------------------------------------------------------------------- */

static struct json_object *peers_json(const struct watch *w)
{
	struct json_object *peers = result_get(w->after, "peers"), *array = json_object_new_array();

	for (size_t i = 0; i < result_length(peers); i++) {
		struct json_object *peer = json_object_array_get_idx(peers, i), *one = json_object_new_object();

		put_text(one, "address", result_text(peer, "address", NULL));
		put_text(one, "sender_id", result_text(peer, "sender_id", NULL));
		put_count(one, "datagrams", peer_grown(w, peer, "datagrams"));
		put_count(one, "lost", peer_grown(w, peer, "lost"));
		if (json_object_array_add(array, one) != 0)
			json_object_put(one);
	}
	return array;
}

static struct json_object *seen_json(const struct watch *w)
{
	struct json_object *seen = json_object_new_object(), *drops = json_object_new_object();

	put_count(seen, "frames_from_goose0", from_goose0(w));
	put_count(seen, "datagrams_to_network", grown(w, "statistics", "goose_to_ip"));
	put_count(seen, "datagrams_from_network", grown(w, "counters", "datagrams_from_ip"));
	put_count(seen, "frames_to_goose0", grown(w, "statistics", "ip_to_goose"));
	for (int i = 0; i < GB_DROP_REASON_COUNT; i++) {
		const char *name = gb_drop_reason_name((enum gb_drop_reason)i);

		if (grown(w, "drops", name) > 0)
			put_count(drops, name, grown(w, "drops", name));
	}
	put_value(seen, "drops", drops);
	put_value(seen, "bridges", peers_json(w));
	put_value(seen, "latency", json_object_get(result_get(w->after, "latency")));
	return seen;
}

static void print_json(const struct watch *w)
{
	struct json_object *object = json_object_new_object(), *left_out = json_object_new_array();

	put_text(object, "command", benchmark_verb_name(w->b->options.verb));
	put_text(object, "interface", w->b->interface);
	put_count(object, "sent", 0);
	put_value(object, "seconds", json_object_new_double(w->seconds));
	put_value(object, "hosts", json_object_new_array());
	put_value(object, "seen", w->after ? seen_json(w) : NULL);
	json_object_array_add(left_out, json_object_new_string(w->why));
	if (*w->error)
		json_object_array_add(left_out, json_object_new_string(w->error));
	put_value(object, "left_out", left_out);
	put_bool(object, "fine", false);
	put_text(object, "verdict", w->why);
	put_line(stdout, object);
}

/* ---- watching ------------------------------------------------------------------------------------------------------- */

static bool ask(struct watch *w, const char *socket_path, struct json_object **answer)
{
	return gb_client_ask(socket_path, "stats", TIMEOUT_MS, answer, w->error, sizeof(w->error)) == 0;
}

/* As long as a run would take; a signal ends it. */
static void wait_for_run(struct watch *w)
{
	const struct benchmark_options *o = &w->b->options;
	uint64_t begun_ns = gb_clock_mono_ns();
	uint64_t end_ns = begun_ns + (o->verb == BENCHMARK_LATENCY ? benchmark_due_ns(o->rate, o->count) : o->duration_ns);
	struct pollfd signals = {.fd = w->b->signals, .events = POLLIN};

	for (uint64_t now_ns = begun_ns; now_ns < end_ns; now_ns = gb_clock_mono_ns())
		if (poll(&signals, 1, (int)((end_ns - now_ns) / GB_NS_PER_MS) + 1) > 0)
			break;
	w->seconds = (double)(gb_clock_mono_ns() - begun_ns) / (double)GB_NS_PER_S;
}

int benchmark_watch(const struct benchmark *b, const char *why)
{
	const char *socket_path = b->options.socket_path ? b->options.socket_path : GB_CLIENT_SOCKET;
	struct watch w = {.b = b, .why = why};

	benchmark_complain("%s", why);
	if (ask(&w, socket_path, &w.before)) {
		if (!b->options.json) {
			puts("Meanwhile the service is asked what it counts ...");
			fflush(stdout);
		}
		wait_for_run(&w);
		ask(&w, socket_path, &w.after);
	}
	if (*w.error)
		benchmark_complain("%s", w.error);
	if (b->options.json)
		print_json(&w);
	else if (w.after)
		words_print_page(stdout, write_text, &w);
	json_object_put(w.before);
	json_object_put(w.after);
	return BENCHMARK_BAD_NEWS; /* what was asked for has not been measured */
}
