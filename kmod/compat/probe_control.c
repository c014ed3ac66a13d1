// SPDX-License-Identifier: GPL-2.0-only
/*
 * Must compile wherever the module can: what it needs and no probe replaces.
 * If this one fails, the others say nothing.
 */
#include <net/genetlink.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_tables.h>

const unsigned int probe_group_flags = GENL_MCAST_CAP_NET_ADMIN;

u8 probe(const struct net *net);
u8 probe(const struct net *net)
{
	return READ_ONCE(net->nft.gencursor);
}
