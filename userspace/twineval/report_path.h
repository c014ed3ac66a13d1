/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Paths: what a transaction of two packets costs in each function of the kernel on its way. Of
 * path_instructions that is what it costs there beyond no filter; of path_time_ns, by the tracer.
 */
#ifndef TWP_TWINEVAL_REPORT_PATH_H
#define TWP_TWINEVAL_REPORT_PATH_H

#include "report_grid.h"

struct path {
	const char *datapath;
	const struct row **step; /* one a function, the dearest first */
	size_t count;
	double total;
};

/* @place: of GRID_FUNCTIONS. Free .step. */
struct path path_of(const struct grid *place, const char *datapath, unsigned int entries);

/* Is it of instructions beyond no filter? */
bool path_is_counted(const struct grid *place);

/* The grid of whole transactions, in the same unit, at the place. */
struct grid path_whole(const struct grid *place);

/* 0 if the path does not come by there. */
double path_value(const struct path *path, const char *function);

/* The paths of all datapaths. */
struct paths {
	struct path *path;
	size_t count;
};

/* A baseline's path is there whatever number it was measured with. */
struct paths paths_of(const struct grid *place, unsigned int entries);
void paths_clean(struct paths *paths);

/* Functions, those first in which the paths differ most. Return: how many of @most there are. */
size_t paths_functions(const struct paths *paths, const struct row **function, size_t most);

#endif
