// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters. A packet counts on its own CPU, with softirqs off, so without a
 * lock or an atomic; whoever asks sums up, and may miss what is being counted.
 */
#include <linux/slab.h>

#include "counters.h"

/* All or nothing: on failure what was there before still counts. */
static int twp_chunks_alloc(struct twp_counters *counters, u32 chunk)
{
	struct twp_counter *counter;
	int cpu;

	for_each_possible_cpu(cpu) {
		if (counters->cpu[cpu]->rule[chunk])
			continue;
		counter = kvcalloc(TWP_RULES_IN_CHUNK, sizeof(*counter), GFP_KERNEL_ACCOUNT);
		if (!counter)
			return -ENOMEM;
		counters->cpu[cpu]->rule[chunk] = counter;
	}
	return 0;
}

static int twp_cpus_alloc(struct twp_counters *counters)
{
	int cpu;

	if (counters->cpu)
		return 0;
	counters->cpu = kcalloc(nr_cpu_ids, sizeof(*counters->cpu), GFP_KERNEL_ACCOUNT);
	if (!counters->cpu)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		counters->cpu[cpu] = kvzalloc_node(sizeof(*counters->cpu[cpu]), GFP_KERNEL_ACCOUNT,
						   cpu_to_node(cpu));
		if (!counters->cpu[cpu]) {
			twp_counters_teardown(counters);
			return -ENOMEM;
		}
	}
	return 0;
}

int twp_counters_reserve(struct twp_counters *counters, u32 highest_rule)
{
	u32 chunk;
	int err;

	err = twp_cpus_alloc(counters);
	if (err)
		return err;
	for (chunk = counters->rules / TWP_RULES_IN_CHUNK;
	     chunk <= highest_rule / TWP_RULES_IN_CHUNK; chunk++) {
		err = twp_chunks_alloc(counters, chunk);
		if (err)
			return err;
		smp_store_release(&counters->rules, (chunk + 1) * TWP_RULES_IN_CHUNK);
	}
	return 0;
}

/* No packet is counted any more. */
void twp_counters_teardown(struct twp_counters *counters)
{
	int cpu, chunk;

	if (!counters->cpu)
		return;
	for_each_possible_cpu(cpu) {
		if (!counters->cpu[cpu])
			continue;
		for (chunk = 0; chunk < TWP_RULE_CHUNKS; chunk++)
			kvfree(counters->cpu[cpu]->rule[chunk]);
		kvfree(counters->cpu[cpu]);
	}
	kfree(counters->cpu);
	counters->cpu = NULL;
	counters->rules = 0;
}

static void twp_sum_reasons(const struct twp_counters *counters, struct twp_msg_counters *page)
{
	int cpu, reason, verdict;

	for (reason = 1; reason < TWP_REASONS; reason++) {
		for (verdict = 0; verdict < TWP_VERDICTS; verdict++) {
			struct twp_msg_reason_counter *sum = &page->reason[page->reasons];

			memset(sum, 0, sizeof(*sum));
			for_each_possible_cpu(cpu) {
				const struct twp_counter *counter =
					&counters->cpu[cpu]->reason[reason][verdict];

				sum->packets += READ_ONCE(counter->packets);
				sum->bytes += READ_ONCE(counter->bytes);
			}
			if (!sum->packets || page->reasons == TWP_MSG_REASONS - 1)
				continue;
			sum->reason = reason;
			sum->verdict = verdict;
			page->reasons++;
		}
	}
}

static void twp_sum_rule(const struct twp_counters *counters, u32 rule,
			 struct twp_msg_rule_counter *sum)
{
	int cpu;

	*sum = (struct twp_msg_rule_counter){ .rule = rule };
	for_each_possible_cpu(cpu) {
		const struct twp_counter *counter =
			&counters->cpu[cpu]
				 ->rule[rule / TWP_RULES_IN_CHUNK][rule % TWP_RULES_IN_CHUNK];

		sum->packets += READ_ONCE(counter->packets);
		sum->bytes += READ_ONCE(counter->bytes);
	}
}

/**
 * twp_counters_page() - one page of the counters
 * @counters: of the namespace; the caller holds its lock
 * @first_rule: lowest number in this page; 0: the reasons too
 * @page: zeroed, filled
 */
void twp_counters_page(const struct twp_counters *counters, u32 first_rule,
		       struct twp_msg_counters *page)
{
	u32 rule;

	if (!counters->cpu)
		return;
	if (!first_rule)
		twp_sum_reasons(counters, page);
	for (rule = max(first_rule, 1u); rule < counters->rules; rule++) {
		if (page->rules == TWP_MSG_RULES) {
			page->next_rule = rule;
			return;
		}
		twp_sum_rule(counters, rule, &page->rule[page->rules]);
		if (page->rule[page->rules].packets)
			page->rules++;
		if (!(rule % TWP_RULES_IN_CHUNK))
			cond_resched();
	}
}

void twp_counters_status(const struct twp_counters *counters, struct twp_msg_module_status *status)
{
	int cpu;

	if (!counters->cpu)
		return;
	for_each_possible_cpu(cpu) {
		status->fallbacks += READ_ONCE(counters->cpu[cpu]->fallbacks);
		status->failures += READ_ONCE(counters->cpu[cpu]->failures);
		status->events_lost += READ_ONCE(counters->cpu[cpu]->events_lost);
	}
}
