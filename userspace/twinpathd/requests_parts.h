/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files requests*.c share, and nobody else. */
#ifndef TWP_TWINPATHD_REQUESTS_PARTS_H
#define TWP_TWINPATHD_REQUESTS_PARTS_H

#include "daemon.h"

/*
 * Does what one operation asks. Return: 0 with the result in @response; -1 and
 * @error, or instead several sentences in @response, a line each.
 */
typedef int twp_request_handler(struct twp_daemon *daemon, const Twinpath__V1__Request *request,
				Twinpath__V1__Response *response, struct twp_error *error);

/* Puts @result, a message of @kind, into @response; NULL: it could not be made. */
int twp_request_done(Twinpath__V1__Response *response, Twinpath__V1__Response__ResultCase kind,
		     void *result);
/* Makes the edit true and answers what it came to; @failed: it is aborted instead. */
int twp_request_change(struct twp_daemon *daemon, struct twp_edit *edit, int failed,
		       Twinpath__V1__Response *response, struct twp_error *error);

/* requests_inventory.c: endpoints, namespaces, and what holds for some of them */
twp_request_handler twp_request_add_endpoint;
twp_request_handler twp_request_delete_endpoint;
twp_request_handler twp_request_list_endpoints;
twp_request_handler twp_request_delete_namespace;
twp_request_handler twp_request_list_namespaces;
twp_request_handler twp_request_set_audit;
twp_request_handler twp_request_set_default_deny;

/* requests_policy.c */
twp_request_handler twp_request_apply_policy;
twp_request_handler twp_request_delete_policy;
twp_request_handler twp_request_list_policies;
twp_request_handler twp_request_get_policy;

#endif
