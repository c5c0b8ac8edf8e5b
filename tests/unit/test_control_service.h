/* SPDX-License-Identifier: Apache-2.0 */
/* A service with canned answers, for the tests of control. */
#ifndef TEST_CONTROL_SERVICE_H
#define TEST_CONTROL_SERVICE_H

#include <goose-bridge/control.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct service {
	unsigned calls;
	size_t size;	  /* octets of padding in "stats" */
	unsigned slow_us; /* that "status" takes */
	int reload;
	const char *reload_error;
	char asked[64];
};

static inline char *numbered(void *arg)
{
	struct service *service = arg;
	char *line = NULL;

	usleep(service->slow_us);
	assert_true(asprintf(&line, "{\"call\":%u}", service->calls++) > 0);
	return line;
}

static inline char *padded(void *arg)
{
	struct service *service = arg;
	char *line = malloc(service->size + 20);

	service->calls++;
	strcpy(line, "{\"x\":\"");
	memset(line + 6, 'x', service->size);
	strcpy(line + 6 + service->size, "\"}");
	return line;
}

#endif
