/* SPDX-License-Identifier: Apache-2.0 */
/* What the service says of itself: collected here, written down by the room report. */
#include "daemon_private.h"

#include "config.h"

#include <arpa/inet.h>
#include <goose-bridge/clock.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECENT_NS     GB_PEER_SILENT_NS /* what a status warning still speaks of */
#define SILENT_HELLOS 3 /* that did not come: then a peer is missed */
#define FORGOTTEN_NS  (3600 * GB_NS_PER_S) /* and after that time no more: it may have been taken down for good */

static void add_totals(struct path *p, struct gb_totals *totals)
{
	gb_datapath_totals(p->datapath, totals);
	totals->drop[GB_DROP_goose0_queue_full] += path_queue_dropped(p);
}

void reporting_totals(struct daemon *d, struct gb_totals *totals)
{
	*totals = (struct gb_totals){0};
	for (unsigned i = 0; i < d->paths; i++)
		add_totals(&d->path[i], totals);
}

__attribute__((format(printf, 2, 3))) static void warning(struct gb_report *r, const char *format, ...)
{
	va_list arguments;

	if (r->warnings == GB_REPORT_WARNINGS_MAX)
		return;
	va_start(arguments, format);
	vsnprintf(r->warning[r->warnings++], GB_REPORT_WARNING_TEXT, format, arguments);
	va_end(arguments);
}

static const char *address_text(struct in_addr address, char text[INET_ADDRSTRLEN])
{
	return inet_ntop(AF_INET, &address, text, INET_ADDRSTRLEN);
}

/* Whether what was told at TOLD_NS (monotonic; 0 = never) may still be so: it is told again each RECENT_NS while it lasts. */
static bool is_recent(uint64_t told_ns)
{
	return told_ns != 0 && gb_clock_mono_ns() - told_ns < 2 * RECENT_NS;
}

static void warn_of_peer(struct gb_report *r, const struct gb_peer_view *peer, bool legacy)
{
	uint64_t silent_ns = r->now_ns > peer->last_seen_ns ? r->now_ns - peer->last_seen_ns : 0;
	uint64_t expected_ns = SILENT_HELLOS * peer->hello_interval_s * GB_NS_PER_S;
	char address[INET_ADDRSTRLEN];

	address_text(peer->address, address);
	if (peer->legacy != legacy && silent_ns < RECENT_NS)
		warning(r,
			legacy ? "%s sends native datagrams, this bridge legacy: set wire_format = native here, if no Python "
				 "bridge is left on the group"
			       : "%s sends legacy datagrams, this bridge native: a Python bridge makes garbage of those; set "
				 "the same wire_format on all hosts",
			address);
	if (expected_ns != 0 && silent_ns > expected_ns && silent_ns < FORGOTTEN_NS)
		warning(r, "nothing was heard of the bridge on %s for %llu s, though it says hello every %u s: is it running?",
			address, (unsigned long long)(silent_ns / GB_NS_PER_S), peer->hello_interval_s);
}

/* Of several paths, which one the warnings from FIRST on are about. */
static void name_path(const struct path *p, struct gb_report *r, unsigned first)
{
	char text[GB_REPORT_WARNING_TEXT];

	for (unsigned i = first; p->daemon->paths > 1 && i < r->warnings; i++) {
		memcpy(text, r->warning[i], sizeof(text));
		snprintf(r->warning[i], sizeof(r->warning[i]), "%s: %.*s", p->own.interface,
			 (int)(sizeof(text) - IFNAMSIZ - 3), text);
	}
}

static void warn_of_sources(const struct path *p, struct gb_report *r)
{
	unsigned first = r->warnings;
	char address[INET_ADDRSTRLEN];

	if (is_recent(p->conflict_ns))
		warning(r, "%s uses this bridge's sender id: give one of them another sender_id",
			address_text(p->conflict_address, address));
	if (is_recent(p->refused_ns))
		warning(r, "datagrams of %s are dropped: it is not in allow_sources",
			address_text(p->refused_address, address));
	name_path(p, r, first);
}

