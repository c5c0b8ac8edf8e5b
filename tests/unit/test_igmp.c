/* SPDX-License-Identifier: Apache-2.0 */
/* IGMP as octets: known packets, each truncation of them, and what is wrong with a packet. */
#include "test_pure.h"

#include <goose-bridge/igmp.h>

#include <arpa/inet.h>
#include <errno.h>

#define IP_HEADER 24

/* Written by hand from RFC 2236, 2 and RFC 3376, 4; checksums by an independent program. */
static const uint8_t query_2[] = {
	0x46, 0xC0, 0x00, 0x20, 0x00, 0x00, 0x40, 0x00, 0x01, 0x02, 0x04, 0x17, 0, 0, 0, 0, 224, 0, 0, 1, 0x94, 0x04, 0, 0,
	0x11, 0x64, 0xEE, 0x9B, 0, 0, 0, 0};
static const uint8_t query_3[] = {
	0x46, 0xC0, 0x00, 0x24, 0x00, 0x00, 0x40, 0x00, 0x01, 0x02, 0xFA, 0x11, 10, 0, 0, 1, 224, 0, 0, 1, 0x94, 0x04, 0, 0,
	0x11, 0x9F, 0xEB, 0xE3, 0, 0, 0, 0, 0x02, 0x7D, 0, 0};
static const uint8_t report_2[] = {
	0x46, 0xC0, 0x00, 0x20, 0x00, 0x00, 0x40, 0x00, 0x01, 0x02, 0xF8, 0xAC, 10, 0, 0, 7, 224, 0, 1, 100, 0x94, 0x04, 0, 0,
	0x16, 0x00, 0x08, 0x9B, 224, 0, 1, 100};
/* change to EXCLUDE for 239.1.1.1 with a source and 2 words of auxiliary data; mode EXCLUDE for 224.0.1.100 */
static const uint8_t report_3[] = {
	0x46, 0xC0, 0x00, 0x3C, 0x00, 0x00, 0x40, 0x00, 0x01, 0x02, 0xF9, 0xDE, 10, 0, 0, 7, 224, 0, 0, 22, 0x94, 0x04, 0, 0,
	0x22, 0x00, 0x51, 0xE7, 0, 0, 0, 2, 4, 2, 0, 1, 239, 1, 1, 1, 10, 0, 0, 1, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA,
	0xAA, 2, 0, 0, 0, 224, 0, 1, 100};

static struct in_addr ip(const char *text)
{
	struct in_addr address;

	assert_int_equal(inet_pton(AF_INET, text, &address), 1);
	return address;
}

/* Puts the right checksum into the message behind the IP header. */
static void seal(uint8_t *packet, size_t length)
{
	uint32_t sum = 0;

	packet[IP_HEADER + 2] = packet[IP_HEADER + 3] = 0;
	for (size_t i = IP_HEADER; i < length; i++)
		sum += (i - IP_HEADER) % 2 ? packet[i] : (uint32_t)packet[i] << 8;
	sum = (sum & 0xFFFF) + (sum >> 16);
	sum = ~((sum & 0xFFFF) + (sum >> 16));
	packet[IP_HEADER + 2] = (uint8_t)(sum >> 8);
	packet[IP_HEADER + 3] = (uint8_t)sum;
}

static void a_report_is_eight_octets(void **state)
{
	uint8_t octets[GB_IGMP_REPORT_OCTETS];

	(void)state;
	assert_int_equal(gb_igmp_write_report(ip("224.0.1.100"), octets), sizeof(octets));
	assert_memory_equal(octets, report_2 + IP_HEADER, sizeof(octets));
}

static void known_packets_are_read(void **state)
{
	struct gb_igmp_message m;

	(void)state;
	assert_int_equal(gb_igmp_parse(query_2, sizeof(query_2), &m), 0);
	assert_int_equal(m.kind, GB_IGMP_QUERY);
	assert_int_equal(m.version, 2);
	assert_int_equal(m.max_response_ms, 10000);
	assert_int_equal(m.source.s_addr, 0);
	assert_int_equal(m.destination.s_addr, ip("224.0.0.1").s_addr);
	assert_int_equal(m.group.s_addr, 0);
	assert_int_equal(m.ttl, 1);
	assert_true(m.router_alert);
	assert_false(gb_igmp_reports(&m, m.group));

	assert_int_equal(gb_igmp_parse(query_3, sizeof(query_3), &m), 0);
	assert_int_equal(m.version, 3);
	assert_int_equal(m.source.s_addr, ip("10.0.0.1").s_addr);
	assert_int_equal(m.max_response_ms, (0x1F << 4) * 100); /* RFC 3376, 4.1.1: 0x9F is mantissa 15, exponent 1 */

	assert_int_equal(gb_igmp_parse(report_2, sizeof(report_2), &m), 0);
	assert_int_equal(m.kind, GB_IGMP_REPORT);
	assert_int_equal(m.version, 2);
	assert_true(gb_igmp_reports(&m, ip("224.0.1.100")));
	assert_false(gb_igmp_reports(&m, ip("224.0.1.101")));

	assert_int_equal(gb_igmp_parse(report_3, sizeof(report_3), &m), 0);
	assert_int_equal(m.version, 3);
	assert_int_equal(m.record_count, 2);
	assert_true(gb_igmp_reports(&m, ip("224.0.1.100")));
	assert_true(gb_igmp_reports(&m, ip("239.1.1.1")));
	assert_false(gb_igmp_reports(&m, ip("10.0.0.1")));
}

