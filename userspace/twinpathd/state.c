// SPDX-License-Identifier: GPL-2.0-only
/* The state: looking up; state_load.c fills it. Process context of the one thread, no I/O but the store's. */
#include <stdlib.h>
#include <string.h>

#include "classes.h"
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

struct twp_audit_scope twp_state_audits(const struct twp_state *state)
{
	return (struct twp_audit_scope){
		.audit = state->audit,
		.audits = state->audits,
		.namespace = state->namespace,
		.namespaces = state->namespaces,
	};
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

const struct twp_policy *twp_policies_fault(const struct twp_policy *policy, size_t policies)
{
	for (size_t i = 0; i < policies; i++)
		if (policy[i].fault)
			return &policy[i];
	return NULL;
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
