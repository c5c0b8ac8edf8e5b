/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel engine has carried in a direction, looked at by the worker that has it: from the ring, into the streams, in
 * the order of time. It delays no frame. Whoever looks at streams or at frames of the user engine reads what came before first.
 *
 * The programs wake nobody while records keep coming: the worker comes by each RECORDS_TURN_MS. After some turns without any it
 * asks to be woken and waits.
 */
#ifndef DATAPATH_KERNEL_RECORDS_H
#define DATAPATH_KERNEL_RECORDS_H

#include "datapath_private.h"
#include "kernel.h"

#define RECORDS_TURN_MS 10
#define RECORDS_ALL	UINT64_MAX

struct records;
struct watch;

/* What a direction does beside its streams. FRAME is what was found in the head of RECORD; both are NULL: some came unseen. */
typedef void records_look(void *arg, const struct gb_kernel_record *record, const struct gb_frame *frame, uint64_t now_ns,
			  uint64_t utc_ns);

/* LOOK may be NULL. Owned by the worker, which alone may use it. NULL if memory is short. */
struct records *records_create(struct worker *worker, struct watch *watch, struct gb_kernel_engine *engine,
			       enum gb_kernel_direction direction, records_look *look, void *arg);
void records_destroy(struct records *records);

/* Looks at what is there: all of it that the kernel received by UNTIL_NS (UTC), or RECORDS_ALL. NULL is no engine. */
void records_read(struct records *records, uint64_t until_ns);

#endif
