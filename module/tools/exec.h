/* SPDX-License-Identifier: Apache-2.0 */
/* tools: one program that becomes another, or runs one. Always by argument vectors, never through a shell. ARGUMENTS is an
 * argv that ends with NULL; its first, the program's name, is set here. PROGRAM is the one in the directory that this program
 * is in itself, else the one of PATH.
 */
#ifndef TOOLS_EXEC_H
#define TOOLS_EXEC_H

#include <stddef.h>

/* Replaces this process. Returns only on failure: negative errno. */
int exec_tool(const char *program, const char **arguments);

/* Runs it and waits for its end. What it writes to its standard output goes to ours, or, if TEXT is not NULL, there: at most
 * SIZE octets with the end, cut if it is longer. Returns its exit status (128 and the signal, if one ended it), or negative
 * errno if it could not be run.
 */
int exec_run(const char *program, const char **arguments, char *text, size_t size);

#endif
