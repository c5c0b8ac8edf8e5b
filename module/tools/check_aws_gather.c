/* SPDX-License-Identifier: Apache-2.0 */
/* Asks AWS: which network interface this host has, what stands in its way, and the multicast domain. */
#include "check_aws.h"

#include <arpa/inet.h>
#include <goose-bridge/aws.h>
#include <goose-bridge/registry.h>
#include <stdlib.h>
#include <string.h>

#define DETECT_MS 1000 /* the metadata service is next door, or it is not there */
#define ASK_MS	  10000

struct aws_session {
	struct gb_aws *aws;
};

/* ---- questions ------------------------------------------------------------------------------------------------------ */

static void note_failure(struct aws_session *session, struct aws_answer *answer, const char *action, enum gb_aws_result result,
			 const char *error)
{
	const char *code = gb_aws_error_code(session->aws);

	answer->state = result == GB_AWS_NOT_FOUND ? AWS_NO_SUCH : AWS_FAILED;
	switch (result) {
	case GB_AWS_DENIED:
		if (strcmp(code, "UnauthorizedOperation") == 0 || strcmp(code, "AccessDenied") == 0)
			snprintf(answer->why, sizeof(answer->why), "the credentials do not allow ec2:%s (%s)", action, code);
		else
			snprintf(answer->why, sizeof(answer->why), "AWS does not take the credentials for ec2:%s: %s", action,
				 error);
		break;
	case GB_AWS_NO_CREDENTIALS:
		snprintf(answer->why, sizeof(answer->why),
			 "there are no credentials to ask AWS with: give the instance a role that allows ec2:%s (%s)", action,
			 error);
		break;
	default:
		snprintf(answer->why, sizeof(answer->why), "%s: %s", action, error);
		break;
	}
}

/* One question with one answer; NULL where there is none, with the reason in ANSWER. */
static struct gb_aws_document *ask(struct aws_session *session, struct aws_answer *answer, const char *action,
				   const struct gb_aws_parameter *parameters, size_t count)
{
	struct gb_aws_document *document = NULL;
	char error[300] = "";
	enum gb_aws_result result = gb_aws_ec2(session->aws, action, parameters, count, &document, error, sizeof(error));

	if (result == GB_AWS_OK)
		answer->state = AWS_ANSWERED;
	else
		note_failure(session, answer, action, result, error);
	return document;
}

static void hang_on(struct aws_answer *answer, const struct aws_answer *other)
{
	answer->state = AWS_FAILED;
	memcpy(answer->why, other->why, sizeof(answer->why));
}

static void short_of_memory(struct aws_answer *answer)
{
	answer->state = AWS_FAILED;
	snprintf(answer->why, sizeof(answer->why), "memory is short");
}

/* By the metadata service if it answers, else by the interface's address. */
static void ask_interface(struct aws_session *session, struct aws_facts *f, const struct link_facts *network)
{
	char mac[24], unused[200], id[GB_AWS_INTERFACE_ID];
	struct gb_aws_parameter by_id = {"NetworkInterfaceId.1", id};
	struct gb_aws_parameter by_mac[] = {{"Filter.1.Name", "mac-address"}, {"Filter.1.Value.1", mac}};
	struct gb_aws_document *document;

	if (!network->has_mac) {
		f->interface.state = AWS_FAILED;
		snprintf(f->interface.why, sizeof(f->interface.why),
			 "which network interface is this host's cannot be told without its hardware address");
		return;
	}
	snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", network->mac[0], network->mac[1], network->mac[2],
		 network->mac[3], network->mac[4], network->mac[5]);
	if (gb_aws_own_interface(session->aws, network->mac, id, unused, sizeof(unused)) == GB_AWS_OK) {
		memcpy(f->interface_id, id, sizeof(f->interface_id)); /* enough to be found among the members */
		document = ask(session, &f->interface, "DescribeNetworkInterfaces", &by_id, 1);
	} else {
		document = ask(session, &f->interface, "DescribeNetworkInterfaces", by_mac, 2);
	}
	if (document)
		aws_read_interface(f, gb_aws_root(document));
	if (document && !*f->interface_id) {
		f->interface.state = AWS_FAILED;
		snprintf(f->interface.why, sizeof(f->interface.why), "AWS knows no network interface with the address %s", mac);
	}
	gb_aws_document_free(document);
}

static void ask_groups(struct aws_session *session, struct aws_facts *f)
{
	struct gb_aws_parameter parameters[AWS_GROUPS_MAX];
	char name[AWS_GROUPS_MAX][24];
	struct gb_aws_document *document;

	if (f->interface.state != AWS_ANSWERED || f->groups == 0) {
		hang_on(&f->security, &f->interface);
		return;
	}
	for (unsigned i = 0; i < f->groups; i++) {
		snprintf(name[i], sizeof(name[i]), "GroupId.%u", i + 1);
		parameters[i] = (struct gb_aws_parameter){name[i], f->group[i]};
	}
	document = ask(session, &f->security, "DescribeSecurityGroups", parameters, f->groups);
	if (document && aws_read_groups(f, gb_aws_root(document)) < 0)
		short_of_memory(&f->security);
	gb_aws_document_free(document);
}

