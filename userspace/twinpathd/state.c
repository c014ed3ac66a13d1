// SPDX-License-Identifier: GPL-2.0-only
/* The state: loading, looking up. Process context of the one thread, no I/O but the store's. */
#include <stdlib.h>
#include <string.h>

#include "classes.h"
#include "endpoint.h"
#include "policy/document.h"
#include "policy/rule_key.h"
#include "state.h"

int twp_state_init(struct twp_state *state, struct twp_error *error)
{
	memset(state, 0, sizeof(*state));
	state->identities =
		twp_numbers_alloc("identity", TWP_IDENTITY_LABELS_MIN, TWP_IDENTITY_LABELS_MAX);
	state->rules = twp_numbers_alloc("rule number", 1, TWP_RULE_NUMBER_MAX);
	state->prefixes = twp_numbers_alloc("prefix", TWP_IDENTITY_PREFIX + 1,
					    TWP_IDENTITY_PREFIX + TWP_STATE_PREFIXES);
	state->holders = calloc(TWP_IDENTITY_LABELS_MAX + 1, sizeof(*state->holders));
	state->index = calloc(1, sizeof(*state->index));
	if (state->identities && state->rules && state->prefixes && state->holders &&
	    state->index && !twp_state_reserve(state, 0)) {
		state->index->stale = true;
		return 0;
	}
	twp_state_clean(state);
	return twp_error_set(error, "no memory");
}

void twp_state_clean(struct twp_state *state)
{
	size_t i;

	for (i = 0; i < state->endpoints; i++)
		twp_endpoint_clean(&state->endpoint[i]);
	for (i = 0; i < state->policies; i++)
		twp_policy_clean(&state->policy[i]);
	for (i = 0; i < state->namespaces; i++)
		twp_namespace_clean(&state->namespace[i]);
	for (i = 0; i < state->audits; i++)
		twp_audit_clean(&state->audit[i]);
	free(state->audit);
	free(state->namespace);
	free(state->endpoint);
	free(state->policy);
	twp_numbers_free(state->identities);
	twp_numbers_free(state->rules);
	twp_numbers_free(state->prefixes);
	twp_identity_log_clean(&state->classes);
	if (state->index)
		free(state->index->by_rule);
	free(state->index);
	free(state->holders);
	free(state->baseline);
	twp_addresses_forget(&state->addresses);
	memset(state, 0, sizeof(*state));
}

struct twp_compile_input twp_state_input(const struct twp_state *state)
{
	return (struct twp_compile_input){
		.endpoint = state->endpoint,
		.endpoints = state->endpoints,
		.policy = state->policy,
		.policies = state->policies,
		.namespace = state->namespace,
		.namespaces = state->namespaces,
		.default_deny = state->default_deny,
		.identities = state->identities,
		.prefixes = state->prefixes,
	};
}

int twp_state_reserve(struct twp_state *state, uint32_t number)
{
	uint32_t room = state->rule_room ? state->rule_room : 256;
	struct twp_rule_place *by_rule;
	struct twp_baseline *baseline;
	uint32_t i;

	if (number < state->rule_room)
		return 0;
	while (room <= number)
		room *= 2;
	by_rule = realloc(state->index->by_rule, room * sizeof(*by_rule));
	if (!by_rule)
		return -1;
	state->index->by_rule = by_rule;
	baseline = realloc(state->baseline, room * sizeof(*baseline));
	if (!baseline)
		return -1;
	state->baseline = baseline;
	for (i = state->rule_room; i < room; i++)
		by_rule[i].policy = TWP_NOBODY;
	memset(baseline + state->rule_room, 0, (room - state->rule_room) * sizeof(*baseline));
	state->rule_room = room;
	return 0;
}

void twp_state_hold(struct twp_state *state, const struct twp_endpoint *endpoint, size_t count,
		    int by)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t *holders = &state->holders[endpoint[i].identity];
		bool before = *holders;

		*holders += (uint32_t)by;
		state->identity_count += (uint32_t) !!*holders - before;
	}
}

