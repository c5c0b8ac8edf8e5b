/* SPDX-License-Identifier: Apache-2.0 */
/* membership: keeps this host a member of the group, and knows whether it is.
 *
 * The membership is the interface's: an address GROUP/32 with IFA_F_MCAUTOJOIN, which outlives the process (netif.h), so that
 * neither a restart nor a crash sends a LEAVE. Reports go out without being asked for, from a raw socket, because hosts that
 * wait for queries fall silent where queries are filtered (RFC 2236, 3 allows unsolicited reports). Queries and other members'
 * reports are watched. Control thread only; nothing here can delay a frame.
 */
#ifndef GOOSE_BRIDGE_MEMBERSHIP_H
#define GOOSE_BRIDGE_MEMBERSHIP_H

#include <goose-bridge/event.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

struct event_base;
struct gb_netif;
struct gb_membership;

enum gb_membership_state {
	GB_MEMBERSHIP_JOINING, /* no network to be a member on, or not checked yet */
	GB_MEMBERSHIP_MEMBER,
	GB_MEMBERSHIP_SUSPECT, /* the last checks have failed, fewer than the threshold */
	GB_MEMBERSHIP_LOST,
};

enum gb_querier_state {
	GB_QUERIER_NEVER_SEEN, /* no fault in itself: static members, or a LAN without a querier */
	GB_QUERIER_PRESENT,
	GB_QUERIER_LOST,
};

/* What a registry that lists members, such as AWS's, says of this host's own interface. */
enum gb_registry_evidence {
	GB_REGISTRY_UNKNOWN, /* no answer, or none that says anything */
	GB_REGISTRY_MEMBER,
	GB_REGISTRY_ABSENT,
	GB_REGISTRY_OFF, /* it is not asked any more */
};

const char *gb_membership_state_name(enum gb_membership_state state); /* "joining", "member", "suspect", "lost" */
const char *gb_querier_state_name(enum gb_querier_state state);	      /* "never_seen", "present", "lost" */

struct gb_membership_settings {
	struct in_addr group;
	bool keepalive; /* false: no report is ever sent from here */
	unsigned keepalive_interval_s;
	unsigned monitor_interval_s;
	unsigned threshold;    /* failed checks in a row that make the group be joined anew */
	unsigned igmp_version; /* forced on the interface; 0 = left alone */
};

/* What the sockets that carry datagrams do for the membership, and who is told. */
struct gb_membership_ops {
	int (*held)(void *arg); /* whether the kernel holds the membership now: 1, 0, or negative errno if unknown */
	int (*join)(void *arg); /* joins anew; 0 or negative errno */
	int (*leave)(void *arg);
	void (*note)(void *arg, enum gb_event_kind kind, const char *text);
};

/* Where the group is used: an interface that is up, and its address. */
struct gb_membership_place {
	int index;
	char name[IFNAMSIZ];
	struct in_addr local;
};

#define GB_MEMBERSHIP_REASON 80

/* A plain value. Times are UTC ns, 0 = never. */
struct gb_membership_status {
	enum gb_membership_state state;
	bool left; /* on purpose: gb_membership_leave */
	enum gb_querier_state querier_state;
	struct in_addr group;
	char interface[IFNAMSIZ]; /* "" = none */
	struct in_addr querier;	  /* 0.0.0.0 is one, too, once querier_state is not NEVER_SEEN */
	unsigned querier_version; /* of the last query */
	uint64_t query_interval_ns; /* observed; 0 = not known yet */
	uint64_t queries_received;
	uint64_t last_query_ns;
	uint64_t reports_sent; /* by this room: keepalive and bursts, not the kernel's own */
	uint64_t last_report_ns;
	uint64_t keepalive_count; /* of these, the keepalive's */
	uint64_t other_reports;	  /* for the group from other hosts */
	uint64_t malformed;	  /* IGMP messages that could not be read */
	uint64_t reregister_count;
	uint64_t monitor_checks;
	uint64_t local_missing_count; /* checks that found no membership in the kernel */
	uint64_t registry_missing_count; /* answers of the registry that this host is no member */
	uint64_t last_reregister_ns;
	char last_reregister_reason[GB_MEMBERSHIP_REASON]; /* "" = none */
};

/* Does nothing on the wire yet. OPS is copied. NETIF and BASE outlive it. Returns 0 or -ENOMEM. */
int gb_membership_create(struct gb_membership **membership, struct event_base *base, struct gb_netif *netif,
			 const struct gb_membership_settings *settings, const struct gb_membership_ops *ops, void *arg);

/* The membership stays: nothing is taken away and nothing is sent. NULL is fine. */
void gb_membership_destroy(struct gb_membership *membership);

/* Applies changed settings, but for the group. A group that was left on purpose is joined again. */
void gb_membership_configure(struct gb_membership *membership, const struct gb_membership_settings *settings);

/* Before sockets are opened on interface INDEX called NAME: forces the IGMP version and makes the membership the interface's,
 * so that no frame is sent while the group's route still leads back to this host. What may not be set is said once.
 */
void gb_membership_prepare(struct gb_membership *membership, int index, const char *name);

/* Removes the group's own routes, which come again whenever an interface is set up: before a route to the group is looked up.
 */
void gb_membership_clear_routes(struct gb_membership *membership);

/* The group is used at PLACE now; NULL: nowhere. Called on every change of the network. Compares with what was, and joins anew
 * at once, with the reason, if the interface was away, is another one, has another address, or has lost the group's.
 */
void gb_membership_follow(struct gb_membership *membership, const struct gb_membership_place *place);

/* The registry's latest answer; it counts at the next check, once. UNKNOWN never counts against the membership, and is no word
 * for it either while the last answer that said anything was ABSENT: only after some in a row the kernel alone decides again.
 */
void gb_membership_registry(struct gb_membership *membership, enum gb_registry_evidence evidence);

/* Leaves the group for good: the address goes from every interface, the sockets' membership too, and the kernel sends a LEAVE.
 * Reports stop. Until gb_membership_configure, or the next start. Returns 0 or the first negative errno.
 */
int gb_membership_leave(struct gb_membership *membership);

void gb_membership_status(const struct gb_membership *membership, struct gb_membership_status *status);

#endif
