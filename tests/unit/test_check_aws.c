/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-security-check: answers of EC2, of recorded shape, and what is made of them: each condition that can fail, and
 * the same where it is well.
 */
#include "test_check.h"

#include "../../module/tools/check_aws.h"

#include <goose-bridge/aws.h>

#define ENI "eni-0123456789abcdef0"

struct test {
	struct gb_config config;
	struct local_facts local;
	struct aws_facts facts;
	struct check_list list;
};

/* The answer at tests/aws/answers/NAME.xml, with this host's interface in the place of {{eni}}. */
static struct gb_aws_document *answer(const char *name)
{
	char path[512], text[65536], *out;
	struct gb_aws_document *document;
	size_t length, used = 0;
	FILE *file;

	snprintf(path, sizeof(path), GB_TOP_SRCDIR "/tests/aws/answers/%s.xml", name);
	file = fopen(path, "re");
	if (!file)
		fail_msg("there is no %s", path);
	length = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[length] = 0;
	out = calloc(1, 2 * sizeof(text));
	assert_non_null(out);
	for (const char *at = text; *at; at++) {
		if (strncmp(at, "{{eni}}", 7) == 0) {
			used += (size_t)sprintf(out + used, ENI);
			at += 6;
		} else {
			out[used++] = *at;
		}
	}
	document = gb_aws_document_parse(out, used);
	free(out);
	assert_non_null(document);
	return document;
}

#define READ(t, reader, field, name)                                  \
	do {                                                          \
		struct gb_aws_document *read_document = answer(name); \
		reader(&(t)->facts, gb_aws_root(read_document));      \
		(t)->facts.field.state = AWS_ANSWERED;                \
		gb_aws_document_free(read_document);                  \
	} while (0)

static void read_groups(struct test *t, const char *name)
{
	check_free_aws(&t->facts);
	t->facts.group_rules = t->facts.acl_rules = 0;
	READ(t, aws_read_groups, security, name);
}

static void read_acl(struct test *t, const char *name)
{
	check_free_aws(&t->facts);
	t->facts.group_rules = t->facts.acl_rules = 0;
	READ(t, aws_read_acl, acl, name);
}

static void read_members(struct test *t, const char *name)
{
	t->facts.member_count = 0;
	t->facts.own_member = t->facts.own_static_member = t->facts.own_source = false;
	READ(t, aws_read_members, members, name);
}

static void read_associations(struct test *t, const char *name)
{
	*t->facts.association_state = *t->facts.attachment_id = 0;
	READ(t, aws_read_associations, association, name);
}

/* All is well. */
static int set_up_test(void **state)
{
	struct test *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	t->local = host_where_all_is_well(&t->config);
	t->local.aws = true;
	strcpy(t->facts.region, "eu-test-1");
	strcpy(t->facts.domain_id, "tgw-mcast-domain-0123456789abcdef0");
	READ(t, aws_read_interface, interface, "DescribeNetworkInterfaces/default");
	READ(t, aws_read_groups, security, "DescribeSecurityGroups/default");
	READ(t, aws_read_acl, acl, "DescribeNetworkAcls/exact");
	READ(t, aws_read_type, type, "DescribeInstanceTypes/default");
	READ(t, aws_read_domain, domain, "DescribeTransitGatewayMulticastDomains/default");
	READ(t, aws_read_associations, association, "GetTransitGatewayMulticastDomainAssociations/default");
	READ(t, aws_read_members, members, "SearchTransitGatewayMulticastGroups/member");
	*state = t;
	return 0;
}

static int end_test(void **state)
{
	struct test *t = *state;

	check_clear(&t->list);
	check_free_aws(&t->facts);
	free(t);
	return 0;
}

static const struct check_list *judged(struct test *t)
{
	check_clear(&t->list);
	check_judge_aws(&t->list, &t->facts, &t->local);
	return &t->list;
}

