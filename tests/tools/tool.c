/* SPDX-License-Identifier: Apache-2.0 */
#include "tool.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A handler can reach nothing but a static. */
static volatile sig_atomic_t stopped;

static void complain(int error, const char *format, va_list arguments) __attribute__((format(printf, 2, 0)));

static void complain(int error, const char *format, va_list arguments)
{
	fputs("goose-test: ", stderr);
	vfprintf(stderr, format, arguments);
	if (error)
		fprintf(stderr, ": %s", strerror(error));
	fputc('\n', stderr);
}

void tool_fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	complain(0, format, arguments);
	va_end(arguments);
	exit(TOOL_FAILED);
}

void tool_fail_errno(const char *format, ...)
{
	int error = errno;
	va_list arguments;

	va_start(arguments, format);
	complain(error, format, arguments);
	va_end(arguments);
	exit(TOOL_FAILED);
}

void tool_fail_usage(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	complain(0, format, arguments);
	va_end(arguments);
	exit(TOOL_USAGE);
}

static void print_help(const char *command, const char *synopsis, const struct tool_option *options)
{
	printf("usage: goose-test %s %s\n", command, synopsis);
	for (const struct tool_option *o = options; o->name; o++)
		printf("  --%s%s%-*s  %s\n", o->name, o->argument ? " " : "",
		       (int)(22 - strlen(o->name) - (o->argument ? 1 : 0)), o->argument ? o->argument : "", o->help);
}

static uint64_t parse_number(const char *name, const char *text)
{
	char *end;

	errno = 0;
	uint64_t value = strtoull(text, &end, 0);
	if (errno || end == text || *end || *text == '-')
		tool_fail_usage("--%s: not a number: %s", name, text);
	return value;
}

static uint64_t parse_seconds(const char *name, const char *text)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || !(value >= 0 && value < 1e9))
		tool_fail_usage("--%s: not a number of seconds: %s", name, text);
	return (uint64_t)(value * 1e9);
}

static void store(const struct tool_option *o, const char *text)
{
	switch (o->kind) {
	case TOOL_FLAG:
		*(bool *)o->value = true;
		break;
	case TOOL_TEXT:
		*(const char **)o->value = text;
		break;
	case TOOL_NUMBER:
		*(uint64_t *)o->value = parse_number(o->name, text);
		break;
	case TOOL_SECONDS:
		*(uint64_t *)o->value = parse_seconds(o->name, text);
		break;
	}
}

size_t tool_parse(int argc, char **argv, const char *synopsis, const struct tool_option *options, size_t least,
		  size_t most)
{
	const char *command = argv[0];
	size_t left = 0;

	for (int i = 1; i < argc; i++) {
		const struct tool_option *o = options;

		if (strncmp(argv[i], "--", 2) != 0 || !argv[i][2]) {
			argv[left++] = argv[i];
			continue;
		}
		if (strcmp(argv[i], "--help") == 0) {
			print_help(command, synopsis, options);
			exit(TOOL_OK);
		}
		while (o->name && strcmp(o->name, argv[i] + 2) != 0)
			o++;
		if (!o->name)
			tool_fail_usage("%s: unknown option %s", command, argv[i]);
		if (o->kind != TOOL_FLAG && ++i == argc)
			tool_fail_usage("%s: --%s needs an argument", command, o->name);
		store(o, argv[i]);
	}
	if (left < least || left > most)
		tool_fail_usage("usage: %s %s", command, synopsis);
	return left;
}

void *tool_alloc(size_t size)
{
	void *memory = calloc(1, size);

	if (!memory)
		tool_fail("no memory for %zu octets", size);
	return memory;
}

void *tool_grow(void *memory, size_t size)
{
	memory = realloc(memory, size);
	if (!memory)
		tool_fail("no memory for %zu octets", size);
	return memory;
}

uint64_t tool_mono_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * TOOL_NS_PER_S + (uint64_t)now.tv_nsec;
}

void tool_wait_until(uint64_t deadline, bool spin)
{
	/* What clock_nanosleep may come late by on a busy machine; the rest is spun. */
	const uint64_t slack = spin ? 100000 : 0;
	uint64_t now = tool_mono_ns();

	if (now + slack < deadline) {
		uint64_t to = deadline - slack;
		struct timespec at = {.tv_sec = (time_t)(to / TOOL_NS_PER_S), .tv_nsec = (long)(to % TOOL_NS_PER_S)};

		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
	}
	while (spin && tool_mono_ns() < deadline && !stopped)
		;
}

static void on_signal(int number)
{
	(void)number;
	stopped = 1;
}

void tool_catch_signals(void)
{
	struct sigaction action = {.sa_handler = on_signal};

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
}

bool tool_stopped(void)
{
	return stopped;
}

bool tool_readable(int fd, uint64_t deadline)
{
	/* A signal between the look at `stopped` and poll() would be slept through: so look again every 100 ms. */
	while (!stopped) {
		struct pollfd pfd = {.fd = fd, .events = POLLIN};
		uint64_t now = tool_mono_ns();
		uint64_t left = !deadline ? TOOL_NS_PER_S : deadline > now ? deadline - now : 0;
		int milliseconds = left > 100000000 ? 100 : (int)((left + 999999) / 1000000);

		if (left == 0)
			return false;
		if (poll(&pfd, 1, milliseconds) > 0)
			return true;
	}
	return false;
}

void tool_ready(const char *path)
{
	if (!path)
		return;
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		tool_fail_errno("%s", path);
	close(fd);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t tool_hex(const char *text, uint8_t *octets, size_t capacity)
{
	size_t length = 0;

	while (*text) {
		unsigned long times = 1;
		char *end;

		if (isspace((unsigned char)*text) || *text == ':') {
			text++;
			continue;
		}
		int high = hex_digit(text[0]), low = high < 0 ? -1 : hex_digit(text[1]);
		if (low < 0)
			tool_fail_usage("not hex: %s", text);
		text += 2;
		if (*text == '*') {
			times = strtoul(text + 1, &end, 10);
			text = end;
		}
		if (times > capacity - length)
			tool_fail_usage("more than %zu octets of hex", capacity);
		memset(octets + length, high << 4 | low, times);
		length += times;
	}
	return length;
}

uint64_t tool_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return z ^ z >> 31;
}
