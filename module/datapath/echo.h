/* SPDX-License-Identifier: Apache-2.0 */
/* Echo requests of this bridge, and who answered them. Owned by the worker towards goose0, which alone sees the answers. What
 * answers a request that was not asked, or was asked too long ago, is no answer; nor is a second one.
 */
#ifndef DATAPATH_ECHO_H
#define DATAPATH_ECHO_H

#include "datapath_private.h"

#define ECHO_REQUESTS_KEPT 16 /* the latest */

struct echo *echo_create(void); /* NULL if memory is short */
void echo_destroy(struct echo *echo);

/* Sends a request with NONCE: as gb_datapath_echo. WORKER is the one towards goose0. */
int echo_ask(struct echo *echo, struct worker *worker, uint64_t nonce);

/* Notes that a request with NONCE is sent now. False if as many as are kept were sent within the last second. */
bool echo_asked(struct echo *echo, uint64_t nonce, uint64_t now_ns, uint64_t utc_ns);

/* REPLY came from SENDER_ID at SOURCE. The kernel had it at RECEIVED_UTC_NS (0 = unknown); it is looked at at NOW_NS. */
void echo_answered(struct echo *echo, const struct gb_echo *reply, uint64_t sender_id, struct in_addr source,
		   uint64_t received_utc_ns, uint64_t now_ns);

/* As gb_datapath_echo_answers. */
int echo_answers(const struct echo *echo, uint64_t nonce, struct gb_echo_answer *answer, size_t max);

#endif
