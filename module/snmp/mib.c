/* SPDX-License-Identifier: Apache-2.0 */
#include "mib.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>

#include <errno.h>
#include <goose-bridge/clock.h>
#include <stdlib.h>

#define STEADY_NS (int64_t)GB_NS_PER_S

size_t snmp_root(oid *root)
{
	const char *at = GB_MIB_ROOT;
	size_t length = 0;

	while (*at && length < SNMP_ROOT_MAX) {
		char *end;

		root[length++] = strtoul(at, &end, 10);
		at = *end == '.' ? end + 1 : end;
	}
	return length;
}

void snmp_set_varbind(netsnmp_variable_list *varbind, const struct snmp_value *value)
{
	/* net-snmp keeps 32 bits in a long, and a Counter64 as its halves */
	struct counter64 wide = {.high = (u_long)(value->number >> 32), .low = (u_long)(value->number & 0xFFFFFFFF)};
	long narrow = (long)value->number;

	switch (value->type) {
	case SNMP_INTEGER:
		snmp_set_var_typed_value(varbind, ASN_INTEGER, &narrow, sizeof(narrow));
		break;
	case SNMP_UNSIGNED:
		snmp_set_var_typed_value(varbind, ASN_UNSIGNED, &narrow, sizeof(narrow));
		break;
	case SNMP_TICKS:
		snmp_set_var_typed_value(varbind, ASN_TIMETICKS, &narrow, sizeof(narrow));
		break;
	case SNMP_COUNTER64:
		snmp_set_var_typed_value(varbind, ASN_COUNTER64, &wide, sizeof(wide));
		break;
	case SNMP_OCTETS:
		snmp_set_var_typed_value(varbind, ASN_OCTET_STR, value->octets, value->length);
		break;
	}
}

/* ---- requests ---- */

/* FRESH, or KEPT if that is about the same. */
static int64_t steady(int64_t kept, int64_t fresh)
{
	return llabs(fresh - kept) < STEADY_NS ? kept : fresh;
}

static void keep_steady(struct snmp_mib *mib, struct gb_snmp_snapshot *snapshot)
{
	int64_t up_ns = (int64_t)(netsnmp_get_agent_uptime() * (GB_NS_PER_S / 100));
	int64_t agent_ns = (int64_t)gb_clock_mono_ns() - up_ns;

	mib->agent_started_ns = steady(mib->agent_started_ns, agent_ns);
	if (!snapshot->absent) /* else what was the last start still is */
		mib->started_ns = (uint64_t)steady((int64_t)mib->started_ns, (int64_t)snapshot->started_ns);
	snapshot->agent_started_ns = mib->agent_started_ns;
	snapshot->started_ns = mib->started_ns;
}

/* What of NAME stands behind the LENGTH arcs of gbObjects; empty if NAME is before all of it. False if it is behind. */
static bool strip(const oid *root, size_t length, const netsnmp_variable_list *name, struct snmp_oid *rest)
{
	size_t shared = name->name_length < length ? name->name_length : length;
	int order = snmp_oid_compare(name->name, shared, root, shared);

	rest->length = 0;
	if (order > 0)
		return false;
	for (size_t i = length; order == 0 && i < name->name_length && rest->length < SNMP_OID_MAX; i++)
		rest->arc[rest->length++] = (uint32_t)name->name[i];
	return true;
}

/* The name behind the arcs of gbObjects is now REST. */
static void set_name(netsnmp_variable_list *varbind, const oid *root, size_t length, const struct snmp_oid *rest)
{
	oid name[MAX_OID_LEN];

	memcpy(name, root, length * sizeof(name[0]));
	for (size_t i = 0; i < rest->length; i++)
		name[length + i] = rest->arc[i];
	snmp_set_var_objid(varbind, name, length + rest->length);
}

/* Which of the two netsnmp_set_request_error does not leave as it is. */
static void set_exception(netsnmp_variable_list *varbind, const struct snmp_oid *rest)
{
	u_char exception = snmp_tree_has_object(rest) ? SNMP_NOSUCHINSTANCE : SNMP_NOSUCHOBJECT;

	snmp_set_var_typed_value(varbind, exception, NULL, 0);
}

static void answer(const netsnmp_handler_registration *at, const netsnmp_agent_request_info *info,
		   netsnmp_request_info *request, const struct gb_snmp_snapshot *snapshot)
{
	netsnmp_variable_list *varbind = request->requestvb;
	struct snmp_value value;
	struct snmp_oid rest;
	bool found = strip(at->rootoid, at->rootoid_len, varbind, &rest) && snapshot;
	/* a name of more arcs than any of ours is none of ours, and what is behind it is behind its beginning */
	bool whole = varbind->name_length <= at->rootoid_len + SNMP_OID_MAX;

	if (info->mode == MODE_GET) {
		if (found && whole && snmp_tree_get(snapshot, &rest, &value))
			snmp_set_varbind(varbind, &value);
		else
			set_exception(varbind, &rest);
		return;
	}
	if (found && whole && request->inclusive && snmp_tree_get(snapshot, &rest, &value)) {
		snmp_set_varbind(varbind, &value);
	} else if (found && snmp_tree_next(snapshot, &rest, &value)) {
		set_name(varbind, at->rootoid, at->rootoid_len, &rest);
		snmp_set_varbind(varbind, &value);
	}
}

static int handle(netsnmp_mib_handler *handler, netsnmp_handler_registration *at, netsnmp_agent_request_info *info,
		  netsnmp_request_info *requests)
{
	struct snmp_mib *mib = at->my_reg_void;
	struct gb_snmp_snapshot *snapshot = mib->current(mib->arg);

	(void)handler;
	if (snapshot)
		keep_steady(mib, snapshot);
	for (netsnmp_request_info *request = requests; request; request = request->next) {
		if (request->processed)
			continue;
		mib->requests++;
		answer(at, info, request, snapshot);
	}
	return SNMP_ERR_NOERROR;
}

/* gbObjects. Returns its length. */
static size_t objects_root(oid root[SNMP_ROOT_MAX + 1])
{
	size_t length = snmp_root(root);

	root[length++] = 1;
	return length;
}

int snmp_mib_register(struct snmp_mib *mib)
{
	oid root[SNMP_ROOT_MAX + 1];
	size_t length = objects_root(root);
	netsnmp_handler_registration *at =
		netsnmp_create_handler_registration("gooseBridge", handle, root, length, HANDLER_CAN_RONLY);

	if (!at)
		return -EIO;
	at->my_reg_void = mib;
	return netsnmp_register_handler(at) == MIB_REGISTERED_OK ? 0 : -EIO;
}

/* By its name, not by the registration: an agent that ends may have freed that already. */
void snmp_mib_unregister(void)
{
	oid root[SNMP_ROOT_MAX + 1];
	size_t length = objects_root(root);

	unregister_mib(root, length);
}
