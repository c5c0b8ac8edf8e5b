/* SPDX-License-Identifier: Apache-2.0 */
/* Lets so many pass in each second. All zero is one that nothing has passed yet. */
#ifndef DATAPATH_GATE_H
#define DATAPATH_GATE_H

#include <goose-bridge/clock.h>
#include <stdbool.h>
#include <stdint.h>

struct gate {
	uint64_t window_ns;
	unsigned passed;
};

static inline bool gate_pass(struct gate *gate, uint64_t now_ns, unsigned per_second)
{
	/* what is looked at may have come before the window began */
	if (now_ns > gate->window_ns && now_ns - gate->window_ns >= GB_NS_PER_S)
		*gate = (struct gate){.window_ns = now_ns};
	return gate->passed++ < per_second;
}

#endif
