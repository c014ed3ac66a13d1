// SPDX-License-Identifier: GPL-2.0-only
/* gnuplot's SVG, made fit for a page: ids of its own, a size that the page decides, a name for readers. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "policy/memory.h"
#include "report_figure.h"
#include "report_format.h"

static size_t starts(const char *text, const char *with)
{
	size_t length = strlen(with);

	return strncmp(text, with, length) ? 0 : length;
}

/* Length of what stands before an id, or a reference to one; else 0. */
static size_t before_id(const char *text)
{
	static const char *const marks[] = { " id='", " id=\"", "href='#", "href=\"#", "url(#" };
	size_t length = 0;

	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks) && !length; i++)
		length = starts(text, marks[i]);
	return length;
}

/* Two SVGs in one page must not share an id: points would take each other's shape. */
static void write_body(FILE *out, const char *id, const char *text)
{
	while (*text) {
		size_t mark = before_id(text);

		if (!mark) {
			fputc(*text++, out);
			continue;
		}
		fprintf(out, "%.*s%s-", (int)mark, text, id);
		text += mark;
	}
}

static int adapt(FILE *out, const struct figure *figure, const char *svg)
{
	const char *box = strstr(svg, "viewBox=\""), *body = strstr(svg, "</desc>");

	if (!box || !body)
		return -1;
	box += strlen("viewBox=\"");
	fprintf(out, "<svg class=\"plot\" id=\"%s\" viewBox=\"%.*s\" role=\"img\" aria-label=\"",
		figure->id, (int)strcspn(box, "\""), box);
	format_html(out, figure->title);
	fputs("\" xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\">"
	      "<title>",
	      out);
	format_html(out, figure->title);
	fputs("</title>", out);
	write_body(out, figure->id, body + strlen("</desc>"));
	return 0;
}

char *figure_svg(const struct figure *figure, const char *script, struct twp_error *error)
{
	const char *const argv[] = { "gnuplot", "-", NULL };
	char *svg TWP_AUTOFREE = NULL, *adapted = NULL;
	size_t size;
	FILE *out;

	if (command_run(NULL, script, &svg, error, argv))
		return NULL;
	out = open_memstream(&adapted, &size);
	if (!out || adapt(out, figure, svg)) {
		if (out)
			fclose(out);
		free(adapted);
		twp_error_set(error, "gnuplot wrote no SVG");
		return NULL;
	}
	fclose(out);
	return adapted;
}
