/* SPDX-License-Identifier: Apache-2.0 */
#include <goose-bridge/client.h>

#include <errno.h>
#include <goose-bridge/clock.h>
#include <json-c/json.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PROTOCOL_VERSION 1
#define ANSWER_MAX	 (64 * 1024 * 1024)
#define FIRST_ROOM	 (16 * 1024)
#define DEPTH_MAX	 32
#define RETRY_MS	 10 /* while the service's backlog is full */

struct question {
	const char *path;
	uint64_t deadline_ns; /* monotonic */
	char *error;
	size_t error_size;
};

static int fail(const struct question *q, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

static int fail(const struct question *q, int code, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(q->error, q->error_size, format, arguments);
	va_end(arguments);
	return code;
}

static int milliseconds_left(const struct question *q)
{
	uint64_t now = gb_clock_mono_ns();

	return now >= q->deadline_ns ? 0 : (int)((q->deadline_ns - now + GB_NS_PER_MS - 1) / GB_NS_PER_MS);
}

static int fail_late(const struct question *q)
{
	return fail(q, -ETIMEDOUT, "The service at %s does not answer; see whether it is stopped or the host is overloaded.",
		    q->path);
}

/* Waits until FD is ready for EVENTS. */
static int wait_until(const struct question *q, int fd, short events)
{
	struct pollfd ready = {.fd = fd, .events = events};

	for (;;) {
		int left = milliseconds_left(q);
		int count = poll(&ready, 1, left);

		if (count > 0)
			return 0; /* also on an error, which the call that follows finds */
		if (count == 0 && left == 0)
			return fail_late(q);
		if (count < 0 && errno != EINTR)
			return fail(q, -errno, "Waiting for the service failed: %s.", strerror(errno));
	}
}

static int fail_connect(const struct question *q, int error)
{
	switch (error) {
	case ENOENT:
	case ECONNREFUSED:
		return fail(q, -error, "No service listens at %s; is goose-bridge running?", q->path);
	case EACCES:
	case EPERM:
		return fail(q, -error, "%s may not be opened by this user.", q->path);
	default:
		return fail(q, -error, "Cannot reach the service at %s: %s.", q->path, strerror(error));
	}
}

/* Returns the connected socket or negative errno. */
static int connect_to(const struct question *q)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	if (!*q->path || strlen(q->path) >= sizeof(address.sun_path))
		return fail(q, -ENAMETOOLONG, "A socket's path has 1 to %zu octets.", sizeof(address.sun_path) - 1);
	strcpy(address.sun_path, q->path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fail(q, -errno, "Cannot make a socket: %s.", strerror(errno));
	/* a full backlog cannot be waited for: it makes connect return at once, and poll too */
	while (connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
		int error = errno, left = milliseconds_left(q);

		if (error == EINTR)
			continue;
		if (error != EAGAIN || left == 0) {
			close(fd);
			return error == EAGAIN ? fail_late(q) : fail_connect(q, error);
		}
		poll(NULL, 0, left < RETRY_MS ? left : RETRY_MS);
	}
	return fd;
}

/* A service that hangs up at once may still have said why: that is found on reading. */
static int send_request(const struct question *q, int fd, const char *octets, size_t length)
{
	while (length > 0) {
		ssize_t sent = send(fd, octets, length, MSG_NOSIGNAL);
		int error = sent < 0 ? errno : 0;

		if (error == EPIPE || error == ECONNRESET)
			return 0;
		if (error == EAGAIN) {
			int late = wait_until(q, fd, POLLOUT);

			if (late)
				return late;
		} else if (error && error != EINTR) {
			return fail(q, -error, "Cannot send to the service at %s: %s.", q->path, strerror(error));
		}
		if (sent > 0) {
			octets += sent;
			length -= (size_t)sent;
		}
	}
	return 0;
}

struct answer {
	char *octets;
	size_t length;
	size_t room;
};

static bool make_room(struct answer *answer)
{
	size_t room = answer->room ? answer->room * 2 : FIRST_ROOM;
	char *octets;

	if (answer->length < answer->room)
		return true;
	octets = realloc(answer->octets, room);
	if (!octets)
		return false;
	answer->octets = octets;
	answer->room = room;
	return true;
}

/* Reads a line. Its end is taken off. */
static int read_line(const struct question *q, int fd, struct answer *answer)
{
	for (;;) {
		if (!make_room(answer))
			return fail(q, -ENOMEM, "Memory is short.");

		ssize_t got = recv(fd, answer->octets + answer->length, answer->room - answer->length, 0);

		int error = got < 0 ? errno : 0;

		if (error == EAGAIN) {
			int late = wait_until(q, fd, POLLIN);

			if (late)
				return late;
		}
		if (error == EAGAIN || error == EINTR)
			continue;
		if (got <= 0)
			return fail(q, -EPROTO, "The service at %s hung up before it had answered.", q->path);

		const char *line_end = memchr(answer->octets + answer->length, '\n', (size_t)got);

		if (line_end) {
			answer->length = (size_t)(line_end - answer->octets);
			return 0;
		}
		answer->length += (size_t)got;
		if (answer->length > ANSWER_MAX || milliseconds_left(q) == 0)
			return answer->length > ANSWER_MAX
				       ? fail(q, -EPROTO, "The answer of the service at %s is too long.", q->path)
				       : fail_late(q);
	}
}

static struct json_object *parse(const struct answer *answer)
{
	struct json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);
	struct json_object *object = NULL;

	if (!tokener)
		return NULL;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	object = json_tokener_parse_ex(tokener, answer->octets, (int)answer->length);
	if (json_tokener_get_error(tokener) != json_tokener_success) {
		json_object_put(object);
		object = NULL;
	}
	json_tokener_free(tokener);
	return object;
}

