/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-diag: a command's surroundings: configuration, interface, event loop and its end. */
#ifndef TOOLS_DIAG_H
#define TOOLS_DIAG_H

#include "diag_options.h"
#include "diag_output.h"

#include <event2/event.h>
#include <goose-bridge/config.h>
#include <goose-bridge/netif.h>

enum { DIAG_FINE = 0, DIAG_BAD_NEWS = 1, DIAG_USAGE = 2 };

#define DIAG_PORT_DEFAULT 61849 /* next to the bridges', and outside of Linux's range for clients */

struct diag {
	struct diag_options options;
	struct gb_config config; /* of two paths, as if the one that is meant were the only */
	unsigned path;		 /* its number: the one of --group, else the first */
	const char *socket_path; /* of the service */
	struct diag_output out;
	struct event_base *base;
	struct gb_netif *netif;
	struct in_addr group;
	uint16_t port;
	unsigned ttl;
	struct gb_netif_link link; /* the interface in use, once diag_use_interface has found it */
	struct in_addr local;	   /* its address; 0 = none */
	bool interrupted;	   /* by a signal */
	struct event *signals[3];
	struct event *reader; /* looks whether anybody still reads the output */
};

/* Each command: returns its exit status. D is begun. */
typedef int diag_run_command(struct diag *d);

diag_run_command diag_multicast_check;
diag_run_command diag_multicast_send;
diag_run_command diag_multicast_receive;
diag_run_command diag_multicast_both;
diag_run_command diag_igmp_status;
diag_run_command diag_igmp_join;
diag_run_command diag_igmp_watch;
diag_run_command diag_tgw_status;
diag_run_command diag_tgw_timeout;
diag_run_command diag_tgw_keepalive;

/* Configuration, loop and interfaces for D->options. Returns 0, or an exit status, having said why. diag_end in either case. */
int diag_begin(struct diag *d);
void diag_end(struct diag *d);

/* The interface that the command line names, or the configuration, or the route to the group. Returns 0, or an exit status,
 * having said why.
 */
int diag_use_interface(struct diag *d);

/* Interface NAME, which has to be up and have an address. Likewise. */
int diag_find_interface(struct diag *d, const char *name, struct gb_netif_link *link, struct in_addr *local);

/* Until DURATION_NS (0 = no limit) are over, a signal comes, or diag_stop. */
void diag_run(struct diag *d, uint64_t duration_ns);
void diag_stop(struct diag *d);

/* A timer that runs every NS; NULL if memory is short. The caller frees it with event_free. */
struct event *diag_every(struct diag *d, uint64_t ns, event_callback_fn call, void *arg);

/* Calls whenever FD is readable; likewise. */
struct event *diag_on_readable(struct diag *d, int fd, event_callback_fn call, void *arg);

#endif
