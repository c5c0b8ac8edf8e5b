/* SPDX-License-Identifier: Apache-2.0 */
/* The keys are those of room report; goose-bridge.8, STATISTICS, says what they mean. */
#include "answers.h"

#include "fields.h"

#include <goose-bridge/log.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#define READ(object, fields, structure) \
	snmp_fields_read(object, fields, sizeof(fields) / sizeof((fields)[0]), structure)

/* ---- words ---- */

typedef const char *name_of(unsigned value);

static const char *membership_name(unsigned value)
{
	return gb_membership_state_name((enum gb_membership_state)value);
}

static const char *querier_name(unsigned value)
{
	return gb_querier_state_name((enum gb_querier_state)value);
}

static const char *stream_name(unsigned value)
{
	return gb_stream_state_name((enum gb_stream_state)value);
}

static const char *direction_name(unsigned value)
{
	return gb_stream_direction_name((enum gb_stream_direction)value);
}

static const char *report_name(unsigned value)
{
	return gb_report_state_name((enum gb_report_state)value);
}

/* Which of COUNT values the member KEY names; 0 if none. */
static unsigned word(struct json_object *object, const char *key, name_of *name, unsigned count)
{
	const char *text = snmp_fields_text(object, key);

	for (unsigned i = 0; i < count; i++)
		if (strcmp(name(i), text) == 0)
			return i;
	return 0;
}

/* ---- the service ---- */

static void read_service(struct gb_snmp_snapshot *s, struct json_object *stats)
{
	static const struct field up[] = {FIELD(SECONDS, struct gb_report, uptime_ns, "uptime")};
	static const struct field health[] = {
		FIELD(NUMBER, struct gb_report, totals.consecutive_errors, "consecutive_errors")};
	static const struct field version[] = {FIELD(TEXT, struct gb_snmp_snapshot, version, "version")};
	struct json_object *warnings = snmp_fields_member(stats, "warnings");
	struct gb_report *report = &s->report;

	READ(stats, version, s);
	READ(snmp_fields_member(stats, "statistics"), up, report);
	READ(snmp_fields_member(stats, "health"), health, report);
	report->state = (enum gb_report_state)word(stats, "state", report_name, GB_REPORT_RUNNING + 1);
	report->warnings = (unsigned)snmp_fields_length(warnings, GB_REPORT_WARNINGS_MAX);
	for (unsigned i = 0; i < report->warnings; i++) {
		struct json_object *text = json_object_array_get_idx(warnings, i);

		if (json_object_is_type(text, json_type_string))
			snprintf(report->warning[i], sizeof(report->warning[i]), "%s", json_object_get_string(text));
	}
	s->started_ns = s->taken_ns > report->uptime_ns ? s->taken_ns - report->uptime_ns : 0;
}

static void read_totals(struct gb_totals *totals, struct json_object *stats)
{
	struct json_object *counters = snmp_fields_member(stats, "counters"), *drops = snmp_fields_member(stats, "drops");

	for (unsigned i = 0; i < GB_COUNTER_COUNT; i++)
		totals->counter[i] = snmp_fields_number(snmp_fields_member(counters, gb_counter_name((enum gb_counter)i)));
	for (unsigned i = 0; i < GB_DROP_REASON_COUNT; i++)
		totals->drop[i] = snmp_fields_number(snmp_fields_member(drops, gb_drop_reason_name((enum gb_drop_reason)i)));
}

/* ---- paths and their membership ---- */

