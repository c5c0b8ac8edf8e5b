/* SPDX-License-Identifier: Apache-2.0 */
/* What the plug-in reads of the service's answers: the values that the subagent has, and nothing that an answer could upset. */
#include "../../module/snmp/answers.h"

#include "../../module/snmp/fields.h"
#include "../../module/snmp/tree.h"
#include "test_pure.h"

#include <arpa/inet.h>
#include <json-c/json.h>

#define S     UINT64_C(1000000000)
#define NOON  (UINT64_C(1769860800) * S) /* 2026-01-31 12:00:00 UTC */
#define NOW   (UINT64_C(5000000) * S)
#define PEERS 5

/* ---- a report with something in every field ---- */

static uint64_t seed = 61850;

static uint64_t any(uint64_t below)
{
	return next_random(&seed) % below;
}

static uint64_t wide(void)
{
	return next_random(&seed) >> any(40);
}

static uint64_t moment(void)
{
	return NOON + any(1000000 * S);
}

static void text(char *out, size_t size)
{
	static const char *const words[] = {"eth0", "IED1LD0/LLN0$GO$gcb", "\xC3\xA4\xFF", "a \"quoted\" \\ one", "\xE2\x82"};

	snprintf(out, size, "%s%u", words[any(COUNT(words))], (unsigned)any(1000));
}
#define TEXT(field) text(field, sizeof(field))

static void octets(uint8_t *at, size_t length)
{
	for (size_t i = 0; i < length; i++)
		at[i] = (uint8_t)next_random(&seed);
}

static struct gb_stream_view a_stream(uint32_t index)
{
	bool heard = any(4) != 0, tagged = any(2);
	struct gb_stream_view v = {
		.index = index,
		.key = {.direction = (enum gb_stream_direction)any(2), .has_source = true, .has_destination = true,
			.has_vlan_id = tagged, .has_appid = heard, .vlan_id = tagged ? (uint16_t)any(4096) : 0,
			.appid = heard ? (uint16_t)any(65536) : 0},
		.tagged = tagged,
		.vlan_priority = tagged ? (uint8_t)any(8) : 0,
		.state = (enum gb_stream_state)any(GB_STREAM_EXPIRED + 1),
		.listed = any(2),
		.learned = any(2),
		.conf_rev = heard ? (uint32_t)wide() : 0,
		.st_num = heard ? UINT32_MAX : 0,
		.sq_num = heard ? (uint32_t)wide() : 0,
		.num_dat_set_entries = heard ? (uint32_t)any(100) : 0,
		.time_allowed_to_live_ms = (uint32_t)any(60000),
		.nds_com = any(2),
		.simulation = any(2),
		.t_ns = any(2) ? moment() : 0,
		.frames = heard ? UINT64_MAX - any(9) : 0,
		.octets = wide(),
		.state_changes = wide(),
		.lost = wide(),
		.out_of_order = wide(),
		.duplicates = wide(),
		.expirations = wide(),
		.conf_rev_changes = wide(),
		.decode_errors = wide(),
		.restarts = wide(),
		.replays_suspected = wide(),
		.storms = wide(),
		.interval_ns = any(100) * 1000000 - any(2),
		.first_seen_ns = moment(),
		.last_seen_ns = moment(),
		.expired_ns = any(2) ? moment() : 0,
	};

	octets(v.key.source, 6);
	octets(v.key.destination, 6);
	TEXT(v.key.gocb_ref);
	TEXT(v.go_id);
	TEXT(v.dat_set);
	if (v.interval_ns > S)
		v.interval_ns = 0;
	return v;
}

static void fill_peers(struct gb_peer_view *peer)
{
	for (size_t i = 0; i < PEERS; i++) {
		peer[i] = (struct gb_peer_view){
			.legacy = i == 0, .sender_id = i ? UINT64_MAX - any(1000) : 0,
			.address.s_addr = (uint32_t)any(UINT32_MAX),
			.first_seen_ns = moment(), .last_seen_ns = moment(), .last_hello_ns = i ? moment() : 0,
			.datagrams = wide(), .frames = wide(), .lost = wide(), .reordered = wide(), .duplicates = wide(),
			.restarts = wide(), .path_mtu = (uint16_t)any(9000), .hello_interval_s = (uint16_t)any(100)};
		TEXT(peer[i].version);
	}
}

