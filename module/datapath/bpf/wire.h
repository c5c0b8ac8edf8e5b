/* SPDX-License-Identifier: Apache-2.0 */
/* A native datagram with one frame, from its Ethernet header on. goose-bridge-wire(5) has every octet. */
#ifndef DATAPATH_BPF_WIRE_H
#define DATAPATH_BPF_WIRE_H

#include "types.h"

#define NATIVE_MAGIC	  bpf_htons(0x4742)
#define NATIVE_VERSION	  1
#define NATIVE_FRAMES	  0
#define NATIVE_PIECE	  1
#define NATIVE_HEADER	  48
#define NATIVE_UNIT	  8    /* of header extensions */
#define IP_VERSION_IHL	  0x45 /* version 4, no options */
#define IP_DF		  bpf_htons(0x4000)
#define IP_FRAGMENT	  bpf_htons(0x3FFF) /* more of them, or not the first one */
#define UDP_HEADER	  8
#define IP_HEADER	  20
#define WIRE_UDP	  (ETH_HLEN + IP_HEADER) /* offsets from the Ethernet header on */
#define WIRE_NATIVE	  (WIRE_UDP + UDP_HEADER)
#define WIRE_FRAME	  (WIRE_NATIVE + NATIVE_HEADER + sizeof(uint16_t))
#define DATAGRAM_OVERHEAD (NATIVE_HEADER + sizeof(uint16_t))	       /* UDP payload that is not frame */
#define PACKET_OVERHEAD	  (IP_HEADER + UDP_HEADER + DATAGRAM_OVERHEAD) /* octets of the IP packet that are not frame */

/* All in network byte order. */
struct ethernet {
	uint8_t destination[ETH_ALEN];
	uint8_t source[ETH_ALEN];
	uint16_t ethertype;
};

struct ip {
	uint8_t version_ihl;
	uint8_t tos;
	uint16_t total_length;
	uint16_t id;
	uint16_t fragment;
	uint8_t ttl;
	uint8_t protocol;
	uint16_t check;
	uint32_t source;
	uint32_t destination;
};

struct udp {
	uint16_t source;
	uint16_t destination;
	uint16_t length;
	uint16_t check;
};

struct native {
	uint16_t magic;
	uint8_t version;
	uint8_t type;
	uint8_t flags;
	uint8_t header_length;
	uint16_t path_id;
	uint32_t key_id;
	uint16_t lane;
	uint8_t tag_length;
	uint8_t reserved;
	uint64_t sender_id;
	uint64_t epoch;
	uint64_t sequence;
	uint64_t send_time_ns;
};

/* So that every field lies on the stack, and in a packet, as the processor wants it. */
#define WIRE_SHIFT 6

struct wire {
	uint8_t shift[WIRE_SHIFT];
	struct ethernet ethernet;
	struct ip ip;
	struct udp udp;
	struct native native;
	uint16_t frame_length;
};

static __always_inline uint8_t *wire_octets(struct wire *wire)
{
	return (uint8_t *)&wire->ethernet;
}

/* ---- sums of the internet checksum (RFC 1071), of words as they lie in memory ---- */

static __always_inline uint64_t sum_words(const void *octets, uint32_t words)
{
	const uint32_t *word = octets;
	uint64_t sum = 0;

#pragma clang loop unroll(full)
	for (uint32_t i = 0; i < words; i++)
		sum += word[i];
	return sum;
}

static __always_inline uint16_t fold(uint64_t sum)
{
	sum = (sum & 0xFFFFFFFF) + (sum >> 32);
	sum = (sum & 0xFFFFFFFF) + (sum >> 32);
	sum = (sum & 0xFFFF) + (sum >> 16);
	sum = (sum & 0xFFFF) + (sum >> 16);
	return (uint16_t)sum;
}

static __always_inline uint64_t pseudo_header_sum(const struct wire *wire)
{
	return (uint64_t)wire->ip.source + wire->ip.destination + bpf_htons(IPPROTO_UDP) + wire->udp.length;
}

/* From the UDP header to the frame. */
static __always_inline uint64_t datagram_headers_sum(const struct wire *wire)
{
	return sum_words(&wire->udp, (UDP_HEADER + NATIVE_HEADER) / sizeof(uint32_t)) + wire->frame_length;
}

#endif
