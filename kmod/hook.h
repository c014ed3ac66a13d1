/* SPDX-License-Identifier: GPL-2.0-only */
/* The netfilter hooks: where packets are judged. */
#ifndef TWP_HOOK_H
#define TWP_HOOK_H

struct twp_net;

/* A flow whose replies are judged too, since it was allowed and then was not: a bit of
 * ct->status that no kernel uses and netlink does not show.
 */
#define TWP_CT_JUDGE_REPLIES_BIT 40

/* Takes the hooks, and conntrack with them. The caller holds the namespace's lock. */
int twp_hook_setup(struct twp_net *tn);
void twp_hook_teardown(struct twp_net *tn);

#endif
