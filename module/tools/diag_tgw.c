/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-diag tgw timeout, tgw keepalive: how long the network sends a group to a member whose kernel answers no query.
 *
 * The membership is made of raw reports alone, and the datagrams are received by a packet socket (diag_quiet.h). So the kernel
 * is no member, answers nothing and sends no LEAVE, and the bridge's own membership, of another group, is not touched.
 */
#include "diag_hold.h"
#include "diag_kernel.h"
#include "diag_listen.h"
#include "diag_quiet.h"
#include "diag_sender.h"
#include "diag_tally.h"

#include <errno.h>
#include <goose-bridge/clock.h>
#include <goose-bridge/igmp_socket.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define LOOK_NS	 (GB_NS_PER_S / 10)
#define RETRY_NS (5 * GB_NS_PER_S)  /* the first reports of a member may be lost */
#define WAIT_NS	 (60 * GB_NS_PER_S) /* for the first datagram */

struct trial {
	struct diag *d;
	bool keepalive;
	int raw; /* -1 = none */
	struct diag_hold hold;
	struct diag_quiet quiet;
	struct diag_listener listener;
	struct diag_sender sender;
	struct diag_tally tally;
	uint64_t queries; /* since the first report */
	uint64_t failed;  /* reports that the kernel refused */
	bool intruded;	  /* somebody on this host has joined the group */
	struct event *look, *report, *progress;
};

/* ---- what happens --------------------------------------------------------------------------------------------------- */

static void send_report(struct trial *t)
{
	struct diag *d = t->d;
	int error = gb_igmp_socket_report(t->raw, d->link.index, d->local, d->group);
	char group[INET_ADDRSTRLEN];

	if (error) {
		if (t->failed++ == 0)
			diag_complain("a report could not be sent: %s", strerror(-error));
		return;
	}
	diag_hold_report(&t->hold, gb_clock_mono_ns());
	diag_tell(&d->out, t->hold.reported_ns, "report", NULL, "report of %s sent, the %" PRIu64 ".",
		  diag_address(d->group, group), t->hold.reports);
}

static void on_heard(void *arg, const struct gb_igmp_message *message, bool outgoing, uint64_t time_ns)
{
	struct trial *t = arg;
	char text[200];

	if (outgoing || message->kind != GB_IGMP_QUERY ||
	    (message->group.s_addr != 0 && message->group.s_addr != t->d->group.s_addr))
		return;
	t->queries++;
	diag_tell(&t->d->out, time_ns, "query", diag_listen_fields(message, outgoing), "%s; nobody answers for this group",
		  diag_listen_describe(message, outgoing, t->d->group, text, sizeof(text)));
}

static void on_datagram(void *arg, struct in_addr source, unsigned ttl, const uint8_t *payload, size_t length)
{
	struct trial *t = arg;
	struct json_object *fields;
	struct diag_datagram datagram;
	char address[INET_ADDRSTRLEN];
	bool is_new;

	if (!diag_datagram_get(payload, length, &datagram)) {
		t->tally.foreign++;
		return;
	}
	diag_tally_take(&t->tally, source, ttl, &datagram, &is_new);
	if (datagram.total)
		return;
	diag_hold_datagram(&t->hold, gb_clock_mono_ns());
	if (t->hold.datagrams > 1)
		return;
	fields = json_object_new_object();
	diag_put_address(fields, "source", source);
	diag_tell(&t->d->out, t->hold.first_ns, "flowing", fields, "datagrams of %s come in", diag_address(source, address));
}

static void on_report(evutil_socket_t fd, short what, void *arg)
{
	struct trial *t = arg;

	(void)fd;
	(void)what;
	if (t->keepalive || t->hold.phase == DIAG_HOLD_WAITING)
		send_report(t);
}

/* A kernel membership would answer queries, and the trial mean nothing. */
static void on_look(evutil_socket_t fd, short what, void *arg)
{
	struct trial *t = arg;
	uint64_t now = gb_clock_mono_ns();

	(void)fd;
	(void)what;
	t->intruded = diag_kernel_users(t->d->link.index, t->d->group) > 0;
	if (t->intruded || diag_hold_tick(&t->hold, now))
		diag_stop(t->d);
}

static void on_progress(evutil_socket_t fd, short what, void *arg)
{
	const struct trial *t = arg;
	struct json_object *fields = json_object_new_object();
	uint64_t since = gb_clock_mono_ns() - t->hold.reported_ns;

	(void)fd;
	(void)what;
	put_count(fields, "datagrams", t->hold.datagrams);
	put_count(fields, "reports", t->hold.reports);
	put_count(fields, "queries", t->queries);
	diag_progress(&t->d->out, fields, "%s, %" PRIu64 " datagrams, %" PRIu64 " queries; last report %.0f s ago",
		      t->hold.phase == DIAG_HOLD_FLOWING ? "flowing" : "waiting for the sender", t->hold.datagrams, t->queries,
		      t->hold.reports ? diag_seconds(since) : 0.0);
}

