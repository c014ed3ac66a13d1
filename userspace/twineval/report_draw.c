// SPDX-License-Identifier: GPL-2.0-only
/* Grids as figures of lines, the study's beside ours in the same axes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "policy/memory.h"
#include "report_draw.h"
#include "report_headline.h"
#include "report_metric.h"
#include "report_section.h"
#include "report_series.h"

struct format_unit draw_unit(const struct grid *grid, double largest)
{
	for (size_t i = 0; i < grid->rows->count; i++)
		if (grid_has(grid, &grid->rows->row[i]))
			return format_unit(row_unit(&grid->rows->row[i]), grid->clock, largest);
	return (struct format_unit){ .scale = 1 };
}

static bool is_rate(const struct grid *grid)
{
	const char *unit = strrchr(grid->metric, '_');

	return unit && format_more_is_better(unit + 1);
}

/* Lines that take less of the common axis than this are drawn again in their own. */
#define CLOSER 0.6

static const char *x_label(const struct grid *grid)
{
	if (grid->axis == GRID_CHANGED)
		return "entries changed";
	return strcmp(grid->experiment, "complexity") ? "entries (N)" : "rules of the policy (N)";
}

/* Up to its caption. */
static void begin(struct page *page, const struct grid *grid, const struct figure *series,
		  const struct figure_axes *axes, const char *y_label, const char *heading)
{
	struct twp_error error = { "" };
	char title[384];

	snprintf(title, sizeof(title), "%s: %s, against %s", heading, y_label, x_label(grid));
	struct figure figure = page_figure(page, title, x_label(grid), y_label);
	figure.series = series->series;
	figure.count = series->count;
	char *svg TWP_AUTOFREE = figure_lines(&figure, axes, &error);
	page_figure_begin(page, &figure, svg, &error, heading);
	page_caption_begin(page);
}

static void draw_ours(struct page *page, const struct grid *grid, const struct figure *series,
		      const struct figure_axes *axes, const char *y_label, bool closer)
{
	char heading[256], text[16];

	snprintf(heading, sizeof(heading), "%s%s: %s", grid->topology, closer ? ", closer" : "",
		 metric_title(grid->metric));
	if (grid->axis == GRID_CHANGED)
		snprintf(heading, sizeof(heading), "%s entries: %s",
			 format_short(grid->entries, text), metric_title(grid->metric));
	begin(page, grid, series, axes, y_label, heading);
	if (axes->y_min > 0 && !axes->log_y)
		fputs("The axis does not begin at 0; what costs more leaves the frame. ",
		      page->out);
	page_note(page, metric_find(grid->metric)->note);
	page_circumstances(page, grid, 1);
	missing_line(page, grid, NULL);
	page_figure_end(page);
}

static void draw_theirs(struct page *page, const struct grid *grid, const char *topology,
			const struct figure *series, const struct figure_axes *axes,
			const char *y_label)
{
	char heading[256];

	snprintf(heading, sizeof(heading), "The study of 2017, %s", topology);
	begin(page, grid, series, axes, y_label, heading);
	fprintf(page->out,
		"N. de Bruijn, eBPF Based Networking: the values that its text states, from its own "
		"machines. Topology: %s, offloads %s. Clock: real.",
		topology, grid->offloads ? "on" : "off");
	page_figure_end(page);
}

void draw_lines(struct page *page, const struct grid *grid, bool main)
{
	struct format_unit unit = draw_unit(grid, grid_largest(grid)), real = unit;
	struct figure ours = { 0 }, theirs = { 0 };
	const char *topology = grid->topology;
	struct figure_axes axes, own;

	if (!page->gnuplot)
		return;
	series_of_grid(&ours, grid, &unit);
	series_of_study(&theirs, grid, topology, &unit);
	if (!theirs.count && main) {
		topology = "bridge";
		series_of_study(&theirs, grid, topology, &unit);
	}
	axes = figure_axes(&ours, &theirs, is_rate(grid));
	if (theirs.count) {
		/* The same scale, the study's clock. */
		if (!strncmp(unit.name, "virtual ", 8))
			snprintf(real.name, sizeof(real.name), "%s", unit.name + 8);
		draw_theirs(page, grid, topology, &theirs, &axes, real.name);
	}
	draw_ours(page, grid, &ours, &axes, unit.name, false);
	own = figure_axes_closer(&ours, is_rate(grid));
	if (own.y_max < CLOSER * axes.y_max)
		draw_ours(page, grid, &ours, &own, unit.name, true);
	series_clean(&ours);
	series_clean(&theirs);
}

/* ---- the first figure */

static bool in_headline(const char *name)
{
	static const char *const names[] = { "conntrack",   "iptables-nomatch", "nft-linear",
					     "ipset",	    "nft-labels",	"twinpath-nft",
					     "twinpath-bpf" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

static void series_keep(struct figure *figure, const struct row *base)
{
	size_t kept = 0;

	for (size_t i = 0; i < figure->count; i++) {
		struct figure_series series = figure->series[i];

		if (!in_headline(series.name)) {
			free(series.point);
			continue;
		}
		for (size_t j = 0; j < series.count; j++) {
			series.point[j].value *= 100 / base->value;
			series.point[j].low *= 100 / base->value;
			series.point[j].high *= 100 / base->value;
		}
		figure->series[kept++] = series;
	}
	figure->count = kept;
}

void draw_headline(struct page *page)
{
	struct figure series = { 0 };
	const struct row *base;
	char y_label[96];
	struct grid grid;

	if (!page->gnuplot || !headline_place(page->rows, &grid))
		return;
	base = grid_baseline(&grid, "none", 0);
	if (!base || base->value <= 0)
		return;
	series_of_grid(&series, &grid, &(struct format_unit){ .scale = 1 });
	series_keep(&series, base);
	if (series.count) {
		struct figure_axes axes = figure_axes(&series, NULL, is_rate(&grid));

		snprintf(y_label, sizeof(y_label), "%% of no filter, %s time", grid.clock);
		begin(page, &grid, &series, &axes, y_label,
		      is_rate(&grid) ? "Throughput that is left" :
				       "Latency, of that without a filter");
		page_circumstances(page, &grid, 1);
		page_figure_end(page);
	}
	series_clean(&series);
}
