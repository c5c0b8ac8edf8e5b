/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the user engine share: a worker, and its two directions. */
#ifndef DATAPATH_PRIVATE_H
#define DATAPATH_PRIVATE_H

#include <event2/event.h>
#include <goose-bridge/datapath.h>
#include <goose-bridge/goose.h>
#include <goose-bridge/histogram.h>
#include <goose-bridge/ring.h>
#include <goose-bridge/tunnel.h>
#include <pthread.h>
#include <semaphore.h>

#include "kernel.h"

#define IP_UDP_HEADERS (20 + 8) /* octets before the UDP payload; no IP options are sent but by the membership */

/* Each sender of datagrams has its own lane, so that sequences need no lock. */
enum lane {
	LANE_FRAMES = 0, /* the worker towards the network */
	LANE_HELLO = 1,	 /* the control thread */
	LANE_ECHO = 2,	 /* the worker towards goose0, which answers echo requests and asks */
	LANE_COUNT
};

/* A runtime as workers see it: never changed once they have it. */
struct runtime {
	struct gb_datapath_runtime use;
	uint64_t generation;
	struct runtime *older; /* retired before it */
};

struct worker;
struct watch; /* watch.h */
struct echo;  /* echo.h */

/* goose0 -> network. Owned by the worker that has this direction. */
struct to_network;
/* network -> goose0. */
struct to_goose;

/* Something that only a worker may do, since it alone owns what it is about. On the asker's stack; ANSWERED is posted when
 * ANSWER, which runs in the worker's thread and has to be a matter of microseconds, is through.
 */
struct question {
	void (*answer)(struct worker *worker, void *arg);
	void *arg;
	sem_t answered;
};

struct worker {
	struct gb_datapath *datapath;
	pthread_t thread;
	bool running;
	atomic_bool realtime; /* it has a priority of SCHED_FIFO */
	struct event_base *base;
	struct event *woken;
	struct event *tick;
	int wake_fd;
	struct runtime *runtime;    /* in use; NULL before the first */
	struct to_network *to_network; /* NULL: not this worker's */
	struct to_goose *to_goose;
	struct gb_stats *stats;
	struct gb_ring *events;	    /* to the control thread */
	/* the mailbox: put there by the control thread, taken by the worker after a wake-up */
	_Atomic(struct runtime *) next;
	_Atomic(struct question *) question;
	atomic_bool stop;
	_Atomic uint64_t taken; /* generation of RUNTIME, for the control thread */
};

#define WORKERS_MAX 2

/* Of what is sent. Each lane has one writer; hellos read all. */
struct numbers {
	uint64_t epoch;
	_Atomic uint64_t next_sequence[LANE_COUNT];
	_Atomic uint64_t frames; /* natively, on LANE_FRAMES */
};

struct gb_datapath {
	struct gb_datapath_settings settings;
	size_t frame_capacity; /* octets of a frame's buffer */
	gb_datapath_event *event;
	void *event_arg;
	struct event *told; /* workers have put events in their rings or taken a runtime */
	int told_fd;
	unsigned workers;
	struct worker worker[WORKERS_MAX];
	struct gb_stats worker_stats[WORKERS_MAX];
	struct gb_stats control_stats;
	struct runtime *current;
	struct runtime *retired; /* newest first */
	uint64_t generation;
	atomic_bool clock_synchronised;
	struct gb_kernel_engine *kernel; /* NULL: everything is carried here */
	struct numbers own;
	struct gb_histogram one_way;  /* of datagrams that came; written by the worker towards goose0 */
};

/* With a kernel engine they stand in its memory, and go on there when another process adopts it. */
_Static_assert((unsigned)LANE_COUNT == (unsigned)GB_KERNEL_LANE, "the programs' lane is the one behind the others");

static inline uint64_t datapath_epoch(const struct gb_datapath *datapath)
{
	return datapath->kernel ? datapath->kernel->state->epoch : datapath->own.epoch;
}

static inline _Atomic uint64_t *datapath_next_sequence(struct gb_datapath *datapath, enum lane lane)
{
	return datapath->kernel ? (_Atomic uint64_t *)&datapath->kernel->state->sequence[lane]
				: &datapath->own.next_sequence[lane];
}

