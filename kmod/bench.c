// SPDX-License-Identifier: GPL-2.0-only
/* The cost of judging: what the hooks do, in a loop, without packets. Process context. */
#include <linux/ktime.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "backend.h"
#include "bench.h"
#include "net.h"

/* Judged with softirqs off in one go. */
#define TWP_BENCH_BATCH 1000

struct twp_bench {
	struct twp_net *tn;
	const struct twp_backend_ops *backend;
	const struct twp_tuple *tuple;
	u32 tuples;
	u32 next;
	u64 lookups;
	u64 ns;
};

static int twp_bench_batch(struct twp_bench *bench, u32 judgements)
{
	struct twp_judgement judgement = {};
	enum twp_verdict verdict = TWP_VERDICT_ALLOW;
	ktime_t start;

	rcu_read_lock();
	local_bh_disable();
	start = ktime_get();
	while (judgements-- && verdict != TWP_VERDICT_NONE) {
		verdict = bench->backend->judge(bench->tn, &bench->tuple[bench->next], &judgement);
		bench->lookups += judgement.lookups;
		if (++bench->next == bench->tuples)
			bench->next = 0;
	}
	bench->ns += ktime_to_ns(ktime_sub(ktime_get(), start));
	local_bh_enable();
	rcu_read_unlock();
	return verdict == TWP_VERDICT_NONE ? -ESTALE : 0;
}

static int twp_bench_round(struct twp_bench *bench, u32 judgements)
{
	u32 batch;
	int err;

	bench->next = 0;
	bench->lookups = 0;
	bench->ns = 0;
	while (judgements) {
		batch = min_t(u32, judgements, TWP_BENCH_BATCH);
		err = twp_bench_batch(bench, batch);
		if (err)
			return err;
		if (signal_pending(current))
			return -EINTR;
		judgements -= batch;
		cond_resched();
	}
	return 0;
}

static int twp_compare_ns(const void *a, const void *b)
{
	const u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

int twp_bench_run(struct twp_net *tn, const struct twp_backend_ops *backend,
		  const struct twp_tuple *tuple, u32 tuples, u32 judgements, u32 rounds,
		  struct twp_msg_bench_result *result)
{
	struct twp_bench bench = { .tn = tn, .backend = backend, .tuple = tuple, .tuples = tuples };
	u64 *ns;
	u32 i;
	int err = 0;

	ns = kcalloc(rounds, sizeof(*ns), GFP_KERNEL);
	if (!ns)
		return -ENOMEM;
	for (i = 0; i < rounds && !err; i++) {
		err = twp_bench_round(&bench, judgements);
		ns[i] = bench.ns;
	}
	if (err)
		goto out;

	sort(ns, rounds, sizeof(*ns), twp_compare_ns, NULL);
	*result = (struct twp_msg_bench_result){
		.backend = backend->id,
		.judgements = judgements,
		.lookups = bench.lookups,
		.min_ns = ns[0],
		.median_ns = ns[rounds / 2],
	};
out:
	kfree(ns);
	return err;
}
