/* SPDX-License-Identifier: Apache-2.0 */
/* The life of goose-bridge-aws: started, listened to, ended when it misbehaves, started again. */
#include <goose-bridge/registry.h>

#include "helper.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <goose-bridge/clock.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* What tests make shorter. In ms. */
#ifndef GB_REGISTRY_GRACE_MS
#define GB_REGISTRY_GRACE_MS 60000 /* how much later than announced an answer may be: one takes up to 45 s */
#endif
#ifndef GB_REGISTRY_RETRY_MS
#define GB_REGISTRY_RETRY_MS 1000 /* before a first new start; each further one takes twice as long */
#endif
#ifndef GB_REGISTRY_RETRY_MAX_MS
#define GB_REGISTRY_RETRY_MAX_MS 60000 /* the longest; whoever ran for as long begins anew */
#endif
#define NEXT_MAX_S  900 /* or the interval: an announcement of more counts as this */
#define LINES_MAX   20	/* in a second; more are a flood */
#define DESTROY_MS  100

struct gb_registry {
	struct event_base *base;
	struct gb_registry_settings settings;
	gb_registry_answered *answered;
	void *arg;
	struct helper helper;
	struct event *readable; /* NULL: no process, or it is not listened to any more */
	struct event *ended;	/* NULL: no process */
	struct event *timer;	/* a process: its silence; none: its next start */
	char line[GB_REGISTRY_LINE + 1]; /* begun, with its end */
	size_t length;
	uint64_t started_ns; /* monotonic */
	uint64_t second_ns;  /* when the second began that LINES are of */
	unsigned lines;
	unsigned retry_ms;
	bool start_at_once; /* what ends now is to make room for another, and did no wrong */
	char why[96];	    /* it was killed; "" = it was not */
};

static void start(struct gb_registry *r);

static bool is_wanted(const struct gb_registry_settings *s)
{
	return gb_registry_is_wanted(s->domain_id) && s->interface[0];
}

static void set_timer(struct gb_registry *r, uint64_t ms)
{
	struct timeval wait = gb_clock_timeval(ms * GB_NS_PER_MS);

	evtimer_add(r->timer, &wait);
}

static void free_event(struct event **event)
{
	if (*event)
		event_free(*event);
	*event = NULL;
}

/* Nothing is known, for the reason WHY. */
static void tell_unknown(struct gb_registry *r, const char *why)
{
	struct gb_registry_answer answer = {.utc_ns = gb_clock_utc_ns()};

	snprintf(answer.detail, sizeof(answer.detail), "goose-bridge-aws %s", why);
	r->answered(r->arg, &answer);
}

/* ---- its end -------------------------------------------------------------------------------------------------------- */

/* Tried again after a while, which grows as long as it does not stay. */
static void schedule_start(struct gb_registry *r)
{
	if (gb_clock_mono_ns() - r->started_ns >= GB_REGISTRY_RETRY_MAX_MS * GB_NS_PER_MS)
		r->retry_ms = GB_REGISTRY_RETRY_MS;
	set_timer(r, r->retry_ms);
	r->retry_ms = 2 * r->retry_ms < GB_REGISTRY_RETRY_MAX_MS ? 2 * r->retry_ms : GB_REGISTRY_RETRY_MAX_MS;
}

/* It is not listened to any more; on_ended follows. WHY may be NULL: it seems to have ended by itself. */
static void kill_it(struct gb_registry *r, const char *why)
{
	free_event(&r->readable);
	helper_close_pipes(&r->helper);
	evtimer_del(r->timer);
	r->length = 0;
	if (why)
		snprintf(r->why, sizeof(r->why), "%s", why);
	if (r->helper.pid != 0)
		kill(r->helper.pid, SIGKILL);
}

static void describe_end(const struct gb_registry *r, int status, char *text, size_t size)
{
	if (r->why[0])
		snprintf(text, size, "%s", r->why);
	else if (WIFSIGNALED(status))
		snprintf(text, size, "was ended by signal %d", WTERMSIG(status));
	else
		snprintf(text, size, "ended with status %d", WEXITSTATUS(status));
}

/* ---- what it says --------------------------------------------------------------------------------------------------- */

static bool is_flood(struct gb_registry *r)
{
	uint64_t now = gb_clock_mono_ns();

	if (now - r->second_ns >= GB_NS_PER_S) {
		r->second_ns = now;
		r->lines = 0;
	}
	return ++r->lines > LINES_MAX;
}

static void take_line(struct gb_registry *r, const char *line, size_t length)
{
	unsigned most = r->settings.interval_s > NEXT_MAX_S ? r->settings.interval_s : NEXT_MAX_S, next_s;
	struct gb_registry_answer answer;

	if (is_flood(r)) {
		kill_it(r, "said too much, and was ended");
		return;
	}
	if (gb_registry_parse(line, length, &answer, &next_s) < 0) {
		kill_it(r, "said what is no answer, and was ended");
		return;
	}
	answer.utc_ns = gb_clock_utc_ns();
	set_timer(r, (next_s < most ? next_s : most) * UINT64_C(1000) + GB_REGISTRY_GRACE_MS);
	r->answered(r->arg, &answer);
}

/* The whole lines that are there. The process may be another one, or none, after each. */
static void take_lines(struct gb_registry *r)
{
	char line[GB_REGISTRY_LINE + 1];
	char *end;

	while (r->readable && (end = memchr(r->line, '\n', r->length))) {
		size_t length = (size_t)(end - r->line);

		memcpy(line, r->line, length);
		r->length -= length + 1;
		memmove(r->line, end + 1, r->length);
		take_line(r, line, length);
	}
	if (r->readable && r->length == sizeof(r->line))
		kill_it(r, "said a line without an end, and was ended");
}

