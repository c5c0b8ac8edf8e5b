/* SPDX-License-Identifier: Apache-2.0 */
#include "batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Frames would otherwise begin at addresses that are the same in the bits by which processors choose a cache set. */
#define SPREAD 64

_Static_assert(GB_LEGACY_HEADER <= GB_NATIVE_HEADER, "either header fits where headers stand");

int batch_init(struct batch *batch, unsigned frames, size_t frame_capacity)
{
	size_t stride = (GB_NATIVE_FRAME_PREFIX + frame_capacity + SPREAD - 1) / SPREAD * SPREAD;
	size_t datagrams = (size_t)frames * BATCH_PIECES_MAX; /* what was read is carried, however large it is */

	if (stride / SPREAD % 2 == 0)
		stride += SPREAD;
	batch->frames_max = frames;
	batch->area = malloc(frames * stride);
	batch->slot = calloc(frames, sizeof(*batch->slot));
	batch->frame = calloc(frames, sizeof(*batch->frame));
	batch->datagram = calloc(datagrams, sizeof(*batch->datagram));
	batch->load = calloc(datagrams, sizeof(*batch->load));
	batch->header = calloc(datagrams, sizeof(*batch->header));
	if (!batch->area || !batch->slot || !batch->frame || !batch->datagram || !batch->load || !batch->header)
		return -ENOMEM;
	for (unsigned i = 0; i < frames; i++)
		batch->slot[i] = (struct gb_link_frame){.octets = batch->area + i * stride + GB_NATIVE_FRAME_PREFIX,
							.length = frame_capacity};
	return 0;
}

void batch_release(struct batch *batch)
{
	free(batch->area);
	free(batch->slot);
	free(batch->frame);
	free(batch->datagram);
	free(batch->load);
	free(batch->header);
}

void batch_clear(struct batch *batch)
{
	batch->frames = 0;
}

void batch_keep(struct batch *batch, const struct gb_frame *frame)
{
	batch->frame[batch->frames++] = *frame;
}

void batch_done(struct batch *batch)
{
	batch->count = batch->sent = 0;
	batch->open = false;
}

/* ---- encoding ---- */

static size_t payload_max(const struct worker *worker)
{
	return worker->runtime->use.path_mtu - IP_UDP_HEADERS;
}

/* A new datagram of a header and LENGTH octets of BODY. */
static struct load *add(struct batch *batch, size_t header_length, const uint8_t *body, size_t length)
{
	struct gb_outgoing *out = &batch->datagram[batch->count];
	struct load *load = &batch->load[batch->count];

	out->part[0] = (struct iovec){batch->header[batch->count++], header_length};
	out->part[1] = (struct iovec){(uint8_t *)(uintptr_t)body, length};
	out->parts = 2;
	*load = (struct load){.frame = batch->frames - 1, .length = (uint16_t)(header_length + length)};
	return load;
}

static void put_native_header(struct batch *batch, struct worker *worker, enum gb_native_type type, uint64_t utc_ns)
{
	struct gb_native_header header = datapath_header(worker->datapath, &worker->runtime->use, type, LANE_FRAMES, utc_ns);

	gb_native_put_header(batch->header[batch->count], &header);
}

static void add_pieces(struct batch *batch, struct worker *worker, const struct gb_frame *frame, uint64_t utc_ns)
{
	size_t room = (payload_max(worker) - GB_NATIVE_HEADER - GB_NATIVE_PIECE_HEADER) / GB_NATIVE_PIECE_UNIT *
		      GB_NATIVE_PIECE_UNIT;
	struct gb_piece piece = {.frame_id = batch->frame_id++, .frame_length = (uint16_t)frame->length};

	for (size_t offset = 0; offset < frame->length; offset += piece.length) {
		piece.offset = (uint16_t)offset;
		piece.length = frame->length - offset < room ? frame->length - offset : room;
		put_native_header(batch, worker, GB_NATIVE_PIECE, utc_ns);
		gb_native_put_piece_header(batch->header[batch->count] + GB_NATIVE_HEADER, &piece);
		struct load *load = add(batch, sizeof(batch->header[0]), frame->octets + offset, piece.length);

		load->piece = true;
		load->ends = offset + piece.length == frame->length;
	}
}

