/* SPDX-License-Identifier: Apache-2.0 */
#include "aws_private.h"

#include <errno.h>
#include <goose-bridge/clock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_MS 10000

const char *gb_aws_result_name(enum gb_aws_result result)
{
	static const char *const names[] = {"ok", "unreachable", "no_credentials", "no_region", "denied",
					    "throttled", "not_found", "refused", "malformed", "failed"};

	return (unsigned)result < sizeof(names) / sizeof(names[0]) ? names[result] : "failed";
}

/* What is set and cannot be: every call says it, as none can be made. */
static void look_around(struct gb_aws *aws, const struct gb_aws_settings *settings)
{
	if (!place_region(settings->region, aws->region))
		snprintf(aws->problem, sizeof(aws->problem),
			 "the region that is set (AWS_REGION, AWS_DEFAULT_REGION) can be none");
	else if (!place_endpoint(settings->endpoint, aws->endpoint))
		snprintf(aws->problem, sizeof(aws->problem),
			 "the endpoint that is set (AWS_ENDPOINT_URL_EC2, AWS_ENDPOINT_URL) is not http[s]://HOST[:PORT]");
	else if (!place_metadata(aws->metadata))
		snprintf(aws->problem, sizeof(aws->problem),
			 "the endpoint that is set (AWS_EC2_METADATA_SERVICE_ENDPOINT) is not http[s]://HOST[:PORT]");
}

int gb_aws_create(struct gb_aws **aws, const struct gb_aws_settings *settings)
{
	struct gb_aws *a = calloc(1, sizeof(*a));

	if (!a || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(a);
		return -ENOMEM;
	}
	a->curl = curl_easy_init();
	if (!a->curl) {
		gb_aws_destroy(a);
		return -ENOMEM;
	}
	a->timeout_ms = settings->timeout_ms ? settings->timeout_ms : TIMEOUT_MS;
	look_around(a, settings);
	*aws = a;
	return 0;
}

void gb_aws_destroy(struct gb_aws *aws)
{
	if (!aws)
		return;
	curl_easy_cleanup(aws->curl);
	explicit_bzero(aws, sizeof(*aws));
	free(aws);
	curl_global_cleanup();
}

enum gb_aws_result session_begin(struct gb_aws *aws, char *error, size_t size)
{
	aws->deadline_ns = gb_clock_mono_ns() + aws->timeout_ms * GB_NS_PER_MS;
	aws->error_code[0] = '\0';
	if (!aws->problem[0])
		return GB_AWS_OK;
	snprintf(error, size, "%s", aws->problem);
	return GB_AWS_FAILED;
}

unsigned session_left_ms(const struct gb_aws *aws, unsigned max)
{
	uint64_t now = gb_clock_mono_ns();
	uint64_t left = aws->deadline_ns > now ? (aws->deadline_ns - now) / GB_NS_PER_MS : 0;

	return left < max ? (unsigned)left : max;
}

enum gb_aws_result session_region(struct gb_aws *aws, char *error, size_t size)
{
	char text[AWS_REGION_SIZE], why[200] = "";
	enum gb_aws_result result;

	if (aws->region[0])
		return GB_AWS_OK;
	result = imds_get(aws, "meta-data/placement/region", text, sizeof(text), why, sizeof(why));
	if (result == GB_AWS_OK && place_is_region(text)) {
		strcpy(aws->region, text);
		return GB_AWS_OK;
	}
	snprintf(error, size, "the region is not known: set AWS_REGION (%s)",
		 result == GB_AWS_OK ? "the metadata service's is none" : why);
	return result == GB_AWS_FAILED ? result : GB_AWS_NO_REGION;
}

enum gb_aws_result gb_aws_region(struct gb_aws *aws, const char **region, char *error, size_t size)
{
	enum gb_aws_result result;

	result = session_begin(aws, error, size);
	if (result == GB_AWS_OK)
		result = session_region(aws, error, size);
	*region = aws->region;
	return result;
}