/* ---- the summary ---------------------------------------------------------------------------------------------------- */

enum outcome { NOTHING, INTRUDED, SILENT, FLOWING, INTERRUPTED };

static enum outcome outcome_of(const struct trial *t)
{
	if (t->intruded)
		return INTRUDED;
	if (t->hold.phase == DIAG_HOLD_SILENT)
		return SILENT;
	if (t->hold.phase != DIAG_HOLD_FLOWING)
		return NOTHING;
	return t->d->interrupted ? INTERRUPTED : FLOWING;
}

static uint64_t flowed_ns(const struct trial *t)
{
	return t->hold.datagrams ? t->hold.last_ns - t->hold.first_ns : 0;
}

/* Whether the trial has its good answer: for timeout that silence came, for keepalive that it did not. */
static bool judge(const struct trial *t, enum outcome outcome, char *text, size_t size)
{
	double flowed = diag_seconds(flowed_ns(t)), served = diag_seconds(diag_hold_served_ns(&t->hold));
	bool fine = false;

	switch (outcome) {
	case NOTHING:
		snprintf(text, size,
			 "no datagram came: does the sender run (--send on another host, or --from IF here), and do reports "
			 "and UDP port %u get through?",
			 t->d->port);
		break;
	case INTRUDED:
		snprintf(text, size,
			 "somebody on this host has joined the group: the kernel answers queries now, so nothing was "
			 "measured");
		break;
	case SILENT:
		fine = !t->keepalive;
		if (t->keepalive)
			snprintf(text, size,
				 "the keepalive does not hold it: silent %.1f s after the last report, with %" PRIu64
				 " reports sent",
				 served, t->hold.reports);
		else
			snprintf(text, size, "silent %.1f s after the report, with %" PRIu64 " queries unanswered", served,
				 t->queries);
		break;
	case FLOWING:
		fine = t->keepalive;
		if (t->keepalive)
			snprintf(text, size, "the keepalive alone held it for %.1f s, with %" PRIu64 " queries unanswered",
				 flowed, t->queries);
		else
			snprintf(text, size,
				 "still served %.1f s after the report: this network forgets no member, or not so soon",
				 served);
		break;
	case INTERRUPTED:
		fine = t->keepalive;
		snprintf(text, size, "interrupted; served for %.1f s so far, %.1f s of them after the last report", flowed,
			 served);
		break;
	}
	return fine;
}

static int summarise(const struct trial *t)
{
	static const char *const names[] = {"nothing", "intruded", "silent", "flowing", "interrupted"};
	struct json_object *object = json_object_new_object();
	const struct diag_output *out = &t->d->out;
	enum outcome outcome = outcome_of(t);
	uint64_t lost = 0;
	char verdict[240];
	bool fine = judge(t, outcome, verdict, sizeof(verdict));

	for (unsigned i = 0; i < t->tally.sources; i++)
		lost += diag_source_lost(&t->tally.source[i]);
	diag_gap(out);
	put_text(object, "event", "summary");
	diag_put_seconds(object, "time_s", gb_clock_mono_ns() - out->start_ns);
	put_text(object, "outcome", names[outcome]);
	diag_put_seconds(object, "served_after_report_s", diag_hold_served_ns(&t->hold));
	diag_put_seconds(object, "flowed_s", flowed_ns(t));
	diag_put_seconds(object, "longest_gap_s", t->hold.longest_gap_ns);
	put_count(object, "reports", t->hold.reports);
	put_count(object, "reports_refused", t->failed);
	put_count(object, "queries", t->queries);
	put_count(object, "datagrams", t->hold.datagrams);
	put_count(object, "lost", lost);
	put_bool(object, "fine", fine);
	put_text(object, "verdict", verdict);
	diag_line(out,
		  "%" PRIu64 " reports sent; %" PRIu64 " datagrams received for %.1f s, %" PRIu64 " lost, longest gap %.2f s",
		  t->hold.reports, t->hold.datagrams, diag_seconds(flowed_ns(t)), lost, diag_seconds(t->hold.longest_gap_ns));
	diag_line(out, "%s", verdict);
	diag_object(out, object);
	return fine ? DIAG_FINE : DIAG_BAD_NEWS;
}

/* ---- a trial -------------------------------------------------------------------------------------------------------- */

