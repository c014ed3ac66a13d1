// SPDX-License-Identifier: GPL-2.0-only
/*
 * The anchor expression: finds the sets of its rule and publishes them.
 *
 * init, activate, deactivate and destroy run under the commit mutex of the
 * namespace's nftables; the published pointers are read under RCU. An anchor
 * is published when it is made, before its transaction commits: readers skip
 * one whose rule is not active (nft_is_active()), which gives the hooks the
 * semantics of a transaction to the packet.
 */
#include <linux/module.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/user_namespace.h>

#include "anchor.h"
#include "compat/compat.h"
#include "net.h"

struct twp_table_size {
	const char *name;
	u8 klen;
	u8 dlen;
};

static const struct twp_table_size twp_tables[TWP_TABLE_COUNT] = {
	[TWP_TABLE_HOST4] = { "host4", sizeof(struct twp_host4_key),
			      sizeof(struct twp_host_value) },
	[TWP_TABLE_HOST6] = { "host6", sizeof(struct twp_host6_key),
			      sizeof(struct twp_host_value) },
	[TWP_TABLE_PREFIX4] = { "prefix4", sizeof(struct twp_prefix4_key),
				sizeof(struct twp_prefix_value) },
	[TWP_TABLE_PREFIX6] = { "prefix6", sizeof(struct twp_prefix6_key),
				sizeof(struct twp_prefix_value) },
	[TWP_TABLE_RULES] = { "rules", sizeof(struct twp_rule_key), sizeof(struct twp_rule_value) },
	[TWP_TABLE_GENERATION] = { "generation", sizeof(struct twp_generation_key),
				   sizeof(struct twp_generation_value) },
};

static const struct nla_policy twp_anchor_policy[TWP_NFTA_MAX + 1] = {
	[TWP_NFTA_LAYOUT] = { .type = NLA_BE32 },
};

static const struct nla_policy twp_expr_policy[NFTA_EXPR_MAX + 1] = {
	[NFTA_EXPR_NAME] = { .type = NLA_NUL_STRING, .len = NFT_NAME_MAXLEN - 1 },
	[NFTA_EXPR_DATA] = { .type = NLA_NESTED },
};

static const struct nla_policy twp_lookup_policy[NFTA_LOOKUP_MAX + 1] = {
	[NFTA_LOOKUP_SET] = { .type = NLA_NUL_STRING, .len = NFT_NAME_MAXLEN - 1 },
};

static struct nft_rule *twp_rule_of(const struct nft_expr *expr)
{
	return container_of((void *)expr, struct nft_rule, data);
}

/* The expression owns no reference on the set: the native lookup behind it does. */
static const struct nft_set *twp_set_find(const struct nft_ctx *ctx,
					  const struct twp_table_size *table)
{
	const u8 genmask = nft_genmask_next(ctx->net);
	const struct nft_set *set;

	list_for_each_entry(set, &ctx->table->sets, list) {
		if (nft_active_genmask(set, genmask) && !strcmp(set->name, table->name))
			return set;
	}
	return NULL;
}

/* The kernel accepts a set whose key is shorter than what is looked up in it,
 * and would match on the front of the key.
 */
static int twp_set_check(const struct nft_set *set, const struct twp_table_size *table)
{
	if (set->flags & ~NFT_SET_CONSTANT & ~NFT_SET_MAP)
		return -EINVAL;
	if (!(set->flags & NFT_SET_MAP) || set->num_exprs)
		return -EINVAL;
	if (set->klen != table->klen || set->dlen != table->dlen)
		return -EINVAL;
	return 0;
}

/* Is the rule's expression @attr the one called @name, with a native lookup in @set? */
static int twp_expr_check(const struct nlattr *attr, const char *name, const char *set)
{
	struct nlattr *lookup[NFTA_LOOKUP_MAX + 1], *expr[NFTA_EXPR_MAX + 1];
	int err;

	err = nla_parse_nested_deprecated(expr, NFTA_EXPR_MAX, attr, twp_expr_policy, NULL);
	if (err)
		return err;
	if (!expr[NFTA_EXPR_NAME] || !expr[NFTA_EXPR_DATA] ||
	    nla_strcmp(expr[NFTA_EXPR_NAME], name))
		return -EINVAL;
	if (!set)
		return 0;
	err = nla_parse_nested_deprecated(lookup, NFTA_LOOKUP_MAX, expr[NFTA_EXPR_DATA],
					  twp_lookup_policy, NULL);
	if (err)
		return err;
	if (!lookup[NFTA_LOOKUP_SET] || nla_strcmp(lookup[NFTA_LOOKUP_SET], set))
		return -EINVAL;
	return 0;
}

/* The rule is this expression, one that writes the key, and then one lookup for each table,
 * in order. So this expression is the first, and the rule can be found from it.
 */
static int twp_layout_check(const struct nft_ctx *ctx)
{
	const struct nlattr *list = ctx->nla[NFTA_RULE_EXPRESSIONS];
	const int first_lookup = 2;
	const struct nlattr *attr;
	int n = 0, rest, err;

	nla_for_each_nested(attr, list, rest) {
		if (n == 0)
			err = twp_expr_check(attr, TWP_NFT_EXPR, NULL);
		else if (n < first_lookup)
			err = twp_expr_check(attr, "payload", NULL);
		else if (n < first_lookup + TWP_TABLE_COUNT)
			err = twp_expr_check(attr, "lookup", twp_tables[n - first_lookup].name);
		else
			err = -EINVAL;
		if (err)
			return err;
		n++;
	}
	return n == first_lookup + TWP_TABLE_COUNT ? 0 : -EINVAL;
}

