/* SPDX-License-Identifier: Apache-2.0 */
/* What two processes in a row cost on this machine though they do nothing: each waits for the one before it and wakes the next.
 * A frame that comes alone has the same to wait for on its way through two bridges, whatever these do. */
#include "bench.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

struct relay {
	int in, out;
};

static int open_event(void)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (fd < 0)
		bench_die("eventfd: %s", strerror(errno));
	return fd;
}

static int watch(int fd)
{
	struct epoll_event event = {.events = EPOLLIN};
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event))
		bench_die("epoll: %s", strerror(errno));
	return epoll;
}

/* The next value that was handed over; as a bridge waits for a frame. */
static uint64_t take(int epoll, int fd)
{
	struct epoll_event event;
	uint64_t value;

	while (read(fd, &value, sizeof(value)) != sizeof(value))
		while (epoll_wait(epoll, &event, 1, -1) < 0 && errno == EINTR)
			;
	return value;
}

static void hand_over(int fd, uint64_t value)
{
	if (write(fd, &value, sizeof(value)) != sizeof(value))
		bench_die("eventfd: %s", strerror(errno));
}

/* Until the end, which is handed on: an eventfd sums what nobody has read, so the end is a number of its own. */
#define MANY (UINT64_C(1) << 32)

static void *relay(void *arg)
{
	const struct relay *r = arg;
	int epoll = watch(r->in);
	uint64_t value;

	do {
		value = take(epoll, r->in);
		hand_over(r->out, value);
	} while (value < MANY);
	close(epoll);
	return NULL;
}

/* The last of them: two wakes after SENT_NS. */
struct end {
	struct bench_run *run;
	int in;
	_Atomic uint64_t sent_ns; /* monotonic, of the one that is on its way */
};

static void *arrive(void *arg)
{
	struct end *end = arg;
	int epoll = watch(end->in);

	while (take(epoll, end->in) < MANY) {
		uint64_t now = bench_clock_ns(CLOCK_MONOTONIC);

		bench_tally_latency(&end->run->tally, now - atomic_load(&end->sent_ns));
	}
	close(epoll);
	return NULL;
}

void bench_wake_all(struct bench_run *r)
{
	struct relay first = {open_event(), open_event()};
	struct end end = {.run = r, .in = first.out};
	uint64_t number = 0, start = bench_clock_ns(CLOCK_MONOTONIC);
	pthread_t relaying, arriving;

	prctl(PR_SET_TIMERSLACK, 1);
	if (pthread_create(&relaying, NULL, relay, &first) || pthread_create(&arriving, NULL, arrive, &end))
		bench_die("no thread");
	for (; bench_clock_ns(CLOCK_MONOTONIC) - start < r->duration_ns && number < r->tally.capacity; number++) {
		bench_sleep_until(start + number * BENCH_NS_PER_S / r->rate);
		atomic_store(&end.sent_ns, bench_clock_ns(CLOCK_MONOTONIC));
		hand_over(first.in, 1);
	}
	r->sending_ns = bench_clock_ns(CLOCK_MONOTONIC) - start;
	hand_over(first.in, MANY);
	pthread_join(relaying, NULL);
	pthread_join(arriving, NULL);
	atomic_store(&r->offered, number);
	close(first.in);
	close(first.out);
}
