/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-ctl ports: the service's sockets, and what has to be let pass for them. Without the service it says what its
 * configuration wants.
 */
#include "ctl_ports.h"

#include "ctl_command.h"
#include "put.h"
#include "result.h"
#include "words.h"

#include <arpa/inet.h>
#include <goose-bridge/client.h>
#include <goose-bridge/clock.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_MS  2000
#define PATHS_MAX   4
#define RULES_MAX   80
#define SOURCES_MAX 16 /* that rules are spelled out for */
#define IGMP	    2

struct rule {
	bool out;
	bool igmp; /* else UDP, or TCP */
	bool tcp;
	uint16_t port;
	char address[40]; /* with its mask; "" = each other bridge */
	const char *meaning;
};

struct ports_path {
	char group[40], interface[40];
	uint16_t port;
	bool known; /* the lists could be read */
	struct ports_socket udp;
	struct json_object *membership; /* the service's; NULL = it does not tell */
};

struct ports {
	const struct ctl_settings *settings;
	struct json_object *status, *peers, *snmp; /* answers; NULL = none */
	char error[500];			   /* why there are none */
	unsigned paths;
	struct ports_path path[PATHS_MAX];
	bool igmp_known, igmp_open;
	int metrics; /* 1 it listens, 0 not, -1 not known */
	unsigned rules;
	struct rule rule[RULES_MAX];
};

/* ---- what there is -------------------------------------------------------------------------------------------------- */

static void look_at_udp(struct ports_path *path)
{
	FILE *list = fopen("/proc/net/udp", "re");
	struct in_addr group = {0};

	inet_pton(AF_INET, path->group, &group);
	path->known = list != NULL;
	if (!list)
		return;
	ports_find_socket(list, group, path->port, &path->udp);
	fclose(list);
}

static void look_at_igmp(struct ports *ports)
{
	FILE *list = fopen("/proc/net/raw", "re");
	struct ports_socket raw;

	ports->igmp_known = list != NULL;
	if (!list)
		return;
	ports_find_socket(list, (struct in_addr){0}, IGMP, &raw);
	ports->igmp_open = raw.found;
	fclose(list);
}

/* ADDRESS and *PORT of metrics_listen; false if it is off, or no IPv4 address. */
static bool metrics_address(const struct ports *ports, struct in_addr *address, uint16_t *port)
{
	const char *listen = ports->settings->config.metrics_listen, *colon = strrchr(listen, ':');
	char host[64];

	if (!colon || *listen == '[' || (size_t)(colon - listen) >= sizeof(host))
		return false;
	snprintf(host, sizeof(host), "%.*s", (int)(colon - listen), listen);
	*port = (uint16_t)atoi(colon + 1);
	return inet_pton(AF_INET, host, address) == 1;
}

static void look_at_metrics(struct ports *ports)
{
	FILE *list = fopen("/proc/net/tcp", "re");
	struct in_addr address;
	uint16_t port;

	ports->metrics = list && metrics_address(ports, &address, &port) ? ports_find_listener(list, address, port) : -1;
	if (list)
		fclose(list);
}

static struct json_object *ask(struct ports *ports, const char *command)
{
	struct json_object *result = NULL;

	if (*ports->error)
		return NULL;
	if (gb_client_ask(ports->settings->socket_path, command, TIMEOUT_MS, &result, ports->error, sizeof(ports->error)) != 0)
		return NULL;
	return result;
}

static void add_path(struct ports *ports, const char *group, uint16_t port, const char *interface,
		     struct json_object *membership)
{
	struct ports_path *path = &ports->path[ports->paths];

	if (ports->paths == PATHS_MAX)
		return;
	ports->paths++;
	snprintf(path->group, sizeof(path->group), "%s", group);
	snprintf(path->interface, sizeof(path->interface), "%s", interface);
	path->port = port;
	path->membership = membership;
	look_at_udp(path);
}

