/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of security groups and network ACLs, and what they let through: pure, on values. */
#ifndef TOOLS_CHECK_RULES_H
#define TOOLS_CHECK_RULES_H

#include "check_span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RULE_ANY_PROTOCOL (-1)

/* What has to get through: PROTOCOL (2 IGMP, 17 UDP) from (in) or to (out) some of PEERS. PORT is the destination's. */
struct flow {
	bool out;
	int protocol;
	uint16_t port;
	struct span peers;
};

/* One rule of a security group; all of them allow. */
struct group_rule {
	bool out;
	int protocol;	/* RULE_ANY_PROTOCOL, or a number; -2 = one that is not known */
	int first_port; /* -1 = all */
	int last_port;
	enum { RULE_ADDRESSES, RULE_GROUP, RULE_PREFIX_LIST } kind;
	struct span addresses;
};

/* One entry of a network ACL. */
struct acl_rule {
	bool out;
	unsigned number; /* the lower is looked at first; 32767 = the last one, which denies all */
	bool allow;
	int protocol;
	int first_port; /* -1 = all */
	int last_port;
	struct span addresses;
};

/* A protocol as AWS writes it: "-1", "udp", "17", "tcp", ... */
int rule_protocol(const char *text);

/* What rules let through of a flow. UNKNOWN: a rule names another group, or a list of prefixes, whose addresses are not known.
 */
enum passage { PASSAGE_NONE, PASSAGE_SOME, PASSAGE_ALL, PASSAGE_UNKNOWN };

/* Rules of several groups count together. A group named as the peer stands for addresses of network interfaces: never for
 * 0.0.0.0 or a multicast group.
 */
enum passage rules_group(const struct group_rule *rules, size_t count, const struct flow *flow);

/* RULES are sorted by number within a direction (rules_sort_acl). The first that fits decides; where none does, all is denied.
 * *DENIED_BY gets the number of the first rule that denies some of the flow (32767: none fits); not touched for PASSAGE_ALL.
 */
enum passage rules_acl(const struct acl_rule *rules, size_t count, const struct flow *flow, unsigned *denied_by);

void rules_sort_acl(struct acl_rule *rules, size_t count);

/* A number that no rule of the direction has, before the rule NUMBER; 0 = there is none. */
unsigned rules_free_number(const struct acl_rule *rules, size_t count, bool out, unsigned number);

#define RULE_LAST 32767

#endif
