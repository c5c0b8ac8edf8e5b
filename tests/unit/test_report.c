/* SPDX-License-Identifier: Apache-2.0 */
#include <goose-bridge/report.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <goose-bridge/clock.h>
#include <json-c/json.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define NOON_NS (UINT64_C(1769860800) * GB_NS_PER_S) /* 2026-01-31 12:00:00 UTC */

static const struct gb_peer_view two_peers[] = {
	{.sender_id = 0xFEDCBA9876543210, .epoch = UINT64_MAX, .first_seen_ns = NOON_NS, .last_seen_ns = NOON_NS + 1,
	 .last_hello_ns = NOON_NS, .datagrams = 5, .frames = 7, .lost = 1, .path_mtu = 1500, .hello_interval_s = 10,
	 .version = "1.0.0"},
	{.legacy = true, .first_seen_ns = NOON_NS, .last_seen_ns = NOON_NS + GB_NS_PER_S, .datagrams = 3},
};

static struct gb_report sample(void)
{
	struct gb_report report = {
		.version = "1.0.0",
		.now_ns = NOON_NS,
		.start_ns = NOON_NS - 61 * GB_NS_PER_S + 500000,
		.uptime_ns = 61 * GB_NS_PER_S,
		.state = GB_REPORT_RUNNING,
		.warnings = 1,
		.warning = {"Something \"quoted\" is wrong."},
		.tun_ip = "192.168.100.5/24",
		.goose_per_second = 0.1,
		.multicast_per_second = 12.5,
		.last_error_reset_ns = NOON_NS,
		.running = true,
		.paths = 1,
		.path = {{.interface = "goose0", .network_interface = "ens5", .port = 61850, .goose0_up = true,
			  .network_up = true, .member = true, .since_ns = NOON_NS, .wire_format = "native",
			  .engine = "user", .path_mtu = 1500, .ttl = 10, .dscp = 46, .receive_buffer = 8388608,
			  .send_buffer = 212992, .sender_id = 1, .epoch = NOON_NS}},
		.membership = {.state = GB_MEMBERSHIP_MEMBER, .querier_state = GB_QUERIER_PRESENT, .interface = "ens5",
			       .querier_version = 2, .query_interval_ns = 125 * GB_NS_PER_S, .queries_received = 5,
			       .last_query_ns = NOON_NS, .reports_sent = 12, .last_report_ns = NOON_NS,
			       .keepalive_count = 9, .other_reports = 6, .registry_missing_count = 3},
		.groups = 1,
		.group = {{.interface = "ens5"}},
		.peers = 2,
		.peer = two_peers,
	};

	inet_pton(AF_INET, "224.0.1.100", &report.path[0].group);
	inet_pton(AF_INET, "10.0.0.5", &report.path[0].local);
	report.membership.group = report.group[0].group = report.path[0].group;
	report.totals.counter[GB_COUNT_ip_to_goose] = UINT64_MAX;
	report.totals.counter[GB_COUNT_goose_to_ip] = 7;
	report.totals.drop[GB_DROP_stale] = 9;
	return report;
}

static struct json_object *parse(const struct gb_report *report, enum gb_report_part part)
{
	char *line = gb_report_json(report, part);
	struct json_object *object;

	assert_non_null(line);
	assert_null(strchr(line, '\n'));
	object = json_tokener_parse(line);
	assert_non_null(object);
	free(line);
	return object;
}

/* The value at PATH, keys and array indexes with '/' between them. */
static struct json_object *at(struct json_object *object, const char *path)
{
	char copy[100], *rest = NULL;

	snprintf(copy, sizeof(copy), "%s", path);
	for (char *key = strtok_r(copy, "/", &rest); key; key = strtok_r(NULL, "/", &rest)) {
		if (json_object_is_type(object, json_type_array))
			object = json_object_array_get_idx(object, (size_t)atoi(key));
		else if (!json_object_object_get_ex(object, key, &object))
			fail_msg("no %s in %s", key, path);
	}
	return object;
}

static void assert_text(struct json_object *object, const char *path, const char *text)
{
	assert_string_equal(json_object_get_string(at(object, path)), text);
}

