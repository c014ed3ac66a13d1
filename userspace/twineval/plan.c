// SPDX-License-Identifier: GPL-2.0-only
/*
 * The plan: expands the grids of experiments under what a scenario asks for into a list of
 * points. Nothing here touches the machine.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan.h"
#include "policy/memory.h"

/* ---- what is asked for */

static bool is_in(const char *const *names, const char *name)
{
	for (; *names; names++)
		if (!strcmp(*names, name))
			return true;
	return false;
}

/* What others are held against is not for choice: without it no difference means anything. */
static bool is_control(const struct scenario *scenario, const struct experiment *experiment,
		       const struct datapath *datapath)
{
	return (scenario->virtual ? experiment->added : experiment->paired) &&
	       !strcmp(datapath->name, "none");
}

static bool is_wanted(const struct scenario *scenario, const struct experiment *experiment,
		      const struct experiment_grid *grid, const struct datapath *datapath)
{
	const char *const *asked = (const char *const *)scenario->datapaths;

	if (grid->datapaths && !is_in(grid->datapaths, datapath->name))
		return false;
	return is_control(scenario, experiment, datapath) || !asked || is_in(asked, datapath->name);
}

static unsigned int offloads_of(const struct scenario *scenario, const struct experiment_grid *grid)
{
	unsigned int asked = (scenario->offloads[0] ? GRID_OFF : 0) |
			     (scenario->offloads[1] ? GRID_ON : 0);

	return asked ? asked : grid->offloads;
}

/* ---- points */

static bool shares_setup(const struct point *a, const struct point *b)
{
	return a->topology == b->topology && a->datapath == b->datapath &&
	       a->offloads == b->offloads && a->filter.entries == b->filter.entries &&
	       a->filter.shape == b->filter.shape;
}

static int add(struct plan *plan, const struct point *point, struct twp_error *error)
{
	struct point *grown;

	for (size_t i = 0; i < plan->count; i++)
		if (plan->point[i].experiment == point->experiment &&
		    shares_setup(&plan->point[i], point))
			return 0;
	grown = twp_array_grow(plan->point, plan->count, sizeof(*grown));
	if (!grown)
		return twp_error_set(error, "out of memory after %zu points", plan->count);
	plan->point = grown;
	plan->point[plan->count++] = *point;
	return 0;
}

static int add_entries(struct plan *plan, struct point *point, const struct experiment_grid *grid,
		       struct twp_error *error)
{
	static const unsigned int zero[] = { 0, SCENARIO_END };
	const unsigned int *asked = point->scenario->entries;
	const unsigned int *entries = asked ? asked : grid->entries;
	unsigned int offloads = offloads_of(point->scenario, grid);

	if (!point->datapath->change)
		entries = zero;
	for (; *entries != SCENARIO_END; entries++) {
		point->filter.entries = *entries;
		for (int on = 0; on < 2; on++) {
			point->offloads = on;
			if (offloads & (on ? GRID_ON : GRID_OFF) && add(plan, point, error))
				return -1;
		}
	}
	return 0;
}

static int add_grid(struct plan *plan, const struct scenario *scenario,
		    const struct experiment *experiment, const struct experiment_grid *grid,
		    struct twp_error *error)
{
	const char *const *asked = (const char *const *)scenario->topologies;
	const char *const *name = asked ? asked : grid->topologies;

	for (; *name; name++) {
		struct topology *topology = topology_find(*name);

		if (!topology)
			return twp_error_set(error, "experiment %s: no topology is called %s",
					     experiment->name, *name);
		for (size_t i = 0; datapaths[i]; i++) {
			struct point point = {
				.scenario = scenario,
				.experiment = experiment,
				.topology = topology,
				.filter = { .place = &topology->place, .shape = experiment->shape },
				.datapath = datapaths[i],
			};

			if (is_wanted(scenario, experiment, grid, datapaths[i]) &&
			    add_entries(plan, &point, grid, error))
				return -1;
		}
	}
	return 0;
}

/* Stable, so that the experiments keep their order at each setup. */
static int put_together(struct plan *plan, struct twp_error *error)
{
	struct point *sorted = calloc(plan->count + 1, sizeof(*sorted));
	size_t count = 0;

	if (!sorted)
		return twp_error_set(error, "out of memory for %zu points", plan->count);
	for (size_t i = 0; i < plan->count; i++) {
		struct point first = plan->point[i];

		for (size_t j = i; first.experiment && j < plan->count; j++) {
			if (!plan->point[j].experiment || !shares_setup(&first, &plan->point[j]))
				continue;
			sorted[count++] = plan->point[j];
			plan->point[j].experiment = NULL;
		}
	}
	free(plan->point);
	plan->point = sorted;
	return 0;
}

