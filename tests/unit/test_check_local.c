/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-security-check: each condition of this host that can fail, and the same where it is well. */
#include "test_check.h"

struct test {
	struct gb_config config;
	struct local_facts facts;
	struct check_list list;
};

static int set_up_test(void **state)
{
	struct test *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	t->facts = host_where_all_is_well(&t->config);
	*state = t;
	return 0;
}

static int end_test(void **state)
{
	struct test *t = *state;

	check_clear(&t->list);
	free(t);
	return 0;
}

static const struct check_list *judged(struct test *t)
{
	check_clear(&t->list);
	check_judge_local(&t->list, &t->facts);
	return &t->list;
}

static void set_key(struct test *t, const char *key, const char *value)
{
	assert_int_equal(gb_config_set(&t->config, key, value, NULL, NULL), 0);
}

static void where_all_is_well_all_pass(void **state)
{
	const struct check_list *list = judged(*state);

	for (unsigned i = 0; i < list->count; i++)
		if (list->check[i].result != CHECK_PASS || list->check[i].fix)
			fail_msg("%s: %s", check_id(list->check[i].kind), list->check[i].text);
	for (unsigned kind = 0; kind < CHECK_FIREWALL_IGMP_IN; kind++)
		if (!check_find(list, kind))
			fail_msg("%s was not checked", check_id(kind));
}

static void config(void **state)
{
	struct test *t = *state;

	strcpy(t->facts.config_error, "FILE:3: bad");
	expect(judged(t), CHECK_CONFIG, CHECK_FAIL, "FILE:3: bad", "goose-bridge -t -c '/etc/goose-bridge/goose-bridge.conf'");
	expect(&t->list, CHECK_ALLOW_SOURCES, CHECK_UNKNOWN, "cannot be told", NULL);
	t->facts.config_unreadable = true;
	expect(judged(t), CHECK_CONFIG, CHECK_UNKNOWN, "defaults", NULL);
}

static void service(void **state)
{
	struct test *t = *state;

	t->facts.service = (struct service_facts){.state = SERVICE_ABSENT, .why = "no service listens"};
	expect(judged(t), CHECK_SERVICE, CHECK_FAIL, "no service listens",
	       "goose-bridge -d -c '/etc/goose-bridge/goose-bridge.conf'");
	expect(&t->list, CHECK_MEMBERSHIP, CHECK_FAIL, "no service takes its datagrams", "goose-bridge -d");
	t->facts.kernel_member = false;
	t->facts.systemd = true;
	expect(judged(t), CHECK_SERVICE, CHECK_FAIL, "no service listens", "systemctl start goose-bridge");
	expect(&t->list, CHECK_MEMBERSHIP, CHECK_FAIL, "no member", "systemctl start goose-bridge");
	t->facts.service = (struct service_facts){.state = SERVICE_UNKNOWN, .why = "may not be opened"};
	expect(judged(t), CHECK_SERVICE, CHECK_UNKNOWN, "may not be opened", NULL);
	expect(&t->list, CHECK_MEMBERSHIP, CHECK_UNKNOWN, "does not say", NULL);
}

static void membership(void **state)
{
	struct test *t = *state;

	strcpy(t->facts.service.membership, "lost");
	expect(judged(t), CHECK_MEMBERSHIP, CHECK_FAIL, "is lost", "igmp leave && goose-bridge-ctl");
	strcpy(t->facts.service.membership, "suspect");
	expect(judged(t), CHECK_MEMBERSHIP, CHECK_FAIL, "is suspect", "igmp leave");
	strcpy(t->facts.service.membership, "joining");
	strcpy(t->facts.service.detail, "eth0 is down");
	expect(judged(t), CHECK_MEMBERSHIP, CHECK_UNKNOWN, "still joining 224.0.1.100: eth0 is down", NULL);
	t->facts.service.left = true;
	expect(judged(t), CHECK_MEMBERSHIP, CHECK_FAIL, "on purpose", "-s '/run/goose-bridge/control.sock' reload");
}