/* There is room for every number that was given: this cannot fail. */
static const struct twp_state_index *index_of(const struct twp_state *state)
{
	struct twp_state_index *index = state->index;
	const struct twp_policy *policy;
	const struct twp_rule *rule;
	uint32_t i;

	if (!index->stale)
		return index;
	index->stale = false;
	memset(index->by_identity, 0xff, sizeof(index->by_identity));
	for (i = 0; i < state->endpoints; i++) {
		uint32_t *slot = &index->by_identity[state->endpoint[i].identity];

		if (*slot == TWP_NOBODY)
			*slot = i;
	}
	twp_classes_index(state);
	for (i = 0; i < state->rule_room; i++)
		index->by_rule[i].policy = TWP_NOBODY;
	for (i = 0; i < state->policies; i++) {
		policy = &state->policy[i];
		for (const struct twp_spec *spec = policy->spec;
		     spec < policy->spec + policy->specs; spec++)
			for (rule = spec->rule; rule < spec->rule + spec->rules; rule++)
				index->by_rule[rule->number] =
					(struct twp_rule_place){ .policy = i, .rule = rule };
	}
	return index;
}

static int compare_endpoint(const void *name, const void *endpoint)
{
	return strcmp(name, ((const struct twp_endpoint *)endpoint)->name);
}

const struct twp_endpoint *twp_state_endpoint(const struct twp_state *state, const char *name)
{
	if (!state->endpoints)
		return NULL;
	return bsearch(name, state->endpoint, state->endpoints, sizeof(*state->endpoint),
		       compare_endpoint);
}

static int compare_policy(const void *name, const void *policy)
{
	return strcmp(name, ((const struct twp_policy *)policy)->name);
}

const struct twp_policy *twp_state_policy(const struct twp_state *state, const char *name)
{
	if (!state->policies)
		return NULL;
	return bsearch(name, state->policy, state->policies, sizeof(*state->policy),
		       compare_policy);
}

const struct twp_endpoint *twp_state_identity(const struct twp_state *state, uint32_t identity)
{
	const struct twp_state_index *index = index_of(state);

	if (identity > TWP_IDENTITY_LABELS_MAX || index->by_identity[identity] == TWP_NOBODY)
		return NULL;
	return &state->endpoint[index->by_identity[identity]];
}

const struct twp_rule *twp_state_rule(const struct twp_state *state, uint32_t number,
				      const struct twp_policy **policy)
{
	const struct twp_state_index *index = index_of(state);

	if (number >= state->rule_room || index->by_rule[number].policy == TWP_NOBODY)
		return NULL;
	*policy = &state->policy[index->by_rule[number].policy];
	return index->by_rule[number].rule;
}

void twp_state_count(const struct twp_state *state, uint32_t number, uint64_t *packets,
		     uint64_t *bytes)
{
	const struct twp_baseline *baseline;

	if (number >= state->rule_room)
		return;
	baseline = &state->baseline[number];
	if (*packets < baseline->packets || *bytes < baseline->bytes)
		return;
	*packets -= baseline->packets;
	*bytes -= baseline->bytes;
}

struct twp_stored_rule *twp_state_stored_rules(const struct twp_state *state,
					       const struct twp_policy *policy, size_t *count)
{
	struct twp_stored_rule *stored, *to;
	size_t rules = 0, i;

	for (i = 0; i < policy->specs; i++)
		rules += policy->spec[i].rules;
	to = stored = calloc(rules + 1, sizeof(*stored));
	if (!stored)
		return NULL;
	for (i = 0; i < policy->specs; i++) {
		const struct twp_spec *spec = &policy->spec[i];

		for (size_t j = 0; j < spec->rules; j++, to++) {
			const struct twp_rule *rule = &spec->rule[j];

			to->spec = rule->spec;
			to->section = rule->section;
			to->index = rule->index;
			to->number = rule->number;
			to->packets = state->baseline[rule->number].packets;
			to->bytes = state->baseline[rule->number].bytes;
		}
	}
	*count = rules;
	return stored;
}

static bool has_baseline(const struct twp_stored_rule *rule, size_t rules)
{
	for (size_t i = 0; i < rules; i++)
		if (rule[i].packets || rule[i].bytes)
			return true;
	return false;
}

int twp_state_forget_baselines(struct twp_state *state, struct twp_store *store,
			       struct twp_error *error)
{
	struct twp_stored_rule *stored;
	size_t i, j, count;
	int failed = 0;

