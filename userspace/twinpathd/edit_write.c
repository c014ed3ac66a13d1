// SPDX-License-Identifier: GPL-2.0-only
/* What an edit leaves in the store. */
#include <stdlib.h>

#include "edit.h"
#include "endpoint.h"

static int write_endpoints(const struct twp_edit *edit, struct twp_store *store,
			   struct twp_error *error)
{
	const struct twp_endpoint *fresh = edit->endpoint.fresh, *gone = edit->endpoint.gone;
	Twinpath__V1__Endpoint *message;
	size_t i, length;
	uint8_t *bytes;
	int failed;

	for (i = 0; i < edit->endpoint.gone_count; i++)
		if (twp_store_delete_endpoint(store, gone[i].name, error))
			return -1;
	for (i = 0; i < edit->endpoint.fresh_count; i++) {
		message = twp_endpoint_message(&fresh[i]);
		bytes = message ? malloc(twinpath__v1__endpoint__get_packed_size(message) + 1) :
				  NULL;
		if (!bytes) {
			twinpath__v1__endpoint__free_unpacked(message, NULL);
			return twp_error_set(error, "no memory");
		}
		length = twinpath__v1__endpoint__pack(message, bytes);
		failed = twp_store_put_endpoint(store, fresh[i].name, bytes, length, error);
		free(bytes);
		twinpath__v1__endpoint__free_unpacked(message, NULL);
		if (failed)
			return -1;
	}
	for (i = 0; i < edit->dead_identities; i++)
		if (twp_store_delete_identity(store, edit->dead_identity[i], error))
			return -1;
	for (i = 0; i < edit->identities; i++) {
		const char *text = edit->identity[i];

		if (twp_store_put_identity(store, text,
					   twp_numbers_find(edit->state->identities, text), error))
			return -1;
	}
	return 0;
}

static int write_namespaces(const struct twp_edit *edit, struct twp_store *store,
			    struct twp_error *error)
{
	const struct twp_namespace *fresh = edit->space.fresh, *gone = edit->space.gone;

	for (size_t i = 0; i < edit->space.gone_count; i++)
		if (twp_store_delete_namespace(store, gone[i].name, error))
			return -1;
	for (size_t i = 0; i < edit->space.fresh_count; i++) {
		Twinpath__V1__Namespace *message = twp_namespace_message(&fresh[i]);
		uint8_t *bytes =
			message ? malloc(twinpath__v1__namespace__get_packed_size(message) + 1) :
				  NULL;
		int failed = bytes ? twp_store_put_namespace(
					     store, fresh[i].name, bytes,
					     twinpath__v1__namespace__pack(message, bytes), error) :
				     twp_error_set(error, "no memory");

		free(bytes);
		twinpath__v1__namespace__free_unpacked(message, NULL);
		if (failed)
			return -1;
	}
	return 0;
}

static int write_audits(const struct twp_edit *edit, struct twp_store *store,
			struct twp_error *error)
{
	const struct twp_audit *fresh = edit->audit.fresh, *gone = edit->audit.gone;

	for (size_t i = 0; i < edit->audit.gone_count; i++)
		if (twp_store_delete_audit(store, gone[i].name, error))
			return -1;
	for (size_t i = 0; i < edit->audit.fresh_count; i++)
		if (twp_store_put_audit(store, fresh[i].name, error))
			return -1;
	return 0;
}

int twp_edit_write(const struct twp_edit *edit, struct twp_store *store, struct twp_error *error)
{
	const struct twp_policy *fresh = edit->policy.fresh, *gone = edit->policy.gone;
	struct twp_stored_rule *rule;
	size_t i, rules;
	int failed;

	if (write_namespaces(edit, store, error) || write_audits(edit, store, error) ||
	    write_endpoints(edit, store, error))
		return -1;
	for (i = 0; i < edit->policy.gone_count; i++)
		if (twp_store_delete_policy(store, gone[i].name, error))
			return -1;
	for (i = 0; i < edit->policy.fresh_count; i++) {
		rule = twp_state_stored_rules(edit->state, &fresh[i], &rules);
		if (!rule)
			return twp_error_set(error, "no memory");
		failed = twp_store_put_policy(store, fresh[i].name, fresh[i].text, rule, rules,
					      error);
		free(rule);
		if (failed)
			return -1;
	}
	return 0;
}
