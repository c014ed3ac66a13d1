// SPDX-License-Identifier: GPL-2.0-only
/* Is an expression's dump told whether to reset it? */
#include <net/netfilter/nf_tables.h>

int probe(const struct nft_expr *expr, struct sk_buff *skb);
int probe(const struct nft_expr *expr, struct sk_buff *skb)
{
	return expr->ops->dump(skb, expr, false);
}
