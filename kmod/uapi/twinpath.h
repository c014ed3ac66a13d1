/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The tables of twinpath: what the daemon writes, and what both backends read.
 *
 * Each table exists twice with the same bytes, as an nftables map of table
 * "inet twinpath" and as a BPF map. All are hash tables of a stated size.
 * Keys and values are made of 32-bit words, because an nftables register is
 * one: a field that is shorter is followed by zero bytes up to the next word.
 * Words are in host byte order (nftables type "mark"), addresses and ports in
 * network byte order.
 *
 *   table       key                                   value
 *   host4       address                               identity and two directions
 *   host6       address                               identity and two directions
 *   prefix4     address masked to length, length      identity
 *   prefix6     address masked to length, length      identity
 *   rules       subject, peer, shape, port            decision
 *   generation  TWP_GENERATION_...                    generation, prefix lengths in use
 *
 * This header is included by the module, by the BPF program and by userspace.
 */
#ifndef _UAPI_TWINPATH_H
#define _UAPI_TWINPATH_H

#include <linux/types.h>

#define TWP_GENL_NAME		"twinpath"
#define TWP_GENL_VERSION	1
#define TWP_GENL_GROUP_EVENTS	"events"

/* One command an operation. The request and the reply each carry one
 * attribute, TWP_A_MESSAGE: a message of proto/twinpath.proto.
 */
enum twp_cmd {
	TWP_CMD_UNSPEC,
	TWP_CMD_GET_STATUS,
	TWP_CMD_SET_BACKEND,
	TWP_CMD_SET_MODE,
	TWP_CMD_BIND_PROGRAM,
	TWP_CMD_COMMIT_GENERATION,
	TWP_CMD_SET_BRIDGE_PORT,
	TWP_CMD_GET_COUNTERS,
	TWP_CMD_CLASSIFY,
	TWP_CMD_BENCH,
	TWP_CMD_EVENT,
	__TWP_CMD_MAX,
};

#define TWP_CMD_MAX (__TWP_CMD_MAX - 1)

enum twp_attr {
	TWP_A_UNSPEC,
	TWP_A_MESSAGE,
	__TWP_A_MAX,
};

#define TWP_A_MAX (__TWP_A_MAX - 1)

/* Largest encoded message, in bytes, either way. */
#define TWP_MESSAGE_MAX		16384

/* The nftables table (family inet), the chain that nothing jumps to, and the
 * expression at the head of the anchor rule in it.
 */
#define TWP_NFT_TABLE		"twinpath"
#define TWP_NFT_CHAIN		"anchor"
#define TWP_NFT_EXPR		"twinpath"

/* The anchor expression's attributes, in NFTA_EXPR_DATA. */
enum twp_nft_attr {
	TWP_NFTA_UNSPEC,
	TWP_NFTA_LAYOUT,	/* big-endian u32: TWP_LAYOUT */
	__TWP_NFTA_MAX,
};

#define TWP_NFTA_MAX (__TWP_NFTA_MAX - 1)

/* Changes whenever a key or a value of any table changes. */
#define TWP_LAYOUT		2

/* The order in which the anchor rule holds the lookups of the tables. */
enum twp_table_id {
	TWP_TABLE_HOST4,
	TWP_TABLE_HOST6,
	TWP_TABLE_PREFIX4,
	TWP_TABLE_PREFIX6,
	TWP_TABLE_RULES,
	TWP_TABLE_GENERATION,
	TWP_TABLE_COUNT,
};

/*
 * Identities. Numbers follow Cilium's. 0 is no identity and, as the peer of a
 * rule, means any peer.
 */
#define TWP_IDENTITY_ANY	0u
#define TWP_IDENTITY_HOST	1u
#define TWP_IDENTITY_WORLD	2u
#define TWP_IDENTITY_LABELS_MIN	256u
#define TWP_IDENTITY_LABELS_MAX	65535u
#define TWP_IDENTITY_PREFIX	(1u << 24)

enum twp_direction {
	TWP_INGRESS,
	TWP_EGRESS,
	TWP_DIRECTIONS,
};

/*
 * A shape is what a rule's key leaves open: {this peer, any peer} times {port
 * prefix of 0 to 16 bits, any protocol}. A packet costs one lookup for each
 * shape that its subject uses, never one for a shape that nobody uses.
 */
#define TWP_PORT_BITS		16
#define TWP_SHAPE_ANY_PROTOCOL	17
#define TWP_SHAPES		18
#define TWP_SHAPES_MASK		((1u << TWP_SHAPES) - 1)

/* Flags beside the shapes, in twp_rules_in_use.this_peer only. */
#define TWP_ENFORCED		(1u << 31)
#define TWP_AUDIT		(1u << 30)	/* report what would be denied, pass it */
#define TWP_HAS_DENIES		(1u << 29)	/* so the first hit does not end it */
#define TWP_REACHES_SELF	(1u << 28)	/* no rule is needed to reach its own address */

/**
 * struct twp_rules_in_use - one direction of a subject
 * @this_peer: bit n: rules exist for an exact peer with shape n; and the flags
 * @any_peer: bit n: rules exist for any peer with shape n
 */
struct twp_rules_in_use {
	__u32 this_peer;
	__u32 any_peer;
};

/* The host itself is held under the unspecified address (0.0.0.0 and ::): it
 * stands for the local end of a flow that has no entry of its own.
 */
struct twp_host4_key {
	__be32 address;
};

struct twp_host6_key {
	__be32 address[4];
};

struct twp_host_value {
	__u32 identity;
	struct twp_rules_in_use dir[TWP_DIRECTIONS];
};

