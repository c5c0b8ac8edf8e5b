/* SPDX-License-Identifier: Apache-2.0 */
#include "diag_checks.h"

#include "diag_kernel.h"

#include <goose-bridge/clock.h>
#include <stdarg.h>
#include <string.h>

enum result { OK, NOTE, BAD };

struct checks {
	struct diag *d;
	bool all;
	unsigned bad;
};

static void say(struct checks *c, const char *check, enum result result, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static void say(struct checks *c, const char *check, enum result result, const char *format, ...)
{
	static const char *const names[] = {"ok", "note", "bad"}, *const columns[] = {"ok    ", "note  ", "bad   "};
	struct json_object *fields;
	char sentence[400];
	va_list arguments;

	if (result == BAD)
		c->bad++;
	if (result == OK && !c->all)
		return;
	va_start(arguments, format);
	vsnprintf(sentence, sizeof(sentence), format, arguments);
	va_end(arguments);
	fields = json_object_new_object();
	put_text(fields, "check", check);
	put_text(fields, "result", names[result]);
	diag_tell(&c->d->out, gb_clock_mono_ns(), "check", fields, "%s%s", c->d->out.json ? "" : columns[result], sentence);
}

static void check_interface(struct checks *c)
{
	const struct gb_netif_link *link = &c->d->link;
	char local[INET_ADDRSTRLEN];

	diag_address(c->d->local, local);
	if (!(link->flags & IFF_MULTICAST))
		say(c, "interface", BAD, "%s does not do multicast: ip link set %s multicast on", link->name, link->name);
	else if (!(link->flags & IFF_RUNNING))
		say(c, "interface", BAD, "%s is up, but has no carrier", link->name);
	else
		say(c, "interface", OK, "%s is up and does multicast; its address is %s", link->name, local);
}

static void check_route(struct checks *c)
{
	struct diag *d = c->d;
	struct gb_netif_route route;
	struct gb_netif_link link;
	char group[INET_ADDRSTRLEN];

	diag_address(d->group, group);
	if (gb_netif_route(d->netif, d->group, &route) < 0)
		say(c, "route", NOTE,
		    "there is no route to %s: what names no interface cannot send there; "
		    "ip route add %s/32 dev %s",
		    group, group, d->link.name);
	else if (route.index != d->link.index)
		say(c, "route", NOTE, "the route to %s is through %s, and not %s: what names no interface sends there", group,
		    gb_netif_link_by_index(d->netif, route.index, &link) ? link.name : "another interface", d->link.name);
	else
		say(c, "route", OK, "the route to %s is through %s", group, d->link.name);
}

static void check_membership(struct checks *c)
{
	struct diag *d = c->d;
	unsigned users = diag_kernel_users(d->link.index, d->group);
	bool own = gb_netif_has_joined(d->netif, d->link.index, d->group);
	char group[INET_ADDRSTRLEN];

	diag_address(d->group, group);
	if (users == 0)
		say(c, "membership", NOTE, "nobody on this host is a member of %s on %s: nothing of it gets in", group,
		    d->link.name);
	else
		say(c, "membership", OK, "%s is a member of %s, held by %u%s", d->link.name, group, users,
		    own ? ", the interface itself among them" : ", the interface itself not among them");
}

static void check_version(struct checks *c)
{
	const char *name = c->d->link.name;
	int forced = diag_kernel_forced_version(name);

	if (forced == 2)
		say(c, "igmp_version", OK, "IGMP version 2 is forced on %s", name);
	else
		say(c, "igmp_version", NOTE,
		    "IGMP version 2 is not forced on %s, and a transit gateway knows no other: "
		    "sysctl -w net.ipv4.conf.%s.force_igmp_version=2",
		    name, name);
}

static void check_rp_filter(struct checks *c)
{
	const char *name = c->d->link.name;
	int filter = diag_kernel_rp_filter(name);

	if (filter < 0)
		say(c, "rp_filter", NOTE, "rp_filter of %s cannot be read", name);
	else if (filter == 1)
		say(c, "rp_filter", NOTE,
		    "rp_filter is strict on %s: datagrams of senders to whom the route is another one are dropped; "
		    "sysctl -w net.ipv4.conf.%s.rp_filter=2",
		    name, name);
	else
		say(c, "rp_filter", OK, "rp_filter is %s on %s", filter == 0 ? "off" : "loose", name);
}

static void check_port(struct checks *c)
{
	const struct gb_config *config = &c->d->config;

	if (c->d->port == config->multicast_port)
		say(c, "port", NOTE,
		    "%u is the bridges' port: a bridge drops each of these datagrams, and counts it as malformed",
		    c->d->port);
	else
		say(c, "port", OK, "port %u is not the bridges', which is %u; rules have to let it pass as well", c->d->port,
		    config->multicast_port);
}

unsigned diag_checks(struct diag *d, bool all)
{
	struct checks c = {.d = d, .all = all};

	check_interface(&c);
	check_route(&c);
	check_membership(&c);
	check_version(&c);
	check_rp_filter(&c);
	check_port(&c);
	return c.bad;
}
