/* SPDX-License-Identifier: Apache-2.0 */
/* The text of GOOSE-BRIDGE-MIB and the code: each object of the one is served by the other, with its type; drop reasons and
 * counters have the names and numbers of stats.h.
 */
#include "../../module/snmp/tree.h"

#include "test_snmp.h"

#include <ctype.h>
#include <goose-bridge/stats.h>

#define TEMPLATE GB_TOP_SRCDIR "/mibs/template/GOOSE-BRIDGE-MIB.txt.in"

static char text[200000];

static void read_template(void)
{
	FILE *file = fopen(TEMPLATE, "r");
	size_t length;

	assert_non_null(file);
	length = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	assert_in_range(length, 10000, sizeof(text) - 2);
	text[length] = '\0';
}

/* The words of the definition of NAME; false if there is none. */
static bool definition(const char *name, const char *of, char *out, size_t size)
{
	char begin[128];
	const char *at, *end;

	snprintf(begin, sizeof(begin), "\n%s %s\n", name, of);
	at = strstr(text, begin);
	if (!at)
		return false;
	end = strstr(at, "::= {");
	assert_non_null(end);
	end = strchr(end, '}');
	snprintf(out, size, "%.*s", (int)(end - at), at + 1);
	return true;
}

/* The number of the name that `::= { PARENT N' ends with, and its parent. */
static unsigned place(const char *words, char parent[64])
{
	unsigned arc = 0;

	assert_int_equal(sscanf(strstr(words, "::= {"), "::= { %63s %u", parent, &arc), 2);
	return arc;
}

/* The arcs behind gbObjects of the group of scalars, or of the table's entry, that is called NAME. Returns how many. */
static size_t prefix_of(const char *name, uint8_t prefix[2])
{
	char words[4000], parent[64], line[128];
	unsigned arc;

	if (definition(name, "OBJECT-TYPE", words, sizeof(words))) {
		assert_int_equal(place(words, parent), 1);
		assert_true(definition(parent, "OBJECT-TYPE", words, sizeof(words)));
		prefix[0] = (uint8_t)place(words, parent);
		prefix[1] = 1;
		assert_string_equal(parent, "gbObjects");
		return 2;
	}
	snprintf(line, sizeof(line), "\n%s ", name);
	const char *at = strstr(text, line);

	assert_non_null(at);
	assert_int_equal(sscanf(at + strlen(line), " OBJECT IDENTIFIER ::= { gbObjects %u", &arc), 1);
	prefix[0] = (uint8_t)arc;
	return 1;
}

static enum snmp_type type_of(const char *words)
{
	static const struct {
		const char *syntax;
		enum snmp_type type;
	} types[] = {
		{"INTEGER", SNMP_INTEGER}, {"TruthValue", SNMP_INTEGER}, {"InetAddressType", SNMP_INTEGER},
		{"Unsigned32", SNMP_UNSIGNED}, {"Gauge32", SNMP_UNSIGNED}, {"InetPortNumber", SNMP_UNSIGNED},
		{"Counter64", SNMP_COUNTER64}, {"TimeTicks", SNMP_TICKS}, {"TimeStamp", SNMP_TICKS},
		{"SnmpAdminString", SNMP_OCTETS}, {"DateAndTime", SNMP_OCTETS}, {"MacAddress", SNMP_OCTETS},
		{"InetAddress", SNMP_OCTETS}, {"GbSenderId", SNMP_OCTETS},
	};
	char syntax[64];

	assert_int_equal(sscanf(strstr(words, "SYNTAX"), "SYNTAX %63s", syntax), 1);
	for (size_t i = 0; i < COUNT(types); i++)
		if (strcmp(types[i].syntax, syntax) == 0)
			return types[i].type;
	fail_msg("a SYNTAX that this test does not know: %s", syntax);
	return 0;
}

/* The table of the code with this prefix, and its column ARC. */
static const struct snmp_column *find(const uint8_t *prefix, size_t length, unsigned arc, const struct snmp_table **table)
{
	for (size_t t = 0; t < snmp_table_count; t++) {
		*table = snmp_tables[t];
		if ((*table)->prefix_length != length || memcmp((*table)->prefix, prefix, length) != 0)
			continue;
		for (size_t c = 0; c < (*table)->columns; c++)
			if ((*table)->column[c].arc == arc)
				return &(*table)->column[c];
	}
	return NULL;
}