#define MEMBER(kind, member, key) FIELD(kind, struct gb_membership_status, member, key)
static void read_membership(struct gb_membership_status *m, struct json_object *object, struct json_object *igmp)
{
	static const struct field fields[] = {
		MEMBER(ADDRESS, group, "group"),
		MEMBER(TEXT, interface, "interface"),
		MEMBER(ADDRESS, querier, "querier"),
		MEMBER(NUMBER, queries_received, "queries_received"),
		MEMBER(TIME, last_query_ns, "last_query"),
		MEMBER(NUMBER, reports_sent, "reports_sent"),
		MEMBER(TIME, last_report_ns, "last_report"),
		MEMBER(NUMBER, keepalive_count, "keepalive_count"),
		MEMBER(NUMBER, reregister_count, "reregister_count"),
		MEMBER(NUMBER, monitor_checks, "monitor_checks"),
		MEMBER(NUMBER, local_missing_count, "local_missing_count"),
		MEMBER(NUMBER, registry_missing_count, "tgw_missing_count"),
		MEMBER(TIME, last_reregister_ns, "last_reregister"),
		MEMBER(TEXT, last_reregister_reason, "last_reregister_reason"),
	};
	static const struct field more[] = {
		MEMBER(NUMBER, other_reports, "other_reports"),
		MEMBER(NUMBER, malformed, "malformed"),
		MEMBER(BOOL, left, "left"),
	};
	static const struct field querier[] = {
		MEMBER(NUMBER, querier_version, "version"),
		MEMBER(SECONDS, query_interval_ns, "interval_s"),
	};

	READ(object, fields, m);
	READ(igmp, more, m);
	READ(snmp_fields_member(igmp, "querier"), querier, m);
	m->state = (enum gb_membership_state)word(object, "state", membership_name, GB_MEMBERSHIP_LOST + 1);
	m->querier_state = (enum gb_querier_state)word(object, "querier_state", querier_name, GB_QUERIER_LOST + 1);
}

#define PATH(kind, member, key) FIELD(kind, struct gb_report_path, member, key)
/* IGMP: what the command of that name says of the paths, in the same order. */
static void read_paths(struct gb_report *report, struct json_object *paths, struct json_object *igmp)
{
	static const struct field fields[] = {
		PATH(NUMBER, id, "id"),
		PATH(TEXT, interface, "interface"),
		PATH(TEXT, network_interface, "network_interface"),
		PATH(ADDRESS, group, "group"),
		PATH(NUMBER, port, "port"),
		PATH(ADDRESS, local, "local_address"),
		PATH(BOOL, goose0_up, "goose0_up"),
		PATH(BOOL, network_up, "network_up"),
		PATH(BOOL, member, "member"),
		PATH(TEXT, detail, "detail"),
		PATH(TIME, since_ns, "since"),
		PATH(NUMBER, path_mtu, "path_mtu"),
		PATH(NUMBER, ttl, "ttl"),
		PATH(NUMBER, dscp, "dscp"),
		PATH(NUMBER, receive_buffer, "receive_buffer"),
		PATH(NUMBER, send_buffer, "send_buffer"),
		PATH(ID, sender_id, "sender_id"),
	};

	report->paths = (unsigned)snmp_fields_length(paths, GB_REPORT_PATHS_MAX);
	for (unsigned i = 0; i < report->paths; i++) {
		struct json_object *object = json_object_array_get_idx(paths, i);
		struct gb_report_path *path = &report->path[i];

		READ(object, fields, path);
		path->wire_format = strcmp(snmp_fields_text(object, "wire_format"), "native") == 0 ? "native" : "legacy";
		read_membership(&path->membership, snmp_fields_member(object, "membership"),
				i < snmp_fields_length(igmp, GB_REPORT_PATHS_MAX) ? json_object_array_get_idx(igmp, i) : NULL);
		path->engine = strcmp(snmp_fields_text(object, "engine"), "kernel") == 0 ? "kernel" : "user";
	}
}

#define REJOIN(kind, member, key) FIELD(kind, struct gb_report_rejoin, member, key)
static void read_rejoins(struct gb_snmp_snapshot *s, struct json_object *rejoins)
{
	static const struct field fields[] = {
		REJOIN(NUMBER, number, "number"),
		REJOIN(TIME, utc_ns, "time"),
		REJOIN(NUMBER, path_id, "path_id"),
		REJOIN(TEXT, interface, "interface"),
		REJOIN(ADDRESS, group, "group"),
		REJOIN(TEXT, reason, "reason"),
	};
	size_t length = snmp_fields_length(rejoins, GB_REPORT_REJOINS_MAX);

	for (size_t i = 0; i < length; i++) {
		struct gb_report_rejoin *rejoin = &s->rejoin[s->rejoins];

		*rejoin = (struct gb_report_rejoin){0};
		READ(json_object_array_get_idx(rejoins, i), fields, rejoin);
		s->rejoins += rejoin->number != 0; /* it is the index, which begins at 1 */
	}
}

