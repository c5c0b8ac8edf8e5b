/* SPDX-License-Identifier: Apache-2.0 */
#include <goose-bridge/pdu.h>

#include <string.h>

#include <goose-bridge/goose.h>

#include "ber.h"
#include "values.h"

#define TAG_PDU 0x61 /* [APPLICATION 1] */

/* Tags of IECGoosePdu (IEC 61850-8-1, A.1). They come in this order. */
enum {
	TAG_GOCB_REF = 0x80,
	TAG_TIME_ALLOWED_TO_LIVE = 0x81,
	TAG_DAT_SET = 0x82,
	TAG_GO_ID = 0x83,
	TAG_T = 0x84,
	TAG_ST_NUM = 0x85,
	TAG_SQ_NUM = 0x86,
	TAG_SIMULATION = 0x87,
	TAG_CONF_REV = 0x88,
	TAG_NDS_COM = 0x89,
	TAG_NUM_DAT_SET_ENTRIES = 0x8A,
	TAG_ALL_DATA = 0xAB,
};

#define NUMBER(tag)  ((tag) & 0x1FU)
#define MANDATORY (GB_PDU_HAS_ALL & ~(GB_PDU_HAS_GO_ID | GB_PDU_HAS_SIMULATION | GB_PDU_HAS_NDS_COM))

/* What a decoding is at. */
struct decoding {
	struct gb_pdu *pdu;
	size_t there;		  /* octets; fewer than the PDU has, if only its head was kept */
	uint32_t seen;		  /* fields that are there, understood or not; bits as in pdu->fields */
	enum gb_pdu_error error; /* the first one */
};

const char *gb_pdu_error_name(enum gb_pdu_error error)
{
	static const char *const names[] = {
#define X(kind, name, help) name,
		GB_PDU_ERRORS(X)
#undef X
	};

	return (unsigned)error < GB_PDU_ERROR_COUNT ? names[error] : "unknown";
}

const char *gb_pdu_error_help(enum gb_pdu_error error)
{
	static const char *const help[] = {
#define X(kind, name, help) help,
		GB_PDU_ERRORS(X)
#undef X
	};

	return (unsigned)error < GB_PDU_ERROR_COUNT ? help[error] : "unknown";
}

/* Octets of VisibleString: 0x20 to 0x7E. Eight at a time, since three references are most of a message: with no highest bit
 * set, no sum below carries into the next octet.
 */
static bool printable(const uint8_t *octets, size_t length)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), high = ones * 0x80;
	uint64_t bad = 0;
	size_t i = 0;

	for (; length - i >= sizeof(bad); i += sizeof(bad)) {
		uint64_t eight;

		memcpy(&eight, octets + i, sizeof(eight));
		/* above 0x7F; above 0x7E; not above 0x1F */
		bad |= eight | (eight + ones) | ~(eight + ones * 0x60);
	}
	for (; i < length; i++)
		bad |= octets[i] < 0x20 || octets[i] > 0x7E ? 0x80 : 0;
	return !(bad & high);
}

static enum gb_pdu_error get_text(const uint8_t *content, size_t length, struct gb_octets *text)
{
	if (length > GB_PDU_TEXT_MAX || !printable(content, length))
		return GB_PDU_TEXT;
	*text = (struct gb_octets){content, length};
	return GB_PDU_OK;
}

/* INT32U. Four octets with the highest bit set are negative by the rules of BER; publishers that leave out the leading 00 mean
 * an unsigned, and subscribers take it so.
 */
enum gb_pdu_error gb_pdu_u32(const uint8_t *content, size_t length, uint32_t *value)
{
	uint32_t sum = 0;

	if (length == 0 || length > 5 || (length == 5 && content[0] != 0))
		return GB_PDU_FIELD_SIZE;
	for (size_t i = 0; i < length; i++)
		sum = sum << 8 | content[i];
	*value = sum;
	return GB_PDU_OK;
}

static enum gb_pdu_error get_boolean(const uint8_t *content, size_t length, bool *value)
{
	if (length != 1)
		return GB_PDU_FIELD_SIZE;
	*value = content[0] != 0;
	return GB_PDU_OK;
}

/* The control block's reference is what a stream is known by, so it is never empty. */
static enum gb_pdu_error get_gocb_ref(const uint8_t *content, size_t length, struct gb_octets *text)
{
	return length == 0 ? GB_PDU_FIELD_SIZE : get_text(content, length, text);
}

static enum gb_pdu_error get_t(const uint8_t *content, size_t length, struct gb_octets *t)
{
	if (length != 8)
		return GB_PDU_FIELD_SIZE;
	*t = (struct gb_octets){content, length};
	return GB_PDU_OK;
}

static enum gb_pdu_error get_field(struct gb_pdu *pdu, uint8_t tag, const uint8_t *content, size_t length)
{
	switch (tag) {
	case TAG_GOCB_REF:
		return get_gocb_ref(content, length, &pdu->gocb_ref);
	case TAG_TIME_ALLOWED_TO_LIVE:
		return gb_pdu_u32(content, length, &pdu->time_allowed_to_live_ms);
	case TAG_DAT_SET:
		return get_text(content, length, &pdu->dat_set);
	case TAG_GO_ID:
		return get_text(content, length, &pdu->go_id);
	case TAG_T:
		return get_t(content, length, &pdu->t);
	case TAG_ST_NUM:
		return gb_pdu_u32(content, length, &pdu->st_num);
	case TAG_SQ_NUM:
		pdu->sq_num_octets = (struct gb_octets){content, length};
		return gb_pdu_u32(content, length, &pdu->sq_num);
	case TAG_SIMULATION:
		return get_boolean(content, length, &pdu->simulation);
	case TAG_CONF_REV:
		return gb_pdu_u32(content, length, &pdu->conf_rev);
	case TAG_NDS_COM:
		return get_boolean(content, length, &pdu->nds_com);
	case TAG_NUM_DAT_SET_ENTRIES:
		return gb_pdu_u32(content, length, &pdu->num_dat_set_entries);
	default: /* TAG_ALL_DATA */
		pdu->all_data = (struct gb_octets){content, length};
		return values_summarise(pdu);
	}
}

