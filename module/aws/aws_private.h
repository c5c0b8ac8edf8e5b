/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this room share. */
#ifndef AWS_PRIVATE_H
#define AWS_PRIVATE_H

#include "credentials.h"

#include <curl/curl.h>
#include <goose-bridge/aws.h>

#define AWS_REGION_SIZE 41
#define AWS_URL_SIZE	512

struct gb_aws {
	CURL *curl;
	unsigned timeout_ms;
	uint64_t deadline_ns; /* monotonic, of the call that is being made */
	char region[AWS_REGION_SIZE]; /* "" = not known yet */
	char endpoint[AWS_URL_SIZE];  /* "" = follows from the region */
	char metadata[AWS_URL_SIZE];  /* "" = there is none */
	char metadata_token[256];
	uint64_t metadata_token_until_ns; /* monotonic */
	struct credentials credentials;
	char error_code[128];
	char problem[160]; /* what is set and cannot be; "" = nothing */
};

/* ---- http.c: one request, one answer ---- */

struct http_request {
	const char *method; /* GET, PUT, POST */
	const char *url;
	const char *headers[4]; /* "Name: value"; NULL = none */
	const char *body;
	size_t body_max;	/* octets of the answer */
	unsigned timeout_ms;
	bool direct; /* by no proxy */
	const char *sign; /* for CURLOPT_AWS_SIGV4; NULL = not signed */
	const struct credentials *credentials;
};

struct http_answer {
	long status;
	char *body; /* a NUL behind it; the caller frees it */
	size_t length;
};

/* No redirect is followed. GB_AWS_OK if there was an answer, whatever its status; GB_AWS_UNREACHABLE or GB_AWS_MALFORMED (it is
 * larger than it may be) with a sentence; GB_AWS_FAILED.
 */
enum gb_aws_result http_ask(struct gb_aws *aws, const struct http_request *request, struct http_answer *answer, char *error,
			    size_t size);

/* Whether TEXT can stand in a header or URL: printable ASCII without spaces. */
bool http_is_plain(const char *text);

/* ---- place.c: where questions go; pure but for the environment ---- */

/* The environment's NAME; NULL if it is unset or empty. */
const char *place_environment(const char *name);
bool place_is_region(const char *text);
/* Whether URL is http:// or https:// with a host and nothing behind it; a final '/' is taken off. */
bool place_take_url(const char *url, char out[AWS_URL_SIZE]);
/* The region that is set, "" = none. False if it is none that there can be. */
bool place_region(const char *setting, char region[AWS_REGION_SIZE]);
/* EC2's endpoint that is set, "" = none. False if it is not a URL. */
bool place_endpoint(const char *setting, char endpoint[AWS_URL_SIZE]);
void place_endpoint_of(const char *region, char endpoint[AWS_URL_SIZE]);
/* The metadata service's endpoint; "" = it is not to be asked. False if it is not a URL. */
bool place_metadata(char metadata[AWS_URL_SIZE]);

/* ---- imds.c, ec2.c ---- */

/* As gb_aws_imds, within the deadline of the call that is being made. */
enum gb_aws_result imds_get(struct gb_aws *aws, const char *path, char *text, size_t text_size, char *error, size_t size);

/* What a refusal with STATUS and CODE ("" = none) means. */
enum gb_aws_result ec2_judge(long status, const char *code);

/* ---- session.c ---- */

/* A call begins. GB_AWS_OK, or what is wrong with the session as a whole. */
enum gb_aws_result session_begin(struct gb_aws *aws, char *error, size_t size);
/* Milliseconds that are left of it, but no more than MAX; 0 = none. */
unsigned session_left_ms(const struct gb_aws *aws, unsigned max);
enum gb_aws_result session_region(struct gb_aws *aws, char *error, size_t size);

#endif
