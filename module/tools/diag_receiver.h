/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-diag: a member of the group that counts what comes, and leaves without a LEAVE. */
#ifndef TOOLS_DIAG_RECEIVER_H
#define TOOLS_DIAG_RECEIVER_H

#include "diag.h"
#include "diag_tally.h"

struct diag_receiver {
	struct diag *d;
	int fd; /* -1 = not begun */
	bool joined;
	unsigned others;      /* on this host that held the group before */
	uint64_t limit;	      /* datagrams of others after which the loop ends; 0 = none */
	uint32_t own_run;     /* of this process's sender, which is nobody else's; 0 = none */
	uint64_t from_others; /* datagrams of other runs */
	struct diag_tally tally;
	struct event *readable;
};

/* Joins on D's interface. A host whose last member goes sends a LEAVE, which a transit gateway takes as final: so it refuses to
 * be the only one, unless options.leave. Returns 0, or an exit status, having said why. diag_receiver_end either way.
 */
int diag_receiver_begin(struct diag_receiver *receiver, struct diag *d);

/* Leaves. If everybody else has gone meanwhile, the membership becomes the interface's, and it says so; with options.leave, or
 * where that may not be done, it says that a LEAVE goes out.
 */
void diag_receiver_end(struct diag_receiver *receiver);

/* Whether SOURCE is this host. */
bool diag_receiver_is_own(const struct diag_receiver *receiver, const struct diag_source *source);

/* Lost datagrams of all sources but this process. */
uint64_t diag_receiver_lost(const struct diag_receiver *receiver);

/* What came of each source: lines of text, and an array. */
struct json_object *diag_receiver_report(const struct diag_receiver *receiver);

#endif
