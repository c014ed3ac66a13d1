// SPDX-License-Identifier: GPL-2.0-only
/* The sentence that says what went wrong. */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

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

int twp_errors_add(struct twp_errors *errors, const char *text)
{
	char **array, *copy;

	if (errors->count == TWP_ERRORS_MAX)
		return -1;
	array = twp_array_grow(errors->text, errors->count, sizeof(*array));
	if (!array)
		return -1;
	errors->text = array;
	copy = strdup(text);
	if (!copy)
		return -1;
	array[errors->count++] = copy;
	return 0;
}

void twp_errors_clean(struct twp_errors *errors)
{
	for (size_t i = 0; i < errors->count; i++)
		free(errors->text[i]);
	free(errors->text);
	*errors = (struct twp_errors){ 0 };
}
