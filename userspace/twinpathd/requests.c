// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests, and their handlers in a table. A request is bounded by the transport;
 * here, what it unpacks to is bounded too, since two bytes can become a
 * structure of a hundred.
 */
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "bench.h"
#include "log.h"
#include "requests.h"
#include "requests_parts.h"

#define UNPACKED_MAX (1ull << 30) /* bytes that a request may unpack to */

typedef Twinpath__V1__Request Request;
typedef Twinpath__V1__Response Response;

int twp_request_done(Response *response, Twinpath__V1__Response__ResultCase kind, void *result)
{
	if (!result)
		return -1;
	response->result_case = kind;
	/* All members of the union are pointers to messages. */
	response->status = result;
	return 0;
}

int twp_request_change(struct twp_daemon *daemon, struct twp_edit *edit, int failed,
		       Response *response, struct twp_error *error)
{
	Twinpath__V1__Applied *applied = failed ? NULL : malloc(sizeof(*applied));

	if (!applied) {
		twp_edit_abort(edit);
		return failed ? -1 : twp_error_set(error, "no memory");
	}
	twinpath__v1__applied__init(applied);
	if (twp_daemon_change(daemon, edit, applied, error)) {
		free(applied);
		return -1;
	}
	return twp_request_done(response, TWINPATH__V1__RESPONSE__RESULT_APPLIED, applied);
}

static int get_status(struct twp_daemon *daemon, const Request *request, Response *response,
		      struct twp_error *error)
{
	(void)request;
	return twp_request_done(response, TWINPATH__V1__RESPONSE__RESULT_STATUS,
				twp_answer_status(daemon, error));
}

static int set_backend(struct twp_daemon *daemon, const Request *request, Response *response,
		       struct twp_error *error)
{
	if (twp_daemon_set_backend(daemon, request->set_backend->backend, error))
		return -1;
	return get_status(daemon, request, response, error);
}

static int set_mode(struct twp_daemon *daemon, const Request *request, Response *response,
		    struct twp_error *error)
{
	if (twp_daemon_set_mode(daemon, request->set_mode, error))
		return -1;
	return get_status(daemon, request, response, error);
}

static int counters(struct twp_daemon *daemon, const Request *request, Response *response,
		    struct twp_error *error)
{
	(void)request;
	return twp_request_done(response, TWINPATH__V1__RESPONSE__RESULT_COUNTERS,
				twp_answer_counters(daemon, error));
}

static int classify(struct twp_daemon *daemon, const Request *request, Response *response,
		    struct twp_error *error)
{
	Twinpath__V1__Judgement *judgement;

	if (!request->classify->tuple)
		return twp_error_set(error, "the request names no flow");
	if (twp_daemon_reach(daemon, error))
		return -1;
	judgement = twp_module_classify(daemon->program.module, request->classify, error);
	if (!judgement)
		return -1;
	return twp_request_done(response, TWINPATH__V1__RESPONSE__RESULT_CLASSIFICATION,
				twp_answer_classification(daemon, judgement, error));
}

static int bench(struct twp_daemon *daemon, const Request *request, Response *response,
		 struct twp_error *error)
{
	return twp_request_done(response, TWINPATH__V1__RESPONSE__RESULT_BENCH,
				twp_bench(daemon, request->bench, error));
}

