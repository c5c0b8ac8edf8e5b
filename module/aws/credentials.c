/* SPDX-License-Identifier: Apache-2.0 */
/* The chain of sources. The first that is set decides: one that is set and wrong is said, not passed over. */
#include "aws_private.h"

#include <errno.h>
#include <fcntl.h>
#include <goose-bridge/clock.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EARLY_NS      (300 * GB_NS_PER_S) /* before they expire others are asked for */
#define FILE_MAX      (256 * 1024)
#define CONTAINER_MS  3000
#define CONTAINER_URI "http://169.254.170.2"

/* Whether a source is there, and then how it went. */
enum source { NOT_SET, TAKEN, WRONG };

void credentials_forget(struct credentials *credentials)
{
	explicit_bzero(credentials, sizeof(*credentials));
}

/* ---- environment ---- */

static enum source from_environment(struct credentials *credentials, char *error, size_t size)
{
	const char *key = place_environment("AWS_ACCESS_KEY_ID"), *secret = place_environment("AWS_SECRET_ACCESS_KEY");
	const char *token = place_environment("AWS_SESSION_TOKEN");

	if (!key && !secret)
		return NOT_SET;
	if (!key || !secret || strlen(key) >= sizeof(credentials->key) || strlen(secret) >= sizeof(credentials->secret) ||
	    (token && strlen(token) >= sizeof(credentials->token)) || !http_is_plain(key) || !http_is_plain(secret) ||
	    (token && !http_is_plain(token))) {
		snprintf(error, size, "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN do not make credentials");
		return WRONG;
	}
	strcpy(credentials->key, key);
	strcpy(credentials->secret, secret);
	strcpy(credentials->token, token ? token : "");
	return TAKEN;
}

/* ---- the shared file ---- */

/* All of FILE, with a NUL behind it, which the caller frees; NULL with errno. */
static char *read_all(const char *file, size_t max, size_t *length)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK), saved;
	char *text = fd >= 0 ? malloc(max + 1) : NULL;
	ssize_t n = 0;

	*length = 0;
	while (text && *length < max && (n = read(fd, text + *length, max - *length)) > 0)
		*length += (size_t)n;
	saved = errno;
	if (text && n < 0) {
		free(text);
		text = NULL;
	} else if (text) {
		text[*length] = '\0';
	}
	if (fd >= 0)
		close(fd);
	errno = saved;
	return text;
}

static bool shared_file(char path[1024])
{
	const char *set = place_environment("AWS_SHARED_CREDENTIALS_FILE"), *home = place_environment("HOME");

	if (!set && !home) {
		struct passwd *pw = getpwuid(geteuid());

		home = pw ? pw->pw_dir : NULL;
	}
	if (set)
		return snprintf(path, 1024, "%s", set) < 1024;
	return home && snprintf(path, 1024, "%s/.aws/credentials", home) < 1024;
}

static enum source from_file(struct credentials *credentials, char *error, size_t size)
{
	const char *set = place_environment("AWS_PROFILE"), *profile = set ? set : "default";
	char path[1024];
	size_t length;
	char *text = shared_file(path) ? read_all(path, FILE_MAX, &length) : NULL;
	bool found;

	if (!text && !set)
		return NOT_SET;
	if (!text) {
		snprintf(error, size, "AWS_PROFILE is %s, but the credentials file %s cannot be read: %s", profile, path,
			 strerror(errno));
		return WRONG;
	}
	found = credentials_read_file(text, length, profile, credentials);
	explicit_bzero(text, length);
	free(text);
	if (found)
		return TAKEN;
	if (!set)
		return NOT_SET;
	snprintf(error, size, "%s has no aws_access_key_id with aws_secret_access_key in the profile %s", path, profile);
	return WRONG;
}

/* ---- the container's, and the role's ---- */

static enum source take_json(const char *text, size_t length, const char *whose, struct credentials *credentials, char *error,
			     size_t size)
{
	if (credentials_read_json(text, length, credentials))
		return TAKEN;
	snprintf(error, size, "what was given as the %s's credentials is none", whose);
	return WRONG;
}