static void fill_membership(struct gb_membership_status *m)
{
	*m = (struct gb_membership_status){
		.state = (enum gb_membership_state)any(4), .left = any(2), .querier_state = (enum gb_querier_state)any(3),
		.group.s_addr = (uint32_t)wide(), .querier.s_addr = (uint32_t)wide(), .querier_version = (unsigned)any(4),
		.query_interval_ns = 120 * S - any(2), .queries_received = wide(), .last_query_ns = moment(),
		.reports_sent = wide(), .last_report_ns = moment(), .keepalive_count = wide(),
		.other_reports = wide(), .malformed = wide(),
		.reregister_count = wide(), .monitor_checks = wide(), .local_missing_count = wide(),
		.registry_missing_count = wide(), .last_reregister_ns = moment()};
	TEXT(m->interface);
	TEXT(m->last_reregister_reason);
}

static void fill_paths(struct gb_report *r)
{
	r->paths = 2;
	for (unsigned i = 0; i < r->paths; i++) {
		r->path[i] = (struct gb_report_path){
			.id = i, .group.s_addr = (uint32_t)wide(), .port = (uint16_t)any(65536),
			.local.s_addr = (uint32_t)any(2), .goose0_up = i, .network_up = !i, .member = i, .since_ns = moment(),
			.wire_format = i ? "legacy" : "native", .engine = i ? "kernel" : "user",
			.path_mtu = (unsigned)any(9000), .ttl = 10, .dscp = 46,
			.receive_buffer = 8388608, .send_buffer = 212992, .sender_id = wide()};
		TEXT(r->path[i].interface);
		TEXT(r->path[i].network_interface);
		TEXT(r->path[i].detail);
		fill_membership(&r->path[i].membership);
	}
}

/* All but what is pointed to. */
static void fill_report(struct gb_report *r)
{
	*r = (struct gb_report){.version = "9.9.9", .now_ns = NOON + 1000000 * S, .start_ns = NOON, .uptime_ns = 12345 * S / 10,
				.state = (enum gb_report_state)any(3), .warnings = 2, .supervised = true,
				.snmp = {.notifications_sent = wide(), .notifications_suppressed = wide()}};
	TEXT(r->warning[0]);
	TEXT(r->warning[1]);
	for (unsigned i = 0; i < GB_COUNTER_COUNT; i++)
		r->totals.counter[i] = i ? wide() : UINT64_MAX;
	for (unsigned i = 0; i < GB_DROP_REASON_COUNT; i++)
		r->totals.drop[i] = wide();
	r->totals.consecutive_errors = any(1000);
	for (unsigned i = 0; i < 2; i++) {
		r->stream_counts[i] = (struct gb_streams_counts){.streams = any(5000), .listed = any(5000), .refused = wide(),
								 .reused = wide(), .undecodable = wide(),
								 .decode_errors = wide()};
		for (unsigned state = 0; state <= GB_STREAM_EXPIRED; state++)
			r->stream_counts[i].by_state[state] = any(1000);
	}
	fill_paths(r);
}

/* ---- there and back ---- */

static struct json_object *parse(const struct gb_report *report, enum gb_report_part part)
{
	char *line = gb_report_json(report, part);
	struct json_object *object = json_tokener_parse(line);

	assert_non_null(object);
	free(line);
	return object;
}

static struct snmp_answers answers_of(const struct gb_report *report)
{
	return (struct snmp_answers){.stats = parse(report, GB_REPORT_STATS), .igmp = parse(report, GB_REPORT_IGMP),
				     .events = parse(report, GB_REPORT_EVENTS), .snmp = parse(report, GB_REPORT_SNMP)};
}

static void put_answers(struct snmp_answers *answers)
{
	json_object_put(answers->stats);
	json_object_put(answers->igmp);
	json_object_put(answers->events);
	json_object_put(answers->snmp);
}

