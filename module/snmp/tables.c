/* SPDX-License-Identifier: Apache-2.0 */
/* The objects of GOOSE-BRIDGE-MIB but those of streams: which field of a snapshot each is. Arcs and meaning: the MIB. */
#include "tree.h"

#include <arpa/inet.h>
#include <goose-bridge/clock.h>
#include <inttypes.h>
#include <stdio.h>

#define NS_PER_TICK (GB_NS_PER_S / 100)
#define COLUMNS(array) .column = (array), .columns = sizeof(array) / sizeof((array)[0])

static size_t one_row(const struct gb_snmp_snapshot *snapshot)
{
	return snapshot->absent ? 0 : 1;
}

/* That the service does not answer can be seen. */
static size_t row_at_any_time(const struct gb_snmp_snapshot *snapshot)
{
	(void)snapshot;
	return 1;
}

static size_t scalar_index(const struct gb_snmp_snapshot *snapshot, size_t row, uint32_t *arc)
{
	(void)snapshot;
	(void)row;
	arc[0] = 0;
	return 1;
}

static const void *the_snapshot(const struct gb_snmp_snapshot *snapshot, size_t row)
{
	(void)row;
	return snapshot;
}

/* ---- the service ---- */

static void get_oper_status(const struct gb_snmp_snapshot *snapshot, size_t row, struct snmp_value *value)
{
	static const uint8_t number[] = {[GB_REPORT_RUNNING] = 1, [GB_REPORT_DEGRADED] = 2, [GB_REPORT_DOWN] = 3};

	(void)row;
	snmp_value_number(value, SNMP_INTEGER, number[snapshot->report.state]);
}

/* TimeTicks begin again at 0 after 497 days (RFC 2578, 7.1.8). */
static void get_up_time(const struct gb_snmp_snapshot *snapshot, size_t row, struct snmp_value *value)
{
	uint64_t up_ns = snapshot->absent ? 0 : snapshot->taken_ns - snapshot->started_ns;

	(void)row;
	snmp_value_number(value, SNMP_TICKS, (uint32_t)(up_ns / NS_PER_TICK));
}

/* TimeStamp: 0 for what was before sysUpTime began. */
static void get_discontinuity(const struct gb_snmp_snapshot *snapshot, size_t row, struct snmp_value *value)
{
	int64_t since = (int64_t)snapshot->started_ns - snapshot->agent_started_ns;

	(void)row;
	snmp_value_number(value, SNMP_TICKS, since > 0 ? (uint32_t)((uint64_t)since / NS_PER_TICK) : 0);
}

static void get_warning(const struct gb_snmp_snapshot *snapshot, size_t row, struct snmp_value *value)
{
	(void)row;
	snmp_value_text(value, snapshot->report.warnings ? snapshot->report.warning[0] : "");
}

static const struct snmp_column service_columns[] = {
	SNMP_COLUMN(1, TEXT, struct gb_snmp_snapshot, version),
	SNMP_ASK(2, get_oper_status),
	SNMP_ASK(3, get_up_time),
	SNMP_ASK(4, get_discontinuity),
	SNMP_COLUMN(5, NUMBER, struct gb_snmp_snapshot, report.warnings),
	SNMP_ASK(6, get_warning),
	SNMP_COLUMN(7, GAUGE64, struct gb_snmp_snapshot, report.totals.consecutive_errors),
};

/* A counter of stats.h that is not here is not in the MIB; a test holds both together. */
#define COUNTER(arc, name) SNMP_COLUMN(arc, COUNT, struct gb_snmp_snapshot, report.totals.counter[GB_COUNT_##name])
static const struct snmp_column counter_columns[] = {
	COUNTER(1, raw_frames),
	COUNTER(2, goose_received),
	COUNTER(3, vlan_goose_received),
	COUNTER(4, goose_to_ip),
	COUNTER(5, ip_to_goose),
	COUNTER(6, errors),
	COUNTER(7, frames_to_ip),
	COUNTER(8, raw_octets),
	COUNTER(9, octets_to_ip),
	COUNTER(10, pieces_to_ip),
	COUNTER(11, datagrams_from_ip),
	COUNTER(12, octets_from_ip),
	COUNTER(13, pieces_from_ip),
	COUNTER(14, octets_to_goose),
	COUNTER(15, undecodable_headers),
	COUNTER(16, legacy_from_ip),
	COUNTER(17, hellos_sent),
	COUNTER(18, hellos_received),
	COUNTER(19, echo_requests_received),
	COUNTER(20, echo_replies_sent),
	COUNTER(21, echo_replies_received),
	COUNTER(22, sender_id_conflicts),
	COUNTER(23, events_refused),
	COUNTER(24, send_times_wrong),
	COUNTER(25, unsupervised),
};