/* A prefix is looked up under its length, longest first. */
struct twp_prefix4_key {
	__be32 address;
	__be16 length;		/* 0 to 32 */
	__u16 pad;
};

struct twp_prefix6_key {
	__be32 address[4];
	__be16 length;		/* 0 to 128 */
	__u16 pad;
};

struct twp_prefix_value {
	__u32 identity;
};

/**
 * struct twp_rule_key - one rule of one subject
 * @subject: identity whose rule this is, and the direction: TWP_SUBJECT()
 * @peer: identity at the other end, TWP_IDENTITY_ANY for any
 * @shape: protocol and length of the port prefix: TWP_SHAPE(), or
 *	TWP_SHAPE_ANY_PROTOCOL alone for every protocol
 * @port: server's port with the bits behind the prefix zero; of ICMP and
 *	ICMPv6 the type, in the upper byte; 0 for protocols without ports
 */
struct twp_rule_key {
	__u32 subject;
	__u32 peer;
	__u32 shape;
	__be16 port;
	__u16 pad;
};

#define TWP_SUBJECT(identity, direction)	((identity) << 1 | (direction))
#define TWP_SHAPE(protocol, length)		((__u32)(protocol) << 8 | (length))

/**
 * struct twp_rule_value - what the rule says
 * @decision: TWP_DECISION(): a verdict and the number of the rule, under which
 *	its packets are counted
 */
struct twp_rule_value {
	__u32 decision;
};

#define TWP_RULE_NUMBER_BITS	27
#define TWP_RULE_NUMBER_MASK	((1u << TWP_RULE_NUMBER_BITS) - 1)
#define TWP_RULE_NUMBER_MAX	((1u << 20) - 1)	/* that can be counted */
#define TWP_DECISION(verdict, rule)	((__u32)(verdict) << 28 | (rule))
#define TWP_DECISION_VERDICT(decision)	((decision) >> 28)
#define TWP_DECISION_RULE(decision)	((decision) & TWP_RULE_NUMBER_MASK)

/*
 * Decisions of rule number 0 were made by no rule. TWP_DECISION(ALLOW, 0): the
 * direction is not enforced. TWP_DECISION_IMPLIED: it is, and lets pass what
 * needs no rule: what no rule denies, to the endpoint itself
 * (TWP_REACHES_SELF), or from its node. TWP_DECISION(DENY, 0): the default deny.
 */
#define TWP_DECISION_IMPLIED	(TWP_DECISION(TWP_VERDICT_ALLOW, 0) | 1u << TWP_RULE_NUMBER_BITS)

enum twp_verdict {
	TWP_VERDICT_NONE,	/* the backend could not judge */
	TWP_VERDICT_ALLOW,
	TWP_VERDICT_AUDIT,	/* would be denied, and is let pass */
	TWP_VERDICT_DENY,
};

/* Keys of table generation. */
#define TWP_GENERATION_HELD	0u	/* word[0]: the generation, not 0 */
#define TWP_GENERATION_LENGTHS4	4u	/* bit n: prefixes of length n exist */
#define TWP_GENERATION_LENGTHS6	6u
#define TWP_GENERATION_WORDS	5

struct twp_generation_key {
	__u32 what;
};

struct twp_generation_value {
	__u32 word[TWP_GENERATION_WORDS];
};

/**
 * struct twp_tuple - a flow, as a backend judges it
 * @family: TWP_FAMILY_IPV4, TWP_FAMILY_IPV6, or TWP_FAMILY_NONE, which asks
 *	the program for the generation it holds
 * @protocol: IPPROTO_...
 * @port: as in struct twp_rule_key, all 16 bits
 * @flags: TWP_TUPLE_..._LOCAL
 * @pad: zero
 * @client: address that the flow came from; IPv4 in the first word
 * @server: address that it goes to, behind any address translation
 *
 * Client and server are the ends of the flow, not of the packet at hand.
 */
struct twp_tuple {
	__u8 family;
	__u8 protocol;
	__be16 port;
	__u32 flags;
	__be32 client[4];
	__be32 server[4];
};

#define TWP_FAMILY_NONE		0
#define TWP_FAMILY_IPV4		4
#define TWP_FAMILY_IPV6		6

#define TWP_TUPLE_CLIENT_LOCAL	(1u << 0)	/* the client is this host */
#define TWP_TUPLE_SERVER_LOCAL	(1u << 1)	/* the server is this host */

/**
 * struct twp_judgement - what a backend answers
 * @client: identity
 * @server: identity
 * @decision: by direction: TWP_INGRESS by the server's rules, TWP_EGRESS by
 *	the client's
 * @lookups: made for it, of any table
 *
 * The program of backend bpf leaves it in the five words of __sk_buff.cb, in
 * this order, and returns the verdict.
 */
struct twp_judgement {
	__u32 client;
	__u32 server;
	__u32 decision[TWP_DIRECTIONS];
	__u32 lookups;
};

#define TWP_JUDGEMENT_WORDS	5

_Static_assert(sizeof(struct twp_host_value) == 20, "five words, the most that nft shows of a value");
_Static_assert(sizeof(struct twp_prefix4_key) == 8, "a hash key has no padding");
_Static_assert(sizeof(struct twp_prefix6_key) == 20, "a hash key has no padding");
_Static_assert(sizeof(struct twp_rule_key) == 16, "a hash key has no padding");
_Static_assert(sizeof(struct twp_generation_value) == 20, "five words, the most that nft shows of a value");
_Static_assert(sizeof(struct twp_tuple) == 40, "the program reads it as packet data");
_Static_assert(sizeof(struct twp_judgement) == 4 * TWP_JUDGEMENT_WORDS, "fills __sk_buff.cb");

#endif /* _UAPI_TWINPATH_H */
