/* SPDX-License-Identifier: Apache-2.0 */
/* config key by key: the limits of each type, and the rules across keys. */
#include "test_config.h"

#include <arpa/inet.h>

#include <goose-bridge/log.h>

#include "../../module/config/nearest.h"

/* --- Types ------------------------------------------------------------------ */

static void test_every_default_is_a_value(void **state)
{
	char line[512];
	struct gb_config_key key;
	struct gb_config defaults, config;

	(void)state;
	gb_config_defaults(&defaults);
	assert_int_equal(defaults.given[0] | defaults.given[1], 0);
	for (size_t i = 0; gb_config_key_at(i, &key); i++) {
		snprintf(line, sizeof(line), "%s = %s\n", key.name, key.default_text);
		if (strcmp(key.name, "health_check_interval") == 0) /* the other follows it if it is set */
			strcat(line, "stats_export_interval = 10\n");
		config = good(line);
		if (gb_config_diff(&defaults, &config, NULL, NULL))
			fail_msg("%s: the default %s is not the default", key.name, key.default_text);
	}
}

static void test_defaults(void **state)
{
	struct gb_config config;

	(void)state;
	gb_config_defaults(&config);
	assert_string_equal(config.interface, "goose0");
	assert_int_equal(config.multicast_ip.s_addr, inet_addr("224.0.1.100"));
	assert_int_equal(config.multicast_port, 61850);
	assert_string_equal(config.multicast_interface, "");
	assert_int_equal(config.multicast_ttl, 10);
	assert_int_equal(config.dscp, 46);
	assert_int_equal(config.wire_format, GB_WIRE_LEGACY);
	assert_int_equal(config.path_mtu, 0);
	assert_true(config.sender_id == 0);
	assert_int_equal(config.allow_sources.count, 0);
	assert_int_equal(config.max_frame_age_ms, 200);
	assert_int_equal(config.tun_ip.kind, GB_TUN_IP_NONE);
	assert_int_equal(config.interface_mtu, 1504);
	assert_int_equal(config.datapath, GB_DATAPATH_AUTO);
	assert_int_equal(config.log_level, GB_LOG_INFO);
	assert_int_equal(config.stats_export_interval, 10);
	assert_string_equal(config.control_socket, "/run/goose-bridge/control.sock");
	assert_string_equal(config.metrics_listen, "off");
	assert_int_equal(config.busy_poll_us, 0);
	assert_int_equal(config.realtime_priority, 0);
	assert_int_equal(config.cpu_affinity.count, 0);
	assert_true(config.enable_snmp);
	assert_false(config.debug);
}

static uint64_t number_in(const struct gb_config_entry *entry, const struct gb_config *config)
{
	const void *field = gb_config_field(entry, config);
	uint64_t wide;
	uint16_t narrow;
	unsigned usual;

	if (entry->size == sizeof(narrow)) {
		memcpy(&narrow, field, sizeof(narrow));
		return narrow;
	}
	if (entry->size == sizeof(usual)) {
		memcpy(&usual, field, sizeof(usual));
		return usual;
	}
	memcpy(&wide, field, sizeof(wide));
	return wide;
}

static void test_limits_of_each_number(void **state)
{
	static const char *const no_numbers[] = {"-1", "+1", "1.0", "0x10", "1e3", "1 0", "10s", "ten", "1,000",
						 "\xc2\xb2"};
	char line[256], range[64];
	struct gb_config config;
	unsigned tried = 0;

	(void)state;
	for (size_t i = 0; i < gb_config_table_length; i++) {
		const struct gb_config_entry *entry = &gb_config_table[i];

		if (entry->type != &gb_config_type_number)
			continue;
		tried++;
		for (unsigned high = 0; high < 2; high++) {
			snprintf(line, sizeof(line), "%s = %llu", entry->name,
				 (unsigned long long)(high ? entry->max : entry->min));
			config = good(line);
			assert_true(number_in(entry, &config) == (high ? entry->max : entry->min));
		}
		snprintf(range, sizeof(range), "out of range, %llu..%llu", (unsigned long long)entry->min,
			 (unsigned long long)entry->max);
		snprintf(line, sizeof(line), "%s = %llu", entry->name, (unsigned long long)entry->max + 1);
		bad(line, range);
		if (entry->min) {
			snprintf(line, sizeof(line), "%s = %llu", entry->name, (unsigned long long)entry->min - 1);
			bad(line, range);
		}
		/* Numbers that come out right when cut to 16, 32 or 64 bits. */
		snprintf(line, sizeof(line), "%s = 4294967306", entry->name);
		bad(line, range);
		snprintf(line, sizeof(line), "%s = 18446744073709551626", entry->name);
		bad(line, range);
		for (size_t k = 0; k < sizeof(no_numbers) / sizeof(no_numbers[0]); k++) {
			snprintf(line, sizeof(line), "%s = %s", entry->name, no_numbers[k]);
			bad(line, "is no plain decimal number");
		}
		snprintf(line, sizeof(line), "%s =", entry->name);
		bad(line, "the value is missing");
	}
	assert_int_equal(tried, 27);
	bad("batch_size = 0", "batch_size = 0: out of range, 1..256");
	assert_int_equal(good("batch_size = 0010").batch_size, 10);
}