static void goose0(void **state)
{
	struct test *t = *state;

	t->facts.goose0.up = false;
	expect(judged(t), CHECK_GOOSE0, CHECK_FAIL, "is down", "ip link set dev goose0 up");
	t->facts.goose0.exists = false;
	expect(judged(t), CHECK_GOOSE0, CHECK_FAIL, "no interface goose0", "goose-bridge -d");
	t->facts.kernel_known = false;
	expect(judged(t), CHECK_GOOSE0, CHECK_UNKNOWN, "rtnetlink", NULL);
	expect(&t->list, CHECK_INTERFACE, CHECK_UNKNOWN, "rtnetlink", NULL);
}

static void interface(void **state)
{
	struct test *t = *state;

	t->facts.network.has_address = false;
	expect(judged(t), CHECK_INTERFACE, CHECK_FAIL, "no IPv4 address", NULL);
	t->facts.network.up = false;
	expect(judged(t), CHECK_INTERFACE, CHECK_FAIL, "is down", "ip link set dev eth0 up");
	t->facts.network.exists = false;
	expect(judged(t), CHECK_INTERFACE, CHECK_FAIL, "multicast_interface in", NULL);
	*t->facts.network.name = 0;
	expect(judged(t), CHECK_INTERFACE, CHECK_FAIL, "no route leads to 224.0.1.100", NULL);
	strcpy(t->facts.candidate, "ens6");
	expect(judged(t), CHECK_INTERFACE, CHECK_FAIL, "no route", "ip route add 224.0.1.100/32 dev ens6");
	expect(&t->list, CHECK_MTU, CHECK_UNKNOWN, "nothing is known", NULL);
	expect(&t->list, CHECK_RP_FILTER, CHECK_UNKNOWN, "not known", NULL);
}

static void mtu(void **state)
{
	struct test *t = *state;

	t->facts.network.mtu = 1400; /* smaller datagrams are sent, and nobody sends larger ones */
	expect(judged(t), CHECK_MTU, CHECK_PASS, "datagrams of 1400", NULL);
	t->facts.service.peer_mtu = 1500;
	t->facts.service.peer_mtu_address = address("10.61.0.3");
	expect(judged(t), CHECK_MTU, CHECK_FAIL, "10.61.0.3 sends datagrams of up to 1500", "ip link set dev eth0 mtu 1500");
	t->facts.service.peer_mtu = 1400;
	expect(judged(t), CHECK_MTU, CHECK_PASS, "1400", NULL);
	set_key(t, "path_mtu", "8500");
	expect(judged(t), CHECK_MTU, CHECK_FAIL, "less than path_mtu = 8500", "ip link set dev eth0 mtu 8500");
	t->facts.network.mtu = 8500;
	expect(judged(t), CHECK_MTU, CHECK_PASS, "8500", NULL);
	set_key(t, "path_mtu", "0");
	t->facts.network.mtu = 575;
	t->facts.service.peer_mtu = 0;
	expect(judged(t), CHECK_MTU, CHECK_FAIL, "at least 576", "ip link set dev eth0 mtu 1500");
	t->facts.network.mtu = 9001;
	set_key(t, "path_mtu", "9000");
	expect(judged(t), CHECK_MTU, CHECK_PASS, "9000", NULL);
	t->facts.aws = true;
	expect(judged(t), CHECK_MTU, CHECK_FAIL, "carries 8500", "path_mtu = 8500");
}

static void igmp_version(void **state)
{
	struct test *t = *state;

	t->facts.sysctl.force_igmp = 0;
	expect(judged(t), CHECK_IGMP_VERSION, CHECK_FAIL, "version 3", "sysctl -w net.ipv4.conf.eth0.force_igmp_version=2");
	t->facts.sysctl.force_igmp_all = 2;
	expect(judged(t), CHECK_IGMP_VERSION, CHECK_PASS, "version 2", NULL);
	t->facts.sysctl.force_igmp = 3;
	expect(judged(t), CHECK_IGMP_VERSION, CHECK_PASS, "version 2", NULL); /* as the kernel has it */
	t->facts.sysctl.force_igmp_all = 3;
	expect(judged(t), CHECK_IGMP_VERSION, CHECK_FAIL, "version 3",
	       "sysctl -w net.ipv4.conf.all.force_igmp_version=0 net.ipv4.conf.eth0.force_igmp_version=2");
	t->facts.sysctl.force_igmp_all = 1; /* which goes before the interface's own */
	t->facts.sysctl.force_igmp = 2;
	expect(judged(t), CHECK_IGMP_VERSION, CHECK_FAIL, "version 1", "net.ipv4.conf.all.force_igmp_version=0");
	t->facts.sysctl.force_igmp = -1;
	expect(judged(t), CHECK_IGMP_VERSION, CHECK_UNKNOWN, "could not be read", NULL);
}

