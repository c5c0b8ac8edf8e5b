/* SPDX-License-Identifier: Apache-2.0 */
/* membership/igmp: IGMP as octets: builds the one message that is sent, and reads what others send. Pure. */
#ifndef GOOSE_BRIDGE_IGMP_H
#define GOOSE_BRIDGE_IGMP_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GB_IGMP_REPORT_OCTETS 8 /* RFC 2236, 2 */

/* The Router Alert option, which every IGMPv2 message carries (RFC 2236, 2; RFC 2113, 2.1). */
#define GB_IGMP_ROUTER_ALERT {0x94, 0x04, 0x00, 0x00}

enum gb_igmp_kind {
	GB_IGMP_QUERY,	/* 0x11; version 1, 2 or 3 */
	GB_IGMP_REPORT, /* 0x12, 0x16 or 0x22: version 1, 2 or 3 */
	GB_IGMP_LEAVE,  /* 0x17; version 2 */
	GB_IGMP_OTHER,  /* a type that is none of these, which a host ignores (RFC 2236, 2.1) */
};

struct gb_igmp_message {
	enum gb_igmp_kind kind;
	unsigned version;
	struct in_addr source; /* of the IP packet; a snooping switch or a transit gateway queries from 0.0.0.0 */
	struct in_addr destination;
	struct in_addr group; /* 0.0.0.0: a general query, or a report of version 3 */
	unsigned max_response_ms; /* of a query, RFC 2236, 2.2 and RFC 3376, 4.1.1; version 1 says none: 10 s (RFC 2236, 4) */
	uint8_t ttl;
	bool router_alert;
	/* report of version 3: its group records, in the octets that were parsed */
	const uint8_t *records;
	size_t records_length;
	unsigned record_count;
};

/* Writes an IGMPv2 Membership Report for GROUP to OCTETS. Returns GB_IGMP_REPORT_OCTETS. */
size_t gb_igmp_write_report(struct in_addr group, uint8_t octets[GB_IGMP_REPORT_OCTETS]);

/* Reads LENGTH octets that begin with an IP header. Returns 0, -EPROTONOSUPPORT if it is no whole IPv4 packet with IGMP (a
 * fragment is none), -EBADMSG if it is cut off or its checksum is wrong (RFC 2236, 2.3). What is behind the message is ignored
 * but for the checksum (RFC 2236, 2.5). MESSAGE may point into OCTETS.
 */
int gb_igmp_parse(const uint8_t *octets, size_t length, struct gb_igmp_message *message);

/* Whether MESSAGE reports its sender as a member of GROUP. A version 3 record that takes nothing from anybody (mode or change
 * to INCLUDE of no source, or BLOCK) says the opposite (RFC 3376, 4.2.12). False also if a record is cut off before GROUP's.
 */
bool gb_igmp_reports(const struct gb_igmp_message *message, struct in_addr group);

/* Whether MESSAGE says that its sender leaves GROUP: a LEAVE, or a version 3 record that changes to INCLUDE of no source
 * (RFC 3376, 5.1).
 */
bool gb_igmp_leaves(const struct gb_igmp_message *message, struct in_addr group);

#endif
