/* SPDX-License-Identifier: GPL-2.0-only */
/* Sections of the report, one an experiment. */
#ifndef TWP_TWINEVAL_REPORT_SECTION_H
#define TWP_TWINEVAL_REPORT_SECTION_H

#include "report_page.h"

/* The whole section: question, figures, sentences, tables, gaps. */
void section_write(struct page *page, const char *experiment);

/* Its part for the functions of the kernel. */
void section_paths(struct page *page, const struct grid_list *places,
		   const struct grid_names *metrics);

/* ---- what is missing */

/* Beside a figure: which points, in one line; nothing if there are none. @only: of that number. */
void missing_line(const struct page *page, const struct grid *grid, const unsigned int *only);

/* The list of the whole run, with the reasons. */
void missing_write(const struct page *page);

#endif