static void types_and_versions(void **state)
{
	static const struct {
		uint8_t type, code;
		enum gb_igmp_kind kind;
		unsigned version, response_ms;
	} cases[] = {
		{0x11, 0, GB_IGMP_QUERY, 1, 10000}, {0x11, 1, GB_IGMP_QUERY, 2, 100}, {0x11, 255, GB_IGMP_QUERY, 2, 25500},
		{0x12, 0, GB_IGMP_REPORT, 1, 0}, {0x16, 0, GB_IGMP_REPORT, 2, 0}, {0x17, 0, GB_IGMP_LEAVE, 2, 0},
		{0x13, 0, GB_IGMP_OTHER, 0, 0}, {0xFF, 0, GB_IGMP_OTHER, 0, 0},
	};
	uint8_t packet[sizeof(report_2)];
	struct gb_igmp_message m;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		memcpy(packet, report_2, sizeof(packet));
		packet[IP_HEADER] = cases[i].type;
		packet[IP_HEADER + 1] = cases[i].code;
		seal(packet, sizeof(packet));
		assert_int_equal(gb_igmp_parse(packet, sizeof(packet), &m), 0);
		assert_int_equal(m.kind, cases[i].kind);
		assert_int_equal(m.version, cases[i].version);
		assert_int_equal(m.max_response_ms, cases[i].response_ms);
		assert_int_equal(gb_igmp_reports(&m, ip("224.0.1.100")), cases[i].kind == GB_IGMP_REPORT);
	}
}

/* What a group record says of membership (RFC 3376, 4.2.12), with no source and with one. */
static void record_types(void **state)
{
	static const struct {
		uint8_t type;
		bool without, with;
	} cases[] = {{1, false, true}, {2, true, true}, {3, false, true}, {4, true, true}, {5, false, true}, {6, false, false},
		     {0, false, false}, {7, false, false}};
	uint8_t packet[sizeof(report_3)];
	struct gb_igmp_message m;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		memcpy(packet, report_3, sizeof(packet));
		packet[32] = cases[i].type;
		packet[52] = cases[i].type;
		seal(packet, sizeof(packet));
		assert_int_equal(gb_igmp_parse(packet, sizeof(packet), &m), 0);
		assert_int_equal(gb_igmp_reports(&m, ip("239.1.1.1")), cases[i].with);
		assert_int_equal(gb_igmp_reports(&m, ip("224.0.1.100")), cases[i].without);
	}
}

static void who_leaves(void **state)
{
	uint8_t packet[sizeof(report_3)];
	struct gb_igmp_message m;

	(void)state;
	assert_int_equal(gb_igmp_parse(report_2, sizeof(report_2), &m), 0);
	assert_false(gb_igmp_leaves(&m, ip("224.0.1.100")));
	memcpy(packet, report_2, sizeof(report_2));
	packet[IP_HEADER] = 0x17;
	seal(packet, sizeof(report_2));
	assert_int_equal(gb_igmp_parse(packet, sizeof(report_2), &m), 0);
	assert_true(gb_igmp_leaves(&m, ip("224.0.1.100")));
	assert_false(gb_igmp_leaves(&m, ip("224.0.1.101")));
	for (uint8_t type = 0; type < 8; type++) { /* of a group with a source, and of one with none */
		memcpy(packet, report_3, sizeof(packet));
		packet[32] = packet[52] = type;
		seal(packet, sizeof(packet));
		assert_int_equal(gb_igmp_parse(packet, sizeof(packet), &m), 0);
		assert_false(gb_igmp_leaves(&m, ip("239.1.1.1")));
		assert_int_equal(gb_igmp_leaves(&m, ip("224.0.1.100")), type == 3);
		assert_false(gb_igmp_leaves(&m, ip("10.0.0.1")));
	}
}

static void records_that_are_cut_off(void **state)
{
	uint8_t packet[sizeof(report_3)];
	struct gb_igmp_message m;

	(void)state;
	memcpy(packet, report_3, sizeof(packet));
	packet[34] = packet[35] = 0xFF; /* sources that are not there */
	seal(packet, sizeof(packet));
	assert_int_equal(gb_igmp_parse(packet, sizeof(packet), &m), 0);
	assert_false(gb_igmp_reports(&m, ip("239.1.1.1")));
	assert_false(gb_igmp_reports(&m, ip("224.0.1.100")));
	memcpy(packet, report_3, sizeof(packet));
	packet[30] = packet[31] = 0xFF; /* records that are not there */
	seal(packet, sizeof(packet));
	assert_int_equal(gb_igmp_parse(packet, sizeof(packet), &m), 0);
	assert_true(gb_igmp_reports(&m, ip("224.0.1.100")));
	assert_false(gb_igmp_reports(&m, ip("224.0.1.99")));
}

