/* SPDX-License-Identifier: Apache-2.0 */
/* snmp/source: snapshots of a service in another process, by its control socket, for whoever must not be made to wait.
 *
 * A call asks the service at most once in GB_SNMP_MAX_AGE_NS, or in SNMP_SOURCE_SHARE times what the last answer took if that
 * is longer, and waits for it no longer than SNMP_SOURCE_ANSWER_MS; after a failure the next calls wait for nothing, for 1 s,
 * then 2, 4, and SNMP_SOURCE_PAUSE_MAX_NS. While a service is silent its last answer serves, for SNMP_SOURCE_KEEP_NS; after
 * that, and at once if nobody listens there, a snapshot that says it is absent.
 */
#ifndef ROOM_SNMP_SOURCE_H
#define ROOM_SNMP_SOURCE_H

#include <goose-bridge/snmp.h>
#include <sys/un.h>

#define SNMP_SOURCE_ANSWER_MS	 500
#define SNMP_SOURCE_SHARE	 4
#define SNMP_SOURCE_KEEP_NS	 UINT64_C(10000000000)
#define SNMP_SOURCE_PAUSE_MAX_NS UINT64_C(8000000000)

struct json_object;

/* As gb_client_ask. */
typedef int snmp_source_ask(const char *socket_path, const char *command, int timeout_ms, struct json_object **result,
			    char *error, size_t size);

/* A plain value: zero but for PATH and ASK. One thread. */
struct snmp_source {
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)]; /* change it with snmp_source_forget */
	snmp_source_ask *ask;
	struct gb_snmp_snapshot *snapshot;
	uint64_t answered_ns; /* monotonic; 0 = never */
	uint64_t next_ns;     /* monotonic; not asked before */
	unsigned failures;    /* in a row, of those that cost time */
};

/* The snapshot to answer from, which stays valid until the next call. NOW_NS is monotonic, UTC_NS wall time. NULL if memory is
 * short.
 */
struct gb_snmp_snapshot *snmp_source_current(struct snmp_source *source, uint64_t now_ns, uint64_t utc_ns);

/* Frees what is held; the next call asks. */
void snmp_source_forget(struct snmp_source *source);

#endif
