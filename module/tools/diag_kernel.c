/* SPDX-License-Identifier: Apache-2.0 */
#include "diag_kernel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TABLE_OCTETS 65536
#define LINE_OCTETS  128

/* "2\teth0      :     3      V2" */
static void parse_interface(const char *line, struct diag_kernel_group *at)
{
	const char *version = strrchr(line, 'V');

	at->index = 0;
	at->version = version ? (unsigned)atoi(version + 1) : 0;
	if (sscanf(line, "%d %15[^ :\t]", &at->index, at->interface) != 2)
		at->index = 0;
}

/* "\t\t\t\t640100E0     1 0:00000000\t\t1": the address as the kernel's memory has it, users, timer, last reporter. */
static bool parse_group(const char *line, struct diag_kernel_group *at)
{
	unsigned group, users, reporter;

	if (at->index == 0 || sscanf(line, " %x %u %*d:%*x %u", &group, &users, &reporter) != 3)
		return false;
	at->group.s_addr = group;
	at->users = users;
	at->last_reporter = reporter != 0;
	return true;
}

void diag_kernel_parse(const char *text, struct diag_kernel_table *table)
{
	struct diag_kernel_group at = {0};
	char line[LINE_OCTETS];

	table->count = 0;
	while (*text) {
		size_t length = strcspn(text, "\n");

		snprintf(line, sizeof(line), "%.*s", (int)length, text);
		if (line[0] != '\t')
			parse_interface(line, &at);
		else if (parse_group(line, &at) && table->count < DIAG_GROUPS)
			table->group[table->count++] = at;
		text += length;
		if (*text)
			text++;
	}
}

int diag_kernel_read(struct diag_kernel_table *table)
{
	FILE *file = fopen("/proc/net/igmp", "re");
	char *text = file ? malloc(TABLE_OCTETS) : NULL;
	int error = file ? text ? 0 : -ENOMEM : -errno;

	table->count = 0;
	if (!error) {
		text[fread(text, 1, TABLE_OCTETS - 1, file)] = '\0';
		if (ferror(file))
			error = -EIO;
		else
			diag_kernel_parse(text, table);
	}
	free(text);
	if (file)
		fclose(file);
	return error;
}

unsigned diag_kernel_users(int index, struct in_addr group)
{
	struct diag_kernel_table table;

	if (diag_kernel_read(&table) < 0)
		return 0;
	for (size_t i = 0; i < table.count; i++)
		if (table.group[i].index == index && table.group[i].group.s_addr == group.s_addr)
			return table.group[i].users;
	return 0;
}

int diag_kernel_setting(const char *interface, const char *key)
{
	char path[256];
	FILE *file;
	int value;

	if (interface)
		snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/%s", interface, key);
	else
		snprintf(path, sizeof(path), "/proc/sys/net/ipv4/%s", key);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	if (fscanf(file, "%d", &value) != 1 || value < 0)
		value = -EIO;
	fclose(file);
	return value;
}

int diag_kernel_rp_filter(const char *interface)
{
	int all = diag_kernel_setting("all", "rp_filter"), own = diag_kernel_setting(interface, "rp_filter");

	return all > own ? all : own;
}

int diag_kernel_forced_version(const char *interface)
{
	int all = diag_kernel_setting("all", "force_igmp_version");

	return all > 0 ? all : diag_kernel_setting(interface, "force_igmp_version");
}