static void check_object(const struct gb_snmp_snapshot *s, const char *name, const char *words)
{
	const struct snmp_table *table = NULL;
	const struct snmp_column *column;
	struct snmp_oid at = {0};
	struct snmp_value value;
	char parent[64];
	uint8_t prefix[2] = {0};
	unsigned arc = place(words, parent);
	size_t length = prefix_of(parent, prefix);

	column = find(prefix, length, arc, &table);
	if (!column)
		fail_msg("%s is in the MIB, and the code does not serve it", name);
	for (size_t i = 0; i < length; i++)
		at.arc[at.length++] = prefix[i];
	at.arc[at.length++] = arc;
	at.length += table->index(s, 0, at.arc + at.length);
	assert_true(snmp_tree_get(s, &at, &value));
	if (value.type != type_of(words))
		fail_msg("%s is of another type in the code", name);
}

static void the_code_serves_what_the_mib_has(void **state)
{
	struct gb_snmp_snapshot *s = made_up(2);
	size_t objects = 0, columns = 0;

	(void)state;
	for (const char *at = strstr(text, " OBJECT-TYPE\n"); at; at = strstr(at + 1, " OBJECT-TYPE\n")) {
		char name[64], words[4000];
		const char *begin = at;

		while (begin[-1] != '\n')
			begin--;
		snprintf(name, sizeof(name), "%.*s", (int)(at - begin), begin);
		assert_true(definition(name, "OBJECT-TYPE", words, sizeof(words)));
		if (!strstr(words, "MAX-ACCESS  read-only"))
			continue;
		check_object(s, name, words);
		objects++;
	}
	for (size_t t = 0; t < snmp_table_count; t++)
		columns += snmp_tables[t]->columns;
	assert_int_equal(objects, columns); /* and nothing else */
	gb_snmp_snapshot_destroy(s);
}

/* some_name as someName, or gbSomeName with the prefix "gb". */
static void camel(const char *prefix, const char *name, char *out)
{
	bool upper = *prefix != '\0';

	strcpy(out, prefix);
	out += strlen(prefix);
	for (; *name; name++) {
		if (*name == '_') {
			upper = true;
			continue;
		}
		*out++ = upper ? (char)toupper((unsigned char)*name) : *name;
		upper = false;
	}
	*out = '\0';
}

static void every_drop_reason_has_its_number(void **state)
{
	char words[4000], name[64], item[80];

	(void)state;
	assert_true(definition("gbDropReason", "OBJECT-TYPE", words, sizeof(words)));
	for (unsigned i = 0; i < GB_DROP_REASON_COUNT; i++) {
		unsigned number = gb_drop_reason_number((enum gb_drop_reason)i);

		camel("", gb_drop_reason_name((enum gb_drop_reason)i), name);
		snprintf(item, sizeof(item), " %s(%u)%s\n", name, number, i + 1 < GB_DROP_REASON_COUNT ? "," : "");
		if (!strstr(words, item))
			fail_msg("gbDropReason in the MIB does not have%s", item);
		assert_true(i == 0 || number > gb_drop_reason_number((enum gb_drop_reason)(i - 1)));
	}
}

/* Numbers that were given once stay: what was recorded under them stays what it was. */
static void numbers_never_change(void **state)
{
	static const struct {
		enum gb_drop_reason reason;
		unsigned number;
	} given[] = {
		{GB_DROP_short_frame, 1}, {GB_DROP_not_goose, 2}, {GB_DROP_group_source, 3}, {GB_DROP_stale, 4},
		{GB_DROP_legacy_destination, 5}, {GB_DROP_legacy_second_tag, 6}, {GB_DROP_legacy_tpid, 7},
		{GB_DROP_legacy_dei, 8}, {GB_DROP_legacy_pcp, 9}, {GB_DROP_too_large, 10}, {GB_DROP_network_down, 11},
		{GB_DROP_send_buffer_full, 12}, {GB_DROP_send_failed, 13}, {GB_DROP_goose0_queue_full, 14},
		{GB_DROP_goose0_down, 15}, {GB_DROP_goose0_failed, 16}, {GB_DROP_receive_buffer_full, 17},
		{GB_DROP_truncated, 18}, {GB_DROP_not_for_us, 19}, {GB_DROP_source_not_allowed, 20}, {GB_DROP_own, 21},
		{GB_DROP_malformed, 22}, {GB_DROP_unknown_version, 23}, {GB_DROP_unknown_type, 24}, {GB_DROP_unknown_key, 25},
		{GB_DROP_echo_refused, 26}, {GB_DROP_piece_duplicate, 27}, {GB_DROP_piece_conflict, 28},
		{GB_DROP_piece_incomplete, 29},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(given); i++)
		assert_int_equal(gb_drop_reason_number(given[i].reason), given[i].number);
}

