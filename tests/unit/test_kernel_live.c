/* SPDX-License-Identifier: Apache-2.0 */
/* The programs where they belong: on a goose0 and a network interface, both TAPs in a network namespace of their own. */
#include "test_kernel_programs.h"
int test_live(void) { return 0; }
