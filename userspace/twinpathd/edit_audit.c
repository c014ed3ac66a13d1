// SPDX-License-Identifier: GPL-2.0-only
/*
 * An edit of audit mode: the endpoints for which something changes are replaced
 * by copies, so that an abort leaves all as it was.
 */
#include <stdlib.h>
#include <string.h>

#include "edit.h"
#include "endpoint.h"
#include "policy/memory.h"

/* A copy, without identity: the edit gives it the same again. */
static int endpoint_copy(struct twp_endpoint *copy, const struct twp_endpoint *endpoint,
			 struct twp_error *error)
{
	Twinpath__V1__Endpoint *message = twp_endpoint_message(endpoint);
	int failed;

	if (!message)
		return twp_error_set(error, "no memory");
	failed = twp_endpoint_restore(copy, message, error);
	twinpath__v1__endpoint__free_unpacked(message, NULL);
	return failed;
}

/* Whoever was asked for by name ends audit mode only if no selector holds it there. */
static int selectors_check(const struct twp_state *state, const struct twp_endpoint *endpoint,
			   struct twp_error *error)
{
	const struct twp_audit_scope scope = twp_state_audits(state);
	const struct twp_audit *audit;

	if (twp_audits_find(&scope, endpoint, 1, &audit, error))
		return -1;
	if (!audit)
		return 0;
	return twp_error_set(error,
			     "endpoint %s stays in audit mode, since selector '%.*s' selects it: "
			     "turn that off",
			     endpoint->name, TWP_ENDPOINT_NAME_MAX, audit->name);
}

static int named_edit(struct twp_edit *edit, char *const *names, size_t count, bool enabled,
		      struct twp_error *error)
{
	const struct twp_state *state = edit->state;
	struct twp_endpoint *fresh = calloc(count, sizeof(*fresh));
	int failed = fresh ? 0 : twp_error_set(error, "no memory");
	size_t i;

	for (i = 0; i < count && !failed; i++) {
		const struct twp_endpoint *endpoint = twp_state_endpoint(state, names[i]);

		if (!endpoint)
			failed = twp_error_set(error, "there is no endpoint %.*s",
					       TWP_ENDPOINT_NAME_MAX, names[i]);
		else if (!enabled && selectors_check(state, endpoint, error))
			failed = -1;
		else if (!(failed = endpoint_copy(&fresh[i], endpoint, error)))
			fresh[i].audit_asked = enabled;
	}
	if (!failed)
		return twp_edit_endpoints(edit, fresh, count, NULL, 0, error);
	/* What was not copied is zero. */
	while (fresh && i--)
		twp_endpoint_clean(&fresh[i]);
	free(fresh);
	return -1;
}

/* The names of the edit's endpoints, sorted: those are settled as they come. */
static const char **names_sorted(const struct twp_edit_list *list)
{
	const struct twp_endpoint *fresh = list->fresh;
	const char **name = calloc(list->fresh_count + 1, sizeof(*name));

	for (size_t i = 0; name && i < list->fresh_count; i++)
		name[i] = fresh[i].name;
	if (name)
		qsort(name, list->fresh_count, sizeof(*name), twp_edit_list_compare);
	return name;
}

/* Appends to the edit's endpoints copies of those for which something changes. */
static int changed_add(struct twp_edit *edit, const struct twp_audit_scope *scope,
		       struct twp_error *error)
{
	const struct twp_state *state = edit->state;
	struct twp_edit_list *list = &edit->endpoint;
	const size_t named = list->fresh_count;
	TWP_AUTOFREE const char **name = names_sorted(list);
	TWP_AUTOFREE const struct twp_audit **found =
		calloc(state->endpoints + 1, sizeof(const struct twp_audit *));
	struct twp_endpoint *fresh =
		reallocarray(list->fresh, named + state->endpoints + 1, sizeof(*fresh));

	if (fresh)
		list->fresh = fresh;
	if (!fresh || !name || !found)
		return twp_error_set(error, "no memory");
	if (twp_audits_find(scope, state->endpoint, state->endpoints, found, error))
		return -1;
	for (size_t i = 0; i < state->endpoints; i++) {
		const struct twp_endpoint *endpoint = &state->endpoint[i];

		if ((endpoint->audit_asked || found[i]) == endpoint->audit)
			continue;
		if (bsearch(&endpoint->name, name, named, sizeof(*name), twp_edit_list_compare))
			continue;
		if (endpoint_copy(&fresh[list->fresh_count], endpoint, error))
			return -1;
		list->fresh_count++;
	}
	return 0;
}

int twp_edit_audited(struct twp_edit *edit, struct twp_error *error)
{
	struct twp_audit_scope scope = twp_state_audits(edit->state);

	if (edit->audit.after) {
		scope.audit = edit->audit.after;
		scope.audits = edit->audit.afters;
	}
	if (edit->space.after) {
		scope.namespace = edit->space.after;
		scope.namespaces = edit->space.afters;
	}
	/* Without selectors, before and after, only names count. */
	if ((edit->audit.after || edit->space.fresh_count || edit->space.gone_count) &&
	    (scope.audits || edit->state->audits) && changed_add(edit, &scope, error))
		return -1;
	return twp_audits_settle(&scope, edit->endpoint.fresh, edit->endpoint.fresh_count, error);
}

static int selector_edit(struct twp_edit *edit, const char *selector, bool enabled,
			 struct twp_error *error)
{
	const struct twp_state *state = edit->state;
	struct twp_audit *audit = calloc(1, sizeof(*audit));
	int failed;

	if (!audit)
		return twp_error_set(error, "no memory");
	if (twp_audit_init(audit, selector, error)) {
		free(audit);
		return -1;
	}
	if (enabled) {
		edit->audit.fresh = audit;
		edit->audit.fresh_count = 1;
		failed = twp_edit_list_merge(&edit->audit, "audit selector", state->audit,
					     state->audits, NULL, 0, sizeof(*audit), error);
		if (!failed && edit->audit.afters > TWP_AUDITS_MAX)
			failed = twp_error_set(error, "there are %d audit selectors already",
					       TWP_AUDITS_MAX);
	} else {
		failed = twp_edit_list_merge(&edit->audit, "audit selector", state->audit,
					     state->audits, &audit->name, 1, sizeof(*audit), error);
		twp_audit_clean(audit);
		free(audit);
	}
	return failed ? -1 : twp_edit_endpoints(edit, NULL, 0, NULL, 0, error);
}

int twp_edit_audit(struct twp_edit *edit, char *const *names, size_t count, const char *selector,
		   bool enabled, struct twp_error *error)
{
	if (count && *selector)
		return twp_error_set(error,
				     "audit mode is of endpoints or of a selector, not both");
	return count ? named_edit(edit, names, count, enabled, error) :
		       selector_edit(edit, selector, enabled, error);
}
