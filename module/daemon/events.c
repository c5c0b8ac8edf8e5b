/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon_private.h"

#include <goose-bridge/clock.h>
#include <stdio.h>

/* A kind that repeats is written a few times a minute; the event log and the counters have it all. What the operator does
 * (start, stop, reload) is always written.
 */
#define LIMIT_INTERVAL_NS (60 * GB_NS_PER_S)
#define LIMIT_BURST	  5

static void log_event(struct daemon *d, const struct gb_event *event)
{
	struct gb_log_limit *limit = &d->limits[event->kind];
	char text[GB_EVENT_SENTENCE];

	unsigned suppressed = 0;
	bool by_operator = event->kind <= GB_EVENT_RELOAD_REFUSED;

	limit->interval_ns = LIMIT_INTERVAL_NS;
	limit->burst = LIMIT_BURST;
	if (!by_operator && !gb_log_limit_pass(limit, gb_clock_mono_ns(), &suppressed))
		return;
	gb_event_describe(event, text, sizeof(text));
	if (suppressed)
		gb_log((enum gb_log_level)gb_event_severity(event->kind), "%s (%u like it were not written)", text,
		       suppressed);
	else
		gb_log((enum gb_log_level)gb_event_severity(event->kind), "%s", text);
}

static void add(struct daemon *d, const struct gb_event *event)
{
	gb_event_log_add(d->event_log, event);
	log_event(d, event);
}

void daemon_note(struct daemon *d, enum gb_event_kind kind, int64_t value, const char *text)
{
	struct gb_event event = {.kind = kind, .utc_ns = gb_clock_utc_ns(), .value = value};

	if (text)
		snprintf(event.text, sizeof(event.text), "%s", text);
	add(d, &event);
}

void daemon_on_event(void *daemon, const struct gb_event *event)
{
	struct daemon *d = daemon;

	/* that goose0 is down or deleted is said once, by who learns it from rtnetlink */
	if (event->kind != GB_EVENT_GOOSE0_FAILING || !path_goose0_error_is_known((int)event->value))
		add(d, event);
	switch (event->kind) {
	case GB_EVENT_SEND_FAILING:
		d->path.sending_fails = true;
		path_evaluate(d);
		break;
	case GB_EVENT_SEND_RESTORED:
		d->path.sending_fails = false;
		break;
	case GB_EVENT_GOOSE0_FAILING:
		path_goose0_broke(d, (int)event->value);
		break;
	case GB_EVENT_PEER_NEW:
	case GB_EVENT_PEER_RESTARTED:
		daemon_greet(d);
		break;
	case GB_EVENT_SENDER_ID_CONFLICT:
		d->conflict_ns = gb_clock_mono_ns();
		d->conflict_address = event->address;
		break;
	default:
		break;
	}
}
