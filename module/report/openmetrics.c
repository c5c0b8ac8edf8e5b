/* SPDX-License-Identifier: Apache-2.0 */
/* The report as OpenMetrics text, version 1.0.0 (openmetrics.io; what Prometheus reads). Names are those of stats.json, behind
 * goose_bridge_. A family's samples stand together, so each is gone through once for each of its families.
 */
#include <goose-bridge/report.h>

#include <arpa/inet.h>
#include <goose-bridge/clock.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "goose_bridge_"

/* ---- the format ----------------------------------------------------------------------------------------------------- */

static void family(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# TYPE " PREFIX "%s %s\n# HELP " PREFIX "%s %s.\n", name, type, name, help);
}

/* A label's value: backslash, quote and line end are escaped; what is no UTF-8 becomes '?'. FIRST: no comma before it. */
static void label(FILE *out, bool first, const char *name, const char *value)
{
	char copy[256];

	snprintf(copy, sizeof(copy), "%s", value);
	gb_report_utf8(copy);
	fprintf(out, "%s%s=\"", first ? "" : ",", name);
	for (const char *c = copy; *c; c++) {
		if (*c == '\n') {
			fputs("\\n", out);
			continue;
		}
		if (*c == '\\' || *c == '"')
			putc('\\', out);
		putc(*c, out);
	}
	putc('"', out);
}

static void seconds(FILE *out, uint64_t ns)
{
	fprintf(out, "%" PRIu64 ".%09" PRIu64 "\n", ns / GB_NS_PER_S, ns % GB_NS_PER_S);
}

/* The 64-bit counter at OFFSET of OBJECT, with the line's end. */
static void put_field(FILE *out, const void *object, size_t offset)
{
	uint64_t value;

	memcpy(&value, (const char *)object + offset, sizeof(value));
	fprintf(out, "%" PRIu64 "\n", value);
}

static void gauge(FILE *out, const char *name, const char *help, uint64_t value)
{
	family(out, name, "gauge", help);
	fprintf(out, PREFIX "%s %" PRIu64 "\n", name, value);
}

static void counter(FILE *out, const char *name, const char *help, uint64_t value)
{
	family(out, name, "counter", help);
	fprintf(out, PREFIX "%s_total %" PRIu64 "\n", name, value);
}

/* One of COUNT states named by NAME_OF is the present one. */
static void state_set(FILE *out, const char *name, const char *help, const char *(*name_of)(unsigned state), unsigned count,
		      unsigned present)
{
	family(out, name, "stateset", help);
	for (unsigned i = 0; i < count; i++)
		fprintf(out, PREFIX "%s{" PREFIX "%s=\"%s\"} %d\n", name, name, name_of(i), i == present);
}

/* ---- the service ---------------------------------------------------------------------------------------------------- */

static const char *state_of(unsigned state)
{
	return gb_report_state_name((enum gb_report_state)state);
}

static void write_service(FILE *out, const struct gb_report *r)
{
	fputs("# TYPE goose_bridge info\n# HELP goose_bridge The service.\ngoose_bridge_info{", out);
	label(out, true, "version", r->version ? r->version : "");
	fputs("} 1\n", out);
	state_set(out, "state", "Whether frames can pass", state_of, GB_REPORT_RUNNING + 1, r->state);
	gauge(out, "warnings", "What is wrong: see goose-bridge-ctl status", r->warnings);
	family(out, "start_time_seconds", "gauge", "When the service started");
	fputs(PREFIX "start_time_seconds ", out);
	seconds(out, r->start_ns);
	for (unsigned i = 0; i < GB_COUNTER_COUNT; i++)
		counter(out, gb_counter_name((enum gb_counter)i), gb_counter_help((enum gb_counter)i), r->totals.counter[i]);
	family(out, "drops", "counter", "What was dropped, by reason");
	for (unsigned i = 0; i < GB_DROP_REASON_COUNT; i++)
		fprintf(out, PREFIX "drops_total{reason=\"%s\"} %" PRIu64 "\n", gb_drop_reason_name((enum gb_drop_reason)i),
			r->totals.drop[i]);
}

/* ---- latency -------------------------------------------------------------------------------------------------------- */