/* ---- peers and events ---- */

#define PEER(kind, member, key) FIELD(kind, struct gb_peer_view, member, key)
static void read_peers(struct gb_snmp_snapshot *s, struct json_object *peers)
{
	static const struct field fields[] = {
		PEER(ID, sender_id, "sender_id"),
		PEER(ADDRESS, address, "address"),
		PEER(TIME, first_seen_ns, "first_seen"),
		PEER(TIME, last_seen_ns, "last_seen"),
		PEER(TIME, last_hello_ns, "last_hello"),
		PEER(NUMBER, datagrams, "datagrams"),
		PEER(NUMBER, frames, "frames"),
		PEER(NUMBER, lost, "lost"),
		PEER(NUMBER, reordered, "reordered"),
		PEER(NUMBER, duplicates, "duplicates"),
		PEER(NUMBER, restarts, "restarts"),
		PEER(NUMBER, path_mtu, "path_mtu"),
		PEER(NUMBER, hello_interval_s, "hello_interval_s"),
		PEER(TEXT, version, "version"),
		PEER(NUMBER, path_id, "path_id"),
	};

	for (size_t i = 0; i < s->peers; i++) {
		struct json_object *object = json_object_array_get_idx(peers, i);

		READ(object, fields, &s->peer[i]);
		s->peer[i].legacy = strcmp(snmp_fields_text(object, "wire_format"), "legacy") == 0;
	}
}

#define EVENT(kind, member, key) FIELD(kind, struct gb_snmp_event, member, key)
static void read_events(struct gb_snmp_snapshot *s, struct json_object *events)
{
	static const struct field fields[] = {
		EVENT(NUMBER, number, "number"),
		EVENT(TIME, utc_ns, "time"),
		EVENT(TEXT, kind, "kind"),
		EVENT(TEXT, text, "text"),
	};
	size_t length = s->events;

	s->events = 0;
	for (size_t i = 0; i < length; i++) {
		struct json_object *object = json_object_array_get_idx(events, i);
		struct gb_snmp_event *event = &s->event[s->events];
		int severity = gb_log_level_parse(snmp_fields_text(object, "severity"));

		*event = (struct gb_snmp_event){.severity = severity < 0 ? GB_LOG_INFO : severity};
		READ(object, fields, event);
		s->events += event->number != 0;
	}
}

/* ---- streams ---- */

#define STREAM(kind, member, key) FIELD(kind, struct gb_stream_view, member, key)
static void read_stream(struct gb_stream_view *view, struct json_object *object)
{
	static const struct field fields[] = {
		STREAM(NUMBER, index, "index"),
		STREAM(TEXT, key.gocb_ref, "gocb_ref"),
		STREAM(TEXT, go_id, "go_id"),
		STREAM(TEXT, dat_set, "dat_set"),
		STREAM(BOOL, listed, "listed"),
		STREAM(BOOL, learned, "learned"),
		STREAM(NUMBER, path_id, "path_id"),
		STREAM(NUMBER, key.appid, "appid"),
		STREAM(MAC, key.source, "src_mac"),
		STREAM(MAC, key.destination, "dst_mac"),
		STREAM(NUMBER, key.vlan_id, "vlan_id"),
		STREAM(NUMBER, vlan_priority, "vlan_priority"),
		STREAM(NUMBER, conf_rev, "conf_rev"),
		STREAM(NUMBER, st_num, "st_num"),
		STREAM(NUMBER, sq_num, "sq_num"),
		STREAM(NUMBER, time_allowed_to_live_ms, "time_allowed_to_live_ms"),
		STREAM(NUMBER, num_dat_set_entries, "num_dat_set_entries"),
		STREAM(BOOL, nds_com, "nds_com"),
		STREAM(BOOL, simulation, "simulation"),
		STREAM(TIME, t_ns, "t"),
		STREAM(NUMBER, frames, "frames"),
		STREAM(NUMBER, octets, "octets"),
		STREAM(NUMBER, state_changes, "state_changes"),
		STREAM(NUMBER, lost, "lost"),
		STREAM(NUMBER, out_of_order, "out_of_order"),
		STREAM(NUMBER, duplicates, "duplicates"),
		STREAM(NUMBER, expirations, "expirations"),
		STREAM(NUMBER, conf_rev_changes, "conf_rev_changes"),
		STREAM(NUMBER, decode_errors, "decode_errors"),
		STREAM(NUMBER, restarts, "restarts"),
		STREAM(NUMBER, replays_suspected, "replays_suspected"),
		STREAM(NUMBER, storms, "storms"),
		STREAM(MS, interval_ns, "interval_ms"),
		STREAM(TIME, first_seen_ns, "first_seen"),
		STREAM(TIME, last_seen_ns, "last_seen"),
		STREAM(TIME, expired_ns, "expired"),
	};

	READ(object, fields, view);
	view->key.direction = (enum gb_stream_direction)word(object, "direction", direction_name, 2);
	view->state = (enum gb_stream_state)word(object, "state", stream_name, GB_STREAM_EXPIRED + 1);
	view->tagged = snmp_fields_member(object, "vlan_priority") != NULL; /* null for a stream without a tag */
}

