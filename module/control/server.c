/* SPDX-License-Identifier: Apache-2.0 */
/* The listening socket: where it lies in the file system, and whom it lets in. */
#include <goose-bridge/control.h>

#include "session.h"

#include <errno.h>
#include <event2/event.h>
#include <goose-bridge/clock.h>
#include <goose-bridge/log.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define CLIENTS_MAX	16
#define OTHERS_MAX	12 /* of them, those who may not change anything: places are left for root and the own user */
#define OF_ONE_MAX	8  /* of these, those of one user */
#define BACKLOG		16
#define ACCEPT_PAUSE_MS 500 /* after an error that trying again at once would only repeat */

struct gb_control {
	struct session_settings settings;
	struct sockaddr_un address;
	struct stat file; /* of our socket: its inode cannot come again as long as we hold it */
	int fd;
	struct event *incoming;
	struct event *resume;
	struct gb_log_limit log_limit;
	struct session_share share;
	struct session *client[CLIENTS_MAX];
};

/* ---- the socket file ------------------------------------------------------------------------------------------------ */

static int make_directories(const char *path)
{
	char directory[sizeof(((struct sockaddr_un *)NULL)->sun_path)];

	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		size_t length = (size_t)(slash - path);

		memcpy(directory, path, length);
		directory[length] = '\0';
		if (mkdir(directory, 0755) == 0) {
			if (chmod(directory, 0755) != 0) /* whatever the umask */
				return -errno;
		} else if (errno != EEXIST && errno != EROFS && errno != EACCES) {
			return -errno; /* the last two: it may exist; if not, bind says so */
		}
	}
	return 0;
}

/* Whether a server lives behind the socket file: 0 = no. */
static int find_server(const struct sockaddr_un *address)
{
	int error = 0, fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 || errno == EAGAIN)
		error = -EADDRINUSE; /* EAGAIN: one with a full backlog */
	else if (errno != ECONNREFUSED && errno != ENOENT)
		error = -errno;
	close(fd);
	return error;
}

static bool same_file(const char *path, const struct stat *expected)
{
	struct stat now;

	return lstat(path, &now) == 0 && now.st_dev == expected->st_dev && now.st_ino == expected->st_ino;
}

/* Removes a socket file that nobody listens on. Whatever else has the name is somebody's, and stays. */
static int remove_stale(const struct sockaddr_un *address)
{
	const char *path = address->sun_path;
	struct stat before;

	if (lstat(path, &before) != 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(before.st_mode))
		return -EEXIST;

	int error = find_server(address);

	if (error)
		return error;
	if (same_file(path, &before) && unlink(path) != 0 && errno != ENOENT)
		return -errno;
	return 0;
}

/* Listens at ADDRESS. *FILE says which file that made. Returns the socket or negative errno. */
static int listen_at(const struct sockaddr_un *address, struct stat *file)
{
	const char *path = address->sun_path;
	int error, fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) != 0) {
		error = -errno;
		goto out;
	}
	if (lstat(path, file) != 0 || chmod(path, 0666) != 0 || listen(fd, BACKLOG) != 0) {
		error = -errno;
		unlink(path);
		goto out;
	}
	/* another that started just now took ours for stale between bind and listen: then it is the one that serves */
	if (!same_file(path, file)) {
		error = -EADDRINUSE;
		goto out;
	}
	return fd;
out:
	close(fd);
	return error;
}

/* ---- clients -------------------------------------------------------------------------------------------------------- */

static void on_ended(void *arg, struct session *session)
{
	struct gb_control *control = arg;

	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if (control->client[i] == session)
			control->client[i] = NULL;
}

