/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * twp_judge(): from a flow to a judgement. The module's backend nft does
 * precisely this, in kmod/backend_nft.c: a change here is a change there.
 *
 * a. Each end, client then server, is looked up:
 *    1. host4 or host6 with the address, unless that is the unspecified one. A
 *       hit gives the identity and what is enforced.
 *    2. Else, if the end is this host: the unspecified address, in the same
 *       table. If that misses too: TWP_IDENTITY_HOST, nothing is enforced.
 *    3. Else the prefix lengths in use are read from generation and for each,
 *       longest first, the address masked to it is looked up in prefix4 or
 *       prefix6. The first hit gives the identity, none TWP_IDENTITY_WORLD.
 *       Nothing is enforced. Without lengths in use no prefix is looked up.
 * b. Each direction is decided, egress then ingress, both always. The subject
 *    is the client in egress and the server in ingress, the peer the other:
 *    1. Not TWP_ENFORCED: ALLOW, rule 0.
 *    2. Else rules, for each shape in use: those of this peer first, then those
 *       of any; of each the port prefixes from 16 bits down to 0, then any
 *       protocol. A deny ends it. An allow ends it unless the subject
 *       TWP_HAS_DENIES; the first one found is the answer if no deny is.
 *    3. No hit: DENY, rule 0.
 *    4. With TWP_AUDIT a DENY, by a rule or by none, becomes AUDIT.
 * c. The verdict is the larger of the two.
 * d. Every lookup of any table is counted.
 *
 * What most packets need is inline: two hosts, and the rule of this peer and
 * exact port. The rest is called, so that it costs no registers here.
 */
#ifndef TWP_BPF_JUDGE_H
#define TWP_BPF_JUDGE_H

#include "walk.h"

#define twp_likely(condition) __builtin_expect(!!(condition), 1)
#define twp_unlikely(condition) __builtin_expect(!!(condition), 0)

struct twp_end {
	__u32 identity;
	/* In the direction of which this end is the subject; NULL: nothing is enforced. */
	const struct twp_rules_in_use *in_use;
};

/* a.1, for both families. */
static __always_inline const struct twp_host_value *twp_host_find(int ipv4, const __be32 *address,
								  __u32 *lookups)
{
	if (ipv4) {
		if (twp_unlikely(!address[0]))
			return NULL;
		++*lookups;
		return bpf_map_lookup_elem(&host4, address);
	}
	if (twp_unlikely(!address[0] && !address[1] && !address[2] && !address[3]))
		return NULL;
	++*lookups;
	return bpf_map_lookup_elem(&host6, address);
}

/* a.2 and a.3 */
static __always_inline void twp_end_missed(int ipv4, const __be32 *address, __u32 local,
					   enum twp_direction direction, struct twp_end *end,
					   __u32 *lookups)
{
	const __be32 unspecified[4] = {};
	const struct twp_host_value *host;
	__u64 found;

	if (local) {
		++*lookups;
		host = ipv4 ? bpf_map_lookup_elem(&host4, unspecified) :
			      bpf_map_lookup_elem(&host6, unspecified);
		end->identity = host ? host->identity : TWP_IDENTITY_HOST;
		if (host)
			end->in_use = &host->dir[direction];
		return;
	}
	if (ipv4)
		found = twp_prefix4_find(address[0]);
	else
		found = twp_prefix6_find(twp_half(address), twp_half(address + 2));
	end->identity = found;
	*lookups += found >> 32;
}

static __always_inline struct twp_end twp_end_find(int ipv4, const struct twp_tuple *tuple,
						   const __be32 *address, __u32 local,
						   enum twp_direction direction, __u32 *lookups)
{
	const struct twp_host_value *host = twp_host_find(ipv4, address, lookups);
	struct twp_end end = {};

	if (twp_likely(host)) {
		end.identity = host->identity;
		end.in_use = &host->dir[direction];
	} else {
		/* Read here, not before: most packets do without. */
		twp_end_missed(ipv4, address, *(volatile const __u32 *)&tuple->flags & local,
			       direction, &end, lookups);
	}
	return end;
}

