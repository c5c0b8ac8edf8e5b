/* SPDX-License-Identifier: Apache-2.0 */
/* goose/pdu: the GOOSE PDU (IEC 61850-8-1, A.1: IECGoosePdu, BER of ISO/IEC 8825-1), taken apart without copying. Pure.
 *
 * A frame is carried whatever its PDU says: what is found here is for supervision and for people. Everything is bounded by the
 * octets given; nesting is followed to GB_PDU_LEVELS levels and no function calls itself.
 */
#ifndef GOOSE_BRIDGE_PDU_H
#define GOOSE_BRIDGE_PDU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gb_frame;

#define GB_PDU_LEVELS	16  /* levels of structures and arrays in allData that are followed */
#define GB_PDU_TEXT_MAX 129 /* octets of a reference (IEC 61850-7-2: VISIBLE STRING129) */

/* X(NAME, name in JSON, what is wrong) */
#define GB_PDU_ERRORS(X)                                                                              \
	X(OK, "none", "nothing")                                                                      \
	X(HEADER, "header", "the GOOSE header is not whole, or its Length does not fit the frame")    \
	X(EMPTY, "empty", "there is no PDU behind the header")                                        \
	X(TAG, "tag", "the PDU's tag is not 0x61")                                                    \
	X(LENGTH, "length", "a length runs over what it is part of")                                  \
	X(INDEFINITE, "indefinite", "a length is indefinite, which IEC 61850-8-1 does not allow")     \
	X(FIELD_ORDER, "field_order", "a field comes twice, or out of order")                         \
	X(FIELD_SIZE, "field_size", "a field has a length that its type cannot have")                 \
	X(FIELD_MISSING, "field_missing", "a field that has to be there is missing")                  \
	X(TEXT, "text", "a reference is longer than 129 octets, or has other than printable ASCII")   \
	X(VALUE, "value", "a value in allData has a length or content that its type cannot have")     \
	X(DEPTH, "depth", "allData is nested deeper than 16 levels")                                  \
	X(ENTRIES, "entries", "numDatSetEntries is not what allData has")

enum gb_pdu_error {
#define X(kind, name, help) GB_PDU_##kind,
	GB_PDU_ERRORS(X)
#undef X
	GB_PDU_ERROR_COUNT
};

const char *gb_pdu_error_name(enum gb_pdu_error error);
const char *gb_pdu_error_help(enum gb_pdu_error error);

/* Types of values in allData (IEC 61850-8-1, table of MMS Data; ISO 9506-2 Data). */
enum gb_value_type {
	GB_VALUE_ARRAY,
	GB_VALUE_STRUCTURE,
	GB_VALUE_BOOLEAN,
	GB_VALUE_BIT_STRING,
	GB_VALUE_INTEGER,
	GB_VALUE_UNSIGNED,
	GB_VALUE_FLOAT,
	GB_VALUE_OCTET_STRING,
	GB_VALUE_VISIBLE_STRING,
	GB_VALUE_TIME_OF_DAY,
	GB_VALUE_MMS_STRING,
	GB_VALUE_UTC_TIME,
	GB_VALUE_OTHER, /* a tag that no edition names: skipped by its length */
	GB_VALUE_TYPE_COUNT
};

const char *gb_value_type_name(enum gb_value_type type);

/* Octets within the PDU, not terminated. NULL = the field is not there. */
struct gb_octets {
	const uint8_t *octets;
	size_t length;
};

/* Bits of gb_pdu.fields: 1 << the number in the field's tag. */
#define GB_PDU_HAS_GOCB_REF		(1U << 0)
#define GB_PDU_HAS_TIME_ALLOWED_TO_LIVE (1U << 1)
#define GB_PDU_HAS_DAT_SET		(1U << 2)
#define GB_PDU_HAS_GO_ID		(1U << 3)
#define GB_PDU_HAS_T			(1U << 4)
#define GB_PDU_HAS_ST_NUM		(1U << 5)
#define GB_PDU_HAS_SQ_NUM		(1U << 6)
#define GB_PDU_HAS_SIMULATION		(1U << 7)
#define GB_PDU_HAS_CONF_REV		(1U << 8)
#define GB_PDU_HAS_NDS_COM		(1U << 9)
#define GB_PDU_HAS_NUM_DAT_SET_ENTRIES	(1U << 10)
#define GB_PDU_HAS_ALL_DATA		(1U << 11) /* and nothing in it is wrong */
#define GB_PDU_HAS_ALL			((1U << 12) - 1)