static void write_quantiles(FILE *out, const char *name, unsigned path, const char *direction,
			    const struct gb_latency *latency)
{
	const struct {
		const char *quantile;
		uint64_t ns;
	} quantiles[] = {{"0.5", latency->p50_ns},
			 {"0.99", latency->p99_ns},
			 {"0.999", latency->p999_ns},
			 {"1", latency->max_ns}};

	for (size_t i = 0; i < sizeof(quantiles) / sizeof(quantiles[0]) && latency->count; i++) {
		fprintf(out, PREFIX "%s{path=\"%u\",direction=\"%s\",quantile=\"%s\"} ", name, path, direction,
			quantiles[i].quantile);
		seconds(out, quantiles[i].ns);
	}
	fprintf(out, PREFIX "%s_count{path=\"%u\",direction=\"%s\"} %" PRIu64 "\n", name, path, direction, latency->count);
}

static void write_latencies(FILE *out, const struct gb_report *r)
{
	family(out, "residence_seconds", "summary", "How long frames were in this bridge, since the start");
	for (unsigned i = 0; i < 2 * r->paths; i++)
		write_quantiles(out, "residence_seconds", r->path[i / 2].id,
				gb_stream_direction_name((enum gb_stream_direction)(i % 2)), &r->path[i / 2].residence[i % 2]);
	family(out, "one_way_seconds", "summary",
	       "How long datagrams were on their way here, where both clocks are synchronised, since the start");
	for (unsigned i = 0; i < r->paths; i++)
		write_quantiles(out, "one_way_seconds", r->path[i].id, gb_stream_direction_name(GB_STREAM_TO_GOOSE0),
				&r->path[i].one_way);
}

/* ---- paths ---------------------------------------------------------------------------------------------------------- */

static void path_sample(FILE *out, const char *name, const struct gb_report_path *path, uint64_t value)
{
	char group[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &path->group, group, sizeof(group));
	fprintf(out, PREFIX "%s{path=\"%u\"", name, path->id);
	label(out, false, "interface", path->interface);
	label(out, false, "network_interface", path->network_interface);
	label(out, false, "group", group);
	fprintf(out, "} %" PRIu64 "\n", value);
}

static void write_paths(FILE *out, const struct gb_report *r)
{
	family(out, "path_goose0_up", "gauge", "Whether the GOOSE interface can be used");
	for (unsigned i = 0; i < r->paths; i++)
		path_sample(out, "path_goose0_up", &r->path[i], r->path[i].goose0_up);
	family(out, "path_network_up", "gauge", "Whether the network can be used");
	for (unsigned i = 0; i < r->paths; i++)
		path_sample(out, "path_network_up", &r->path[i], r->path[i].network_up);
	family(out, "path_member", "gauge", "Whether the kernel holds the membership of the group");
	for (unsigned i = 0; i < r->paths; i++)
		path_sample(out, "path_member", &r->path[i], r->path[i].member);
	family(out, "path_mtu_octets", "gauge", "The largest IP packet that is sent");
	for (unsigned i = 0; i < r->paths; i++)
		path_sample(out, "path_mtu_octets", &r->path[i], r->path[i].path_mtu);
}

/* ---- membership ----------------------------------------------------------------------------------------------------- */

static const char *membership_state(unsigned state)
{
	return gb_membership_state_name((enum gb_membership_state)state);
}

static const char *querier_state(unsigned state)
{
	return gb_querier_state_name((enum gb_querier_state)state);
}

/* One of COUNT states named by NAME_OF is the present one of PATH. */
static void state_of_path(FILE *out, const char *name, unsigned path, const char *(*name_of)(unsigned state), unsigned count,
			  unsigned present)
{
	for (unsigned i = 0; i < count; i++)
		fprintf(out, PREFIX "%s{path=\"%u\"," PREFIX "%s=\"%s\"} %d\n", name, path, name, name_of(i), i == present);
}

static void write_membership_states(FILE *out, const struct gb_report *r)
{
	family(out, "membership_state", "stateset", "Membership of the group");
	for (unsigned i = 0; i < r->paths; i++)
		state_of_path(out, "membership_state", r->path[i].id, membership_state, GB_MEMBERSHIP_LOST + 1,
			      r->path[i].membership.state);
	family(out, "querier_state", "stateset", "Whether IGMP queries are heard");
	for (unsigned i = 0; i < r->paths; i++)
		state_of_path(out, "querier_state", r->path[i].id, querier_state, GB_QUERIER_LOST + 1,
			      r->path[i].membership.querier_state);
}