/* ---- paths, and the membership of each one's group ---- */

static size_t path_rows(const struct gb_snmp_snapshot *snapshot)
{
	return snapshot->report.paths;
}

static const void *path_row(const struct gb_snmp_snapshot *snapshot, size_t row)
{
	return &snapshot->report.path[row];
}

static size_t path_index(const struct gb_snmp_snapshot *snapshot, size_t row, uint32_t *arc)
{
	arc[0] = snapshot->report.path[row].id;
	return 1;
}

/* Formats and engines are words in a report: the first letter tells legacy(1) from native(2), and user(1) from kernel(2). */
static void get_wire_format(const struct gb_snmp_snapshot *snapshot, size_t row, struct snmp_value *value)
{
	const char *word = snapshot->report.path[row].wire_format;

	snmp_value_number(value, SNMP_INTEGER, word && word[0] == 'n' ? 2 : 1);
}

static void get_engine(const struct gb_snmp_snapshot *snapshot, size_t row, struct snmp_value *value)
{
	const char *word = snapshot->report.path[row].engine;

	snmp_value_number(value, SNMP_INTEGER, word && word[0] == 'k' ? 2 : 1);
}

static void get_path_descr(const struct gb_snmp_snapshot *snapshot, size_t row, struct snmp_value *value)
{
	const struct gb_report_path *path = &snapshot->report.path[row];
	char group[INET_ADDRSTRLEN] = "", text[96];

	inet_ntop(AF_INET, &path->group, group, sizeof(group));
	snprintf(text, sizeof(text), "%s <-> %s:%u on %s", path->interface, group, (unsigned)path->port,
		 *path->network_interface ? path->network_interface : "no interface");
	snmp_value_text(value, text);
}

#define PATH(arc, kind, name) SNMP_COLUMN(arc, kind, struct gb_report_path, name)
static const struct snmp_column path_columns[] = {
	PATH(2, TEXT, interface),
	PATH(3, TEXT, network_interface),
	PATH(4, ADDR_TYPE, group),
	PATH(5, ADDRESS, group),
	PATH(6, NUMBER, port),
	PATH(7, ADDR_TYPE, local),
	PATH(8, ADDRESS, local),
	PATH(9, UP, goose0_up),
	PATH(10, UP, network_up),
	PATH(11, BOOL, member),
	PATH(12, TEXT, detail),
	PATH(13, TIME, since_ns),
	SNMP_ASK(14, get_wire_format),
	SNMP_ASK(15, get_engine),
	PATH(16, NUMBER, path_mtu),
	PATH(17, NUMBER, ttl),
	PATH(18, NUMBER, dscp),
	PATH(19, SIZE, receive_buffer),
	PATH(20, SIZE, send_buffer),
	PATH(21, ID, sender_id),
	SNMP_ASK(22, get_path_descr),
};

/* 0.0.0.0 is a querier's address, too. */
static bool has_querier(const struct gb_snmp_snapshot *snapshot, size_t row)
{
	return snapshot->report.path[row].membership.querier_state != GB_QUERIER_NEVER_SEEN;
}

static void get_querier_type(const struct gb_snmp_snapshot *snapshot, size_t row, struct snmp_value *value)
{
	snmp_value_addr_type(value, has_querier(snapshot, row));
}

static void get_querier(const struct gb_snmp_snapshot *snapshot, size_t row, struct snmp_value *value)
{
	snmp_value_address(value, snapshot->report.path[row].membership.querier, has_querier(snapshot, row));
}

