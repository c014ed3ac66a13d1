// SPDX-License-Identifier: GPL-2.0-only
/* Tables of values, with the ratio to what has no filter. */
#include <stdlib.h>
#include <string.h>

#include "datapath.h"
#include "report_metric.h"
#include "report_series.h"
#include "report_table.h"

static void write_caption(const struct page *page, const struct grid *grid,
			  const struct format_unit *unit)
{
	const struct metric *metric = metric_find(grid->metric);

	fputs("<div class=\"scroll\" tabindex=\"0\"><table><caption>", page->out);
	format_html(page->out, metric_title(grid->metric));
	/* "packets lost meanwhile" has its unit in it. */
	if (strncmp(metric_title(grid->metric), unit->name, strlen(unit->name))) {
		fputs(", ", page->out);
		format_html(page->out, unit->name);
	}
	if (metric->note) {
		fputs("<br><small>", page->out);
		format_html(page->out, metric->note);
		fputs("</small>", page->out);
	}
}

/* The baseline of a datapath that was measured there, or the other, or NULL. */
static const struct row *baseline_of(const struct grid *grid, const struct row *row,
				     unsigned int number)
{
	const char *name = grid_baseline_name(row->datapath);
	const struct row *base = grid_baseline(grid, name, number);

	if (!base && strcmp(name, "none"))
		base = grid_baseline(grid, "none", number);
	/* Under the tracer a datapath costs more the more functions it has. */
	if (!strcmp(grid->metric, "total_ns"))
		return NULL;
	return base && strcmp(base->datapath, row->datapath) && base->value > 0 ? base : NULL;
}

static void write_name(FILE *out, const char *name)
{
	const struct datapath *datapath = datapath_find(name);

	fprintf(out, "<tr%s><th scope=\"row\">",
		!strncmp(name, "twinpath-", 9) ? " class=\"ours\"" : "");
	format_html(out, name);
	if (datapath) {
		fputs("<small>", out);
		format_html(out, datapath->matches);
		fprintf(out, "%s</small>", datapath->stateful ? ", stateful" : ", stateless");
	}
	fputs("</th>", out);
}

/* A baseline that is not the one of the datapath's kind is named. */
static void write_value(const struct page *page, const struct grid *grid, const struct row *row,
			const struct format_unit *unit, unsigned int number)
{
	const struct row *base = baseline_of(grid, row, number);

	format_number(page->out, row->value / unit->scale);
	if (row->low < row->high) {
		fputs("<small>", page->out);
		format_number(page->out, row->low / unit->scale);
		fputs(" to ", page->out);
		format_number(page->out, row->high / unit->scale);
		fputs("</small>", page->out);
	}
	if (row->bridge_netfilter)
		fputs("<small class=\"badge\">br_netfilter</small>", page->out);
	if (!base)
		return;
	fprintf(page->out, "<small>×%.3f", row->value / base->value);
	if (strcmp(base->datapath, grid_baseline_name(row->datapath)))
		fprintf(page->out, " of %s", base->datapath);
	fputs("</small>", page->out);
}

/* @row may be NULL. */
static void write_cell(const struct page *page, const struct grid *grid, const struct row *row,
		       const char *datapath, unsigned int number, const struct format_unit *unit)
{
	const struct row *gap = row ? NULL : grid_gap(grid, datapath, number);

	fputs("<td>", page->out);
	if (row) {
		write_value(page, grid, row, unit, number);
	} else if (gap) {
		fputs("<a href=\"#missing\" title=\"", page->out);
		format_html(page->out, gap->gap);
		fputs("\">missing</a>", page->out);
	}
	fputs("</td>", page->out);
}

static bool has_baseline(const struct grid *grid)
{
	return strcmp(grid->metric, "total_ns") &&
	       (grid_baseline(grid, "none", 0) || grid_baseline(grid, "conntrack", 0));
}

static struct format_unit unit_of(const struct grid *grid, double largest)
{
	for (size_t i = 0; i < grid->rows->count; i++)
		if (grid_has(grid, &grid->rows->row[i]))
			return format_unit(row_unit(&grid->rows->row[i]), grid->clock, largest);
	return (struct format_unit){ .scale = 1 };
}

static void write_ratio_note(const struct page *page)
{
	fputs("<br><small>×: ratio to none, of stateful datapaths to conntrack</small>", page->out);
}

void table_grid(const struct page *page, const struct grid *grid)
{
	struct grid_names names = grid_datapaths(grid);
	struct grid_numbers numbers = grid_numbers(grid);
	struct format_unit unit = unit_of(grid, grid_largest(grid));
	char text[16];

	if (names.count) {
		write_caption(page, grid, &unit);
		if (has_baseline(grid))
			write_ratio_note(page);
		fprintf(page->out, "</caption>\n<tr><th scope=\"col\">%s</th>",
			grid->axis == GRID_CHANGED ? "datapath, entries changed" : "datapath, N");
		for (size_t i = 0; i < numbers.count; i++)
			fprintf(page->out, "<th scope=\"col\">%s</th>",
				format_short(numbers.number[i], text));
		fputs("</tr>\n", page->out);
		for (size_t i = 0; i < names.count; i++) {
			write_name(page->out, names.name[i]);
			for (size_t j = 0; j < numbers.count; j++)
				write_cell(page, grid,
					   grid_row(grid, names.name[i], numbers.number[j]),
					   names.name[i], numbers.number[j], &unit);
			fputs("</tr>\n", page->out);
		}
		fputs("</table></div>\n", page->out);
	}
	free(numbers.number);
	free(names.name);
}

static void write_places_head(const struct page *page, const struct grid *place,
			      const unsigned int *number, size_t places)
{
	char text[16];

	fputs("</caption>\n<tr><th scope=\"col\">datapath</th>", page->out);
	for (size_t i = 0; i < places; i++) {
		fputs("<th scope=\"col\">", page->out);
		format_html(page->out, place[i].topology);
		fprintf(page->out, "<small>%sN = %s</small></th>",
			place[i].offloads ? "offloads on, " : "", format_short(number[i], text));
	}
	fputs("</tr>\n", page->out);
}

void table_places(const struct page *page, const struct grid *place, const unsigned int *number,
		  size_t places)
{
	struct figure all = { 0 };
	struct format_unit unit;
	double largest = 0;

	if (!places)
		return;

	for (size_t i = 0; i < places; i++)
		if (grid_largest(&place[i]) > largest)
			largest = grid_largest(&place[i]);
	unit = unit_of(&place[0], largest);
	series_of_places(&all, place, number, places, &unit);
	series_keep_shared(&all, places);
	if (all.count) {
		write_caption(page, &place[0], &unit);
		write_ratio_note(page);
		write_places_head(page, place, number, places);
		for (size_t i = 0; i < all.count; i++) {
			write_name(page->out, all.series[i].name);
			for (size_t j = 0; j < places; j++)
				write_cell(page, &place[j],
					   grid_row_there(&place[j], all.series[i].name, number[j]),
					   all.series[i].name, number[j], &unit);
			fputs("</tr>\n", page->out);
		}
		fputs("</table></div>\n", page->out);
	}
	series_clean(&all);
}
