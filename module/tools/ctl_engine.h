/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-ctl: the kernel engine that a service leaves behind. */
#ifndef TOOLS_CTL_ENGINE_H
#define TOOLS_CTL_ENGINE_H

#include "ctl_command.h"

#include <goose-bridge/kernel_engine.h>

/* Takes the programs, links and pins of all goose0s of the configuration away; no service may run. Returns how many there
 * were; or negative errno with SAID (GB_KERNEL_ENGINE_TEXT octets): why some stay. -EPERM: who asks may not do so.
 */
int ctl_engine_remove(const struct ctl_settings *settings, char *said);

/* Whether systemd is about to start UNIT anew, now that a process of it has ended with RESULT (systemd.exec(5),
 * SERVICE_RESULT): because it is being restarted, or by Restart=, which a stop prevents. Where systemd cannot be asked, RESULT
 * alone tells.
 */
bool ctl_engine_is_needed(const char *unit, const char *result);

#endif