static void warn_of_streams(struct gb_report *r)
{
	uint64_t silent = 0, refused = 0;

	for (unsigned i = 0; i < 2; i++) {
		silent += r->stream_counts[i].silent;
		refused += r->stream_counts[i].refused;
	}
	if (silent)
		warning(r, "%llu GOOSE stream%s silent beyond timeAllowedtoLive: see `goose-bridge-ctl streams`",
			(unsigned long long)silent, silent == 1 ? " is" : "s are");
	if (refused)
		warning(r,
			"%llu frames were of GOOSE streams that found no room in the table (they were carried): raise "
			"max_streams",
			(unsigned long long)refused);
}

/* What is wrong though the network is up. */
static void warn_of_network(const struct path *p, const struct gb_report_path *out, struct gb_report *r)
{
	unsigned anew = p->config->igmp_monitor_interval * p->config->igmp_reregister_threshold;
	const struct gb_membership_status *m = &out->membership;

	if (m->left)
		warning(r, "no frames come in: the group was left on purpose; `goose-bridge-ctl reload` joins it again");
	else if (m->state == GB_MEMBERSHIP_LOST)
		warning(r, "the membership of the group is lost on %s, it is joined anew every %u s: see "
			"`goose-bridge-ctl igmp`",
			p->network_name, anew);
	else if (!out->member)
		warning(r, "the kernel holds no membership for the group on %s: joined anew within %u s", p->network_name,
			anew);
	if (strcmp(out->tgw.state, gb_registry_says_name(GB_REGISTRY_SAYS_ABSENT)) == 0 && !m->left)
		warning(r, "%s, so the transit gateway sends it nothing: see goose-bridge-security-check(8)", out->tgw.detail);
	if (p->sending_fails)
		warning(r, "the network refuses what is sent on %s: see `goose-bridge-ctl stats` (drops) and the log",
			p->network_name);
	if (m->querier_state == GB_QUERIER_LOST)
		warning(r, "no IGMP queries come any more on %s: check the querier, and that IP protocol 2 is let in",
			p->network_name);
}

static void warn_of_path(const struct path *p, const struct gb_report_path *out, struct gb_report *r)
{
	unsigned first = r->warnings;

	if (!p->goose0_up)
		warning(r, "no frames can pass: %s", p->goose0_detail);
	if (!p->network_up)
		warning(r, "no frames can pass: %s", p->network_detail);
	else if (p->network_kept)
		warning(r, "%s is still used, but: %s", p->network_name, p->network_detail);
	if (p->network_up)
		warn_of_network(p, out, r);
	if (p->network_up && engine_is_missed(p))
		warning(r, "datapath = kernel cannot be had, and the user engine carries frames: %s", p->engine_why);
	name_path(p, r, first);
}

static void warn(const struct daemon *d, struct gb_report *r)
{
	for (unsigned i = 0; i < d->paths; i++)
		warn_of_path(&d->path[i], &r->path[i], r);
	if (d->health.degraded)
		warning(r, "more than max_errors = %u errors within %u s: see `goose-bridge-ctl stats` and the log",
			d->config.max_errors, d->config.error_reset_interval);
	for (size_t i = 0; i < r->peers; i++)
		warn_of_peer(r, &r->peer[i], d->config.wire_format == GB_WIRE_LEGACY);
	for (unsigned i = 0; i < d->paths; i++)
		warn_of_sources(&d->path[i], r);
	warn_of_streams(r);
}

