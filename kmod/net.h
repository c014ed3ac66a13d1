/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the module keeps for each network namespace.
 *
 * Packets read it under rcu_read_lock() and with softirqs off. Changes are made
 * in process context under @lock, but for @nft: that is changed under the
 * namespace's nftables commit mutex, which this module cannot take.
 */
#ifndef TWP_NET_H
#define TWP_NET_H

#include <linux/mutex.h>
#include <linux/netfilter.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>

#include "counters.h"
#include "events.h"
#include "port.h"

struct bpf_prog;
struct twp_nft_anchor;
struct twp_plan;

/* An anchor that leaves and the one that takes its place are there at once. */
#define TWP_NFT_ANCHORS 2

struct twp_net {
	struct net *net;
	struct mutex lock;
	struct twp_plan __rcu *plan;
	struct twp_nft_anchor __rcu *nft[TWP_NFT_ANCHORS];
	struct bpf_prog __rcu *program;
	struct twp_ports ports;
	struct twp_counters counters;
	struct twp_events events;
	struct nf_hook_ops *hooks; /* NULL while the mode is off */
	u64 switches;
	u64 switch_ns;
	atomic64_t flows_ended;
};

struct twp_net *twp_net(const struct net *net);

#endif
