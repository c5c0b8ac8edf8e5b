/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-ctl: what people see of a report. */
#include "../../module/tools/ctl.h"

#include <goose-bridge/clock.h>
#include <goose-bridge/report.h>
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOON_NS (UINT64_C(1769860800) * GB_NS_PER_S) /* 2026-01-31 12:00:00 UTC */

/* RESULT as RENDER writes it at noon. The caller frees it. RESULT is given up. */
static char *rendered(ctl_render *render, struct json_object *result)
{
	char *text = NULL;
	size_t length = 0;
	FILE *memory = open_memstream(&text, &length);

	assert_non_null(memory);
	render(memory, result, NOON_NS);
	fclose(memory);
	json_object_put(result);
	return text;
}

static struct json_object *json(const struct gb_report *report, enum gb_report_part part)
{
	char *line = gb_report_json(report, part);
	struct json_object *object = json_tokener_parse(line);

	free(line);
	assert_non_null(object);
	return object;
}

static void assert_fits(const char *text, unsigned columns, unsigned lines)
{
	unsigned n = 0;

	for (const char *line = text; *line; n++) {
		const char *line_end = strchr(line, '\n');

		assert_non_null(line_end);
		assert_in_range(line_end - line, 0, columns);
		line = line_end + 1;
	}
	assert_in_range(n, 1, lines);
}

static void assert_says(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' is not in:\n%s", part, text);
}

static const struct gb_peer_view peer = {.sender_id = 0xABC, .first_seen_ns = NOON_NS - 200 * GB_NS_PER_S,
					  .last_seen_ns = NOON_NS - 3 * GB_NS_PER_S, .frames = 12, .version = "1.0.0"};

static struct gb_report quiet(void)
{
	struct gb_report report = {
		.version = "1.0.0", .now_ns = NOON_NS, .uptime_ns = 93784 * GB_NS_PER_S, .state = GB_REPORT_RUNNING,
		.running = true, .paths = 1, .peers = 1, .peer = &peer,
		.path = {{.interface = "goose0", .network_interface = "ens5", .port = 61850, .goose0_up = true,
			  .network_up = true, .member = true, .since_ns = NOON_NS, .wire_format = "native",
			  .engine = "user", .path_mtu = 1500}},
	};

	report.path[0].group.s_addr = htonl(0xE0000164);
	report.path[0].local.s_addr = htonl(0x0A000005);
	report.totals.counter[GB_COUNT_goose_received] = 1000;
	report.totals.counter[GB_COUNT_vlan_goose_received] = 234;
	report.totals.counter[GB_COUNT_ip_to_goose] = 77;
	report.totals.drop[GB_DROP_stale] = 5;
	return report;
}

static void status_says_what_matters(void **state)
{
	struct gb_report report = quiet();
	char *text = rendered(ctl_render_status, json(&report, GB_REPORT_STATUS));

	(void)state;
	assert_fits(text, 80, 23);
	assert_says(text, "goose-bridge 1.0.0 is running\n");
	assert_says(text, "1 d 02:03:04");
	assert_says(text, "goose0 (up) <-> 224.0.1.100:61850 on ens5 (up), address 10.0.0.5");
	assert_says(text, "native format");
	assert_says(text, "1234 GOOSE from goose0");
	assert_says(text, "77 GOOSE from the network");
	assert_says(text, "stale 5\n");
	assert_says(text, "1 heard");
	assert_says(text, "3 s ago");
	assert_null(strstr(text, "priority"));
	free(text);
	report.path[0].realtime_priority = 20;
	text = rendered(ctl_render_status, json(&report, GB_REPORT_STATUS));
	assert_says(text, "user engine (realtime priority 20)");
	free(text);
}

static void status_of_a_service_in_trouble_fits_a_screen(void **state)
{
	struct gb_report report = quiet();
	unsigned warnings[] = {1, 2, GB_REPORT_WARNINGS_MAX};

	(void)state;
	report.state = GB_REPORT_DEGRADED;
	report.paths = 2;
	for (unsigned i = 0; i < GB_REPORT_WARNINGS_MAX; i++)
		for (unsigned c = 0; c < GB_REPORT_WARNING_TEXT - 1; c++)
			report.warning[i][c] = c % 7 == 6 ? ' ' : 'w';
	for (unsigned i = 0; i < GB_DROP_REASON_COUNT; i++)
		report.totals.drop[i] = UINT64_MAX;
	report.path[0].member = report.path[0].network_up = false;
	memset(report.path[0].detail, 'd', sizeof(report.path[0].detail) - 1);
	memset(report.path[0].interface, 'i', sizeof(report.path[0].interface) - 1);
	report.path[1] = report.path[0];
	for (unsigned i = 0; i < 3; i++) {
		report.warnings = warnings[i];
		char *text = rendered(ctl_render_status, json(&report, GB_REPORT_STATUS));

		assert_fits(text, 80, 23);
		assert_says(text, "running, but degraded");
		assert_says(text, "Warning   wwwwww");
		assert_says(text, "NOT a member");
		if (i == 2)
			assert_says(text, "and 23 more");
		free(text);
	}
}

