/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-diag: what the running service says of the membership. */
#ifndef TOOLS_DIAG_SERVICE_H
#define TOOLS_DIAG_SERVICE_H

#include "diag.h"

/* The service's answer to `igmp`, of several paths what it says of D's (json_object_put it), or NULL with a sentence in ERROR.
 * It waits for a second at most.
 */
struct json_object *diag_service_igmp(const struct diag *d, char *error, size_t size);

/* State and querier of ANSWER in one sentence in TEXT. Returns TEXT. */
const char *diag_service_describe(struct json_object *answer, char *text, size_t size);

#endif
