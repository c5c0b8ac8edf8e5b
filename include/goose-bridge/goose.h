/* SPDX-License-Identifier: Apache-2.0 */
/* goose: what an Ethernet frame is, and the header of a GOOSE message (IEC 61850-8-1, Annex C.2). Pure. */
#ifndef GOOSE_BRIDGE_GOOSE_H
#define GOOSE_BRIDGE_GOOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GB_ETHERTYPE_GOOSE  0x88B8 /* IEC 61850-8-1 */
#define GB_ETHERTYPE_C_VLAN 0x8100 /* IEEE 802.1Q, customer tag */
#define GB_ETHERTYPE_S_VLAN 0x88A8 /* IEEE 802.1Q, service tag */

#define GB_ETHERNET_HEADER 14
#define GB_VLAN_TAG	   4
#define GB_GOOSE_HEADER	   8 /* APPID, Length, Reserved1, Reserved2 */
#define GB_TAGS_MAX	   2

struct gb_vlan_tag {
	uint16_t tpid; /* 0x8100 or 0x88A8 */
	uint16_t tci;  /* PCP (3 bits), DEI (1), VID (12) */
};

static inline unsigned gb_tci_pcp(uint16_t tci) { return tci >> 13; }
static inline bool gb_tci_dei(uint16_t tci) { return tci >> 12 & 1; }
static inline unsigned gb_tci_vid(uint16_t tci) { return tci & 0x0FFF; }

/* What gb_frame_parse found. Pointers are into the frame. */
struct gb_frame {
	const uint8_t *octets; /* destination MAC first */
	size_t length;
	size_t missing; /* of these, how many at its end are not there: only a head of it was kept. Else 0. */
	unsigned tags;
	struct gb_vlan_tag tag[GB_TAGS_MAX]; /* outer first */
	uint16_t ethertype; /* behind the tags */
	size_t payload; /* offset of what follows that EtherType: APPID */
	/* The GOOSE header. header_whole: its 8 octets are there and Length lies between 8 and what the frame has. The fields
	 * are 0 where the frame is too short for them. It never decides whether a frame is carried: the bridge is transparent.
	 */
	bool header_whole;
	uint16_t appid;
	uint16_t goose_length; /* 8 + octets of PDU (and security extension) */
	uint16_t reserved1; /* bit 15: simulation (IEC 61850-8-1 ed. 2) */
	uint16_t reserved2;
};

enum gb_frame_verdict {
	GB_FRAME_GOOSE, /* carried */
	GB_FRAME_SHORT, /* no whole Ethernet header (with its tags) */
	GB_FRAME_GROUP_SOURCE, /* source address with the group bit: no station can have sent it (IEEE 802.3, 3.2.3) */
	GB_FRAME_NOT_GOOSE, /* another EtherType behind up to two tags */
};

/* Takes the LENGTH octets of an Ethernet frame (without FCS) apart. *FRAME is filled as far as it was understood.
 * A frame is GOOSE if it has a whole Ethernet header and the EtherType behind up to two tags is 0x88B8.
 */
enum gb_frame_verdict gb_frame_parse(const uint8_t *octets, size_t length, struct gb_frame *frame);

/* The same of a frame of LENGTH octets of which only the first KEPT are there, at least GB_FRAME_HEAD_MIN: so what is said of
 * its header is true, and nobody reads on behind them (frame->missing).
 */
#define GB_FRAME_HEAD_MIN (GB_ETHERNET_HEADER + GB_TAGS_MAX * GB_VLAN_TAG + GB_GOOSE_HEADER)
enum gb_frame_verdict gb_frame_parse_head(const uint8_t *octets, size_t kept, size_t length, struct gb_frame *frame);

#endif