static int twp_anchor_publish(const struct nft_ctx *ctx, struct twp_nft_anchor *anchor)
{
	struct twp_net *tn = twp_net(ctx->net);
	const u8 next = nft_genmask_next(ctx->net);
	struct twp_nft_anchor __rcu **empty = NULL;
	const struct twp_nft_anchor *other;
	int i;

	for (i = 0; i < TWP_NFT_ANCHORS; i++) {
		/* Written under the commit mutex, which we hold. */
		other = rcu_dereference_protected(tn->nft[i], true);
		if (!other)
			empty = &tn->nft[i];
		else if (nft_active_genmask(other->rule, next))
			return -EEXIST;
	}
	if (!empty)
		return -EBUSY;
	rcu_assign_pointer(*empty, anchor);
	return 0;
}

static int twp_anchor_init(const struct nft_ctx *ctx, const struct nft_expr *expr,
			   const struct nlattr *const tb[])
{
	struct twp_nft_anchor *anchor = nft_expr_priv(expr);
	int i, err;

	if (ctx->net->user_ns != &init_user_ns)
		return -EPERM;
	if (ctx->family != NFPROTO_INET || strcmp(ctx->table->name, TWP_NFT_TABLE))
		return -EOPNOTSUPP;
	if (!tb[TWP_NFTA_LAYOUT] || nla_get_be32(tb[TWP_NFTA_LAYOUT]) != htonl(TWP_LAYOUT))
		return -EPROTO;

	/* An expression inside a set's element has no rule around it. The rules of a chain that
	 * lives in another rule leave with that one, and stay active until they are freed.
	 */
	if (!ctx->chain || !ctx->nla[NFTA_RULE_EXPRESSIONS] || nft_is_base_chain(ctx->chain) ||
	    ctx->chain->flags & NFT_CHAIN_BINDING)
		return -EOPNOTSUPP;
	err = twp_layout_check(ctx);
	if (err)
		return err;
	anchor->rule = twp_rule_of(expr);
	for (i = 0; i < TWP_TABLE_COUNT; i++) {
		anchor->set[i] = twp_set_find(ctx, &twp_tables[i]);
		if (!anchor->set[i])
			return -ENOENT;
		err = twp_set_check(anchor->set[i], &twp_tables[i]);
		if (err)
			return err;
	}
	return twp_anchor_publish(ctx, anchor);
}

static void twp_anchor_deactivate(const struct nft_ctx *ctx, const struct nft_expr *expr,
				  enum nft_trans_phase phase)
{
	const struct twp_nft_anchor *anchor = nft_expr_priv(expr);
	struct twp_net *tn = twp_net(ctx->net);
	bool remain = false;
	int i;

	/* It stays in force until the transaction commits, and if that aborts. */
	if (phase == NFT_TRANS_PREPARE)
		return;

	for (i = 0; i < TWP_NFT_ANCHORS; i++) {
		if (rcu_access_pointer(tn->nft[i]) == anchor)
			RCU_INIT_POINTER(tn->nft[i], NULL);
		else if (rcu_access_pointer(tn->nft[i]))
			remain = true;
	}

	/* After a commit or an abort the rule lives on for a grace period; in the
	 * other phases nf_tables frees it as soon as we return.
	 */
	if (phase != NFT_TRANS_COMMIT && phase != NFT_TRANS_ABORT)
		synchronize_rcu();
	/* A table is released when the socket that owns it closes, or with its namespace: then
	 * there is nobody to tell, and what tells is gone.
	 */
	if ((phase == NFT_TRANS_COMMIT || phase == NFT_TRANS_RELEASE) && !remain &&
	    check_net(ctx->net))
		twp_events_notice(&tn->events, TWP_EVENT_KIND_ANCHOR_LOST);
}

/* Nothing jumps to the anchor's chain; if somebody makes it so, nothing happens. */
static void twp_anchor_eval(const struct nft_expr *expr, struct nft_regs *regs,
			    const struct nft_pktinfo *pkt)
{
	regs->verdict.code = NFT_BREAK;
}

/* As a counter of nothing: libnftnl drops a rule with an expression that it does not know. */
static TWP_COMPAT_NFT_DUMP(twp_anchor_dump)
{
	if (nla_put_be64(skb, NFTA_COUNTER_BYTES, 0, NFTA_COUNTER_PAD) ||
	    nla_put_be64(skb, NFTA_COUNTER_PACKETS, 0, NFTA_COUNTER_PAD))
		return -1;
	return 0;
}

/* Never registered: its name is what dumps show. */
static struct nft_expr_type twp_anchor_shown_type = {
	.name = "counter",
	.owner = THIS_MODULE,
};

static const struct nft_expr_ops twp_anchor_ops = { .type = &twp_anchor_shown_type,
						    .size = NFT_EXPR_SIZE(
							    sizeof(struct twp_nft_anchor)),
						    .eval = twp_anchor_eval,
						    .init = twp_anchor_init,
						    .deactivate = twp_anchor_deactivate,
						    .dump = twp_anchor_dump,
						    TWP_COMPAT_NFT_REDUCE };

static struct nft_expr_type twp_anchor_type = {
	.name = TWP_NFT_EXPR,
	.ops = &twp_anchor_ops,
	.policy = twp_anchor_policy,
	.maxattr = TWP_NFTA_MAX,
	.family = NFPROTO_INET,
	.owner = THIS_MODULE,
};

int twp_anchor_setup(void)
{
	return nft_register_expr(&twp_anchor_type);
}

void twp_anchor_teardown(void)
{
	nft_unregister_expr(&twp_anchor_type);
}
