/* SPDX-License-Identifier: Apache-2.0 */
/* config as a whole: the reader and hostile input, setting, comparing and applying, files that cannot be read, the
 * Python service's files, and that the table, the manual page and the installed file say the same.
 */
#include "test_config.h"

#include <unistd.h>

#include <goose-bridge/log.h>

#define DATA GB_TOP_SRCDIR "/tests/data/config/"

/* --- The reader ------------------------------------------------------------- */

static void test_syntax(void **state)
{
	struct gb_config config = good("\xef\xbb\xbf" "multicast_ttl=1\n"
				       "[DEFAULT]\r\n"
				       "  BATCH_Size : 20  \r\n"
				       "# a comment\n"
				       "   ; another\n"
				       "\n"
				       "\tworker_threads\t=\t4\t# and at the end\r"
				       "user = a#b;c ; not the rest\n"
				       "[any name at all, = : ] # with a comment\n"
				       "[]\n"
				       "allow_sources = # nothing\n"
				       "tgw_multicast_domain_id = a=b:c\n"
				       "stats_file = /\xc3\xbc");

	(void)state;
	assert_int_equal(config.multicast_ttl, 1);
	assert_int_equal(config.batch_size, 20);
	assert_int_equal(config.worker_threads, 4);
	assert_string_equal(config.user, "a#b;c");
	assert_int_equal(config.allow_sources.count, 0);
	assert_string_equal(config.tgw_multicast_domain_id, "a=b:c");
	assert_string_equal(config.stats_file, "/\xc3\xbc");
	good("");
	good("\n\n\n");
	good("\xef\xbb\xbf");
}

static void test_reader_items(void **state)
{
	static const char text[] = "a = 1\n[ one ]\nB: 2\n[two\n";
	struct gb_config_reader reader = gb_config_reader(text, sizeof(text) - 1);
	struct gb_config_item item;

	(void)state;
	assert_true(gb_config_read(&reader, &item));
	assert_int_equal(item.kind, GB_CONFIG_ITEM_KEY);
	assert_int_equal(item.line, 1);
	assert_int_equal(item.section.length, 0);
	assert_true(gb_config_read(&reader, &item));
	assert_int_equal(item.line, 3);
	assert_memory_equal(item.section.at, "one", item.section.length);
	assert_memory_equal(item.key.at, "B", item.key.length);
	assert_memory_equal(item.value.at, "2", item.value.length);
	assert_true(gb_config_read(&reader, &item));
	assert_int_equal(item.kind, GB_CONFIG_ITEM_BAD);
	assert_int_equal(item.line, 4);
	assert_false(gb_config_read(&reader, &item));
	assert_false(gb_config_read(&reader, &item));
}

static void test_lines_that_mean_nothing(void **state)
{
	(void)state;
	bad("batch_size 10", "'=' is missing");
	bad("batch_size", "'=' is missing");
	bad("\tgoes on", "a value does not go on in the next line");
	bad("[network", "ends with ']'");
	bad("[network # ]", "ends with ']'");
	bad("= 5", "the key is missing");
	bad(" : 5", "the key is missing");
	bad("debug = \xff", "not UTF-8");
	bad("# caf\xe9", "not UTF-8");
	bad("\xff\xfe" "d\tb", "not UTF-8");
}

static void test_utf8(void **state)
{
	static const char *const right[] = {"", "a", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
					    "\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"};
	static const char *const wrong[] = {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe0\x9f\xbf",
					    "\xed\xa0\x80", "\xe1\x80", "\xe1\x80\x41", "\xf0\x8f\xbf\xbf",
					    "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xf1\x80\x80", "\xff"};

	(void)state;
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++)
		assert_true(gb_config_is_utf8(right[i], strlen(right[i])));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(gb_config_is_utf8(wrong[i], strlen(wrong[i])));
}

static void test_nul_octets(void **state)
{
	static const char text[] = "batch_size = 20\ndebug = \0true\nbatch_size\0 = 30\n";
	struct gb_config config;
	struct reports reports;

	(void)state;
	assert_int_equal(parse_octets(text, sizeof(text) - 1, &config, &reports), -EINVAL);
	assert_int_equal(reports.errors, 2);
	expect_report(&reports, 0, GB_CONFIG_ERROR, 2, "NUL");
	expect_report(&reports, 1, GB_CONFIG_ERROR, 3, "NUL");
}

