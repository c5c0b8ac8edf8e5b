/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-benchmark: measures an installation with frames of its own. */
#include "benchmark.h"

#include "benchmark_service.h"
#include "config.h"
#include "put.h"
#include "words.h"

#include <errno.h>
#include <goose-bridge/client.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define INTERFACE_DEFAULT "goose0"

void benchmark_complain(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	words_complain("goose-bridge-benchmark", format, arguments);
	va_end(arguments);
}

void benchmark_wait(struct benchmark *b, uint64_t timeout_ns)
{
	struct signalfd_siginfo signal;

	benchmark_socket_wait(b->socket, b->signals, timeout_ns);
	while (b->signals >= 0 && read(b->signals, &signal, sizeof(signal)) == (ssize_t)sizeof(signal))
		b->interrupts++;
}

/* They end a run with what it has measured. */
static int catch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static const char *choose_interface(const struct benchmark *b)
{
	if (b->options.interface[0])
		return b->options.interface;
	return b->bridge.interface[0] ? b->bridge.interface : INTERFACE_DEFAULT;
}

/* Returns 0, or an exit status, having said why. */
static int check_size(const struct benchmark *b)
{
	size_t most = benchmark_socket_frame_max(b->socket, b->options.tagged);

	if (b->options.verb == BENCHMARK_ANSWER || b->options.size <= most)
		return BENCHMARK_FINE;
	benchmark_complain("--packet-size: %zu is too many: %s carries frames of at most %zu octets (its MTU and 14)",
			   b->options.size, b->interface, most);
	return BENCHMARK_USAGE;
}

/* With -j as JSON, too. */
static int complain_as_asked(const struct benchmark *b, const char *error)
{
	struct json_object *object = b->options.json ? json_object_new_object() : NULL;

	benchmark_complain("%s", error);
	put_text(object, "error", error);
	if (object)
		put_line(stdout, object);
	return BENCHMARK_BAD_NEWS;
}

static int run(struct benchmark *b)
{
	const char *socket_path = b->options.socket_path ? b->options.socket_path : GB_CLIENT_SOCKET;
	char error[400];
	int status;

	benchmark_service_ask(socket_path, &b->bridge);
	b->interface = choose_interface(b);
	status = benchmark_socket_open(&b->socket, b->interface, error, sizeof(error));
	if ((status == -EPERM || status == -EACCES) && b->options.verb != BENCHMARK_ANSWER)
		return benchmark_watch(b, error);
	if (status < 0)
		return complain_as_asked(b, error);
	prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL); /* ns; else frames leave up to 50 us late */
	status = check_size(b);
	if (status == BENCHMARK_FINE)
		status = b->options.verb == BENCHMARK_ANSWER ? benchmark_answer(b) : benchmark_measure(b);
	benchmark_socket_close(b->socket);
	return status;
}

int main(int argc, char **argv)
{
	struct benchmark b = {.signals = -1, .terminal = isatty(STDOUT_FILENO) == 1};
	char error[256];
	int status;

	if (benchmark_options_parse(argc, argv, &b.options, error, sizeof(error)) < 0) {
		benchmark_complain("%s", error);
		return BENCHMARK_USAGE;
	}
	if (b.options.help) {
		benchmark_options_usage(stdout);
		return BENCHMARK_FINE;
	}
	if (b.options.version) {
		puts("goose-bridge-benchmark " PACKAGE_VERSION);
		return BENCHMARK_FINE;
	}
	b.signals = catch_signals();
	status = run(&b);
	if (b.signals >= 0)
		close(b.signals);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		benchmark_complain("writing failed: %s", strerror(errno));
		return BENCHMARK_BAD_NEWS;
	}
	return status;
}