/* Walks both, and returns how many instances they have. */
static size_t assert_same_walk(const struct gb_snmp_snapshot *a, const struct gb_snmp_snapshot *b)
{
	struct snmp_oid at = {0}, other = {0};
	struct snmp_value value, same;
	size_t count = 0;

	for (; snmp_tree_next(a, &at, &value); count++) {
		assert_true(snmp_tree_next(b, &other, &same));
		if (at.length != other.length || memcmp(at.arc, other.arc, at.length * sizeof(at.arc[0])) != 0)
			fail_msg("%u.%u.%u: another name", at.arc[0], at.arc[1], at.arc[2]);
		if (value.type != same.type || value.number != same.number || value.length != same.length ||
		    memcmp(value.octets, same.octets, value.length) != 0)
			fail_msg("%u.%u.%u: %llu %.*s is %llu %.*s", at.arc[0], at.arc[1], at.arc[2],
				 (unsigned long long)value.number, (int)value.length, (const char *)value.octets,
				 (unsigned long long)same.number, (int)same.length, (const char *)same.octets);
	}
	assert_false(snmp_tree_next(b, &other, &same));
	return count;
}

static struct gb_event_log *some_events(void)
{
	struct gb_event_log *log = gb_event_log_create(300);

	assert_non_null(log);
	for (unsigned i = 0; i < 350; i++) {
		struct gb_event event = {.kind = (enum gb_event_kind)any(GB_EVENT_STALLED + 1), .utc_ns = moment(),
					 .value = (int64_t)any(90)};

		gb_event_log_add(log, &event);
	}
	return log;
}

/* The same report, by value as the subagent has it and through JSON, gives one walk. */
static void same_values(size_t streams)
{
	struct gb_stream_view *view = calloc(streams ? streams : 1, sizeof(*view));
	struct gb_stream_view *copy = calloc(streams ? streams : 1, sizeof(*copy));
	struct gb_report_rejoin rejoin[GB_REPORT_REJOINS_MAX] = {0};
	struct gb_event_log *log = some_events();
	struct gb_peer_view peer[PEERS];
	struct gb_report report;

	fill_report(&report);
	fill_peers(peer);
	for (size_t i = 0; i < streams; i++)
		view[i] = a_stream((uint32_t)(streams - i));
	memcpy(copy, view, streams * sizeof(*view));
	for (unsigned i = 0; i < GB_REPORT_REJOINS_MAX; i++) {
		rejoin[i] = (struct gb_report_rejoin){.number = 1000 - i, .path_id = i, .utc_ns = moment(),
						      .group.s_addr = (uint32_t)wide()};
		TEXT(rejoin[i].interface);
		TEXT(rejoin[i].reason);
	}
	report.peers = PEERS;
	report.peer = peer;
	report.events = log;
	report.streams = streams;
	report.stream = view;
	report.rejoins = GB_REPORT_REJOINS_MAX;
	report.rejoin = rejoin;

	struct snmp_answers answers = answers_of(&report);
	struct gb_snmp_snapshot *read = snmp_answers_snapshot(&answers, NOW, report.now_ns);
	struct gb_snmp_snapshot *wanted = gb_snmp_snapshot_of(&report, copy, NOW);

	assert_non_null(read);
	wanted->notifications_sent = report.snmp.notifications_sent;
	wanted->notifications_suppressed = report.snmp.notifications_suppressed;
	assert_in_range(assert_same_walk(wanted, read), 300 * 4 + 37 * streams, 100000 + 37 * streams);
	gb_snmp_snapshot_destroy(read);
	gb_snmp_snapshot_destroy(wanted);
	put_answers(&answers);
	gb_event_log_destroy(log);
	free(view);
}

static void values_are_those_of_the_subagent(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 50; i++)
		same_values(i);
}

static void of_4096_streams_too(void **state)
{
	(void)state;
	same_values(4096);
}

/* ---- whatever it is ---- */

static size_t walk(const struct gb_snmp_snapshot *s)
{
	struct snmp_oid at = {0};
	struct snmp_value value;
	size_t count = 0;

	while (snmp_tree_next(s, &at, &value)) {
		assert_true(value.length < GB_SNMP_TEXT);
		count++;
	}
	return count;
}

static void read_and_walk(const struct snmp_answers *answers)
{
	struct gb_snmp_snapshot *s = snmp_answers_snapshot(answers, NOW, NOON);

	assert_non_null(s);
	assert_in_range(walk(s), 90, 100000);
	gb_snmp_snapshot_destroy(s);
}

static const char *const junk[] = {"null", "true", "-1", "18446744073709551615", "1e300", "-0.5", "\"\"", "\"-1\"", "\"zz\"",
				   "\"9999-99-99T99:99:99+00:00\"", "[]", "[1]", "[null,{}]", "{}", "{\"number\":1}"};

