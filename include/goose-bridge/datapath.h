/* SPDX-License-Identifier: Apache-2.0 */
/* datapath: moves frames between link and transport, in worker threads of its own.
 *
 * The control thread creates it, hands it a runtime (what to use and how) and replaces that while frames flow. It reads
 * totals and views of peers by value, and is told of events on its own event loop.
 */
#ifndef GOOSE_BRIDGE_DATAPATH_H
#define GOOSE_BRIDGE_DATAPATH_H

#include <goose-bridge/config.h>
#include <goose-bridge/event.h>
#include <goose-bridge/histogram.h>
#include <goose-bridge/kernel_engine.h>
#include <goose-bridge/link.h>
#include <goose-bridge/peers.h>
#include <goose-bridge/stats.h>
#include <goose-bridge/stream.h>
#include <goose-bridge/transport.h>

struct event_base;
struct gb_datapath;

/* Fixed for the datapath's life. */
struct gb_datapath_settings {
	unsigned batch_size; /* frames or datagrams handled together */
	unsigned workers; /* 1: both directions in one thread; 2: one each */
	uint64_t busy_poll_ns; /* that a worker looks for frames after the last one before it waits; 0 = it waits at once */
	bool plain_link; /* no io_uring, though the kernel may have it */
	size_t buffer_size; /* octets wanted for a frame or datagram; never less than the largest one is used */
	unsigned max_peers;
	unsigned max_streams; /* in each direction; 0 = streams are not supervised */
	unsigned storm_per_second; /* frames of one stream; 0 = never a storm */
	uint32_t stream_index_base; /* of the streams' indices, as in gb_streams_settings */
	uint64_t epoch; /* of this sender's sequences, UTC ns; with a kernel engine those of its maps count */
};

/* What workers work with. The same until replaced. */
struct gb_datapath_runtime {
	struct gb_link *link; /* NULL: goose0 is missing */
	unsigned goose0_queue; /* frames that its queue can hold */
	uint64_t goose0_opened_ns; /* monotonic: since then frames queue there */
	unsigned network_episode; /* another number: the network is back, failures before are over */
	struct gb_transport *transport; /* NULL: no usable network */
	enum gb_wire_format wire_format;
	bool legacy_lossy;
	unsigned path_mtu; /* octets of IP packet that may be sent */
	unsigned max_frames_per_datagram; /* native: what waits at the same time goes together */
	uint16_t path_id;
	struct in_addr previous_local; /* this host's address before it changed: old datagrams may come back; 0 = none */
	uint64_t sender_id;
	struct gb_sources allow_sources;
	uint64_t max_frame_age_ns;
};

typedef void gb_datapath_event(void *arg, const struct gb_event *event);

/* Creates the workers' buffers; no thread runs yet. EVENT is called on BASE. Returns 0 or negative errno. */
int gb_datapath_create(struct gb_datapath **datapath, struct event_base *base,
		       const struct gb_datapath_settings *settings, gb_datapath_event *event, void *arg);

/* ENGINE carries, too, and outlives DATAPATH; what it carries is watched and counted here. From now on numbers and epoch of
 * what is sent are those in its memory. Before gb_datapath_start. Returns 0 or -ENOMEM.
 */
int gb_datapath_use_kernel(struct gb_datapath *datapath, struct gb_kernel_engine *engine);

/* Of this sender's sequences, UTC ns. */
uint64_t gb_datapath_epoch(const struct gb_datapath *datapath);

/* Stops and joins the workers: no frame is moved any more, and whatever is asked is answered at once. */
void gb_datapath_stop(struct gb_datapath *datapath);

/* Stops, and releases link and transport. */
void gb_datapath_destroy(struct gb_datapath *datapath);

/* Starts the workers. All signals are blocked in them. Returns 0 or negative errno. */
int gb_datapath_start(struct gb_datapath *datapath);

/* Gives running workers a priority of SCHED_FIFO (1..99), or 0 to have them scheduled as other threads are (SCHED_OTHER). Other
 * threads of the process are left alone. A worker that does not answer, and so could not be stopped by it, is never given one.
 * Returns 0; or negative errno, such as -EPERM without CAP_SYS_NICE and RLIMIT_RTPRIO, or -ETIMEDOUT: then all of them have 0.
 */
int gb_datapath_set_priority(struct gb_datapath *datapath, unsigned priority);

