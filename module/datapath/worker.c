/* SPDX-License-Identifier: Apache-2.0 */
/* A worker: a thread with an event loop of its own, woken by its descriptors, a slow tick, and a mailbox. */
#include "datapath_private.h"

#include <errno.h>
#include <goose-bridge/clock.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* The tick is what tells a stall from an idle interface: it comes at least four times within max_frame_age_ms. */
#define TICKS_PER_AGE 4
#define TICK_MIN_NS   (2 * GB_NS_PER_MS)

static void set_tick(struct worker *w)
{
	uint64_t ns = w->runtime->use.max_frame_age_ns / TICKS_PER_AGE;
	struct timeval interval;

	if (ns < TICK_MIN_NS)
		ns = TICK_MIN_NS;
	interval = gb_clock_timeval(ns);
	event_add(w->tick, &interval);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;
	uint64_t now = gb_clock_mono_ns();

	(void)fd;
	(void)what;
	if (w->to_network)
		to_network_tick(w->to_network, now);
	if (w->to_goose)
		to_goose_tick(w->to_goose, now);
}

static void take(struct worker *w, struct runtime *next)
{
	struct gb_datapath_runtime none = {0};
	const struct gb_datapath_runtime *before = w->runtime ? &w->runtime->use : &none;

	w->runtime = next;
	/* event_assign and event_add on epoll fail only for descriptors that are not open */
	if (w->to_network)
		to_network_take(w->to_network, before);
	if (w->to_goose)
		to_goose_take(w->to_goose, before);
	set_tick(w);
	/* from here on nothing of the runtime before is used: the control thread may free it */
	atomic_store(&w->taken, next->generation);
	eventfd_write(w->datapath->told_fd, 1);
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;
	eventfd_t count;

	(void)what;
	eventfd_read(fd, &count);
	struct runtime *next = atomic_exchange(&w->next, NULL);

	if (next)
		take(w, next);
	struct peers_request *request = atomic_exchange(&w->peers_request, NULL);

	if (request) {
		request->count = w->to_goose ? to_goose_peers(w->to_goose, request->view, request->max) : 0;
		sem_post(&request->answered);
	}
	if (atomic_load(&w->stop))
		event_base_loopbreak(w->base);
}

static void *run(void *arg)
{
	struct worker *w = arg;

	event_base_loop(w->base, EVLOOP_NO_EXIT_ON_EMPTY);
	return NULL;
}

int worker_create(struct worker *worker, struct gb_datapath *datapath, struct gb_stats *stats, bool to_network,
		  bool to_goose)
{
	worker->datapath = datapath;
	worker->stats = stats;
	worker->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (worker->wake_fd < 0)
		return -errno;
	worker->base = event_base_new();
	worker->events = gb_ring_create(sizeof(struct gb_event), 256);
	if (!worker->base || !worker->events)
		return -ENOMEM;
	worker->woken = event_new(worker->base, worker->wake_fd, EV_READ | EV_PERSIST, on_wake, worker);
	worker->tick = event_new(worker->base, -1, EV_PERSIST, on_tick, worker);
	if (!worker->woken || !worker->tick || event_add(worker->woken, NULL) < 0)
		return -ENOMEM;
	if (to_network && !(worker->to_network = to_network_create(worker)))
		return -ENOMEM;
	if (to_goose && !(worker->to_goose = to_goose_create(worker)))
		return -ENOMEM;
	return 0;
}

void worker_destroy(struct worker *worker)
{
	to_network_destroy(worker->to_network);
	to_goose_destroy(worker->to_goose);
	if (worker->tick)
		event_free(worker->tick);
	if (worker->woken)
		event_free(worker->woken);
	if (worker->base)
		event_base_free(worker->base);
	gb_ring_destroy(worker->events);
	if (worker->wake_fd >= 0)
		close(worker->wake_fd);
}

int worker_start(struct worker *worker)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(&worker->thread, NULL, run, worker);

	pthread_sigmask(SIG_SETMASK, &before, NULL);
	worker->running = error == 0;
	if (worker->running)
		pthread_setname_np(worker->thread, worker->to_network ? worker->to_goose ? "frames" : "to-network"
								       : "to-goose0");
	return -error;
}

void worker_wake(struct worker *worker)
{
	eventfd_write(worker->wake_fd, 1);
}

void worker_stop(struct worker *worker)
{
	if (!worker->running)
		return;
	atomic_store(&worker->stop, true);
	worker_wake(worker);
	pthread_join(worker->thread, NULL);
	worker->running = false;
}

void worker_tell(struct worker *worker, enum gb_event_kind kind, struct in_addr address, uint64_t sender_id,
		 int64_t value)
{
	struct gb_event event = {.kind = kind, .utc_ns = gb_clock_utc_ns(), .address = address, .sender_id = sender_id,
				 .value = value};

	if (gb_ring_push(worker->events, &event))
		eventfd_write(worker->datapath->told_fd, 1);
	else
		gb_count(worker->stats, GB_COUNT_events_refused, 1);
}

static enum gb_drop_reason frame_drop(enum gb_frame_verdict verdict)
{
	switch (verdict) {
	case GB_FRAME_SHORT:
		return GB_DROP_short_frame;
	case GB_FRAME_GROUP_SOURCE:
		return GB_DROP_group_source;
	default:
		return GB_DROP_not_goose;
	}
}

bool worker_check_frame(struct worker *worker, const uint8_t *octets, size_t length, struct gb_frame *frame)
{
	enum gb_frame_verdict verdict = gb_frame_parse(octets, length, frame);

	if (verdict != GB_FRAME_GOOSE) {
		gb_drop(worker->stats, frame_drop(verdict), 1);
		return false;
	}
	if (length > GB_TUNNEL_FRAME_MAX) {
		gb_drop(worker->stats, GB_DROP_too_large, 1);
		return false;
	}
	if (!frame->header_whole)
		gb_count(worker->stats, GB_COUNT_undecodable_headers, 1);
	return true;
}

void worker_error(struct worker *worker)
{
	gb_count(worker->stats, GB_COUNT_errors, 1);
	gb_stats_bump(&worker->stats->consecutive_errors, 1);
}

static uint64_t next_sequence(struct gb_datapath *datapath, enum lane lane)
{
	_Atomic uint64_t *next = &datapath->next_sequence[lane];
	uint64_t sequence = atomic_load_explicit(next, memory_order_relaxed);

	atomic_store_explicit(next, sequence + 1, memory_order_relaxed);
	return sequence;
}

struct gb_native_header datapath_header(struct gb_datapath *datapath, const struct gb_datapath_runtime *use,
					enum gb_native_type type, enum lane lane, uint64_t utc_ns)
{
	bool synchronised = atomic_load_explicit(&datapath->clock_synchronised, memory_order_relaxed);

	return (struct gb_native_header){
		.type = (uint8_t)type,
		.flags = synchronised ? 0 : GB_NATIVE_FLAG_CLOCK_UNSYNCHRONISED,
		.path_id = use->path_id,
		.lane = (uint16_t)lane,
		.sender_id = use->sender_id,
		.epoch = datapath->settings.epoch,
		.sequence = next_sequence(datapath, lane),
		.send_time_ns = utc_ns,
	};
}
