/* SPDX-License-Identifier: Apache-2.0 */
#include "check_rules.h"

#include <stdlib.h>
#include <string.h>

#define PROTOCOL_UNKNOWN (-2)
#define PROTOCOL_TCP	 6
#define PROTOCOL_UDP	 17

int rule_protocol(const char *text)
{
	static const struct {
		const char *name;
		int number;
	} names[] = {{"all", RULE_ANY_PROTOCOL}, {"icmp", 1},		{"igmp", 2},
		     {"tcp", PROTOCOL_TCP},	 {"udp", PROTOCOL_UDP}, {"icmpv6", 58}};
	char *rest;
	long number;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(text, names[i].name) == 0)
			return names[i].number;
	number = strtol(text, &rest, 10);
	return rest == text || *rest || number < RULE_ANY_PROTOCOL || number > 255 ? PROTOCOL_UNKNOWN : (int)number;
}

/* Ports count for TCP and UDP alone: for other protocols AWS ignores them. */
static bool fits(int protocol, int first_port, int last_port, const struct flow *flow)
{
	if (protocol == RULE_ANY_PROTOCOL)
		return true;
	if (protocol != flow->protocol)
		return false;
	return protocol != PROTOCOL_UDP || first_port < 0 || (flow->port >= first_port && flow->port <= last_port);
}

/* Whether a network interface can have one of the addresses. */
static bool may_be_an_interface(struct span addresses)
{
	return addresses.last != 0 && addresses.first < UINT32_C(0xE0000000);
}

enum passage rules_group(const struct group_rule *rules, size_t count, const struct flow *flow)
{
	struct span *spans = calloc(count ? count : 1, sizeof(*spans));
	size_t known = 0;
	bool more = false;
	enum share share;

	if (!spans)
		return PASSAGE_UNKNOWN;
	for (size_t i = 0; i < count; i++) {
		const struct group_rule *rule = &rules[i];

		if (rule->out != flow->out || !fits(rule->protocol, rule->first_port, rule->last_port, flow))
			continue;
		if (rule->kind == RULE_ADDRESSES)
			spans[known++] = rule->addresses;
		else
			more |= rule->kind == RULE_PREFIX_LIST || may_be_an_interface(flow->peers);
	}
	share = span_share_of_all(flow->peers, spans, known);
	free(spans);
	if (share == SHARE_ALL)
		return PASSAGE_ALL;
	return more ? PASSAGE_UNKNOWN : share == SHARE_SOME ? PASSAGE_SOME : PASSAGE_NONE;
}

static int compare(const void *a, const void *b)
{
	const struct acl_rule *x = a, *y = b;

	return x->out != y->out ? x->out - y->out : x->number < y->number ? -1 : x->number > y->number;
}

void rules_sort_acl(struct acl_rule *rules, size_t count)
{
	if (count > 1)
		qsort(rules, count, sizeof(*rules), compare);
}

/* Looks at RULES from number AT on. A rule for a part of the addresses decides for that part, the next ones for the others. */
static enum passage pass_acl(const struct acl_rule *rules, size_t count, size_t at, const struct flow *flow,
			     unsigned *denied_by)
{
	for (; at < count; at++) {
		const struct acl_rule *rule = &rules[at];
		enum share share = span_share(flow->peers, rule->addresses);
		struct flow before = *flow, within = *flow, behind = *flow;
		bool some = false, all = true;

		if (rule->out != flow->out || !fits(rule->protocol, rule->first_port, rule->last_port, flow) ||
		    share == SHARE_NONE)
			continue;
		if (share == SHARE_ALL) {
			if (!rule->allow && rule->number < *denied_by)
				*denied_by = rule->number;
			return rule->allow ? PASSAGE_ALL : PASSAGE_NONE;
		}
		if (flow->peers.first < rule->addresses.first) {
			before.peers.last = rule->addresses.first - 1;
			within.peers.first = rule->addresses.first;
		}
		if (flow->peers.last > rule->addresses.last) {
			behind.peers.first = rule->addresses.last + 1;
			within.peers.last = rule->addresses.last;
		}
		enum passage part[3] = {pass_acl(rules, count, at, &within, denied_by), PASSAGE_ALL, PASSAGE_ALL};
		unsigned parts = 1;

		if (before.peers.last < within.peers.first)
			part[parts++] = pass_acl(rules, count, at + 1, &before, denied_by);
		if (behind.peers.first > within.peers.last)
			part[parts++] = pass_acl(rules, count, at + 1, &behind, denied_by);
		for (unsigned i = 0; i < parts; i++) {
			some |= part[i] != PASSAGE_NONE;
			all &= part[i] == PASSAGE_ALL;
		}
		return all ? PASSAGE_ALL : some ? PASSAGE_SOME : PASSAGE_NONE;
	}
	return PASSAGE_NONE;
}

enum passage rules_acl(const struct acl_rule *rules, size_t count, const struct flow *flow, unsigned *denied_by)
{
	unsigned first = RULE_LAST;
	enum passage passage = pass_acl(rules, count, 0, flow, &first);

	if (passage != PASSAGE_ALL)
		*denied_by = first;
	return passage;
}

unsigned rules_free_number(const struct acl_rule *rules, size_t count, bool out, unsigned number)
{
	unsigned last = 0; /* the highest in use, but for the one that denies all */

	for (size_t i = 0; i < count; i++)
		if (rules[i].out == out && rules[i].number < RULE_LAST && rules[i].number > last)
			last = rules[i].number;
	/* at the end, as far from the others as AWS numbers them itself */
	if (number >= RULE_LAST && last + 100 < 32700)
		return (last / 100 + 1) * 100;
	for (number = number < RULE_LAST ? number - 1 : 32766; number > 0; number--) {
		bool used = false;

		for (size_t i = 0; i < count; i++)
			used |= rules[i].out == out && rules[i].number == number;
		if (!used)
			return number;
	}
	return 0;
}
