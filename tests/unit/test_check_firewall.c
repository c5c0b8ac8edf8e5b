/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-security-check: rulesets of nftables and iptables, and what they do to IGMP and to the bridge's datagrams. */
#include "test_check.h"

#include "../../module/tools/check_packet.h"

struct test {
	struct gb_config config;
	struct local_facts facts;
	struct firewall_facts firewall;
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
	check_free_firewall(&t->firewall);
	free(t);
	return 0;
}

/* ITEMS: what stands in the array of `nft -j list ruleset', behind its metainfo. */
static const struct check_list *with_nft(struct test *t, const char *items)
{
	char *text = NULL;

	assert_true(asprintf(&text, "{\"nftables\": [{\"metainfo\": {\"version\": \"1.0.6\"}}%s%s]}", *items ? ", " : "",
			     items) > 0);
	json_object_put(t->firewall.nft);
	t->firewall.nft = json_tokener_parse(text);
	assert_non_null(t->firewall.nft);
	free(text);
	check_clear(&t->list);
	check_judge_firewall(&t->list, &t->facts, &t->firewall);
	return &t->list;
}

#define BASE(family, name, hook, policy)                                                                                      \
	"{\"chain\": {\"family\": \"" family "\", \"table\": \"f\", \"name\": \"" name "\", \"type\": \"filter\", \"hook\": " \
	"\"" hook "\", \"prio\": 0, \"policy\": \"" policy "\"}}"
#define RULE(family, chain, expression)                                                   \
	", {\"rule\": {\"family\": \"" family "\", \"table\": \"f\", \"chain\": \"" chain \
	"\", \"handle\": 1, \"expr\": [" expression "]}}"
#define MATCH(left, op, right) "{\"match\": {\"op\": \"" op "\", \"left\": " left ", \"right\": " right "}}, "
#define IP(field)	       "{\"payload\": {\"protocol\": \"ip\", \"field\": \"" field "\"}}"
#define DPORT		       "{\"payload\": {\"protocol\": \"udp\", \"field\": \"dport\"}}"
#define META(key)	       "{\"meta\": {\"key\": \"" key "\"}}"
#define STATE		       "{\"ct\": {\"key\": \"state\"}}"
#define ACCEPT		       "{\"accept\": null}"
#define DROP		       "{\"drop\": null}"
#define INPUT(policy)	       BASE("inet", "in", "input", policy)
#define IN(expression)	       RULE("inet", "in", expression)

/* What comes of a packet that IN_ITEMS let in: pass, fail, unknown of the four checks, in their order. */
static void expect_all(const struct check_list *list, const char *results)
{
	static const char letters[] = {'p', 'f', 'u'};

	for (unsigned i = 0; i < 4; i++) {
		const struct check *check = check_find(list, CHECK_FIREWALL_IGMP_IN + i);

		assert_non_null(check);
		if (letters[check->result] != results[i])
			fail_msg("%s: %c instead of %c: %s", check_id(check->kind), letters[check->result], results[i],
				 check->text);
	}
}

static void without_rules_all_passes(void **state)
{
	expect_all(with_nft(*state, ""), "pppp");
	expect_all(with_nft(*state, INPUT("accept")), "pppp");
}

static void what_is_not_known_is_no_pass(void **state)
{
	struct test *t = *state;

	strcpy(t->firewall.why, "only root may read the firewall's rules");
	check_judge_firewall(&t->list, &t->facts, &t->firewall);
	expect_all(&t->list, "uuuu");
	expect(&t->list, CHECK_FIREWALL_UDP_IN, CHECK_UNKNOWN, "only root", NULL);
	*t->firewall.why = 0;
	*t->facts.network.name = 0;
	expect_all(with_nft(t, INPUT("drop")), "uuuu");
}

static void a_policy_that_drops_fails(void **state)
{
	expect_all(with_nft(*state, INPUT("drop")), "ffpp");
	expect(&((struct test *)*state)->list, CHECK_FIREWALL_IGMP_IN, CHECK_FAIL,
	       "nftables chain in of table inet f (hook input, policy drop) drops IGMP queries",
	       "nft insert rule inet f in 'iifname \"eth0\" ip protocol igmp accept'");
	expect(&((struct test *)*state)->list, CHECK_FIREWALL_UDP_IN, CHECK_FAIL, "drops datagrams to 224.0.1.100:61850",
	       "nft insert rule inet f in 'iifname \"eth0\" ip saddr { 10.61.0.2/32, 10.61.0.3/32 } ip daddr 224.0.1.100 udp "
	       "dport "
	       "61850 accept'");
	expect_all(with_nft(*state, BASE("ip", "o", "output", "drop")), "ppff");
	expect(&((struct test *)*state)->list, CHECK_FIREWALL_UDP_OUT, CHECK_FAIL, "hook output",
	       "nft insert rule ip f o 'oifname \"eth0\" ip daddr 224.0.1.100 udp dport 61850 accept'");
	expect_all(with_nft(*state, BASE("inet", "p", "postrouting", "drop")), "ppff");
	expect_all(with_nft(*state, BASE("inet", "p", "prerouting", "drop")), "ffpp");
}

