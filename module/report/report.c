/* SPDX-License-Identifier: Apache-2.0 */
/* The report as JSON. The parts that the Python service had keep its keys and their order. */
#include <goose-bridge/report.h>

#include "streams.h"
#include "values.h"

#include <arpa/inet.h>
#include <goose-bridge/clock.h>
#include <goose-bridge/log.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The path that the parts of old speak of: they know only one. */
static const struct gb_report_path *main_path(const struct gb_report *report)
{
	return &report->path[0];
}

static struct json_object *service_info(const struct gb_report *report)
{
	struct json_object *object = json_object_new_object();
	const struct gb_report_path *path = main_path(report);
	char group[INET_ADDRSTRLEN], multicast[40] = "", local[INET_ADDRSTRLEN] = "";

	/* what is not known is "" here and not null: the old keys always held strings */
	if (path->group.s_addr != 0 && inet_ntop(AF_INET, &path->group, group, sizeof(group)))
		snprintf(multicast, sizeof(multicast), "%s:%u", group, (unsigned)path->port);
	if (path->local.s_addr != 0)
		inet_ntop(AF_INET, &path->local, local, sizeof(local));
	report_put_text(object, "interface", path->interface);
	report_put_text(object, "multicast_address", multicast);
	report_put_text(object, "local_ip", local);
	report_put_text(object, "tun_ip", path->tun_ip);
	return object;
}

static struct json_object *statistics(const struct gb_report *report)
{
	struct json_object *object = json_object_new_object();
	const uint64_t *counter = report->totals.counter;

	report_put_epoch_seconds(object, "start_time", report->start_ns);
	report_put_count(object, "goose_to_ip", counter[GB_COUNT_goose_to_ip]);
	report_put_count(object, "ip_to_goose", counter[GB_COUNT_ip_to_goose]);
	report_put_count(object, "goose_received", counter[GB_COUNT_goose_received]);
	report_put_count(object, "vlan_goose_received", counter[GB_COUNT_vlan_goose_received]);
	report_put_count(object, "goose_sent", counter[GB_COUNT_ip_to_goose]); /* to goose0: the old name for the same */
	report_put_count(object, "errors", counter[GB_COUNT_errors]);
	report_put_count(object, "raw_frames", counter[GB_COUNT_raw_frames]);
	report_put_epoch_seconds(object, "last_error_reset", report->last_error_reset_ns);
	report_put_decimal(object, "uptime", (double)report->uptime_ns / (double)GB_NS_PER_S, 3);
	report_put_decimal(object, "throughput_goose_per_sec", report->goose_per_second, 3);
	report_put_decimal(object, "throughput_multicast_per_sec", report->multicast_per_second, 3);
	return object;
}

static struct json_object *health(const struct gb_report *report)
{
	struct json_object *object = json_object_new_object();

	report_put_bool(object, "running", report->running);
	report_put_decimal(object, "error_rate", report->error_rate, 6);
	report_put_count(object, "consecutive_errors", report->totals.consecutive_errors);
	return object;
}

static struct json_object *warnings(const struct gb_report *report)
{
	struct json_object *array = json_object_new_array();

	for (unsigned i = 0; i < report->warnings && i < GB_REPORT_WARNINGS_MAX; i++)
		report_append(array, report_text(report->warning[i]));
	return array;
}

static struct json_object *counters(const struct gb_totals *totals)
{
	struct json_object *object = json_object_new_object();

	for (unsigned i = 0; i < GB_COUNTER_COUNT; i++)
		report_put_count(object, gb_counter_name((enum gb_counter)i), totals->counter[i]);
	return object;
}

static struct json_object *drops(const struct gb_totals *totals)
{
	struct json_object *object = json_object_new_object();

	for (unsigned i = 0; i < GB_DROP_REASON_COUNT; i++)
		report_put_count(object, gb_drop_reason_name((enum gb_drop_reason)i), totals->drop[i]);
	return object;
}

/* The address of a querier that was heard, 0.0.0.0 being one. */
static void put_querier(struct json_object *object, const char *key, const struct gb_membership_status *m)
{
	char text[INET_ADDRSTRLEN] = "";

	if (m->querier_state != GB_QUERIER_NEVER_SEEN)
		inet_ntop(AF_INET, &m->querier, text, sizeof(text));
	report_put_text_or_null(object, key, text);
}

static struct json_object *membership(const struct gb_report_path *path)
{
	struct json_object *object = json_object_new_object();
	const struct gb_membership_status *m = &path->membership;

