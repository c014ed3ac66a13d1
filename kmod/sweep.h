/* SPDX-License-Identifier: GPL-2.0-only */
/* The sweep: replies of flows that are denied now are denied too. */
#ifndef TWP_SWEEP_H
#define TWP_SWEEP_H

struct twp_net;

/**
 * twp_sweep() - find the flows that the plan in force denies
 * @tn: namespace
 *
 * Sleeps for a grace period, so that no packet judged before is still on its
 * way into conntrack.
 */
void twp_sweep(struct twp_net *tn);

#endif
