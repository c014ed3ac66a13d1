/* SPDX-License-Identifier: GPL-2.0-only */
/* Group: points that are measured in one network with one filter, round by round. */
#ifndef TWP_TWINEVAL_GROUP_H
#define TWP_TWINEVAL_GROUP_H

#include "experiment.h"
#include "samples.h"

/* What one point of the group came to. */
struct taken {
	struct samples baseline; /* of each round, in the same network before the filter */
	struct samples values;
	bool bridge_netfilter;
	char gap[256]; /* not empty: why there is nothing */
};

/**
 * group_measure() - measure points that share a setup
 * @point: of them; proof is filled
 * @taken: one for each, empty
 * @count: of both
 * @rounds: in each the network and the filter are made anew. In real time the points of
 *	paired experiments are measured before the filter comes and with it, so that the
 *	order is ABAB and a baseline is never older than its figure.
 *
 * Nothing is left behind, also if stop_requested().
 */
void group_measure(struct point *point, struct taken *taken, size_t count, unsigned int rounds);

#endif
