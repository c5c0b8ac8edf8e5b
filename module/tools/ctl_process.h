/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-ctl: the process of a service, and the unit of systemd that looks after it. */
#ifndef TOOLS_CTL_PROCESS_H
#define TOOLS_CTL_PROCESS_H

#include "ctl_command.h"

#include <stdint.h>
#include <sys/types.h>

/* What systemd knows. */
struct ctl_unit {
	char name[300];	 /* "" = systemd does not run here, or no unit has this configuration file */
	bool loaded;	 /* there is such a unit */
	char active[32]; /* "active", "failed", ... */
	char sub[32];
	char result[64]; /* "success", or why it ended */
	char status[400]; /* what the service says of itself */
	pid_t pid;	 /* 0 = none */
	unsigned restarts;
};

void ctl_unit_look(const struct ctl_settings *settings, struct ctl_unit *unit);

/* Whether systemd has it running, or is about to. */
bool ctl_unit_runs(const struct ctl_unit *unit);

/* The process of the service that is meant: who serves its control socket, else who holds its pid file. A file of a process
 * that is gone is none. 0 = none.
 */
pid_t ctl_process_find(const struct ctl_settings *settings);

/* Sends SIGNAL to PID. WAIT_MS: and waits so long for its end. Returns 0, -ETIMEDOUT, or negative errno; -ESRCH: it is gone. */
int ctl_process_signal(pid_t pid, int signal, unsigned wait_ms);

#endif
