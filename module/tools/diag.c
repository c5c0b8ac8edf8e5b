/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-diag: finds out why multicast does not arrive. */
#include "diag.h"

#include "config.h"

#include <stdio.h>

static diag_run_command *const runs[DIAG_VERBS] = {
	[DIAG_MULTICAST_CHECK] = diag_multicast_check,
	[DIAG_MULTICAST_SEND] = diag_multicast_send,
	[DIAG_MULTICAST_RECEIVE] = diag_multicast_receive,
	[DIAG_MULTICAST_BOTH] = diag_multicast_both,
	[DIAG_IGMP_STATUS] = diag_igmp_status,
	[DIAG_IGMP_JOIN] = diag_igmp_join,
	[DIAG_IGMP_WATCH] = diag_igmp_watch,
	[DIAG_TGW_STATUS] = diag_tgw_status,
	[DIAG_TGW_TIMEOUT] = diag_tgw_timeout,
	[DIAG_TGW_KEEPALIVE] = diag_tgw_keepalive,
};

int main(int argc, char **argv)
{
	struct diag d = {0};
	char error[256];
	int status;

	if (diag_options_parse(argc, argv, &d.options, error, sizeof(error)) < 0) {
		diag_complain("%s", error);
		return DIAG_USAGE;
	}
	if (d.options.help) {
		diag_options_usage(stdout);
		return DIAG_FINE;
	}
	if (d.options.version) {
		puts("goose-bridge-diag " PACKAGE_VERSION);
		return DIAG_FINE;
	}
	status = diag_begin(&d);
	if (!status)
		status = runs[d.options.command->verb](&d);
	diag_end(&d);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		diag_complain("writing failed");
		return DIAG_BAD_NEWS;
	}
	return status;
}
