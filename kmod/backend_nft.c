// SPDX-License-Identifier: GPL-2.0-only
/*
 * Backend nft: looks flows up in the maps of table inet twinpath, which the
 * anchor (anchor.c) found. Calls the sets' own lookup, without the ruleset.
 *
 * Context: rcu_read_lock(), softirqs off. Takes no lock.
 */
#include <linux/inetdevice.h>
#include <net/ipv6.h>

#include "anchor.h"
#include "backend.h"
#include "compat/compat.h"
#include "net.h"

struct twp_nft_lookup {
	const struct net *net;
	const struct twp_nft_anchor *anchor;
	u32 lookups;
};

struct twp_nft_end {
	u32 identity;
	const struct twp_rules_in_use *in_use; /* of both directions; NULL: nothing is enforced */
};

/* The one in force: while a transaction puts one in another's place, two are published. */
static const struct twp_nft_anchor *twp_nft_anchor_active(const struct twp_net *tn)
{
	const struct twp_nft_anchor *anchor;
	int i;

	for (i = 0; i < TWP_NFT_ANCHORS; i++) {
		anchor = rcu_dereference(tn->nft[i]);
		if (anchor && nft_is_active(tn->net, anchor->rule))
			return anchor;
	}
	return NULL;
}

static __always_inline const void *twp_nft_find(struct twp_nft_lookup *lookup,
						enum twp_table_id table, const void *key)
{
	const struct nft_set_ext *ext;

	lookup->lookups++;
	ext = twp_compat_set_lookup(lookup->net, lookup->anchor->set[table], key);
	return ext ? nft_set_ext_data(ext) : NULL;
}

static const struct twp_generation_value *twp_nft_generation_find(struct twp_nft_lookup *lookup,
								  u32 what)
{
	const struct twp_generation_key key = { .what = what };

	return twp_nft_find(lookup, TWP_TABLE_GENERATION, &key);
}

/* The longest prefix length in use that is at most @length; -1 if there is none. */
static int twp_length_next(const struct twp_generation_value *in_use, int length)
{
	u32 bits;

	for (; length >= 0; length = length / 32 * 32 - 1) {
		bits = in_use->word[length / 32] & GENMASK(length % 32, 0);
		if (bits)
			return length / 32 * 32 + __fls(bits);
	}
	return -1;
}

static u32 twp_nft_prefix4(struct twp_nft_lookup *lookup, __be32 address)
{
	const struct twp_generation_value *in_use;
	const struct twp_prefix_value *value;
	struct twp_prefix4_key key = {};
	int length;

	in_use = twp_nft_generation_find(lookup, TWP_GENERATION_LENGTHS4);
	if (!in_use)
		return TWP_IDENTITY_WORLD;
	for (length = twp_length_next(in_use, 32); length >= 0;
	     length = twp_length_next(in_use, length - 1)) {
		key.address = address & inet_make_mask(length);
		key.length = htons(length);
		value = twp_nft_find(lookup, TWP_TABLE_PREFIX4, &key);
		if (value)
			return value->identity;
	}
	return TWP_IDENTITY_WORLD;
}

static u32 twp_nft_prefix6(struct twp_nft_lookup *lookup, const __be32 address[4])
{
	const struct twp_generation_value *in_use;
	const struct twp_prefix_value *value;
	struct twp_prefix6_key key = {};
	int length;

	in_use = twp_nft_generation_find(lookup, TWP_GENERATION_LENGTHS6);
	if (!in_use)
		return TWP_IDENTITY_WORLD;
	for (length = twp_length_next(in_use, 128); length >= 0;
	     length = twp_length_next(in_use, length - 1)) {
		ipv6_addr_prefix((struct in6_addr *)key.address, (const struct in6_addr *)address,
				 length);
		key.length = htons(length);
		value = twp_nft_find(lookup, TWP_TABLE_PREFIX6, &key);
		if (value)
			return value->identity;
	}
	return TWP_IDENTITY_WORLD;
}

