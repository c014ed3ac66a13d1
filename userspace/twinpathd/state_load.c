// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state, from the store. What an older twinpathd took and this one would refuse
 * goes on. Process context of the one thread, no I/O but the store's.
 */
#include <stdlib.h>
#include <string.h>

#include "classes.h"
#include "endpoint.h"
#include "policy/document.h"
#include "policy/rule_key.h"
#include "state.h"

static int load_identity(const char *labels, uint32_t number, void *context,
			 struct twp_error *error)
{
	struct twp_state *state = context;

	if (*labels == '=')
		return twp_classes_load(state, labels, number, error);
	return twp_numbers_restore(state->identities, labels, number, error);
}

/* What walks over the store share. */
struct load {
	struct twp_state *state;
	bool renamed; /* an endpoint is known by a text that has no number yet */
};

static int load_endpoint(const void *bytes, size_t length, void *context, struct twp_error *error)
{
	struct load *load = context;
	struct twp_state *state = load->state;
	struct twp_endpoint *endpoint;
	Twinpath__V1__Endpoint *message;
	char *text;
	int failed;

	if (!(state->endpoints & (state->endpoints - 1))) {
		size_t room = state->endpoints ? 2 * state->endpoints : 1;

		endpoint = realloc(state->endpoint, room * sizeof(*endpoint));
		if (!endpoint)
			return twp_error_set(error, "no memory");
		state->endpoint = endpoint;
	}
	endpoint = &state->endpoint[state->endpoints];
	message = twinpath__v1__endpoint__unpack(NULL, length, bytes);
	if (!message)
		return twp_error_set(error, "the store holds an endpoint that cannot be read");
	failed = twp_endpoint_restore(endpoint, message, error);
	twinpath__v1__endpoint__free_unpacked(message, NULL);
	if (failed)
		return -1;
	state->endpoints++;
	if (twp_endpoint_is_host(endpoint)) {
		endpoint->identity = TWP_IDENTITY_HOST;
		return 0;
	}
	text = twp_endpoint_identity_text(endpoint);
	if (!text)
		return twp_error_set(error, "no memory");
	load->renamed |= !twp_numbers_find(state->identities, text);
	endpoint->identity = twp_numbers_get(state->identities, text, error);
	free(text);
	return endpoint->identity ? 0 : -1;
}

/* Stores identities as they are now, and collects those that nobody has. */
struct renaming {
	const struct twp_state *state;
	struct twp_store *store;
	struct twp_error *error;
	char **dead; /* not owned */
	size_t deads;
	int failed;
};

static void identity_rename(const char *text, uint32_t number, void *context)
{
	struct renaming *renaming = context;

	/* Those of classes.h end with the next compilation. */
	if (*text == '=' || renaming->failed)
		return;
	if (renaming->state->holders[number]) {
		renaming->failed =
			twp_store_put_identity(renaming->store, text, number, renaming->error);
		return;
	}
	renaming->failed = twp_store_delete_identity(renaming->store, text, renaming->error);
	renaming->dead[renaming->deads++] = (char *)text;
}

/* An older twinpathd knew endpoints by other texts. */
static int identities_rename(struct twp_state *state, struct twp_store *store,
			     struct twp_error *error)
{
	struct renaming renaming = { .state = state, .store = store, .error = error };

	renaming.dead = calloc(twp_numbers_highest(state->identities) + 1, sizeof(char *));
	if (!renaming.dead)
		return twp_error_set(error, "no memory");
	renaming.failed = twp_store_begin(store, error);
	twp_numbers_walk(state->identities, identity_rename, &renaming);
	if (!renaming.failed)
		renaming.failed = twp_store_commit(store, error);
	if (renaming.failed)
		twp_store_rollback(store);
	for (size_t i = 0; i < renaming.deads; i++)
		twp_numbers_put(state->identities, renaming.dead[i]);
	free(renaming.dead);
	return renaming.failed;
}

static int load_namespace(const void *bytes, size_t length, void *context, struct twp_error *error)
{
	Twinpath__V1__Namespace *message = twinpath__v1__namespace__unpack(NULL, length, bytes);
	struct twp_state *state = context;
	struct twp_namespace *array;
	int failed;

	if (!message)
		return twp_error_set(error, "the store holds a namespace that cannot be read");
	array = reallocarray(state->namespace, state->namespaces + 1, sizeof(*array));
	if (array)
		state->namespace = array;
	failed = array ? twp_namespace_read(&array[state->namespaces], message, error) :
			 twp_error_set(error, "no memory");
	twinpath__v1__namespace__free_unpacked(message, NULL);
	if (!failed)
		state->namespaces++;
	return failed;
}

static int load_audit(const char *name, void *context, struct twp_error *error)
{
	struct twp_state *state = context;
	struct twp_audit *array;

	array = reallocarray(state->audit, state->audits + 1, sizeof(*array));
	if (!array)
		return twp_error_set(error, "no memory");
	state->audit = array;
	if (twp_audit_init(&array[state->audits], name, error))
		return -1;
	state->audits++;
	return 0;
}

