/* SPDX-License-Identifier: Apache-2.0 */
/* base/octets: the only code that takes network octets apart or puts them together. All integers are big-endian.
 *
 * A reader or writer that is asked for more than there is turns bad and stays so; what it then returns is 0 (reader) or
 * nothing is written (writer). So a decoder may read a whole header and ask once, at its end, whether all of it was there.
 */
#ifndef GOOSE_BRIDGE_OCTETS_H
#define GOOSE_BRIDGE_OCTETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct gb_reader {
	const uint8_t *octets;
	size_t length;
	size_t offset;
	bool bad;
};

static inline struct gb_reader gb_reader(const uint8_t *octets, size_t length)
{
	return (struct gb_reader){.octets = octets, .length = length};
}

static inline size_t gb_reader_left(const struct gb_reader *r)
{
	return r->bad ? 0 : r->length - r->offset;
}

/* The next LENGTH octets, or NULL (and bad) if there are fewer. They belong to whoever owns the reader's octets. */
static inline const uint8_t *gb_read_octets(struct gb_reader *r, size_t length)
{
	if (gb_reader_left(r) < length) {
		r->bad = true;
		return NULL;
	}
	const uint8_t *at = r->octets + r->offset;
	r->offset += length;
	return at;
}

static inline uint64_t gb_read_uint(struct gb_reader *r, size_t size)
{
	const uint8_t *at = gb_read_octets(r, size);
	uint64_t value = 0;

	if (!at)
		return 0;
	for (size_t i = 0; i < size; i++)
		value = value << 8 | at[i];
	return value;
}

static inline uint8_t gb_read_u8(struct gb_reader *r) { return (uint8_t)gb_read_uint(r, 1); }
static inline uint16_t gb_read_u16(struct gb_reader *r) { return (uint16_t)gb_read_uint(r, 2); }
static inline uint32_t gb_read_u32(struct gb_reader *r) { return (uint32_t)gb_read_uint(r, 4); }
static inline uint64_t gb_read_u64(struct gb_reader *r) { return gb_read_uint(r, 8); }

struct gb_writer {
	uint8_t *octets;
	size_t capacity;
	size_t length; /* written so far */
	bool bad;
};

static inline struct gb_writer gb_writer(uint8_t *octets, size_t capacity)
{
	return (struct gb_writer){.octets = octets, .capacity = capacity};
}

/* Room for LENGTH octets, counted as written, or NULL (and bad) if there is none. */
static inline uint8_t *gb_write_room(struct gb_writer *w, size_t length)
{
	if (w->bad || w->capacity - w->length < length) {
		w->bad = true;
		return NULL;
	}
	uint8_t *at = w->octets + w->length;
	w->length += length;
	return at;
}

static inline void gb_write_uint(struct gb_writer *w, uint64_t value, size_t size)
{
	uint8_t *at = gb_write_room(w, size);

	if (!at)
		return;
	for (size_t i = size; i-- > 0; value >>= 8)
		at[i] = (uint8_t)value;
}

static inline void gb_write_u8(struct gb_writer *w, uint8_t value) { gb_write_uint(w, value, 1); }
static inline void gb_write_u16(struct gb_writer *w, uint16_t value) { gb_write_uint(w, value, 2); }
static inline void gb_write_u32(struct gb_writer *w, uint32_t value) { gb_write_uint(w, value, 4); }
static inline void gb_write_u64(struct gb_writer *w, uint64_t value) { gb_write_uint(w, value, 8); }

static inline void gb_write_octets(struct gb_writer *w, const void *octets, size_t length)
{
	uint8_t *at = gb_write_room(w, length);

	if (at && length)
		memcpy(at, octets, length);
}

#endif
