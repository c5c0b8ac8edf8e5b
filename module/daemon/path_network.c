/* SPDX-License-Identifier: Apache-2.0 */
/* The network side of the path: which interface and address, and sockets that fit them. */
#include "daemon_private.h"

#include <arpa/inet.h>
#include <errno.h>
#include <goose-bridge/clock.h>
#include <stdio.h>
#include <string.h>

#define RECEIVE_BUFFER	 (8 * 1024 * 1024)
#define SEND_BUFFER	 (128 * 1024) /* some hundred datagrams: what waits there gets old, and nothing can take it back */
#define DEFAULT_PATH_MTU 1500 /* multicast has no path MTU discovery: nothing larger is sent unless somebody says so */

#define PATH_MTU_MIN	 576  /* what every IPv4 host has to accept (RFC 791, 3.1) */

struct choice {
	struct gb_netif_link link;
	struct in_addr local;
};

/* The interface that is to be used now. False with the reason in network_detail. */
static bool choose(struct path *p, struct choice *choice)
{
	struct gb_netif_route route = {0};
	char group[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &p->own.multicast_ip, group, sizeof(group));
	if (*p->own.multicast_interface) {
		if (!gb_netif_link_by_name(p->netif, p->own.multicast_interface, &choice->link)) {
			snprintf(p->network_detail, sizeof(p->network_detail),
				 "multicast_interface %s does not exist", p->own.multicast_interface);
			return false;
		}
	} else if (gb_netif_route(p->netif, p->own.multicast_ip, &route) < 0 ||
		   !gb_netif_link_by_index(p->netif, route.index, &choice->link)) {
		snprintf(p->network_detail, sizeof(p->network_detail),
			 "no route to %s: set multicast_interface, or add a route", group);
		return false;
	}
	if (choice->link.mtu < PATH_MTU_MIN) {
		snprintf(p->network_detail, sizeof(p->network_detail), "the MTU of %s is %u; at least %d is needed",
			 choice->link.name, choice->link.mtu, PATH_MTU_MIN);
		return false;
	}
	choice->local = route.source;
	if (choice->local.s_addr == 0 && !gb_netif_address(p->netif, choice->link.index, &choice->local)) {
		snprintf(p->network_detail, sizeof(p->network_detail), "%s has no IPv4 address", choice->link.name);
		return false;
	}
	return true;
}

/* Whether the open sockets can be kept though nothing says any more that this is the interface to use: with the interface
 * and the address there they still receive and send, and are at once right when the route comes back. An interface that is
 * set down takes its routes with it.
 */
static bool still_usable(struct path *p)
{
	const struct gb_transport_settings *s = gb_transport_settings(p->transport);
	struct gb_netif_link link;

	if (!gb_netif_link_by_index(p->netif, s->interface, &link) || link.mtu < PATH_MTU_MIN ||
	    !gb_netif_address_is_own(p->netif, s->local))
		return false;
	if (!(link.flags & IFF_UP) || !(link.flags & IFF_RUNNING)) {
		p->network_up = false;
		snprintf(p->network_detail, sizeof(p->network_detail), "%s is %s", link.name,
			 link.flags & IFF_UP ? "up, but has no carrier" : "down");
	}
	return true;
}

/* FNV-1a, 64 bit, over what tells one bridge from another: the interface's MAC, the group, the port and goose0's name. */
static uint64_t derive_sender_id(const struct path *p, const struct choice *choice)
{
	uint8_t octets[6 + 4 + 4 + 2 + IFNAMSIZ] = {0};
	uint64_t hash = UINT64_C(0xCBF29CE484222325);

	if (choice->link.has_mac)
		memcpy(octets, choice->link.mac, 6);
	else
		memcpy(octets, &choice->local, 4);
	memcpy(octets + 6, &p->own.multicast_ip, 4);
	octets[14] = (uint8_t)(p->config->multicast_port >> 8);
	octets[15] = (uint8_t)p->config->multicast_port;
	memcpy(octets + 16, p->own.interface, strnlen(p->own.interface, IFNAMSIZ));
	for (size_t i = 0; i < sizeof(octets); i++)
		hash = (hash ^ octets[i]) * UINT64_C(0x100000001B3);
	return hash ? hash : 1;
}

static void warn_of_small_buffers(const struct path *p)
{
	if (p->granted.receive_buffer < RECEIVE_BUFFER)
		gb_warn("the receive buffer is %d octets, %d were wanted: sysctl -w net.core.rmem_max=%d",
			p->granted.receive_buffer, RECEIVE_BUFFER, RECEIVE_BUFFER);
	if (p->granted.send_buffer < SEND_BUFFER)
		gb_warn("the send buffer is %d octets, %d were wanted: sysctl -w net.core.wmem_max=%d", p->granted.send_buffer,
			SEND_BUFFER, SEND_BUFFER);
}

