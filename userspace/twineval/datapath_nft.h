/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The datapaths that nft loads: a table "twineval" with a base chain "filter", whose
 * first rule counts every packet that comes by, with the named counter "seen".
 */
#ifndef TWP_TWINEVAL_DATAPATH_NFT_H
#define TWP_TWINEVAL_DATAPATH_NFT_H

#include <stdio.h>

#include "datapath.h"

extern const struct datapath datapath_nft_linear, datapath_nft_set, datapath_nft_vmap,
	datapath_nft_labels, datapath_nft_labels_established;

/* How nft calls what a place has. */
struct datapath_nft_words {
	const char *family; /* of the table */
	const char *ip; /* the header of the addresses */
	const char *address; /* type of a set */
	const char *hook;
};

struct datapath_nft_words datapath_nft_words(const struct topology_place *place);

/* Its command; the rule set is its input. */
extern const char *const datapath_nft_command[];

/* Room of a set of so many elements: a transaction adds the new before the old go. */
unsigned int datapath_nft_room(unsigned int elements);

/* The table with its counter up to the rules of its chain, which two closing braces end. */
void datapath_nft_write_chain(FILE *out, const struct topology_place *place);

int datapath_nft_hits(const struct datapath_filter *filter, uint64_t *packets,
		      struct twp_error *error);

/* Does conntrack see what comes by there? On a bridge not without nf_conntrack_bridge. */
int datapath_nft_able_conntrack(const struct datapath_filter *filter, struct twp_error *error);

#endif
