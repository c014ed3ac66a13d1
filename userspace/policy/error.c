// SPDX-License-Identifier: GPL-2.0-only
/* The sentence that says what went wrong. */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Names out of a document may hold line breaks and escape sequences: the sentence shows none. */
static void mask_controls(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

int twp_error_set(struct twp_error *error, const char *format, ...)
{
	/* An argument may be the text that is replaced. */
	struct twp_error said;
	va_list arguments;

	if (!error)
		return -1;
	va_start(arguments, format);
	vsnprintf(said.text, sizeof(said.text), format, arguments);
	va_end(arguments);
	mask_controls(said.text);
	memcpy(error->text, said.text, strlen(said.text) + 1);
	return -1;
}
