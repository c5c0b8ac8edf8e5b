/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps a path usable. One rule: whatever happens, compare what is with what should be, mend what can be mended, and try
 * again after reconnect_delay what cannot. rtnetlink says when to look; nothing polls.
 */
#include "daemon_private.h"

#include <goose-bridge/clock.h>
#include <stdio.h>
#include <string.h>

void path_apply(struct path *p)
{
	struct gb_datapath_runtime runtime = {
		.link = p->link,
		.goose0_queue = p->goose0_queue,
		.goose0_opened_ns = p->goose0_opened_ns,
		.network_episode = p->network_episode,
		.transport = p->transport,
		.wire_format = p->config->wire_format,
		.legacy_lossy = p->config->legacy_lossy,
		.path_mtu = p->path_mtu,
		.path_id = (uint16_t)p->own.id,
		.max_frames_per_datagram = p->config->max_frames_per_datagram,
		.sender_id = p->sender_id,
		.previous_local = p->previous_local,
		.allow_sources = p->config->allow_sources,
		.max_frame_age_ns = p->config->max_frame_age_ms * GB_NS_PER_MS,
	};

	p->unapplied = gb_datapath_apply(p->datapath, &runtime) < 0;
	if (p->unapplied)
		gb_error("out of memory: workers go on with what they had; tried again in %u s",
			 p->config->reconnect_delay);
}

static void schedule_retry(struct path *p, uint64_t ns)
{
	struct timeval delay = gb_clock_timeval(ns);

	event_add(p->retry, &delay);
}

void path_sending_works(struct path *p)
{
	p->network_episode++; /* a failure from here on is news to the workers again */
	path_apply(p);
	path_note(p, GB_EVENT_SEND_RESTORED, 0, NULL);
}

void path_look_soon(struct path *p)
{
	schedule_retry(p, PATH_SOON_NS);
}

static void tell_change(struct path *p, int *told, int now, enum gb_event_kind kind, const char *detail)
{
	if (*told == now)
		return;
	*told = now;
	p->since_ns = gb_clock_utc_ns();
	path_note(p, kind, 0, detail);
}

void path_tell_goose0_down(struct path *p)
{
	if (p->goose0_told == 0 && strcmp(p->goose0_told_detail, p->goose0_detail) != 0)
		p->goose0_told = -1; /* still down, but for another reason */
	memcpy(p->goose0_told_detail, p->goose0_detail, sizeof(p->goose0_detail));
	tell_change(p, &p->goose0_told, 0, GB_EVENT_GOOSE0_DOWN, p->goose0_detail);
}

static void tell_changes(struct path *p)
{
	if (p->goose0_up)
		tell_change(p, &p->goose0_told, 1, GB_EVENT_GOOSE0_UP, p->own.interface);
	else if (!p->look_soon)
		path_tell_goose0_down(p);
	if (p->network_up)
		tell_change(p, &p->network_told, 1, GB_EVENT_NETWORK_UP, p->network_name);
	else
		tell_change(p, &p->network_told, 0, GB_EVENT_NETWORK_DOWN, p->network_detail);
}

void path_evaluate(struct path *p)
{
	p->look_soon = false;
	bool changed = path_mend_goose0(p);

	changed |= path_mend_network(p);
	if (p->network_up && p->network_told != 1) {
		p->network_episode++;
		changed = true;
	}
	if (changed || p->unapplied)
		path_apply(p);
	engine_follow(p);
	path_set_tun_ip(p);
	tell_changes(p);
	member_follow(p);
	tgw_follow(p);
	if (p->look_soon)
		schedule_retry(p, PATH_SOON_NS);
	else if (!p->goose0_up || !p->network_up || p->unapplied)
		schedule_retry(p, p->config->reconnect_delay * GB_NS_PER_S);
}
