/* SPDX-License-Identifier: Apache-2.0 */
/* What the service says of itself: collected here, written down by the room report. */
#include "daemon_private.h"

#include "config.h"

#include <arpa/inet.h>
#include <goose-bridge/clock.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define RECENT_NS     GB_PEER_SILENT_NS /* what a status warning still speaks of */
#define SILENT_HELLOS 3 /* that did not come: then a peer is missed */
#define FORGOTTEN_NS  (3600 * GB_NS_PER_S) /* and after that time no more: it may have been taken down for good */

void reporting_totals(struct daemon *d, struct gb_totals *totals)
{
	*totals = (struct gb_totals){0};
	gb_datapath_totals(d->datapath, totals);
	totals->drop[GB_DROP_goose0_queue_full] += path_queue_dropped(d);
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

static void warn_of_peers(const struct daemon *d, struct gb_report *r)
{
	char address[INET_ADDRSTRLEN];

	for (size_t i = 0; i < r->peers; i++)
		warn_of_peer(r, &r->peer[i], d->config.wire_format == GB_WIRE_LEGACY);
	if (is_recent(d->conflict_ns))
		warning(r, "%s uses this bridge's sender id: give one of them another sender_id",
			address_text(d->conflict_address, address));
	if (is_recent(d->refused_ns))
		warning(r, "datagrams of %s are dropped: it is not in allow_sources",
			address_text(d->refused_address, address));
}

/* What is wrong though the network is up. */
static void warn_of_network(const struct daemon *d, struct gb_report *r)
{
	const struct path *p = &d->path;
	unsigned anew = d->config.igmp_monitor_interval * d->config.igmp_reregister_threshold;

	if (r->membership.left)
		warning(r, "no frames come in: the group was left on purpose; `goose-bridge-ctl reload` joins it again");
	else if (r->membership.state == GB_MEMBERSHIP_LOST)
		warning(r, "the membership of the group is lost on %s, it is joined anew every %u s: see "
			"`goose-bridge-ctl igmp`",
			p->network_name, anew);
	else if (!r->path[0].member)
		warning(r, "the kernel holds no membership for the group on %s: joined anew within %u s", p->network_name, anew);
	if (p->sending_fails)
		warning(r, "the network refuses what is sent on %s: see `goose-bridge-ctl stats` (drops) and the log",
			p->network_name);
	if (r->membership.querier_state == GB_QUERIER_LOST)
		warning(r, "no IGMP queries come any more on %s: check the querier, and that IP protocol 2 is let in",
			p->network_name);
}

static void warn(const struct daemon *d, struct gb_report *r)
{
	const struct path *p = &d->path;

	if (!p->goose0_up)
		warning(r, "no frames can pass: %s", p->goose0_detail);
	if (!p->network_up)
		warning(r, "no frames can pass: %s", p->network_detail);
	else if (p->network_kept)
		warning(r, "%s is still used, but: %s", p->network_name, p->network_detail);
	if (p->network_up)
		warn_of_network(d, r);
	if (d->health.degraded)
		warning(r, "more than max_errors = %u errors within %u s: see `goose-bridge-ctl stats` and the log",
			d->config.max_errors, d->config.error_reset_interval);
	warn_of_peers(d, r);
}

static void fill_path(struct daemon *d, struct gb_report_path *out)
{
	const struct gb_config *c = &d->config;
	const struct path *p = &d->path;
	const char *detail = !p->goose0_up ? p->goose0_detail : !p->network_up ? p->network_detail : "";

	*out = (struct gb_report_path){
		.group = c->multicast_ip,
		.port = c->multicast_port,
		.goose0_up = p->goose0_up,
		.network_up = p->network_up,
		.member = p->transport && gb_transport_is_member(p->transport) == 1,
		.since_ns = p->since_ns,
		.wire_format = c->wire_format == GB_WIRE_NATIVE ? "native" : "legacy",
		.engine = "user",
		.path_mtu = p->path_mtu,
		.ttl = c->multicast_ttl,
		.dscp = c->dscp,
		.receive_buffer = p->transport ? p->buffers.receive : 0,
		.send_buffer = p->transport ? p->buffers.send : 0,
		.sender_id = p->sender_id,
		.epoch = d->start_utc_ns,
	};
	snprintf(out->interface, sizeof(out->interface), "%s", c->interface);
	snprintf(out->detail, sizeof(out->detail), "%s", detail);
	if (p->transport) {
		out->local = gb_transport_settings(p->transport)->local;
		snprintf(out->network_interface, sizeof(out->network_interface), "%s", p->network_name);
	}
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

void reporting_fill(struct daemon *d, struct gb_report *r)
{
	const struct path *p = &d->path;
	int peers = gb_datapath_peers(d->datapath, d->peers, d->config.max_peers);

	*r = (struct gb_report){
		.version = PACKAGE_VERSION,
		.now_ns = gb_clock_utc_ns(),
		.start_ns = d->start_utc_ns,
		.uptime_ns = gb_clock_mono_ns() - d->start_ns,
		.goose_per_second = d->goose_per_second,
		.multicast_per_second = d->multicast_per_second,
		.last_error_reset_ns = d->health.window_start_utc_ns,
		.running = d->running,
		.paths = 1,
		.peers = peers > 0 ? (size_t)peers : 0,
		.peer = d->peers,
		.events = d->event_log,
	};
	reporting_totals(d, &r->totals);
	r->error_rate = health_error_rate(d, &r->totals);
	fill_path(d, &r->path[0]);
	gb_membership_status(d->membership, &r->membership);
	fill_groups(d, r);
	if (p->tun_ip_set.kind != GB_TUN_IP_NONE) {
		char address[INET_ADDRSTRLEN];

		inet_ntop(AF_INET, &p->tun_ip_set.address, address, sizeof(address));
		snprintf(r->tun_ip, sizeof(r->tun_ip), "%s/%u", address, p->tun_ip_set.prefix_length);
	}
	warn(d, r);
	bool whole = p->goose0_up && p->network_up && r->path[0].member && !p->sending_fails && !d->health.degraded &&
		     r->membership.state != GB_MEMBERSHIP_LOST;

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

void reporting_export(struct daemon *d)
{
	struct gb_report report;

	sample_throughput(d);
	if (!d->config.enable_stats_export)
		return;
	reporting_fill(d, &report);
	int error = gb_report_save(&report, d->config.stats_file);

	if (error && !d->export_failing)
		gb_warn("cannot write %s: %s (tried again every %u s, not said again)", d->config.stats_file,
			strerror(-error), d->config.stats_export_interval);
	else if (!error && d->export_failing)
		gb_info("%s is written again", d->config.stats_file);
	d->export_failing = error != 0;
}

char *reporting_json(struct daemon *d, enum gb_report_part part)
{
	struct gb_report report;

	reporting_fill(d, &report);
	return gb_report_json(&report, part);
}
