// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hooks: every packet that is forwarded, bridged, or comes from or goes to
 * the host itself is judged here, once.
 *
 *   packet -> what kind is it -> which flow -> plan judges -> counters, events -> verdict
 *
 * Context: rcu_read_lock(), softirqs off. Nothing here allocates, sleeps,
 * prints or takes a lock.
 */
#include <linux/if_ether.h>
#include <linux/netfilter_bridge.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/slab.h>
#include <net/dst.h>
#include <net/netfilter/nf_conntrack.h>

#include "flow.h"
#include "hook.h"
#include "net.h"
#include "plan.h"
#include "reject.h"
#include "trace.h"

static_assert(TWP_CT_JUDGE_REPLIES_BIT < BITS_PER_LONG);

struct twp_packet {
	struct sk_buff *skb;
	const struct nf_hook_state *state;
	struct twp_net *tn;
	const struct twp_plan *plan;
	struct twp_tuple tuple;
	struct twp_judgement judgement;
	enum twp_backend_id by;
	enum twp_verdict verdict;
	enum twp_reason reason;
};

static void twp_pass(struct twp_packet *packet, enum twp_reason reason)
{
	packet->verdict = TWP_VERDICT_ALLOW;
	packet->reason = reason;
}

static void twp_deny(struct twp_packet *packet, enum twp_reason reason)
{
	packet->verdict = packet->plan->mode == TWP_MODE_ENFORCE ? TWP_VERDICT_DENY :
								   TWP_VERDICT_AUDIT;
	packet->reason = reason;
}

/* Which end of the flow is the host? The source of what it sends, the destination of what
 * it gets.
 */
static u32 twp_local_end(const struct nf_hook_state *state, bool reply)
{
	if (state->pf == NFPROTO_BRIDGE || state->hook == NF_INET_FORWARD)
		return 0;
	return (state->hook == NF_INET_LOCAL_OUT) != reply ? TWP_TUPLE_CLIENT_LOCAL :
							     TWP_TUPLE_SERVER_LOCAL;
}

/* Neither backend can judge. The host's own packets pass unless a policy selects the host:
 * nobody is locked out by a flushed ruleset.
 */
static void twp_fail(struct twp_packet *packet)
{
	const struct twp_plan *plan = packet->plan;
	const struct nf_hook_state *state = packet->state;
	bool own = state->pf != NFPROTO_BRIDGE && state->hook != NF_INET_FORWARD;

	twp_events_notice_packet(&packet->tn->events, TWP_EVENT_KIND_FAILURE);
	twp_counters_here(&packet->tn->counters)->failures++;
	if (plan->failure_policy == TWP_FAILURE_POLICY_OPEN || (own && !plan->host_selected))
		twp_pass(packet, TWP_REASON_FAILURE);
	else
		twp_deny(packet, TWP_REASON_FAILURE);
}

static bool twp_denied_by_rule(const struct twp_judgement *judgement, u32 verdict)
{
	int i;

	for (i = 0; i < TWP_DIRECTIONS; i++) {
		if (TWP_DECISION_VERDICT(judgement->decision[i]) == verdict &&
		    TWP_DECISION_RULE(judgement->decision[i]))
			return true;
	}
	return false;
}

static void twp_judge(struct twp_packet *packet)
{
	enum twp_verdict verdict;

	verdict = twp_plan_judge(packet->tn, packet->plan, &packet->tuple, &packet->judgement,
				 &packet->by);
	switch (verdict) {
	case TWP_VERDICT_ALLOW:
		twp_pass(packet, TWP_REASON_ALLOWED);
		return;
	case TWP_VERDICT_NONE:
		twp_fail(packet);
		return;
	case TWP_VERDICT_AUDIT:
	case TWP_VERDICT_DENY:
		twp_deny(packet, twp_denied_by_rule(&packet->judgement, verdict) ?
					 TWP_REASON_RULE :
					 TWP_REASON_DEFAULT_DENY);
		if (verdict == TWP_VERDICT_AUDIT)
			packet->verdict = TWP_VERDICT_AUDIT;
		return;
	}
}

static bool twp_is_enforced(const struct twp_judgement *judgement)
{
	return judgement->decision[TWP_INGRESS] != TWP_DECISION(TWP_VERDICT_ALLOW, 0) ||
	       judgement->decision[TWP_EGRESS] != TWP_DECISION(TWP_VERDICT_ALLOW, 0);
}

