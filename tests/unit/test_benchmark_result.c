/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-benchmark: what it makes of answers, and how it says that, as text and as JSON. */
#include "test_pure.h"

#include "../../module/tools/benchmark_result.h"

#include <goose-bridge/clock.h>
#include <json-c/json.h>

#define US UINT64_C(1000)
#define T0 (UINT64_C(1700000000) * GB_NS_PER_S) /* UTC */
#define M0 (UINT64_C(5000) * GB_NS_PER_S)	/* monotonic */

static struct benchmark_result r;
static char sentence[640];

static const uint8_t first[6] = {2, 0, 0, 0, 0, 1}, second[6] = {2, 0, 0, 0, 0, 2};

static int start(void **state)
{
	(void)state;
	memset(&r, 0, sizeof(r));
	strcpy(r.interface, "goose0");
	r.carrier = true;
	r.options = (struct benchmark_options){
		.verb = BENCHMARK_THROUGHPUT, .rate = 1000, .count = 1000, .size = 160, .tagged = true};
	r.sent = 1000;
	r.elapsed_ns = GB_NS_PER_S;
	r.bridge.asked = true;
	return 0;
}

static struct benchmark_host *add(const uint8_t address[6], const char *name, uint64_t received)
{
	struct benchmark_host *host = benchmark_result_host(&r, address);

	assert_non_null(host);
	strcpy(host->name, name);
	host->reported = true;
	host->report = (struct benchmark_counts){.received = received, .first_utc_ns = T0, .last_utc_ns = T0 + GB_NS_PER_S};
	return host;
}

static void verdict(bool fine, const char *part)
{
	assert_int_equal(benchmark_result_verdict(&r, sentence, sizeof(sentence)), fine);
	if (!strstr(sentence, part))
		fail_msg("'%s' is not in '%s'", part, sentence);
}

static const char *printed(void)
{
	static char text[16000];
	FILE *out = fmemopen(text, sizeof(text), "w");

	assert_non_null(out);
	benchmark_result_print(out, &r);
	fclose(out);
	return text;
}

static void says(const char *part)
{
	const char *text = printed();

	if (!strstr(text, part))
		fail_msg("'%s' is not in:\n%s", part, text);
}

static void hosts_are_told_apart(void **state)
{
	uint8_t address[6] = {2};

	(void)state;
	assert_ptr_equal(benchmark_result_host(&r, first), benchmark_result_host(&r, first));
	assert_ptr_not_equal(benchmark_result_host(&r, first), benchmark_result_host(&r, second));
	for (unsigned i = 0; i < 2 * BENCHMARK_HOSTS; i++) {
		address[4] = (uint8_t)(100 + i);
		benchmark_result_host(&r, address);
	}
	assert_int_equal(r.hosts, BENCHMARK_HOSTS);
	assert_null(benchmark_result_host(&r, address));
	assert_non_null(benchmark_result_host(&r, second));
}

static void throughput_is_judged(void **state)
{
	struct benchmark_host *host;

	(void)state;
	verdict(false, "goose-bridge-benchmark answer");
	r.carrier = false;
	verdict(false, "no bridge has this host's goose0");
	host = add(first, "alpha", 1000);
	add(second, "beta", 1000);
	verdict(true, "each host");
	host->report.duplicates = 3;
	verdict(false, "3 twice");
	host->report.received = 990;
	verdict(false, "10 of 1000 frames were lost on the way to alpha (02:00:00:00:00:01)");
	verdict(false, "goose-bridge-ctl stats there");
	r.bridge.drops[GB_DROP_too_large] = 10;
	verdict(false, "too_large");
	host->report.unread = 10;
	verdict(false, "did not read 10 in time");
	host->reported = false;
	verdict(false, "alpha (02:00:00:00:00:01) no longer answers");
	strcpy(r.trouble, "goose0 is gone");
	verdict(false, "goose0 is gone");
}