static void other_hooks_and_families_do_not_matter(void **state)
{
	expect_all(with_nft(*state, BASE("inet", "x", "forward", "drop")), "pppp");
	expect_all(with_nft(*state, BASE("ip6", "x", "input", "drop")), "pppp");
	expect_all(with_nft(*state, BASE("arp", "x", "input", "drop")), "pppp");
	expect_all(with_nft(*state, BASE("bridge", "x", "input", "drop")), "pppp");
}

static void the_ingress_of_the_interface_matters(void **state)
{
#define DEVICE(hook, device)                                                                                               \
	"{\"chain\": {\"family\": \"netdev\", \"table\": \"f\", \"name\": \"d\", \"hook\": \"" hook "\", \"dev\": " device \
	", \"policy\": \"drop\"}}"
	expect_all(with_nft(*state, DEVICE("ingress", "\"eth0\"")), "ffpp");
	expect_all(with_nft(*state, DEVICE("ingress", "\"eth1\"")), "pppp");
	expect_all(with_nft(*state, DEVICE("ingress", "[\"eth1\", \"eth0\"]")), "ffpp");
	expect_all(with_nft(*state, DEVICE("egress", "\"eth0\"")), "ppff");
}

static void devices_come_from_the_listing_where_json_has_none(void **state)
{
	struct test *t = *state;
	static const char chains[] =
		"{\"chain\": {\"family\": \"netdev\", \"table\": \"f\", \"name\": \"d\", \"hook\": \"ingress\", "
		"\"policy\": \"drop\"}}, {\"chain\": {\"family\": \"inet\", \"table\": \"f\", \"name\": \"d\", "
		"\"hook\": \"ingress\", \"policy\": \"accept\"}}";
	static const char one[] = "table netdev f {\n\tchain d {\n\t\ttype filter hook ingress device \"%s\" priority filter; "
				  "policy drop;\n\t}\n}\n";
	static const char several[] =
		"table inet f {\n\tchain d {\n\t\ttype filter hook ingress devices = { eth0 } priority 0;\n\t}\n}\n"
		"table netdev f {\n\tchain d {\n\t\ttype filter hook ingress devices = { eth1, \"eth0\" } "
		"priority filter;\n\t}\n}\n";
	char listing[512];

	expect_all(with_nft(t, chains), "uupp");
	assert_true(firewall_nft_lacks_devices(t->firewall.nft));
	for (unsigned i = 0; i < 3; i++) {
		with_nft(t, chains);
		if (i == 2)
			snprintf(listing, sizeof(listing), "%s", several);
		else
			snprintf(listing, sizeof(listing), one, i == 0 ? "eth0" : "eth1");
		firewall_nft_add_devices(t->firewall.nft, listing);
		check_clear(&t->list);
		check_judge_firewall(&t->list, &t->facts, &t->firewall);
		expect_all(&t->list, i == 1 ? "pppp" : "ffpp");
	}
	assert_false(firewall_nft_lacks_devices(t->firewall.nft));
	firewall_nft_add_devices(t->firewall.nft, "chain\ntable x\n device\n device \"");
}

