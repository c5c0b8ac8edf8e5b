/* SPDX-License-Identifier: Apache-2.0 */
#include <goose-bridge/snmp.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct gb_snmp_snapshot *gb_snmp_snapshot_create(size_t peers, size_t streams, size_t events)
{
	struct gb_snmp_snapshot *snapshot = calloc(1, sizeof(*snapshot));

	if (!snapshot)
		return NULL;
	snapshot->peer = calloc(peers ? peers : 1, sizeof(*snapshot->peer));
	snapshot->event = calloc(events ? events : 1, sizeof(*snapshot->event));
	snapshot->stream = streams ? calloc(streams, sizeof(*snapshot->stream)) : NULL;
	snapshot->peers = peers;
	snapshot->events = events;
	snapshot->streams = streams;
	if (!snapshot->peer || !snapshot->event || (streams && !snapshot->stream)) {
		gb_snmp_snapshot_destroy(snapshot);
		return NULL;
	}
	return snapshot;
}

void gb_snmp_snapshot_destroy(struct gb_snmp_snapshot *snapshot)
{
	if (!snapshot)
		return;
	free(snapshot->stream);
	free(snapshot->event);
	free(snapshot->peer);
	free(snapshot);
}

/* ---- ready to be served ---- */

static int order(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/* By the index of gbPeerTable: sender id, then address. */
static int compare_peers(const void *a, const void *b)
{
	const struct gb_peer_view *left = a, *right = b;
	int by_sender = order(left->legacy ? 0 : left->sender_id, right->legacy ? 0 : right->sender_id);

	return by_sender ? by_sender : order(ntohl(left->address.s_addr), ntohl(right->address.s_addr));
}

static void add_peer(struct gb_peer_view *to, const struct gb_peer_view *from)
{
	to->datagrams += from->datagrams;
	to->frames += from->frames;
	to->lost += from->lost;
	to->recovered += from->recovered;
	to->reordered += from->reordered;
	to->duplicates += from->duplicates;
	to->restarts += from->restarts;
	if (from->first_seen_ns < to->first_seen_ns)
		to->first_seen_ns = from->first_seen_ns;
	if (from->last_seen_ns > to->last_seen_ns)
		to->last_seen_ns = from->last_seen_ns;
	if (from->last_hello_ns > to->last_hello_ns)
		to->last_hello_ns = from->last_hello_ns;
	if (from->path_id < to->path_id)
		to->path_id = from->path_id;
}

/* Two paths may hear the same sender id at the same address: one index, one row. They are sorted by it. */
static void join_peers(struct gb_snmp_snapshot *snapshot)
{
	size_t kept = 0;

	for (size_t i = 0; i < snapshot->peers; i++)
		if (kept > 0 && compare_peers(&snapshot->peer[kept - 1], &snapshot->peer[i]) == 0)
			add_peer(&snapshot->peer[kept - 1], &snapshot->peer[i]);
		else
			snapshot->peer[kept++] = snapshot->peer[i];
	snapshot->peers = kept;
}

static int compare_streams(const void *a, const void *b)
{
	return order(((const struct gb_stream_view *)a)->index, ((const struct gb_stream_view *)b)->index);
}

static int compare_events(const void *a, const void *b)
{
	return order(((const struct gb_snmp_event *)a)->number, ((const struct gb_snmp_event *)b)->number);
}

static int compare_rejoins(const void *a, const void *b)
{
	return order(((const struct gb_report_rejoin *)a)->number, ((const struct gb_report_rejoin *)b)->number);
}

static int compare_paths(const void *a, const void *b)
{
	return order(((const struct gb_report_path *)a)->id, ((const struct gb_report_path *)b)->id);
}

static void clean_streams(struct gb_snmp_snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->streams; i++) {
		gb_report_utf8(snapshot->stream[i].key.gocb_ref);
		gb_report_utf8(snapshot->stream[i].go_id);
		gb_report_utf8(snapshot->stream[i].dat_set);
	}
}

