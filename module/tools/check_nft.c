/* SPDX-License-Identifier: Apache-2.0 */
/* What a ruleset of nftables, as `nft -j list ruleset` prints it (libnftables-json(5)), does to one packet. */
#include "check_packet.h"

#include <fnmatch.h>
#include <json-c/json.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 16 /* chains that call chains; the kernel's own limit */

struct ruleset {
	struct json_object *items; /* the array "nftables" */
	const struct packet *packet;
	bool untracked_too; /* some rule takes packets away from connection tracking */
	const char *family; /* of the chain that is being judged */
	const char *table;
	unsigned depth;
};

/* What a packet has where a rule looks. */
struct field {
	enum { FIELD_UNKNOWN, FIELD_NONE, FIELD_SPAN, FIELD_TEXT } kind;
	struct span span;
	const char *text;
};

static const struct field unknown = {.kind = FIELD_UNKNOWN}, none = {.kind = FIELD_NONE};

static struct json_object *get(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	if (json_object_is_type(object, json_type_object))
		json_object_object_get_ex(object, key, &value);
	return value;
}

static const char *text_of(struct json_object *object, const char *key)
{
	struct json_object *value = get(object, key);

	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
}

static struct field number(uint32_t value)
{
	return (struct field){.kind = FIELD_SPAN, .span = {value, value}};
}

static struct field addresses(struct span span)
{
	return (struct field){.kind = FIELD_SPAN, .span = span};
}

static struct field text(const char *value)
{
	return (struct field){.kind = FIELD_TEXT, .text = value};
}

/* ---- what the packet has -------------------------------------------------------------------------------------------- */

static struct field ip_field(const struct packet *packet, const char *name)
{
	if (strcmp(name, "saddr") == 0)
		return addresses(packet->source);
	if (strcmp(name, "daddr") == 0)
		return addresses(packet->destination);
	if (strcmp(name, "protocol") == 0)
		return number(packet->protocol);
	if (strcmp(name, "version") == 0)
		return number(4);
	if (strcmp(name, "ttl") == 0 && packet->protocol == PROTOCOL_IGMP)
		return number(1);
	return unknown;
}

static struct field payload_field(const struct packet *packet, struct json_object *payload)
{
	const char *protocol = text_of(payload, "protocol"), *name = text_of(payload, "field");
	bool udp = packet->protocol == PROTOCOL_UDP;

	if (strcmp(protocol, "ip") == 0)
		return ip_field(packet, name);
	if (strcmp(protocol, "udp") == 0 || (strcmp(protocol, "th") == 0 && udp)) {
		if (!udp)
			return none;
		return strcmp(name, "sport") == 0 || strcmp(name, "dport") == 0 ? number(packet->port) : unknown;
	}
	if (strcmp(protocol, "igmp") == 0) {
		if (udp)
			return none;
		if (strcmp(name, "type") == 0)
			return text(packet->out ? "membership-report-v2" : "membership-query");
		return unknown;
	}
	if (strcmp(protocol, "ether") == 0 && strcmp(name, "type") == 0)
		return text("ip");
	/* a rule for another protocol has that protocol as a condition, written or not */
	static const char *const others[] = {"tcp", "icmp", "icmpv6", "ip6", "sctp", "dccp", "udplite", "esp", "ah", "arp"};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strcmp(protocol, others[i]) == 0)
			return none;
	return unknown;
}

static struct field meta_field(const struct packet *packet, const char *key)
{
	if (strcmp(key, "iifname") == 0 || strcmp(key, "iif") == 0)
		return text(packet->out ? "" : packet->interface);
	if (strcmp(key, "oifname") == 0 || strcmp(key, "oif") == 0)
		return text(packet->out ? packet->interface : "");
	if (strcmp(key, "l4proto") == 0)
		return number(packet->protocol);
	if (strcmp(key, "nfproto") == 0)
		return text("ipv4");
	if (strcmp(key, "protocol") == 0)
		return text("ip");
	if (strcmp(key, "pkttype") == 0 && !packet->out)
		return text("multicast");
	return unknown;
}

/* A datagram to a group never has an answer from the group: for connection tracking it is new, however often it comes. Nor is
 * it translated: a rule that does so makes its own chain a maybe.
 */
static struct field ct_field(const struct ruleset *set, const char *key)
{
	if (strcmp(key, "status") == 0)
		return text("");
	return strcmp(key, "state") == 0 && !set->untracked_too ? text("new") : unknown;
}

