/* SPDX-License-Identifier: GPL-2.0-only */
/* Tells the sender of a denied packet so. */
#ifndef TWP_REJECT_H
#define TWP_REJECT_H

#include <linux/netfilter.h>
#include <linux/skbuff.h>

/* TCP: a reset; others: ICMP administratively prohibited. Inet hooks only. The packet
 * stays the caller's.
 */
void twp_reject(struct sk_buff *skb, const struct nf_hook_state *state);

#endif
