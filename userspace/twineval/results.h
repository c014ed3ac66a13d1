/* SPDX-License-Identifier: GPL-2.0-only */
/* Results: the file results.jsonl of a run, which outlives the run's end. */
#ifndef TWP_TWINEVAL_RESULTS_H
#define TWP_TWINEVAL_RESULTS_H

#include "machine.h"
#include "plan.h"
#include "policy/error.h"
#include "samples.h"

struct results {
	char path[4096];
	FILE *file;
};

/**
 * results_open() - make the folder of a run, and begin or go on with its file
 * @results: filled; results_close() closes it
 * @plan: with scenario->resume it loses the points that were measured, and the file the
 *	gaps of those that are left
 * @machine: what was measured on another one, or by another clock, is not gone on with
 * @scenario: folder, resume, and work: what was measured with other work, or by another version
 *	of this program, is not gone on with either. Without resume an earlier file is kept as
 *	results.previous.jsonl.
 * @error: filled on failure
 *
 * Return: 0 or -1.
 */
int results_open(struct results *results, struct plan *plan, const struct machine *machine,
		 const struct scenario *scenario, struct twp_error *error);
int results_close(struct results *results, struct twp_error *error);

/* All rows of a point at once: a point is in the file as a whole or not at all. Sorts the values.
 * Return of each: 0, or -1 with a sentence.
 */
int results_add(struct results *results, struct samples *values, struct samples *pairs,
		const struct row *like, struct twp_error *error);
int results_add_gap(struct results *results, const struct row *gap, struct twp_error *error);

#endif
