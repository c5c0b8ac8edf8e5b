/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor.h"

#include "result.h"

#include <errno.h>
#include <goose-bridge/client.h>
#include <goose-bridge/clock.h>
#include <json-c/json.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define TIMEOUT_MS 2000 /* of a question */

int monitor_ask(const char *socket_path, struct json_object **answer, char *error, size_t size)
{
	struct json_object *more = NULL, *streams;
	int code = gb_client_ask(socket_path, "stats", TIMEOUT_MS, answer, error, size);

	if (code || result_get(*answer, "streams"))
		return code;
	code = gb_client_ask(socket_path, "streams", TIMEOUT_MS, &more, error, size);
	if (code == -EREMOTEIO) /* an older service does not know the command */
		return 0;
	streams = result_get(more, "streams");
	if (code) {
		json_object_put(*answer);
		*answer = NULL;
	} else if (streams && json_object_object_add(*answer, "streams", json_object_get(streams)) != 0) {
		json_object_put(streams);
	}
	json_object_put(more);
	return code;
}

struct monitor_source {
	const char *socket_path;
	uint64_t interval_ns;
	int fd;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t stopping;
	bool stop;	/* with mutex, as the next two */
	bool is_answer; /* that was not taken yet */
	struct monitor_answer answer;
};

/* Gives ANSWER to whoever draws; one that was not taken is of no use any more. */
static void offer(struct monitor_source *source, const struct monitor_answer *answer)
{
	uint64_t one = 1;
	ssize_t written;

	if (source->is_answer)
		json_object_put(source->answer.object);
	source->answer = *answer;
	source->is_answer = true;
	written = write(source->fd, &one, sizeof(one));
	(void)written; /* fails only where the counter is full, and so readable */
}

static void *ask_on(void *arg)
{
	struct monitor_source *source = arg;
	uint64_t next_ns = gb_clock_mono_ns();

	pthread_mutex_lock(&source->mutex);
	while (!source->stop) {
		struct monitor_answer answer = {.error = ""};
		uint64_t now_ns;

		pthread_mutex_unlock(&source->mutex);
		monitor_ask(source->socket_path, &answer.object, answer.error, sizeof(answer.error));
		answer.at_ns = now_ns = gb_clock_mono_ns();
		answer.utc_ns = gb_clock_utc_ns();
		pthread_mutex_lock(&source->mutex);
		offer(source, &answer);
		next_ns += source->interval_ns;
		if (next_ns < now_ns) /* what was missed is not made up for */
			next_ns = now_ns;

		struct timespec until = {.tv_sec = (time_t)(next_ns / GB_NS_PER_S), .tv_nsec = (long)(next_ns % GB_NS_PER_S)};

		while (!source->stop && pthread_cond_timedwait(&source->stopping, &source->mutex, &until) == 0)
			;
	}
	pthread_mutex_unlock(&source->mutex);
	return NULL;
}

struct monitor_source *monitor_source_create(const char *socket_path, double interval_s)
{
	struct monitor_source *source = calloc(1, sizeof(*source));
	pthread_condattr_t monotonic;
	sigset_t all, before;
	int failed;

	if (!source)
		return NULL;
	source->socket_path = socket_path;
	source->interval_ns = (uint64_t)(interval_s * (double)GB_NS_PER_S);
	source->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&source->mutex, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&source->stopping, &monotonic);
	pthread_condattr_destroy(&monotonic);
	sigfillset(&all); /* they are for the thread that has the terminal */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = source->fd < 0 || pthread_create(&source->thread, NULL, ask_on, source) != 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!failed)
		return source;
	if (source->fd >= 0)
		close(source->fd);
	free(source);
	return NULL;
}

void monitor_source_destroy(struct monitor_source *source)
{
	if (!source)
		return;
	pthread_mutex_lock(&source->mutex);
	source->stop = true;
	pthread_cond_signal(&source->stopping);
	pthread_mutex_unlock(&source->mutex);
	pthread_join(source->thread, NULL);
	if (source->is_answer)
		json_object_put(source->answer.object);
	pthread_cond_destroy(&source->stopping);
	pthread_mutex_destroy(&source->mutex);
	close(source->fd);
	free(source);
}

int monitor_source_fd(const struct monitor_source *source)
{
	return source->fd;
}

bool monitor_source_take(struct monitor_source *source, struct monitor_answer *answer)
{
	uint64_t count;
	bool taken;

	pthread_mutex_lock(&source->mutex);
	taken = read(source->fd, &count, sizeof(count)) == sizeof(count) && source->is_answer;
	if (taken)
		*answer = source->answer;
	source->is_answer = false;
	pthread_mutex_unlock(&source->mutex);
	return taken;
}
