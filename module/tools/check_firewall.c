/* SPDX-License-Identifier: Apache-2.0 */
/* The firewall of this host: its rules, and whether what the bridge needs gets through them. */
#include "check_local.h"
#include "check_packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TIMEOUT_MS  5000
#define RULES_LIMIT (32u * 1024 * 1024)

static const char *const tables[] = {"raw", "mangle", "nat", "filter", "security", NULL};

/* ---- gathering ------------------------------------------------------------------------------------------------------ */

static bool is_empty_file(const char *path)
{
	FILE *file = fopen(path, "re");
	bool empty = !file || getc(file) == EOF;

	if (file)
		fclose(file);
	return empty;
}

/* The first of the commands that prints rules. NULL = none. */
static char *save_rules(const char *const *commands, const char **used)
{
	for (; *commands; commands++) {
		const char *const argv[] = {*commands, NULL};
		char *text;

		if (check_run(argv, TIMEOUT_MS, RULES_LIMIT, &text) == 0) {
			*used = *commands;
			return text;
		}
	}
	return NULL;
}

static bool has_foreign_rules(struct json_object *nft)
{
	for (unsigned i = 0; tables[i]; i++)
		if (firewall_nft_is_foreign(nft, tables[i]))
			return true;
	return false;
}

static void gather_iptables(struct firewall_facts *facts)
{
	static const char *const by_nft[] = {"iptables-nft-save", "iptables-save", NULL};
	static const char *const legacy[] = {"iptables-legacy-save", "iptables-save", NULL};
	const char *used = "";

	if (facts->nft && has_foreign_rules(facts->nft)) {
		facts->iptables = save_rules(by_nft, &used);
		facts->iptables_command = strcmp(used, "iptables-save") == 0 ? "iptables" : "iptables-nft";
	}
	if (is_empty_file("/proc/net/ip_tables_names"))
		return;
	facts->legacy = save_rules(legacy, &used);
	facts->legacy_command = strcmp(used, "iptables-save") == 0 ? "iptables" : "iptables-legacy";
	if (!facts->legacy)
		snprintf(facts->why, sizeof(facts->why),
			 "this host has rules of iptables, and no iptables-save to read them with");
}

static void find_devices(struct firewall_facts *facts)
{
	static const char *const list[] = {"nft", "list", "chains", NULL};
	char *text;

	if (facts->nft && firewall_nft_lacks_devices(facts->nft) && check_run(list, TIMEOUT_MS, RULES_LIMIT, &text) == 0) {
		firewall_nft_add_devices(facts->nft, text);
		free(text);
	}
}

void check_gather_firewall(struct firewall_facts *facts)
{
	static const char *const list[] = {"nft", "-j", "list", "ruleset", NULL};
	char *text;
	int status;

	*facts = (struct firewall_facts){0};
	if (geteuid() != 0) {
		snprintf(facts->why, sizeof(facts->why), "only root may read the firewall's rules");
		return;
	}
	status = check_run(list, TIMEOUT_MS, RULES_LIMIT, &text);
	if (status == 0)
		facts->nft = json_tokener_parse(text);
	free(text);
	if (!facts->nft)
		snprintf(facts->why, sizeof(facts->why),
			 status == -ENOENT ? "nft is not installed, so nobody can say what nftables drops"
					   : "`nft -j list ruleset' does not answer with rules");
	find_devices(facts);
	gather_iptables(facts);
}

void check_free_firewall(struct firewall_facts *facts)
{
	json_object_put(facts->nft);
	free(facts->iptables);
	free(facts->legacy);
	*facts = (struct firewall_facts){0};
}

/* ---- judging -------------------------------------------------------------------------------------------------------- */

/* What is left out of nft's rules because iptables-save has it, NULL-terminated. */
static void find_skipped(const struct firewall_facts *firewall, const char *skip[])
{
	unsigned count = 0;

	for (unsigned i = 0; tables[i]; i++)
		if (firewall->iptables && firewall_iptables_has(firewall->iptables, tables[i]))
			skip[count++] = tables[i];
	skip[count] = NULL;
}

static void judge_packet(const struct firewall_facts *firewall, const struct packet *packet, struct firewall_finding *finding)
{
	const char *skip[sizeof(tables) / sizeof(tables[0])];

	if (!*packet->interface)
		return;
	find_skipped(firewall, skip);
	if (firewall->nft)
		firewall_judge_nft(firewall->nft, packet, skip, finding);
	if (firewall->iptables)
		firewall_judge_iptables(firewall->iptables, firewall->iptables_command, packet, finding);
	if (firewall->legacy)
		firewall_judge_iptables(firewall->legacy, firewall->legacy_command, packet, finding);
}

/* The bridges that may send, as SEPARATOR-separated words; "" if nobody is known. */
static void list_senders(const struct local_facts *facts, const char *separator, char *out, size_t size)
{
	char address[SPAN_TEXT];

	*out = 0;
	for (unsigned i = 0; i < facts->senders; i++) {
		size_t used = strlen(out);

		snprintf(out + used, size - used, "%s%s", i ? separator : "", span_text(facts->sender[i].addresses, address));
	}
}

