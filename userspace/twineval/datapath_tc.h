/* SPDX-License-Identifier: GPL-2.0-only */
/* The datapath that is a BPF program at clsact, in userspace and in the kernel. */
#ifndef TWP_TWINEVAL_DATAPATH_TC_H
#define TWP_TWINEVAL_DATAPATH_TC_H

#include "datapath.h"

extern const struct datapath datapath_tc;

#endif
