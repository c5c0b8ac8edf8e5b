/* SPDX-License-Identifier: Apache-2.0 */
/* What keeps this host a member of the group, and the sockets that it is a member for. */
#include "daemon_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int is_held(void *path)
{
	const struct path *p = path;

	return p->transport ? gb_transport_is_member(p->transport) : -ENOTCONN;
}

static int join_again(void *path)
{
	struct path *p = path;

	return p->transport ? gb_transport_join(p->transport) : -ENOTCONN;
}

static int leave(void *path)
{
	struct path *p = path;

	return p->transport ? gb_transport_leave(p->transport) : -ENOTCONN;
}

static void note(void *path, enum gb_event_kind kind, const char *text)
{
	path_note(path, kind, 0, text);
}

static struct gb_membership_settings settings_of(const struct path *p)
{
	const struct gb_config *c = p->config;

	return (struct gb_membership_settings){
		.group = p->own.multicast_ip,
		.keepalive = c->enable_igmp_keepalive,
		.keepalive_interval_s = c->igmp_keepalive_interval,
		.monitor_interval_s = c->igmp_monitor_interval,
		.threshold = c->igmp_reregister_threshold,
		.igmp_version = c->force_igmp_version,
	};
}

int member_create(struct path *p)
{
	static const struct gb_membership_ops ops = {.held = is_held, .join = join_again, .leave = leave, .note = note};
	struct gb_membership_settings settings = settings_of(p);

	return gb_membership_create(&p->membership, p->daemon->base, p->netif, &settings, &ops, p);
}

void member_follow(struct path *p)
{
	struct gb_membership_place place = {0};

	if (!p->network_up || !p->transport) {
		gb_membership_follow(p->membership, NULL);
		return;
	}
	place.index = gb_transport_settings(p->transport)->interface;
	place.local = gb_transport_settings(p->transport)->local;
	memcpy(place.name, p->network_name, sizeof(place.name));
	gb_membership_follow(p->membership, &place);
}

void member_configure(struct path *p)
{
	struct gb_membership_settings settings = settings_of(p);

	gb_membership_configure(p->membership, &settings);
}

int member_leave(struct path *p)
{
	return gb_membership_leave(p->membership);
}

bool member_has_left(const struct path *p)
{
	struct gb_membership_status status;

	gb_membership_status(p->membership, &status);
	return status.left;
}

void member_note_rejoin(struct path *p, const struct gb_event *event, uint64_t number)
{
	struct daemon *d = p->daemon;
	struct gb_membership_status status;
	struct gb_report_rejoin *rejoin;

	if (d->rejoins == GB_REPORT_REJOINS_MAX) {
		memmove(&d->rejoin[0], &d->rejoin[1], sizeof(d->rejoin) - sizeof(d->rejoin[0]));
		d->rejoins--;
	}
	gb_membership_status(p->membership, &status);
	rejoin = &d->rejoin[d->rejoins++];
	*rejoin = (struct gb_report_rejoin){.number = (uint32_t)number, .path_id = p->own.id, .utc_ns = event->utc_ns,
					    .group = status.group};
	memcpy(rejoin->interface, status.interface, sizeof(rejoin->interface));
	snprintf(rejoin->reason, sizeof(rejoin->reason), "%.*s", (int)sizeof(rejoin->reason) - 1, event->text);
}
