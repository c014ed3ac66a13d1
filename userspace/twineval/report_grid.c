// SPDX-License-Identifier: GPL-2.0-only
/* Grids: the rows of one metric at one place. Every look-up is a scan: rows are thousands at most. */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "datapath.h"
#include "policy/memory.h"
#include "report_grid.h"

static void *grown(void *array, size_t count, size_t size)
{
	array = twp_array_grow(array, count, size);
	if (!array)
		errx(1, "out of memory");
	return array;
}

static void names_add(struct grid_names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (!strcmp(names->name[i], name))
			return;
	names->name = grown(names->name, names->count, sizeof(*names->name));
	names->name[names->count++] = name;
}

/* ---- places */

static bool same_place(const struct grid *grid, const struct row *row)
{
	return !strcmp(grid->topology, row->topology) && !strcmp(grid->clock, row->machine.clock) &&
	       grid->offloads == row->offloads &&
	       (grid->axis != GRID_CHANGED || grid->entries == row->entries);
}

static unsigned int topology_order(const char *name)
{
	unsigned int i = 0;

	while (topologies[i] && strcmp(topologies[i]->name, name))
		i++;
	return i;
}

static int compare_places(const void *a, const void *b)
{
	const struct grid *x = a, *y = b;
	unsigned int x_order = topology_order(x->topology), y_order = topology_order(y->topology);

	if (x_order != y_order)
		return x_order < y_order ? -1 : 1;
	if (x->offloads != y->offloads)
		return x->offloads ? 1 : -1;
	if (x->entries != y->entries)
		return x->entries < y->entries ? -1 : 1;
	return strcmp(x->clock, y->clock);
}

static size_t place_size(const struct grid *grid)
{
	size_t count = 0;

	for (size_t i = 0; i < grid->rows->count; i++) {
		const struct row *row = &grid->rows->row[i];

		count += !*row->gap && !strcmp(row->experiment, grid->experiment) &&
			 same_place(grid, row);
	}
	return count;
}

static enum grid_axis axis_of(const char *experiment)
{
	if (!strcmp(experiment, "change"))
		return GRID_CHANGED;
	return strcmp(experiment, "trace") ? GRID_ENTRIES : GRID_FUNCTIONS;
}

static void place_add(struct grid_list *list, const struct grid *place)
{
	for (size_t i = 0; i < list->count; i++)
		if (!compare_places(&list->grid[i], place) &&
		    !strcmp(list->grid[i].topology, place->topology))
			return;
	list->grid = grown(list->grid, list->count, sizeof(*list->grid));
	list->grid[list->count++] = *place;
}

static void biggest_first(struct grid_list *list)
{
	size_t biggest = 0;

	for (size_t i = 1; i < list->count; i++)
		if (place_size(&list->grid[i]) > place_size(&list->grid[biggest]))
			biggest = i;
	struct grid first = list->grid[biggest];
	memmove(list->grid + 1, list->grid, biggest * sizeof(*list->grid));
	list->grid[0] = first;
}

struct grid_list grid_list(const struct rows *rows, const char *experiment, const char *metric)
{
	struct grid_list list = { 0 };
	enum grid_axis axis = axis_of(experiment);

	for (size_t i = 0; i < rows->count; i++) {
		const struct row *row = &rows->row[i];
		struct grid place = {
			.rows = rows,
			.experiment = experiment,
			.topology = row->topology,
			.clock = row->machine.clock,
			.offloads = row->offloads,
			.metric = metric,
			.axis = axis,
			.entries = axis == GRID_CHANGED ? row->entries : 0,
		};

		if (!*row->gap && !strcmp(row->experiment, experiment))
			place_add(&list, &place);
	}
	if (list.count) {
		qsort(list.grid, list.count, sizeof(*list.grid), compare_places);
		/* Of a change the places differ in their entries, which have an order of their own. */
		if (axis != GRID_CHANGED)
			biggest_first(&list);
	}
	return list;
}

/* ---- rows of a grid */

unsigned int grid_number(const struct grid *grid, const struct row *row)
{
	return grid->axis == GRID_CHANGED ? strtoul(row->subject, NULL, 10) : row->entries;
}

bool grid_has(const struct grid *grid, const struct row *row)
{
	if (*row->gap || strcmp(row->experiment, grid->experiment) ||
	    strcmp(row->metric, grid->metric) || !same_place(grid, row))
		return false;
	if (grid->axis == GRID_ENTRIES)
		return !strcmp(row->subject, grid->subject ? grid->subject : "");
	return *row->subject;
}

const struct row *grid_row(const struct grid *grid, const char *datapath, unsigned int number)
{
	for (size_t i = 0; i < grid->rows->count; i++) {
		const struct row *row = &grid->rows->row[i];

		if (grid_has(grid, row) && !strcmp(row->datapath, datapath) &&
		    grid_number(grid, row) == number)
			return row;
	}
	return NULL;
}

/* A gap may be of the whole point: it has no metric and no subject then. */
const struct row *grid_gap(const struct grid *grid, const char *datapath, unsigned int number)
{
	for (size_t i = 0; i < grid->rows->count; i++) {
		const struct row *row = &grid->rows->row[i];

		if (*row->gap && !strcmp(row->experiment, grid->experiment) &&
		    !strcmp(row->datapath, datapath) && same_place(grid, row) &&
		    (!*row->metric || !strcmp(row->metric, grid->metric)) &&
		    (grid_number(grid, row) == number ||
		     (grid->axis == GRID_CHANGED && !*row->subject)))
			return row;
	}
	return NULL;
}

