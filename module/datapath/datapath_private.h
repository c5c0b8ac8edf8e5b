/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the user engine share: a worker, and its two directions. */
#ifndef DATAPATH_PRIVATE_H
#define DATAPATH_PRIVATE_H

#include <event2/event.h>
#include <goose-bridge/datapath.h>
#include <goose-bridge/goose.h>
#include <goose-bridge/ring.h>
#include <goose-bridge/tunnel.h>
#include <pthread.h>
#include <semaphore.h>

#define IP_UDP_HEADERS (20 + 8) /* octets before the UDP payload; no IP options are sent but by the membership */

/* Each sender of datagrams has its own lane, so that sequences need no lock. */
enum lane {
	LANE_FRAMES = 0, /* the worker towards the network */
	LANE_HELLO = 1,	 /* the control thread */
	LANE_ECHO = 2,	 /* the worker towards goose0, which answers echo requests */
	LANE_COUNT
};

/* A runtime as workers see it: never changed once they have it. */
struct runtime {
	struct gb_datapath_runtime use;
	uint64_t generation;
	struct runtime *older; /* retired before it */
};

struct worker;

/* goose0 -> network. Owned by the worker that has this direction. */
struct to_network;
/* network -> goose0. */
struct to_goose;

/* A question about peers, on the asker's stack. ANSWERED is posted when VIEW and COUNT are filled in. */
struct peers_request {
	struct gb_peer_view *view;
	size_t max;
	size_t count;
	sem_t answered;
};

struct worker {
	struct gb_datapath *datapath;
	pthread_t thread;
	bool running;
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
	_Atomic(struct peers_request *) peers_request;
	atomic_bool stop;
	_Atomic uint64_t taken; /* generation of RUNTIME, for the control thread */
};

#define WORKERS_MAX 2

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
	/* Each lane has one writer; hellos read all. */
	_Atomic uint64_t next_sequence[LANE_COUNT];
	_Atomic uint64_t frames_sent; /* natively, on LANE_FRAMES */
};

/* worker.c */
int worker_create(struct worker *worker, struct gb_datapath *datapath, struct gb_stats *stats, bool to_network,
		  bool to_goose);
void worker_destroy(struct worker *worker);
int worker_start(struct worker *worker);
void worker_wake(struct worker *worker);
void worker_stop(struct worker *worker);

/* Puts an event into the ring to the control thread. Called when something changes, not for each frame. */
void worker_tell(struct worker *worker, enum gb_event_kind kind, struct in_addr address, uint64_t sender_id,
		 int64_t value);

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

/* to_goose.c */
struct to_goose *to_goose_create(struct worker *worker);
void to_goose_destroy(struct to_goose *t);
int to_goose_take(struct to_goose *t, const struct gb_datapath_runtime *before);
void to_goose_tick(struct to_goose *t, uint64_t now_ns);
size_t to_goose_peers(const struct to_goose *t, struct gb_peer_view *view, size_t max);

#endif