static const struct {
	const char *name;
	twp_request_handler *call; /* NULL: the server's own */
	bool changes;
} operations[] = {
	[TWINPATH__V1__REQUEST__OPERATION_STATUS] = { "status", get_status, false },
	[TWINPATH__V1__REQUEST__OPERATION_SET_BACKEND] = { "set backend", set_backend, true },
	[TWINPATH__V1__REQUEST__OPERATION_SET_MODE] = { "set mode", set_mode, true },
	[TWINPATH__V1__REQUEST__OPERATION_ADD_ENDPOINT] = { "add endpoint",
							    twp_request_add_endpoint, true },
	[TWINPATH__V1__REQUEST__OPERATION_DELETE_ENDPOINT] = { "delete endpoint",
							       twp_request_delete_endpoint, true },
	[TWINPATH__V1__REQUEST__OPERATION_LIST_ENDPOINTS] = { "list endpoints",
							      twp_request_list_endpoints, false },
	[TWINPATH__V1__REQUEST__OPERATION_APPLY_POLICY] = { "apply policy",
							    twp_request_apply_policy, true },
	[TWINPATH__V1__REQUEST__OPERATION_DELETE_POLICY] = { "delete policy",
							     twp_request_delete_policy, true },
	[TWINPATH__V1__REQUEST__OPERATION_LIST_POLICIES] = { "list policies",
							     twp_request_list_policies, false },
	[TWINPATH__V1__REQUEST__OPERATION_GET_POLICY] = { "get policy", twp_request_get_policy,
							  false },
	[TWINPATH__V1__REQUEST__OPERATION_COUNTERS] = { "counters", counters, false },
	[TWINPATH__V1__REQUEST__OPERATION_CLASSIFY] = { "classify", classify, false },
	[TWINPATH__V1__REQUEST__OPERATION_BENCH] = { "bench", bench, false },
	[TWINPATH__V1__REQUEST__OPERATION_SET_DEFAULT_DENY] = { "set default deny",
								twp_request_set_default_deny,
								true },
	[TWINPATH__V1__REQUEST__OPERATION_DELETE_NAMESPACE] = { "delete namespace",
								twp_request_delete_namespace,
								true },
	[TWINPATH__V1__REQUEST__OPERATION_LIST_NAMESPACES] = { "list namespaces",
							       twp_request_list_namespaces, false },
	[TWINPATH__V1__REQUEST__OPERATION_SET_AUDIT] = { "set audit", twp_request_set_audit, true },
	[TWINPATH__V1__REQUEST__OPERATION_MONITOR] = { "monitor", NULL, false },
};

#define OPERATIONS (sizeof(operations) / sizeof(operations[0]))

/* Counts down from UNPACKED_MAX; what is freed meanwhile is not given back. */
static void *bounded_alloc(void *left, size_t size)
{
	unsigned long long *bytes = left;

	if (size > *bytes)
		return NULL;
	*bytes -= size;
	return malloc(size);
}

static void bounded_free(void *left, void *memory)
{
	(void)left;
	free(memory);
}

/* A string of protobuf may hold a NUL byte, one of C ends there: no rest may be lost unseen. */
static Request *unpack(ProtobufCAllocator *allocator, const uint8_t *bytes, size_t length,
		       struct twp_error *error)
{
	Request *request = twinpath__v1__request__unpack(allocator, length, bytes);

	if (!request) {
		twp_error_set(error, "the request cannot be read");
		return NULL;
	}
	if (twinpath__v1__request__get_packed_size(request) != length) {
		twp_error_set(error, "the request holds a NUL byte in a string, or is not encoded "
				     "in the shortest form");
		twinpath__v1__request__free_unpacked(request, allocator);
		return NULL;
	}
	return request;
}

static int dispatch(struct twp_daemon *daemon, const char *who, const Request *request,
		    Response *response, bool *monitor, struct twp_error *error)
{
	size_t operation = request->operation_case;
	int failed, level;

	if (!operation || operation >= OPERATIONS || request->base.n_unknown_fields)
		return twp_error_set(error, "the request is not known to this twinpathd (%s)",
				     TWP_VERSION);
	if (!operations[operation].call) {
		*monitor = true;
		return 0;
	}
	level = operations[operation].changes ? LOG_WARNING : LOG_DEBUG;
	failed = operations[operation].call(daemon, request, response, error);
	if (failed)
		/* Of several sentences the first. */
		twp_log(level, "%s: %s: %.*s", who, operations[operation].name,
			(int)strcspn(*response->error ? response->error : error->text, "\n"),
			*response->error ? response->error : error->text);
	else
		twp_log(operations[operation].changes ? LOG_INFO : LOG_DEBUG, "%s: %s", who,
			operations[operation].name);
	return failed;
}

Response *twp_request_answer(struct twp_daemon *daemon, const char *who, const uint8_t *bytes,
			     size_t length, bool *monitor)
{
	unsigned long long left = UNPACKED_MAX;
	ProtobufCAllocator allocator = {
		.alloc = bounded_alloc,
		.free = bounded_free,
		.allocator_data = &left,
	};
	Response *response = malloc(sizeof(*response));
	struct twp_error error = { "" };
	Request *request;
	int failed = -1;

	if (!response)
		return NULL;
	twinpath__v1__response__init(response);
	request = unpack(&allocator, bytes, length, &error);
	if (request) {
		failed = dispatch(daemon, who, request, response, monitor, &error);
		twinpath__v1__request__free_unpacked(request, &allocator);
	}
	if (!failed && !*monitor)
		return response;
	if (failed && !*response->error)
		response->error = strdup(*error.text ? error.text : "the request failed");
	if (failed && response->error)
		return response;
	twinpath__v1__response__free_unpacked(response, NULL);
	return NULL;
}
