/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-diag: its datagrams, and what it makes of those that come, of IGMP messages, and of silence. */
#include "test_pure.h"

#include "../../module/tools/diag_hold.h"
#include "../../module/tools/diag_kernel.h"
#include "../../module/tools/diag_packet.h"
#include "../../module/tools/diag_tally.h"
#include "../../module/tools/diag_timeline.h"

#include <arpa/inet.h>
#include <goose-bridge/clock.h>
#include <goose-bridge/tunnel.h>

#define MS GB_NS_PER_MS
#define S  GB_NS_PER_S

static struct in_addr ip(const char *text)
{
	struct in_addr address;

	assert_int_equal(inet_pton(AF_INET, text, &address), 1);
	return address;
}

/* ---- the layout ----------------------------------------------------------------------------------------------------- */

static void datagrams_are_written_and_read(void **state)
{
	static const uint8_t expected[] = {'I', 'G', 'B', 'D', 0, 0, 0, 7, 0, 0, 1, 2, 0, 0, 0, 0};
	const struct diag_datagram in = {.run = 7, .sequence = 258};
	uint8_t octets[DIAG_DATAGRAM_OCTETS + 1] = {0};
	struct diag_datagram out;

	(void)state;
	diag_datagram_put(octets, &in);
	assert_memory_equal(octets, expected, sizeof(expected));
	assert_true(diag_datagram_get(octets, DIAG_DATAGRAM_OCTETS, &out));
	assert_int_equal(out.run, 7);
	assert_int_equal(out.sequence, 258);
	assert_int_equal(out.total, 0);
	for (size_t length = 0; length <= sizeof(octets); length++)
		assert_int_equal(diag_datagram_get(octets, length, &out), length == DIAG_DATAGRAM_OCTETS);
	octets[15] = 1; /* an end that its number contradicts */
	assert_false(diag_datagram_get(octets, DIAG_DATAGRAM_OCTETS, &out));
	octets[0] = 'G';
	octets[15] = 0;
	assert_false(diag_datagram_get(octets, DIAG_DATAGRAM_OCTETS, &out));
}

/* Whatever stands in it: neither a native nor a legacy bridge makes a frame of one. */
static void no_bridge_takes_one_for_a_frame(void **state)
{
	static const uint32_t numbers[] = {0, 1, 0x00010000, 0xFFFFFFFF};
	uint8_t octets[DIAG_DATAGRAM_OCTETS];
	struct gb_datagram parsed;

	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++) {
		const struct diag_datagram d = {.run = numbers[i], .sequence = numbers[i], .total = numbers[i]};

		diag_datagram_put(octets, &d);
		assert_int_equal(gb_tunnel_parse(octets, sizeof(octets), &parsed), GB_TUNNEL_MALFORMED);
	}
	assert_true(sizeof(octets) < GB_LEGACY_HEADER); /* which is what the Python service looks at */
	assert_true(octets[0] & 1);
}

/* ---- loss and order ------------------------------------------------------------------------------------------------- */

static struct diag_tally tally;
static const struct diag_source *last;

static int start_tally(void **state)
{
	(void)state;
	tally = (struct diag_tally){0};
	last = NULL;
	return 0;
}

static bool take(uint32_t sequence)
{
	const struct diag_datagram d = {.run = 1, .sequence = sequence};
	bool is_new;

	last = diag_tally_take(&tally, ip("10.0.0.1"), 10, &d, &is_new);
	return is_new;
}

static void take_end(uint32_t total)
{
	const struct diag_datagram d = {.run = 1, .sequence = total, .total = total};
	bool is_new;

	last = diag_tally_take(&tally, ip("10.0.0.1"), 10, &d, &is_new);
	assert_false(is_new);
}

static void assert_source(uint64_t received, uint64_t lost, uint64_t reordered, uint64_t duplicates)
{
	assert_non_null(last);
	assert_int_equal(last->received, received);
	assert_int_equal(diag_source_lost(last), lost);
	assert_int_equal(last->reordered, reordered);
	assert_int_equal(last->duplicates, duplicates);
}

static void loss_order_and_copies(void **state)
{
	(void)state;
	assert_true(take(5)); /* what was sent before it listened is not lost */
	assert_false(take(6));
	assert_source(2, 0, 0, 0);
	take(9);
	assert_source(3, 2, 0, 0);
	take(7);
	assert_source(4, 1, 1, 0);
	take(7);
	take(9);
	assert_source(4, 1, 1, 2);
	take(4); /* before the first that came */
	assert_source(5, 1, 2, 2);
	take_end(12);
	assert_source(5, 3, 2, 2); /* 10 and 11 have not come */
	take(11);
	take(10);
	take(8);
	assert_source(8, 0, 4, 2);
	assert_int_equal(tally.datagrams, 10);
}

