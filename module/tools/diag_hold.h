/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-diag: how long the network goes on sending a group to a member that reports, and does not answer. Pure; time is
 * a parameter, monotonic ns.
 *
 *   WAITING -> FLOWING  the first datagram came
 *   WAITING -> NOTHING  none came within the time to wait
 *   FLOWING -> SILENT   none has come for the time that is silence
 */
#ifndef TOOLS_DIAG_HOLD_H
#define TOOLS_DIAG_HOLD_H

#include <stdbool.h>
#include <stdint.h>

enum diag_hold_phase { DIAG_HOLD_WAITING, DIAG_HOLD_FLOWING, DIAG_HOLD_SILENT, DIAG_HOLD_NOTHING };

struct diag_hold {
	uint64_t wait_ns;
	uint64_t silence_ns;
	enum diag_hold_phase phase;
	uint64_t begun_ns;
	uint64_t reports;
	uint64_t reported_ns; /* the last report */
	uint64_t datagrams;
	uint64_t first_ns, last_ns; /* datagrams */
	uint64_t longest_gap_ns;    /* between two of them */
};

/* How long to wait for the first datagram, and what is silence. */
struct diag_hold diag_hold_begin(uint64_t now_ns, uint64_t wait_ns, uint64_t silence_ns);

void diag_hold_report(struct diag_hold *hold, uint64_t now_ns);
void diag_hold_datagram(struct diag_hold *hold, uint64_t now_ns);

/* Looks at the clock. True if the phase has become SILENT or NOTHING. */
bool diag_hold_tick(struct diag_hold *hold, uint64_t now_ns);

/* From the last report to the last datagram: what the network gave a member that said nothing more. 0 if none came after it. */
uint64_t diag_hold_served_ns(const struct diag_hold *hold);

#endif
