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
#include <linux/bottom_half.h>
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
static noinline void twp_fail(struct twp_packet *packet)
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

/* A rule or the default denies it, or would. */
static noinline void twp_judge_denied(struct twp_packet *packet, enum twp_verdict verdict)
{
	twp_deny(packet, twp_denied_by_rule(&packet->judgement, verdict) ? TWP_REASON_RULE :
									   TWP_REASON_DEFAULT_DENY);
	if (verdict == TWP_VERDICT_AUDIT)
		packet->verdict = TWP_VERDICT_AUDIT;
}

static __always_inline void twp_judge(struct twp_packet *packet)
{
	const enum twp_verdict verdict = twp_plan_judge(packet->tn, packet->plan, &packet->tuple,
							&packet->judgement, &packet->by);

	if (likely(verdict == TWP_VERDICT_ALLOW))
		twp_pass(packet, TWP_REASON_ALLOWED);
	else if (verdict == TWP_VERDICT_NONE)
		twp_fail(packet);
	else
		twp_judge_denied(packet, verdict);
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
static noinline void twp_judge_invalid(struct twp_packet *packet)
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

static noinline void twp_judge_untracked(struct twp_packet *packet, enum ip_conntrack_info info)
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

static __always_inline void twp_judge_tracked(struct twp_packet *packet, struct nf_conn *ct,
					      enum ip_conntrack_info info)
{
	const bool reply = CTINFO2DIR(info) == IP_CT_DIR_REPLY;
	const bool ended = test_bit(TWP_CT_JUDGE_REPLIES_BIT, &ct->status);

	/* The host itself may still speak of a flow that has ended: it rejects it so. */
	if (unlikely(twp_is_error(packet, ct, info)) &&
	    (!ended || packet->state->hook == NF_INET_LOCAL_OUT)) {
		twp_pass(packet, TWP_REASON_RELATED);
		return;
	}
	twp_flow_of_conntrack(ct, &packet->tuple);
	packet->tuple.flags = twp_local_end(packet->state, reply);
	twp_judge(packet);
	if (unlikely(ended) && packet->verdict == TWP_VERDICT_ALLOW)
		clear_bit(TWP_CT_JUDGE_REPLIES_BIT, &ct->status);
}

static noinline void twp_report(struct twp_packet *packet)
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
static __always_inline unsigned int twp_finish(struct twp_packet *packet)
{
	struct twp_counters *counters = &packet->tn->counters;
	struct twp_cpu_counters *here = twp_counters_here(counters);

	twp_counter_add(&here->reason[packet->reason][packet->verdict], packet->skb);
	if (packet->by) {
		twp_counters_add_rules(counters, here, packet->judgement.decision, packet->skb);
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

static noinline unsigned int twp_hook_judge(struct twp_net *tn, struct sk_buff *skb,
					    const struct nf_hook_state *state, struct nf_conn *ct,
					    enum ip_conntrack_info info)
{
	/* Each member is written before it is read: no need to clear it for every packet. */
	struct twp_packet packet __attribute__((__uninitialized__));

	packet.skb = skb;
	packet.state = state;
	packet.tn = tn;
	packet.plan = rcu_dereference(tn->plan);
	packet.by = TWP_BACKEND_UNSPECIFIED;
	if (likely(ct) && !nf_ct_is_template(ct))
		twp_judge_tracked(&packet, ct, info);
	else
		twp_judge_untracked(&packet, info);
	return twp_finish(&packet);
}

static unsigned int twp_hook_pass(struct twp_net *tn, const struct sk_buff *skb,
				  enum twp_reason reason)
{
	twp_counter_add(&twp_counters_here(&tn->counters)->reason[reason][TWP_VERDICT_ALLOW], skb);
	return NF_ACCEPT;
}

/* Half of all packets: replies pass unless a sweep marked their flow. */
static __always_inline unsigned int twp_hook_ip(struct twp_net *tn, struct sk_buff *skb,
						const struct nf_hook_state *state)
{
	enum ip_conntrack_info info;
	struct nf_conn *ct = nf_ct_get(skb, &info);

	if (ct && info == IP_CT_ESTABLISHED_REPLY &&
	    likely(!test_bit(TWP_CT_JUDGE_REPLIES_BIT, &ct->status)))
		return twp_hook_pass(tn, skb, TWP_REASON_REPLY);
	return twp_hook_judge(tn, skb, state, ct, info);
}

/* Almost always softirqs are off already; not for what the host sends, nor for what comes back
 * from a queue (NFQUEUE). Turning them off again would cost more than to ask.
 */
static bool twp_softirqs_off(void)
{
	const bool on = !in_softirq();

	if (unlikely(on))
		local_bh_disable();
	return on;
}

static void twp_softirqs_restore(bool on)
{
	if (unlikely(on))
		local_bh_enable();
}

/* What the bridge hook judged comes by again if br_netfilter is on. */
static unsigned int twp_hook_forward(void *priv, struct sk_buff *skb,
				     const struct nf_hook_state *state)
{
	const bool softirqs = twp_softirqs_off();
	struct twp_net *tn = priv;
	unsigned int verdict;

	if (unlikely(nf_bridge_get_physoutdev(skb)))
		verdict = twp_hook_pass(tn, skb, TWP_REASON_JUDGED);
	else
		verdict = twp_hook_ip(tn, skb, state);
	twp_softirqs_restore(softirqs);
	return verdict;
}

static unsigned int twp_hook_local(struct twp_net *tn, struct sk_buff *skb,
				   const struct nf_hook_state *state,
				   const struct net_device *device)
{
	const bool softirqs = twp_softirqs_off();
	unsigned int verdict;

	if (unlikely(device->flags & IFF_LOOPBACK))
		verdict = twp_hook_pass(tn, skb, TWP_REASON_LOOPBACK);
	else
		verdict = twp_hook_ip(tn, skb, state);
	twp_softirqs_restore(softirqs);
	return verdict;
}

static unsigned int twp_hook_local_in(void *priv, struct sk_buff *skb,
				      const struct nf_hook_state *state)
{
	return twp_hook_local(priv, skb, state, state->in);
}

/* Behind address translation, state->out may still be where the packet went before it. */
static unsigned int twp_hook_local_out(void *priv, struct sk_buff *skb,
				       const struct nf_hook_state *state)
{
	return twp_hook_local(priv, skb, state, skb_dst(skb)->dev);
}

/* Denies a frame of which no backend is asked. */
static noinline unsigned int twp_hook_deny(struct twp_net *tn, struct sk_buff *skb,
					   const struct nf_hook_state *state,
					   enum twp_reason reason)
{
	struct twp_packet packet = { .skb = skb, .state = state, .tn = tn };

	packet.plan = rcu_dereference(tn->plan);
	if (reason == TWP_REASON_FORGED)
		twp_flow_of_packet(skb, &packet.tuple);
	twp_deny(&packet, reason);
	return twp_finish(&packet);
}

/* One VLAN tag lies beside the frame and not in it: a second one is an ethertype here. */
static unsigned int twp_hook_bridge(void *priv, struct sk_buff *skb,
				    const struct nf_hook_state *state)
{
	const bool softirqs = twp_softirqs_off();
	struct twp_net *tn = priv;
	unsigned int verdict;

	switch (skb->protocol) {
	case htons(ETH_P_IP):
	case htons(ETH_P_IPV6):
		if (unlikely(twp_ports_forged(&tn->ports, state->in, skb)))
			verdict = twp_hook_deny(tn, skb, state, TWP_REASON_FORGED);
		else
			verdict = twp_hook_ip(tn, skb, state);
		break;
	case htons(ETH_P_ARP):
	case htons(ETH_P_RARP):
		verdict = twp_hook_pass(tn, skb, TWP_REASON_NEIGHBOUR);
		break;
	default:
		if (rcu_dereference(tn->plan)->other_ethertypes == TWP_ETHERTYPE_POLICY_PASS)
			verdict = twp_hook_pass(tn, skb, TWP_REASON_ETHERTYPE);
		else
			verdict = twp_hook_deny(tn, skb, state, TWP_REASON_ETHERTYPE);
	}
	twp_softirqs_restore(softirqs);
	return verdict;
}

/* What a bridge port sends to the host, or through it: judged at the inet hooks, where the
 * port is not known any more.
 */
static unsigned int twp_hook_bridge_in(void *priv, struct sk_buff *skb,
				       const struct nf_hook_state *state)
{
	unsigned int verdict = NF_ACCEPT;
	struct twp_net *tn = priv;
	bool softirqs;

	if (skb->protocol != htons(ETH_P_IP) && skb->protocol != htons(ETH_P_IPV6))
		return NF_ACCEPT;
	softirqs = twp_softirqs_off();
	if (unlikely(twp_ports_forged(&tn->ports, state->in, skb)))
		verdict = twp_hook_deny(tn, skb, state, TWP_REASON_FORGED);
	twp_softirqs_restore(softirqs);
	return verdict;
}

#define TWP_HOOK(_function, _pf, _hook, _priority)                                    \
	{                                                                             \
		.hook = _function, .pf = _pf, .hooknum = _hook, .priority = _priority \
	}

static const struct nf_hook_ops twp_hooks[] = {
	TWP_HOOK(twp_hook_forward, NFPROTO_IPV4, NF_INET_FORWARD, NF_IP_PRI_FILTER - 1),
	TWP_HOOK(twp_hook_local_in, NFPROTO_IPV4, NF_INET_LOCAL_IN, NF_IP_PRI_FILTER - 1),
	TWP_HOOK(twp_hook_local_out, NFPROTO_IPV4, NF_INET_LOCAL_OUT, NF_IP_PRI_FILTER - 1),
	TWP_HOOK(twp_hook_forward, NFPROTO_IPV6, NF_INET_FORWARD, NF_IP6_PRI_FILTER - 1),
	TWP_HOOK(twp_hook_local_in, NFPROTO_IPV6, NF_INET_LOCAL_IN, NF_IP6_PRI_FILTER - 1),
	TWP_HOOK(twp_hook_local_out, NFPROTO_IPV6, NF_INET_LOCAL_OUT, NF_IP6_PRI_FILTER - 1),
	TWP_HOOK(twp_hook_bridge, NFPROTO_BRIDGE, NF_BR_FORWARD, NF_BR_PRI_FILTER_BRIDGED - 1),
	TWP_HOOK(twp_hook_bridge_in, NFPROTO_BRIDGE, NF_BR_LOCAL_IN, NF_BR_PRI_FILTER_BRIDGED - 1),
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