static void far_jumps(void **state)
{
	(void)state;
	take(0);
	take(DIAG_WINDOW); /* the slot of 0 is 1024's now */
	assert_source(2, DIAG_WINDOW - 1, 0, 0);
	take(1);
	assert_source(3, DIAG_WINDOW - 2, 1, 0);
	take(0); /* too late to be known */
	assert_source(3, DIAG_WINDOW - 2, 1, 1);
	take(UINT32_MAX);
	assert_source(4, (uint64_t)UINT32_MAX + 1 - 4, 1, 1);
	take(UINT32_MAX - 1);
	take(UINT32_MAX - 1);
	assert_source(5, (uint64_t)UINT32_MAX + 1 - 5, 2, 2);
	for (uint32_t i = UINT32_MAX - 2; i > UINT32_MAX - 10; i--)
		take(i); /* nothing is left of the window's former life */
	assert_source(13, (uint64_t)UINT32_MAX + 1 - 13, 10, 2);
}

static void sources_are_kept_apart_and_bounded(void **state)
{
	struct diag_datagram d = {0};
	bool is_new;

	(void)state;
	for (uint32_t i = 0; i < DIAG_SOURCES + 3; i++) {
		d.run = i;
		diag_tally_take(&tally, ip("10.0.0.1"), 10, &d, &is_new);
		assert_int_equal(is_new, i < DIAG_SOURCES);
	}
	assert_int_equal(tally.sources, DIAG_SOURCES);
	assert_int_equal(tally.refused, 3);
	d.run = 0;
	assert_null(diag_tally_take(&tally, ip("10.0.0.2"), 10, &d, &is_new)); /* another host's, and full */
	d.sequence = 1;
	assert_ptr_equal(diag_tally_take(&tally, ip("10.0.0.1"), 3, &d, &is_new), &tally.source[0]);
	assert_int_equal(tally.source[0].ttl_least, 3);
	assert_int_equal(tally.source[0].ttl_most, 10);
}

static void an_end_alone_is_no_source(void **state)
{
	(void)state;
	take_end(3);
	assert_null(last);
	assert_int_equal(tally.sources, 0);
	assert_int_equal(tally.datagrams, 0);
}

/* ---- IGMP ----------------------------------------------------------------------------------------------------------- */

static struct diag_timeline line;
static uint64_t now;

static int start_timeline(void **state)
{
	(void)state;
	line = (struct diag_timeline){.group = ip("224.0.1.100")};
	now = 100 * S;
	return 0;
}

static void hear(enum gb_igmp_kind kind, const char *group, bool own)
{
	const struct gb_igmp_message m = {.kind = kind, .version = 2, .source = ip(own ? "10.0.0.1" : "10.0.0.9"),
					  .group = ip(group), .max_response_ms = kind == GB_IGMP_QUERY ? 1000 : 0};

	diag_timeline_heard(&line, &m, own, now);
}

static bool verdict(const char *part)
{
	char text[200] = "";
	bool fine = diag_timeline_verdict(&line, text, sizeof(text));

	if (!strstr(text, part))
		fail_msg("'%s' is not in '%s'", part, text);
	return fine;
}

static void queries_and_answers(void **state)
{
	(void)state;
	assert_true(diag_timeline_kernel(&line, true));
	assert_false(diag_timeline_kernel(&line, true));
	assert_true(verdict("nobody asked"));
	for (unsigned i = 0; i < 3; i++) {
		hear(GB_IGMP_QUERY, "0.0.0.0", false);
		now += (i + 1) * 100 * MS;
		hear(GB_IGMP_REPORT, "224.0.1.100", true);
		now += 2 * S;
	}
	assert_int_equal(line.queries, 3);
	assert_int_equal(line.querier.s_addr, ip("10.0.0.9").s_addr);
	assert_int_equal(line.answered, 3);
	assert_int_equal(line.answer_longest_ns, 300 * MS);
	assert_int_equal(line.intervals, 2);
	assert_int_equal(line.interval_least_ns, 2100 * MS);
	assert_int_equal(line.interval_most_ns, 2200 * MS);
	assert_int_equal(diag_timeline_interval_ns(&line), 2150 * MS);
	assert_true(verdict("each query was answered"));
}

