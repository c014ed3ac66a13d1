/* SPDX-License-Identifier: GPL-2.0-only */
/* Medians and what is known of them. */
#ifndef TWP_TWINEVAL_STATISTICS_H
#define TWP_TWINEVAL_STATISTICS_H

#include <stddef.h>

struct statistics {
	double median;
	double low, high; /* 95% confidence interval of the median, by order statistics */
	size_t count;
};

/* Sorts @value. With fewer than six values the interval is their range. */
struct statistics statistics_of(double *value, size_t count);

/* Quantile @q, 0 to 1, of sorted values, the nearest rank. */
double statistics_quantile(const double *value, size_t count, double q);

#endif