static int compare_stored(const void *a, const void *b)
{
	const struct twp_stored_rule *x = a, *y = b;

	if (x->spec != y->spec)
		return x->spec < y->spec ? -1 : 1;
	if (x->section != y->section)
		return x->section < y->section ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

static struct twp_stored_rule *stored_find(const struct twp_rule *rule,
					   struct twp_stored_rule *stored, size_t count)
{
	const struct twp_stored_rule wanted = {
		.spec = rule->spec,
		.section = rule->section,
		.index = rule->index,
	};

	return bsearch(&wanted, stored, count, sizeof(*stored), compare_stored);
}

/* Fails if the document says rules that it did not say when it was taken. */
static int numbers_check(const struct twp_policy *policy, struct twp_stored_rule *stored,
			 size_t count, struct twp_error *error)
{
	char text[TWP_RULE_KEY_TEXT];

	qsort(stored, count, sizeof(*stored), compare_stored);
	for (size_t i = 0; i < policy->specs; i++)
		for (size_t j = 0; j < policy->spec[i].rules; j++)
			if (!stored_find(&policy->spec[i].rule[j], stored, count))
				return twp_error_set(
					error, "the store has no number for %s",
					twp_rule_key_text(policy, &policy->spec[i].rule[j], text));
	return 0;
}

static int load_numbers(struct twp_state *state, struct twp_policy *policy,
			struct twp_stored_rule *stored, size_t count, struct twp_error *error)
{
	char text[TWP_RULE_KEY_TEXT];
	size_t i, j;

	for (i = 0; i < policy->specs; i++) {
		for (j = 0; j < policy->spec[i].rules; j++) {
			struct twp_rule *rule = &policy->spec[i].rule[j];
			struct twp_stored_rule *found = stored_find(rule, stored, count);

			twp_rule_key_text(policy, rule, text);
			if (twp_numbers_restore(state->rules, text, found->number, error))
				return -1;
			if (twp_state_reserve(state, found->number))
				return twp_error_set(error, "no memory");
			rule->number = found->number;
			state->baseline[found->number] = (struct twp_baseline){
				.packets = found->packets,
				.bytes = found->bytes,
			};
		}
	}
	return 0;
}

/* Keeps a policy whose document cannot be read any more, and why. */
static int load_fault(struct twp_state *state, struct twp_policy *policy, const char *name,
		      const char *text, size_t length, const struct twp_stored_rule *rule,
		      size_t rules, const struct twp_error *why, struct twp_error *error)
{
	twp_policy_clean(policy);
	policy->name = strdup(name);
	policy->text = strndup(text, length);
	policy->fault = strdup(why->text);
	if (!policy->name || !policy->text || !policy->fault) {
		twp_policy_clean(policy);
		return twp_error_set(error, "no memory");
	}
	state->policies++;
	for (size_t i = 0; i < rules; i++)
		if (rule[i].number > state->rule_kept)
			state->rule_kept = rule[i].number;
	return 0;
}

static int load_policy(const char *name, const char *text, size_t length,
		       struct twp_stored_rule *rule, size_t rules, void *context,
		       struct twp_error *error)
{
	struct twp_state *state = ((struct load *)context)->state;
	struct twp_policy *policy;
	struct twp_error why;

	if (!(state->policies & (state->policies - 1))) {
		size_t room = state->policies ? 2 * state->policies : 1;

		policy = realloc(state->policy, room * sizeof(*policy));
		if (!policy)
			return twp_error_set(error, "no memory");
		state->policy = policy;
	}
	policy = &state->policy[state->policies];
	memset(policy, 0, sizeof(*policy));
	if (twp_document_read(policy, name, name, text, length, &why) ||
	    numbers_check(policy, rule, rules, &why))
		return load_fault(state, policy, name, text, length, rule, rules, &why, error);
	state->policies++;
	return load_numbers(state, policy, rule, rules, error);
}

int twp_state_load(struct twp_state *state, struct twp_store *store,
		   const struct twp_settings *settings, struct twp_error *error)
{
	struct load load = { .state = state };
	struct twp_audit_scope scope;

	state->default_deny = settings->default_deny;
	if (twp_store_walk_namespaces(store, load_namespace, state, error) ||
	    twp_store_walk_identities(store, load_identity, state, error) ||
	    twp_store_walk_audits(store, load_audit, state, error))
		return -1;
	/* Before an endpoint asks for a number. */
	if (settings->identity_cursor)
		twp_numbers_set_cursor(state->identities, settings->identity_cursor);
	if (twp_store_walk_endpoints(store, load_endpoint, &load, error))
		return -1;
	scope = twp_state_audits(state);
	if (twp_audits_settle(&scope, state->endpoint, state->endpoints, error) ||
	    twp_store_walk_policies(store, load_policy, &load, error))
		return -1;
	if (settings->prefix_cursor)
		twp_numbers_set_cursor(state->prefixes, settings->prefix_cursor);
	if (settings->rule_cursor)
		twp_numbers_set_cursor(state->rules, settings->rule_cursor);
	twp_state_hold(state, state->endpoint, state->endpoints, 1);
	state->index->stale = true;
	if (load.renamed && identities_rename(state, store, error))
		return -1;
	return twp_state_reserve(state, twp_numbers_highest(state->rules)) ?
		       twp_error_set(error, "no memory") :
		       0;
}
