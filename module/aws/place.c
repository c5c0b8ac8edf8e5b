/* SPDX-License-Identifier: Apache-2.0 */
#include "aws_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *place_environment(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

bool place_is_region(const char *text)
{
	size_t length = strlen(text);

	return length > 0 && length < AWS_REGION_SIZE && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

bool place_take_url(const char *url, char out[AWS_URL_SIZE])
{
	size_t length = strlen(url);
	const char *host = strncasecmp(url, "http://", 7) == 0	  ? url + 7
			   : strncasecmp(url, "https://", 8) == 0 ? url + 8
								  : NULL;

	while (host && length > 0 && url[length - 1] == '/')
		length--;
	if (!host || host >= url + length || length >= AWS_URL_SIZE || !http_is_plain(url))
		return false;
	snprintf(out, AWS_URL_SIZE, "%.*s", (int)length, url);
	/* neither a path nor a name and a password: EC2 is asked at "/" */
	return strcspn(out + (host - url), "/@?#\\") == strlen(out + (host - url));
}

bool place_region(const char *setting, char region[AWS_REGION_SIZE])
{
	const char *from = setting && *setting ? setting : NULL;

	if (!from)
		from = place_environment("AWS_REGION");
	if (!from)
		from = place_environment("AWS_DEFAULT_REGION");
	region[0] = '\0';
	if (!from)
		return true;
	if (!place_is_region(from))
		return false;
	strcpy(region, from);
	return true;
}

bool place_endpoint(const char *setting, char endpoint[AWS_URL_SIZE])
{
	const char *from = setting && *setting ? setting : NULL;

	if (!from)
		from = place_environment("AWS_ENDPOINT_URL_EC2");
	if (!from)
		from = place_environment("AWS_ENDPOINT_URL");
	endpoint[0] = '\0';
	return !from || place_take_url(from, endpoint);
}

void place_endpoint_of(const char *region, char endpoint[AWS_URL_SIZE])
{
	const char *end = strncmp(region, "cn-", 3) == 0 ? "amazonaws.com.cn" : "amazonaws.com";

	snprintf(endpoint, AWS_URL_SIZE, "https://ec2.%s.%s", region, end);
}

bool place_metadata(char metadata[AWS_URL_SIZE])
{
	const char *disabled = place_environment("AWS_EC2_METADATA_DISABLED");
	const char *set = place_environment("AWS_EC2_METADATA_SERVICE_ENDPOINT");
	const char *mode = place_environment("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");

	metadata[0] = '\0';
	if (disabled && strcasecmp(disabled, "true") == 0)
		return true;
	if (!set)
		set = mode && strcasecmp(mode, "ipv6") == 0 ? "http://[fd00:ec2::254]" : "http://169.254.169.254";
	return place_take_url(set, metadata);
}