static void fill_path(struct path *p, struct gb_report_path *out)
{
	const struct gb_config *c = p->config;
	const struct scheduling *scheduling = &p->daemon->scheduling;
	const char *detail = !p->goose0_up ? p->goose0_detail : !p->network_up ? p->network_detail : "";

	*out = (struct gb_report_path){
		.id = p->own.id,
		.group = p->own.multicast_ip,
		.port = c->multicast_port,
		.goose0_up = p->goose0_up,
		.network_up = p->network_up,
		.member = p->transport && gb_transport_is_member(p->transport) == 1,
		.since_ns = p->since_ns,
		.wire_format = c->wire_format == GB_WIRE_NATIVE ? "native" : "legacy",
		.engine = engine_is_kernel(p) ? "kernel" : "user",
		.path_mtu = p->path_mtu,
		.ttl = c->multicast_ttl,
		.dscp = c->dscp,
		.receive_buffer = p->transport ? p->granted.receive_buffer : 0,
		.send_buffer = p->transport ? p->granted.send_buffer : 0,
		.udp_segment = p->transport && p->granted.segment,
		.udp_gro = p->transport && p->granted.gro,
		.busy_poll_us = scheduling->busy_poll ? c->busy_poll_us : 0,
		.realtime_priority = scheduling->priority,
		.cpus = p->cpus,
		.sender_id = p->sender_id,
		.epoch = gb_datapath_epoch(p->datapath),
	};
	memcpy(out->interface, p->own.interface, sizeof(out->interface));
	snprintf(out->detail, sizeof(out->detail), "%s", detail);
	if (p->transport) {
		out->local = gb_transport_settings(p->transport)->local;
		snprintf(out->network_interface, sizeof(out->network_interface), "%s", p->network_name);
	}
	if (p->tun_ip_set.kind != GB_TUN_IP_NONE) {
		char address[INET_ADDRSTRLEN];

		snprintf(out->tun_ip, sizeof(out->tun_ip), "%s/%u", address_text(p->tun_ip_set.address, address),
			 p->tun_ip_set.prefix_length);
	}
}

/* What its membership and its workers say of it. */
static void fill_path_parts(struct path *p, struct gb_report_path *out)
{
	struct gb_datapath_latencies latencies;

	gb_membership_status(p->membership, &out->membership);
	tgw_report(p, &out->tgw);
	add_totals(p, &out->totals);
	gb_datapath_latencies(p->datapath, &latencies);
	memcpy(out->residence, latencies.residence, sizeof(out->residence));
	out->one_way = latencies.one_way;
}

static void fill_groups(const struct daemon *d, struct gb_report *r)
{
	struct gb_netif_group at;
	struct gb_netif_link link;

	for (size_t i = 0; r->groups < GB_REPORT_GROUPS_MAX && gb_netif_group_at(d->netif, i, &at); i++) {
		if (!gb_netif_link_by_index(d->netif, at.index, &link))
			continue;
		r->group[r->groups].group = at.group;
		memcpy(r->group[r->groups++].interface, link.name, sizeof(link.name));
	}
}

/* Of all paths together. */
static void fill_streams(struct daemon *d, struct gb_report *r)
{
	struct gb_streams_counts counts;

	r->supervised = d->config.max_streams != 0;
	for (unsigned i = 0; i < d->paths; i++)
		for (unsigned k = 0; k < 2; k++)
			if (gb_datapath_stream_counts(d->path[i].datapath, (enum gb_stream_direction)k, &counts) == 0)
				gb_streams_counts_add(&r->stream_counts[k], &counts);
}

/* Into d->peers, path by path. Returns how many. */
static size_t collect_peers(struct daemon *d)
{
	size_t count = 0;

	for (unsigned i = 0; i < d->paths; i++) {
		struct gb_peer_view *view = &d->peers[count];
		int peers = gb_datapath_peers(d->path[i].datapath, view, d->config.max_peers);

		for (int k = 0; k < peers; k++)
			view[k].path_id = d->path[i].own.id;
		count += peers > 0 ? (size_t)peers : 0;
	}
	return count;
}

static bool is_whole(const struct path *p, const struct gb_report_path *out)
{
	return p->goose0_up && p->network_up && out->member && !p->sending_fails && !engine_is_missed(p) &&
	       out->membership.state != GB_MEMBERSHIP_LOST;
}

