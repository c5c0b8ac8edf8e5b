/* SPDX-License-Identifier: Apache-2.0 */
/* The EC2 query API: parameters as a form, signed, POSTed to "/"; XML comes back.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html
 */
#include "aws_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define API_VERSION "2016-11-15"
#define BODY_MAX    (64 * 1024) /* octets of a question */

/* ---- what a refusal means ---- */

static bool is_one_of(const char *code, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(code, *list) == 0)
			return true;
	return false;
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), wanted = strlen(end);

	return length >= wanted && strcmp(text + length - wanted, end) == 0;
}

/* https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html */
enum gb_aws_result ec2_judge(long status, const char *code)
{
	static const char *const throttled[] = {"RequestLimitExceeded", "RequestThrottled", "RequestThrottledException",
						"TooManyRequestsException", "EC2ThrottledException", "SlowDown",
						"Unavailable", "ServiceUnavailable", "InsufficientCapacity", NULL};
	static const char *const denied[] = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthFailure",
					     "ExpiredToken", "ExpiredTokenException", "RequestExpired", "InvalidClientTokenId",
					     "SignatureDoesNotMatch", "UnrecognizedClientException", "IncompleteSignature",
					     "MissingAuthenticationToken", "InvalidAccessKeyId", "InvalidSecurityToken",
					     "OptInRequired", "PendingVerification", "Blocked", NULL};

	if (is_one_of(code, throttled) || strncmp(code, "Throttl", 7) == 0)
		return GB_AWS_THROTTLED;
	if (is_one_of(code, denied))
		return GB_AWS_DENIED;
	if (strncmp(code, "Invalid", 7) == 0 && (ends_with(code, "NotFound") || ends_with(code, "Malformed")))
		return GB_AWS_NOT_FOUND;
	if (status == 429 || status == 503)
		return GB_AWS_THROTTLED;
	if (status >= 500)
		return GB_AWS_UNREACHABLE;
	if (*code)
		return GB_AWS_REFUSED;
	return status == 401 || status == 403 ? GB_AWS_DENIED : GB_AWS_MALFORMED;
}

/* Whether other credentials may be answered better. */
static bool is_of_credentials(const char *code)
{
	static const char *const codes[] = {"AuthFailure", "ExpiredToken", "ExpiredTokenException", "RequestExpired",
					    "InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId",
					    "InvalidSecurityToken", NULL};

	return is_one_of(code, codes);
}

/* The server's words, cut, and without what would steer a terminal. */
static void copy_words(char *out, size_t size, const char *words)
{
	snprintf(out, size, "%s", words);
	for (char *at = out; *at; at++)
		if ((unsigned char)*at < ' ' || *at == '\x7F')
			*at = ' ';
}

static enum gb_aws_result take_refusal(struct gb_aws *aws, const char *action, const struct http_answer *answer, char *error,
				       size_t size)
{
	struct gb_aws_document *document = gb_aws_document_parse(answer->body, answer->length);
	const struct gb_aws_node *root = gb_aws_root(document), *fault = gb_aws_child(root, "Errors/Error");
	char message[300];
	enum gb_aws_result result;

	if (!fault)
		fault = gb_aws_child(root, "Error");
	copy_words(aws->error_code, sizeof(aws->error_code), gb_aws_text(fault, "Code", ""));
	copy_words(message, sizeof(message), gb_aws_text(fault, "Message", ""));
	gb_aws_document_free(document);
	result = ec2_judge(answer->status, aws->error_code);
	if (aws->error_code[0])
		snprintf(error, size, "EC2 refuses %s: %s: %s", action, aws->error_code, message);
	else
		snprintf(error, size, "%s answers %s with status %ld", aws->endpoint, action, answer->status);
	if (is_of_credentials(aws->error_code))
		credentials_forget(&aws->credentials);
	return result;
}

static enum gb_aws_result take_answer(struct gb_aws *aws, const char *action, const struct http_answer *answer,
				      struct gb_aws_document **document, char *error, size_t size)
{
	size_t length = strlen(action);
	const char *name;

	if (answer->status != 200)
		return take_refusal(aws, action, answer, error, size);
	*document = gb_aws_document_parse(answer->body, answer->length);
	/* well-formed XML of another kind, such as a proxy's page, is no answer */
	name = *document ? gb_aws_name(gb_aws_root(*document)) : "";
	if (strncmp(name, action, length) == 0 && strcmp(name + length, "Response") == 0)
		return GB_AWS_OK;
	gb_aws_document_free(*document);
	*document = NULL;
	snprintf(error, size, "what %s answers to %s is not an answer of EC2", aws->endpoint, action);
	return GB_AWS_MALFORMED;
}

/* ---- asking ---- */

static bool add(struct gb_aws *aws, char *body, const char *name, const char *value)
{
	char *escaped = curl_easy_escape(aws->curl, value, 0);
	size_t used = strlen(body);
	int length = -1;

	if (escaped)
		length = snprintf(body + used, BODY_MAX - used, "%s%s=%s", used ? "&" : "", name, escaped);
	curl_free(escaped);
	return length >= 0 && (size_t)length < BODY_MAX - used;
}

