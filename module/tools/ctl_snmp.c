/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-ctl snmp: the subagent's state, and the command that shows its objects by name on this host. */
#include "ctl.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *text(struct json_object *object, const char *key, const char *otherwise)
{
	struct json_object *value;
	const char *string = json_object_object_get_ex(object, key, &value) ? json_object_get_string(value) : NULL;

	return string && *string ? string : otherwise;
}

static uint64_t count(struct json_object *object, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(object, key, &value) ? json_object_get_uint64(value) : 0;
}

static bool has(const char *directory, const char *module)
{
	char path[512];

	if (snprintf(path, sizeof(path), "%s/%s", directory, module) >= (int)sizeof(path))
		return false;
	return access(path, R_OK) == 0;
}

/* Where net-snmp's tools look if nothing else was configured: Debian's and RHEL's builds. */
static const char *const mib_path[] = {"/usr/share/snmp/mibs", "/usr/share/snmp/mibs/ietf", "/var/lib/snmp/mibs/ietf",
				       "/usr/share/mibs/ietf"};

/* The first directory of net-snmp's path that has MODULE, or NULL. */
static const char *find_module(const char *module)
{
	for (size_t i = 0; i < sizeof(mib_path) / sizeof(mib_path[0]); i++)
		if (has(mib_path[i], module))
			return mib_path[i];
	return NULL;
}

/* Debian ships none of the IETF's modules, which GOOSE-BRIDGE-MIB imports from; what stands in for them is not on the path. */
static void print_names(FILE *out, struct json_object *snmp)
{
	const char *mibs = text(snmp, "mib_directory", ""), *base = text(snmp, "base_directory", "");
	bool on_path = find_module("GOOSE-BRIDGE-MIB.txt") != NULL;
	bool has_ietf = find_module("SNMPv2-SMI.txt") != NULL || find_module("SNMPv2-SMI") != NULL;

	fputs("\nNames: ", out);
	if (!on_path && !has(mibs, "GOOSE-BRIDGE-MIB.txt")) {
		fprintf(out, "GOOSE-BRIDGE-MIB.txt is not in %s on this host.\n", *mibs ? mibs : "any directory of MIBs");
		return;
	}
	if (!has_ietf && !has(base, "SNMPv2-SMI.txt")) {
		fputs("the IETF's MIB modules are missing on this host. Install them (Debian, non-free: snmp-mibs-downloader;\n"
		      "RHEL: net-snmp-libs), and then\n",
		      out);
	} else if (!has_ietf) {
		fputs("this host has no MIB modules of the IETF's; what stands in for them came with goose-bridge:\n", out);
	} else {
		fputs("with the MIB modules of this host:\n", out);
	}
	fputs("\n  snmpwalk", out);
	if (!has_ietf && has(base, "SNMPv2-SMI.txt"))
		fprintf(out, " -M +%s%s%s", base, on_path ? "" : ":", on_path ? "" : mibs);
	else if (!on_path)
		fprintf(out, " -M +%s", mibs);
	/* with the plus net-snmp looks for modules of its own list, too, and complains of those that are missing */
	fprintf(out, " -m %sGOOSE-BRIDGE-MIB -v2c -c public localhost GOOSE-BRIDGE-MIB::gooseBridgeMIB\n", has_ietf ? "+" : "");
}

static void print_state(FILE *out, struct json_object *snmp)
{
	const char *state = text(snmp, "state", "unknown");

	fputs("SNMP       ", out);
	if (strcmp(state, "not_built") == 0)
		fputs("not in this build (configure --disable-snmp)\n", out);
	else if (strcmp(state, "off") == 0)
		fputs("off (enable_snmp = false, or it could not be started: see the log)\n", out);
	else if (strcmp(state, "up") == 0)
		fprintf(out, "up since %.19sZ: snmpd is connected\n", text(snmp, "since", "-"));
	else
		fprintf(out, "DOWN since %.19sZ: snmpd is not reached, which is tried every %" PRIu64 " s\n",
			text(snmp, "since", "-"), count(snmp, "ping_interval_s"));
	fprintf(out, "Socket     %s\n", text(snmp, "agentx_socket", "-"));
	if (strcmp(state, "down") == 0)
		fputs("           snmpd.conf has to say `master agentx', and let this service's user in (agentXPerms):\n"
		      "           goose-bridge-snmp(8)\n",
		      out);
}

void ctl_render_snmp(FILE *out, struct json_object *result, uint64_t now_ns)
{
	struct json_object *snmp;

	(void)now_ns;
	if (!json_object_object_get_ex(result, "snmp", &snmp))
		return;
	print_state(out, snmp);
	fprintf(out, "Requests   %" PRIu64 " objects asked for, %" PRIu64 " times connected\n", count(snmp, "requests"),
		count(snmp, "connects"));
	fprintf(out, "Notified   %" PRIu64 " sent, %" PRIu64 " suppressed\n", count(snmp, "notifications_sent"),
		count(snmp, "notifications_suppressed"));
	fprintf(out, "MIB        %s, root %s\n", text(snmp, "mib", "-"), text(snmp, "mib_root", "-"));
	print_names(out, snmp);
}