static void an_interrupt_before_anything_is_no_success(void **state)
{
	(void)state;
	r.interrupted = true;
	r.sent = 0;
	add(first, "alpha", 0);
	verdict(false, "interrupted");
	r.sent = 10;
	r.host[0].report.received = 10;
	verdict(true, "all 10 frames");
}

static void throughput_as_text(void **state)
{
	struct benchmark_host *host = add(first, "alpha", 900);

	(void)state;
	host->report.altered = 7;
	r.refused = 4;
	r.bridge.drops[GB_DROP_too_large] = 93;
	says("1000 of 1000 frames of 160 octets sent in 1.0 s: 1000.0 frames/s, 1.280 Mbit/s");
	says("goose0 was full 4 times");
	says("alpha (02:00:00:00:00:01)");
	says("received          900   899.0 frames/s, 1.151 Mbit/s");
	says("lost              100   10.000 %");
	says("altered             7");
	says("too_large                      93");
	host->reported = false;
	says("has not reported");
	r.bridge = (struct benchmark_bridge){.error = "no service\033 there"};
	says("is not known: no service? there");
}

/* A PING that left at second AFTER of the run, was AWAY on the way each way, and HELD there; clocks OFFSET apart. */
static void pong(struct benchmark_host *host, uint64_t number, uint64_t away_ns, uint64_t held_ns, int64_t offset_ns)
{
	uint64_t left = number * GB_NS_PER_MS;
	struct benchmark_message message = {.kind = BENCHMARK_PONG, .number = number, .synchronised = true};

	message.received_utc_ns = T0 + left + away_ns + (uint64_t)offset_ns;
	message.answered_utc_ns = message.received_utc_ns + held_ns;
	benchmark_result_pong(host, &message, r.synchronised, T0 + left, M0 + left, T0 + left + 2 * away_ns + held_ns,
			      M0 + left + 2 * away_ns + held_ns);
}

static void times_are_taken_apart(void **state)
{
	/* the clock there was set forward while it answered */
	const struct benchmark_message ahead = {
		.kind = BENCHMARK_PONG, .number = 9, .received_utc_ns = T0, .answered_utc_ns = T0 + 3600 * GB_NS_PER_S};
	struct benchmark_host *host = add(first, "alpha", 0);

	(void)state;
	r.options.verb = BENCHMARK_LATENCY;
	r.synchronised = true;
	pong(host, 0, 50 * US, 20 * US, 10 * (int64_t)US);
	assert_int_equal(host->round_trip.least_ns, 100 * US); /* without what it was held, whatever the clocks say */
	assert_int_equal(host->answering.least_ns, 20 * US);
	assert_int_equal(host->there.least_ns, 60 * US);
	assert_int_equal(host->back.least_ns, 40 * US);
	pong(host, 0, 50 * US, 20 * US, 0); /* a copy */
	assert_int_equal(host->round_trip.count, 1);
	assert_int_equal(host->tally.counts.duplicates, 1);
	pong(host, 1, 50 * US, 20 * US, 80 * (int64_t)US); /* back before it left, as the clocks have it */
	assert_int_equal(host->negative, 1);
	assert_int_equal(host->there.count, 2);
	assert_int_equal(host->back.count, 1);
	pong(host, 2, 50 * US, -(20 * US), 0); /* the clock there was set back while it answered */
	assert_int_equal(host->odd, 1);
	assert_int_equal(host->round_trip.count, 2);
	benchmark_result_pong(host, &ahead, true, T0, M0, T0 + 120 * US, M0 + 120 * US);
	assert_int_equal(host->odd, 2);
	assert_int_equal(host->round_trip.count, 2);
	r.synchronised = false;
	pong(host, 3, 50 * US, 20 * US, 0);
	assert_int_equal(host->there.count, 2);
	assert_int_equal(host->round_trip.count, 3);
}