/* Reads once, so that a flood leaves time for the rest of the loop. False: there was nothing. */
static bool read_some(struct gb_registry *r)
{
	ssize_t n = read(r->helper.out, r->line + r->length, sizeof(r->line) - r->length);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) {
		kill_it(r, NULL); /* its end follows, and says more; if it only closed the pipe, this is its end */
		return false;
	}
	r->length += (size_t)n;
	take_lines(r);
	return true;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	read_some(arg);
}

static void on_ended(evutil_socket_t fd, short what, void *arg)
{
	struct gb_registry *r = arg;
	char text[96], sentence[200];
	int status;

	(void)fd;
	(void)what;
	for (unsigned i = 0; i < LINES_MAX && r->readable && read_some(r); i++) /* what it said before */
		;
	if (!helper_reap(&r->helper, &status))
		return;
	describe_end(r, status, text, sizeof(text));
	kill_it(r, "");
	free_event(&r->ended);
	if (!is_wanted(&r->settings))
		return;
	if (r->start_at_once) {
		start(r);
		return;
	}
	snprintf(sentence, sizeof(sentence), "%s; it is started again in %u s", text, (r->retry_ms + 999) / 1000);
	schedule_start(r);
	tell_unknown(r, sentence);
}

/* ---- its start ------------------------------------------------------------------------------------------------------ */

static int listen_to(struct gb_registry *r)
{
	r->readable = event_new(r->base, r->helper.out, EV_READ | EV_PERSIST, on_readable, r);
	r->ended = event_new(r->base, r->helper.pidfd, EV_READ | EV_PERSIST, on_ended, r);
	if (r->readable && r->ended && event_add(r->readable, NULL) == 0 && event_add(r->ended, NULL) == 0)
		return 0;
	free_event(&r->readable);
	free_event(&r->ended);
	helper_end(&r->helper, DESTROY_MS);
	return -ENOMEM;
}

static int run(struct gb_registry *r)
{
	struct gb_registry_settings *s = &r->settings;
	char group[INET_ADDRSTRLEN], interval[16], delay[16];
	char domain_option[] = "--domain", group_option[] = "--group", interface_option[] = "--interface";
	char interval_option[] = "--interval", delay_option[] = "--delay";
	char *argv[] = {s->helper,	 domain_option,	  s->domain_id, group_option, group, interface_option,
			s->interface,	 interval_option, interval,	delay_option, delay, NULL};
	int error;

	inet_ntop(AF_INET, &s->group, group, sizeof(group));
	snprintf(interval, sizeof(interval), "%u", s->interval_s);
	snprintf(delay, sizeof(delay), "%u", s->first_after_s);
	error = helper_start(&r->helper, argv);
	return error ? error : listen_to(r);
}

static void start(struct gb_registry *r)
{
	char sentence[200];
	int error;

	r->start_at_once = false;
	r->length = r->lines = 0;
	r->started_ns = gb_clock_mono_ns();
	error = run(r);
	if (!error) {
		set_timer(r, r->settings.first_after_s * UINT64_C(1000) + GB_REGISTRY_GRACE_MS);
		return;
	}
	snprintf(sentence, sizeof(sentence), "cannot be started (%.100s): %s", r->settings.helper, strerror(-error));
	schedule_start(r);
	tell_unknown(r, sentence);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct gb_registry *r = arg;

	(void)fd;
	(void)what;
	if (r->ended)
		kill_it(r, "did not answer in time, and was ended");
	else if (is_wanted(&r->settings))
		start(r);
}

/* ---- create, configure, destroy ------------------------------------------------------------------------------------- */

int gb_registry_create(struct gb_registry **registry, struct event_base *base, const struct gb_registry_settings *settings,
		       gb_registry_answered *answered, void *arg)
{
	struct gb_registry *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->base = base;
	r->answered = answered;
	r->arg = arg;
	r->helper = HELPER_NONE;
	r->retry_ms = GB_REGISTRY_RETRY_MS;
	r->timer = evtimer_new(base, on_timer, r);
	if (!r->timer) {
		free(r);
		return -ENOMEM;
	}
	*registry = r;
	gb_registry_configure(r, settings);
	return 0;
}

static bool is_same(const struct gb_registry_settings *a, const struct gb_registry_settings *b)
{
	return strcmp(a->helper, b->helper) == 0 && strcmp(a->domain_id, b->domain_id) == 0 &&
	       strcmp(a->interface, b->interface) == 0 && a->group.s_addr == b->group.s_addr &&
	       a->interval_s == b->interval_s && a->first_after_s == b->first_after_s;
}

void gb_registry_configure(struct gb_registry *r, const struct gb_registry_settings *settings)
{
	if (is_same(&r->settings, settings))
		return;
	r->settings = *settings;
	r->retry_ms = GB_REGISTRY_RETRY_MS;
	evtimer_del(r->timer);
	if (r->ended) {
		r->start_at_once = true;
		kill_it(r, "");
	} else if (is_wanted(settings)) {
		/* from the loop, as all that it says: also that it cannot be started */
		set_timer(r, 0);
	}
}

bool gb_registry_is_running(const struct gb_registry *r)
{
	return is_wanted(&r->settings);
}

void gb_registry_destroy(struct gb_registry *r)
{
	if (!r)
		return;
	free_event(&r->readable);
	free_event(&r->ended);
	free_event(&r->timer);
	helper_end(&r->helper, DESTROY_MS);
	free(r);
}
