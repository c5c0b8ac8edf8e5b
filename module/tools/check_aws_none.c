/* SPDX-License-Identifier: Apache-2.0 */
/* The AWS part of a build without it (configure --without-aws). */
#include "check_aws.h"

void check_aws_open(struct aws_session **session, struct local_facts *local, unsigned paths, const char *domain_id,
		    struct check_list *list)
{
	(void)local;
	(void)paths;
	(void)domain_id;
	*session = NULL;
	snprintf(list->note, sizeof(list->note),
		 "The AWS part was not checked: this program was built without it (configure --without-aws).");
}

void check_aws_ask(struct aws_session *session, const struct local_facts *local, struct check_list *list)
{
	(void)session;
	(void)local;
	(void)list;
}

void check_aws_close(struct aws_session *session)
{
	(void)session;
}

int check_aws_mend(struct aws_session *session, const struct check *check, char *why, size_t size)
{
	(void)session;
	(void)check;
	snprintf(why, size, "this program was built without the AWS part");
	return -1;
}
