// SPDX-License-Identifier: GPL-2.0-only
/* The handlers of requests about endpoints and namespaces. */
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "endpoint.h"
#include "requests_parts.h"

typedef Twinpath__V1__Request Request;
typedef Twinpath__V1__Response Response;

/* Takes both arrays, also on failure. */
static int inventory_edit(struct twp_daemon *daemon, struct twp_endpoint *fresh, size_t count,
			  struct twp_namespace *space, size_t spaces, Response *response,
			  struct twp_error *error)
{
	struct twp_edit edit;
	int failed;

	twp_edit_init(&edit, &daemon->state);
	failed = twp_edit_namespaces(&edit, space, spaces, NULL, 0, error);
	/* The edit owns what it was given, even if it was not asked for it. */
	failed = twp_edit_endpoints(&edit, fresh, count, NULL, 0, failed ? NULL : error) || failed;
	return twp_request_change(daemon, &edit, failed, response, error);
}

int twp_request_add_endpoint(struct twp_daemon *daemon, const Request *request, Response *response,
			     struct twp_error *error)
{
	const Twinpath__V1__AddEndpointRequest *add = request->add_endpoint;
	struct twp_endpoint *fresh = calloc(add->n_endpoint + 1, sizeof(*fresh));
	struct twp_namespace *space = calloc(add->n_namespace_ + 1, sizeof(*space));
	int failed = fresh && space ? 0 : twp_error_set(error, "no memory");
	size_t i, j;

	for (i = 0; i < add->n_endpoint && !failed; i++)
		failed = twp_endpoint_read(&fresh[i], add->endpoint[i], error);
	for (j = 0; j < add->n_namespace_ && !failed; j++)
		failed = twp_namespace_read(&space[j], add->namespace_[j], error);
	if (!failed)
		return inventory_edit(daemon, fresh, i, space, j, response, error);
	/* What was not read is zero. */
	while (fresh && i--)
		twp_endpoint_clean(&fresh[i]);
	while (space && j--)
		twp_namespace_clean(&space[j]);
	free(fresh);
	free(space);
	return -1;
}

int twp_request_delete_endpoint(struct twp_daemon *daemon, const Request *request,
				Response *response, struct twp_error *error)
{
	const Twinpath__V1__DeleteEndpointRequest *del = request->delete_endpoint;
	struct twp_edit edit;
	int failed;

	twp_edit_init(&edit, &daemon->state);
	failed = twp_edit_endpoints(&edit, NULL, 0, del->name, del->n_name, error);
	return twp_request_change(daemon, &edit, failed, response, error);
}

int twp_request_list_endpoints(struct twp_daemon *daemon, const Request *request,
			       Response *response, struct twp_error *error)
{
	(void)request;
	return twp_request_done(response, TWINPATH__V1__RESPONSE__RESULT_ENDPOINTS,
				twp_answer_endpoints(daemon, error));
}

int twp_request_delete_namespace(struct twp_daemon *daemon, const Request *request,
				 Response *response, struct twp_error *error)
{
	const Twinpath__V1__DeleteNamespaceRequest *del = request->delete_namespace;
	struct twp_edit edit;
	int failed;

	twp_edit_init(&edit, &daemon->state);
	failed = twp_edit_namespaces(&edit, NULL, 0, del->name, del->n_name, error) ||
		 twp_edit_endpoints(&edit, NULL, 0, NULL, 0, error);
	return twp_request_change(daemon, &edit, failed, response, error);
}

int twp_request_list_namespaces(struct twp_daemon *daemon, const Request *request,
				Response *response, struct twp_error *error)
{
	(void)request;
	return twp_request_done(response, TWINPATH__V1__RESPONSE__RESULT_NAMESPACES,
				twp_answer_namespaces(daemon, error));
}

int twp_request_set_audit(struct twp_daemon *daemon, const Request *request, Response *response,
			  struct twp_error *error)
{
	const Twinpath__V1__SetAuditRequest *set = request->set_audit;
	struct twp_edit edit;
	int failed;

	twp_edit_init(&edit, &daemon->state);
	failed = twp_edit_audit(&edit, set->name, set->n_name, set->selector, set->enabled, error);
	return twp_request_change(daemon, &edit, failed, response, error);
}

int twp_request_set_default_deny(struct twp_daemon *daemon, const Request *request,
				 Response *response, struct twp_error *error)
{
	struct twp_edit edit;

	twp_edit_init(&edit, &daemon->state);
	edit.default_deny = request->set_default_deny->enabled;
	return twp_request_change(daemon, &edit, 0, response, error);
}
