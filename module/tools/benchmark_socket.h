/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-benchmark: frames in and out of an interface: the only place with packet sockets. */
#ifndef TOOLS_BENCHMARK_SOCKET_H
#define TOOLS_BENCHMARK_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCHMARK_BATCH 64

struct benchmark_socket;

/* Opens interface NAME, which has to be there, up, and an Ethernet. Returns 0, or negative errno with a sentence in ERROR of
 * SIZE octets: what is wrong and what to do.
 */
int benchmark_socket_open(struct benchmark_socket **socket, const char *name, char *error, size_t size);
void benchmark_socket_close(struct benchmark_socket *socket);

/* The interface: its address (6 octets), how many octets a frame may have with and without a tag, and whether it has a carrier.
 */
const uint8_t *benchmark_socket_address(const struct benchmark_socket *socket);
size_t benchmark_socket_frame_max(const struct benchmark_socket *socket, bool tagged);
bool benchmark_socket_carrier(const struct benchmark_socket *socket);

/* Takes the first of COUNT numbers that no other process in this network namespace has for PURPOSE on this interface, until the
 * socket is closed. Returns it, or -EADDRINUSE if there is none left, or other negative errno.
 */
int benchmark_socket_slot(struct benchmark_socket *socket, const char *purpose, unsigned count);

/* Sends COUNT frames (BENCHMARK_BATCH at most), SLOT octets apart at OCTETS, each LENGTH long. Returns how many the interface
 * took: fewer if its queue is full; or negative errno if it is gone or down.
 */
int benchmark_socket_send(struct benchmark_socket *socket, const uint8_t *octets, size_t slot, size_t length, unsigned count);

/* A frame that came, tag in place. */
struct benchmark_received {
	const uint8_t *octets; /* until the next benchmark_socket_receive */
	size_t length;
	uint64_t utc_ns, mono_ns; /* when the kernel got it */
};

/* What is there without waiting, BENCHMARK_BATCH at most: only GOOSE marked as simulation, and nothing that this host sent.
 * Returns how many, or negative errno; none while the interface is down.
 */
int benchmark_socket_receive(struct benchmark_socket *socket, const struct benchmark_received **received);

/* Waits at most TIMEOUT_NS for a frame, or until OTHER, a descriptor, is readable (-1 = none). */
void benchmark_socket_wait(struct benchmark_socket *socket, int other, uint64_t timeout_ns);

/* Whether the interface is as it was when it was opened: 0, -ENODEV if it is gone (another one may have its name), or
 * -ENETDOWN. */
int benchmark_socket_check(const struct benchmark_socket *socket);

/* How many frames were lost so far since nobody read them in time. */
uint64_t benchmark_socket_unread(struct benchmark_socket *socket);

#endif
