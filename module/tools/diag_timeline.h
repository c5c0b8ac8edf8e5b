/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-diag: what the IGMP messages on an interface say about the life of one membership. Pure; time is a parameter,
 * monotonic ns.
 *
 * A query that asks about the group has to be answered by this host within the time it gives, unless another member was heard
 * to answer (RFC 2236, 3). Queries that come while one waits for its answer are not judged: one answer is for all of them.
 */
#ifndef TOOLS_DIAG_TIMELINE_H
#define TOOLS_DIAG_TIMELINE_H

#include <goose-bridge/clock.h>
#include <goose-bridge/igmp.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Timers of kernels and the machine's load come on top of the time that a query gives. */
#define DIAG_ANSWER_SLACK_NS GB_NS_PER_S

enum diag_answer { DIAG_ANSWER_NONE, DIAG_ANSWER_WAITED_FOR, DIAG_ANSWER_MISSING };

struct diag_timeline {
	struct in_addr group;

	uint64_t queries;	/* general ones */
	uint64_t group_queries; /* about our group: after a LEAVE, or by a querier that is about to forget it */
	struct in_addr querier; /* of the last general query */
	unsigned query_version;
	uint64_t last_query_ns;
	uint64_t intervals; /* between general queries */
	uint64_t interval_least_ns, interval_most_ns, interval_sum_ns;

	/* for our group */
	uint64_t own_reports, other_reports;
	uint64_t own_leaves, other_leaves;

	enum diag_answer state; /* of the query that was judged last */
	uint64_t asked_ns, deadline_ns;
	uint64_t answered, missing, suppressed; /* queries */
	uint64_t answer_longest_ns;

	/* what the kernel holds, each time it was looked at */
	uint64_t looks, absences;
	bool held; /* the last time */

	/* what the registry says */
	uint64_t registry_member, registry_absent;
	bool registry_says_absent; /* the last answer that said anything */
};

/* A message went out from here (OWN) or came in. */
void diag_timeline_heard(struct diag_timeline *t, const struct gb_igmp_message *message, bool own, uint64_t now_ns);

/* True if an answer has just turned out to be missing. */
bool diag_timeline_tick(struct diag_timeline *t, uint64_t now_ns);

/* The kernel was looked at. True if it is otherwise than the last time, or the first time. */
bool diag_timeline_kernel(struct diag_timeline *t, bool held);

void diag_timeline_registry(struct diag_timeline *t, bool member);

/* Mean interval between general queries; 0 = fewer than two were heard. */
uint64_t diag_timeline_interval_ns(const struct diag_timeline *t);

/* The summary as a sentence in TEXT (SIZE octets). False if it is bad news. */
bool diag_timeline_verdict(const struct diag_timeline *t, char *text, size_t size);

#endif
