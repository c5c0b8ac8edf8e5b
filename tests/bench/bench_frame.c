/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include <linux/if_ether.h>
#include <string.h>

#define TAG	  4
#define ADDRESSES 12
#define DIGITS	  4 /* enough for BENCH_STREAMS_MAX */
#define PRIORITY  4
#define VID	  1
#define TCI	  (PRIORITY << 13 | VID)
#define ETHERTYPE 0x88B8

static void put_at(uint8_t *at, uint64_t value, size_t size)
{
	while (size-- > 0) {
		at[size] = (uint8_t)value;
		value >>= 8;
	}
}

static uint64_t get_at(const uint8_t *at, size_t size)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++)
		value = value << 8 | at[i];
	return value;
}

static void put(struct bench_frame *f, uint64_t value, size_t size)
{
	put_at(f->octets + f->size, value, size);
	f->size += size;
}

/* BER: a number of fixed length, a string, and a tag whose content goes to the frame's end. */
static void put_number(struct bench_frame *f, uint8_t tag, uint64_t value, uint8_t size)
{
	put(f, tag, 1);
	put(f, size, 1);
	put(f, value, size);
}

static void put_string(struct bench_frame *f, uint8_t tag, const char *text)
{
	size_t length = strlen(text);

	put(f, tag, 1);
	put(f, length, 1);
	memcpy(f->octets + f->size, text, length);
	f->size += length;
}

static void put_to_end(struct bench_frame *f, uint8_t tag, size_t size)
{
	put(f, tag, 1);
	put(f, 0x82, 1);
	put(f, size - f->size - 2, 2);
}

/* To 01-0C-CD-01-00-01 with PCP 4: the legacy format can express no other. */
void bench_frame_make(struct bench_frame *f, size_t size, uint64_t streams)
{
	*f = (struct bench_frame){.streams = streams};
	put(f, UINT64_C(0x010CCD010001), 6);
	put(f, UINT64_C(0x024245000001), 6); /* locally administered */
	put(f, ETH_P_8021Q, 2);
	put(f, TCI, 2);
	put(f, ETHERTYPE, 2);
	put(f, 0x1001, 2);		/* APPID */
	put(f, size - f->size + 2, 2);	/* from APPID on */
	put(f, 0, 4);
	put_to_end(f, 0x61, size);
	put_string(f, 0x80, "BENCH/LLN0$GO$0000");
	f->stream = f->size - DIGITS;
	put_number(f, 0x81, 20000, 2);
	put_string(f, 0x82, "BENCH/LLN0$1");
	put_number(f, 0x84, 0, 8);
	put_number(f, 0x85, 1, 1);
	f->sequence = f->size + 3;
	put_number(f, 0x86, 0, 5);
	put_number(f, 0x88, 1, 1);
	put_number(f, 0x8A, 1, 1);
	put_to_end(f, 0xAB, size);
	put_to_end(f, 0x89, size);
	f->number = f->size;
	f->pattern = f->number + 24;
	for (f->size = f->pattern; f->size < size;)
		put(f, f->size * 7, 1);
}

static uint64_t digits_of(uint64_t stream)
{
	uint64_t digits = 0;

	for (unsigned i = 0; i < DIGITS; i++, stream /= 10)
		digits |= ('0' + stream % 10) << (8 * i);
	return digits;
}

void bench_frame_number(const struct bench_frame *f, uint8_t *octets, uint64_t number, uint64_t utc_ns)
{
	if (f->streams > 1)
		put_at(octets + f->stream, digits_of(number % f->streams), DIGITS);
	put_at(octets + f->sequence, number / f->streams, 4);
	put_at(octets + f->number, number, 8);
	put_at(octets + f->number + 8, ~number, 8);
	put_at(octets + f->number + 16, utc_ns, 8);
}

bool bench_frame_is_goose(const uint8_t *octets, size_t size)
{
	return size >= ADDRESSES + 2 && get_at(octets + ADDRESSES, 2) == ETHERTYPE;
}

/* Whether all but the numbers is as it was sent. */
static bool is_whole(const struct bench_frame *f, const uint8_t *octets, size_t size, int tci)
{
	const uint8_t *sent = f->octets + TAG; /* the same offsets as in OCTETS, behind the addresses */
	size_t after = f->stream - TAG + DIGITS;

	return tci == TCI && size == f->size - TAG && memcmp(octets, f->octets, ADDRESSES) == 0 &&
	       memcmp(octets + ADDRESSES, sent + ADDRESSES, f->stream - TAG - ADDRESSES) == 0 &&
	       memcmp(octets + after, sent + after, f->sequence - TAG - after) == 0 &&
	       memcmp(octets + f->sequence, sent + f->sequence, f->number - TAG - f->sequence) == 0 &&
	       memcmp(octets + f->pattern - TAG, f->octets + f->pattern, f->size - f->pattern) == 0;
}

bool bench_frame_read(const struct bench_frame *f, const uint8_t *octets, size_t size, int tci, uint64_t *number,
		      uint64_t *sent_ns)
{
	if (!is_whole(f, octets, size, tci))
		return false;
	const uint8_t *numbers = octets + f->number - TAG;

	*number = get_at(numbers, 8);
	*sent_ns = get_at(numbers + 16, 8);
	return get_at(numbers + 8, 8) == ~*number &&
	       get_at(octets + f->stream - TAG, DIGITS) == digits_of(*number % f->streams) &&
	       get_at(octets + f->sequence - TAG, 4) == (uint32_t)(*number / f->streams);
}
