/* SPDX-License-Identifier: GPL-2.0-only */
/* What a lookup costs with the policy that is loaded. */
#ifndef TWP_TWINPATHD_BENCH_H
#define TWP_TWINPATHD_BENCH_H

#include "daemon.h"

/* Flows that the tables know, spread over table rules; the module judges them in a loop. */
Twinpath__V1__BenchResult *twp_bench(struct twp_daemon *daemon,
				     const Twinpath__V1__BenchTablesRequest *request,
				     struct twp_error *error);

#endif