/* Tells a client that cannot be served, if it can be told at once. */
static void turn_away(int fd)
{
	static const char sorry[] = "{\"version\":1,\"ok\":false,\"error\":\"too many clients; try again in a while\"}\n";

	_Static_assert(GB_CONTROL_VERSION == 1, "the line above says 1");
	if (send(fd, sorry, sizeof(sorry) - 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		gb_debug("control socket: a client left before it was turned away");
	close(fd);
}

struct crowd {
	unsigned others, of_user;
	struct session **free;		   /* a place; NULL = there is none */
	struct session **quietest_of_user; /* of those of the same user, which was quiet for longest; NULL = none is there */
};

/* Those who may change things look after the service together. */
static bool is_same_user(struct session_user a, struct session_user b)
{
	return a.may_change == b.may_change && (a.may_change || a.uid == b.uid);
}

static struct crowd look_around(struct gb_control *control, struct session_user user)
{
	struct crowd crowd = {0};

	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		struct session **place = &control->client[i];

		if (!*place) {
			crowd.free = place;
			continue;
		}
		crowd.others += !session_user(*place).may_change;
		if (!is_same_user(session_user(*place), user))
			continue;
		crowd.of_user++;
		if (!crowd.quietest_of_user || session_quiet_since(*place) < session_quiet_since(*crowd.quietest_of_user))
			crowd.quietest_of_user = place;
	}
	return crowd;
}

/* Where one more client of USER goes. Where it is one too many, it takes the place of that client of the same user which asked
 * nothing for longest: who holds connections keeps away itself alone. NULL: there is no place.
 */
static struct session **find_place(struct gb_control *control, struct session_user user)
{
	struct crowd crowd = look_around(control, user);
	struct session **place = crowd.quietest_of_user;

	if (crowd.free && (user.may_change || (crowd.others < OTHERS_MAX && crowd.of_user < OF_ONE_MAX)))
		return crowd.free;
	if (!place)
		return NULL;
	session_destroy(*place);
	*place = NULL;
	return place;
}

static void welcome(struct gb_control *control, int fd)
{
	struct session_user user = session_user_of(fd);
	struct session **place = find_place(control, user);

	if (place)
		*place = session_create(&control->settings, fd, user);
	if (!place || !*place)
		turn_away(fd);
}

static void pause_accepting(struct gb_control *control, int error)
{
	struct timeval pause = {.tv_usec = ACCEPT_PAUSE_MS * 1000};

	event_del(control->incoming);
	evtimer_add(control->resume, &pause);
	if (gb_log_limit_pass(&control->log_limit, gb_clock_mono_ns(), NULL))
		gb_warn("control socket %s: cannot take clients: %s", control->address.sun_path, strerror(error));
}

static void on_incoming(evutil_socket_t listener, short what, void *arg)
{
	struct gb_control *control = arg;
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)what;
	if (fd >= 0)
		welcome(control, fd);
	else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
		pause_accepting(control, errno); /* EMFILE and its like: the client still waits, so the loop would spin */
}

static void on_resume(evutil_socket_t fd, short what, void *arg)
{
	struct gb_control *control = arg;

	(void)fd;
	(void)what;
	event_add(control->incoming, NULL);
}

int gb_control_create(struct gb_control **created, struct event_base *base, const char *path,
		      const struct gb_control_ops *ops, void *arg)
{
	struct gb_control *control = calloc(1, sizeof(*control));
	int error = -ENAMETOOLONG;

	if (!control)
		return -ENOMEM;
	control->fd = -1;
	control->settings = (struct session_settings){.base = base, .ops = ops, .ops_arg = arg,
						      .share = &control->share, .ended = on_ended, .ended_arg = control};
	control->log_limit = (struct gb_log_limit){.interval_ns = 60 * GB_NS_PER_S, .burst = 1};
	control->address.sun_family = AF_UNIX;
	if (!*path || strlen(path) >= sizeof(control->address.sun_path)) {
		error = *path ? -ENAMETOOLONG : -EINVAL; /* an empty one would be bound to a name of the kernel's making */
		goto out;
	}
	strcpy(control->address.sun_path, path);
	error = make_directories(path);
	if (!error)
		error = remove_stale(&control->address);
	if (error)
		goto out;
	control->fd = listen_at(&control->address, &control->file);
	if (control->fd < 0) {
		error = control->fd;
		goto out;
	}
	error = -ENOMEM;
	control->incoming = event_new(base, control->fd, EV_READ | EV_PERSIST, on_incoming, control);
	control->resume = evtimer_new(base, on_resume, control);
	if (!control->incoming || !control->resume || event_add(control->incoming, NULL) != 0)
		goto out;
	*created = control;
	return 0;
out:
	gb_control_destroy(control);
	return error;
}

void gb_control_destroy(struct gb_control *control)
{
	if (!control)
		return;
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		session_destroy(control->client[i]);
	if (control->incoming)
		event_free(control->incoming);
	if (control->resume)
		event_free(control->resume);
	if (control->fd >= 0) {
		if (same_file(control->address.sun_path, &control->file))
			unlink(control->address.sun_path);
		close(control->fd);
	}
	free(control);
}