static void assert_number(struct json_object *object, const char *path, uint64_t value)
{
	assert_true(json_object_is_type(at(object, path), json_type_int));
	assert_int_equal(json_object_get_uint64(at(object, path)), value);
}

static void assert_keys(struct json_object *object, const char *path, const char *const *keys)
{
	size_t n = 0;

	for (; keys[n]; n++) {
		char full[100];

		snprintf(full, sizeof(full), "%s/%s", path, keys[n]);
		at(object, full);
	}
	assert_int_equal(json_object_object_length(at(object, path)), n);
}

static void old_readers_find_everything(void **state)
{
	static const char *const service_info[] = {"interface", "multicast_address", "local_ip", "tun_ip", NULL};
	static const char *const statistics[] = {
		"start_time", "goose_to_ip", "ip_to_goose", "goose_received", "vlan_goose_received", "goose_sent",
		"errors", "raw_frames", "last_error_reset", "uptime", "throughput_goose_per_sec",
		"throughput_multicast_per_sec", NULL};
	static const char *const health[] = {"running", "error_rate", "consecutive_errors", NULL};
	struct gb_report report = sample();

	(void)state;
	setenv("TZ", "XYZ-2", 1);
	tzset();
	struct json_object *object = parse(&report, GB_REPORT_STATS);

	assert_text(object, "timestamp", "2026-01-31T14:00:00.000000");
	assert_keys(object, "service_info", service_info);
	assert_keys(object, "statistics", statistics);
	assert_keys(object, "health", health);
	assert_text(object, "service_info/multicast_address", "224.0.1.100:61850");
	assert_text(object, "service_info/local_ip", "10.0.0.5");
	assert_text(object, "service_info/tun_ip", "192.168.100.5/24");
	assert_text(object, "statistics/start_time", "1769860739.000500");
	assert_true(json_object_is_type(at(object, "statistics/start_time"), json_type_double));
	assert_text(object, "statistics/uptime", "61.000");
	assert_text(object, "statistics/throughput_goose_per_sec", "0.100");
	assert_number(object, "statistics/goose_to_ip", 7);
	assert_number(object, "statistics/goose_sent", UINT64_MAX);
	assert_true(json_object_get_boolean(at(object, "health/running")));
	json_object_put(object);
}

static void new_readers_find_the_rest(void **state)
{
	static const char *const membership[] = {
		"state", "querier_state", "group", "interface", "querier", "queries_received", "last_query", "reports_sent",
		"last_report", "keepalive_count", "reregister_count", "monitor_checks", "local_missing_count",
		"tgw_missing_count", "last_reregister", "last_reregister_reason", NULL};
	struct gb_report report = sample();
	struct json_object *object = parse(&report, GB_REPORT_STATS);

	(void)state;
	assert_text(object, "version", "1.0.0");
	assert_text(object, "state", "running");
	assert_text(object, "warnings/0", "Something \"quoted\" is wrong.");
	assert_int_equal(json_object_object_length(at(object, "counters")), GB_COUNTER_COUNT);
	assert_int_equal(json_object_object_length(at(object, "drops")), GB_DROP_REASON_COUNT);
	assert_number(object, "counters/ip_to_goose", UINT64_MAX);
	assert_number(object, "drops/stale", 9);
	assert_number(object, "drops/own", 0);
	assert_keys(object, "membership", membership);
	assert_text(object, "membership/state", "member");
	assert_text(object, "membership/querier_state", "present");
	assert_text(object, "membership/group", "224.0.1.100");
	assert_text(object, "membership/interface", "ens5");
	assert_text(object, "membership/querier", "0.0.0.0"); /* a transit gateway's: an address like any other */
	assert_text(object, "membership/last_query", "2026-01-31T12:00:00.000000+00:00");
	assert_number(object, "membership/reports_sent", 12);
	assert_number(object, "membership/keepalive_count", 9);
	assert_number(object, "membership/tgw_missing_count", 3);
	assert_null(at(object, "membership/last_reregister"));
	assert_null(at(object, "membership/last_reregister_reason"));
	assert_text(object, "paths/0/sender_id", "0000000000000001");
	assert_text(object, "paths/0/epoch", "1769860800000000000");
	assert_text(object, "paths/0/since", "2026-01-31T12:00:00.000000+00:00");
	assert_number(object, "paths/0/receive_buffer", 8388608);
	assert_text(object, "peers/0/sender_id", "fedcba9876543210");
	assert_text(object, "peers/0/epoch", "18446744073709551615");
	assert_text(object, "peers/0/wire_format", "native");
	assert_text(object, "peers/1/wire_format", "legacy");
	assert_null(at(object, "peers/1/sender_id"));
	assert_null(at(object, "peers/1/last_hello"));
	json_object_put(object);
}

