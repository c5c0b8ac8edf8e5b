/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-ctl migrate: the old file is read, never written; what is replaced stays beside the new one. */
#include "ctl_command.h"

#include <errno.h>
#include <goose-bridge/file.h>
#include <goose-bridge/migrate.h>
#include <json-c/json.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "put.h"

#define NAMES_MAX 100

struct migration {
	const char *old_path;
	const char *new_path; /* as given, or old_path */
	bool check;
	bool json;
	char target[PATH_MAX]; /* new_path, or the file that it links to */
	struct stat status;    /* of the target, if it is there */
	bool there;
	bool same;	     /* the target is the old file */
	char beside[PATH_MAX]; /* where the target goes to if it is replaced */
	char *old_text;
	size_t old_length;
	struct gb_migration made;
	struct json_object *result;
	struct json_object *keys;
	struct json_object *problems;
};

/* ---- what is said --------------------------------------------------------------------------------------------------- */

static void tell_key(void *arg, const struct gb_migrate_item *item)
{
	struct migration *m = arg;
	struct json_object *key = json_object_new_object();

	put_text(key, "key", item->key);
	put_text(key, "what", gb_migrate_word(item->what));
	put_value(key, "line", item->line ? json_object_new_int64(item->line) : NULL);
	put_text(key, "was", item->was);
	put_text(key, "now", item->now);
	put_text(key, "installed", item->installed);
	put_text(key, "note", item->note);
	json_object_array_add(m->keys, key);
}

static void tell_problem(void *arg, enum gb_config_severity severity, const char *file, unsigned line, const char *text)
{
	struct migration *m = arg;
	struct json_object *problem = json_object_new_object();

	put_text(problem, "severity", severity == GB_CONFIG_ERROR ? "error" : "warning");
	put_text(problem, "file", file);
	put_value(problem, "line", line ? json_object_new_int64(line) : NULL);
	put_text(problem, "text", text);
	json_object_array_add(m->problems, problem);
}

/* Of a file, and what to do. Returns -EIO, as whatever went wrong has been said then. */
static int complain(struct migration *m, const char *file, const char *what, int error)
{
	char text[200];

	snprintf(text, sizeof(text), "%s: %s", what, strerror(error));
	tell_problem(m, GB_CONFIG_ERROR, file, 0, text);
	return -EIO;
}

/* ---- files ---------------------------------------------------------------------------------------------------------- */

/* A name beside the target that nothing has yet. */
static int find_name(struct migration *m)
{
	struct stat status;

	for (unsigned i = 0; i < NAMES_MAX; i++) {
		char number[16] = "";

		if (i)
			snprintf(number, sizeof(number), ".%u", i);
		if (snprintf(m->beside, sizeof(m->beside), "%s.before%s", m->target, number) >= (int)sizeof(m->beside))
			return complain(m, m->target, "cannot be kept beside", ENAMETOOLONG);
		if (lstat(m->beside, &status) < 0 && errno == ENOENT)
			return 0;
	}
	return complain(m, m->beside, "is there, and so are all names before it: remove what is not needed", EEXIST);
}

/* A link stays one: what it leads to is replaced. */
static int find_target(struct migration *m, const char *old_path)
{
	struct stat old;

	m->there = realpath(m->new_path, m->target) && stat(m->target, &m->status) == 0;
	if (!m->there && errno != ENOENT)
		return complain(m, m->new_path, "cannot be written", errno);
	if (!m->there && snprintf(m->target, sizeof(m->target), "%s", m->new_path) >= (int)sizeof(m->target))
		return complain(m, m->new_path, "cannot be written", ENAMETOOLONG);
	m->same = m->there && stat(old_path, &old) == 0 && old.st_dev == m->status.st_dev && old.st_ino == m->status.st_ino;
	return find_name(m);
}