static void ask_acl(struct aws_session *session, struct aws_facts *f)
{
	struct gb_aws_parameter parameters[] = {{"Filter.1.Name", "association.subnet-id"}, {"Filter.1.Value.1", f->subnet_id}};
	struct gb_aws_document *document;

	if (f->interface.state != AWS_ANSWERED) {
		hang_on(&f->acl, &f->interface);
		return;
	}
	document = ask(session, &f->acl, "DescribeNetworkAcls", parameters, 2);
	if (document && aws_read_acl(f, gb_aws_root(document)) < 0)
		short_of_memory(&f->acl);
	else if (document && !*f->acl_id) {
		f->acl.state = AWS_FAILED;
		snprintf(f->acl.why, sizeof(f->acl.why), "AWS knows no network ACL of %s", f->subnet_id);
	}
	gb_aws_document_free(document);
}

/* The type by the metadata service, else by the instance. */
static void ask_type(struct aws_session *session, struct aws_facts *f)
{
	struct gb_aws_parameter type = {"InstanceType.1", f->instance_type}, instance = {"InstanceId.1", f->instance_id};
	struct gb_aws_document *document;
	char unused[200];

	if (gb_aws_imds(session->aws, "meta-data/instance-type", f->instance_type, sizeof(f->instance_type), unused,
			sizeof(unused)) != GB_AWS_OK) {
		*f->instance_type = 0;
		if (f->interface.state != AWS_ANSWERED || !*f->instance_id) {
			hang_on(&f->type, &f->interface);
			if (!*f->type.why)
				snprintf(f->type.why, sizeof(f->type.why), "the instance's type is not known");
			return;
		}
		document = ask(session, &f->type, "DescribeInstances", &instance, 1);
		if (!document)
			return;
		snprintf(f->instance_type, sizeof(f->instance_type), "%s",
			 gb_aws_text(gb_aws_root(document), "reservationSet/item/instancesSet/item/instanceType", ""));
		gb_aws_document_free(document);
	}
	document = ask(session, &f->type, "DescribeInstanceTypes", &type, 1);
	if (document)
		aws_read_type(f, gb_aws_root(document));
	gb_aws_document_free(document);
}

static void ask_vpc(struct aws_session *session, struct aws_facts *f)
{
	struct gb_aws_parameter parameter = {"VpcId.1", f->vpc_id};
	struct gb_aws_document *document;

	if (f->interface.state != AWS_ANSWERED)
		return;
	document = ask(session, &f->vpc, "DescribeVpcs", &parameter, 1);
	if (document)
		aws_read_vpc(f, gb_aws_root(document));
	gb_aws_document_free(document);
}

static bool take_associations(void *facts, const struct gb_aws_node *root)
{
	aws_read_associations(facts, root);
	return true;
}

static bool take_members(void *facts, const struct gb_aws_node *root)
{
	aws_read_members(facts, root);
	return true;
}

static void ask_pages(struct aws_session *session, struct aws_facts *f, struct aws_answer *answer, const char *action,
		      const struct gb_aws_parameter *parameters, size_t count, gb_aws_page *take)
{
	char error[300] = "";
	enum gb_aws_result result = gb_aws_ec2_pages(session->aws, action, parameters, count, take, f, error, sizeof(error));

	if (result == GB_AWS_OK)
		answer->state = AWS_ANSWERED;
	else
		note_failure(session, answer, action, result, error);
}

static void ask_domain(struct aws_session *session, struct aws_facts *f, struct in_addr group_address)
{
	char group[INET_ADDRSTRLEN];
	struct gb_aws_parameter described = {"TransitGatewayMulticastDomainIds.1", f->domain_id};
	struct gb_aws_parameter parameters[] = {{"TransitGatewayMulticastDomainId", f->domain_id},
						{"Filter.1.Name", "group-ip-address"},
						{"Filter.1.Value.1", group}};
	struct gb_aws_document *document;

	inet_ntop(AF_INET, &group_address, group, sizeof(group));
	document = ask(session, &f->domain, "DescribeTransitGatewayMulticastDomains", &described, 1);
	if (document)
		aws_read_domain(f, gb_aws_root(document));
	if (document && !*f->domain_state) {
		f->domain.state = AWS_NO_SUCH;
		snprintf(f->domain.why, sizeof(f->domain.why), "there is no multicast domain %s", f->domain_id);
	}
	gb_aws_document_free(document);
	ask_pages(session, f, &f->association, "GetTransitGatewayMulticastDomainAssociations", parameters, 1,
		  take_associations);
	ask_pages(session, f, &f->members, "SearchTransitGatewayMulticastGroups", parameters, 3, take_members);
}

