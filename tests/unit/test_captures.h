/* SPDX-License-Identifier: Apache-2.0 */
/* The recorded frames of tests/data/pcap, for the tests of the room goose. */
#ifndef TEST_CAPTURES_H
#define TEST_CAPTURES_H

#include "test_pure.h"

#include <dirent.h>

typedef void use_frame(const char *where, const uint8_t *octets, size_t length);

static inline uint32_t le32(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* All frames of the capture at PATH (libpcap's classic format, little-endian, Ethernet). Returns how many. */
static inline unsigned use_capture(const char *path, use_frame *use)
{
	static uint8_t octets[65536];
	FILE *file = fopen(path, "rbe");
	unsigned frames = 0;

	assert_non_null(file);
	size_t length = fread(octets, 1, sizeof(octets), file);

	fclose(file);
	assert_true(length > 24 && length < sizeof(octets));
	assert_int_equal(le32(octets), 0xA1B2C3D4);
	assert_int_equal(le32(octets + 20), 1);
	for (size_t at = 24; at < length;) {
		char where[4200];

		assert_true(length - at >= 16);
		size_t size = le32(octets + at + 8);

		at += 16;
		assert_true(size <= length - at);
		snprintf(where, sizeof(where), "%s: frame %u", path, ++frames);
		use(where, octets + at, size);
		at += size;
	}
	return frames;
}

/* Calls USE with each frame of each capture. */
static inline void use_captures(use_frame *use)
{
	static const char folder[] = GB_TOP_SRCDIR "/tests/data/pcap";
	DIR *dir = opendir(folder);
	unsigned captures = 0, frames = 0;

	assert_non_null(dir);
	for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
		char path[4096];
		size_t name = strlen(entry->d_name);

		if (name < 5 || strcmp(entry->d_name + name - 5, ".pcap") != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		frames += use_capture(path, use);
		captures++;
	}
	closedir(dir);
	assert_true(captures >= 10);
	assert_true(frames >= 65);
}

#endif
