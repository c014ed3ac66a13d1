// SPDX-License-Identifier: GPL-2.0-only
/* Reads documents for the commands that need no daemon: files, folders, standard input. */
#include <stdlib.h>
#include <string.h>

#include "documents.h"
#include "file.h"
#include "paths.h"
#include "policy/document.h"
#include "policy/object.h"

void ctl_errors_say(struct twp_errors *errors)
{
	for (size_t i = 0; i < errors->count; i++)
		ctl_fail("%s", errors->text[i]);
	if (errors->count == TWP_ERRORS_MAX)
		ctl_fail("there may be more errors than these %d", TWP_ERRORS_MAX);
	twp_errors_clean(errors);
}

static int file_read(const char *path, void *context)
{
	struct ctl_documents *documents = context;
	struct twp_errors errors = { 0 };
	struct twp_policy policy;
	size_t length;
	char *text CTL_CLEAN(ctl_free) = ctl_file_read(path, &length);

	if (!text)
		return CTL_FAILED;
	if (twp_file_read(&policy, &documents->inventory, ctl_file_name(path), text, length,
			  &errors)) {
		ctl_errors_say(&errors);
		return CTL_FAILED;
	}
	documents->policy = ctl_alloc(documents->policy, documents->policies + 1, sizeof(policy));
	documents->policy[documents->policies++] = policy;
	for (size_t i = 0; i < policy.specs; i++)
		for (size_t j = 0; j < policy.spec[i].rules; j++)
			policy.spec[i].rule[j].number = (uint32_t)++documents->rules;
	return CTL_DONE;
}

int ctl_documents_read(struct ctl_documents *documents, const struct ctl_call *call)
{
	struct twp_inventory *inventory = &documents->inventory;
	const char *deny = ctl_option(call, "default-deny");
	struct twp_errors errors = { 0 };
	int result;

	*documents = (struct ctl_documents){ 0 };
	if (deny && strcmp(deny, "on") && strcmp(deny, "off"))
		return ctl_usage(call, "option '--default-deny': '%s' is none of on, off", deny);
	result = ctl_paths_walk(call, file_read, documents);
	if (result == CTL_USAGE)
		return result;
	if (twp_inventory_seal(inventory, &errors) |
	    twp_objects_check(documents->policy, documents->policies, NULL, &errors))
		result = CTL_FAILED;
	ctl_errors_say(&errors);
	documents->input = (struct twp_compile_input){
		.endpoint = inventory->endpoint,
		.endpoints = inventory->endpoints,
		.policy = documents->policy,
		.policies = documents->policies,
		.namespace = inventory->namespace,
		.namespaces = inventory->namespaces,
		.default_deny = deny && !strcmp(deny, "on"),
	};
	return result;
}

void ctl_documents_clean(struct ctl_documents *documents)
{
	for (size_t i = 0; i < documents->policies; i++)
		twp_policy_clean(&documents->policy[i]);
	free(documents->policy);
	twp_inventory_clean(&documents->inventory);
}
