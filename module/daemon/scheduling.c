/* SPDX-License-Identifier: Apache-2.0 */
/* How the threads that move frames are scheduled: busy_poll_us, realtime_priority and cpu_affinity. The control thread and all
 * others stay as they were, so that what goes wrong with a worker can be mended.
 */
#include "daemon_private.h"

#include <errno.h>
#include <goose-bridge/clock.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A worker that has not waited once for so long is no longer one that moves GOOSE frames: a flood, or an endless loop. It loses
 * its priority. The kernel ends the process (SIGKILL) at the second one: then the control thread, too, has not run once.
 */
#define OVERRUN_US	500000
#define OVERRUN_LAST_US 10000000

#define OVERRUN_LINES_NS (60 * GB_NS_PER_S) /* one line in that time */

/* ---- busy_poll_us ---- */

/* CPUs that this process may run on, as "0-3,8"; and how many. */
static unsigned cpus_allowed(char *list, size_t size)
{
	unsigned count = 0, last;
	size_t used = 0;
	cpu_set_t set;

	*list = '\0';
	if (sched_getaffinity(0, sizeof(set), &set) < 0) /* more CPUs than a set has room for */
		return CPU_SETSIZE;
	for (unsigned first = 0; first < CPU_SETSIZE; first = last + 1) {
		last = first;
		if (!CPU_ISSET(first, &set))
			continue;
		while (last + 1 < CPU_SETSIZE && CPU_ISSET(last + 1, &set))
			last++;
		if (used < size)
			used += (size_t)snprintf(list + used, size - used, last > first ? "%s%u-%u" : "%s%u", count ? "," : "",
						 first, last);
		count += last - first + 1;
	}
	return count;
}

uint64_t scheduling_busy_poll_ns(struct daemon *d, unsigned paths)
{
	char list[64];

	if (d->config.busy_poll_us == 0)
		return 0;
	unsigned cpus = cpus_allowed(list, sizeof(list));

	if (cpus <= paths) {
		gb_warn("busy_poll_us = %u is left off: this service may run on %s only (%s), which applications and the "
			"other direction need; give it more, or take the key out", d->config.busy_poll_us,
			cpus > 1 ? "as many CPUs as it has paths" : "one CPU", list);
		return 0;
	}
	d->scheduling.busy_poll = true;
	return d->config.busy_poll_us * UINT64_C(1000);
}

/* ---- realtime_priority ---- */

static void raise_limit(__rlimit_resource_t what, rlim_t wanted)
{
	struct rlimit limit;

	if (getrlimit(what, &limit) < 0 || limit.rlim_cur >= wanted) /* RLIM_INFINITY is the largest number */
		return;
	limit.rlim_cur = wanted;
	if (limit.rlim_max < wanted)
		limit.rlim_max = wanted;
	setrlimit(what, &limit);
}

/* The kernel moves the soft limit on by a second each time it is reached. */
static int limit_overruns(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_RTTIME, &limit) < 0)
		return -errno;
	if (limit.rlim_max > OVERRUN_LAST_US)
		limit.rlim_max = OVERRUN_LAST_US;
	limit.rlim_cur = limit.rlim_max < OVERRUN_US ? limit.rlim_max : OVERRUN_US;
	return setrlimit(RLIMIT_RTTIME, &limit) < 0 ? -errno : 0;
}

static bool may_lock(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY)
		return true;
	return syscall(SYS_capget, &header, data) == 0 && (data[0].effective & 1U << CAP_IPC_LOCK);
}

/* A page is locked when it is used first, and not before: all of the threads' stacks would be some 30 MB. Not where there is a
 * limit: memory beyond it could then not be had at all.
 */
static void lock_memory(void)
{
	int error = !may_lock() ? -EPERM : mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0 ? -errno : 0;

	if (error)
		gb_warn("realtime_priority: memory is not locked, and frames may wait for pages from a disk: %s; give the "
			"service LimitMEMLOCK=infinity (goose-bridge.conf(5), realtime_priority)", strerror(-error));
}

void scheduling_prepare(struct daemon *d)
{
	if (d->config.realtime_priority == 0)
		return;
	/* wants CAP_SYS_RESOURCE, and is not needed where other privileges stay: what is missing in the end is said then */
	raise_limit(RLIMIT_RTPRIO, d->config.realtime_priority);
	raise_limit(RLIMIT_MEMLOCK, RLIM_INFINITY);
}