struct grid_names grid_datapaths(const struct grid *grid)
{
	struct grid_names found = { 0 }, names = { 0 };

	for (size_t i = 0; i < grid->rows->count; i++)
		if (grid_has(grid, &grid->rows->row[i]))
			names_add(&found, grid->rows->row[i].datapath);
	for (size_t d = 0; datapaths[d]; d++)
		for (size_t i = 0; i < found.count; i++)
			if (!strcmp(found.name[i], datapaths[d]->name))
				names_add(&names, found.name[i]);
	for (size_t i = 0; i < found.count; i++)
		names_add(&names, found.name[i]);
	free(found.name);
	return names;
}

struct grid_names grid_metrics(const struct rows *rows, const char *experiment)
{
	struct grid_names names = { 0 };

	for (size_t i = 0; i < rows->count; i++) {
		const struct row *row = &rows->row[i];

		if (!*row->gap && !strcmp(row->experiment, experiment))
			names_add(&names, row->metric);
	}
	return names;
}

static int compare_numbers(const void *a, const void *b)
{
	unsigned int x = *(const unsigned int *)a, y = *(const unsigned int *)b;

	return (x > y) - (x < y);
}

struct grid_numbers grid_numbers(const struct grid *grid)
{
	struct grid_numbers numbers = { 0 };

	for (size_t i = 0; i < grid->rows->count; i++) {
		size_t known = 0;

		if (!grid_has(grid, &grid->rows->row[i]))
			continue;
		unsigned int number = grid_number(grid, &grid->rows->row[i]);
		while (known < numbers.count && numbers.number[known] != number)
			known++;
		if (known < numbers.count)
			continue;
		numbers.number = grown(numbers.number, numbers.count, sizeof(*numbers.number));
		numbers.number[numbers.count++] = number;
	}
	if (numbers.count)
		qsort(numbers.number, numbers.count, sizeof(*numbers.number), compare_numbers);
	return numbers;
}

/* ---- comparisons */

const char *grid_baseline_name(const char *datapath)
{
	const struct datapath *found = datapath_find(datapath);

	return found && found->stateful && strcmp(datapath, "conntrack") ? "conntrack" : "none";
}

bool grid_is_baseline(const char *datapath)
{
	return !strcmp(datapath, "none") || !strcmp(datapath, "conntrack");
}

const struct row *grid_row_there(const struct grid *grid, const char *datapath, unsigned int number)
{
	const struct row *row = grid_row(grid, datapath, number);

	return row || !grid_is_baseline(datapath) ? row : grid_baseline(grid, datapath, number);
}

const struct row *grid_baseline(const struct grid *grid, const char *baseline, unsigned int number)
{
	const struct row *below = NULL, *first = NULL;

	for (size_t i = 0; i < grid->rows->count; i++) {
		const struct row *row = &grid->rows->row[i];

		if (!grid_has(grid, row) || strcmp(row->datapath, baseline))
			continue;
		if (grid_number(grid, row) <= number &&
		    (!below || grid_number(grid, row) > grid_number(grid, below)))
			below = row;
		if (!first || grid_number(grid, row) < grid_number(grid, first))
			first = row;
	}
	return below ? below : first;
}

bool grid_unfiltered(const struct grid *grid, const char *datapath, unsigned int number,
		     const struct row **none, const struct row **row)
{
	*none = grid_baseline(grid, "none", number);
	*row = grid_row(grid, datapath, number);
	return *none && *row;
}

double grid_change(const struct row *before, const struct row *after)
{
	if (before->value == 0)
		return after->value == 0 ? 0 : 1.0 / 0.0;
	return 100 * (after->value - before->value) / before->value;
}

bool grid_flat(const struct row *before, const struct row *after)
{
	double change = grid_change(before, after), noise = compare_noise(before);

	if (compare_noise(after) > noise)
		noise = compare_noise(after);
	return change <= noise && change >= -noise;
}

bool grid_ends(const struct grid *grid, const char *datapath, const struct row **first,
	       const struct row **last)
{
	struct grid_numbers numbers = grid_numbers(grid);
	const struct row *second = NULL;
	size_t count = 0;

	*first = *last = NULL;
	for (size_t i = 0; i < numbers.count; i++) {
		const struct row *row = grid_row(grid, datapath, numbers.number[i]);

		if (!row)
			continue;
		if (!count)
			*first = row;
		else if (count == 1)
			second = row;
		*last = row;
		count++;
	}
	free(numbers.number);
	/* Without an entry a datapath may have nothing to look up at all. */
	if (count > 2 && !grid_number(grid, *first))
		*first = second;
	return count > 1;
}

bool grid_common(const struct grid *grid, const char *a, const char *b, const struct row **a_row,
		 const struct row **b_row)
{
	struct grid_numbers numbers = grid_numbers(grid);
	bool found = false;

	for (size_t i = numbers.count; i-- > 0 && !found;) {
		*a_row = grid_row(grid, a, numbers.number[i]);
		*b_row = grid_row(grid, b, numbers.number[i]);
		found = *a_row && *b_row;
	}
	free(numbers.number);
	return found;
}

static double grid_extreme(const struct grid *grid, int sign)
{
	double extreme = 0;
	bool any = false;

	for (size_t i = 0; i < grid->rows->count; i++) {
		const struct row *row = &grid->rows->row[i];

		if (grid_has(grid, row) && (!any || sign * row->value > sign * extreme)) {
			extreme = row->value;
			any = true;
		}
	}
	return extreme;
}

double grid_largest(const struct grid *grid)
{
	return grid_extreme(grid, 1);
}

double grid_smallest(const struct grid *grid)
{
	return grid_extreme(grid, -1);
}