static void clean_texts(struct gb_snmp_snapshot *snapshot)
{
	struct gb_report *report = &snapshot->report;

	gb_report_utf8(snapshot->version);
	if (report->warnings)
		gb_report_utf8(report->warning[0]);
	for (unsigned i = 0; i < report->paths; i++) {
		gb_report_utf8(report->path[i].interface);
		gb_report_utf8(report->path[i].network_interface);
		gb_report_utf8(report->path[i].detail);
		gb_report_utf8(report->path[i].membership.interface);
		gb_report_utf8(report->path[i].membership.last_reregister_reason);
	}
	for (size_t i = 0; i < snapshot->peers; i++)
		gb_report_utf8(snapshot->peer[i].version);
	for (size_t i = 0; i < snapshot->events; i++) {
		gb_report_utf8(snapshot->event[i].kind);
		gb_report_utf8(snapshot->event[i].text);
	}
	for (size_t i = 0; i < snapshot->rejoins; i++) {
		gb_report_utf8(snapshot->rejoin[i].interface);
		gb_report_utf8(snapshot->rejoin[i].reason);
	}
	clean_streams(snapshot);
}

void gb_snmp_snapshot_ready(struct gb_snmp_snapshot *snapshot)
{
	struct gb_report *report = &snapshot->report;

	gb_streams_counts_add(&snapshot->stream_counts, &report->stream_counts[0]);
	gb_streams_counts_add(&snapshot->stream_counts, &report->stream_counts[1]);
	qsort(report->path, report->paths, sizeof(report->path[0]), compare_paths);
	qsort(snapshot->peer, snapshot->peers, sizeof(snapshot->peer[0]), compare_peers);
	join_peers(snapshot);
	if (snapshot->streams)
		qsort(snapshot->stream, snapshot->streams, sizeof(snapshot->stream[0]), compare_streams);
	qsort(snapshot->event, snapshot->events, sizeof(snapshot->event[0]), compare_events);
	qsort(snapshot->rejoin, snapshot->rejoins, sizeof(snapshot->rejoin[0]), compare_rejoins);
	clean_texts(snapshot);
}

/* ---- from a report ---- */

static void copy_event(struct gb_snmp_event *to, const struct gb_event_log *log, size_t i)
{
	const struct gb_event *event = gb_event_log_at(log, i);
	char sentence[GB_EVENT_SENTENCE];

	to->number = (uint32_t)gb_event_log_number(log, i);
	to->utc_ns = event->utc_ns;
	to->severity = gb_event_severity(event->kind);
	snprintf(to->kind, sizeof(to->kind), "%s", gb_event_name(event->kind));
	gb_event_describe(event, sentence, sizeof(sentence));
	snprintf(to->text, sizeof(to->text), "%.*s", (int)sizeof(to->text) - 1, sentence);
}

struct gb_snmp_snapshot *gb_snmp_snapshot_of(const struct gb_report *report, struct gb_stream_view *stream, uint64_t now_ns)
{
	size_t events = report->events ? gb_event_log_count(report->events) : 0;
	struct gb_snmp_snapshot *snapshot = gb_snmp_snapshot_create(report->peers, 0, events);

	if (!snapshot) {
		free(stream);
		return NULL;
	}
	snapshot->stream = stream;
	snapshot->streams = stream ? report->streams : 0;
	snapshot->taken_ns = now_ns;
	snapshot->started_ns = now_ns - report->uptime_ns;
	snapshot->report = *report;
	snapshot->report.version = NULL;
	snapshot->report.log_file = NULL;
	snapshot->report.peer = NULL;
	snapshot->report.events = NULL;
	snapshot->report.stream = NULL;
	snapshot->report.rejoin = NULL;
	snprintf(snapshot->version, sizeof(snapshot->version), "%s", report->version);
	if (report->peers)
		memcpy(snapshot->peer, report->peer, report->peers * sizeof(*report->peer));
	for (size_t i = 0; i < events; i++)
		copy_event(&snapshot->event[i], report->events, i);
	snapshot->rejoins = report->rejoins;
	if (report->rejoins)
		memcpy(snapshot->rejoin, report->rejoin, report->rejoins * sizeof(*report->rejoin));
	gb_snmp_snapshot_ready(snapshot);
	return snapshot;
}
