// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sections of the report, one an experiment. The place with the most points comes
 * first, beside the study's figure; places with a single number share a figure of
 * bars; further places can be unfolded.
 */
#include <stdlib.h>
#include <string.h>

#include "experiment.h"
#include "policy/memory.h"
#include "report_draw.h"
#include "report_metric.h"
#include "report_section.h"
#include "report_table.h"
#include "report_text.h"
#include "study.h"

struct section {
	struct page *page;
	struct grid_list places;
	struct grid_names metrics;
};

/* In real time each run of a datapath has one of none beside it: their difference, in percent. */
static struct grid with_metric(const struct grid *place, const char *metric)
{
	const char *unit = strrchr(metric, '_');
	struct grid grid = *place;

	grid.metric = metric;
	grid.subject = unit && !strcmp(unit, "_percent") ? "A/B" : "";
	return grid;
}

/* A baseline holds no entries, so its number is not one of the place. */
static size_t count_numbers(const struct grid *grid, unsigned int *number)
{
	struct grid_numbers numbers = grid_numbers(grid);
	struct grid_names names = grid_datapaths(grid);
	size_t count = 0;

	*number = numbers.count ? numbers.number[numbers.count - 1] : 0;
	for (size_t j = 0; j < numbers.count; j++) {
		bool filtered = false;

		for (size_t i = 0; i < names.count && !filtered; i++)
			filtered = !grid_is_baseline(names.name[i]) &&
				   grid_row(grid, names.name[i], numbers.number[j]);
		if (filtered)
			*number = numbers.number[j];
		count += filtered;
	}
	free(names.name);
	free(numbers.number);
	return count;
}

/* ---- sentences */

static void say_grid(FILE *out, const struct grid *grid)
{
	if (!strcmp(grid->experiment, "change"))
		text_change(out, grid);
	else if (!strcmp(grid->experiment, "switch"))
		text_switch(out, grid);
	else
		text_grid(out, grid);
}

static size_t count_figures(const struct section *section)
{
	size_t count = 0;

	for (size_t i = 0; i < section->metrics.count; i++)
		count += metric_find(section->metrics.name[i])->figure;
	return count;
}

static void write_sentences(const struct section *section, const struct grid *place)
{
	bool once = !strcmp(place->experiment, "change") || !strcmp(place->experiment, "switch");

	if (once) {
		page_sentences(section->page, say_grid, place);
		return;
	}
	for (size_t i = 0; i < section->metrics.count; i++) {
		struct grid grid = with_metric(place, section->metrics.name[i]);

		if (!metric_find(grid.metric)->figure)
			continue;
		if (count_figures(section) > 1)
			fprintf(section->page->out, "<div><h3>%s</h3>\n",
				metric_title(grid.metric));
		page_sentences(section->page, say_grid, &grid);
		if (count_figures(section) > 1)
			fputs("</div>\n", section->page->out);
	}
}

/* ---- a place with several numbers */

static bool has_lines(const struct section *section, const struct grid *place)
{
	unsigned int number;

	for (size_t i = 0; i < section->metrics.count; i++) {
		struct grid grid = with_metric(place, section->metrics.name[i]);

		if (count_numbers(&grid, &number) > 1)
			return true;
	}
	return false;
}

static void write_place(const struct section *section, const struct grid *place, bool main)
{
	unsigned int number;

	fputs("<div class=\"pair\">\n", section->page->out);
	for (size_t i = 0; i < section->metrics.count; i++) {
		struct grid grid = with_metric(place, section->metrics.name[i]);

		if (metric_find(grid.metric)->figure && count_numbers(&grid, &number) > 1)
			draw_lines(section->page, &grid, main);
	}
	write_sentences(section, place);
	fputs("</div>\n<div class=\"tables\">\n", section->page->out);
	for (size_t i = 0; i < section->metrics.count; i++) {
		struct grid grid = with_metric(place, section->metrics.name[i]);

		table_grid(section->page, &grid);
	}
	fputs("</div>\n", section->page->out);
}