static void every_counter_is_an_object(void **state)
{
	struct gb_snmp_snapshot *s = made_up(0);

	(void)state;
	for (unsigned i = 0; i < GB_COUNTER_COUNT; i++) {
		char name[64], words[4000], parent[64];
		struct snmp_value value;
		struct snmp_oid at = {.length = 3, .arc = {2, 0, 0}};

		camel("gb", gb_counter_name((enum gb_counter)i), name);
		if (!definition(name, "OBJECT-TYPE", words, sizeof(words)))
			fail_msg("the counter %s has no object %s in the MIB", gb_counter_name((enum gb_counter)i), name);
		at.arc[1] = place(words, parent);
		assert_string_equal(parent, "gbCounters");
		assert_true(snmp_tree_get(s, &at, &value));
		assert_int_equal(value.number, s->report.totals.counter[i]);
	}
	gb_snmp_snapshot_destroy(s);
}

/* The code counts from 1 in the order of the enumerations. */
static void states_have_their_numbers(void **state)
{
	static const struct {
		const char *object;
		const char *syntax;
	} objects[] = {
		{"gbMembershipState", "INTEGER { joining(1), member(2), suspect(3), lost(4) }"},
		{"gbMembershipQuerierState", "INTEGER { neverSeen(1), present(2), lost(3) }"},
		{"gbStreamState", "INTEGER { expected(1), new(2), active(3), test(4), expired(5) }"},
		{"gbStreamDirection", "INTEGER { toNetwork(1), toGoose0(2) }"},
	};
	char words[4000];

	(void)state;
	for (size_t i = 0; i < COUNT(objects); i++) {
		assert_true(definition(objects[i].object, "OBJECT-TYPE", words, sizeof(words)));
		assert_non_null(strstr(words, objects[i].syntax));
	}
	assert_int_equal(GB_MEMBERSHIP_JOINING, 0);
	assert_int_equal(GB_MEMBERSHIP_MEMBER, 1);
	assert_int_equal(GB_MEMBERSHIP_SUSPECT, 2);
	assert_int_equal(GB_MEMBERSHIP_LOST, 3);
	assert_int_equal(GB_QUERIER_NEVER_SEEN, 0);
	assert_int_equal(GB_QUERIER_PRESENT, 1);
	assert_int_equal(GB_QUERIER_LOST, 2);
	assert_int_equal(GB_STREAM_EXPECTED, 0);
	assert_int_equal(GB_STREAM_NEW, 1);
	assert_int_equal(GB_STREAM_ACTIVE, 2);
	assert_int_equal(GB_STREAM_TEST, 3);
	assert_int_equal(GB_STREAM_EXPIRED, 4);
	assert_int_equal(GB_STREAM_TO_NETWORK, 0);
	assert_int_equal(GB_STREAM_TO_GOOSE0, 1);
}

static void notifications_have_their_numbers(void **state)
{
	static const struct {
		const char *name;
		unsigned number;
	} notifications[] = {
		{"gbStarted", GB_SNMP_STARTED}, {"gbStopping", GB_SNMP_STOPPING}, {"gbReRegistered", GB_SNMP_REREGISTERED},
		{"gbMembershipLost", GB_SNMP_MEMBERSHIP_LOST}, {"gbMembershipRestored", GB_SNMP_MEMBERSHIP_RESTORED},
		{"gbQuerierLost", GB_SNMP_QUERIER_LOST}, {"gbQuerierFound", GB_SNMP_QUERIER_FOUND},
		{"gbStreamExpired", GB_SNMP_STREAM_EXPIRED}, {"gbStreamRestored", GB_SNMP_STREAM_RESTORED},
	};
	char words[4000], parent[64];

	(void)state;
	for (size_t i = 0; i < COUNT(notifications); i++) {
		assert_true(definition(notifications[i].name, "NOTIFICATION-TYPE", words, sizeof(words)));
		assert_int_equal(place(words, parent), notifications[i].number);
		assert_string_equal(parent, "gbNotifications");
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_code_serves_what_the_mib_has),
		cmocka_unit_test(every_drop_reason_has_its_number),
		cmocka_unit_test(numbers_never_change),
		cmocka_unit_test(every_counter_is_an_object),
		cmocka_unit_test(states_have_their_numbers),
		cmocka_unit_test(notifications_have_their_numbers),
	};

	read_template();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
