/* SPDX-License-Identifier: Apache-2.0 */
#include "watch.h"

#include <errno.h>
#include <goose-bridge/clock.h>

/* How much later than the deadline the timer comes. Frames that come meanwhile do its work, so that where there is traffic
 * nobody is woken for it. An expiry is found within 9 ms of its deadline (stream.h) and this.
 */
#define SLACK_NS (4 * GB_NS_PER_MS)

static void arm(struct watch *watch, uint64_t deadline_ns, uint64_t now_ns)
{
	watch->armed_ns = deadline_ns;
	if (deadline_ns == 0) {
		evtimer_del(watch->expire);
		return;
	}
	/* what is due already, as there was too much for one look, goes on at once */
	struct timeval wait = gb_clock_timeval(deadline_ns > now_ns ? deadline_ns - now_ns + SLACK_NS : 0);

	evtimer_add(watch->expire, &wait);
}

static void look(struct watch *watch, uint64_t now_ns)
{
	records_read(watch->records, RECORDS_ALL); /* a stream that seems silent may be there */
	arm(watch, gb_streams_expire(watch->streams, now_ns, gb_clock_utc_ns()), now_ns);
}

static void on_expire(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	look(arg, gb_clock_mono_ns());
}

void watch_rearm(struct watch *watch, uint64_t now_ns)
{
	uint64_t deadline = watch->streams ? gb_streams_deadline(watch->streams) : 0;

	if (deadline != 0 && deadline <= now_ns)
		look(watch, now_ns);
	else if (deadline != 0 && (watch->armed_ns == 0 || deadline < watch->armed_ns))
		arm(watch, deadline, now_ns); /* a later one needs nothing: the timer comes and waits on */
}

static void tell(void *arg, const struct gb_event *event)
{
	struct watch *watch = arg;

	worker_pass_on(watch->worker, event);
}

int watch_init(struct watch *watch, struct worker *worker, enum gb_stream_direction direction)
{
	const struct gb_datapath_settings *s = &worker->datapath->settings;
	struct gb_streams_settings settings = {
		.direction = direction, .max = s->max_streams, .storm_per_second = s->storm_per_second,
		.index_base = s->stream_index_base};

	watch->worker = worker;
	if (s->max_streams == 0)
		return 0;
	watch->streams = gb_streams_create(&settings, tell, watch);
	watch->expire = evtimer_new(worker->base, on_expire, watch);
	return watch->streams && watch->expire ? 0 : -ENOMEM;
}

int watch_kernel(struct watch *watch, struct gb_kernel_engine *engine, enum gb_kernel_direction direction,
		 records_look *look_too, void *arg)
{
	watch->records = records_create(watch->worker, watch, engine, direction, look_too, arg);
	return watch->records ? 0 : -ENOMEM;
}

void watch_release(struct watch *watch)
{
	records_destroy(watch->records);
	if (watch->expire)
		event_free(watch->expire);
	gb_streams_destroy(watch->streams);
}