static void add_configured_paths(struct ports *ports)
{
	const struct gb_config *config = &ports->settings->config;
	struct gb_config_path path[GB_CONFIG_PATHS_MAX];
	unsigned count = gb_config_paths(config, path);
	char group[INET_ADDRSTRLEN];

	for (unsigned i = 0; i < count; i++) {
		inet_ntop(AF_INET, &path[i].multicast_ip, group, sizeof(group));
		add_path(ports, group, (uint16_t)config->multicast_port, path[i].multicast_interface, NULL);
	}
}

static void gather(struct ports *ports)
{
	struct json_object *paths;

	ports->status = ask(ports, "status");
	ports->peers = ask(ports, "peers");
	ports->snmp = ask(ports, "snmp");
	paths = result_get(ports->status, "paths");
	for (size_t i = 0; i < result_length(paths); i++) {
		struct json_object *path = json_object_array_get_idx(paths, i);

		add_path(ports, result_text(path, "group", ""), (uint16_t)result_count(path, "port"),
			 result_text(path, "network_interface", ""), result_get(path, "membership"));
	}
	if (ports->paths == 0)
		add_configured_paths(ports);
	look_at_igmp(ports);
	look_at_metrics(ports);
}

/* ---- what has to be let pass ---------------------------------------------------------------------------------------- */

static void add_rule(struct ports *ports, const struct rule *rule, const char *address)
{
	struct rule *at = &ports->rule[ports->rules];

	if (ports->rules == RULES_MAX)
		return;
	for (unsigned i = 0; i < ports->rules; i++) { /* two paths may want the same */
		const struct rule *other = &ports->rule[i];

		if (other->out == rule->out && other->igmp == rule->igmp && other->tcp == rule->tcp &&
		    other->port == rule->port && strcmp(other->address, address) == 0)
			return;
	}
	*at = *rule;
	snprintf(at->address, sizeof(at->address), "%s", address);
	ports->rules++;
}

/* Where frames may come from: allow_sources, else the bridges that were heard. */
static void add_sources(struct ports *ports, uint16_t port)
{
	const struct rule rule = {.port = port, .meaning = "frames"};
	const struct gb_sources *allowed = &ports->settings->config.allow_sources;
	struct json_object *peers = result_get(ports->peers, "peers");
	char text[64];

	for (unsigned i = 0; i < allowed->count && i < SOURCES_MAX; i++) {
		inet_ntop(AF_INET, &allowed->prefix[i].address, text, INET_ADDRSTRLEN);
		snprintf(text + strlen(text), 5, "/%d", __builtin_popcount(allowed->prefix[i].mask.s_addr));
		add_rule(ports, &rule, text);
	}
	for (size_t i = 0; allowed->count == 0 && i < result_length(peers) && i < SOURCES_MAX; i++) {
		snprintf(text, sizeof(text), "%.15s/32",
			 result_text(json_object_array_get_idx(peers, i), "address", "0.0.0.0"));
		add_rule(ports, &rule, text);
	}
	if ((allowed->count == 0 && result_length(peers) == 0) || allowed->count > SOURCES_MAX ||
	    result_length(peers) > SOURCES_MAX)
		add_rule(ports, &rule, "");
}

static void list_rules(struct ports *ports)
{
	struct in_addr address;
	char group[64];
	uint16_t port;

	for (unsigned i = 0; i < ports->paths; i++)
		add_sources(ports, ports->path[i].port);
	add_rule(ports, &(struct rule){.igmp = true, .meaning = "the gateway's queries: they come from no address"},
		 "0.0.0.0/32");
	for (unsigned i = 0; i < ports->paths; i++) {
		snprintf(group, sizeof(group), "%.39s/32", ports->path[i].group);
		add_rule(ports, &(struct rule){.out = true, .port = ports->path[i].port, .meaning = "frames"}, group);
		add_rule(ports, &(struct rule){.out = true, .igmp = true, .meaning = "reports: joining, and the keepalive"},
			 group);
	}
	add_rule(ports, &(struct rule){.out = true, .igmp = true, .meaning = "LEAVE, if you ever ask for one"}, "224.0.0.2/32");
	if (metrics_address(ports, &address, &port) && ntohl(address.s_addr) >> 24 != IN_LOOPBACKNET)
		add_rule(ports, &(struct rule){.tcp = true, .port = port, .meaning = "metrics, for who fetches them"}, "");
}

