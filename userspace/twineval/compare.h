/* SPDX-License-Identifier: GPL-2.0-only */
/* What changed between two runs. */
#ifndef TWP_TWINEVAL_COMPARE_H
#define TWP_TWINEVAL_COMPARE_H

#include <stdbool.h>
#include <stdio.h>

#include "row.h"

/* Stated noise of a metric in percent: less is no change. As it was seen over boots: virtual
 * request/response 1, virtual throughput 2, virtual packets per second 1, calls and
 * instructions 1; real: the wider of 10 and the two intervals.
 */
double compare_noise(const struct row *row);

/**
 * compare_rows() - print what changed from @before to @after
 * @out: a line for each measurement that changed beyond its noise, those that only one
 *	run has, and at last the counts
 * @noise: percent, instead of compare_noise() of each row; below 0 for that
 *
 * A regression is a change for the worse: more ns, bytes, packets lost, instructions; less mbps, pps.
 *
 * Return: the number of regressions.
 */
size_t compare_rows(FILE *out, const struct rows *before, const struct rows *after, double noise);

/* twineval compare; returns the exit status */
int compare_main(int argc, char **argv);

#endif
