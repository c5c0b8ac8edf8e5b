/* SPDX-License-Identifier: Apache-2.0 */
/* base/ring: a bounded queue of values between exactly one writing and one reading thread, without locks. */
#ifndef GOOSE_BRIDGE_RING_H
#define GOOSE_BRIDGE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gb_ring;

/* A ring for CAPACITY values (rounded up to a power of two) of SIZE octets each. NULL if memory is short. */
struct gb_ring *gb_ring_create(size_t size, size_t capacity);
void gb_ring_destroy(struct gb_ring *ring);

/* Copies *VALUE in. False if the ring is full: the value is not taken, and counted as refused. */
bool gb_ring_push(struct gb_ring *ring, const void *value);

/* Copies the oldest value out and removes it. False if there is none. */
bool gb_ring_pop(struct gb_ring *ring, void *value);

/* How many values were refused so far. Any thread. */
uint64_t gb_ring_refused(const struct gb_ring *ring);

#endif
