/* SPDX-License-Identifier: Apache-2.0 */
/* Frames that were read from goose0 together, and the datagrams that carry them.
 *
 * Each frame is read into a slot of its own, behind the two octets that native datagrams have before it; headers stand
 * elsewhere. A frame that joins the datagram of the one before it is moved up to it: so a datagram is a header and one run of
 * octets. Owned by the worker towards the network.
 */
#ifndef DATAPATH_BATCH_H
#define DATAPATH_BATCH_H

#include "datapath_private.h"

#define BATCH_PIECES_MAX 20 /* of the largest frame at GB_TUNNEL_PATH_MTU_MIN */

/* What a datagram carries, for the counters. */
struct load {
	unsigned frame;	 /* number of the (last) frame within the batch */
	unsigned ends;	 /* frames that end in it */
	bool piece;	 /* of a split frame */
	uint16_t length; /* octets of UDP payload */
};

struct batch {
	unsigned frames_max;
	uint8_t *area;
	struct gb_link_frame *slot; /* where frames are read to; all have the same room */
	struct gb_frame *frame; /* those that are GOOSE */
	unsigned frames;
	unsigned count;
	unsigned sent; /* of them */
	struct gb_outgoing *datagram;
	struct load *load;
	uint8_t (*header)[GB_NATIVE_HEADER + GB_NATIVE_PIECE_HEADER]; /* one a datagram */
	bool open;	   /* the last datagram is native and takes further frames */
	uint32_t frame_id; /* of split frames */
};

/* For at most FRAMES frames of at most FRAME_CAPACITY octets: so much is reserved, and used as frames come. Returns 0 or
 * -ENOMEM.
 */
int batch_init(struct batch *batch, unsigned frames, size_t frame_capacity);
void batch_release(struct batch *batch);

/* Frees all slots: to be called before the first is read to. */
void batch_clear(struct batch *batch);

/* The frame in a slot is one to be carried; FRAME is what was found in it. */
void batch_keep(struct batch *batch, const struct gb_frame *frame);

/* Adds the datagrams that carry the frame kept last, or adds it to the datagram before. Natively it always fits. */
void batch_native(struct batch *batch, struct worker *worker, uint64_t utc_ns);

/* The same in the legacy format. Returns false, with *REASON, if that cannot carry it. */
bool batch_legacy(struct batch *batch, struct worker *worker, uint64_t utc_ns, enum gb_drop_reason *reason);

/* All datagrams were sent, or given up. Frames are still there, until batch_clear. */
void batch_done(struct batch *batch);

#endif
