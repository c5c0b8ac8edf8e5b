/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-ctl: how results of the service look to a person. */
#ifndef TOOLS_CTL_H
#define TOOLS_CTL_H

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
ctl_render ctl_render_version;
ctl_render ctl_render_reload;

#endif