static inline _Atomic uint64_t *datapath_frames_sent(struct gb_datapath *datapath)
{
	return datapath->kernel ? (_Atomic uint64_t *)&datapath->kernel->state->frames_sent : &datapath->own.frames;
}

/* What the user engine had got of DIRECTION before SEEN_NS (monotonic) is carried: the programs may go on with its flows. */
static inline void datapath_drained(struct gb_datapath *datapath, enum gb_kernel_direction direction, uint64_t seen_ns)
{
	if (datapath->kernel)
		kernel_drained(datapath->kernel, direction, seen_ns);
}

/* worker.c */
int worker_create(struct worker *worker, struct gb_datapath *datapath, struct gb_stats *stats, bool to_network,
		  bool to_goose);
void worker_destroy(struct worker *worker);
int worker_start(struct worker *worker);
void worker_wake(struct worker *worker);
void worker_stop(struct worker *worker);

/* As gb_datapath_set_priority and gb_datapath_set_cpu, for one that runs. */
int worker_set_priority(struct worker *worker, unsigned priority);
int worker_set_cpu(struct worker *worker, unsigned cpu);

/* Has ANSWER run in the worker's thread, between two batches, and waits for it: at most 200 ms. A worker that does not run
 * yet, or no more, is nobody's: then it is run at once. Control thread. Returns 0, or -ETIMEDOUT, and then it will not be
 * run.
 */
int worker_ask(struct worker *worker, void (*answer)(struct worker *worker, void *arg), void *arg);

/* Puts an event into the ring to the control thread. Called when something changes, not for each frame. */
void worker_tell(struct worker *worker, enum gb_event_kind kind, struct in_addr address, uint64_t sender_id,
		 int64_t value);

/* Puts an event that is complete into that ring. */
void worker_pass_on(struct worker *worker, const struct gb_event *event);

/* What is carried, in both directions: GOOSE in a whole Ethernet header with a station's source address, of a length that the
 * tunnel takes. Else false, and the frame is counted as dropped. *FRAME is what was found.
 */
bool worker_check_frame(struct worker *worker, const uint8_t *octets, size_t length, struct gb_frame *frame);

/* Something failed, or worked again: the error budget's counters. */
void worker_error(struct worker *worker);
static inline void worker_success(struct worker *worker)
{
	if (atomic_load_explicit(&worker->stats->consecutive_errors, memory_order_relaxed) != 0)
		atomic_store_explicit(&worker->stats->consecutive_errors, 0, memory_order_relaxed);
}

/* The native header of a datagram that is sent now, with the next number of LANE, which has to be the caller's own. */
struct gb_native_header datapath_header(struct gb_datapath *datapath, const struct gb_datapath_runtime *use,
					enum gb_native_type type, enum lane lane, uint64_t utc_ns);

/* to_network.c */
struct to_network *to_network_create(struct worker *worker);
void to_network_destroy(struct to_network *t);
/* The runtime has changed from BEFORE (may be NULL) to worker->runtime. */
int to_network_take(struct to_network *t, const struct gb_datapath_runtime *before);
void to_network_tick(struct to_network *t, uint64_t now_ns);
/* Before the worker runs. Return 0 or -ENOMEM. */
int to_network_use_kernel(struct to_network *t, struct gb_kernel_engine *engine);
struct watch *to_network_watch(struct to_network *t);

/* to_goose.c */
struct to_goose *to_goose_create(struct worker *worker);
void to_goose_destroy(struct to_goose *t);
int to_goose_take(struct to_goose *t, const struct gb_datapath_runtime *before);
void to_goose_tick(struct to_goose *t, uint64_t now_ns);
int to_goose_use_kernel(struct to_goose *t, struct gb_kernel_engine *engine);
struct watch *to_goose_watch(struct to_goose *t);
struct echo *to_goose_echo(struct to_goose *t);
size_t to_goose_peers(const struct to_goose *t, struct gb_peer_view *view, size_t max);

#endif
