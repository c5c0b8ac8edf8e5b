/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-diag igmp watch: the life of a membership as a time line. It joins nothing and sends nothing. */
#include "diag_kernel.h"
#include "diag_listen.h"
#include "diag_registry.h"
#include "diag_service.h"
#include "diag_timeline.h"
#include "result.h"

#include <goose-bridge/clock.h>
#include <inttypes.h>
#include <string.h>

#define LOOK_NS		    (GB_NS_PER_S / 5) /* at the kernel's table, and at answers that are due */
#define REGISTRY_INTERVAL_S 10		      /* at least: AWS limits how often it is asked */
#define SERVICE_SENTENCE    400

struct watch {
	struct diag *d;
	struct diag_listener listener;
	struct diag_timeline timeline;
	struct gb_registry *registry;
	char service[SERVICE_SENTENCE]; /* what the service said last */
	struct event *look;
	struct event *check;
};

static void on_heard(void *arg, const struct gb_igmp_message *message, bool outgoing, uint64_t time_ns)
{
	struct watch *w = arg;

	diag_timeline_heard(&w->timeline, message, outgoing, time_ns);
	diag_listen_tell(w->d, message, outgoing, time_ns);
}

static void tell_kernel(struct watch *w, unsigned users)
{
	struct json_object *fields = json_object_new_object();
	const struct diag *d = w->d;
	char group[INET_ADDRSTRLEN];

	diag_address(d->group, group);
	put_bool(fields, "held", users > 0);
	put_count(fields, "users", users);
	if (users)
		diag_tell(&d->out, gb_clock_mono_ns(), "kernel", fields, "the kernel holds %s on %s (%u)", group, d->link.name,
			  users);
	else
		diag_tell(&d->out, gb_clock_mono_ns(), "kernel", fields, "the kernel holds no membership of %s on %s", group,
			  d->link.name);
}

static void on_look(evutil_socket_t fd, short what, void *arg)
{
	struct watch *w = arg;
	unsigned users = diag_kernel_users(w->d->link.index, w->d->group);
	uint64_t now = gb_clock_mono_ns();

	(void)fd;
	(void)what;
	if (diag_timeline_kernel(&w->timeline, users > 0))
		tell_kernel(w, users);
	if (diag_timeline_tick(&w->timeline, now))
		diag_tell(&w->d->out, now, "missing", NULL, "this host has not answered the query of %.1f s ago",
			  diag_seconds(now - w->timeline.asked_ns));
}

/* The service's view, when it is another one than before. */
static void ask_service(struct watch *w)
{
	char text[SERVICE_SENTENCE];
	struct json_object *answer = diag_service_igmp(w->d, text, sizeof(text)), *m = result_get(answer, "membership");
	struct json_object *fields = json_object_new_object();

	if (answer)
		snprintf(text, sizeof(text), "the service is %s of %s on %s; querier %s",
			 result_text(m, "state", "unknown"), result_text(m, "group", "-"),
			 result_text(m, "interface", "no interface"), result_text(m, "querier_state", "unknown"));
	put_value(fields, "membership", json_object_get(m));
	json_object_put(answer);
	if (strcmp(text, w->service) == 0) {
		json_object_put(fields);
		return;
	}
	memcpy(w->service, text, sizeof(text));
	diag_tell(&w->d->out, gb_clock_mono_ns(), "service", fields, "%s", text);
}

static void on_check(evutil_socket_t fd, short what, void *arg)
{
	struct watch *w = arg;
	const struct diag_timeline *t = &w->timeline;
	struct json_object *fields = json_object_new_object();
	char heard[60] = "no query heard";

	(void)fd;
	(void)what;
	ask_service(w);
	uint64_t now = gb_clock_mono_ns();

	put_bool(fields, "held", t->held);
	put_count(fields, "queries", t->queries + t->group_queries);
	put_count(fields, "own_reports", t->own_reports);
	put_count(fields, "missing", t->missing);
	if (t->queries)
		snprintf(heard, sizeof(heard), "%" PRIu64 " queries, the last %.1f s ago", t->queries,
			 diag_seconds(now - t->last_query_ns));
	diag_tell(&w->d->out, now, "check", fields, "%s, %s, %" PRIu64 " reports by this host, %" PRIu64 " answers missing",
		  t->held ? "member" : "NO member", heard, t->own_reports, t->missing);
}

static void on_answer(void *arg, const struct gb_registry_answer *answer)
{
	struct watch *w = arg;

	if (answer->says != GB_REGISTRY_SAYS_UNKNOWN)
		diag_timeline_registry(&w->timeline, answer->says == GB_REGISTRY_SAYS_MEMBER);
	diag_registry_tell(w->d, answer);
}