/* Whether the target is what it has to be. */
static bool is_done(struct migration *m)
{
	char *text;
	size_t length;
	bool equal;

	if (m->same)
		return m->made.changes == 0;
	if (!m->there || gb_config_read_file(m->target, &text, &length, NULL, NULL))
		return false;
	equal = length == m->made.length && memcmp(text, m->made.text, length) == 0;
	free(text);
	return equal;
}

/* The target gets a second name first, so that at no time it is without either. */
static int replace(struct migration *m)
{
	int error;

	if (m->there && link(m->target, m->beside) < 0)
		return complain(m, m->beside, "the old file cannot be kept under this name, and nothing was written", errno);
	error = gb_file_replace(m->target, m->made.text, m->made.length, true);
	if (error && m->there)
		unlink(m->beside);
	if (error)
		return complain(m, m->target, "cannot be written", -error);
	/* whoever could read or write it still can */
	if (m->there && chown(m->target, m->status.st_uid, m->status.st_gid) < 0)
		complain(m, m->target, "is written, but its owner is another one than before", errno);
	if (m->there && chmod(m->target, m->status.st_mode & 07777) < 0)
		complain(m, m->target, "is written, but its permissions are others than before", errno);
	return 0;
}

static int migrate(struct migration *m)
{
	char old_path[PATH_MAX];
	bool done;
	int error;

	error = gb_config_read_file(m->old_path, &m->old_text, &m->old_length, tell_problem, m);
	if (error)
		return error;
	if (!realpath(m->old_path, old_path))
		return complain(m, m->old_path, "cannot be read", errno);
	error = find_target(m, old_path);
	if (error)
		return error;
	error = gb_migrate(m->old_path, m->old_text, m->old_length, m->same ? m->beside : old_path, &m->made, tell_key,
			   tell_problem, m);
	if (error)
		return error;
	done = is_done(m);
	if (m->there && !(m->status.st_mode & S_IROTH))
		tell_problem(m, GB_CONFIG_WARNING, m->target, 0,
			     "not everybody may read it; under systemd the user goose-bridge has to: chmod 644");
	if (!done && !m->check)
		error = replace(m);
	put_text(m->result, "output", m->target);
	put_text(m->result, "kept_as", m->there && !done ? m->beside : NULL);
	put_text(m->result, "variant", m->made.dual ? "dual" : "single");
	put_count(m->result, "changes", m->made.changes);
	put_bool(m->result, "same_file", m->same);
	put_bool(m->result, "up_to_date", done);
	put_bool(m->result, "written", !done && !m->check && !error);
	return error;
}

/* ---- the command --------------------------------------------------------------------------------------------------- */

/* What went wrong goes where errors go. */
static void print(struct migration *m, bool failed)
{
	if (m->json)
		put_line(stdout, json_object_get(m->result));
	else
		ctl_print(failed ? stderr : stdout, ctl_render_migrate, m->result);
}

int ctl_migrate(const struct ctl_settings *settings, int count, char **words)
{
	struct migration m = {
		.old_path = count ? words[0] : settings->config_file,
		.new_path = settings->value[CTL_OPTION_OUTPUT],
		.check = settings->value[CTL_OPTION_CHECK],
		.json = settings->json,
	};
	int error;

	if (count > 1) {
		fprintf(stderr, "goose-bridge-ctl: migrate takes one file, not %d: -o says where the new one goes\n", count);
		return CTL_USAGE;
	}
	if (!m.new_path)
		m.new_path = m.old_path;
	m.result = json_object_new_object();
	m.keys = json_object_new_array();
	m.problems = json_object_new_array();
	put_text(m.result, "file", m.old_path);
	error = migrate(&m);
	put_bool(m.result, "ok", !error);
	put_bool(m.result, "check", m.check);
	put_value(m.result, "keys", m.keys);
	put_value(m.result, "problems", m.problems);
	print(&m, error);
	json_object_put(m.result);
	free(m.made.text);
	free(m.old_text);
	return error ? CTL_BAD_NEWS : CTL_DONE;
}
