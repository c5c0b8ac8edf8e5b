/* SPDX-License-Identifier: Apache-2.0 */
/* The SNMP agent's place in the daemon: what it may ask for, and what it is told of. */
#include "daemon_private.h"

#include "config.h"

#include <errno.h>
#include <goose-bridge/clock.h>
#include <stdio.h>
#include <string.h>

#ifdef HAVE_NETSNMP_AGENT
#include <goose-bridge/snmp.h>

static struct gb_snmp_snapshot *fill(void *daemon)
{
	struct gb_stream_view *views = NULL;
	struct gb_report report;

	reporting_fill(daemon, &report);
	streams_collect(daemon, &views, &report.streams);
	return gb_snmp_snapshot_of(&report, views, gb_clock_mono_ns());
}

static void changed(void *daemon, bool up)
{
	struct daemon *d = daemon;

	if (!up)
		gb_warn("SNMP: snmpd is gone from %s; it is tried again every %u s", d->config.agentx_socket,
			d->config.snmp_ping_interval);
	else
		gb_info("SNMP: snmpd is reached at %s", d->config.agentx_socket);
}

static void on_wanted(evutil_socket_t fd, short what, void *arg)
{
	struct daemon *d = arg;

	(void)fd;
	(void)what;
	gb_snmp_serve(d->snmp);
}

void snmp_create(struct daemon *d)
{
	static const struct gb_snmp_ops ops = {.fill = fill, .changed = changed};
	struct gb_snmp_settings settings = {
		.agentx_socket = d->config.agentx_socket,
		.ping_interval_s = d->config.snmp_ping_interval,
	};
	int error;

	if (!d->config.enable_snmp)
		return;
	error = gb_snmp_create(&d->snmp, &settings, &ops, d);
	if (!error) {
		d->snmp_wanted = event_new(d->base, gb_snmp_fd(d->snmp), EV_READ | EV_PERSIST, on_wanted, d);
		if (d->snmp_wanted && event_add(d->snmp_wanted, NULL) == 0)
			return;
		error = -ENOMEM;
	}
	gb_warn("SNMP: the agent cannot be started: %s; the service goes on without", strerror(-error));
	snmp_destroy(d);
}

void snmp_destroy(struct daemon *d)
{
	if (d->snmp_wanted)
		event_free(d->snmp_wanted);
	d->snmp_wanted = NULL;
	if (!gb_snmp_destroy(d->snmp))
		gb_warn("SNMP: snmpd at %s does not answer; this service ends without taking leave of it",
			d->config.agentx_socket);
	d->snmp = NULL;
}

/* The notification that belongs to a kind of event; 0 = none. */
static enum gb_snmp_notification notification_of(enum gb_event_kind kind)
{
	switch (kind) {
	case GB_EVENT_STARTED:
		return GB_SNMP_STARTED;
	case GB_EVENT_STOPPING:
		return GB_SNMP_STOPPING;
	case GB_EVENT_REREGISTERED:
		return GB_SNMP_REREGISTERED;
	case GB_EVENT_MEMBERSHIP_LOST:
		return GB_SNMP_MEMBERSHIP_LOST;
	case GB_EVENT_MEMBERSHIP_RESTORED:
		return GB_SNMP_MEMBERSHIP_RESTORED;
	case GB_EVENT_QUERIER_LOST:
		return GB_SNMP_QUERIER_LOST;
	case GB_EVENT_QUERIER_FOUND:
		return GB_SNMP_QUERIER_FOUND;
	case GB_EVENT_STREAM_EXPIRED:
		return GB_SNMP_STREAM_EXPIRED;
	case GB_EVENT_STREAM_RESTORED:
		return GB_SNMP_STREAM_RESTORED;
	default:
		return 0;
	}
}

/* The state that the event has put its stream in; one that was never heard before is a new one. */
static enum gb_stream_state stream_state_of(const struct gb_event *event)
{
	if (event->kind == GB_EVENT_STREAM_EXPIRED)
		return GB_STREAM_EXPIRED;
	return event->value > 0 ? GB_STREAM_ACTIVE : GB_STREAM_NEW;
}

static void put_membership(struct gb_snmp_notice *notice, const struct path *path)
{
	struct gb_membership_status status;

	gb_membership_status(path->membership, &status);
	notice->path_id = path->own.id;
	notice->group = path->own.multicast_ip;
	memcpy(notice->interface, status.interface, sizeof(notice->interface));
	notice->membership_state = status.state;
	notice->querier_state = status.querier_state;
	memcpy(notice->reason, status.last_reregister_reason, sizeof(notice->reason));
}

void snmp_notify(struct daemon *d, const struct path *path, const struct gb_event *event, uint64_t number)
{
	struct gb_snmp_notice notice = {
		.notification = notification_of(event->kind),
		.number = (uint32_t)number,
		.utc_ns = event->utc_ns,
		.version = PACKAGE_VERSION,
		.stream_index = event->stream.index,
		.appid = event->stream.appid,
		.stream_state = stream_state_of(event),
	};
	char sentence[GB_EVENT_SENTENCE];

	if (!d->snmp || !notice.notification)
		return;
	gb_event_describe(event, sentence, sizeof(sentence));
	snprintf(notice.text, sizeof(notice.text), "%.*s", (int)sizeof(notice.text) - 1, sentence);
	if (path)
		put_membership(&notice, path);
	memcpy(notice.source, event->stream.source, sizeof(notice.source));
	memcpy(notice.gocb_ref, event->stream.gocb_ref, sizeof(notice.gocb_ref));
	gb_snmp_notify(d->snmp, &notice);
}

static void fill_status(const struct daemon *d, struct gb_report_snmp *out)
{
	struct gb_snmp_status status;

	out->built = true;
	out->enabled = d->snmp != NULL;
	if (!d->snmp)
		return;
	gb_snmp_status(d->snmp, &status);
	out->up = status.up;
	out->since_ns = status.since_ns;
	out->connects = status.connects;
	out->requests = status.requests;
	out->notifications_sent = status.sent;
	out->notifications_suppressed = status.suppressed;
}

#else /* --disable-snmp */

void snmp_create(struct daemon *d)
{
	(void)d;
}

void snmp_destroy(struct daemon *d)
{
	(void)d;
}

void snmp_notify(struct daemon *d, const struct path *path, const struct gb_event *event, uint64_t number)
{
	(void)d;
	(void)path;
	(void)event;
	(void)number;
}

static void fill_status(const struct daemon *d, struct gb_report_snmp *out)
{
	(void)d;
	out->built = false;
}

#endif

void snmp_fill(const struct daemon *d, struct gb_report_snmp *out)
{
	*out = (struct gb_report_snmp){
		.ping_interval_s = d->config.snmp_ping_interval,
		.mib_root = GB_MIB_ROOT,
		.mib_directory = GB_MIBDIR,
		.base_directory = GB_BASE_MIBDIR,
	};
	snprintf(out->agentx_socket, sizeof(out->agentx_socket), "%.*s", (int)sizeof(out->agentx_socket) - 1,
		 d->config.agentx_socket);
	fill_status(d, out);
}