static struct field fib_field(struct json_object *fib)
{
	struct json_object *flags = get(fib, "flags"), *only = flags;

	if (json_object_is_type(flags, json_type_array))
		only = json_object_array_length(flags) == 1 ? json_object_array_get_idx(flags, 0) : NULL;
	if (strcmp(text_of(fib, "result"), "type") == 0 && only && strcmp(json_object_get_string(only), "daddr") == 0)
		return text("multicast");
	return unknown;
}

static struct field field_of(const struct ruleset *set, struct json_object *left)
{
	struct json_object *inner;

	if ((inner = get(left, "payload")))
		return payload_field(set->packet, inner);
	if ((inner = get(left, "meta")))
		return meta_field(set->packet, text_of(inner, "key"));
	if ((inner = get(left, "ct")))
		return ct_field(set, text_of(inner, "key"));
	if ((inner = get(left, "fib")))
		return fib_field(inner);
	return unknown;
}

/* ---- comparing ------------------------------------------------------------------------------------------------------ */

/* A number, an address, a prefix or the name of a protocol, as a run of numbers. */
static bool span_of_value(struct json_object *value, struct span *span)
{
	struct json_object *prefix = get(value, "prefix"), *range = get(value, "range");
	struct span last;
	char cidr[48];

	if (json_object_is_type(value, json_type_int)) {
		int64_t n = json_object_get_int64(value);

		*span = (struct span){(uint32_t)n, (uint32_t)n};
		return n >= 0 && n <= UINT32_MAX;
	}
	if (json_object_is_type(value, json_type_string)) {
		const struct protoent *protocol = getprotobyname(json_object_get_string(value));

		if (span_parse(json_object_get_string(value), span))
			return true;
		if (protocol)
			*span = (struct span){(uint32_t)protocol->p_proto, (uint32_t)protocol->p_proto};
		return protocol != NULL;
	}
	if (prefix) {
		snprintf(cidr, sizeof(cidr), "%.32s/%d", text_of(prefix, "addr"), json_object_get_int(get(prefix, "len")));
		return span_parse(cidr, span);
	}
	if (!json_object_is_type(range, json_type_array) || json_object_array_length(range) != 2 ||
	    !span_of_value(json_object_array_get_idx(range, 0), span) ||
	    !span_of_value(json_object_array_get_idx(range, 1), &last))
		return false;
	span->last = last.last;
	return true;
}

static struct json_object *set_elements(const struct ruleset *set, const char *name)
{
	static const char *const kinds[] = {"set", "map"};

	for (size_t i = 0; i < json_object_array_length(set->items); i++)
		for (unsigned k = 0; k < 2; k++) {
			struct json_object *item = get(json_object_array_get_idx(set->items, i), kinds[k]);

			if (item && strcmp(text_of(item, "name"), name) == 0 &&
			    strcmp(text_of(item, "table"), set->table) == 0 &&
			    strcmp(text_of(item, "family"), set->family) == 0)
				return get(item, "elem");
		}
	return NULL;
}

static enum tri equals(const struct ruleset *set, const struct field *field, struct json_object *value);

static enum tri equals_any(const struct ruleset *set, const struct field *field, struct json_object *values)
{
	enum tri found = TRI_NO;
	struct span *spans;
	size_t count, known = 0;

	if (!json_object_is_type(values, json_type_array))
		return TRI_NO; /* a set without elements */
	count = json_object_array_length(values);
	for (size_t i = 0; i < count; i++)
		found = tri_or(found, equals(set, field, json_object_array_get_idx(values, i)));
	if (found != TRI_MAYBE || field->kind != FIELD_SPAN)
		return found;
	/* each has a part of the addresses; all together may have all of them */
	spans = calloc(count, sizeof(*spans));
	for (size_t i = 0; spans && i < count; i++) {
		struct json_object *value = json_object_array_get_idx(values, i), *element = get(value, "elem");

		known += span_of_value(element ? get(element, "val") : value, &spans[known]);
	}
	if (spans && span_share_of_all(field->span, spans, known) == SHARE_ALL)
		found = TRI_YES;
	free(spans);
	return found;
}

static enum tri text_equals(const char *have, const char *wanted)
{
	return fnmatch(wanted, have, FNM_NOESCAPE) == 0 ? TRI_YES : TRI_NO; /* "eth*" stands for all that begin so */
}