static void where_all_is_well_all_pass(void **state)
{
	struct test *t = *state;
	const struct check_list *list = judged(t);

	for (unsigned i = 0; i < list->count; i++)
		if (list->check[i].result != CHECK_PASS || list->check[i].fix)
			fail_msg("%s: %s", check_id(list->check[i].kind), list->check[i].text);
	assert_int_equal(list->count, CHECK_KIND_COUNT - CHECK_AWS_INTERFACE);
	read_groups(t, "DescribeSecurityGroups/open");
	READ(t, aws_read_acl, acl, "DescribeNetworkAcls/default");
	assert_int_equal(check_count(judged(t), CHECK_PASS), list->count);
}

static void the_interface_is_read(void **state)
{
	struct test *t = *state;

	assert_string_equal(t->facts.interface_id, ENI);
	assert_string_equal(t->facts.subnet_id, "subnet-0aaaaaaaaaaaaaaa2");
	assert_string_equal(t->facts.vpc_id, "vpc-0a11b22c33d44e55f");
	assert_string_equal(t->facts.instance_id, "i-0123456789abcdef0");
	assert_int_equal(t->facts.groups, 2);
	assert_string_equal(t->facts.group[1], "sg-0aaaaaaaaaaaaaaa2");
	assert_true(t->facts.source_dest_check);
	READ(t, aws_read_interface, interface, "DescribeNetworkInterfaces/none");
	assert_string_equal(t->facts.interface_id, "");
}

static void group_igmp_in(void **state)
{
	struct test *t = *state;

	read_groups(t, "DescribeSecurityGroups/no-igmp-in");
	expect(judged(t), CHECK_SG_IGMP_IN, CHECK_FAIL, "IP protocol 2 (IGMP queries) from 0.0.0.0/32",
	       "aws ec2 authorize-security-group-ingress --region eu-test-1 --group-id sg-0aaaaaaaaaaaaaaa1 --ip-permissions "
	       "'IpProtocol=2,FromPort=-1,ToPort=-1,IpRanges=[{CidrIp=0.0.0.0/32}]'");
	expect(&t->list, CHECK_SG_UDP_IN, CHECK_PASS, "", NULL);
	expect(&t->list, CHECK_SG_IGMP_OUT, CHECK_PASS, "", NULL);
	expect(&t->list, CHECK_SG_UDP_OUT, CHECK_PASS, "", NULL);
}

static void group_udp_in(void **state)
{
	struct test *t = *state;

	read_groups(t, "DescribeSecurityGroups/no-udp-in");
	expect(judged(t), CHECK_SG_UDP_IN, CHECK_FAIL, "UDP port 61850 from 10.61.0.2/32, 10.61.0.3/32",
	       "'IpProtocol=udp,FromPort=61850,ToPort=61850,IpRanges=[{CidrIp=10.61.0.2/32},{CidrIp=10.61.0.3/32}]'");
	expect(&t->list, CHECK_SG_IGMP_IN, CHECK_PASS, "", NULL);
	/* one more bridge that no rule is for */
	read_groups(t, "DescribeSecurityGroups/default");
	assert_int_equal(gb_config_set(&t->config, "allow_sources", "10.61.0.2, 10.61.0.9", NULL, NULL), 0);
	check_find_senders(&t->local);
	expect(judged(t), CHECK_SG_UDP_IN, CHECK_FAIL, "from 10.61.0.9/32", "IpRanges=[{CidrIp=10.61.0.9/32}]'");
	/* and a port that no rule is for */
	assert_int_equal(gb_config_set(&t->config, "multicast_port", "61851", NULL, NULL), 0);
	expect(judged(t), CHECK_SG_UDP_IN, CHECK_FAIL, "UDP port 61851 from", "FromPort=61851");
	expect(&t->list, CHECK_SG_UDP_OUT, CHECK_FAIL, "UDP port 61851 to 224.0.1.100/32", "FromPort=61851");
}

