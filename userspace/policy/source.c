// SPDX-License-Identifier: GPL-2.0-only
/* The text of a document: what may stand in it at all, and where a fault is. */
#include "source.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "document.h"
#include "utf8.h"

int twp_source_fail(const struct twp_source *source, size_t offset, const char *format, ...)
{
	size_t line = 1, column = 1;
	struct twp_error said;
	va_list arguments;

	for (size_t at = 0; at < offset && at < source->length;) {
		size_t bytes = twp_utf8_length(source->text + at, source->length - at, NULL);

		column++;
		/* A line ends in LF, CR LF, or CR. */
		if (source->text[at] == '\n' ||
		    (source->text[at] == '\r' &&
		     (at + 1 == source->length || source->text[at + 1] != '\n')))
			line++, column = 1;
		at += bytes ? bytes : 1;
	}
	va_start(arguments, format);
	vsnprintf(said.text, sizeof(said.text), format, arguments);
	va_end(arguments);
	return twp_error_set(source->error, "%s:%zu:%zu: %s", source->file, line, column,
			     said.text);
}

static int text_check(const struct twp_source *source)
{
	size_t good = twp_utf8_span(source->text, source->length, "\t\n\r");
	unsigned char bad;

	if (good == source->length)
		return 0;
	bad = source->text[good];
	if (twp_utf8_length(source->text + good, source->length - good, NULL))
		return twp_source_fail(source, good,
				       "a control character (byte 0x%02x) may not stand in a "
				       "document",
				       bad);
	return twp_source_fail(source, good, "byte 0x%02x is not UTF-8", bad);
}

int twp_source_open(struct twp_source *source, const char *file, const char *text, size_t length,
		    struct twp_error *error)
{
	static const char mark[] = "\xef\xbb\xbf";

	*source = (struct twp_source){ .file = file, .text = text, .length = length };
	source->error = error;
	if (length > TWP_DOCUMENT_MAX)
		return twp_error_set(error,
				     "%s: the document is %zu bytes long, and %u are the most",
				     file, length, TWP_DOCUMENT_MAX);
	if (length >= strlen(mark) && !memcmp(text, mark, strlen(mark))) {
		source->text += strlen(mark);
		source->length -= strlen(mark);
	}
	if (text_check(source))
		return -1;

	source->yaml = twp_yaml_open(source);
	return source->yaml ? 0 : -1;
}

int twp_source_next(struct twp_source *source)
{
	return twp_yaml_next(source->yaml, &source->event);
}

void twp_source_close(struct twp_source *source)
{
	twp_yaml_close(source->yaml);
	source->yaml = NULL;
}