	for (i = 0; i < state->policies && !failed; i++) {
		const struct twp_policy *policy = &state->policy[i];

		stored = twp_state_stored_rules(state, policy, &count);
		if (!stored)
			return twp_error_set(error, "no memory");
		if (has_baseline(stored, count)) {
			for (j = 0; j < count; j++)
				stored[j].packets = stored[j].bytes = 0;
			failed = twp_store_put_policy(store, policy->name, policy->text, stored,
						      count, error);
		}
		free(stored);
	}
	if (!failed)
		memset(state->baseline, 0, state->rule_room * sizeof(*state->baseline));
	return failed;
}

static int load_identity(const char *labels, uint32_t number, void *context,
			 struct twp_error *error)
{
	struct twp_state *state = context;

	if (*labels == '=')
		return twp_classes_load(state, labels, number, error);
	return twp_numbers_restore(state->identities, labels, number, error);
}

static int load_endpoint(const void *bytes, size_t length, void *context, struct twp_error *error)
{
	struct twp_state *state = context;
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
	failed = twp_endpoint_read(endpoint, message, error);
	twinpath__v1__endpoint__free_unpacked(message, NULL);
	if (failed)
		return -1;
	state->endpoints++;
	twp_audits_settle(state->audit, state->audits, endpoint);
	if (twp_endpoint_is_host(endpoint)) {
		endpoint->identity = TWP_IDENTITY_HOST;
		return 0;
	}
	text = twp_endpoint_identity_text(endpoint);
	if (!text)
		return twp_error_set(error, "no memory");
	endpoint->identity = twp_numbers_get(state->identities, text, error);
	free(text);
	return endpoint->identity ? 0 : -1;
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

static int load_numbers(struct twp_state *state, struct twp_policy *policy,
			struct twp_stored_rule *stored, size_t count, struct twp_error *error)
{
	char text[TWP_RULE_KEY_TEXT];
	size_t i, j;

	qsort(stored, count, sizeof(*stored), compare_stored);
	for (i = 0; i < policy->specs; i++) {
		for (j = 0; j < policy->spec[i].rules; j++) {
			struct twp_rule *rule = &policy->spec[i].rule[j];
			struct twp_stored_rule wanted = {
				.spec = rule->spec,
				.section = rule->section,
				.index = rule->index,
			};
			struct twp_stored_rule *found =
				bsearch(&wanted, stored, count, sizeof(*stored), compare_stored);

			twp_rule_key_text(policy, rule, text);
			if (!found)
				return twp_error_set(error, "the store has no number for rule %s",
						     text);
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

static int load_policy(const char *name, const char *text, size_t length,
		       struct twp_stored_rule *rule, size_t rules, void *context,
		       struct twp_error *error)
{
	struct twp_state *state = context;
	struct twp_policy *policy;

	if (!(state->policies & (state->policies - 1))) {
		size_t room = state->policies ? 2 * state->policies : 1;

		policy = realloc(state->policy, room * sizeof(*policy));
		if (!policy)
			return twp_error_set(error, "no memory");
		state->policy = policy;
	}
	policy = &state->policy[state->policies];
	memset(policy, 0, sizeof(*policy));
	if (twp_document_read(policy, name, name, text, length, error))
		return -1;
	state->policies++;

	return load_numbers(state, policy, rule, rules, error);
}

int twp_state_load(struct twp_state *state, struct twp_store *store,
		   const struct twp_settings *settings, struct twp_error *error)
{
	state->default_deny = settings->default_deny;
	if (twp_store_walk_namespaces(store, load_namespace, state, error) ||
	    twp_store_walk_identities(store, load_identity, state, error) ||
	    twp_store_walk_audits(store, load_audit, state, error) ||
	    twp_store_walk_endpoints(store, load_endpoint, state, error) ||
	    twp_store_walk_policies(store, load_policy, state, error))
		return -1;
	if (settings->identity_cursor)
		twp_numbers_set_cursor(state->identities, settings->identity_cursor);
	if (settings->prefix_cursor)
		twp_numbers_set_cursor(state->prefixes, settings->prefix_cursor);
	if (settings->rule_cursor)
		twp_numbers_set_cursor(state->rules, settings->rule_cursor);
	twp_state_hold(state, state->endpoint, state->endpoints, 1);
	state->index->stale = true;
	return twp_state_reserve(state, twp_numbers_highest(state->rules)) ?
		       twp_error_set(error, "no memory") :
		       0;
}