static void test_long_lines(void **state)
{
	static const char end[] = "\nbatch_size = 20\n";
	char text[2 * GB_CONFIG_LINE_MAX];
	struct gb_config config;
	struct reports reports;

	(void)state;
	memset(text, 'x', sizeof(text));
	text[0] = '#';
	memcpy(text + GB_CONFIG_LINE_MAX, end, sizeof(end));
	assert_int_equal(good(text).batch_size, 20);

	memset(text, 'x', sizeof(text));
	text[0] = '#';
	memcpy(text + GB_CONFIG_LINE_MAX + 1, end, sizeof(end));
	assert_int_equal(parse(text, &config, &reports), -EINVAL);
	expect_report(&reports, 0, GB_CONFIG_ERROR, 1, "longer than 4096 octets");

	/* As long as a line may be: all key, all value, and a value that the report has to shorten. */
	memset(text, 'x', GB_CONFIG_LINE_MAX);
	text[GB_CONFIG_LINE_MAX - 1] = '=';
	text[GB_CONFIG_LINE_MAX] = '\0';
	assert_int_equal(parse(text, &config, &reports), 0);
	expect_report(&reports, 0, GB_CONFIG_WARNING, 1, "unknown key 'xxxx");
	memcpy(text, "user=", 5);
	for (unsigned i = 5; i + 1 < GB_CONFIG_LINE_MAX; i += 2)
		memcpy(text + i, "\xc3\xbc", 2);
	text[GB_CONFIG_LINE_MAX - 1] = 'y';
	bad(text, "...: longer than 63 octets");
	memcpy(text, "allow_sources=         ", 23);
	bad(text, "' is neither");
}

static void test_lines_are_counted(void **state)
{
	struct gb_config config;
	struct reports reports;

	(void)state;
	assert_int_equal(parse("\n\r\n\rbatch_size = 0\r\n# c\n\r\n  dscp = 64", &config, &reports), -EINVAL);
	assert_int_equal(reports.errors, 2);
	expect_report(&reports, 0, GB_CONFIG_ERROR, 4, "batch_size = 0: out of range, 1..256");
	expect_report(&reports, 1, GB_CONFIG_ERROR, 7, "dscp = 64: out of range, 0..63");
	assert_string_equal(reports.report[0].file, "test.conf");
}

/* --- Setting, comparing, applying ------------------------------------------- */

static void test_set(void **state)
{
	struct gb_config config = good("batch_size = 20"), before = config;
	struct reports reports = {.errors = 0};
	char long_text[GB_CONFIG_LINE_MAX + 2];

	(void)state;
	assert_int_equal(gb_config_set(&config, "Debug", " yes ", note, &reports), 0);
	assert_true(config.debug);
	assert_int_equal(config.batch_size, 20);
	assert_int_equal(gb_config_set(&config, "batch_size", "30", note, &reports), 0);
	assert_int_equal(reports.errors + reports.warnings, 0);
	before = config;

	memset(long_text, '1', sizeof(long_text));
	long_text[sizeof(long_text) - 1] = '\0';
	assert_int_equal(gb_config_set(&config, "batch_size", "0", note, &reports), -EINVAL);
	assert_int_equal(gb_config_set(&config, "batchsize", "1", note, &reports), -EINVAL);
	assert_int_equal(gb_config_set(&config, "", "1", note, &reports), -EINVAL);
	assert_int_equal(gb_config_set(&config, "log_file", "/a\nb", note, &reports), -EINVAL);
	assert_int_equal(gb_config_set(&config, "user", "\xff", note, &reports), -EINVAL);
	assert_int_equal(gb_config_set(&config, "user", long_text, note, &reports), -EINVAL);
	assert_int_equal(gb_config_set(&config, long_text, "1", note, &reports), -EINVAL);
	assert_int_equal(gb_config_set(&config, "multicast_interface", "goose0", note, &reports), -EINVAL);
	assert_int_equal(reports.errors, 8);
	for (unsigned i = 0; i < reports.errors; i++) {
		assert_int_equal(reports.report[i].line, 0);
		assert_string_equal(reports.report[i].file, "command line");
	}
	expect_report(&reports, 0, GB_CONFIG_ERROR, 0, "batch_size = 0: out of range, 1..256");
	expect_report(&reports, 1, GB_CONFIG_ERROR, 0, "did you mean 'batch_size'?");
	assert_memory_equal(&config, &before, sizeof(config));
}

