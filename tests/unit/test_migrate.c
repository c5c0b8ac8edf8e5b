/* SPDX-License-Identifier: Apache-2.0 */
/* config/migrate: what a file of the Python service becomes, what is said of it, and that a second time changes nothing. */
#include "test_config.h"

#include <goose-bridge/migrate.h>

#include "../../module/config/migrate_keys.h"

#define DATA  GB_TOP_SRCDIR "/tests/data/config/"
#define ITEMS 80

/* What was said of one key. "" stands for NULL, but for was, of which there may be an empty one. */
struct said_item {
	enum gb_migrate_what what;
	unsigned line;
	bool stood;
	char key[64], was[128], now[128], installed[64], note[512];
};

struct said {
	struct said_item item[ITEMS];
	unsigned count;
	struct reports reports;
};

static void copy(char *to, size_t size, const char *text)
{
	assert_in_range(snprintf(to, size, "%s", text ? text : ""), 0, size - 1);
}

static void note_item(void *arg, const struct gb_migrate_item *item)
{
	struct said *said = arg;
	struct said_item *said_item = &said->item[said->count++];

	assert_true(said->count <= ITEMS);
	said_item->what = item->what;
	said_item->line = item->line;
	said_item->stood = item->was != NULL;
	copy(said_item->key, sizeof(said_item->key), item->key);
	copy(said_item->was, sizeof(said_item->was), item->was);
	copy(said_item->now, sizeof(said_item->now), item->now);
	copy(said_item->installed, sizeof(said_item->installed), item->installed);
	copy(said_item->note, sizeof(said_item->note), item->note);
}

static void note_report(void *arg, enum gb_config_severity severity, const char *file, unsigned line, const char *text)
{
	note(&((struct said *)arg)->reports, severity, file, line, text);
}

static int migrate_octets(const char *text, size_t length, struct gb_migration *migration, struct said *said)
{
	/* An exact copy on the heap, so that a sanitizer sees a read beyond it. */
	char *exact = malloc(length ? length : 1);
	int err;

	memcpy(exact, text, length);
	memset(said, 0, sizeof(*said));
	err = gb_migrate("old.conf", exact, length, "/etc/old.conf.before", migration, note_item, note_report, said);
	free(exact);
	return err;
}

static const struct said_item *find(const struct said *said, const char *key)
{
	for (unsigned i = 0; i < said->count; i++)
		if (strcmp(said->item[i].key, key) == 0)
			return &said->item[i];
	fail_msg("nothing is said of %s", key);
	return NULL;
}

static bool has(const struct said *said, const char *key)
{
	for (unsigned i = 0; i < said->count; i++)
		if (strcmp(said->item[i].key, key) == 0)
			return true;
	return false;
}

static void expect(const struct said *said, const char *key, enum gb_migrate_what what, unsigned line, const char *was,
		   const char *now, const char *words)
{
	const struct said_item *item = find(said, key);

	if (item->what != what)
		fail_msg("%s is %s, not %s", key, gb_migrate_word(item->what), gb_migrate_word(what));
	assert_int_equal(item->line, line);
	assert_int_equal(item->stood, was != NULL);
	assert_string_equal(item->was, was ? was : "");
	assert_string_equal(item->now, now);
	assert_int_equal(*item->note != '\0', words != NULL);
	if (words && !strstr(item->note, words))
		fail_msg("\"%s\" is not in \"%s\"", words, item->note);
}

/* Good, and a second time without a change. The caller frees the text. */
static struct gb_migration migrated(const char *text, size_t length, struct said *said)
{
	struct gb_migration migration, again;
	struct said said_again;

	if (migrate_octets(text, length, &migration, said))
		fail_msg("line %u: %s", said->reports.report[0].line, said->reports.report[0].text);
	assert_int_equal(migrate_octets(migration.text, migration.length, &again, &said_again), 0);
	assert_int_equal(again.changes, 0);
	assert_int_equal(again.length, migration.length);
	assert_memory_equal(again.text, migration.text, again.length);
	assert_int_equal(again.dual, migration.dual);
	assert_false(has(said, "wire_format") && find(&said_again, "wire_format")->what == GB_MIGRATE_ADDED);
	free(again.text);
	return migration;
}