static void group_igmp_out(void **state)
{
	struct test *t = *state;

	read_groups(t, "DescribeSecurityGroups/no-igmp-out");
	expect(judged(t), CHECK_SG_IGMP_OUT, CHECK_FAIL, "to 224.0.0.2/32",
	       "aws ec2 authorize-security-group-egress --region eu-test-1 --group-id sg-0aaaaaaaaaaaaaaa1 --ip-permissions "
	       "'IpProtocol=2,FromPort=-1,ToPort=-1,IpRanges=[{CidrIp=224.0.0.2/32}]'");
	expect(&t->list, CHECK_SG_IGMP_IN, CHECK_PASS, "", NULL);
	/* the group itself is asked for, too */
	read_groups(t, "DescribeSecurityGroups/default");
	assert_int_equal(gb_config_set(&t->config, "multicast_ip", "224.0.1.101", NULL, NULL), 0);
	expect(judged(t), CHECK_SG_IGMP_OUT, CHECK_FAIL, "to 224.0.1.101/32", "IpRanges=[{CidrIp=224.0.1.101/32}]'");
}

static void group_udp_out(void **state)
{
	struct test *t = *state;

	read_groups(t, "DescribeSecurityGroups/no-udp-out");
	expect(judged(t), CHECK_SG_UDP_OUT, CHECK_FAIL, "UDP port 61850 to 224.0.1.100/32",
	       "'IpProtocol=udp,FromPort=61850,ToPort=61850,IpRanges=[{CidrIp=224.0.1.100/32}]'");
	expect(&t->list, CHECK_SG_IGMP_OUT, CHECK_PASS, "", NULL);
}

static void opening_the_port_alone_is_not_enough(void **state)
{
	struct test *t = *state;

	read_groups(t, "DescribeSecurityGroups/port-only");
	expect(judged(t), CHECK_SG_UDP_IN, CHECK_PASS, "", NULL);
	expect(&t->list, CHECK_SG_UDP_OUT, CHECK_PASS, "", NULL);
	expect(&t->list, CHECK_SG_IGMP_IN, CHECK_FAIL, "", "IpProtocol=2");
	expect(&t->list, CHECK_SG_IGMP_OUT, CHECK_FAIL, "224.0.0.2/32, 224.0.1.100/32", "IpProtocol=2");
}

static void groups_and_lists_are_unknown_but_where_they_cannot_help(void **state)
{
	struct test *t = *state;

	read_groups(t, "DescribeSecurityGroups/reference");
	expect(judged(t), CHECK_SG_UDP_IN, CHECK_UNKNOWN, "a group or a prefix list", NULL);
	expect(&t->list, CHECK_SG_IGMP_IN, CHECK_UNKNOWN, "a group or a prefix list", NULL);
	read_groups(t, "DescribeSecurityGroups/untouched"); /* as AWS makes a VPC's default group */
	expect(judged(t), CHECK_SG_UDP_IN, CHECK_UNKNOWN, "a group", NULL);
	expect(&t->list, CHECK_SG_IGMP_IN, CHECK_FAIL, "0.0.0.0/32", "IpProtocol=2");
	expect(&t->list, CHECK_SG_IGMP_OUT, CHECK_PASS, "", NULL);
}

static void without_known_senders_the_vpc_is_taken(void **state)
{
	struct test *t = *state;
	const struct check *check;

	t->local.senders = 0;
	expect(judged(t), CHECK_SG_UDP_IN, CHECK_UNKNOWN, "set allow_sources", NULL);
	expect(&t->list, CHECK_ACL_UDP_IN, CHECK_UNKNOWN, "set allow_sources", NULL);
	READ(t, aws_read_vpc, vpc, "DescribeVpcs/default");
	assert_int_equal(t->facts.ranges, 2);
	t->facts.ranges = 1;
	expect(judged(t), CHECK_SG_UDP_IN, CHECK_UNKNOWN, "a part of 10.61.0.0/16 only", NULL);
	expect(&t->list, CHECK_ACL_UDP_IN, CHECK_UNKNOWN, "a part of 10.61.0.0/16 only", NULL);
	read_groups(t, "DescribeSecurityGroups/no-udp-in");
	expect(judged(t), CHECK_SG_UDP_IN, CHECK_FAIL, "the VPC's range", "CidrIp=10.61.0.0/16");
	check = check_find(&t->list, CHECK_SG_UDP_IN);
	assert_int_equal(check->mend, CHECK_MEND_NONE); /* --fix opens nothing for a guess */
	read_groups(t, "DescribeSecurityGroups/open");
	expect(judged(t), CHECK_SG_UDP_IN, CHECK_PASS, "10.61.0.0/16", NULL);
}

