/* SPDX-License-Identifier: Apache-2.0 */
/* client: against the real server, and against ones that answer nonsense, slowly, or not at all. */
#include <goose-bridge/client.h>

#include <errno.h>
#include <event2/event.h>
#include <goose-bridge/clock.h>
#include <goose-bridge/control.h>
#include <json-c/json.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE_MS 20000

/* A server in a thread of its own that takes one client. */
struct fake {
	char directory[40];
	char path[80];
	int listener;
	pthread_t thread;
	const char *answer; /* NULL: hangs up at once */
	unsigned repeat;    /* how often the answer is written; 0 = once */
	unsigned pause_us;  /* before each octet of the answer; 0 = all at once */
	bool deaf;	    /* does not read the request */
	bool stays;	    /* until the client has left */
};

static void fake_listen(struct fake *fake, int backlog)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	strcpy(fake->directory, "/tmp/test_client.XXXXXX");
	assert_non_null(mkdtemp(fake->directory));
	snprintf(fake->path, sizeof(fake->path), "%s/sock", fake->directory);
	strcpy(address.sun_path, fake->path);
	fake->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fake->listener, (struct sockaddr *)&address, sizeof(address)), 0);
	if (backlog >= 0)
		assert_int_equal(listen(fake->listener, backlog), 0);
}

static void fake_remove(struct fake *fake)
{
	close(fake->listener);
	unlink(fake->path);
	rmdir(fake->directory);
}

