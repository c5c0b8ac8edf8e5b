/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-ctl start, stop, detach, restart, reload: through systemd where a unit looks after the service, by hand
 * otherwise.
 */
#include "ctl_engine.h"
#include "ctl_process.h"

#include "exec.h"
#include "put.h"
#include "result.h"
#include "words.h"

#include <errno.h>
#include <goose-bridge/client.h>
#include <goose-bridge/clock.h>
#include <json-c/json.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define ANSWER_MS 10000 /* from when it says that it runs until it answers */
#define ASK_MS	  1000
#define LOOK_MS	  50
#define STOP_MS	  15000
#define RELOAD_MS 10000

struct service {
	const struct ctl_settings *settings;
	struct ctl_unit unit;
	pid_t pid; /* 0 = it does not run */
	bool by_systemd;
};

/* What the service is, and who looks after it. Negative if that cannot be known: said. */
static int look(const struct ctl_settings *settings, struct service *s)
{
	*s = (struct service){.settings = settings};
	if (settings->socket_given && !settings->config_given) {
		fputs("goose-bridge-ctl: start, stop, detach and restart take the configuration file: -c FILE, not -s SOCKET\n",
		      stderr);
		return -EINVAL;
	}
	ctl_unit_look(settings, &s->unit);
	s->pid = ctl_process_find(settings);
	/* one that was started by hand stays so, though there is a unit */
	s->by_systemd = s->unit.loaded && (ctl_unit_runs(&s->unit) || s->pid == 0);
	return 0;
}

/* What was done, and the state that the service says it is in, if it runs. */
static int report(const struct service *s, const char *action, const char *detail, struct json_object *status)
{
	struct json_object *warnings = result_get(status, "warnings"), *first;
	char text[600];

	first = result_length(warnings) ? json_object_array_get_idx(warnings, 0) : NULL;
	if (s->settings->json) {
		struct json_object *object = json_object_new_object();

		put_text(object, "action", action);
		put_text(object, "through", s->by_systemd ? "systemd" : "directly");
		put_text(object, "unit", s->by_systemd ? s->unit.name : NULL);
		put_value(object, "pid", s->pid > 0 ? json_object_new_int((int)s->pid) : NULL);
		put_text(object, "state", result_text(status, "state", NULL));
		put_text(object, "warning", first ? json_object_get_string(first) : NULL);
		put_text(object, "detail", detail);
		put_line(stdout, object);
		return CTL_DONE;
	}
	snprintf(text, sizeof(text), "%s\n", detail);
	words_print_clean(stdout, text, strlen(text));
	if (!status)
		return CTL_DONE;
	snprintf(text, sizeof(text), "It is %s%s%.400s\n", words_state(result_text(status, "state", "in an unknown state")),
		 first ? ": " : "", first ? json_object_get_string(first) : "");
	words_print_clean(stdout, text, strlen(text));
	return CTL_DONE;
}

static int complain_config(const struct ctl_settings *settings)
{
	return ctl_complain(settings, "%s (all that is wrong: goose-bridge -t -c %s)", settings->config_problem,
			    settings->config_file);
}

/* ---- start ---------------------------------------------------------------------------------------------------------- */

/* Its answer to "status", which it gives as soon as frames are forwarded. NULL with a sentence in ERROR. */
static struct json_object *wait_for_answer(const struct ctl_settings *settings, char *error, size_t size)
{
	uint64_t end_ns = gb_clock_mono_ns() + ANSWER_MS * GB_NS_PER_MS;
	struct json_object *status;

	while (gb_client_ask(settings->socket_path, "status", ASK_MS, &status, error, size) != 0) {
		if (gb_clock_mono_ns() >= end_ns)
			return NULL;
		poll(NULL, 0, LOOK_MS);
	}
	return status;
}

static int run_systemctl(const struct service *s, const char *verb)
{
	const char *arguments[] = {NULL, verb, "--", s->unit.name, NULL};
	int status = exec_run("systemctl", arguments, NULL, 0);

	if (status < 0)
		return ctl_complain(s->settings, "cannot run systemctl: %s", strerror(-status));
	if (status > 0)
		return ctl_complain(s->settings, "systemctl %s %s failed; why is in `goose-bridge-ctl logs --journal`%s", verb,
				    s->unit.name, geteuid() != 0 ? ", unless this only wants root" : "");
	return CTL_DONE;
}

