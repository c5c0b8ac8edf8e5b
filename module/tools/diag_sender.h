/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-diag: sends numbered datagrams at a rate. */
#ifndef TOOLS_DIAG_SENDER_H
#define TOOLS_DIAG_SENDER_H

#include "diag.h"

struct diag_sender {
	struct diag *d;
	int fd; /* -1 = not begun */
	uint32_t run;
	uint64_t sent;
	uint64_t failed; /* refused by the kernel */
	bool stops;	 /* the loop, when options.count are sent */
	struct event *timer;
};

/* Sends through LINK from LOCAL, the first at once. STOPS: the loop, when the count is reached. Returns 0, or an exit status,
 * having said why. diag_sender_end either way.
 */
int diag_sender_begin(struct diag_sender *sender, struct diag *d, const struct gb_netif_link *link, struct in_addr local,
		      bool stops);

/* Sends the marks of the run's end. */
void diag_sender_end(struct diag_sender *sender);

#endif