static void write_membership(FILE *out, const struct gb_report *r)
{
	static const struct {
		const char *name;
		const char *help;
		size_t offset;
		bool moment; /* when something was last; no sample if it never was */
	} fields[] = {
#define MEMBER(field, help) {"membership_" #field, help, offsetof(struct gb_membership_status, field), false}
#define MOMENT(field, help) {"membership_" #field "_seconds", help, offsetof(struct gb_membership_status, field##_ns), true}
		MEMBER(queries_received, "IGMP queries received"),
		MEMBER(reports_sent, "Membership reports that the service has sent"),
		MEMBER(keepalive_count, "Of these, those that igmp_keepalive_interval made due"),
		MEMBER(reregister_count, "How often the group was joined anew"),
		MEMBER(monitor_checks, "Checks of the membership"),
		MEMBER(local_missing_count, "Checks that found no membership in the kernel"),
		{"membership_tgw_missing_count", "Answers of the AWS registry that this host is no member",
		 offsetof(struct gb_membership_status, registry_missing_count), false},
		MOMENT(last_query, "When the last query came"), MOMENT(last_report, "When the last report was sent"),
		MOMENT(last_reregister, "When the group was last joined anew"),
#undef MEMBER
#undef MOMENT
	};

	write_membership_states(out, r);
	for (size_t k = 0; k < sizeof(fields) / sizeof(fields[0]); k++) {
		family(out, fields[k].name, fields[k].moment ? "gauge" : "counter", fields[k].help);
		for (unsigned i = 0; i < r->paths; i++) {
			uint64_t value;

			memcpy(&value, (const char *)&r->path[i].membership + fields[k].offset, sizeof(value));
			if (fields[k].moment && value == 0)
				continue;
			fprintf(out, PREFIX "%s%s{path=\"%u\"} ", fields[k].name, fields[k].moment ? "" : "_total",
				r->path[i].id);
			if (fields[k].moment)
				seconds(out, value);
			else
				fprintf(out, "%" PRIu64 "\n", value);
		}
	}
}

/* ---- peers ---------------------------------------------------------------------------------------------------------- */

static void peer_labels(FILE *out, const char *name, const char *suffix, const struct gb_peer_view *peer)
{
	char address[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &peer->address, address, sizeof(address));
	fprintf(out, PREFIX "%s%s{path=\"%u\",address=\"%s\",sender_id=\"%016" PRIx64 "\"} ", name, suffix, peer->path_id,
		address, peer->legacy ? 0 : peer->sender_id);
}

static void write_peers(FILE *out, const struct gb_report *r)
{
	static const struct {
		const char *name;
		const char *help;
		size_t offset;
	} counters[] = {
#define PEER(field, help) {"peer_" #field, help, offsetof(struct gb_peer_view, field)}
		PEER(datagrams, "Datagrams received from another bridge"), PEER(frames, "Frames that were in these"),
		PEER(lost, "Datagrams that were missing when a later one came, by their sequence"),
		PEER(recovered, "Of the lost ones, those that came late after all"),
		PEER(reordered, "Datagrams that came after a later one"),
		PEER(duplicates, "Datagrams that came twice"), PEER(restarts, "How often its sequences began again"),
#undef PEER
	};

	for (size_t k = 0; k < sizeof(counters) / sizeof(counters[0]); k++) {
		family(out, counters[k].name, "counter", counters[k].help);
		for (size_t i = 0; i < r->peers; i++) {
			peer_labels(out, counters[k].name, "_total", &r->peer[i]);
			put_field(out, &r->peer[i], counters[k].offset);
		}
	}
	family(out, "peer_last_seen_seconds", "gauge", "When the bridge was last heard");
	for (size_t i = 0; i < r->peers; i++) {
		peer_labels(out, "peer_last_seen_seconds", "", &r->peer[i]);
		seconds(out, r->peer[i].last_seen_ns);
	}
}

/* ---- streams -------------------------------------------------------------------------------------------------------- */

