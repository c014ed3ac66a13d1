// SPDX-License-Identifier: GPL-2.0-only
/* Paths: what a transaction costs in each function of the kernel on its way. */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "policy/memory.h"
#include "report_path.h"

static int dearest_first(const void *a, const void *b)
{
	const struct row *x = *(const struct row *const *)a, *y = *(const struct row *const *)b;

	if (x->value != y->value)
		return x->value < y->value ? 1 : -1;
	return strcmp(x->subject, y->subject);
}

struct path path_of(const struct grid *place, const char *datapath, unsigned int entries)
{
	struct path path = { .datapath = datapath };

	for (size_t i = 0; i < place->rows->count; i++) {
		const struct row *row = &place->rows->row[i];

		if (!grid_has(place, row) || strcmp(row->datapath, datapath) ||
		    row->entries != entries)
			continue;
		path.step = twp_array_grow(path.step, path.count, sizeof(*path.step));
		if (!path.step)
			errx(1, "out of memory");
		path.step[path.count++] = row;
		path.total += row->value;
	}
	if (path.count)
		qsort(path.step, path.count, sizeof(*path.step), dearest_first);
	return path;
}

bool path_is_counted(const struct grid *place)
{
	return !strcmp(place->metric, "path_instructions");
}

struct grid path_whole(const struct grid *place)
{
	struct grid whole = *place;

	whole.metric = path_is_counted(place) ? "total_instructions" : "total_ns";
	whole.axis = GRID_ENTRIES;
	return whole;
}

double path_value(const struct path *path, const char *function)
{
	for (size_t i = 0; i < path->count; i++)
		if (!strcmp(path->step[i]->subject, function))
			return path->step[i]->value;
	return 0;
}

struct paths paths_of(const struct grid *place, unsigned int entries)
{
	struct grid_names names = grid_datapaths(place);
	struct paths paths = { .path = calloc(names.count + 1, sizeof(*paths.path)) };

	if (!paths.path)
		errx(1, "out of memory");
	for (size_t i = 0; i < names.count; i++) {
		const struct row *row = grid_baseline(place, names.name[i], entries);
		bool other = row && grid_is_baseline(names.name[i]);
		struct path path = path_of(place, names.name[i], other ? row->entries : entries);

		if (path.count && path.total > 0)
			paths.path[paths.count++] = path;
		else
			free(path.step);
	}
	free(names.name);
	return paths;
}

void paths_clean(struct paths *paths)
{
	for (size_t i = 0; i < paths->count; i++)
		free(paths->path[i].step);
	free(paths->path);
	*paths = (struct paths){ 0 };
}

/* The same in every path, however dear, a function tells no path from another. */
static double spread(const struct paths *paths, const char *function)
{
	double least = paths->path[0].total, most = 0;

	for (size_t i = 0; i < paths->count; i++) {
		double value = path_value(&paths->path[i], function);

		least = value < least ? value : least;
		most = value > most ? value : most;
	}
	return most - least;
}

size_t paths_functions(const struct paths *paths, const struct row **function, size_t most)
{
	size_t count = 0;

	for (size_t i = 0; i < paths->count; i++) {
		for (size_t j = 0; j < paths->path[i].count; j++) {
			const struct row *step = paths->path[i].step[j];
			double differs = spread(paths, step->subject);
			size_t at = 0;

			while (at < count && strcmp(function[at]->subject, step->subject))
				at++;
			if (at < count)
				continue;
			while (at > 0 && spread(paths, function[at - 1]->subject) < differs)
				at--;
			if (at == most)
				continue;
			if (count < most)
				count++;
			memmove(&function[at + 1], &function[at],
				(count - at - 1) * sizeof(*function));
			function[at] = step;
		}
	}
	return count;
}