static void a_missing_answer(void **state)
{
	(void)state;
	diag_timeline_kernel(&line, true);
	hear(GB_IGMP_QUERY, "0.0.0.0", false);
	hear(GB_IGMP_REPORT, "224.0.1.101", true); /* of another group */
	assert_false(diag_timeline_tick(&line, now + 1 * S));
	assert_true(verdict("still due"));
	assert_false(diag_timeline_tick(&line, now + 1 * S + DIAG_ANSWER_SLACK_NS - 1));
	assert_true(diag_timeline_tick(&line, now + 1 * S + DIAG_ANSWER_SLACK_NS));
	assert_false(diag_timeline_tick(&line, now + 5 * S)); /* told once */
	assert_false(verdict("1 of 1 queries were not answered"));
	now += 10 * S;
	hear(GB_IGMP_QUERY, "224.0.1.101", false); /* not about us */
	assert_false(diag_timeline_tick(&line, now + 5 * S));
	hear(GB_IGMP_QUERY, "224.0.1.100", false);
	now += 2 * S + 100 * MS;
	hear(GB_IGMP_REPORT, "224.0.1.100", true); /* too late */
	assert_int_equal(line.missing, 2);
	assert_int_equal(line.answered, 0);
	assert_int_equal(line.group_queries, 1);
	assert_int_equal(line.queries, 1);
}

static void another_member_answers(void **state)
{
	(void)state;
	diag_timeline_kernel(&line, true);
	hear(GB_IGMP_QUERY, "0.0.0.0", false);
	now += 100 * MS;
	hear(GB_IGMP_REPORT, "224.0.1.100", false);
	assert_false(diag_timeline_tick(&line, now + 10 * S));
	assert_int_equal(line.suppressed, 1);
	assert_int_equal(line.other_reports, 1);
	assert_int_equal(line.own_reports, 0);
	assert_true(verdict("each query was answered"));
}

/* One answer is for all queries that came before it; and what this host asks is no query to it. */
static void queries_close_together(void **state)
{
	(void)state;
	diag_timeline_kernel(&line, true);
	hear(GB_IGMP_QUERY, "0.0.0.0", false);
	now += 200 * MS;
	hear(GB_IGMP_QUERY, "0.0.0.0", false);
	hear(GB_IGMP_QUERY, "0.0.0.0", true);
	now += 200 * MS;
	hear(GB_IGMP_REPORT, "224.0.1.100", true);
	assert_int_equal(line.queries, 2);
	assert_int_equal(line.answered, 1);
	assert_int_equal(line.intervals, 0); /* copies are no rhythm */
	assert_false(diag_timeline_tick(&line, now + 10 * S));
}

static void bad_news(void **state)
{
	(void)state;
	diag_timeline_kernel(&line, true);
	hear(GB_IGMP_LEAVE, "224.0.1.101", true);
	hear(GB_IGMP_LEAVE, "224.0.1.100", false);
	assert_true(verdict("fine"));
	assert_int_equal(line.other_leaves, 1);
	diag_timeline_registry(&line, false);
	assert_false(verdict("registry"));
	diag_timeline_registry(&line, true);
	assert_true(verdict("fine"));
	assert_true(diag_timeline_kernel(&line, false));
	assert_false(verdict("no membership"));
	assert_true(diag_timeline_kernel(&line, true));
	assert_false(verdict("for a while"));
	hear(GB_IGMP_LEAVE, "224.0.1.100", true);
	assert_false(verdict("LEAVE"));
	assert_int_equal(line.own_leaves, 1);
}

/* ---- silence -------------------------------------------------------------------------------------------------------- */

static void held_and_silent(void **state)
{
	struct diag_hold h = diag_hold_begin(10 * S, 60 * S, 5 * S);

	(void)state;
	diag_hold_report(&h, 10 * S);
	assert_int_equal(h.phase, DIAG_HOLD_WAITING);
	assert_int_equal(diag_hold_served_ns(&h), 0);
	diag_hold_datagram(&h, 12 * S);
	assert_int_equal(h.phase, DIAG_HOLD_FLOWING);
	diag_hold_datagram(&h, 16 * S);
	diag_hold_datagram(&h, 17 * S);
	assert_false(diag_hold_tick(&h, 22 * S - 1));
	assert_true(diag_hold_tick(&h, 22 * S));
	assert_int_equal(h.phase, DIAG_HOLD_SILENT);
	assert_false(diag_hold_tick(&h, 30 * S)); /* told once */
	assert_int_equal(diag_hold_served_ns(&h), 7 * S);
	assert_int_equal(h.longest_gap_ns, 4 * S);
	assert_int_equal(h.datagrams, 3);
	diag_hold_report(&h, 40 * S);
	assert_int_equal(diag_hold_served_ns(&h), 0); /* nothing came of the last report */
	assert_int_equal(h.reports, 2);
}

static void nothing_comes(void **state)
{
	struct diag_hold h = diag_hold_begin(10 * S, 60 * S, 5 * S);

	(void)state;
	assert_false(diag_hold_tick(&h, 70 * S - 1));
	assert_true(diag_hold_tick(&h, 70 * S));
	assert_int_equal(h.phase, DIAG_HOLD_NOTHING);
}

