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
		.log_file = "/var/log/goose-bridge.log",
		.now_ns = NOON_NS,
		.start_ns = NOON_NS - 61 * GB_NS_PER_S + 500000,
		.uptime_ns = 61 * GB_NS_PER_S,
		.state = GB_REPORT_RUNNING,
		.warnings = 1,
		.warning = {"Something \"quoted\" is wrong."},
		.goose_per_second = 0.1,
		.multicast_per_second = 12.5,
		.last_error_reset_ns = NOON_NS,
		.running = true,
		.paths = 1,
		.path = {{.interface = "goose0", .network_interface = "ens5", .port = 61850, .goose0_up = true,
			  .network_up = true, .member = true, .since_ns = NOON_NS, .wire_format = "native",
			  .engine = "user", .path_mtu = 1500, .ttl = 10, .dscp = 46, .receive_buffer = 8388608,
			  .busy_poll_us = 50, .realtime_priority = 20, .cpus = {2, {3, 2}},
			  .send_buffer = 212992, .sender_id = 1, .epoch = NOON_NS, .tun_ip = "192.168.100.5/24",
			  .membership = {.state = GB_MEMBERSHIP_MEMBER, .querier_state = GB_QUERIER_PRESENT,
					.interface = "ens5", .querier_version = 2,
					.query_interval_ns = 125 * GB_NS_PER_S, .queries_received = 5,
					.last_query_ns = NOON_NS, .reports_sent = 12, .last_report_ns = NOON_NS,
					.keepalive_count = 9, .other_reports = 6, .registry_missing_count = 3}}},
		.groups = 1,
		.group = {{.interface = "ens5"}},
		.peers = 2,
		.peer = two_peers,
	};

	inet_pton(AF_INET, "224.0.1.100", &report.path[0].group);
	inet_pton(AF_INET, "10.0.0.5", &report.path[0].local);
	report.path[0].membership.group = report.group[0].group = report.path[0].group;
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
		"tgw_state", "tgw_domain_id", "tgw_interface_id", "tgw_detail", "tgw_last_answer", "tgw_missing_count",
		"last_reregister", "last_reregister_reason", NULL};
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
	assert_number(object, "paths/0/busy_poll_us", 50);
	assert_number(object, "paths/0/realtime_priority", 20);
	assert_number(object, "paths/0/cpus/0", 3);
	assert_number(object, "paths/0/cpus/1", 2);
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

	report.path[0].membership = (struct gb_membership_status){.state = GB_MEMBERSHIP_LOST, .last_reregister_ns = NOON_NS,
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
	assert_text(object, "log_file", "/var/log/goose-bridge.log");
	assert_false(json_object_object_get_ex(object, "counters", NULL));
	assert_false(json_object_object_get_ex(object, "peers", NULL));
	json_object_put(object);
}

static void the_snmp_agent_is_told_of(void **state)
{
	struct gb_report report = {.snmp = {.agentx_socket = "/var/agentx/master", .ping_interval_s = 5,
					    .mib_root = "1.3.6.1.4.1.5"}};
	static const struct {
		bool built, enabled, up;
		const char *name;
	} states[] = {
		{false, true, true, "not_built"}, {true, false, true, "off"}, {true, true, false, "down"},
		{true, true, true, "up"}};

	(void)state;
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		report.snmp.built = states[i].built;
		report.snmp.enabled = states[i].enabled;
		report.snmp.up = states[i].up;
		report.snmp.notifications_suppressed = 7;
		struct json_object *object = parse(&report, GB_REPORT_SNMP);

		assert_text(object, "snmp/state", states[i].name);
		assert_text(object, "snmp/agentx_socket", "/var/agentx/master");
		assert_text(object, "snmp/mib_root", "1.3.6.1.4.1.5");
		assert_null(at(object, "snmp/since"));
		assert_int_equal(json_object_get_int64(at(object, "snmp/notifications_suppressed")), 7);
		json_object_put(object);
	}
}