static void what_fix_adds_is_the_exact_rule(void **state)
{
	struct test *t = *state;
	static const struct check_parameter wanted[] = {
		{"GroupId", "sg-0aaaaaaaaaaaaaaa1"},
		{"IpPermissions.1.IpProtocol", "udp"},
		{"IpPermissions.1.FromPort", "61850"},
		{"IpPermissions.1.ToPort", "61850"},
		{"IpPermissions.1.IpRanges.1.CidrIp", "10.61.0.2/32"},
		{"IpPermissions.1.IpRanges.2.CidrIp", "10.61.0.3/32"},
	};
	const struct check *check;

	read_groups(t, "DescribeSecurityGroups/no-udp-in");
	check = check_find(judged(t), CHECK_SG_UDP_IN);
	assert_int_equal(check->mend, CHECK_MEND_EC2);
	assert_string_equal(check->action, "AuthorizeSecurityGroupIngress");
	assert_int_equal(check->parameters, COUNT(wanted));
	for (unsigned i = 0; i < COUNT(wanted); i++) {
		assert_string_equal(check->parameter[i].name, wanted[i].name);
		assert_string_equal(check->parameter[i].value, wanted[i].value);
	}
	read_groups(t, "DescribeSecurityGroups/no-igmp-out");
	check = check_find(judged(t), CHECK_SG_IGMP_OUT);
	assert_string_equal(check->action, "AuthorizeSecurityGroupEgress");
	assert_string_equal(check->parameter[1].value, "2");
	assert_string_equal(check->parameter[2].value, "-1");
}

static void acl_entries(void **state)
{
	struct test *t = *state;

	read_acl(t, "DescribeNetworkAcls/no-igmp-in");
	expect(judged(t), CHECK_ACL_IGMP_IN, CHECK_FAIL,
	       "acl-0aaaaaaaaaaaaaaa1 denies IP protocol 2 (IGMP queries) from 0.0.0.0/32, "
	       "by its last rule",
	       "aws ec2 create-network-acl-entry --region eu-test-1 --network-acl-id acl-0aaaaaaaaaaaaaaa1 --ingress "
	       "--rule-number 200 "
	       "--protocol 2 --rule-action allow --cidr-block 0.0.0.0/32");
	expect(&t->list, CHECK_ACL_UDP_IN, CHECK_PASS, "", NULL);
	read_acl(t, "DescribeNetworkAcls/no-udp-in"); /* a deny before the allow */
	expect(judged(t), CHECK_ACL_UDP_IN, CHECK_FAIL, "from 10.61.0.2/32, 10.61.0.3/32, by rule 90",
	       "--ingress --rule-number 89 --protocol 17 --rule-action allow --cidr-block 10.61.0.2/32 --port-range "
	       "From=61850,To=61850 && aws ec2 create-network-acl-entry --region eu-test-1 --network-acl-id "
	       "acl-0aaaaaaaaaaaaaaa1 "
	       "--ingress --rule-number 88 --protocol 17 --rule-action allow --cidr-block 10.61.0.3/32");
	expect(&t->list, CHECK_ACL_IGMP_IN, CHECK_PASS, "", NULL);
	read_acl(t, "DescribeNetworkAcls/no-igmp-out");
	expect(judged(t), CHECK_ACL_IGMP_OUT, CHECK_FAIL, "to 224.0.0.2/32, by rule 99",
	       "--egress --rule-number 98 --protocol 2");
	expect(&t->list, CHECK_ACL_UDP_OUT, CHECK_PASS, "", NULL);
	read_acl(t, "DescribeNetworkAcls/no-udp-out");
	expect(judged(t), CHECK_ACL_UDP_OUT, CHECK_FAIL, "UDP port 61850 to 224.0.1.100/32",
	       "--egress --rule-number 200 --protocol 17");
	expect(&t->list, CHECK_ACL_IGMP_OUT, CHECK_PASS, "", NULL);
	for (unsigned i = 0; i < t->list.count; i++) /* network ACLs are never changed by --fix */
		if (t->list.check[i].kind >= CHECK_ACL_IGMP_IN && t->list.check[i].kind <= CHECK_ACL_UDP_OUT)
			assert_int_equal(t->list.check[i].mend, CHECK_MEND_NONE);
}