/* ---- as text -------------------------------------------------------------------------------------------------------- */

static const char *open_or_not(bool known, bool open)
{
	return !known ? "(not known)" : open ? "open" : "NOT OPEN here";
}

static void print_sockets(FILE *out, const struct ports *ports)
{
	const struct gb_config *config = &ports->settings->config;
	struct json_object *snmp = result_get(ports->snmp, "snmp");
	char words[WORDS_MAX];

	for (unsigned i = 0; i < ports->paths; i++) {
		const struct ports_path *path = &ports->path[i];

		fprintf(out, "UDP       %s:%u on %s, %s", path->group, path->port, *path->interface ? path->interface : "-",
			open_or_not(path->known, path->udp.found));
		if (path->udp.found)
			fprintf(out, "; %" PRIu64 " octets wait, %" PRIu64 " datagrams dropped", path->udp.waiting,
				path->udp.drops);
		fputs("\n", out);
	}
	fprintf(out, "IGMP      raw socket for protocol 2, %s", open_or_not(ports->igmp_known, ports->igmp_open));
	for (unsigned i = 0; i < ports->paths; i++)
		if (ports->path[i].membership)
			fprintf(out, "\n          %s: %s", ports->path[i].group,
				words_membership(ports->path[i].membership, gb_clock_utc_ns(), words, sizeof(words)));
	fprintf(out, "\nControl   %s, %s\n", ports->settings->socket_path, ports->status ? "answers" : "NO ANSWER");
	fprintf(out, "Metrics   %s%s\n", config->metrics_listen,
		ports->metrics < 0 ? "" : ports->metrics ? "/tcp, listens" : "/tcp, DOES NOT LISTEN here");
	if (!config->enable_snmp)
		fputs("AgentX    off\n", out);
	else
		fprintf(out, "AgentX    %s, snmpd is %s\n", config->agentx_socket, result_text(snmp, "state", "(not known)"));
}

static const char *protocol_of(const struct rule *rule)
{
	return rule->igmp ? "igmp" : rule->tcp ? "tcp" : "udp";
}

static void print_rules(FILE *out, const struct ports *ports)
{
	fputs("\nTo be let pass, in the security group, in the network ACL and by a firewall of this host:\n", out);
	for (unsigned i = 0; i < ports->rules; i++) {
		const struct rule *rule = &ports->rule[i];
		char what[24];

		if (rule->igmp)
			snprintf(what, sizeof(what), "IGMP (protocol 2)");
		else
			snprintf(what, sizeof(what), "%s %u", rule->tcp ? "TCP" : "UDP", rule->port);
		fprintf(out, "  %-3s %-17s %-4s %-18s %s\n", rule->out ? "out" : "in", what, rule->out ? "to" : "from",
			*rule->address ? rule->address : rule->tcp ? "-" : "each other bridge", rule->meaning);
	}
	fputs("\nFor a firewall of this host:\n  nft add rule inet filter input meta l4proto igmp accept\n", out);
	for (unsigned i = 0; i < ports->paths; i++)
		fprintf(out, "  nft add rule inet filter input ip daddr %s udp dport %u accept\n", ports->path[i].group,
			ports->path[i].port);
	fputs("Whether all of it passes, here and in AWS: goose-bridge-ctl check\n", out);
}

