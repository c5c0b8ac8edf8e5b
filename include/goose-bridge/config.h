/* SPDX-License-Identifier: Apache-2.0 */
/* config: the configuration as one typed table, a bounded reader for its file, checking, and what a reload changes.
 *
 * The file is INI as the Python service reads it (configparser): sections are accepted and do not matter, keys may
 * stand before any section, `#` and `;` start a comment at the start of a line or after a space. See
 * goose-bridge.conf(5).
 */
#ifndef GOOSE_BRIDGE_CONFIG_H
#define GOOSE_BRIDGE_CONFIG_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GB_CONFIG_LINE_MAX    4096 /* octets in a line, without its end */
#define GB_CONFIG_FILE_MAX    (1024 * 1024)
#define GB_CONFIG_PATH_MAX    256
#define GB_CONFIG_SOURCES_MAX 64
#define GB_CONFIG_CPUS_MAX    64
#define GB_CONFIG_PATHS_MAX   2
#define GB_CONFIG_CPU_LAST    1023 /* the highest number of a CPU: what cpu_set_t (sched_setaffinity(2)) holds */

enum gb_wire_format { GB_WIRE_LEGACY, GB_WIRE_NATIVE };
enum gb_datapath_kind { GB_DATAPATH_AUTO, GB_DATAPATH_KERNEL, GB_DATAPATH_USER };
enum gb_dual_path_mode { GB_DUAL_PATH_INDEPENDENT };
enum gb_tun_ip_kind { GB_TUN_IP_NONE, GB_TUN_IP_AUTO, GB_TUN_IP_FIXED };

/* An IPv4 prefix (CIDR). Both in network byte order; address has no bits outside mask. */
struct gb_prefix {
	struct in_addr address;
	struct in_addr mask;
};

/* Sources that datagrams are taken from. count 0 = any. */
struct gb_sources {
	unsigned count;
	struct gb_prefix prefix[GB_CONFIG_SOURCES_MAX];
};

/* CPUs by their numbers, in the order in which they were listed, each once. count 0 = no list. */
struct gb_cpus {
	unsigned count;
	uint16_t cpu[GB_CONFIG_CPUS_MAX];
};

struct gb_tun_ip {
	enum gb_tun_ip_kind kind;
	struct in_addr address; /* FIXED: network byte order */
	uint8_t prefix_length;	/* FIXED */
};

/* A plain value: copied freely, owns nothing. Field names are the keys.
 *
 * Some keys follow others until they are set themselves: stats_export_interval follows a health_check_interval that is
 * set, and log_file, stats_file, control_socket and pid_file carry the name of a first path's interface other than
 * goose0. So that this holds, change a configuration with gb_config_set and not by writing to its fields.
 */
struct gb_config {
	uint64_t given[2]; /* bit I % 64 of I / 64: key number I (gb_config_key_at) was set by a file or by gb_config_set */
	unsigned expect_stream_line; /* of the file; 0 = not from one. Other rooms know what is right there. */

	/* where frames come from and go to */
	char interface[IFNAMSIZ];
	struct in_addr multicast_ip;
	uint16_t multicast_port; /* host byte order */
	char multicast_interface[IFNAMSIZ]; /* "" = by route */
	unsigned multicast_ttl;
	unsigned dscp;
	enum gb_wire_format wire_format;
	bool legacy_lossy;
	unsigned path_mtu; /* octets of IP packet; 0 = the smaller of the interface's MTU and 1500 */
	unsigned max_frames_per_datagram;
	bool udp_offload;
	bool io_uring;
	uint64_t sender_id; /* 0 = derived */
	unsigned hello_interval; /* s */
	struct gb_sources allow_sources;
	unsigned max_frame_age_ms;
	struct gb_tun_ip tun_ip;
	unsigned interface_mtu;

	/* two paths: gb_config_paths says what comes of this */
	bool enable_dual_path;
	enum gb_dual_path_mode dual_path_mode;
	char primary_interface[IFNAMSIZ]; /* "" = interface */
	char backup_interface[IFNAMSIZ];
	struct in_addr primary_multicast_ip; /* 0 = multicast_ip */
	struct in_addr backup_multicast_ip;
	char primary_multicast_interface[IFNAMSIZ]; /* "" = multicast_interface */
	char backup_multicast_interface[IFNAMSIZ];  /* likewise */
	struct gb_tun_ip primary_tun_ip;
	struct gb_tun_ip backup_tun_ip;
	char primary_tgw_multicast_domain_id[64];
	char backup_tgw_multicast_domain_id[64];

	/* the engine */
	enum gb_datapath_kind datapath;
	char bpf_dir[GB_CONFIG_PATH_MAX];
	unsigned kernel_unattended_s;
	unsigned buffer_size; /* octets; a wish */
	unsigned batch_size;
	unsigned worker_threads;
	unsigned busy_poll_us; /* 0 = a worker waits at once */
	unsigned realtime_priority; /* of SCHED_FIFO; 0 = workers are scheduled as other threads are */
	struct gb_cpus cpu_affinity; /* one for each worker, in order; none = any */
	unsigned max_streams; /* 0 = streams are not supervised */
	unsigned max_peers;

	/* faults */
	unsigned max_errors;
	unsigned error_reset_interval; /* s */
	unsigned reconnect_delay; /* s */
	unsigned health_check_interval; /* s */

	/* membership */
	bool enable_igmp_keepalive;
	unsigned igmp_keepalive_interval; /* s */
	unsigned igmp_monitor_interval; /* s */
	unsigned igmp_reregister_threshold;
	unsigned force_igmp_version; /* 0 = leave it alone */
	bool leave_on_exit;
	bool enable_tgw_monitoring;
	char tgw_multicast_domain_id[64];