static void whatever_comes_is_survived(void **state)
{
	static const char *const results[] = {
		"{}", "{\"warnings\":[null,5,{}],\"paths\":[null,3],\"drops\":[],\"statistics\":7,\"latest_peer\":1}",
		"{\"peers\":[null,{}],\"events\":[{},null,{\"time\":\"then\"},{\"time\":\"1-1-1T1:1:1\"}]}",
		"{\"peers\":{},\"events\":5,\"counters\":{\"new_one\":1},\"drops\":{\"odd\":\"x\"}}",
		"{\"membership\":{\"querier\":5,\"last_query\":{}},\"querier\":[],\"interface_groups\":[null,{\"group\":1}]}",
		"{\"stream_counts\":{},\"streams\":[null,5,{},{\"state\":{},\"appid\":\"x\",\"last_seen\":1}]}",
		"{\"stream\":[],\"values\":[null,{\"depth\":1000000,\"type\":null}],\"values_cut\":\"x\",\"detail\":{}}",
		"{\"warnings\":[\"\"],\"statistics\":{\"uptime\":-1e300},\"version\":null,\"state\":null}",
	};
	ctl_render *const renders[] = {ctl_render_status, ctl_render_stats, ctl_render_peers,
				       ctl_render_events, ctl_render_version, ctl_render_reload,
				       ctl_render_igmp, ctl_render_igmp_leave,
				       ctl_render_streams, ctl_render_stream, ctl_render_detail, ctl_render_snmp};

	(void)state;
	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++)
		for (size_t k = 0; k < sizeof(renders) / sizeof(renders[0]); k++) {
			struct json_object *result = json_tokener_parse(results[i]);

			assert_non_null(result);
			free(rendered(renders[k], result));
		}
}

static void the_membership_is_told(void **state)
{
	struct gb_report report = quiet();

	(void)state;
	report.path[0].membership = (struct gb_membership_status){
		.state = GB_MEMBERSHIP_MEMBER, .group = report.path[0].group, .interface = "ens5", .reports_sent = 12};
	char *text = rendered(ctl_render_status, json(&report, GB_REPORT_STATUS));

	assert_says(text, "Group     member, no querier seen, 12 reports sent\n");
	free(text);
	report.path[0].membership.querier_state = GB_QUERIER_PRESENT;
	report.path[0].membership.last_query_ns = NOON_NS - 5 * GB_NS_PER_S;
	report.path[0].membership.query_interval_ns = 120 * GB_NS_PER_S;
	report.path[0].membership.querier_version = 2;
	report.path[0].membership.reregister_count = 1;
	report.path[0].membership.last_reregister_ns = NOON_NS - 60 * GB_NS_PER_S;
	memccpy(report.path[0].membership.last_reregister_reason, "ens5 is up again", 0, GB_MEMBERSHIP_REASON);
	report.groups = 1;
	report.group[0] = (struct gb_report_group){.interface = "ens5", .group = report.path[0].group};
	text = rendered(ctl_render_status, json(&report, GB_REPORT_STATUS));
	assert_fits(text, 80, 23);
	assert_says(text, "Group     member, querier 0.0.0.0 present (last query 5 s ago), 12 reports sent\n");
	free(text);
	text = rendered(ctl_render_igmp, json(&report, GB_REPORT_IGMP));
	assert_fits(text, 100, 12);
	assert_says(text, "member, group 224.0.1.100 on ens5\n");
	assert_says(text, "present: 0.0.0.0, IGMP version 2, every 120.0 s, last 5 s ago, 0 queries\n");
	assert_says(text, "joined anew 1 times, last 60 s ago: ens5 is up again\n");
	assert_says(text, "ip addr del 224.0.1.100/32 dev ens5\n");
	free(text);
}

static void the_snmp_agent_is_told(void **state)
{
	struct gb_report report = quiet();
	char *text;

	(void)state;
	report.snmp = (struct gb_report_snmp){.built = true, .enabled = true, .up = true, .since_ns = NOON_NS,
					      .agentx_socket = "/var/agentx/master", .ping_interval_s = 5, .requests = 11,
					      .notifications_sent = 2, .notifications_suppressed = 3,
					      .mib_root = "1.3.6.1.4.1.5", .mib_directory = "/nowhere"};
	text = rendered(ctl_render_snmp, json(&report, GB_REPORT_SNMP));
	assert_says(text, "up since 2026-01-31T12:00:00Z");
	assert_says(text, "11 objects asked for");
	assert_says(text, "2 sent, 3 suppressed");
	assert_says(text, "root 1.3.6.1.4.1.5\n");
	free(text);
	report.snmp.up = false;
	text = rendered(ctl_render_snmp, json(&report, GB_REPORT_SNMP));
	assert_says(text, "DOWN since 2026-01-31T12:00:00Z: snmpd is not reached, which is tried every 5 s\n");
	assert_says(text, "master agentx");
	free(text);
}

