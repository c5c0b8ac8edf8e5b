/* SPDX-License-Identifier: Apache-2.0 */
/* In place of the kernel engine where the programs are not built in: all there is to say is that they are not. */
#include "kernel.h"

#include <errno.h>
#include <stdio.h>

bool gb_kernel_engine_is_built(void)
{
	return false;
}

int gb_kernel_engine_open(struct gb_kernel_engine **engine, const char *bpf_dir, const char *interface, const char *user,
			  uint64_t epoch, char *said)
{
	(void)bpf_dir;
	(void)interface;
	(void)user;
	(void)epoch;
	*engine = NULL;
	snprintf(said, GB_KERNEL_ENGINE_TEXT, "this goose-bridge is built without it");
	return -EOPNOTSUPP;
}

void gb_kernel_engine_close(struct gb_kernel_engine *engine, bool remove)
{
	(void)engine;
	(void)remove;
}

int gb_kernel_engine_follow(struct gb_kernel_engine *engine, const struct gb_kernel_engine_use *use, char *said)
{
	(void)engine;
	(void)use;
	*said = '\0';
	return -EOPNOTSUPP;
}

bool gb_kernel_engine_beat(struct gb_kernel_engine *engine, bool clock_synchronised)
{
	(void)engine;
	(void)clock_synchronised;
	return false;
}

bool gb_kernel_engine_carries(const struct gb_kernel_engine *engine)
{
	(void)engine;
	return false;
}

const char *gb_kernel_engine_attachment(const struct gb_kernel_engine *engine)
{
	(void)engine;
	return "";
}

bool gb_kernel_engine_is_adopted(const struct gb_kernel_engine *engine)
{
	(void)engine;
	return false;
}

int gb_kernel_engine_remove(const char *bpf_dir, const char *interface, char *said)
{
	(void)bpf_dir;
	(void)interface;
	*said = '\0';
	return 0;
}
