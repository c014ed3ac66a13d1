// SPDX-License-Identifier: GPL-2.0-only
/* What is missing in the report and why: gaps, experiments that were not run, figures. */
#include <stdlib.h>
#include <string.h>

#include "experiment.h"
#include "report_section.h"

static bool same_gap(const struct row *a, const struct row *b)
{
	return *a->gap && *b->gap && !strcmp(a->gap, b->gap) &&
	       !strcmp(a->experiment, b->experiment) && !strcmp(a->datapath, b->datapath) &&
	       !strcmp(a->topology, b->topology) && a->offloads == b->offloads;
}

static bool is_first(const struct rows *rows, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (same_gap(&rows->row[i], &rows->row[index]))
			return false;
	return true;
}

static bool number_said(const struct rows *rows, size_t first, size_t index)
{
	for (size_t i = first; i < index; i++)
		if (same_gap(&rows->row[i], &rows->row[index]) &&
		    rows->row[i].entries == rows->row[index].entries)
			return true;
	return false;
}

/* All entries of gaps that are the same else. */
static void write_gap(const struct page *page, size_t first)
{
	const struct row *gap = &page->rows->row[first];
	FILE *out = page->out;
	char text[16];

	fputs("<li><b>", out);
	format_html(out, gap->datapath);
	fputs("</b>, ", out);
	format_html(out, gap->topology);
	fprintf(out, ", offloads %s, N = ", gap->offloads ? "on" : "off");
	for (size_t i = first; i < page->rows->count; i++)
		if (same_gap(gap, &page->rows->row[i]) && !number_said(page->rows, first, i))
			fprintf(out, "%s%s", i == first ? "" : ", ",
				format_short(page->rows->row[i].entries, text));
	fputs(": ", out);
	format_html(out, gap->gap);
	fputs("</li>\n", out);
}

static bool gap_of(const struct grid *grid, const struct row *row)
{
	return *row->gap && !strcmp(row->experiment, grid->experiment) &&
	       !strcmp(row->topology, grid->topology) && row->offloads == grid->offloads &&
	       (!*row->metric || !strcmp(row->metric, grid->metric)) &&
	       (grid->axis != GRID_CHANGED || row->entries == grid->entries);
}

void missing_line(const struct page *page, const struct grid *grid, const unsigned int *only)
{
	size_t count = 0;
	char text[16];

	for (size_t i = 0; i < page->rows->count; i++) {
		const struct row *row = &page->rows->row[i];
		bool again = false;

		for (size_t j = 0; j < i && !again; j++)
			again = gap_of(grid, &page->rows->row[j]) &&
				!strcmp(page->rows->row[j].datapath, row->datapath) &&
				page->rows->row[j].entries == row->entries;
		if (!gap_of(grid, row) || again || (only && row->entries != *only))
			continue;
		if (count++) {
			fputs(", ", page->out);
		} else {
			fputs("<a href=\"#missing\">Missing</a> on ", page->out);
			format_html(page->out, grid->topology);
			fputs(": ", page->out);
		}
		format_html(page->out, row->datapath);
		fprintf(page->out, " at %s", format_short(row->entries, text));
	}
	if (count)
		fputs(". ", page->out);
}

static bool has_rows(const struct rows *rows, const char *experiment, bool measured)
{
	for (size_t i = 0; i < rows->count; i++)
		if (!strcmp(rows->row[i].experiment, experiment) && !*rows->row[i].gap == measured)
			return true;
	return false;
}

static bool any_missing(const struct page *page)
{
	for (size_t i = 0; i < page->rows->count; i++)
		if (*page->rows->row[i].gap)
			return true;
	for (size_t i = 0; experiments[i]; i++)
		if (!has_rows(page->rows, experiments[i]->name, true))
			return true;
	return !page->gnuplot;
}

static void write_experiment(const struct page *page, const char *name)
{
	fputs("<h3>", page->out);
	format_html(page->out, name);
	fputs("</h3>\n<ul>\n", page->out);
	for (size_t i = 0; i < page->rows->count; i++)
		if (*page->rows->row[i].gap && !strcmp(page->rows->row[i].experiment, name) &&
		    is_first(page->rows, i))
			write_gap(page, i);
	fputs("</ul>\n", page->out);
}

void missing_write(const struct page *page)
{
	fputs("<section id=\"missing\">\n<h2>What is missing and why</h2>\n", page->out);
	if (!page->gnuplot)
		fputs("<p>Figures: gnuplot was not found, so the report has tables and text only.</p>\n",
		      page->out);
	for (size_t i = 0; experiments[i]; i++)
		if (!has_rows(page->rows, experiments[i]->name, true) &&
		    !has_rows(page->rows, experiments[i]->name, false))
			fprintf(page->out, "<p>%s: nothing was measured, it was not run.</p>\n",
				experiments[i]->name);
	for (size_t i = 0; experiments[i]; i++)
		if (has_rows(page->rows, experiments[i]->name, false))
			write_experiment(page, experiments[i]->name);
	if (!any_missing(page))
		fputs("<p>Nothing: every point that the run was asked for was measured.</p>\n",
		      page->out);
	fputs("</section>\n", page->out);
}
