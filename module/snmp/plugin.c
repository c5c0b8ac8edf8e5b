/* SPDX-License-Identifier: Apache-2.0 */
/* gooseBridge.so: GOOSE-BRIDGE-MIB as a module that snmpd loads itself (`dlmod gooseBridge PATH' in snmpd.conf), for hosts that
 * do not allow AgentX. It asks the running service by its control socket. All of it runs in snmpd's only thread.
 */
#include "mib.h"
#include "source.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>

#include <goose-bridge/client.h>
#include <goose-bridge/clock.h>
#include <string.h>

#define TOKEN "gooseBridgeSocket"

/* dlmod calls functions of these names, without an argument: what they have in common can only stand here. */
__attribute__((visibility("default"))) void init_gooseBridge(void);
__attribute__((visibility("default"))) void deinit_gooseBridge(void);

static struct plugin {
	struct snmp_source source;
	struct snmp_mib mib;
	bool was_absent; /* said so last */
} plugin;

static void set_path(const char *path)
{
	snmp_source_forget(&plugin.source);
	snprintf(plugin.source.path, sizeof(plugin.source.path), "%s", path);
}

static void on_token(const char *token, char *line)
{
	char path[SNMP_MAXPATH] = "";

	copy_nword(line, path, sizeof(path));
	if (path[0] == '/' && strlen(path) < sizeof(plugin.source.path))
		set_path(path);
	else
		netsnmp_config_error("%s: not an absolute path of at most %d octets: %s", token,
				     (int)sizeof(plugin.source.path) - 1, path);
}

/* Before the configuration is read again. */
static void on_reload(void)
{
	set_path(GB_CLIENT_SOCKET);
}

static struct gb_snmp_snapshot *current(void *arg)
{
	struct plugin *p = arg;
	struct gb_snmp_snapshot *s = snmp_source_current(&p->source, gb_clock_mono_ns(), gb_clock_utc_ns());

	if (s && s->absent != p->was_absent) {
		p->was_absent = s->absent;
		if (s->absent)
			snmp_log(LOG_WARNING, "gooseBridge: %s\n", s->report.warning[0]);
		else
			snmp_log(LOG_INFO, "gooseBridge: the service answers at %s\n", p->source.path);
	}
	return s;
}

void init_gooseBridge(void)
{
	plugin = (struct plugin){.source = {.ask = gb_client_ask}, .mib = {.current = current, .arg = &plugin}};
	set_path(GB_CLIENT_SOCKET);
	register_app_config_handler(TOKEN, on_token, on_reload, "control socket of goose-bridge");
	if (snmp_mib_register(&plugin.mib) != 0)
		snmp_log(LOG_ERR, "gooseBridge: GOOSE-BRIDGE-MIB cannot be registered; "
				  "is an AgentX subagent serving it already?\n");
}

void deinit_gooseBridge(void)
{
	snmp_mib_unregister();
	unregister_app_config_handler(TOKEN);
	snmp_source_forget(&plugin.source);
}
