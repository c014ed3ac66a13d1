/* SPDX-License-Identifier: GPL-2.0-only */
/* The cost of judging, measured in the kernel. */
#ifndef TWP_BENCH_H
#define TWP_BENCH_H

#include "message.h"
#include "uapi/twinpath.h"

struct twp_backend_ops;
struct twp_net;

#define TWP_BENCH_JUDGEMENTS_MAX 10000000
#define TWP_BENCH_ROUNDS_MAX 99
/* In all rounds: genetlink's lock, held meanwhile, keeps other families from registering. */
#define TWP_BENCH_ALL_MAX 20000000

/**
 * twp_bench_run() - judge tuples in turn, round after round
 * @tn: namespace
 * @backend: that judges
 * @tuple: flows
 * @tuples: number of them
 * @judgements: in a round
 * @rounds: of which the fastest and the median are told
 * @result: filled
 *
 * Process context; gives the CPU away between batches, which are not measured
 * together. Return: 0; -ESTALE if the backend cannot judge; -EINTR; -ENOMEM.
 */
int twp_bench_run(struct twp_net *tn, const struct twp_backend_ops *backend,
		  const struct twp_tuple *tuple, u32 tuples, u32 judgements, u32 rounds,
		  struct twp_msg_bench_result *result);

#endif
