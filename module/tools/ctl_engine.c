/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl_engine.h"

#include "exec.h"

#include <string.h>

int ctl_engine_remove(const struct ctl_settings *settings, char *said)
{
	struct gb_config_path path[GB_CONFIG_PATHS_MAX];
	unsigned paths = gb_config_paths(&settings->config, path);
	char why[GB_KERNEL_ENGINE_TEXT];
	int removed = 0, error = 0;

	for (unsigned i = 0; i < paths; i++) {
		int count = gb_kernel_engine_remove(settings->config.bpf_dir, path[i].interface, why);

		if (count >= 0) {
			removed += count;
			continue;
		}
		error = count;
		memcpy(said, why, sizeof(why));
	}
	return error ? error : removed;
}

/* The type of the job that systemd has for UNIT, as systemctl(1) list-jobs has it: JOB UNIT TYPE STATE. "" = none. */
static void find_job(const char *unit, char *type, size_t size)
{
	const char *arguments[] = {NULL, "list-jobs", "--no-legend", "--no-pager", "--full", "--", unit, NULL};
	char text[1024], *rest = NULL, *word;

	*type = '\0';
	if (exec_run("systemctl", arguments, text, sizeof(text)) != 0)
		return;
	for (word = strtok_r(text, " \n", &rest); word && strcmp(word, unit) != 0; word = strtok_r(NULL, " \n", &rest))
		;
	word = word ? strtok_r(NULL, " \n", &rest) : NULL;
	snprintf(type, size, "%s", word ? word : "");
}

bool ctl_engine_is_needed(const char *unit, const char *result)
{
	char job[32];

	find_job(unit, job, sizeof(job));
	if (*job)
		return strcmp(job, "stop") != 0;
	return strcmp(result, "success") != 0;
}