static void igmp_version_as_configured(void **state)
{
	struct test *t = *state;

	set_key(t, "force_igmp_version", "0");
	expect(judged(t), CHECK_IGMP_VERSION, CHECK_PASS, "version 2", NULL);
	t->facts.sysctl.force_igmp = 0;
	expect(judged(t), CHECK_IGMP_VERSION, CHECK_UNKNOWN, "leaves the IGMP version alone", NULL);
	t->facts.aws = true; /* where it is no matter of taste */
	expect(judged(t), CHECK_IGMP_VERSION, CHECK_FAIL, "a transit gateway speaks only version 2",
	       "net.ipv4.conf.eth0.force_igmp_version=2");
}

static void igmp_max_memberships(void **state)
{
	struct test *t = *state;

	t->facts.sysctl.max_memberships = 0;
	expect(judged(t), CHECK_IGMP_MAX_MEMBERSHIPS, CHECK_FAIL, "1 group is needed", "net.ipv4.igmp_max_memberships=20");
	t->facts.joined_groups = 30;
	t->facts.sysctl.max_memberships = 29;
	expect(judged(t), CHECK_IGMP_MAX_MEMBERSHIPS, CHECK_FAIL, "30 groups are", "net.ipv4.igmp_max_memberships=60");
	t->facts.sysctl.max_memberships = 30;
	expect(judged(t), CHECK_IGMP_MAX_MEMBERSHIPS, CHECK_PASS, "30", NULL);
	t->facts.sysctl.max_memberships = -1;
	expect(judged(t), CHECK_IGMP_MAX_MEMBERSHIPS, CHECK_UNKNOWN, "could not be read", NULL);
}

static void rp_filter(void **state)
{
	struct test *t = *state;
	struct sysctl_facts *s = &t->facts.sysctl;

	s->rp_filter = 1; /* strict, and the way back is the same */
	expect(judged(t), CHECK_RP_FILTER, CHECK_PASS, "strict", NULL);
	t->facts.sender[1].route = 5;
	expect(judged(t), CHECK_RP_FILTER, CHECK_FAIL, "the way to 10.61.0.3/32", "sysctl -w net.ipv4.conf.eth0.rp_filter=2");
	s->rp_filter = 0;
	s->rp_filter_all = 1;
	expect(judged(t), CHECK_RP_FILTER, CHECK_FAIL, "strict", "net.ipv4.conf.eth0.rp_filter=2");
	s->rp_filter = 2; /* the larger one counts */
	expect(judged(t), CHECK_RP_FILTER, CHECK_PASS, "loose", NULL);
	t->facts.sender[1].route = -1;
	expect(judged(t), CHECK_RP_FILTER, CHECK_FAIL, "no route leads to 10.61.0.3/32",
	       "sysctl -w net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0");
	s->rp_filter = s->rp_filter_all = 0;
	expect(judged(t), CHECK_RP_FILTER, CHECK_PASS, "is off", NULL);
	s->rp_filter = -1;
	expect(judged(t), CHECK_RP_FILTER, CHECK_UNKNOWN, "not known", NULL);
}

static void rp_filter_without_senders(void **state)
{
	struct test *t = *state;

	t->facts.senders = 0;
	t->facts.sysctl.rp_filter = 1;
	expect(judged(t), CHECK_RP_FILTER, CHECK_PASS, "strict", NULL); /* there is no other way */
	t->facts.other_links = 1;
	expect(judged(t), CHECK_RP_FILTER, CHECK_UNKNOWN, "set allow_sources", NULL);
	t->facts.sysctl.rp_filter = 2;
	expect(judged(t), CHECK_RP_FILTER, CHECK_PASS, "loose", NULL);
}

