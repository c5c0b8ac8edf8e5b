/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials: where they are looked for, and until when they hold. */
#ifndef AWS_CREDENTIALS_H
#define AWS_CREDENTIALS_H

#include <goose-bridge/aws.h>

#define CREDENTIALS_KEY	  129
#define CREDENTIALS_TOKEN 8192 /* AWS names no limit; those of roles have about 1,000 octets */

struct credentials {
	char key[CREDENTIALS_KEY];    /* "" = none */
	char secret[CREDENTIALS_KEY];
	char token[CREDENTIALS_TOKEN]; /* "" = none is needed */
	uint64_t expires_utc_ns;       /* 0 = not known, or never */
};

/* The credentials to sign with now, in aws->credentials. They are asked for again some minutes before they expire; as long as
 * that fails and they still hold, they are used.
 */
enum gb_aws_result credentials_obtain(struct gb_aws *aws, char *error, size_t size);

/* Those that there are were refused: the next call looks for them anew. */
void credentials_forget(struct credentials *credentials);

/* Looks for PROFILE in a shared credentials file (LENGTH octets; INI: https://docs.aws.amazon.com/sdkref/latest/guide/
 * file-format.html). Pure. True if it is there with a key and a secret.
 */
bool credentials_read_file(const char *text, size_t length, const char *profile, struct credentials *credentials);

/* Reads the JSON that roles and containers give. Pure. */
bool credentials_read_json(const char *text, size_t length, struct credentials *credentials);

/* Whether a container's credentials may be asked for at URL: over https, or at an address that is this host or its agent
 * (127.0.0.0/8, ::1, 169.254.170.2, 169.254.170.23, fd00:ec2::23).
 */
bool credentials_may_ask(const char *url);

#endif
