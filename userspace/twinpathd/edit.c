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

/* There is one host: endpoints that stand for it differ in name and addresses only. */
static int host_check(const struct twp_edit_list *list, struct twp_error *error)
{
	const struct twp_endpoint *after = list->after, *fresh = list->fresh, *host = NULL;
	const char *differ;
	bool any = false;
	size_t i;

	for (i = 0; i < list->fresh_count; i++)
		any |= fresh[i].identity == TWP_IDENTITY_HOST;
	for (i = 0; any && i < list->afters; i++) {
		if (after[i].identity != TWP_IDENTITY_HOST)
			continue;
		differ = host ? twp_hosts_differ(host, &after[i]) : NULL;
		if (differ)
			return twp_error_set(error,
					     "endpoints %s and %s are both %s, with different %s",
					     host->name, after[i].name, TWP_LABEL_HOST, differ);
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
	if (twp_edit_audited(edit, error))
		return -1;
	fresh = list->fresh;
	count = list->fresh_count;
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
			char *const *names, size_t deletes, struct twp_error *error)
{
	edit->space.fresh = fresh;
	edit->space.fresh_count = count;
	return twp_edit_list_merge(&edit->space, "namespace", edit->state->namespace,
				   edit->state->namespaces, names, deletes, sizeof(*fresh), error);
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
		.namespaces = edit->space.fresh_count || edit->space.gone_count,
	};
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

static void endpoint_clean(void *endpoint)
{
	twp_endpoint_clean(endpoint);
}

static void policy_clean(void *policy)
{
	twp_policy_clean(policy);
}

static void namespace_clean(void *space)
{
	twp_namespace_clean(space);
}

static void audit_clean(void *audit)
{
	twp_audit_clean(audit);
}

/* Every list of the edit: what the state holds is now as it will be, or stays. */
static void lists_end(struct twp_edit *edit, bool committed)
{
	struct twp_state *state = edit->state;

	state->endpoint = twp_edit_list_end(&edit->endpoint, sizeof(*state->endpoint),
					    endpoint_clean, state->endpoint, &state->endpoints,
					    committed);
	state->policy = twp_edit_list_end(&edit->policy, sizeof(*state->policy), policy_clean,
					  state->policy, &state->policies, committed);
	state->namespace = twp_edit_list_end(&edit->space, sizeof(*state->namespace),
					     namespace_clean, state->namespace, &state->namespaces,
					     committed);
	state->audit = twp_edit_list_end(&edit->audit, sizeof(*state->audit), audit_clean,
					 state->audit, &state->audits, committed);
}

void twp_edit_commit(struct twp_edit *edit)
{
	struct twp_state *state = edit->state;

	texts_put(state->identities, edit->identity, edit->identities, false);
	texts_put(state->identities, edit->dead_identity, edit->dead_identities, true);
	twp_edit_rules_end(edit, true);
	twp_state_hold(state, edit->endpoint.gone, edit->endpoint.gone_count, -1);
	twp_state_hold(state, edit->endpoint.fresh, edit->endpoint.fresh_count, 1);
	lists_end(edit, true);
	twp_addresses_forget(&state->addresses);
	state->default_deny = edit->default_deny;
	state->index->stale = true;
	memset(edit, 0, sizeof(*edit));
}

void twp_edit_abort(struct twp_edit *edit)
{
	struct twp_state *state = edit->state;

	texts_put(state->identities, edit->identity, edit->identities, true);
	texts_put(state->identities, edit->dead_identity, edit->dead_identities, false);
	twp_edit_rules_end(edit, false);
	/* What the kernel knew for a moment may still be on a flow: it is not given again soon. */
	if (!edit->programmed) {
		twp_numbers_set_cursor(state->identities, edit->identity_cursor);
		twp_numbers_set_cursor(state->rules, edit->rule_cursor);
	}
	lists_end(edit, false);
	memset(edit, 0, sizeof(*edit));
}
