/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between kernels. Found by compiling the probes beside this file
 * against the kernel at hand (probe.sh, which writes config.h), never from its
 * version.
 */
#ifndef TWP_COMPAT_H
#define TWP_COMPAT_H

#include <linux/netlink.h>
#include <linux/stdarg.h>
#include <net/netfilter/nf_tables.h>

#include "config.h"

static __always_inline const struct nft_set_ext *
twp_compat_set_lookup(const struct net *net, const struct nft_set *set, const void *key)
{
#ifdef TWP_HAVE_NFT_LOOKUP_EXT
	return set->ops->lookup(net, set, key);
#else
	const struct nft_set_ext *ext;

	return set->ops->lookup(net, set, key, &ext) ? ext : NULL;
#endif
}

#ifdef TWP_HAVE_NFT_DUMP_RESET
#define TWP_COMPAT_NFT_DUMP(name) \
	int name(struct sk_buff *skb, const struct nft_expr *expr, bool reset)
#else
#define TWP_COMPAT_NFT_DUMP(name) int name(struct sk_buff *skb, const struct nft_expr *expr)
#endif

/* Kernels that track registers ask each expression whether it writes any. */
#ifdef NFT_REDUCE_READONLY
#define TWP_COMPAT_NFT_REDUCE .reduce = NFT_REDUCE_READONLY,
#else
#define TWP_COMPAT_NFT_REDUCE
#endif

/* A sentence with numbers for a netlink refusal; of 79 letters at most, some kernels cut it there. */
__printf(2, 3) void twp_compat_extack(struct netlink_ext_ack *extack, const char *format, ...);

#endif