/* Whether FIELD is VALUE, or in it if that is a set. */
static enum tri equals(const struct ruleset *set, const struct field *field, struct json_object *value)
{
	struct json_object *inner;
	struct span span;

	if (json_object_is_type(value, json_type_array))
		return equals_any(set, field, value);
	if ((inner = get(value, "set")))
		return equals(set, field, inner);
	if ((inner = get(value, "elem")) && get(inner, "val"))
		return equals(set, field, get(inner, "val"));
	if (json_object_is_type(value, json_type_string) && json_object_get_string(value)[0] == '@')
		return equals_any(set, field, set_elements(set, json_object_get_string(value) + 1));
	if (field->kind == FIELD_TEXT && json_object_is_type(value, json_type_string))
		return text_equals(field->text, json_object_get_string(value));
	if (field->kind == FIELD_SPAN && span_of_value(value, &span))
		return tri_of_share(span_share(field->span, span));
	return TRI_MAYBE;
}

/* Whether FIELD is within what is smaller, or larger, than VALUE. */
static enum tri ordered(const struct field *field, const char *op, struct json_object *value)
{
	struct span bound, side = {0, UINT32_MAX};
	bool or_equal = op[1] == '=';

	if (field->kind != FIELD_SPAN || !span_of_value(value, &bound))
		return TRI_MAYBE;
	if (*op == '<') {
		if (bound.first == 0 && !or_equal)
			return TRI_NO;
		side.last = or_equal ? bound.last : bound.first - 1;
	} else {
		if (bound.last == UINT32_MAX && !or_equal)
			return TRI_NO;
		side.first = or_equal ? bound.first : bound.last + 1;
	}
	return tri_of_share(span_share(field->span, side));
}

static enum tri matches(const struct ruleset *set, struct json_object *match)
{
	const char *op = text_of(match, "op");
	struct json_object *right = get(match, "right");
	struct field field = field_of(set, get(match, "left"));

	if (field.kind == FIELD_NONE)
		return TRI_NO;
	if (field.kind == FIELD_UNKNOWN)
		return TRI_MAYBE;
	if (strcmp(op, "==") == 0 || strcmp(op, "in") == 0)
		return equals(set, &field, right);
	if (strcmp(op, "!=") == 0)
		return tri_not(equals(set, &field, right));
	if (*op == '<' || *op == '>')
		return ordered(&field, op, right);
	return TRI_MAYBE;
}

/* ---- verdicts ------------------------------------------------------------------------------------------------------- */

static unsigned chain_outcome(struct ruleset *set, const char *chain);

#define RETURN 8u /* the chain is left; below, this and running off its end are PACKET_ON for the caller */

/* What STATEMENT, an object with one key, makes of the packet if it is a verdict: a set of outcomes with RETURN, PACKET_ON for
 * the next rule. 0 = it is none.
 */
static unsigned verdict_outcome(struct ruleset *set, struct json_object *statement)
{
	struct json_object *inner;

	if (!json_object_is_type(statement, json_type_object))
		return 0;
	if (json_object_object_get_ex(statement, "accept", &inner))
		return PACKET_ACCEPT;
	if (json_object_object_get_ex(statement, "drop", &inner) || json_object_object_get_ex(statement, "reject", &inner))
		return PACKET_DROP;
	if (json_object_object_get_ex(statement, "return", &inner))
		return RETURN;
	if (json_object_object_get_ex(statement, "continue", &inner))
		return PACKET_ON;
	if (json_object_object_get_ex(statement, "jump", &inner))
		return chain_outcome(set, text_of(inner, "target"));
	if (json_object_object_get_ex(statement, "goto", &inner)) {
		unsigned outcome = chain_outcome(set, text_of(inner, "target"));

		return outcome & PACKET_ON ? (outcome & ~PACKET_ON) | RETURN : outcome;
	}
	return 0;
}