static void igmp_and_the_port_are_let_in_by_rules(void **state)
{
	expect_all(with_nft(*state, INPUT("drop") IN(MATCH(META("l4proto"), "==", "\"igmp\"") ACCEPT)), "pfpp");
	expect_all(with_nft(*state, INPUT("drop") IN(MATCH(IP("protocol"), "==", "2") ACCEPT)), "pfpp");
	expect_all(with_nft(*state, INPUT("drop") IN(MATCH(DPORT, "==", "61850") ACCEPT)), "fppp");
	expect_all(with_nft(*state, INPUT("drop") IN(MATCH(DPORT, "==", "61851") ACCEPT)), "ffpp");
	expect_all(
		with_nft(*state, INPUT("drop") IN(MATCH(DPORT, "==", "{\"set\": [22, {\"range\": [61000, 62000]}]}") ACCEPT)),
		"fppp");
	expect_all(with_nft(*state, INPUT("drop") IN(MATCH(META("iifname"), "==", "\"eth*\"") ACCEPT)), "pppp");
	expect_all(with_nft(*state, INPUT("drop") IN(MATCH(META("iifname"), "==", "\"lo\"") ACCEPT)), "ffpp");
	expect_all(with_nft(*state, INPUT("drop") IN(MATCH(
					    IP("daddr"), "==", "{\"prefix\": {\"addr\": \"224.0.0.0\", \"len\": 4}}") ACCEPT)),
		   "pppp");
	expect_all(with_nft(*state, INPUT("drop") IN(MATCH(META("pkttype"), "==", "\"multicast\"") ACCEPT)), "pppp");
	expect_all(with_nft(*state, INPUT("drop") IN(MATCH("{\"fib\": {\"result\": \"type\", \"flags\": [\"daddr\"]}}",
							   "==", "\"multicast\"") ACCEPT)),
		   "pppp");
}

static void rules_drop(void **state)
{
	expect_all(with_nft(*state, INPUT("accept") IN(MATCH(IP("protocol"), "==", "\"igmp\"") DROP)), "fppp");
	expect_all(with_nft(*state, INPUT("accept") IN(MATCH(DPORT, "==", "61850") "{\"counter\": {}}, {\"reject\": null}")),
		   "pfpp");
	expect_all(with_nft(*state, INPUT("accept") IN(MATCH(IP("saddr"), "==", "\"10.61.0.3\"") DROP)), "pfpp");
	expect_all(with_nft(*state, INPUT("accept") IN(MATCH(IP("saddr"), "==", "\"10.61.0.4\"") DROP)), "pppp");
	/* != counts for packets that have the field at all */
	expect_all(with_nft(*state, INPUT("accept") IN(MATCH(DPORT, "!=", "22") DROP)), "pfpp");
	expect_all(with_nft(*state, INPUT("accept") IN(MATCH(IP("ttl"), "<", "5") DROP)), "fupp");
	expect_all(with_nft(*state, INPUT("accept") IN(MATCH(DPORT, ">", "1024") DROP)), "pfpp");
	expect_all(with_nft(*state, INPUT("accept") IN(MATCH(DPORT, "<=", "61849") DROP)), "pppp");
	expect_all(with_nft(*state, INPUT("accept") IN(MATCH("{\"payload\": {\"protocol\": \"tcp\", \"field\": \"dport\"}}",
							     "!=", "22") DROP)),
		   "pppp");
	expect_all(with_nft(*state, INPUT("accept") IN(MATCH("{\"payload\": {\"protocol\": \"igmp\", \"field\": \"type\"}}",
							     "==", "\"membership-query\"") DROP)),
		   "fppp");
}

static void what_goes_to_a_group_is_always_new(void **state)
{
	expect_all(with_nft(*state, INPUT("drop") IN(MATCH(STATE, "in", "[\"established\", \"related\"]") ACCEPT)), "ffpp");
	expect_all(with_nft(*state, INPUT("drop") IN(MATCH(STATE, "in", "[\"established\", \"new\"]") ACCEPT)), "pppp");
	expect_all(with_nft(*state, INPUT("accept") IN(MATCH(STATE, "==", "\"invalid\"") DROP)), "pppp");
	/* as firewalld has it */
	expect_all(with_nft(*state, INPUT("accept") IN(MATCH(STATE, "in", "[\"established\", \"related\"]") ACCEPT)
					    IN(MATCH("{\"ct\": {\"key\": \"status\"}}", "in", "\"dnat\"") ACCEPT)
						    IN("{\"reject\": {\"type\": \"icmpx\"}}")),
		   "ffpp");
	/* unless something takes packets away from connection tracking */
	expect_all(with_nft(*state, INPUT("drop") IN(MATCH(STATE, "==", "\"untracked\"") ACCEPT)
					    IN(MATCH(DPORT, "==", "22") "{\"notrack\": null}")),
		   "uupp");
}

