/* SPDX-License-Identifier: GPL-2.0-only */
/* Grids as figures on the page, with captions; nothing is written without gnuplot. */
#ifndef TWP_TWINEVAL_REPORT_DRAW_H
#define TWP_TWINEVAL_REPORT_DRAW_H

#include "report_page.h"

/* The run's first figure: throughput, else latency, in parts of what it is without a filter. */
void draw_headline(struct page *page);

/**
 * draw_lines() - lines against the numbers of a grid, the study's beside them in the same axes
 * @page: page
 * @grid: with at least two numbers
 * @main: the study's bridge stands beside it, if its text states nothing of that topology
 */
void draw_lines(struct page *page, const struct grid *grid, bool main);

/* Bars, at @number[i] of place i. */
void draw_bars(struct page *page, const struct grid *place, const unsigned int *number,
	       size_t places);

/* The path of a transaction through each datapath with the place's entries. */
void draw_paths(struct page *page, const struct grid *place);

/* The unit in which all of a grid's values are shown. */
struct format_unit draw_unit(const struct grid *grid, double largest);

#endif
