// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sweep of conntrack after a policy took something away.
 *
 * Packets in the original direction are judged each time, replies are not. So
 * the flows that are denied now are marked, and replies of a marked flow are
 * judged as well. The entry itself must stay: without it, the next reply would
 * open a flow of its own, from the server to the client, and if that one is
 * allowed then what it carries passes in both directions.
 */
#include <linux/inetdevice.h>
#include <net/addrconf.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/route.h>

#include "flow.h"
#include "hook.h"
#include "net.h"
#include "plan.h"
#include "sweep.h"

static bool twp_is_local(struct net *net, u8 family, const __be32 address[4])
{
	if (family == TWP_FAMILY_IPV4)
		return inet_addr_type(net, address[0]) == RTN_LOCAL;
	return ipv6_chk_addr(net, (const struct in6_addr *)address, NULL, 0);
}

/* Under the lock of the entry's bucket, with softirqs off. Return: 0, the entry stays. */
static int twp_sweep_entry(struct nf_conn *ct, void *data)
{
	struct twp_net *tn = data;
	struct twp_judgement judgement;
	struct twp_tuple tuple;
	struct twp_plan *plan;
	enum twp_backend_id by;

	twp_flow_of_conntrack(ct, &tuple);
	if (twp_is_local(tn->net, tuple.family, tuple.client))
		tuple.flags |= TWP_TUPLE_CLIENT_LOCAL;
	if (twp_is_local(tn->net, tuple.family, tuple.server))
		tuple.flags |= TWP_TUPLE_SERVER_LOCAL;
	/* Loopback passes. */
	if ((tuple.flags & TWP_TUPLE_CLIENT_LOCAL) && (tuple.flags & TWP_TUPLE_SERVER_LOCAL))
		return 0;

	rcu_read_lock();
	plan = rcu_dereference(tn->plan);
	if (twp_plan_judge(tn, plan, &tuple, &judgement, &by) == TWP_VERDICT_DENY &&
	    !test_and_set_bit(TWP_CT_JUDGE_REPLIES_BIT, &ct->status))
		atomic64_inc(&tn->flows_ended);
	rcu_read_unlock();
	return 0;
}

void twp_sweep(struct twp_net *tn)
{
	const struct nf_ct_iter_data iter = { .net = tn->net, .data = tn };

	synchronize_net();
	nf_ct_iterate_cleanup_net(twp_sweep_entry, &iter);
}
