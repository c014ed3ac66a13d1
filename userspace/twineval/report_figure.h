/* SPDX-License-Identifier: GPL-2.0-only */
/* Figures: SVG to be put into a page, drawn by gnuplot. */
#ifndef TWP_TWINEVAL_REPORT_FIGURE_H
#define TWP_TWINEVAL_REPORT_FIGURE_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/error.h"

struct figure_point {
	double x, value, low, high;
};

/* A datapath's line, its bar in each category, or its stack. */
struct figure_series {
	const char *name;
	struct figure_point *point;
	size_t count;
	bool across; /* a baseline: drawn through the whole figure */
};

struct figure {
	const char *id; /* unique on its page: letters and digits */
	const char *title; /* what a person who does not see it is told */
	const char *x_label, *y_label;
	struct figure_series *series;
	size_t count;
};

/* Of lines: figures that stand side by side share them. */
struct figure_axes {
	double x_max, y_min, y_max;
	bool zero; /* no entries: has a place of its own beside the logarithm's axis */
	bool log_y;
};

/* Axes in which all of both fit; @other may be NULL. Rates begin at 0; costs over 20-fold are logarithmic. */
struct figure_axes figure_axes(const struct figure *figure, const struct figure *other, bool rate);

/* Axes of the figure alone; of costs that rise far those in which the others are told apart. */
struct figure_axes figure_axes_closer(const struct figure *figure, bool rate);

/* Return of each: SVG, to be freed, or NULL with a sentence. */

/* The series against a number of entries. */
char *figure_lines(const struct figure *figure, const struct figure_axes *axes,
		   struct twp_error *error);

/* A bar for each series in each category; a point's x is its category's index. */
char *figure_bars(const struct figure *figure, const char *const *category, size_t categories,
		  struct twp_error *error);

/* A stack for each series; its points are the parts from left to right, x is the part's style. */
char *figure_stacks(const struct figure *figure, struct twp_error *error);

/* The gnuplot script's SVG, made fit for a page that has others. */
char *figure_svg(const struct figure *figure, const char *script, struct twp_error *error);

#endif
