// SPDX-License-Identifier: GPL-2.0-only
/* twinctl policy: documents, their rules and what these cost. */
#include <stdio.h>
#include <stdlib.h>

#include "print.h"

int ctl_policy_delete(const struct ctl_call *call)
{
	Twinpath__V1__DeletePolicyRequest delete = TWINPATH__V1__DELETE_POLICY_REQUEST__INIT;
	Twinpath__V1__Request request = TWINPATH__V1__REQUEST__INIT;

	delete.n_name = call->words;
	delete.name = (char **)call->word;
	request.operation_case = TWINPATH__V1__REQUEST__OPERATION_DELETE_POLICY;
	request.delete_policy = &delete;
	return ctl_apply(call, &request);
}

static void add_rules(struct ctl_table *table, const Twinpath__V1__Policy *policy)
{
	ctl_text bytes;

	for (size_t i = 0; i < policy->n_rule; i++) {
		const Twinpath__V1__Rule *rule = policy->rule[i];

		ctl_table_add(table, "%s", policy->name);
		ctl_table_add(table, "%s", rule->section);
		ctl_table_add(table, "%u", rule->number);
		if (rule->packets)
			ctl_table_add(table, "%llu", (unsigned long long)rule->packets);
		else
			ctl_table_add(table, "never matched");
		ctl_table_add(table, "%s", rule->packets ? ctl_bytes(bytes, rule->bytes) : "-");
	}
	if (policy->n_rule)
		return;
	ctl_table_add(table, "%s", policy->name);
	for (int column = 1; column < 5; column++)
		ctl_table_add(table, "-");
}

static void add_subjects(struct ctl_table *table, const Twinpath__V1__Policy *policy)
{
	for (size_t i = 0; i < policy->n_subject; i++) {
		const Twinpath__V1__Subject *subject = policy->subject[i];
		char *labels CTL_CLEAN(ctl_free) = ctl_labels(subject->label, subject->n_label);

		ctl_table_add(table, "%s", policy->name);
		ctl_table_add(table, "%s", labels);
		ctl_table_add(table, "%u", subject->identity);
		ctl_table_add(table, "%u", subject->ingress_lookups);
		ctl_table_add(table, "%u", subject->egress_lookups);
	}
}

static void print_policies(const Twinpath__V1__PolicyList *list)
{
	struct ctl_table rules CTL_CLEAN(ctl_table_clean);
	struct ctl_table subjects CTL_CLEAN(ctl_table_clean);

	ctl_table_init(&rules, "<policy|<rule|>number|>packets|>bytes");
	ctl_table_init(&subjects, "<policy|<subject|>identity|>ingress lookups|>egress lookups");
	for (size_t i = 0; i < list->n_policy; i++) {
		add_rules(&rules, list->policy[i]);
		add_subjects(&subjects, list->policy[i]);
	}
	ctl_table_print(&rules);
	if (subjects.cells) {
		putchar('\n');
		ctl_table_print(&subjects);
	}
}

int ctl_policy_list(const struct ctl_call *call)
{
	Twinpath__V1__ListPoliciesRequest list = TWINPATH__V1__LIST_POLICIES_REQUEST__INIT;
	Twinpath__V1__Request request = TWINPATH__V1__REQUEST__INIT;
	Twinpath__V1__Response *response CTL_CLEAN(ctl_response_free) = NULL;

	request.operation_case = TWINPATH__V1__REQUEST__OPERATION_LIST_POLICIES;
	request.list_policies = &list;
	response = ctl_ask(call, &request, TWINPATH__V1__RESPONSE__RESULT_POLICIES);
	if (!response)
		return CTL_FAILED;
	if (call->json)
		ctl_json_print(ctl_json(&response->policies->base), false);
	else
		print_policies(response->policies);
	return CTL_DONE;
}

int ctl_policy_get(const struct ctl_call *call)
{
	Twinpath__V1__GetPolicyRequest get = TWINPATH__V1__GET_POLICY_REQUEST__INIT;
	Twinpath__V1__Request request = TWINPATH__V1__REQUEST__INIT;
	Twinpath__V1__Response *response CTL_CLEAN(ctl_response_free) = NULL;

	get.name = (char *)call->word[0];
	request.operation_case = TWINPATH__V1__REQUEST__OPERATION_GET_POLICY;
	request.get_policy = &get;
	response = ctl_ask(call, &request, TWINPATH__V1__RESPONSE__RESULT_POLICY);
	if (!response)
		return CTL_FAILED;
	if (call->json)
		ctl_json_print(ctl_json_some(&response->policy->base, "name text"), false);
	else
		fputs(response->policy->text, stdout);
	return CTL_DONE;
}
