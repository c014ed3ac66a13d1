/* SPDX-License-Identifier: GPL-2.0-only */
/* The datapaths that decide nothing. */
#ifndef TWP_TWINEVAL_DATAPATH_NONE_H
#define TWP_TWINEVAL_DATAPATH_NONE_H

#include "datapath.h"

extern const struct datapath datapath_none, datapath_conntrack;

#endif
