/* SPDX-License-Identifier: Apache-2.0 */
/* Two paths: what each one's keys come to, what is refused, and what is only warned of. */
#include "test_config.h"

#include <arpa/inet.h>

#define DATA GB_TOP_SRCDIR "/tests/data/config/"
#define DUAL "enable_dual_path = true\n"
#define BACKUP "backup_interface = goose1\nbackup_multicast_ip = 224.0.1.101\n"

static void expect_path(const struct gb_config_path *path, unsigned id, const char *interface, const char *group)
{
	assert_int_equal(path->id, id);
	assert_string_equal(path->interface, interface);
	assert_int_equal(path->multicast_ip.s_addr, inet_addr(group));
}

static void test_one_path(void **state)
{
	struct gb_config config = good("interface = goose7\nmulticast_ip = 239.1.2.3\nmulticast_interface = eth7\n"
				       "tun_ip = auto\ntgw_multicast_domain_id = d\nenable_dual_path = false\n");
	struct gb_config_path path[GB_CONFIG_PATHS_MAX];

	(void)state;
	assert_int_equal(gb_config_paths(&config, path), 1);
	expect_path(&path[0], 0, "goose7", "239.1.2.3");
	assert_string_equal(path[0].multicast_interface, "eth7");
	assert_int_equal(path[0].tun_ip.kind, GB_TUN_IP_AUTO);
	assert_string_equal(path[0].tgw_multicast_domain_id, "d");
	assert_true(path[0].tgw_domain_given);
	gb_config_defaults(&config);
	assert_int_equal(gb_config_paths(&config, path), 1);
	assert_false(path[0].tgw_domain_given);
}

/* What the second path does not say, those keys say that have no prefix; but never its interface, group and address. */
static void test_what_stands_for_what(void **state)
{
	struct gb_config config = good(DUAL BACKUP "multicast_interface = eth0\ntun_ip = 10.0.0.1/8\n"
				       "tgw_multicast_domain_id = both\n");
	struct gb_config_path path[GB_CONFIG_PATHS_MAX];

	(void)state;
	assert_int_equal(gb_config_paths(&config, path), 2);
	expect_path(&path[0], 0, "goose0", "224.0.1.100");
	expect_path(&path[1], 1, "goose1", "224.0.1.101");
	for (unsigned i = 0; i < 2; i++) {
		assert_string_equal(path[i].multicast_interface, "eth0");
		assert_string_equal(path[i].tgw_multicast_domain_id, "both");
		assert_true(path[i].tgw_domain_given);
	}
	assert_int_equal(path[0].tun_ip.kind, GB_TUN_IP_FIXED);
	assert_int_equal(path[1].tun_ip.kind, GB_TUN_IP_NONE);
}

static void test_each_its_own(void **state)
{
	struct gb_config config =
		good(DUAL "primary_interface = a\nbackup_interface = b\nprimary_multicast_ip = 239.0.0.1\n"
		     "backup_multicast_ip = 239.0.0.2\nprimary_multicast_interface = eth0\n"
		     "backup_multicast_interface = eth1\nprimary_tun_ip = 10.0.0.1/30\nbackup_tun_ip = 10.0.1.1\n"
		     "tgw_multicast_domain_id = both\nprimary_tgw_multicast_domain_id = one\n"
		     "backup_tgw_multicast_domain_id =\n");
	struct gb_config_path path[GB_CONFIG_PATHS_MAX];

	(void)state;
	assert_int_equal(gb_config_paths(&config, path), 2);
	expect_path(&path[0], 0, "a", "239.0.0.1");
	expect_path(&path[1], 1, "b", "239.0.0.2");
	assert_string_equal(path[0].multicast_interface, "eth0");
	assert_string_equal(path[1].multicast_interface, "eth1");
	assert_int_equal(path[0].tun_ip.prefix_length, 30);
	assert_int_equal(path[1].tun_ip.prefix_length, 24); /* as the Python service wrote it */
	assert_string_equal(path[0].tgw_multicast_domain_id, "one");
	assert_string_equal(path[1].tgw_multicast_domain_id, "");
	assert_true(path[1].tgw_domain_given);
	/* files carry the first path's name */
	assert_string_equal(config.pid_file, "/var/run/goose-bridge-a.pid");
}

static void test_python_file(void **state)
{
	struct reports reports;
	struct gb_config config = loaded(DATA "python-dual-path.conf", &reports);
	struct gb_config_path path[GB_CONFIG_PATHS_MAX];

	(void)state;
	assert_int_equal(reports.warnings, 0);
	assert_int_equal(gb_config_paths(&config, path), 2);
	expect_path(&path[0], 0, "goose0", "224.0.1.100");
	expect_path(&path[1], 1, "goose1", "224.0.1.101");
	assert_int_equal(path[0].tun_ip.address.s_addr, inet_addr("192.168.100.10"));
	assert_int_equal(path[1].tun_ip.address.s_addr, inet_addr("192.168.101.10"));
	assert_int_equal(config.stats_export_interval, 15);
	assert_int_equal(config.wire_format, GB_WIRE_LEGACY);
}