/* Takes ANSWER apart: its result, or what the service says against it. */
static int judge(const struct question *q, const struct answer *answer, struct json_object **result)
{
	struct json_object *object = parse(answer), *version = NULL, *ok = NULL, *error = NULL;
	int code = 0;

	if (!json_object_is_type(object, json_type_object) || !json_object_object_get_ex(object, "version", &version) ||
	    !json_object_object_get_ex(object, "ok", &ok) || !json_object_is_type(version, json_type_int) ||
	    !json_object_is_type(ok, json_type_boolean))
		code = fail(q, -EPROTO, "What answers at %s is no goose-bridge.", q->path);
	else if (json_object_get_int64(version) != PROTOCOL_VERSION)
		code = fail(q, -EPROTO, "The service at %s speaks version %lld of the control protocol, this program %d.",
			    q->path, (long long)json_object_get_int64(version), PROTOCOL_VERSION);
	else if (!json_object_get_boolean(ok))
		code = fail(q, -EREMOTEIO, "The service refuses: %s.",
			    json_object_object_get_ex(object, "error", &error) && json_object_get_string(error)
				    ? json_object_get_string(error)
				    : "it does not say why");
	else if (!json_object_object_get_ex(object, "result", result) || !json_object_is_type(*result, json_type_object))
		code = fail(q, -EPROTO, "The service at %s answers without a result.", q->path);
	else
		json_object_get(*result);
	json_object_put(object);
	return code;
}

/* The request as a line, with its end. The caller frees it. */
static char *request_line(const char *command, const char *argument)
{
	struct json_object *object = json_object_new_object();
	const char *text = NULL;
	char *line = NULL;

	if (object) {
		json_object_object_add(object, "version", json_object_new_int(PROTOCOL_VERSION));
		json_object_object_add(object, "command", json_object_new_string(command));
		if (argument)
			json_object_object_add(object, "argument", json_object_new_string(argument));
		text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN);
	}
	if (text) {
		size_t length = strlen(text);

		line = malloc(length + 2);
		if (line) {
			memcpy(line, text, length);
			memcpy(line + length, "\n", 2);
		}
	}
	json_object_put(object);
	return line;
}

int gb_client_ask_about(const char *socket_path, const char *command, const char *argument, int timeout_ms,
			struct json_object **result, char *error, size_t size)
{
	struct question q = {
		.path = socket_path,
		.deadline_ns = gb_clock_mono_ns() + (uint64_t)(timeout_ms > 0 ? timeout_ms : 0) * GB_NS_PER_MS,
		.error = error,
		.error_size = size,
	};
	struct answer answer = {0};
	char *line = request_line(command, argument);
	int fd, code;

	*result = NULL;
	if (!line)
		return fail(&q, -ENOMEM, "Memory is short.");
	fd = connect_to(&q);
	code = fd < 0 ? fd : send_request(&q, fd, line, strlen(line));
	if (!code)
		code = read_line(&q, fd, &answer);
	if (!code)
		code = judge(&q, &answer, result);
	if (code)
		*result = NULL;
	free(line);
	free(answer.octets);
	if (fd >= 0)
		close(fd);
	return code;
}

int gb_client_ask(const char *socket_path, const char *command, int timeout_ms, struct json_object **result,
		  char *error, size_t size)
{
	return gb_client_ask_about(socket_path, command, NULL, timeout_ms, result, error, size);
}