static bool put(int fd, const char *octets, size_t length)
{
	while (length > 0) {
		ssize_t sent = send(fd, octets, length, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		octets += sent;
		length -= (size_t)sent;
	}
	return true;
}

static void fake_answer(const struct fake *fake, int fd)
{
	for (unsigned i = 0; i <= fake->repeat; i++) {
		if (fake->pause_us == 0 && !put(fd, fake->answer, strlen(fake->answer)))
			return;
		for (const char *c = fake->answer; fake->pause_us > 0 && *c; c++) {
			usleep(fake->pause_us);
			if (!put(fd, c, 1))
				return;
		}
	}
}

static void *fake_run(void *arg)
{
	struct fake *fake = arg;
	int fd = accept(fake->listener, NULL, NULL);
	char octet = 0;

	while (!fake->deaf && octet != '\n' && recv(fd, &octet, 1, 0) == 1)
		;
	if (fake->answer)
		fake_answer(fake, fd);
	while (fake->stays && recv(fd, &octet, 1, 0) == 1)
		;
	close(fd);
	return NULL;
}

/* Asks FAKE for its status. Returns what gb_client_ask does; checks that there is a result or a sentence. */
static int ask(struct fake *fake, int timeout_ms, char *error, size_t size)
{
	struct json_object *result = NULL;
	int code;

	fake_listen(fake, 4);
	assert_int_equal(pthread_create(&fake->thread, NULL, fake_run, fake), 0);
	*error = '\0';
	code = gb_client_ask(fake->path, "status", timeout_ms, &result, error, size);
	pthread_join(fake->thread, NULL);
	fake_remove(fake);
	assert_true(code == 0 ? result != NULL : result == NULL && strlen(error) > 10);
	json_object_put(result);
	return code;
}

static int answered(const char *answer)
{
	struct fake fake = {.answer = answer};
	char error[200];

	return ask(&fake, PATIENCE_MS, error, sizeof(error));
}

static void good_answers(void **state)
{
	struct fake slow = {.answer = "{\"version\":1,\"ok\":true,\"result\":{}}\n", .pause_us = 1000};
	char error[200];

	(void)state;
	assert_int_equal(answered("{\"version\":1,\"ok\":true,\"result\":{\"a\":1}}\n"), 0);
	assert_int_equal(answered("{\"version\":1,\"ok\":true,\"result\":{},\"later\":0}\nand more"), 0);
	assert_int_equal(ask(&slow, PATIENCE_MS, error, sizeof(error)), 0);
}

static void answers_that_are_none(void **state)
{
	(void)state;
	assert_int_equal(answered("SSH-2.0-OpenSSH\n"), -EPROTO);
	assert_int_equal(answered("\n"), -EPROTO);
	assert_int_equal(answered(""), -EPROTO);
	assert_int_equal(answered("[]\n"), -EPROTO);
	assert_int_equal(answered("null\n"), -EPROTO);
	assert_int_equal(answered("{}\n"), -EPROTO);
	assert_int_equal(answered("{\"version\":1,\"ok\":true}\n"), -EPROTO);
	assert_int_equal(answered("{\"version\":1,\"ok\":true,\"result\":5}\n"), -EPROTO);
	assert_int_equal(answered("{\"version\":1,\"ok\":1,\"result\":{}}\n"), -EPROTO);
	assert_int_equal(answered("{\"version\":2,\"ok\":true,\"result\":{}}\n"), -EPROTO);
	assert_int_equal(answered("{\"version\":1,\"ok\":true,\"result\":{}}"), -EPROTO); /* no line end: cut off? */
	assert_int_equal(answered("{\"version\":1,\"ok\":true,\n"), -EPROTO);
	assert_int_equal(answered(NULL), -EPROTO);
}

static void refusals(void **state)
{
	struct fake fake = {.answer = "{\"version\":1,\"ok\":false,\"error\":\"not today\"}\n"};
	struct fake early = {.answer = "{\"version\":1,\"ok\":false,\"error\":\"too many\"}\n", .deaf = true};
	char error[200];

	(void)state;
	assert_int_equal(ask(&fake, PATIENCE_MS, error, sizeof(error)), -EREMOTEIO);
	assert_string_equal(error, "The service refuses: not today.");
	assert_int_equal(ask(&early, PATIENCE_MS, error, sizeof(error)), -EREMOTEIO);
	assert_string_equal(error, "The service refuses: too many.");
	assert_int_equal(answered("{\"version\":1,\"ok\":false}\n"), -EREMOTEIO);
	assert_int_equal(answered("{\"version\":1,\"ok\":false,\"error\":null}\n"), -EREMOTEIO);
}

static void no_wait_lasts_longer_than_asked_for(void **state)
{
	struct fake silent = {.answer = "{", .stays = true};
	struct fake dripping = {.answer = "                                        ", .repeat = 100, .pause_us = 20000};
	uint64_t begin = gb_clock_mono_ns();
	char error[200];

	(void)state;
	assert_int_equal(ask(&silent, 200, error, sizeof(error)), -ETIMEDOUT);
	assert_int_equal(ask(&dripping, 200, error, sizeof(error)), -ETIMEDOUT);
	assert_in_range(gb_clock_mono_ns() - begin, 390 * GB_NS_PER_MS, 10 * GB_NS_PER_S);
}

static void an_endless_answer_is_not_kept(void **state)
{
	char *block = malloc(1 << 20);
	struct fake fake = {.answer = block, .repeat = 200};
	char error[200];

	(void)state;
	memset(block, ' ', (1 << 20) - 1);
	block[(1 << 20) - 1] = '\0';
	assert_int_equal(ask(&fake, PATIENCE_MS, error, sizeof(error)), -EPROTO);
	assert_non_null(strstr(error, "too long"));
	free(block);
}

static void nobody_there(void **state)
{
	struct fake stale = {0}, full = {0};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct json_object *result;
	char error[200], path[200];
	int waiting[8];

	(void)state;
	assert_int_equal(gb_client_ask("/nowhere/at/all", "status", 1000, &result, error, sizeof(error)), -ENOENT);
	assert_string_equal(error, "No service listens at /nowhere/at/all; is goose-bridge running?");
	memset(path, 'x', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(gb_client_ask(path, "status", 1000, &result, error, sizeof(error)), -ENAMETOOLONG);
	assert_int_equal(gb_client_ask("", "status", 1000, &result, error, sizeof(error)), -ENAMETOOLONG);

	fake_listen(&stale, -1);
	assert_int_equal(gb_client_ask(stale.path, "status", 1000, &result, error, sizeof(error)), -ECONNREFUSED);
	fake_remove(&stale);

	fake_listen(&full, 0); /* and takes nobody in */
	strcpy(address.sun_path, full.path);
	for (unsigned i = 0; i < 8; i++) {
		waiting[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)!connect(waiting[i], (struct sockaddr *)&address, sizeof(address));
	}
	assert_int_equal(gb_client_ask(full.path, "status", 100, &result, error, sizeof(error)), -ETIMEDOUT);
	for (unsigned i = 0; i < 8; i++)
		close(waiting[i]);
	fake_remove(&full);
}

/* ---- the real server ------------------------------------------------------------------------------------------------ */

#define REAL_OCTETS (1024 * 1024)

static char *large(void *arg)
{
	char *line = malloc(REAL_OCTETS + 20);

	(void)arg;
	strcpy(line, "{\"x\":\"");
	memset(line + 6, 'x', REAL_OCTETS);
	strcpy(line + 6 + REAL_OCTETS, "\"}");
	return line;
}

struct real {
	char path[80];
	int stop[2];
	int started[2];
};

static void on_stop(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	event_base_loopbreak(arg);
}

static void *real_run(void *arg)
{
	static const struct gb_control_ops ops = {.stats = large, .version = "9.8.7"};
	struct real *real = arg;
	struct event_base *base = event_base_new();
	struct event *stop = event_new(base, real->stop[0], EV_READ, on_stop, base);
	struct gb_control *control = NULL;
	int error = gb_control_create(&control, base, real->path, &ops, NULL);

	event_add(stop, NULL);
	if (write(real->started[1], &error, sizeof(error)) == (ssize_t)sizeof(error) && !error)
		event_base_dispatch(base);
	gb_control_destroy(control);
	event_free(stop);
	event_base_free(base);
	return NULL;
}

static void the_real_server(void **state)
{
	char directory[] = "/tmp/test_client.XXXXXX", error[200];
	struct json_object *result, *value;
	struct real real;
	pthread_t thread;
	int started;

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(real.path, sizeof(real.path), "%s/sock", directory);
	assert_int_equal(pipe(real.stop) | pipe(real.started), 0);
	assert_int_equal(pthread_create(&thread, NULL, real_run, &real), 0);
	assert_int_equal(read(real.started[0], &started, sizeof(started)), sizeof(started));
	assert_int_equal(started, 0);

	assert_int_equal(gb_client_ask(real.path, "version", PATIENCE_MS, &result, error, sizeof(error)), 0);
	assert_true(json_object_object_get_ex(result, "version", &value));
	assert_string_equal(json_object_get_string(value), "9.8.7");
	json_object_put(result);
	assert_int_equal(gb_client_ask(real.path, "stats", PATIENCE_MS, &result, error, sizeof(error)), 0);
	assert_true(json_object_object_get_ex(result, "x", &value));
	assert_int_equal(json_object_get_string_len(value), REAL_OCTETS);
	json_object_put(result);
	assert_int_equal(gb_client_ask(real.path, "fly\n", PATIENCE_MS, &result, error, sizeof(error)), -EREMOTEIO);
	assert_non_null(strstr(error, "unknown command"));

	assert_int_equal(write(real.stop[1], "", 1), 1);
	pthread_join(thread, NULL);
	assert_int_equal(gb_client_ask(real.path, "version", 1000, &result, error, sizeof(error)), -ENOENT);
	for (unsigned i = 0; i < 2; i++) {
		close(real.stop[i]);
		close(real.started[i]);
	}
	rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_answers),
		cmocka_unit_test(answers_that_are_none),
		cmocka_unit_test(refusals),
		cmocka_unit_test(no_wait_lasts_longer_than_asked_for),
		cmocka_unit_test(an_endless_answer_is_not_kept),
		cmocka_unit_test(nobody_there),
		cmocka_unit_test(the_real_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