static void the_order_of_rules_counts(void **state)
{
	expect_all(with_nft(*state, INPUT("accept") IN(MATCH(IP("protocol"), "==", "\"igmp\"") ACCEPT) IN(DROP)), "pfpp");
	expect_all(with_nft(*state, INPUT("accept") IN(DROP) IN(MATCH(IP("protocol"), "==", "\"igmp\"") ACCEPT)), "ffpp");
	/* accepted in one chain is not accepted in the next */
	expect_all(with_nft(*state, INPUT("accept") IN(ACCEPT) ", " BASE("inet", "late", "input", "drop")), "ffpp");
}

static void what_cannot_be_told_is_unknown(void **state)
{
	struct test *t = *state;

	expect_all(with_nft(t, INPUT("drop") IN("{\"limit\": {\"rate\": 10}}, " ACCEPT)), "uupp");
	expect_all(with_nft(t, INPUT("accept") IN(MATCH(META("mark"), "==", "1") DROP)), "uupp");
	expect_all(with_nft(t, INPUT("accept") IN("{\"xt\": {\"type\": \"match\"}}, " DROP)), "uupp");
	expect_all(with_nft(t, INPUT("accept") IN("{\"queue\": {\"num\": 0}}")), "uupp");
	expect_all(with_nft(t, INPUT("drop") IN(MATCH("{\"concat\": [" IP("saddr") ", " DPORT "]}", "==", "\"@x\"") ACCEPT)),
		   "uupp");
	expect_all(with_nft(t, INPUT("accept") IN("{\"something\": {\"new\": 1}}")), "uupp");
	/* sure after all, whatever the first rule does */
	expect_all(with_nft(t, INPUT("accept") IN(MATCH(META("mark"), "==", "1") DROP) IN(DROP)), "ffpp");
	/* nobody is known to send: who the rule is for matters */
	t->facts.senders = 0;
	expect_all(with_nft(t, INPUT("drop") IN(MATCH(IP("saddr"), "==", "{\"prefix\": {\"addr\": \"10.0.0.0\", \"len\": 8}}")
							ACCEPT)),
		   "fupp");
	expect(&t->list, CHECK_FIREWALL_UDP_IN, CHECK_UNKNOWN, "may drop", NULL);
	expect_all(with_nft(t, INPUT("drop")), "ffpp");
	expect(&t->list, CHECK_FIREWALL_UDP_IN, CHECK_FAIL, "drops",
	       "'iifname \"eth0\" ip daddr 224.0.1.100 udp dport 61850 accept'");
}

static void chains_are_followed(void **state)
{
#define JUMP(target) "{\"jump\": {\"target\": \"" target "\"}}"
#define GOTO(target) "{\"goto\": {\"target\": \"" target "\"}}"
#define CHAIN(name)  ", {\"chain\": {\"family\": \"inet\", \"table\": \"f\", \"name\": \"" name "\"}}"
	expect_all(with_nft(*state,
			    INPUT("drop") IN(JUMP("sub")) CHAIN("sub") RULE("inet", "sub", MATCH(DPORT, "==", "61850") ACCEPT)),
		   "fppp");
	expect_all(with_nft(*state, INPUT("accept") IN(JUMP("sub")) IN(DROP) CHAIN("sub")
					    RULE("inet", "sub", "{\"return\": null}") RULE("inet", "sub", ACCEPT)),
		   "ffpp");
	expect_all(with_nft(*state, INPUT("accept") IN(GOTO("sub")) IN(DROP) CHAIN("sub")), "pppp");
	expect_all(with_nft(*state, INPUT("accept") IN(JUMP("sub")) CHAIN("sub") RULE("inet", "sub", JUMP("sub"))), "uupp");
	/* another table's chain of the same name is another one */
	expect_all(with_nft(*state, INPUT("accept") IN(JUMP("sub")) CHAIN("sub") RULE("ip", "sub", DROP)), "pppp");
}