static void stats_explain_each_number(void **state)
{
	struct gb_report report = quiet();
	char *text = rendered(ctl_render_stats, json(&report, GB_REPORT_STATS));

	(void)state;
	for (unsigned i = 0; i < GB_COUNTER_COUNT; i++) {
		assert_says(text, gb_counter_name((enum gb_counter)i));
		assert_says(text, gb_counter_help((enum gb_counter)i));
	}
	for (unsigned i = 0; i < GB_DROP_REASON_COUNT; i++)
		assert_says(text, gb_drop_reason_help((enum gb_drop_reason)i));
	free(text);
}

static void peers_are_a_table(void **state)
{
	struct gb_report report = quiet();
	char *text = rendered(ctl_render_peers, json(&report, GB_REPORT_PEERS));

	(void)state;
	assert_fits(text, 80, 3);
	assert_says(text, "0000000000000abc native");
	free(text);
	report.peers = 0;
	text = rendered(ctl_render_peers, json(&report, GB_REPORT_PEERS));
	assert_string_equal(text, "No other bridge was heard yet.\n");
	free(text);
}

static void streams_are_lines_with_silent_ones_first(void **state)
{
	const struct gb_stream_view views[] = {
		{.index = 2, .key = {.direction = GB_STREAM_TO_GOOSE0, .appid = 0x1001, .has_appid = true,
				      .gocb_ref = "A/LLN0$GO$one"},
		 .state = GB_STREAM_ACTIVE, .st_num = 5, .sq_num = 9, .frames = 12, .last_seen_ns = NOON_NS - 3 * GB_NS_PER_S},
		{.index = 3, .key = {.direction = GB_STREAM_TO_NETWORK, .gocb_ref = "B/LLN0$GO$two"},
		 .state = GB_STREAM_EXPIRED, .listed = true},
	};
	struct gb_report report = quiet();
	struct json_object *result = json(&report, GB_REPORT_STREAMS);

	(void)state;
	assert_false(ctl_streams_are_silent(result));
	char *text = rendered(ctl_render_streams, result);

	assert_says(text, "max_streams is 0");
	free(text);
	report.supervised = true;
	text = rendered(ctl_render_streams, json(&report, GB_REPORT_STREAMS));
	assert_says(text, "No GOOSE stream was heard yet.\n");
	free(text);
	report.streams = 2;
	report.stream = views;
	result = json(&report, GB_REPORT_STREAMS);
	assert_true(ctl_streams_are_silent(result));
	text = rendered(ctl_render_streams, result);
	assert_fits(text, 128, 3);
	assert_says(text, "active    in   A/LLN0$GO$one  0x1001");
	assert_says(text, "expired   out  B/LLN0$GO$two  -");
	assert_true(strstr(text, "B/LLN0") < strstr(text, "A/LLN0"));
	free(text);
}

static void one_stream_is_told_in_full(void **state)
{
	struct gb_stream_detail detail = {
		.view = {.index = 2, .key = {.direction = GB_STREAM_TO_GOOSE0, .gocb_ref = "A/LLN0$GO$one"}, .frames = 12},
		.all_data = {0xA2, 0x03, 0x83, 0x01, 0x01}, .all_data_length = 5, .all_data_cut = true};
	char *line = gb_report_stream_json(&detail);
	char *text = rendered(ctl_render_stream, json_tokener_parse(line));

	(void)state;
	assert_says(text, "gocbRef            A/LLN0$GO$one\n");
	assert_says(text, "  structure");
	assert_says(text, "    boolean        true\n");
	assert_says(text, "there was more");
	free(text);
	free(line);
}

static void events_are_lines(void **state)
{
	struct gb_event_log *log = gb_event_log_create(2);
	struct gb_report report = quiet();

	(void)state;
	report.events = log;
	gb_event_log_add(log, &(struct gb_event){.kind = GB_EVENT_STARTED, .utc_ns = NOON_NS + 5});
	char *text = rendered(ctl_render_events, json(&report, GB_REPORT_EVENTS));

	assert_string_equal(text, "2026-01-31 12:00:00Z  The service has started.\n");
	free(text);
	gb_event_log_destroy(log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_says_what_matters),
		cmocka_unit_test(status_of_a_service_in_trouble_fits_a_screen),
		cmocka_unit_test(whatever_comes_is_survived),
		cmocka_unit_test(the_membership_is_told),
		cmocka_unit_test(the_snmp_agent_is_told),
		cmocka_unit_test(stats_explain_each_number),
		cmocka_unit_test(peers_are_a_table),
		cmocka_unit_test(streams_are_lines_with_silent_ones_first),
		cmocka_unit_test(one_stream_is_told_in_full),
		cmocka_unit_test(events_are_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