#define MEMBER(arc, kind, name) SNMP_COLUMN(arc, kind, struct gb_report_path, membership.name)
static const struct snmp_column membership_columns[] = {
	MEMBER(1, ENUM, state),
	MEMBER(2, BOOL, left),
	MEMBER(3, TEXT, interface),
	MEMBER(4, ADDR_TYPE, group),
	MEMBER(5, ADDRESS, group),
	MEMBER(6, ENUM, querier_state),
	SNMP_ASK(7, get_querier_type),
	SNMP_ASK(8, get_querier),
	MEMBER(9, NUMBER, querier_version),
	MEMBER(10, SECONDS, query_interval_ns),
	MEMBER(11, COUNT, queries_received),
	MEMBER(12, TIME, last_query_ns),
	MEMBER(13, COUNT, reports_sent),
	MEMBER(14, COUNT, keepalive_count),
	MEMBER(15, TIME, last_report_ns),
	MEMBER(16, COUNT, other_reports),
	MEMBER(17, COUNT, malformed),
	MEMBER(18, COUNT, monitor_checks),
	MEMBER(19, COUNT, local_missing_count),
	MEMBER(20, COUNT, registry_missing_count),
	MEMBER(21, COUNT, reregister_count),
	MEMBER(22, TIME, last_reregister_ns),
	MEMBER(23, TEXT, last_reregister_reason),
};

/* ---- remote bridges ---- */

static size_t peer_rows(const struct gb_snmp_snapshot *snapshot)
{
	return snapshot->peers;
}

static const void *peer_row(const struct gb_snmp_snapshot *snapshot, size_t row)
{
	return &snapshot->peer[row];
}

static uint64_t peer_sender(const struct gb_peer_view *peer)
{
	return peer->legacy ? 0 : peer->sender_id;
}

/* Both strings have one length, and so stand in the index without it (RFC 2578, 7.7). */
static size_t peer_index(const struct gb_snmp_snapshot *snapshot, size_t row, uint32_t *arc)
{
	const struct gb_peer_view *peer = &snapshot->peer[row];
	uint32_t address = ntohl(peer->address.s_addr);

	for (size_t i = 0; i < 8; i++)
		arc[i] = (uint8_t)(peer_sender(peer) >> (56 - 8 * i));
	arc[8] = 1; /* ipv4(1) */
	for (size_t i = 0; i < 4; i++)
		arc[9 + i] = (uint8_t)(address >> (24 - 8 * i));
	return 13;
}

static void get_peer_descr(const struct gb_snmp_snapshot *snapshot, size_t row, struct snmp_value *value)
{
	const struct gb_peer_view *peer = &snapshot->peer[row];
	char address[INET_ADDRSTRLEN] = "", text[64];

	inet_ntop(AF_INET, &peer->address, address, sizeof(address));
	if (peer->legacy)
		snprintf(text, sizeof(text), "%s legacy", address);
	else
		snprintf(text, sizeof(text), "%s %016" PRIx64, address, peer->sender_id);
	snmp_value_text(value, text);
}

static void get_peer_format(const struct gb_snmp_snapshot *snapshot, size_t row, struct snmp_value *value)
{
	snmp_value_number(value, SNMP_INTEGER, snapshot->peer[row].legacy ? 1 : 2);
}

static void get_peer_quiet(const struct gb_snmp_snapshot *snapshot, size_t row, struct snmp_value *value)
{
	uint64_t seen = snapshot->peer[row].last_seen_ns, now = snapshot->report.now_ns;

	snmp_value_number(value, SNMP_UNSIGNED, now > seen ? (now - seen) / GB_NS_PER_S : 0);
}

#define PEER(arc, kind, name) SNMP_COLUMN(arc, kind, struct gb_peer_view, name)
static const struct snmp_column peer_columns[] = {
	SNMP_ASK(4, get_peer_descr),
	SNMP_ASK(5, get_peer_format),
	PEER(6, TEXT, version),
	PEER(7, TIME, first_seen_ns),
	PEER(8, TIME, last_seen_ns),
	PEER(9, TIME, last_hello_ns),
	SNMP_ASK(10, get_peer_quiet),
	PEER(11, COUNT, datagrams),
	PEER(12, COUNT, frames),
	PEER(13, COUNT, lost),
	PEER(14, COUNT, reordered),
	PEER(15, COUNT, duplicates),
	PEER(16, COUNT, restarts),
	PEER(17, NUMBER, path_mtu),
	PEER(18, NUMBER, hello_interval_s),
	PEER(19, NUMBER, path_id),
};

/* ---- drops ---- */

static size_t drop_rows(const struct gb_snmp_snapshot *snapshot)
{
	return snapshot->absent ? 0 : GB_DROP_REASON_COUNT;
}

/* Numbers ascend in stats.h: what a new reason takes is the next one. */
static size_t drop_index(const struct gb_snmp_snapshot *snapshot, size_t row, uint32_t *arc)
{
	(void)snapshot;
	arc[0] = gb_drop_reason_number((enum gb_drop_reason)row);
	return 1;
}