static void an_acl_without_a_free_number(void **state)
{
	struct test *t = *state;

	read_acl(t, "DescribeNetworkAcls/no-igmp-out");
	for (size_t i = 0; i < t->facts.acl_rules; i++)
		if (t->facts.acl_rule[i].number == 99)
			t->facts.acl_rule[i].number = 1;
	expect(judged(t), CHECK_ACL_IGMP_OUT, CHECK_FAIL, "by rule 1",
	       "delete-network-acl-entry --region eu-test-1 --network-acl-id acl-0aaaaaaaaaaaaaaa1 --egress --rule-number 1");
}

static void instance_and_source_dest_check(void **state)
{
	struct test *t = *state;

	expect(judged(t), CHECK_SOURCE_DEST_CHECK, CHECK_PASS, "does not matter", NULL);
	READ(t, aws_read_type, type, "DescribeInstanceTypes/xen");
	expect(judged(t), CHECK_INSTANCE_TYPE, CHECK_FAIL, "m4.large is no Nitro instance",
	       "modify-instance-attribute --region eu-test-1 --instance-id i-0123456789abcdef0");
	expect(&t->list, CHECK_SOURCE_DEST_CHECK, CHECK_FAIL, "gets no multicast",
	       "aws ec2 modify-network-interface-attribute --region eu-test-1 --network-interface-id " ENI
	       " --no-source-dest-check");
	assert_int_equal(check_find(&t->list, CHECK_SOURCE_DEST_CHECK)->mend, CHECK_MEND_EC2);
	READ(t, aws_read_interface, interface, "DescribeNetworkInterfaces/unchecked");
	expect(judged(t), CHECK_SOURCE_DEST_CHECK, CHECK_PASS, "it is off", NULL);
	READ(t, aws_read_type, type, "DescribeInstanceTypes/metal");
	expect(judged(t), CHECK_INSTANCE_TYPE, CHECK_PASS, "c5.metal is a Nitro", NULL);
	READ(t, aws_read_type, type, "DescribeInstanceTypes/silent");
	READ(t, aws_read_interface, interface, "DescribeNetworkInterfaces/default");
	expect(judged(t), CHECK_INSTANCE_TYPE, CHECK_UNKNOWN, "does not say", NULL);
	expect(&t->list, CHECK_SOURCE_DEST_CHECK, CHECK_UNKNOWN, "is not known", NULL);
}

static void the_domain(void **state)
{
	struct test *t = *state;

	READ(t, aws_read_domain, domain, "DescribeTransitGatewayMulticastDomains/deleting");
	expect(judged(t), CHECK_MULTICAST_DOMAIN, CHECK_FAIL, "is deleting", "create-transit-gateway-multicast-domain");
	READ(t, aws_read_domain, domain, "DescribeTransitGatewayMulticastDomains/pending");
	expect(judged(t), CHECK_MULTICAST_DOMAIN, CHECK_UNKNOWN, "being made", NULL);
	t->facts.domain.state = AWS_NO_SUCH;
	strcpy(t->facts.domain.why, "was deleted or does not exist");
	expect(judged(t), CHECK_MULTICAST_DOMAIN, CHECK_FAIL, "there is no multicast domain tgw-mcast-domain-0123456789abcdef0",
	       "aws ec2 describe-transit-gateway-multicast-domains --region eu-test-1");
	expect(&t->list, CHECK_IGMPV2_SUPPORT, CHECK_UNKNOWN, "does not exist", NULL);
	*t->facts.domain_id = 0;
	expect(judged(t), CHECK_MULTICAST_DOMAIN, CHECK_UNKNOWN, "tgw_multicast_domain_id is not set",
	       "describe-transit-gateway");
}

