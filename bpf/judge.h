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
 *    3. No hit: DENY, rule 0; but TWP_DECISION_IMPLIED if the subject
 *       TWP_REACHES_SELF and client and server are one address.
 *    4. With TWP_AUDIT a DENY, by a rule or by none, becomes AUDIT.
 * c. The verdict is the larger of the two.
 * d. Every lookup of any table is counted.
 *
 * What most packets need comes first and is inline: two hosts, both enforced, and
 * for each the rule of this peer and exact port. The rest is called, so that it
 * costs no registers here.
 */
#ifndef TWP_BPF_JUDGE_H
#define TWP_BPF_JUDGE_H

#include "walk.h"

#define TWP_EXACT (1u << TWP_PORT_BITS) /* shape: rules of a whole port */

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

static __always_inline struct twp_end twp_end_of(int ipv4, const struct twp_host_value *host,
						 const struct twp_tuple *tuple,
						 const __be32 *address, __u32 local,
						 enum twp_direction direction, __u32 *lookups)
{
	struct twp_end end = {};

	if (host) {
		end.identity = host->identity;
		end.in_use = &host->dir[direction];
	} else {
		twp_end_missed(ipv4, address, tuple->flags & local, direction, &end, lookups);
	}
	return end;
}

/* Subject and peer are still to be filled in. */
static __always_inline struct twp_rule_key twp_exact_key(const struct twp_tuple *tuple)
{
	return (struct twp_rule_key){
		.shape = TWP_SHAPE(tuple->protocol, TWP_PORT_BITS),
		.port = tuple->port,
	};
}

/* b.3: the default, also of a flow from an endpoint to itself. */
static __always_inline __u32 twp_decide_default(const struct twp_rules_in_use *in_use,
						const struct twp_tuple *tuple)
{
	if ((in_use->this_peer & TWP_REACHES_SELF) && tuple->client[0] == tuple->server[0] &&
	    tuple->client[1] == tuple->server[1] && tuple->client[2] == tuple->server[2] &&
	    tuple->client[3] == tuple->server[3])
		return TWP_DECISION_IMPLIED;
	return TWP_DECISION(TWP_VERDICT_DENY, 0);
}

/* b.2 to b.4, behind the lookup of this peer and exact port, which gave @decision or 0. */
static __always_inline __u32 twp_decide_rest(const struct twp_rules_in_use *in_use, __u32 decision,
					     const struct twp_tuple *tuple,
					     const struct twp_rule_key *key, __u32 *lookups)
{
	const __u32 this_peer = in_use->this_peer & ~TWP_EXACT;
	__u64 found;

	if ((this_peer & TWP_SHAPES_MASK) | in_use->any_peer) {
		found = twp_rules_find(key->subject, key->peer, this_peer, in_use->any_peer,
				       tuple->protocol << 16 | tuple->port);
		*lookups += found >> 32;
		if (!decision || TWP_DECISION_VERDICT((__u32)found) == TWP_VERDICT_DENY)
			decision = found;
	}
	return decision ?: twp_decide_default(in_use, tuple);
}

/* b */
static __always_inline __u32 twp_decide(const struct twp_end *subject, __u32 peer,
					enum twp_direction direction, const struct twp_tuple *tuple,
					__u32 *lookups)
{
	const struct twp_rules_in_use *in_use = subject->in_use;
	struct twp_rule_key key = twp_exact_key(tuple);
	const struct twp_rule_value *value;
	__u32 decision = 0, this_peer;

	if (!in_use)
		return TWP_DECISION(TWP_VERDICT_ALLOW, 0);
	this_peer = in_use->this_peer;
	if (!(this_peer & TWP_ENFORCED))
		return TWP_DECISION(TWP_VERDICT_ALLOW, 0);

	key.subject = TWP_SUBJECT(subject->identity, direction);
	key.peer = peer;
	if (this_peer & TWP_EXACT) {
		++*lookups;
		value = bpf_map_lookup_elem(&rules, &key);
		if (value)
			decision = value->decision;
	}
	if (TWP_DECISION_VERDICT(decision) != TWP_VERDICT_DENY &&
	    (!decision || (this_peer & TWP_HAS_DENIES)))
		decision = twp_decide_rest(in_use, decision, tuple, &key, lookups);
	if (TWP_DECISION_VERDICT(decision) == TWP_VERDICT_DENY && (this_peer & TWP_AUDIT))
		decision = TWP_DECISION(TWP_VERDICT_AUDIT, TWP_DECISION_RULE(decision));
	return decision;
}

