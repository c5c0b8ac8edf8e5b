/* SPDX-License-Identifier: Apache-2.0 */
/* The frames of load-send and load-receive: valid GOOSE messages of publishers of their own, one a stream, with a
 * number, the send time and a pattern in their data. A frame can be built again from what it says of itself, and so be
 * compared octet for octet.
 */
#ifndef GOOSE_TEST_LOAD_FRAME_H
#define GOOSE_TEST_LOAD_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOAD_FRAME_MIN	 152 /* octets, with a tag */
#define LOAD_FRAME_MAX	 1518
#define LOAD_STREAMS_MAX 4096
#define LOAD_UNTAGGED	 0xFFFF

struct load_frame {
	uint64_t number; /* of the whole run, from 0 */
	uint64_t sent_ns; /* CLOCK_MONOTONIC */
	uint16_t stream;
	uint16_t streams;
	uint16_t vlan; /* VID, or LOAD_UNTAGGED */
	uint16_t size; /* of the frame, with its tag */
};

/* Writes the frame's SIZE octets. */
void load_frame_build(const struct load_frame *frame, uint8_t *octets);

/* Whether the LENGTH octets are of load-send at all; then *FRAME is what they say. They may be damaged elsewhere. */
bool load_frame_parse(const uint8_t *octets, size_t length, struct load_frame *frame);

#endif