static void igmpv2_support(void **state)
{
	struct test *t = *state;

	READ(t, aws_read_domain, domain, "DescribeTransitGatewayMulticastDomains/no-igmp");
	expect(judged(t), CHECK_IGMPV2_SUPPORT, CHECK_FAIL, "without IGMPv2 support",
	       "--transit-gateway-id tgw-0123456789abcdef0 --options Igmpv2Support=enable,StaticSourcesSupport=disable");
	read_members(t, "SearchTransitGatewayMulticastGroups/static");
	expect(judged(t), CHECK_IGMPV2_SUPPORT, CHECK_PASS, "registered as a static one", NULL);
	read_members(t, "SearchTransitGatewayMulticastGroups/absent");
	expect(judged(t), CHECK_REGISTERED_MEMBER, CHECK_FAIL, "does not have " ENI,
	       "register-transit-gateway-multicast-group-members --region eu-test-1 --transit-gateway-multicast-domain-id "
	       "tgw-mcast-domain-0123456789abcdef0 --group-ip-address 224.0.1.100 --network-interface-ids " ENI);
}

static void static_sources(void **state)
{
	struct test *t = *state;

	READ(t, aws_read_domain, domain, "DescribeTransitGatewayMulticastDomains/static-sources");
	expect(judged(t), CHECK_STATIC_SOURCES, CHECK_FAIL, "only registered sources may send",
	       "register-transit-gateway-multicast-group-sources --region eu-test-1 --transit-gateway-multicast-domain-id "
	       "tgw-mcast-domain-0123456789abcdef0 --group-ip-address 224.0.1.100 --network-interface-ids " ENI);
	read_members(t, "SearchTransitGatewayMulticastGroups/source");
	expect(judged(t), CHECK_STATIC_SOURCES, CHECK_PASS, "is one", NULL);
	expect(&t->list, CHECK_REGISTERED_MEMBER, CHECK_PASS, "", NULL);
	assert_int_equal(t->facts.member_count, 1); /* a source is no member */
}

static void subnet_association(void **state)
{
	struct test *t = *state;

	read_associations(t, "GetTransitGatewayMulticastDomainAssociations/other-subnet");
	expect(judged(t), CHECK_SUBNET_ASSOCIATION, CHECK_FAIL, "subnet-0aaaaaaaaaaaaaaa2 is not associated",
	       "aws ec2 associate-transit-gateway-multicast-domain --region eu-test-1 --transit-gateway-multicast-domain-id "
	       "tgw-mcast-domain-0123456789abcdef0 --subnet-ids subnet-0aaaaaaaaaaaaaaa2 --transit-gateway-attachment-id "
	       "tgw-attach-0123456789abcdef0");
	read_associations(t, "GetTransitGatewayMulticastDomainAssociations/other-vpc");
	expect(judged(t), CHECK_SUBNET_ASSOCIATION, CHECK_FAIL, "is not associated",
	       "--filters Name=vpc-id,Values=vpc-0a11b22c33d44e55f");
	read_associations(t, "GetTransitGatewayMulticastDomainAssociations/none");
	expect(judged(t), CHECK_SUBNET_ASSOCIATION, CHECK_FAIL, "is not associated", "associate-transit");
	read_associations(t, "GetTransitGatewayMulticastDomainAssociations/failed");
	expect(judged(t), CHECK_SUBNET_ASSOCIATION, CHECK_FAIL, "is failed", "associate-transit");
	read_associations(t, "GetTransitGatewayMulticastDomainAssociations/pending");
	expect(judged(t), CHECK_SUBNET_ASSOCIATION, CHECK_FAIL, "has not accepted",
	       "accept-transit-gateway-multicast-domain-associations");
	read_associations(t, "GetTransitGatewayMulticastDomainAssociations/associating");
	expect(judged(t), CHECK_SUBNET_ASSOCIATION, CHECK_UNKNOWN, "being associated", NULL);
}

