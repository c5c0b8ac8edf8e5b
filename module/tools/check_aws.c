/* SPDX-License-Identifier: Apache-2.0 */
/* Judges what AWS says of this host's network interface and of the multicast domain. */
#include "check_aws.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

void check_free_aws(struct aws_facts *facts)
{
	free(facts->group_rule);
	free(facts->acl_rule);
	facts->group_rule = NULL;
	facts->acl_rule = NULL;
}

/* Where an answer is missing, all that hangs on it is unknown, for the same reason. True if it is there. */
static bool is_known(struct check_list *list, enum check_kind kind, const struct aws_answer *answer)
{
	if (answer->state == AWS_ANSWERED)
		return true;
	check_add(list, kind, CHECK_UNKNOWN, "%s", *answer->why ? answer->why : "it could not be asked for");
	return false;
}

/* ---- the interface and its instance --------------------------------------------------------------------------------- */

static bool is_nitro(const struct aws_facts *f)
{
	return strcmp(f->hypervisor, "nitro") == 0 || (f->bare_metal && strcmp(f->ena_support, "unsupported") != 0);
}

static void judge_interface(struct check_list *list, const struct aws_facts *f)
{
	if (is_known(list, CHECK_AWS_INTERFACE, &f->interface))
		check_add(list, CHECK_AWS_INTERFACE, CHECK_PASS, "this host's network interface is %s in %s of %s, type %s",
			  f->interface_id, f->subnet_id, f->vpc_id, f->interface_type);
}

static void judge_type(struct check_list *list, const struct aws_facts *f)
{
	struct check *check;

	if (!is_known(list, CHECK_INSTANCE_TYPE, &f->type))
		return;
	if (is_nitro(f)) {
		check_add(list, CHECK_INSTANCE_TYPE, CHECK_PASS, "%s is a Nitro instance", f->instance_type);
	} else if (*f->hypervisor) {
		check = check_add(list, CHECK_INSTANCE_TYPE, CHECK_FAIL,
				  "%s is no Nitro instance (%s): it can receive from a multicast group, but not send to it",
				  f->instance_type, f->hypervisor);
		if (*f->instance_id)
			check_fix(check,
				  "aws ec2 stop-instances --region %s --instance-ids %s && "
				  "aws ec2 wait instance-stopped --region %s --instance-ids %s && "
				  "aws ec2 modify-instance-attribute --region %s --instance-id %s --instance-type "
				  "Value=m5.large && "
				  "aws ec2 start-instances --region %s --instance-ids %s",
				  f->region, f->instance_id, f->region, f->instance_id, f->region, f->instance_id, f->region,
				  f->instance_id);
	} else {
		check_add(list, CHECK_INSTANCE_TYPE, CHECK_UNKNOWN, "AWS does not say whether %s is a Nitro instance",
			  f->instance_type);
	}
}

static void judge_source_dest(struct check_list *list, const struct aws_facts *f)
{
	struct check *check;

	if (!is_known(list, CHECK_SOURCE_DEST_CHECK, &f->interface))
		return;
	if (!f->source_dest_check) {
		check_add(list, CHECK_SOURCE_DEST_CHECK, CHECK_PASS, "it is off for %s", f->interface_id);
	} else if (f->type.state == AWS_ANSWERED && is_nitro(f)) {
		check_add(list, CHECK_SOURCE_DEST_CHECK, CHECK_PASS,
			  "it is on for %s, which does not matter on a Nitro instance", f->interface_id);
	} else if (f->type.state == AWS_ANSWERED && *f->hypervisor) {
		check = check_add(list, CHECK_SOURCE_DEST_CHECK, CHECK_FAIL,
				  "it is on for %s, and an instance that is no Nitro instance then gets no multicast",
				  f->interface_id);
		check_fix(check,
			  "aws ec2 modify-network-interface-attribute --region %s --network-interface-id %s "
			  "--no-source-dest-check",
			  f->region, f->interface_id);
		check->action = "ModifyNetworkInterfaceAttribute";
		check_mend(check, CHECK_MEND_EC2, "NetworkInterfaceId", "%s", f->interface_id);
		check_mend(check, CHECK_MEND_EC2, "SourceDestCheck.Value", "false");
	} else {
		check_add(list, CHECK_SOURCE_DEST_CHECK, CHECK_UNKNOWN,
			  "it is on for %s, which matters on an instance that is no Nitro instance, and that is not known%s%s",
			  f->interface_id, *f->type.why ? ": " : "", f->type.why);
	}
}

/* ---- the multicast domain ------------------------------------------------------------------------------------------- */

