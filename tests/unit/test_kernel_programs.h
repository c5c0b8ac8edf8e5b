/* SPDX-License-Identifier: Apache-2.0 */
/* The programs of the kernel engine, loaded, and what is needed to give them packets and to look at what they do. */
#ifndef TEST_KERNEL_PROGRAMS_H
#define TEST_KERNEL_PROGRAMS_H

#include "test_pure.h"

#include <goose-bridge/goose.h>
#include <goose-bridge/tunnel.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include "../../module/datapath/bpf/layout.h"

#define MS		 UINT64_C(1000000) /* nanoseconds */
#define PACKET_MAX	 16384
#define WIRE_FRAME	 92 /* octets of a packet before the frame */
#define OVERHEAD	 50 /* octets of a datagram before the frame */
#define PATH_MTU	 1500
#define FRAME_MOST	 (PATH_MTU - 20 - 8 - OVERHEAD)
#define RUN_MOST	 3400 /* octets of packet that every kernel takes for a run without a network */
#define RECORDS_MAX	 4096
#define GOOSE0_INDEX	 1 /* of the loopback interface: only in a live test anything is sent there */
#define PORT		 61850
#define SENDER		 UINT64_C(0x0123456789ABCDEF) /* of the programs */
#define PEER		 UINT64_C(0xFEDCBA9876543210)
#define HOST		 0xC0A80001 /* 192.168.0.1 */
#define PREVIOUS	 0xC0A80002
#define PEER_HOST	 0xC0A80003
#define GROUP		 0xE0000164 /* 224.0.1.100 */

struct packet {
	uint8_t at[PACKET_MAX];
	size_t length;
};

struct record {
	struct gb_kernel_record said;
	uint8_t head[GB_KERNEL_HEAD_MAX];
};

/* What a run came to. */
struct run {
	int verdict;
	struct packet out;
	uint32_t mark, priority;
	uint64_t tstamp;
};

/* How a packet comes, beside its octets. */
struct arrival {
	uint32_t mark, priority;
	uint64_t tstamp;
	uint32_t gso_size;
	uint16_t tpid, tci; /* metadata; 0: none */
};

/* Loads the programs, with no more rights than goose-bridge.service has. 0, 77 with the reason on stdout where that cannot be,
 * or 1.
 */
int programs_load(void);
void programs_unload(void);

/* As for a service that has just started: both directions forwarded, nothing held, counted or recorded. For cmocka: 0. */
int programs_reset(void **unused);

/* Whether a process is there to which frames go: what the programs see of it is a socket at the group and port. After a reset
 * one is.
 */
void programs_attend(bool there);

extern struct gb_kernel_config *const *const programs_config; /* the one in use */
extern struct gb_kernel_state *const *const programs_state;

int program_fd(enum gb_kernel_direction direction);
/* A program that puts tag TPID, TCI into a packet's metadata, and goes on with that of DIRECTION. The caller closes it. */
int tagging_program_fd(enum gb_kernel_direction direction, uint16_t tpid, uint16_t tci);

/* RUN->out.length is 0 where the packet may not have been changed and was not. */
void run_program(enum gb_kernel_direction direction, const struct packet *in, const struct arrival *arrival, struct run *run);
/* Runs it and asserts that it was passed on as it was, counted or not, its flow held from now on or not. */
void assert_passed(enum gb_kernel_direction direction, const struct packet *in, const struct arrival *arrival, bool counted,
		   bool held);

struct gb_kernel_direction_counters counted(enum gb_kernel_direction direction);
bool anything_held(enum gb_kernel_direction direction);
void hold_flow(enum gb_kernel_direction direction, const void *flow, uint64_t ns);
/* When FLOW was last passed on, or 0. */
uint64_t held_since(enum gb_kernel_direction direction, const void *flow);

/* Takes what is in a ring. Returns how many; RECORD has RECORDS_MAX, or is NULL. */
unsigned take_records(enum gb_kernel_direction direction, struct record *record);
bool ring_woke(enum gb_kernel_direction direction);

/* ---- packets ---- */

/* A GOOSE frame of LENGTH octets with TAGS tags, its Length right, the rest pseudo-random. */
void make_frame(struct packet *frame, size_t length, unsigned tags);
/* The datagram of a peer that carries FRAME, from its Ethernet header on. */
void make_datagram(struct packet *packet, const struct packet *frame);
/* Makes the checksums of IP and UDP right again. */
void make_sums(struct packet *packet);
void put16(struct packet *packet, size_t at, uint16_t value);
uint16_t get16(const struct packet *packet, size_t at);
/* The internet checksum of octets, and of a UDP datagram with its pseudo header; 0 where it is right. */
uint16_t ip_sum(const struct packet *packet);
uint16_t udp_sum(const struct packet *packet);
/* What a host is to send for FRAME with such SEQUENCE and send time: octet for octet. */
void expect_datagram(struct packet *packet, const struct packet *frame, uint64_t sequence, uint64_t send_time_ns);
uint64_t send_time_of(const struct packet *packet);

/* The tests. They return how many failed. */
int test_to_network(void);
int test_to_goose0(void);
int test_supervision(void);
int test_live(void);

#endif
