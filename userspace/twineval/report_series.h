/* SPDX-License-Identifier: GPL-2.0-only */
/* Series of figures, taken from grids and from the study. */
#ifndef TWP_TWINEVAL_REPORT_SERIES_H
#define TWP_TWINEVAL_REPORT_SERIES_H

#include "report_figure.h"
#include "report_format.h"
#include "report_grid.h"

/* A line for each datapath; values are in @unit. */
void series_of_grid(struct figure *figure, const struct grid *grid, const struct format_unit *unit);

/* The study's lines at a place; none if its text states nothing. */
void series_of_study(struct figure *figure, const struct grid *grid, const char *topology,
		     const struct format_unit *unit);

/* A bar for each datapath in each of the places, at @number[i] of place i. */
void series_of_places(struct figure *figure, const struct grid *place, const unsigned int *number,
		      size_t places, const struct format_unit *unit);

/* Drops datapaths that were measured in one of several places. */
void series_keep_shared(struct figure *figure, size_t places);

/* Adds a point to the series of that name, which is made if there is none. */
struct figure_series *series_add(struct figure *figure, const char *name,
				 const struct figure_point *point);

void series_clean(struct figure *figure);

#endif
