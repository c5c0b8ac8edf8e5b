/* SPDX-License-Identifier: Apache-2.0 */
/* Notifications as varbinds. */
#include "mib.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>

/* Where an object of a notification stands: table or group, column, index. */
struct place {
	unsigned table;
	bool scalar;
	unsigned column;
	uint32_t index;
};

struct builder {
	netsnmp_variable_list *first;
	bool failed;
};

static void append(struct builder *b, const struct place *place, const struct snmp_value *value)
{
	oid name[SNMP_ROOT_MAX + 6];
	size_t length = snmp_root(name);

	name[length++] = 1; /* gbObjects */
	name[length++] = place->table;
	if (!place->scalar)
		name[length++] = 1;
	name[length++] = place->column;
	name[length++] = place->index;
	netsnmp_variable_list *varbind = snmp_varlist_add_variable(&b->first, name, length, ASN_NULL, NULL, 0);

	if (varbind)
		snmp_set_varbind(varbind, value);
	else
		b->failed = true;
}

static void append_text(struct builder *b, struct place place, const char *text)
{
	char clean[GB_SNMP_TEXT];
	struct snmp_value value;

	snprintf(clean, sizeof(clean), "%s", text);
	gb_report_utf8(clean);
	snmp_value_text(&value, clean);
	append(b, &place, &value);
}

static void append_number(struct builder *b, struct place place, enum snmp_type type, uint64_t number)
{
	struct snmp_value value;

	snmp_value_number(&value, type, number);
	append(b, &place, &value);
}

/* gbMembership... of a path. */
static struct place member(const struct gb_snmp_notice *notice, unsigned column)
{
	return (struct place){.table = 6, .column = column, .index = notice->path_id};
}

static struct place stream(const struct gb_snmp_notice *notice, unsigned column)
{
	return (struct place){.table = 8, .column = column, .index = notice->stream_index};
}

static void append_membership(struct builder *b, const struct gb_snmp_notice *notice)
{
	struct place group = member(notice, 5);
	struct snmp_value value;

	snmp_value_address(&value, notice->group, true);
	append(b, &group, &value);
	append_text(b, member(notice, 3), notice->interface);
	switch (notice->notification) {
	case GB_SNMP_REREGISTERED:
		append_text(b, member(notice, 23), notice->reason);
		break;
	case GB_SNMP_QUERIER_LOST:
	case GB_SNMP_QUERIER_FOUND:
		append_number(b, member(notice, 6), SNMP_INTEGER, (uint64_t)notice->querier_state + 1);
		break;
	default:
		append_number(b, member(notice, 1), SNMP_INTEGER, (uint64_t)notice->membership_state + 1);
		break;
	}
}

static void append_stream(struct builder *b, const struct gb_snmp_notice *notice)
{
	struct place source = stream(notice, 9);
	struct snmp_value value = {.type = SNMP_OCTETS, .length = sizeof(notice->source)};

	append_text(b, stream(notice, 2), notice->gocb_ref);
	memcpy(value.octets, notice->source, sizeof(notice->source));
	append(b, &source, &value);
	append_number(b, stream(notice, 8), SNMP_UNSIGNED, notice->appid);
	append_number(b, stream(notice, 6), SNMP_INTEGER, (uint64_t)notice->stream_state + 1);
}

/* snmpTrapOID.0 comes first (RFC 3416, 4.2.6); sysUpTime.0 is put before it by the agent. */
static void append_trap_oid(struct builder *b, enum gb_snmp_notification notification)
{
	static const oid trap_oid[] = {1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0};
	oid name[SNMP_ROOT_MAX + 2];
	size_t length = snmp_root(name);

	name[length++] = 0; /* gbNotifications */
	name[length++] = notification;
	if (!snmp_varlist_add_variable(&b->first, trap_oid, OID_LENGTH(trap_oid), ASN_OBJECT_ID, name,
				       length * sizeof(name[0])))
		b->failed = true;
}

netsnmp_variable_list *snmp_notice_varbinds(const struct gb_snmp_notice *notice)
{
	struct place time = {.table = 10, .column = 2, .index = notice->number};
	struct builder b = {0};
	struct snmp_value value;

	append_trap_oid(&b, notice->notification);
	snmp_value_time(&value, notice->utc_ns);
	append(&b, &time, &value);
	append_text(&b, (struct place){.table = 10, .column = 5, .index = notice->number}, notice->text);
	switch (notice->notification) {
	case GB_SNMP_STARTED:
	case GB_SNMP_STOPPING:
		append_text(&b, (struct place){.table = 1, .scalar = true, .column = 1}, notice->version);
		break;
	case GB_SNMP_STREAM_EXPIRED:
	case GB_SNMP_STREAM_RESTORED:
		append_stream(&b, notice);
		break;
	default:
		append_membership(&b, notice);
		break;
	}
	if (b.failed) {
		snmp_free_varbind(b.first);
		return NULL;
	}
	return b.first;
}
