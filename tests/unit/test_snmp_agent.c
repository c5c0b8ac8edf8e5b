/* SPDX-License-Identifier: Apache-2.0 */
/* What of the subagent can be seen without snmpd: varbinds, and that nothing and nobody makes its owner wait. net-snmp keeps
 * one agent a process: each test with a thread is a process of its own.
 */
#include "../../module/snmp/mib.h"

#include "test_snmp.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include <goose-bridge/clock.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void a_counter64_is_two_halves(void **state)
{
	static const uint64_t numbers[] = {0, 1, 0xFFFFFFFF, UINT64_C(0x100000000), UINT64_C(0x123456789ABCDEF0), UINT64_MAX};

	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++) {
		netsnmp_variable_list varbind = {0};
		struct snmp_value value = {.type = SNMP_COUNTER64, .number = numbers[i]};

		snmp_set_varbind(&varbind, &value);
		assert_int_equal(varbind.type, ASN_COUNTER64);
		assert_int_equal(varbind.val_len, sizeof(struct counter64));
		assert_int_equal(varbind.val.counter64->high, numbers[i] >> 32);
		assert_int_equal(varbind.val.counter64->low, numbers[i] & 0xFFFFFFFF);
		snmp_reset_var_buffers(&varbind);
	}
}

static void others_are_as_wide_as_they_are(void **state)
{
	static const struct {
		enum snmp_type type;
		u_char asn;
		uint64_t number;
	} values[] = {
		{SNMP_INTEGER, ASN_INTEGER, 3}, {SNMP_UNSIGNED, ASN_UNSIGNED, UINT32_MAX},
		{SNMP_TICKS, ASN_TIMETICKS, UINT32_MAX}};

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		netsnmp_variable_list varbind = {0};
		struct snmp_value value = {.type = values[i].type, .number = values[i].number};

		snmp_set_varbind(&varbind, &value);
		assert_int_equal(varbind.type, values[i].asn);
		assert_int_equal(*varbind.val.integer, values[i].number);
		snmp_reset_var_buffers(&varbind);
	}
	netsnmp_variable_list varbind = {0};
	struct snmp_value value = {.type = SNMP_OCTETS, .length = 0};

	snmp_set_varbind(&varbind, &value); /* an empty text is a text */
	assert_int_equal(varbind.type, ASN_OCTET_STR);
	assert_int_equal(varbind.val_len, 0);
	snmp_reset_var_buffers(&varbind);
}

/* Whether VARBIND is the object at the arcs behind gbObjects. */
static void assert_place(const netsnmp_variable_list *varbind, size_t length, const oid *arc)
{
	oid root[SNMP_ROOT_MAX];
	size_t root_length = snmp_root(root);

	assert_non_null(varbind);
	assert_int_equal(varbind->name_length, root_length + 1 + length);
	assert_memory_equal(varbind->name, root, root_length * sizeof(oid));
	assert_int_equal(varbind->name[root_length], 1);
	assert_memory_equal(varbind->name + root_length + 1, arc, length * sizeof(oid));
}
#define AT(varbind, ...) assert_place(varbind, sizeof((oid[]){__VA_ARGS__}) / sizeof(oid), (oid[]){__VA_ARGS__})

static void a_notification_names_itself_first(void **state)
{
	struct gb_snmp_notice notice = {.notification = GB_SNMP_REREGISTERED, .number = 17, .utc_ns = TEST_S, .text = "t\xFF",
					.path_id = 3, .group.s_addr = htonl(0xE0000164), .interface = "eth0", .reason = "why"};
	static const oid trap_oid[] = {1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0};
	oid root[SNMP_ROOT_MAX];
	size_t length = snmp_root(root);
	netsnmp_variable_list *first = snmp_notice_varbinds(&notice), *at = first;

	(void)state;
	assert_non_null(at);
	assert_int_equal(at->name_length, COUNT(trap_oid));
	assert_memory_equal(at->name, trap_oid, sizeof(trap_oid));
	assert_int_equal(at->val_len, (length + 2) * sizeof(oid));
	assert_int_equal(at->val.objid[length], 0);
	assert_int_equal(at->val.objid[length + 1], 3);
	AT(at = at->next_variable, 10, 1, 2, 17);
	AT(at = at->next_variable, 10, 1, 5, 17);
	assert_memory_equal(at->val.string, "t?", 2);
	AT(at = at->next_variable, 6, 1, 5, 3);
	assert_memory_equal(at->val.string, "\xE0\x00\x01\x64", 4);
	AT(at = at->next_variable, 6, 1, 3, 3);
	AT(at = at->next_variable, 6, 1, 23, 3);
	assert_memory_equal(at->val.string, "why", 3);
	assert_null(at->next_variable);
	snmp_free_varbind(first);
}

