// SPDX-License-Identifier: GPL-2.0-only
/* Refusals that the sender sees, by the kernel's own nf_reject. Softirqs off. */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <net/netfilter/ipv4/nf_reject.h>
#include <net/netfilter/ipv6/nf_reject.h>

#include "flow.h"
#include "reject.h"

void twp_reject(struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct twp_tuple tuple;
	bool tcp = twp_flow_of_packet(skb, &tuple) && tuple.protocol == IPPROTO_TCP;

	if (state->pf == NFPROTO_IPV4) {
		if (tcp)
			nf_send_reset(state->net, state->sk, skb, state->hook);
		else
			nf_send_unreach(skb, ICMP_PKT_FILTERED, state->hook);
	} else if (state->pf == NFPROTO_IPV6) {
		if (tcp)
			nf_send_reset6(state->net, state->sk, skb, state->hook);
		else
			nf_send_unreach6(state->net, skb, ICMPV6_ADM_PROHIBITED, state->hook);
	}
}
