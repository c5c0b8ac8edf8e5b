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
#include <goose-bridge/link.h>
#include <goose-bridge/peers.h>
#include <goose-bridge/stats.h>
#include <goose-bridge/transport.h>

struct event_base;
struct gb_datapath;

/* Fixed for the datapath's life. */
struct gb_datapath_settings {
	unsigned batch_size; /* frames or datagrams handled together */
	unsigned workers; /* 1: both directions in one thread; 2: one each */
	size_t buffer_size; /* octets wanted for a frame or datagram; never less than the largest one is used */
	unsigned max_peers;
	uint64_t epoch; /* of this sender's sequences, UTC ns */
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

/* Stops and joins the workers, releases link and transport. */
void gb_datapath_destroy(struct gb_datapath *datapath);

/* Starts the workers. All signals are blocked in them. Returns 0 or negative errno. */
int gb_datapath_start(struct gb_datapath *datapath);

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

#endif