/* ---- the session ---------------------------------------------------------------------------------------------------- */

static bool is_set(const char *variable)
{
	const char *value = getenv(variable);

	return value && *value;
}

static bool metadata_answers(void)
{
	struct gb_aws_settings settings = {.timeout_ms = DETECT_MS};
	struct gb_aws *aws;
	char text[64], error[200];
	bool answers;

	if (gb_aws_create(&aws, &settings) != 0)
		return false;
	answers = gb_aws_imds(aws, "meta-data/instance-id", text, sizeof(text), error, sizeof(error)) == GB_AWS_OK;
	gb_aws_destroy(aws);
	return answers;
}

void check_aws_open(struct aws_session **session, struct local_facts *local, unsigned paths, const char *domain_id,
		    struct check_list *list)
{
	struct gb_aws_settings settings = {.timeout_ms = ASK_MS};
	bool aws = false;

	*session = NULL;
	for (unsigned i = 0; i < paths; i++) {
		const char *own = local[i].config->tgw_multicast_domain_id;

		snprintf(local[i].domain_id, sizeof(local[i].domain_id), "%s",
			 domain_id ? domain_id : gb_registry_is_wanted(own) ? own : "");
		aws |= *local[i].domain_id;
	}
	aws = aws || is_set("AWS_ENDPOINT_URL_EC2") || is_set("AWS_ENDPOINT_URL") || metadata_answers();
	for (unsigned i = 0; i < paths; i++)
		local[i].aws = aws;
	if (!aws) {
		snprintf(list->note, sizeof(list->note),
			 "This host is not in AWS (no instance metadata service answers, and no multicast domain is set): only "
			 "the "
			 "local part was checked.");
		return;
	}
	*session = calloc(1, sizeof(**session));
	if (!*session || gb_aws_create(&(*session)->aws, &settings) != 0) {
		free(*session);
		*session = NULL;
		snprintf(list->note, sizeof(list->note), "The AWS part was not checked: memory is short.");
	}
}

void check_aws_close(struct aws_session *session)
{
	if (session)
		gb_aws_destroy(session->aws);
	free(session);
}

static void fail_all(struct aws_facts *f, const char *why)
{
	struct aws_answer *answers[] = {&f->interface, &f->security,	&f->acl,    &f->type,
					&f->domain,    &f->association, &f->members};

	for (unsigned i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		answers[i]->state = AWS_FAILED;
		snprintf(answers[i]->why, sizeof(answers[i]->why), "%s", why);
	}
}

void check_aws_ask(struct aws_session *session, const struct local_facts *local, struct check_list *list)
{
	static const char no_domain[] = "no multicast domain is set: tgw_multicast_domain_id";
	struct aws_facts facts = {0};
	const char *region = "";
	char error[300] = "";

	memcpy(facts.domain_id, local->domain_id, sizeof(facts.domain_id));
	list->aws = true;
	if (gb_aws_region(session->aws, &region, error, sizeof(error)) != GB_AWS_OK) {
		fail_all(&facts, error);
	} else {
		snprintf(facts.region, sizeof(facts.region), "%s", region);
		ask_interface(session, &facts, &local->network);
		ask_groups(session, &facts);
		ask_acl(session, &facts);
		ask_type(session, &facts);
		if (local->senders == 0)
			ask_vpc(session, &facts);
		if (*facts.domain_id)
			ask_domain(session, &facts, local->config->multicast_ip);
	}
	if (!*facts.domain_id) {
		snprintf(facts.domain.why, sizeof(facts.domain.why), "%s", no_domain);
		hang_on(&facts.association, &facts.domain);
		hang_on(&facts.members, &facts.domain);
	}
	check_judge_aws(list, &facts, local);
	check_free_aws(&facts);
}

int check_aws_mend(struct aws_session *session, const struct check *check, char *why, size_t size)
{
	struct gb_aws_parameter parameters[GB_AWS_PARAMETERS_MAX];
	struct gb_aws_document *document = NULL;
	enum gb_aws_result result;
	size_t count = 0;
	char error[300] = "";

	for (unsigned i = 0; i < check->parameters && count < GB_AWS_PARAMETERS_MAX; i++)
		parameters[count++] = (struct gb_aws_parameter){check->parameter[i].name, check->parameter[i].value};
	result = gb_aws_ec2(session->aws, check->action, parameters, count, &document, error, sizeof(error));
	gb_aws_document_free(document);
	if (result == GB_AWS_OK || strcmp(gb_aws_error_code(session->aws), "InvalidPermission.Duplicate") == 0)
		return 0;
	if (result == GB_AWS_DENIED)
		snprintf(why, size, "the credentials do not allow ec2:%s: %s", check->action, error);
	else
		snprintf(why, size, "%s", error);
	return -1;
}