static void fix_with_domains(struct check *check, const struct aws_facts *f)
{
	check_fix(check,
		  "aws ec2 describe-transit-gateway-multicast-domains --region %s --query "
		  "'TransitGatewayMulticastDomains[].[TransitGatewayMulticastDomainId,TransitGatewayId,State]' --output text",
		  f->region);
}

static void judge_domain(struct check_list *list, const struct aws_facts *f)
{
	if (!*f->domain_id)
		fix_with_domains(check_add(list, CHECK_MULTICAST_DOMAIN, CHECK_UNKNOWN,
					   "tgw_multicast_domain_id is not set, so no domain can be asked about"),
				 f);
	else if (f->domain.state == AWS_NO_SUCH)
		fix_with_domains(
			check_add(list, CHECK_MULTICAST_DOMAIN, CHECK_FAIL,
				  "there is no multicast domain %s in %s; set tgw_multicast_domain_id to one that there is",
				  f->domain_id, f->region),
			f);
	else if (!is_known(list, CHECK_MULTICAST_DOMAIN, &f->domain))
		return;
	else if (strcmp(f->domain_state, "available") == 0)
		check_add(list, CHECK_MULTICAST_DOMAIN, CHECK_PASS, "%s is available on %s", f->domain_id, f->gateway_id);
	else if (strcmp(f->domain_state, "pending") == 0)
		check_add(list, CHECK_MULTICAST_DOMAIN, CHECK_UNKNOWN, "%s is being made; check again in a minute",
			  f->domain_id);
	else
		check_fix(check_add(list, CHECK_MULTICAST_DOMAIN, CHECK_FAIL, "the state of %s is %s", f->domain_id,
				    f->domain_state),
			  "aws ec2 create-transit-gateway-multicast-domain --region %s --transit-gateway-id %s --options "
			  "Igmpv2Support=enable,StaticSourcesSupport=disable",
			  f->region, f->gateway_id);
}

/* A domain cannot be changed: another one takes its place. */
static void judge_igmpv2(struct check_list *list, const struct aws_facts *f)
{
	if (!is_known(list, CHECK_IGMPV2_SUPPORT, &f->domain))
		return;
	if (f->igmpv2)
		check_add(list, CHECK_IGMPV2_SUPPORT, CHECK_PASS, "%s takes members by IGMPv2", f->domain_id);
	else if (f->own_static_member)
		check_add(list, CHECK_IGMPV2_SUPPORT, CHECK_PASS,
			  "%s takes no members by IGMP, but this host is registered as a static one", f->domain_id);
	else
		check_fix(check_add(list, CHECK_IGMPV2_SUPPORT, CHECK_FAIL,
				    "%s was made without IGMPv2 support, which cannot be changed: whatever this host reports "
				    "is ignored",
				    f->domain_id),
			  "aws ec2 create-transit-gateway-multicast-domain --region %s --transit-gateway-id %s --options "
			  "Igmpv2Support=enable,StaticSourcesSupport=disable",
			  f->region, f->gateway_id);
}

static void judge_static_sources(struct check_list *list, const struct aws_facts *f, const char *group)
{
	if (!is_known(list, CHECK_STATIC_SOURCES, &f->domain))
		return;
	if (!f->static_sources)
		check_add(list, CHECK_STATIC_SOURCES, CHECK_PASS, "every member may send");
	else if (!is_known(list, CHECK_STATIC_SOURCES, &f->members))
		return;
	else if (f->own_source)
		check_add(list, CHECK_STATIC_SOURCES, CHECK_PASS, "only registered sources may send, and %s is one",
			  f->interface_id);
	else
		check_fix(check_add(list, CHECK_STATIC_SOURCES, CHECK_FAIL,
				    "%s has static sources support: only registered sources may send, and %s is none",
				    f->domain_id, f->interface_id),
			  "aws ec2 register-transit-gateway-multicast-group-sources --region %s "
			  "--transit-gateway-multicast-domain-id %s --group-ip-address %s --network-interface-ids %s",
			  f->region, f->domain_id, group, f->interface_id);
}

static void fix_association(struct check *check, const struct aws_facts *f, const char *command)
{
	check_fix(check,
		  "aws ec2 %s --region %s --transit-gateway-multicast-domain-id %s --subnet-ids %s "
		  "--transit-gateway-attachment-id ",
		  command, f->region, f->domain_id, f->subnet_id);
	if (*f->attachment_id)
		check_fix(check, "%s", f->attachment_id);
	else
		check_fix(check,
			  "\"$(aws ec2 describe-transit-gateway-vpc-attachments --region %s --filters Name=vpc-id,Values=%s "
			  "Name=transit-gateway-id,Values=%s --query "
			  "'TransitGatewayVpcAttachments[0].TransitGatewayAttachmentId' --output text)\"",
			  f->region, f->vpc_id, f->gateway_id);
}