static void test_ranges_are_those_of_the_design(void **state)
{
	static const struct {
		const char *key;
		const char *range;
	} ranges[] = {
		{"multicast_port", "1..65535"}, {"multicast_ttl", "1..255"}, {"dscp", "0..63"},
		{"path_mtu", "0 or 576..9216"}, {"max_frames_per_datagram", "1..255"}, {"hello_interval", "1..3600"},
		{"max_frame_age_ms", "10..60000"},
		{"interface_mtu", "576..9216"}, {"buffer_size", "64..1048576"}, {"batch_size", "1..256"},
		{"kernel_unattended_s", "1..86400"},
		{"worker_threads", "1..64"}, {"max_streams", "0..65536"}, {"max_peers", "1..4096"},
		{"max_errors", "1..1000000"}, {"error_reset_interval", "1..86400"}, {"reconnect_delay", "1..3600"},
		{"health_check_interval", "1..86400"}, {"igmp_keepalive_interval", "1..86400"},
		{"igmp_monitor_interval", "1..86400"}, {"igmp_reregister_threshold", "1..100"},
		{"force_igmp_version", "0..3"}, {"stats_export_interval", "1..86400"},
		{"snmp_ping_interval", "1..3600"}, {"learn_after", "1..86400"}, {"storm_threshold", "0..1000000"},
		{"busy_poll_us", "0..100000"}, {"realtime_priority", "0..99"}, {"cpu_affinity", "to 64 of 0..1023"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		assert_non_null(gb_config_table_find(ranges[i].key));
		assert_string_equal(gb_config_table_find(ranges[i].key)->range_text, ranges[i].range);
	}
}

static void test_booleans(void **state)
{
	static const char *const truths[] = {"true", "True", "TRUE", "yes", "YES", "on", "On", "1"};
	static const char *const lies[] = {"false", "False", "no", "NO", "off", "OFF", "0"};
	static const char *const neither[] = {"2", "y", "t", "enabled", "true false", "00"};
	char line[64];

	(void)state;
	for (size_t i = 0; i < sizeof(truths) / sizeof(truths[0]); i++) {
		snprintf(line, sizeof(line), "debug = %s", truths[i]);
		assert_true(good(line).debug);
	}
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		snprintf(line, sizeof(line), "enable_snmp = %s", lies[i]);
		assert_false(good(line).enable_snmp);
	}
	for (size_t i = 0; i < sizeof(neither) / sizeof(neither[0]); i++) {
		snprintf(line, sizeof(line), "debug = %s", neither[i]);
		bad(line, "is neither true nor false");
	}
	bad("debug =", "the value is missing");
}

static void test_words(void **state)
{
	(void)state;
	assert_int_equal(good("wire_format = native").wire_format, GB_WIRE_NATIVE);
	assert_int_equal(good("wire_format = Legacy").wire_format, GB_WIRE_LEGACY);
	assert_int_equal(good("datapath = user").datapath, GB_DATAPATH_USER);
	assert_int_equal(good("log_level = debug").log_level, GB_LOG_DEBUG);
	assert_int_equal(good("log_level = WARNING").log_level, GB_LOG_WARNING);
	assert_int_equal(good("log_level = WARN").log_level, GB_LOG_WARNING);
	assert_int_equal(good("log_level = ERROR").log_level, GB_LOG_ERROR);
	assert_int_equal(good("log_level = Critical").log_level, GB_LOG_CRITICAL);
	bad("wire_format = vxlan", "is none of legacy | native");
	bad("log_level = LOUD", "is none of DEBUG | INFO | WARNING | ERROR | CRITICAL");
	bad("datapath =", "the value is missing");
}

