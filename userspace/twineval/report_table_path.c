// SPDX-License-Identifier: GPL-2.0-only
/* Tables of the functions that a transaction passes. */
#include <stdlib.h>
#include <string.h>

#include "report_metric.h"
#include "report_path.h"
#include "report_table.h"

/* More functions than these share the last row. */
#define FUNCTIONS 25

static struct format_unit path_unit(const struct grid *place, double largest)
{
	for (size_t i = 0; i < place->rows->count; i++)
		if (grid_has(place, &place->rows->row[i]))
			return format_unit(row_unit(&place->rows->row[i]), place->clock, largest);
	return (struct format_unit){ .scale = 1 };
}

static void write_caption(const struct page *page, const struct grid *place,
			  const struct format_unit *unit)
{
	fputs("<div class=\"scroll\" tabindex=\"0\"><table><caption>", page->out);
	format_html(page->out, metric_title(place->metric));
	/* "instructions of a transaction" has its unit in it. */
	if (strncmp(metric_title(place->metric), unit->name, strlen(unit->name))) {
		fputs(", ", page->out);
		format_html(page->out, unit->name);
	}
	fputs(", by function", page->out);
}

static void write_note(const struct page *page, const struct grid *place)
{
	const char *note = metric_find(place->metric)->note;

	if (!note)
		return;
	fputs("<br><small>", page->out);
	format_html(page->out, note);
	fputs("</small>", page->out);
}

static void write_function_row(const struct page *page, const struct grid *place,
			       const struct grid_numbers *numbers, const struct row *step,
			       const struct format_unit *unit)
{
	fputs("<tr><th scope=\"row\">", page->out);
	format_html(page->out, step->subject);
	fputs("<small>", page->out);
	format_html(page->out, step->datapath);
	fputs("</small></th>", page->out);
	for (size_t i = 0; i < numbers->count; i++) {
		struct path path = path_of(place, step->datapath, numbers->number[i]);
		const struct row *found = NULL;

		for (size_t j = 0; j < path.count && !found; j++)
			if (!strcmp(path.step[j]->subject, step->subject))
				found = path.step[j];
		fputs("<td>", page->out);
		if (found)
			format_number(page->out, found->value / unit->scale);
		fputs("</td>", page->out);
		free(path.step);
	}
	fputs("</tr>\n", page->out);
}

/* Is it the first row of that function and datapath? */
static bool is_first(const struct grid *place, const struct row *step)
{
	for (const struct row *row = place->rows->row; row < step; row++)
		if (grid_has(place, row) && !strcmp(row->datapath, step->datapath) &&
		    !strcmp(row->subject, step->subject))
			return false;
	return true;
}

void table_functions(const struct page *page, const struct grid *place)
{
	struct grid_names names = grid_datapaths(place);
	struct grid_numbers numbers = grid_numbers(place);
	struct format_unit unit = path_unit(place, grid_largest(place));
	char text[16];

	if (names.count) {
		write_caption(page, place, &unit);
		write_note(page, place);
		fputs("</caption>\n<tr><th scope=\"col\">function, N</th>", page->out);
		for (size_t i = 0; i < numbers.count; i++)
			fprintf(page->out, "<th scope=\"col\">%s</th>",
				format_short(numbers.number[i], text));
		fputs("</tr>\n", page->out);
	}
	for (size_t i = 0; i < names.count; i++) {
		for (size_t j = 0; j < place->rows->count; j++) {
			const struct row *row = &place->rows->row[j];

			if (grid_has(place, row) && !strcmp(row->datapath, names.name[i]) &&
			    is_first(place, row))
				write_function_row(page, place, &numbers, row, &unit);
		}
	}
	if (names.count)
		fputs("</table></div>\n", page->out);
	free(numbers.number);
	free(names.name);
}

/* ---- paths */

static void write_share(const struct page *page, const struct path *path, double value,
			const struct format_unit *unit)
{
	fputs("<td>", page->out);
	if (value > 0) {
		format_number(page->out, value / unit->scale);
		fprintf(page->out, "<small>%.1f%%</small>", 100 * value / path->total);
	}
	fputs("</td>", page->out);
}

static void write_path_rows(const struct page *page, const struct path *path, size_t paths,
			    const struct row *const *function, size_t functions,
			    const struct format_unit *unit)
{
	for (size_t f = 0; f <= functions; f++) {
		fputs("<tr><th scope=\"row\">", page->out);
		format_html(page->out, f < functions ? function[f]->subject : "all others");
		fputs("</th>", page->out);
		for (size_t i = 0; i < paths; i++) {
			double value = f < functions ? path_value(&path[i], function[f]->subject) :
						       path[i].total;

			for (size_t j = 0; f == functions && j < functions; j++)
				value -= path_value(&path[i], function[j]->subject);
			/* What is left of a subtraction of equals is no function. */
			write_share(page, &path[i], value > 1e-9 * path[i].total ? value : 0, unit);
		}
		fputs("</tr>\n", page->out);
	}
	fputs("<tr><th scope=\"row\">together</th>", page->out);
	for (size_t i = 0; i < paths; i++)
		write_share(page, &path[i], path[i].total, unit);
	fputs("</tr>\n", page->out);
}

void table_paths(const struct page *page, const struct grid *place)
{
	struct paths paths = paths_of(place, place->entries);
	const struct row *function[FUNCTIONS];
	size_t functions = paths_functions(&paths, function, FUNCTIONS);
	double largest = 0;

	for (size_t i = 0; i < paths.count; i++)
		if (paths.path[i].total > largest)
			largest = paths.path[i].total;
	if (paths.count) {
		struct format_unit unit = path_unit(place, largest);

		write_caption(page, place, &unit);
		fputs(", N = ", page->out);
		format_count(page->out, place->entries);
		write_note(page, place);
		fprintf(page->out, "<br><small>%%: share of %s</small></caption>\n",
			path_is_counted(place) ? "what the datapath adds" : "the datapath's path");
		fputs("<tr><th scope=\"col\">function</th>", page->out);
		for (size_t i = 0; i < paths.count; i++) {
			fputs("<th scope=\"col\">", page->out);
			format_html(page->out, paths.path[i].datapath);
			fputs("</th>", page->out);
		}
		fputs("</tr>\n", page->out);
		write_path_rows(page, paths.path, paths.count, function, functions, &unit);
		fputs("</table></div>\n", page->out);
	}
	paths_clean(&paths);
}
