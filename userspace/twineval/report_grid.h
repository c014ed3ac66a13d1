/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Grids: the rows of one metric at one place, datapath by datapath and number by
 * number. The numbers are those of the entries, or of the entries that change.
 */
#ifndef TWP_TWINEVAL_REPORT_GRID_H
#define TWP_TWINEVAL_REPORT_GRID_H

#include <stdbool.h>
#include <stddef.h>

#include "row.h"

enum grid_axis {
	GRID_ENTRIES, /* rows of one subject, mostly none */
	GRID_FUNCTIONS, /* rows with a subject, several of each datapath and number: see report_path.h */
	GRID_CHANGED, /* the subject is the number of changed entries, of grid.entries */
};

struct grid {
	const struct rows *rows;
	const char *experiment;
	const char *topology;
	const char *clock;
	bool offloads;
	const char *metric;
	const char *subject; /* with GRID_ENTRIES; NULL: "" */
	enum grid_axis axis;
	unsigned int entries; /* with GRID_CHANGED; with GRID_FUNCTIONS of the paths that are shown */
};

/* Strings belong to the rows. */
struct grid_names {
	const char **name;
	size_t count;
};

struct grid_numbers {
	unsigned int *number;
	size_t count;
};

struct grid_list {
	struct grid *grid;
	size_t count;
};

/* Out of memory, all of these end the program with a sentence. */

/**
 * grid_list() - the places at which an experiment was measured
 * @rows: of a run
 * @experiment: name
 * @metric: of the grids
 *
 * The one with the most rows first, the others in the order of topologies[]; free .grid.
 */
struct grid_list grid_list(const struct rows *rows, const char *experiment, const char *metric);

/* In the order of datapaths[], others behind; those with a measured row. Free .name. */
struct grid_names grid_datapaths(const struct grid *grid);
/* Metrics of an experiment, in the order of its rows. Free .name. */
struct grid_names grid_metrics(const struct rows *rows, const char *experiment);
/* Sorted; of measured rows. Free .number. */
struct grid_numbers grid_numbers(const struct grid *grid);

/* Is a row a measured one of the grid? */
bool grid_has(const struct grid *grid, const struct row *row);
/* The measured row, or NULL. */
const struct row *grid_row(const struct grid *grid, const char *datapath, unsigned int number);
/* The same; of a baseline, that holds no entries, whatever number it was measured with. */
const struct row *grid_row_there(const struct grid *grid, const char *datapath,
				 unsigned int number);
bool grid_is_baseline(const char *datapath);
/* Why there is none, or NULL if nobody said. */
const struct row *grid_gap(const struct grid *grid, const char *datapath, unsigned int number);

/* What a datapath is compared with: "conntrack" if it is stateful and not that itself, else "none". */
const char *grid_baseline_name(const char *datapath);
/* The baseline's row: of that number; it holds no entries, so else of the nearest below, else the first. */
const struct row *grid_baseline(const struct grid *grid, const char *baseline, unsigned int number);

/* A datapath at that number, and no filter: of these is what a datapath loses. False if there are not both. */
bool grid_unfiltered(const struct grid *grid, const char *datapath, unsigned int number,
		     const struct row **none, const struct row **row);

/* Change in percent from @before to @after, and whether it is within the noise of both. */
double grid_change(const struct row *before, const struct row *after);
bool grid_flat(const struct row *before, const struct row *after);

/* A datapath's first and last row; with three or more the first is not that of no entries. False if
 * there are not two.
 */
bool grid_ends(const struct grid *grid, const char *datapath, const struct row **first,
	       const struct row **last);

/* The rows of two datapaths with the most entries that both have. Return: false if there are none. */
bool grid_common(const struct grid *grid, const char *a, const char *b, const struct row **a_row,
		 const struct row **b_row);

double grid_largest(const struct grid *grid);
double grid_smallest(const struct grid *grid);

/* The number a row stands for. */
unsigned int grid_number(const struct grid *grid, const struct row *row);

#endif