static void read_streams(struct gb_snmp_snapshot *s, struct json_object *streams)
{
	size_t length = s->streams;

	s->streams = 0;
	for (size_t i = 0; i < length; i++) {
		struct gb_stream_view *view = &s->stream[s->streams];

		memset(view, 0, sizeof(*view));
		read_stream(view, json_object_array_get_idx(streams, i));
		s->streams += view->index != 0;
	}
}

#define TOTAL(member, key) FIELD(NUMBER, struct gb_streams_counts, member, key)
static void read_stream_counts(struct gb_streams_counts *counts, struct json_object *object)
{
	static const struct field fields[] = {
		TOTAL(streams, "streams"),
		TOTAL(listed, "listed"),
		TOTAL(refused, "refused"),
		TOTAL(reused, "reused"),
		TOTAL(undecodable, "undecodable"),
		TOTAL(decode_errors, "decode_errors"),
	};

	READ(object, fields, counts);
	for (unsigned i = 0; i <= GB_STREAM_EXPIRED; i++)
		counts->by_state[i] = snmp_fields_number(snmp_fields_member(object, stream_name(i)));
}

/* ---- all of them ---- */

struct gb_snmp_snapshot *snmp_answers_snapshot(const struct snmp_answers *answers, uint64_t now_ns, uint64_t utc_ns)
{
	static const struct field sent[] = {
		FIELD(NUMBER, struct gb_snmp_snapshot, notifications_sent, "notifications_sent"),
		FIELD(NUMBER, struct gb_snmp_snapshot, notifications_suppressed, "notifications_suppressed"),
	};
	struct json_object *peers = snmp_fields_member(answers->stats, "peers");
	struct json_object *streams = snmp_fields_member(answers->stats, "streams");
	struct json_object *counts = snmp_fields_member(answers->stats, "stream_counts");
	struct json_object *events = snmp_fields_member(answers->events, "events");
	struct gb_snmp_snapshot *s = gb_snmp_snapshot_create(snmp_fields_length(peers, SNMP_ANSWERS_PEERS_MAX),
							     snmp_fields_length(streams, 2 * (size_t)GB_STREAMS_MAX),
							     snmp_fields_length(events, SNMP_ANSWERS_EVENTS_MAX));

	if (!s)
		return NULL;
	s->taken_ns = now_ns;
	s->report.now_ns = utc_ns;
	read_service(s, answers->stats);
	read_totals(&s->report.totals, answers->stats);
	read_paths(&s->report, snmp_fields_member(answers->stats, "paths"), snmp_fields_member(answers->igmp, "paths"));
	read_rejoins(s, snmp_fields_member(answers->igmp, "rejoins"));
	read_peers(s, peers);
	read_events(s, events);
	read_streams(s, streams);
	for (unsigned i = 0; i < 2; i++)
		read_stream_counts(&s->report.stream_counts[i], snmp_fields_member(counts, direction_name(i)));
	READ(snmp_fields_member(answers->snmp, "snmp"), sent, s);
	gb_snmp_snapshot_ready(s);
	return s;
}
