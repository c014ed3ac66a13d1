// SPDX-License-Identifier: GPL-2.0-only
/* Answers about endpoints, namespaces and audit mode. */
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "endpoint.h"
#include "policy/memory.h"

Twinpath__V1__EndpointList *twp_answer_endpoints(struct twp_daemon *daemon, struct twp_error *error)
{
	const struct twp_state *state = &daemon->state;
	Twinpath__V1__EndpointList *list = malloc(sizeof(*list));
	size_t i;

	if (!list)
		goto memory;
	twinpath__v1__endpoint_list__init(list);
	list->endpoint = calloc(state->endpoints + 1, sizeof(*list->endpoint));
	for (i = 0; list->endpoint && i < state->endpoints; i++) {
		list->endpoint[i] = twp_endpoint_message(&state->endpoint[i]);
		if (!list->endpoint[i])
			break;
		list->n_endpoint++;
	}
	if (list->n_endpoint == state->endpoints)
		return list;
	twinpath__v1__endpoint_list__free_unpacked(list, NULL);
memory:
	twp_error_set(error, "no memory");
	return NULL;
}

static int name_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The namespaces of all endpoints, in order. The caller frees the array. */
static const char **names_sorted(const struct twp_state *state)
{
	const char **name = calloc(state->endpoints + 1, sizeof(*name));

	for (size_t i = 0; name && i < state->endpoints; i++)
		name[i] = twp_endpoint_namespace(&state->endpoint[i]);
	if (name && state->endpoints)
		qsort(name, state->endpoints, sizeof(*name), name_compare);
	return name;
}

/* @space: NULL if nobody said more of it than its name. */
static int namespace_put(Twinpath__V1__NamespaceList *list, const struct twp_namespace *space,
			 const char *name, size_t endpoints)
{
	struct twp_namespace bare = { .name = (char *)name };
	Twinpath__V1__Namespace *message = twp_namespace_message(space ?: &bare);

	if (!message)
		return -1;
	message->endpoints = (uint32_t)endpoints;
	message->declared = space != NULL;
	list->namespace_[list->n_namespace_++] = message;
	return 0;
}

/* Those that were declared and those that endpoints are in, both by name, merged. */
static int namespaces_fill(Twinpath__V1__NamespaceList *list, const struct twp_state *state,
			   const char **name)
{
	size_t i = 0, at = 0;

	while (i < state->namespaces || at < state->endpoints) {
		const struct twp_namespace *space = i < state->namespaces ? &state->namespace[i] :
									    NULL;
		const char *of = at < state->endpoints ? name[at] : NULL;
		size_t endpoints = 0;

		if (space && of && strcmp(space->name, of) > 0)
			space = NULL;
		of = space ? space->name : of;
		for (; at < state->endpoints && !strcmp(name[at], of); at++)
			endpoints++;
		if (namespace_put(list, space, of, endpoints))
			return -1;
		i += space != NULL;
	}
	return 0;
}

Twinpath__V1__NamespaceList *twp_answer_namespaces(struct twp_daemon *daemon,
						   struct twp_error *error)
{
	const struct twp_state *state = &daemon->state;
	Twinpath__V1__NamespaceList *list = malloc(sizeof(*list));
	const char **name = names_sorted(state);
	int failed = -1;

	if (list && name) {
		twinpath__v1__namespace_list__init(list);
		list->namespace_ =
			calloc(state->namespaces + state->endpoints + 1, sizeof(*list->namespace_));
		failed = list->namespace_ ? namespaces_fill(list, state, name) : -1;
		if (failed)
			twinpath__v1__namespace_list__free_unpacked(list, NULL);
	} else {
		free(list);
	}
	free(name);
	if (!failed)
		return list;
	twp_error_set(error, "no memory");
	return NULL;
}

static Twinpath__V1__AuditSelector *selector_message(const struct twp_audit *audit,
						     uint32_t endpoints)
{
	Twinpath__V1__AuditSelector *message = malloc(sizeof(*message));

	if (!message)
		return NULL;
	twinpath__v1__audit_selector__init(message);
	message->selector = strdup(audit->name);
	message->endpoints = endpoints;
	if (message->selector)
		return message;
	twinpath__v1__audit_selector__free_unpacked(message, NULL);
	return NULL;
}

int twp_answer_audits(const struct twp_state *state, Twinpath__V1__Status *status)
{
	const struct twp_audit_scope scope = twp_state_audits(state);
	TWP_AUTOFREE uint32_t *count = calloc(state->audits + 1, sizeof(*count));

	for (size_t i = 0; i < state->endpoints; i++)
		status->audited += state->endpoint[i].audit;
	status->audit_selector = calloc(state->audits + 1, sizeof(*status->audit_selector));
	if (!status->audit_selector || !count ||
	    twp_audits_count(&scope, state->endpoint, state->endpoints, count, NULL))
		return -1;
	for (size_t i = 0; i < state->audits; i++) {
		status->audit_selector[i] = selector_message(&state->audit[i], count[i]);
		if (!status->audit_selector[i])
			return -1;
		status->n_audit_selector++;
	}
	return 0;
}
