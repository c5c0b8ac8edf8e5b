/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the service, the kernel and the configuration. */
#include "check_local.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <goose-bridge/client.h>
#include <goose-bridge/netif.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SERVICE_TIMEOUT_MS 3000

/* ---- the service ---------------------------------------------------------------------------------------------------- */

static struct json_object *get(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	if (json_object_is_type(object, json_type_object))
		json_object_object_get_ex(object, key, &value);
	return value;
}

static void copy_text(struct json_object *object, const char *key, char *out, size_t size)
{
	struct json_object *value = get(object, key);

	snprintf(out, size, "%s", json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "");
}

static void read_peer(struct service_facts *facts, unsigned path, struct json_object *peer)
{
	unsigned heard_on = (unsigned)json_object_get_int(get(peer, "path_id")) & 31, i = 0;
	unsigned mtu = (unsigned)json_object_get_int(get(peer, "path_mtu"));
	char text[INET_ADDRSTRLEN];
	struct in_addr address;

	copy_text(peer, "address", text, sizeof(text));
	if (inet_pton(AF_INET, text, &address) != 1 || facts->peers >= CHECK_SENDERS_MAX)
		return;
	if (mtu > facts->peer_mtu && heard_on == path) {
		facts->peer_mtu = mtu;
		facts->peer_mtu_address = address;
	}
	while (i < facts->peers && facts->peer[i].s_addr != address.s_addr)
		i++;
	if (i == facts->peers) { /* else two bridges on one host, one that was started again, or both its paths */
		facts->peer_paths[i] = 0;
		facts->peer[facts->peers++] = address;
	}
	facts->peer_paths[i] |= 1U << heard_on;
}

/* Number PATH of the "paths" of OBJECT. */
static struct json_object *path_of(struct json_object *object, unsigned path)
{
	struct json_object *paths = get(object, "paths");

	return json_object_is_type(paths, json_type_array) ? json_object_array_get_idx(paths, path) : NULL;
}

void check_read_service(struct service_facts *facts, unsigned number, struct json_object *status, struct json_object *peers)
{
	struct json_object *path = path_of(status, number), *membership = get(path, "membership"), *list = get(peers, "peers");

	if (!membership && number == 0)
		membership = get(status, "membership");
	copy_text(membership, "state", facts->membership, sizeof(facts->membership));
	copy_text(path, "network_interface", facts->interface, sizeof(facts->interface));
	copy_text(path, "detail", facts->detail, sizeof(facts->detail));
	copy_text(path, "engine", facts->engine, sizeof(facts->engine));
	facts->receive_buffer = json_object_get_int64(get(path, "receive_buffer"));
	facts->send_buffer = json_object_get_int64(get(path, "send_buffer"));
	for (size_t i = 0; json_object_is_type(list, json_type_array) && i < json_object_array_length(list); i++)
		read_peer(facts, number, json_object_array_get_idx(list, i));
}

static void ask_service(struct local_facts *facts, unsigned paths)
{
	struct service_facts *service = &facts->service;
	struct json_object *status = NULL, *peers = NULL, *igmp = NULL;
	char unused[400], why[400] = "";
	int error = gb_client_ask(facts->socket, "status", SERVICE_TIMEOUT_MS, &status, why, sizeof(why));

	service->state = !error					      ? SERVICE_RUNNING
			 : error == -ENOENT || error == -ECONNREFUSED ? SERVICE_ABSENT
								      : SERVICE_UNKNOWN;
	why[strcspn(why, ".") == strlen(why) - 1 ? strlen(why) - 1 : strlen(why)] = 0;
	memccpy(service->why, why, 0, sizeof(service->why) - 1);
	if (!error) {
		gb_client_ask(facts->socket, "peers", SERVICE_TIMEOUT_MS, &peers, unused, sizeof(unused));
		gb_client_ask(facts->socket, "igmp", SERVICE_TIMEOUT_MS, &igmp, unused, sizeof(unused));
	}
	for (unsigned i = 0; i < paths; i++) {
		facts[i].service = i ? (struct service_facts){.state = facts->service.state} : facts->service;
		memcpy(facts[i].service.why, facts->service.why, sizeof(facts->service.why));
		check_read_service(&facts[i].service, i, status, peers);
		facts[i].service.left = json_object_get_boolean(get(path_of(igmp, i), "left"));
	}
	json_object_put(status);
	json_object_put(peers);
	json_object_put(igmp);
}

/* ---- the kernel ----------------------------------------------------------------------------------------------------- */

static int64_t read_number(const char *file)
{
	char path[160];
	long long number = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/sys/net/%s", file);
	f = fopen(path, "re");
	if (f) {
		if (fscanf(f, "%lld", &number) != 1)
			number = -1;
		fclose(f);
	}
	return number;
}

static int read_interface_number(const char *interface, const char *name)
{
	char file[100];

	snprintf(file, sizeof(file), "ipv4/conf/%s/%s", interface, name);
	return *interface ? (int)read_number(file) : -1;
}

static void read_sysctls(struct local_facts *facts)
{
	const char *name = facts->network.exists ? facts->network.name : "";

	facts->sysctl = (struct sysctl_facts){
		.force_igmp_all = read_interface_number("all", "force_igmp_version"),
		.force_igmp = read_interface_number(name, "force_igmp_version"),
		.rp_filter_all = read_interface_number("all", "rp_filter"),
		.rp_filter = read_interface_number(name, "rp_filter"),
		.rmem_max = read_number("core/rmem_max"),
		.wmem_max = read_number("core/wmem_max"),
		.max_memberships = read_number("ipv4/igmp_max_memberships"),
	};
}

