/* SPDX-License-Identifier: GPL-2.0-only */
/* The run in one sentence and a few numbers. */
#ifndef TWP_TWINEVAL_REPORT_HEADLINE_H
#define TWP_TWINEVAL_REPORT_HEADLINE_H

#include "report_grid.h"

/* A sentence, in plain text. Return: false if the rows hold nothing for one. */
bool headline_text(FILE *out, const struct rows *rows);

/* What error bars and ranges of the run are. */
void headline_spread(FILE *out, const struct rows *rows);

struct headline_number {
	char value[64];
	char label[192];
};

#define HEADLINE_NUMBERS 5

/* What the rows hold of: iptables' loss, twinpath against its size, against nftables, and switching. */
size_t headline_numbers(const struct rows *rows, struct headline_number number[HEADLINE_NUMBERS]);

/**
 * headline_place() - the grid that the run's first figure is drawn of
 * @rows: of a run
 * @grid: filled: throughput where it was measured most, else latency
 *
 * Return: false if there is neither.
 */
bool headline_place(const struct rows *rows, struct grid *grid);

#endif