static char *read_data(const char *path, size_t *length)
{
	char *text;

	if (gb_config_read_file(path, &text, length, NULL, NULL))
		fail_msg("%s cannot be read", path);
	return text;
}

/* What TEXT of LENGTH octets means. */
static struct gb_config meaning(const char *text, size_t length)
{
	struct gb_config config;
	struct reports reports;

	if (parse_octets(text, length, &config, &reports))
		fail_msg("line %u: %s", reports.report[0].line, reports.report[0].text);
	return config;
}

/* --- The Python service's files --------------------------------------------- */

static void test_single(void **state)
{
	size_t length;
	char *text = read_data(DATA "python-default.conf", &length);
	struct said said;
	struct gb_migration migration = migrated(text, length, &said);
	struct gb_config before = meaning(text, length), after = meaning(migration.text, migration.length);

	(void)state;
	assert_false(migration.dual);
	assert_int_equal(migration.changes, 1);
	/* All that was there is there, with every comment, and means the same. */
	assert_memory_equal(migration.text, text, length);
	assert_int_equal(gb_config_diff(&before, &after, NULL, NULL), 0);
	assert_int_equal(said.reports.warnings, 0);
	expect(&said, "interface", GB_MIGRATE_KEPT, 4, "goose0", "goose0", NULL);
	expect(&said, "max_errors", GB_MIGRATE_NOTED, 20, "100", "100", "degraded");
	expect(&said, "enable_igmp_keepalive", GB_MIGRATE_NOTED, 30, "true", "true", "do go out");
	expect(&said, "tgw_multicast_domain_id", GB_MIGRATE_NOTED, 37, "tgw-mcast-domain-01d79015018690cef",
	       "tgw-mcast-domain-01d79015018690cef", "The sample");
	expect(&said, "wire_format", GB_MIGRATE_ADDED, 0, NULL, "legacy", "set native on one host after the other");
	expect(&said, "tun_ip", GB_MIGRATE_ABSENT, 0, NULL, "none", "192.168.100.N/24");
	expect(&said, "legacy_lossy", GB_MIGRATE_ABSENT, 0, NULL, "false", "priority other than 4");
	expect(&said, "allow_sources", GB_MIGRATE_ABSENT, 0, NULL, "any", "trip");
	expect(&said, "stats_export_interval", GB_MIGRATE_ABSENT, 0, NULL, "30", "follows health_check_interval");
	free(migration.text);
	free(text);
}

static void turn_off(char *text, size_t length)
{
	char *on = memmem(text, length, "enable_dual_path = true", strlen("enable_dual_path = true"));

	assert_non_null(on);
	memcpy(on + strlen("enable_dual_path = "), "off ", 4);
}

/* Until the dual path is there its file is refused as a whole; what is said of its keys does not depend on that. */
static void test_dual(void **state)
{
	size_t length;
	char *text = read_data(DATA "python-dual-path.conf", &length);
	struct gb_config config;
	struct said said;
	struct gb_migration migration;

	(void)state;
	if (gb_config_parse("dual", text, length, &config, NULL, NULL)) {
		assert_int_equal(migrate_octets(text, length, &migration, &said), -EINVAL);
		expect_report(&said.reports, 0, GB_CONFIG_ERROR, 3, "enable_dual_path = true");
		turn_off(text, length);
	}
	migration = migrated(text, length, &said);
	assert_int_equal(migration.changes, 1);
	assert_memory_equal(migration.text, text, length);
	assert_int_equal(find(&said, "primary_interface")->what, GB_MIGRATE_KEPT);
	assert_int_equal(find(&said, "backup_interface")->what, GB_MIGRATE_KEPT);
	expect(&said, "backup_multicast_ip", GB_MIGRATE_KEPT, 11, "224.0.1.101", "224.0.1.101", NULL);
	expect(&said, "backup_tun_ip", GB_MIGRATE_KEPT, 9, "192.168.101.10", "192.168.101.10", NULL);
	expect(&said, "dual_path_mode", GB_MIGRATE_KEPT, 4, "independent", "independent", NULL);
	expect(&said, "primary_tgw_multicast_domain_id", GB_MIGRATE_NOTED, 14, "tgw-mcast-domain-01d79015018690cef",
	       "tgw-mcast-domain-01d79015018690cef", "The sample");
	expect(&said, "stats_export_interval", GB_MIGRATE_KEPT, 25, "15", "15", NULL);
	expect(&said, "wire_format", GB_MIGRATE_ADDED, 0, NULL, "legacy", "native");
	assert_int_equal(has(&said, "tun_ip"), !migration.dual);
	free(migration.text);
	free(text);
}

