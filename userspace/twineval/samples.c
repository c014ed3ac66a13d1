// SPDX-License-Identifier: GPL-2.0-only
/* Samples: values of the runs of a point by subject and metric, and the rows of their medians. */
#include <errno.h>
#include <string.h>

#include "policy/memory.h"
#include "samples.h"
#include "statistics.h"

const struct sample *samples_find(const struct samples *samples, const char *subject,
				  const char *metric)
{
	for (size_t i = 0; i < samples->count; i++)
		if (!strcmp(samples->sample[i].subject, subject) &&
		    !strcmp(samples->sample[i].metric, metric))
			return &samples->sample[i];
	return NULL;
}

static struct sample *sample_of(struct samples *samples, const char *subject, const char *metric)
{
	struct sample *sample = (struct sample *)samples_find(samples, subject, metric), *grown;

	if (sample)
		return sample;
	grown = twp_array_grow(samples->sample, samples->count, sizeof(*grown));
	if (!grown)
		return NULL;
	samples->sample = grown;
	sample = &grown[samples->count++];
	*sample = (struct sample){ 0 };
	snprintf(sample->subject, sizeof(sample->subject), "%s", subject);
	snprintf(sample->metric, sizeof(sample->metric), "%s", metric);
	return sample;
}

void samples_add(struct samples *samples, const char *subject, const char *metric, double value)
{
	struct sample *sample = sample_of(samples, subject, metric);
	double *grown;

	grown = sample ? twp_array_grow(sample->value, sample->count, sizeof(*grown)) : NULL;
	if (!grown) {
		samples->incomplete = true;
		return;
	}
	sample->value = grown;
	sample->value[sample->count++] = value;
}

void samples_clean(struct samples *samples)
{
	for (size_t i = 0; i < samples->count; i++)
		free(samples->sample[i].value);
	free(samples->sample);
	*samples = (struct samples){ 0 };
}

/* rr_p50_ns: rr_p50_percent */
static void percent_of(char name[32], const char *metric)
{
	const char *unit = strrchr(metric, '_');
	int stem = unit ? (int)(unit - metric) : (int)strlen(metric);

	snprintf(name, 32, "%.*s_percent", stem > 23 ? 23 : stem, metric);
}

void samples_pair(struct samples *pairs, const char *subject, const struct samples *baseline,
		  const struct samples *filtered)
{
	for (size_t i = 0; i < filtered->count; i++) {
		const struct sample *after = &filtered->sample[i];
		const struct sample *before = samples_find(baseline, "", after->metric);
		char metric[32];

		if (!before || *after->subject || before->count != after->count)
			continue;
		percent_of(metric, after->metric);
		for (size_t run = 0; run < after->count; run++)
			if (before->value[run] > 0)
				samples_add(pairs, subject, metric,
					    (after->value[run] / before->value[run] - 1) * 100);
	}
	pairs->incomplete = pairs->incomplete || baseline->incomplete || filtered->incomplete;
}

int samples_write(FILE *file, struct samples *samples, const struct row *like)
{
	if (samples->incomplete) {
		errno = ENOMEM;
		return -1;
	}
	for (size_t i = 0; i < samples->count; i++) {
		struct sample *sample = &samples->sample[i];
		struct statistics statistics = statistics_of(sample->value, sample->count);
		struct row row = *like;

		memcpy(row.subject, sample->subject, sizeof(row.subject));
		memcpy(row.metric, sample->metric, sizeof(row.metric));
		row.value = statistics.median;
		row.low = statistics.low;
		row.high = statistics.high;
		row.runs = (unsigned int)statistics.count;
		if (row_write(file, &row))
			return -1;
	}
	return 0;
}
