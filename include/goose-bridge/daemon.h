/* SPDX-License-Identifier: Apache-2.0 */
/* daemon: the service. main() only calls this, so that tests can too. */
#ifndef GOOSE_BRIDGE_DAEMON_H
#define GOOSE_BRIDGE_DAEMON_H

/* Runs the service with the command line ARGC, ARGV until it is told to stop. Returns the process's exit status:
 * 0 done, 1 it could not start (said why), 2 wrong usage.
 */
int gb_daemon_main(int argc, char **argv);

#endif
