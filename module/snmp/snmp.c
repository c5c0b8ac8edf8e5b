/* SPDX-License-Identifier: Apache-2.0 */
/* The control thread's side of the subagent. */
#include <goose-bridge/snmp.h>

#include "agent.h"

#include <errno.h>
#include <goose-bridge/clock.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

#define END_WITHIN_NS (900 * GB_NS_PER_MS) /* of the second that gb_snmp_destroy may take */

void snmp_wake(int eventfd)
{
	uint64_t one = 1;
	ssize_t written = write(eventfd, &one, sizeof(one));

	(void)written; /* full: it will be seen all the same */
}

void snmp_woken(int eventfd)
{
	uint64_t many;
	ssize_t got = read(eventfd, &many, sizeof(many));

	(void)got; /* nothing there: fine */
}

static void release(struct gb_snmp *snmp)
{
	if (snmp->to_thread >= 0)
		close(snmp->to_thread);
	if (snmp->to_control >= 0)
		close(snmp->to_control);
	gb_snmp_snapshot_destroy(atomic_load(&snmp->box));
	gb_snmp_snapshot_destroy(snmp->snapshot);
	gb_ring_destroy(snmp->notices);
	free(snmp);
}

/* net-snmp looks at these when it starts, in a thread where changing them would be a race: no MIB is read, and nothing is read
 * or written under its directories.
 */
static void set_environment(void)
{
	setenv("MIBS", "", 1);
	setenv("SNMPCONFPATH", "/dev/null", 1);
	setenv("SNMP_PERSISTENT_DIR", "/dev/null", 1);
}

/* Signals are for the control thread. */
static int start_thread(struct gb_snmp *snmp)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(&snmp->thread, NULL, snmp_agent_run, snmp);

	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -error;
}

int gb_snmp_create(struct gb_snmp **out, const struct gb_snmp_settings *settings, const struct gb_snmp_ops *ops, void *arg)
{
	struct gb_snmp *snmp = calloc(1, sizeof(*snmp));
	int error = -ENOMEM;

	if (!snmp)
		return -ENOMEM;
	snmp->ops = *ops;
	snmp->arg = arg;
	snmp->ping_interval_s = settings->ping_interval_s;
	snprintf(snmp->agentx_socket, sizeof(snmp->agentx_socket), "%s", settings->agentx_socket);
	atomic_store(&snmp->since_ns, gb_clock_utc_ns());
	snmp->to_thread = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	snmp->to_control = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	snmp->notices = gb_ring_create(sizeof(struct gb_snmp_notice), SNMP_NOTICES_MAX);
	if (snmp->to_thread < 0 || snmp->to_control < 0) {
		error = -errno;
		goto out;
	}
	if (snmp->to_thread >= FD_SETSIZE) {
		error = -EMFILE;
		goto out;
	}
	if (!snmp->notices)
		goto out;
	set_environment();
	error = start_thread(snmp);
out:
	if (error)
		release(snmp);
	else
		*out = snmp;
	return error;
}

int gb_snmp_fd(const struct gb_snmp *snmp)
{
	return snmp->to_control;
}

void gb_snmp_serve(struct gb_snmp *snmp)
{
	snmp_woken(snmp->to_control);
	if (atomic_exchange(&snmp->wanted, false)) {
		struct gb_snmp_snapshot *fresh = snmp->ops.fill(snmp->arg);

		if (fresh)
			gb_snmp_snapshot_destroy(atomic_exchange(&snmp->box, fresh));
		snmp_wake(snmp->to_thread);
	}
	bool up = atomic_load(&snmp->up);

	if (up != snmp->up_told) {
		snmp->up_told = up;
		snmp->ops.changed(snmp->arg, up);
	}
}

void gb_snmp_notify(struct gb_snmp *snmp, const struct gb_snmp_notice *notice)
{
	atomic_uint *waiting = &snmp->waiting[notice->notification];

	if (atomic_load(waiting) == GB_SNMP_BURST) {
		atomic_fetch_add(&snmp->suppressed, 1);
		return;
	}
	atomic_fetch_add(waiting, 1); /* before it is there to be taken */
	gb_ring_push(snmp->notices, notice);
	snmp_wake(snmp->to_thread);
}

void gb_snmp_status(const struct gb_snmp *snmp, struct gb_snmp_status *status)
{
	*status = (struct gb_snmp_status){
		.up = atomic_load(&snmp->up),
		.since_ns = atomic_load(&snmp->since_ns),
		.connects = atomic_load(&snmp->connects),
		.requests = atomic_load(&snmp->requests),
		.sent = atomic_load(&snmp->sent),
		.suppressed = atomic_load(&snmp->suppressed),
	};
}

bool gb_snmp_destroy(struct gb_snmp *snmp)
{
	uint64_t end_ns = gb_clock_mono_ns() + END_WITHIN_NS;
	struct timespec until = {.tv_sec = (time_t)(end_ns / GB_NS_PER_S), .tv_nsec = (long)(end_ns % GB_NS_PER_S)};

	if (!snmp)
		return true;
	atomic_store(&snmp->stopping, true);
	snmp_wake(snmp->to_thread);
	if (pthread_clockjoin_np(snmp->thread, NULL, CLOCK_MONOTONIC, &until) != 0) {
		pthread_detach(snmp->thread);
		return false;
	}
	release(snmp);
	return true;
}