static int run_directly(const struct service *s)
{
	const char *arguments[] = {NULL, "-c", s->settings->config_file, "-d", NULL};
	bool given = s->settings->config_given;
	int status;

	if (!given) { /* so that a default file that is missing is none to complain of */
		arguments[1] = "-d";
		arguments[2] = NULL;
	}
	status = exec_run("goose-bridge", arguments, NULL, 0);
	if (status < 0)
		return ctl_complain(s->settings, "cannot run goose-bridge: %s", strerror(-status));
	if (status > 0)
		return ctl_complain(s->settings, "goose-bridge did not start; above it says why%s",
				    geteuid() != 0 ? ". It is to be started by root" : "");
	return CTL_DONE;
}

/* Once it was told to run. */
static int see_it_run(struct service *s, const char *action)
{
	char error[512], detail[400];
	struct json_object *status = wait_for_answer(s->settings, error, sizeof(error));
	int result;

	s->pid = ctl_process_find(s->settings);
	if (!status)
		return ctl_complain(s->settings,
				    "goose-bridge was started%s, but: %s Its log may say more: goose-bridge-ctl logs",
				    s->pid > 0 ? " and runs" : "", error);
	snprintf(detail, sizeof(detail), "goose-bridge %s runs as process %ld%s%s", result_text(status, "version", ""),
		 (long)s->pid, s->by_systemd ? ", unit " : "", s->by_systemd ? s->unit.name : "");
	result = report(s, action, detail, status);
	json_object_put(status);
	return result;
}

static int start(struct service *s, const char *action)
{
	int status;

	if (*s->settings->config_problem)
		return complain_config(s->settings);
	status = s->by_systemd ? run_systemctl(s, action) : run_directly(s);
	return status == CTL_DONE ? see_it_run(s, action) : status;
}

int ctl_start(const struct ctl_settings *settings, int count, char **words)
{
	struct json_object *status = NULL;
	char detail[400], error[512];
	struct service s;
	int result;

	(void)count;
	(void)words;
	if (look(settings, &s) != 0)
		return CTL_USAGE;
	if (s.pid == 0)
		return start(&s, "start");
	snprintf(detail, sizeof(detail), "goose-bridge runs already, as process %ld", (long)s.pid);
	(void)gb_client_ask(settings->socket_path, "status", ASK_MS, &status, error, sizeof(error)); /* or it is not known */
	result = report(&s, "start", detail, status);
	json_object_put(status);
	return result;
}

/* ---- stop ----------------------------------------------------------------------------------------------------------- */

/* Ends the process, and waits for that. With SIGINT it takes the kernel engine along, with SIGTERM it leaves it to the next. */
static int stop_directly(const struct service *s, int signal)
{
	int error = ctl_process_signal(s->pid, signal, STOP_MS);

	if (error == -EPERM)
		return ctl_complain(s->settings, "goose-bridge, process %ld, may be stopped by root and by its own user alone",
				    (long)s->pid);
	if (error == -ETIMEDOUT)
		return ctl_complain(s->settings,
				    "process %ld has not ended within %d s; its log may say why: goose-bridge-ctl logs. "
				    "`kill -KILL %ld` ends it at once; goose0 and the membership stay",
				    (long)s->pid, STOP_MS / 1000, (long)s->pid);
	if (error && error != -ESRCH)
		return ctl_complain(s->settings, "cannot stop process %ld: %s", (long)s->pid, strerror(-error));
	return CTL_DONE;
}

static int stop(const struct service *s)
{
	return s->by_systemd ? run_systemctl(s, "stop") : stop_directly(s, SIGINT);
}

