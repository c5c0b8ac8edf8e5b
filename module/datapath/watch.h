/* SPDX-License-Identifier: Apache-2.0 */
/* What a direction knows of what it carries: its streams, found silent in time, and how long frames stay in this bridge. Owned
 * by the worker of the direction. Called after a frame is on its way, wherever that is possible: what is counted here delays
 * nothing.
 */
#ifndef DATAPATH_WATCH_H
#define DATAPATH_WATCH_H

#include "datapath_private.h"
#include "kernel_records.h"

#include <goose-bridge/clock.h>
#include <goose-bridge/histogram.h>
#include <goose-bridge/stream.h>

#define WATCH_ONE_WAY_MAX_NS (10 * GB_NS_PER_S)

struct watch {
	struct worker *worker;
	struct gb_streams *streams; /* NULL: max_streams is 0 */
	struct event *expire;
	uint64_t armed_ns; /* the deadline that EXPIRE is for, monotonic; 0 = none */
	struct gb_histogram residence;
	struct records *records; /* of what the kernel engine carries; NULL: there is none */
};

/* Returns 0 or -ENOMEM. */
int watch_init(struct watch *watch, struct worker *worker, enum gb_stream_direction direction);
void watch_release(struct watch *watch);

/* What the kernel engine carried is known from here on. Before the worker runs. Returns 0 or -ENOMEM. */
int watch_kernel(struct watch *watch, struct gb_kernel_engine *engine, enum gb_kernel_direction direction, records_look *look,
		 void *arg);

/* COUNT frames were carried, or would have been if the other side could be reached. */
static inline void watch_frames(struct watch *watch, const struct gb_frame *frames, unsigned count, uint64_t now_ns,
				uint64_t utc_ns)
{
	if (watch->streams)
		gb_streams_frames(watch->streams, frames, count, now_ns, utc_ns);
}

/* After a batch, at NOW_NS: a frame may have brought an earlier deadline, and what is due by now is found at once. */
void watch_rearm(struct watch *watch, uint64_t now_ns);

/* How long a datagram was on its way: from SENT_NS, by the sender's clock, to RECEIVED_NS, by ours; both UTC. False where that
 * cannot be known: BOTH_SYNCHRONISED is not so, or a time is missing (0). *WRONG: it seems to have come before it was sent, or
 * ages later, so one of the clocks is not what it says, or the time is invented.
 */
static inline bool watch_one_way(bool both_synchronised, uint64_t sent_ns, uint64_t received_ns, uint64_t *ns, bool *wrong)
{
	*wrong = false;
	if (!both_synchronised || sent_ns == 0 || received_ns == 0)
		return false;
	*wrong = sent_ns > received_ns || received_ns - sent_ns > WATCH_ONE_WAY_MAX_NS;
	if (!*wrong)
		*ns = received_ns - sent_ns;
	return !*wrong;
}

#endif
