// SPDX-License-Identifier: GPL-2.0-only
/*
 * An edit of the state. Only what the edit names is looked at closely, so that
 * a small change of a large policy costs little.
 */
#include <stdlib.h>
#include <string.h>

#include "edit.h"
#include "endpoint.h"
#include "policy/memory.h"

void twp_edit_init(struct twp_edit *edit, struct twp_state *state)
{
	memset(edit, 0, sizeof(*edit));
	edit->state = state;
	edit->default_deny = state->default_deny;
	edit->identity_cursor = twp_numbers_cursor(state->identities);
	edit->rule_cursor = twp_numbers_cursor(state->rules);
}

/* There is one host: endpoints that stand for it have the same labels. */
static int host_check(const struct twp_edit_list *list, struct twp_error *error)
{
	const struct twp_endpoint *after = list->after, *fresh = list->fresh, *host = NULL;
	bool any = false;
	size_t i;

	for (i = 0; i < list->fresh_count; i++)
		any |= fresh[i].identity == TWP_IDENTITY_HOST;
	for (i = 0; any && i < list->afters; i++) {
		if (after[i].identity != TWP_IDENTITY_HOST)
			continue;
		if (host && twp_labels_compare(&host->labels, &after[i].labels))
			return twp_error_set(error,
					     "endpoints %s and %s are both %s, with "
					     "different labels",
					     host->name, after[i].name, TWP_LABEL_HOST);
		host = &after[i];
	}
	return 0;
}

static int identity_give(struct twp_edit *edit, struct twp_endpoint *endpoint,
			 struct twp_error *error)
{
	struct twp_numbers *numbers = edit->state->identities;
	char *text;

	if (twp_endpoint_is_host(endpoint)) {
		endpoint->identity = TWP_IDENTITY_HOST;
		return 0;
	}
	text = twp_endpoint_identity_text(endpoint);
	if (!text)
		return twp_error_set(error, "no memory");
	endpoint->identity = twp_numbers_find(numbers, text);
	if (endpoint->identity) {
		free(text);
		return 0;
	}
	endpoint->identity = twp_numbers_get(numbers, text, error);
	if (!endpoint->identity) {
		free(text);
		return -1;
	}
	edit->identity[edit->identities++] = text;
	return 0;
}

/* Identities that no endpoint has any more. */
static int identities_bury(struct twp_edit *edit, struct twp_error *error)
{
	const struct twp_endpoint *fresh = edit->endpoint.fresh, *gone = edit->endpoint.gone;
	TWP_AUTOFREE uint32_t *leave = calloc(TWP_IDENTITY_LABELS_MAX + 1, sizeof(*leave));
	size_t i;

	edit->dead_identity = calloc(edit->endpoint.gone_count + 1, sizeof(char *));
	if (!leave || !edit->dead_identity)
		return twp_error_set(error, "no memory");
	for (i = 0; i < edit->endpoint.gone_count; i++)
		leave[gone[i].identity]++;
	/* Who comes to it keeps it. */
	for (i = 0; i < edit->endpoint.fresh_count; i++)
		leave[fresh[i].identity] = 0;
	leave[TWP_IDENTITY_HOST] = 0;
	for (i = 0; i < edit->endpoint.gone_count; i++) {
		uint32_t identity = gone[i].identity;
		char *text;

		if (!leave[identity] || leave[identity] < edit->state->holders[identity])
			continue;
		text = twp_endpoint_identity_text(&gone[i]);
		if (!text)
			return twp_error_set(error, "no memory");
		leave[identity] = 0;
		edit->dead_identity[edit->dead_identities++] = text;
	}
	return 0;
}

int twp_edit_endpoints(struct twp_edit *edit, struct twp_endpoint *fresh, size_t count,
		       char *const *names, size_t deletes, struct twp_error *error)
{
	struct twp_edit_list *list = &edit->endpoint;
	size_t i;

	list->fresh = fresh;
	list->fresh_count = count;
	edit->identity = calloc(count + 1, sizeof(char *));
	if (!edit->identity)
		return twp_error_set(error, "no memory");
	for (i = 0; i < count; i++)
		if (identity_give(edit, &fresh[i], error))
			return -1;
	if (twp_edit_list_merge(list, "endpoint", edit->state->endpoint, edit->state->endpoints,
				names, deletes, sizeof(*fresh), error))
		return -1;
	if (host_check(list, error))
		return -1;
	return identities_bury(edit, error);
}

int twp_edit_namespaces(struct twp_edit *edit, struct twp_namespace *fresh, size_t count,
			struct twp_error *error)
{
	edit->space.fresh = fresh;
	edit->space.fresh_count = count;
	return twp_edit_list_merge(&edit->space, "namespace", edit->state->namespace,
				   edit->state->namespaces, NULL, 0, sizeof(*fresh), error);
}