static void get_drop_name(const struct gb_snmp_snapshot *snapshot, size_t row, struct snmp_value *value)
{
	(void)snapshot;
	snmp_value_text(value, gb_drop_reason_name((enum gb_drop_reason)row));
}

static void get_drop_count(const struct gb_snmp_snapshot *snapshot, size_t row, struct snmp_value *value)
{
	snmp_value_number(value, SNMP_COUNTER64, snapshot->report.totals.drop[row]);
}

static void get_drop_descr(const struct gb_snmp_snapshot *snapshot, size_t row, struct snmp_value *value)
{
	(void)snapshot;
	snmp_value_text(value, gb_drop_reason_help((enum gb_drop_reason)row));
}

static const struct snmp_column drop_columns[] = {
	SNMP_ASK(2, get_drop_name),
	SNMP_ASK(3, get_drop_count),
	SNMP_ASK(4, get_drop_descr),
};

/* ---- what happened ---- */

static size_t rejoin_rows(const struct gb_snmp_snapshot *snapshot)
{
	return snapshot->rejoins;
}

static const void *rejoin_row(const struct gb_snmp_snapshot *snapshot, size_t row)
{
	return &snapshot->rejoin[row];
}

static size_t rejoin_index(const struct gb_snmp_snapshot *snapshot, size_t row, uint32_t *arc)
{
	arc[0] = snapshot->rejoin[row].number;
	return 1;
}

#define REJOIN(arc, kind, name) SNMP_COLUMN(arc, kind, struct gb_report_rejoin, name)
static const struct snmp_column rejoin_columns[] = {
	REJOIN(2, TIME, utc_ns),
	REJOIN(3, NUMBER, path_id),
	REJOIN(4, TEXT, interface),
	REJOIN(5, ADDR_TYPE, group),
	REJOIN(6, ADDRESS, group),
	REJOIN(7, TEXT, reason),
};

static size_t event_rows(const struct gb_snmp_snapshot *snapshot)
{
	return snapshot->events;
}

static const void *event_row(const struct gb_snmp_snapshot *snapshot, size_t row)
{
	return &snapshot->event[row];
}

static size_t event_index(const struct gb_snmp_snapshot *snapshot, size_t row, uint32_t *arc)
{
	arc[0] = snapshot->event[row].number;
	return 1;
}

#define EVENT(arc, kind, name) SNMP_COLUMN(arc, kind, struct gb_snmp_event, name)
static const struct snmp_column event_columns[] = {
	EVENT(2, TIME, utc_ns),
	EVENT(3, INT, severity),
	EVENT(4, TEXT, kind),
	EVENT(5, TEXT, text),
};

static const struct snmp_column notify_columns[] = {
	SNMP_COLUMN(1, COUNT, struct gb_snmp_snapshot, notifications_sent),
	SNMP_COLUMN(2, COUNT, struct gb_snmp_snapshot, notifications_suppressed),
};

/* ---- all of them ---- */

#define SCALARS(name, group, list, rows_of) \
	static const struct snmp_table name = {.prefix_length = 1, .prefix = {group}, COLUMNS(list), \
					       .rows = rows_of, .row = the_snapshot, .index = scalar_index}
#define TABLE(name, group, list, rows_of, row_of, index_of) \
	static const struct snmp_table name = {.prefix_length = 2, .prefix = {group, 1}, COLUMNS(list), \
					       .rows = rows_of, .row = row_of, .index = index_of}

SCALARS(service, 1, service_columns, row_at_any_time);
SCALARS(counters, 2, counter_columns, one_row);
TABLE(paths, 3, path_columns, path_rows, path_row, path_index);
TABLE(peers, 4, peer_columns, peer_rows, peer_row, peer_index);
TABLE(drops, 5, drop_columns, drop_rows, NULL, drop_index);
TABLE(membership, 6, membership_columns, path_rows, path_row, path_index);
TABLE(rejoins, 7, rejoin_columns, rejoin_rows, rejoin_row, rejoin_index);
TABLE(events, 10, event_columns, event_rows, event_row, event_index);
SCALARS(notify, 11, notify_columns, one_row);

const struct snmp_table *const snmp_tables[] = {
	&service, &counters, &paths, &peers, &drops, &membership, &rejoins, &snmp_stream_table, &snmp_stream_scalars, &events,
	&notify,
};
const size_t snmp_table_count = sizeof(snmp_tables) / sizeof(snmp_tables[0]);
