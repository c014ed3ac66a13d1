// SPDX-License-Identifier: GPL-2.0-only
/* Lines on standard error; with their level in front if the journal reads them. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

static int shown = LOG_INFO;

int twp_log_level(const char *name)
{
	static const struct {
		const char *name;
		int level;
	} levels[] = {
		{ "error", LOG_ERR },
		{ "warning", LOG_WARNING },
		{ "info", LOG_INFO },
		{ "debug", LOG_DEBUG },
	};
	size_t i;

	for (i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (strcmp(name, levels[i].name))
			continue;
		shown = levels[i].level;
		return 0;
	}
	return -1;
}

void twp_log(int level, const char *format, ...)
{
	char line[2048];
	va_list arguments;
	char *c;

	if (level > shown)
		return;
	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	/* One message, one line, whatever a document or a name holds. */
	for (c = line; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	if (getenv("JOURNAL_STREAM"))
		fprintf(stderr, "<%d>%s\n", level, line);
	else
		fprintf(stderr, "twinpathd: %s\n", line);
}
