/* SPDX-License-Identifier: Apache-2.0 */
/* base/octets: the only code that takes network octets apart or puts them together. All integers are big-endian.
 *
 * A reader or writer that is asked for more than there is turns bad and stays so; what it then returns is 0 (reader) or
 * nothing is written (writer). So a decoder may read a whole header and ask once, at its end, whether all of it was there.
 */
#ifndef GOOSE_BRIDGE_OCTETS_H
#define GOOSE_BRIDGE_OCTETS_H

#include <endian.h>
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

/* The next LENGTH octets, or NULL (and bad) if there are fewer, or it was bad already. They belong to whoever owns the
 * reader's octets.
 */
static inline const uint8_t *gb_read_octets(struct gb_reader *r, size_t length)
{
	if (r->bad || r->length - r->offset < length) {
		r->bad = true;
		return NULL;
	}
	const uint8_t *at = r->octets + r->offset;
	r->offset += length;
	return at;
}

/* Integers. The copy into a variable of the right size is what makes them one load and one byte swap each. */
#define GB_READ(bits)                                                        \
	static inline uint##bits##_t gb_read_u##bits(struct gb_reader *r)    \
	{                                                                    \
		const uint8_t *at = gb_read_octets(r, sizeof(uint##bits##_t)); \
		uint##bits##_t value = 0;                                    \
									     \
		if (at)                                                      \
			memcpy(&value, at, sizeof(value));                   \
		return be##bits##toh(value);                                 \
	}
GB_READ(16)
GB_READ(32)
GB_READ(64)
#undef GB_READ

static inline uint8_t gb_read_u8(struct gb_reader *r)
{
	const uint8_t *at = gb_read_octets(r, 1);

	return at ? *at : 0;
}

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

/* Whether there is room for LENGTH octets more; bad if not. */
static inline bool gb_writer_takes(struct gb_writer *w, size_t length)
{
	if (w->bad || w->capacity - w->length < length)
		w->bad = true;
	return !w->bad;
}

static inline void gb_write_octets(struct gb_writer *w, const void *octets, size_t length)
{
	if (length == 0 || !gb_writer_takes(w, length))
		return;
	memcpy(w->octets + w->length, octets, length);
	w->length += length;
}

#define GB_WRITE(bits)                                                                 \
	static inline void gb_write_u##bits(struct gb_writer *w, uint##bits##_t value) \
	{                                                                              \
		value = htobe##bits(value);                                            \
		gb_write_octets(w, &value, sizeof(value));                             \
	}
GB_WRITE(16)
GB_WRITE(32)
GB_WRITE(64)
#undef GB_WRITE

static inline void gb_write_u8(struct gb_writer *w, uint8_t value)
{
	gb_write_octets(w, &value, 1);
}

#endif