static void joins_anew_are_listed(void **state)
{
	struct gb_report_rejoin rejoin[] = {{.number = 3, .utc_ns = 1, .interface = "ens5", .reason = "first"},
					    {.number = 9, .utc_ns = 2, .interface = "", .reason = "second"}};
	struct gb_report report = {.rejoins = 2, .rejoin = rejoin};
	struct json_object *object = parse(&report, GB_REPORT_IGMP);

	(void)state;
	assert_int_equal(json_object_array_length(at(object, "rejoins")), 2);
	assert_int_equal(json_object_get_int64(at(object, "rejoins/1/number")), 9);
	assert_text(object, "rejoins/0/reason", "first");
	assert_text(object, "rejoins/0/interface", "ens5");
	assert_null(at(object, "rejoins/1/interface"));
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
	assert_int_equal(json_object_get_int64(at(object, "events/0/number")), 1);
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

static const struct gb_stream_view two_streams[] = {
	{.index = 2,
	 .key = {.direction = GB_STREAM_TO_GOOSE0, .source = {2, 0, 0, 0, 0, 1}, .destination = {1, 0x0C, 0xCD, 1, 0, 1},
		 .vlan_id = 5, .appid = 0x1001, .gocb_ref = "IED1LD0/LLN0$GO$gcb1", .has_source = true,
		 .has_destination = true, .has_vlan_id = true, .has_appid = true},
	 .vlan_priority = 4, .tagged = true, .state = GB_STREAM_ACTIVE, .conf_rev = 7, .st_num = UINT32_MAX, .sq_num = 0,
	 .time_allowed_to_live_ms = 2000, .frames = UINT64_MAX, .lost = 3, .decode_errors = 1, .last_error = GB_PDU_VALUE,
	 .last_seen_ns = NOON_NS, .interval_ns = 1234567},
	{.index = 3,
	 .key = {.direction = GB_STREAM_TO_NETWORK, .gocb_ref = "GONE/LLN0$GO$gcb1"},
	 .state = GB_STREAM_EXPECTED, .listed = true},
};

static void streams_come_last(void **state)
{
	static const char *const contract[] = {
		"gocb_ref", "appid", "src_mac", "dst_mac", "vlan_id", "vlan_priority", "direction", "state", "conf_rev",
		"st_num", "sq_num", "time_allowed_to_live_ms", "frames", "state_changes", "lost", "out_of_order",
		"duplicates", "expirations", "simulation", "last_seen"};
	struct gb_report report = sample();

	(void)state;
	report.supervised = true;
	report.streams = 2;
	report.stream = two_streams;
	report.stream_counts[GB_STREAM_TO_GOOSE0].by_state[GB_STREAM_ACTIVE] = 1;
	for (unsigned part = 0; part < 2; part++) {
		struct json_object *object = parse(&report, part ? GB_REPORT_STREAMS : GB_REPORT_STATS), *first;

		assert_int_equal(json_object_array_length(at(object, "streams")), 2);
		first = at(object, "streams/0");
		for (size_t i = 0; i < sizeof(contract) / sizeof(contract[0]); i++)
			at(first, contract[i]);
		assert_text(first, "gocb_ref", "IED1LD0/LLN0$GO$gcb1");
		assert_number(first, "appid", 0x1001);
		assert_text(first, "src_mac", "02:00:00:00:00:01");
		assert_text(first, "dst_mac", "01:0c:cd:01:00:01");
		assert_number(first, "vlan_id", 5);
		assert_number(first, "vlan_priority", 4);
		assert_text(first, "direction", "to_goose0");
		assert_text(first, "state", "active");
		assert_number(first, "st_num", UINT32_MAX);
		assert_number(first, "sq_num", 0);
		assert_number(first, "frames", UINT64_MAX);
		assert_text(first, "last_seen", "2026-01-31T12:00:00.000000+00:00");
		assert_text(first, "last_error", "value");
		assert_text(first, "interval_ms", "1.234");
		assert_text(object, "streams/1/state", "expected");
		assert_null(at(object, "streams/1/appid"));
		assert_null(at(object, "streams/1/src_mac"));
		assert_null(at(object, "streams/1/st_num"));
		assert_null(at(object, "streams/1/last_seen"));
		assert_null(at(object, "streams/1/last_error"));
		assert_number(object, "stream_counts/to_goose0/active", 1);
		json_object_put(object);
	}
	report.supervised = false;
	report.streams = 0;
	struct json_object *object = parse(&report, GB_REPORT_STREAMS);

	assert_null(at(object, "stream_counts"));
	assert_int_equal(json_object_array_length(at(object, "streams")), 0);
	json_object_put(object);
}

static void one_stream_has_its_values(void **state)
{
	static const uint8_t all_data[] = {
		0xA2, 0x0B, 0x83, 0x01, 0x01, 0x84, 0x02, 0x05, 0xA0, 0x85, 0x02, 0xFF, 0x85, /* a structure of three */
		0x86, 0x05, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0x87, 0x05, 0x08, 0x7F, 0x80, 0x00, 0x00,
		0x89, 0x02, 0xAB, 0xCD, 0x8A, 0x02, 'h', 'i', 0x8C, 0x04, 0x02, 0x93, 0x2E, 0x00,
		0x91, 0x08, 0x69, 0x7D, 0xEE, 0xC0, 0x80, 0x00, 0x00, 0x0A};
	static const char *const wanted[][2] = {
		{"structure", NULL}, {"boolean", "true"}, {"bit-string", "101"}, {"integer", "-123"},
		{"unsigned", "4294967295"}, {"float", "Infinity"}, {"octet-string", "abcd"}, {"visible-string", "hi"},
		{"time-of-day", "12:00:00.000"}, {"utc-time", "2026-01-31T12:00:00.500000+00:00"}};
	struct gb_stream_detail detail = {.view = two_streams[0], .all_data_length = sizeof(all_data), .all_data_cut = true};
	struct json_object *object;
	char path[40], *line;

	(void)state;
	memcpy(detail.all_data, all_data, sizeof(all_data));
	line = gb_report_stream_json(&detail);
	assert_non_null(line);
	object = json_tokener_parse(line);
	free(line);
	assert_text(object, "stream/gocb_ref", "IED1LD0/LLN0$GO$gcb1");
	assert_true(json_object_get_boolean(at(object, "values_cut")));
	assert_int_equal(json_object_array_length(at(object, "values")), sizeof(wanted) / sizeof(wanted[0]));
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		snprintf(path, sizeof(path), "values/%zu/type", i);
		assert_text(object, path, wanted[i][0]);
		snprintf(path, sizeof(path), "values/%zu/value", i);
		if (wanted[i][1])
			assert_text(object, path, wanted[i][1]);
		else
			assert_null(at(object, path));
	}
	assert_number(object, "values/1/depth", 1);
	assert_number(object, "values/4/depth", 0);
	json_object_put(object);
}

