/* SPDX-License-Identifier: Apache-2.0 */
/* SIGHUP and `goose-bridge-ctl reload`: the file is read again; it is taken as a whole or not at all. */
#include "daemon_private.h"

#include <errno.h>
#include <goose-bridge/clock.h>
#include <stdio.h>
#include <string.h>

struct reports {
	unsigned errors;
	char first[240];
};

static void report(void *arg, enum gb_config_severity severity, const char *file, unsigned line, const char *text)
{
	struct reports *reports = arg;
	char where[64] = "";

	if (line)
		snprintf(where, sizeof(where), "%u:", line);
	if (severity == GB_CONFIG_WARNING) {
		gb_warn("%s:%s %s", file, where, text);
		return;
	}
	gb_error("%s:%s %s", file, where, text);
	if (reports->errors++ == 0)
		snprintf(reports->first, sizeof(reports->first), "%s:%s %s", file, where, text);
}

struct changes {
	unsigned applied;
	unsigned wait; /* for a restart */
	char waiting[160]; /* their names */
};

static void note_changed(void *arg, const char *key, bool reloadable)
{
	struct changes *changes = arg;
	size_t used = strlen(changes->waiting);

	if (reloadable) {
		changes->applied++;
		return;
	}
	changes->wait++;
	snprintf(changes->waiting + used, sizeof(changes->waiting) - used, "%s%s", used ? ", " : "", key);
	gb_warn("%s has changed in the file, but needs a restart", key);
}

int daemon_open_log(struct daemon *d, bool foreground)
{
	struct gb_log_settings settings = {
		.level = d->config.debug ? GB_LOG_DEBUG : (enum gb_log_level)d->config.log_level,
		.file = d->config.log_file,
		.to_stderr = foreground,
		.to_syslog = d->options.daemonise,
	};

	return gb_log_open(&settings);
}

static void reopen_log(struct daemon *d)
{
	int error = daemon_open_log(d, !d->options.daemonise);

	if (!error)
		error = gb_log_reopen();
	if (error)
		gb_warn("cannot open log_file %s: %s; the old one is still written", d->config.log_file, strerror(-error));
}

int daemon_reload(struct daemon *d, char *said, size_t size)
{
	struct reports reports = {0};
	struct changes changes = {0};
	struct gb_config fresh;
	char text[GB_EVENT_TEXT];

	notify_reloading(d);
	/* rotation: the file is opened again also if the configuration turns out to be wrong */
	reopen_log(d);
	if (options_load(&d->options, &fresh, report, &reports) < 0) {
		snprintf(said, size, "%s", reports.first);
		daemon_note(d, GB_EVENT_RELOAD_REFUSED, reports.errors, "what was in force before goes on");
		notify_reloaded(d);
		return -EINVAL;
	}
	bool was_open = d->config.allow_sources.count == 0;
	char expected_before[sizeof(d->config.expect_stream)];

	memcpy(expected_before, d->config.expect_stream, sizeof(expected_before));

	gb_config_diff(&d->config, &fresh, note_changed, &changes);
	gb_config_apply_reloadable(&d->config, &fresh);
	reopen_log(d);
	paths_configure(d);
	daemon_set_timers(d);
	streams_reconfigure(d, expected_before);
	if (!was_open)
		daemon_warn_of_open_sources(d);
	snprintf(text, sizeof(text), "%u changed, %u need a restart", changes.applied + changes.wait, changes.wait);
	daemon_note(d, GB_EVENT_RELOADED, changes.applied, text);
	if (changes.wait)
		snprintf(said, size, "%u changed; these need a restart: %s", changes.applied + changes.wait,
			 changes.waiting);
	else
		snprintf(said, size, "%u changed", changes.applied);
	notify_reloaded(d);
	return 0;
}
