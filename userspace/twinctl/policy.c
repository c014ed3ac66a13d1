// SPDX-License-Identifier: GPL-2.0-only
/* twinctl policy: documents, their rules and what these cost. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "print.h"

/* "etc/web.yaml" is policy "web". The caller frees it. */
static char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	const char *dot = strrchr(base, '.');
	size_t length = dot && dot > base ? (size_t)(dot - base) : strlen(base);

	return ctl_format("%.*s", (int)length, base);
}

static int name_documents(const struct ctl_call *call, Twinpath__V1__PolicyDocument *document)
{
	const char *name = ctl_option(call, "name");

	if (name && call->words > 1)
		return ctl_usage(call, "option '--name' goes with one FILE, not with '%s' too",
				 call->word[1]);
	if (name && !*name)
		return ctl_usage(call, "option '--name' is empty");
	for (size_t i = 0; i < call->words; i++) {
		if (!name && !strcmp(call->word[i], "-"))
			return ctl_usage(call, "standard input wants '--name'");
		document[i].file = (char *)ctl_file_name(call->word[i]);
		document[i].name = name ? ctl_format("%s", name) : name_of(call->word[i]);
		if (!*document[i].name)
			return ctl_usage(call, "'%s' names no policy: give '--name'",
					 call->word[i]);
		for (size_t j = 0; j < i; j++)
			if (!strcmp(document[i].name, document[j].name))
				return ctl_usage(call, "'%s' and '%s' would both be policy '%s'",
						 call->word[j], call->word[i], document[i].name);
	}
	return CTL_DONE;
}

/* Text ends at NUL on its way to the daemon: half a policy must not be applied. */
static int read_document(const char *path, Twinpath__V1__PolicyDocument *document)
{
	const char *nul;
	size_t length;

	document->text = ctl_file_read(path, &length);
	if (!document->text)
		return CTL_FAILED;
	nul = memchr(document->text, '\0', length);
	if (nul)
		return ctl_fail("%s: byte %zu is NUL, so this is no YAML or JSON text",
				document->file, (size_t)(nul - document->text) + 1);
	return CTL_DONE;
}

int ctl_policy_apply(const struct ctl_call *call)
{
	Twinpath__V1__ApplyPolicyRequest apply = TWINPATH__V1__APPLY_POLICY_REQUEST__INIT;
	Twinpath__V1__Request request = TWINPATH__V1__REQUEST__INIT;
	Twinpath__V1__PolicyDocument *document = ctl_alloc(NULL, call->words, sizeof(*document));
	int result;

	apply.document = ctl_alloc(NULL, call->words, sizeof(*apply.document));
	for (size_t i = 0; i < call->words; i++) {
		twinpath__v1__policy_document__init(&document[i]);
		document[i].name = document[i].text = NULL;
		apply.document[i] = &document[i];
	}
	apply.n_document = call->words;
	request.operation_case = TWINPATH__V1__REQUEST__OPERATION_APPLY_POLICY;
	request.apply_policy = &apply;

	result = name_documents(call, document);
	for (size_t i = 0; i < call->words && result == CTL_DONE; i++)
		result = read_document(call->word[i], &document[i]);
	if (result == CTL_DONE)
		result = ctl_apply(call, &request);
	for (size_t i = 0; i < call->words; i++) {
		free(document[i].name);
		free(document[i].text);
	}
	free(apply.document);
	free(document);
	return result;
}

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