static void test_debug_leaves_log_level(void **state)
{
	struct gb_config config = good("debug = true\nlog_level = ERROR\n");

	(void)state;
	assert_true(config.debug);
	assert_int_equal(config.log_level, GB_LOG_ERROR);
}

static void test_interface_names(void **state)
{
	(void)state;
	assert_string_equal(good("interface = goose0.100").interface, "goose0.100");
	assert_string_equal(good("interface = abcdefghijklmno").interface, "abcdefghijklmno");
	bad("interface = abcdefghijklmnop", "longer than 15 octets");
	bad("interface = a/b", "no '/'");
	bad("interface = goose%d", "no '/'");
	bad("interface = a:1", "no '/'");
	bad("interface = goose 0", "white space");
	bad("interface = .", "cannot be the name of an interface");
	bad("interface = ..", "cannot be the name of an interface");
	bad("interface = all", "cannot be the name of an interface");
	bad("interface =", "the value is missing");
	bad("interface = \"goose0\"", "without quotes");
	bad("interface = go\001se", "control characters");
	assert_string_equal(good("multicast_interface =").multicast_interface, "");
	assert_string_equal(good("multicast_interface = eth0").multicast_interface, "eth0");
	bad("multicast_interface = goose0", "is the GOOSE interface itself");
}

static void test_path_mtu(void **state)
{
	(void)state;
	assert_int_equal(good("path_mtu = 0").path_mtu, 0);
	assert_int_equal(good("path_mtu = default").path_mtu, 0);
	assert_int_equal(good("path_mtu = 576").path_mtu, 576);
	assert_int_equal(good("path_mtu = 9216").path_mtu, 9216);
	bad("path_mtu = 575", "out of range, 0 or 576..9216");
	bad("path_mtu = 9217", "out of range, 0 or 576..9216");
	bad("path_mtu = auto", "is no plain decimal number");
}

static void test_sender_id(void **state)
{
	(void)state;
	assert_true(good("sender_id = 18446744073709551615").sender_id == UINT64_MAX);
	assert_true(good("sender_id = 0xFFFFFFFFffffffff").sender_id == UINT64_MAX);
	assert_true(good("sender_id = 0x0a").sender_id == 10);
	bad("sender_id = 18446744073709551616", "out of range");
	bad("sender_id = 0x10000000000000000", "out of range");
	bad("sender_id = 0x", "is no number");
	bad("sender_id = 12ab", "is no number");
	bad("sender_id = -1", "is no number");
}

static void expect_cpus(const char *line, unsigned count, const uint16_t *cpus)
{
	struct gb_config config = good(line);

	assert_int_equal(config.cpu_affinity.count, count);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(config.cpu_affinity.cpu[i], cpus[i]);
}

static void test_cpus(void **state)
{
	(void)state;
	expect_cpus("cpu_affinity =", 0, NULL);
	expect_cpus("cpu_affinity = 0", 1, (uint16_t[]){0});
	expect_cpus("cpu_affinity = 3,2", 2, (uint16_t[]){3, 2});
	expect_cpus("cpu_affinity = 2-3", 2, (uint16_t[]){2, 3});
	expect_cpus("cpu_affinity = 8, 2-4 1023,,7-7", 6, (uint16_t[]){8, 2, 3, 4, 1023, 7});
	bad("cpu_affinity = 2,3,2", "CPU 2 stands there twice");
	bad("cpu_affinity = 1-3 2", "CPU 2 stands there twice");
	bad("cpu_affinity = 3-2", "'3-2' goes backwards: write 2-3");
	bad("cpu_affinity = 1024", "'1024': CPUs have numbers from 0 to 1023");
	bad("cpu_affinity = 0-1024", "CPUs have numbers from 0 to 1023");
	bad("cpu_affinity = 0-18446744073709551616", "CPUs have numbers from 0 to 1023");
	bad("cpu_affinity = 18446744073709551616-1", "CPUs have numbers from 0 to 1023");
	bad("cpu_affinity = 0-64", "more than 64 CPUs");
	assert_int_equal(good("cpu_affinity = 0-63").cpu_affinity.count, 64);
	bad("cpu_affinity = all", "'all' is neither a CPU's number nor a range such as 2-3");
	bad("cpu_affinity = 2-", "is neither");
	bad("cpu_affinity = -2", "is neither");
	bad("cpu_affinity = 1-2-3", "is neither");
	bad("cpu_affinity = 0x3", "is neither");
	bad("cpu_affinity = 1,+2", "'+2' is neither");
	bad("cpu_affinity = 11111111111111111111111111111111111111111111111111111111111111111-2", "is neither");
}

