/* SPDX-License-Identifier: Apache-2.0 */
/* What gb_frame_parse is for the user engine: the two must agree. */
#ifndef DATAPATH_BPF_FRAME_H
#define DATAPATH_BPF_FRAME_H

#include "types.h"

#define ETHERTYPE_GOOSE bpf_htons(0x88B8)
#define GOOSE_HEADER	8 /* APPID, Length, Reserved1, Reserved2 */
#define TAG		4
#define TAGS_MAX	2
#define FRAME_MAX	(9216 + ETH_HLEN + TAGS_MAX * TAG) /* GB_TUNNEL_FRAME_MAX */

/* A frame up to its Length with two tags, and some more, so that it is read in whole words. */
#define TOP 32

/* The first octets of a frame, 0 behind its end. */
struct top {
	uint8_t octets[TOP];
} __attribute__((aligned(8)));

struct frame {
	word_t tags;
	word_t header_whole; /* 0, 1 */
	word_t appid; /* in network byte order; 0 where the header is not whole */
};

static __always_inline bool is_tag(uint16_t ethertype)
{
	return ethertype == bpf_htons(ETH_P_8021Q) || ethertype == bpf_htons(ETH_P_8021AD);
}

/* AT is even. */
static __always_inline uint16_t u16_at(const struct top *top, uint32_t at)
{
	return *(const uint16_t *)(top->octets + at);
}

/* With the EtherType at AT. */
static __always_inline word_t parse_goose(const struct top *top, uint32_t at, uint32_t length, struct frame *frame)
{
	uint32_t payload = at + sizeof(uint16_t);

	if (length < payload)
		return NOT_CARRIED;
	if (u16_at(top, at) != ETHERTYPE_GOOSE)
		return NOT_FOR_US;
	if (top->octets[ETH_ALEN] & 1)
		return NOT_CARRIED;
	uint32_t said = bpf_ntohs(u16_at(top, payload + 2)), there = length - payload;

	frame->header_whole = LASTING(there >= GOOSE_HEADER && said >= GOOSE_HEADER && said <= there);
	if (frame->header_whole)
		frame->appid = LASTING(u16_at(top, payload));
	return CARRIED_HERE;
}

/* Whose frame it is. Two words: see engine.h. */
static __always_inline void flow_of(const struct top *top, const struct frame *frame, struct gb_kernel_flow *flow)
{
	const uint64_t *from = (const uint64_t *)top->octets;
	uint64_t *to = (uint64_t *)flow, appid = bpf_ntohs((uint16_t)frame->appid);

	to[0] = from[0];
	to[1] = bpf_cpu_to_be64((bpf_be64_to_cpu(from[1]) & 0xFFFFFFFF00000000) | appid << 16);
}

/* NOT_FOR_US: not GOOSE. NOT_CARRIED: no whole Ethernet header, or a source address with the group bit. */
static __always_inline word_t parse_frame(const struct top *top, uint32_t length, struct frame *frame)
{
	*frame = (struct frame){0};
	if (!is_tag(u16_at(top, 12)))
		return parse_goose(top, 12, length, frame);
	frame->tags = LASTING(1);
	if (!is_tag(u16_at(top, 16)))
		return parse_goose(top, 16, length, frame);
	frame->tags = LASTING(2);
	return parse_goose(top, 20, length, frame);
}

#endif
