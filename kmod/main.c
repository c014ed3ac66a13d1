// SPDX-License-Identifier: GPL-2.0-only
/*
 * twinpath.ko: enforces label policies on packets by hash lookup, in nftables
 * sets or in BPF maps, behind one netfilter hook. What is judged: hook.c. How:
 * plan.c and backend_*.c. Who says so: control.c.
 *
 * This file sets things up, in the order in which they need each other, for
 * the module and for each network namespace.
 */
#include <linux/module.h>
#include <net/netns/generic.h>

#include "backend.h"
#include "control.h"
#include "net.h"
#include "plan.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

static unsigned int twp_net_id __read_mostly;

struct twp_net *twp_net(const struct net *net)
{
	return net_generic(net, twp_net_id);
}

static int __net_init twp_net_init(struct net *net)
{
	struct twp_net *tn = twp_net(net);

	tn->net = net;
	mutex_init(&tn->lock);
	twp_events_init(&tn->events);
	return twp_plan_setup(tn);
}

/* The hooks go first: they need conntrack, which leaves after us. */
static void __net_exit twp_net_exit(struct net *net)
{
	twp_plan_teardown(twp_net(net));
}

/* No hook writes any more. nf_tables, which leaves after us, still takes its anchors out of
 * tn->nft, and writes no notice in a namespace that goes (twp_anchor_deactivate()).
 */
static void __net_exit twp_net_exit_batch(struct list_head *list)
{
	struct net *net;

	list_for_each_entry(net, list, exit_list) {
		struct twp_net *tn = twp_net(net);

		cancel_delayed_work_sync(&tn->events.work);
		twp_events_teardown(&tn->events);
		twp_counters_teardown(&tn->counters);
		twp_ports_teardown(&tn->ports);
	}
}

static struct pernet_operations twp_net_ops = {
	.init = twp_net_init,
	.exit = twp_net_exit,
	.exit_batch = twp_net_exit_batch,
	.id = &twp_net_id,
	.size = sizeof(struct twp_net),
};

static int __init twp_init(void)
{
	int err;

	err = twp_backend_bpf_setup();
	if (err)
		return err;
	err = register_pernet_subsys(&twp_net_ops);
	if (err)
		goto err_bpf;
	err = twp_backend_nft_setup();
	if (err)
		goto err_net;
	err = twp_control_setup();
	if (err)
		goto err_nft;
	return 0;

err_nft:
	twp_backend_nft_teardown();
err_net:
	unregister_pernet_subsys(&twp_net_ops);
err_bpf:
	twp_backend_bpf_teardown();
	return err;
}

/* No namespace is enforced and no anchor is there: each holds a reference on the module. */
static void __exit twp_exit(void)
{
	twp_control_teardown();
	twp_backend_nft_teardown();
	unregister_pernet_subsys(&twp_net_ops);
	rcu_barrier();
	twp_backend_bpf_teardown();
}

module_init(twp_init);
module_exit(twp_exit);

MODULE_DESCRIPTION("Label policies in nftables sets and BPF maps");
MODULE_AUTHOR("twinpath maintainers");
MODULE_VERSION(TWP_MODULE_VERSION);
MODULE_LICENSE("GPL");
MODULE_SOFTDEP("pre: nf_conntrack_bridge");