static bool is_field(uint8_t tag)
{
	return (tag >= TAG_GOCB_REF && tag <= TAG_NUM_DAT_SET_ENTRIES) || tag == TAG_ALL_DATA;
}

/* Nothing more is there to be looked at. */
static enum gb_pdu_error cut_off(struct decoding *d)
{
	d->pdu->cut = true;
	return GB_PDU_OK;
}

/* ELEMENT is the last one that is there, and not all of it. */
static enum gb_pdu_error take_cut(struct decoding *d, const uint8_t *octets, const struct ber *element)
{
	if (element->tag == TAG_ALL_DATA && d->seen < GB_PDU_HAS_ALL_DATA) {
		d->pdu->all_data = (struct gb_octets){octets + element->content, d->there - element->content};
		d->pdu->fields |= GB_PDU_HAS_ALL_DATA;
	}
	return cut_off(d);
}

/* A field whose own content is wrong is left out, and those behind it are still looked at: a stream stays known by its
 * reference and numbers though its goID has an umlaut. Where order or lengths are wrong, nothing that follows can be trusted.
 * Tags that are not among the fields (`security' behind allData, in edition 1) are skipped, as subscribers do.
 */
static enum gb_pdu_error decode_fields(struct decoding *d, const uint8_t *octets, size_t offset, size_t end)
{
	struct ber element;

	while (offset < end) {
		enum gb_pdu_error error = ber_read_head(octets, offset, d->there, end, &element);

		if (error)
			return error;
		if (element.cut)
			return cut_off(d);
		offset = element.content + element.length;
		if (offset > d->there)
			return take_cut(d, octets, &element);
		if (!is_field(element.tag))
			continue;
		uint32_t field = UINT32_C(1) << NUMBER(element.tag);

		/* the same one or a later one has come */
		if (d->seen >= field)
			return GB_PDU_FIELD_ORDER;
		d->seen |= field;
		error = get_field(d->pdu, element.tag, octets + element.content, element.length);
		if (!error)
			d->pdu->fields |= field;
		else if (!d->error)
			d->error = error;
	}
	return GB_PDU_OK;
}

/* Field by field: gcc clears a struct of this size at once with a string instruction, which costs a tenth of the decoding. */
static void clear(struct gb_pdu *pdu)
{
	const struct gb_octets none = {NULL, 0};

	pdu->fields = 0;
	pdu->gocb_ref = none;
	pdu->time_allowed_to_live_ms = 0;
	pdu->dat_set = none;
	pdu->go_id = none;
	pdu->t = none;
	pdu->st_num = 0;
	pdu->sq_num = 0;
	pdu->sq_num_octets = none;
	pdu->simulation = false;
	pdu->conf_rev = 0;
	pdu->nds_com = false;
	pdu->num_dat_set_entries = 0;
	pdu->all_data = none;
	pdu->cut = false;
	pdu->entries = 0;
	memset(pdu->values, 0, sizeof(pdu->values));
}

enum gb_pdu_error gb_pdu_decode_head(const uint8_t *octets, size_t kept, size_t length, struct gb_pdu *pdu)
{
	struct decoding d = {.pdu = pdu, .there = kept};
	struct ber outer;
	enum gb_pdu_error error;

	clear(pdu);
	if (length == 0)
		return GB_PDU_EMPTY;
	if (kept == 0)
		return cut_off(&d);
	if (octets[0] != TAG_PDU)
		return GB_PDU_TAG;
	error = ber_read_head(octets, 0, kept, length, &outer);
	if (error)
		return error;
	if (outer.cut)
		return cut_off(&d);
	error = decode_fields(&d, octets, outer.content, outer.content + outer.length);
	if (d.error)
		return d.error;
	if (error || pdu->cut)
		return error;
	if ((d.seen & MANDATORY) != MANDATORY)
		return GB_PDU_FIELD_MISSING;
	return pdu->entries == pdu->num_dat_set_entries ? GB_PDU_OK : GB_PDU_ENTRIES;
}

enum gb_pdu_error gb_pdu_decode(const uint8_t *octets, size_t length, struct gb_pdu *pdu)
{
	return gb_pdu_decode_head(octets, length, length, pdu);
}

enum gb_pdu_error gb_pdu_of_frame(const struct gb_frame *frame, struct gb_pdu *pdu)
{

	if (!frame->header_whole) {
		clear(pdu);
		return GB_PDU_HEADER;
	}
	size_t before = frame->payload + GB_GOOSE_HEADER, length = (size_t)frame->goose_length - GB_GOOSE_HEADER;
	size_t there = frame->length - frame->missing - before;

	return gb_pdu_decode_head(frame->octets + before, there < length ? there : length, length, pdu);
}
