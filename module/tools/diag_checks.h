/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-diag: what this host needs for multicast on the interface in use, and whether it has it. */
#ifndef TOOLS_DIAG_CHECKS_H
#define TOOLS_DIAG_CHECKS_H

#include "diag.h"

/* Tells what it finds, an event each; without ALL, only what is not as it should be. Returns how many stand in the way. */
unsigned diag_checks(struct diag *d, bool all);

#endif
