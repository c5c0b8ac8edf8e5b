/* SPDX-License-Identifier: Apache-2.0 */
/* tools: how times and parts of what the service answers are said to a person. What is missing there is said as "-" or
 * "unknown". Each writes to OUT of SIZE octets, cut if it is longer, and returns OUT or a string that lives for ever.
 */
#ifndef TOOLS_WORDS_H
#define TOOLS_WORDS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define WORDS_MAX 400 /* octets that the longest of what describes a part of an answer needs */

struct json_object;

/* An ISO 8601 time in UTC as seconds since 1970. False if it is none. */
bool words_parse_time(const char *iso, int64_t *seconds);

/* Without what nobody reads in a list: the fraction and the zone, which is always UTC. */
const char *words_short_time(const char *iso, char *out, size_t size);

/* How long before NOW_NS (UTC) the time ISO was: "3 s", "5 min", "2 h", "4 d". */
const char *words_ago(const char *iso, uint64_t now_ns, char *out, size_t size);

/* UPTIME in seconds: "02:03:04", "1 d 02:03:04". */
const char *words_duration(double uptime, char *out, size_t size);

/* What the service's "state" means. */
const char *words_state(const char *state);

/* Of an object of "paths": what it connects and whether that is up; and how. */
const char *words_path_ends(struct json_object *path, char *out, size_t size);
const char *words_path_kind(struct json_object *path, char *out, size_t size);

/* Of "membership": whether datagrams of the group get here. */
const char *words_membership(struct json_object *membership, uint64_t now_ns, char *out, size_t size);

/* LENGTH octets of TEXT with '?' for control characters but line ends: what came from the network or from files must not steer
 * the terminal.
 */
void words_print_clean(FILE *out, const char *text, size_t length);

/* All that WRITE writes, which is given WHAT, as words_print_clean prints it. Nothing if memory is short. */
void words_print_page(FILE *out, void (*write)(FILE *page, const void *what), const void *what);

/* "PROGRAM: SENTENCE" on standard error, likewise clean. A sentence has at most 1,199 octets: what is longer is cut. */
void words_complain(const char *program, const char *format, va_list arguments) __attribute__((format(printf, 2, 0)));

/* Octets of WORDS that go on a line with WIDTH columns: up to the last space that fits, or all that fits of a long word. */
size_t words_fitting(const char *words, size_t width);

#endif
