/* SPDX-License-Identifier: GPL-2.0-only */
/* What the report knows of a metric; one that it does not know becomes a table. */
#ifndef TWP_TWINEVAL_REPORT_METRIC_H
#define TWP_TWINEVAL_REPORT_METRIC_H

#include <stdbool.h>

struct metric {
	const char *name; /* as in struct row; NULL: unknown */
	const char *title;
	bool figure;
	const char *note; /* stands beside each figure and table of it; may be NULL */
};

const struct metric *metric_find(const char *name);

/* Its title, or its name. */
const char *metric_title(const char *name);

#endif