static void judge_association(struct check_list *list, const struct aws_facts *f)
{
	const char *state = f->association_state;

	if (!is_known(list, CHECK_SUBNET_ASSOCIATION, &f->association))
		return;
	if (!*f->subnet_id)
		check_add(list, CHECK_SUBNET_ASSOCIATION, CHECK_UNKNOWN, "%s",
			  *f->interface.why ? f->interface.why : "this host's subnet is not known");
	else if (strcmp(state, "associated") == 0)
		check_add(list, CHECK_SUBNET_ASSOCIATION, CHECK_PASS, "%s is associated with the domain", f->subnet_id);
	else if (strcmp(state, "associating") == 0)
		check_add(list, CHECK_SUBNET_ASSOCIATION, CHECK_UNKNOWN, "%s is being associated; check again in a minute",
			  f->subnet_id);
	else if (strcmp(state, "pendingAcceptance") == 0)
		fix_association(check_add(list, CHECK_SUBNET_ASSOCIATION, CHECK_FAIL,
					  "the domain's owner has not accepted %s yet", f->subnet_id),
				f, "accept-transit-gateway-multicast-domain-associations");
	else
		fix_association(check_add(list, CHECK_SUBNET_ASSOCIATION, CHECK_FAIL,
					  *state ? "the association of %s with the domain is %s"
						 : "%s is not associated with the domain%s",
					  f->subnet_id, state),
				f, "associate-transit-gateway-multicast-domain");
}

static void judge_members(struct check_list *list, const struct aws_facts *f, const struct local_facts *local,
			  const char *group)
{
	struct check *check;

	if (!is_known(list, CHECK_REGISTERED_MEMBER, &f->members))
		return;
	if (f->own_member) {
		check_add(list, CHECK_REGISTERED_MEMBER, CHECK_PASS, "AWS has %s as a member of %s", f->interface_id, group);
		return;
	}
	if (!*f->interface_id) {
		check_add(list, CHECK_REGISTERED_MEMBER, CHECK_UNKNOWN, "%s",
			  *f->interface.why ? f->interface.why : "which network interface is this host's is not known");
		return;
	}
	check = check_add(list, CHECK_REGISTERED_MEMBER, CHECK_FAIL,
			  "AWS does not have %s as a member of %s, so it delivers nothing of it here", f->interface_id, group);
	if (f->domain.state == AWS_ANSWERED && !f->igmpv2)
		check_fix(check,
			  "aws ec2 register-transit-gateway-multicast-group-members --region %s "
			  "--transit-gateway-multicast-domain-id %s --group-ip-address %s --network-interface-ids %s",
			  f->region, f->domain_id, group, f->interface_id);
	else if (local->service.state == SERVICE_RUNNING) /* it joins anew, with a burst of reports */
		check_fix(check, "goose-bridge-ctl -s '%s' igmp leave && goose-bridge-ctl -s '%s' reload", local->socket,
			  local->socket);
	else
		check_fix(check, local->systemd ? "systemctl start goose-bridge" : "goose-bridge -d -c '%s'",
			  local->config_file);
}

static void judge_quota(struct check_list *list, const struct aws_facts *f, const char *group)
{
	if (!is_known(list, CHECK_MEMBER_QUOTA, &f->members))
		return;
	if (f->member_count < AWS_QUOTA_NEAR)
		check_add(list, CHECK_MEMBER_QUOTA, CHECK_PASS, "%s has %u of at most %d members", group, f->member_count,
			  AWS_QUOTA);
	else
		check_fix(
			check_add(list, CHECK_MEMBER_QUOTA, CHECK_FAIL,
				  "%s has %u of at most %d members: further ones will be refused; deregister what is no longer "
				  "there",
				  group, f->member_count, AWS_QUOTA),
			"aws ec2 search-transit-gateway-multicast-groups --region %s --transit-gateway-multicast-domain-id %s "
			"--filters Name=group-ip-address,Values=%s --query 'MulticastGroups[].[NetworkInterfaceId,SubnetId]' "
			"--output text",
			f->region, f->domain_id, group);
}

void check_judge_aws(struct check_list *list, const struct aws_facts *facts, const struct local_facts *local)
{
	char group[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &local->config->multicast_ip, group, sizeof(group));
	judge_interface(list, facts);
	judge_type(list, facts);
	judge_source_dest(list, facts);
	check_judge_aws_rules(list, facts, local);
	judge_domain(list, facts);
	judge_igmpv2(list, facts);
	judge_static_sources(list, facts, group);
	judge_association(list, facts);
	judge_members(list, facts, local, group);
	judge_quota(list, facts, group);
}
