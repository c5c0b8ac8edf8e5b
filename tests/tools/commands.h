/* SPDX-License-Identifier: Apache-2.0 */
/* The subcommands. argv[0] is the subcommand's name; each returns the exit status. */
#ifndef GOOSE_TEST_COMMANDS_H
#define GOOSE_TEST_COMMANDS_H

int command_replay(int argc, char **argv);
int command_publish(int argc, char **argv);
int command_capture(int argc, char **argv);
int command_compare(int argc, char **argv);
int command_make_pcap(int argc, char **argv);
int command_select(int argc, char **argv);
int command_verify(int argc, char **argv);
int command_ip_check(int argc, char **argv);
int command_pdu(int argc, char **argv);
int command_subscribe(int argc, char **argv);
int command_udp_send(int argc, char **argv);
int command_udp_capture(int argc, char **argv);
int command_igmp_capture(int argc, char **argv);
int command_leave(int argc, char **argv);
int command_control_ask(int argc, char **argv);
int command_control_hostile(int argc, char **argv);
int command_control_send(int argc, char **argv);
int command_load_send(int argc, char **argv);
int command_load_receive(int argc, char **argv);
int command_notify_capture(int argc, char **argv);
int command_hold(int argc, char **argv);

#endif
