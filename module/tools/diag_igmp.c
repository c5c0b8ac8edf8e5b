/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-diag igmp status, igmp join: memberships as the kernel has them, and what joining puts on the wire. */
#include "diag_kernel.h"
#include "diag_listen.h"
#include "diag_receiver.h"
#include "diag_service.h"
#include "diag_timeline.h"

#include <goose-bridge/clock.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- status --------------------------------------------------------------------------------------------------------- */

static void put_setting(struct json_object *object, const char *name, int value)
{
	put_value(object, name, value < 0 ? NULL : json_object_new_int(value));
}

static const char *filter_name(int filter)
{
	static const char *const names[] = {"off", "strict", "loose"};

	return filter >= 0 && filter <= 2 ? names[filter] : "unknown";
}

static struct json_object *show_interface(const struct diag *d, const struct diag_kernel_group *at)
{
	struct json_object *object = json_object_new_object();
	int forced = diag_kernel_forced_version(at->interface), filter = diag_kernel_rp_filter(at->interface);
	char number[16] = "none";

	if (forced > 0)
		snprintf(number, sizeof(number), "%d", forced);
	diag_line(&d->out, "%s: IGMP version %u in use, version forced: %s, rp_filter %s", at->interface, at->version, number,
		  filter_name(filter));
	put_text(object, "name", at->interface);
	put_count(object, "igmp_version", at->version);
	put_setting(object, "force_igmp_version", forced);
	put_setting(object, "rp_filter", filter);
	put_setting(object, "igmpv2_unsolicited_report_interval_ms",
		    diag_kernel_setting(at->interface, "igmpv2_unsolicited_report_interval"));
	return object;
}

static struct json_object *show_group(const struct diag *d, const struct diag_kernel_group *at)
{
	struct json_object *object = json_object_new_object();
	bool own = gb_netif_has_joined(d->netif, at->index, at->group);
	char group[INET_ADDRSTRLEN];

	diag_line(&d->out, "  %-15s held by %u%s", diag_address(at->group, group), at->users,
		  own ? ", the interface itself among them" : "");
	diag_put_address(object, "group", at->group);
	put_count(object, "users", at->users);
	put_bool(object, "interface_holds_it", own);
	put_bool(object, "last_reporter", at->last_reporter);
	return object;
}

static bool is_wanted(const struct diag *d, const struct diag_kernel_group *at)
{
	return !d->options.interface[0] || strcmp(d->options.interface, at->interface) == 0;
}

static struct json_object *show_table(const struct diag *d, const struct diag_kernel_table *table)
{
	struct json_object *interfaces = json_object_new_array(), *groups = NULL;
	int index = 0;

	for (size_t i = 0; i < table->count; i++) {
		const struct diag_kernel_group *at = &table->group[i];

		if (!is_wanted(d, at))
			continue;
		if (at->index != index) {
			struct json_object *object = show_interface(d, at);

			groups = json_object_new_array();
			put_value(object, "groups", groups);
			json_object_array_add(interfaces, object);
			index = at->index;
		}
		json_object_array_add(groups, show_group(d, at));
	}
	return interfaces;
}

static void show_service(const struct diag *d, struct json_object *object)
{
	char text[400];
	struct json_object *answer = diag_service_igmp(d, text, sizeof(text));

	put_value(object, "service", answer);
	if (answer)
		diag_service_describe(answer, text, sizeof(text));
	else
		put_text(object, "service_error", text);
	diag_line(&d->out, "service: %s", text);
}

static void show_settings(const struct diag *d, struct json_object *object)
{
	int most = diag_kernel_setting(NULL, "igmp_max_memberships"), robustness = diag_kernel_setting(NULL, "igmp_qrv");

	put_setting(object, "igmp_max_memberships", most);
	put_setting(object, "igmp_qrv", robustness);
	diag_line(&d->out, "settings: igmp_max_memberships %d, igmp_qrv %d", most, robustness);
}

int diag_igmp_status(struct diag *d)
{
	struct diag_kernel_table *table = malloc(sizeof(*table));
	struct json_object *object = json_object_new_object();
	char group[INET_ADDRSTRLEN], verdict[120];
	int error = table ? diag_kernel_read(table) : -ENOMEM, status = DIAG_BAD_NEWS;
	bool held;

	if (error) {
		diag_complain("cannot read /proc/net/igmp: %s", strerror(-error));
		goto out;
	}
	put_value(object, "interfaces", show_table(d, table));
	show_settings(d, object);
	show_service(d, object);
	status = diag_use_interface(d);
	if (status)
		goto out;
	held = diag_kernel_users(d->link.index, d->group) > 0;
	status = held ? DIAG_FINE : DIAG_BAD_NEWS;
	snprintf(verdict, sizeof(verdict), "%s is %s member of %s", d->link.name, held ? "a" : "no",
		 diag_address(d->group, group));
	put_text(object, "interface", d->link.name);
	diag_put_address(object, "group", d->group);
	put_bool(object, "member", held);
	put_text(object, "verdict", verdict);
	diag_line(&d->out, "%s", verdict);
	diag_object(&d->out, json_object_get(object));
out:
	json_object_put(object);
	free(table);
	return status;
}