static void latency_is_judged_and_said(void **state)
{
	struct benchmark_host *host = add(first, "alpha", 8);

	(void)state;
	r.options.verb = BENCHMARK_LATENCY;
	r.options.count = r.sent = 10;
	r.synchronised = true;
	for (uint64_t i = 0; i < 7; i++)
		pong(host, i, (50 + 200 * i) * US, 20 * US, 0);
	verdict(false, "3 of 10 frames were lost on the way to alpha (02:00:00:00:00:01) and back");
	says("lost                3   30.000 %, 2 of them on the way there");
	says("least       p50       p90       p99     p99.9       max      mean");
	says("round trip                  100 us");
	says("one way (half, estimate)   50.0 us");
	says("one way there              50.0 us");
	says("14.29 % ####");
	host->synchronised = false;
	says("the other host's clock is not synchronised");
	r.synchronised = false;
	says("the clocks of both hosts are not synchronised");
	for (uint64_t i = 7; i < 10; i++)
		pong(host, i, 50 * US, 20 * US, 0);
	verdict(true, "all 10 frames came to the other host and back");
}

/* ---- JSON ----------------------------------------------------------------------------------------------------------- */

static struct json_object *get(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(object, key, &value))
		fail_msg("no %s", key);
	return value;
}

static void json_adds_up(void **state)
{
	struct benchmark_host *host = add(first, "alpha", 8);
	struct json_object *object, *at, *rows;
	int64_t sum = 0;

	(void)state;
	r.options.verb = BENCHMARK_LATENCY;
	r.sent = 10;
	for (uint64_t i = 0; i < 7; i++)
		pong(host, i, (50 + 200 * i) * US, 20 * US, 0);
	strcpy(r.interface, "goose\xff");
	object = benchmark_result_json(&r);
	assert_string_equal(json_object_get_string(get(object, "command")), "latency");
	assert_string_equal(json_object_get_string(get(object, "interface")), "goose?");
	at = json_object_array_get_idx(get(object, "hosts"), 0);
	assert_int_equal(json_object_get_int(get(at, "received")) + json_object_get_int(get(at, "lost")), 10);
	assert_int_equal(json_object_get_int(get(at, "lost_there")), 2);
	assert_null(get(at, "one_way_there"));
	at = get(at, "round_trip");
	rows = get(at, "histogram");
	for (size_t i = 0; i < json_object_array_length(rows); i++)
		sum += json_object_get_int64(get(json_object_array_get_idx(rows, i), "count"));
	assert_int_equal(sum, json_object_get_int(get(at, "count")));
	assert_int_equal(sum, 7);
	assert_int_equal(json_object_array_length(rows), 7); /* all so far apart that none share a step */
	assert_false(json_object_get_boolean(get(object, "fine")));
	json_object_put(object);
}

static void json_of_throughput(void **state)
{
	struct json_object *object, *host;

	(void)state;
	add(first, "alpha", 1000);
	add(second, "", 0)->reported = false;
	r.bridge.drops[GB_DROP_too_large] = 3;
	object = benchmark_result_json(&r);
	host = json_object_array_get_idx(get(object, "hosts"), 0);
	assert_int_equal(json_object_get_int(get(host, "received")), 1000);
	assert_string_equal(json_object_get_string(get(host, "mac")), "02:00:00:00:00:01");
	host = json_object_array_get_idx(get(object, "hosts"), 1);
	assert_false(json_object_get_boolean(get(host, "reported")));
	assert_false(json_object_object_get_ex(host, "received", NULL)); /* nobody knows */
	assert_int_equal(json_object_get_int(get(get(get(object, "bridge"), "drops"), "too_large")), 3);
	json_object_put(object);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(hosts_are_told_apart, start),
		cmocka_unit_test_setup(throughput_is_judged, start),
		cmocka_unit_test_setup(an_interrupt_before_anything_is_no_success, start),
		cmocka_unit_test_setup(throughput_as_text, start),
		cmocka_unit_test_setup(times_are_taken_apart, start),
		cmocka_unit_test_setup(latency_is_judged_and_said, start),
		cmocka_unit_test_setup(json_adds_up, start),
		cmocka_unit_test_setup(json_of_throughput, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
