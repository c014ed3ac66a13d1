// SPDX-License-Identifier: GPL-2.0-only
/* The section of the kernel's functions: the path of a transaction, and growth with the entries. */
#include <stdlib.h>
#include <string.h>

#include "report_draw.h"
#include "report_metric.h"
#include "report_path.h"
#include "report_section.h"
#include "report_table.h"
#include "report_text.h"

/* The study's greatest number, or what comes nearest to it from below. */
static unsigned int shown_entries(const struct grid_numbers *numbers)
{
	unsigned int shown = numbers->count ? numbers->number[0] : 0;

	for (size_t i = 0; i < numbers->count; i++)
		if (numbers->number[i] <= TEXT_STUDY_ENTRIES)
			shown = numbers->number[i];
	return shown;
}

static void say_paths(FILE *out, const struct grid *grid)
{
	text_place(out, grid);
	text_paths(out, grid);
}

static void say_growth(FILE *out, const struct grid *grid)
{
	text_place(out, grid);
	text_trace(out, grid);
}

static bool is_measured(const struct grid *grid)
{
	struct grid_names names = grid_datapaths(grid);

	free(names.name);
	return names.count != 0;
}

static void write_path(struct page *page, const struct grid *grid)
{
	fputs("<div class=\"top\">\n", page->out);
	draw_paths(page, grid);
	page_sentences(page, say_paths, grid);
	fputs("</div>\n", page->out);
}

static void write_paths(struct page *page, struct grid *grid)
{
	struct grid_numbers numbers = grid_numbers(grid);
	unsigned int shown = shown_entries(&numbers);

	grid->entries = shown;
	write_path(page, grid);
	/* Of a traced path growth is told with the traced functions. */
	if (path_is_counted(grid))
		page_sentences(page, say_growth, grid);
	fputs("<details><summary>Table: the path, function by function</summary>\n", page->out);
	table_paths(page, grid);
	fputs("</details>\n", page->out);
	for (size_t i = 0; i < numbers.count; i++) {
		grid->entries = numbers.number[i];
		if (grid->entries == shown)
			continue;
		fputs("<details><summary>The same with N = ", page->out);
		format_count(page->out, grid->entries);
		fputs("</summary>\n", page->out);
		write_path(page, grid);
		table_paths(page, grid);
		fputs("</details>\n", page->out);
	}
	free(numbers.number);
}

static void write_functions(struct page *page, const struct grid *grid)
{
	struct grid counted = *grid;

	counted.metric = "path_instructions";
	if (!strcmp(grid->metric, "trace_time_ns") && !is_measured(&counted))
		page_sentences(page, say_growth, grid);
	fputs("<details><summary>Table: ", page->out);
	format_html(page->out, metric_title(grid->metric));
	fputs(", function by function</summary>\n", page->out);
	table_functions(page, grid);
	fputs("</details>\n", page->out);
}

/* Values of whole transactions have no function as their subject. */
static void write_whole(const struct page *page, struct grid *grid)
{
	grid->axis = GRID_ENTRIES;
	if (!is_measured(grid))
		return;
	fputs("<details><summary>Table: whole transactions</summary>\n", page->out);
	table_grid(page, grid);
	fputs("</details>\n", page->out);
}

static void write_place(struct page *page, const struct grid *place,
			const struct grid_names *metrics, bool paths)
{
	for (size_t i = 0; i < metrics->count; i++) {
		struct grid grid = *place;

		grid.metric = metrics->name[i];
		if (!strncmp(grid.metric, "path_", 5) != paths)
			continue;
		if (!is_measured(&grid))
			write_whole(page, &grid);
		else if (paths)
			write_paths(page, &grid);
		else
			write_functions(page, &grid);
	}
}

void section_paths(struct page *page, const struct grid_list *places,
		   const struct grid_names *metrics)
{
	for (size_t i = 0; i < places->count; i++) {
		write_place(page, &places->grid[i], metrics, true);
		write_place(page, &places->grid[i], metrics, false);
	}
}