/* What an end that was none of its own doing has left. That who asks may not do so tells nothing of whether there is any. */
static int remove_engine(const struct service *s, const char *action, const char *detail)
{
	char said[GB_KERNEL_ENGINE_TEXT] = "", text[400];
	int count = *s->settings->config_problem ? 0 : ctl_engine_remove(s->settings, said);

	if (count < 0 && count != -EPERM)
		return ctl_complain(s->settings, "%s, but its programs in the kernel are still there: %s", detail, said);
	snprintf(text, sizeof(text), "%s%s", detail, count > 0 ? "; what it had left in the kernel was taken away" : "");
	return report(s, action, text, NULL);
}

int ctl_stop(const struct ctl_settings *settings, int count, char **words)
{
	struct service s;
	int status;

	(void)count;
	(void)words;
	if (look(settings, &s) != 0)
		return CTL_USAGE;
	if (s.pid == 0 && !ctl_unit_runs(&s.unit))
		return remove_engine(&s, "stop", "goose-bridge does not run");
	status = stop(&s);
	s.pid = 0;
	if (status != CTL_DONE)
		return status;
	return remove_engine(&s, "stop", "goose-bridge has ended; goose0 and the membership stay");
}

int ctl_detach(const struct ctl_settings *settings, int count, char **words)
{
	char said[GB_KERNEL_ENGINE_TEXT] = "";
	struct service s;
	int removed;

	if (count != 0 && count != 2) {
		fputs("goose-bridge-ctl: detach takes nothing, or a unit of systemd and the result of its process\n", stderr);
		return CTL_USAGE;
	}
	if (look(settings, &s) != 0)
		return CTL_USAGE;
	s.by_systemd = false;
	if (*settings->config_problem)
		return complain_config(settings);
	if (s.pid != 0)
		return ctl_complain(settings,
				    "goose-bridge runs, as process %ld, and needs what it has in the kernel; `goose-bridge-ctl "
				    "stop` ends both",
				    (long)s.pid);
	if (count == 2 && ctl_engine_is_needed(words[0], words[1]))
		return report(&s, "detach", "what goose-bridge has in the kernel goes on until it is started anew", NULL);
	removed = ctl_engine_remove(settings, said);
	if (removed < 0)
		return ctl_complain(settings, "what goose-bridge has left in the kernel is still there: %s", said);
	return report(&s, "detach",
		      removed ? "what goose-bridge had left in the kernel was taken away"
			      : "goose-bridge has left nothing in the kernel",
		      NULL);
}

int ctl_restart(const struct ctl_settings *settings, int count, char **words)
{
	struct service s;
	int status = CTL_DONE;

	(void)count;
	(void)words;
	if (look(settings, &s) != 0)
		return CTL_USAGE;
	/* a file that is wrong ends nothing that runs */
	if (!s.by_systemd && s.pid != 0 && !*settings->config_problem)
		status = stop_directly(&s, SIGTERM);
	return status == CTL_DONE ? start(&s, "restart") : status;
}

/* ---- reload --------------------------------------------------------------------------------------------------------- */

/* Without the control socket: it cannot say how it went. */
static int reload_unheard(const struct ctl_settings *settings, const char *error)
{
	struct service s;
	int status;

	if (settings->socket_given || look(settings, &s) != 0 || (s.pid == 0 && !ctl_unit_runs(&s.unit)))
		return ctl_complain(settings, "%s", error);
	if (s.by_systemd)
		status = run_systemctl(&s, "reload");
	else
		status = ctl_process_signal(s.pid, SIGHUP, 0) == 0 ? CTL_DONE : ctl_complain(settings, "%s", error);
	if (status != CTL_DONE)
		return status;
	return report(&s, "reload", "goose-bridge was told to; how it went is in its log: goose-bridge-ctl logs", NULL);
}

int ctl_reload(const struct ctl_settings *settings, int count, char **words)
{
	struct json_object *result;
	char error[1024];
	int code = gb_client_ask(settings->socket_path, "reload", RELOAD_MS, &result, error, sizeof(error));

	(void)count;
	(void)words;
	if (code == -ENOENT || code == -ECONNREFUSED)
		return reload_unheard(settings, error);
	if (code)
		return ctl_complain(settings, "%s", error);
	if (settings->json)
		put_line(stdout, json_object_get(result));
	else
		ctl_print(stdout, ctl_render_reload, result);
	json_object_put(result);
	return CTL_DONE;
}
