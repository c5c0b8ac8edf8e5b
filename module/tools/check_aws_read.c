/* SPDX-License-Identifier: Apache-2.0 */
/* EC2's answers (API version 2016-11-15), element by element, as facts. */
#include "check_aws.h"

#include <arpa/inet.h>
#include <goose-bridge/aws.h>
#include <stdlib.h>
#include <string.h>

static void copy(char *out, size_t size, const struct gb_aws_node *node, const char *path)
{
	snprintf(out, size, "%s", gb_aws_text(node, path, ""));
}

static int port(const struct gb_aws_node *node, const char *path)
{
	const char *text = gb_aws_text(node, path, "");

	return *text ? atoi(text) : -1;
}

void aws_read_interface(struct aws_facts *f, const struct gb_aws_node *root)
{
	const struct gb_aws_node *item = gb_aws_child(root, "networkInterfaceSet/item"), *group;

	copy(f->interface_id, sizeof(f->interface_id), item, "networkInterfaceId");
	copy(f->interface_type, sizeof(f->interface_type), item, "interfaceType");
	copy(f->subnet_id, sizeof(f->subnet_id), item, "subnetId");
	copy(f->vpc_id, sizeof(f->vpc_id), item, "vpcId");
	copy(f->instance_id, sizeof(f->instance_id), item, "attachment/instanceId");
	f->source_dest_check = gb_aws_is_true(item, "sourceDestCheck");
	f->groups = 0;
	for (group = gb_aws_child(item, "groupSet/item"); group && f->groups < AWS_GROUPS_MAX; group = gb_aws_next(group))
		copy(f->group[f->groups++], AWS_ID, group, "groupId");
}

static int add_group_rule(struct aws_facts *f, const struct group_rule *rule)
{
	struct group_rule *rules = realloc(f->group_rule, (f->group_rules + 1) * sizeof(*rules));

	if (!rules)
		return -1;
	rules[f->group_rules++] = *rule;
	f->group_rule = rules;
	return 0;
}

/* One permission: a protocol and ports, for each of its ranges, groups and prefix lists. IPv6 ranges let no IPv4 through. */
static int read_permission(struct aws_facts *f, const struct gb_aws_node *item, bool out)
{
	struct group_rule rule = {
		.out = out,
		.protocol = rule_protocol(gb_aws_text(item, "ipProtocol", "")),
		.first_port = port(item, "fromPort"),
		.last_port = port(item, "toPort"),
	};
	const struct gb_aws_node *at;
	int error = 0;

	for (at = gb_aws_child(item, "ipRanges/item"); at && !error; at = gb_aws_next(at))
		if (span_parse(gb_aws_text(at, "cidrIp", ""), &rule.addresses))
			error = add_group_rule(f, &rule);
	rule.kind = RULE_GROUP;
	for (at = gb_aws_child(item, "groups/item"); at && !error; at = gb_aws_next(at))
		error = add_group_rule(f, &rule);
	rule.kind = RULE_PREFIX_LIST;
	for (at = gb_aws_child(item, "prefixListIds/item"); at && !error; at = gb_aws_next(at))
		error = add_group_rule(f, &rule);
	return error;
}

int aws_read_groups(struct aws_facts *f, const struct gb_aws_node *root)
{
	const struct gb_aws_node *group, *item;
	int error = 0;

	for (group = gb_aws_child(root, "securityGroupInfo/item"); group; group = gb_aws_next(group)) {
		for (item = gb_aws_child(group, "ipPermissions/item"); item && !error; item = gb_aws_next(item))
			error = read_permission(f, item, false);
		for (item = gb_aws_child(group, "ipPermissionsEgress/item"); item && !error; item = gb_aws_next(item))
			error = read_permission(f, item, true);
	}
	return error;
}