/* Calls for each rule of some policies; ends with the first that fails. */
static int rules_each(struct twp_edit *edit, const struct twp_policy *policy, size_t policies,
		      int (*call)(struct twp_edit *edit, const struct twp_policy *policy,
				  struct twp_rule *rule, struct twp_error *error),
		      struct twp_error *error)
{
	size_t p, s, r;

	for (p = 0; p < policies; p++)
		for (s = 0; s < policy[p].specs; s++)
			for (r = 0; r < policy[p].spec[s].rules; r++)
				if (call(edit, &policy[p], &policy[p].spec[s].rule[r], error))
					return -1;
	return 0;
}

static int rule_count(struct twp_edit *edit, const struct twp_policy *policy, struct twp_rule *rule,
		      struct twp_error *error)
{
	(void)policy;
	(void)rule;
	(void)error;
	edit->rules++;
	return 0;
}

static int rule_give(struct twp_edit *edit, const struct twp_policy *policy, struct twp_rule *rule,
		     struct twp_error *error)
{
	char text[TWP_RULE_KEY_TEXT];

	twp_rule_key_text(policy->name, rule, text);
	rule->number = twp_numbers_find(edit->state->rules, text);
	if (rule->number)
		return 0;
	rule->number = twp_numbers_get(edit->state->rules, text, error);
	if (!rule->number)
		return -1;
	edit->rule[edit->rules++] = (struct twp_edit_rule){ policy, rule };
	if (twp_state_reserve(edit->state, rule->number))
		return twp_error_set(error, "no memory");
	edit->state->baseline[rule->number] = (struct twp_baseline){ 0 };
	return 0;
}

static int rule_mark(struct twp_edit *edit, const struct twp_policy *policy, struct twp_rule *rule,
		     struct twp_error *error)
{
	(void)policy;
	(void)error;
	edit->used[rule->number] = true;
	return 0;
}

static int rule_bury(struct twp_edit *edit, const struct twp_policy *policy, struct twp_rule *rule,
		     struct twp_error *error)
{
	(void)error;
	if (!edit->used[rule->number])
		edit->dead_rule[edit->dead_rules++] = (struct twp_edit_rule){ policy, rule };
	return 0;
}

int twp_edit_policies(struct twp_edit *edit, struct twp_policy *fresh, size_t count,
		      char *const *names, size_t deletes, struct twp_error *error)
{
	struct twp_edit_list *list = &edit->policy;
	size_t rules, dead;

	list->fresh = fresh;
	list->fresh_count = count;
	if (twp_edit_list_merge(list, "policy", edit->state->policy, edit->state->policies, names,
				deletes, sizeof(*fresh), error))
		return -1;
	rules_each(edit, list->gone, list->gone_count, rule_count, error);
	dead = edit->rules;
	edit->rules = 0;
	rules_each(edit, list->fresh, list->fresh_count, rule_count, error);
	rules = edit->rules;
	edit->rules = 0;
	edit->rule = calloc(rules + 1, sizeof(*edit->rule));
	edit->dead_rule = calloc(dead + 1, sizeof(*edit->dead_rule));
	if (!edit->rule || !edit->dead_rule)
		return twp_error_set(error, "no memory");
	if (rules_each(edit, list->fresh, list->fresh_count, rule_give, error))
		return -1;
	edit->used = calloc(edit->state->rule_room, sizeof(*edit->used));
	if (!edit->used)
		return twp_error_set(error, "no memory");
	rules_each(edit, list->fresh, list->fresh_count, rule_mark, error);
	return rules_each(edit, list->gone, list->gone_count, rule_bury, error);
}

int twp_edit_baseline(struct twp_edit *edit, const Twinpath__V1__Counters *counters)
{
	struct twp_baseline *baseline = edit->state->baseline;
	bool *fresh;
	size_t i;

	if (!counters || !edit->rules)
		return 0;
	fresh = calloc(edit->state->rule_room, sizeof(*fresh));
	if (!fresh)
		return -1;
	for (i = 0; i < edit->rules; i++)
		fresh[edit->rule[i].rule->number] = true;
	for (i = 0; i < counters->n_rule; i++) {
		const Twinpath__V1__RuleCounter *counter = counters->rule[i];

		if (counter->rule >= edit->state->rule_room || !fresh[counter->rule])
			continue;
		baseline[counter->rule].packets = counter->packets;
		baseline[counter->rule].bytes = counter->bytes;
	}
	free(fresh);
	return 0;
}

struct twp_compile_input twp_edit_input(const struct twp_edit *edit)
{
	struct twp_compile_input input = twp_state_input(edit->state);

