/* SPDX-License-Identifier: GPL-2.0-only */
/* Counters of packets and bytes, for each CPU: by reason and verdict, and by rule number. */
#ifndef TWP_COUNTERS_H
#define TWP_COUNTERS_H

#include <linux/percpu.h>
#include <linux/skbuff.h>

#include "message.h"
#include "uapi/twinpath.h"

#define TWP_VERDICTS (TWP_VERDICT_DENY + 1)
#define TWP_RULES_IN_CHUNK 2048 /* 32 KiB of counters */
#define TWP_RULE_CHUNKS ((TWP_RULE_NUMBER_MAX + 1) / TWP_RULES_IN_CHUNK)

struct twp_counter {
	u64 packets;
	u64 bytes;
};

/* Of one CPU. Chunks are added while packets are counted, and never taken away. */
struct twp_cpu_counters {
	struct twp_counter reason[TWP_REASONS][TWP_VERDICTS];
	struct twp_counter *rule[TWP_RULE_CHUNKS];
	u64 fallbacks;
	u64 failures;
	u64 events_lost;
};

struct twp_counters {
	struct twp_cpu_counters **cpu; /* nr_cpu_ids of them; NULL until needed */
	u32 rules; /* numbers below this one can be counted */
};

/* The caller holds the namespace's lock. Return: 0, or -ENOMEM. */
int twp_counters_reserve(struct twp_counters *counters, u32 highest_rule);
void twp_counters_teardown(struct twp_counters *counters);

/* Softirqs off, after twp_counters_reserve(). */
static inline struct twp_cpu_counters *twp_counters_here(const struct twp_counters *counters)
{
	return counters->cpu[smp_processor_id()];
}

static inline void twp_counter_add(struct twp_counter *counter, const struct sk_buff *skb)
{
	counter->packets++;
	counter->bytes += skb->len;
}

/* The rules that decided, 0 for none. */
static inline void twp_counters_add_rules(const struct twp_counters *counters,
					  struct twp_cpu_counters *here,
					  const u32 decision[TWP_DIRECTIONS],
					  const struct sk_buff *skb)
{
	/* Pairs with twp_counters_reserve(): below the number, the chunk is there. */
	const u32 rules = smp_load_acquire(&counters->rules);
	u32 rule;
	int i;

	for (i = 0; i < TWP_DIRECTIONS; i++) {
		rule = TWP_DECISION_RULE(decision[i]);
		/* 0 - 1 is above any number. */
		if (rule - 1 < rules - 1)
			twp_counter_add(
				&here->rule[rule / TWP_RULES_IN_CHUNK][rule % TWP_RULES_IN_CHUNK],
				skb);
	}
}

/* Sums over CPUs, for the answers of the control commands. */
void twp_counters_page(const struct twp_counters *counters, u32 first_rule,
		       struct twp_msg_counters *page);
void twp_counters_status(const struct twp_counters *counters, struct twp_msg_module_status *status);

#endif