/* Puts the frame, LENGTH octets with its prefix, behind those in the last datagram, if there is room. */
static bool join(struct batch *batch, const struct worker *worker, struct gb_frame *frame, size_t length)
{
	struct load *load = &batch->load[batch->count - 1];
	struct iovec *body = &batch->datagram[batch->count - 1].part[1];
	uint8_t *end = (uint8_t *)body->iov_base + body->iov_len;

	if (load->ends >= worker->runtime->use.max_frames_per_datagram || load->length + length > payload_max(worker))
		return false;
	memmove(end, frame->octets - GB_NATIVE_FRAME_PREFIX, length); /* it stood behind that in any case */
	frame->octets = end + GB_NATIVE_FRAME_PREFIX;
	body->iov_len += length;
	load->length = (uint16_t)(load->length + length);
	load->frame = batch->frames - 1;
	load->ends++;
	return true;
}

void batch_native(struct batch *batch, struct worker *worker, uint64_t utc_ns)
{
	struct gb_frame *frame = &batch->frame[batch->frames - 1];
	uint8_t *prefix = (uint8_t *)(uintptr_t)frame->octets - GB_NATIVE_FRAME_PREFIX;
	size_t length = GB_NATIVE_FRAME_PREFIX + frame->length;

	if (GB_NATIVE_HEADER + length > payload_max(worker)) {
		batch->open = false; /* no later frame goes before this one */
		add_pieces(batch, worker, frame, utc_ns);
		return;
	}
	gb_native_put_frame_prefix(prefix, frame->length);
	if (batch->open && join(batch, worker, frame, length))
		return;
	put_native_header(batch, worker, GB_NATIVE_FRAMES, utc_ns);
	add(batch, GB_NATIVE_HEADER, prefix, length)->ends = 1;
	batch->open = true;
}

static enum gb_drop_reason legacy_drop(enum gb_legacy_verdict verdict)
{
	static const enum gb_drop_reason reason[] = {
		[GB_LEGACY_DESTINATION] = GB_DROP_legacy_destination,
		[GB_LEGACY_SECOND_TAG] = GB_DROP_legacy_second_tag,
		[GB_LEGACY_TPID] = GB_DROP_legacy_tpid,
		[GB_LEGACY_DEI] = GB_DROP_legacy_dei,
		[GB_LEGACY_PCP] = GB_DROP_legacy_pcp,
	};

	return reason[verdict];
}

bool batch_legacy(struct batch *batch, struct worker *worker, uint64_t utc_ns, enum gb_drop_reason *reason)
{
	const struct gb_frame *frame = &batch->frame[batch->frames - 1];
	struct gb_legacy_source source = {
		.addresses = frame->octets, .tags = frame->tags, .tpid = frame->tag[0].tpid, .tci = frame->tag[0].tci};
	enum gb_legacy_verdict verdict = gb_legacy_can_express(&source);
	size_t length = frame->length - frame->payload;

	if (verdict != GB_LEGACY_FITS && !(worker->runtime->use.legacy_lossy && gb_legacy_rewritable(verdict))) {
		*reason = legacy_drop(verdict);
		return false;
	}
	if (GB_LEGACY_HEADER + length > payload_max(worker)) { /* the format has no pieces, and IP must not fragment */
		*reason = GB_DROP_too_large;
		return false;
	}
	gb_legacy_put_header(batch->header[batch->count], &source, utc_ns / 1000);
	add(batch, GB_LEGACY_HEADER, frame->octets + frame->payload, length)->ends = 1;
	return true;
}
