/* SPDX-License-Identifier: Apache-2.0 */
#include "aws_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_MS 3000

struct body {
	char *octets;
	size_t length;
	size_t room;
	size_t max;
	bool too_large;
};

bool http_is_plain(const char *text)
{
	for (; *text; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

static size_t take(char *data, size_t one, size_t length, void *arg)
{
	struct body *body = arg;

	(void)one; /* always 1 */
	if (length > body->max - body->length) {
		body->too_large = true;
		return 0;
	}
	if (body->length + length + 1 > body->room) {
		size_t room = 2 * (body->length + length + 1);
		char *more = realloc(body->octets, room);

		if (!more)
			return 0;
		body->octets = more;
		body->room = room;
	}
	memcpy(body->octets + body->length, data, length);
	body->length += length;
	body->octets[body->length] = '\0';
	return length;
}

static bool set_headers(CURL *curl, const struct http_request *request, struct curl_slist **list)
{
	for (size_t i = 0; i < sizeof(request->headers) / sizeof(request->headers[0]); i++) {
		struct curl_slist *more;

		if (!request->headers[i])
			continue;
		more = curl_slist_append(*list, request->headers[i]);
		if (!more)
			return false;
		*list = more;
	}
	return curl_easy_setopt(curl, CURLOPT_HTTPHEADER, *list) == CURLE_OK;
}

static bool set_signature(CURL *curl, const struct http_request *request)
{
	if (!request->sign)
		return true;
	return curl_easy_setopt(curl, CURLOPT_AWS_SIGV4, request->sign) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_USERNAME, request->credentials->key) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_PASSWORD, request->credentials->secret) == CURLE_OK;
}

static bool set_body(CURL *curl, const struct http_request *request)
{
	if (strcmp(request->method, "GET") != 0)
		curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
	if (!request->body)
		return true;
	return curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)strlen(request->body)) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body) == CURLE_OK;
}

static bool set_up(CURL *curl, const struct http_request *request, struct body *body, char *said)
{
	unsigned connect_ms = request->timeout_ms < CONNECT_MS ? request->timeout_ms : CONNECT_MS;

	return curl_easy_setopt(curl, CURLOPT_URL, request->url) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms) == CURLE_OK &&
	       (!request->direct || curl_easy_setopt(curl, CURLOPT_NOPROXY, "*") == CURLE_OK) &&
	       curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, said) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_WRITEDATA, body) == CURLE_OK && set_body(curl, request) &&
	       set_signature(curl, request);
}

enum gb_aws_result http_ask(struct gb_aws *aws, const struct http_request *request, struct http_answer *answer, char *error,
			    size_t size)
{
	struct body body = {.max = request->body_max};
	char said[CURL_ERROR_SIZE] = "";
	struct curl_slist *headers = NULL;
	enum gb_aws_result result = GB_AWS_FAILED;
	CURLcode code;

	*answer = (struct http_answer){0};
	curl_easy_reset(aws->curl);
	if (request->timeout_ms == 0) {
		snprintf(error, size, "there was no time left to ask %s", request->url);
		return GB_AWS_UNREACHABLE;
	}
	if (!set_up(aws->curl, request, &body, said) || !set_headers(aws->curl, request, &headers)) {
		snprintf(error, size, "%s cannot be asked: libcurl does not take the request", request->url);
		goto out;
	}
	code = curl_easy_perform(aws->curl);
	if (code == CURLE_OK) {
		curl_easy_getinfo(aws->curl, CURLINFO_RESPONSE_CODE, &answer->status);
		answer->body = body.octets ? body.octets : calloc(1, 1);
		answer->length = body.length;
		body.octets = NULL;
		result = answer->body ? GB_AWS_OK : GB_AWS_FAILED;
	} else if (body.too_large) {
		snprintf(error, size, "the answer of %s has more than %zu octets", request->url, body.max);
		result = GB_AWS_MALFORMED;
	} else {
		snprintf(error, size, "%s cannot be reached: %s", request->url, *said ? said : curl_easy_strerror(code));
		result = code == CURLE_OUT_OF_MEMORY ? GB_AWS_FAILED : GB_AWS_UNREACHABLE;
	}
out:
	curl_easy_reset(aws->curl); /* it must not keep pointers to what ends here, nor the secret */
	curl_slist_free_all(headers);
	free(body.octets);
	return result;
}