/* The question as a form, which the caller frees. Names are ours, and need no escapes. NULL: too long, or memory is short. */
static char *write_body(struct gb_aws *aws, const char *action, const struct gb_aws_parameter *parameters, size_t count,
			const char *next_token)
{
	char *body = calloc(1, BODY_MAX);
	bool good = body && count <= GB_AWS_PARAMETERS_MAX && add(aws, body, "Action", action) &&
		    add(aws, body, "Version", API_VERSION);

	for (size_t i = 0; good && i < count; i++)
		good = add(aws, body, parameters[i].name, parameters[i].value);
	if (good && next_token)
		good = add(aws, body, "NextToken", next_token);
	if (good)
		return body;
	free(body);
	return NULL;
}

static enum gb_aws_result post(struct gb_aws *aws, const char *body, struct http_answer *answer, char *error, size_t size)
{
	char url[AWS_URL_SIZE + 1], host[AWS_URL_SIZE], sign[AWS_REGION_SIZE + 20];
	char token[CREDENTIALS_TOKEN + 32];
	struct http_request request = {
		.method = "POST",
		.url = url,
		/* what stands here is signed with the rest; libcurl itself would sign a host without its port */
		.headers = {"Content-Type: application/x-www-form-urlencoded; charset=utf-8", host,
			    aws->credentials.token[0] ? token : NULL},
		.body = body,
		.body_max = GB_AWS_BODY_MAX,
		.timeout_ms = session_left_ms(aws, aws->timeout_ms),
		.sign = sign,
		.credentials = &aws->credentials,
	};
	enum gb_aws_result result;

	snprintf(url, sizeof(url), "%s/", aws->endpoint);
	snprintf(host, sizeof(host), "Host: %s", strstr(aws->endpoint, "://") + 3);
	snprintf(sign, sizeof(sign), "aws:amz:%s:ec2", aws->region);
	snprintf(token, sizeof(token), "X-Amz-Security-Token: %s", aws->credentials.token);
	result = http_ask(aws, &request, answer, error, size);
	explicit_bzero(token, sizeof(token));
	return result;
}

static enum gb_aws_result ask(struct gb_aws *aws, const char *action, const char *body, struct gb_aws_document **document,
			      char *error, size_t size)
{
	struct http_answer answer = {0};
	enum gb_aws_result result = session_begin(aws, error, size);

	if (result == GB_AWS_OK)
		result = session_region(aws, error, size);
	if (result == GB_AWS_OK)
		result = credentials_obtain(aws, error, size);
	if (result != GB_AWS_OK)
		return result;
	if (!aws->endpoint[0])
		place_endpoint_of(aws->region, aws->endpoint);
	result = post(aws, body, &answer, error, size);
	if (result == GB_AWS_OK)
		result = take_answer(aws, action, &answer, document, error, size);
	free(answer.body);
	return result;
}

static enum gb_aws_result ask_page(struct gb_aws *aws, const char *action, const struct gb_aws_parameter *parameters,
				   size_t count, const char *next_token, struct gb_aws_document **document, char *error,
				   size_t size)
{
	char *body = write_body(aws, action, parameters, count, next_token);
	enum gb_aws_result result = GB_AWS_FAILED;

	*document = NULL;
	if (body)
		result = ask(aws, action, body, document, error, size);
	else
		snprintf(error, size, "%s has more, or longer, parameters than can be asked", action);
	free(body);
	return result;
}

enum gb_aws_result gb_aws_ec2(struct gb_aws *aws, const char *action, const struct gb_aws_parameter *parameters,
			      size_t count, struct gb_aws_document **document, char *error, size_t size)
{
	return ask_page(aws, action, parameters, count, NULL, document, error, size);
}

enum gb_aws_result gb_aws_ec2_pages(struct gb_aws *aws, const char *action, const struct gb_aws_parameter *parameters,
				    size_t count, gb_aws_page *page, void *arg, char *error, size_t size)
{
	char *next = NULL;
	enum gb_aws_result result;
	bool more = true;

	for (unsigned pages = 0; more; pages++) {
		struct gb_aws_document *document;

		if (pages == GB_AWS_PAGES_MAX) {
			snprintf(error, size, "%s has more than %d pages", action, GB_AWS_PAGES_MAX);
			result = GB_AWS_MALFORMED;
			break;
		}
		result = ask_page(aws, action, parameters, count, next, &document, error, size);
		free(next);
		next = NULL;
		if (result != GB_AWS_OK)
			break;
		const char *token = gb_aws_text(gb_aws_root(document), "nextToken", "");

		more = page(arg, gb_aws_root(document)) && *token;
		if (more && !(next = strdup(token))) {
			snprintf(error, size, "out of memory");
			result = GB_AWS_FAILED;
			more = false;
		}
		gb_aws_document_free(document);
	}
	free(next);
	return result;
}

const char *gb_aws_error_code(const struct gb_aws *aws)
{
	return aws->error_code;
}
