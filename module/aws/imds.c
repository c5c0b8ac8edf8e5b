/* SPDX-License-Identifier: Apache-2.0 */
/* The instance metadata service, version 2: a token is fetched, and goes with each question.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
 */
#include "aws_private.h"

#include <goose-bridge/clock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOKEN_S	    21600 /* the longest that there is */
#define TOKEN_EARLY 300	  /* s before that it is fetched anew */
#define TIMEOUT_MS  2000  /* it is on this host, or not there at all */

static enum gb_aws_result ask(struct gb_aws *aws, struct http_request *request, struct http_answer *answer, char *error,
			      size_t size)
{
	request->body_max = GB_AWS_METADATA_MAX;
	request->timeout_ms = session_left_ms(aws, TIMEOUT_MS);
	request->direct = true;
	return http_ask(aws, request, answer, error, size);
}

static enum gb_aws_result renew_token(struct gb_aws *aws, char *error, size_t size)
{
	char url[AWS_URL_SIZE + 32], ttl[64];
	struct http_request request = {.method = "PUT", .url = url, .headers = {ttl}, .body = ""};
	struct http_answer answer;
	enum gb_aws_result result;

	snprintf(url, sizeof(url), "%s/latest/api/token", aws->metadata);
	snprintf(ttl, sizeof(ttl), "X-aws-ec2-metadata-token-ttl-seconds: %d", TOKEN_S);
	result = ask(aws, &request, &answer, error, size);
	if (result != GB_AWS_OK)
		return result;
	if (answer.status != 200 || answer.length == 0 || answer.length >= sizeof(aws->metadata_token) ||
	    !http_is_plain(answer.body)) {
		snprintf(error, size, "the metadata service gives no token (status %ld)", answer.status);
		result = answer.status == 200 ? GB_AWS_MALFORMED : GB_AWS_UNREACHABLE;
	} else {
		strcpy(aws->metadata_token, answer.body);
		aws->metadata_token_until_ns = gb_clock_mono_ns() + (TOKEN_S - TOKEN_EARLY) * GB_NS_PER_S;
	}
	free(answer.body);
	return result;
}

static enum gb_aws_result get(struct gb_aws *aws, const char *path, struct http_answer *answer, char *error, size_t size)
{
	char url[AWS_URL_SIZE + 256], token[sizeof(aws->metadata_token) + 32];
	struct http_request request = {.method = "GET", .url = url, .headers = {token}};

	if (gb_clock_mono_ns() >= aws->metadata_token_until_ns) {
		enum gb_aws_result result = renew_token(aws, error, size);

		if (result != GB_AWS_OK)
			return result;
	}
	if ((size_t)snprintf(url, sizeof(url), "%s/latest/%s", aws->metadata, path) >= sizeof(url) || !http_is_plain(path)) {
		snprintf(error, size, "there can be no metadata called %s", path);
		return GB_AWS_FAILED;
	}
	snprintf(token, sizeof(token), "X-aws-ec2-metadata-token: %s", aws->metadata_token);
	return ask(aws, &request, answer, error, size);
}

static enum gb_aws_result take_text(const struct http_answer *answer, const char *path, char *text, size_t text_size,
				    char *error, size_t size)
{
	size_t length = answer->length;

	if (answer->status == 404) {
		snprintf(error, size, "the metadata service has no %s", path);
		return GB_AWS_NOT_FOUND;
	}
	if (answer->status != 200) {
		snprintf(error, size, "the metadata service answers %s with status %ld", path, answer->status);
		return answer->status == 401 || answer->status == 403 ? GB_AWS_DENIED : GB_AWS_UNREACHABLE;
	}
	while (length > 0 && (answer->body[length - 1] == '\n' || answer->body[length - 1] == '\r'))
		length--;
	if (length >= text_size || memchr(answer->body, '\0', length)) {
		snprintf(error, size, "the metadata service's %s is none", path);
		return GB_AWS_MALFORMED;
	}
	memcpy(text, answer->body, length);
	text[length] = '\0';
	return GB_AWS_OK;
}

enum gb_aws_result imds_get(struct gb_aws *aws, const char *path, char *text, size_t text_size, char *error, size_t size)
{
	struct http_answer answer = {0};
	enum gb_aws_result result;

	if (!aws->metadata[0]) {
		snprintf(error, size, "the metadata service is not to be asked (AWS_EC2_METADATA_DISABLED)");
		return GB_AWS_UNREACHABLE;
	}
	result = get(aws, path, &answer, error, size);
	if (result == GB_AWS_OK && answer.status == 401) { /* the token was of another life of the service */
		free(answer.body);
		aws->metadata_token_until_ns = 0;
		result = get(aws, path, &answer, error, size);
	}
	if (result == GB_AWS_OK)
		result = take_text(&answer, path, text, text_size, error, size);
	free(answer.body);
	return result;
}

enum gb_aws_result gb_aws_imds(struct gb_aws *aws, const char *path, char *text, size_t text_size, char *error, size_t size)
{
	enum gb_aws_result result = session_begin(aws, error, size);

	return result == GB_AWS_OK ? imds_get(aws, path, text, text_size, error, size) : result;
}

enum gb_aws_result gb_aws_own_interface(struct gb_aws *aws, const uint8_t mac[6], char id[GB_AWS_INTERFACE_ID], char *error,
					size_t size)
{
	char path[96];
	enum gb_aws_result result;

	snprintf(path, sizeof(path), "meta-data/network/interfaces/macs/%02x:%02x:%02x:%02x:%02x:%02x/interface-id", mac[0],
		 mac[1], mac[2], mac[3], mac[4], mac[5]);
	result = gb_aws_imds(aws, path, id, GB_AWS_INTERFACE_ID, error, size);
	if (result == GB_AWS_OK && (strncmp(id, "eni-", 4) != 0 || !http_is_plain(id))) {
		snprintf(error, size, "the metadata service's interface id is none");
		result = GB_AWS_MALFORMED;
	}
	return result;
}