/* What is not there, or was not understood, is 0, false or NULL; `fields' tells a 0 that was sent from these. */
struct gb_pdu {
	uint32_t fields; /* GB_PDU_HAS_...: there, and understood */
	struct gb_octets gocb_ref; /* gocbRef, 0x80; never empty */
	uint32_t time_allowed_to_live_ms;
	struct gb_octets dat_set;
	struct gb_octets go_id; /* optional */
	struct gb_octets t;	/* 8 octets of UtcTime: seconds, fraction, quality */
	uint32_t st_num;
	uint32_t sq_num;
	struct gb_octets sq_num_octets; /* what sq_num was read from */
	bool simulation; /* "test" in edition 1 */
	uint32_t conf_rev;
	bool nds_com;
	uint32_t num_dat_set_entries;
	struct gb_octets all_data; /* the content of 0xAB */
	bool cut; /* only a head of the PDU was there: all_data ends where that does, or fields at the end are not known */
	/* a summary of all_data */
	uint32_t entries;			   /* members of the data set: values at the outermost level */
	uint32_t values[GB_VALUE_TYPE_COUNT];	   /* at all levels, structures and arrays themselves included */
};

/* Takes the LENGTH octets of a PDU (tag 0x61 first) apart. Returns the first error. *PDU has what could be understood all the
 * same: a field whose content is wrong is left out, and what follows it is still read; where a length or the order of fields is
 * wrong, nothing that follows is. So a PDU whose allData is bad still says which stream it is of. Octets behind the PDU's own
 * length (a security extension, IEC 62351-6; or padding) are not looked at. The pointers in *PDU are into OCTETS.
 */
enum gb_pdu_error gb_pdu_decode(const uint8_t *octets, size_t length, struct gb_pdu *pdu);

/* The same of a PDU of which only the first KEPT octets are there. What lies behind them is no error: values are not gone
 * through then, and not counted.
 */
enum gb_pdu_error gb_pdu_decode_head(const uint8_t *octets, size_t kept, size_t length, struct gb_pdu *pdu);

/* The same for the PDU of a frame for which gb_frame_parse has said GB_FRAME_GOOSE: the octets behind the header that the
 * header's Length counts. GB_PDU_HEADER and an empty *PDU if the header is not whole: no subscriber takes such a frame.
 */
enum gb_pdu_error gb_pdu_of_frame(const struct gb_frame *frame, struct gb_pdu *pdu);

/* The content of a field that is an INT32U, such as pdu->sq_num_octets. GB_PDU_FIELD_SIZE if it cannot be one. */
enum gb_pdu_error gb_pdu_u32(const uint8_t *content, size_t length, uint32_t *value);

/* ---- values of allData, one after the other, outermost first (pre-order) ---- */

struct gb_value {
	enum gb_value_type type;
	uint8_t tag;	/* as it stands there */
	unsigned depth; /* 0 = member of the data set */
	struct gb_octets content; /* of structures and arrays: their members */
	/* what the content means, by type */
	bool boolean;
	int64_t integer;	   /* INTEGER */
	uint64_t unsigned_integer; /* UNSIGNED */
	double floating;	   /* FLOAT: IEEE 754 single or double */
	unsigned bits;		   /* BIT_STRING: how many; they begin at content.octets[1] */
	uint64_t utc_ns;	   /* UTC_TIME; TIME_OF_DAY: ns since midnight, or since 1984-01-01 if it has 6 octets */
};

/* Where a walk through all_data stands. Begin with gb_values(). */
struct gb_values {
	const uint8_t *octets;
	size_t length;
	size_t offset;
	unsigned depth;
	size_t end[GB_PDU_LEVELS + 1];
};

struct gb_values gb_values(struct gb_octets all_data);

/* The next value. True with *VALUE filled in, its content within all_data; false at the end (*ERROR is GB_PDU_OK), or where the
 * octets make no sense: then *ERROR says what, now and whenever it is called again.
 */
bool gb_values_next(struct gb_values *walk, struct gb_value *value, enum gb_pdu_error *error);

/* Whether all_data makes sense: its first error, or none and *ENTRIES, how many members the data set has. */
enum gb_pdu_error gb_values_check(struct gb_octets all_data, uint32_t *entries);

/* UtcTime of 8 octets (IEC 61850-8-1, TimeStamp: seconds since 1970, fraction of 24 bits, quality) as ns since 1970. */
uint64_t gb_utc_time_ns(const uint8_t octets[8]);

#endif