void reporting_fill(struct daemon *d, struct gb_report *r)
{
	bool whole = !d->health.degraded;

	*r = (struct gb_report){
		.version = PACKAGE_VERSION,
		.log_file = d->config.log_file,
		.now_ns = gb_clock_utc_ns(),
		.start_ns = d->start_utc_ns,
		.uptime_ns = gb_clock_mono_ns() - d->start_ns,
		.goose_per_second = d->goose_per_second,
		.multicast_per_second = d->multicast_per_second,
		.last_error_reset_ns = d->health.window_start_utc_ns,
		.running = d->running,
		.paths = d->paths,
		.peers = collect_peers(d),
		.peer = d->peers,
		.events = d->event_log,
		.rejoins = d->rejoins,
		.rejoin = d->rejoin,
	};
	reporting_totals(d, &r->totals);
	r->error_rate = health_error_rate(d, &r->totals);
	for (unsigned i = 0; i < d->paths; i++) {
		fill_path(&d->path[i], &r->path[i]);
		fill_path_parts(&d->path[i], &r->path[i]);
		whole = whole && is_whole(&d->path[i], &r->path[i]);
	}
	fill_groups(d, r);
	fill_streams(d, r);
	snmp_fill(d, &r->snmp);
	warn(d, r);
	r->state = !d->running ? GB_REPORT_DOWN : whole ? GB_REPORT_RUNNING : GB_REPORT_DEGRADED;
}

static void sample_throughput(struct daemon *d)
{
	struct gb_totals totals;
	uint64_t now = gb_clock_mono_ns();
	double seconds = (double)(now - d->sampled_ns) / (double)GB_NS_PER_S;

	reporting_totals(d, &totals);
	uint64_t goose =
		totals.counter[GB_COUNT_goose_received] + totals.counter[GB_COUNT_vlan_goose_received];
	uint64_t sent = totals.counter[GB_COUNT_goose_to_ip];

	if (d->sampled_ns != 0 && seconds > 0) {
		d->goose_per_second = (double)(goose - d->sampled_goose) / seconds;
		d->multicast_per_second = (double)(sent - d->sampled_sent) / seconds;
	}
	d->sampled_ns = now;
	d->sampled_goose = goose;
	d->sampled_sent = sent;
}

/* REPORT with all streams. They belong to *VIEWS, which the caller frees. */
static void fill_with_streams(struct daemon *d, struct gb_report *report, struct gb_stream_view **views)
{
	reporting_fill(d, report);
	streams_collect(d, views, &report->streams);
	report->stream = *views;
}

static void save_report(struct daemon *d)
{
	struct gb_stream_view *views;
	struct gb_report report;

	fill_with_streams(d, &report, &views);
	int error = gb_report_save(&report, d->config.stats_file);

	free(views);
	if (error && !d->export_failing)
		gb_warn("cannot write %s: %s (tried again every %u s, not said again)", d->config.stats_file,
			strerror(-error), d->config.stats_export_interval);
	else if (!error && d->export_failing)
		gb_info("%s is written again", d->config.stats_file);
	d->export_failing = error != 0;
}

void reporting_export(struct daemon *d)
{
	sample_throughput(d);
	if (d->config.enable_stats_export)
		save_report(d);
	streams_save(d);
	notify_changed(d);
}

void reporting_sentence(struct daemon *d, char *text, size_t size)
{
	const char *state;
	struct gb_report r;

	reporting_fill(d, &r);
	state = gb_report_state_name(r.state);
	if (r.warnings == 0 && r.paths > 1)
		snprintf(text, size, "%s: frames pass between %s and %s, and between %s and %s", state, r.path[0].interface,
			 r.path[0].network_interface, r.path[1].interface, r.path[1].network_interface);
	else if (r.warnings == 0)
		snprintf(text, size, "%s: frames pass between %s and %s", state, r.path[0].interface,
			 r.path[0].network_interface);
	else if (r.warnings == 1)
		snprintf(text, size, "%s: %s", state, r.warning[0]);
	else
		snprintf(text, size, "%s: %s (and %u more: goose-bridge-ctl status)", state, r.warning[0], r.warnings - 1);
}

char *reporting_json(struct daemon *d, enum gb_report_part part)
{
	struct gb_stream_view *views = NULL;
	struct gb_report report;
	char *line;

	if (part == GB_REPORT_STATS || part == GB_REPORT_STREAMS)
		fill_with_streams(d, &report, &views);
	else
		reporting_fill(d, &report);
	line = gb_report_json(&report, part);
	free(views);
	return line;
}

char *reporting_openmetrics(struct daemon *d, size_t *length)
{
	struct gb_stream_view *views;
	struct gb_report report;
	char *text;

	fill_with_streams(d, &report, &views);
	text = gb_report_openmetrics(&report, length);
	free(views);
	return text;
}