static void igmp_has_what_the_membership_rests_on(void **state)
{
	struct gb_report report = sample();
	struct json_object *object = parse(&report, GB_REPORT_IGMP);

	(void)state;
	assert_text(object, "membership/state", "member");
	assert_text(object, "querier/address", "0.0.0.0");
	assert_number(object, "querier/version", 2);
	assert_text(object, "querier/interval_s", "125.0");
	assert_number(object, "other_reports", 6);
	assert_number(object, "malformed", 0);
	assert_text(object, "interface_groups/0/interface", "ens5");
	assert_text(object, "interface_groups/0/group", "224.0.1.100");
	json_object_put(object);

	report.membership = (struct gb_membership_status){.state = GB_MEMBERSHIP_LOST, .last_reregister_ns = NOON_NS,
							  .last_reregister_reason = "because"};
	report.groups = 0;
	object = parse(&report, GB_REPORT_IGMP);
	assert_text(object, "membership/state", "lost");
	assert_text(object, "membership/querier_state", "never_seen");
	assert_null(at(object, "membership/querier")); /* not 0.0.0.0: none was heard */
	assert_null(at(object, "membership/interface"));
	assert_null(at(object, "membership/last_query"));
	assert_text(object, "membership/last_reregister", "2026-01-31T12:00:00.000000+00:00");
	assert_text(object, "membership/last_reregister_reason", "because");
	assert_null(at(object, "querier/version"));
	assert_int_equal(json_object_array_length(at(object, "interface_groups")), 0);
	json_object_put(object);
}

static void status_is_short(void **state)
{
	struct gb_report report = sample();
	struct json_object *object;

	(void)state;
	report.state = GB_REPORT_DEGRADED;
	object = parse(&report, GB_REPORT_STATUS);
	assert_text(object, "state", "degraded");
	assert_number(object, "peer_count", 2);
	assert_text(object, "latest_peer/wire_format", "legacy");
	assert_false(json_object_object_get_ex(object, "counters", NULL));
	assert_false(json_object_object_get_ex(object, "peers", NULL));
	json_object_put(object);
}

static void events_are_said_in_words(void **state)
{
	struct gb_event_log *log = gb_event_log_create(4);
	struct gb_event event = {.kind = GB_EVENT_FORMAT_MISMATCH, .utc_ns = NOON_NS, .value = -5,
				 .address = {htonl(0x0A000002)}};
	struct gb_report report = sample();
	struct json_object *object = parse(&report, GB_REPORT_EVENTS);

	(void)state;
	assert_int_equal(json_object_array_length(at(object, "events")), 0);
	json_object_put(object);
	gb_event_log_add(log, &event);
	report.events = log;
	object = parse(&report, GB_REPORT_EVENTS);
	assert_text(object, "events/0/kind", "format_mismatch");
	assert_text(object, "events/0/severity", "WARNING");
	assert_text(object, "events/0/time", "2026-01-31T12:00:00.000000+00:00");
	assert_text(object, "events/0/address", "10.0.0.2");
	assert_null(at(object, "events/0/sender_id"));
	assert_int_equal(json_object_get_int64(at(object, "events/0/value")), -5);
	assert_non_null(strstr(json_object_get_string(at(object, "events/0/text")), "10.0.0.2"));
	json_object_put(object);
	gb_event_log_destroy(log);
}

