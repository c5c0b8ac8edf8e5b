/* SPDX-License-Identifier: Apache-2.0 */
/* base/log: one line for each thing that a person can act on.
 *
 * The sinks are the process's, as stderr is: the one piece of state that is not handed around. Called from the control
 * thread and during start and stop; never from the hot path. A line goes out with one write(), so that lines of several
 * threads or processes do not mix.
 */
#ifndef GOOSE_BRIDGE_LOG_H
#define GOOSE_BRIDGE_LOG_H

#include <stdbool.h>
#include <stdint.h>

/* The numbers are syslog's severities (RFC 5424, 6.2.1); the names are those of the configuration key log_level. */
enum gb_log_level {
	GB_LOG_CRITICAL = 2,
	GB_LOG_ERROR = 3,
	GB_LOG_WARNING = 4,
	GB_LOG_INFO = 6,
	GB_LOG_DEBUG = 7,
};

struct gb_log_settings {
	enum gb_log_level level; /* lines less urgent than this are not written */
	const char *file;	 /* appended to; NULL or "" = no file */
	bool to_stderr;		 /* with "<N>" before each line if stderr is the journal (JOURNAL_STREAM) */
	bool to_syslog;		 /* facility daemon */
};

/* Opens the sinks, or applies changed settings. Strings are copied.
 * Returns 0, or negative errno if the file could not be opened: the other sinks work all the same.
 */
int gb_log_open(const struct gb_log_settings *settings);

/* Opens the file again (after log rotation). Returns 0 or negative errno; on error the old file stays in use. */
int gb_log_reopen(void);

void gb_log_close(void);

/* The level named by TEXT (DEBUG, INFO, WARNING, ERROR, CRITICAL; any case), or -1. */
int gb_log_level_parse(const char *text);
const char *gb_log_level_name(enum gb_log_level level);

void gb_log(enum gb_log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define gb_error(...) gb_log(GB_LOG_ERROR, __VA_ARGS__)
#define gb_warn(...)  gb_log(GB_LOG_WARNING, __VA_ARGS__)
#define gb_info(...)  gb_log(GB_LOG_INFO, __VA_ARGS__)
#define gb_debug(...) gb_log(GB_LOG_DEBUG, __VA_ARGS__)

/* Limits how often one kind of line is written: at most BURST in each interval of INTERVAL_NS. */
struct gb_log_limit {
	uint64_t interval_ns;
	unsigned burst;
	uint64_t window_start_ns;
	unsigned in_window;
	unsigned suppressed; /* since the last line that was let through */
};

/* Whether the line may be written at NOW_NS (monotonic). If so, *SUPPRESSED (may be NULL) is how many were held back
 * since the last one that was not.
 */
bool gb_log_limit_pass(struct gb_log_limit *limit, uint64_t now_ns, unsigned *suppressed);

#endif
