/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-security-check: sets of addresses, and what rules of security groups and network ACLs let through. */
#include "test_check.h"

#include "../../module/tools/check_rules.h"

static void addresses_are_read(void **state)
{
	static const struct {
		const char *text;
		bool good;
		uint32_t first, last;
	} cases[] = {
		{"10.0.0.1", true, 0x0A000001, 0x0A000001},
		{"10.0.0.0/8", true, 0x0A000000, 0x0AFFFFFF},
		{"10.1.2.3/8", true, 0x0A000000, 0x0AFFFFFF},
		{"0.0.0.0/0", true, 0, 0xFFFFFFFF},
		{"0.0.0.0/32", true, 0, 0},
		{"255.255.255.255/32", true, 0xFFFFFFFF, 0xFFFFFFFF},
		{"10.0.0.0/31", true, 0x0A000000, 0x0A000001},
		{"10.0.0.0/33", false, 0, 0},
		{"10.0.0.0/", false, 0, 0},
		{"10.0.0.0/-1", false, 0, 0},
		{"10.0.0.0/8x", false, 0, 0},
		{"", false, 0, 0},
		{"::/0", false, 0, 0},
		{"10.0.0", false, 0, 0},
		{"1000.0000.0000.00001/8", false, 0, 0},
	};
	struct span got;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (span_parse(cases[i].text, &got) != cases[i].good)
			fail_msg("%s", cases[i].text);
		if (cases[i].good) {
			assert_int_equal(got.first, cases[i].first);
			assert_int_equal(got.last, cases[i].last);
		}
	}
}

static void addresses_are_written(void **state)
{
	char text[SPAN_TEXT];

	(void)state;
	assert_string_equal(span_text(span("10.0.0.1"), text), "10.0.0.1/32");
	assert_string_equal(span_text(span("0.0.0.0/0"), text), "0.0.0.0/0");
	assert_string_equal(span_text(span("10.0.0.0/31"), text), "10.0.0.0/31");
	assert_string_equal(span_text((struct span){0x0A000001, 0x0A000002}, text), "10.0.0.1-10.0.0.2");
}

static void ranges_count_together(void **state)
{
	struct span halves[] = {span("10.0.0.128/25"), span("10.0.0.0/25")};
	struct span hole[] = {span("10.0.0.0/25"), span("10.0.0.129/32"), span("10.0.0.130/31")};
	struct span end[] = {span("255.255.255.0/24")};

	(void)state;
	assert_int_equal(span_share_of_all(span("10.0.0.0/24"), halves, 2), SHARE_ALL);
	assert_int_equal(span_share_of_all(span("10.0.0.0/24"), halves, 1), SHARE_SOME);
	assert_int_equal(span_share_of_all(span("10.0.0.128/30"), hole, 3), SHARE_SOME);
	assert_int_equal(span_share_of_all(span("10.0.0.129"), hole, 3), SHARE_ALL);
	assert_int_equal(span_share_of_all(span("10.0.1.0/24"), halves, 2), SHARE_NONE);
	assert_int_equal(span_share_of_all(span("10.0.1.0/24"), NULL, 0), SHARE_NONE);
	assert_int_equal(span_share_of_all(span("255.255.255.255"), end, 1), SHARE_ALL);
	assert_int_equal(span_share_of_all(span("255.255.0.0/16"), end, 1), SHARE_SOME);
}

static void protocols_have_numbers(void **state)
{
	(void)state;
	assert_int_equal(rule_protocol("-1"), -1);
	assert_int_equal(rule_protocol("2"), 2);
	assert_int_equal(rule_protocol("udp"), 17);
	assert_int_equal(rule_protocol("17"), 17);
	assert_int_equal(rule_protocol("tcp"), 6);
	assert_int_equal(rule_protocol(""), -2);
	assert_int_equal(rule_protocol("-2"), -2);
	assert_int_equal(rule_protocol("256"), -2);
	assert_int_equal(rule_protocol("2x"), -2);
}

#define UDP(from, to, range)                                                                \
	{                                                                                   \
		.protocol = 17, .first_port = (from), .last_port = (to), .addresses = range \
	}
#define IGMP(range)                                                                  \
	{                                                                            \
		.protocol = 2, .first_port = -1, .last_port = -1, .addresses = range \
	}

static enum passage one(struct group_rule rule, struct flow flow)
{
	return rules_group(&rule, 1, &flow);
}