/* TEXT is refused with one error, on LINE and with WORDS in it. */
static void refused(const char *text, unsigned line, const char *words)
{
	struct gb_config config;
	struct reports reports;

	assert_int_equal(parse(text, &config, &reports), -EINVAL);
	assert_int_equal(reports.errors, 1);
	expect_report(&reports, 0, GB_CONFIG_ERROR, line, words);
}

static void test_mistakes(void **state)
{
	(void)state;
	refused(DUAL "backup_multicast_ip = 224.0.1.101", 1, "the second path wants backup_interface, such as goose1");
	refused(DUAL "backup_interface = goose1", 1, "the second path wants backup_multicast_ip, such as 224.0.1.101");
	refused(DUAL "backup_interface = goose1\nbackup_multicast_ip = 224.0.1.100", 3,
		"backup_multicast_ip = 224.0.1.100: is also the first path's");
	refused(DUAL BACKUP "primary_multicast_ip = 224.0.1.101", 4, "backup_multicast_ip = 224.0.1.101: is also");
	refused(DUAL "backup_interface = goose0\nbackup_multicast_ip = 224.0.1.101", 2,
		"backup_interface = goose0: is also the first path's");
	refused(DUAL BACKUP "primary_interface = goose1", 4, "backup_interface = goose1: is also");
	refused(DUAL BACKUP "primary_tun_ip = 10.0.0.1\nbackup_tun_ip = 10.0.0.1/8", 5, "backup_tun_ip = 10.0.0.1: is also");
	refused(DUAL BACKUP "multicast_interface = goose1", 4, "multicast_interface = goose1: is the GOOSE interface itself");
	refused(DUAL "backup_interface = goose1\nbackup_multicast_ip = 10.0.0.1\n", 3, "is no multicast address");
	refused(DUAL "backup_interface =\nbackup_multicast_ip = 224.0.1.101\n", 1, "the second path wants backup_interface");
	bad("dual_path_mode = redundant", "only independent is in this version");
	bad("enable_dual_path = perhaps", "enable_dual_path = perhaps");
	bad("tun_ip = 10.0.0.1", "the prefix length is missing");
}

static void test_warnings(void **state)
{
	struct gb_config config;
	struct reports reports;

	(void)state;
	/* whoever wrote these may believe that he has two paths */
	assert_int_equal(parse("enable_dual_path = false\n" BACKUP "dual_path_mode = independent\nbackup_tun_ip = none\n",
			       &config, &reports), 0);
	assert_int_equal(reports.warnings, 2);
	expect_report(&reports, 0, GB_CONFIG_WARNING, 2, "backup_interface has no effect without enable_dual_path = true");
	expect_report(&reports, 1, GB_CONFIG_WARNING, 3, "backup_multicast_ip has no effect");
	/* it is said of the file, and not again of what the command line sets */
	assert_int_equal(gb_config_set(&config, "debug", "true", note, &reports), 0);
	assert_int_equal(reports.warnings, 2);
	assert_int_equal(parse(DUAL BACKUP "interface = goose3\nprimary_interface = goose4\n", &config, &reports), 0);
	assert_int_equal(reports.warnings, 1);
	expect_report(&reports, 0, GB_CONFIG_WARNING, 4, "interface has no effect beside primary_interface");
	good(DUAL BACKUP "interface = goose3\nprimary_interface = goose3\n");
}

static void test_what_a_reload_takes(void **state)
{
	struct gb_config running = good(DUAL BACKUP);
	struct gb_config fresh = good(DUAL "backup_interface = goose2\nbackup_multicast_ip = 224.0.1.102\n"
				      "backup_tun_ip = auto\nbackup_tgw_multicast_domain_id = d\n");
	struct gb_config_path path[GB_CONFIG_PATHS_MAX];
	struct changes changes = {.count = 0};

	(void)state;
	assert_int_equal(gb_config_diff(&running, &fresh, note_change, &changes), 4);
	assert_int_equal(changes.reloadable, 2);
	gb_config_apply_reloadable(&running, &fresh);
	assert_int_equal(gb_config_paths(&running, path), 2);
	expect_path(&path[1], 1, "goose1", "224.0.1.101");
	assert_int_equal(path[1].tun_ip.kind, GB_TUN_IP_AUTO);
	assert_string_equal(path[1].tgw_multicast_domain_id, "d");
	/* neither is a path added, nor one taken away */
	fresh = good("interface = goose0");
	gb_config_apply_reloadable(&running, &fresh);
	assert_int_equal(gb_config_paths(&running, path), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_path),    cmocka_unit_test(test_what_stands_for_what),
		cmocka_unit_test(test_each_its_own), cmocka_unit_test(test_python_file),
		cmocka_unit_test(test_mistakes),    cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_what_a_reload_takes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
