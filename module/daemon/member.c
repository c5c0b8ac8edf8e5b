/* SPDX-License-Identifier: Apache-2.0 */
/* What keeps this host a member of the group, and the sockets that it is a member for. */
#include "daemon_private.h"

#include <errno.h>
#include <string.h>

static int is_held(void *daemon)
{
	const struct daemon *d = daemon;

	return d->path.transport ? gb_transport_is_member(d->path.transport) : -ENOTCONN;
}

static int join_again(void *daemon)
{
	struct daemon *d = daemon;

	return d->path.transport ? gb_transport_join(d->path.transport) : -ENOTCONN;
}

static int leave(void *daemon)
{
	struct daemon *d = daemon;

	return d->path.transport ? gb_transport_leave(d->path.transport) : -ENOTCONN;
}

static void note(void *daemon, enum gb_event_kind kind, const char *text)
{
	daemon_note(daemon, kind, 0, text);
}

static struct gb_membership_settings settings_of(const struct gb_config *c)
{
	return (struct gb_membership_settings){
		.group = c->multicast_ip,
		.keepalive = c->enable_igmp_keepalive,
		.keepalive_interval_s = c->igmp_keepalive_interval,
		.monitor_interval_s = c->igmp_monitor_interval,
		.threshold = c->igmp_reregister_threshold,
		.igmp_version = c->force_igmp_version,
	};
}

int member_create(struct daemon *d)
{
	static const struct gb_membership_ops ops = {.held = is_held, .join = join_again, .leave = leave, .note = note};
	struct gb_membership_settings settings = settings_of(&d->config);

	return gb_membership_create(&d->membership, d->base, d->netif, &settings, &ops, d);
}

void member_follow(struct daemon *d)
{
	const struct path *p = &d->path;
	struct gb_membership_place place = {0};

	if (!p->network_up || !p->transport) {
		gb_membership_follow(d->membership, NULL);
		return;
	}
	place.index = gb_transport_settings(p->transport)->interface;
	place.local = gb_transport_settings(p->transport)->local;
	memcpy(place.name, p->network_name, sizeof(place.name));
	gb_membership_follow(d->membership, &place);
}

void member_configure(struct daemon *d)
{
	struct gb_membership_settings settings = settings_of(&d->config);

	gb_membership_configure(d->membership, &settings);
}

int member_leave(struct daemon *d)
{
	return gb_membership_leave(d->membership);
}

bool member_has_left(const struct daemon *d)
{
	struct gb_membership_status status;

	gb_membership_status(d->membership, &status);
	return status.left;
}
