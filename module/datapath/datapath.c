/* SPDX-License-Identifier: Apache-2.0 */
/* The control thread's side of the user engine: workers as a whole, runtimes, and what is read from them. */
#include <goose-bridge/datapath.h>

#include "datapath_private.h"
#include "echo.h"

#include <errno.h>
#include <goose-bridge/cache.h>
#include <goose-bridge/clock.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void free_runtime(struct runtime *runtime)
{
	gb_link_unref(runtime->use.link);
	gb_transport_unref(runtime->use.transport);
	free(runtime);
}

/* Frees the retired runtimes that every worker has left behind. */
static void free_retired(struct gb_datapath *d)
{
	uint64_t oldest_in_use = UINT64_MAX;

	for (unsigned i = 0; i < d->workers; i++) {
		uint64_t taken = d->worker[i].running ? atomic_load(&d->worker[i].taken) : UINT64_MAX;

		if (taken < oldest_in_use)
			oldest_in_use = taken;
	}
	struct runtime **link = &d->retired;

	while (*link && (*link)->generation >= oldest_in_use)
		link = &(*link)->older;
	struct runtime *done = *link;

	*link = NULL;
	while (done) {
		struct runtime *older = done->older;

		free_runtime(done);
		done = older;
	}
}

static void on_told(evutil_socket_t fd, short what, void *arg)
{
	struct gb_datapath *d = arg;
	struct gb_event event;
	eventfd_t count;

	(void)what;
	eventfd_read(fd, &count);
	free_retired(d);
	for (unsigned i = 0; i < d->workers; i++)
		while (gb_ring_pop(d->worker[i].events, &event))
			d->event(d->event_arg, &event);
}

int gb_datapath_create(struct gb_datapath **datapath, struct event_base *base,
		       const struct gb_datapath_settings *settings, gb_datapath_event *event, void *arg)
{
	size_t octets = GB_CACHE_LINES(sizeof(struct gb_datapath));
	struct gb_datapath *d = aligned_alloc(GB_CACHE_LINE, octets); /* the counters have cache lines of their own */
	int error = -ENOMEM;

	if (!d)
		return -ENOMEM;
	memset(d, 0, octets);
	d->settings = *settings;
	d->frame_capacity = GB_TUNNEL_FRAME_MAX + 1; /* one more shows that a frame is larger */
	if (settings->buffer_size > d->frame_capacity)
		d->frame_capacity = settings->buffer_size;
	d->own.epoch = settings->epoch;
	d->event = event;
	d->event_arg = arg;
	d->workers = settings->workers >= 2 ? 2 : 1;
	for (unsigned i = 0; i < WORKERS_MAX; i++)
		d->worker[i].wake_fd = -1;
	d->told_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (d->told_fd < 0) {
		error = -errno;
		goto out;
	}
	d->told = event_new(base, d->told_fd, EV_READ | EV_PERSIST, on_told, d);
	if (!d->told || event_add(d->told, NULL) < 0)
		goto out;
	for (unsigned i = 0; i < d->workers; i++) {
		error = worker_create(&d->worker[i], d, &d->worker_stats[i], i == 0, i == d->workers - 1);
		if (error)
			goto out;
	}
	*datapath = d;
	return 0;
out:
	gb_datapath_destroy(d);
	return error;
}

void gb_datapath_stop(struct gb_datapath *datapath)
{
	for (unsigned i = 0; i < datapath->workers; i++)
		worker_stop(&datapath->worker[i]);
}

void gb_datapath_destroy(struct gb_datapath *datapath)
{
	if (!datapath)
		return;
	gb_datapath_stop(datapath);
	for (unsigned i = 0; i < datapath->workers; i++)
		worker_destroy(&datapath->worker[i]);
	free_retired(datapath);
	if (datapath->current)
		free_runtime(datapath->current);
	if (datapath->told)
		event_free(datapath->told);
	if (datapath->told_fd >= 0)
		close(datapath->told_fd);
	free(datapath);
}

int gb_datapath_use_kernel(struct gb_datapath *datapath, struct gb_kernel_engine *engine)
{
	struct worker *out = &datapath->worker[0], *in = &datapath->worker[datapath->workers - 1];
	int error = to_network_use_kernel(out->to_network, engine);

	if (!error)
		error = to_goose_use_kernel(in->to_goose, engine);
	if (!error)
		datapath->kernel = engine;
	return error;
}

uint64_t gb_datapath_epoch(const struct gb_datapath *datapath)
{
	return datapath_epoch(datapath);
}

int gb_datapath_start(struct gb_datapath *datapath)
{
	int error = 0;

	for (unsigned i = 0; i < datapath->workers && !error; i++)
		error = worker_start(&datapath->worker[i]);
	return error;
}

int gb_datapath_set_priority(struct gb_datapath *datapath, unsigned priority)
{
	int error = 0;

	for (unsigned i = 0; i < datapath->workers && !error; i++)
		error = worker_set_priority(&datapath->worker[i], priority);
	if (error)
		for (unsigned i = 0; i < datapath->workers; i++)
			worker_set_priority(&datapath->worker[i], 0);
	return error;
}

int gb_datapath_set_cpu(struct gb_datapath *datapath, unsigned worker, unsigned cpu)
{
	return worker_set_cpu(&datapath->worker[worker], cpu);
}

unsigned gb_datapath_workers(const struct gb_datapath *datapath)
{
	return datapath->workers;
}

