/* SPDX-License-Identifier: Apache-2.0 */
/* base/clock: the two clocks, and time as text. */
#ifndef GOOSE_BRIDGE_CLOCK_H
#define GOOSE_BRIDGE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/time.h>

#define GB_NS_PER_MS UINT64_C(1000000)
#define GB_NS_PER_S  UINT64_C(1000000000)

/* NS as the timer functions of libevent want it, rounded down to microseconds. */
static inline struct timeval gb_clock_timeval(uint64_t ns)
{
	return (struct timeval){(time_t)(ns / GB_NS_PER_S), (suseconds_t)(ns % GB_NS_PER_S / 1000)};
}

/* Nanoseconds of CLOCK_MONOTONIC: for every interval and deadline. */
uint64_t gb_clock_mono_ns(void);

/* Nanoseconds since 1970-01-01 UTC (CLOCK_REALTIME): for what others read. It may jump. */
uint64_t gb_clock_utc_ns(void);

/* Whether the kernel's clock is disciplined (adjtimex(2): no STA_UNSYNC, not TIME_ERROR). */
bool gb_clock_synchronised(void);

/* Whether the kernel may be asked for that: a service manager's sandbox may forbid the call. Then the answer above is no. */
bool gb_clock_may_ask(void);

/* UTC_NS as ISO 8601 with microseconds. With ZONE "2026-01-31T12:00:00.000000+00:00" in UTC; without it local time and
 * no zone, as Python's datetime.isoformat() writes it. TEXT has SIZE octets, 33 are enough. Returns TEXT.
 */
char *gb_clock_iso8601(uint64_t utc_ns, bool zone, char *text, size_t size);

#endif
