// SPDX-License-Identifier: GPL-2.0-only
/* Medians of few values, with intervals that suppose nothing of how the values are spread. */
#include <math.h>
#include <stdlib.h>

#include "statistics.h"

#define CONFIDENCE 0.95

static int order(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return a < b ? -1 : a > b;
}

/* That @heads of @count throws of a coin are heads. By logarithms: 2^-count may be too small. */
static double binomial(size_t count, size_t heads)
{
	return exp(lgamma((double)count + 1) - lgamma((double)heads + 1) -
		   lgamma((double)(count - heads) + 1) - (double)count * M_LN2);
}

/*
 * How many values may be left out at each end. A value is below the median as often as above, so
 * the median lies outside of what is left if no more than that many lie on one side of it.
 */
static size_t left_out(size_t count)
{
	double outside = 0;
	size_t out = 0;

	while (out < count / 2) {
		outside += 2 * binomial(count, out);
		if (outside > 1 - CONFIDENCE)
			break;
		out++;
	}
	return out ? out - 1 : 0;
}

struct statistics statistics_of(double *value, size_t count)
{
	struct statistics result = { .count = count };
	size_t out;

	if (!count)
		return result;
	qsort(value, count, sizeof(*value), order);
	out = left_out(count);
	result.median = (value[(count - 1) / 2] + value[count / 2]) / 2;
	result.low = value[out];
	result.high = value[count - 1 - out];
	return result;
}

double statistics_quantile(const double *value, size_t count, double q)
{
	/* 0.07 * 100 is more than 7 by a rounding. */
	double rank = ceil(q * (double)count - 1e-9);

	if (!count)
		return 0;
	if (rank < 1)
		return value[0];
	return value[rank < (double)count ? (size_t)rank - 1 : count - 1];
}