static void members_and_quota(void **state)
{
	struct test *t = *state;

	read_members(t, "SearchTransitGatewayMulticastGroups/someone-else");
	expect(judged(t), CHECK_REGISTERED_MEMBER, CHECK_FAIL, "does not have " ENI " as a member of 224.0.1.100",
	       "goose-bridge-ctl -s '/run/goose-bridge/control.sock' igmp leave && goose-bridge-ctl");
	t->local.service.state = SERVICE_ABSENT;
	expect(judged(t), CHECK_REGISTERED_MEMBER, CHECK_FAIL, "does not have", "goose-bridge -d -c");
	read_members(t, "SearchTransitGatewayMulticastGroups/full");
	assert_int_equal(t->facts.member_count, 90);
	expect(judged(t), CHECK_MEMBER_QUOTA, CHECK_FAIL, "has 90 of at most 100", "search-transit-gateway-multicast-groups");
	expect(&t->list, CHECK_REGISTERED_MEMBER, CHECK_PASS, ENI, NULL);
	t->facts.member_count = 89;
	expect(judged(t), CHECK_MEMBER_QUOTA, CHECK_PASS, "89", NULL);
}

static void what_hangs_on_the_interface_says_why(void **state)
{
	struct test *t = *state;

	*t->facts.subnet_id = *t->facts.interface_id = 0;
	t->facts.interface.state = AWS_FAILED;
	strcpy(t->facts.interface.why, "the credentials do not allow ec2:DescribeNetworkInterfaces");
	read_members(t, "SearchTransitGatewayMulticastGroups/member");
	expect(judged(t), CHECK_SUBNET_ASSOCIATION, CHECK_UNKNOWN, "ec2:DescribeNetworkInterfaces", NULL);
	expect(&t->list, CHECK_REGISTERED_MEMBER, CHECK_UNKNOWN, "ec2:DescribeNetworkInterfaces", NULL);
	expect(&t->list, CHECK_SOURCE_DEST_CHECK, CHECK_UNKNOWN, "ec2:DescribeNetworkInterfaces", NULL);
	strcpy(t->facts.interface_id, ENI); /* which the metadata service tells, too */
	read_members(t, "SearchTransitGatewayMulticastGroups/member");
	expect(judged(t), CHECK_REGISTERED_MEMBER, CHECK_PASS, ENI, NULL);
}

static void what_was_not_answered_is_unknown(void **state)
{
	struct test *t = *state;
	struct aws_answer *answers[] = {&t->facts.interface, &t->facts.security,    &t->facts.acl,    &t->facts.type,
					&t->facts.domain,    &t->facts.association, &t->facts.members};

	for (unsigned i = 0; i < COUNT(answers); i++) {
		answers[i]->state = AWS_FAILED;
		strcpy(answers[i]->why, "its role lacks ec2:Something");
	}
	judged(t);
	for (unsigned i = 0; i < t->list.count; i++)
		if (t->list.check[i].result != CHECK_UNKNOWN || !strstr(t->list.check[i].text, "ec2:Something"))
			fail_msg("%s: %s", check_id(t->list.check[i].kind), t->list.check[i].text);
	assert_int_equal(t->list.count, CHECK_KIND_COUNT - CHECK_AWS_INTERFACE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_test, end_test)
	const struct CMUnitTest tests[] = {
		TEST(where_all_is_well_all_pass),
		TEST(the_interface_is_read),
		TEST(group_igmp_in),
		TEST(group_udp_in),
		TEST(group_igmp_out),
		TEST(group_udp_out),
		TEST(opening_the_port_alone_is_not_enough),
		TEST(groups_and_lists_are_unknown_but_where_they_cannot_help),
		TEST(without_known_senders_the_vpc_is_taken),
		TEST(what_fix_adds_is_the_exact_rule),
		TEST(acl_entries),
		TEST(an_acl_without_a_free_number),
		TEST(instance_and_source_dest_check),
		TEST(the_domain),
		TEST(igmpv2_support),
		TEST(static_sources),
		TEST(subnet_association),
		TEST(members_and_quota),
		TEST(what_hangs_on_the_interface_says_why),
		TEST(what_was_not_answered_is_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
