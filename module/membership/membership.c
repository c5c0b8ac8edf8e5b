/* SPDX-License-Identifier: Apache-2.0 */
/* When things happen: reports, checks, and joining anew. */
#include <goose-bridge/membership.h>

#include "membership_private.h"

#include <arpa/inet.h>
#include <errno.h>
#include <goose-bridge/clock.h>
#include <goose-bridge/log.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Reports of a burst, and when each goes out after the one before: RFC 2236, 3 recommends to repeat an unsolicited report once
 * or twice after short delays. They are shorter than its 10 s, as frames are lost meanwhile.
 */
static const uint64_t burst_delays_ns[] = {0, 1 * GB_NS_PER_S, 2 * GB_NS_PER_S};
#define BURST (sizeof(burst_delays_ns) / sizeof(burst_delays_ns[0]))

/* Joining anew has this distance at least, whatever an interface does: several reasons in between become one. */
#define REJOIN_DISTANCE_NS GB_NS_PER_S

#define UNKNOWN_TO_FORGET 3 /* answers of the registry without a word, after which its last word is too old */

/* ---- reports -------------------------------------------------------------------------------------------------------- */

static void continue_burst(struct gb_membership *m)
{
	packets_send_report(m);
	if (++m->burst_sent >= BURST)
		return;
	struct timeval wait = gb_clock_timeval(burst_delays_ns[m->burst_sent]);

	evtimer_add(m->burst, &wait);
}

static void start_burst(struct gb_membership *m)
{
	evtimer_del(m->burst);
	m->burst_sent = 0;
	if (m->settings.keepalive)
		continue_burst(m);
}

static void on_burst(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	continue_burst(arg);
}

static void on_keepalive(evutil_socket_t fd, short what, void *arg)
{
	struct gb_membership *m = arg;

	(void)fd;
	(void)what;
	if (packets_send_report(m))
		m->counts.keepalive_count++;
}

static void set_timers(struct gb_membership *m)
{
	struct timeval keepalive = {.tv_sec = m->settings.keepalive_interval_s};
	struct timeval check = {.tv_sec = m->settings.monitor_interval_s};

	event_add(m->keepalive, &keepalive);
	event_add(m->check, &check);
}

static void stop_timers(struct gb_membership *m)
{
	event_del(m->keepalive);
	event_del(m->check);
	evtimer_del(m->burst);
	evtimer_del(m->expire);
	evtimer_del(m->soon);
	m->pending[0] = '\0';
}

/* ---- checks --------------------------------------------------------------------------------------------------------- */

static enum state_kernel ask_kernel(const struct gb_membership *m)
{
	int held = m->ops.held(m->arg);

	return held < 0 ? STATE_KERNEL_UNKNOWN : held ? STATE_KERNEL_HELD : STATE_KERNEL_MISSING;
}

static void tell_restored(struct gb_membership *m, const struct state_outcome *outcome)
{
	if (outcome->restored)
		m->ops.note(m->arg, GB_EVENT_MEMBERSHIP_RESTORED, m->place.name);
}

/* After joining: good news count at once, bad news wait for the next check, so that no failure makes a loop. */
static void confirm(struct gb_membership *m)
{
	if (m->registry == GB_REGISTRY_ABSENT || ask_kernel(m) != STATE_KERNEL_HELD)
		return;
	struct state_outcome outcome = state_check(&m->state, STATE_KERNEL_HELD, m->registry, m->settings.threshold);

	tell_restored(m, &outcome);
}

static void join(struct gb_membership *m)
{
	/* asked before the interface joins, which the sockets get nothing of */
	bool missing = m->ops.held(m->arg) == 0;
	int error;

	interface_force_version(m, m->place.index, m->place.name);
	interface_hold(m, m->place.index, m->place.name);
	if ((missing || m->sockets_left) && (error = m->ops.join(m->arg)) < 0)
		gb_warn("cannot join the group on %s: %s; tried again", m->place.name, strerror(-error));
	else
		m->sockets_left = false;
	start_burst(m);
	confirm(m);
}