	report_put_text(object, "state", gb_membership_state_name(m->state));
	report_put_text(object, "querier_state", gb_querier_state_name(m->querier_state));
	report_put_address(object, "group", m->group);
	report_put_text_or_null(object, "interface", m->interface);
	put_querier(object, "querier", m);
	report_put_count(object, "queries_received", m->queries_received);
	report_put_time(object, "last_query", m->last_query_ns);
	report_put_count(object, "reports_sent", m->reports_sent);
	report_put_time(object, "last_report", m->last_report_ns);
	report_put_count(object, "keepalive_count", m->keepalive_count);
	report_put_count(object, "reregister_count", m->reregister_count);
	report_put_count(object, "monitor_checks", m->monitor_checks);
	report_put_count(object, "local_missing_count", m->local_missing_count);
	report_put_text(object, "tgw_state", path->tgw.state ? path->tgw.state : "off");
	report_put_text_or_null(object, "tgw_domain_id", path->tgw.domain_id);
	report_put_text_or_null(object, "tgw_interface_id", path->tgw.interface_id);
	report_put_text_or_null(object, "tgw_detail", path->tgw.detail);
	report_put_time(object, "tgw_last_answer", path->tgw.last_answer_ns);
	report_put_count(object, "tgw_missing_count", m->registry_missing_count);
	report_put_time(object, "last_reregister", m->last_reregister_ns);
	report_put_text_or_null(object, "last_reregister_reason", m->last_reregister_reason);
	return object;
}

static struct json_object *querier(const struct gb_membership_status *m)
{
	struct json_object *object = json_object_new_object();

	put_querier(object, "address", m);
	report_put_count_or_null(object, "version", m->querier_version);
	/* cut, not rounded: as everything that is made of it in whole units */
	report_put_decimal(object, "interval_s", (double)(m->query_interval_ns / (GB_NS_PER_S / 10)) / 10, 1);
	return object;
}

static struct json_object *interface_groups(const struct gb_report *report)
{
	struct json_object *array = json_object_new_array();

	for (unsigned i = 0; i < report->groups && i < GB_REPORT_GROUPS_MAX; i++) {
		struct json_object *object = json_object_new_object();

		report_put_text(object, "interface", report->group[i].interface);
		report_put_address(object, "group", report->group[i].group);
		report_append(array, object);
	}
	return array;
}

static struct json_object *rejoins(const struct gb_report *report)
{
	struct json_object *array = json_object_new_array();

	for (unsigned i = 0; i < report->rejoins; i++) {
		struct json_object *object = json_object_new_object();
		const struct gb_report_rejoin *rejoin = &report->rejoin[i];

		report_put_count(object, "number", rejoin->number);
		report_put_time(object, "time", rejoin->utc_ns);
		report_put_count(object, "path_id", rejoin->path_id);
		report_put_text_or_null(object, "interface", rejoin->interface);
		report_put_address(object, "group", rejoin->group);
		report_put_text(object, "reason", rejoin->reason);
		report_append(array, object);
	}
	return array;
}

static void add_igmp_of(struct json_object *object, const struct gb_report_path *path)
{
	report_put(object, "membership", membership(path));
	report_put(object, "querier", querier(&path->membership));
	report_put_count(object, "other_reports", path->membership.other_reports);
	report_put_count(object, "malformed", path->membership.malformed);
	report_put_bool(object, "left", path->membership.left);
}

static struct json_object *igmp_paths(const struct gb_report *report)
{
	struct json_object *array = json_object_new_array();

	for (unsigned i = 0; i < report->paths && i < GB_REPORT_PATHS_MAX; i++) {
		struct json_object *object = json_object_new_object();

		report_put_count(object, "id", report->path[i].id);
		report_put_text(object, "interface", report->path[i].interface);
		add_igmp_of(object, &report->path[i]);
		report_append(array, object);
	}
	return array;
}

static void add_igmp(struct json_object *object, const struct gb_report *report)
{
	add_igmp_of(object, main_path(report));
	report_put(object, "paths", igmp_paths(report));
	report_put(object, "interface_groups", interface_groups(report));
	report_put(object, "rejoins", rejoins(report));
}

static struct json_object *snmp(const struct gb_report_snmp *snmp)
{
	struct json_object *object = json_object_new_object();
	const char *state = !snmp->built ? "not_built" : !snmp->enabled ? "off" : snmp->up ? "up" : "down";

	report_put_text(object, "state", state);
	report_put_time(object, "since", snmp->since_ns);
	report_put_text_or_null(object, "agentx_socket", snmp->agentx_socket);
	report_put_count_or_null(object, "ping_interval_s", snmp->ping_interval_s);
	report_put_count(object, "connects", snmp->connects);
	report_put_count(object, "requests", snmp->requests);
	report_put_count(object, "notifications_sent", snmp->notifications_sent);
	report_put_count(object, "notifications_suppressed", snmp->notifications_suppressed);
	report_put_text(object, "mib", "GOOSE-BRIDGE-MIB");
	report_put_text_or_null(object, "mib_root", snmp->mib_root);
	report_put_text_or_null(object, "mib_directory", snmp->mib_directory);
	report_put_text_or_null(object, "base_directory", snmp->base_directory);
	return object;
}

