/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of control's server share: a service with canned answers, and clients. All in one thread: pump() lets the
 * server's loop run.
 */
#ifndef TEST_CONTROL_SERVER_H
#define TEST_CONTROL_SERVER_H

#include "test_control_service.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <goose-bridge/clock.h>
#include <goose-bridge/log.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define TIMEOUT_MS GB_CONTROL_IDLE_MS
#define PATIENCE_S 20 /* a slow machine under sanitizers, too */
#define CLIENTS	   16

/* ---- the service's side of it --------------------------------------------------------------------------------------- */

static inline int reload(void *arg, char *error, size_t size)
{
	(void)arg;
	(void)error;
	(void)size;
	return 0;
}

static const struct gb_control_ops ops = {.stats = padded, .status = numbered, .version = "1.2.3", .reload = reload};

/* ---- the server ----------------------------------------------------------------------------------------------------- */

struct bench {
	char directory[40];
	char path[108];
	struct event_base *base;
	struct gb_control *control;
	struct service service;
};

static inline int set_up(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	strcpy(b->directory, "/tmp/test_control.XXXXXX");
	assert_non_null(mkdtemp(b->directory));
	assert_int_equal(chmod(b->directory, 0755), 0);
	snprintf(b->path, sizeof(b->path), "%s/run/goose-bridge/control.sock", b->directory);
	b->base = event_base_new();
	assert_int_equal(gb_control_create(&b->control, b->base, b->path, &ops, &b->service), 0);
	*state = b;
	return 0;
}

static inline int tear_down(void **state)
{
	struct bench *b = *state;
	char directory[80];

	gb_control_destroy(b->control);
	event_base_free(b->base);
	assert_int_not_equal(access(b->path, F_OK), 0);
	snprintf(directory, sizeof(directory), "%s/run/goose-bridge", b->directory);
	assert_int_equal(rmdir(directory), 0);
	snprintf(directory, sizeof(directory), "%s/run", b->directory);
	rmdir(directory);
	assert_int_equal(rmdir(b->directory), 0);
	free(b);
	return 0;
}

static inline void pump(struct bench *b)
{
	event_base_loop(b->base, EVLOOP_NONBLOCK);
}

static inline void pump_for(struct bench *b, unsigned ms)
{
	uint64_t until = gb_clock_mono_ns() + ms * GB_NS_PER_MS;

	while (gb_clock_mono_ns() < until) {
		pump(b);
		usleep(1000);
	}
}

static inline int join(struct bench *b)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, b->path);
	assert_true(fd >= 0);
	while (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		assert_int_equal(errno, EAGAIN); /* backlog full */
		pump(b);
	}
	return fd;
}

static inline void say(struct bench *b, int fd, const char *text, size_t length)
{
	while (length > 0) {
		ssize_t sent = send(fd, text, length, MSG_NOSIGNAL);

		if (sent < 0) {
			assert_int_equal(errno, EAGAIN);
			pump(b);
			continue;
		}
		text += sent;
		length -= (size_t)sent;
	}
}

static inline void say_text(struct bench *b, int fd, const char *text)
{
	say(b, fd, text, strlen(text));
}

/* Reads a line while the server runs. The caller frees it. NULL: the server closed. */
static inline char *hear(struct bench *b, int fd)
{
	uint64_t until = gb_clock_mono_ns() + PATIENCE_S * GB_NS_PER_S;
	size_t length = 0, room = 1 << 16;
	char *line = malloc(room);

	while (gb_clock_mono_ns() < until) {
		ssize_t got = recv(fd, line + length, 1, MSG_PEEK);

		if (got < 0 && errno == EAGAIN) {
			pump(b);
			usleep(200);
			continue;
		}
		if (got <= 0) {
			assert_int_equal(length, 0);
			free(line);
			return NULL;
		}
		got = recv(fd, line + length, room - length - 1, MSG_PEEK);
		char *line_end = memchr(line + length, '\n', (size_t)got);
		size_t take = line_end ? (size_t)(line_end - line) - length + 1 : (size_t)got;

		assert_int_equal(recv(fd, line + length, take, 0), take);
		length += take;
		if (line_end) {
			line[length - 1] = '\0';
			return line;
		}
		if (room - length < room / 2)
			line = realloc(line, room *= 2);
	}
	fail_msg("no answer in %d s", PATIENCE_S);
	return NULL;
}

static inline void assert_hears(struct bench *b, int fd, const char *part)
{
	char *line = hear(b, fd);

	assert_non_null(line);
	if (!strstr(line, part))
		fail_msg("'%.200s' without '%s'", line, part);
	free(line);
}

static inline void assert_closed(struct bench *b, int fd)
{
	assert_null(hear(b, fd));
	close(fd);
}

#define STATUS "{\"version\":1,\"command\":\"status\"}\n"
#define STATS  "{\"version\":1,\"command\":\"stats\"}\n"

#define SERVER_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
