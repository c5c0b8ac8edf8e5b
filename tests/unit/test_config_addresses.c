/* SPDX-License-Identifier: Apache-2.0 */
/* config: the keys that are addresses, with prefixes or ports. */
#include "test_config.h"

#include <arpa/inet.h>

static void test_group(void **state)
{
	(void)state;
	assert_int_equal(good("multicast_ip = 224.0.0.0").multicast_ip.s_addr, inet_addr("224.0.0.0"));
	assert_int_equal(good("multicast_ip = 239.255.255.255").multicast_ip.s_addr, inet_addr("239.255.255.255"));
	bad("multicast_ip = 223.255.255.255", "is no multicast address");
	bad("multicast_ip = 240.0.0.0", "is no multicast address");
	bad("multicast_ip = 192.168.1.1", "is no multicast address");
	bad("multicast_ip = 224.0.1", "is no IPv4 address");
	bad("multicast_ip = 224.0.1.100:61850", "is no IPv4 address");
	bad("multicast_ip = ff02::1", "is no IPv4 address");
	bad("multicast_ip = goose.example", "is no IPv4 address");
}

static void test_sources(void **state)
{
	struct gb_config config = good("allow_sources = 10.30.1.7, 10.20.0.0/16 10.20.0.0/16,,192.168.0.0/24\t"
				       "0.0.0.0/32");
	struct gb_config other = good("allow_sources = 0.0.0.0/32 192.168.0.0/24 10.20.0.0/16 10.30.1.7/32");

	(void)state;
	assert_int_equal(config.allow_sources.count, 4);
	assert_true(gb_sources_allow(&config.allow_sources, (struct in_addr){inet_addr("10.20.255.1")}));
	assert_true(gb_sources_allow(&config.allow_sources, (struct in_addr){inet_addr("10.30.1.7")}));
	assert_false(gb_sources_allow(&config.allow_sources, (struct in_addr){inet_addr("10.30.1.8")}));
	assert_false(gb_sources_allow(&config.allow_sources, (struct in_addr){inet_addr("10.21.0.0")}));
	/* The same prefixes in another order are the same value. */
	assert_int_equal(gb_config_diff(&config, &other, NULL, NULL), 0);

	assert_int_equal(good("allow_sources =").allow_sources.count, 0);
	assert_int_equal(good("allow_sources = any").allow_sources.count, 0);
	assert_int_equal(good("allow_sources = ,").allow_sources.count, 0);
	config = good("allow_sources = 0.0.0.0/0");
	assert_int_equal(config.allow_sources.count, 1);
	assert_true(gb_sources_allow(&config.allow_sources, (struct in_addr){inet_addr("203.0.113.9")}));
	bad("allow_sources = 10.1.2.3/24", "write 10.1.2.0/24");
	bad("allow_sources = 10.1.2.3/0", "write 0.0.0.0/0");
	bad("allow_sources = 10.1.2.0/33", "'10.1.2.0/33' is neither");
	bad("allow_sources = 10.1.2.0/", "is neither");
	bad("allow_sources = /24", "is neither");
	bad("allow_sources = 10.1.2.0/24/24", "is neither");
	bad("allow_sources = 10.0.0.1, any", "'any' stands alone");
	bad("allow_sources = 10.0.0.1; 10.0.0.2", "'10.0.0.1;' is neither");
	bad("allow_sources = fe80::1", "is neither");
}

static void test_sources_are_bounded(void **state)
{
	char line[4096] = "allow_sources = ";

	(void)state;
	for (unsigned i = 0; i < GB_CONFIG_SOURCES_MAX; i++)
		snprintf(line + strlen(line), sizeof(line) - strlen(line), "10.0.0.%u ", GB_CONFIG_SOURCES_MAX - i);
	assert_int_equal(good(line).allow_sources.count, GB_CONFIG_SOURCES_MAX);
	snprintf(line + strlen(line), sizeof(line) - strlen(line), "10.0.0.1");
	assert_int_equal(good(line).allow_sources.count, GB_CONFIG_SOURCES_MAX);
	snprintf(line + strlen(line), sizeof(line) - strlen(line), " 10.0.0.0");
	bad(line, "more than 64");
}