static void maps_and_sets_are_looked_up(void **state)
{
#define VMAP(key, elements) "{\"vmap\": {\"key\": " key ", \"data\": {\"set\": [" elements "]}}}"
#define NAMED(kind, elements) \
	", {\"" kind "\": {\"family\": \"inet\", \"table\": \"f\", \"name\": \"x\", \"elem\": [" elements "]}}"
	expect_all(with_nft(*state, INPUT("accept") IN(VMAP(META("l4proto"), "[\"igmp\", " DROP "], [\"udp\", " ACCEPT "]"))),
		   "fppp");
	expect_all(with_nft(*state, INPUT("drop") IN(VMAP(STATE, "[\"established\", " ACCEPT "], [\"invalid\", " DROP "]"))),
		   "ffpp");
	expect_all(with_nft(*state, INPUT("accept") IN(VMAP(META("mark"), "[1, " DROP "]"))), "uupp");
	expect_all(with_nft(*state, INPUT("accept") IN(VMAP(STATE, "[\"new\", {\"continue\": null}]") ", " DROP)), "ffpp");
	expect_all(with_nft(*state, INPUT("accept") IN("{\"vmap\": {\"key\": " DPORT ", \"data\": \"@x\"}}")
					    NAMED("map", "[61850, " DROP "]")),
		   "pfpp");
	expect_all(with_nft(*state, INPUT("drop") IN(MATCH(IP("saddr"), "==", "\"@x\"") ACCEPT) NAMED(
					    "set", "\"10.61.0.2\", {\"elem\": {\"val\": \"10.61.0.3\", \"timeout\": 60}}")),
		   "fppp");
	expect_all(with_nft(*state, INPUT("drop") IN(MATCH(IP("saddr"), "==", "\"@x\"") ACCEPT) NAMED("set", "\"10.61.0.2\"")),
		   "ffpp");
	expect_all(with_nft(*state,
			    INPUT("drop") IN(
				    MATCH(IP("saddr"), "==", "\"@x\"")
					    ACCEPT) ", {\"set\": {\"family\": \"inet\", \"table\": \"f\", \"name\": \"x\"}}"),
		   "ffpp");
}

/* ---- iptables ------------------------------------------------------------------------------------------------------- */

static const struct check_list *with_iptables(struct test *t, const char *rules)
{
	free(t->firewall.legacy);
	t->firewall.legacy = strdup(rules);
	t->firewall.legacy_command = "iptables-legacy";
	return with_nft(t, "");
}

#define FILTER(input, rules) \
	"# Generated\n*filter\n:INPUT " input " [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [5:10]\n" rules "COMMIT\n"

static void iptables_policies_and_rules(void **state)
{
	struct test *t = *state;

	expect_all(with_iptables(t, FILTER("ACCEPT", "")), "pppp");
	expect_all(with_iptables(t, FILTER("DROP", "")), "ffpp");
	expect(&t->list, CHECK_FIREWALL_IGMP_IN, CHECK_FAIL, "chain INPUT of table filter of iptables-legacy (policy drop)",
	       "iptables-legacy -t filter -I INPUT -i eth0 -p 2 -j ACCEPT");
	expect(&t->list, CHECK_FIREWALL_UDP_IN, CHECK_FAIL, "drops datagrams",
	       "iptables-legacy -t filter -I INPUT -i eth0 -p 17 -s 10.61.0.2/32,10.61.0.3/32 -d 224.0.1.100 --dport 61850 -j "
	       "ACCEPT");
	expect_all(with_iptables(t, FILTER("DROP", "-A INPUT -p igmp -j ACCEPT\n")), "pfpp");
	expect_all(with_iptables(t, FILTER("DROP", "-A INPUT -p udp -m udp --dport 61850 -j ACCEPT\n")), "fppp");
	expect_all(with_iptables(t, FILTER("DROP", "-A INPUT -p udp -m multiport --dports 53,61000:62000 -j ACCEPT\n")),
		   "fppp");
	expect_all(with_iptables(t, FILTER("DROP", "-A INPUT -i lo -j ACCEPT\n-A INPUT -i eth+ -j ACCEPT\n")), "pppp");
	expect_all(with_iptables(t, FILTER("DROP", "-A INPUT ! -i eth1 -j ACCEPT\n")), "pppp");
	expect_all(with_iptables(t, FILTER("ACCEPT",
					   "-A INPUT -s 10.61.0.0/24 -p udp -j REJECT --reject-with icmp-port-unreachable\n")),
		   "pfpp");
	expect_all(with_iptables(t, FILTER("ACCEPT", "-A INPUT -d 224.0.0.0/4 -j DROP\n")), "ffpp");
	expect_all(with_iptables(t, FILTER("ACCEPT", "-A OUTPUT -d 224.0.0.0/4 -p 2 -j DROP\n")), "ppfp");
	expect_all(with_iptables(t, FILTER("DROP", "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n")), "ffpp");
	expect_all(with_iptables(t, FILTER("ACCEPT", "-A INPUT -f -j DROP\n-A INPUT -p tcp --syn -j DROP\n")), "pppp");
	expect_all(with_iptables(t, FILTER("ACCEPT", "-A INPUT -m pkttype --pkt-type multicast -j DROP\n")), "ffpp");
	expect_all(with_iptables(t, FILTER("DROP", "-A INPUT -m comment --comment \"let all -j DROP\" -j ACCEPT\n")), "pppp");
	expect_all(with_iptables(t, "*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p igmp -j DROP\nCOMMIT\n"), "fppp");
	expect_all(with_iptables(t, "*mangle\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -o eth0 -p udp -j DROP\nCOMMIT\n"),
		   "pppf");
	expect_all(with_iptables(t, ""), "pppp");
}