static void stream_labels(FILE *out, const char *name, const char *suffix, const struct gb_stream_view *s)
{
	fprintf(out, PREFIX "%s%s{index=\"%u\",direction=\"%s\",simulation=\"%s\"", name, suffix, s->index,
		gb_stream_direction_name(s->key.direction), s->simulation ? "true" : "false");
	label(out, false, "gocb_ref", s->key.gocb_ref);
	if (s->key.has_appid)
		fprintf(out, ",appid=\"%u\"", s->key.appid);
	if (s->key.has_source)
		fprintf(out, ",src_mac=\"%02x:%02x:%02x:%02x:%02x:%02x\"", s->key.source[0], s->key.source[1], s->key.source[2],
			s->key.source[3], s->key.source[4], s->key.source[5]);
	fprintf(out, "} ");
}

static void write_stream_counts(FILE *out, const struct gb_report *r)
{
	family(out, "streams", "gauge", "GOOSE streams that are known, by direction and state");
	for (unsigned i = 0; i < 2; i++)
		for (unsigned state = 0; state <= GB_STREAM_EXPIRED; state++)
			fprintf(out, PREFIX "streams{direction=\"%s\",state=\"%s\"} %" PRIu64 "\n",
				gb_stream_direction_name((enum gb_stream_direction)i),
				gb_stream_state_name((enum gb_stream_state)state), r->stream_counts[i].by_state[state]);
	family(out, "stream_frames_refused", "counter", "Frames whose stream found no room in the table");
	for (unsigned i = 0; i < 2; i++)
		fprintf(out, PREFIX "stream_frames_refused_total{direction=\"%s\"} %" PRIu64 "\n",
			gb_stream_direction_name((enum gb_stream_direction)i), r->stream_counts[i].refused);
	family(out, "stream_frames_undecodable", "counter", "Frames of which not even the stream is known");
	for (unsigned i = 0; i < 2; i++)
		fprintf(out, PREFIX "stream_frames_undecodable_total{direction=\"%s\"} %" PRIu64 "\n",
			gb_stream_direction_name((enum gb_stream_direction)i), r->stream_counts[i].undecodable);
}

static void write_streams(FILE *out, const struct gb_report *r)
{
	static const struct {
		const char *name;
		const char *help;
		size_t offset;
	} counters[] = {
#define STREAM(field, help) {"stream_" #field, help, offsetof(struct gb_stream_view, field)}
		STREAM(frames, "Messages received"), STREAM(state_changes, "How often stNum grew"),
		STREAM(lost, "Messages that were missing when a later one came, by stNum and sqNum"),
		STREAM(recovered, "Of the lost ones, those that came late after all"),
		STREAM(out_of_order, "Messages that came after a later one"), STREAM(duplicates, "Messages that came again"),
		STREAM(expirations, "How often nothing new came within timeAllowedtoLive"),
		STREAM(decode_errors, "Messages with an error in their PDU"),
		STREAM(replays_suspected, "Messages that did not fit behind the ones before"),
#undef STREAM
	};

	family(out, "stream_silent", "gauge", "Whether nothing new came within timeAllowedtoLive");
	for (size_t i = 0; i < r->streams; i++) {
		stream_labels(out, "stream_silent", "", &r->stream[i]);
		fprintf(out, "%d\n", r->stream[i].state == GB_STREAM_EXPIRED);
	}
	for (size_t k = 0; k < sizeof(counters) / sizeof(counters[0]); k++) {
		family(out, counters[k].name, "counter", counters[k].help);
		for (size_t i = 0; i < r->streams; i++) {
			stream_labels(out, counters[k].name, "_total", &r->stream[i]);
			put_field(out, &r->stream[i], counters[k].offset);
		}
	}
}

char *gb_report_openmetrics(const struct gb_report *report, size_t *length)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, length);
	bool bad;

	if (!out)
		return NULL;
	write_service(out, report);
	write_latencies(out, report);
	write_paths(out, report);
	write_membership(out, report);
	write_peers(out, report);
	if (report->supervised) {
		write_stream_counts(out, report);
		write_streams(out, report);
	}
	fputs("# EOF\n", out);
	bad = ferror(out) != 0;
	bad |= fclose(out) != 0;
	if (!bad)
		return text;
	free(text);
	return NULL;
}
