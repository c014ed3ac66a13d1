// SPDX-License-Identifier: GPL-2.0-only
/* The text of a document: what may stand in it at all, and where a fault is. */
#include "source.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "document.h"
#include "utf8.h"

static void cursor_move(const struct twp_source *source, struct twp_source_cursor *cursor,
			size_t offset)
{
	while (cursor->offset < offset && cursor->offset < source->length) {
		const size_t at = cursor->offset;
		size_t bytes = twp_utf8_length(source->text + at, source->length - at, NULL);

		cursor->column++;
		/* A line ends in LF, CR LF, or CR. */
		if (source->text[at] == '\n' ||
		    (source->text[at] == '\r' &&
		     (at + 1 == source->length || source->text[at + 1] != '\n')))
			cursor->line++, cursor->column = 0;
		cursor->offset += bytes ? bytes : 1;
	}
}

void twp_source_place(struct twp_source *source, size_t offset, unsigned int *line,
		      unsigned int *column)
{
	struct twp_source_cursor *cursor = &source->cursor;

	if (cursor->offset > offset)
		*cursor = (struct twp_source_cursor){ 0 };
	cursor_move(source, cursor, offset);
	*line = (unsigned int)cursor->line + 1;
	*column = (unsigned int)cursor->column + 1;
}

int twp_source_fail(const struct twp_source *source, size_t offset, const char *format, ...)
{
	struct twp_source_cursor cursor = { 0 };
	struct twp_error said, whole;
	va_list arguments;

	cursor_move(source, &cursor, offset);
	va_start(arguments, format);
	vsnprintf(said.text, sizeof(said.text), format, arguments);
	va_end(arguments);
	twp_error_set(&whole, "%s:%zu:%zu: %s", source->file, cursor.line + 1, cursor.column + 1,
		      said.text);
	if (source->errors)
		twp_errors_add(source->errors, whole.text);
	return twp_error_set(source->error, "%s", whole.text);
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
	if (source->broken || twp_yaml_next(source->yaml, &source->event)) {
		source->broken = true;
		return -1;
	}
	return 0;
}

unsigned int twp_source_depth(const struct twp_source *source)
{
	return twp_yaml_depth(source->yaml);
}

int twp_source_skip(struct twp_source *source, unsigned int depth)
{
	while (twp_source_depth(source) > depth)
		if (twp_source_next(source))
			return -1;
	return 0;
}

int twp_source_recover(struct twp_source *source, unsigned int depth)
{
	if (!source->errors || source->broken || source->errors->count == TWP_ERRORS_MAX)
		return -1;
	return twp_source_skip(source, depth);
}

void twp_source_close(struct twp_source *source)
{
	twp_yaml_close(source->yaml);
	source->yaml = NULL;
}
