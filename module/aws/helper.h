/* SPDX-License-Identifier: Apache-2.0 */
/* A child process with pipes, and without rights. */
#ifndef AWS_HELPER_H
#define AWS_HELPER_H

#include <sys/types.h>

struct helper {
	pid_t pid; /* 0 = none */
	int pidfd; /* readable once it has ended */
	int in;	   /* held open: when it is closed, by whatever end of this process, the child's standard input ends */
	int out;   /* its standard output, non-blocking */
};

#define HELPER_NONE ((struct helper){.pid = 0, .pidfd = -1, .in = -1, .out = -1})

/* Runs ARGV[0]. The child has standard input, output and error and no other descriptor, no capabilities and no way to gain
 * any, leaves no core, yields the processor to what carries frames, and is killed when this thread ends. This process's memory
 * is not copied, so that no thread of it pays for the child. Returns 0 or negative errno, also what exec says.
 */
int helper_start(struct helper *helper, char *const argv[]);

/* Closes the pipes; what the child still says is lost. */
void helper_close_pipes(struct helper *helper);

/* Takes the child that has ended off the kernel's list. 1 with *STATUS as of waitpid(2), or 0: it has not ended yet. */
int helper_reap(struct helper *helper, int *status);

/* Kills it, and waits for MAX_MS at most until it has ended. */
void helper_end(struct helper *helper, unsigned max_ms);

#endif
