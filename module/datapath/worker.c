/* SPDX-License-Identifier: Apache-2.0 */
/* A worker: a thread with an event loop of its own, woken by its descriptors, a slow tick, and a mailbox. */
#include "datapath_private.h"

#include <errno.h>
#include <goose-bridge/clock.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* The tick is what tells a stall from an idle interface: it comes at least four times within max_frame_age_ms. */
#define TICKS_PER_AGE 4
#define TICK_MIN_NS   (2 * GB_NS_PER_MS)

#define ANSWER_MS 200 /* that a question may wait for a worker */

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
	struct question *question = atomic_exchange(&w->question, NULL);

	if (question) {
		question->answer(w, question->arg);
		sem_post(&question->answered);
	}
	if (atomic_load(&w->stop))
		event_base_loopbreak(w->base);
}

/* ---- busy polling ---- */

/* Of a thread with a realtime priority that never waits the kernel thinks as of one that has gone wrong: RLIMIT_RTTIME, and
 * kernel.sched_rt_runtime_us, by which it stands still for 50 ms of each second. So such a worker spins for at most 9 ms more
 * than nine times as long as it waits.
 */
#define SPIN_PER_WAIT 9
#define SPIN_AHEAD_NS (9 * GB_NS_PER_MS)

static uint64_t frames_got(const struct worker *w)
{
	static const enum gb_counter counters[] = {GB_COUNT_goose_received, GB_COUNT_vlan_goose_received,
						   GB_COUNT_ip_to_goose};
	uint64_t sum = 0;

	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
		sum += atomic_load_explicit(&w->stats->counter[counters[i]], memory_order_relaxed);
	return sum;
}

/* How far a worker is ahead of what waiting allows it, in ns, after it was AHEAD and spun or waited for TOOK. */
static uint64_t ahead_after(const struct worker *w, uint64_t ahead, uint64_t took, bool spun)
{
	if (!atomic_load_explicit(&w->realtime, memory_order_relaxed))
		return 0;
	if (spun)
		return ahead + took;
	return ahead > took * SPIN_PER_WAIT ? ahead - took * SPIN_PER_WAIT : 0;
}

/* The event loop, which looks at descriptors, timers and mailbox without waiting as long as the last frame is not older than
 * busy_poll_ns. Whoever else is to run on this processor gets it after each look: a worker, too, that spins there.
 */
static void run_spinning(struct worker *w)
{
	uint64_t poll_ns = w->datapath->settings.busy_poll_ns, now = gb_clock_mono_ns(), last = 0, frames = frames_got(w);
	uint64_t ahead = 0;

	while (!atomic_load_explicit(&w->stop, memory_order_relaxed)) {
		bool spin = last != 0 && now - last < poll_ns && ahead <= SPIN_AHEAD_NS;
		uint64_t before = now, got;

		event_base_loop(w->base, spin ? EVLOOP_NONBLOCK : EVLOOP_ONCE);
		if (spin)
			sched_yield();
		now = gb_clock_mono_ns();
		got = frames_got(w);
		if (got != frames)
			last = now;
		frames = got;
		ahead = ahead_after(w, ahead, now - before, spin);
	}
}

static void *run(void *arg)
{
	struct worker *w = arg;

	if (w->datapath->settings.busy_poll_ns)
		run_spinning(w);
	else
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

struct priority_answer {
	int priority;
	int error;
};

/* By the worker itself, so that it waits for a moment afterwards: only that begins RLIMIT_RTTIME's time anew (kernel,
 * enqueue_task_rt), of which another turn with a realtime priority may have left it little.
 */
static void take_priority(struct worker *worker, void *arg)
{
	struct priority_answer *answer = arg;
	struct sched_param param = {.sched_priority = answer->priority};
	struct timespec moment = {.tv_nsec = 1};

	answer->error = -pthread_setschedparam(worker->thread, SCHED_FIFO, &param);
	if (!answer->error)
		nanosleep(&moment, NULL);
}

int worker_set_priority(struct worker *worker, unsigned priority)
{
	struct priority_answer answer = {.priority = (int)priority};
	struct sched_param none = {.sched_priority = 0};
	int error;

	if (!worker->running)
		return -ESRCH;
	if (priority == 0) {
		/* not by the worker: it may be in no state to do it */
		atomic_store(&worker->realtime, false);
		return -pthread_setschedparam(worker->thread, SCHED_OTHER, &none);
	}
	error = worker_ask(worker, take_priority, &answer);
	if (!error)
		error = answer.error;
	atomic_store(&worker->realtime, error == 0);
	return error;
}

int worker_set_cpu(struct worker *worker, unsigned cpu)
{
	cpu_set_t set;

	if (!worker->running)
		return -ESRCH;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return -pthread_setaffinity_np(worker->thread, sizeof(set), &set);
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

/* sem_timedwait goes by CLOCK_REALTIME, which may be set forward meanwhile: how long it took is what the other clock says. */
static bool wait_for_answer(struct question *question)
{
	uint64_t end_ns = gb_clock_mono_ns() + ANSWER_MS * GB_NS_PER_MS;
	int result;

	do {
		uint64_t until_ns = gb_clock_utc_ns() + ANSWER_MS * GB_NS_PER_MS;
		struct timespec until = {(time_t)(until_ns / GB_NS_PER_S), (long)(until_ns % GB_NS_PER_S)};

		result = sem_timedwait(&question->answered, &until);
	} while (result < 0 && gb_clock_mono_ns() < end_ns);
	return result == 0;
}

int worker_ask(struct worker *worker, void (*answer)(struct worker *worker, void *arg), void *arg)
{
	struct question question = {.answer = answer, .arg = arg};

	if (!worker->running) {
		answer(worker, arg);
		return 0;
	}
	sem_init(&question.answered, 0, 0);
	atomic_store(&worker->question, &question);
	worker_wake(worker);
	bool answered = wait_for_answer(&question);

	/* Too late, unless the worker has taken the question already: then the answer is but a copy away. */
	if (!answered && !atomic_exchange(&worker->question, NULL)) {
		while (sem_wait(&question.answered) < 0)
			;
		answered = true;
	}
	sem_destroy(&question.answered);
	return answered ? 0 : -ETIMEDOUT;
}

void worker_tell(struct worker *worker, enum gb_event_kind kind, struct in_addr address, uint64_t sender_id,
		 int64_t value)
{
	struct gb_event event = {.kind = kind, .utc_ns = gb_clock_utc_ns(), .address = address, .sender_id = sender_id,
				 .value = value};

	worker_pass_on(worker, &event);
}

void worker_pass_on(struct worker *worker, const struct gb_event *event)
{
	if (gb_ring_push(worker->events, event))
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
	_Atomic uint64_t *next = datapath_next_sequence(datapath, lane);
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
		.epoch = datapath_epoch(datapath),
		.sequence = next_sequence(datapath, lane),
		.send_time_ns = utc_ns,
	};
}
