/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl_ports.h"

#include <inttypes.h>

#define TCP_LISTENS 0x0A /* include/net/tcp_states.h of the kernel */

struct row {
	struct in_addr address;
	unsigned port;
	unsigned state;
	unsigned long waiting;
	unsigned long drops;
};

/* A line: "sl: local:port remote:port state tx:rx tr:when retransmits uid timeout inode ref pointer drops". Addresses are as
 * they lie in memory.
 */
static bool read_row(const char *line, struct row *row)
{
	*row = (struct row){0};
	return sscanf(line,
		      " %*[0-9]: %" SCNx32 ":%x %*x:%*x %x %*x:%lx %*x:%*x %*x %*u %*u %*u %*u %*s %lu",
		      &row->address.s_addr, &row->port, &row->state, &row->waiting, &row->drops) >= 4;
}

void ports_find_socket(FILE *list, struct in_addr address, uint16_t port, struct ports_socket *found)
{
	char line[512];
	struct row row;

	*found = (struct ports_socket){0};
	while (fgets(line, sizeof(line), list)) {
		if (!read_row(line, &row) || row.address.s_addr != address.s_addr || row.port != port)
			continue;
		found->found = true;
		found->waiting += row.waiting;
		found->drops += row.drops;
	}
}

bool ports_find_listener(FILE *list, struct in_addr address, uint16_t port)
{
	char line[512];
	struct row row;

	while (fgets(line, sizeof(line), list))
		if (read_row(line, &row) && row.state == TCP_LISTENS && row.address.s_addr == address.s_addr &&
		    row.port == port)
			return true;
	return false;
}
