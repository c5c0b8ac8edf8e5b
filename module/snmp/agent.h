/* SPDX-License-Identifier: Apache-2.0 */
/* What the subagent's thread and those who speak to it share. */
/* net-snmp has a guard called SNMP_AGENT_H of its own. */
#ifndef ROOM_SNMP_AGENT_H
#define ROOM_SNMP_AGENT_H

#include "mib.h"

#include <goose-bridge/log.h>
#include <goose-bridge/ring.h>
#include <pthread.h>
#include <stdatomic.h>

#define SNMP_NOTICES_MAX (GB_SNMP_STREAM_RESTORED * GB_SNMP_BURST) /* that wait */

struct gb_snmp {
	struct gb_snmp_ops ops;
	void *arg;
	char agentx_socket[128];
	unsigned ping_interval_s;
	pthread_t thread;
	int to_thread;	/* eventfd: a snapshot, a notification, or the end */
	int to_control; /* eventfd: a snapshot is wanted, or up has changed */
	_Atomic(struct gb_snmp_snapshot *) box; /* on its way to the thread */
	atomic_bool wanted;
	atomic_bool stopping;
	atomic_bool up;
	bool up_told; /* control thread */
	_Atomic uint64_t since_ns;
	_Atomic uint64_t connects;
	_Atomic uint64_t requests;
	_Atomic uint64_t sent;
	_Atomic uint64_t suppressed;
	struct gb_ring *notices; /* has room for GB_SNMP_BURST of each kind */
	atomic_uint waiting[GB_SNMP_STREAM_RESTORED + 1]; /* how many of each are in it */
	/* the thread's own */
	struct snmp_mib mib;
	struct gb_snmp_snapshot *snapshot;
	uint64_t fetched_ns; /* monotonic; when it was asked for last, 0 = never */
	struct gb_log_limit limit[GB_SNMP_STREAM_RESTORED + 1];
};

void *snmp_agent_run(void *snmp);

/* Both never block. */
void snmp_wake(int eventfd);
void snmp_woken(int eventfd);

#endif