/* ---- join ----------------------------------------------------------------------------------------------------------- */

struct join {
	struct diag *d;
	struct diag_receiver receiver;
	struct diag_timeline timeline;
	struct event *tick;
};

static void on_heard(void *arg, const struct gb_igmp_message *message, bool outgoing, uint64_t time_ns)
{
	struct join *j = arg;

	diag_timeline_heard(&j->timeline, message, outgoing, time_ns);
	diag_listen_tell(j->d, message, outgoing, time_ns);
}

static void look(struct join *j)
{
	diag_timeline_tick(&j->timeline, gb_clock_mono_ns());
	diag_timeline_kernel(&j->timeline, diag_kernel_users(j->d->link.index, j->d->group) > 0);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct join *j = arg;
	struct json_object *fields = json_object_new_object();

	(void)fd;
	(void)what;
	look(j);
	put_count(fields, "received", j->receiver.from_others);
	put_count(fields, "queries", j->timeline.queries + j->timeline.group_queries);
	put_count(fields, "own_reports", j->timeline.own_reports);
	diag_progress(&j->d->out, fields, "%" PRIu64 " datagrams, %" PRIu64 " queries, %" PRIu64 " reports by this host",
		      j->receiver.from_others + j->receiver.tally.foreign, j->timeline.queries + j->timeline.group_queries,
		      j->timeline.own_reports);
}

static void tell_join(struct join *j)
{
	struct json_object *fields = json_object_new_object();
	struct diag *d = j->d;
	char group[INET_ADDRSTRLEN];

	diag_put_address(fields, "group", d->group);
	put_text(fields, "interface", d->link.name);
	put_count(fields, "others_on_this_host", j->receiver.others);
	diag_address(d->group, group);
	if (j->receiver.others)
		diag_tell(
			&d->out, gb_clock_mono_ns(), "joined", fields,
			"joined %s on %s, as %u on this host had before: neither that nor the end puts anything on the wire",
			group, d->link.name, j->receiver.others);
	else
		diag_tell(&d->out, gb_clock_mono_ns(), "joined", fields, "joined %s on %s; the end sends a LEAVE", group,
			  d->link.name);
}

/* The join of a first member has to make the kernel report, whether or not anybody asks. */
static bool judge_join(const struct join *j, char *text, size_t size)
{
	if (j->receiver.others == 0 && j->timeline.own_reports == 0) {
		snprintf(text, size, "joining put no report on the wire: look for a rule that drops IGMP on its way out");
		return false;
	}
	return diag_timeline_verdict(&j->timeline, text, size);
}

static int summarise_join(const struct join *j, bool fine, const char *verdict)
{
	struct json_object *object = json_object_new_object();
	const struct diag_timeline *t = &j->timeline;
	const struct diag_output *out = &j->d->out;

	diag_gap(out);
	put_text(object, "event", "summary");
	diag_put_seconds(object, "time_s", gb_clock_mono_ns() - out->start_ns);
	put_bool(object, "interrupted", j->d->interrupted);
	put_count(object, "queries", t->queries + t->group_queries);
	put_count(object, "own_reports", t->own_reports);
	put_count(object, "other_reports", t->other_reports);
	put_count(object, "own_leaves", t->own_leaves);
	put_count(object, "answered", t->answered);
	put_count(object, "missing", t->missing);
	put_count(object, "received", j->receiver.from_others);
	put_count(object, "foreign", j->receiver.tally.foreign);
	put_value(object, "sources", diag_receiver_report(&j->receiver));
	put_bool(object, "fine", fine);
	put_text(object, "verdict", verdict);
	diag_line(out,
		  "%" PRIu64 " queries, %" PRIu64 " of them not answered; %" PRIu64 " reports by this host, %" PRIu64
		  " by others; %" PRIu64 " datagrams",
		  t->queries + t->group_queries, t->missing, t->own_reports, t->other_reports,
		  j->receiver.from_others + j->receiver.tally.foreign);
	diag_line(out, "%s", verdict);
	diag_object(out, object);
	return fine ? DIAG_FINE : DIAG_BAD_NEWS;
}

int diag_igmp_join(struct diag *d)
{
	struct join j = {.d = d, .receiver = {.fd = -1}, .timeline = {.group = d->group}};
	struct diag_listener listener = {.fd = -1};
	int status = diag_use_interface(d);
	bool ran = false, fine = false;
	char verdict[200];

	if (status)
		return status;
	status = diag_listen_begin(&listener, d, on_heard, &j); /* before joining, whose report is the first to be heard */
	if (!status)
		status = diag_receiver_begin(&j.receiver, d);
	if (status)
		goto out;
	j.receiver.limit = d->options.count;
	tell_join(&j);
	j.tick = diag_every(d, GB_NS_PER_S, on_tick, &j);
	diag_run(d, d->options.duration_ns);
	look(&j);
	fine = judge_join(&j, verdict, sizeof(verdict));
	ran = true;
out:
	if (j.tick)
		event_free(j.tick);
	diag_receiver_end(&j.receiver);
	if (ran)
		event_base_loop(d->base, EVLOOP_NONBLOCK); /* what leaving has put on the wire */
	diag_listen_end(&listener);
	return ran ? summarise_join(&j, fine, verdict) : status;
}
