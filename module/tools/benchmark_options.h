/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-benchmark: its command line. Pure. */
#ifndef TOOLS_BENCHMARK_OPTIONS_H
#define TOOLS_BENCHMARK_OPTIONS_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum benchmark_verb { BENCHMARK_THROUGHPUT, BENCHMARK_LATENCY, BENCHMARK_ANSWER, BENCHMARK_VERBS };

#define BENCHMARK_RATE_UNASKED 10000 /* frames a second; what is above is said to be much */

struct benchmark_options {
	enum benchmark_verb verb;
	const char *socket_path; /* of the service; NULL = not given. Points into argv */
	bool json, help, version;
	char interface[IFNAMSIZ]; /* "" = not given */
	uint64_t rate;		  /* frames a second */
	uint64_t count;		  /* frames; of throughput it follows from rate and duration */
	uint64_t duration_ns;	  /* 0 = no end */
	size_t size;		  /* octets of a frame, with its tag and without FCS */
	bool has_destination;
	uint8_t destination[6];
	uint16_t appid;
	bool tagged;
	uint16_t vlan_id;
	unsigned priority;
};

const char *benchmark_verb_name(enum benchmark_verb verb);

/* Takes ARGV apart. Returns 0, or -EINVAL with a sentence in ERROR of SIZE octets: what is wrong and how it should be. */
int benchmark_options_parse(int argc, char **argv, struct benchmark_options *options, char *error, size_t size);

void benchmark_options_usage(FILE *out);

#endif
