// SPDX-License-Identifier: GPL-2.0-only
/*
 * What changed between two runs: which measurements both have, how much each
 * changed, and whether that is more than its noise and for the worse.
 */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "compare.h"
#include "policy/memory.h"

static const struct unit {
	const char *name;
	int better; /* 1: more of it, -1: less */
	double noise; /* percent, virtual */
} units[] = {
	{ "mbps", 1, 2 }, { "pps", 1, 1 },    { "instructions", -1, 1 }, { "calls", 0, 1 },
	{ "ns", -1, 5 },  { "bytes", -1, 5 }, { "packets", -1, 5 },
};

static const struct unit *unit_find(const struct row *row)
{
	static const struct unit other = { "", 0, 5 };

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (!strcmp(units[i].name, row_unit(row)))
			return &units[i];
	return &other;
}

double compare_noise(const struct row *row)
{
	double width;

	if (!strcmp(row->machine.clock, "virtual")) {
		if (strstr(row->metric, "_p99_") || strstr(row->metric, "_max_"))
			return INFINITY;
		return strncmp(row->metric, "rr_", 3) ? unit_find(row)->noise : 1;
	}
	width = row->value ? 100 * (row->high - row->low) / fabs(row->value) : 0;
	return width > 10 ? width : 10;
}

/* 1 if more of it is better, -1 if less is, 0 if neither. */
static int direction(const struct row *row)
{
	/* What differs between a path and itself is the noise of the run. */
	return strcmp(row->subject, "A/A") ? unit_find(row)->better : 0;
}

static double change(double before, double after)
{
	if (before == after)
		return 0;
	return before ? 100 * (after - before) / fabs(before) : copysign(INFINITY, after);
}

static enum compare_verdict judge(const struct compare_pair *pair, double noise)
{
	double of_before = compare_noise(pair->before), of_after = compare_noise(pair->after);
	int better = direction(pair->before);

	if (noise < 0)
		noise = of_before > of_after ? of_before : of_after;
	if (isinf(of_before))
		return COMPARE_UNJUDGED;
	if (fabs(pair->percent) <= noise)
		return COMPARE_SAME;
	if (!better)
		return COMPARE_CHANGED;
	return (pair->percent > 0) == (better > 0) ? COMPARE_BETTER : COMPARE_WORSE;
}

/* Why @rows does not have what @row measured: it may be the gap of the whole point. */
static const struct row *gap_find(const struct rows *rows, const struct row *row)
{
	for (size_t i = 0; i < rows->count; i++)
		if (*rows->row[i].gap && row_same_point(&rows->row[i], row) &&
		    (!*rows->row[i].metric || row_same(&rows->row[i], row)))
			return &rows->row[i];
	return NULL;
}

static const struct row *measured_find(const struct rows *rows, const struct row *row)
{
	const struct row *found = rows_find(rows, row);

	return found && !*found->gap ? found : NULL;
}

static int pair_add(struct comparison *comparison, struct compare_pair *pair)
{
	struct compare_pair *array =
		twp_array_grow(comparison->pair, comparison->count, sizeof(*array));

	if (!array)
		return -1;
	comparison->pair = array;
	array[comparison->count++] = *pair;
	comparison->verdicts[pair->verdict]++;
	return 0;
}

static int row_compare(struct comparison *comparison, const struct row *before,
		       const struct rows *after, double noise)
{
	struct compare_pair pair = { before, measured_find(after, before), NULL, 0,
				     COMPARE_ONLY_BEFORE };

	if (pair.after) {
		pair.percent = change(before->value, pair.after->value);
		pair.verdict = judge(&pair, noise);
	} else {
		pair.gap = gap_find(after, before);
		if (pair.gap)
			pair.verdict = COMPARE_GAP;
	}
	return pair_add(comparison, &pair);
}

int comparison_make(struct comparison *comparison, const struct rows *before,
		    const struct rows *after, double noise)
{
	*comparison = (struct comparison){ 0 };
	for (size_t i = 0; i < before->count; i++)
		if (!*before->row[i].gap && row_compare(comparison, &before->row[i], after, noise))
			goto no_memory;
	for (size_t i = 0; i < after->count; i++) {
		const struct row *row = &after->row[i];
		struct compare_pair pair = { NULL, row, gap_find(before, row), 0,
					     COMPARE_ONLY_AFTER };

		if (!*row->gap && !measured_find(before, row) && pair_add(comparison, &pair))
			goto no_memory;
	}
	return 0;

no_memory:
	comparison_clean(comparison);
	return -1;
}

void comparison_clean(struct comparison *comparison)
{
	free(comparison->pair);
	*comparison = (struct comparison){ 0 };
}

size_t comparison_common(const struct comparison *comparison)
{
	return comparison->count - comparison->verdicts[COMPARE_GAP] -
	       comparison->verdicts[COMPARE_ONLY_BEFORE] - comparison->verdicts[COMPARE_ONLY_AFTER];
}

size_t comparison_regressions(const struct comparison *comparison)
{
	return comparison->verdicts[COMPARE_WORSE] + comparison->verdicts[COMPARE_GAP];
}

size_t compare_rows(FILE *out, const struct rows *before, const struct rows *after, double noise)
{
	struct comparison comparison;
	size_t worse;

	if (comparison_make(&comparison, before, after, noise))
		return SIZE_MAX;
	comparison_print(out, &comparison);
	worse = comparison_regressions(&comparison);
	comparison_clean(&comparison);
	return worse;
}
