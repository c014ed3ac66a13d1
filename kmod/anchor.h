/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The anchor: the expression "twinpath" at the head of a rule that holds one
 * native lookup for each table behind it. Nothing ever jumps to the rule: the
 * lookups keep the sets alive, the expression tells the hooks where they are.
 */
#ifndef TWP_ANCHOR_H
#define TWP_ANCHOR_H

#include <net/netfilter/nf_tables.h>

#include "uapi/twinpath.h"

/* Lies in the expression, so it lives as long as the rule. */
struct twp_nft_anchor {
	const struct nft_rule *rule;
	const struct nft_set *set[TWP_TABLE_COUNT];
};

int twp_anchor_setup(void);
void twp_anchor_teardown(void);

#endif