static void buffers(void **state)
{
	struct test *t = *state;

	t->facts.service.receive_buffer = 212992;
	expect(judged(t), CHECK_RMEM_MAX, CHECK_FAIL, "net.core.rmem_max is 212992",
	       "sysctl -w net.core.rmem_max=8388608 && kill");
	t->facts.systemd = true;
	t->facts.service.send_buffer = 1000;
	t->facts.sysctl.wmem_max = 1000;
	expect(judged(t), CHECK_RMEM_MAX, CHECK_FAIL, "net.core.rmem_max is 212992", "&& systemctl restart goose-bridge");
	expect(&t->list, CHECK_WMEM_MAX, CHECK_FAIL, "wants 131072: bursts are lost", "net.core.wmem_max=131072");
	t->facts.sysctl.rmem_max = CHECK_RECEIVE_BUFFER;
	expect(judged(t), CHECK_RMEM_MAX, CHECK_FAIL, "started with a receive buffer of 212992", "systemctl restart");
	t->facts.service.receive_buffer = 0; /* it does not run */
	expect(judged(t), CHECK_RMEM_MAX, CHECK_PASS, "8388608", NULL);
	t->facts.sysctl.rmem_max--;
	expect(judged(t), CHECK_RMEM_MAX, CHECK_UNKNOWN, "known when it runs", "net.core.rmem_max=8388608");
	t->facts.sysctl.rmem_max = -1;
	expect(judged(t), CHECK_RMEM_MAX, CHECK_UNKNOWN, "cannot be read", NULL);
}

static void allow_sources(void **state)
{
	struct test *t = *state;

	set_key(t, "allow_sources", "10.61.0.2, 0.0.0.0/0");
	expect(judged(t), CHECK_ALLOW_SOURCES, CHECK_FAIL, "is open", NULL);
	set_key(t, "allow_sources", "");
	t->facts.service.peers = 2;
	t->facts.service.peer[0] = address("10.61.0.2");
	t->facts.service.peer[1] = address("10.61.0.3");
	expect(judged(t), CHECK_ALLOW_SOURCES, CHECK_FAIL, "is open", "$a allow_sources = 10.61.0.2, 10.61.0.3'");
	t->facts.config_missing = true;
	expect(judged(t), CHECK_ALLOW_SOURCES, CHECK_FAIL, "is open", "printf 'allow_sources = 10.61.0.2, 10.61.0.3\\n' > ");
	set_key(t, "allow_sources", "10.61.0.0/16");
	expect(judged(t), CHECK_ALLOW_SOURCES, CHECK_PASS, "only 1 source ", NULL);
}

static void kernel_engine(void **state)
{
	struct test *t = *state;

	expect(judged(t), CHECK_KERNEL_ENGINE, CHECK_PASS, "the service itself carries all frames", NULL);
	strcpy(t->facts.service.engine, "kernel");
	expect(judged(t), CHECK_KERNEL_ENGINE, CHECK_PASS, "past this host's firewall; allow_sources says", NULL);
	t->facts.service.peers = 1;
	t->facts.service.peer[0] = address("10.61.0.2");
	set_key(t, "allow_sources", "10.61.0.2, 0.0.0.0/0");
	expect(judged(t), CHECK_KERNEL_ENGINE, CHECK_FAIL, "past this host's firewall, and allow_sources is open",
	       "$a allow_sources = 10.61.0.2'");
	strcpy(t->facts.config_error, "FILE:3: bad");
	expect(judged(t), CHECK_KERNEL_ENGINE, CHECK_UNKNOWN, "cannot be told", NULL);
	*t->facts.service.engine = 0;
	expect(judged(t), CHECK_KERNEL_ENGINE, CHECK_UNKNOWN, "does not say", NULL);
	set_key(t, "datapath", "user");
	expect(judged(t), CHECK_KERNEL_ENGINE, CHECK_PASS, "the service itself carries all frames", NULL);
}