static struct json_object *cpu_list(const struct gb_cpus *cpus)
{
	struct json_object *array = json_object_new_array();

	for (unsigned i = 0; i < cpus->count && i < GB_CONFIG_CPUS_MAX; i++)
		report_append(array, json_object_new_int(cpus->cpu[i]));
	return array;
}

static struct json_object *path_object(const struct gb_report_path *path)
{
	struct json_object *object = json_object_new_object();

	report_put_count(object, "id", path->id);
	report_put_text(object, "interface", path->interface);
	report_put_text_or_null(object, "network_interface", path->network_interface);
	report_put_address(object, "group", path->group);
	report_put_count(object, "port", path->port);
	report_put_address(object, "local_address", path->local);
	report_put_bool(object, "goose0_up", path->goose0_up);
	report_put_bool(object, "network_up", path->network_up);
	report_put_bool(object, "member", path->member);
	report_put_text(object, "detail", path->detail);
	report_put_time(object, "since", path->since_ns);
	report_put_text(object, "wire_format", path->wire_format);
	report_put_text(object, "engine", path->engine);
	report_put_count_or_null(object, "path_mtu", path->path_mtu);
	report_put_count(object, "ttl", path->ttl);
	report_put_count(object, "dscp", path->dscp);
	report_put(object, "receive_buffer", json_object_new_int(path->receive_buffer));
	report_put(object, "send_buffer", json_object_new_int(path->send_buffer));
	report_put_bool(object, "udp_segment", path->udp_segment);
	report_put_bool(object, "udp_gro", path->udp_gro);
	report_put_count(object, "busy_poll_us", path->busy_poll_us);
	report_put_count(object, "realtime_priority", path->realtime_priority);
	report_put(object, "cpus", cpu_list(&path->cpus));
	report_put_hex_id(object, "sender_id", path->sender_id);
	report_put_wide(object, "epoch", path->epoch);
	report_put_text(object, "tun_ip", path->tun_ip);
	report_put(object, "membership", membership(path));
	report_put(object, "counters", counters(&path->totals));
	report_put(object, "drops", drops(&path->totals));
	report_put(object, "latency", report_latency(path));
	return object;
}

static struct json_object *paths(const struct gb_report *report)
{
	struct json_object *array = json_object_new_array();

	for (unsigned i = 0; i < report->paths && i < GB_REPORT_PATHS_MAX; i++)
		report_append(array, path_object(&report->path[i]));
	return array;
}

static struct json_object *peer_object(const struct gb_peer_view *peer)
{
	struct json_object *object = json_object_new_object();

	report_put_hex_id(object, "sender_id", peer->legacy ? 0 : peer->sender_id);
	report_put_address(object, "address", peer->address);
	report_put_text(object, "wire_format", peer->legacy ? "legacy" : "native");
	report_put_wide(object, "epoch", peer->epoch);
	report_put_time(object, "first_seen", peer->first_seen_ns);
	report_put_time(object, "last_seen", peer->last_seen_ns);
	report_put_time(object, "last_hello", peer->last_hello_ns);
	report_put_count(object, "datagrams", peer->datagrams);
	report_put_count(object, "frames", peer->frames);
	report_put_count(object, "lost", peer->lost);
	report_put_count(object, "recovered", peer->recovered);
	report_put_count(object, "reordered", peer->reordered);
	report_put_count(object, "duplicates", peer->duplicates);
	report_put_count(object, "restarts", peer->restarts);
	report_put_count_or_null(object, "path_mtu", peer->path_mtu);
	report_put_count_or_null(object, "hello_interval_s", peer->hello_interval_s);
	report_put_text_or_null(object, "version", peer->version);
	report_put_count(object, "path_id", peer->path_id);
	return object;
}

static struct json_object *peers(const struct gb_report *report)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < report->peers; i++)
		report_append(array, peer_object(&report->peer[i]));
	return array;
}

/* The peer heard last, for who has room for one only; null if there is none. */
static struct json_object *latest_peer(const struct gb_report *report)
{
	const struct gb_peer_view *latest = NULL;

	for (size_t i = 0; i < report->peers; i++)
		if (!latest || report->peer[i].last_seen_ns > latest->last_seen_ns)
			latest = &report->peer[i];
	return latest ? peer_object(latest) : NULL;
}

static struct json_object *event_object(const struct gb_event *event, uint64_t number)
{
	struct json_object *object = json_object_new_object();
	char sentence[GB_EVENT_SENTENCE], address[INET_ADDRSTRLEN] = "";