static void latencies_are_microseconds(void **state)
{
	struct gb_report report = sample();
	struct json_object *object;

	(void)state;
	report.path[0].residence[GB_STREAM_TO_NETWORK] =
		(struct gb_latency){.count = 10, .p50_ns = 12345, .p99_ns = 20000, .p999_ns = 30000, .max_ns = 40000};
	object = parse(&report, GB_REPORT_STATS);
	assert_number(object, "latency/to_network/residence/count", 10);
	assert_text(object, "latency/to_network/residence/p50_us", "12.3");
	assert_text(object, "latency/to_network/residence/max_us", "40.0");
	assert_null(at(object, "latency/to_goose0/residence"));
	assert_null(at(object, "latency/to_goose0/one_way")); /* not known is not 0 */
	json_object_put(object);
}

/* The whole is held to a strict parser in tests/net/test_metrics.sh; here is what that cannot provoke. */
static void openmetrics_escape_what_they_quote(void **state)
{
	struct gb_report report = sample();
	size_t length;
	char *text;

	(void)state;
	strcpy(report.path[0].interface, "a\"\\\n\xFF");
	text = gb_report_openmetrics(&report, &length);
	assert_non_null(text);
	assert_int_equal(strlen(text), length);
	assert_non_null(strstr(text, "interface=\"a\\\"\\\\\\n?\""));
	assert_non_null(strstr(text, "goose_bridge_ip_to_goose_total 18446744073709551615\n"));
	assert_non_null(strstr(text, "goose_bridge_drops_total{reason=\"stale\"} 9\n"));
	assert_null(strstr(text, "membership_last_reregister_seconds 0")); /* it never was */
	assert_null(strstr(text, "goose_bridge_stream"));		  /* they are not supervised */
	assert_string_equal(text + length - 6, "# EOF\n");
	free(text);
	report = (struct gb_report){.supervised = true};
	text = gb_report_openmetrics(&report, &length);
	assert_non_null(strstr(text, "goose_bridge_state{goose_bridge_state=\"down\"} 1\n"));
	free(text);
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
	for (unsigned part = GB_REPORT_STATUS; part <= GB_REPORT_IGMP; part++)
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(old_readers_find_everything),
		cmocka_unit_test(new_readers_find_the_rest),
		cmocka_unit_test(igmp_has_what_the_membership_rests_on),
		cmocka_unit_test(status_is_short),
		cmocka_unit_test(the_snmp_agent_is_told_of),
		cmocka_unit_test(joins_anew_are_listed),
		cmocka_unit_test(events_are_said_in_words),
		cmocka_unit_test(peers_alone),
		cmocka_unit_test(streams_come_last),
		cmocka_unit_test(one_stream_has_its_values),
		cmocka_unit_test(latencies_are_microseconds),
		cmocka_unit_test(openmetrics_escape_what_they_quote),
		cmocka_unit_test(an_empty_report_is_json),
		cmocka_unit_test(what_is_no_utf8_becomes_a_question_mark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
