/* SPDX-License-Identifier: Apache-2.0 */
/* Judges the security groups and the network ACL: four flows each, which all have to pass. */
#include "check_aws.h"

#include <arpa/inet.h>
#include <string.h>

#define ALL_ROUTERS UINT32_C(0xE0000002) /* 224.0.0.2, where a LEAVE goes (RFC 2236, 9) */
#define PEERS_MAX   (CHECK_SENDERS_MAX + AWS_RANGES_MAX)
#define RANGES_MAX  50 /* in one call of --fix: a session takes 64 parameters */
#define TEXT_MAX    400

/* One flow to or from each of several peers. */
struct wanted {
	enum check_kind group_kind;
	enum check_kind acl_kind;
	const char *what; /* in words, before the peers */
	struct flow flow; /* but for the peers */
	unsigned count;
	struct span peer[PEERS_MAX];
	bool guessed; /* the peers are the VPC's range, for want of anything better */
};

/* The peers that do not pass, or may not, as words. */
struct refused {
	unsigned count;
	struct span peer[PEERS_MAX];
	bool unknown; /* some may pass, by a rule whose addresses are not known */
	bool partly;  /* some of a range pass */
	struct span partial;
};

static void list_spans(const struct span *spans, unsigned count, char *out, size_t size)
{
	char text[SPAN_TEXT];

	*out = 0;
	for (unsigned i = 0; i < count; i++) {
		size_t used = strlen(out);

		if (used + SPAN_TEXT + 8 > size) {
			snprintf(out + used, size - used, ", ...");
			return;
		}
		snprintf(out + used, size - used, "%s%s", i ? ", " : "", span_text(spans[i], text));
	}
}

static void note_peer(struct refused *refused, struct span peer, enum passage passage)
{
	switch (passage) {
	case PASSAGE_ALL:
		break;
	case PASSAGE_NONE:
		refused->peer[refused->count++] = peer;
		break;
	case PASSAGE_SOME:
		refused->partly = true;
		refused->partial = peer;
		break;
	case PASSAGE_UNKNOWN:
		refused->unknown = true;
		break;
	}
}

static const char *direction(const struct wanted *w)
{
	return w->flow.out ? "to" : "from";
}

/* What both have in common: nobody to ask about, and rules for a part. True if no more is to be said. */
static bool add_unknown(struct check_list *list, enum check_kind kind, const struct wanted *w, const struct refused *refused,
			const char *rules)
{
	char range[SPAN_TEXT];

	if (w->count == 0)
		check_add(list, kind, CHECK_UNKNOWN, "nobody is known to send: set allow_sources to the other bridges");
	else if (refused->count)
		return false;
	else if (refused->unknown)
		check_add(list, kind, CHECK_UNKNOWN,
			  "%s let %s in or out by a group or a prefix list, whose addresses are not known here", rules,
			  w->what);
	else if (refused->partly)
		check_add(list, kind, CHECK_UNKNOWN, "%s pass %s %s a part of %s only, and who sends from there is not known%s",
			  rules, w->what, direction(w), span_text(refused->partial, range),
			  w->guessed ? ": set allow_sources" : "");
	else
		return false;
	return true;
}

/* ---- security groups ------------------------------------------------------------------------------------------------ */

static void mend_groups(struct check *check, const struct aws_facts *f, const struct wanted *w, const struct refused *refused)
{
	char name[64], range[SPAN_TEXT];

	if (w->guessed || refused->count > RANGES_MAX) /* a guess is nothing to open a firewall for */
		return;
	check->action = w->flow.out ? "AuthorizeSecurityGroupEgress" : "AuthorizeSecurityGroupIngress";
	check_mend(check, CHECK_MEND_EC2, "GroupId", "%s", f->group[0]);
	check_mend(check, CHECK_MEND_EC2, "IpPermissions.1.IpProtocol", w->flow.protocol == 17 ? "udp" : "%d",
		   w->flow.protocol);
	check_mend(check, CHECK_MEND_EC2, "IpPermissions.1.FromPort", "%d", w->flow.protocol == 17 ? w->flow.port : -1);
	check_mend(check, CHECK_MEND_EC2, "IpPermissions.1.ToPort", "%d", w->flow.protocol == 17 ? w->flow.port : -1);
	for (unsigned i = 0; i < refused->count; i++) {
		snprintf(name, sizeof(name), "IpPermissions.1.IpRanges.%u.CidrIp", i + 1);
		check_mend(check, CHECK_MEND_EC2, name, "%s", span_text(refused->peer[i], range));
	}
}