static void expect_profile(const char *path, unsigned threads, const char *noted)
{
	size_t length;
	char *text = read_data(path, &length);
	struct said said;
	struct gb_migration migration = migrated(text, length, &said);
	struct gb_config before = meaning(text, length), after = meaning(migration.text, migration.length);

	assert_memory_equal(migration.text, text, length);
	assert_int_equal(gb_config_diff(&before, &after, NULL, NULL), 0);
	assert_int_equal(after.wire_format, GB_WIRE_LEGACY);
	assert_int_equal(after.worker_threads, threads);
	if (noted)
		assert_int_equal(find(&said, noted)->what, GB_MIGRATE_NOTED);
	free(migration.text);
	free(text);
}

static void test_high_load(void **state)
{
	(void)state;
	expect_profile(DATA "python-high-load.conf", 4, "worker_threads");
}

static void test_high_reliability(void **state)
{
	(void)state;
	expect_profile(DATA "python-high-reliability.conf", 2, NULL);
}

static void test_low_latency(void **state)
{
	(void)state;
	expect_profile(DATA "python-low-latency.conf", 1, "buffer_size");
}

/* Whatever the file that is installed says otherwise than a migrated one is said, with the value there. */
static void test_installed_defaults(void **state)
{
	size_t length;
	char *text = read_data(DATA "python-default.conf", &length);
	struct said said;
	struct gb_migration migration = migrated(text, length, &said);
	struct gb_config after = meaning(migration.text, migration.length), put;
	struct reports reports;
	struct gb_config installed = loaded(GB_TOP_SRCDIR "/conf/goose-bridge.conf", &reports);
	struct gb_config_key key;

	(void)state;
	for (size_t i = 0; gb_config_key_at(i, &key); i++) {
		const struct gb_config_entry *entry = gb_config_table_find(key.name);

		if (gb_config_type_equal(entry, gb_config_field(entry, &after), gb_config_field(entry, &installed)))
			continue;
		assert_int_not_equal(*find(&said, key.name)->installed, '\0');
		put = after;
		assert_int_equal(gb_config_set(&put, key.name, find(&said, key.name)->installed, NULL, NULL), 0);
		assert_true(gb_config_type_equal(entry, gb_config_field(entry, &put), gb_config_field(entry, &installed)));
	}
	for (unsigned i = 0; i < said.count; i++) {
		const struct gb_config_entry *entry = gb_config_table_find(said.item[i].key);

		/* and what is said to be absent has the default that the table has */
		if (said.item[i].what == GB_MIGRATE_ABSENT && strcmp(said.item[i].key, "stats_export_interval") != 0) {
			assert_non_null(entry);
			assert_string_equal(said.item[i].now, *entry->default_text ? entry->default_text : "any");
		}
	}
	free(migration.text);
	free(text);
}

/* --- Files of people -------------------------------------------------------- */

