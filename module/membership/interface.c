/* SPDX-License-Identifier: Apache-2.0 */
/* What belongs to the interface: the group's address, its route, and the IGMP version. */
#include "membership_private.h"

#include <arpa/inet.h>
#include <errno.h>
#include <goose-bridge/log.h>
#include <stdio.h>
#include <string.h>

/* ---- the IGMP version ----------------------------------------------------------------------------------------------- */

void interface_force_version(struct gb_membership *m, int index, const char *name)
{
	unsigned wanted = m->settings.igmp_version, now;
	char key[IFNAMSIZ];
	int error;

	if (wanted == 0 || (gb_netif_igmp_version(m->netif, index, &now) == 0 && now == wanted))
		return;
	error = gb_netif_force_igmp_version(m->netif, index, wanted);
	if (error && !m->version_refused) {
		snprintf(key, sizeof(key), "%s", name);
		for (char *at = key; *at; at++) /* as sysctl(8) writes names with dots */
			if (*at == '.')
				*at = '/';
		gb_warn("cannot force IGMP version %u on %s (%s): sysctl -w net.ipv4.conf.%s.force_igmp_version=%u", wanted,
			name, strerror(-error), key, wanted);
	}
	m->version_refused = error != 0;
}

/* ---- the group's address -------------------------------------------------------------------------------------------- */

static void say_refused(struct gb_membership *m, const char *name, int error)
{
	char group[INET_ADDRSTRLEN];

	if (m->address_refused)
		return;
	m->address_refused = true;
	inet_ntop(AF_INET, &m->settings.group, group, sizeof(group));
	if (error == -EEXIST)
		gb_warn("%s has the address %s/32 without autojoin, so the membership ends with the service: "
			"ip addr del %s/32 dev %s",
			name, group, group, name);
	else
		gb_warn("cannot make the membership that of %s (%s), so it ends with the service: "
			"ip addr add %s/32 dev %s autojoin scope host",
			name, strerror(-error), group, name);
}

void interface_hold(struct gb_membership *m, int index, const char *name)
{
	int error = gb_netif_join(m->netif, index, m->settings.group);

	m->address_held = error == 0;
	if (error) {
		say_refused(m, name, error);
		return;
	}
	m->address_refused = false;
	error = gb_netif_delete_group_route(m->netif, index, m->settings.group);
	if (error)
		gb_warn("cannot remove the group's route of %s, which leads back to this host: %s", name, strerror(-error));
}

int interface_let_go(struct gb_membership *m)
{
	struct gb_netif_group at;
	int first = 0;

	for (size_t i = 0; gb_netif_group_at(m->netif, i, &at);) {
		int error = 0;

		if (at.group.s_addr != m->settings.group.s_addr) {
			i++;
			continue;
		}
		error = gb_netif_leave(m->netif, at.index, at.group);
		if (error && !first)
			first = error;
		if (gb_netif_has_joined(m->netif, at.index, at.group))
			i++; /* it stays; without it the next one has its number */
	}
	m->address_held = false;
	return first;
}

void gb_membership_clear_routes(struct gb_membership *m)
{
	struct gb_netif_group at;

	for (size_t i = 0; gb_netif_group_at(m->netif, i, &at); i++)
		if (at.group.s_addr == m->settings.group.s_addr)
			gb_netif_delete_group_route(m->netif, at.index, at.group);
}