static void fix_groups(struct check *check, const struct aws_facts *f, const struct wanted *w, const struct refused *refused)
{
	char range[SPAN_TEXT];

	check_fix(check, "aws ec2 authorize-security-group-%s --region %s --group-id %s --ip-permissions ",
		  w->flow.out ? "egress" : "ingress", f->region, f->group[0]);
	if (w->flow.protocol == 17)
		check_fix(check, "'IpProtocol=udp,FromPort=%u,ToPort=%u,IpRanges=[", w->flow.port, w->flow.port);
	else
		check_fix(check, "'IpProtocol=%d,FromPort=-1,ToPort=-1,IpRanges=[", w->flow.protocol);
	for (unsigned i = 0; i < refused->count; i++)
		check_fix(check, "%s{CidrIp=%s}", i ? "," : "", span_text(refused->peer[i], range));
	check_fix(check, "]'");
	mend_groups(check, f, w, refused);
}

static void judge_groups(struct check_list *list, const struct aws_facts *f, const struct wanted *w)
{
	struct refused refused = {0};
	struct flow flow = w->flow;
	char peers[TEXT_MAX];
	struct check *check;

	if (f->security.state != AWS_ANSWERED) {
		check_add(list, w->group_kind, CHECK_UNKNOWN, "%s", f->security.why);
		return;
	}
	for (unsigned i = 0; i < w->count; i++) {
		flow.peers = w->peer[i];
		note_peer(&refused, w->peer[i], rules_group(f->group_rule, f->group_rules, &flow));
	}
	if (add_unknown(list, w->group_kind, w, &refused, "the security groups"))
		return;
	if (refused.count == 0) {
		list_spans(w->peer, w->count, peers, sizeof(peers));
		check_add(list, w->group_kind, CHECK_PASS, "the security groups pass %s %s %s", w->what, direction(w), peers);
		return;
	}
	list_spans(refused.peer, refused.count, peers, sizeof(peers));
	check = check_add(list, w->group_kind, CHECK_FAIL, "no security group of %s passes %s %s %s%s", f->interface_id,
			  w->what, direction(w), peers,
			  w->guessed ? " (the VPC's range: nobody in particular is known to send)" : "");
	fix_groups(check, f, w, &refused);
}

/* ---- network ACL ---------------------------------------------------------------------------------------------------- */

static void fix_acl(struct check *check, const struct aws_facts *f, const struct wanted *w, const struct refused *refused,
		    unsigned denied_by)
{
	/* several entries take several numbers: each is written into the list before the next is looked for */
	struct acl_rule taken[PEERS_MAX + 1];
	size_t count = 0;
	char range[SPAN_TEXT];

	for (size_t i = 0; i < f->acl_rules && count < PEERS_MAX / 2; i++)
		if (f->acl_rule[i].out == w->flow.out)
			taken[count++] = f->acl_rule[i];
	for (unsigned i = 0; i < refused->count && count < PEERS_MAX; i++) {
		unsigned number = rules_free_number(taken, count, w->flow.out, denied_by);

		if (number == 0) {
			check_fix(check,
				  "%saws ec2 delete-network-acl-entry --region %s --network-acl-id %s --%s --rule-number %u",
				  i ? " && " : "", f->region, f->acl_id, w->flow.out ? "egress" : "ingress", denied_by);
			return;
		}
		check_fix(check,
			  "%saws ec2 create-network-acl-entry --region %s --network-acl-id %s --%s --rule-number %u "
			  "--protocol %d --rule-action allow --cidr-block %s",
			  i ? " && " : "", f->region, f->acl_id, w->flow.out ? "egress" : "ingress", number, w->flow.protocol,
			  span_text(refused->peer[i], range));
		if (w->flow.protocol == 17)
			check_fix(check, " --port-range From=%u,To=%u", w->flow.port, w->flow.port);
		taken[count++] = (struct acl_rule){.out = w->flow.out, .number = number};
	}
}