/* A map from what the packet has to a verdict. */
static unsigned vmap_outcome(struct ruleset *set, struct json_object *vmap)
{
	struct field field = field_of(set, get(vmap, "key"));
	struct json_object *data = get(vmap, "data"), *elements = get(data, "set");
	unsigned outcome = 0;

	if (field.kind == FIELD_NONE)
		return PACKET_ON;
	if (json_object_is_type(data, json_type_string) && json_object_get_string(data)[0] == '@')
		elements = set_elements(set, json_object_get_string(data) + 1);
	if (!json_object_is_type(elements, json_type_array))
		return PACKET_ON;
	for (size_t i = 0; i < json_object_array_length(elements); i++) {
		struct json_object *pair = json_object_array_get_idx(elements, i);
		enum tri match = TRI_MAYBE;

		if (!json_object_is_type(pair, json_type_array) || json_object_array_length(pair) != 2)
			return PACKET_EITHER | PACKET_ON;
		if (field.kind != FIELD_UNKNOWN)
			match = equals(set, &field, json_object_array_get_idx(pair, 0));
		if (match != TRI_NO)
			outcome |= verdict_outcome(set, json_object_array_get_idx(pair, 1));
		if (match == TRI_YES)
			return outcome;
	}
	return outcome | PACKET_ON;
}

/* Statements that neither choose packets nor decide on them. */
static bool is_neutral(const char *statement)
{
	static const char *const neutral[] = {"counter",   "log",	 "comment", "mangle",	      "set", "map", "notrack",
					      "ct helper", "ct timeout", "flow",    "ct expectation", "dup"};

	for (size_t i = 0; i < sizeof(neutral) / sizeof(neutral[0]); i++)
		if (strcmp(statement, neutral[i]) == 0)
			return true;
	return false;
}

/* A statement that decides nothing: whether it lets the packet go on to the next one of its rule. What is not known may do
 * anything to it: *OUTCOME.
 */
static enum tri lets_on(const struct ruleset *set, struct json_object *statement, unsigned *outcome)
{
	struct json_object *match = get(statement, "match");

	if (match)
		return matches(set, match);
	if (get(statement, "limit") || !json_object_is_type(statement, json_type_object))
		return TRI_MAYBE;
	json_object_object_foreach (statement, key, value) {
		(void)value;
		if (!is_neutral(key)) { /* such as xt, queue, fwd, snat: who knows */
			*outcome |= PACKET_EITHER;
			return TRI_MAYBE;
		}
	}
	return TRI_YES;
}

/* What one rule does: outcomes with RETURN, PACKET_ON for the next rule. */
static unsigned rule_outcome(struct ruleset *set, struct json_object *rule)
{
	struct json_object *statements = get(rule, "expr");
	size_t count = json_object_is_type(statements, json_type_array) ? json_object_array_length(statements) : 0;
	enum tri match = TRI_YES;
	unsigned outcome = 0;

	for (size_t i = 0; i < count && match != TRI_NO; i++) {
		struct json_object *statement = json_object_array_get_idx(statements, i), *vmap = get(statement, "vmap");
		unsigned verdict = vmap ? vmap_outcome(set, vmap) : verdict_outcome(set, statement);

		outcome |= verdict & ~PACKET_ON;
		if (!verdict)
			match = tri_and(match, lets_on(set, statement, &outcome));
		else if (!(verdict &
			   PACKET_ON)) /* else the rule goes on: a map without this packet, or a call that came back */
			return match == TRI_YES ? outcome : outcome | PACKET_ON;
	}
	return outcome | PACKET_ON;
}

/* What the chain CHAIN of the current table does: PACKET_ON = it comes to its end, or returns. */
static unsigned chain_outcome(struct ruleset *set, const char *chain)
{
	unsigned outcome = 0, verdict = PACKET_ON;

	if (set->depth >= DEPTH_MAX)
		return PACKET_EITHER | PACKET_ON;
	set->depth++;
	for (size_t i = 0; i < json_object_array_length(set->items) && verdict & PACKET_ON; i++) {
		struct json_object *rule = get(json_object_array_get_idx(set->items, i), "rule");

		if (!rule || strcmp(text_of(rule, "chain"), chain) != 0 || strcmp(text_of(rule, "table"), set->table) != 0 ||
		    strcmp(text_of(rule, "family"), set->family) != 0)
			continue;
		verdict = rule_outcome(set, rule);
		outcome |= verdict & ~PACKET_ON;
	}
	set->depth--;
	outcome |= verdict & PACKET_ON;
	return outcome & RETURN ? (outcome & ~RETURN) | PACKET_ON : outcome;
}

/* ---- the chains that a packet passes -------------------------------------------------------------------------------- */

static enum tri has_device(struct json_object *chain, const char *interface)
{
	struct json_object *device = get(chain, "dev");