static void join_anew(struct gb_membership *m, const char *reason)
{
	uint64_t now = gb_clock_mono_ns();

	if (m->rejoined_ns != 0 && now - m->rejoined_ns < REJOIN_DISTANCE_NS) {
		struct timeval wait = gb_clock_timeval(REJOIN_DISTANCE_NS - (now - m->rejoined_ns));

		snprintf(m->pending, sizeof(m->pending), "%s", reason);
		evtimer_add(m->soon, &wait);
		return;
	}
	evtimer_del(m->soon);
	m->rejoined_ns = now;
	m->counts.reregister_count++;
	m->counts.last_reregister_ns = gb_clock_utc_ns();
	snprintf(m->counts.last_reregister_reason, sizeof(m->counts.last_reregister_reason), "%s", reason);
	m->ops.note(m->arg, GB_EVENT_REREGISTERED, reason);
	join(m);
}

static void on_soon(evutil_socket_t fd, short what, void *arg)
{
	struct gb_membership *m = arg;
	char reason[GB_MEMBERSHIP_REASON];

	(void)fd;
	(void)what;
	memcpy(reason, m->pending, sizeof(reason));
	m->pending[0] = '\0';
	if (m->placed && !m->left)
		join_anew(m, reason);
}

static void on_check(evutil_socket_t fd, short what, void *arg)
{
	struct gb_membership *m = arg;
	enum state_kernel kernel = ask_kernel(m);
	bool heard_before = m->registry == GB_REGISTRY_ABSENT && !m->registry_is_new;
	char reason[GB_MEMBERSHIP_REASON];

	(void)fd;
	(void)what;
	m->counts.monitor_checks++;
	if (kernel == STATE_KERNEL_MISSING)
		m->counts.local_missing_count++;
	m->registry_is_new = false;
	if (heard_before && kernel != STATE_KERNEL_MISSING)
		return; /* one answer of the registry is one failure */
	struct state_outcome outcome = state_check(&m->state, kernel, m->registry, m->settings.threshold);

	if (kernel == STATE_KERNEL_MISSING)
		snprintf(reason, sizeof(reason), "the kernel held no membership on %s", m->place.name);
	else
		snprintf(reason, sizeof(reason), "the registry says that this host is no member");
	if (outcome.lost)
		m->ops.note(m->arg, GB_EVENT_MEMBERSHIP_LOST, reason);
	tell_restored(m, &outcome);
	if (outcome.join_anew)
		join_anew(m, reason);
}

void gb_membership_registry(struct gb_membership *m, enum gb_registry_evidence evidence)
{
	/* a registry that cannot be reached for a moment has not taken back what it said */
	m->registry_unknown = evidence == GB_REGISTRY_UNKNOWN ? m->registry_unknown + 1 : 0;
	if (m->registry == GB_REGISTRY_ABSENT && evidence == GB_REGISTRY_UNKNOWN && m->registry_unknown < UNKNOWN_TO_FORGET)
		return;
	m->registry = evidence == GB_REGISTRY_OFF ? GB_REGISTRY_UNKNOWN : evidence;
	m->registry_is_new = true;
	if (evidence == GB_REGISTRY_ABSENT)
		m->counts.registry_missing_count++;
}

/* ---- where ---------------------------------------------------------------------------------------------------------- */

void gb_membership_prepare(struct gb_membership *m, int index, const char *name)
{
	if (m->left)
		return;
	interface_force_version(m, index, name);
	interface_hold(m, index, name);
}

/* Why the group has to be joined anew at PLACE; false if nothing has changed. */
static bool find_reason(const struct gb_membership *m, const struct gb_membership_place *place, char *reason, size_t size)
{
	char address[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &place->local, address, sizeof(address));
	if (strcmp(place->name, m->place.name) != 0)
		snprintf(reason, size, "%s is used in the place of %s", place->name, m->place.name);
	else if (place->index != m->place.index)
		snprintf(reason, size, "%s was removed and is back", place->name);
	else if (place->local.s_addr != m->place.local.s_addr)
		snprintf(reason, size, "the address of %s is %s now", place->name, address);
	else if (!m->placed)
		snprintf(reason, size, "%s is up again", place->name);
	else if (m->address_held && !gb_netif_has_joined(m->netif, place->index, m->settings.group))
		snprintf(reason, size, "the group's address was taken off %s", place->name);
	else
		return false;
	return true;
}

static void suspend(struct gb_membership *m)
{
	m->placed = false;
	stop_timers(m);
	state_begin(&m->state);
}