static void judge_acl(struct check_list *list, const struct aws_facts *f, const struct wanted *w)
{
	unsigned denied_by = RULE_LAST, by;
	struct refused refused = {0};
	struct flow flow = w->flow;
	char peers[TEXT_MAX], rule[24] = "its last rule";

	if (f->acl.state != AWS_ANSWERED) {
		check_add(list, w->acl_kind, CHECK_UNKNOWN, "%s", f->acl.why);
		return;
	}
	for (unsigned i = 0; i < w->count; i++) {
		enum passage passage;

		flow.peers = w->peer[i];
		by = RULE_LAST;
		passage = rules_acl(f->acl_rule, f->acl_rules, &flow, &by);
		note_peer(&refused, w->peer[i], passage);
		if (passage == PASSAGE_NONE && by < denied_by)
			denied_by = by;
	}
	if (add_unknown(list, w->acl_kind, w, &refused, "the entries of the network ACL"))
		return;
	if (refused.count == 0) {
		list_spans(w->peer, w->count, peers, sizeof(peers));
		check_add(list, w->acl_kind, CHECK_PASS, "%s passes %s %s %s", f->acl_id, w->what, direction(w), peers);
		return;
	}
	list_spans(refused.peer, refused.count, peers, sizeof(peers));
	if (denied_by < RULE_LAST)
		snprintf(rule, sizeof(rule), "rule %u", denied_by);
	fix_acl(check_add(list, w->acl_kind, CHECK_FAIL, "the network ACL %s denies %s %s %s, by %s", f->acl_id, w->what,
			  direction(w), peers, rule),
		f, w, &refused, denied_by);
}

/* ---- the flows ------------------------------------------------------------------------------------------------------ */

static void find_senders(struct wanted *w, const struct aws_facts *f, const struct local_facts *local)
{
	for (unsigned i = 0; i < local->senders; i++)
		w->peer[w->count++] = local->sender[i].addresses;
	w->guessed = w->count == 0;
	for (unsigned i = 0; w->guessed && i < f->ranges; i++)
		w->peer[i] = f->range[i];
	if (w->guessed)
		w->count = f->ranges;
}

void check_judge_aws_rules(struct check_list *list, const struct aws_facts *facts, const struct local_facts *local)
{
	struct span group = span_of_address(local->config->multicast_ip);
	uint16_t port = local->config->multicast_port;
	char datagrams[40];
	struct wanted wanted[] = {
		{.group_kind = CHECK_SG_IGMP_IN,
		 .acl_kind = CHECK_ACL_IGMP_IN,
		 .what = "IP protocol 2 (IGMP queries)",
		 .flow = {.protocol = 2},
		 .count = 1,
		 .peer = {{0, 0}}},
		{.group_kind = CHECK_SG_UDP_IN,
		 .acl_kind = CHECK_ACL_UDP_IN,
		 .what = datagrams,
		 .flow = {.protocol = 17, .port = port}},
		{.group_kind = CHECK_SG_IGMP_OUT,
		 .acl_kind = CHECK_ACL_IGMP_OUT,
		 .what = "IP protocol 2 (IGMP reports)",
		 .flow = {.out = true, .protocol = 2},
		 .count = 2,
		 .peer = {{ALL_ROUTERS, ALL_ROUTERS}, group}},
		{.group_kind = CHECK_SG_UDP_OUT,
		 .acl_kind = CHECK_ACL_UDP_OUT,
		 .what = datagrams,
		 .flow = {.out = true, .protocol = 17, .port = port},
		 .count = 1,
		 .peer = {group}},
	};

	snprintf(datagrams, sizeof(datagrams), "UDP port %u", port);
	find_senders(&wanted[1], facts, local);
	for (unsigned i = 0; i < 4; i++)
		judge_groups(list, facts, &wanted[i]);
	for (unsigned i = 0; i < 4; i++)
		judge_acl(list, facts, &wanted[i]);
}
