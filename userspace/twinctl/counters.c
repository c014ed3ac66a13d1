// SPDX-License-Identifier: GPL-2.0-only
/* twinctl counters: packets by reason and verdict, and by rule. */
#include <stdio.h>

#include "print.h"

static void add_numbers(struct ctl_table *table, uint64_t packets, uint64_t bytes)
{
	ctl_text text;

	ctl_table_add(table, "%llu", (unsigned long long)packets);
	ctl_table_add(table, "%s", ctl_bytes(text, bytes));
}

static void print_counters(const Twinpath__V1__CounterList *counters)
{
	struct ctl_table reasons CTL_CLEAN(ctl_table_clean);
	struct ctl_table rules CTL_CLEAN(ctl_table_clean);
	ctl_text text;

	ctl_table_init(&reasons, "<reason|<verdict|>packets|>bytes");
	for (size_t i = 0; i < counters->n_reason; i++) {
		const Twinpath__V1__ReasonCounter *row = counters->reason[i];

		ctl_table_add(&reasons, "%s",
			      ctl_word(text, &twinpath__v1__reason__descriptor, (int)row->reason));
		ctl_table_add(&reasons, "%s",
			      ctl_word(text, &twinpath__v1__verdict__descriptor,
				       (int)row->verdict));
		add_numbers(&reasons, row->packets, row->bytes);
	}
	ctl_table_init(&rules, "<policy|<rule|>number|>packets|>bytes");
	for (size_t i = 0; i < counters->n_rule; i++) {
		const Twinpath__V1__NamedRuleCounter *row = counters->rule[i];

		if (!row->counter)
			continue;
		ctl_table_add(&rules, "%s", *row->policy ? row->policy : "-");
		ctl_table_add(&rules, "%s", *row->section ? row->section : "-");
		ctl_table_add(&rules, "%u", row->counter->rule);
		add_numbers(&rules, row->counter->packets, row->counter->bytes);
	}
	ctl_table_print(&reasons);
	if (counters->n_rule) {
		putchar('\n');
		ctl_table_print(&rules);
	}
}

int ctl_counters(const struct ctl_call *call)
{
	Twinpath__V1__CountersRequest counters = TWINPATH__V1__COUNTERS_REQUEST__INIT;
	Twinpath__V1__Request request = TWINPATH__V1__REQUEST__INIT;
	Twinpath__V1__Response *response CTL_CLEAN(ctl_response_free) = NULL;

	request.operation_case = TWINPATH__V1__REQUEST__OPERATION_COUNTERS;
	request.counters = &counters;
	response = ctl_ask(call, &request, TWINPATH__V1__RESPONSE__RESULT_COUNTERS);
	if (!response)
		return CTL_FAILED;
	if (call->json)
		ctl_json_print(ctl_json(&response->counters->base), false);
	else
		print_counters(response->counters);
	return CTL_DONE;
}