static void test_bounds(void **state)
{
	static const char old[] = "[DEFAULT]\n"
				  "worker_threads = 128   # many\n"
				  "max_errors=0;no comment\n"
				  "reconnect_delay = 0\n"
				  "buffer_size = 99999999999999999999999999\n"
				  "batch_size = 256\n";
	static const char now[] = "[DEFAULT]\n"
				  "worker_threads = 64   # many\n"
				  "max_errors=0;no comment\n"
				  "reconnect_delay = 1\n"
				  "buffer_size = 1048576\n"
				  "batch_size = 256\n";
	static const char max_errors[] = "max_errors=1 ;n comment\n";
	const char *reconnect = strstr(now, "reconnect_delay");
	char good_text[sizeof(old)];
	struct gb_migration migration;
	struct said said;

	(void)state;
	assert_int_equal(migrate_octets(old, sizeof(old) - 1, &migration, &said), -EINVAL);
	expect_report(&said.reports, 0, GB_CONFIG_ERROR, 3, "max_errors = 0;no comment");
	assert_int_equal(said.reports.errors, 1);
	assert_int_equal(said.count, 0);
	assert_null(migration.text);

	memcpy(good_text, old, sizeof(old));
	memcpy(good_text + (strstr(old, "0;no") - old), "0 ;n", 4);
	migration = migrated(good_text, sizeof(old) - 1, &said);
	assert_int_equal(migration.changes, 5);
	assert_memory_equal(migration.text, now, strstr(now, "max_") - now);
	assert_non_null(memmem(migration.text, migration.length, max_errors, strlen(max_errors)));
	assert_non_null(memmem(migration.text, migration.length, reconnect, strlen(reconnect)));
	expect(&said, "worker_threads", GB_MIGRATE_BOUNDED, 2, "128", "64", "1..64");
	expect(&said, "max_errors", GB_MIGRATE_BOUNDED, 3, "0", "1", "1..1000000");
	expect(&said, "reconnect_delay", GB_MIGRATE_BOUNDED, 4, "0", "1", "1..3600 (seconds)");
	expect(&said, "buffer_size", GB_MIGRATE_BOUNDED, 5, "99999999999999999999999999", "1048576", "64..1048576");
	expect(&said, "batch_size", GB_MIGRATE_NOTED, 6, "256", "256", "wish");
	free(migration.text);
}

