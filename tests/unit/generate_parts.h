/* SPDX-License-Identifier: GPL-2.0-only */
/* What generate.c and generate_inventory.c share, and nobody else. */
#ifndef TWP_TESTS_GENERATE_PARTS_H
#define TWP_TESTS_GENERATE_PARTS_H

#include "generate.h"

enum construct {
	PLAIN,
	NAMESPACED,
	CLUSTERWIDE,
	SPECS,
	NETWORK_POLICY,
	POD,
	OWN_ENDPOINT,
	NAMESPACE,
	HOST,
	MATCH_LABELS,
	IN,
	NOT_IN,
	EXISTS,
	DOES_NOT_EXIST,
	SOURCE,
	RESERVED,
	OF_NAMESPACE,
	EMPTY_SELECTOR,
	EMPTY_PEERS,
	EMPTY_RULE,
	DENY,
	CIDR,
	CIDR_SET,
	EXCEPT,
	ENTITY,
	REQUIRES,
	DEFAULT_DENY,
	NUMBER,
	RANGE,
	EVERY_PORT,
	ANY_PROTOCOL,
	NAMED_PORT,
	ICMPS,
	POD_SELECTOR,
	NAMESPACE_SELECTOR,
	BOTH_SELECTORS,
	IP_BLOCK,
	POLICY_TYPES,
	NO_POLICY_TYPES,
	AUDIT,
	CONSTRUCTS,
};

/* Notes that a construct is said. Return: true. */
bool covers(enum construct construct);
void say(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define ONE_OF(list) list[pick(sizeof(list) / sizeof(list[0]))]

/* Ports at which rules begin and end. */
enum { EDGES = 10 };
extern const unsigned int edges[EDGES];

#endif