/* Both ends are enforced, have rules of an exact peer and port, and no more to them than that:
 * the rule that is found decides.
 */
static __always_inline int twp_is_plain(const struct twp_host_value *client,
					const struct twp_host_value *server)
{
	const __u32 egress = client->dir[TWP_EGRESS].this_peer;
	const __u32 ingress = server->dir[TWP_INGRESS].this_peer;
	const __u32 plain = TWP_ENFORCED | TWP_EXACT;

	return (egress & ingress & plain) == plain &&
	       !((egress | ingress) & (TWP_HAS_DENIES | TWP_AUDIT));
}

static __always_inline __u32 twp_decide_plain(const struct twp_rules_in_use *in_use,
					      const struct twp_tuple *tuple,
					      const struct twp_rule_key *key, __u32 *lookups)
{
	const struct twp_rule_value *value = bpf_map_lookup_elem(&rules, key);

	if (twp_likely(value))
		return value->decision;
	return twp_decide_rest(in_use, 0, tuple, key, lookups);
}

static __always_inline __u32 twp_larger(__u32 egress, __u32 ingress)
{
	egress = TWP_DECISION_VERDICT(egress);
	ingress = TWP_DECISION_VERDICT(ingress);
	return egress > ingress ? egress : ingress;
}

static __always_inline __u32 twp_judge_plain(const struct twp_host_value *client,
					     const struct twp_host_value *server,
					     const struct twp_tuple *tuple,
					     struct twp_judgement *judgement)
{
	struct twp_rule_key key = twp_exact_key(tuple);
	__u32 lookups = 4;

	judgement->client = client->identity;
	judgement->server = server->identity;
	key.subject = TWP_SUBJECT(client->identity, TWP_EGRESS);
	key.peer = server->identity;
	judgement->decision[TWP_EGRESS] =
		twp_decide_plain(&client->dir[TWP_EGRESS], tuple, &key, &lookups);
	key.subject = TWP_SUBJECT(server->identity, TWP_INGRESS);
	key.peer = client->identity;
	judgement->decision[TWP_INGRESS] =
		twp_decide_plain(&server->dir[TWP_INGRESS], tuple, &key, &lookups);
	judgement->lookups = lookups;
	return twp_larger(judgement->decision[TWP_EGRESS], judgement->decision[TWP_INGRESS]);
}

/* Hosts are NULL where none was found, in @lookups lookups. Not inline, so that what this needs
 * costs no register where it is not called.
 */
static __noinline __u32 twp_judge_rest(const struct twp_tuple *tuple,
				       const struct twp_host_value *client_host,
				       const struct twp_host_value *server_host, __u32 lookups,
				       struct twp_judgement *judgement)
{
	const int ipv4 = tuple->family == TWP_FAMILY_IPV4;
	const struct twp_end client = twp_end_of(ipv4, client_host, tuple, tuple->client,
						 TWP_TUPLE_CLIENT_LOCAL, TWP_EGRESS, &lookups);
	const struct twp_end server = twp_end_of(ipv4, server_host, tuple, tuple->server,
						 TWP_TUPLE_SERVER_LOCAL, TWP_INGRESS, &lookups);
	const __u32 egress = twp_decide(&client, server.identity, TWP_EGRESS, tuple, &lookups);
	const __u32 ingress = twp_decide(&server, client.identity, TWP_INGRESS, tuple, &lookups);

	judgement->client = client.identity;
	judgement->server = server.identity;
	judgement->decision[TWP_INGRESS] = ingress;
	judgement->decision[TWP_EGRESS] = egress;
	judgement->lookups = lookups;
	return twp_larger(egress, ingress);
}

/* Called with a constant @ipv4: each family has code of its own, so that each
 * lookup has a constant map, which the JIT turns into a direct call.
 */
static __always_inline __u32 twp_judge_family(int ipv4, const struct twp_tuple *tuple,
					      struct twp_judgement *judgement)
{
	const struct twp_host_value *client, *server;
	struct twp_judgement rest;
	__u32 lookups = 0, verdict;

	client = twp_host_find(ipv4, tuple->client, &lookups);
	server = twp_host_find(ipv4, tuple->server, &lookups);
	if (twp_likely(client && server && twp_is_plain(client, server)))
		return twp_judge_plain(client, server, tuple, judgement);
	verdict = twp_judge_rest(tuple, client, server, lookups, &rest);
	*judgement = rest;
	return verdict;
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
