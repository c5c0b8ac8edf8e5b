/* SPDX-License-Identifier: Apache-2.0 */
/* Damaged copies of datagrams: what a broken or hostile peer might send. */
#ifndef GOOSE_TEST_MUTATE_H
#define GOOSE_TEST_MUTATE_H

#include "frames.h"

#define MUTANT_MAX 1472 /* octets: what an IP packet of 1500 carries in UDP */

/* Writes a damaged copy of one of SEEDS to OCTETS (MUTANT_MAX of them). The same STATE makes the same one. Returns its
 * length, which may be 0.
 */
size_t mutate(const struct frames *seeds, uint64_t *state, uint8_t *octets);

#endif