/* b */
static __always_inline __u32 twp_decide(const struct twp_end *subject, __u32 peer,
					enum twp_direction direction, const struct twp_tuple *tuple,
					struct twp_rule_key *key, __u32 *lookups)
{
	const struct twp_rules_in_use *in_use = subject->in_use;
	const __u32 exact = 1u << TWP_PORT_BITS;
	const struct twp_rule_value *value;
	__u32 decision = 0, this_peer;
	__u64 found;

	if (!in_use)
		return TWP_DECISION(TWP_VERDICT_ALLOW, 0);
	this_peer = in_use->this_peer;
	if (!(this_peer & TWP_ENFORCED))
		return TWP_DECISION(TWP_VERDICT_ALLOW, 0);

	key->subject = TWP_SUBJECT(subject->identity, direction);
	key->peer = peer;
	if (this_peer & exact) {
		++*lookups;
		value = bpf_map_lookup_elem(&rules, key);
		if (twp_likely(value)) {
			decision = value->decision;
			if (twp_likely(!(this_peer & (TWP_HAS_DENIES | TWP_AUDIT))))
				return decision;
		}
		if (TWP_DECISION_VERDICT(decision) == TWP_VERDICT_DENY ||
		    (decision && !(this_peer & TWP_HAS_DENIES)))
			goto out;
	}
	if ((this_peer & TWP_SHAPES_MASK & ~exact) | in_use->any_peer) {
		found = twp_rules_find(key->subject, peer, this_peer & ~exact, in_use->any_peer,
				       tuple->protocol << 16 | tuple->port);
		*lookups += found >> 32;
		if (!decision || TWP_DECISION_VERDICT((__u32)found) == TWP_VERDICT_DENY)
			decision = found;
	}
	if (!decision)
		decision = TWP_DECISION(TWP_VERDICT_DENY, 0);
out:
	if (TWP_DECISION_VERDICT(decision) == TWP_VERDICT_DENY && (this_peer & TWP_AUDIT))
		decision = TWP_DECISION(TWP_VERDICT_AUDIT, TWP_DECISION_RULE(decision));
	return decision;
}

/* Called with a constant @ipv4: each family has code of its own, so that each
 * lookup has a constant map, which the JIT turns into a direct call.
 */
static __always_inline __u32 twp_judge_family(int ipv4, const struct twp_tuple *tuple,
					      struct twp_judgement *judgement)
{
	/* Of this peer and the exact port, in either direction. */
	struct twp_rule_key key = {
		.shape = TWP_SHAPE(tuple->protocol, TWP_PORT_BITS),
		.port = tuple->port,
	};
	__u32 lookups = 0, egress, ingress;
	struct twp_end client, server;

	client = twp_end_find(ipv4, tuple, tuple->client, TWP_TUPLE_CLIENT_LOCAL, TWP_EGRESS,
			      &lookups);
	server = twp_end_find(ipv4, tuple, tuple->server, TWP_TUPLE_SERVER_LOCAL, TWP_INGRESS,
			      &lookups);
	egress = twp_decide(&client, server.identity, TWP_EGRESS, tuple, &key, &lookups);
	ingress = twp_decide(&server, client.identity, TWP_INGRESS, tuple, &key, &lookups);

	judgement->client = client.identity;
	judgement->server = server.identity;
	judgement->decision[TWP_INGRESS] = ingress;
	judgement->decision[TWP_EGRESS] = egress;
	judgement->lookups = lookups;

	egress = TWP_DECISION_VERDICT(egress);
	ingress = TWP_DECISION_VERDICT(ingress);
	return egress > ingress ? egress : ingress;
}

/**
 * twp_judge() - what the tables say of a flow
 * @tuple: in packet data or on the stack, all of it readable
 * @judgement: filled; zeroes if the return value is TWP_VERDICT_NONE
 *
 * Return: enum twp_verdict; NONE if the family is neither IPv4 nor IPv6.
 */
static __always_inline __u32 twp_judge(const struct twp_tuple *tuple,
				       struct twp_judgement *judgement)
{
	if (twp_likely(tuple->family == TWP_FAMILY_IPV4))
		return twp_judge_family(1, tuple, judgement);
	if (tuple->family == TWP_FAMILY_IPV6)
		return twp_judge_family(0, tuple, judgement);
	__builtin_memset(judgement, 0, sizeof(*judgement));
	return TWP_VERDICT_NONE;
}

#endif
