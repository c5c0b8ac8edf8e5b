/* SPDX-License-Identifier: Apache-2.0 */
/* The one question of goose-bridge-aws: is this host's own network interface a member of the group? */
#ifndef AWS_QUESTION_H
#define AWS_QUESTION_H

#include <goose-bridge/aws.h>
#include <goose-bridge/registry.h>

struct question {
	const char *domain_id;
	struct in_addr group;
	const char *interface; /* whose address the metadata service knows the interface id of */
	/* what was learnt; begins as 0 */
	uint8_t mac[6];
	char interface_id[GB_AWS_INTERFACE_ID]; /* of MAC; "" = not known yet */
};

/* Asks, which takes QUESTION_MAX_S at most. ANSWER gets everything but utc_ns: MEMBER and ABSENT only from a whole answer,
 * UNKNOWN with the reason else. The result is what it came to, GB_AWS_OK for MEMBER and ABSENT.
 */
enum gb_aws_result question_ask(struct gb_aws *aws, struct question *question, struct gb_registry_answer *answer);

#define QUESTION_MAX_S 45

/* What one page of SearchTransitGatewayMulticastGroups says. Pure. */
struct question_count {
	const char *interface_id;
	const char *group;
	bool found;	/* the interface is a member */
	bool malformed; /* it is no page of that answer */
	unsigned members; /* so far */
};

void question_take_page(struct question_count *count, const struct gb_aws_node *root);

#endif
