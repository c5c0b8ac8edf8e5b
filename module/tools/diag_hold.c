/* SPDX-License-Identifier: Apache-2.0 */
#include "diag_hold.h"

struct diag_hold diag_hold_begin(uint64_t now_ns, uint64_t wait_ns, uint64_t silence_ns)
{
	return (struct diag_hold){.wait_ns = wait_ns, .silence_ns = silence_ns, .begun_ns = now_ns};
}

void diag_hold_report(struct diag_hold *hold, uint64_t now_ns)
{
	hold->reports++;
	hold->reported_ns = now_ns;
}

void diag_hold_datagram(struct diag_hold *hold, uint64_t now_ns)
{
	if (hold->datagrams++ == 0)
		hold->first_ns = now_ns;
	else if (now_ns - hold->last_ns > hold->longest_gap_ns)
		hold->longest_gap_ns = now_ns - hold->last_ns;
	hold->last_ns = now_ns;
	if (hold->phase == DIAG_HOLD_WAITING)
		hold->phase = DIAG_HOLD_FLOWING;
}

bool diag_hold_tick(struct diag_hold *hold, uint64_t now_ns)
{
	if (hold->phase == DIAG_HOLD_WAITING && now_ns - hold->begun_ns >= hold->wait_ns)
		hold->phase = DIAG_HOLD_NOTHING;
	else if (hold->phase == DIAG_HOLD_FLOWING && now_ns - hold->last_ns >= hold->silence_ns)
		hold->phase = DIAG_HOLD_SILENT;
	else
		return false;
	return true;
}

uint64_t diag_hold_served_ns(const struct diag_hold *hold)
{
	return hold->datagrams > 0 && hold->last_ns > hold->reported_ns ? hold->last_ns - hold->reported_ns : 0;
}
