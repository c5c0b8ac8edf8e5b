/* SPDX-License-Identifier: Apache-2.0 */
/* What evidence makes of the membership's state, and whether there is a querier. Pure; time is a parameter.
 *
 * A check has two witnesses: the kernel, and a registry such as AWS's, if there is one.
 *
 *   kernel    registry   the check
 *   missing   any        fails: datagrams of the group do not get in
 *   any       absent     fails: the network does not send them here
 *   held      member     is good
 *   held      unknown    is good: most networks have no registry
 *   unknown   member     is good
 *   unknown   unknown    says nothing
 *
 *   state     good     nothing   fails, count < threshold   fails, count = threshold (n times it, when lost)
 *   joining   member   joining   joining                    lost, join anew
 *   member    member   member    suspect                    lost, join anew
 *   suspect   member   suspect   suspect                    lost, join anew
 *   lost      member   lost      lost                       lost, join anew
 *
 * The count is of failed checks in a row; a check that says nothing leaves it, a good one ends it. Absent queries are no
 * evidence: a domain with static members has none.
 */
#ifndef MEMBERSHIP_STATE_H
#define MEMBERSHIP_STATE_H

#include <goose-bridge/membership.h>

enum state_kernel { STATE_KERNEL_UNKNOWN, STATE_KERNEL_HELD, STATE_KERNEL_MISSING };

struct state {
	enum gb_membership_state now;
	unsigned failures; /* in a row, since the group was last joined anew */
	bool told_lost;	   /* a loss is still to be followed by its end */
};

/* What a check has brought about. */
struct state_outcome {
	bool join_anew;
	bool lost;     /* just now */
	bool restored; /* likewise */
};

/* One check. */
struct state_outcome state_check(struct state *s, enum state_kernel kernel, enum gb_registry_evidence registry,
				 unsigned threshold);

/* There is no network to be a member on, or another one: begins anew. A loss that was told still gets its end. */
void state_begin(struct state *s);

/* ---- the querier ---- */

#define QUERIER_GAPS 4 /* observed intervals that are kept: two of a querier's start are shorter (RFC 2236, 8.6) */

struct querier {
	enum gb_querier_state now;
	struct in_addr address;
	unsigned version;
	uint64_t last_ns; /* monotonic, of the last general query */
	uint64_t response_ns; /* what hosts may take to answer, as it said */
	uint64_t gap_ns[QUERIER_GAPS];
	unsigned gaps; /* observed so far */
};

/* A general query came at NOW_NS. True if there was no querier before. */
bool querier_heard(struct querier *q, uint64_t now_ns, struct in_addr address, unsigned version, unsigned response_ms);

/* The longest of the latest gaps between general queries; 0 = none yet. */
uint64_t querier_interval_ns(const struct querier *q);

/* When it counts as lost if nothing more is heard: after three of its intervals, as a transit gateway itself waits for three
 * answers, and the response time (RFC 2236, 8.4 and 8.5, with one more for good measure). With fewer than three gaps observed,
 * not before three default intervals of 125 s (RFC 2236, 8.2). 0 = nothing to wait for.
 */
uint64_t querier_deadline_ns(const struct querier *q);

/* True if it is lost as of NOW_NS, and was not before. */
bool querier_expire(struct querier *q, uint64_t now_ns);

/* Nothing could be heard until NOW_NS: the silence does not count. */
void querier_resume(struct querier *q, uint64_t now_ns);

#endif
