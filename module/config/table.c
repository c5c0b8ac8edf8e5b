/* SPDX-License-Identifier: Apache-2.0 */
#include "table.h"

#include <stdint.h>
#include <string.h>

#include <goose-bridge/log.h>
#include "nearest.h"

/* Shorthands for the rows below. The range of a number is written once: as numbers, and so as text. */
#define SIZE_OF(field) sizeof(((struct gb_config *)NULL)->field)
#define ROW(field, kind, text, initial, about) \
	.name = #field, .offset = offsetof(struct gb_config, field), .size = SIZE_OF(field), \
	.type = &gb_config_type_##kind, .type_name = text, .default_text = initial, .help = about
#define NUMBER(field, unit, initial, low, high, options, about) \
	{ROW(field, number, unit, #initial, about), .range_text = #low ".." #high, .min = low, .max = high, \
	 .flags = options}
#define BOOLEAN(field, initial, options, about) \
	{ROW(field, boolean, "boolean", #initial, about), .range_text = "true | false", .flags = options}
#define WORD(field, initial, list, words, options, about) \
	{ROW(field, word, "word", initial, about), .range_text = words, .choices = list, .flags = options}
#define TEXT(field, name_of_type, initial, options, about) \
	{ROW(field, text, name_of_type, initial, about), .range_text = "to 63 octets", \
	 .max = SIZE_OF(field) - 1, .flags = options}
#define PATH(field, initial, options, about) \
	{ROW(field, path, "path", initial, about), .range_text = "absolute, to 255 octets", \
	 .max = SIZE_OF(field) - 1, .flags = options}
#define GROUP(field, initial, options, about) \
	{ROW(field, group, "IPv4 address", initial, about), .range_text = "224.0.0.0/4", .flags = options}
/* BITS: the prefix length where none is written; 0 = it has to be. */
#define TUN_IP(field, bits, about) \
	{ROW(field, tun_ip, "IPv4 address with prefix length", "none", about), \
	 .range_text = "none | auto | A.B.C.D/P", .max = bits, .flags = RELOAD}
/* 107: what fits sockaddr_un.sun_path beside its final NUL (unix(7)). */
#define SOCKET(field, initial, options, about) \
	{ROW(field, path, "path", initial, about), .range_text = "absolute, to 107 octets", .max = 107, \
	 .flags = GB_CONFIG_FILE | (options)}
#define INTERFACE(field, initial, options, about) \
	{ROW(field, interface, "interface", initial, about), .range_text = "to 15 octets", .max = IFNAMSIZ - 1, \
	 .flags = options}

#define RELOAD	 GB_CONFIG_RELOAD
#define EMPTY	 GB_CONFIG_EMPTY
#define INSTANCE GB_CONFIG_INSTANCE

static const struct gb_config_choice wire_formats[] = {
	{"legacy", GB_WIRE_LEGACY}, {"native", GB_WIRE_NATIVE}, {NULL, 0}};
static const struct gb_config_choice datapaths[] = {
	{"auto", GB_DATAPATH_AUTO}, {"kernel", GB_DATAPATH_KERNEL}, {"user", GB_DATAPATH_USER}, {NULL, 0}};
/* WARN and FATAL are other names of Python's logging module, so old files may have them. */
static const struct gb_config_choice log_levels[] = {
	{"DEBUG", GB_LOG_DEBUG}, {"INFO", GB_LOG_INFO},	{"WARNING", GB_LOG_WARNING}, {"ERROR", GB_LOG_ERROR},
	{"CRITICAL", GB_LOG_CRITICAL}, {"WARN", GB_LOG_WARNING}, {"FATAL", GB_LOG_CRITICAL}, {NULL, 0}};

const struct gb_config_entry gb_config_table[] = {
	/* where frames come from and go to */
	INTERFACE(interface, "goose0", 0, "The interface that applications send GOOSE to and receive it from."),
	GROUP(multicast_ip, "224.0.1.100", 0, "The multicast group that carries the frames."),
	NUMBER(multicast_port, "port", 61850, 1, 65535, 0, "The UDP port of the group."),
	INTERFACE(multicast_interface, "", EMPTY,
		  "The interface towards the network; empty = the one that the route to the group names."),
	NUMBER(multicast_ttl, "number", 10, 1, 255, RELOAD, "How many routers a datagram may pass."),
	NUMBER(dscp, "number", 46, 0, 63, RELOAD, "The DSCP of the datagrams sent; 46 is expedited forwarding."),
	WORD(wire_format, "legacy", wire_formats, "legacy | native", RELOAD,
	     "The format of the datagrams sent; both are understood on receipt."),
	BOOLEAN(legacy_lossy, false, RELOAD,
		"Whether the legacy format may rewrite a tag that it cannot express, as the Python service did."),
	{ROW(path_mtu, path_mtu, "octets", "0",
	     "The largest IP packet sent; 0 = the smaller of the network interface's MTU and 1500."),
	 .range_text = "0 or 576..9216", .min = 576, .max = 9216, .flags = RELOAD},
	NUMBER(max_frames_per_datagram, "number", 16, 1, 255, RELOAD,
	       "How many frames that wait at the same time go in one native datagram, as far as path_mtu allows."),
	BOOLEAN(udp_offload, true, 0,
		"Whether runs of datagrams go through the kernel as one (UDP_SEGMENT, UDP_GRO), where it can do that."),
	BOOLEAN(io_uring, true, 0,
		"Whether frames are read from and written to the GOOSE interface many in one system call, where that can be."),
	{ROW(sender_id, identifier, "number", "0", "What this host calls itself in native datagrams; 0 = derived."),
	 .range_text = "64 bits, decimal or 0x hexadecimal", .flags = RELOAD},
	NUMBER(hello_interval, "seconds", 10, 1, 3600, RELOAD, "How often this host says hello to its peers."),
	{ROW(allow_sources, sources, "list of IPv4 prefixes", "",
	     "The senders that datagrams are taken from; empty = any."),
	 .range_text = "any, or to 64 of them", .flags = RELOAD | EMPTY},
	NUMBER(max_frame_age_ms, "milliseconds", 200, 10, 60000, RELOAD,
	       "How old a frame or datagram may be on this host before it is dropped as stale."),
	TUN_IP(tun_ip, 0, "The IPv4 address that the GOOSE interface is given."),
	NUMBER(interface_mtu, "octets", 1504, 576, 9216, RELOAD, "The MTU of the GOOSE interface."),

	/* two paths */
	BOOLEAN(enable_dual_path, false, 0,
		"Whether there are two paths, each with a GOOSE interface and a multicast group of its own."),
	{ROW(dual_path_mode, path_mode, "word", "independent",
	     "What two paths have to do with each other: each carries its own frames, and no frame goes both ways."),
	 .range_text = "independent"},
	INTERFACE(primary_interface, "", EMPTY, "The GOOSE interface of the first of two paths; empty = interface."),
	INTERFACE(backup_interface, "", EMPTY, "The GOOSE interface of the second path."),
	GROUP(primary_multicast_ip, "", EMPTY, "The multicast group of the first of two paths; empty = multicast_ip."),
	GROUP(backup_multicast_ip, "", EMPTY, "The multicast group of the second path."),
	INTERFACE(primary_multicast_interface, "", EMPTY,
		  "The interface towards the network of the first of two paths; empty = multicast_interface."),
	INTERFACE(backup_multicast_interface, "", EMPTY,
		  "The interface towards the network of the second path; empty = multicast_interface."),
	TUN_IP(primary_tun_ip, 24, "The IPv4 address of the first path's GOOSE interface; if it is not set, tun_ip."),
	TUN_IP(backup_tun_ip, 24, "The IPv4 address of the second path's GOOSE interface."),
	TEXT(primary_tgw_multicast_domain_id, "identifier", "", RELOAD | EMPTY,
	     "The multicast domain of the first path; if it is not set, tgw_multicast_domain_id."),
	TEXT(backup_tgw_multicast_domain_id, "identifier", "", RELOAD | EMPTY,
	     "The multicast domain of the second path; if it is not set, tgw_multicast_domain_id."),

	/* the engine */
	WORD(datapath, "auto", datapaths, "auto | kernel | user", 0, "The engine that moves the frames."),
	{ROW(bpf_dir, path, "path", "/sys/fs/bpf/goose-bridge", "Where the kernel engine pins its programs and maps."),
	 .range_text = "absolute, to 255 octets", .max = SIZE_OF(bpf_dir) - 1},
	NUMBER(kernel_unattended_s, "seconds", 300, 1, 86400, RELOAD,
	       "How long the kernel engine goes on carrying frames while no service lives."),
	NUMBER(buffer_size, "octets", 2048, 64, 1048576, 0,
	       "The size of a frame buffer; never less is used than a whole frame needs."),
	NUMBER(batch_size, "number", 10, 1, 256, 0, "How many frames or datagrams are read together; a wish: fewer cost more."),
	NUMBER(worker_threads, "number", 2, 1, 64, 0,
	       "The threads that move frames: 1 = one for both directions, 2 = one for each."),
	NUMBER(busy_poll_us, "microseconds", 0, 0, 100000, 0,
	       "How long a worker goes on looking for frames after the last one before it waits for them; 0 = not at all."),
	NUMBER(realtime_priority, "number", 0, 0, 99, 0,
	       "The SCHED_FIFO priority of the threads that move frames; 0 = they are scheduled as others are."),
	{ROW(cpu_affinity, cpus, "list of CPUs", "",
	     "The CPUs that the threads that move frames run on, one for each in this order; empty = any."),
	 .range_text = "to 64 of 0..1023", .max = GB_CONFIG_CPU_LAST, .flags = EMPTY},
	NUMBER(max_streams, "number", 4096, 0, 65536, 0,
	       "How many GOOSE streams are supervised at most, in each direction; 0 = none."),
	NUMBER(max_peers, "number", 128, 1, 4096, 0, "How many peers are remembered; the quietest is forgotten first."),

	/* faults */
	NUMBER(max_errors, "number", 100, 1, 1000000, RELOAD,
	       "How many errors within error_reset_interval make the service count as degraded."),
	NUMBER(error_reset_interval, "seconds", 300, 1, 86400, RELOAD, "How often the count of errors begins again."),
	NUMBER(reconnect_delay, "seconds", 5, 1, 3600, RELOAD, "How long after a fault the next attempt is made."),
	NUMBER(health_check_interval, "seconds", 30, 1, 86400, RELOAD, "How often the service checks itself."),

	/* membership */
	BOOLEAN(enable_igmp_keepalive, true, RELOAD,
		"Whether membership reports are sent without being asked for."),
	NUMBER(igmp_keepalive_interval, "seconds", 90, 1, 86400, RELOAD,
	       "How often a membership report is sent."),
	NUMBER(igmp_monitor_interval, "seconds", 120, 1, 86400, RELOAD, "How often the membership is checked."),
	NUMBER(igmp_reregister_threshold, "number", 2, 1, 100, RELOAD,
	       "How many checks in a row have to fail before the group is joined anew."),
	NUMBER(force_igmp_version, "number", 2, 0, 3, 0,
	       "The IGMP version set for the network interface; 0 = leave it alone."),
	BOOLEAN(leave_on_exit, false, RELOAD, "Whether the group is left when the service stops."),
	BOOLEAN(enable_tgw_monitoring, true, RELOAD,
		"Whether the AWS transit gateway is asked about the membership."),
	TEXT(tgw_multicast_domain_id, "identifier", "tgw-mcast-domain-01d79015018690cef", RELOAD | EMPTY,
	     "The multicast domain of the AWS transit gateway; empty = none."),

	/* supervision of streams */
	{ROW(expect_stream, line, "list of streams", "",
	     "GOOSE streams that have to be there, whether they were seen before or not."),
	 .range_text = "to 4095 octets", .max = SIZE_OF(expect_stream) - 1, .flags = RELOAD | EMPTY},
	PATH(streams_file, "/var/lib/goose-bridge/streams.list", EMPTY | INSTANCE | GB_CONFIG_FILE,
	     "The file in which learned streams are kept, so that they are missed after a restart; empty = none."),
	NUMBER(learn_after, "seconds", 60, 1, 86400, RELOAD,
	       "How long a stream has to have been there to be learned."),
	NUMBER(storm_threshold, "frames per second", 1000, 0, 1000000, RELOAD,
	       "How many frames of one stream in a second are reported as a storm; 0 = none."),

	/* reporting */
	BOOLEAN(debug, false, RELOAD, "Whether everything is logged, whatever log_level says."),
	WORD(log_level, "INFO", log_levels, "DEBUG | INFO | WARNING | ERROR | CRITICAL", RELOAD,
	     "The least urgent lines that are logged."),
	PATH(log_file, "/var/log/goose-bridge.log", RELOAD | EMPTY | INSTANCE | GB_CONFIG_FILE,
	     "The file that log lines are appended to; empty = none."),
	PATH(stats_file, "/var/lib/goose-bridge/stats.json", RELOAD | INSTANCE | GB_CONFIG_FILE,
	     "The file that the statistics are written to as JSON."),
	BOOLEAN(enable_stats_export, true, RELOAD, "Whether stats_file is written."),
	NUMBER(stats_export_interval, "seconds", 10, 1, 86400, RELOAD, "How often stats_file is written."),
	SOCKET(control_socket, "/run/goose-bridge/control.sock", INSTANCE,
	       "The socket that goose-bridge-ctl speaks to."),
	BOOLEAN(enable_snmp, true, 0, "Whether the service is an AgentX subagent of snmpd."),
	{ROW(agentx_socket, agentx, "path or address", "/var/agentx/master", "The AgentX socket of snmpd."),
	 .range_text = "absolute, to 107 octets | tcp:ADDR:PORT", .max = 107, .flags = GB_CONFIG_FILE},
	NUMBER(snmp_ping_interval, "seconds", 5, 1, 3600, 0,
	       "How often snmpd is pinged, and how soon it is reached again after it was gone."),
	{ROW(metrics_listen, listen, "address with port", "off", "Where metrics can be fetched over HTTP."),
	 .range_text = "off | A.B.C.D:PORT | [IPV6]:PORT", .max = SIZE_OF(metrics_listen) - 1},

	/* the process */
	PATH(pid_file, "/var/run/goose-bridge.pid", INSTANCE | GB_CONFIG_FILE, "The file that holds the process id."),
	TEXT(user, "user name", "", EMPTY,
	     "The user that the service runs as once it has started; empty = as started."),
};

const size_t gb_config_table_length = sizeof(gb_config_table) / sizeof(gb_config_table[0]);

_Static_assert(sizeof(gb_config_table) / sizeof(gb_config_table[0]) <= GB_CONFIG_KEYS_MAX,
	       "gb_config.given is too small");

const struct gb_config_entry *gb_config_table_find(const char *name)
{
	for (size_t i = 0; i < gb_config_table_length; i++)
		if (strcmp(gb_config_table[i].name, name) == 0)
			return &gb_config_table[i];
	return NULL;
}

size_t gb_config_table_index(const struct gb_config_entry *entry)
{
	return (size_t)(entry - gb_config_table);
}

const char *gb_config_table_nearest(const char *name)
{
	const char *nearest = NULL;
	size_t best = 2 + strlen(name) / 6; /* more slips than that are no longer the same word */

	for (size_t i = 0; i < gb_config_table_length; i++) {
		size_t distance = gb_config_distance(name, gb_config_table[i].name);

		/* In a short word two slips are most of it. */
		if (distance < best && 2 * distance < strlen(name)) {
			best = distance;
			nearest = gb_config_table[i].name;
		}
	}
	return nearest;
}

bool gb_config_key_at(size_t index, struct gb_config_key *key)
{
	const struct gb_config_entry *entry;

	if (index >= gb_config_table_length)
		return false;
	entry = &gb_config_table[index];
	*key = (struct gb_config_key){
		.name = entry->name,
		.type = entry->type_name,
		.default_text = entry->default_text,
		.range_text = entry->range_text,
		.reloadable = entry->flags & GB_CONFIG_RELOAD,
		.help = entry->help,
	};
	return true;
}
