/* SPDX-License-Identifier: Apache-2.0 */
/* goose-test: what its subcommands share. A test tool: it stops with a message where a service would recover. */
#ifndef GOOSE_TEST_TOOL_H
#define GOOSE_TEST_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOOL_NS_PER_S UINT64_C(1000000000)

/* Exit statuses */
enum { TOOL_OK = 0, TOOL_FAILED = 1, TOOL_USAGE = 2 };

enum tool_kind {
	TOOL_FLAG,    /* bool; the option takes no argument */
	TOOL_TEXT,    /* const char * */
	TOOL_NUMBER,  /* uint64_t; decimal or 0x... */
	TOOL_SECONDS, /* uint64_t in ns; the argument is in seconds and may have a fraction */
};

struct tool_option {
	const char *name; /* without the two dashes; NULL ends a table */
	enum tool_kind kind;
	void *value;
	const char *argument; /* as --help names it */
	const char *help;
};

/* Takes the options out of ARGV (argv[0] is the subcommand) and moves what is left (also a lone "--") to its front.
 * Returns how many are left. --help prints and exits 0; a wrong option or fewer than LEAST or more than MOST operands
 * exit 2.
 */
size_t tool_parse(int argc, char **argv, const char *synopsis, const struct tool_option *options, size_t least,
		  size_t most);

/* Says what is wrong and exits: FAILED with errno's text if errno_text, USAGE. */
void tool_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
void tool_fail_errno(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
void tool_fail_usage(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

void *tool_alloc(size_t size); /* zeroed; never NULL */
void *tool_grow(void *memory, size_t size);

uint64_t tool_mono_ns(void);

/* Waits until CLOCK_MONOTONIC shows DEADLINE. The last part is spent spinning if SPIN: exact, but a core's worth. */
void tool_wait_until(uint64_t deadline, bool spin);

/* SIGTERM and SIGINT then only make tool_stopped() true (and interrupt system calls). */
void tool_catch_signals(void);
bool tool_stopped(void);

/* Waits until FD is readable, DEADLINE (0 = none) has come or a signal was caught. Whether it is readable. */
bool tool_readable(int fd, uint64_t deadline);

/* Creates the file that tells a script that we listen. Nothing if PATH is NULL. */
void tool_ready(const char *path);

/* Octets from hex digits; blanks are skipped, "XX*N" repeats an octet. Returns the count; exits on anything else. */
size_t tool_hex(const char *text, uint8_t *octets, size_t capacity);

/* splitmix64: the same numbers on every machine. */
uint64_t tool_random(uint64_t *state);

#endif
