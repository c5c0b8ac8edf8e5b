/* SPDX-License-Identifier: Apache-2.0 */
/* Many frames read or written in one system call, with io_uring, since the kernel has no recvmmsg(2) for a TAP and the call
 * itself costs more than what it does.
 *
 * All requests bear RWF_NOWAIT: the kernel then does each of them at once and in order, or says EAGAIN. Without it a read that
 * finds nothing would be parked, and of several parked ones any may be served first: frames out of order. The flag stands for
 * that promise on any kernel; one that does not know it for TAPs says EOPNOTSUPP, and frames are read one by one there.
 */
#include "config.h"

#include <goose-bridge/link.h>

#include "link_private.h"

#include <errno.h>
#include <stdlib.h>

#ifdef HAVE_LIBURING
#include <fcntl.h>
#include <liburing.h>
#include <linux/fs.h>
#include <unistd.h>
#endif

struct gb_link_burst {
	bool plain; /* one system call a frame */
#ifdef HAVE_LIBURING
	struct io_uring ring;
#endif
};

static void read_plainly(struct gb_link *link, struct gb_link_frame *frames, unsigned count)
{
	ssize_t n = 0;

	for (unsigned i = 0; i < count; i++) {
		if (n >= 0)
			n = gb_link_read(link, frames[i].octets, frames[i].length);
		frames[i].result = (int)n; /* what is wrong with one is so with those behind it */
	}
}

static void write_plainly(struct gb_link *link, struct gb_link_frame *frames, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		frames[i].result = gb_link_write(link, frames[i].octets, frames[i].length);
}

#ifdef HAVE_LIBURING

static void stop_ring(struct gb_link_burst *burst)
{
	io_uring_queue_exit(&burst->ring);
	burst->plain = true;
}

/* Takes the results of COUNT requests that the kernel has: they are there already, or a signal came in between. What is left in
 * the ring would be taken for that of later ones, so nothing is.
 */
static void take_results(struct gb_link_burst *burst, unsigned count)
{
	struct io_uring_cqe *done;

	while (count > 0) {
		int error = io_uring_wait_cqe(&burst->ring, &done);

		if (error == -EINTR)
			continue;
		if (error < 0) {
			stop_ring(burst);
			return;
		}
		((struct gb_link_frame *)io_uring_cqe_get_data(done))->result = done->res;
		io_uring_cqe_seen(&burst->ring, done);
		count--;
	}
}

/* Hands COUNT requests to the kernel and takes their results. Returns how many it did, from the first on: fewer only where it
 * refuses (memory), and then the ring is gone.
 */
static unsigned submit(struct gb_link_burst *burst, unsigned count)
{
	unsigned taken = 0;

	while (taken < count) {
		int n = io_uring_submit_and_wait(&burst->ring, count - taken);

		if (n <= 0 && n != -EINTR)
			break;
		taken += n > 0 ? (unsigned)n : 0;
	}
	take_results(burst, taken);
	if (taken < count && !burst->plain)
		stop_ring(burst); /* with what it has not taken */
	return taken;
}

/* The same for COUNT frames, each a request of its own: OPERATION is IORING_OP_READ or IORING_OP_WRITE. */
static unsigned submit_frames(struct gb_link_burst *burst, int operation, int fd, struct gb_link_frame *frames, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct io_uring_sqe *request = io_uring_get_sqe(&burst->ring);

		io_uring_prep_rw(operation, request, fd, frames[i].octets, (unsigned)frames[i].length, 0);
		request->rw_flags = RWF_NOWAIT;
		io_uring_sqe_set_data(request, &frames[i]);
		frames[i].result = -ECANCELED;
	}
	return submit(burst, count);
}

/* Whether this kernel does it for a TAP: asked of a descriptor that is attached to none, so no frame is touched. */
static bool ring_suits(struct gb_link_burst *burst)
{
	uint8_t octet;
	struct gb_link_frame frame = {.octets = &octet, .length = 1};
	int fd = open(TUN_DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	bool suits = fd >= 0 && submit_frames(burst, IORING_OP_READ, fd, &frame, 1) == 1 && frame.result == -EBADFD;

	if (fd >= 0)
		close(fd);
	return suits;
}

static void start_ring(struct gb_link_burst *burst, unsigned frames)
{
	burst->plain = io_uring_queue_init(frames, &burst->ring, 0) < 0;
	if (!burst->plain && !ring_suits(burst) && !burst->plain)
		stop_ring(burst);
}

/* Returns how many of the frames were read, from the first on. */
static unsigned read_with_ring(struct gb_link *link, struct gb_link_burst *burst, struct gb_link_frame *frames, unsigned count)
{
	return submit_frames(burst, IORING_OP_READ, link->fd, frames, count);
}

/* A write that was done has result 0, as gb_link_write gives it. */
static unsigned write_with_ring(struct gb_link *link, struct gb_link_burst *burst, struct gb_link_frame *frames, unsigned count)
{
	unsigned done = submit_frames(burst, IORING_OP_WRITE, link->fd, frames, count);

	for (unsigned i = 0; i < done; i++)
		if (frames[i].result > 0)
			frames[i].result = 0;
	return done;
}

#else

static void stop_ring(struct gb_link_burst *burst)
{
	burst->plain = true;
}

static void start_ring(struct gb_link_burst *burst, unsigned frames)
{
	(void)frames;
	burst->plain = true;
}

static unsigned read_with_ring(struct gb_link *link, struct gb_link_burst *burst, struct gb_link_frame *frames, unsigned count)
{
	(void)link, (void)burst, (void)frames, (void)count;
	return 0;
}

static unsigned write_with_ring(struct gb_link *link, struct gb_link_burst *burst, struct gb_link_frame *frames, unsigned count)
{
	return read_with_ring(link, burst, frames, count);
}

#endif

struct gb_link_burst *gb_link_burst_create(unsigned frames, bool plain)
{
	struct gb_link_burst *burst = calloc(1, sizeof(*burst));

	if (!burst)
		return NULL;
	burst->plain = plain;
	if (!plain)
		start_ring(burst, frames);
	return burst;
}

void gb_link_burst_destroy(struct gb_link_burst *burst)
{
	if (burst && !burst->plain)
		stop_ring(burst);
	free(burst);
}

bool gb_link_burst_is_plain(const struct gb_link_burst *burst)
{
	return burst->plain;
}

void gb_link_read_burst(struct gb_link *link, struct gb_link_burst *burst, struct gb_link_frame *frames, unsigned count)
{
	unsigned done = burst->plain || count < 2 ? 0 : read_with_ring(link, burst, frames, count);

	read_plainly(link, frames + done, count - done);
}

void gb_link_write_burst(struct gb_link *link, struct gb_link_burst *burst, struct gb_link_frame *frames, unsigned count)
{
	unsigned done = burst->plain || count < 2 ? 0 : write_with_ring(link, burst, frames, count);

	write_plainly(link, frames + done, count - done);
}