static void iptables_chains_and_what_is_unknown(void **state)
{
	struct test *t = *state;

	expect_all(
		with_iptables(t, FILTER("DROP", ":own - [0:0]\n-A INPUT -j own\n-A own -p udp -j RETURN\n-A own -j ACCEPT\n")),
		"pfpp");
	expect_all(with_iptables(t, FILTER("ACCEPT", ":own - [0:0]\n-A INPUT -g own\n-A INPUT -j DROP\n")), "pppp");
	expect_all(with_iptables(t, FILTER("ACCEPT", ":own - [0:0]\n-A INPUT -j own\n-A own -j own\n")), "uupp");
	expect_all(with_iptables(t, FILTER("ACCEPT", "-A INPUT -j LOG --log-prefix \"x \"\n")), "pppp");
	expect_all(with_iptables(t, FILTER("ACCEPT", "-A INPUT -m limit --limit 5/sec -j DROP\n")), "uupp");
	expect_all(with_iptables(t, FILTER("ACCEPT", "-A INPUT -m u32 --u32 0x0=0x0 -j DROP\n")), "uupp");
	expect_all(with_iptables(t, FILTER("ACCEPT", "-A INPUT -j NFQUEUE --queue-num 0\n")), "uupp");
	/* every host with Docker */
	expect_all(
		with_iptables(
			t,
			"*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n:DOCKER - [0:0]\n"
			"-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER\n"
			"-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE\n-A DOCKER -i docker0 -j RETURN\nCOMMIT\n"),
		"pppp");
	expect_all(with_iptables(t, "*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p udp -j CT --notrack\nCOMMIT\n" FILTER(
					    "DROP", "-A INPUT -m conntrack --ctstate NEW -j ACCEPT\n")),
		   "uupp");
}

static void tables_of_iptables_nft_are_judged_once(void **state)
{
	struct test *t = *state;
	static const char foreign[] = "{\"chain\": {\"family\": \"ip\", \"table\": \"filter\", \"name\": \"INPUT\", \"type\": "
				      "\"filter\", \"hook\": \"input\", "
				      "\"prio\": 0, \"policy\": \"drop\"}}, {\"rule\": {\"family\": \"ip\", \"table\": "
				      "\"filter\", \"chain\": \"INPUT\", "
				      "\"handle\": 1, \"expr\": [{\"xt\": null}, " ACCEPT "]}}";

	expect_all(with_nft(t, foreign), "uupp");
	assert_true(firewall_nft_is_foreign(t->firewall.nft, "filter"));
	assert_false(firewall_nft_is_foreign(t->firewall.nft, "nat"));
	t->firewall.iptables = strdup(FILTER("DROP", "-A INPUT -m u32 --u32 0x0=0x0 -j LOG\n-A INPUT -p igmp -j ACCEPT\n"));
	t->firewall.iptables_command = "iptables-nft";
	expect_all(with_nft(t, foreign), "pfpp");
	expect(&t->list, CHECK_FIREWALL_UDP_IN, CHECK_FAIL, "of iptables-nft", "iptables-nft -t filter -I INPUT");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_test, end_test)
	const struct CMUnitTest tests[] = {
		TEST(without_rules_all_passes),
		TEST(what_is_not_known_is_no_pass),
		TEST(a_policy_that_drops_fails),
		TEST(other_hooks_and_families_do_not_matter),
		TEST(the_ingress_of_the_interface_matters),
		TEST(devices_come_from_the_listing_where_json_has_none),
		TEST(igmp_and_the_port_are_let_in_by_rules),
		TEST(rules_drop),
		TEST(what_goes_to_a_group_is_always_new),
		TEST(the_order_of_rules_counts),
		TEST(what_cannot_be_told_is_unknown),
		TEST(chains_are_followed),
		TEST(maps_and_sets_are_looked_up),
		TEST(iptables_policies_and_rules),
		TEST(iptables_chains_and_what_is_unknown),
		TEST(tables_of_iptables_nft_are_judged_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