/* In turn, in the place of each member of VALUE and of what is in it. */
static void upset(const struct snmp_answers *answers, struct json_object *value)
{
	if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++)
			upset(answers, json_object_array_get_idx(value, i));
		return;
	}
	if (!json_object_is_type(value, json_type_object))
		return;
	struct json_object *keys = json_object_new_array();
	json_object_object_foreach(value, key, member) {
		(void)member;
		json_object_array_add(keys, json_object_new_string(key));
	}
	for (size_t i = 0; i < json_object_array_length(keys); i++) {
		const char *name = json_object_get_string(json_object_array_get_idx(keys, i));
		struct json_object *kept = json_object_get(snmp_fields_member(value, name));

		for (size_t j = 0; j < COUNT(junk); j++) {
			json_object_object_add(value, name, json_tokener_parse(junk[j]));
			read_and_walk(answers);
		}
		json_object_object_del(value, name);
		read_and_walk(answers);
		json_object_object_add(value, name, kept);
		upset(answers, kept);
	}
	json_object_put(keys);
}

static void no_answer_upsets_it(void **state)
{
	struct gb_report_rejoin rejoin = {.number = 3, .reason = "why"};
	struct gb_event_log *log = gb_event_log_create(1);
	struct gb_event event = {.kind = GB_EVENT_STALLED};
	struct gb_stream_view view = a_stream(7);
	struct gb_peer_view peer = {.sender_id = 9};
	struct gb_report report;

	(void)state;
	fill_report(&report);
	gb_event_log_add(log, &event);
	report.peers = 1;
	report.peer = &peer;
	report.streams = 1;
	report.stream = &view;
	report.events = log;
	report.rejoins = 1;
	report.rejoin = &rejoin;
	struct snmp_answers answers = answers_of(&report);

	upset(&answers, answers.stats);
	upset(&answers, answers.igmp);
	upset(&answers, answers.events);
	upset(&answers, answers.snmp);
	put_answers(&answers);
	for (size_t i = 0; i < COUNT(junk); i++) {
		answers.stats = answers.igmp = answers.events = answers.snmp = json_tokener_parse(junk[i]);
		read_and_walk(&answers);
		json_object_put(answers.stats);
	}
	gb_event_log_destroy(log);
}

/* No row without the number that is its index; no more rows than there is room for. */
static void rows_are_bounded(void **state)
{
	struct json_object *stats = json_object_new_object(), *streams = json_object_new_array();
	struct json_object *paths = json_object_new_array();
	struct snmp_answers answers = {.stats = stats};

	(void)state;
	for (int i = 0; i < 2 * GB_STREAMS_MAX + 10; i++)
		json_object_array_add(streams, NULL);
	for (int i = 0; i < GB_REPORT_PATHS_MAX + 10; i++)
		json_object_array_add(paths, json_object_new_object());
	json_object_object_add(stats, "paths", paths);
	json_object_object_add(stats, "streams", streams);
	struct gb_snmp_snapshot *s = snmp_answers_snapshot(&answers, NOW, NOON);

	assert_non_null(s);
	assert_int_equal(s->streams, 0);
	assert_int_equal(s->report.paths, GB_REPORT_PATHS_MAX);
	gb_snmp_snapshot_destroy(s);
	json_object_put(stats);
}

/* ---- fields ---- */

struct some {
	uint8_t one;
	uint16_t two;
	int four;
	uint64_t eight;
	bool yes;
	char text[4];
	char guard;
	uint64_t time;
	uint64_t ms;
	uint8_t mac[6];
	uint64_t id;
	struct in_addr address;
};

#define SOME(kind, member) FIELD(kind, struct some, member, #member)
static struct some some(const char *json)
{
	static const struct field fields[] = {SOME(NUMBER, one), SOME(NUMBER, two), SOME(NUMBER, four), SOME(NUMBER, eight),
					      SOME(BOOL, yes), SOME(TEXT, text), SOME(TIME, time), SOME(MS, ms), SOME(MAC, mac),
					      SOME(ID, id), SOME(ADDRESS, address)};
	struct json_object *object = json_tokener_parse(json);
	struct some read = {.guard = 'g'};

	snmp_fields_read(object, fields, COUNT(fields), &read);
	json_object_put(object);
	assert_int_equal(read.guard, 'g');
	return read;
}