/* ---- what the kernel has -------------------------------------------------------------------------------------------- */

static void the_kernels_table(void **state)
{
	static const char text[] =
		"Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n"
		"1\tlo        :     1      V3\n"
		"\t\t\t\t010000E0     1 0:00000000\t\t0\n"
		"12\teth0      :     2      V2\n"
		"\t\t\t\t640100E0     3 1:0000002A\t\t1\n"
		"\t\t\t\t010000E0     1 0:00000000\t\t0\n"
		"garbage\n"
		"\t\t\t\t640100E0     3 1:0000002A\t\t1\n"
		"13\tabcdefghijklmno: 1 V2\n"
		"\t\t\t\tnone\n"
		"\t\t\t\t640100E0     1 0:00000000\t\t0";
	struct diag_kernel_table table;

	(void)state;
	diag_kernel_parse(text, &table);
	assert_int_equal(table.count, 4);
	assert_int_equal(table.group[1].index, 12);
	assert_string_equal(table.group[1].interface, "eth0");
	assert_int_equal(table.group[1].version, 2);
	assert_int_equal(table.group[1].group.s_addr, ip("224.0.1.100").s_addr);
	assert_int_equal(table.group[1].users, 3);
	assert_true(table.group[1].last_reporter);
	assert_int_equal(table.group[0].version, 3);
	assert_false(table.group[0].last_reporter);
	assert_string_equal(table.group[3].interface, "abcdefghijklmno");
	diag_kernel_parse("", &table);
	assert_int_equal(table.count, 0);
}

/* ---- datagrams of a packet socket ----------------------------------------------------------------------------------- */

static const uint8_t packet[] = {0x46, 0, 0, 36, 0, 1, 0x40, 0, 9, 17, 0, 0, 10, 0, 0, 7, 224, 0, 1, 101, 1, 1, 1, 1,
				 0x12, 0x34, 0xF1, 0x99, 0, 12, 0, 0, 'a', 'b', 'c', 'd'};

static bool parse(const uint8_t *octets, size_t length, size_t *payload_length)
{
	struct in_addr source;
	const uint8_t *payload;
	unsigned ttl;

	if (!diag_packet_parse(octets, length, ip("224.0.1.101"), 61849, &source, &ttl, &payload, payload_length))
		return false;
	assert_int_equal(source.s_addr, ip("10.0.0.7").s_addr);
	assert_int_equal(ttl, 9);
	assert_true(payload >= octets && payload + *payload_length <= octets + length);
	return true;
}

static void packets_of_the_group(void **state)
{
	/* version, header length, total length, fragment, protocol, destination, port, UDP length */
	static const struct {
		size_t at;
		uint8_t value;
	} wrong[] = {{0, 0x56}, {0, 0x44}, {0, 0x4F}, {3, 37}, {3, 20}, {6, 0x20}, {7, 1}, {9, 6}, {19, 100}, {27, 0x98},
		     {29, 13}, {29, 7}, {28, 1}};
	uint8_t copy[sizeof(packet)];
	size_t length;

	(void)state;
	assert_true(parse(packet, sizeof(packet), &length));
	assert_int_equal(length, 4);
	for (size_t cut = 0; cut < sizeof(packet); cut++)
		assert_false(parse(packet, cut, &length));
	for (size_t i = 0; i < COUNT(wrong); i++) {
		memcpy(copy, packet, sizeof(copy));
		copy[wrong[i].at] = wrong[i].value;
		if (parse(copy, sizeof(copy), &length))
			fail_msg("octet %zu = %u is taken", wrong[i].at, wrong[i].value);
	}
	memcpy(copy, packet, sizeof(copy));
	copy[29] = 8;
	assert_true(parse(copy, sizeof(copy), &length));
	assert_int_equal(length, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(datagrams_are_written_and_read),
		cmocka_unit_test(no_bridge_takes_one_for_a_frame),
		cmocka_unit_test_setup(loss_order_and_copies, start_tally),
		cmocka_unit_test_setup(far_jumps, start_tally),
		cmocka_unit_test_setup(sources_are_kept_apart_and_bounded, start_tally),
		cmocka_unit_test_setup(an_end_alone_is_no_source, start_tally),
		cmocka_unit_test_setup(queries_and_answers, start_timeline),
		cmocka_unit_test_setup(a_missing_answer, start_timeline),
		cmocka_unit_test_setup(another_member_answers, start_timeline),
		cmocka_unit_test_setup(queries_close_together, start_timeline),
		cmocka_unit_test_setup(bad_news, start_timeline),
		cmocka_unit_test(held_and_silent),
		cmocka_unit_test(nothing_comes),
		cmocka_unit_test(the_kernels_table),
		cmocka_unit_test(packets_of_the_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
