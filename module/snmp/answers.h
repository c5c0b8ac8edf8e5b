/* SPDX-License-Identifier: Apache-2.0 */
/* snmp/answers: a snapshot from what the service answers on its control socket. Pure. */
#ifndef ROOM_SNMP_ANSWERS_H
#define ROOM_SNMP_ANSWERS_H

#include <goose-bridge/snmp.h>

#define SNMP_ANSWERS_PEERS_MAX	65536
#define SNMP_ANSWERS_EVENTS_MAX 4096

struct json_object;

/* The results of the commands of these names (goose-bridge-ctl.8). NULL: there is none, and the values are 0. */
struct snmp_answers {
	struct json_object *stats;
	struct json_object *igmp;
	struct json_object *events;
	struct json_object *snmp;
};

/* Ready to be served, with the values that the subagent would have for the same report; whatever the answers are, no text is
 * longer, and there are no more rows, than a snapshot can have. NOW_NS is monotonic, UTC_NS wall time, both of the answers.
 * NULL if memory is short.
 */
struct gb_snmp_snapshot *snmp_answers_snapshot(const struct snmp_answers *answers, uint64_t now_ns, uint64_t utc_ns);

#endif