static void each_kind_has_its_objects(void **state)
{
	(void)state;
	for (unsigned n = GB_SNMP_STARTED; n <= GB_SNMP_STREAM_RESTORED; n++) {
		struct gb_snmp_notice notice = {.notification = (enum gb_snmp_notification)n, .number = 1, .version = "1",
						.membership_state = GB_MEMBERSHIP_LOST, .querier_state = GB_QUERIER_LOST,
						.stream_index = 5, .gocb_ref = "R", .appid = 0x8001,
						.stream_state = GB_STREAM_EXPIRED};
		netsnmp_variable_list *first = snmp_notice_varbinds(&notice), *at = first;

		for (unsigned i = 0; i < 3; i++)
			at = at->next_variable;
		if (n <= GB_SNMP_STOPPING) {
			AT(at, 1, 1, 0);
		} else if (n >= GB_SNMP_STREAM_EXPIRED) {
			AT(at, 8, 1, 2, 5);
			AT(at = at->next_variable, 8, 1, 9, 5);
			AT(at = at->next_variable, 8, 1, 8, 5);
			assert_int_equal(*at->val.integer, 0x8001);
			AT(at = at->next_variable, 8, 1, 6, 5);
			assert_int_equal(*at->val.integer, 5);
		} else if (n == GB_SNMP_MEMBERSHIP_LOST) {
			AT(at = at->next_variable->next_variable, 6, 1, 1, 0);
			assert_int_equal(*at->val.integer, 4);
		} else if (n == GB_SNMP_QUERIER_LOST) {
			AT(at = at->next_variable->next_variable, 6, 1, 6, 0);
			assert_int_equal(*at->val.integer, 3);
		}
		snmp_free_varbind(first);
	}
}

/* ---- the thread ---- */

static struct gb_snmp_snapshot *fill(void *arg)
{
	(void)arg;
	return made_up(0);
}

static void changed(void *arg, bool up)
{
	(void)arg;
	(void)up;
}

static const struct gb_snmp_ops ops = {.fill = fill, .changed = changed};

/* Runs BODY in a process of its own. */
static void apart(void (*body)(const char *path))
{
	char path[64];
	int status;

	snprintf(path, sizeof(path), "/tmp/test_snmp_agent.%ld", (long)getpid());
	pid_t child = fork();

	if (child == 0) {
		body(path);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	unlink(path);
	assert_int_equal(status, 0);
}

#define MUST(condition)                                                                     \
	do {                                                                                \
		if (!(condition)) {                                                         \
			fprintf(stderr, "line %d: not true: %s\n", __LINE__, #condition); \
			_exit(1);                                                           \
		}                                                                           \
	} while (0)

static void without_snmpd(const char *path)
{
	struct gb_snmp_settings settings = {.agentx_socket = path, .ping_interval_s = 1};
	struct gb_snmp_notice notice = {.notification = GB_SNMP_STREAM_EXPIRED};
	struct gb_snmp_status status;
	struct gb_snmp *snmp;
	uint64_t begin = gb_clock_mono_ns();

	MUST(gb_snmp_create(&snmp, &settings, &ops, NULL) == 0);
	for (unsigned i = 0; i < GB_SNMP_BURST + 500; i++)
		gb_snmp_notify(snmp, &notice);
	gb_snmp_status(snmp, &status);
	MUST(!status.up && status.sent == 0 && status.suppressed == 500);
	/* many of a kind leave all others their room */
	for (unsigned kind = GB_SNMP_STARTED; kind <= GB_SNMP_STREAM_RESTORED; kind++) {
		notice.notification = (enum gb_snmp_notification)kind;
		for (unsigned i = 0; i < GB_SNMP_BURST && kind != GB_SNMP_STREAM_EXPIRED; i++)
			gb_snmp_notify(snmp, &notice);
	}
	gb_snmp_status(snmp, &status);
	MUST(status.suppressed == 500);
	MUST(gb_clock_mono_ns() - begin < TEST_S / 2); /* nothing of this waits */
	usleep(300000);
	begin = gb_clock_mono_ns();
	MUST(gb_snmp_destroy(snmp));
	MUST(gb_clock_mono_ns() - begin < TEST_S);
}

/* A socket that listens and whose queue is full: connect() blocks, and does not come back. */
static void with_an_snmpd_that_hangs(const char *path)
{
	struct gb_snmp_settings settings = {.agentx_socket = path, .ping_interval_s = 1};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), filler = socket(AF_UNIX, SOCK_STREAM, 0);
	struct gb_snmp *snmp;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	MUST(bind(listener, (struct sockaddr *)&address, sizeof(address)) == 0);
	MUST(listen(listener, 0) == 0);
	MUST(connect(filler, (struct sockaddr *)&address, sizeof(address)) == 0);
	MUST(gb_snmp_create(&snmp, &settings, &ops, NULL) == 0);
	usleep(500000);
	uint64_t begin = gb_clock_mono_ns();

	MUST(!gb_snmp_destroy(snmp)); /* left behind */
	MUST(gb_clock_mono_ns() - begin < TEST_S + TEST_S / 10);
	unlink(path);
}

static void nobody_waits_for_an_snmpd_that_is_not_there(void **state)
{
	(void)state;
	apart(without_snmpd);
}

static void nobody_waits_for_one_that_hangs(void **state)
{
	(void)state;
	apart(with_an_snmpd_that_hangs);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_counter64_is_two_halves),
		cmocka_unit_test(others_are_as_wide_as_they_are),
		cmocka_unit_test(a_notification_names_itself_first),
		cmocka_unit_test(each_kind_has_its_objects),
		cmocka_unit_test(nobody_waits_for_an_snmpd_that_is_not_there),
		cmocka_unit_test(nobody_waits_for_one_that_hangs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
