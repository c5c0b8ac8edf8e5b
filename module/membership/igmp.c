/* SPDX-License-Identifier: Apache-2.0 */
#include <goose-bridge/igmp.h>

#include <errno.h>
#include <goose-bridge/ipv4.h>

enum { TYPE_QUERY = 0x11, TYPE_REPORT_1 = 0x12, TYPE_REPORT_2 = 0x16, TYPE_LEAVE = 0x17, TYPE_REPORT_3 = 0x22 };

/* Group records of version 3 (RFC 3376, 4.2.12). */
enum { MODE_IS_INCLUDE = 1, MODE_IS_EXCLUDE = 2, CHANGE_TO_INCLUDE = 3, CHANGE_TO_EXCLUDE = 4, ALLOW_NEW_SOURCES = 5 };

#define QUERY_3_OCTETS	  12 /* a longer query than version 2's 8 octets (RFC 3376, 7.1) */
#define OPTION_ALERT	  0x94
#define RESPONSE_1_MS	  10000

/* The Internet checksum (RFC 1071): 0 over octets that contain their own. */
static uint16_t checksum(const uint8_t *octets, size_t length)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < length; i++)
		sum += i & 1 ? octets[i] : (uint32_t)octets[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xFFFF) + (sum >> 16);
	return (uint16_t)~sum;
}

static struct in_addr read_address(struct gb_reader *r)
{
	return (struct in_addr){.s_addr = htonl(gb_read_u32(r))};
}

size_t gb_igmp_write_report(struct in_addr group, uint8_t octets[GB_IGMP_REPORT_OCTETS])
{
	struct gb_writer w = gb_writer(octets, GB_IGMP_REPORT_OCTETS);

	gb_write_u8(&w, TYPE_REPORT_2);
	gb_write_u8(&w, 0); /* max response time: queries alone have one */
	gb_write_u16(&w, 0);
	gb_write_u32(&w, ntohl(group.s_addr));
	uint16_t sum = checksum(octets, w.length);
	struct gb_writer field = gb_writer(octets + 2, sizeof(sum));

	gb_write_u16(&field, sum);
	return w.length;
}

/* Options stand one after the other; 0 ends them, 1 fills, all others have their length behind the type (RFC 791, 3.1). */
static bool has_router_alert(struct gb_reader options)
{
	while (gb_reader_left(&options) > 0) {
		uint8_t type = gb_read_u8(&options);

		if (type == 0)
			return false;
		if (type == 1)
			continue;
		uint8_t length = gb_read_u8(&options);

		if (type == OPTION_ALERT)
			return length == 4 && gb_reader_left(&options) >= 2;
		if (length < 2 || !gb_read_octets(&options, length - 2U))
			return false;
	}
	return false;
}

/* The IP header; *BODY is then what it carries. */
static int read_ip(const uint8_t *octets, size_t length, struct gb_igmp_message *m, struct gb_reader *body)
{
	struct gb_ipv4 packet;

	if (!gb_ipv4_parse(octets, length, &packet) || packet.protocol != IPPROTO_IGMP)
		return -EPROTONOSUPPORT;
	m->ttl = packet.ttl;
	m->source = packet.source;
	m->destination = packet.destination;
	m->router_alert = has_router_alert(packet.options);
	*body = packet.body;
	return 0;
}

/* Tenths of a second; from 128 on a floating point number (RFC 3376, 4.1.1). */
static unsigned response_ms(unsigned code, unsigned version)
{
	if (version == 3 && code >= 128)
		code = ((code & 0xF) | 0x10) << (((code >> 4) & 7) + 3);
	return code * 100;
}

static void read_query(struct gb_reader *r, unsigned code, size_t length, struct gb_igmp_message *m)
{
	m->kind = GB_IGMP_QUERY;
	m->group = read_address(r);
	m->version = length >= QUERY_3_OCTETS ? 3 : code == 0 ? 1 : 2;
	m->max_response_ms = m->version == 1 ? RESPONSE_1_MS : response_ms(code, m->version);
}

static void read_report(struct gb_reader *r, unsigned version, struct gb_igmp_message *m)
{
	m->kind = GB_IGMP_REPORT;
	m->version = version;
	if (version < 3) {
		m->group = read_address(r);
		return;
	}
	gb_read_u16(r); /* reserved */
	m->record_count = gb_read_u16(r);
	m->records_length = gb_reader_left(r);
	m->records = gb_read_octets(r, m->records_length);
}

int gb_igmp_parse(const uint8_t *octets, size_t length, struct gb_igmp_message *message)
{
	struct gb_reader r;

	*message = (struct gb_igmp_message){.kind = GB_IGMP_OTHER};
	int error = read_ip(octets, length, message, &r);

	if (error)
		return error;
	if (r.length < GB_IGMP_REPORT_OCTETS || checksum(r.octets, r.length) != 0)
		return -EBADMSG;
	unsigned type = gb_read_u8(&r), code = gb_read_u8(&r);

	gb_read_u16(&r); /* checksum */
	switch (type) {
	case TYPE_QUERY:
		read_query(&r, code, r.length, message);
		break;
	case TYPE_REPORT_1:
		read_report(&r, 1, message);
		break;
	case TYPE_REPORT_2:
		read_report(&r, 2, message);
		break;
	case TYPE_REPORT_3:
		read_report(&r, 3, message);
		break;
	case TYPE_LEAVE:
		message->kind = GB_IGMP_LEAVE;
		message->version = 2;
		message->group = read_address(&r);
		break;
	default:
		break;
	}
	return r.bad ? -EBADMSG : 0;
}

static bool record_is_member(unsigned type, unsigned sources)
{
	switch (type) {
	case MODE_IS_EXCLUDE:
	case CHANGE_TO_EXCLUDE:
		return true;
	case MODE_IS_INCLUDE:
	case CHANGE_TO_INCLUDE:
	case ALLOW_NEW_SOURCES:
		return sources > 0;
	default:
		return false;
	}
}

/* The first group record about GROUP in a report of version 3. False if there is none. */
static bool find_record(const struct gb_igmp_message *message, struct in_addr group, unsigned *type, unsigned *sources)
{
	struct gb_reader r = gb_reader(message->records, message->records_length);

	for (unsigned i = 0; i < message->record_count && !r.bad; i++) {
		*type = gb_read_u8(&r);
		unsigned words = gb_read_u8(&r);

		*sources = gb_read_u16(&r);
		struct in_addr about = read_address(&r);

		gb_read_octets(&r, (size_t)*sources * 4 + (size_t)words * 4); /* sources, auxiliary data */
		if (!r.bad && about.s_addr == group.s_addr)
			return true;
	}
	return false;
}

bool gb_igmp_reports(const struct gb_igmp_message *message, struct in_addr group)
{
	unsigned type, sources;

	if (message->kind != GB_IGMP_REPORT)
		return false;
	if (message->version < 3)
		return message->group.s_addr == group.s_addr;
	return find_record(message, group, &type, &sources) && record_is_member(type, sources);
}

bool gb_igmp_leaves(const struct gb_igmp_message *message, struct in_addr group)
{
	unsigned type, sources;

	if (message->kind == GB_IGMP_LEAVE)
		return message->group.s_addr == group.s_addr;
	return message->kind == GB_IGMP_REPORT && message->version == 3 && find_record(message, group, &type, &sources) &&
	       type == CHANGE_TO_INCLUDE && sources == 0;
}