static void test_diff(void **state)
{
	struct gb_config before = good("tun_ip = 10.0.0.1/24\nsender_id = 255\ndebug = true\nlog_level = info"), after;
	struct changes changes = {.count = 0};

	(void)state;
	after = good("tun_ip = 10.0.0.1/24\nsender_id = 0xff\ndebug = ON\npath_mtu = default");
	assert_int_equal(gb_config_diff(&before, &after, note_change, &changes), 0);

	/* What an address was before it became none does not matter. */
	assert_int_equal(gb_config_set(&before, "tun_ip", "none", NULL, NULL), 0);
	assert_int_equal(gb_config_set(&after, "tun_ip", "none", NULL, NULL), 0);
	after.tun_ip.prefix_length = 7;
	assert_int_equal(gb_config_diff(&before, &after, note_change, &changes), 0);

	assert_int_equal(gb_config_set(&after, "multicast_port", "61851", NULL, NULL), 0);
	assert_int_equal(gb_config_diff(&before, &after, note_change, &changes), 1);
	assert_string_equal(changes.last, "multicast_port");
	assert_int_equal(changes.reloadable, 0);
	assert_int_equal(gb_config_set(&after, "allow_sources", "10.0.0.0/8", NULL, NULL), 0);
	assert_int_equal(gb_config_diff(&before, &after, note_change, &changes), 2);
	assert_int_equal(changes.count, 3);
	assert_int_equal(changes.reloadable, 1);
}

static void test_apply_reloadable(void **state)
{
	struct gb_config config = good("batch_size = 20\nmulticast_ttl = 3\nhealth_check_interval = 20");
	struct gb_config fresh = good("batch_size = 40\nmulticast_ttl = 4\nmulticast_port = 1\nlog_level = ERROR\n"
				      "allow_sources = 10.0.0.0/8\n");
	struct gb_config_key key;

	(void)state;
	gb_config_apply_reloadable(&config, &fresh);
	assert_int_equal(config.batch_size, 20);
	assert_int_equal(config.multicast_port, 61850);
	assert_int_equal(config.multicast_ttl, 4);
	assert_int_equal(config.log_level, GB_LOG_ERROR);
	assert_int_equal(config.allow_sources.count, 1);
	assert_int_equal(config.health_check_interval, 30);
	assert_int_equal(config.stats_export_interval, 10);
	for (size_t i = 0; gb_config_key_at(i, &key); i++) {
		const struct gb_config_entry *entry = gb_config_table_find(key.name);

		if (key.reloadable)
			assert_true(gb_config_type_equal(entry, gb_config_field(entry, &config),
							 gb_config_field(entry, &fresh)));
	}
}

/* The interface takes a restart: until then the files are those of the old one. */
static void test_apply_keeps_the_instance(void **state)
{
	struct gb_config config = good("interface = goose1\nmulticast_ttl = 3");
	struct gb_config fresh = good("interface = goose2\nmulticast_ttl = 4");

	(void)state;
	gb_config_apply_reloadable(&config, &fresh);
	assert_int_equal(config.multicast_ttl, 4);
	assert_string_equal(config.interface, "goose1");
	expect_instance_files(&config);

	fresh = good("interface = goose2\nstats_file = /mine");
	gb_config_apply_reloadable(&config, &fresh);
	assert_string_equal(config.stats_file, "/mine");
	assert_string_equal(config.log_file, "/var/log/goose-bridge-goose1.log");
}

/* --- Files ------------------------------------------------------------------ */

static void test_python_default_file(void **state)
{
	struct reports reports;
	struct gb_config config = loaded(DATA "python-default.conf", &reports), defaults;
	struct changes changes = {.count = 0};

	(void)state;
	assert_int_equal(reports.warnings, 0);
	gb_config_defaults(&defaults);
	assert_int_equal(gb_config_diff(&defaults, &config, note_change, &changes), 1);
	assert_string_equal(changes.last, "stats_export_interval");
	assert_int_equal(config.stats_export_interval, 30);
}

static void expect_profile(const char *path, unsigned buffer_size, unsigned batch_size, unsigned worker_threads,
			   unsigned threshold, unsigned keepalive, unsigned monitor)
{
	struct reports reports;
	struct gb_config config = loaded(path, &reports);

	assert_int_equal(reports.warnings, 0);
	assert_int_equal(config.buffer_size, buffer_size);
	assert_int_equal(config.batch_size, batch_size);
	assert_int_equal(config.worker_threads, worker_threads);
	assert_int_equal(config.igmp_reregister_threshold, threshold);
	assert_int_equal(config.igmp_keepalive_interval, keepalive);
	assert_int_equal(config.igmp_monitor_interval, monitor);
	assert_int_equal(config.wire_format, GB_WIRE_LEGACY);
}

