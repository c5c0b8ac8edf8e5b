/* SPDX-License-Identifier: Apache-2.0 */
#include "helper.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NICE	 10
#define ERROR_FD 3 /* in the child: closed by exec, or written to if that fails */

/* ---- in the child: system calls only, as it runs in the memory of its parent ---- */

static void reset_signals(void)
{
	struct sigaction standard = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		sigaction(i, &standard, NULL); /* fails for those that cannot be caught, and need not be reset */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool drop_rights(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {0};

	/* the bounding set is for root alone, and only root may; no_new_privs keeps the rest from coming back */
	for (unsigned long i = 0; i < 64; i++)
		prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return syscall(SYS_capset, &header, none) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

static bool arrange_descriptors(int in, int out, int error)
{
	if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0)
		return false;
	if (error != ERROR_FD && dup3(error, ERROR_FD, O_CLOEXEC) < 0)
		return false;
	syscall(SYS_close_range, ERROR_FD + 1, ~0U, 0); /* where the kernel has it not, exec closes what is ours */
	return true;
}

static void become(char *const argv[], pid_t parent, int in, int out, int error)
{
	struct rlimit no_core = {0};
	int saved;

	reset_signals();
	setrlimit(RLIMIT_CORE, &no_core);
	setpriority(PRIO_PROCESS, 0, NICE);
	if (!arrange_descriptors(in, out, error)) {
		saved = errno;
		if (write(error, &saved, sizeof(saved)) < 0)
			_exit(126);
		_exit(127);
	}
	if (drop_rights() && prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && getppid() == parent)
		execv(argv[0], argv);
	saved = errno;
	_exit(write(ERROR_FD, &saved, sizeof(saved)) < 0 ? 126 : 127);
}

/* ---- in the parent ---- */

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void close_both(int pair[2])
{
	close_fd(&pair[0]);
	close_fd(&pair[1]);
}

/* The child's process id, or negative errno. */
static pid_t spawn(char *const argv[], int in, int out, int error)
{
	pid_t self = getpid(), pid;
	sigset_t all, before;

	/* a handler of ours must not run in the child, whose descriptors lead to our loop */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid = vfork();
	if (pid == 0)
		become(argv, self, in, out, error);
	if (pid < 0)
		pid = -errno;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return pid;
}

int helper_start(struct helper *helper, char *const argv[])
{
	int in[2] = {-1, -1}, out[2] = {-1, -1}, error[2] = {-1, -1}, result = 0, said = 0;

	*helper = HELPER_NONE;
	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 || pipe2(error, O_CLOEXEC) < 0) {
		result = -errno;
		goto out;
	}
	helper->pid = spawn(argv, in[0], out[1], error[1]);
	if (helper->pid < 0) {
		result = helper->pid;
		helper->pid = 0;
		goto out;
	}
	close_fd(&error[1]);
	helper->in = in[1];
	helper->out = out[0];
	in[1] = out[0] = -1;
	helper->pidfd = (int)syscall(SYS_pidfd_open, helper->pid, 0); /* it is closed by exec */
	if (helper->pidfd < 0)
		result = -errno;
	if (read(error[0], &said, sizeof(said)) == (ssize_t)sizeof(said))
		result = said > 0 ? -said : -EIO;
	if (!result && fcntl(helper->out, F_SETFL, O_NONBLOCK) < 0)
		result = -errno;
	if (result)
		helper_end(helper, 1000);
out:
	close_both(in);
	close_both(out);
	close_both(error);
	return result;
}

void helper_close_pipes(struct helper *helper)
{
	close_fd(&helper->in);
	close_fd(&helper->out);
}

int helper_reap(struct helper *helper, int *status)
{
	pid_t pid = helper->pid;

	*status = 0;
	if (pid == 0)
		return 1;
	do
		pid = waitpid(helper->pid, status, WNOHANG);
	while (pid < 0 && errno == EINTR);
	if (pid == 0)
		return 0;
	helper->pid = 0; /* also if somebody else has waited for it */
	close_fd(&helper->pidfd);
	return 1;
}

void helper_end(struct helper *helper, unsigned max_ms)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	int status;

	helper_close_pipes(helper);
	if (helper->pid == 0)
		return;
	kill(helper->pid, SIGKILL);
	for (unsigned i = 0; !helper_reap(helper, &status) && i < max_ms; i++)
		nanosleep(&pause, NULL);
	close_fd(&helper->pidfd);
}