static void numbers(void **state)
{
	(void)state;
	assert_int_equal(some("{\"one\":256}").one, 255);
	assert_int_equal(some("{\"two\":65535}").two, 65535);
	assert_int_equal(some("{\"two\":70000}").two, 65535);
	assert_int_equal(some("{\"four\":8388608}").four, 8388608);
	assert_int_equal(some("{\"eight\":18446744073709551615}").eight, UINT64_MAX);
	assert_int_equal(some("{\"eight\":\"18446744073709551615\"}").eight, UINT64_MAX);
	assert_int_equal(some("{\"eight\":\"9007199254740993\"}").eight, UINT64_C(9007199254740993));
	assert_int_equal(some("{\"eight\":3.9}").eight, 3);
	assert_int_equal(some("{\"eight\":1e300}").eight, UINT64_MAX);
	assert_int_equal(some("{\"eight\":-3}").eight, 0);
	assert_int_equal(some("{\"eight\":\"-3\"}").eight, 0);
	assert_int_equal(some("{\"eight\":\" 3\"}").eight, 0);
	assert_int_equal(some("{\"eight\":\"3x\"}").eight, 0);
	assert_int_equal(some("{\"eight\":true}").eight, 0);
	assert_int_equal(some("{\"id\":\"fedcba9876543210\"}").id, UINT64_C(0xFEDCBA9876543210));
	assert_int_equal(some("{\"id\":5}").id, 0);
	assert_int_equal(some("{\"ms\":1234.567}").ms, 1234567000);
	assert_int_equal(some("{\"ms\":5}").ms, 5000000);
	assert_int_equal(some("{\"ms\":-5}").ms, 0);
	assert_int_equal(some("{\"ms\":1e300}").ms, 0);
	assert_int_equal(some("[1]").eight + some("null").eight + some("5").eight, 0);
}

static void texts_and_addresses(void **state)
{
	static const uint8_t mac[6] = {1, 0x0C, 0xCD, 1, 0, 0xFF}, none[6];

	(void)state;
	assert_true(some("{\"yes\":true}").yes);
	assert_false(some("{\"yes\":1}").yes);
	assert_string_equal(some("{\"text\":\"abcdef\"}").text, "abc");
	assert_string_equal(some("{\"text\":[]}").text, "");
	assert_memory_equal(some("{\"mac\":\"01:0c:cd:01:00:ff\"}").mac, mac, 6);
	assert_memory_equal(some("{\"mac\":\"01:0c:cd:01:00\"}").mac, none, 6);
	assert_memory_equal(some("{\"mac\":\"01:0c:cd:01:00:ff:00\"}").mac, none, 6);
	assert_int_equal(some("{\"address\":\"224.0.1.100\"}").address.s_addr, htonl(0xE0000164));
	assert_int_equal(some("{\"address\":\"224.0.1\"}").address.s_addr, 0);
}

static void times(void **state)
{
	static const char *const none[] = {"", "2026-01-31T12:00:00", "2026-01-31 12:00:00Z", "2026-01-31T12:00:00.5",
					   "2026-13-01T00:00:00Z", "2026-1-31T12:00:00Z", "1969-12-31T23:59:59Z",
					   "9999-01-01T00:00:00Z", "2026-01-31T12:00:00+24:00", "2026-01-31T12:00:00Zx",
					   "2026-01-31T12:00:00+0000", "-026-01-31T12:00:00Z"};

	(void)state;
	assert_int_equal(snmp_fields_time("2026-01-31T12:00:00.000000+00:00"), NOON);
	assert_int_equal(snmp_fields_time("2026-01-31T12:00:00Z"), NOON);
	assert_int_equal(snmp_fields_time("2026-01-31T12:00:00.123456+00:00"), NOON + 123456000);
	assert_int_equal(snmp_fields_time("2026-01-31T12:00:00.1234567891234Z"), NOON + 123456789);
	assert_int_equal(snmp_fields_time("2026-01-31T13:30:00+01:30"), NOON);
	assert_int_equal(snmp_fields_time("2026-01-31T11:00:00-01:00"), NOON);
	for (size_t i = 0; i < COUNT(none); i++)
		assert_int_equal(snmp_fields_time(none[i]), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_those_of_the_subagent),
		cmocka_unit_test(of_4096_streams_too),
		cmocka_unit_test(no_answer_upsets_it),
		cmocka_unit_test(rows_are_bounded),
		cmocka_unit_test(numbers),
		cmocka_unit_test(texts_and_addresses),
		cmocka_unit_test(times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