/* Step a of bpf/judge.h: who is at this address? */
static __always_inline struct twp_nft_end twp_nft_end(struct twp_nft_lookup *lookup, bool ipv4,
						      const __be32 address[4], bool local)
{
	static const __be32 unspecified[4];
	const enum twp_table_id table = ipv4 ? TWP_TABLE_HOST4 : TWP_TABLE_HOST6;
	const struct twp_host_value *host = NULL;

	if (address[0] || (!ipv4 && (address[1] || address[2] || address[3])))
		host = twp_nft_find(lookup, table, address);
	if (unlikely(!host && local)) {
		host = twp_nft_find(lookup, table, unspecified);
		if (!host)
			return (struct twp_nft_end){ .identity = TWP_IDENTITY_HOST };
	}
	if (likely(host))
		return (struct twp_nft_end){ .identity = host->identity, .in_use = host->dir };
	if (ipv4)
		return (struct twp_nft_end){ .identity = twp_nft_prefix4(lookup, address[0]) };
	return (struct twp_nft_end){ .identity = twp_nft_prefix6(lookup, address) };
}

/* Does this hit, or the lack of one, end the search? */
static __always_inline bool twp_nft_decided(u32 decision, bool has_denies)
{
	return decision && (!has_denies || TWP_DECISION_VERDICT(decision) == TWP_VERDICT_DENY);
}

/* Looks up the shapes in @shapes until the search ends, the most specific port first.
 * Return: @decision, or else the decision of a deny, or of the first hit.
 */
static noinline u32 twp_nft_shapes(struct twp_nft_lookup *lookup, struct twp_rule_key *key,
				   u32 shapes, const struct twp_tuple *tuple, bool has_denies,
				   u32 decision)
{
	const u32 any_protocol = 1u << TWP_SHAPE_ANY_PROTOCOL;
	const struct twp_rule_value *value;
	unsigned int shape;

	while (shapes && !twp_nft_decided(decision, has_denies)) {
		if (shapes & ~any_protocol) {
			shape = __fls(shapes & ~any_protocol);
			key->shape = TWP_SHAPE(tuple->protocol, shape);
			key->port = tuple->port & htons(0xffff0000u >> shape & 0xffff);
		} else {
			shape = TWP_SHAPE_ANY_PROTOCOL;
			key->shape = TWP_SHAPE_ANY_PROTOCOL;
			key->port = 0;
		}
		shapes &= ~(1u << shape);
		value = twp_nft_find(lookup, TWP_TABLE_RULES, key);
		if (value &&
		    (!decision || TWP_DECISION_VERDICT(value->decision) == TWP_VERDICT_DENY))
			decision = value->decision;
	}
	return decision;
}

/* Step b.3: the default, also of a flow from an endpoint to itself. */
static u32 twp_nft_default(const struct twp_rules_in_use *in_use, const struct twp_tuple *tuple)
{
	if ((in_use->this_peer & TWP_REACHES_SELF) &&
	    !memcmp(tuple->client, tuple->server, sizeof(tuple->client)))
		return TWP_DECISION_IMPLIED;
	return TWP_DECISION(TWP_VERDICT_DENY, 0);
}

/* Step b: what do the subject's rules say? What most packets need is inline: the rule of this
 * peer and exact port.
 */
static __always_inline u32 twp_nft_decide(struct twp_nft_lookup *lookup,
					  const struct twp_nft_end *subject, u32 peer,
					  enum twp_direction direction,
					  const struct twp_tuple *tuple)
{
	const u32 exact = 1u << TWP_PORT_BITS;
	struct twp_rules_in_use in_use;
	struct twp_rule_key key;
	u32 decision = 0, shapes;
	bool has_denies;

	if (!subject->in_use || !(subject->in_use[direction].this_peer & TWP_ENFORCED))
		return TWP_DECISION(TWP_VERDICT_ALLOW, 0);

	in_use = subject->in_use[direction];
	has_denies = in_use.this_peer & TWP_HAS_DENIES;
	shapes = in_use.this_peer & TWP_SHAPES_MASK;
	key.subject = TWP_SUBJECT(subject->identity, direction);
	key.peer = peer;
	key.pad = 0;
	if (likely(shapes & exact)) {
		const struct twp_rule_value *value;

		key.shape = TWP_SHAPE(tuple->protocol, TWP_PORT_BITS);
		key.port = tuple->port;
		value = twp_nft_find(lookup, TWP_TABLE_RULES, &key);
		if (likely(value))
			decision = value->decision;
		shapes &= ~exact;
	}
	if (unlikely(!twp_nft_decided(decision, has_denies))) {
		decision = twp_nft_shapes(lookup, &key, shapes, tuple, has_denies, decision);
		key.peer = TWP_IDENTITY_ANY;
		decision = twp_nft_shapes(lookup, &key, in_use.any_peer & TWP_SHAPES_MASK, tuple,
					  has_denies, decision);
		if (!decision)
			decision = twp_nft_default(&in_use, tuple);
	}
	if (unlikely(in_use.this_peer & TWP_AUDIT) &&
	    TWP_DECISION_VERDICT(decision) == TWP_VERDICT_DENY)
		decision = TWP_DECISION(TWP_VERDICT_AUDIT, TWP_DECISION_RULE(decision));
	return decision;
}