int gb_datapath_apply(struct gb_datapath *datapath, const struct gb_datapath_runtime *runtime)
{
	if (runtime->transport && (runtime->path_mtu < GB_TUNNEL_PATH_MTU_MIN || runtime->sender_id == 0))
		return -EINVAL;
	struct runtime *next = calloc(1, sizeof(*next));

	if (!next)
		return -ENOMEM;
	next->use = *runtime;
	gb_link_ref(next->use.link);
	gb_transport_ref(next->use.transport);
	next->generation = ++datapath->generation;

	struct runtime *before = datapath->current;

	datapath->current = next;
	if (before) {
		before->older = datapath->retired;
		datapath->retired = before;
	}
	for (unsigned i = 0; i < datapath->workers; i++) {
		atomic_store(&datapath->worker[i].next, next);
		worker_wake(&datapath->worker[i]);
	}
	return 0;
}

void gb_datapath_set_clock(struct gb_datapath *datapath, bool synchronised)
{
	atomic_store_explicit(&datapath->clock_synchronised, synchronised, memory_order_relaxed);
}

/* What the programs sent: a frame in each datagram. */
static void tell_kernel_lane(const struct gb_kernel_engine *engine, struct gb_hello *hello)
{
	struct gb_hello_lane *lane = &hello->lane[hello->lanes++];

	lane->lane = GB_KERNEL_LANE;
	lane->next_sequence = __atomic_load_n(&engine->state->kernel_sequence, __ATOMIC_RELAXED);
	lane->frames = lane->next_sequence;
}

static struct gb_hello hello_of(struct gb_datapath *d, uint16_t interval_s, const char *version)
{
	struct gb_hello hello = {
		.path_mtu = (uint16_t)d->current->use.path_mtu, .interval_s = interval_s, .lanes = LANE_COUNT};

	for (unsigned i = 0; i < LANE_COUNT; i++) {
		const _Atomic uint64_t *next = datapath_next_sequence(d, (enum lane)i);

		hello.lane[i].lane = (uint16_t)i;
		hello.lane[i].next_sequence = atomic_load_explicit(next, memory_order_relaxed);
	}
	hello.lane[LANE_FRAMES].frames = atomic_load_explicit(datapath_frames_sent(d), memory_order_relaxed);
	if (d->kernel)
		tell_kernel_lane(d->kernel, &hello);
	strncpy(hello.version, version, sizeof(hello.version) - 1);
	return hello;
}

int gb_datapath_hello(struct gb_datapath *datapath, uint16_t interval_s, const char *version)
{
	const struct gb_datapath_runtime *use = datapath->current ? &datapath->current->use : NULL;
	uint8_t octets[GB_NATIVE_CONTROL_MAX];

	if (!use || !use->transport)
		return -ENETDOWN;
	struct gb_hello hello = hello_of(datapath, interval_s, version);
	struct gb_native_header header = datapath_header(datapath, use, GB_NATIVE_HELLO, LANE_HELLO, gb_clock_utc_ns());
	int error = gb_transport_send_one(use->transport, octets, gb_native_put_hello(octets, &header, &hello));

	if (!error)
		gb_count(&datapath->control_stats, GB_COUNT_hellos_sent, 1);
	return error;
}

void gb_datapath_totals(const struct gb_datapath *datapath, struct gb_totals *totals)
{
	for (unsigned i = 0; i < datapath->workers; i++)
		gb_stats_add(totals, &datapath->worker_stats[i]);
	gb_stats_add(totals, &datapath->control_stats);
	if (datapath->kernel)
		kernel_counters_add(datapath->kernel, totals);
}

struct peers_answer {
	struct gb_peer_view *view;
	size_t max;
	size_t count;
};

static void copy_peers(struct worker *worker, void *arg)
{
	struct peers_answer *peers = arg;

	peers->count = to_goose_peers(worker->to_goose, peers->view, peers->max);
}

int gb_datapath_peers(struct gb_datapath *datapath, struct gb_peer_view *view, size_t max)
{
	struct peers_answer peers = {.view = view, .max = max};
	int error = worker_ask(&datapath->worker[datapath->workers - 1], copy_peers, &peers);

	return error ? error : (int)peers.count;
}

struct echo_question {
	uint64_t nonce;
	struct gb_echo_answer *answer;
	size_t max;
	int result;
};

static void ask_others(struct worker *worker, void *arg)
{
	struct echo_question *question = arg;

	question->result = echo_ask(to_goose_echo(worker->to_goose), worker, question->nonce);
}

int gb_datapath_echo(struct gb_datapath *datapath, uint64_t nonce)
{
	struct echo_question question = {.nonce = nonce};
	int error = worker_ask(&datapath->worker[datapath->workers - 1], ask_others, &question);

	return error ? error : question.result;
}

static void copy_answers(struct worker *worker, void *arg)
{
	struct echo_question *question = arg;

	question->result = echo_answers(to_goose_echo(worker->to_goose), question->nonce, question->answer, question->max);
}

int gb_datapath_echo_answers(struct gb_datapath *datapath, uint64_t nonce, struct gb_echo_answer *answer, size_t max)
{
	struct echo_question question = {.nonce = nonce, .answer = answer, .max = max};
	int error = worker_ask(&datapath->worker[datapath->workers - 1], copy_answers, &question);

	return error ? error : question.result;
}
