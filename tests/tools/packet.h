/* SPDX-License-Identifier: Apache-2.0 */
/* AF_PACKET sockets: frames as they are on the wire, with their tag. */
#ifndef GOOSE_TEST_PACKET_H
#define GOOSE_TEST_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ETHERTYPE_GOOSE 0x88B8
#define PACKET_FRAME_MAX 65550 /* a segmentation-offload packet of 64 KiB with its Ethernet header and a tag */

struct packet_frame {
	const uint8_t *octets; /* valid until the next packet_receive */
	size_t length;
	uint64_t utc_ns; /* when the kernel received it */
	bool outgoing;
};

struct packet_receiver;

/* The index of interface NAME; exits if there is none. */
int packet_interface(const char *name);

/* A socket that sends frames from interface NAME. BYPASS: past its queueing discipline. */
int packet_open_sender(const char *name, bool bypass);

/* Listens on interface NAME for frames of PROTOCOL (ETH_P_ALL, or an EtherType as the kernel sees it behind a stripped
 * tag), up to BATCH of up to FRAME_MAX octets at a time, promiscuous if asked.
 */
struct packet_receiver *packet_open_receiver(const char *name, uint16_t protocol, bool promiscuous, size_t batch,
					     size_t frame_max);
void packet_close_receiver(struct packet_receiver *receiver);
int packet_fd(const struct packet_receiver *receiver);

/* Reads what is there without waiting. Puts the tag that the kernel moved to auxiliary data back to where it was,
 * unless the receiver was told to leave it. Returns how many there are in *FRAMES.
 */
size_t packet_receive(struct packet_receiver *receiver, const struct packet_frame **frames);
void packet_leave_tags(struct packet_receiver *receiver);

/* How many frames the kernel dropped because we did not read fast enough. */
uint64_t packet_dropped(struct packet_receiver *receiver);

/* The EtherType behind up to two tags, and where its payload begins; 0 if the frame is too short for one. */
uint16_t packet_ethertype(const uint8_t *octets, size_t length, size_t *payload);

#endif