static __always_inline void twp_nft_judge_once(struct twp_nft_lookup *lookup,
					       const struct twp_tuple *tuple,
					       struct twp_judgement *judgement)
{
	const bool ipv4 = tuple->family == TWP_FAMILY_IPV4;
	struct twp_nft_end client, server;

	lookup->lookups = 0;
	client = twp_nft_end(lookup, ipv4, tuple->client, tuple->flags & TWP_TUPLE_CLIENT_LOCAL);
	server = twp_nft_end(lookup, ipv4, tuple->server, tuple->flags & TWP_TUPLE_SERVER_LOCAL);
	judgement->client = client.identity;
	judgement->server = server.identity;
	judgement->decision[TWP_EGRESS] =
		twp_nft_decide(lookup, &client, server.identity, TWP_EGRESS, tuple);
	judgement->decision[TWP_INGRESS] =
		twp_nft_decide(lookup, &server, client.identity, TWP_INGRESS, tuple);
	judgement->lookups = lookup->lookups;
}

static enum twp_verdict twp_nft_judge(struct twp_net *tn, const struct twp_tuple *tuple,
				      struct twp_judgement *judgement)
{
	struct twp_nft_lookup lookup = { .net = tn->net };
	u32 verdict;
	u8 cursor;

	/* Old shapes with new rules can allow what neither generation allows, so
	 * all lookups, hit or miss, are made in one. Commits are too far apart
	 * for the cursor, a single bit, to come back to where it was meanwhile:
	 * the daemon's by a grace period (twp_plan_commit()).
	 */
	do {
		cursor = READ_ONCE(tn->net->nft.gencursor);
		smp_rmb(); /* the cursor before the anchor and its elements */
		lookup.anchor = twp_nft_anchor_active(tn);
		if (likely(lookup.anchor))
			twp_nft_judge_once(&lookup, tuple, judgement);
		smp_rmb(); /* the elements before the cursor */
	} while (unlikely(cursor != READ_ONCE(tn->net->nft.gencursor)));

	if (unlikely(!lookup.anchor))
		return TWP_VERDICT_NONE;
	verdict = max(TWP_DECISION_VERDICT(judgement->decision[TWP_INGRESS]),
		      TWP_DECISION_VERDICT(judgement->decision[TWP_EGRESS]));
	/* Whoever may write to the maps may write anything, and a verdict is an index. */
	return likely(verdict <= TWP_VERDICT_DENY) ? verdict : TWP_VERDICT_NONE;
}

static u32 twp_nft_generation(struct twp_net *tn)
{
	struct twp_nft_lookup lookup = { .net = tn->net };
	const struct twp_generation_value *held;
	u32 generation;
	u8 cursor;

	/* A commit changes the element by taking one away and adding another. */
	do {
		cursor = READ_ONCE(tn->net->nft.gencursor);
		smp_rmb(); /* as in twp_nft_judge() */
		lookup.anchor = twp_nft_anchor_active(tn);
		held = lookup.anchor ? twp_nft_generation_find(&lookup, TWP_GENERATION_HELD) : NULL;
		generation = held ? held->word[0] : 0;
		smp_rmb();
	} while (unlikely(cursor != READ_ONCE(tn->net->nft.gencursor)));
	return generation;
}

static bool twp_nft_bound(struct twp_net *tn)
{
	return twp_nft_anchor_active(tn);
}

const struct twp_backend_ops twp_backend_nft = {
	.name = "nft",
	.id = TWP_BACKEND_NFT,
	.judge = twp_nft_judge,
	.generation = twp_nft_generation,
	.bound = twp_nft_bound,
};

int twp_backend_nft_setup(void)
{
	return twp_anchor_setup();
}

void twp_backend_nft_teardown(void)
{
	twp_anchor_teardown();
}
