/* SPDX-License-Identifier: Apache-2.0 */
/* tools: values on a command line, and what is said of one that is wrong. Pure. Each returns 0, or -EINVAL with a sentence in
 * ERROR; NAME is that of the option, without its dashes.
 */
#ifndef TOOLS_ARGUMENTS_H
#define TOOLS_ARGUMENTS_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where a sentence goes: SIZE octets, cut if it is longer. */
struct arguments_error {
	char *text;
	size_t size;
};

/* Writes the sentence. Returns -EINVAL. */
int arguments_refuse(const struct arguments_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* For getopt_long(3)'s ':' and '?': ARGUMENT has no value, or PROGRAM does not know it. */
int arguments_refuse_option(int option, const char *argument, const char *program, const struct arguments_error *error);

/* Whether TEXT is a number of digits of BASE (10, or 16 with its 0x) alone, from LEAST to MOST. */
bool arguments_read_number(const char *text, int base, uint64_t least, uint64_t most, uint64_t *number);

int arguments_number(const char *name, const char *text, uint64_t least, uint64_t most, uint64_t *number,
		     const struct arguments_error *error);

/* Seconds from LEAST to MOST, with a fraction if need be, as ns. */
int arguments_seconds(const char *name, const char *text, double least, unsigned most, uint64_t *ns,
		      const struct arguments_error *error);

int arguments_interface(const char *name, const char *text, char interface[IFNAMSIZ], const struct arguments_error *error);

#endif