/* PLACE is usable from now on. */
static void take_place(struct gb_membership *m, const struct gb_membership_place *place)
{
	bool another = !m->ever_placed || place->index != m->place.index || strcmp(place->name, m->place.name) != 0;
	bool was_placed = m->placed;

	if (another) {
		m->querier = (struct querier){0};
		gb_membership_registry(m, GB_REGISTRY_OFF); /* what it said was of the other */
		state_begin(&m->state);
	}
	m->place = *place;
	m->ever_placed = m->placed = true;
	if (another || m->fd < 0)
		packets_open(m);
	if (!was_placed)
		querier_resume(&m->querier, gb_clock_mono_ns());
	packets_watch_querier(m);
	if (!was_placed && !m->left)
		set_timers(m);
}

void gb_membership_follow(struct gb_membership *m, const struct gb_membership_place *place)
{
	char reason[GB_MEMBERSHIP_REASON];
	bool first = !m->ever_placed;

	if (!place) {
		if (m->placed)
			suspend(m);
		return;
	}
	if (!first && !find_reason(m, place, reason, sizeof(reason)))
		return;
	take_place(m, place);
	if (m->left)
		return;
	if (first)
		join(m);
	else
		join_anew(m, reason);
}

/* ---- settings, leaving ---------------------------------------------------------------------------------------------- */

void gb_membership_configure(struct gb_membership *m, const struct gb_membership_settings *settings)
{
	struct gb_membership_settings before = m->settings;
	bool back = m->left;

	m->settings = *settings;
	m->settings.group = before.group;
	m->left = false;
	if (!m->placed)
		return;
	/* an unchanged rhythm goes on: reloads must not keep a report from being due */
	if (back || before.keepalive_interval_s != settings->keepalive_interval_s ||
	    before.monitor_interval_s != settings->monitor_interval_s)
		set_timers(m);
	if (back)
		join_anew(m, "it had been left on purpose");
	else if (settings->keepalive && !before.keepalive)
		start_burst(m);
}

int gb_membership_leave(struct gb_membership *m)
{
	int error, socket_error = 0;

	m->left = true;
	stop_timers(m);
	m->state.now = GB_MEMBERSHIP_LOST;
	m->state.failures = 0;
	m->state.told_lost = true;
	error = interface_let_go(m);
	if (!m->sockets_left)
		socket_error = m->ops.leave(m->arg);
	m->sockets_left = true;
	if (socket_error == -EADDRNOTAVAIL || socket_error == -ENOTCONN) /* they were no members */
		socket_error = 0;
	packets_watch_querier(m);
	return error ? error : socket_error;
}

/* ---- create, destroy, status ---------------------------------------------------------------------------------------- */

int gb_membership_create(struct gb_membership **membership, struct event_base *base, struct gb_netif *netif,
			 const struct gb_membership_settings *settings, const struct gb_membership_ops *ops, void *arg)
{
	struct gb_membership *m = calloc(1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	m->base = base;
	m->netif = netif;
	m->settings = *settings;
	m->ops = *ops;
	m->arg = arg;
	m->fd = -1;
	m->keepalive = event_new(base, -1, EV_PERSIST, on_keepalive, m);
	m->check = event_new(base, -1, EV_PERSIST, on_check, m);
	m->burst = evtimer_new(base, on_burst, m);
	m->expire = evtimer_new(base, packets_on_expire, m);
	m->soon = evtimer_new(base, on_soon, m);
	if (!m->keepalive || !m->check || !m->burst || !m->expire || !m->soon) {
		gb_membership_destroy(m);
		return -ENOMEM;
	}
	*membership = m;
	return 0;
}

void gb_membership_destroy(struct gb_membership *m)
{
	if (!m)
		return;
	struct event *events[] = {m->keepalive, m->check, m->burst, m->expire, m->soon};

	packets_close(m);
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (events[i])
			event_free(events[i]);
	free(m);
}

void gb_membership_status(const struct gb_membership *m, struct gb_membership_status *status)
{
	*status = m->counts;
	status->state = m->left ? GB_MEMBERSHIP_LOST : m->state.now;
	status->left = m->left;
	status->group = m->settings.group;
	memcpy(status->interface, m->place.name, sizeof(status->interface));
	status->querier_state = m->querier.now;
	status->querier = m->querier.address;
	status->querier_version = m->querier.version;
	status->query_interval_ns = querier_interval_ns(&m->querier);
}