static bool open_sockets(struct path *p, const struct choice *choice)
{
	const struct gb_config *c = p->config;
	const char *step = "";
	struct gb_transport_settings settings = {
		.group = p->own.multicast_ip,
		.port = p->config->multicast_port,
		.interface = choice->link.index,
		.local = choice->local,
		.ttl = c->multicast_ttl,
		.dscp = c->dscp,
		.receive_buffer = RECEIVE_BUFFER,
		.send_buffer = SEND_BUFFER,
		.stay_out = member_has_left(p),
		.plain = !c->udp_offload,
	};

	gb_membership_prepare(p->membership, choice->link.index, choice->link.name);
	int error = gb_transport_open(&p->transport, &settings, &p->granted, &step);

	if (error) {
		p->transport = NULL;
		snprintf(p->network_detail, sizeof(p->network_detail), "%s: %s: %s", choice->link.name, step,
			 strerror(-error));
		return false;
	}
	warn_of_small_buffers(p);
	gb_debug("UDP_SEGMENT is %s, UDP_GRO is %s", p->granted.segment ? "used" : "not used",
		 p->granted.gro ? "used" : "not used");
	return true;
}

static unsigned wanted_path_mtu(const struct gb_config *c, unsigned interface_mtu)
{
	unsigned wanted = c->path_mtu ? c->path_mtu : DEFAULT_PATH_MTU;

	return wanted < interface_mtu ? wanted : interface_mtu;
}

static bool fits(const struct gb_transport *transport, const struct choice *choice)
{
	const struct gb_transport_settings *s = gb_transport_settings(transport);

	return s->interface == choice->link.index && s->local.s_addr == choice->local.s_addr;
}

static bool close_sockets(struct path *p)
{
	bool were_open = p->transport != NULL;

	if (were_open)
		p->previous_local = gb_transport_settings(p->transport)->local;

	gb_transport_unref(p->transport);
	p->transport = NULL;
	p->network_up = false;
	return were_open;
}

/* Takes over what follows from the interface alone. Returns whether workers have to be told. */
static bool follow_interface(struct path *p, const struct choice *choice)
{
	uint64_t id = p->config->sender_id ? p->config->sender_id : derive_sender_id(p, choice);
	unsigned mtu = wanted_path_mtu(p->config, choice->link.mtu);
	bool changed = id != p->sender_id || mtu != p->path_mtu;

	if (mtu != p->path_mtu && mtu < p->config->path_mtu)
		gb_warn("path_mtu = %u is more than the MTU of %s: %u is used", p->config->path_mtu, choice->link.name, mtu);
	p->sender_id = id;
	p->path_mtu = mtu;
	memcpy(p->network_name, choice->link.name, sizeof(p->network_name));
	p->network_up = (choice->link.flags & IFF_UP) && (choice->link.flags & IFF_RUNNING);
	if (!p->network_up)
		snprintf(p->network_detail, sizeof(p->network_detail), "%s is %s", choice->link.name,
			 choice->link.flags & IFF_UP ? "up, but has no carrier" : "down");
	return changed;
}

/* Nothing says any more which interface to use. Returns whether workers have to be told. */
static bool keep_or_close(struct path *p)
{

	if (!p->transport || !still_usable(p)) {
		p->network_up = false;
		p->network_kept = false;
		return close_sockets(p);
	}
	if (p->network_up && !p->network_kept)
		gb_warn("%s is still used, but: %s", p->network_name, p->network_detail);
	p->network_kept = p->network_up;
	return false;
}

/* Returns whether workers have to be told. */
bool path_mend_network(struct path *p)
{
	struct choice choice;
	bool changed = false;

	gb_membership_clear_routes(p->membership);
	if (!choose(p, &choice))
		return keep_or_close(p);
	p->network_kept = false;
	if (p->transport && !fits(p->transport, &choice))
		changed = close_sockets(p);
	if (!p->transport) {
		if (!open_sockets(p, &choice))
			return changed;
		changed = true;
	}
	return follow_interface(p, &choice) || changed;
}

void path_mark(struct path *p)
{
	int error = p->transport ? gb_transport_mark(p->transport, p->config->multicast_ttl, p->config->dscp) : 0;

	if (error)
		gb_warn("cannot set multicast_ttl and dscp: %s", strerror(-error));
}
