/* SPDX-License-Identifier: Apache-2.0 */
#include "arguments.h"

#include <errno.h>
#include <goose-bridge/clock.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int arguments_refuse(const struct arguments_error *error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error->text, error->size, format, arguments);
	va_end(arguments);
	return -EINVAL;
}

int arguments_refuse_option(int option, const char *argument, const char *program, const struct arguments_error *error)
{
	if (option == ':')
		return arguments_refuse(error, "%s needs a value", argument);
	return arguments_refuse(error, "there is no option %s; %s -h lists them", argument, program);
}

bool arguments_read_number(const char *text, int base, uint64_t least, uint64_t most, uint64_t *number)
{
	char *end;

	errno = 0;
	if (*text < '0' || *text > '9') /* no blank, no sign */
		return false;
	*number = strtoull(text, &end, base);
	return errno == 0 && *end == '\0' && *number >= least && *number <= most;
}

int arguments_number(const char *name, const char *text, uint64_t least, uint64_t most, uint64_t *number,
		     const struct arguments_error *error)
{
	if (arguments_read_number(text, 10, least, most, number))
		return 0;
	return arguments_refuse(error, "--%s: '%s' is none; it takes a number from %" PRIu64 " to %" PRIu64, name, text, least,
				most);
}

int arguments_seconds(const char *name, const char *text, double least, unsigned most, uint64_t *ns,
		      const struct arguments_error *error)
{
	double seconds = 0;
	char *end = NULL;

	if (strspn(text, "0123456789.") == strlen(text)) /* strtod knows more than that, such as "inf" */
		seconds = strtod(text, &end);
	if (!end || end == text || *end != '\0' || seconds < least || seconds > most)
		return arguments_refuse(error, "--%s: '%s' is no time; it takes seconds, from %g to %u", name, text, least,
				most);
	*ns = (uint64_t)(seconds * (double)GB_NS_PER_S);
	return 0;
}

int arguments_interface(const char *name, const char *text, char interface[IFNAMSIZ], const struct arguments_error *error)
{
	if (*text == '\0' || strlen(text) >= IFNAMSIZ)
		return arguments_refuse(error, "--%s: '%s' is no name of an interface", name, text);
	strcpy(interface, text);
	return 0;
}
