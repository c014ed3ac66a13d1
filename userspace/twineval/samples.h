/* SPDX-License-Identifier: GPL-2.0-only */
/* Samples: what the runs of one point gave, until they become rows. */
#ifndef TWP_TWINEVAL_SAMPLES_H
#define TWP_TWINEVAL_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "row.h"

/* The values of one metric, one a run. */
struct sample {
	char subject[64];
	char metric[32];
	double *value;
	size_t count;
};

struct samples {
	struct sample *sample;
	size_t count;
	bool incomplete; /* out of memory */
};

void samples_add(struct samples *samples, const char *subject, const char *metric, double value);
const struct sample *samples_find(const struct samples *samples, const char *subject,
				  const char *metric);
void samples_clean(struct samples *samples);

/**
 * samples_pair() - what was measured against the baseline of the same rounds
 * @pairs: the difference in percent of the baseline is added, of each metric that both
 *	have with an empty subject: subject @subject, metric with the unit percent
 * @baseline: of each round, as many as @filtered
 */
void samples_pair(struct samples *pairs, const char *subject, const struct samples *baseline,
		  const struct samples *filtered);

/* Writes a row like @like for each sample. Return: 0 or -1 with errno. Sorts the values. */
int samples_write(FILE *file, struct samples *samples, const struct row *like);

#endif