	if (event->address.s_addr != 0)
		inet_ntop(AF_INET, &event->address, address, sizeof(address));
	report_put_count(object, "number", number);
	report_put_time(object, "time", event->utc_ns);
	report_put_text(object, "kind", gb_event_name(event->kind));
	report_put_text(object, "severity", gb_log_level_name((enum gb_log_level)gb_event_severity(event->kind)));
	report_put_text(object, "text", gb_event_describe(event, sentence, sizeof(sentence)));
	report_put_text_or_null(object, "address", address);
	report_put_hex_id(object, "sender_id", event->sender_id);
	report_put(object, "value", json_object_new_int64(event->value));
	report_put_text_or_null(object, "path", event->path);
	return object;
}

static struct json_object *events(const struct gb_report *report)
{
	struct json_object *array = json_object_new_array();
	size_t count = report->events ? gb_event_log_count(report->events) : 0;

	for (size_t i = 0; i < count; i++)
		report_append(array, event_object(gb_event_log_at(report->events, i), gb_event_log_number(report->events, i)));
	return array;
}

static void add_timestamp(struct json_object *object, const struct gb_report *report)
{
	char text[40];

	report_put_text(object, "timestamp", gb_clock_iso8601(report->now_ns, false, text, sizeof(text)));
}

/* What STATS and STATUS have in common. */
static void add_common(struct json_object *object, const struct gb_report *report)
{
	add_timestamp(object, report);
	report_put(object, "service_info", service_info(report));
	report_put(object, "statistics", statistics(report));
	report_put(object, "health", health(report));
	report_put_text(object, "version", report->version);
	report_put_text(object, "state", gb_report_state_name(report->state));
	report_put(object, "warnings", warnings(report));
	report_put(object, "drops", drops(&report->totals));
	report_put(object, "membership", membership(main_path(report)));
	report_put(object, "paths", paths(report));
	report_put(object, "latency", report_latency(main_path(report)));
	report_put(object, "stream_counts", report_stream_counts(report));
}

/* The members of PART but for streams. */
static struct json_object *part_object(const struct gb_report *report, enum gb_report_part part)
{
	struct json_object *object = json_object_new_object();

	switch (part) {
	case GB_REPORT_STATS:
		add_common(object, report);
		report_put(object, "counters", counters(&report->totals));
		report_put(object, "peers", peers(report));
		break;
	case GB_REPORT_STATUS:
		add_common(object, report);
		report_put_count(object, "peer_count", report->peers);
		report_put(object, "latest_peer", latest_peer(report));
		report_put_text_or_null(object, "log_file", report->log_file);
		break;
	case GB_REPORT_PEERS:
		report_put(object, "peers", peers(report));
		break;
	case GB_REPORT_EVENTS:
		report_put(object, "events", events(report));
		break;
	case GB_REPORT_IGMP:
		add_igmp(object, report);
		break;
	case GB_REPORT_STREAMS:
		report_put(object, "stream_counts", report_stream_counts(report));
		break;
	case GB_REPORT_SNMP:
		report_put(object, "snmp", snmp(&report->snmp));
		break;
	}
	return object;
}

static bool has_streams(enum gb_report_part part)
{
	return part == GB_REPORT_STATS || part == GB_REPORT_STREAMS;
}

char *gb_report_json(const struct gb_report *report, enum gb_report_part part)
{
	struct json_object *object = part_object(report, part);
	const char *text = object ? json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
										    JSON_C_TO_STRING_NOSLASHESCAPE)
				  : NULL;
	FILE *out = NULL;
	char *line = NULL;
	size_t length = 0;
	bool bad = false;

	if (!text || !(out = open_memstream(&line, &length)))
		goto out;
	if (has_streams(part)) { /* they come last, in the place of the closing brace */
		fprintf(out, "%.*s,\"streams\":", (int)strlen(text) - 1, text);
		report_write_streams(out, report);
		putc('}', out);
	} else {
		fputs(text, out);
	}
out:
	if (out) {
		bad = ferror(out) != 0;
		bad |= fclose(out) != 0;
	}
	if (bad) {
		free(line);
		line = NULL;
	}
	json_object_put(object);
	return line;
}

char *gb_report_echo_json(uint64_t nonce, const struct gb_echo_answer *answer, size_t count)
{
	struct json_object *object = json_object_new_object(), *answers = json_object_new_array();
	const char *text;
	char *line;

	report_put_hex_id(object, "nonce", nonce);
	for (size_t i = 0; i < count; i++) {
		struct json_object *one = json_object_new_object();

		report_put_hex_id(one, "sender_id", answer[i].sender_id);
		report_put_address(one, "address", answer[i].address);
		report_put_decimal(one, "round_trip_us", (double)answer[i].round_trip_ns / 1000, 1);
		report_put_decimal(one, "held_us", (double)answer[i].held_ns / 1000, 1);
		report_append(answers, one);
	}
	report_put(object, "answers", answers);
	text = object ? json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN) : NULL;
	line = text ? strdup(text) : NULL;
	json_object_put(object);
	return line;
}
