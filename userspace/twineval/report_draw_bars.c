// SPDX-License-Identifier: GPL-2.0-only
/* Grids as bars, place by place, and as stacks, function by function. */
#include <stdlib.h>
#include <string.h>

#include "policy/memory.h"
#include "report_draw.h"
#include "report_metric.h"
#include "report_path.h"
#include "report_section.h"
#include "report_series.h"
#include "report_style.h"

struct category {
	char text[64];
};

static bool same_numbers(const unsigned int *number, size_t places)
{
	for (size_t i = 1; i < places; i++)
		if (number[i] != number[0])
			return false;
	return true;
}

static char *svg_of(const struct figure *figure, const struct grid *place,
		    const unsigned int *number, size_t places, struct twp_error *error)
{
	struct category *category TWP_AUTOFREE = calloc(places, sizeof(*category));
	const char **name TWP_AUTOFREE = calloc(places, sizeof(*name));
	bool same = same_numbers(number, places);
	char text[16];

	if (!category || !name) {
		twp_error_set(error, "out of memory");
		return NULL;
	}
	for (size_t i = 0; i < places; i++) {
		snprintf(category[i].text, sizeof(category[i].text), "%s%s%s%s", place[i].topology,
			 place[i].offloads ? ", offl." : "", same ? "" : ", ",
			 same ? "" : format_short(number[i], text));
		name[i] = category[i].text;
	}
	return figure_bars(figure, name, places, error);
}

static void heading_of(char *text, size_t size, const struct grid *place,
		       const unsigned int *number, size_t places)
{
	char shown[16];

	if (same_numbers(number, places))
		snprintf(text, size, "N = %s: %s", format_short(number[0], shown),
			 metric_title(place->metric));
	else
		snprintf(text, size, "One N: %s", metric_title(place->metric));
}

void draw_bars(struct page *page, const struct grid *place, const unsigned int *number,
	       size_t places)
{
	struct twp_error error = { "" };
	struct format_unit unit;
	char title[384], heading[256];
	double largest = 0;

	if (!page->gnuplot || !places)
		return;
	for (size_t i = 0; i < places; i++)
		if (grid_largest(&place[i]) > largest)
			largest = grid_largest(&place[i]);
	unit = draw_unit(&place[0], largest);
	heading_of(heading, sizeof(heading), place, number, places);
	snprintf(title, sizeof(title), "%s: %s, by topology and datapath", heading, unit.name);
	struct figure figure = page_figure(page, title, NULL, unit.name);
	series_of_places(&figure, place, number, places, &unit);
	series_keep_shared(&figure, places);
	char *svg TWP_AUTOFREE = svg_of(&figure, place, number, places, &error);
	page_figure_begin(page, &figure, svg, &error, heading);
	page_caption_begin(page);
	page_note(page, metric_find(place->metric)->note);
	page_circumstances(page, place, places);
	for (size_t i = 0; i < places; i++)
		missing_line(page, &place[i], &number[i]);
	page_figure_end(page);
	series_clean(&figure);
}

/* ---- paths */

static void add_stack(struct figure *figure, const struct path *path,
		      const struct row *const *function, size_t functions,
		      const struct format_unit *unit)
{
	double rest = path->total;

	for (size_t f = 0; f < functions; f++) {
		double value = path_value(path, function[f]->subject);

		rest -= value;
		value /= unit->scale;
		if (value > 0)
			series_add(figure, path->datapath,
				   &(struct figure_point){ f, value, value, value });
	}
	rest = rest > 1e-9 * path->total ? rest / unit->scale : 0;
	series_add(figure, path->datapath,
		   &(struct figure_point){ STYLE_PARTS - 1, rest, rest, rest });
}

static void write_parts(FILE *out, const struct row *const *function, size_t functions)
{
	fputs("<ul class=\"legend\">", out);
	for (size_t f = 0; f <= functions; f++) {
		size_t part = f < functions ? f : STYLE_PARTS - 1;

		fprintf(out, "<li><span class=\"part\" style=\"background:%s%s\">",
			style_part[part], style_dark(part) ? ";color:#fff" : "");
		if (f < functions)
			fprintf(out, "%zu", f + 1);
		fputs("</span>", out);
		format_html(out, f < functions ? function[f]->subject : "all others");
		fputs("</li>", out);
	}
	fputs("</ul>\n", out);
}

void draw_paths(struct page *page, const struct grid *place)
{
	struct paths paths = paths_of(place, place->entries);
	const struct row *function[STYLE_PARTS - 1];
	size_t functions = paths_functions(&paths, function, STYLE_PARTS - 1);
	struct twp_error error = { "" };
	char title[384], heading[192];
	double largest = 0;

	for (size_t i = 0; i < paths.count; i++)
		if (paths.path[i].total > largest)
			largest = paths.path[i].total;
	if (page->gnuplot && paths.count) {
		struct format_unit unit = draw_unit(place, largest);

		snprintf(heading, sizeof(heading), "On %s, N = %u: %s", place->topology,
			 place->entries, metric_title(place->metric));
		snprintf(title, sizeof(title), "%s: %s in each function, by datapath", heading,
			 unit.name);
		struct figure figure = page_figure(page, title, unit.name, NULL);
		for (size_t i = 0; i < paths.count; i++)
			add_stack(&figure, &paths.path[i], function, functions, &unit);
		char *svg TWP_AUTOFREE = figure_stacks(&figure, &error);
		series_clean(&figure);
		page_figure_begin(page, &figure, svg, &error, heading);
		write_parts(page->out, function, functions);
		page_caption_begin(page);
		fputs("The functions in which the paths differ most have a colour; what leaves the frame ends "
		      "where it says. ",
		      page->out);
		page_note(page, metric_find(place->metric)->note);
		page_circumstances(page, place, 1);
		missing_line(page, place, &place->entries);
		page_figure_end(page);
	}
	paths_clean(&paths);
}