	if (edit->endpoint.after) {
		input.endpoint = edit->endpoint.after;
		input.endpoints = edit->endpoint.afters;
	}
	if (edit->policy.after) {
		input.policy = edit->policy.after;
		input.policies = edit->policy.afters;
	}
	if (edit->space.after) {
		input.namespace = edit->space.after;
		input.namespaces = edit->space.afters;
	}
	input.default_deny = edit->default_deny;
	return input;
}

struct twp_compile_change twp_edit_change(const struct twp_edit *edit)
{
	return (struct twp_compile_change){
		.gone = edit->endpoint.gone,
		.gones = edit->endpoint.gone_count,
		.fresh = edit->endpoint.fresh,
		.freshes = edit->endpoint.fresh_count,
		.gone_policy = edit->policy.gone,
		.gone_policies = edit->policy.gone_count,
		.fresh_policy = edit->policy.fresh,
		.fresh_policies = edit->policy.fresh_count,
		.namespaces = edit->space.fresh_count > 0,
	};
}

static void clean_endpoints(struct twp_endpoint *endpoint, size_t count)
{
	for (size_t i = 0; i < count; i++)
		twp_endpoint_clean(&endpoint[i]);
}

static void clean_policies(struct twp_policy *policy, size_t count)
{
	for (size_t i = 0; i < count; i++)
		twp_policy_clean(&policy[i]);
}

static void clean_namespaces(struct twp_namespace *space, size_t count)
{
	for (size_t i = 0; i < count; i++)
		twp_namespace_clean(&space[i]);
}

static void texts_put(struct twp_numbers *numbers, char **text, size_t count, bool put)
{
	for (size_t i = 0; i < count; i++) {
		if (put)
			twp_numbers_put(numbers, text[i]);
		free(text[i]);
	}
	free(text);
}

static void rules_put(struct twp_numbers *numbers, struct twp_edit_rule *rule, size_t count,
		      bool put)
{
	char text[TWP_RULE_KEY_TEXT];

	for (size_t i = 0; put && i < count; i++)
		twp_numbers_put(numbers,
				twp_rule_key_text(rule[i].policy->name, rule[i].rule, text));
	free(rule);
}

void twp_edit_commit(struct twp_edit *edit)
{
	struct twp_state *state = edit->state;

	texts_put(state->identities, edit->identity, edit->identities, false);
	texts_put(state->identities, edit->dead_identity, edit->dead_identities, true);
	rules_put(state->rules, edit->rule, edit->rules, false);
	rules_put(state->rules, edit->dead_rule, edit->dead_rules, true);
	twp_state_hold(state, edit->endpoint.gone, edit->endpoint.gone_count, -1);
	twp_state_hold(state, edit->endpoint.fresh, edit->endpoint.fresh_count, 1);
	clean_endpoints(edit->endpoint.gone, edit->endpoint.gone_count);
	clean_policies(edit->policy.gone, edit->policy.gone_count);
	clean_namespaces(edit->space.gone, edit->space.gone_count);
	state->default_deny = edit->default_deny;
	if (edit->space.after) {
		free(state->namespace);
		state->namespace = edit->space.after;
		state->namespaces = edit->space.afters;
	}
	free(edit->space.fresh);
	free(edit->space.gone);
	if (edit->endpoint.after) {
		free(state->endpoint);
		state->endpoint = edit->endpoint.after;
		state->endpoints = edit->endpoint.afters;
	}
	if (edit->policy.after) {
		free(state->policy);
		state->policy = edit->policy.after;
		state->policies = edit->policy.afters;
	}
	free(edit->endpoint.fresh);
	free(edit->endpoint.gone);
	free(edit->policy.fresh);
	free(edit->policy.gone);
	free(edit->used);
	state->index->stale = true;
	memset(edit, 0, sizeof(*edit));
}

void twp_edit_abort(struct twp_edit *edit)
{
	struct twp_state *state = edit->state;

	texts_put(state->identities, edit->identity, edit->identities, true);
	texts_put(state->identities, edit->dead_identity, edit->dead_identities, false);
	rules_put(state->rules, edit->rule, edit->rules, true);
	rules_put(state->rules, edit->dead_rule, edit->dead_rules, false);
	twp_numbers_set_cursor(state->identities, edit->identity_cursor);
	twp_numbers_set_cursor(state->rules, edit->rule_cursor);
	clean_endpoints(edit->endpoint.fresh, edit->endpoint.fresh_count);
	clean_policies(edit->policy.fresh, edit->policy.fresh_count);
	clean_namespaces(edit->space.fresh, edit->space.fresh_count);
	free(edit->space.fresh);
	free(edit->space.after);
	free(edit->space.gone);
	free(edit->endpoint.fresh);
	free(edit->endpoint.after);
	free(edit->endpoint.gone);
	free(edit->policy.fresh);
	free(edit->policy.after);
	free(edit->policy.gone);
	free(edit->used);
	memset(edit, 0, sizeof(*edit));
}
