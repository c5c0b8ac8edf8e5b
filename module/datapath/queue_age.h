/* SPDX-License-Identifier: Apache-2.0 */
/* How old a frame that is read from goose0 may be.
 *
 * The kernel does not say when a frame was put into the queue. But a frame that is read now was not in it when it was last
 * known to be empty; nor at the time of a mark since which as many frames were read as the queue can hold. Pure; times are
 * monotonic.
 */
#ifndef DATAPATH_QUEUE_AGE_H
#define DATAPATH_QUEUE_AGE_H

#include <stdbool.h>
#include <stdint.h>

#define QUEUE_AGE_MARKS 16 /* in a queue length: how finely the age is known under backlog */

struct queue_age {
	bool drained;	    /* all that waited was read, as far as is known */
	uint64_t empty_ns;  /* the queue was known to be empty then */
	unsigned reads;	    /* since the last mark */
	unsigned next_mark; /* the oldest one, too */
	uint64_t mark_ns[QUEUE_AGE_MARKS + 1]; /* one more: between the first and the last lies a queue length */
};

/* The queue was empty at NOW_NS. */
static inline void queue_age_empty(struct queue_age *age, uint64_t now_ns)
{
	age->drained = true;
	age->empty_ns = now_ns;
}

/* A frame was read at NOW_NS from a queue that holds CAPACITY frames. */
static inline void queue_age_read(struct queue_age *age, uint64_t now_ns, unsigned capacity)
{
	age->drained = false;
	if (++age->reads * QUEUE_AGE_MARKS < capacity)
		return;
	age->reads = 0;
	age->mark_ns[age->next_mark] = now_ns;
	age->next_mark = (age->next_mark + 1) % (QUEUE_AGE_MARKS + 1);
}

/* Whoever reads the queue as soon as there is something in it looked at NOW_NS and has nothing to do. */
static inline void queue_age_idle(struct queue_age *age, uint64_t now_ns)
{
	if (age->drained)
		age->empty_ns = now_ns;
}

/* The largest age at NOW_NS of what is read next. */
static inline uint64_t queue_age_oldest(const struct queue_age *age, uint64_t now_ns)
{
	uint64_t mark = age->mark_ns[age->next_mark];

	return now_ns - (mark > age->empty_ns ? mark : age->empty_ns);
}

#endif