/* It cannot be read, so there is nothing to judge, and nothing of the stack to report. */
static void twp_deny_unread(struct twp_packet *packet)
{
	memset(&packet->judgement, 0, sizeof(packet->judgement));
	twp_deny(packet, TWP_REASON_INVALID);
}

/* Conntrack cannot place it: which end is the client is not known, so both are asked for
 * both directions. A packet between ends that no policy selects passes.
 */
static void twp_judge_invalid(struct twp_packet *packet)
{
	struct twp_tuple *tuple = &packet->tuple;
	struct twp_tuple reverse;
	bool enforced;

	if (!twp_flow_of_packet(packet->skb, tuple)) {
		twp_deny_unread(packet);
		return;
	}
	reverse = *tuple;
	memcpy(reverse.client, tuple->server, sizeof(reverse.client));
	memcpy(reverse.server, tuple->client, sizeof(reverse.server));
	tuple->flags = twp_local_end(packet->state, false);
	reverse.flags = twp_local_end(packet->state, true);

	if (!twp_plan_judge(packet->tn, packet->plan, &reverse, &packet->judgement, &packet->by)) {
		twp_fail(packet);
		return;
	}
	enforced = twp_is_enforced(&packet->judgement);
	twp_judge(packet);
	if (packet->reason == TWP_REASON_FAILURE)
		return;
	if (enforced || twp_is_enforced(&packet->judgement))
		twp_deny(packet, TWP_REASON_INVALID);
	else
		twp_pass(packet, TWP_REASON_INVALID);
	packet->judgement.decision[TWP_INGRESS] = 0;
	packet->judgement.decision[TWP_EGRESS] = 0;
}

static void twp_judge_untracked(struct twp_packet *packet, enum ip_conntrack_info info)
{
	if (twp_flow_is_neighbour(packet->skb)) {
		twp_pass(packet, TWP_REASON_NEIGHBOUR);
		return;
	}
	if (info != IP_CT_UNTRACKED) {
		twp_judge_invalid(packet);
		return;
	}
	if (!twp_flow_of_packet(packet->skb, &packet->tuple)) {
		twp_deny_unread(packet);
		return;
	}
	packet->tuple.flags = twp_local_end(packet->state, false);
	twp_judge(packet);
}

/* The first packets of an expected connection are RELATED as well, and judged as new. What
 * the kernel itself attached to a flow, as a reset that it sends, is not.
 */
static bool twp_is_error(const struct twp_packet *packet, const struct nf_conn *ct,
			 enum ip_conntrack_info info)
{
	if (info == IP_CT_RELATED_REPLY)
		return true;
	return info == IP_CT_RELATED &&
	       (!test_bit(IPS_EXPECTED_BIT, &ct->status) || twp_flow_is_icmp(packet->skb));
}

static void twp_judge_tracked(struct twp_packet *packet, struct nf_conn *ct,
			      enum ip_conntrack_info info)
{
	const bool reply = CTINFO2DIR(info) == IP_CT_DIR_REPLY;
	const bool ended = test_bit(TWP_CT_JUDGE_REPLIES_BIT, &ct->status);

	if (likely(!ended)) {
		if (info == IP_CT_ESTABLISHED_REPLY) {
			twp_pass(packet, TWP_REASON_REPLY);
			return;
		}
		if (unlikely(twp_is_error(packet, ct, info))) {
			twp_pass(packet, TWP_REASON_RELATED);
			return;
		}
	}
	twp_flow_of_conntrack(ct, &packet->tuple);
	packet->tuple.flags = twp_local_end(packet->state, reply);
	twp_judge(packet);
	if (unlikely(ended) && packet->verdict == TWP_VERDICT_ALLOW)
		clear_bit(TWP_CT_JUDGE_REPLIES_BIT, &ct->status);
}

static void twp_judge_ip(struct twp_packet *packet)
{
	enum ip_conntrack_info info;
	struct nf_conn *ct = nf_ct_get(packet->skb, &info);

	if (likely(ct) && !nf_ct_is_template(ct))
		twp_judge_tracked(packet, ct, info);
	else
		twp_judge_untracked(packet, info);
}