/* What is no number, or a port that does not exist, is no wish that can be met half. */
static void test_nonsense(void **state)
{
	static const struct {
		const char *text, *words;
		unsigned line;
	} bad[] = {
		{"[DEFAULT]\nmulticast_port = 70000\n", "multicast_port = 70000", 2},
		{"multicast_port = 0\n", "out of range", 1},
		{"[DEFAULT]\n\nworker_threads = two\n", "worker_threads = two", 3},
		{"worker_threads = -1\n", "worker_threads = -1", 1},
		{"multicast_ip = 10.0.0.1\n", "no multicast address", 1},
		{"interface = goose0\nmulticast_ip = 224.0.1.100,\n    224.0.1.101\n", "does not go on", 3},
		{"interface goose0\n", "'=' is missing", 1},
		{"interface = goose0\n# caf\xe9\n", "not UTF-8", 2},
		{"", "no key of the Python service", 0},
		{"[server]\nlisten = 80\n", "no key of the Python service", 0},
		{"wire_format = native\ntun_ip = auto\n", "no key of the Python service", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct gb_migration migration;
		struct said said;
		bool found = false;

		assert_int_equal(migrate_octets(bad[i].text, strlen(bad[i].text), &migration, &said), -EINVAL);
		assert_null(migration.text);
		assert_int_equal(said.count, 0);
		for (unsigned k = 0; k < said.reports.errors + said.reports.warnings; k++)
			if (said.reports.report[k].severity == GB_CONFIG_ERROR && said.reports.report[k].line == bad[i].line &&
			    strstr(said.reports.report[k].text, bad[i].words))
				found = true;
		if (!found)
			fail_msg("\"%s\": %s", bad[i].text, said.reports.report[0].text);
		assert_string_equal(said.reports.report[0].file, "old.conf");
	}
}

/* Every octet that was there is there again: line ends, a byte order mark, comments of any script, a last line without end. */
static void test_octets_are_kept(void **state)
{
	static const struct {
		const char *old, *end;
	} files[] = {
		{"[DEFAULT]\r\n# \xe6\xa1\xa5\r\nInterface : goose1\t; mine\r\n", "\r\nwire_format = legacy\r\n"},
		{"\xef\xbb\xbf" "interface = goose0", "\nwire_format = legacy\n"},
		{"interface = goose0\r# old Mac\r", "\rwire_format = legacy\r"},
		{"  multicast_ip = 224.0.1.7\n\n\n[other]\nlog_level = warn\n\n", "\nwire_format = legacy\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct said said;
		struct gb_migration migration = migrated(files[i].old, strlen(files[i].old), &said);
		size_t end = strlen(files[i].end);

		assert_memory_equal(migration.text, files[i].old, strlen(files[i].old));
		assert_memory_equal(migration.text + migration.length - end, files[i].end, end);
		/* no other kind of line end got in */
		assert_true(!strchr(files[i].end, '\r') == !memchr(migration.text, '\r', migration.length));
		if (strcmp(files[i].end, "\rwire_format = legacy\r") == 0)
			assert_null(memchr(migration.text, '\n', migration.length));
		free(migration.text);
	}
}

static void test_keys_of_neither(void **state)
{
	static const char old[] = "interface = goose0\nmulticast_prot = 61851\ncolour = red\ntun_ip = auto\nbatch_size = 20\n"
				  "batch_size = 30\nlog_file = /srv/goose.log\nstats_file = /var/lib/goose-bridge/x.json\n"
				  "tgw_multicast_domain_id = tgw-mcast-domain-0aaaaaaaaaaaaaaa0\nhealth_check_interval = 10\n";
	struct said said;
	struct gb_migration migration = migrated(old, sizeof(old) - 1, &said);

	(void)state;
	expect(&said, "multicast_prot", GB_MIGRATE_UNKNOWN, 2, "61851", "61851", "no effect");
	expect(&said, "colour", GB_MIGRATE_UNKNOWN, 3, "red", "red", "no effect");
	expect(&said, "tun_ip", GB_MIGRATE_NEW, 4, "auto", "auto", "has an effect");
	expect(&said, "log_file", GB_MIGRATE_NOTED, 7, "/srv/goose.log", "/srv/goose.log", "ReadWritePaths=");
	expect(&said, "stats_file", GB_MIGRATE_KEPT, 8, "/var/lib/goose-bridge/x.json", "/var/lib/goose-bridge/x.json", NULL);
	expect(&said, "tgw_multicast_domain_id", GB_MIGRATE_NOTED, 9, "tgw-mcast-domain-0aaaaaaaaaaaaaaa0",
	       "tgw-mcast-domain-0aaaaaaaaaaaaaaa0", "own network interface");
	assert_false(has(&said, "stats_export_interval")); /* 10, as in the file that is installed */
	assert_int_equal(said.reports.warnings, 3);
	expect_report(&said.reports, 0, GB_CONFIG_WARNING, 2, "did you mean 'multicast_port'?");
	expect_report(&said.reports, 1, GB_CONFIG_WARNING, 3, "colour");
	expect_report(&said.reports, 2, GB_CONFIG_WARNING, 6, "given again");
	free(migration.text);
}

/* Somebody has gone native already: nothing is put back. */
static void test_native_stays(void **state)
{
	static const char old[] = "interface = goose0\nwire_format = native\nhealth_check_interval = 30\n";
	struct said said;
	struct gb_migration migration = migrated(old, sizeof(old) - 1, &said);

	(void)state;
	assert_int_equal(migration.changes, 0);
	assert_int_equal(migration.length, sizeof(old) - 1);
	assert_false(has(&said, "legacy_lossy"));
	free(migration.text);
}

static void test_size(void **state)
{
	char *text = malloc(GB_CONFIG_FILE_MAX);
	struct gb_migration migration;
	struct said said;

	(void)state;
	assert_non_null(text);
	memset(text, '\n', GB_CONFIG_FILE_MAX);
	memcpy(text, "interface = goose0", strlen("interface = goose0"));
	assert_int_equal(migrate_octets(text, GB_CONFIG_FILE_MAX, &migration, &said), -EINVAL);
	expect_report(&said.reports, 0, GB_CONFIG_ERROR, 0, "larger");
	assert_null(migration.text);
	free(text);
}

/* Every key of the table that the Python service knew has a row, and each row's key is one of the table's or a dual one. */
static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < migrate_keys_length; i++)
		if (!migrate_keys[i].dual)
			assert_non_null(gb_config_table_find(migrate_keys[i].name));
	for (size_t i = 0; i < migrate_absent_length; i++)
		assert_non_null(gb_config_table_find(migrate_absent[i].name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_single),		cmocka_unit_test(test_dual),
		cmocka_unit_test(test_high_load),	cmocka_unit_test(test_high_reliability),
		cmocka_unit_test(test_low_latency),	cmocka_unit_test(test_installed_defaults),
		cmocka_unit_test(test_bounds),		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_octets_are_kept), cmocka_unit_test(test_keys_of_neither),
		cmocka_unit_test(test_native_stays),	cmocka_unit_test(test_size),
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
