/* SPDX-License-Identifier: Apache-2.0 */
/* What the rules that iptables-save(8) prints do to one packet. */
#include "check_packet.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 96
#define DEPTH_MAX 16
#define RULE_MAX  2048

#define RETURN	  8u

struct rules {
	const char *start; /* of the current table: the line after its name */
	const struct packet *packet;
	bool untracked_too; /* some rule takes packets away from connection tracking */
	unsigned depth;
};

/* A rule, cut at its spaces. */
struct rule {
	char line[RULE_MAX];
	char *word[WORDS_MAX];
	unsigned words;
};

/* The next line at *AT; *AT goes behind it. False at the end of the text. */
static bool next_line(const char **at, char *line, size_t size)
{
	size_t length = strcspn(*at, "\n"), taken = length < size ? length : size - 1;

	if (!**at)
		return false;
	memcpy(line, *at, taken);
	line[taken] = 0;
	*at += length + ((*at)[length] == '\n');
	return true;
}

/* Comments and log prefixes stand in quotation marks when they have spaces in them. */
static void cut(struct rule *rule)
{
	char *at = rule->line;

	rule->words = 0;
	while (*at && rule->words < WORDS_MAX) {
		while (*at == ' ')
			at++;
		if (!*at)
			break;
		char end = *at == '"' ? '"' : ' ';

		at += end == '"';
		rule->word[rule->words++] = at;
		for (; *at && *at != end; at++)
			if (end == '"' && *at == '\\' && at[1])
				at++;
		if (*at)
			*at++ = 0;
	}
}

static const char *table_start(const char *rules, const char *name)
{
	char line[RULE_MAX];

	for (const char *at = rules; next_line(&at, line, sizeof(line));)
		if (line[0] == '*' && strcmp(line + 1, name) == 0)
			return at;
	return NULL;
}

bool firewall_iptables_has(const char *rules, const char *name)
{
	return table_start(rules, name) != NULL;
}

/* ---- matching ------------------------------------------------------------------------------------------------------- */

static enum tri match_protocol(const struct packet *packet, const char *value)
{
	const struct protoent *entry = getprotobyname(value);
	unsigned long number = entry ? (unsigned long)entry->p_proto : strtoul(value, NULL, 10);

	return strcmp(value, "all") == 0 || number == packet->protocol ? TRI_YES : TRI_NO;
}

static enum tri match_interface(const struct packet *packet, bool out, const char *value)
{
	size_t length = strlen(value);

	if (out != packet->out)
		return TRI_NO;
	if (length && value[length - 1] == '+')
		return strncmp(packet->interface, value, length - 1) == 0 ? TRI_YES : TRI_NO;
	return strcmp(packet->interface, value) == 0 ? TRI_YES : TRI_NO;
}

static enum tri match_address(struct span have, const char *value)
{
	struct span span;

	return span_parse(value, &span) ? tri_of_share(span_share(have, span)) : TRI_MAYBE;
}

/* "53", "1000:2000", ":99", and lists of them with commas. */
static enum tri match_ports(const struct packet *packet, const char *value)
{
	for (;;) {
		char *end;
		unsigned long first = strtoul(value, &end, 10), last = first;

		if (*end == ':') {
			const char *second = end + 1;

			last = strtoul(second, &end, 10);
			if (end == second)
				last = UINT16_MAX;
		}
		if (packet->protocol == PROTOCOL_UDP && packet->port >= first && packet->port <= last)
			return TRI_YES;
		if (*end != ',')
			return *end ? TRI_MAYBE : TRI_NO;
		value = end + 1;
	}
}

/* As in check_nft.c: to connection tracking, what goes to a group is always new. */
static enum tri match_state(const struct rules *rules, const char *value)
{
	char list[128], *rest = NULL;

	if (rules->untracked_too)
		return TRI_MAYBE;
	snprintf(list, sizeof(list), "%s", value);
	for (const char *word = strtok_r(list, ",", &rest); word; word = strtok_r(NULL, ",", &rest))
		if (strcmp(word, "NEW") == 0)
			return TRI_YES;
	return TRI_NO;
}