/* Nobody asked for what the plan has of itself alone. */
static bool is_asked(const struct point *point)
{
	const char *const *asked = (const char *const *)point->scenario->datapaths;

	return !asked || is_in(asked, point->datapath->name);
}

static void drop_lonely_controls(struct plan *plan)
{
	size_t kept = 0;

	for (size_t i = 0; i < plan->count; i++)
		if (is_asked(&plan->point[i]))
			kept++;
	if (!kept)
		plan->count = 0;
}

int plan_make(struct plan *plan, const struct scenario *scenario, struct twp_error *error)
{
	const char *const *asked = (const char *const *)scenario->experiments;
	int result = 0;

	*plan = (struct plan){ 0 };
	for (size_t i = 0; experiments[i] && !result; i++) {
		const struct experiment_grid *grid = experiments[i]->grid[scenario->full];

		if (asked && !is_in(asked, experiments[i]->name))
			continue;
		for (; grid->topologies && !result; grid++)
			result = add_grid(plan, scenario, experiments[i], grid, error);
	}
	drop_lonely_controls(plan);
	if (!result && !plan->count)
		result = twp_error_set(error, "nothing is left to measure: none of the experiments "
					      "has a point with these datapaths");
	if (!result)
		result = put_together(plan, error);
	if (result)
		plan_clean(plan);
	return result;
}

void plan_clean(struct plan *plan)
{
	free(plan->point);
	*plan = (struct plan){ 0 };
}

size_t plan_together(const struct plan *plan, size_t first)
{
	size_t end = first;

	while (end < plan->count && shares_setup(&plan->point[first], &plan->point[end]))
		end++;
	return end - first;
}

/* ---- rows */

static bool is_of(const struct row *row, const struct point *point)
{
	return !strcmp(row->experiment, point->experiment->name) &&
	       !strcmp(row->datapath, point->datapath->name) &&
	       !strcmp(row->topology, point->topology->name) &&
	       row->entries == point->filter.entries && row->offloads == point->offloads;
}

bool plan_has(const struct plan *plan, const struct row *row)
{
	for (size_t i = 0; i < plan->count; i++)
		if (is_of(row, &plan->point[i]))
			return true;
	return false;
}

static bool is_measured(const struct point *point, const struct rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		if (!*rows->row[i].gap && is_of(&rows->row[i], point))
			return true;
	return false;
}

static bool is_unable(const struct point *point, const struct rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		if (rows->row[i].unable && is_of(&rows->row[i], point))
			return true;
	return false;
}

struct plan_count plan_count(const struct plan *plan, const struct rows *rows)
{
	struct plan_count count = { 0 };

	for (size_t i = 0; i < plan->count; i++) {
		if (is_measured(&plan->point[i], rows))
			count.measured++;
		else if (is_unable(&plan->point[i], rows))
			count.unable++;
		else
			count.missing++;
	}
	return count;
}

/* Is a point left to which @control is to be added? What it was is not in its rows. */
static bool is_needed(const struct plan *plan, const struct point *control, const struct rows *rows)
{
	if (!control->scenario->virtual ||
	    !is_control(control->scenario, control->experiment, control->datapath))
		return false;
	for (size_t i = 0; i < plan->count; i++) {
		const struct point *point = &plan->point[i];

		if (point->experiment == control->experiment &&
		    point->topology == control->topology && point->offloads == control->offloads &&
		    point->datapath != control->datapath && !is_measured(point, rows))
			return true;
	}
	return false;
}

int plan_drop_measured(struct plan *plan, const struct rows *rows)
{
	bool *done = calloc(plan->count + 1, sizeof(*done));
	size_t kept = 0;

	if (!done)
		return -1;
	for (size_t i = 0; i < plan->count; i++)
		done[i] = is_measured(&plan->point[i], rows) &&
			  !is_needed(plan, &plan->point[i], rows);
	for (size_t i = 0; i < plan->count; i++)
		if (!done[i])
			plan->point[kept++] = plan->point[i];
	plan->count = kept;
	free(done);
	return 0;
}

const char *point_name(const struct point *point, char name[POINT_NAME])
{
	snprintf(name, POINT_NAME, "%s %s %s %u%s", point->experiment->name, point->topology->name,
		 point->datapath->name, point->filter.entries,
		 point->offloads ? " with offloads" : "");
	return name;
}

struct row point_row(const struct point *point)
{
	struct row row = { .entries = point->filter.entries,
			   .offloads = point->offloads,
			   .work = point->scenario->work };

	snprintf(row.version, sizeof(row.version), "%s", TWP_VERSION);
	snprintf(row.experiment, sizeof(row.experiment), "%s", point->experiment->name);
	snprintf(row.datapath, sizeof(row.datapath), "%s", point->datapath->name);
	snprintf(row.topology, sizeof(row.topology), "%s", point->topology->name);
	return row;
}
