/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-diag: its commands, and what the command line says. */
#ifndef TOOLS_DIAG_OPTIONS_H
#define TOOLS_DIAG_OPTIONS_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum diag_verb {
	DIAG_MULTICAST_CHECK,
	DIAG_MULTICAST_SEND,
	DIAG_MULTICAST_RECEIVE,
	DIAG_MULTICAST_BOTH,
	DIAG_IGMP_STATUS,
	DIAG_IGMP_JOIN,
	DIAG_IGMP_WATCH,
	DIAG_TGW_STATUS,
	DIAG_TGW_TIMEOUT,
	DIAG_TGW_KEEPALIVE,
	DIAG_VERBS
};

/* Options that a command may take; bits of diag_options.given. */
enum {
	DIAG_GROUP = 1 << 0,
	DIAG_PORT = 1 << 1,
	DIAG_INTERFACE = 1 << 2,
	DIAG_COUNT = 1 << 3,
	DIAG_DURATION = 1 << 4,
	DIAG_INTERVAL = 1 << 5,
	DIAG_RATE = 1 << 6,
	DIAG_TTL = 1 << 7,
	DIAG_LEAVE = 1 << 8,
	DIAG_SEND = 1 << 9,
	DIAG_FROM = 1 << 10,
	DIAG_SILENCE = 1 << 11,
};

/* A command, and what holds for it where the command line says nothing. 0 = none. */
struct diag_command {
	enum diag_verb verb;
	const char *area; /* "multicast", "igmp", "tgw" */
	const char *name;
	unsigned takes;
	const char *help;
	uint64_t count;
	unsigned duration_s;
	unsigned interval_s;
	unsigned rate;
};

/* A plain value; strings are those of argv. */
struct diag_options {
	const struct diag_command *command; /* NULL with help or version */
	const char *config_file;	    /* NULL = the default one, if it is there */
	const char *socket_path;	    /* NULL = as the configuration says */
	bool json;
	bool help;
	bool version;

	unsigned given;
	struct in_addr group;	  /* valid if given */
	uint16_t port;		  /* likewise; host byte order */
	char interface[IFNAMSIZ]; /* "" = not given */
	uint64_t count;		  /* 0 = without end */
	uint64_t duration_ns;	  /* likewise */
	uint64_t interval_ns;
	unsigned rate; /* datagrams per second */
	unsigned ttl;  /* valid if given */
	bool leave;
	bool send;
	char from[IFNAMSIZ]; /* "" = not given */
	uint64_t silence_ns;
};

/* Reads the command line. Returns 0, or -EINVAL with a sentence in ERROR (SIZE octets). */
int diag_options_parse(int argc, char **argv, struct diag_options *options, char *error, size_t size);

/* The command of this verb. */
const struct diag_command *diag_command_of(enum diag_verb verb);

void diag_options_usage(FILE *out);

#endif