static bool container_token(char *header, size_t header_size, char *error, size_t size)
{
	const char *file = place_environment("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
	const char *token = place_environment("AWS_CONTAINER_AUTHORIZATION_TOKEN");
	char *text = NULL;
	size_t length = 0;
	bool good;

	*header = '\0';
	if (file) {
		text = read_all(file, CREDENTIALS_TOKEN, &length);
		if (!text) {
			snprintf(error, size, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE %s cannot be read: %s", file,
				 strerror(errno));
			return false;
		}
		while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r'))
			text[--length] = '\0';
		token = text;
	}
	/* it may be "Basic ...", with a space */
	good = !token || (strcspn(token, "\r\n") == strlen(token) &&
			  (size_t)snprintf(header, header_size, "Authorization: %s", token) < header_size);
	if (!good)
		snprintf(error, size, "the container's authorization token can be none");
	free(text);
	return good;
}

static bool container_url(char url[1024], char *error, size_t size)
{
	const char *relative = place_environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
	const char *full = place_environment("AWS_CONTAINER_CREDENTIALS_FULL_URI");
	int length = relative ? snprintf(url, 1024, CONTAINER_URI "%s", relative) : snprintf(url, 1024, "%s", full);

	if (length < 1024 && (!relative || relative[0] == '/') && credentials_may_ask(url))
		return true;
	snprintf(error, size, "%s is not a place to ask for a container's credentials",
		 relative ? "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI" : "AWS_CONTAINER_CREDENTIALS_FULL_URI");
	return false;
}

static enum source from_container(struct gb_aws *aws, struct credentials *credentials, char *error, size_t size)
{
	char url[1024], header[CREDENTIALS_TOKEN + 32];
	struct http_request request = {.method = "GET", .url = url, .body_max = GB_AWS_METADATA_MAX, .direct = true};
	struct http_answer answer;
	enum source source = WRONG;

	if (!place_environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") &&
	    !place_environment("AWS_CONTAINER_CREDENTIALS_FULL_URI"))
		return NOT_SET;
	if (!container_url(url, error, size) || !container_token(header, sizeof(header), error, size))
		return WRONG;
	request.headers[0] = *header ? header : NULL;
	request.timeout_ms = session_left_ms(aws, CONTAINER_MS);
	if (http_ask(aws, &request, &answer, error, size) == GB_AWS_OK) {
		if (answer.status == 200)
			source = take_json(answer.body, answer.length, "container", credentials, error, size);
		else
			snprintf(error, size, "the container's credentials are answered with status %ld", answer.status);
		explicit_bzero(answer.body, answer.length);
		free(answer.body);
	}
	explicit_bzero(header, sizeof(header));
	return source;
}

static enum source from_role(struct gb_aws *aws, struct credentials *credentials, char *error, size_t size)
{
	static const char where[] = "meta-data/iam/security-credentials/";
	char role[200], path[sizeof(where) + sizeof(role)], text[GB_AWS_METADATA_MAX], why[300] = "";
	enum gb_aws_result result = imds_get(aws, where, role, sizeof(role), why, sizeof(why));
	enum source source = WRONG;

	if (result == GB_AWS_OK) {
		role[strcspn(role, "\r\n")] = '\0'; /* a list with one line */
		snprintf(path, sizeof(path), "%s%s", where, role);
		result = imds_get(aws, path, text, sizeof(text), why, sizeof(why));
	}
	if (result == GB_AWS_OK) {
		source = take_json(text, strlen(text), "instance", credentials, error, size);
		explicit_bzero(text, sizeof(text));
	} else {
		snprintf(error, size, "there are no AWS credentials: give the instance a role, or set them up (%s)", why);
	}
	return source;
}

/* ---- all of them ---- */

static bool hold(const struct credentials *credentials, uint64_t ahead_ns)
{
	return credentials->key[0] && credentials->expires_utc_ns != 0 &&
	       gb_clock_utc_ns() + ahead_ns < credentials->expires_utc_ns;
}

enum gb_aws_result credentials_obtain(struct gb_aws *aws, char *error, size_t size)
{
	struct credentials fresh = {0};
	enum source source;

	if (hold(&aws->credentials, EARLY_NS))
		return GB_AWS_OK;
	source = from_environment(&fresh, error, size);
	if (source == NOT_SET)
		source = from_file(&fresh, error, size);
	if (source == NOT_SET)
		source = from_container(aws, &fresh, error, size);
	if (source == NOT_SET)
		source = from_role(aws, &fresh, error, size);
	if (source == TAKEN)
		aws->credentials = fresh;
	explicit_bzero(&fresh, sizeof(fresh));
	/* those that still hold for a while are better than none */
	return source == TAKEN || hold(&aws->credentials, 0) ? GB_AWS_OK : GB_AWS_NO_CREDENTIALS;
}
