/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-ctl: how results of the service look to a person. */
#ifndef TOOLS_CTL_H
#define TOOLS_CTL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json_object;

/* Writes RESULT, the service's answer to one command, to OUT as text. NOW_NS is UTC. What RESULT does not hold is left out, so
 * that services of other versions can be asked. Control characters never get out.
 */
typedef void ctl_render(FILE *out, struct json_object *result, uint64_t now_ns);

ctl_render ctl_render_status; /* fits a screen of 80 x 24, and leaves a line for the prompt */
ctl_render ctl_render_stats;
ctl_render ctl_render_peers;
ctl_render ctl_render_events;
ctl_render ctl_render_igmp;
ctl_render ctl_render_igmp_leave;
ctl_render ctl_render_snmp; /* looks at this host's MIB directories */
ctl_render ctl_render_version;
ctl_render ctl_render_reload;
ctl_render ctl_render_streams; /* a line each, silent ones first */
ctl_render ctl_render_stream;
ctl_render ctl_render_migrate; /* of what was done with a file, not by the service */
ctl_render ctl_render_detail; /* of what was changed */

/* Whether an answer to "streams" has one that is silent. */
bool ctl_streams_are_silent(struct json_object *result);

/* RESULT as RENDER writes it now, to OUT, without what could steer a terminal. */
void ctl_print(FILE *out, ctl_render *render, struct json_object *result);

#endif