	if (json_object_is_type(device, json_type_string))
		return strcmp(json_object_get_string(device), interface) == 0 ? TRI_YES : TRI_NO;
	if (!json_object_is_type(device, json_type_array))
		return TRI_MAYBE;
	for (size_t i = 0; i < json_object_array_length(device); i++) {
		const char *name = json_object_get_string(json_object_array_get_idx(device, i));

		if (name && strcmp(name, interface) == 0)
			return TRI_YES;
	}
	return TRI_NO;
}

static enum tri passes(struct json_object *chain, const struct packet *packet)
{
	const char *family = text_of(chain, "family"), *hook = text_of(chain, "hook");
	const char *const hooks[2][2] = {{"prerouting", "input"}, {"output", "postrouting"}};

	if (strcmp(hook, packet->out ? "egress" : "ingress") == 0)
		return has_device(chain, packet->interface);
	if (strcmp(family, "ip") != 0 && strcmp(family, "inet") != 0)
		return TRI_NO;
	return strcmp(hook, hooks[packet->out][0]) == 0 || strcmp(hook, hooks[packet->out][1]) == 0 ? TRI_YES : TRI_NO;
}

static bool is_skipped(const char *const *skip, const char *family, const char *table)
{
	for (; skip && *skip; skip++)
		if (strcmp(family, "ip") == 0 && strcmp(table, *skip) == 0)
			return true;
	return false;
}

static void judge_chain(struct ruleset *set, struct json_object *chain, enum tri passed, struct firewall_finding *finding)
{
	const char *name = text_of(chain, "name");
	bool drops = strcmp(text_of(chain, "policy"), "drop") == 0;
	unsigned outcome = chain_outcome(set, name);

	if (outcome & PACKET_ON)
		outcome = (outcome & ~PACKET_ON) | (drops ? PACKET_DROP : PACKET_ACCEPT);
	if (passed == TRI_MAYBE)
		outcome |= PACKET_ACCEPT;
	if (!firewall_add(finding, outcome))
		return;
	snprintf(finding->where, sizeof(finding->where), "nftables chain %s of table %s %s (hook %s, policy %s)", name,
		 set->family, set->table, text_of(chain, "hook"), drops ? "drop" : "accept");
	snprintf(finding->insert, sizeof(finding->insert), "nft insert rule %s %s %s", set->family, set->table, name);
	finding->iptables = false;
}

void firewall_judge_nft(struct json_object *ruleset, const struct packet *packet, const char *const *skip,
			struct firewall_finding *finding)
{
	struct ruleset set = {.items = get(ruleset, "nftables"), .packet = packet};

	if (!json_object_is_type(set.items, json_type_array))
		return;
	set.untracked_too = strstr(json_object_to_json_string_ext(set.items, JSON_C_TO_STRING_PLAIN), "\"notrack\"") != NULL;
	for (size_t i = 0; i < json_object_array_length(set.items); i++) {
		struct json_object *chain = get(json_object_array_get_idx(set.items, i), "chain");
		enum tri passed = chain ? passes(chain, packet) : TRI_NO;

		set.family = text_of(chain, "family");
		set.table = text_of(chain, "table");
		if (passed != TRI_NO && !is_skipped(skip, set.family, set.table))
			judge_chain(&set, chain, passed, finding);
	}
}

bool firewall_nft_is_foreign(struct json_object *ruleset, const char *name)
{
	struct json_object *items = get(ruleset, "nftables");

	if (!json_object_is_type(items, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(items); i++) {
		struct json_object *rule = get(json_object_array_get_idx(items, i), "rule");

		if (rule && strcmp(text_of(rule, "family"), "ip") == 0 && strcmp(text_of(rule, "table"), name) == 0 &&
		    strstr(json_object_to_json_string_ext(get(rule, "expr"), JSON_C_TO_STRING_PLAIN), "{\"xt\":"))
			return true;
	}
	return false;
}

bool firewall_add(struct firewall_finding *finding, unsigned outcome)
{
	bool worse = outcome & PACKET_DROP &&
		     (outcome == PACKET_DROP ? finding->outcome != PACKET_DROP : !(finding->outcome & PACKET_DROP));

	if (worse)
		finding->outcome = outcome == PACKET_DROP ? PACKET_DROP : PACKET_EITHER;
	return worse;
}
