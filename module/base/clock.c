/* SPDX-License-Identifier: Apache-2.0 */
#include <goose-bridge/clock.h>

#include <stdio.h>
#include <sys/timex.h>
#include <time.h>

static uint64_t read_clock(clockid_t clock)
{
	struct timespec now;

	/* cannot fail for the two clocks asked for here: Linux always has them */
	if (clock_gettime(clock, &now) != 0)
		return 0;
	return (uint64_t)now.tv_sec * GB_NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t gb_clock_mono_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

uint64_t gb_clock_utc_ns(void)
{
	return read_clock(CLOCK_REALTIME);
}

bool gb_clock_may_ask(void)
{
	struct timex clock = {0};

	return adjtimex(&clock) >= 0;
}

bool gb_clock_synchronised(void)
{
	struct timex clock = {0}; /* modes 0: asks only, so no privilege is needed */
	int state = adjtimex(&clock);

	return state >= 0 && state != TIME_ERROR && !(clock.status & STA_UNSYNC);
}

char *gb_clock_iso8601(uint64_t utc_ns, bool zone, char *text, size_t size)
{
	time_t seconds = (time_t)(utc_ns / GB_NS_PER_S);
	unsigned microseconds = (unsigned)(utc_ns % GB_NS_PER_S / 1000);
	struct tm tm;

	/* 2^64 ns end in 2554, so the year always has four digits */
	if (!(zone ? gmtime_r(&seconds, &tm) : localtime_r(&seconds, &tm)))
		tm = (struct tm){.tm_year = 70, .tm_mday = 1};
	snprintf(text, size, "%04d-%02d-%02dT%02d:%02d:%02d.%06u%s", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
		 tm.tm_hour, tm.tm_min, tm.tm_sec, microseconds, zone ? "+00:00" : "");
	return text;
}