static void twp_report(struct twp_packet *packet)
{
	struct twp_events *events = &packet->tn->events;
	const struct nf_hook_state *state = packet->state;
	struct twp_event *event;

	if (!READ_ONCE(events->listened))
		return;
	event = twp_events_next(events);
	if (!event) {
		twp_counters_here(&packet->tn->counters)->events_lost++;
		return;
	}
	event->time_ns = ktime_get_boottime_ns();
	event->backend = packet->by;
	event->generation = packet->plan->generation;
	event->verdict = packet->verdict;
	event->reason = packet->reason;
	event->tuple = packet->tuple;
	event->judgement = packet->judgement;
	event->in_ifindex = state->in ? state->in->ifindex : 0;
	event->out_ifindex = state->out ? state->out->ifindex : 0;
	twp_events_push(events);
}

/* Counts, reports, and says what becomes of the packet. */
static unsigned int twp_finish(struct twp_packet *packet)
{
	struct twp_counters *counters = &packet->tn->counters;
	struct twp_cpu_counters *here = twp_counters_here(counters);
	const u32 *decision = packet->judgement.decision;

	twp_counter_add(&here->reason[packet->reason][packet->verdict], packet->skb);
	if (packet->by) {
		twp_counters_add_rule(counters, here, TWP_DECISION_RULE(decision[TWP_EGRESS]),
				      packet->skb);
		twp_counters_add_rule(counters, here, TWP_DECISION_RULE(decision[TWP_INGRESS]),
				      packet->skb);
		trace_verdict(packet->tn->net->ns.inum, packet->state->hook, &packet->tuple,
			      &packet->judgement, packet->by, packet->verdict, packet->reason);
	}
	if (likely(packet->verdict == TWP_VERDICT_ALLOW))
		return NF_ACCEPT;

	twp_report(packet);
	if (packet->verdict == TWP_VERDICT_AUDIT)
		return NF_ACCEPT;
	if (packet->plan->deny_action == TWP_DENY_ACTION_REJECT &&
	    (packet->reason == TWP_REASON_RULE || packet->reason == TWP_REASON_DEFAULT_DENY))
		twp_reject(packet->skb, packet->state);
	return NF_DROP;
}

/* Behind address translation, state->out may still be where the packet went before it. */
static bool twp_is_loopback(const struct sk_buff *skb, const struct nf_hook_state *state)
{
	if (state->hook == NF_INET_LOCAL_IN)
		return state->in->flags & IFF_LOOPBACK;
	return state->hook == NF_INET_LOCAL_OUT && skb_dst(skb)->dev->flags & IFF_LOOPBACK;
}

static unsigned int twp_hook_inet(void *priv, struct sk_buff *skb,
				  const struct nf_hook_state *state)
{
	struct twp_packet packet;
	unsigned int verdict;

	packet.skb = skb;
	packet.state = state;
	packet.tn = priv;
	packet.by = TWP_BACKEND_UNSPECIFIED;

	/* The host's own packets come by in process context. */
	local_bh_disable();
	packet.plan = rcu_dereference(packet.tn->plan);
	if (unlikely(twp_is_loopback(skb, state)))
		twp_pass(&packet, TWP_REASON_LOOPBACK);
	else if (unlikely(state->hook == NF_INET_FORWARD && nf_bridge_get_physoutdev(skb)))
		twp_pass(&packet, TWP_REASON_JUDGED);
	else
		twp_judge_ip(&packet);
	verdict = twp_finish(&packet);
	local_bh_enable();
	return verdict;
}

/* One VLAN tag lies beside the frame and not in it: a second one is an ethertype here. */
static unsigned int twp_hook_bridge(void *priv, struct sk_buff *skb,
				    const struct nf_hook_state *state)
{
	struct twp_packet packet = { .skb = skb, .state = state, .tn = priv };
	unsigned int verdict;

	local_bh_disable();
	packet.plan = rcu_dereference(packet.tn->plan);
	switch (skb->protocol) {
	case htons(ETH_P_IP):
	case htons(ETH_P_IPV6):
		if (unlikely(twp_ports_forged(&packet.tn->ports, state->in, skb))) {
			twp_flow_of_packet(skb, &packet.tuple);
			twp_deny(&packet, TWP_REASON_FORGED);
		} else {
			twp_judge_ip(&packet);
		}
		break;
	case htons(ETH_P_ARP):
	case htons(ETH_P_RARP):
		twp_pass(&packet, TWP_REASON_NEIGHBOUR);
		break;
	default:
		if (packet.plan->other_ethertypes == TWP_ETHERTYPE_POLICY_PASS)
			twp_pass(&packet, TWP_REASON_ETHERTYPE);
		else
			twp_deny(&packet, TWP_REASON_ETHERTYPE);
	}
	verdict = twp_finish(&packet);
	local_bh_enable();
	return verdict;
}

