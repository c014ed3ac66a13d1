// SPDX-License-Identifier: GPL-2.0-only
/*
 * An edit of audit mode: the endpoints for which something changes are replaced
 * by copies, so that an abort leaves all as it was.
 */
#include <stdlib.h>
#include <string.h>

#include "edit.h"
#include "endpoint.h"

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
	const struct twp_audit *audit = twp_audits_find(state->audit, state->audits, endpoint);

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

/* Those whom the selectors, as they will be, treat otherwise than those of the state. */
static int selected_edit(struct twp_edit *edit, struct twp_error *error)
{
	const struct twp_state *state = edit->state;
	const struct twp_audit *after = edit->audit.after;
	struct twp_endpoint *fresh = calloc(state->endpoints + 1, sizeof(*fresh));
	size_t count = 0;

	if (!fresh)
		return twp_error_set(error, "no memory");
	for (size_t i = 0; i < state->endpoints; i++) {
		const struct twp_endpoint *endpoint = &state->endpoint[i];
		bool audit = endpoint->audit_asked ||
			     twp_audits_find(after, edit->audit.afters, endpoint);

		if (audit == endpoint->audit)
			continue;
		if (!endpoint_copy(&fresh[count++], endpoint, error))
			continue;
		while (count--)
			twp_endpoint_clean(&fresh[count]);
		free(fresh);
		return -1;
	}
	return twp_edit_endpoints(edit, fresh, count, NULL, 0, error);
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
	return failed ? -1 : selected_edit(edit, error);
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