/* ---- the summary ---------------------------------------------------------------------------------------------------- */

static void print_summary(const struct watch *w)
{
	const struct diag_timeline *t = &w->timeline;
	const struct diag_output *out = &w->d->out;
	char querier[INET_ADDRSTRLEN];

	diag_gap(out);
	if (t->queries)
		diag_line(out, "querier   %s, version %u, %" PRIu64 " queries", diag_address(t->querier, querier),
			  t->query_version, t->queries);
	else
		diag_line(out, "querier   none heard");
	if (t->intervals)
		diag_line(out, "interval  %.1f s (%.1f to %.1f s)", diag_seconds(diag_timeline_interval_ns(t)),
			  diag_seconds(t->interval_least_ns), diag_seconds(t->interval_most_ns));
	diag_line(out,
		  "answers   %" PRIu64 " by this host, the slowest after %.1f s; %" PRIu64 " by another; %" PRIu64 " missing",
		  t->answered, diag_seconds(t->answer_longest_ns), t->suppressed, t->missing);
	diag_line(out,
		  "reports   %" PRIu64 " by this host, %" PRIu64 " by others; %" PRIu64 " LEAVE by this host, %" PRIu64
		  " by others",
		  t->own_reports, t->other_reports, t->own_leaves, t->other_leaves);
	if (w->registry)
		diag_line(out, "registry  member %" PRIu64 " times, no member %" PRIu64 " times", t->registry_member,
			  t->registry_absent);
}

static void put_summary(struct json_object *object, const struct watch *w)
{
	const struct diag_timeline *t = &w->timeline;

	put_text(object, "event", "summary");
	diag_put_seconds(object, "time_s", gb_clock_mono_ns() - w->d->out.start_ns);
	put_bool(object, "interrupted", w->d->interrupted);
	if (t->queries)
		diag_put_address(object, "querier", t->querier);
	else
		put_value(object, "querier", NULL);
	put_count(object, "queries", t->queries);
	put_count(object, "group_queries", t->group_queries);
	diag_put_seconds(object, "query_interval_s", diag_timeline_interval_ns(t));
	diag_put_seconds(object, "query_interval_least_s", t->interval_least_ns);
	diag_put_seconds(object, "query_interval_most_s", t->interval_most_ns);
	put_count(object, "own_reports", t->own_reports);
	put_count(object, "other_reports", t->other_reports);
	put_count(object, "own_leaves", t->own_leaves);
	put_count(object, "other_leaves", t->other_leaves);
	put_count(object, "answered", t->answered);
	put_count(object, "answered_by_others", t->suppressed);
	put_count(object, "missing", t->missing);
	put_bool(object, "held", t->held);
	put_count(object, "malformed", w->listener.malformed);
	put_count(object, "registry_member", t->registry_member);
	put_count(object, "registry_absent", t->registry_absent);
}

static int summarise(const struct watch *w)
{
	struct json_object *object = json_object_new_object();
	char verdict[200];
	bool fine = diag_timeline_verdict(&w->timeline, verdict, sizeof(verdict));

	print_summary(w);
	put_summary(object, w);
	put_bool(object, "fine", fine);
	put_text(object, "verdict", verdict);
	diag_line(&w->d->out, "%s", verdict);
	diag_object(&w->d->out, object);
	return fine ? DIAG_FINE : DIAG_BAD_NEWS;
}

int diag_igmp_watch(struct diag *d)
{
	struct watch w = {.d = d, .listener = {.fd = -1}, .timeline = {.group = d->group}};
	uint64_t interval_s = (d->options.interval_ns + GB_NS_PER_S - 1) / GB_NS_PER_S;
	int status = diag_use_interface(d);
	bool ran = false;

	if (status)
		return status;
	status = diag_listen_begin(&w.listener, d, on_heard, &w);
	if (!status)
		status = diag_registry_begin(&w.registry, d,
					     (unsigned)(interval_s > REGISTRY_INTERVAL_S ? interval_s : REGISTRY_INTERVAL_S),
					     on_answer, &w);
	if (status)
		goto out;
	w.look = diag_every(d, LOOK_NS, on_look, &w);
	w.check = diag_every(d, d->options.interval_ns, on_check, &w);
	on_look(-1, 0, &w);
	on_check(-1, 0, &w);
	diag_run(d, d->options.duration_ns);
	ran = true;
out:
	if (w.look)
		event_free(w.look);
	if (w.check)
		event_free(w.check);
	diag_listen_end(&w.listener);
	gb_registry_destroy(w.registry);
	return ran ? summarise(&w) : status;
}
