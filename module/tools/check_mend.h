/* SPDX-License-Identifier: Apache-2.0 */
/* --fix: mends what can be mended safely, and asks before each. */
#ifndef TOOLS_CHECK_MEND_H
#define TOOLS_CHECK_MEND_H

#include "check.h"
#include "check_aws.h"

#include <stdio.h>

/* For each failed check that can be mended here: says what is to be done to OUT, asks on the terminal unless YES, and does it.
 * Without a terminal and without YES nothing is changed, and it says so. Returns how many were mended.
 */
unsigned check_mend_all(const struct check_list *list, struct aws_session *session, bool yes, FILE *out);

#endif
