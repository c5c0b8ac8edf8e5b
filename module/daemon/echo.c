/* SPDX-License-Identifier: Apache-2.0 */
/* Echo requests for the control socket: which other bridges answer, and how fast. */
#include "daemon_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static const char *reason(int error)
{
	switch (error) {
	case -EOPNOTSUPP:
		return "this bridge sends legacy, and a Python bridge would take an echo request for a frame; with "
		       "wire_format = native on all hosts they can be asked";
	case -EBUSY:
		return "too many echo requests in this second: every bridge answers each";
	case -ENETDOWN:
		return "the network side is down: see `goose-bridge-ctl status`";
	case -ETIMEDOUT:
		return "the worker thread does not answer; the host may be overloaded";
	case -ENOENT:
		return "no such request is among the latest 16";
	default:
		return strerror(-error);
	}
}

/* On every path: a path that cannot ask leaves its bridges without an answer, which is what is to be seen. Returns 0 if one
 * did.
 */
static int ask_all(struct daemon *d, uint64_t nonce)
{
	unsigned asked = 0;
	int error = 0;

	for (unsigned i = 0; i < d->paths; i++) {
		int result = gb_datapath_echo(d->path[i].datapath, nonce);

		asked += result == 0;
		error = error ? error : result;
	}
	return asked ? 0 : error;
}

/* Of all paths, at most MAX. Returns how many, or why no path has any. */
static int collect(struct daemon *d, uint64_t nonce, struct gb_echo_answer *answer, size_t max)
{
	bool known = false;
	size_t count = 0;
	int error = 0;

	for (unsigned i = 0; i < d->paths; i++) {
		int more = gb_datapath_echo_answers(d->path[i].datapath, nonce, answer + count, max - count);

		known |= more >= 0;
		count += more > 0 ? (size_t)more : 0;
		error = error || more >= 0 ? error : more;
	}
	return known ? (int)count : error;
}

char *echo_send(struct daemon *d, char *said, size_t size)
{
	uint64_t nonce = 0;
	int error;

	/* not to be guessed: an answer to a request that nobody saw would be no answer */
	if (getrandom(&nonce, sizeof(nonce), GRND_NONBLOCK) != sizeof(nonce) || nonce == 0) {
		snprintf(said, size, "no random number is to be had");
		return NULL;
	}
	error = ask_all(d, nonce);
	if (error) {
		snprintf(said, size, "no echo request was sent: %s", reason(error));
		return NULL;
	}
	return gb_report_echo_json(nonce, NULL, 0);
}

char *echo_show(struct daemon *d, const char *nonce, char *said, size_t size)
{
	struct gb_echo_answer answer[GB_ECHO_ANSWERS_MAX];
	uint64_t number;
	char *end;
	int count;

	errno = 0;
	number = strtoull(nonce, &end, 16);
	if (strspn(nonce, "0123456789abcdef") != strlen(nonce) || *end || errno) {
		snprintf(said, size, "a nonce has up to 16 hexadecimal digits, as echo send gave it");
		return NULL;
	}
	count = collect(d, number, answer, GB_ECHO_ANSWERS_MAX);
	if (count < 0) {
		snprintf(said, size, "no answers: %s", reason(count));
		return NULL;
	}
	return gb_report_echo_json(number, answer, (size_t)count);
}