static void write_text(FILE *page, const void *what)
{
	const struct ports *ports = what;

	print_sockets(page, ports);
	print_rules(page, ports);
	if (*ports->error)
		fprintf(page, "Left out: what the service itself says. %s\n", ports->error);
	if (*ports->settings->config_problem)
		fprintf(page, "Left out: what is configured. %s\n", ports->settings->config_problem);
}

/* ---- as JSON -------------------------------------------------------------------------------------------------------- */

static struct json_object *sockets_json(const struct ports *ports)
{
	const struct gb_config *config = &ports->settings->config;
	struct json_object *object = json_object_new_object(), *udp = json_object_new_array(), *one;

	for (unsigned i = 0; i < ports->paths; i++) {
		const struct ports_path *path = &ports->path[i];

		one = json_object_new_object();
		put_text(one, "group", path->group);
		put_count(one, "port", path->port);
		put_text(one, "interface", path->interface);
		put_value(one, "open", path->known ? json_object_new_boolean(path->udp.found) : NULL);
		put_count(one, "waiting_octets", path->udp.waiting);
		put_count(one, "dropped", path->udp.drops);
		put_value(one, "membership", json_object_get(path->membership));
		json_object_array_add(udp, one);
	}
	put_value(object, "udp", udp);
	one = json_object_new_object();
	put_value(one, "open", ports->igmp_known ? json_object_new_boolean(ports->igmp_open) : NULL);
	put_value(one, "membership", json_object_get(result_get(ports->status, "membership")));
	put_value(object, "igmp", one);
	one = json_object_new_object();
	put_text(one, "path", ports->settings->socket_path);
	put_bool(one, "answers", ports->status != NULL);
	put_value(object, "control", one);
	one = json_object_new_object();
	put_text(one, "listen", config->metrics_listen);
	put_value(one, "open", ports->metrics < 0 ? NULL : json_object_new_boolean(ports->metrics));
	put_value(object, "metrics", one);
	one = json_object_new_object();
	put_bool(one, "enabled", config->enable_snmp);
	put_text(one, "path", config->agentx_socket);
	put_text(one, "state", result_text(result_get(ports->snmp, "snmp"), "state", NULL));
	put_value(object, "agentx", one);
	return object;
}

static void print_json(const struct ports *ports)
{
	struct json_object *object = json_object_new_object(), *rules = json_object_new_array();
	struct json_object *left_out = json_object_new_array();

	put_value(object, "sockets", sockets_json(ports));
	for (unsigned i = 0; i < ports->rules; i++) {
		const struct rule *rule = &ports->rule[i];
		struct json_object *one = json_object_new_object();

		put_text(one, "direction", rule->out ? "out" : "in");
		put_text(one, "protocol", protocol_of(rule));
		put_value(one, "port", rule->igmp ? NULL : json_object_new_int(rule->port));
		put_text(one, "address", rule->address);
		put_text(one, "for", rule->meaning);
		json_object_array_add(rules, one);
	}
	put_value(object, "rules", rules);
	if (*ports->error)
		json_object_array_add(left_out, json_object_new_string(ports->error));
	if (*ports->settings->config_problem)
		json_object_array_add(left_out, json_object_new_string(ports->settings->config_problem));
	put_value(object, "left_out", left_out);
	put_line(stdout, object);
}

int ctl_ports(const struct ctl_settings *settings, int count, char **words)
{
	struct ports ports = {.settings = settings};
	bool fine;

	(void)count;
	(void)words;
	gather(&ports);
	list_rules(&ports);
	if (settings->json)
		print_json(&ports);
	else
		words_print_page(stdout, write_text, &ports);
	fine = ports.status && ports.metrics != 0;
	for (unsigned i = 0; i < ports.paths; i++)
		fine &= !ports.path[i].known || ports.path[i].udp.found;
	json_object_put(ports.status);
	json_object_put(ports.peers);
	json_object_put(ports.snmp);
	return fine ? CTL_DONE : CTL_BAD_NEWS;
}
