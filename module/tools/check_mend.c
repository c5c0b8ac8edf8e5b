/* SPDX-License-Identifier: Apache-2.0 */
#include "check_mend.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define KEEP_FILE "/etc/sysctl.d/90-goose-bridge.conf"

/* Below /proc/sys; with the dots that sysctl(8) writes. */
static void print_key(FILE *out, const struct check_parameter *p)
{
	for (const char *at = p->name; *at; at++)
		putc(*at == '/' ? '.' : *at == '.' ? '/' : *at, out);
	fprintf(out, " = %s", p->value);
}

static int write_sysctl(const struct check_parameter *parameter)
{
	char path[sizeof("/proc/sys/") + sizeof(parameter->name)];
	size_t length = strlen(parameter->value);
	int fd, error = 0;

	snprintf(path, sizeof(path), "/proc/sys/%s", parameter->name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, parameter->value, length) != (ssize_t)length)
		error = errno ? -errno : -EIO;
	close(fd);
	return error;
}

static bool mend_sysctls(const struct check *check, FILE *out)
{
	for (unsigned i = 0; i < check->parameters; i++) {
		int error = write_sysctl(&check->parameter[i]);

		fprintf(out, error ? "not set: " : "set: ");
		print_key(out, &check->parameter[i]);
		if (error) {
			fprintf(out, " (%s)\n", strerror(-error));
			return false;
		}
		fprintf(out, "; until the next start, unless the same line is in %s\n", KEEP_FILE);
	}
	return true;
}

static bool mend_in_aws(const struct check *check, struct aws_session *session, FILE *out)
{
	char why[400] = "there is no session";

	if (!session || check_aws_mend(session, check, why, sizeof(why)) != 0) {
		fprintf(out, "not done: %s: %s\n", check->action, why);
		return false;
	}
	fprintf(out, "done: %s\n", check->action);
	return true;
}

static bool is_agreed(FILE *out)
{
	char answer[16] = "";

	fputs("Do this? [y/N] ", out);
	fflush(out);
	if (!fgets(answer, sizeof(answer), stdin)) {
		putc('\n', out);
		return false;
	}
	return *answer == 'y' || *answer == 'Y';
}

unsigned check_mend_all(const struct check_list *list, struct aws_session *session, bool yes, FILE *out)
{
	bool may_ask = isatty(STDIN_FILENO);
	unsigned mended = 0, left = 0;

	for (unsigned i = 0; i < list->count; i++) {
		const struct check *check = &list->check[i];

		if (check->result != CHECK_FAIL || check->mend == CHECK_MEND_NONE)
			continue;
		if (!yes && !may_ask) {
			left++;
			continue;
		}
		fprintf(out, "%s: %s\n  %s\n", check_id(check->kind), check->text, check->fix);
		if (!yes && !is_agreed(out))
			continue;
		mended += check->mend == CHECK_MEND_SYSCTL ? mend_sysctls(check, out) : mend_in_aws(check, session, out);
	}
	if (left)
		fprintf(out,
			"Nothing was changed: there is no terminal to ask on, and --yes, which asks nobody, was not given (%u "
			"could be "
			"mended).\n",
			left);
	return mended;
}
