/* SPDX-License-Identifier: Apache-2.0 */
/* link: the GOOSE side. Ethernet frames in and out of an interface that applications use (a TAP).
 *
 * Opened and set up by the control thread, read and written by workers; the last reference closes it.
 */
#ifndef GOOSE_BRIDGE_LINK_H
#define GOOSE_BRIDGE_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct gb_link;

/* Opens TAP interface NAME, made if it is not there: IFF_TAP | IFF_NO_PI, persistent, so that it outlives this process and
 * publishers stay bound to it. One that exists with IFF_MULTI_QUEUE is taken as it is (the kernel wants the same flag again).
 * Needs CAP_NET_ADMIN. *LINK has one reference.
 * Returns 0; -EBUSY if another process holds it (but for one with IFF_MULTI_QUEUE, which many may hold); -EINVAL if the
 * interface exists and is no TAP; or negative errno.
 */
int gb_link_open_tap(struct gb_link **link, const char *name);

struct gb_link *gb_link_ref(struct gb_link *link);
void gb_link_unref(struct gb_link *link); /* NULL is fine */

int gb_link_index(const struct gb_link *link); /* interface index at the time of opening */
const char *gb_link_name(const struct gb_link *link);

/* Becomes readable when a frame waits. Non-blocking. Belongs to LINK. */
int gb_link_fd(const struct gb_link *link);

/* One frame, tags in place, into OCTETS. Returns its length; -EAGAIN if none waits; -EIO when the interface is down, -EBADFD
 * when it was deleted; or negative errno. A frame longer than CAPACITY is cut to it by the kernel: make it large enough.
 */
ssize_t gb_link_read(struct gb_link *link, uint8_t *octets, size_t capacity);

/* One frame of LENGTH octets. Returns 0 or negative errno (-EIO: interface down). */
int gb_link_write(struct gb_link *link, const uint8_t *octets, size_t length);

/* ---- many at once ---- */

/* Means of reading or writing up to FRAMES frames in one system call (io_uring), or one by one where the kernel has nothing for
 * that, or PLAIN says so. One for each thread and direction; belongs to whoever made it. NULL = out of memory.
 */
struct gb_link_burst;

struct gb_link_burst *gb_link_burst_create(unsigned frames, bool plain);
void gb_link_burst_destroy(struct gb_link_burst *burst); /* NULL is fine */
bool gb_link_burst_is_plain(const struct gb_link_burst *burst); /* one system call a frame */

struct gb_link_frame {
	uint8_t *octets;
	size_t length; /* to be read: room at OCTETS; to be written: octets of the frame */
	int result;    /* read: octets, or as gb_link_read; written: as gb_link_write */
};

/* COUNT frames, at most those of BURST, in order; each has its result. Where one was read, those before it may all the same say
 * -EAGAIN: it came meanwhile.
 */
void gb_link_read_burst(struct gb_link *link, struct gb_link_burst *burst, struct gb_link_frame *frames, unsigned count);
void gb_link_write_burst(struct gb_link *link, struct gb_link_burst *burst, struct gb_link_frame *frames, unsigned count);

/* Removes a persistent TAP that no process holds. Returns 0, -ENODEV, -EBUSY, -EINVAL if it is no TAP, or negative errno. */
int gb_link_remove_tap(const char *name);

#endif
