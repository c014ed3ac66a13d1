/* SPDX-License-Identifier: GPL-2.0-only */
/* Tables of the report. */
#ifndef TWP_TWINEVAL_REPORT_TABLE_H
#define TWP_TWINEVAL_REPORT_TABLE_H

#include "report_page.h"

/* Datapath by number, each with its ratio to its baseline. */
void table_grid(const struct page *page, const struct grid *grid);

/* Datapath by place, at @number[i] of place i. */
void table_places(const struct page *page, const struct grid *place, const unsigned int *number,
		  size_t places);

/* Function by number of entries, of every datapath. */
void table_functions(const struct page *page, const struct grid *place);

/* Function by datapath with the place's entries, with its share of the path. */
void table_paths(const struct page *page, const struct grid *place);

/* All figures that the study's text states of an experiment; nothing if it states none. */
void table_study(const struct page *page, const char *experiment);

/* Which filters are compared, and where. */
void table_datapaths(const struct page *page);
void table_topologies(const struct page *page);

/* Every machine that rows are from. */
void table_machines(const struct page *page);

#endif
