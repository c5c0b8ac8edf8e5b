/* SPDX-License-Identifier: Apache-2.0 */
/* What AWS knows of this host's network, and how it is judged. */
#ifndef TOOLS_CHECK_AWS_H
#define TOOLS_CHECK_AWS_H

#include "check.h"
#include "check_local.h"
#include "check_rules.h"

#include <stdbool.h>

#define AWS_ID	       32 /* octets that hold an id such as eni-0123456789abcdef0; GB_AWS_INTERFACE_ID */
#define AWS_DOMAIN_ID  64
#define AWS_WORD       32
#define AWS_GROUPS_MAX 16
#define AWS_RANGES_MAX 64
#define AWS_QUOTA      100 /* members of a group; transit gateway quotas, not adjustable */
#define AWS_QUOTA_NEAR 90

/* How one question went. */
struct aws_answer {
	enum { AWS_NOT_ASKED, AWS_ANSWERED, AWS_FAILED, AWS_NO_SUCH } state;
	char why[400]; /* not ANSWERED: a sentence, which names the permission that is missing if that is the reason */
};

struct aws_facts {
	char region[AWS_WORD];

	struct aws_answer interface; /* DescribeNetworkInterfaces */
	char interface_id[AWS_ID];
	char interface_type[AWS_WORD]; /* "interface", "efa", ... */
	char subnet_id[AWS_ID];
	char vpc_id[AWS_ID];
	char instance_id[AWS_ID];
	bool source_dest_check;
	unsigned groups;
	char group[AWS_GROUPS_MAX][AWS_ID];

	struct aws_answer security; /* DescribeSecurityGroups */
	size_t group_rules;
	struct group_rule *group_rule; /* owned */

	struct aws_answer acl; /* DescribeNetworkAcls */
	char acl_id[AWS_ID];
	size_t acl_rules;
	struct acl_rule *acl_rule; /* owned; sorted */

	struct aws_answer vpc; /* DescribeVpcs; asked if nobody is known to send */
	unsigned ranges;
	struct span range[AWS_RANGES_MAX];

	struct aws_answer type; /* DescribeInstanceTypes */
	char instance_type[AWS_WORD];
	char hypervisor[AWS_WORD]; /* "nitro", "xen"; "" = bare metal or not said */
	bool bare_metal;
	char ena_support[AWS_WORD]; /* "required", "supported", "unsupported"; "" = not said */

	char domain_id[AWS_DOMAIN_ID]; /* "" = none is configured */
	struct aws_answer domain;      /* DescribeTransitGatewayMulticastDomains */
	char domain_state[AWS_WORD];
	char gateway_id[AWS_ID];
	bool igmpv2;
	bool static_sources;

	struct aws_answer association;	  /* GetTransitGatewayMulticastDomainAssociations */
	char association_state[AWS_WORD]; /* of this host's subnet; "" = it is not associated */
	char attachment_id[AWS_WORD * 2]; /* of this host's VPC; "" = not known */

	struct aws_answer members; /* SearchTransitGatewayMulticastGroups */
	unsigned member_count;
	bool own_member;
	bool own_static_member;
	bool own_source;
};

void check_free_aws(struct aws_facts *facts);

/* What the answers of EC2 say, an XML document each; pages are added to what the ones before said. */
struct gb_aws_node;
void aws_read_interface(struct aws_facts *facts, const struct gb_aws_node *root);
int aws_read_groups(struct aws_facts *facts, const struct gb_aws_node *root); /* 0 or -ENOMEM, here and below */
int aws_read_acl(struct aws_facts *facts, const struct gb_aws_node *root);
void aws_read_vpc(struct aws_facts *facts, const struct gb_aws_node *root);
void aws_read_type(struct aws_facts *facts, const struct gb_aws_node *root);
void aws_read_domain(struct aws_facts *facts, const struct gb_aws_node *root);
void aws_read_associations(struct aws_facts *facts, const struct gb_aws_node *root);
void aws_read_members(struct aws_facts *facts, const struct gb_aws_node *root);

/* Judges; LOCAL says which group, port and senders. */
void check_judge_aws(struct check_list *list, const struct aws_facts *facts, const struct local_facts *local);
void check_judge_aws_rules(struct check_list *list, const struct aws_facts *facts, const struct local_facts *local);

/* ---- asking; check_aws_none.c in a build without the AWS part ---- */

struct aws_session;

/* Whether this host is in AWS, or somebody says so: a domain or an endpoint is set. Then asks, judges, and adds the AWS checks
 * to LIST; else writes the list's note. Local facts, of all PATHS, get aws and domain_id before they are judged, so this
 * comes in two steps, of which the second is taken for each path. DOMAIN_ID NULL: the configuration's. *SESSION, NULL if
 * there is none, is freed with check_aws_close.
 */
void check_aws_open(struct aws_session **session, struct local_facts *local, unsigned paths, const char *domain_id,
		    struct check_list *list);
void check_aws_ask(struct aws_session *session, const struct local_facts *local, struct check_list *list);
void check_aws_close(struct aws_session *session);

/* Does what --fix may for CHECK. Returns 0, or -1 with a sentence in WHY. */
int check_aws_mend(struct aws_session *session, const struct check *check, char *why, size_t size);

#endif
