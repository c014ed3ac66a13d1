// SPDX-License-Identifier: GPL-2.0-only
/* The text of a document: what may stand in it at all, and where a fault is. */
#include "source.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "document.h"
#include "utf8.h"

/* Goes on from the place that was asked for last: offsets mostly grow. */
static struct twp_source_cursor cursor_at(const struct twp_source *source, size_t offset)
{
	struct twp_source_cursor cursor = { 0, 1, 1 };

	if (source->cursor && source->cursor->line && source->cursor->offset <= offset)
		cursor = *source->cursor;
	while (cursor.offset < offset && cursor.offset < source->length) {
		const char *text = source->text + cursor.offset;
		size_t left = source->length - cursor.offset;
		size_t bytes = twp_utf8_length(text, left, NULL);

		cursor.column++;
		/* A line ends in LF, CR LF, or CR. */
		if (*text == '\n' || (*text == '\r' && (left == 1 || text[1] != '\n')))
			cursor.line++, cursor.column = 1;
		cursor.offset += bytes ? bytes : 1;
	}
	if (source->cursor)
		*source->cursor = cursor;
	return cursor;
}

void twp_source_place(const struct twp_source *source, size_t offset, unsigned int *line,
		      unsigned int *column)
{
	struct twp_source_cursor cursor = cursor_at(source, offset);

	*line = (unsigned int)cursor.line;
	*column = (unsigned int)cursor.column;
}

int twp_source_fail(const struct twp_source *source, size_t offset, const char *format, ...)
{
	struct twp_source_cursor cursor = cursor_at(source, offset);
	struct twp_error said, whole;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(said.text, sizeof(said.text), format, arguments);
	va_end(arguments);
	twp_error_set(&whole, "%s:%zu:%zu: %s", source->file, cursor.line, cursor.column,
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

static void text_set(struct twp_source *source, const char *text, size_t length)
{
	static const char mark[] = "\xef\xbb\xbf";
	const size_t skip =
		length >= strlen(mark) && !memcmp(text, mark, strlen(mark)) ? strlen(mark) : 0;

	source->text = text + skip;
	source->length = length - skip;
}

int twp_source_open(struct twp_source *source, const char *file, const char *text, size_t length,
		    struct twp_error *error)
{
	*source = (struct twp_source){ .file = file, .error = error };
	if (length > TWP_DOCUMENT_MAX)
		return twp_error_set(error,
				     "%s: the document is %zu bytes long, and %u are the most",
				     file, length, TWP_DOCUMENT_MAX);
	text_set(source, text, length);
	if (text_check(source))
		return -1;

	source->cursor = calloc(1, sizeof(*source->cursor));
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
	free(source->cursor);
	source->cursor = NULL;
}