static void test_paths(void **state)
{
	char line[512];

	(void)state;
	assert_string_equal(good("log_file =").log_file, "");
	assert_string_equal(good("log_file = /a b/c").log_file, "/a b/c");
	bad("stats_file =", "the value is missing");
	bad("pid_file = run/x.pid", "is no absolute path");
	bad("log_file = /var/log/", "names a directory");
	assert_string_equal(good("bpf_dir = /sys/fs/bpf/x/").bpf_dir, "/sys/fs/bpf/x/");

	snprintf(line, sizeof(line), "log_file = /%0254d", 0);
	assert_int_equal(strlen(good(line).log_file), 255);
	snprintf(line, sizeof(line), "log_file = /%0255d", 0);
	bad(line, "longer than 255 octets");
	snprintf(line, sizeof(line), "control_socket = /%0106d", 0);
	assert_int_equal(strlen(good(line).control_socket), 107);
	snprintf(line, sizeof(line), "control_socket = /%0107d", 0);
	bad(line, "longer than 107 octets");
	snprintf(line, sizeof(line), "agentx_socket = /%0107d", 0);
	bad(line, "longer than 107 octets");
}

static void test_two_keys_never_name_one_file(void **state)
{
	struct gb_config config;
	struct reports reports;

	(void)state;
	assert_int_equal(parse("stats_file = /x\n\nlog_file = /x\n", &config, &reports), -EINVAL);
	assert_int_equal(reports.errors, 1);
	expect_report(&reports, 0, GB_CONFIG_ERROR, 3, "each needs its own");
	bad("pid_file = /var/log/goose-bridge.log", "is also log_file");
}

static void test_text(void **state)
{
	char line[128];

	(void)state;
	assert_string_equal(good("tgw_multicast_domain_id =").tgw_multicast_domain_id, "");
	assert_string_equal(good("user = goose-bridge").user, "goose-bridge");
	bad("user = two words", "white space");
	snprintf(line, sizeof(line), "user = %063d", 0);
	assert_int_equal(strlen(good(line).user), 63);
	snprintf(line, sizeof(line), "user = %064d", 0);
	bad(line, "longer than 63 octets");
}

/* --- Keys ------------------------------------------------------------------- */

static void test_given_again(void **state)
{
	struct gb_config config;
	struct reports reports;

	(void)state;
	assert_int_equal(parse("batch_size = 20\n[x]\nBATCH_SIZE = 30\n", &config, &reports), 0);
	assert_int_equal(config.batch_size, 30);
	assert_int_equal(reports.warnings, 1);
	expect_report(&reports, 0, GB_CONFIG_WARNING, 3, "given again; this line counts");
}

static void test_unknown_keys(void **state)
{
	static const struct {
		const char *key;
		const char *words;
	} unknown[] = {
		{"multicast_prot", "unknown key 'multicast_prot': did you mean 'multicast_port'?"},
		{"Multicast-Port", "unknown key 'Multicast-Port': did you mean 'multicast_port'?"},
		{"multicast port", "did you mean 'multicast_port'?"},
		{"dbug", "did you mean 'debug'?"},
		{"igmp_keepalive_intervall", "did you mean 'igmp_keepalive_interval'?"},
		{"stat_export_interval", "did you mean 'stats_export_interval'?"},
		{"colour", "unknown key 'colour': it has no effect"},
		{"x", "unknown key 'x': it has no effect"},
		{"\033[31mred", "unknown key '?[31mred'"},
	};
	struct gb_config config;
	struct reports reports;
	char line[128];

	(void)state;
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		snprintf(line, sizeof(line), "%s = 1", unknown[i].key);
		assert_int_equal(parse(line, &config, &reports), 0);
		assert_int_equal(reports.warnings, 1);
		expect_report(&reports, 0, GB_CONFIG_WARNING, 1, unknown[i].words);
	}
}

