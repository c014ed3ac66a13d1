// SPDX-License-Identifier: GPL-2.0-only
/* Reads generated files with the project's own readers. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/document.h"

/* More than the generator puts into a file. */
enum { RULES_A_FILE = 128 };

int world_init(struct world *w)
{
	*w = (struct world){ 0 };
	w->identities =
		twp_numbers_alloc("identity", TWP_IDENTITY_LABELS_MIN, TWP_IDENTITY_LABELS_MAX);
	w->prefixes =
		twp_numbers_alloc("prefix", TWP_IDENTITY_PREFIX + 1, TWP_IDENTITY_PREFIX + 65536);
	if (w->identities && w->prefixes)
		return 0;
	world_clean(w);
	return -1;
}

/* All but the numbers. */
static void empty(struct world *w)
{
	for (size_t i = 0; i < w->policies; i++)
		twp_policy_clean(&w->policy[i]);
	free(w->policy);
	twp_inventory_clean(&w->inventory);
	w->inventory = (struct twp_inventory){ 0 };
	w->policy = NULL;
	w->policies = 0;
	w->rules = 0;
}

void world_clean(struct world *w)
{
	empty(w);
	twp_numbers_free(w->identities);
	twp_numbers_free(w->prefixes);
	*w = (struct world){ 0 };
}

static int policy_read(struct world *w, const struct generated_file *file, struct twp_error *error)
{
	uint32_t number = file->number * RULES_A_FILE;
	struct twp_policy policy, *array;
	char name[32];

	snprintf(name, sizeof(name), "p%u", file->number);
	if (twp_document_read(&policy, name, name, file->text, strlen(file->text), error))
		return -1;
	for (size_t i = 0; i < policy.specs; i++)
		for (size_t j = 0; j < policy.spec[i].rules; j++)
			policy.spec[i].rule[j].number = ++number;
	if (number > w->rules)
		w->rules = number;
	array = reallocarray(w->policy, w->policies + 1, sizeof(*array));
	if (!array || number > (file->number + 1) * RULES_A_FILE)
		abort();
	w->policy = array;
	array[w->policies++] = policy;
	return 0;
}

static int identify(struct world *w, struct twp_endpoint *endpoint, struct twp_error *error)
{
	char *text = twp_endpoint_identity_text(endpoint);

	if (!text)
		return twp_error_set(error, "no memory");
	endpoint->identity = twp_endpoint_is_host(endpoint) ?
				     TWP_IDENTITY_HOST :
				     twp_numbers_get(w->identities, text, error);
	free(text);
	return endpoint->identity ? 0 : -1;
}

static int inventory_seal(struct twp_inventory *inventory, struct twp_error *error)
{
	struct twp_errors errors = { 0 };
	int failed = twp_inventory_seal(inventory, &errors);

	if (failed)
		twp_error_set(error, "%s", errors.count ? errors.text[0] : "out of memory");
	twp_errors_clean(&errors);
	return failed;
}

static int all_read(struct world *w, const struct generated *g, struct twp_error *error)
{
	for (size_t i = 0; i < g->files; i++) {
		const struct generated_file *file = &g->file[i];
		int failed;

		if (file->kind == GENERATED_POLICY)
			failed = policy_read(w, file, error);
		else
			failed = twp_inventory_read(&w->inventory, "inventory", file->text,
						    strlen(file->text), error);
		if (failed)
			return -1;
	}
	if (inventory_seal(&w->inventory, error))
		return -1;
	for (size_t i = 0; i < w->inventory.endpoints; i++)
		if (identify(w, &w->inventory.endpoint[i], error))
			return -1;
	return 0;
}

int world_read(struct world *w, const struct generated *g, struct twp_error *error)
{
	empty(w);
	w->default_deny = g->default_deny;
	if (!all_read(w, g, error))
		return 0;
	empty(w);
	return -1;
}

struct twp_compile_input world_input(const struct world *w, uint32_t generation)
{
	return (struct twp_compile_input){
		.endpoint = w->inventory.endpoint,
		.endpoints = w->inventory.endpoints,
		.policy = w->policy,
		.policies = w->policies,
		.generation = generation,
		.namespace = w->inventory.namespace,
		.namespaces = w->inventory.namespaces,
		.default_deny = w->default_deny,
		.identities = w->identities,
		.prefixes = w->prefixes,
	};
}