/* What a bridge port sends to the host, or through it: judged at the inet hooks, where the
 * port is not known any more.
 */
static unsigned int twp_hook_bridge_in(void *priv, struct sk_buff *skb,
				       const struct nf_hook_state *state)
{
	struct twp_packet packet = { .skb = skb, .state = state, .tn = priv };
	unsigned int verdict;

	if (skb->protocol != htons(ETH_P_IP) && skb->protocol != htons(ETH_P_IPV6))
		return NF_ACCEPT;
	if (likely(!twp_ports_forged(&packet.tn->ports, state->in, skb)))
		return NF_ACCEPT;

	local_bh_disable();
	packet.plan = rcu_dereference(packet.tn->plan);
	twp_flow_of_packet(skb, &packet.tuple);
	twp_deny(&packet, TWP_REASON_FORGED);
	verdict = twp_finish(&packet);
	local_bh_enable();
	return verdict;
}

#define TWP_INET_HOOK(_pf, _hook, _filter)                                                  \
	{                                                                                   \
		.hook = twp_hook_inet, .pf = _pf, .hooknum = _hook, .priority = (_filter)-1 \
	}
#define TWP_BRIDGE_HOOK(_function, _hook)                                  \
	{                                                                  \
		.hook = _function, .pf = NFPROTO_BRIDGE, .hooknum = _hook, \
		.priority = NF_BR_PRI_FILTER_BRIDGED - 1                   \
	}

static const struct nf_hook_ops twp_hooks[] = {
	TWP_INET_HOOK(NFPROTO_IPV4, NF_INET_FORWARD, NF_IP_PRI_FILTER),
	TWP_INET_HOOK(NFPROTO_IPV4, NF_INET_LOCAL_IN, NF_IP_PRI_FILTER),
	TWP_INET_HOOK(NFPROTO_IPV4, NF_INET_LOCAL_OUT, NF_IP_PRI_FILTER),
	TWP_INET_HOOK(NFPROTO_IPV6, NF_INET_FORWARD, NF_IP6_PRI_FILTER),
	TWP_INET_HOOK(NFPROTO_IPV6, NF_INET_LOCAL_IN, NF_IP6_PRI_FILTER),
	TWP_INET_HOOK(NFPROTO_IPV6, NF_INET_LOCAL_OUT, NF_IP6_PRI_FILTER),
	TWP_BRIDGE_HOOK(twp_hook_bridge, NF_BR_FORWARD),
	TWP_BRIDGE_HOOK(twp_hook_bridge_in, NF_BR_LOCAL_IN),
};

int twp_hook_setup(struct twp_net *tn)
{
	unsigned int i;
	int err;

	tn->hooks = kmemdup(twp_hooks, sizeof(twp_hooks), GFP_KERNEL);
	if (!tn->hooks)
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(twp_hooks); i++)
		tn->hooks[i].priv = tn;

	/* The bridge's takes IPv4's and IPv6's along. */
	err = nf_ct_netns_get(tn->net, NFPROTO_BRIDGE);
	if (err)
		goto err_free;
	err = nf_register_net_hooks(tn->net, tn->hooks, ARRAY_SIZE(twp_hooks));
	if (err)
		goto err_conntrack;
	return 0;

err_conntrack:
	nf_ct_netns_put(tn->net, NFPROTO_BRIDGE);
err_free:
	kfree(tn->hooks);
	tn->hooks = NULL;
	return err;
}

/* Waits until no packet is in a hook. */
void twp_hook_teardown(struct twp_net *tn)
{
	nf_unregister_net_hooks(tn->net, tn->hooks, ARRAY_SIZE(twp_hooks));
	nf_ct_netns_put(tn->net, NFPROTO_BRIDGE);
	synchronize_net();
	kfree(tn->hooks);
	tn->hooks = NULL;
}
