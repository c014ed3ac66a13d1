/* SPDX-License-Identifier: GPL-2.0-only */
/* What changed between two runs: found in compare.c, shown in compare_print.c. */
#ifndef TWP_TWINEVAL_COMPARE_H
#define TWP_TWINEVAL_COMPARE_H

#include <stdbool.h>
#include <stdio.h>

#include "row.h"

/* Stated noise of a metric in percent: less is no change. As it was seen over boots: virtual
 * request/response 1, virtual throughput 2, virtual packets per second 1, calls and
 * instructions 1, what else is virtual 5; real: the wider of 10 and the row's interval. Infinite
 * for virtual quantiles of the slowest, which do not repeat.
 */
double compare_noise(const struct row *row);

enum compare_verdict {
	COMPARE_SAME, /* within the noise */
	COMPARE_WORSE,
	COMPARE_BETTER,
	COMPARE_CHANGED, /* neither is better: percent, calls, and the control "A/A" */
	COMPARE_UNJUDGED, /* its noise is infinite */
	COMPARE_GAP, /* the second run has its gap instead: a regression */
	COMPARE_ONLY_BEFORE,
	COMPARE_ONLY_AFTER,
	COMPARE_VERDICTS
};

struct compare_pair {
	const struct row *before, *after; /* NULL: that run does not have it */
	const struct row *gap; /* of the run that does not have it: why; may be NULL */
	double percent; /* from before to after; infinite from 0 */
	enum compare_verdict verdict;
};

struct comparison {
	struct compare_pair *pair; /* in the order of the first run, then of the second */
	size_t count;
	size_t verdicts[COMPARE_VERDICTS]; /* how many there are of each */
};

/* Noise as of compare_rows(). Return: 0, or -1 if out of memory. */
int comparison_make(struct comparison *comparison, const struct rows *before,
		    const struct rows *after, double noise);
void comparison_clean(struct comparison *comparison);

/* How many measurements both runs have. */
size_t comparison_common(const struct comparison *comparison);

/* How many are worse, or became a gap. */
size_t comparison_regressions(const struct comparison *comparison);

void comparison_print(FILE *out, const struct comparison *comparison);
/* Return: 0, or -1 if out of memory. */
int comparison_print_json(FILE *out, const struct comparison *comparison);

/* A sentence for each of kernel, cpu, jit, mitigations, version and work in which the runs differ. */
void comparison_print_machines(FILE *out, const struct comparison *comparison);

/**
 * compare_rows() - print what changed from @before to @after
 * @out: a line for each measurement that changed beyond its noise, those that only one
 *	run has, and at last the counts
 * @noise: percent, instead of compare_noise() of each row; below 0 for that
 *
 * A regression is a change for the worse: more ns, bytes, packets lost, instructions; less mbps, pps;
 * and a gap where something was measured.
 *
 * Return: the number of regressions; SIZE_MAX if out of memory.
 */
size_t compare_rows(FILE *out, const struct rows *before, const struct rows *after, double noise);

/* twineval compare; returns the exit status: 0, 1 for a regression, 2 if nothing was compared */
int compare_main(int argc, char **argv);

#endif
