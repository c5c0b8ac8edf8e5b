/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-benchmark: what a run has measured, as text and as JSON. Pure. */
#ifndef TOOLS_BENCHMARK_RESULT_H
#define TOOLS_BENCHMARK_RESULT_H

#include "benchmark_options.h"
#include "benchmark_tally.h"
#include "benchmark_times.h"

#include <goose-bridge/stats.h>

#define BENCHMARK_HOSTS 32 /* that answer one run */

struct json_object;

/* One host that answers. */
struct benchmark_host {
	uint8_t address[6]; /* of its interface: what tells hosts apart */
	char name[BENCHMARK_HOST_NAME];
	unsigned by; /* bits: by which destinations it was heard */
	bool synchronised;
	bool reported;	/* it has said what has come there */
	uint64_t asked; /* how many were sent when it was asked for its latest report */
	struct benchmark_counts report;
	struct benchmark_tally tally;	    /* latency: of what came back */
	struct benchmark_times round_trip;  /* without the time that the answering program took */
	struct benchmark_times answering;   /* that time */
	struct benchmark_times there, back; /* one way, where both clocks are synchronised */
	uint64_t negative;		    /* one way: came before they went, as the clocks have it */
	uint64_t odd;			    /* round trips that cannot be, as a clock was set meanwhile: not measured */
};

/* What this host's bridge says of itself. */
struct benchmark_bridge {
	bool asked;
	char error[256]; /* why it was not */
	char interface[IFNAMSIZ];
	char wire_format[16];
	uint64_t drops[GB_DROP_REASON_COUNT];
};

struct benchmark_result {
	struct benchmark_options options;
	char interface[IFNAMSIZ];
	bool carrier; /* a program has the interface open */
	uint64_t run;
	uint8_t destination[6];
	uint64_t sent;
	uint64_t refused; /* times the interface's queue was full; sent later */
	uint64_t elapsed_ns;
	uint64_t unread; /* frames that this program did not read in time */
	bool synchronised;
	bool interrupted;
	char trouble[256]; /* what ended it; "" = nothing did */
	unsigned hosts;
	struct benchmark_host host[BENCHMARK_HOSTS];
	struct benchmark_bridge bridge; /* its drops while the run lasted */
};

/* The host with this address; a new one if there is room. NULL if not. */
struct benchmark_host *benchmark_result_host(struct benchmark_result *result, const uint8_t address[6]);

/* What decides about HOST: what it has received, or what came back from it. */
const struct benchmark_counts *benchmark_result_counts(const struct benchmark_result *result,
						       const struct benchmark_host *host);

/* Takes a frame of this run, which came back at UTC_NS and MONO_NS, into account: it had left at SENT_UTC_NS and SENT_MONO_NS.
 */
void benchmark_result_pong(struct benchmark_host *host, const struct benchmark_message *pong, bool synchronised,
			   uint64_t sent_utc_ns, uint64_t sent_mono_ns, uint64_t utc_ns, uint64_t mono_ns);

/* Whether all that was sent came, once, in order and unaltered; SENTENCE of SIZE octets says it. */
bool benchmark_result_verdict(const struct benchmark_result *result, char *sentence, size_t size);

/* NAME (ADDRESS) of a host. Returns TEXT, for which BENCHMARK_HOST_NAME + 24 octets are enough. */
const char *benchmark_host_text(const char *name, const uint8_t address[6], char *text, size_t size);

void benchmark_result_print(FILE *out, const struct benchmark_result *result);
struct json_object *benchmark_result_json(const struct benchmark_result *result); /* the caller's; NULL if memory is short */

#endif
