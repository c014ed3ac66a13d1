/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sentences of the report, each a function of the rows: what they do not hold is not
 * said. Plain text, in UTF-8: a line that says where, then a line for each sentence.
 */
#ifndef TWP_TWINEVAL_REPORT_TEXT_H
#define TWP_TWINEVAL_REPORT_TEXT_H

#include "report_grid.h"

/* One place of throughput, latency, complexity or packets per second. */
void text_grid(FILE *out, const struct grid *grid);

/* The paths of a transaction with the place's entries; its metric is that of the paths. */
void text_paths(FILE *out, const struct grid *place);
/* How the functions grow with the entries: their parts of the path, or the time within them. */
void text_trace(FILE *out, const struct grid *place);

/* Times until a change holds; packets lost and misjudged meanwhile. */
void text_change(FILE *out, const struct grid *place);

/* Lookups of both backends, and packets lost and misjudged while they are switched. */
void text_switch(FILE *out, const struct grid *place);

/* ---- parts of these */

/* Where the study's lines end. */
#define TEXT_STUDY_ENTRIES 200u

/* "On routed, offloads off, in virtual time: " */
void text_place(FILE *out, const struct grid *grid);
/* Which datapaths are flat, and how the others rise or fall. */
void text_lines(FILE *out, const struct grid *grid);
/* The datapaths against each other, against no filter, and against the study. */
void text_against(FILE *out, const struct grid *grid);
/* What 200 rules change of the study's iptables, in percent. Return: false if its text does not say. */
bool text_study_change(const struct grid *grid, double *percent);
/* "a, b and c" */
void text_join(FILE *out, const char *const *name, size_t count);
/* "10,000 entries" */
void text_number(FILE *out, const struct grid *grid, unsigned int number);
/* "costs 3.1% more"; without @verb "3.1% more". */
void text_change_of(FILE *out, const struct row *before, const struct row *after, bool verb);

#endif
