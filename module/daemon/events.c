/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon_private.h"

#include <goose-bridge/clock.h>
#include <stdio.h>
#include <string.h>

/* A kind that repeats is written a few times a minute; the event log and the counters have it all. */
#define LIMIT_INTERVAL_NS (60 * GB_NS_PER_S)
#define LIMIT_BURST	  5
#define LIMIT_MANY_BURST  30 /* each may be of another peer or stream */

/* The kind that an end belongs to, or none: GB_EVENT_KIND_COUNT. */
static enum gb_event_kind beginning_of(enum gb_event_kind end)
{
	switch (end) {
	case GB_EVENT_NETWORK_UP:
		return GB_EVENT_NETWORK_DOWN;
	case GB_EVENT_GOOSE0_UP:
		return GB_EVENT_GOOSE0_DOWN;
	case GB_EVENT_SEND_RESTORED:
		return GB_EVENT_SEND_FAILING;
	case GB_EVENT_GOOSE0_RESTORED:
		return GB_EVENT_GOOSE0_FAILING;
	case GB_EVENT_MEMBERSHIP_RESTORED:
		return GB_EVENT_MEMBERSHIP_LOST;
	case GB_EVENT_QUERIER_FOUND:
		return GB_EVENT_QUERIER_LOST;
	case GB_EVENT_TGW_MEMBER:
		return GB_EVENT_TGW_ABSENT;
	case GB_EVENT_RECOVERED:
		return GB_EVENT_DEGRADED;
	default:
		return GB_EVENT_KIND_COUNT;
	}
}

/* What the operator does (start, stop, reload) is always written. An end is written if its beginning was, so that the log never
 * closes with something that is over.
 */
static bool may_log(struct gb_log_limit *limits, enum gb_event_kind kind, unsigned *suppressed)
{
	enum gb_event_kind beginning = beginning_of(kind);
	struct gb_log_limit *limit = &limits[kind];
	bool of_many = kind == GB_EVENT_PEER_NEW || kind == GB_EVENT_PEER_RESTARTED || kind == GB_EVENT_FORMAT_MISMATCH ||
		       (kind >= GB_EVENT_STREAM_EXPIRED && kind <= GB_EVENT_STREAM_STORM);

	*suppressed = 0;
	if (kind <= GB_EVENT_RELOAD_REFUSED)
		return true;
	if (beginning != GB_EVENT_KIND_COUNT)
		return limits[beginning].suppressed == 0;
	limit->interval_ns = LIMIT_INTERVAL_NS;
	limit->burst = of_many ? LIMIT_MANY_BURST : LIMIT_BURST;
	return gb_log_limit_pass(limit, gb_clock_mono_ns(), suppressed);
}

static void log_event(struct gb_log_limit *limits, const struct gb_event *event)
{
	char text[GB_EVENT_SENTENCE];
	unsigned suppressed;

	if (!may_log(limits, event->kind, &suppressed))
		return;
	gb_event_describe(event, text, sizeof(text));
	if (suppressed)
		gb_log((enum gb_log_level)gb_event_severity(event->kind), "%s (%u like it were not written)", text,
		       suppressed);
	else
		gb_log((enum gb_log_level)gb_event_severity(event->kind), "%s", text);
}

/* P: the path that it happened to; NULL: the service as a whole. */
static void add(struct daemon *d, struct path *p, const struct gb_event *event)
{
	gb_event_log_add(d->event_log, event);
	uint64_t number = gb_event_log_number(d->event_log, gb_event_log_count(d->event_log) - 1);

	log_event(p ? p->limits : d->limits, event);
	if (p && event->kind == GB_EVENT_REREGISTERED)
		member_note_rejoin(p, event, number);
	snmp_notify(d, p, event, number);
	notify_changed(d);
}

/* Which path it was need be said only where there are several. */
static void add_to_path(struct path *p, struct gb_event *event)
{
	if (p->daemon->paths > 1)
		memcpy(event->path, p->own.interface, sizeof(event->path));
	add(p->daemon, p, event);
}

static struct gb_event event_of(enum gb_event_kind kind, int64_t value, const char *text)
{
	struct gb_event event = {.kind = kind, .utc_ns = gb_clock_utc_ns(), .value = value};

	if (text)
		snprintf(event.text, sizeof(event.text), "%s", text);
	return event;
}

void daemon_note(struct daemon *d, enum gb_event_kind kind, int64_t value, const char *text)
{
	struct gb_event event = event_of(kind, value, text);

	add(d, NULL, &event);
}

void path_note(struct path *p, enum gb_event_kind kind, int64_t value, const char *text)
{
	struct gb_event event = event_of(kind, value, text);

	add_to_path(p, &event);
}

/* That goose0 is down or deleted is said by who learns it from rtnetlink; that the network is back, likewise. */
static bool is_said_elsewhere(const struct gb_event *event)
{
	switch (event->kind) {
	case GB_EVENT_GOOSE0_FAILING:
	case GB_EVENT_GOOSE0_BROKEN:
		return path_goose0_error_is_known((int)event->value);
	case GB_EVENT_SEND_RESTORED:
		return event->value == GB_EVENT_NOT_TRIED;
	default:
		return false;
	}
}

void path_on_event(void *path, const struct gb_event *event)
{
	struct gb_event copy = *event;
	struct path *p = path;

	if (!is_said_elsewhere(event))
		add_to_path(p, &copy);
	switch (event->kind) {
	case GB_EVENT_SEND_FAILING:
		p->sending_fails = true;
		path_evaluate(p);
		break;
	case GB_EVENT_SEND_RESTORED:
		p->sending_fails = false;
		break;
	case GB_EVENT_GOOSE0_FAILING:
		path_evaluate(p); /* a frame could not be written: the reason may be one that can be mended */
		break;
	case GB_EVENT_GOOSE0_BROKEN:
		path_goose0_broke(p, (int)event->value);
		break;
	case GB_EVENT_PEER_NEW:
	case GB_EVENT_PEER_RESTARTED:
		daemon_greet(p->daemon);
		break;
	case GB_EVENT_SOURCE_REFUSED:
		p->refused_ns = gb_clock_mono_ns();
		p->refused_address = event->address;
		break;
	case GB_EVENT_SENDER_ID_CONFLICT:
		p->conflict_ns = gb_clock_mono_ns();
		p->conflict_address = event->address;
		break;
	default:
		break;
	}
}
