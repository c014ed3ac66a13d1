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
	bool unable; /* and cannot be */
};

/**
 * group_measure() - measure points that share a setup
 * @point: of them; proof is filled
 * @taken: one for each, empty
 * @count: of both
 * @rounds: in each the network and the filter are made anew. In real time the points of
 *	paired experiments are measured before the filter comes and with it, so that the
 *	order is ABAB and a baseline is never older than its figure.
 * @done: called with @context and the place of a point as soon as it is measured for the last
 *	time or has its gap, in their order; not if stop_requested(). May be NULL.
 *
 * Nothing is left behind, also if stop_requested(). Return: 0, or what @done returned if that is
 * something else; no more is measured then.
 */
int group_measure(struct point *point, struct taken *taken, size_t count, unsigned int rounds,
		  int (*done)(void *context, size_t at), void *context);

#endif