static void senders_are_who_is_allowed_and_who_was_heard(void **state)
{
	struct test *t = *state;

	set_key(t, "allow_sources", "10.61.0.2, 10.62.0.0/16, 0.0.0.0/0");
	t->facts.service.peers = 2;
	t->facts.service.peer[0] = address("10.61.0.2");
	t->facts.service.peer[1] = address("10.63.0.3");
	t->facts.service.peer_paths[0] = 1;
	t->facts.service.peer_paths[1] = 1 | 2;
	check_find_senders(&t->facts);
	assert_int_equal(t->facts.senders, 3);
	assert_int_equal(t->facts.sender[1].addresses.last, span("10.62.0.0/16").last);
	assert_int_equal(t->facts.sender[2].addresses.first, span("10.63.0.3").first);
	set_key(t, "allow_sources", "");
	t->facts.path = 1; /* where only the second was heard */
	check_find_senders(&t->facts);
	assert_int_equal(t->facts.senders, 1);
	assert_int_equal(t->facts.sender[0].addresses.first, span("10.63.0.3").first);
	t->facts.service.peers = 0;
	check_find_senders(&t->facts);
	assert_int_equal(t->facts.senders, 0);
}

static void senders_of_the_other_path_are_not_filtered_here(void **state)
{
	struct test *t = *state;

	t->facts.sysctl.rp_filter = 1;
	t->facts.sender[1].route = 4;
	expect(judged(t), CHECK_RP_FILTER, CHECK_FAIL, "the way to 10.61.0.3/32 is not through it", "rp_filter=2");
	t->facts.other_network = 4;
	expect(judged(t), CHECK_RP_FILTER, CHECK_PASS, "strict", NULL);
	t->facts.other_network = t->facts.network.index; /* one network interface for both */
	expect(judged(t), CHECK_RP_FILTER, CHECK_FAIL, "the way to 10.61.0.3/32 is not through it", "rp_filter=2");
}

/* What is true of both paths stands there once, of none in particular; all else with the path's name. */
static void two_paths_are_judged_and_said_once(void **state)
{
	struct test *t = *state;
	struct local_facts other = t->facts;
	unsigned membership = 0, config = 0, mtu = 0;
	char *text = NULL;
	size_t length = 0;
	FILE *memory = open_memstream(&text, &length);

	other.path = 1;
	strcpy(other.service.membership, "lost");
	strcpy(t->facts.other_interface, "goose1");
	strcpy(t->list.path, "goose0");
	check_judge_local(&t->list, &t->facts);
	strcpy(t->list.path, "goose1");
	check_judge_local(&t->list, &other);
	check_say_once(&t->list);
	for (unsigned i = 0; i < t->list.count; i++) {
		const struct check *check = &t->list.check[i];

		if (check->kind == CHECK_MEMBERSHIP)
			assert_string_equal(check->path, membership++ ? "goose1" : "goose0");
		config += check->kind == CHECK_CONFIG;
		if (check->kind == CHECK_MTU && ++mtu)
			assert_string_equal(check->path, "");
	}
	assert_int_equal(membership, 2);
	assert_int_equal(config, 1);
	assert_int_equal(mtu, 1);
	assert_int_equal(check_count(&t->list, CHECK_FAIL), 1);
	expect(&t->list, CHECK_ALLOW_SOURCES, CHECK_PASS, "may place frames on goose0 and goose1", NULL);
	check_print(memory, &t->list);
	assert_int_equal(check_print_json(memory, &t->list), 0);
	fclose(memory);
	assert_non_null(strstr(text, "pass     membership               goose0: the service is a member"));
	assert_non_null(strstr(text, "fail     membership               goose1: the membership of"));
	assert_non_null(strstr(text, "pass     mtu                      the MTU of eth0"));
	assert_non_null(strstr(text, "\"id\":\"membership\",\"area\":\"local\",\"path\":\"goose1\",\"result\":\"fail\""));
	assert_non_null(strstr(text, "\"id\":\"mtu\",\"area\":\"local\",\"path\":null,"));
	free(text);
}

