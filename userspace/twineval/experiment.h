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

/* A part of an experiment's grid: all datapaths on all topologies with all numbers of entries. */
struct experiment_grid {
	const char *const *topologies; /* ends with NULL */
	const char *const *datapaths; /* ends with NULL; NULL: all */
	/* Ends with SCENARIO_END. A datapath that holds none is measured once, with 0. */
	const unsigned int *entries;
	unsigned int offloads; /* GRID_OFF, GRID_ON or both */
};

#define GRID_OFF 1u
#define GRID_ON 2u
#define GRID_NAMES(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define GRID_ENTRIES(...) ((const unsigned int[]){ __VA_ARGS__, SCENARIO_END })

struct experiment {
	const char *name;
	const char *title;
	const char *question; /* one sentence for the report */
	/* Quick and full: the union of the parts, which end with an empty one. */
	const struct experiment_grid *grid[2];
	enum datapath_shape shape;
	/* In real time each run is preceded by one without a filter in the same network, and "none"
	 * is measured against itself. All metrics have an empty subject.
	 */
	bool paired;
	/* In virtual time the others are told by what they add to "none", measured before them in the
	 * same run.
	 */
	bool added;
	/* Tools beside the datapath's; ends with NULL; may be NULL. */
	const char *const *tools;
	/* Can this machine? NULL: with its tools. Return: 0, or -1 with a sentence. */
	int (*able)(struct twp_error *error);
	/* Packets from client to server that one run sends at least. NULL: the filter's counter is not
	 * held against the run; that a probe is still denied is asked instead.
	 */
	uint64_t (*packets)(const struct point *point);
	/* Once for each run of a point. Return: 0, or -1 with a sentence that becomes the gap. */
	int (*measure)(struct point *point, experiment_emit emit, void *context,
		       struct twp_error *error);
};

extern const struct experiment *const experiments[]; /* ends with NULL, in order */

const struct experiment *experiment_find(const char *name);

#endif
