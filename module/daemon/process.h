/* SPDX-License-Identifier: Apache-2.0 */
/* The process: background, pid file, privileges, and what the service manager is told. */
#ifndef DAEMON_PROCESS_H
#define DAEMON_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Forks into the background. In the parent this does not return: it exits with the status that the child gives to
 * process_ready, or 1 if the child dies before. Returns in the child a descriptor for process_ready, or negative errno.
 */
int process_background(void);

/* Tells the waiting parent (FD from process_background; < 0 = there is none) that frames are forwarded. */
void process_ready(int fd);

/* Whether a service manager listens (NOTIFY_SOCKET, sd_notify(3)). It then also knows the process. */
bool process_is_managed(void);

/* Tells the service manager STATE ("STOPPING=1"). Without one, nothing. */
void process_notify(const char *state);

/* Writes the process id to PATH and keeps the file locked as long as the process lives, so that a file that a crash left
 * behind is no obstacle. Returns the descriptor that holds the lock; -EAGAIN if a living process holds it, whose id is then in
 * *OTHER; or negative errno.
 */
int process_write_pid(const char *path, pid_t *other);
void process_remove_pid(int fd, const char *path);

/* What CAP_NET_ADMIN and CAP_NET_RAW, by which goose0 and sockets are opened again after faults, are not enough for. */
struct process_needs {
	bool low_port; /* the bridge's port is one: CAP_NET_BIND_SERVICE */
	bool bpf; /* programs are attached again when an interface was made anew: CAP_BPF */
};

/* Becomes USER with its groups, keeping the capabilities that it needs. Before any thread is started. Returns 0, or negative
 * errno with the step in *FAILED.
 */
int process_become(const char *user, const struct process_needs *needs, const char **failed);

/* Whether the process runs as USER already. */
bool process_is_user(const char *user);

/* For a process that was started as another user than root, with ambient capabilities: keeps of those the same as
 * process_become, as far as it has them, and hands none on to programs that it runs. Before any thread is started. Returns 0 or
 * negative errno.
 */
int process_keep_capabilities(const struct process_needs *needs);

/* Gives FILE, if it is there, to USER. */
void process_give_file(const char *file, const char *user);

/* From now on large blocks go back to the kernel as soon as they are free: a report of thousands of streams needs some
 * megabytes for a moment. (Left alone, malloc keeps what was once as large as that.)
 */
void process_give_memory_back(void);

/* Descriptors 0 to 2 that whoever started the process closed are opened on /dev/null: a file of ours that got such a number
 * would be written to as stderr. Returns 0 or negative errno.
 */
int process_fill_standard_files(void);

/* Makes the directory that FILE lies in, if it is missing (one level). It is given to USER, if that is not "" and it is new or
 * called goose-bridge.
 */
void process_make_directory(const char *file, const char *user);

#endif
