/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of a judgement that loop: over the prefix lengths in use and over
 * the shapes in use. judge.h numbers the steps that are referred to here.
 *
 * They are global functions with numbers for arguments, since the verifier goes
 * through those once, and not once for each way that leads to a call; and they
 * loop by bpf_loop(), of which it follows one step and not all.
 */
#ifndef TWP_BPF_WALK_H
#define TWP_BPF_WALK_H

#include "tables.h"

/* What a called part found, and in the upper half the lookups that it made. */
#define TWP_FOUND(what, lookups) ((__u64)(lookups) << 32 | (what))

/* Highest bit that is set, of at least one and none above bit 62. BPF has no
 * instruction for it. Without branches, of which the verifier would follow every
 * combination: the sign of the difference says whether the upper half of what is
 * left holds a bit.
 */
static __always_inline __u32 twp_highest(__u64 bits)
{
	__u64 n, step;

	n = step = (0xffffffff - bits) >> 63 << 5;
	bits >>= step;
	n += step = (0xffff - bits) >> 63 << 4;
	bits >>= step;
	n += step = (0xff - bits) >> 63 << 3;
	bits >>= step;
	n += step = (0xf - bits) >> 63 << 2;
	bits >>= step;
	n += step = (0x3 - bits) >> 63 << 1;
	bits >>= step;
	return n + (bits >> 1);
}

static __always_inline const struct twp_generation_value *twp_generation_find(__u32 what)
{
	const struct twp_generation_key key = { .what = what };

	return bpf_map_lookup_elem(&generation, &key);
}

/* Two words as one argument. */
static __always_inline __u64 twp_half(const __be32 *address)
{
	return address[0] | (__u64)address[1] << 32;
}

/* a.3: the walk over the lengths in use. */
struct twp_prefix_walk {
	__be32 address[4];
	__u32 lengths[5];
	__u32 identity;
	__u32 lookups;
};

/* Takes the longest length that is left. Return: the length, or -1. */
static __always_inline int twp_length_take(struct twp_prefix_walk *walk)
{
	__u32 n;
	int word;

#pragma unroll
	for (word = 4; word >= 0; word--) {
		if (!walk->lengths[word])
			continue;
		n = twp_highest(walk->lengths[word]);
		walk->lengths[word] &= ~(1u << n);
		return 32 * word + n;
	}
	return -1;
}

/* Part @part of the address's mask of @length bits. */
static __always_inline __be32 twp_mask(int length, int part)
{
	const int bits = length - 32 * part;

	return bits <= 0 ? 0 : bits >= 32 ? ~0u : bpf_htonl(~0u << ((32 - bits) & 31));
}

/* Return: 1 ends the walk. */
static long twp_prefix4_step(__u32 index __attribute__((unused)), struct twp_prefix_walk *walk)
{
	const int length = twp_length_take(walk);
	const struct twp_prefix_value *value;
	struct twp_prefix4_key key = {};

	if (length < 0)
		return 1;
	key.address = walk->address[0] & twp_mask(length, 0);
	key.length = bpf_htons(length);
	walk->lookups++;
	value = bpf_map_lookup_elem(&prefix4, &key);
	if (!value)
		return 0;
	walk->identity = value->identity;
	return 1;
}

static long twp_prefix6_step(__u32 index __attribute__((unused)), struct twp_prefix_walk *walk)
{
	const int length = twp_length_take(walk);
	const struct twp_prefix_value *value;
	struct twp_prefix6_key key = {};
	int part;

	if (length < 0)
		return 1;
#pragma unroll
	for (part = 0; part < 4; part++)
		key.address[part] = walk->address[part] & twp_mask(length, part);
	key.length = bpf_htons(length);
	walk->lookups++;
	value = bpf_map_lookup_elem(&prefix6, &key);
	if (!value)
		return 0;
	walk->identity = value->identity;
	return 1;
}

static __always_inline int twp_prefix_walk_init(struct twp_prefix_walk *walk, __u32 what)
{
	const struct twp_generation_value *lengths = twp_generation_find(what);

	walk->identity = TWP_IDENTITY_WORLD;
	walk->lookups = 1;
	if (!lengths)
		return 0;
	__builtin_memcpy(walk->lengths, lengths->word, sizeof(walk->lengths));
	return 1;
}

__noinline __u64 twp_prefix4_find(__be32 address)
{
	struct twp_prefix_walk walk = { .address = { address } };

	if (twp_prefix_walk_init(&walk, TWP_GENERATION_LENGTHS4))
		bpf_loop(33, twp_prefix4_step, &walk, 0);
	return TWP_FOUND(walk.identity, walk.lookups);
}

/* Takes two words of the address in each half: twp_half(). */
__noinline __u64 twp_prefix6_find(__u64 front, __u64 back)
{
	struct twp_prefix_walk walk = {
		.address = { front, front >> 32, back, back >> 32 },
	};

	if (twp_prefix_walk_init(&walk, TWP_GENERATION_LENGTHS6))
		bpf_loop(129, twp_prefix6_step, &walk, 0);
	return TWP_FOUND(walk.identity, walk.lookups);
}

/* Bits in the order of the lookups, the last one lowest: any protocol comes after
 * the lengths, though its shape is the highest.
 */
static __always_inline __u64 twp_shapes_order(__u32 shapes)
{
	return (shapes & (TWP_SHAPES_MASK >> 1)) << 1 | (shapes >> TWP_SHAPE_ANY_PROTOCOL & 1);
}

struct twp_rules_walk {
	struct twp_rule_key key;
	__u64 bits; /* not yet looked up */
	__u32 peer;
	__u32 what;
	__u32 has_denies;
	__u32 decision;
	__u32 lookups;
};

/* Return: 1 ends the walk. */
static long twp_rules_step(__u32 index __attribute__((unused)), struct twp_rules_walk *walk)
{
	const struct twp_rule_value *value;
	__u32 n, decision;

	if (!walk->bits)
		return 1;
	n = twp_highest(walk->bits);
	walk->bits &= ~(1ull << n);
	walk->key.peer = TWP_IDENTITY_ANY;
	if (n >= TWP_SHAPES) {
		walk->key.peer = walk->peer;
		n -= TWP_SHAPES;
	}
	walk->key.shape = TWP_SHAPE_ANY_PROTOCOL;
	walk->key.port = 0;
	if (n) {
		walk->key.shape = TWP_SHAPE(walk->what >> 16, n - 1);
		walk->key.port = walk->what & bpf_htons(0xffff0000u >> ((n - 1) & 31));
	}
	walk->lookups++;
	value = bpf_map_lookup_elem(&rules, &walk->key);
	if (!value)
		return 0;
	decision = value->decision;
	if (!walk->decision || TWP_DECISION_VERDICT(decision) == TWP_VERDICT_DENY)
		walk->decision = decision;
	return !walk->has_denies || TWP_DECISION_VERDICT(decision) == TWP_VERDICT_DENY;
}

/* b.2, but for what twp_decide() has looked up itself. @what is protocol << 16 | port. */
__noinline __u64 twp_rules_find(__u32 subject, __u32 peer, __u32 this_peer, __u32 any_peer,
				__u32 what)
{
	struct twp_rules_walk walk = {
		.key.subject = subject,
		.bits = twp_shapes_order(this_peer) << TWP_SHAPES | twp_shapes_order(any_peer),
		.peer = peer,
		.what = what,
		.has_denies = this_peer & TWP_HAS_DENIES,
	};

	bpf_loop(2 * TWP_SHAPES, twp_rules_step, &walk, 0);
	return TWP_FOUND(walk.decision, walk.lookups);
}

#endif