static void the_services_answer_is_read(void **state)
{
	struct json_object *status = json_tokener_parse(
		"{\"membership\": {\"state\": \"member\"}, \"paths\": [{\"network_interface\": \"eth0\", \"detail\": \"\", "
		"\"receive_buffer\": 8388608, \"send_buffer\": 131072, \"engine\": \"kernel\"}, {\"engine\": \"user\"}]}");
	struct json_object *peers =
		json_tokener_parse("{\"peers\": [{\"address\": \"10.61.0.2\", \"path_mtu\": 1500}, {\"address\": "
				   "\"10.61.0.2\", \"path_mtu\": null}, "
				   "{\"address\": \"10.61.0.3\", \"path_mtu\": 8500}, {\"address\": null}, 7]}");
	struct json_object *odd = json_tokener_parse("{\"membership\": 3, \"paths\": {}, \"peers\": 1}");
	struct service_facts facts = {0};

	(void)state;
	check_read_service(&facts, 0, status, peers);
	assert_string_equal(facts.membership, "member");
	assert_string_equal(facts.interface, "eth0");
	assert_string_equal(facts.engine, "kernel");
	assert_int_equal(facts.receive_buffer, 8388608);
	assert_int_equal(facts.send_buffer, 131072);
	assert_int_equal(facts.peers, 2);
	assert_int_equal(facts.peer_mtu, 8500);
	assert_int_equal(facts.peer_mtu_address.s_addr, address("10.61.0.3").s_addr);
	facts = (struct service_facts){0};
	check_read_service(&facts, 0, odd, odd);
	check_read_service(&facts, 1, odd, odd);
	check_read_service(&facts, 0, NULL, NULL);
	assert_string_equal(facts.membership, "");
	assert_int_equal(facts.peers, 0);
	json_object_put(status);
	json_object_put(peers);
	json_object_put(odd);
}

static void each_path_has_its_part_of_the_answer(void **state)
{
	struct json_object *status = json_tokener_parse(
		"{\"membership\": {\"state\": \"member\"}, \"paths\": ["
		"{\"network_interface\": \"eth0\", \"membership\": {\"state\": \"member\"}, \"receive_buffer\": 8388608}, "
		"{\"network_interface\": \"eth1\", \"membership\": {\"state\": \"lost\"}, \"receive_buffer\": 212992, "
		"\"engine\": \"kernel\"}]}");
	struct json_object *peers = json_tokener_parse(
		"{\"peers\": [{\"address\": \"10.61.0.2\", \"path_mtu\": 8500, \"path_id\": 0}, "
		"{\"address\": \"10.61.0.2\", \"path_mtu\": 1500, \"path_id\": 1}, "
		"{\"address\": \"10.62.0.2\", \"path_mtu\": 1400, \"path_id\": 1}]}");
	struct service_facts facts = {0};

	(void)state;
	check_read_service(&facts, 1, status, peers);
	assert_string_equal(facts.membership, "lost");
	assert_string_equal(facts.interface, "eth1");
	assert_string_equal(facts.engine, "kernel");
	assert_int_equal(facts.receive_buffer, 212992);
	assert_int_equal(facts.peers, 2);
	assert_int_equal(facts.peer_paths[0], 3);
	assert_int_equal(facts.peer_paths[1], 2);
	assert_int_equal(facts.peer_mtu, 1500);
	facts = (struct service_facts){0};
	check_read_service(&facts, 2, status, peers); /* which the service has not */
	assert_string_equal(facts.membership, "");
	assert_string_equal(facts.interface, "");
	json_object_put(status);
	json_object_put(peers);
}

static void sysctl_has_slashes_for_dots(void **state)
{
	struct test *t = *state;
	const struct check *check;

	strcpy(t->facts.network.name, "eth0.7");
	t->facts.sysctl.force_igmp = 0;
	expect(judged(t), CHECK_IGMP_VERSION, CHECK_FAIL, "eth0.7", "net.ipv4.conf.eth0/7.force_igmp_version=2");
	check = check_find(&t->list, CHECK_IGMP_VERSION);
	assert_int_equal(check->mend, CHECK_MEND_SYSCTL);
	assert_int_equal(check->parameters, 1);
	assert_string_equal(check->parameter[0].name, "net/ipv4/conf/eth0.7/force_igmp_version");
	assert_string_equal(check->parameter[0].value, "2");
}

