/* SPDX-License-Identifier: GPL-2.0-only */
/* The datapaths that iptables and ipset load. */
#ifndef TWP_TWINEVAL_DATAPATH_IPTABLES_H
#define TWP_TWINEVAL_DATAPATH_IPTABLES_H

#include <stdio.h>

#include "datapath.h"

extern const struct datapath datapath_iptables_nomatch, datapath_iptables_top,
	datapath_iptables_nft, datapath_ipset;

/* The chain that sees the flow. */
const char *datapath_iptables_chain(const struct topology_place *place);

/* Can legacy iptables filter there? */
int datapath_iptables_able_legacy(const struct datapath_filter *filter, struct twp_error *error);

/* Replaces the whole table at once by a chain whose rules @write writes. */
int datapath_iptables_legacy_load(const struct datapath_filter *filter, unsigned int changed,
				  void (*write)(FILE *out, const struct datapath_filter *filter,
						unsigned int changed),
				  struct twp_error *error);

/* All packets that came by the chain: each is counted by one rule or by the policy. */
int datapath_iptables_legacy_hits(const struct datapath_filter *filter, uint64_t *packets,
				  struct twp_error *error);

#endif
