/* SPDX-License-Identifier: GPL-2.0-only */
/* The two backends of twinpath as datapaths. */
#ifndef TWP_TWINEVAL_DATAPATH_TWINPATH_H
#define TWP_TWINEVAL_DATAPATH_TWINPATH_H

#include "datapath.h"

extern const struct datapath datapath_twinpath_nft, datapath_twinpath_bpf;

#endif