/* How the packet compares with OPTION and its VALUE. An option that is not known may be anything. */
static enum tri match_option(const struct rules *rules, const char *option, const char *value)
{
	const struct packet *packet = rules->packet;

	if (strcmp(option, "-p") == 0)
		return match_protocol(packet, value);
	if (strcmp(option, "-i") == 0 || strcmp(option, "-o") == 0)
		return match_interface(packet, option[1] == 'o', value);
	if (strcmp(option, "-s") == 0)
		return match_address(packet->source, value);
	if (strcmp(option, "-d") == 0)
		return match_address(packet->destination, value);
	if (strcmp(option, "--dport") == 0 || strcmp(option, "--sport") == 0 || strcmp(option, "--dports") == 0 ||
	    strcmp(option, "--sports") == 0 || strcmp(option, "--ports") == 0)
		return match_ports(packet, value);
	if (strcmp(option, "--ctstate") == 0 || strcmp(option, "--state") == 0)
		return match_state(rules, value);
	if (strcmp(option, "--dst-type") == 0)
		return strcmp(value, "MULTICAST") == 0 ? TRI_YES : strchr(value, ',') ? TRI_MAYBE : TRI_NO;
	if (strcmp(option, "--pkt-type") == 0 && !packet->out)
		return strcmp(value, "multicast") == 0 ? TRI_YES : TRI_NO;
	if (strcmp(option, "-f") == 0)
		return TRI_NO; /* nothing of ours is ever a fragment */
	if (strcmp(option, "--comment") == 0)
		return TRI_YES;
	return TRI_MAYBE;
}

/* Modules that choose nothing by themselves, but by their options. */
static bool is_known_module(const char *name)
{
	static const char *const known[] = {"udp", "tcp", "comment", "conntrack", "state", "multiport", "addrtype", "pkttype"};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(name, known[i]) == 0)
			return true;
	return false;
}

/* ---- verdicts ------------------------------------------------------------------------------------------------------- */

static unsigned chain_outcome(struct rules *rules, const char *chain);

static bool is_neutral(const char *target)
{
	static const char *const neutral[] = {"LOG",	"NFLOG", "MARK", "CONNMARK", "CLASSIFY", "DSCP",  "TOS",	"SET",
					      "TCPMSS", "AUDIT", "CT",	 "TTL",	     "CHECKSUM", "TRACE", "CONNSECMARK"};

	for (size_t i = 0; i < sizeof(neutral) / sizeof(neutral[0]); i++)
		if (strcmp(target, neutral[i]) == 0)
			return true;
	return false;
}

static bool chain_exists(const struct rules *rules, const char *chain)
{
	size_t length = strlen(chain);
	char line[RULE_MAX];

	for (const char *at = rules->start; next_line(&at, line, sizeof(line)) && strcmp(line, "COMMIT") != 0;)
		if (line[0] == ':' && strncmp(line + 1, chain, length) == 0 && line[1 + length] == ' ')
			return true;
	return false;
}

static unsigned target_outcome(struct rules *rules, const char *target, bool go)
{
	unsigned outcome;

	if (strcmp(target, "ACCEPT") == 0)
		return PACKET_ACCEPT;
	if (strcmp(target, "DROP") == 0 || strcmp(target, "REJECT") == 0)
		return PACKET_DROP;
	if (strcmp(target, "RETURN") == 0)
		return RETURN;
	if (is_neutral(target))
		return PACKET_ON;
	if (!chain_exists(rules, target))
		return PACKET_EITHER | PACKET_ON; /* DNAT, NFQUEUE, ...: who knows */
	outcome = chain_outcome(rules, target);
	return go && outcome & PACKET_ON ? (outcome & ~PACKET_ON) | RETURN : outcome;
}