static void test_tun_ip(void **state)
{
	struct gb_config config = good("tun_ip = 192.168.100.5/24");
	struct gb_config other = good("tun_ip = 192.168.100.5/25");

	(void)state;
	assert_int_equal(config.tun_ip.kind, GB_TUN_IP_FIXED);
	assert_int_equal(config.tun_ip.address.s_addr, inet_addr("192.168.100.5"));
	assert_int_equal(config.tun_ip.prefix_length, 24);
	assert_int_equal(gb_config_diff(&config, &other, NULL, NULL), 1);
	assert_int_equal(good("tun_ip = auto").tun_ip.kind, GB_TUN_IP_AUTO);
	assert_int_equal(good("tun_ip = None").tun_ip.kind, GB_TUN_IP_NONE);
	assert_int_equal(good("tun_ip = 10.0.0.1/32").tun_ip.prefix_length, 32);
	bad("tun_ip = 192.168.100.5", "as in 192.168.100.5/24");
	bad("tun_ip = 192.168.100.5/33", "is none of");
	bad("tun_ip = 192.168.100.5/0", "1..32");
	bad("tun_ip = 224.0.0.1/24", "is no address that an interface can have");
	bad("tun_ip =", "the value is missing");
}

static void test_metrics_listen(void **state)
{
	static const char *const right[] = {"127.0.0.1:9100", "0.0.0.0:1", "[::1]:65535", "[2001:db8::1]:9100"};
	static const char *const wrong[] = {"127.0.0.1", "9100", ":9100", "::1:9100", "[127.0.0.1]:9100", "[::1]",
					    "localhost:9100", "127.0.0.1:http", "[]:1", "[:1", "127.0.0.1:"};
	struct gb_config config;
	struct reports reports;
	char line[128];

	(void)state;
	assert_string_equal(good("metrics_listen = OFF").metrics_listen, "off");
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
		snprintf(line, sizeof(line), "metrics_listen = %s", right[i]);
		assert_int_equal(parse(line, &config, &reports), 0);
		assert_string_equal(config.metrics_listen, right[i]);
		assert_int_equal(reports.warnings, 0);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(line, sizeof(line), "metrics_listen = %s", wrong[i]);
		bad(line, "is none of off | A.B.C.D:PORT | [IPV6]:PORT");
	}
	bad("metrics_listen = 127.0.0.1:0", "1..65535");
	bad("metrics_listen = 127.0.0.1:65536", "1..65535");
	bad("metrics_listen = 127.0.0.1:99999999999999999999999", "1..65535");
}

static void test_agentx_socket(void **state)
{
	static const char *const right[] = {"/var/agentx/master", "tcp:127.0.0.1:705", "tcp:[::1]:705"};
	static const char *const wrong[] = {"tcp:", "tcp:705", "tcp:localhost:705", "tcp:127.0.0.1", "tcp:127.0.0.1:",
					    "tcp:127.0.0.1:x", "tcp:[::1]", "udp:127.0.0.1:705", "master"};
	char line[128];

	(void)state;
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
		snprintf(line, sizeof(line), "agentx_socket = %s", right[i]);
		assert_string_equal(good(line).agentx_socket, right[i]);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(line, sizeof(line), "agentx_socket = %s", wrong[i]);
		bad(line, strncmp(wrong[i], "tcp:", 4) == 0 ? "is none of" : "is no absolute path");
	}
	bad("agentx_socket = tcp:127.0.0.1:0", "1..65535");
	bad("agentx_socket = tcp:127.0.0.1:65536", "1..65535");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_group),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_sources_are_bounded),
		cmocka_unit_test(test_tun_ip),
		cmocka_unit_test(test_metrics_listen),
		cmocka_unit_test(test_agentx_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