/* Of the workers of all paths; if one cannot have it, none has. */
static int set_priority(struct daemon *d, unsigned priority)
{
	int error = 0;

	for (unsigned i = 0; !error && i < d->paths; i++)
		error = gb_datapath_set_priority(d->path[i].datapath, priority);
	for (unsigned i = 0; error && i < d->paths; i++)
		gb_datapath_set_priority(d->path[i].datapath, 0);
	return error;
}

static void take_priority(struct daemon *d)
{
	unsigned priority = d->config.realtime_priority;
	int error = limit_overruns();

	if (!error)
		error = set_priority(d, priority);
	d->scheduling.priority = error ? 0 : priority;
	if (error == -EPERM)
		gb_warn("realtime_priority = %u cannot be had, and workers are scheduled as other threads are: give the "
			"service LimitRTPRIO=%u or CAP_SYS_NICE (goose-bridge.conf(5), realtime_priority)", priority, priority);
	else if (error)
		gb_warn("realtime_priority = %u cannot be had, and workers are scheduled as other threads are: %s", priority,
			strerror(-error));
}

static void on_overrun(evutil_socket_t signal_number, short what, void *arg)
{
	struct daemon *d = arg;
	struct timeval delay = {.tv_sec = d->config.reconnect_delay};

	(void)signal_number;
	(void)what;
	if (d->scheduling.priority == 0)
		return;
	set_priority(d, 0);
	d->scheduling.priority = 0;
	event_add(d->scheduling.again, &delay);
	if (gb_log_limit_pass(&d->scheduling.limit, gb_clock_mono_ns(), NULL))
		gb_warn("a worker has run for %u ms without waiting once: workers have no realtime priority for the next %u s; "
			"look for a flood of frames or datagrams (`goose-bridge-ctl stats`)", OVERRUN_US / 1000,
			d->config.reconnect_delay);
}

static void on_again(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	take_priority(arg);
}

/* ---- cpu_affinity ---- */

static void say_no_cpu(unsigned cpu, int error)
{
	char list[64];

	cpus_allowed(list, sizeof(list));
	gb_warn("cpu_affinity: a worker cannot run on CPU %u: %s; choose among %s, or give the service others (AllowedCPUs=, "
		"the container's cpuset)", cpu,
		error == -EINVAL ? "it is not there, or not in this service's cpuset" : strerror(-error), list);
}

/* The next CPU of the list, which begins anew if it is too short, for each worker of P. FIRST: workers that had theirs before.
 * Returns whether none failed.
 */
static bool take_cpus(struct path *p, unsigned first)
{
	const struct gb_cpus *wanted = &p->config->cpu_affinity;
	struct gb_cpus taken = {.count = 0};
	bool failed = false;

	for (unsigned i = 0; i < gb_datapath_workers(p->datapath) && wanted->count; i++) {
		unsigned cpu = wanted->cpu[(first + i) % wanted->count];
		int error = gb_datapath_set_cpu(p->datapath, i, cpu);

		if (error && !failed)
			say_no_cpu(cpu, error);
		failed |= error != 0;
		taken.cpu[taken.count++] = (uint16_t)cpu;
	}
	if (!failed)
		p->cpus = taken;
	return !failed;
}

/* Worker by worker, the first path's first. */
static void take_all_cpus(struct daemon *d)
{
	const struct gb_cpus *wanted = &d->config.cpu_affinity;
	unsigned workers = 0;
	bool well = true;

	for (unsigned i = 0; i < d->paths; i++) {
		if (well) /* one that fails is said once */
			well = take_cpus(&d->path[i], workers);
		workers += gb_datapath_workers(d->path[i].datapath);
	}
	if (wanted->count > workers)
		gb_warn("cpu_affinity: %u CPUs for %u worker%s: the last of them are not used; see worker_threads",
			wanted->count, workers, workers > 1 ? "s" : "");
}

int scheduling_create(struct daemon *d)
{
	d->scheduling.limit = (struct gb_log_limit){.interval_ns = OVERRUN_LINES_NS, .burst = 1};
	take_all_cpus(d);
	if (d->config.realtime_priority == 0)
		return 0;
	d->scheduling.overrun = evsignal_new(d->base, SIGXCPU, on_overrun, d);
	d->scheduling.again = evtimer_new(d->base, on_again, d);
	if (!d->scheduling.overrun || !d->scheduling.again || evsignal_add(d->scheduling.overrun, NULL) < 0)
		return -ENOMEM;
	lock_memory();
	take_priority(d);
	return 0;
}

void scheduling_destroy(struct daemon *d)
{
	if (d->scheduling.overrun)
		event_free(d->scheduling.overrun);
	if (d->scheduling.again)
		event_free(d->scheduling.again);
}
