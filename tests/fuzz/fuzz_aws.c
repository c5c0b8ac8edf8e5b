/* SPDX-License-Identifier: Apache-2.0 */
/* What comes from AWS and from files of credentials. The first octet says which: XML of EC2, a shared file, JSON of a role, or
 * where a container's credentials may be asked for.
 */
#include "module/aws/credentials.h"
#include "module/aws/question.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_xml(const char *text, size_t length)
{
	struct gb_aws_document *document = gb_aws_document_parse(text, length);
	struct question_count count = {.interface_id = "eni-0123456789abcdef0", .group = "224.0.1.100"};

	if (!document)
		return;
	question_take_page(&count, gb_aws_root(document));
	if (count.found && count.members == 0)
		abort();
	gb_aws_text(gb_aws_root(document), "Errors/Error/Code", "");
	gb_aws_document_free(document);
}

static void check(const struct credentials *credentials)
{
	if (!credentials->key[0] || !credentials->secret[0])
		abort();
	/* each stands in a header */
	for (const char *at = credentials->token; *at; at++)
		if (*at <= ' ' || *at > '~')
			abort();
}

static void read_url(const char *text, size_t length)
{
	char *url = strndup(text, length);

	if (url)
		credentials_may_ask(url);
	free(url);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data + 1;
	struct credentials credentials;

	if (size == 0)
		return 0;
	switch (data[0]) {
	case 'x':
		read_xml(text, size - 1);
		break;
	case 'f':
		if (credentials_read_file(text, size - 1, "default", &credentials))
			check(&credentials);
		break;
	case 'j':
		if (credentials_read_json(text, size - 1, &credentials))
			check(&credentials);
		break;
	default:
		read_url(text, size - 1);
		break;
	}
	return 0;
}
