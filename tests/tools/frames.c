/* SPDX-License-Identifier: Apache-2.0 */
#include "frames.h"

#include "tool.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The classic format of libpcap (pcap-savefile(5)). */
#define PCAP_MICROSECONDS UINT32_C(0xA1B2C3D4)
#define PCAP_NANOSECONDS  UINT32_C(0xA1B23C4D)
#define PCAP_ETHERNET	  1
#define PCAP_SNAPLEN	  262144

void frames_add(struct frames *frames, const uint8_t *octets, size_t length)
{
	if (frames->count == frames->capacity) {
		frames->capacity = frames->capacity ? 2 * frames->capacity : 256;
		frames->at = tool_grow(frames->at, frames->capacity * sizeof(*frames->at));
	}
	struct frame *frame = &frames->at[frames->count++];
	frame->octets = tool_alloc(length ? length : 1);
	frame->length = length;
	memcpy(frame->octets, octets, length);
}

void frames_free(struct frames *frames)
{
	for (size_t i = 0; i < frames->count; i++)
		free(frames->at[i].octets);
	free(frames->at);
	*frames = (struct frames){0};
}

static uint32_t in_order(uint32_t value, bool swapped)
{
	return swapped ? __builtin_bswap32(value) : value;
}

void frames_read_pcap(struct frames *frames, const char *path)
{
	static uint8_t octets[PCAP_SNAPLEN];
	uint32_t header[6], record[4];
	FILE *file = fopen(path, "rbe");

	if (!file)
		tool_fail_errno("%s", path);
	if (fread(header, sizeof(header), 1, file) != 1)
		tool_fail("%s: not a pcap file", path);
	bool swapped = header[0] == __builtin_bswap32(PCAP_MICROSECONDS) ||
		       header[0] == __builtin_bswap32(PCAP_NANOSECONDS);
	uint32_t magic = in_order(header[0], swapped);
	if (magic != PCAP_MICROSECONDS && magic != PCAP_NANOSECONDS)
		tool_fail("%s: not a pcap file", path);
	if ((in_order(header[5], swapped) & 0xFFFF) != PCAP_ETHERNET)
		tool_fail("%s: not Ethernet", path);
	while (fread(record, sizeof(record), 1, file) == 1) {
		uint32_t length = in_order(record[2], swapped);

		if (length != in_order(record[3], swapped) || length > sizeof(octets))
			tool_fail("%s: frame %zu is cut off", path, frames->count + 1);
		if (length && fread(octets, length, 1, file) != 1)
			tool_fail("%s: the file ends within a frame", path);
		frames_add(frames, octets, length);
	}
	fclose(file);
}

void frames_read_raw(struct frames *frames, const char *path)
{
	static uint8_t octets[65536];
	FILE *file = fopen(path, "rbe");
	uint8_t prefix[2];

	if (!file)
		tool_fail_errno("%s", path);
	while (fread(prefix, sizeof(prefix), 1, file) == 1) {
		size_t length = (size_t)prefix[0] << 8 | prefix[1];

		if (length && fread(octets, length, 1, file) != 1)
			tool_fail("%s: the file ends within a datagram", path);
		frames_add(frames, octets, length);
	}
	fclose(file);
}

FILE *frames_create(const char *path)
{
	FILE *file = fopen(path, "wbe");

	if (!file)
		tool_fail_errno("%s", path);
	return file;
}

FILE *frames_create_pcap(const char *path)
{
	const uint32_t header[6] = {PCAP_MICROSECONDS, 0, 0, 0, PCAP_SNAPLEN, PCAP_ETHERNET};
	const uint16_t version[2] = {2, 4};
	FILE *file = frames_create(path);

	fwrite(&header[0], 4, 1, file);
	fwrite(version, sizeof(version), 1, file);
	fwrite(&header[2], 4, 4, file);
	return file;
}

void frames_write_pcap(FILE *file, uint64_t utc_ns, const uint8_t *octets, size_t length)
{
	const uint32_t record[4] = {(uint32_t)(utc_ns / TOOL_NS_PER_S), (uint32_t)(utc_ns % TOOL_NS_PER_S / 1000),
				    (uint32_t)length, (uint32_t)length};

	fwrite(record, sizeof(record), 1, file);
	fwrite(octets, length, 1, file);
}

void frames_write_raw(FILE *file, const uint8_t *octets, size_t length)
{
	const uint8_t prefix[2] = {(uint8_t)(length >> 8), (uint8_t)length};

	fwrite(prefix, sizeof(prefix), 1, file);
	fwrite(octets, length, 1, file);
}

void frames_close(FILE *file, const char *path)
{
	bool bad = ferror(file);

	if (fclose(file) || bad)
		tool_fail_errno("%s", path);
}
