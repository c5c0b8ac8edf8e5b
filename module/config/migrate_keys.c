/* SPDX-License-Identifier: Apache-2.0 */
#include "migrate_keys.h"

#include <stdlib.h>
#include <string.h>

#include "table.h"
#include "types.h"

const struct migrate_key migrate_keys[] = {
	{.name = "interface"},
	{.name = "multicast_ip"},
	{.name = "multicast_port"},
	{.name = "debug"},
	{.name = "log_level"},
	{.name = "log_file", .when = MIGRATE_OUTSIDE},
	{.name = "pid_file"},
	{.name = "buffer_size", .when = MIGRATE_UNLIKE, .than = "2048",
	 .note = "Only a wish: buffers hold any frame, whatever stands here. The Python service cut longer ones off."},
	{.name = "batch_size", .when = MIGRATE_UNLIKE, .than = "10",
	 .note = "Only a wish: frames that wait are read together, and none waits for a batch to fill."},
	{.name = "worker_threads", .when = MIGRATE_ABOVE, .than = "2",
	 .note = "Two are run, one for each direction: a third would have nothing to do."},
	{.name = "max_errors", .when = MIGRATE_ALWAYS,
	 .note = "So many errors within error_reset_interval make the service degraded. The Python service stopped then, and "
		 "took its interface away from applications."},
	{.name = "error_reset_interval"},
	{.name = "reconnect_delay"},
	{.name = "health_check_interval"},
	{.name = "stats_file", .when = MIGRATE_OUTSIDE},
	{.name = "enable_stats_export"},
	{.name = "stats_export_interval"},
	{.name = "enable_igmp_keepalive", .when = MIGRATE_TRUE,
	 .note = "Membership reports do go out now. The Python service's keepalive put nothing on the wire."},
	{.name = "igmp_keepalive_interval"},
	{.name = "igmp_monitor_interval"},
	{.name = "igmp_reregister_threshold"},
	{.name = "enable_tgw_monitoring"},
	{.name = "tgw_multicast_domain_id", .when = MIGRATE_DOMAIN},
	{.name = "enable_dual_path", .dual = true, .when = MIGRATE_TRUE,
	 .note = "Two independent paths in one service, each with its own GOOSE interface and group."},
	{.name = "dual_path_mode", .dual = true},
	{.name = "primary_interface", .dual = true},
	{.name = "backup_interface", .dual = true},
	{.name = "primary_tun_ip", .dual = true},
	{.name = "backup_tun_ip", .dual = true},
	{.name = "primary_multicast_ip", .dual = true},
	{.name = "backup_multicast_ip", .dual = true},
	{.name = "primary_tgw_multicast_domain_id", .dual = true, .when = MIGRATE_DOMAIN},
	{.name = "backup_tgw_multicast_domain_id", .dual = true, .when = MIGRATE_DOMAIN},
};

const size_t migrate_keys_length = sizeof(migrate_keys) / sizeof(migrate_keys[0]);

const struct migrate_absent migrate_absent[] = {
	{.name = "legacy_lossy", .now = "false", .legacy = true,
	 .note = "A frame that the old format cannot express as it is, such as one with a priority other than 4, is dropped "
		 "and counted (legacy_pcp, legacy_dei and so on). The Python service rewrote its tag; true asks for that."},
	{.name = "tun_ip", .now = "none", .single = true,
	 .note = "The Python service gave its interface the address 192.168.100.N/24, with N the last octet of the host's. "
		 "GOOSE needs none; auto gives it the same."},
	{.name = "leave_on_exit", .now = "false",
	 .note = "The host stays a member of the group when the service stops, so that a restart loses nothing. The Python "
		 "service's host left it; true asks for that."},
	{.name = "allow_sources", .now = "any",
	 .note = "Whoever reaches the group can place GOOSE messages, and so trip commands, on this host, as before. List "
		 "the addresses of the other bridges."},
};

const size_t migrate_absent_length = sizeof(migrate_absent) / sizeof(migrate_absent[0]);

/* Where a service under the unit that is installed may write: LogsDirectory=, StateDirectory= and RuntimeDirectory= of it. The
 * default log_file is a link into the first, and a log_file beside it is placed in it.
 */
static bool is_outside(const char *path)
{
	static const char *const inside[] = {"/var/log/", "/var/lib/goose-bridge/", "/run/goose-bridge/",
					     "/var/run/goose-bridge/"};

	for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++) {
		const char *name = path + strlen(inside[i]);

		if (strncmp(path, inside[i], strlen(inside[i])) == 0 &&
		    (i > 0 || !strchr(name, '/') || strncmp(name, "goose-bridge/", strlen("goose-bridge/")) == 0))
			return false;
	}
	return *path;
}

static const char outside_note[] =
	"Under systemd the service may write below /var/log/goose-bridge, /var/lib/goose-bridge and /run/goose-bridge. For "
	"this path the unit needs ReadWritePaths= (systemctl edit goose-bridge).";

static const char *domain_note(const char *value, const struct gb_config *config)
{
	if (!config->enable_tgw_monitoring || !*value)
		return NULL;
	if (strcmp(value, gb_config_table_find("tgw_multicast_domain_id")->default_text) == 0)
		return "The sample of the Python service's own file, and no domain of yours: AWS is not asked until yours is "
		       "here.";
	return "AWS is asked whether this host's own network interface is a member; the Python service took any member for it. "
	       "goose-bridge.conf(5), ASKING AWS, has the IAM policy for that.";
}

const char *migrate_key_note(const struct migrate_key *key, const char *value, const struct gb_config *config)
{
	bool truth;

	switch (key->when) {
	case MIGRATE_NEVER:
		break;
	case MIGRATE_ALWAYS:
		return key->note;
	case MIGRATE_TRUE:
		return gb_config_parse_boolean(value, &truth) && truth ? key->note : NULL;
	case MIGRATE_UNLIKE:
		return strcmp(value, key->than) != 0 ? key->note : NULL;
	case MIGRATE_ABOVE:
		return strtoul(value, NULL, 10) > strtoul(key->than, NULL, 10) ? key->note : NULL;
	case MIGRATE_DOMAIN:
		return domain_note(value, config);
	case MIGRATE_OUTSIDE:
		return is_outside(value) ? outside_note : NULL;
	}
	return NULL;
}

bool migrate_absent_matters(const struct migrate_absent *absent, bool dual, const struct gb_config *config)
{
	return !(absent->single && dual) && !(absent->legacy && config->wire_format != GB_WIRE_LEGACY);
}
