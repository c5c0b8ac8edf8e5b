/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the path usable. One rule: whatever happens, compare what is with what should be, mend what can be mended, and try
 * again after reconnect_delay what cannot. rtnetlink says when to look; nothing polls.
 */
#include "daemon_private.h"

#include <goose-bridge/clock.h>
#include <stdio.h>
#include <string.h>

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	path_evaluate(arg);
}

int path_create(struct daemon *d)
{
	d->path.goose0_told = d->path.network_told = -1;
	d->path.retry = evtimer_new(d->base, on_retry, d);
	return d->path.retry ? 0 : -1;
}

void path_destroy(struct daemon *d)
{
	if (d->path.retry)
		event_free(d->path.retry);
	gb_link_unref(d->path.link);
	gb_transport_unref(d->path.transport);
}

void path_apply(struct daemon *d)
{
	struct path *p = &d->path;
	struct gb_datapath_runtime runtime = {
		.link = p->link,
		.goose0_queue = p->goose0_queue,
		.goose0_opened_ns = p->goose0_opened_ns,
		.network_episode = p->network_episode,
		.transport = p->transport,
		.wire_format = d->config.wire_format,
		.legacy_lossy = d->config.legacy_lossy,
		.path_mtu = p->path_mtu,
		.sender_id = p->sender_id,
		.previous_local = p->previous_local,
		.allow_sources = d->config.allow_sources,
		.max_frame_age_ns = d->config.max_frame_age_ms * GB_NS_PER_MS,
	};

	p->unapplied = gb_datapath_apply(d->datapath, &runtime) < 0;
	if (p->unapplied)
		gb_error("out of memory: workers go on with what they had; tried again in %u s",
			 d->config.reconnect_delay);
}

static void schedule_retry(struct daemon *d, uint64_t ns)
{
	struct timeval delay = gb_clock_timeval(ns);

	event_add(d->path.retry, &delay);
}

void path_sending_works(struct daemon *d)
{
	d->path.network_episode++; /* a failure from here on is news to the workers again */
	path_apply(d);
	daemon_note(d, GB_EVENT_SEND_RESTORED, 0, NULL);
}

void path_look_soon(struct daemon *d)
{
	schedule_retry(d, PATH_SOON_NS);
}

static void tell_change(struct daemon *d, int *told, int now, enum gb_event_kind kind, const char *detail)
{
	if (*told == now)
		return;
	*told = now;
	d->path.since_ns = gb_clock_utc_ns();
	daemon_note(d, kind, 0, detail);
}

void path_tell_goose0_down(struct daemon *d)
{
	struct path *p = &d->path;

	if (p->goose0_told == 0 && strcmp(p->goose0_told_detail, p->goose0_detail) != 0)
		p->goose0_told = -1; /* still down, but for another reason */
	memcpy(p->goose0_told_detail, p->goose0_detail, sizeof(p->goose0_detail));
	tell_change(d, &d->path.goose0_told, 0, GB_EVENT_GOOSE0_DOWN, d->path.goose0_detail);
}

static void tell_changes(struct daemon *d)
{
	struct path *p = &d->path;

	if (p->goose0_up)
		tell_change(d, &p->goose0_told, 1, GB_EVENT_GOOSE0_UP, d->config.interface);
	else if (!p->look_soon)
		path_tell_goose0_down(d);
	if (p->network_up)
		tell_change(d, &p->network_told, 1, GB_EVENT_NETWORK_UP, p->network_name);
	else
		tell_change(d, &p->network_told, 0, GB_EVENT_NETWORK_DOWN, p->network_detail);
}

void path_evaluate(struct daemon *d)
{
	struct path *p = &d->path;

	p->look_soon = false;
	bool changed = path_mend_goose0(d);

	changed |= path_mend_network(d);
	if (p->network_up && p->network_told != 1) {
		p->network_episode++;
		changed = true;
	}
	if (changed || p->unapplied)
		path_apply(d);
	path_set_tun_ip(d);
	tell_changes(d);
	member_follow(d);
	if (p->look_soon)
		schedule_retry(d, PATH_SOON_NS);
	else if (!p->goose0_up || !p->network_up || p->unapplied)
		schedule_retry(d, d->config.reconnect_delay * GB_NS_PER_S);
}

void path_on_netif_change(void *daemon)
{
	path_evaluate(daemon);
}