static void only_settings_of_the_kernel_are_mended(void **state)
{
	struct test *t = *state;

	t->facts.goose0.up = false;
	t->facts.network.mtu = 100;
	set_key(t, "allow_sources", "");
	t->facts.service = (struct service_facts){.state = SERVICE_ABSENT};
	t->facts.sysctl = (struct sysctl_facts){.force_igmp = 0, .rmem_max = 1, .wmem_max = 1};
	for (unsigned i = 0; i < judged(t)->count; i++) {
		const struct check *check = &t->list.check[i];
		bool of_the_kernel = check->fix && strncmp(check->fix, "sysctl ", 7) == 0;

		assert_int_equal(check->mend != CHECK_MEND_NONE, of_the_kernel);
	}
}

static void the_answer_as_json(void **state)
{
	struct test *t = *state;
	struct json_object *object, *value, *first;
	char *text = NULL;
	size_t length = 0;
	FILE *memory = open_memstream(&text, &length);

	t->facts.goose0.up = false;
	t->facts.service.state = SERVICE_UNKNOWN;
	strcpy(t->facts.service.why, "a \"quoted\" \033 word");
	judged(t);
	assert_int_equal(check_print_json(memory, &t->list), 0);
	fclose(memory);
	assert_ptr_equal(strchr(text, '\n'), text + length - 1);
	object = json_tokener_parse(text);
	assert_true(json_object_object_get_ex(object, "checks", &value));
	assert_int_equal(json_object_array_length(value), t->list.count);
	first = json_object_array_get_idx(value, CHECK_GOOSE0);
	assert_string_equal(json_object_get_string(json_object_object_get(first, "id")), "goose0");
	assert_string_equal(json_object_get_string(json_object_object_get(first, "area")), "local");
	assert_string_equal(json_object_get_string(json_object_object_get(first, "result")), "fail");
	assert_string_equal(json_object_get_string(json_object_object_get(first, "fix")), "ip link set dev goose0 up");
	assert_int_equal(json_object_get_int(json_object_object_get(object, "failed")), 1);
	assert_int_equal(json_object_get_int(json_object_object_get(object, "unknown")), 2);
	assert_int_equal(json_object_get_int(json_object_object_get(object, "passed")), (int)t->list.count - 3);
	assert_false(json_object_get_boolean(json_object_object_get(object, "aws")));
	json_object_put(object);
	free(text);
}

static void the_answer_as_text(void **state)
{
	struct test *t = *state;
	char *text = NULL;
	size_t length = 0;
	FILE *memory = open_memstream(&text, &length);

	t->facts.goose0.up = false;
	t->facts.service.state = SERVICE_UNKNOWN;
	strcpy(t->facts.service.why, "an \033[31m escape");
	judged(t);
	strcpy(t->list.note, "Not in AWS.");
	check_print(memory, &t->list);
	fclose(memory);
	assert_non_null(strstr(text, "fail     goose0                   goose0 is down, so applications cannot send on it\n"
				     "         ip link set dev goose0 up\n"));
	assert_non_null(strstr(text, "unknown  service                  an ?[31m escape\n"));
	assert_non_null(strstr(text, "Not in AWS.\n10 passed, 1 failed, 2 unknown\n"));
	assert_null(strchr(text, '\033'));
	free(text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_test, end_test)
	const struct CMUnitTest tests[] = {
		TEST(where_all_is_well_all_pass),
		TEST(config),
		TEST(service),
		TEST(membership),
		TEST(goose0),
		TEST(interface),
		TEST(mtu),
		TEST(igmp_version),
		TEST(igmp_version_as_configured),
		TEST(igmp_max_memberships),
		TEST(rp_filter),
		TEST(rp_filter_without_senders),
		TEST(buffers),
		TEST(allow_sources),
		TEST(kernel_engine),
		TEST(senders_are_who_is_allowed_and_who_was_heard),
		TEST(senders_of_the_other_path_are_not_filtered_here),
		TEST(two_paths_are_judged_and_said_once),
		TEST(the_services_answer_is_read),
		TEST(each_path_has_its_part_of_the_answer),
		TEST(sysctl_has_slashes_for_dots),
		TEST(only_settings_of_the_kernel_are_mended),
		TEST(the_answer_as_json),
		TEST(the_answer_as_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