/* Has running worker WORKER, counted from 0, run on CPU alone. Returns 0; -EINVAL if it is not there or not in the process's
 * cpuset; or other negative errno. Then the worker runs where it did before.
 */
int gb_datapath_set_cpu(struct gb_datapath *datapath, unsigned worker, unsigned cpu);

/* How many workers there are. */
unsigned gb_datapath_workers(const struct gb_datapath *datapath);

/* Replaces the runtime. It is copied, and references to link and transport are taken; those of the one before are given back
 * when every worker has taken the new one. Frames go on flowing meanwhile. Returns 0; -EINVAL for a
 * transport with a path_mtu under 576 or without a sender id; or -ENOMEM.
 */
int gb_datapath_apply(struct gb_datapath *datapath, const struct gb_datapath_runtime *runtime);

/* Whether the clock is disciplined, as sent in each datagram. */
void gb_datapath_set_clock(struct gb_datapath *datapath, bool synchronised);

/* Sends a hello to the group. INTERVAL_S is how often that is done. Returns 0, -ENETDOWN without a transport, or negative
 * errno.
 */
int gb_datapath_hello(struct gb_datapath *datapath, uint16_t interval_s, const char *version);

/* Adds the counters of all workers to *TOTALS. */
void gb_datapath_totals(const struct gb_datapath *datapath, struct gb_totals *totals);

/* Copies at most MAX views of peers. Waits for the worker's answer, which is a matter of microseconds, at most 200 ms.
 * Returns how many, or -ETIMEDOUT.
 */
int gb_datapath_peers(struct gb_datapath *datapath, struct gb_peer_view *view, size_t max);

/* Asks all bridges of the group to answer: an echo request with NONCE, which is the caller's choice. Returns 0; -EOPNOTSUPP
 * where legacy is sent, as old peers would take it for a frame; -EBUSY after 16 of them in a second; -ENETDOWN without a
 * transport; -ETIMEDOUT if the worker does not do it; or negative errno.
 */
int gb_datapath_echo(struct gb_datapath *datapath, uint64_t nonce);

/* Copies at most MAX answers to the request with NONCE. Returns how many; -ENOENT if it is none of the latest 16; or
 * -ETIMEDOUT.
 */
int gb_datapath_echo_answers(struct gb_datapath *datapath, uint64_t nonce, struct gb_echo_answer *answer, size_t max);

/* ---- streams. Each call asks the worker that has the direction, as gb_datapath_peers does, and may return -ETIMEDOUT. ---- */

#define GB_DATAPATH_STREAMS_AT_ONCE 64 /* what is copied in one call: some microseconds, in which the worker moves no frame */

/* Copies at most that many views of streams to VIEW, as gb_streams_view does. Returns how many; 0 at the end. */
int gb_datapath_streams(struct gb_datapath *datapath, enum gb_stream_direction direction, size_t *before,
			struct gb_stream_view *view);

/* Returns 0. All counts are 0 where streams are not supervised. */
int gb_datapath_stream_counts(struct gb_datapath *datapath, enum gb_stream_direction direction,
			      struct gb_streams_counts *counts);

/* The stream with this index, in full. Returns 0 or -ENOENT. */
int gb_datapath_stream(struct gb_datapath *datapath, uint32_t index, struct gb_stream_detail *detail);

/* As gb_streams_expect, gb_streams_forget, gb_streams_forget_index, gb_streams_set_storm; -EOPNOTSUPP where streams are not
 * supervised and one is to be expected.
 */
int gb_datapath_expect(struct gb_datapath *datapath, const struct gb_stream_expected *expected, uint64_t now_ns);
int gb_datapath_forget(struct gb_datapath *datapath, const struct gb_stream_key *pattern);
int gb_datapath_forget_index(struct gb_datapath *datapath, uint32_t index);
int gb_datapath_set_storm(struct gb_datapath *datapath, unsigned per_second);

/* ---- latency, since the start ---- */

struct gb_datapath_latencies {
	/* By enum gb_stream_direction. To goose0: from the kernel's receipt until it is written. To the network: from when it
	 * is read (goose0 has no times; how long it may have waited there is bounded by max_frame_age_ms) until it is sent.
	 */
	struct gb_latency residence[2];
	/* Of native datagrams with frames, by the clocks of both hosts: only where both are synchronised. */
	struct gb_latency one_way;
};

void gb_datapath_latencies(struct gb_datapath *datapath, struct gb_datapath_latencies *latencies);

#endif