static void test_distance(void **state)
{
	(void)state;
	assert_int_equal(gb_config_distance("", ""), 0);
	assert_int_equal(gb_config_distance("", "abc"), 3);
	assert_int_equal(gb_config_distance("abc", ""), 3);
	assert_int_equal(gb_config_distance("port", "prot"), 1);
	assert_int_equal(gb_config_distance("kitten", "sitting"), 3);
	assert_int_equal(gb_config_distance("debug", "debug"), 0);
	assert_true(gb_config_distance("0123456789012345678901234567890123456789012345678901234567890123", "a") ==
		    SIZE_MAX);
}

/* Whether it can be had is known to the kernel, not to a file. */
static void test_kernel_engine_is_a_wish(void **state)
{
	struct gb_config config;
	struct reports reports;

	(void)state;
	assert_int_equal(parse("datapath = kernel\nkernel_unattended_s = 60", &config, &reports), 0);
	assert_int_equal(config.datapath, GB_DATAPATH_KERNEL);
	assert_int_equal(config.kernel_unattended_s, 60);
	assert_int_equal(reports.warnings, 0);
	bad("kernel_unattended_s = 0", "kernel_unattended_s = 0: out of range, 1..86400");
}

static void test_export_follows_health_check(void **state)
{
	struct gb_config config = good("health_check_interval = 45");

	(void)state;
	assert_int_equal(config.stats_export_interval, 45);
	assert_int_equal(gb_config_set(&config, "health_check_interval", "50", NULL, NULL), 0);
	assert_int_equal(config.stats_export_interval, 50);
	assert_int_equal(gb_config_set(&config, "stats_export_interval", "7", NULL, NULL), 0);
	assert_int_equal(gb_config_set(&config, "health_check_interval", "60", NULL, NULL), 0);
	assert_int_equal(config.stats_export_interval, 7);
	assert_int_equal(good("stats_export_interval = 15\nhealth_check_interval = 45").stats_export_interval, 15);
	assert_int_equal(good("debug = true").stats_export_interval, 10);
}

static void test_instances_share_no_file(void **state)
{
	struct gb_config config = good("interface = goose1");
	struct gb_config plain = good("");

	(void)state;
	expect_instance_files(&config);
	assert_int_equal(gb_config_set(&plain, "interface", "goose1", NULL, NULL), 0);
	expect_instance_files(&plain);
	assert_int_equal(gb_config_set(&plain, "interface", "goose0", NULL, NULL), 0);
	assert_string_equal(plain.control_socket, "/run/goose-bridge/control.sock");

	/* What is in the file stays, even where it is the default. */
	config = good("log_file = /var/log/goose-bridge.log\npid_file = /run/mine\ninterface = goose1\n");
	assert_string_equal(config.log_file, "/var/log/goose-bridge.log");
	assert_string_equal(config.pid_file, "/run/mine");
	assert_string_equal(config.stats_file, "/var/lib/goose-bridge/stats-goose1.json");
	assert_string_equal(good("interface = goose1\nlog_file =").log_file, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_default_is_a_value),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_limits_of_each_number),
		cmocka_unit_test(test_ranges_are_those_of_the_design),
		cmocka_unit_test(test_booleans),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_debug_leaves_log_level),
		cmocka_unit_test(test_interface_names),
		cmocka_unit_test(test_path_mtu),
		cmocka_unit_test(test_sender_id),
		cmocka_unit_test(test_cpus),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_two_keys_never_name_one_file),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_given_again),
		cmocka_unit_test(test_unknown_keys),
		cmocka_unit_test(test_distance),
		cmocka_unit_test(test_kernel_engine_is_a_wish),
		cmocka_unit_test(test_export_follows_health_check),
		cmocka_unit_test(test_instances_share_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