static void each_truncation_is_refused(void **state)
{
	static const struct {
		const uint8_t *octets;
		size_t length;
	} packets[] = {{query_2, sizeof(query_2)}, {query_3, sizeof(query_3)}, {report_2, sizeof(report_2)},
		       {report_3, sizeof(report_3)}};
	struct gb_igmp_message m;

	(void)state;
	for (size_t i = 0; i < COUNT(packets); i++) {
		for (size_t length = 0; length < packets[i].length; length++) {
			uint8_t *cut = exact(packets[i].octets, length);

			assert_int_equal(gb_igmp_parse(cut, length, &m), -EPROTONOSUPPORT);
			if (length > 3) { /* with a total length that fits, too: at most the checksum is still right */
				cut[2] = 0;
				cut[3] = (uint8_t)length;
				assert_true(gb_igmp_parse(cut, length, &m) < 0 || length >= IP_HEADER + GB_IGMP_REPORT_OCTETS);
			}
			free(cut);
		}
	}
}

static void assert_refused(size_t at, uint8_t value, int error)
{
	uint8_t packet[sizeof(report_2)];
	struct gb_igmp_message m;

	memcpy(packet, report_2, sizeof(packet));
	packet[at] = value;
	assert_int_equal(gb_igmp_parse(packet, sizeof(packet), &m), error);
}

static void what_is_wrong_is_refused(void **state)
{
	uint8_t packet[sizeof(report_2) + 3];
	struct gb_igmp_message m;

	(void)state;
	assert_refused(0, 0x56, -EPROTONOSUPPORT); /* another version of IP */
	assert_refused(0, 0x44, -EPROTONOSUPPORT); /* a header of 16 octets */
	assert_refused(0, 0x4F, -EPROTONOSUPPORT); /* and of 60 */
	assert_refused(3, 0x17, -EPROTONOSUPPORT); /* a packet shorter than its header */
	assert_refused(3, 0x21, -EPROTONOSUPPORT); /* longer than what came */
	assert_refused(3, 0x1F, -EBADMSG);	   /* a message of 7 octets */
	assert_refused(6, 0x60, -EPROTONOSUPPORT); /* more fragments */
	assert_refused(7, 0x01, -EPROTONOSUPPORT); /* a later fragment */
	assert_refused(9, 17, -EPROTONOSUPPORT);   /* UDP */
	for (size_t at = IP_HEADER; at < sizeof(report_2); at++)
		assert_refused(at, (uint8_t)(report_2[at] ^ 0x10), -EBADMSG);

	/* octets behind the message count for its checksum, and for nothing else (RFC 2236, 2.5) */
	memcpy(packet, report_2, sizeof(report_2));
	memset(packet + sizeof(report_2), 0x5A, 3);
	assert_int_equal(gb_igmp_parse(packet, sizeof(packet), &m), 0); /* behind the IP packet: padding of the frame */
	packet[3] = sizeof(packet);
	assert_int_equal(gb_igmp_parse(packet, sizeof(packet), &m), -EBADMSG);
	seal(packet, sizeof(packet));
	assert_int_equal(gb_igmp_parse(packet, sizeof(packet), &m), 0);
	assert_true(gb_igmp_reports(&m, ip("224.0.1.100")));
}

static void options_are_searched(void **state)
{
	static const struct {
		uint8_t option[4];
		bool alert;
	} cases[] = {{{0x94, 4, 0, 0}, true}, {{0x94, 4, 1, 1}, true}, {{0x94, 3, 0, 0}, false}, {{1, 1, 1, 1}, false},
		     {{0, 0x94, 4, 0}, false}, {{0x44, 0, 0, 0}, false}, {{0x44, 9, 0, 0}, false}, {{1, 1, 1, 0x94}, false},
		     {{1, 1, 0x94, 4}, false}, {{0x44, 4, 0, 0}, false}};
	uint8_t packet[sizeof(report_2)];
	struct gb_igmp_message m;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		memcpy(packet, report_2, sizeof(packet));
		memcpy(packet + 20, cases[i].option, 4);
		assert_int_equal(gb_igmp_parse(packet, sizeof(packet), &m), 0);
		assert_int_equal(m.router_alert, cases[i].alert);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_report_is_eight_octets), cmocka_unit_test(known_packets_are_read),
		cmocka_unit_test(types_and_versions),	    cmocka_unit_test(record_types),
		cmocka_unit_test(who_leaves),
		cmocka_unit_test(records_that_are_cut_off), cmocka_unit_test(each_truncation_is_refused),
		cmocka_unit_test(what_is_wrong_is_refused), cmocka_unit_test(options_are_searched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
