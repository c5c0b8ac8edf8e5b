/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-diag: hears all IGMP on an interface, what this host sends, too. It joins nothing. */
#ifndef TOOLS_DIAG_LISTEN_H
#define TOOLS_DIAG_LISTEN_H

#include "diag.h"

#include <goose-bridge/igmp.h>

/* MESSAGE went out (OUTGOING) or came in at TIME_NS (monotonic). It lives during the call. */
typedef void diag_heard(void *arg, const struct gb_igmp_message *message, bool outgoing, uint64_t time_ns);

struct diag_listener {
	int fd;		    /* -1 = not begun */
	uint64_t malformed; /* messages that could not be read */
	diag_heard *heard;
	void *arg;
	struct event *readable;
};

/* Listens on D's interface. Returns 0, or an exit status, having said why: it needs CAP_NET_RAW. diag_listen_end either way. */
int diag_listen_begin(struct diag_listener *listener, struct diag *d, diag_heard *heard, void *arg);
void diag_listen_end(struct diag_listener *listener);

/* MESSAGE as words in TEXT; whether it is about GROUP, if it is a report. Returns TEXT. */
const char *diag_listen_describe(const struct gb_igmp_message *message, bool outgoing, struct in_addr group, char *text,
				 size_t size);

/* MESSAGE as fields. */
struct json_object *diag_listen_fields(const struct gb_igmp_message *message, bool outgoing);

/* Tells of MESSAGE, which D's listener heard. */
void diag_listen_tell(struct diag *d, const struct gb_igmp_message *message, bool outgoing, uint64_t time_ns);

#endif
