/* SPDX-License-Identifier: Apache-2.0 */
/* snmp/mib: the tree of tree.h as a handler of net-snmp's, for a subagent or a plug-in of snmpd alike. One thread. */
#ifndef ROOM_SNMP_MIB_H
#define ROOM_SNMP_MIB_H

#include "tree.h"

#include <goose-bridge/snmp.h>

#define SNMP_ROOT_MAX 64 /* arcs of the root */

struct variable_list; /* net-snmp's netsnmp_variable_list */

/* Where the handler gets what it serves. Kept by its user, who zeroes it but for CURRENT and ARG, as long as it is registered.
 */
struct snmp_mib {
	/* The snapshot to answer from, which stays valid until the next call; NULL: there is none, and so no instances. */
	struct gb_snmp_snapshot *(*current)(void *arg);
	void *arg;
	uint64_t requests; /* varbinds asked for */
	/* Computed anew for each snapshot, these would differ by a tick now and then, and a manager takes that for a restart.
	 */
	uint64_t started_ns;
	int64_t agent_started_ns;
};

/* Registers gbObjects with the agent. Returns 0 or -EIO. */
int snmp_mib_register(struct snmp_mib *mib);

/* Takes gbObjects off the agent again; from then on nothing of the snmp_mib is used. */
void snmp_mib_unregister(void);

/* Puts VALUE into a varbind. */
void snmp_set_varbind(struct variable_list *varbind, const struct snmp_value *value);

/* The OID of module and of configure's root; ROOT has room for SNMP_ROOT_MAX. Returns its length. */
size_t snmp_root(unsigned long *root);

/* The varbinds of a notification, snmpTrapOID.0 first; snmp_free_varbind. NULL if memory is short. */
struct variable_list *snmp_notice_varbinds(const struct gb_snmp_notice *notice);

#endif
