/* SPDX-License-Identifier: Apache-2.0 */
/* A packet that has to get through this host's firewall, and what a firewall does to it.
 *
 * What a rule matches is yes, no or maybe; so what becomes of the packet is a set of outcomes. One outcome alone is certain.
 */
#ifndef TOOLS_CHECK_PACKET_H
#define TOOLS_CHECK_PACKET_H

#include "check_span.h"

#include <stdbool.h>
#include <stdint.h>

enum tri { TRI_NO, TRI_YES, TRI_MAYBE };

static inline enum tri tri_and(enum tri a, enum tri b)
{
	return a == TRI_NO || b == TRI_NO ? TRI_NO : a == TRI_YES && b == TRI_YES ? TRI_YES : TRI_MAYBE;
}

static inline enum tri tri_or(enum tri a, enum tri b)
{
	return a == TRI_YES || b == TRI_YES ? TRI_YES : a == TRI_NO && b == TRI_NO ? TRI_NO : TRI_MAYBE;
}

static inline enum tri tri_not(enum tri a)
{
	return a == TRI_YES ? TRI_NO : a == TRI_NO ? TRI_YES : TRI_MAYBE;
}

static inline enum tri tri_of_share(enum share share)
{
	return share == SHARE_ALL ? TRI_YES : share == SHARE_NONE ? TRI_NO : TRI_MAYBE;
}

#define PACKET_ACCEPT 1u /* it gets through */
#define PACKET_DROP   2u
#define PACKET_ON     4u /* a chain that is called returns */
#define PACKET_EITHER (PACKET_ACCEPT | PACKET_DROP)

#define PROTOCOL_IGMP 2
#define PROTOCOL_UDP  17

struct packet {
	bool out; /* sent by this host; else for this host */
	const char *interface;
	unsigned protocol;
	struct span source; /* whoever of these sends it: a rule for some of them is a maybe */
	struct span destination;
	uint16_t port; /* UDP: source and destination, as bridges send from the port that they listen on */
};

/* The outcome, and where the packet is (or may be) dropped first. */
struct firewall_finding {
	unsigned outcome;
	char where[240];  /* in words */
	char insert[200]; /* the command that puts a rule before all others there, but for the rule */
	bool iptables;	  /* the rule is to be written as for iptables(8), else nft(8) */
};

struct json_object;

/* What the ruleset that `nft -j list ruleset` prints does to PACKET, in all chains that it passes. Tables of family ip that
 * have one of the names in SKIP (NULL-terminated) are left out: iptables-save shows them better. Adds to *FINDING: outcome is
 * PACKET_ACCEPT before, and PACKET_DROP, once it is there alone, stays.
 */
void firewall_judge_nft(struct json_object *ruleset, const struct packet *packet, const char *const *skip,
			struct firewall_finding *finding);

/* Whether family ip has a table called NAME in which something stands that only iptables-save can show. */
bool firewall_nft_is_foreign(struct json_object *ruleset, const char *name);

/* Whether a chain at the ingress or egress of an interface does not say of which, as with nft before 1.0.7; and adds that from
 * what `nft list chains' prints. What drops at an interface that is not known is a maybe.
 */
bool firewall_nft_lacks_devices(struct json_object *ruleset);
void firewall_nft_add_devices(struct json_object *ruleset, const char *listing);

/* As firewall_judge_nft, for what iptables-save printed. COMMAND is the iptables whose rules these are. */
void firewall_judge_iptables(const char *rules, const char *command, const struct packet *packet,
			     struct firewall_finding *finding);

/* Whether iptables-save printed a table called NAME. */
bool firewall_iptables_has(const char *rules, const char *name);

/* Takes the OUTCOME of one more place that the packet passes into FINDING. True if it was the worst so far: then WHERE and
 * INSERT are the caller's to fill in.
 */
bool firewall_add(struct firewall_finding *finding, unsigned outcome);

#endif
