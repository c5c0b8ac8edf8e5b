/* SPDX-License-Identifier: Apache-2.0 */
/* The one place that takes BER apart (ISO/IEC 8825-1): the next tag and length, never beyond what they are part of. */
#ifndef GB_GOOSE_BER_H
#define GB_GOOSE_BER_H

#include <goose-bridge/pdu.h>
#include <stdbool.h>

#define BER_TAG_LONG	 0x1F /* all bits of the tag number set: the number is in the octets that follow (8.1.2.4) */
#define BER_LENGTH_LONG	 0x80 /* the other bits say how many octets of length follow (8.1.3.5); none: indefinite (8.1.3.6) */
#define BER_LENGTH_NEVER 0xFF /* 8.1.3.5 c) */

struct ber {
	uint8_t tag;	/* its first octet */
	size_t content; /* offset */
	size_t length;	/* of the content; content + length is not beyond the end that was given */
	bool cut;	/* tag or length go on behind what is there: nothing else is known */
};

/* Tag or length go on at THERE. */
static inline enum gb_pdu_error ber_run_out(size_t there, size_t end, struct ber *element)
{
	element->cut = there < end;
	return element->cut ? GB_PDU_OK : GB_PDU_LENGTH;
}

/* Long tags and long lengths. A length may have more octets than it needs, as 81 05 or 82 00 05: some devices always send two.
 * Subscribers take them (libiec61850, Wireshark), in any number, so what they see is what is supervised here.
 */
static inline enum gb_pdu_error ber_read_long(const uint8_t *octets, size_t offset, size_t there, size_t end,
					      struct ber *element)
{
	size_t length;

	element->tag = octets[offset++];
	if ((element->tag & BER_TAG_LONG) == BER_TAG_LONG) {
		while (offset < there && octets[offset] & 0x80)
			offset++;
		if (offset == there)
			return ber_run_out(there, end, element);
		offset++;
	}
	if (offset == there)
		return ber_run_out(there, end, element);
	if (octets[offset] == BER_LENGTH_NEVER)
		return GB_PDU_LENGTH;
	if (octets[offset] == BER_LENGTH_LONG)
		return GB_PDU_INDEFINITE;
	length = octets[offset++];
	if (length & BER_LENGTH_LONG) {
		size_t count = length & 0x7F;

		/* A length beyond the end is refused before it can grow beyond its type. */
		for (length = 0; count > 0; count--) {
			if (offset == there)
				return ber_run_out(there, end, element);
			if (length > (end - offset) >> 8)
				return GB_PDU_LENGTH;
			length = length << 8 | octets[offset++];
		}
	}
	if (length > end - offset)
		return GB_PDU_LENGTH;
	element->content = offset;
	element->length = length;
	return GB_PDU_OK;
}

/* The element that begins at OFFSET, which is not beyond THERE, in what ends at END. Octets are there up to THERE. That may
 * be beyond END: what follows is another's, and tag and length are not taken from it.
 */
static inline enum gb_pdu_error ber_read_head(const uint8_t *octets, size_t offset, size_t there, size_t end,
					      struct ber *element)
{
	if (there > end)
		there = end;
	element->cut = false;
	if (there - offset < 2)
		return ber_run_out(there, end, element);
	element->tag = octets[offset];
	element->length = octets[offset + 1];
	element->content = offset + 2;
	if ((element->tag & BER_TAG_LONG) == BER_TAG_LONG || element->length >= BER_LENGTH_LONG)
		return ber_read_long(octets, offset, there, end, element);
	return element->length > end - element->content ? GB_PDU_LENGTH : GB_PDU_OK;
}

/* The element that begins at OFFSET, which is not beyond END, all of it there. */
static inline enum gb_pdu_error ber_read(const uint8_t *octets, size_t offset, size_t end, struct ber *element)
{
	return ber_read_head(octets, offset, end, end, element);
}

#endif
