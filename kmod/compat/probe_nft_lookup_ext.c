// SPDX-License-Identifier: GPL-2.0-only
/* Does a set's lookup return the element, rather than a bool? */
#include <net/netfilter/nf_tables.h>

const struct nft_set_ext *probe(const struct nft_set *set, const struct net *net, const u32 *key);
const struct nft_set_ext *probe(const struct nft_set *set, const struct net *net, const u32 *key)
{
	return set->ops->lookup(net, set, key);
}