/* Of a change the places are sizes of the policy: all are looked at. */
static void write_lines(const struct section *section)
{
	bool main = true;

	for (size_t i = 0; i < section->places.count; i++) {
		const struct grid *place = &section->places.grid[i];

		if (!has_lines(section, place))
			continue;
		bool folded = !main && place->axis != GRID_CHANGED;
		if (folded) {
			fputs("<details><summary>The same on ", section->page->out);
			page_place(section->page->out, place);
			fputs("</summary>\n", section->page->out);
		}
		write_place(section, place, main);
		if (folded)
			fputs("</details>\n", section->page->out);
		main = false;
	}
}

/* ---- places with a single number */

static size_t single_places(const struct section *section, const char *metric, struct grid *place,
			    unsigned int *number)
{
	const struct grid_list *places = &section->places;
	size_t count = 0;

	for (size_t i = 0; i < places->count; i++) {
		place[count] = with_metric(&places->grid[i], metric);
		if (!has_lines(section, &places->grid[i]) &&
		    count_numbers(&place[count], &number[count]) == 1)
			count++;
	}
	if (!count || !has_lines(section, &places->grid[0]))
		return count;
	/* The first place as well, to be compared with, if it has that number. */
	struct grid first = with_metric(&places->grid[0], metric);
	struct grid_numbers numbers = grid_numbers(&first);
	for (size_t i = 0; i < numbers.count; i++) {
		if (numbers.number[i] != number[0])
			continue;
		memmove(place + 1, place, count * sizeof(*place));
		memmove(number + 1, number, count * sizeof(*number));
		place[0] = first;
		count++;
		break;
	}
	free(numbers.number);
	return count;
}

static void write_single_words(const struct section *section, const struct grid *place,
			       size_t places)
{
	fputs("<div>\n", section->page->out);
	for (size_t i = 0; i < places; i++)
		if (!has_lines(section, &place[i]))
			page_sentences(section->page, say_grid, &place[i]);
	fputs("</div>\n", section->page->out);
}

static void write_single(const struct section *section)
{
	size_t most = section->places.count + 1;
	struct grid *place TWP_AUTOFREE = calloc(most, sizeof(*place));
	unsigned int *number TWP_AUTOFREE = calloc(most, sizeof(*number));

	if (!place || !number)
		return;
	fputs("<div class=\"pair\">\n", section->page->out);
	for (size_t i = 0; i < section->metrics.count; i++) {
		const char *metric = section->metrics.name[i];
		size_t places = single_places(section, metric, place, number);

		if (!places || !metric_find(metric)->figure)
			continue;
		draw_bars(section->page, place, number, places);
		write_single_words(section, place, places);
	}
	fputs("</div>\n<div class=\"tables\">\n", section->page->out);
	for (size_t i = 0; i < section->metrics.count; i++)
		table_places(section->page, place, number,
			     single_places(section, section->metrics.name[i], place, number));
	fputs("</div>\n", section->page->out);
}

/* ---- the section */

static void write_study_note(const struct page *page, const char *experiment)
{
	for (const struct study_point *point = study; point->experiment; point++)
		if (!strcmp(point->experiment, experiment))
			return;
	fputs("<p class=\"note\">The study's text states no figure of this.</p>\n", page->out);
}

static void write_title(const struct page *page, const char *name)
{
	const struct experiment *experiment = experiment_find(name);

	fputs("<section id=\"", page->out);
	format_html(page->out, name);
	fputs("\">\n<h2>", page->out);
	format_html(page->out, experiment ? experiment->title : name);
	fputs("</h2>\n", page->out);
	if (!experiment)
		return;
	fputs("<p class=\"question\">", page->out);
	format_html(page->out, experiment->question);
	fputs("</p>\n", page->out);
}

void section_write(struct page *page, const char *experiment)
{
	struct section section = {
		.page = page,
		.places = grid_list(page->rows, experiment, ""),
		.metrics = grid_metrics(page->rows, experiment),
	};

	write_title(page, experiment);
	if (!section.places.count) {
		fputs("<p>Nothing was measured: see <a href=\"#missing\">what is missing and "
		      "why</a>.</p>\n",
		      page->out);
	} else if (section.places.grid[0].axis == GRID_FUNCTIONS) {
		section_paths(page, &section.places, &section.metrics);
	} else {
		write_lines(&section);
		write_single(&section);
	}
	write_study_note(page, experiment);
	table_study(page, experiment);
	fputs("</section>\n", page->out);
	free(section.places.grid);
	free(section.metrics.name);
}