static void read_link(const struct gb_netif *netif, const char *name, struct link_facts *facts)
{
	struct gb_netif_link link;

	*facts = (struct link_facts){0};
	snprintf(facts->name, sizeof(facts->name), "%s", name);
	facts->exists = *name && gb_netif_link_by_name(netif, name, &link);
	if (!facts->exists)
		return;
	facts->index = link.index;
	facts->up = link.flags & IFF_UP;
	facts->mtu = link.mtu;
	facts->has_mac = link.has_mac;
	memcpy(facts->mac, link.mac, sizeof(facts->mac));
	facts->has_address = gb_netif_address(netif, link.index, &facts->address);
}

/* Interfaces besides the network's that datagrams could take another way through. */
static void read_other_links(const struct gb_netif *netif, struct local_facts *facts)
{
	struct if_nameindex *all = if_nameindex();
	struct gb_netif_link link;
	struct in_addr address;
	unsigned candidates = 0;

	for (unsigned i = 0; all && all[i].if_index; i++) {
		if (!gb_netif_link_by_index(netif, (int)all[i].if_index, &link) || link.flags & IFF_LOOPBACK ||
		    !(link.flags & IFF_UP) || strcmp(link.name, facts->config->interface) == 0 ||
		    strcmp(link.name, facts->other_interface) == 0 ||
		    !gb_netif_address(netif, link.index, &address))
			continue;
		facts->other_links += link.index != facts->network.index;
		if (candidates++ == 0)
			memcpy(facts->candidate, link.name, sizeof(facts->candidate));
	}
	if (candidates != 1)
		*facts->candidate = 0;
	if_freenameindex(all);
}

/* The interface that the configuration names, that the service uses, or that the route to the group leads to. */
static void find_network(struct gb_netif *netif, struct local_facts *facts)
{
	struct gb_netif_route route = {0};
	struct gb_netif_link link = {0};
	const char *name = facts->config->multicast_interface;

	if (!*name)
		name = facts->service.interface;
	if (!*name && gb_netif_route(netif, facts->config->multicast_ip, &route) == 0 &&
	    gb_netif_link_by_index(netif, route.index, &link))
		name = link.name;
	read_link(netif, name, &facts->network);
	if (route.source.s_addr != 0)
		facts->network.address = route.source;
}

static void find_routes(struct gb_netif *netif, struct local_facts *facts)
{
	for (unsigned i = 0; i < facts->senders; i++) {
		struct sender *sender = &facts->sender[i];
		bool single = sender->addresses.first == sender->addresses.last;
		struct in_addr address = {.s_addr = htonl(sender->addresses.first + !single)};
		struct gb_netif_route route;
		int error = gb_netif_route(netif, address, &route);

		sender->route = !error ? route.index : error == -ENETUNREACH ? -1 : 0;
	}
}

static void read_kernel(struct gb_netif *netif, struct local_facts *facts)
{
	struct gb_netif_group group;

	read_link(netif, facts->config->interface, &facts->goose0);
	find_network(netif, facts);
	read_other_links(netif, facts);
	read_sysctls(facts);
	find_routes(netif, facts);
	for (size_t i = 0; gb_netif_group_at(netif, i, &group); i++) {
		facts->joined_groups++;
		if (group.group.s_addr == facts->config->multicast_ip.s_addr && group.index == facts->network.index)
			facts->kernel_member = true;
	}
}

static void not_told(void *arg)
{
	(void)arg; /* the tables are read once */
}

void check_find_senders(struct local_facts *facts)
{
	const struct gb_sources *allowed = &facts->config->allow_sources;

	facts->senders = 0;
	for (unsigned i = 0; i < allowed->count; i++)
		if (allowed->prefix[i].mask.s_addr != 0) /* anybody is nobody in particular */
			facts->sender[facts->senders++].addresses = span_of_prefix(&allowed->prefix[i]);
	for (unsigned i = 0; i < facts->service.peers && facts->senders < CHECK_SENDERS_MAX; i++) {
		struct span peer = span_of_address(facts->service.peer[i]);
		bool known = !(facts->service.peer_paths[i] & 1U << facts->path);

		for (unsigned s = 0; s < facts->senders; s++)
			known |= facts->sender[s].addresses.first == peer.first && facts->sender[s].addresses.last == peer.last;
		if (!known)
			facts->sender[facts->senders++] = (struct sender){.addresses = peer};
	}
}

void check_gather(struct local_facts *facts, unsigned paths)
{
	struct event_base *base = event_base_new();
	struct gb_netif *netif = NULL;
	bool known = base && gb_netif_create(&netif, base, not_told, NULL) == 0;

	ask_service(facts, paths);
	for (unsigned i = 0; i < paths; i++) {
		check_find_senders(&facts[i]);
		facts[i].kernel_known = known;
		if (known)
			read_kernel(netif, &facts[i]);
	}
	for (unsigned i = 0; i < paths && paths == 2; i++)
		facts[i].other_network = facts[!i].network.index;
	gb_netif_destroy(netif);
	if (base)
		event_base_free(base);
}
