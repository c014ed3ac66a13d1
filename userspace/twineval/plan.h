/* SPDX-License-Identifier: GPL-2.0-only */
/* The plan: which points a scenario asks for, in the order in which they are measured. */
#ifndef TWP_TWINEVAL_PLAN_H
#define TWP_TWINEVAL_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "experiment.h"
#include "row.h"

struct plan {
	struct point *point;
	size_t count;
};

/**
 * plan_make() - expand a scenario
 * @plan: filled; plan_clean() frees it
 * @scenario: its lists take the place of those of the experiments' grids, but of
 *	datapaths only those that a grid has, and "none" where others are held against it;
 *	offloads likewise, if any is chosen
 * @error: filled on failure, also if nothing is left to be measured
 *
 * No point is there twice, and those that differ in nothing but the experiment stand
 * together: a network with a filter in it takes seconds to make.
 *
 * Return: 0 or -1.
 */
int plan_make(struct plan *plan, const struct scenario *scenario, struct twp_error *error);
void plan_clean(struct plan *plan);

/* How many points from @first on are measured in one network with one filter. */
size_t plan_together(const struct plan *plan, size_t first);

/* Drops the points that were measured: one of @rows has a value of theirs. What others that are left
 * are held against in the same run stays. Return: 0, or -1 without memory.
 */
int plan_drop_measured(struct plan *plan, const struct rows *rows);

/* What came of the points so far. */
struct plan_count {
	size_t measured;
	size_t unable; /* gaps that this machine cannot fill */
	size_t missing; /* all others: gaps, and what is in no row */
};

struct plan_count plan_count(const struct plan *plan, const struct rows *rows);

/* Is the row one of some point of the plan? */
bool plan_has(const struct plan *plan, const struct row *row);

/* "latency routed nft-set 200", and "with offloads" if they are on. */
#define POINT_NAME 112
const char *point_name(const struct point *point, char name[POINT_NAME]);

/* A row of a point, with its work and this program's version, but with neither subject nor value yet. */
struct row point_row(const struct point *point);

#endif