	/* supervision of streams */
	char expect_stream[GB_CONFIG_LINE_MAX]; /* as it stands in the file: a list of streams, separated by commas */
	char streams_file[GB_CONFIG_PATH_MAX];
	unsigned learn_after; /* s */
	unsigned storm_threshold; /* frames/s of one stream; 0 = never a storm */

	/* reporting */
	bool debug;
	int log_level; /* enum gb_log_level, as set; whoever logs uses DEBUG instead if debug is true */
	char log_file[GB_CONFIG_PATH_MAX];
	char stats_file[GB_CONFIG_PATH_MAX];
	bool enable_stats_export;
	unsigned stats_export_interval; /* s */
	char control_socket[GB_CONFIG_PATH_MAX];
	bool enable_snmp;
	char agentx_socket[GB_CONFIG_PATH_MAX];
	unsigned snmp_ping_interval; /* s */
	char metrics_listen[64]; /* "off" or ADDR:PORT */

	/* the process */
	char pid_file[GB_CONFIG_PATH_MAX];
	char user[64]; /* "" = as started */
};

/* What a configuration says of one path alone: one goose0, and where its frames go. */
struct gb_config_path {
	unsigned id; /* 0.. */
	char interface[IFNAMSIZ];
	struct in_addr multicast_ip;
	char multicast_interface[IFNAMSIZ]; /* "" = by route */
	struct gb_tun_ip tun_ip;
	char tgw_multicast_domain_id[64];
	bool tgw_domain_given; /* else it is the built-in default */
};

enum gb_config_severity { GB_CONFIG_WARNING, GB_CONFIG_ERROR };

/* Told of each problem found. LINE is 0 where the problem is of the file as a whole, or of no file. TEXT says what is
 * wrong and what to do, without FILE:LINE; it is one line of printable UTF-8. All strings live only during the call.
 * Wherever a report is wanted it may be NULL.
 */
typedef void gb_config_report(void *arg, enum gb_config_severity severity, const char *file, unsigned line,
			      const char *text);

/* The built-in defaults: what an empty file means. */
void gb_config_defaults(struct gb_config *config);

/* Reads and checks the file at PATH. All problems are reported, not only the first.
 * Returns 0 with *CONFIG filled in; -EINVAL if the content is wrong, or the negative errno of reading it (also
 * reported); then *CONFIG is untouched.
 */
int gb_config_load(const char *path, struct gb_config *config, gb_config_report *report, void *arg);

/* The same for TEXT of LENGTH octets that came from what is called NAME in reports. */
int gb_config_parse(const char *name, const char *text, size_t length, struct gb_config *config,
		    gb_config_report *report, void *arg);

/* The text of the file at PATH, as gb_config_load reads it: into *TEXT, not terminated, which the caller frees.
 * Returns 0, or negative errno (also reported); then both are untouched.
 */
int gb_config_read_file(const char *path, char **text, size_t *length, gb_config_report *report, void *arg);

/* Sets one key as if the file had it (for command-line options): the same checks, also those across keys. Unlike in a
 * file, an unknown key is an error. Reports name "command line" as the file, and line 0.
 * Returns 0, or -EINVAL; then *CONFIG is untouched.
 */
int gb_config_set(struct gb_config *config, const char *key, const char *value, gb_config_report *report, void *arg);

/* For a gb_config_report that wants one sentence: the first error goes to OUT, SIZE octets that are "" before, as "FILE:LINE:
 * what is wrong"; all else is passed over.
 */
void gb_config_first_error(char *out, size_t size, enum gb_config_severity severity, const char *file, unsigned line,
			   const char *text);

/* Fills in the paths that CONFIG has, with the keys that it leaves open filled in from those that are of all. Returns how many:
 * 1, or 2 with enable_dual_path.
 */
unsigned gb_config_paths(const struct gb_config *config, struct gb_config_path path[GB_CONFIG_PATHS_MAX]);

/* Told of each key whose value differs. */
typedef void gb_config_changed(void *arg, const char *key, bool reloadable);

/* Compares two configurations key by key, by what the values mean and not by how they were written. Returns how many
 * differ. CHANGED may be NULL.
 */
unsigned gb_config_diff(const struct gb_config *before, const struct gb_config *after, gb_config_changed *changed,
			void *arg);

/* Copies the reloadable keys of FRESH into *CONFIG and leaves the others: what a reload applies. Files that carry the
 * interface's name go on carrying that of *CONFIG.
 */
void gb_config_apply_reloadable(struct gb_config *config, const struct gb_config *fresh);

/* What the table says of a key, for documentation and tests. */
struct gb_config_key {
	const char *name;
	const char *type;	   /* as goose-bridge.conf(5) names it: "seconds", "boolean", "path", ... */
	const char *default_text;  /* as it would stand in a file */
	const char *range_text;	   /* "1..3600", "legacy | native"; "" if any */
	bool reloadable;
	const char *help;	   /* one sentence */
};

/* Key number INDEX, counted from 0, in the order of the man page. False past the last one. */
bool gb_config_key_at(size_t index, struct gb_config_key *key);

/* Whether SOURCES allows ADDRESS (network byte order). Called for each datagram. */
static inline bool gb_sources_allow(const struct gb_sources *sources, struct in_addr address)
{
	if (sources->count == 0)
		return true;
	for (unsigned i = 0; i < sources->count; i++)
		if ((address.s_addr & sources->prefix[i].mask.s_addr) == sources->prefix[i].address.s_addr)
			return true;
	return false;
}

#endif