/* A rule of iptables-save: "-A CHAIN" and options. */
static unsigned rule_outcome(struct rules *rules, const struct rule *rule)
{
	enum tri match = TRI_YES;
	unsigned outcome = PACKET_ON;
	bool negated = false;

	for (unsigned i = 2; i < rule->words; i++) {
		const char *option = rule->word[i], *value = i + 1 < rule->words ? rule->word[i + 1] : "";
		enum tri here;

		if (strcmp(option, "!") == 0) {
			negated = true;
			continue;
		}
		if (match == TRI_NO)
			return PACKET_ON;
		if (strcmp(option, "-j") == 0 || strcmp(option, "-g") == 0) {
			outcome = target_outcome(rules, value, option[1] == 'g');
			break; /* what follows are the target's own options */
		}
		if (strcmp(option, "-m") == 0) {
			here = is_known_module(value) ? TRI_YES : TRI_MAYBE;
			i++;
		} else {
			here = match_option(rules, option, value);
			i += *value && *value != '-' && *value != '!'; /* options without a value are not known here: maybe */
		}
		match = tri_and(match, negated ? tri_not(here) : here);
		negated = false;
	}
	return match == TRI_NO ? PACKET_ON : match == TRI_YES ? outcome : outcome | PACKET_ON;
}

static unsigned chain_outcome(struct rules *rules, const char *chain)
{
	unsigned outcome = 0, verdict = PACKET_ON;
	struct rule *rule = malloc(sizeof(*rule)); /* a line is too much for a stack of chains */

	if (!rule || rules->depth >= DEPTH_MAX) {
		free(rule);
		return PACKET_EITHER | PACKET_ON;
	}
	rules->depth++;
	for (const char *at = rules->start;
	     verdict & PACKET_ON && next_line(&at, rule->line, sizeof(rule->line)) && strcmp(rule->line, "COMMIT") != 0;) {
		if (strncmp(rule->line, "-A ", 3) != 0)
			continue;
		cut(rule);
		if (rule->words < 2 || strcmp(rule->word[1], chain) != 0)
			continue;
		verdict = rule_outcome(rules, rule);
		outcome |= verdict & ~PACKET_ON;
	}
	rules->depth--;
	free(rule);
	outcome |= verdict & PACKET_ON;
	return outcome & RETURN ? (outcome & ~RETURN) | PACKET_ON : outcome;
}

static bool policy_drops(const struct rules *rules, const char *chain)
{
	char line[RULE_MAX], wanted[64];

	snprintf(wanted, sizeof(wanted), ":%s DROP", chain);
	for (const char *at = rules->start; next_line(&at, line, sizeof(line)) && strcmp(line, "COMMIT") != 0;)
		if (strncmp(line, wanted, strlen(wanted)) == 0)
			return true;
	return false;
}

void firewall_judge_iptables(const char *text, const char *command, const struct packet *packet,
			     struct firewall_finding *finding)
{
	static const char *const tables[] = {"raw", "mangle", "nat", "filter", "security"};
	static const char *const chains[2][2] = {{"PREROUTING", "INPUT"}, {"OUTPUT", "POSTROUTING"}};

	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
		struct rules rules = {.start = table_start(text, tables[t]),
				      .packet = packet,
				      .untracked_too = strstr(text, "--notrack") != NULL};

		for (unsigned c = 0; rules.start && c < 2; c++) {
			const char *chain = chains[packet->out][c];
			bool drops = policy_drops(&rules, chain);
			unsigned outcome = chain_outcome(&rules, chain);

			if (outcome & PACKET_ON)
				outcome = (outcome & ~PACKET_ON) | (drops ? PACKET_DROP : PACKET_ACCEPT);
			if (!firewall_add(finding, outcome))
				continue;
			snprintf(finding->where, sizeof(finding->where), "chain %s of table %s of %s (policy %s)", chain,
				 tables[t], command, drops ? "drop" : "accept");
			snprintf(finding->insert, sizeof(finding->insert), "%s -t %s -I %s", command, tables[t], chain);
			finding->iptables = true;
		}
	}
}