static void a_group_rule_fits_by_protocol_port_and_range(void **state)
{
	struct flow udp = {.protocol = 17, .port = 61850, .peers = span("10.61.0.2")};
	struct flow igmp = {.protocol = 2, .port = 61850, .peers = span("0.0.0.0/32")};
	struct flow out = {.out = true, .protocol = 17, .port = 61850, .peers = span("224.0.1.100")};
	struct span any = span("0.0.0.0/0"), none_such = span("10.62.0.0/16");

	(void)state;
	assert_int_equal(one((struct group_rule)UDP(61850, 61850, any), udp), PASSAGE_ALL);
	assert_int_equal(one((struct group_rule)UDP(61849, 61851, any), udp), PASSAGE_ALL);
	assert_int_equal(one((struct group_rule)UDP(61851, 65535, any), udp), PASSAGE_NONE);
	assert_int_equal(one((struct group_rule)UDP(0, 61849, any), udp), PASSAGE_NONE);
	assert_int_equal(one((struct group_rule)UDP(-1, -1, any), udp), PASSAGE_ALL);
	assert_int_equal(one((struct group_rule)UDP(61850, 61850, none_such), udp), PASSAGE_NONE);
	assert_int_equal(one((struct group_rule)UDP(61850, 61850, any), out), PASSAGE_NONE); /* it is for the other way */
	assert_int_equal(one((struct group_rule)UDP(0, 65535, any), igmp), PASSAGE_NONE);
	assert_int_equal(one((struct group_rule)IGMP(any), igmp), PASSAGE_ALL);
	assert_int_equal(one((struct group_rule)IGMP(span("0.0.0.0/32")), igmp), PASSAGE_ALL);
	assert_int_equal(one((struct group_rule)IGMP(span("10.0.0.0/8")), igmp), PASSAGE_NONE);
	assert_int_equal(one((struct group_rule){.protocol = -1, .addresses = any}, igmp), PASSAGE_ALL);
	assert_int_equal(one((struct group_rule){.protocol = 2, .first_port = 0, .last_port = 0, .addresses = any}, igmp),
			 PASSAGE_ALL); /* ports mean nothing there */
	assert_int_equal(one((struct group_rule){.protocol = 6, .first_port = 0, .last_port = 65535, .addresses = any}, udp),
			 PASSAGE_NONE);
	assert_int_equal(one((struct group_rule){.out = true, .protocol = -1, .addresses = any}, out), PASSAGE_ALL);
	assert_int_equal(rules_group(NULL, 0, &udp), PASSAGE_NONE);
}

static void group_rules_count_together(void **state)
{
	struct group_rule rules[] = {UDP(61850, 61850, span("10.61.0.0/25")), UDP(61000, 62000, span("10.61.0.128/25"))};
	struct flow all = {.protocol = 17, .port = 61850, .peers = span("10.61.0.0/24")};
	struct flow more = {.protocol = 17, .port = 61850, .peers = span("10.61.0.0/16")};
	struct flow other_port = {.protocol = 17, .port = 61900, .peers = span("10.61.0.0/24")};

	(void)state;
	assert_int_equal(rules_group(rules, 2, &all), PASSAGE_ALL);
	assert_int_equal(rules_group(rules, 2, &more), PASSAGE_SOME);
	assert_int_equal(rules_group(rules, 2, &other_port), PASSAGE_SOME);
}

static void what_another_group_or_a_list_allows_is_unknown(void **state)
{
	struct group_rule group = {.protocol = -1, .kind = RULE_GROUP};
	struct group_rule list = {.protocol = -1, .kind = RULE_PREFIX_LIST};
	struct group_rule tcp = {.protocol = 6, .first_port = -1, .kind = RULE_PREFIX_LIST};
	struct group_rule both[] = {{.protocol = -1, .kind = RULE_GROUP}, UDP(61850, 61850, span("10.61.0.2"))};
	struct flow sender = {.protocol = 17, .port = 61850, .peers = span("10.61.0.2")};
	struct flow querier = {.protocol = 2, .peers = span("0.0.0.0/32")};
	struct flow routers = {.protocol = 2, .peers = span("224.0.0.2")};

	(void)state;
	assert_int_equal(one(group, sender), PASSAGE_UNKNOWN);
	assert_int_equal(one(list, sender), PASSAGE_UNKNOWN);
	assert_int_equal(one(tcp, sender), PASSAGE_NONE);
	assert_int_equal(rules_group(both, 2, &sender), PASSAGE_ALL);
	/* a group is network interfaces: neither 0.0.0.0 nor a multicast group is one's address */
	assert_int_equal(one(group, querier), PASSAGE_NONE);
	assert_int_equal(one(group, routers), PASSAGE_NONE);
	assert_int_equal(one(list, querier), PASSAGE_UNKNOWN);
}

#define ENTRY(n, verdict, proto, from, to, range)                                                                \
	{                                                                                                        \
		.number = (n), .allow = (verdict), .protocol = (proto), .first_port = (from), .last_port = (to), \
		.addresses = range                                                                               \
	}

