/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs of the kernel engine and the process that supervises them share: the layout of their maps. Included by
 * both, so it needs nothing but fixed-width types. Whoever changes anything here raises GB_KERNEL_LAYOUT: a process that finds
 * maps of another layout pinned makes new ones and replaces the programs.
 */
#ifndef DATAPATH_BPF_LAYOUT_H
#define DATAPATH_BPF_LAYOUT_H

#ifndef __bpf__
#include <stdint.h>
#endif

#define GB_KERNEL_LAYOUT      1
#define GB_KERNEL_HEAD_MAX    512 /* octets of a frame that supervision gets a copy of */
#define GB_KERNEL_SOURCES_MAX 64  /* of allow_sources */
#define GB_KERNEL_RING_OCTETS (512 * 1024) /* of each direction: 1 MiB together */
#define GB_KERNEL_HELD_MAX    4096	   /* flows that the user engine carries, of each direction; the quietest is reused */
#define GB_KERNEL_LANE	      3		   /* of what the programs send: one counter for all processors */

enum gb_kernel_direction { GB_KERNEL_TO_NETWORK, GB_KERNEL_TO_GOOSE0, GB_KERNEL_DIRECTIONS };

/* An IPv4 prefix: an address belongs to it if (address & mask) == address of the prefix. In network byte order. */
struct gb_kernel_prefix {
	uint32_t address;
	uint32_t mask;
};

/* Map "config": an array of two. What the programs work with; one of them is in use (struct gb_kernel_state), the other is
 * written anew and then taken into use, so that no frame sees a mixture of both. Addresses and ports in network byte order,
 * all else in the host's.
 */
struct gb_kernel_config {
	uint8_t forward[GB_KERNEL_DIRECTIONS]; /* 0: everything goes to the user engine */
	uint8_t clock_unsynchronised;	       /* 1: GB_NATIVE_FLAG_CLOCK_UNSYNCHRONISED is sent */
	uint8_t ttl;
	uint8_t tos; /* DSCP << 2 */
	uint8_t unused;
	uint8_t group_mac[6];
	uint8_t source_mac[6]; /* of the network interface */
	uint16_t port; /* source and destination */
	uint32_t goose0_index;
	uint32_t network_index;
	uint32_t local; /* this host's address on the network interface */
	uint32_t previous_local; /* before it changed; 0 = none */
	uint32_t group;
	uint16_t path_mtu; /* octets of IP packet */
	uint16_t path_id;
	uint16_t sources; /* how many prefixes; 0 = any source is allowed */
	uint16_t goose0_longest; /* octets of frame that the kernel takes to goose0, by its MTU; what is longer it would drop */
	uint64_t sender_id;
	int64_t tai_offset_ns; /* TAI - UTC, as the kernel has it (adjtimex(2)) */
	uint64_t unattended_ns; /* without a heartbeat for so long, everything goes to the user engine */
	uint64_t hold_ns;	/* a flow that the user engine carried may be carried here after such a silence */
	struct gb_kernel_prefix source[GB_KERNEL_SOURCES_MAX];
};

/* What one processor has counted in one direction since the maps were made. */
struct gb_kernel_direction_counters {
	uint64_t frames; /* carried */
	uint64_t frame_octets;
	uint64_t tagged; /* of these frames, those with a VLAN tag */
	uint64_t undecodable; /* of these frames, those whose GOOSE header is not whole */
	uint64_t datagram_octets; /* of UDP payload that carried them */
	uint64_t passed; /* to the user engine: GOOSE frames, datagrams to our group and port */
	uint64_t unsupervised; /* frames carried that the ring had no room for */
	uint64_t refused; /* frames that the kernel would not take in the end: dropped */
};

/* Map "counters": an array with one entry for each possible processor, which alone writes it. Mapped by the process. */
struct gb_kernel_counters {
	struct gb_kernel_direction_counters direction[GB_KERNEL_DIRECTIONS];
};

#define GB_KERNEL_LINE __attribute__((aligned(64))) /* octets of cache that processors take from each other as one */

/* Map "state": one entry, mapped by the process. Of each field one side is the only writer, or both add atomically. */
struct gb_kernel_state {
	/* Written now and then, and read for each frame. By the process: */
	uint32_t layout; /* GB_KERNEL_LAYOUT */
	uint32_t active; /* index of the config in use */
	uint64_t heartbeat_ns; /* CLOCK_MONOTONIC; when a process last said that it lives */
	uint64_t drained_ns[GB_KERNEL_DIRECTIONS]; /* CLOCK_MONOTONIC; then the user engine had carried all that it got */
	uint64_t epoch; /* of all lanes' sequences; UTC ns when the maps were made */
	/* The process writes 1 before it looks a last time and waits; the program that finds 1 once its record is there writes
	 * 0 and wakes it. Else the ring's reader comes by itself in some milliseconds.
	 */
	uint32_t waiting[GB_KERNEL_DIRECTIONS];
	/* By the programs: */
	uint64_t held_ns[GB_KERNEL_DIRECTIONS] GB_KERNEL_LINE; /* CLOCK_MONOTONIC; when a frame last went to the user engine */
	uint64_t missed[GB_KERNEL_DIRECTIONS]; /* records that a ring had no room for, of all processors */
	/* Written for each frame of the user engine, by the process: next numbers of its lanes, which go on when a new process
	 * adopts them; and frames sent natively on its lane of frames.
	 */
	uint64_t sequence[GB_KERNEL_LANE] GB_KERNEL_LINE;
	uint64_t frames_sent;
	/* Written for each frame by the program: next number of GB_KERNEL_LANE. One datagram, one frame. */
	uint64_t kernel_sequence GB_KERNEL_LINE;
};

/* Maps "held_to_network" (by flow) and "held_to_goose0" (by source address): when a frame of it last went to the user engine,
 * CLOCK_MONOTONIC. Such a flow stays there until none of its frames can be under way any more: nothing overtakes itself.
 */
struct gb_kernel_flow {
	uint8_t destination[6];
	uint8_t source[6];
	uint16_t appid; /* 0 where the header is not whole; as on the wire */
	uint16_t unused;
};

/* Maps "ring_to_network" and "ring_to_goose0": one record for each frame carried, with HEAD_LENGTH octets of the frame behind
 * it, its VLAN tag in place. Records come in three sizes: what is behind the head is undefined. Discarded ones stand between
 * them, of frames that were not carried in the end, or with which a reader was woken.
 */
struct gb_kernel_record {
	uint64_t time_ns; /* CLOCK_MONOTONIC */
	uint64_t missed; /* state.missed of the direction when it was written */
	uint64_t sender_id; /* to goose0: of the datagram, as are those that follow */
	uint64_t epoch;
	uint64_t sequence; /* to the network: of the datagram sent */
	uint64_t send_time_ns; /* UTC; 0 = unknown */
	uint64_t received_ns;  /* to goose0: of the kernel's receipt of the datagram, UTC; 0 = unknown */
	uint32_t address; /* to goose0: source, in network byte order */
	uint16_t path_id;
	uint16_t lane;
	uint16_t frame_length;
	uint16_t head_length; /* the smaller of frame_length and GB_KERNEL_HEAD_MAX */
	uint8_t flags;	/* of the native header */
	uint8_t unused[3];
};

#endif
