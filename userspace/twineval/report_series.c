// SPDX-License-Identifier: GPL-2.0-only
/* Series of figures, taken from grids and from the study. */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "policy/memory.h"
#include "report_series.h"
#include "study.h"

static void *grown(void *array, size_t count, size_t size)
{
	array = twp_array_grow(array, count, size);
	if (!array)
		errx(1, "out of memory");
	return array;
}

struct figure_series *series_add(struct figure *figure, const char *name,
				 const struct figure_point *point)
{
	struct figure_series *series;
	size_t i = 0;

	while (i < figure->count && strcmp(figure->series[i].name, name))
		i++;
	if (i == figure->count) {
		figure->series = grown(figure->series, figure->count, sizeof(*figure->series));
		figure->series[figure->count++] = (struct figure_series){ .name = name };
	}
	series = &figure->series[i];
	series->point = grown(series->point, series->count, sizeof(*series->point));
	series->point[series->count++] = *point;
	return series;
}

static struct figure_point point_of(const struct row *row, double x, const struct format_unit *unit)
{
	return (struct figure_point){
		.x = x,
		.value = row->value / unit->scale,
		.low = row->low / unit->scale,
		.high = row->high / unit->scale,
	};
}

void series_of_grid(struct figure *figure, const struct grid *grid, const struct format_unit *unit)
{
	struct grid_names names = grid_datapaths(grid);
	struct grid_numbers numbers = grid_numbers(grid);

	for (size_t i = 0; i < names.count; i++) {
		bool baseline = !strcmp(names.name[i], "none") ||
				!strcmp(names.name[i], "conntrack");

		for (size_t j = 0; j < numbers.count; j++) {
			const struct row *row = grid_row(grid, names.name[i], numbers.number[j]);
			struct figure_point point;

			if (!row)
				continue;
			point = point_of(row, numbers.number[j], unit);
			series_add(figure, names.name[i], &point)->across = baseline;
		}
	}
	free(numbers.number);
	free(names.name);
}

void series_of_study(struct figure *figure, const struct grid *grid, const char *topology,
		     const struct format_unit *unit)
{
	for (const struct study_point *point = study; point->experiment; point++) {
		double value = point->value / unit->scale;

		if (!strcmp(point->experiment, grid->experiment) &&
		    !strcmp(point->metric, grid->metric) && !strcmp(point->topology, topology) &&
		    point->offloads == grid->offloads)
			series_add(figure, point->datapath,
				   &(struct figure_point){ point->entries, value, value, value });
	}
}

void series_of_places(struct figure *figure, const struct grid *place, const unsigned int *number,
		      size_t places, const struct format_unit *unit)
{
	for (size_t i = 0; i < places; i++) {
		struct grid_names names = grid_datapaths(&place[i]);

		for (size_t j = 0; j < names.count; j++) {
			const struct row *row = grid_row_there(&place[i], names.name[j], number[i]);
			struct figure_point point;

			if (!row)
				continue;
			point = point_of(row, i, unit);
			series_add(figure, names.name[j], &point);
		}
		free(names.name);
	}
}

/* A datapath that was measured in one place of several has nothing to stand beside. */
void series_keep_shared(struct figure *figure, size_t places)
{
	size_t kept = 0;

	for (size_t i = 0; i < figure->count; i++) {
		if (places > 1 && figure->series[i].count < 2)
			free(figure->series[i].point);
		else
			figure->series[kept++] = figure->series[i];
	}
	figure->count = kept;
}

void series_clean(struct figure *figure)
{
	for (size_t i = 0; i < figure->count; i++)
		free(figure->series[i].point);
	free(figure->series);
	figure->series = NULL;
	figure->count = 0;
}
