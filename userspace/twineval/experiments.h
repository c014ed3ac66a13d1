/* SPDX-License-Identifier: GPL-2.0-only */
/* The experiments by name, and the datapaths that several of them have in their grids. */
#ifndef TWP_TWINEVAL_EXPERIMENTS_H
#define TWP_TWINEVAL_EXPERIMENTS_H

#include "experiment.h"

extern const struct experiment experiment_throughput, experiment_latency, experiment_complexity,
	experiment_trace, experiment_pps, experiment_change, experiment_switch;

/* Grids are of constants: lists are written out where they are used. */
#define GRID_UNFILTERED "none", "conntrack"
/* Each rule is a step of the packet. */
#define GRID_LINEAR "iptables-nomatch", "iptables-top", "iptables-nft", "nft-linear"
/* One lookup, whatever there is. */
#define GRID_HASHED                                                                       \
	"ipset", "nft-set", "nft-vmap", "tc-bpf", "nft-labels", "nft-labels-established", \
		"twinpath-nft", "twinpath-bpf"
#define GRID_TWINPATH "twinpath-nft", "twinpath-bpf"

#endif
