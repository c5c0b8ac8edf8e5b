/* SPDX-License-Identifier: Apache-2.0 */
/* What the service manager is told (sd_notify(3)): that frames are forwarded, how things are in a sentence, that a reload goes
 * on, and, for its watchdog, that the workers make progress. Without a manager that listens, nothing.
 */
#include "daemon_private.h"

#include "process.h"

#include <goose-bridge/clock.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FEEDS 4 /* in the time that the watchdog waits: one that comes late, or fails, is no reason to be ended */
#define SOON  (struct timeval){.tv_usec = 500000} /* many things may happen at once */

/* ---- the sentence ---- */

/* As it is now, if that is not what was said last. PREFIX is what is said with it, a line or none. */
static void say_status(struct daemon *d, const char *prefix)
{
	struct notify *n = &d->notify;
	char sentence[NOTIFY_SENTENCE], text[NOTIFY_SENTENCE + 32];

	reporting_sentence(d, sentence, sizeof(sentence));
	for (char *c = sentence; *c; c++) /* a line break would begin another assignment */
		if ((unsigned char)*c < ' ')
			*c = ' ';
	if (!*prefix && strcmp(sentence, n->said) == 0)
		return;
	memcpy(n->said, sentence, sizeof(n->said));
	snprintf(text, sizeof(text), "%sSTATUS=%s", prefix, sentence);
	process_notify(text);
}

static void on_soon(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	say_status(arg, "");
}

void notify_changed(struct daemon *d)
{
	if (d->notify.soon && d->running && !event_pending(d->notify.soon, EV_TIMEOUT, NULL))
		event_add(d->notify.soon, &SOON);
}

/* ---- the watchdog ---- */

/* Both directions of each path ask the worker that has them, and a worker answers between two rounds of its loop. */
static bool workers_answer(struct daemon *d)
{
	struct gb_streams_counts counts;

	for (unsigned i = 0; i < d->paths; i++)
		if (gb_datapath_stream_counts(d->path[i].datapath, GB_STREAM_TO_NETWORK, &counts) < 0 ||
		    gb_datapath_stream_counts(d->path[i].datapath, GB_STREAM_TO_GOOSE0, &counts) < 0)
			return false;
	return true;
}

static void on_watchdog(evutil_socket_t fd, short what, void *arg)
{
	struct daemon *d = arg;
	bool answer = workers_answer(d);

	(void)fd;
	(void)what;
	if (answer)
		process_notify("WATCHDOG=1");
	else if (!d->notify.starved)
		gb_warn("a worker thread does not answer: if it goes on, the service manager restarts the service "
			"(WatchdogSec)");
	d->notify.starved = !answer;
}

/* The time that the watchdog waits, in us; 0 = there is none, or it is another process's. */
static uint64_t watchdog_us(void)
{
	const char *wait = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");

	if (!wait || (pid && strtoll(pid, NULL, 10) != (long long)getpid()))
		return 0;
	return strtoull(wait, NULL, 10);
}

static void start_watchdog(struct daemon *d)
{
	struct timeval interval = gb_clock_timeval(watchdog_us() * 1000 / FEEDS);

	if (!d->notify.watchdog || (interval.tv_sec == 0 && interval.tv_usec == 0))
		return;
	event_add(d->notify.watchdog, &interval);
	on_watchdog(-1, 0, d);
}

/* ---- from start to stop ---- */

int notify_create(struct daemon *d)
{
	if (!process_is_managed())
		return 0;
	d->notify.soon = evtimer_new(d->base, on_soon, d);
	d->notify.watchdog = event_new(d->base, -1, EV_PERSIST, on_watchdog, d);
	return d->notify.soon && d->notify.watchdog ? 0 : -1;
}

void notify_destroy(struct daemon *d)
{
	if (d->notify.soon)
		event_free(d->notify.soon);
	if (d->notify.watchdog)
		event_free(d->notify.watchdog);
}

void notify_ready(struct daemon *d)
{
	if (!d->notify.soon)
		return;
	say_status(d, "READY=1\n");
	start_watchdog(d);
}

/* The time lets Type=notify-reload tell this reload from an earlier one. */
void notify_reloading(struct daemon *d)
{
	char text[64];

	if (!d->notify.soon)
		return;
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, gb_clock_mono_ns() / 1000);
	process_notify(text);
}

void notify_reloaded(struct daemon *d)
{
	if (d->notify.soon)
		say_status(d, "READY=1\n");
}

void notify_stopping(struct daemon *d)
{
	if (d->notify.soon)
		process_notify("STOPPING=1\nSTATUS=stopping");
}
