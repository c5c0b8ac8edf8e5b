/* SPDX-License-Identifier: Apache-2.0 */
/* membership, inside: when things happen (membership.c), the raw socket's packets (packets.c), and what belongs to the
 * interface (interface.c).
 */
#ifndef MEMBERSHIP_PRIVATE_H
#define MEMBERSHIP_PRIVATE_H

#include "state.h"

#include <event2/event.h>
#include <goose-bridge/membership.h>
#include <goose-bridge/netif.h>

struct gb_membership {
	struct event_base *base;
	struct gb_netif *netif;
	struct gb_membership_settings settings;
	struct gb_membership_ops ops;
	void *arg;

	struct state state;
	enum gb_registry_evidence registry;
	bool registry_is_new; /* since the last check */
	unsigned registry_unknown; /* answers in a row that said nothing */
	struct querier querier;

	struct gb_membership_place place; /* the last one */
	bool ever_placed;
	bool placed; /* it is usable now */
	bool left;
	bool sockets_left; /* with it; they stay so until they are told to join */
	bool address_held; /* the interface had the group's address when last looked */

	int fd; /* raw; -1 = none */
	struct event *readable;
	struct event *keepalive;
	struct event *check;
	struct event *burst;
	struct event *expire; /* of the querier */
	struct event *soon;   /* a re-registration that has to wait */
	unsigned burst_sent;
	uint64_t rejoined_ns; /* monotonic; 0 = never */
	char pending[GB_MEMBERSHIP_REASON];

	struct gb_membership_status counts; /* what only grows or is remembered; the rest is filled in on request */

	/* said once, until it works again */
	bool raw_refused;
	bool address_refused;
	bool version_refused;
	bool sending_fails;
};

/* ---- packets.c ---- */

/* Opens the raw socket on the place's interface. That it cannot be opened is said once; everything else works without. */
void packets_open(struct gb_membership *m);
void packets_close(struct gb_membership *m);
/* Sends one report. True if it went out; that it cannot is said once. Nothing without a socket, or with keepalive off. */
bool packets_send_report(struct gb_membership *m);
/* The timer follows what is known of the querier. */
void packets_watch_querier(struct gb_membership *m);
void packets_on_expire(evutil_socket_t fd, short what, void *arg); /* of that timer */

/* ---- interface.c ---- */

/* Forces the IGMP version on the interface, where it differs. */
void interface_force_version(struct gb_membership *m, int index, const char *name);
/* Gives the interface the group's address, if it does not have it, and removes the route that comes with it. */
void interface_hold(struct gb_membership *m, int index, const char *name);
/* Takes the group's address off every interface. 0 or the first negative errno. */
int interface_let_go(struct gb_membership *m);

#endif