static void fix_packet(struct check *check, const struct local_facts *facts, const struct packet *packet,
		       const struct firewall_finding *finding)
{
	char senders[CHECK_SENDERS_MAX * SPAN_TEXT], group[INET_ADDRSTRLEN];
	bool udp = packet->protocol == PROTOCOL_UDP;

	inet_ntop(AF_INET, &facts->config->multicast_ip, group, sizeof(group));
	list_senders(facts, finding->iptables ? "," : ", ", senders, sizeof(senders));
	if (finding->iptables) {
		check_fix(check, "%s -%c %s -p %u", finding->insert, packet->out ? 'o' : 'i', packet->interface,
			  packet->protocol);
		if (udp && !packet->out && *senders)
			check_fix(check, " -s %s", senders);
		if (udp)
			check_fix(check, " -d %s --dport %u", group, packet->port);
		check_fix(check, " -j ACCEPT");
		return;
	}
	check_fix(check, "%s '%sifname \"%s\"", finding->insert, packet->out ? "o" : "i", packet->interface);
	if (!udp)
		check_fix(check, " ip protocol igmp");
	if (udp && !packet->out && *senders)
		check_fix(check, " ip saddr { %s }", senders);
	if (udp)
		check_fix(check, " ip daddr %s udp dport %u", group, packet->port);
	check_fix(check, " accept'");
}

static void add_finding(struct check_list *list, enum check_kind kind, const struct local_facts *facts,
			const struct packet *packet, const struct firewall_finding *finding, const char *what, const char *why)
{
	struct check *check;

	if (finding->outcome == PACKET_DROP) {
		check = check_add(list, kind, CHECK_FAIL, "%s drops %s", finding->where, what);
		fix_packet(check, facts, packet, finding);
	} else if (*why) {
		check_add(list, kind, CHECK_UNKNOWN, "%s", why);
	} else if (finding->outcome != PACKET_ACCEPT) {
		check_add(list, kind, CHECK_UNKNOWN, "%s may drop %s: its rules depend on what cannot be told beforehand",
			  finding->where, what);
	} else {
		check_add(list, kind, CHECK_PASS, "no rule of nftables or iptables drops %s", what);
	}
}

/* The same packet from every sender that is known; from anybody if none is. */
static void judge_senders(const struct firewall_facts *firewall, const struct local_facts *facts, struct packet *packet,
			  struct firewall_finding *finding)
{
	packet->source = (struct span){0, UINT32_MAX};
	if (facts->senders == 0)
		judge_packet(firewall, packet, finding);
	for (unsigned i = 0; i < facts->senders; i++) {
		packet->source = facts->sender[i].addresses;
		judge_packet(firewall, packet, finding);
	}
}

void check_judge_firewall(struct check_list *list, const struct local_facts *facts, const struct firewall_facts *firewall)
{
	const struct gb_config *c = facts->config;
	struct span group = span_of_address(c->multicast_ip), own = span_of_address(facts->network.address);
	struct packet packet = {.interface = facts->network.name, .port = c->multicast_port};
	struct firewall_finding finding;
	const char *why = *facts->network.name ? firewall->why : "nothing is known of the network interface";
	char what[100], address[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &c->multicast_ip, address, sizeof(address));
	packet.protocol = PROTOCOL_IGMP;
	packet.destination = (struct span){INADDR_ALLHOSTS_GROUP, INADDR_ALLHOSTS_GROUP};
	finding = (struct firewall_finding){.outcome = PACKET_ACCEPT};
	judge_packet(firewall, &packet, &finding);
	add_finding(list, CHECK_FIREWALL_IGMP_IN, facts, &packet, &finding, "IGMP queries from 0.0.0.0", why);

	packet.protocol = PROTOCOL_UDP;
	packet.destination = group;
	finding = (struct firewall_finding){.outcome = PACKET_ACCEPT};
	judge_senders(firewall, facts, &packet, &finding);
	snprintf(what, sizeof(what), "datagrams to %s:%u from other bridges", address, packet.port);
	add_finding(list, CHECK_FIREWALL_UDP_IN, facts, &packet, &finding, what, why);

	packet.out = true;
	packet.source = own;
	packet.protocol = PROTOCOL_IGMP;
	finding = (struct firewall_finding){.outcome = PACKET_ACCEPT};
	judge_packet(firewall, &packet, &finding);
	snprintf(what, sizeof(what), "this host's IGMP reports to %s", address);
	add_finding(list, CHECK_FIREWALL_IGMP_OUT, facts, &packet, &finding, what, why);

	packet.protocol = PROTOCOL_UDP;
	finding = (struct firewall_finding){.outcome = PACKET_ACCEPT};
	judge_packet(firewall, &packet, &finding);
	snprintf(what, sizeof(what), "this host's datagrams to %s:%u", address, packet.port);
	add_finding(list, CHECK_FIREWALL_UDP_OUT, facts, &packet, &finding, what, why);
}
