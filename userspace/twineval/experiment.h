/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Experiments: which points there are, and what is measured at one of them. A point
 * has a topology, a datapath and a number of entries; run.c sets them up, proves that
 * the filter is in the path, and hands over.
 */
#ifndef TWP_TWINEVAL_EXPERIMENT_H
#define TWP_TWINEVAL_EXPERIMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "datapath.h"
#include "measure.h"
#include "row.h"
#include "scenario.h"
#include "topology.h"

struct point {
	const struct scenario *scenario;
	const struct experiment *experiment;
	struct topology *topology;
	struct datapath_filter filter;
	const struct datapath *datapath;
	bool offloads;
	char proof[96];
};

/* Takes what a point measured; may be called several times, with other subjects or metrics. */
typedef void (*experiment_emit)(void *context, const char *subject, const char *metric,
				double value);

struct experiment {
	const char *name;
	const char *title;
	const char *question; /* one sentence for the report */
	const char *const *datapaths; /* NULL: all; ends with NULL */
	const char *const *topologies; /* the quick grid's; ends with NULL */
	const unsigned int *entries[2]; /* quick, full; each ends with SCENARIO_END */
	enum datapath_shape shape;
	/* Tools beside the datapath's; ends with NULL; may be NULL. */
	const char *const *tools;
	/* Once for each run of a point. Return: 0, or -1 with a sentence that becomes the gap. */
	int (*measure)(struct point *point, experiment_emit emit, void *context,
		       struct twp_error *error);
};

extern const struct experiment *const experiments[]; /* ends with NULL, in order */

const struct experiment *experiment_find(const char *name);

#endif
