/* SPDX-License-Identifier: Apache-2.0 */
/* Messages that say the same again. A publisher repeats the message of a state until the next (IEC 61850-8-1, 18.1.2.5), and
 * nothing in it changes but sqNum. So the frame as it came last is kept with its stream, and one that is equal to it needs
 * neither to be taken apart nor to be looked up: that it is of this stream, in this state and with these values, is known by
 * the comparison itself. Where only the values are others, they alone are gone through. The memo only says with which stream to
 * compare; if it is wrong, the long way is gone.
 */
#include "stream_private.h"

#include <string.h>

static uint64_t mix(uint64_t hash, const uint8_t *octets)
{
	uint64_t word;

	memcpy(&word, octets, sizeof(word));
	hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
	return hash ^ hash >> 32;
}

/* The octets of gocbRef, if the PDU begins as nearly all do. What follows them is not looked at, so this is no more than a
 * guess about what stands where.
 */
static struct gb_octets guess_ref(const struct gb_frame *frame)
{
	const uint8_t *pdu = frame->octets + frame->payload + GB_GOOSE_HEADER;
	size_t there = frame->length - frame->missing - frame->payload;
	size_t goose = frame->goose_length < there ? frame->goose_length : there;
	size_t length = frame->header_whole ? goose - GB_GOOSE_HEADER : 0;
	size_t at = length < 8 ? 0 : pdu[1] < 0x80 ? 2 : 2 + (pdu[1] & 0x7FU);

	if (at == 0 || at + 2 > length || pdu[at] != 0x80 || pdu[at + 1] > length - at - 2)
		return (struct gb_octets){NULL, 0};
	return (struct gb_octets){pdu + at + 2, pdu[at + 1]};
}

/* What tells streams apart, quickly mixed: whoever makes many of them meet here makes them go the long way, no more. */
uint32_t *memo_of(const struct gb_streams *streams, const struct gb_frame *frame)
{
	struct gb_octets ref = guess_ref(frame);
	uint64_t hash = streams->key[0] + frame->length;

	/* a frame has at least 14 octets: two addresses and what follows */
	hash = mix(mix(hash, frame->octets), frame->octets + 6);
	if (ref.length >= sizeof(hash)) {
		for (size_t at = 0; at + sizeof(hash) < ref.length; at += sizeof(hash))
			hash = mix(hash, ref.octets + at);
		hash = mix(hash, ref.octets + ref.length - sizeof(hash));
	}
	/* the upper bits of a product are those that all lower ones have a part in */
	return &streams->memo[(hash ^ streams->key[1]) * UINT64_C(0xBF58476D1CE4E5B9) >> 40 & streams->mask];
}

void memo_prefetch(const struct gb_streams *streams, const uint32_t *memo, const struct gb_frame *frame)
{
	const struct stream *s = stream_at(streams, *memo); /* [0] is nobody's, but memory all the same */
	size_t length = frame->length < KEPT_MAX ? frame->length : KEPT_MAX;

	gb_prefetch(s, STREAM_HOT);
	gb_prefetch(s->kept.frame, length);
}

/* Some publishers send measured values within a state. */
static bool values_make_sense(const struct stream *s, const struct gb_frame *frame)
{
	struct gb_octets values = {frame->octets + s->values_at, s->values_length};
	uint32_t entries;

	return gb_values_check(values, &entries) == GB_PDU_OK && entries == s->num_dat_set_entries;
}

struct stream *memo_find(const struct gb_streams *streams, const uint32_t *memo, const struct gb_frame *frame,
			 struct repetition *again)
{
	struct stream *s = stream_at(streams, *memo);
	const uint8_t *kept = s->kept.frame, *octets = frame->octets;
	size_t behind = (size_t)s->sq_num_at + s->sq_num_length;

	if (s->frame_length == 0 || s->frame_length != frame->length || frame->missing > 0)
		return NULL;
	if (memcmp(kept, octets, s->sq_num_at) != 0 ||
	    memcmp(kept + behind, octets + behind, s->values_at - behind) != 0)
		return NULL;
	if (gb_pdu_u32(octets + s->sq_num_at, s->sq_num_length, &again->sq_num) != GB_PDU_OK)
		return NULL;
	again->values = memcmp(kept + s->values_at, octets + s->values_at, frame->length - s->values_at) != 0;
	return again->values && !values_make_sense(s, frame) ? NULL : s;
}

void memo_keep_values(struct stream *s, const struct gb_frame *frame)
{
	memcpy(s->kept.frame + s->values_at, frame->octets + s->values_at, frame->length - s->values_at);
}

struct kept memo_kept(const struct stream *s)
{
	struct gb_frame frame;
	struct gb_pdu pdu;

	if (s->frame_length == 0)
		return (struct kept){
			.dat_set = {(const uint8_t *)s->kept.part.dat_set, s->dat_set_length},
			.go_id = {(const uint8_t *)s->kept.part.go_id, s->go_id_length},
			.all_data = {s->kept.part.all_data, s->all_data_length},
		};
	gb_frame_parse(s->kept.frame, s->frame_length, &frame);
	gb_pdu_of_frame(&frame, &pdu);
	return (struct kept){pdu.dat_set, pdu.go_id, pdu.all_data};
}

/* Of what does not fit as a whole, or has something wrong in it: then the values stay those of the latest good one. */
static void keep_parts(struct stream *s, const struct gb_pdu *pdu)
{
	bool good = pdu->fields & GB_PDU_HAS_ALL_DATA;
	struct gb_octets data = good ? pdu->all_data : memo_kept(s).all_data;

	if (good)
		s->cut = data.length > GB_STREAM_DATA_MAX || pdu->cut;
	s->all_data_length = (uint16_t)(data.length < GB_STREAM_DATA_MAX ? data.length : GB_STREAM_DATA_MAX);
	if (s->all_data_length) /* within what was kept, perhaps */
		memmove(s->kept.part.all_data, data.octets, s->all_data_length);
	s->frame_length = 0;
	s->dat_set_length = keep_text(s->kept.part.dat_set, pdu->dat_set);
	s->go_id_length = keep_text(s->kept.part.go_id, pdu->go_id);
}

void memo_keep(struct gb_streams *streams, uint32_t *memo, struct stream *s, const struct gb_frame *frame,
	       const struct gb_pdu *pdu, enum gb_pdu_error error)
{
	if (error || frame->length > KEPT_MAX || frame->missing > 0) {
		keep_parts(s, pdu);
		return;
	}
	memcpy(s->kept.frame, frame->octets, frame->length);
	s->frame_length = (uint16_t)frame->length;
	s->sq_num_at = (uint16_t)(pdu->sq_num_octets.octets - frame->octets);
	s->sq_num_length = (uint8_t)pdu->sq_num_octets.length;
	s->values_at = (uint16_t)(pdu->all_data.octets - frame->octets);
	s->values_length = (uint16_t)pdu->all_data.length;
	s->cut = pdu->all_data.length > GB_STREAM_DATA_MAX;
	*memo = slot_of(streams, s);
}