static void test_python_profiles(void **state)
{
	(void)state;
	expect_profile(DATA "python-high-load.conf", 4096, 20, 4, 2, 60, 120);
	expect_profile(DATA "python-high-reliability.conf", 2048, 10, 2, 1, 60, 90);
	expect_profile(DATA "python-low-latency.conf", 1024, 5, 1, 2, 60, 120);
}

static void test_all_problems_are_reported(void **state)
{
	static const unsigned value_lines[] = {2, 3, 4, 6, 7, 8, 9}, line_lines[] = {2, 3, 4, 5, 6};
	static const unsigned warning_lines[] = {2, 8, 9};
	struct gb_config config;
	struct reports reports = {.errors = 0};

	(void)state;
	assert_int_equal(gb_config_load(DATA "bad-values.conf", &config, note, &reports), -EINVAL);
	assert_int_equal(reports.errors, 7);
	for (unsigned i = 0; i < 7; i++)
		expect_report(&reports, i, GB_CONFIG_ERROR, value_lines[i], " = ");
	assert_string_equal(reports.report[0].file, DATA "bad-values.conf");

	memset(&reports, 0, sizeof(reports));
	assert_int_equal(gb_config_load(DATA "bad-lines.conf", &config, note, &reports), -EINVAL);
	assert_int_equal(reports.errors, 5);
	for (unsigned i = 0; i < 5; i++)
		expect_report(&reports, i, GB_CONFIG_ERROR, line_lines[i], "");
	expect_report(&reports, 3, GB_CONFIG_ERROR, 5, "does not go on in the next line");

	config = loaded(DATA "warnings.conf", &reports);
	assert_int_equal(reports.warnings, 3);
	for (unsigned i = 0; i < 3; i++)
		expect_report(&reports, i, GB_CONFIG_WARNING, warning_lines[i], "");
	assert_int_equal(config.batch_size, 30);
}

static void expect_unreadable(const char *path, int err, const char *words)
{
	struct gb_config config;
	struct reports reports = {.errors = 0};

	assert_int_equal(gb_config_load(path, &config, note, &reports), err);
	assert_int_equal(reports.errors, 1);
	assert_string_equal(reports.report[0].file, path);
	expect_report(&reports, 0, GB_CONFIG_ERROR, 0, words);
	assert_int_equal(gb_config_load(path, &config, NULL, NULL), err);
}

static void test_unreadable_files(void **state)
{
	struct reports reports;
	struct gb_config config = loaded("/dev/null", &reports), defaults;

	(void)state;
	gb_config_defaults(&defaults);
	assert_int_equal(gb_config_diff(&config, &defaults, NULL, NULL), 0);
	expect_unreadable("/nonexistent/goose-bridge.conf", -ENOENT, "cannot be read: No such file or directory");
	expect_unreadable("/tmp", -EISDIR, "is a directory");
	expect_unreadable("/dev/zero", -EFBIG, "is larger than 1024 KiB");
}

static void test_file_size(void **state)
{
	char path[] = "/tmp/test_config.XXXXXX";
	int fd = mkstemp(path);
	struct gb_config config;
	char line[64];

	(void)state;
	assert_true(fd >= 0);
	memset(line, '\n', sizeof(line));
	for (unsigned i = 0; i < GB_CONFIG_FILE_MAX / sizeof(line); i++)
		assert_int_equal(write(fd, line, sizeof(line)), sizeof(line));
	assert_int_equal(gb_config_load(path, &config, NULL, NULL), 0);
	assert_int_equal(write(fd, "\n", 1), 1);
	assert_int_equal(gb_config_load(path, &config, NULL, NULL), -EFBIG);
	close(fd);
	unlink(path);
}

static void test_installed_file(void **state)
{
	struct reports reports;
	struct gb_config config = loaded(GB_TOP_SRCDIR "/conf/goose-bridge.conf", &reports), defaults;
	struct changes changes = {.count = 0};

	(void)state;
	assert_int_equal(reports.warnings, 0);
	gb_config_defaults(&defaults);
	assert_int_equal(gb_config_diff(&defaults, &config, note_change, &changes), 1);
	assert_string_equal(changes.last, "wire_format");
	assert_int_equal(config.wire_format, GB_WIRE_NATIVE);
	/* It names no file, so that it serves a second instance as well. */
	assert_int_equal(gb_config_set(&config, "interface", "goose1", NULL, NULL), 0);
	expect_instance_files(&config);
}

