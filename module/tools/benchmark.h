/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-benchmark: what its commands run with. */
#ifndef TOOLS_BENCHMARK_H
#define TOOLS_BENCHMARK_H

#include "benchmark_result.h"
#include "benchmark_socket.h"

enum { BENCHMARK_FINE = 0, BENCHMARK_BAD_NEWS = 1, BENCHMARK_USAGE = 2 };

struct benchmark {
	struct benchmark_options options;
	struct benchmark_bridge bridge; /* before anything was sent */
	const char *interface;
	struct benchmark_socket *socket;
	int signals;	     /* signalfd; -1 = none */
	unsigned interrupts; /* signals that came */
	bool terminal;	     /* standard output is one */
};

/* The commands. Each returns the exit status. */
int benchmark_measure(struct benchmark *b);
int benchmark_answer(struct benchmark *b);

/* In place of a measurement that may send no frames, for the reason WHY (a sentence): what the service counts meanwhile. */
int benchmark_watch(const struct benchmark *b, const char *why);

/* Waits at most TIMEOUT_NS for a frame or a signal. */
void benchmark_wait(struct benchmark *b, uint64_t timeout_ns);

/* Something is wrong: to standard error, with the program's name. */
void benchmark_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