int aws_read_acl(struct aws_facts *f, const struct gb_aws_node *root)
{
	const struct gb_aws_node *acl = gb_aws_child(root, "networkAclSet/item"), *item;

	copy(f->acl_id, sizeof(f->acl_id), acl, "networkAclId");
	for (item = gb_aws_child(acl, "entrySet/item"); item; item = gb_aws_next(item)) {
		struct acl_rule *rules, rule = {
						.out = gb_aws_is_true(item, "egress"),
						.number = (unsigned)atoi(gb_aws_text(item, "ruleNumber", "0")),
						.allow = strcmp(gb_aws_text(item, "ruleAction", ""), "allow") == 0,
						.protocol = rule_protocol(gb_aws_text(item, "protocol", "")),
						.first_port = port(item, "portRange/from"),
						.last_port = port(item, "portRange/to"),
					};

		if (!span_parse(gb_aws_text(item, "cidrBlock", ""), &rule.addresses))
			continue; /* for IPv6 */
		rules = realloc(f->acl_rule, (f->acl_rules + 1) * sizeof(*rules));
		if (!rules)
			return -1;
		rules[f->acl_rules++] = rule;
		f->acl_rule = rules;
	}
	rules_sort_acl(f->acl_rule, f->acl_rules);
	return 0;
}

void aws_read_vpc(struct aws_facts *f, const struct gb_aws_node *root)
{
	const struct gb_aws_node *vpc = gb_aws_child(root, "vpcSet/item"), *item;
	struct span range;

	if (span_parse(gb_aws_text(vpc, "cidrBlock", ""), &range))
		f->range[f->ranges++] = range;
	for (item = gb_aws_child(vpc, "cidrBlockAssociationSet/item"); item && f->ranges < AWS_RANGES_MAX;
	     item = gb_aws_next(item))
		if (strcmp(gb_aws_text(item, "cidrBlockState/state", "associated"), "associated") == 0 &&
		    span_parse(gb_aws_text(item, "cidrBlock", ""), &range) &&
		    span_share_of_all(range, f->range, f->ranges) != SHARE_ALL)
			f->range[f->ranges++] = range;
}

void aws_read_type(struct aws_facts *f, const struct gb_aws_node *root)
{
	const struct gb_aws_node *item = gb_aws_child(root, "instanceTypeSet/item");

	copy(f->instance_type, sizeof(f->instance_type), item, "instanceType");
	copy(f->hypervisor, sizeof(f->hypervisor), item, "hypervisor");
	copy(f->ena_support, sizeof(f->ena_support), item, "networkInfo/enaSupport");
	f->bare_metal = gb_aws_is_true(item, "bareMetal");
}

void aws_read_domain(struct aws_facts *f, const struct gb_aws_node *root)
{
	const struct gb_aws_node *item = gb_aws_child(root, "transitGatewayMulticastDomains/item");

	copy(f->domain_state, sizeof(f->domain_state), item, "state");
	copy(f->gateway_id, sizeof(f->gateway_id), item, "transitGatewayId");
	f->igmpv2 = strcmp(gb_aws_text(item, "options/igmpv2Support", ""), "enable") == 0;
	f->static_sources = strcmp(gb_aws_text(item, "options/staticSourcesSupport", ""), "enable") == 0;
}

void aws_read_associations(struct aws_facts *f, const struct gb_aws_node *root)
{
	const struct gb_aws_node *item;

	for (item = gb_aws_child(root, "multicastDomainAssociations/item"); item; item = gb_aws_next(item)) {
		if (*f->vpc_id && strcmp(gb_aws_text(item, "resourceId", ""), f->vpc_id) == 0)
			copy(f->attachment_id, sizeof(f->attachment_id), item, "transitGatewayAttachmentId");
		if (*f->subnet_id && strcmp(gb_aws_text(item, "subnet/subnetId", ""), f->subnet_id) == 0)
			copy(f->association_state, sizeof(f->association_state), item, "subnet/state");
	}
}

void aws_read_members(struct aws_facts *f, const struct gb_aws_node *root)
{
	const struct gb_aws_node *item;

	for (item = gb_aws_child(root, "multicastGroups/item"); item; item = gb_aws_next(item)) {
		bool own = *f->interface_id && strcmp(gb_aws_text(item, "networkInterfaceId", ""), f->interface_id) == 0;
		bool member = gb_aws_is_true(item, "groupMember");

		f->member_count += member;
		f->own_source |= own && gb_aws_is_true(item, "groupSource");
		f->own_member |= own && member;
		f->own_static_member |= own && member && strcmp(gb_aws_text(item, "memberType", ""), "static") == 0;
	}
}
