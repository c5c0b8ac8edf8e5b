/* SPDX-License-Identifier: Apache-2.0 */
/* The benchmarks' load: one process sends numbered GOOSE frames on an interface of one namespace and takes them from an
 * interface of another; sockets stay in the namespace that they were made in. It must never be what limits the rate. */
#include "bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void bench_die(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	fputs("bench-load: ", stderr);
	vfprintf(stderr, format, list);
	va_end(list);
	fputc('\n', stderr);
	exit(2);
}

uint64_t bench_clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * BENCH_NS_PER_S + (uint64_t)now.tv_nsec;
}

void bench_sleep_until(uint64_t mono_ns)
{
	struct timespec at = {(time_t)(mono_ns / BENCH_NS_PER_S), (long)(mono_ns % BENCH_NS_PER_S)};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
		;
}

int bench_open(const struct bench_place *place, int *index)
{
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), there = open(place->space, O_RDONLY | O_CLOEXEC);

	if (home < 0 || there < 0 || setns(there, CLONE_NEWNET))
		bench_die("namespace %s: %s", place->space, strerror(errno));
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	*index = (int)if_nametoindex(place->interface);
	if (fd < 0 || *index == 0 || setns(home, CLONE_NEWNET))
		bench_die("interface %s: %s", place->interface, strerror(errno));
	close(home);
	close(there);
	return fd;
}

static void report(const struct bench_run *r)
{
	const struct bench_tally *t = &r->tally;
	double seconds = (double)r->sending_ns / 1e9, offered = (double)r->offered;

	printf("{\"offered\":%" PRIu64 ",\"rate\":%.0f,\"refused\":%" PRIu64 ",\"received\":%" PRIu64
	       ",\"received_rate\":%.0f,\"lost\":%" PRIu64 ",\"loss_percent\":%.4f,\"duplicates\":%" PRIu64
	       ",\"reordered\":%" PRIu64 ",\"altered\":%" PRIu64 ",\"foreign\":%" PRIu64
	       ",\"receiver_dropped\":%u,\"p50_us\":%.2f,\"p99_us\":%.1f,\"p999_us\":%.1f,\"max_us\":%.1f}\n",
	       r->offered, offered / seconds, r->refused, t->received, (double)t->received / seconds,
	       r->offered - t->received, 100 * (offered - (double)t->received) / offered, t->duplicates, t->reordered,
	       t->altered, t->foreign, r->wakes ? 0 : bench_receive_dropped(r), bench_tally_latency_us(t, 0.5),
	       bench_tally_latency_us(t, 0.99), bench_tally_latency_us(t, 0.999), bench_tally_latency_us(t, 1));
}

static void usage(FILE *file)
{
	fputs("usage: bench-load --from NAMESPACE[:INTERFACE] --to NAMESPACE[:INTERFACE] [--rate N|max] [--seconds N]\n"
	      "                  [--size OCTETS] [--streams N] [--queue]\n"
	      "       bench-load --wakes [--rate N] [--seconds N]\n"
	      "Namespaces are files; the interface is goose0 unless told. Prints one line of JSON.\n"
	      "  --queue  send through the interface's queueing discipline and tc's egress hook, as publishers do, not past\n"
	      "           them (PACKET_QDISC_BYPASS)\n"
	      "  --wakes  no frames: how long two threads take that wait and wake the next one, as two bridges in a row do\n",
	      file);
}

static double number_of(const char *text, const char *what, double low, double high)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || !(value >= low && value <= high))
		bench_die("%s %s: it must be within %g..%g", what, text, low, high);
	return value;
}

static struct bench_place place_of(char *text)
{
	struct bench_place place = {text, "goose0"};
	char *colon = strchr(text, ':');

	if (colon) {
		*colon = 0;
		place.interface = colon + 1;
	}
	return place;
}

/* Whether there is something to do; otherwise STATUS is what to exit with. */
static bool parse(int argc, char **argv, struct bench_run *r, int *status)
{
	static const struct option options[] = {
		{"from", required_argument, NULL, 'f'},	 {"to", required_argument, NULL, 't'},
		{"rate", required_argument, NULL, 'r'},	 {"seconds", required_argument, NULL, 's'},
		{"size", required_argument, NULL, 'z'},	 {"streams", required_argument, NULL, 'n'},
		{"queue", no_argument, NULL, 'q'},	 {"wakes", no_argument, NULL, 'w'},
		{"help", no_argument, NULL, 'h'},	 {0},
	};
	double seconds = 1, size = BENCH_OCTETS_MIN, streams = 1;
	int option;

	r->rate = 1000;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'f':
			r->from = place_of(optarg);
			break;
		case 't':
			r->to = place_of(optarg);
			break;
		case 'r':
			r->rate = strcmp(optarg, "max") ? (uint64_t)number_of(optarg, "--rate", 1, BENCH_RATE_MAX) : 0;
			break;
		case 's':
			seconds = number_of(optarg, "--seconds", 0.01, 600);
			break;
		case 'z':
			size = number_of(optarg, "--size", BENCH_OCTETS_MIN, BENCH_OCTETS_MAX);
			break;
		case 'n':
			streams = number_of(optarg, "--streams", 1, BENCH_STREAMS_MAX);
			break;
		case 'q':
			r->queue = true;
			break;
		case 'w':
			r->wakes = true;
			break;
		default:
			usage(option == 'h' ? stdout : stderr);
			*status = option == 'h' ? 0 : 2;
			return false;
		}
	}
	if ((!r->wakes && (!r->from.space || !r->to.space)) || (r->wakes && r->rate == 0) || optind < argc) {
		usage(stderr);
		*status = 2;
		return false;
	}
	r->duration_ns = (uint64_t)(seconds * (double)BENCH_NS_PER_S);
	bench_frame_make(&r->frame, (size_t)size, (uint64_t)streams);
	if (bench_tally_make(&r->tally, (uint64_t)((double)(r->rate ? r->rate : BENCH_RATE_MAX) * seconds + 1)))
		bench_die("no memory for %g s of frames", seconds);
	return true;
}

static void carry(struct bench_run *r)
{
	pthread_t sender;

	bench_receive_open(r);
	bench_send_open(r);
	if (pthread_create(&sender, NULL, bench_send_all, r))
		bench_die("no thread");
	bench_receive_all(r);
	pthread_join(sender, NULL);
}

int main(int argc, char **argv)
{
	static struct bench_run run;
	int status = 0;

	if (!parse(argc, argv, &run, &status))
		return status;
	if (run.wakes)
		bench_wake_all(&run);
	else
		carry(&run);
	report(&run);
	bench_tally_free(&run.tally);
	return 0;
}
