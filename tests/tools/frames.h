/* SPDX-License-Identifier: Apache-2.0 */
/* A list of octet strings in memory, and its files: pcap (frames) and length-prefixed (datagrams). */
#ifndef GOOSE_TEST_FRAMES_H
#define GOOSE_TEST_FRAMES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct frame {
	uint8_t *octets;
	size_t length;
};

struct frames {
	struct frame *at;
	size_t count;
	size_t capacity;
};

/* Appends a copy of OCTETS. */
void frames_add(struct frames *frames, const uint8_t *octets, size_t length);
void frames_free(struct frames *frames);

/* Appends what the pcap file at PATH has (both byte orders, microseconds or nanoseconds). Exits if it is none. */
void frames_read_pcap(struct frames *frames, const char *path);

/* Appends the datagrams of the file at PATH: each a 2-octet big-endian length and that many octets. */
void frames_read_raw(struct frames *frames, const char *path);

/* Files that are written record by record. They exit on errors. */
FILE *frames_create_pcap(const char *path);
void frames_write_pcap(FILE *file, uint64_t utc_ns, const uint8_t *octets, size_t length);
void frames_write_raw(FILE *file, const uint8_t *octets, size_t length);
FILE *frames_create(const char *path);
void frames_close(FILE *file, const char *path);

#endif
