/* SPDX-License-Identifier: Apache-2.0 */
/* The thread of the AgentX subagent: the only one that calls net-snmp. Each of these calls may block for as long as snmpd does.
 */
#include "agent.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>
#include <net-snmp/agent/agent_callbacks.h>

#include <errno.h>
#include <goose-bridge/clock.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define NAME		"goose-bridge"
/* That snmpd has to answer in. One that ends is seen at once, by its socket; this is for one that hangs, and one that is merely
 * slow (load on the host, a script that it runs and waits for) must not be taken for that: to be connected anew costs it the
 * objects for a while. Tried once: the connection loses nothing, and said again a notification would come twice.
 */
#define ANSWER_US	5000000
#define SNAPSHOT_MS	100    /* that the control thread has to make a snapshot in */
#define NOTICES_AT_ONCE 8

/* ---- snapshots ---- */

static bool take(struct gb_snmp *snmp)
{
	struct gb_snmp_snapshot *fresh = atomic_exchange(&snmp->box, NULL);

	if (!fresh)
		return false;
	gb_snmp_snapshot_destroy(snmp->snapshot);
	snmp->snapshot = fresh;
	fresh->notifications_sent = atomic_load(&snmp->sent);
	fresh->notifications_suppressed = atomic_load(&snmp->suppressed);
	return true;
}

/* Waits for the control thread's answer, but never for long: it may be busy, and snmpd waits for us. */
static void fetch(struct gb_snmp *snmp)
{
	uint64_t deadline = gb_clock_mono_ns() + SNAPSHOT_MS * GB_NS_PER_MS;
	struct pollfd woken = {.fd = snmp->to_thread, .events = POLLIN};

	take(snmp); /* what came too late the last time */
	atomic_store(&snmp->wanted, true);
	snmp_wake(snmp->to_control);
	for (;;) {
		uint64_t now = gb_clock_mono_ns();

		if (take(snmp) || now >= deadline)
			break;
		poll(&woken, 1, (int)((deadline - now) / GB_NS_PER_MS) + 1);
		snmp_woken(snmp->to_thread); /* notices that came meanwhile are looked for in each turn of the loop anyway */
	}
	snmp->fetched_ns = gb_clock_mono_ns();
}

/* One snapshot serves all varbinds of a request, and all requests of a second: what a walk sees is of few moments, and 4,096
 * streams are not copied for each of its steps. Without a new one in time the last one serves.
 */
static struct gb_snmp_snapshot *current(void *arg)
{
	struct gb_snmp *snmp = arg;

	if (snmp->fetched_ns == 0 || gb_clock_mono_ns() - snmp->fetched_ns >= GB_SNMP_MAX_AGE_NS)
		fetch(snmp);
	return snmp->snapshot;
}

/* ---- notifications ---- */

/* Whether a kind may be sent once more. */
static bool may_send(struct gb_snmp *snmp, enum gb_snmp_notification notification)
{
	struct gb_log_limit *limit = &snmp->limit[notification];

	limit->interval_ns = GB_SNMP_INTERVAL_NS;
	limit->burst = GB_SNMP_BURST;
	return gb_log_limit_pass(limit, gb_clock_mono_ns(), NULL);
}

/* A few at a time, then back to the loop: each may block. They wait while there is no snmpd. */
static void send_notices(struct gb_snmp *snmp, unsigned most)
{
	struct gb_snmp_notice notice;

	for (unsigned i = 0; i < most && atomic_load(&snmp->up) && gb_ring_pop(snmp->notices, &notice); i++) {
		netsnmp_variable_list *varbinds = may_send(snmp, notice.notification) ? snmp_notice_varbinds(&notice) : NULL;

		atomic_fetch_sub(&snmp->waiting[notice.notification], 1);
		if (varbinds) {
			send_v2trap(varbinds);
			snmp_free_varbind(varbinds);
		}
		atomic_fetch_add(varbinds ? &snmp->sent : &snmp->suppressed, 1);
	}
}

/* ---- net-snmp ---- */

static int on_log(int major, int minor, void *server, void *client)
{
	(void)major;
	(void)minor;
	(void)server;
	(void)client;
	return 0; /* up and down are told by the control thread; the rest is of no use to an operator */
}

static int on_session(int major, int minor, void *server, void *client)
{
	netsnmp_session *session = server;

	(void)major;
	(void)minor;
	(void)client;
	session->timeout = ANSWER_US;
	session->retries = 0;
	return 0;
}

static int on_connection(int major, int minor, void *server, void *client)
{
	struct gb_snmp *snmp = client;
	bool up = minor == SNMPD_CALLBACK_INDEX_START;

	(void)major;
	(void)server;
	if (atomic_exchange(&snmp->up, up) == up)
		return 0;
	atomic_store(&snmp->since_ns, gb_clock_utc_ns());
	if (up)
		atomic_fetch_add(&snmp->connects, 1);
	snmp_wake(snmp->to_control);
	return 0;
}

/* The order matters: init_agent resets the ping interval, and init_snmp connects. */
static void start(struct gb_snmp *snmp)
{
	netsnmp_enable_subagent();
	snmp_disable_log();
	snmp_enable_calllog();
	snmp_register_callback(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_LOGGING, on_log, NULL);
	snmp_register_callback(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_SESSION_INIT, on_session, NULL);
	snmp_register_callback(SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_INDEX_START, on_connection, snmp);
	snmp_register_callback(SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_INDEX_STOP, on_connection, snmp);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_PERSIST_STATE, 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_ALARM_DONT_USE_SIG, 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_NO_CONNECTION_WARNINGS, 1);
	netsnmp_ds_set_string(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_X_SOCKET, snmp->agentx_socket);
	init_agent(NAME);
	netsnmp_ds_set_int(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_AGENTX_PING_INTERVAL, (int)snmp->ping_interval_s);
	snmp_mib_register(&snmp->mib);
	init_snmp(NAME);
}

/* A loop of its own: with epoll, the descriptor of a new connection that has the number of the old one would be missed. */
static void turn(struct gb_snmp *snmp)
{
	struct timeval wait = {.tv_sec = 1};
	int block = 0, last = snmp->to_thread + 1, ready;
	fd_set set;

	FD_ZERO(&set);
	FD_SET(snmp->to_thread, &set);
	snmp_select_info(&last, &set, &wait, &block);
	ready = select(last, &set, NULL, NULL, &wait);
	if (ready > 0 && FD_ISSET(snmp->to_thread, &set)) {
		snmp_woken(snmp->to_thread);
		FD_CLR(snmp->to_thread, &set);
		ready--;
	}
	if (ready > 0)
		snmp_read(&set);
	else
		snmp_timeout();
	run_alarms();
	netsnmp_check_outstanding_agent_requests();
	send_notices(snmp, NOTICES_AT_ONCE);
	atomic_store(&snmp->requests, snmp->mib.requests);
}

void *snmp_agent_run(void *arg)
{
	struct gb_snmp *snmp = arg;

	snmp->mib.current = current;
	snmp->mib.arg = snmp;
	start(snmp);
	while (!atomic_load(&snmp->stopping))
		turn(snmp);
	send_notices(snmp, SNMP_NOTICES_MAX);
	/* what is still registered then, snmp_shutdown frees together with its argument, which is not its own */
	snmp_unregister_callback(SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_INDEX_START, on_connection, snmp, 1);
	snmp_unregister_callback(SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_INDEX_STOP, on_connection, snmp, 1);
	snmp_shutdown(NAME);
	shutdown_agent();
	return NULL;
}