static void the_first_acl_entry_that_fits_decides(void **state)
{
	struct span any = span("0.0.0.0/0");
	struct acl_rule rules[] = {
		ENTRY(32767, false, -1, -1, -1, any),
		ENTRY(100, true, -1, -1, -1, any),
		ENTRY(90, false, 17, 61000, 62000, span("10.61.0.2/31")),
		ENTRY(80, true, 17, 61850, 61850, span("10.61.0.3/32")),
		{.out = true, .number = 10, .protocol = -1, .first_port = -1, .addresses = any},
	};
	struct flow denied = {.protocol = 17, .port = 61850, .peers = span("10.61.0.2")};
	struct flow earlier = {.protocol = 17, .port = 61850, .peers = span("10.61.0.3")};
	struct flow other_port = {.protocol = 17, .port = 62001, .peers = span("10.61.0.2")};
	struct flow other_protocol = {.protocol = 2, .port = 61850, .peers = span("10.61.0.2")};
	struct flow range = {.protocol = 17, .port = 61850, .peers = span("10.61.0.0/24")};
	struct flow out = {.out = true, .protocol = 17, .port = 61850, .peers = span("224.0.1.100")};
	unsigned by = 0;

	(void)state;
	rules_sort_acl(rules, COUNT(rules));
	assert_int_equal(rules[0].number, 80);
	assert_int_equal(rules_acl(rules, COUNT(rules), &denied, &by), PASSAGE_NONE);
	assert_int_equal(by, 90);
	by = 0;
	assert_int_equal(rules_acl(rules, COUNT(rules), &earlier, &by), PASSAGE_ALL);
	assert_int_equal(by, 0);
	assert_int_equal(rules_acl(rules, COUNT(rules), &other_port, &by), PASSAGE_ALL);
	assert_int_equal(rules_acl(rules, COUNT(rules), &other_protocol, &by), PASSAGE_ALL);
	assert_int_equal(rules_acl(rules, COUNT(rules), &range, &by), PASSAGE_SOME);
	assert_int_equal(by, 90);
	assert_int_equal(rules_acl(rules, COUNT(rules), &out, &by), PASSAGE_NONE);
	assert_int_equal(by, 10);
	assert_int_equal(rules_acl(NULL, 0, &denied, &by), PASSAGE_NONE);
	assert_int_equal(by, RULE_LAST);
}

static void acl_entries_for_parts_count_together(void **state)
{
	struct acl_rule rules[] = {ENTRY(1, true, 17, 1, 65535, span("10.61.0.0/26")),
				   ENTRY(2, true, 17, 61850, 61850, span("10.61.0.128/25")),
				   ENTRY(3, true, -1, -1, -1, span("10.61.0.64/26"))};
	struct flow all = {.protocol = 17, .port = 61850, .peers = span("10.61.0.0/24")};
	struct flow igmp = {.protocol = 2, .peers = span("10.61.0.0/24")};
	unsigned by = 0;

	(void)state;
	assert_int_equal(rules_acl(rules, 3, &all, &by), PASSAGE_ALL);
	assert_int_equal(rules_acl(rules, 3, &igmp, &by), PASSAGE_SOME);
	rules[1].allow = false;
	assert_int_equal(rules_acl(rules, 3, &all, &by), PASSAGE_SOME);
	assert_int_equal(by, 2);
}

static void a_new_entry_goes_before_the_one_that_denies(void **state)
{
	struct acl_rule rules[] = {
		ENTRY(100, true, -1, -1, -1, span("0.0.0.0/0")), ENTRY(89, true, -1, -1, -1, span("0.0.0.0/0")),
		ENTRY(90, false, -1, -1, -1, span("0.0.0.0/0")), ENTRY(2, true, -1, -1, -1, span("0.0.0.0/0")),
		ENTRY(1, false, -1, -1, -1, span("0.0.0.0/0"))};

	(void)state;
	assert_int_equal(rules_free_number(rules, 5, false, 90), 88);
	assert_int_equal(rules_free_number(rules, 5, false, 1), 0);
	assert_int_equal(rules_free_number(rules, 5, false, 2), 0);
	assert_int_equal(rules_free_number(rules, 5, false, RULE_LAST), 200);
	assert_int_equal(rules_free_number(rules, 5, true, 90), 89); /* the numbers of the other direction are not taken */
	assert_int_equal(rules_free_number(NULL, 0, false, RULE_LAST), 100);
	rules[0].number = 32650;
	assert_int_equal(rules_free_number(rules, 5, false, RULE_LAST), 32766);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_read),
		cmocka_unit_test(addresses_are_written),
		cmocka_unit_test(ranges_count_together),
		cmocka_unit_test(protocols_have_numbers),
		cmocka_unit_test(a_group_rule_fits_by_protocol_port_and_range),
		cmocka_unit_test(group_rules_count_together),
		cmocka_unit_test(what_another_group_or_a_list_allows_is_unknown),
		cmocka_unit_test(the_first_acl_entry_that_fits_decides),
		cmocka_unit_test(acl_entries_for_parts_count_together),
		cmocka_unit_test(a_new_entry_goes_before_the_one_that_denies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
