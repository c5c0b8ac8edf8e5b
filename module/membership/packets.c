/* SPDX-License-Identifier: Apache-2.0 */
/* What goes through the raw socket: reports out, queries and other members' reports in. */
#include "membership_private.h"

#include <arpa/inet.h>
#include <errno.h>
#include <goose-bridge/clock.h>
#include <goose-bridge/igmp.h>
#include <goose-bridge/igmp_socket.h>
#include <goose-bridge/log.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define READ_BUDGET 32 /* packets in one turn of the loop: nobody can keep it from the rest */
#define PACKET_MAX  2048

static void note_querier(struct gb_membership *m, enum gb_event_kind kind)
{
	char address[INET_ADDRSTRLEN], text[GB_EVENT_TEXT];

	inet_ntop(AF_INET, &m->querier.address, address, sizeof(address));
	if (kind == GB_EVENT_QUERIER_FOUND)
		snprintf(text, sizeof(text), "%s on %s, IGMP version %u", address, m->place.name, m->querier.version);
	else
		snprintf(text, sizeof(text), "%s on %s was heard last %llu s ago", address, m->place.name,
			 (unsigned long long)((gb_clock_mono_ns() - m->querier.last_ns) / GB_NS_PER_S));
	m->ops.note(m->arg, kind, text);
}

void packets_watch_querier(struct gb_membership *m)
{
	uint64_t now = gb_clock_mono_ns(), deadline = querier_deadline_ns(&m->querier);

	evtimer_del(m->expire);
	if (deadline == 0 || !m->placed)
		return;
	/* a millisecond more: the timer must not come before the deadline for rounding */
	struct timeval wait = gb_clock_timeval((deadline > now ? deadline - now : 0) + GB_NS_PER_MS);

	evtimer_add(m->expire, &wait);
}

static void take_query(struct gb_membership *m, const struct gb_igmp_message *query)
{
	m->counts.queries_received++;
	m->counts.last_query_ns = gb_clock_utc_ns();
	if (query->group.s_addr != 0) /* about one group: no sign of the querier's rhythm */
		return;
	if (querier_heard(&m->querier, gb_clock_mono_ns(), query->source, query->version, query->max_response_ms))
		note_querier(m, GB_EVENT_QUERIER_FOUND);
	packets_watch_querier(m);
}

static void take(struct gb_membership *m, const uint8_t *octets, size_t length)
{
	struct gb_igmp_message message;

	if (gb_igmp_parse(octets, length, &message) < 0)
		m->counts.malformed++;
	else if (message.kind == GB_IGMP_QUERY)
		take_query(m, &message);
	else if (gb_igmp_reports(&message, m->settings.group) && !gb_netif_address_is_own(m->netif, message.source))
		m->counts.other_reports++; /* the kernel's own reports come back to us, too */
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct gb_membership *m = arg;
	uint8_t octets[PACKET_MAX];

	(void)what;
	for (unsigned budget = READ_BUDGET; budget > 0; budget--) {
		ssize_t length = gb_igmp_socket_receive(fd, m->place.index, octets, sizeof(octets));

		if (length < 0)
			return; /* -EAGAIN, or -ENETDOWN, which rtnetlink tells better */
		if (length > 0)
			take(m, octets, (size_t)length);
	}
}

void packets_open(struct gb_membership *m)
{
	packets_close(m);
	m->fd = gb_igmp_socket_open(m->place.name);
	if (m->fd < 0) {
		if (!m->raw_refused)
			gb_warn("cannot open a raw socket on %s (%s): no membership reports are sent and queries are not seen; "
				"run as root, or give CAP_NET_RAW",
				m->place.name, strerror(-m->fd));
		m->raw_refused = true;
		m->fd = -1;
		return;
	}
	m->raw_refused = false;
	m->readable = event_new(m->base, m->fd, EV_READ | EV_PERSIST, on_readable, m);
	if (m->readable)
		event_add(m->readable, NULL);
}

void packets_close(struct gb_membership *m)
{
	if (m->readable)
		event_free(m->readable);
	m->readable = NULL;
	if (m->fd >= 0)
		close(m->fd);
	m->fd = -1;
}

bool packets_send_report(struct gb_membership *m)
{
	if (m->fd < 0 || !m->placed || m->left || !m->settings.keepalive)
		return false;
	int error = gb_igmp_socket_report(m->fd, m->place.index, m->place.local, m->settings.group);

	if (error && !m->sending_fails)
		gb_warn("cannot send a membership report on %s: %s; tried again every igmp_keepalive_interval", m->place.name,
			strerror(-error));
	m->sending_fails = error != 0;
	if (error)
		return false;
	m->counts.reports_sent++;
	m->counts.last_report_ns = gb_clock_utc_ns();
	return true;
}

void packets_on_expire(evutil_socket_t fd, short what, void *arg)
{
	struct gb_membership *m = arg;

	(void)fd;
	(void)what;
	if (querier_expire(&m->querier, gb_clock_mono_ns()))
		note_querier(m, GB_EVENT_QUERIER_LOST);
	else
		packets_watch_querier(m);
}
