/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of config share: reports that are kept, and texts that are good or bad. */
#ifndef TEST_CONFIG_H
#define TEST_CONFIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#include <goose-bridge/config.h>

#include "../../module/config/reader.h"
#include "../../module/config/table.h"

#define REPORTS_MAX 32

struct reports {
	unsigned errors;
	unsigned warnings;
	struct {
		enum gb_config_severity severity;
		unsigned line;
		char file[128];
		char text[512];
	} report[REPORTS_MAX];
};

static inline void note(void *arg, enum gb_config_severity severity, const char *file, unsigned line, const char *text)
{
	struct reports *reports = arg;
	unsigned at = reports->errors + reports->warnings;

	assert_true(gb_config_is_utf8(text, strlen(text)));
	assert_null(strpbrk(text, "\n\r\033"));
	if (severity == GB_CONFIG_ERROR)
		reports->errors++;
	else
		reports->warnings++;
	if (at >= REPORTS_MAX)
		return;
	reports->report[at].severity = severity;
	reports->report[at].line = line;
	snprintf(reports->report[at].file, sizeof(reports->report[at].file), "%s", file);
	snprintf(reports->report[at].text, sizeof(reports->report[at].text), "%s", text);
}

/* Number AT, counted from 0, is of LINE and has WORDS in it. */
static inline void expect_report(const struct reports *reports, unsigned at, enum gb_config_severity severity,
				 unsigned line, const char *words)
{
	assert_true(at < reports->errors + reports->warnings);
	if (!strstr(reports->report[at].text, words))
		fail_msg("\"%s\" is not in \"%s\"", words, reports->report[at].text);
	assert_int_equal(reports->report[at].line, line);
	assert_int_equal(reports->report[at].severity, severity);
}

static inline int parse_octets(const char *text, size_t length, struct gb_config *config, struct reports *reports)
{
	/* An exact copy on the heap, so that a sanitizer sees a read beyond it. */
	char *copy = malloc(length ? length : 1);
	int err;

	memcpy(copy, text, length);
	memset(reports, 0, sizeof(*reports));
	err = gb_config_parse("test.conf", copy, length, config, note, reports);
	free(copy);
	return err;
}

static inline int parse(const char *text, struct gb_config *config, struct reports *reports)
{
	return parse_octets(text, strlen(text), config, reports);
}

/* TEXT is accepted without a word. */
static inline struct gb_config good(const char *text)
{
	struct gb_config config;
	struct reports reports;
	int err = parse(text, &config, &reports);

	if (err || reports.errors || reports.warnings)
		fail_msg("\"%s\": %s", text, reports.report[0].text);
	return config;
}

/* TEXT is one line and refused, for a reason with WORDS in it. */
static inline void bad(const char *text, const char *words)
{
	struct gb_config config, untouched;
	struct reports reports;

	memset(&config, 0x5a, sizeof(config));
	untouched = config;
	assert_int_equal(parse(text, &config, &reports), -EINVAL);
	assert_memory_equal(&config, &untouched, sizeof(config));
	assert_int_equal(reports.errors, 1);
	assert_int_equal(reports.warnings, 0);
	expect_report(&reports, 0, GB_CONFIG_ERROR, 1, words);
}

static inline struct gb_config loaded(const char *path, struct reports *reports)
{
	struct gb_config config;

	memset(reports, 0, sizeof(*reports));
	if (gb_config_load(path, &config, note, reports))
		fail_msg("%s: %s", path, reports->report[0].text);
	return config;
}

struct changes {
	unsigned count;
	unsigned reloadable;
	char last[64];
};

static inline void note_change(void *arg, const char *key, bool reloadable)
{
	struct changes *changes = arg;

	changes->count++;
	changes->reloadable += reloadable;
	snprintf(changes->last, sizeof(changes->last), "%s", key);
}

static inline void expect_instance_files(const struct gb_config *config)
{
	assert_string_equal(config->pid_file, "/var/run/goose-bridge-goose1.pid");
	assert_string_equal(config->log_file, "/var/log/goose-bridge-goose1.log");
	assert_string_equal(config->stats_file, "/var/lib/goose-bridge/stats-goose1.json");
	assert_string_equal(config->control_socket, "/run/goose-bridge/control-goose1.sock");
	assert_string_equal(config->agentx_socket, "/var/agentx/master");
}

#endif
