/* SPDX-License-Identifier: Apache-2.0 */
/* The reader's end of a BPF ring buffer (kernel, kernel/bpf/ringbuf.c): a page that the reader writes, a page that the programs
 * write, and the records, mapped twice in a row so that none is ever in two parts. One reader. Reading costs no system call.
 */
#ifndef DATAPATH_KERNEL_RING_H
#define DATAPATH_KERNEL_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kernel_ring {
	int fd; /* readable when a program has woken its reader; the owner's */
	size_t size; /* octets, a power of two */
	uint64_t *consumer; /* octets that were read since it was made */
	const uint64_t *producer;
	const uint8_t *data;
	void *pages; /* of producer and data */
	uint64_t last; /* where the record begins that was given out last */
	uint64_t next; /* and behind it */
};

/* Maps the ring of SIZE octets behind FD, which has to stay open. Returns 0 or negative errno. */
int kernel_ring_open(struct kernel_ring *ring, int fd, size_t size);
void kernel_ring_close(struct kernel_ring *ring);

/* The next record, *LENGTH octets; NULL: there is none yet. It is there until kernel_ring_release. */
const void *kernel_ring_next(struct kernel_ring *ring, size_t *length);

/* Gives the room of all records that kernel_ring_next has given out back to the programs; or of all but the last. */
void kernel_ring_release(struct kernel_ring *ring);
void kernel_ring_release_but_last(struct kernel_ring *ring);

/* Forgets all that is there. */
void kernel_ring_skip(struct kernel_ring *ring);

#endif
