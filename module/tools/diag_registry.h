/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-diag: asks AWS whether this host's interface is a member, by goose-bridge-aws(8), as the service does. */
#ifndef TOOLS_DIAG_REGISTRY_H
#define TOOLS_DIAG_REGISTRY_H

#include "diag.h"

#include <goose-bridge/registry.h>

/* Begins to ask for D's group and interface every INTERVAL_S, the first time at once. *REGISTRY is NULL if there is nothing to
 * ask: no domain is configured, or only the sample's. Returns 0, or an exit status, having said why.
 */
int diag_registry_begin(struct gb_registry **registry, struct diag *d, unsigned interval_s, gb_registry_answered *answered,
			void *arg);

/* ANSWER as an event. */
void diag_registry_tell(const struct diag *d, const struct gb_registry_answer *answer);

/* ANSWER as an object, and as a sentence in TEXT (SIZE octets). */
struct json_object *diag_registry_fields(const struct gb_registry_answer *answer, char *text, size_t size);

#endif