static void peers_alone(void **state)
{
	struct gb_report report = sample();
	struct json_object *object = parse(&report, GB_REPORT_PEERS);

	(void)state;
	assert_int_equal(json_object_array_length(at(object, "peers")), 2);
	assert_int_equal(json_object_object_length(object), 1);
	json_object_put(object);
}

static void an_empty_report_is_json(void **state)
{
	struct gb_report report = {.error_rate = NAN, .goose_per_second = INFINITY, .multicast_per_second = 1e308};
	struct json_object *object = parse(&report, GB_REPORT_STATS);

	(void)state;
	assert_text(object, "state", "down");
	assert_text(object, "service_info/interface", "");
	assert_text(object, "health/error_rate", "0.000000");
	assert_text(object, "membership/state", "joining");
	assert_null(at(object, "membership/group"));
	json_object_put(object);
	for (unsigned part = GB_REPORT_STATUS; part <= GB_REPORT_EVENTS; part++)
		json_object_put(parse(&report, (enum gb_report_part)part));
}

static void what_is_no_utf8_becomes_a_question_mark(void **state)
{
	static const struct {
		const char *before, *after;
	} cases[] = {
		{"plain", "plain"},
		{"gr\xC3\xBC\xC3\x9F", "gr\xC3\xBC\xC3\x9F"},
		{"\xE2\x82\xAC \xF0\x9F\xA6\xA2", "\xE2\x82\xAC \xF0\x9F\xA6\xA2"},
		{"\xFFx\x80", "?x?"},
		{"cut \xE2\x82", "cut ??"},
		{"\xC0\xAF", "??"},
		{"\xE0\x80\xAF", "???"},
		{"\xED\xA0\x80", "???"},
		{"\xF4\x90\x80\x80", "????"},
		{"\xF5\x80\x80\x80", "????"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[40];

		snprintf(text, sizeof(text), "%s", cases[i].before);
		gb_report_utf8(text);
		assert_string_equal(text, cases[i].after);
	}
	struct gb_report report = sample();

	strcpy(report.path[0].interface, "goo\xFF\x01");
	struct json_object *object = parse(&report, GB_REPORT_STATS);

	assert_text(object, "service_info/interface", "goo?\x01");
	json_object_put(object);
}

static unsigned files_in(const char *directory)
{
	DIR *listing = opendir(directory);
	unsigned n = 0;

	assert_non_null(listing);
	while (readdir(listing))
		n++;
	closedir(listing);
	return n - 2;
}

static void saving_replaces_the_file(void **state)
{
	char directory[] = "/tmp/test_report.XXXXXX", path[64];
	struct gb_report report = sample();
	struct json_object *object;
	struct stat st;
	mode_t before = umask(077);

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/stats.json", directory);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(gb_report_save(&report, path), 0);
	umask(before);
	assert_int_equal(files_in(directory), 1);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	object = json_object_from_file(path);
	assert_text(object, "version", "1.0.0");
	json_object_put(object);
	unlink(path);
	rmdir(directory);
}

static void a_failed_save_leaves_no_litter(void **state)
{
	char directory[] = "/tmp/test_report.XXXXXX", path[64];
	struct gb_report report = sample();

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/missing/stats.json", directory);
	assert_int_equal(gb_report_save(&report, path), -ENOENT);
	snprintf(path, sizeof(path), "%s/stats.json", directory);
	assert_int_equal(mkdir(path, 0755), 0); /* cannot be renamed over */
	assert_int_equal(gb_report_save(&report, path), -EISDIR);
	assert_int_equal(files_in(directory), 1);
	rmdir(path);
	rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(old_readers_find_everything),
		cmocka_unit_test(new_readers_find_the_rest),
		cmocka_unit_test(igmp_has_what_the_membership_rests_on),
		cmocka_unit_test(status_is_short),
		cmocka_unit_test(events_are_said_in_words),
		cmocka_unit_test(peers_alone),
		cmocka_unit_test(an_empty_report_is_json),
		cmocka_unit_test(what_is_no_utf8_becomes_a_question_mark),
		cmocka_unit_test(saving_replaces_the_file),
		cmocka_unit_test(a_failed_save_leaves_no_litter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