static int check_alone(const struct diag *d)
{
	char group[INET_ADDRSTRLEN];
	unsigned users = diag_kernel_users(d->link.index, d->group);

	if (users == 0)
		return 0;
	diag_complain("%s is a member of %s already (%u on this host hold it: the bridge, or another program), and its kernel "
		      "answers queries for it; name a group that nobody here uses with --group",
		      d->link.name, diag_address(d->group, group), users);
	return DIAG_USAGE;
}

static int open_raw(struct trial *t)
{
	t->raw = gb_igmp_socket_open(t->d->link.name);
	if (t->raw >= 0)
		return 0;
	diag_complain("cannot open a raw socket on %s: %s%s", t->d->link.name, strerror(-t->raw),
		      t->raw == -EPERM ? "; run it as root, or give it CAP_NET_RAW" : "");
	return DIAG_BAD_NEWS;
}

/* The second interface, if there is one to send through. */
static int begin_sender(struct trial *t)
{
	struct diag *d = t->d;
	struct gb_netif_link link;
	struct in_addr local;
	int status;

	if (!d->options.from[0])
		return 0;
	status = diag_find_interface(d, d->options.from, &link, &local);
	if (!status && link.index == d->link.index) {
		diag_complain("--from: %s is where it receives, and what this host sends there does not come back", link.name);
		status = DIAG_USAGE;
	}
	return status ? status : diag_sender_begin(&t->sender, d, &link, local, false);
}

static void tell_begin(struct trial *t)
{
	struct json_object *fields = json_object_new_object();
	struct diag *d = t->d;
	char group[INET_ADDRSTRLEN];

	diag_put_address(fields, "group", d->group);
	put_count(fields, "port", d->port);
	put_text(fields, "interface", d->link.name);
	diag_tell(&d->out, gb_clock_mono_ns(), "begin", fields,
		  "%s:%u on %s, a member by %s alone: its kernel answers no query, and no LEAVE is sent",
		  diag_address(d->group, group), d->port, d->link.name, t->keepalive ? "reports" : "one report");
}

static int begin(struct trial *t)
{
	int status = check_alone(t->d);

	if (!status)
		status = open_raw(t);
	if (!status)
		status = diag_listen_begin(&t->listener, t->d, on_heard, t);
	if (!status)
		status = diag_quiet_begin(&t->quiet, t->d, on_datagram, t);
	if (!status)
		status = begin_sender(t);
	return status;
}

static void end(struct trial *t)
{
	struct event *events[] = {t->look, t->report, t->progress};

	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (events[i])
			event_free(events[i]);
	diag_sender_end(&t->sender);
	diag_quiet_end(&t->quiet);
	diag_listen_end(&t->listener);
	if (t->raw >= 0)
		close(t->raw);
}

/* The other host's part. It has nothing to say of how it went but that it sent. */
static int send_only(struct diag *d)
{
	struct diag_sender sender = {.fd = -1};
	struct json_object *object;
	int status = diag_sender_begin(&sender, d, &d->link, d->local, false);
	char group[INET_ADDRSTRLEN];

	if (!status) {
		diag_line(&d->out, "sending to %s:%u through %s, %u datagrams/s for %.0f s", diag_address(d->group, group),
			  d->port, d->link.name, d->options.rate, diag_seconds(d->options.duration_ns));
		diag_run(d, d->options.duration_ns);
		object = json_object_new_object();
		put_text(object, "event", "summary");
		put_count(object, "sent", sender.sent);
		put_count(object, "refused", sender.failed);
		diag_line(&d->out, "%" PRIu64 " sent", sender.sent);
		diag_object(&d->out, object);
		status = sender.failed ? DIAG_BAD_NEWS : DIAG_FINE;
	}
	diag_sender_end(&sender);
	return status;
}

static int try(struct diag *d, bool keepalive)
{
	struct trial t = {
		.d = d, .keepalive = keepalive, .raw = -1, .quiet = {.fd = -1}, .listener = {.fd = -1}, .sender = {.fd = -1}};
	int status = diag_use_interface(d);

	if (status)
		return status;
	if (d->options.send)
		return send_only(d);
	status = begin(&t);
	if (status) {
		end(&t);
		return status;
	}
	tell_begin(&t);
	t.hold = diag_hold_begin(gb_clock_mono_ns(), WAIT_NS, d->options.silence_ns);
	send_report(&t);
	t.look = diag_every(d, LOOK_NS, on_look, &t);
	t.report = diag_every(d, keepalive ? d->options.interval_ns : RETRY_NS, on_report, &t);
	t.progress = diag_every(d, GB_NS_PER_S, on_progress, &t);
	diag_run(d, d->options.duration_ns);
	end(&t);
	return summarise(&t);
}

int diag_tgw_timeout(struct diag *d)
{
	return try(d, false);
}

int diag_tgw_keepalive(struct diag *d)
{
	return try(d, true);
}
