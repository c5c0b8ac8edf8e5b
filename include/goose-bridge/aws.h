/* SPDX-License-Identifier: Apache-2.0 */
/* aws: questions to EC2 and to the instance metadata service, and what they answer.
 *
 * Its sources make a library of their own, libgoose-bridge-aws.a, which alone needs libcurl and libxml2. The daemon does not
 * link it: goose-bridge-aws, goose-bridge-security-check and goose-bridge-diag do. Calls block, each no longer than its
 * deadline. One thread; a session is no one's but its owner's. Secrets are in no error text, no log and no argument list.
 *
 * Where things come from, in this order:
 *   region       settings, AWS_REGION, AWS_DEFAULT_REGION, the instance metadata service
 *   endpoint     settings, AWS_ENDPOINT_URL_EC2, AWS_ENDPOINT_URL, https://ec2.REGION.amazonaws.com (.com.cn in cn-*)
 *   credentials  AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN; the profile AWS_PROFILE (default) of
 *                AWS_SHARED_CREDENTIALS_FILE (~/.aws/credentials); the container's (AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or
 *                _FULL_URI with AWS_CONTAINER_AUTHORIZATION_TOKEN or _TOKEN_FILE); the instance's role
 *   metadata     AWS_EC2_METADATA_SERVICE_ENDPOINT, http://169.254.169.254; AWS_EC2_METADATA_DISABLED = true: none
 */
#ifndef GOOSE_BRIDGE_AWS_H
#define GOOSE_BRIDGE_AWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gb_aws;

/* How a question went. All but OK come with a sentence. */
enum gb_aws_result {
	GB_AWS_OK,
	GB_AWS_UNREACHABLE,    /* no connection, no answer in time, TLS refused, or a fault of the server (5xx) */
	GB_AWS_NO_CREDENTIALS, /* none found, or those that there are could not be fetched */
	GB_AWS_NO_REGION,      /* neither set nor known by the metadata service: this may be no host in AWS */
	GB_AWS_DENIED,	       /* AccessDenied, UnauthorizedOperation, AuthFailure, an expired or invalid token, ... */
	GB_AWS_THROTTLED,      /* RequestLimitExceeded, Throttling, 503 Unavailable: ask again later */
	GB_AWS_NOT_FOUND,      /* Invalid...ID.NotFound, ...ID.Malformed: there is no such thing; of metadata: 404 */
	GB_AWS_REFUSED,	       /* any other error that EC2 names: gb_aws_error_code */
	GB_AWS_MALFORMED,      /* an answer that is none, or is too large */
	GB_AWS_FAILED,	       /* this host lacks memory, or a setting or parameter is wrong */
};

const char *gb_aws_result_name(enum gb_aws_result result); /* "ok", "unreachable", "no_credentials", ... */

/* All may be left 0. Strings are copied. */
struct gb_aws_settings {
	const char *region;
	const char *endpoint; /* of EC2: http://HOST[:PORT] or https://... */
	unsigned timeout_ms;  /* that a call may take, with all that it needs (credentials, region); 0 = 10,000 */
};

/* Sends nothing yet. Returns 0 or -ENOMEM. A setting or variable that is wrong makes every call fail with a sentence. */
int gb_aws_create(struct gb_aws **aws, const struct gb_aws_settings *settings);
void gb_aws_destroy(struct gb_aws *aws); /* NULL is fine */

/* The region, asked for if need be. *REGION belongs to AWS. ERROR (SIZE octets) gets a sentence on failure, here and below. */
enum gb_aws_result gb_aws_region(struct gb_aws *aws, const char **region, char *error, size_t size);

/* ---- EC2 ---- */

struct gb_aws_document; /* an answer */
struct gb_aws_node;	/* an element of one; belongs to its document */

/* One parameter of the query API, such as {"Filter.1.Name", "group-ip-address"}. */
struct gb_aws_parameter {
	const char *name;
	const char *value;
};

#define GB_AWS_PARAMETERS_MAX 64

/* Asks EC2 (API version 2016-11-15) for ACTION. With GB_AWS_OK *DOCUMENT is the answer, which the caller frees; else it is
 * NULL. https://docs.aws.amazon.com/AWSEC2/latest/APIReference
 */
enum gb_aws_result gb_aws_ec2(struct gb_aws *aws, const char *action, const struct gb_aws_parameter *parameters,
			      size_t count, struct gb_aws_document **document, char *error, size_t size);

/* The code by which EC2 refused the last call, such as "InvalidPermission.Duplicate" or "DryRunOperation"; "" = it did not. */
const char *gb_aws_error_code(const struct gb_aws *aws);

/* A page of an answer. False: no further page is wanted. */
typedef bool gb_aws_page(void *arg, const struct gb_aws_node *root);

#define GB_AWS_PAGES_MAX 100

/* As gb_aws_ec2, for actions that answer in pages: asks on with NextToken, and calls PAGE for each. OK if PAGE wanted no more,
 * or there are none. Each page has the session's deadline; more than GB_AWS_PAGES_MAX are malformed.
 */
enum gb_aws_result gb_aws_ec2_pages(struct gb_aws *aws, const char *action, const struct gb_aws_parameter *parameters,
				    size_t count, gb_aws_page *page, void *arg, char *error, size_t size);

/* ---- answers ---- */

#define GB_AWS_BODY_MAX	 (4 * 1024 * 1024) /* octets of an answer */
#define GB_AWS_DEPTH_MAX 32		    /* elements in elements */

/* Reads XML without a DTD, and so without entities. Pure. NULL if it is not well formed, too large or too deep. */
struct gb_aws_document *gb_aws_document_parse(const char *text, size_t length);
void gb_aws_document_free(struct gb_aws_document *document); /* NULL is fine */

const struct gb_aws_node *gb_aws_root(const struct gb_aws_document *document);
const char *gb_aws_name(const struct gb_aws_node *node); /* without its namespace */

/* The first element at PATH below NODE: names with '/' between them, such as "instancesSet/item/privateIpAddress".
 * NULL if there is none, or NODE is NULL.
 */
const struct gb_aws_node *gb_aws_child(const struct gb_aws_node *node, const char *path);

/* The next element beside NODE with the same name; NULL = none. So a list is
 *   for (item = gb_aws_child(root, "subnetSet/item"); item; item = gb_aws_next(item))
 */
const struct gb_aws_node *gb_aws_next(const struct gb_aws_node *node);

/* The text of the first element at PATH below NODE ("" = of NODE itself). OTHERWISE if there is none; an empty element has
 * the text "".
 */
const char *gb_aws_text(const struct gb_aws_node *node, const char *path, const char *otherwise);

/* Whether that text is "true". */
bool gb_aws_is_true(const struct gb_aws_node *node, const char *path);

/* ---- the instance ---- */

#define GB_AWS_METADATA_MAX 16384 /* octets */

/* What the metadata service (IMDSv2, with a token) has at /latest/PATH, such as "meta-data/instance-id"; into TEXT (TEXT_SIZE
 * octets, cut never: what does not fit is malformed), without line ends at its end.
 */
enum gb_aws_result gb_aws_imds(struct gb_aws *aws, const char *path, char *text, size_t text_size, char *error, size_t size);

#define GB_AWS_INTERFACE_ID 32 /* octets that hold "eni-" and its digits */

/* The id of this instance's network interface with the address MAC. */
enum gb_aws_result gb_aws_own_interface(struct gb_aws *aws, const uint8_t mac[6], char id[GB_AWS_INTERFACE_ID], char *error,
					size_t size);

#endif