static void test_profiles(void **state)
{
	struct reports reports;
	struct gb_config low = loaded(GB_TOP_SRCDIR "/conf/profiles/goose-bridge-low-latency.conf", &reports);
	struct gb_config load, sure;

	(void)state;
	assert_int_equal(reports.warnings, 0);
	load = loaded(GB_TOP_SRCDIR "/conf/profiles/goose-bridge-high-load.conf", &reports);
	assert_int_equal(reports.warnings, 0);
	sure = loaded(GB_TOP_SRCDIR "/conf/profiles/goose-bridge-high-reliability.conf", &reports);
	assert_int_equal(reports.warnings, 0);
	assert_int_equal(low.wire_format, GB_WIRE_NATIVE);
	assert_int_equal(load.wire_format, GB_WIRE_NATIVE);
	assert_int_equal(sure.wire_format, GB_WIRE_NATIVE);

	/* Each keeps what its namesake of the Python service asks for, as far as it means anything here. */
	assert_int_equal(load.worker_threads, 2);
	assert_int_equal(load.igmp_keepalive_interval, 60);
	assert_int_equal(sure.igmp_keepalive_interval, 60);
	assert_int_equal(sure.igmp_monitor_interval, 90);
	assert_int_equal(sure.igmp_reregister_threshold, 1);
	assert_int_equal(low.worker_threads, 1);
	assert_int_equal(low.igmp_keepalive_interval, 60);
	assert_true(low.realtime_priority > 0);
	assert_int_equal(load.realtime_priority, 0);
	assert_int_equal(sure.realtime_priority, 0);
	/* A second instance may have any of them. */
	assert_int_equal(gb_config_set(&low, "interface", "goose1", NULL, NULL), 0);
	expect_instance_files(&low);
}

static char *read_page(void)
{
	FILE *file = fopen(GB_TOP_SRCDIR "/man/goose-bridge.conf.5", "r");
	char *page = calloc(1, GB_CONFIG_FILE_MAX);
	size_t length;

	assert_non_null(file);
	assert_non_null(page);
	length = fread(page, 1, GB_CONFIG_FILE_MAX - 1, file);
	assert_true(length > 0 && length < GB_CONFIG_FILE_MAX - 1);
	fclose(file);
	return page;
}

/* What stands between ".It Sy KEY" and the next ".Pp", as one line and without roff's escapes. */
static void head_in_page(const char *page, const char *key, char *head, size_t size)
{
	char start[96];
	const char *at, *end;
	size_t n = 0;

	snprintf(start, sizeof(start), "\n.It Sy %s\n", key);
	at = strstr(page, start);
	if (!at)
		fail_msg("%s is not in the manual page", key);
	at += strlen(start);
	end = strstr(at, "\n.Pp\n");
	assert_non_null(end);
	assert_true((size_t)(end - at) < size);
	for (; at < end; at++)
		if (*at != '\\')
			head[n++] = *at == '\n' ? ' ' : *at;
	head[n] = '\0';
}

static void test_manual_page(void **state)
{
	char head[512], wanted[512];
	char *page = read_page();
	struct gb_config_key key;
	const char *last = page;

	(void)state;
	for (size_t i = 0; gb_config_key_at(i, &key); i++) {
		head_in_page(page, key.name, head, sizeof(head));
		snprintf(wanted, sizeof(wanted), "%s, %s; default %s; %s", key.type, key.range_text,
			 key.default_text[0] ? key.default_text : "empty", key.reloadable ? "reload" : "restart");
		assert_string_equal(head, wanted);
		assert_true(strlen(key.help) > 10 && key.help[strlen(key.help) - 1] == '.');

		snprintf(head, sizeof(head), "\n.It Sy %s\n", key.name);
		assert_true(strstr(page, head) >= last); /* in the same order */
		last = strstr(page, head);
	}
	assert_false(gb_config_key_at(gb_config_table_length, &key));
	assert_false(gb_config_key_at(SIZE_MAX, &key));
	free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_syntax),
		cmocka_unit_test(test_reader_items),
		cmocka_unit_test(test_lines_that_mean_nothing),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_nul_octets),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_lines_are_counted),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_diff),
		cmocka_unit_test(test_apply_reloadable),
		cmocka_unit_test(test_apply_keeps_the_instance),
		cmocka_unit_test(test_python_default_file),
		cmocka_unit_test(test_python_profiles),
		cmocka_unit_test(test_all_problems_are_reported),
		cmocka_unit_test(test_unreadable_files),
		cmocka_unit_test(test_file_size),
		cmocka_unit_test(test_installed_file),
		cmocka_unit_test(test_profiles),
		cmocka_unit_test(test_manual_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
