// SPDX-License-Identifier: GPL-2.0-only
/*
 * The handlers of requests, in a table. A request is bounded by the transport;
 * here, what it unpacks to is bounded too, since two bytes can become a
 * structure of a hundred.
 */
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "bench.h"
#include "endpoint.h"
#include "log.h"
#include "policy/document.h"
#include "requests.h"

#define UNPACKED_MAX (1ull << 30) /* bytes that a request may unpack to */

typedef Twinpath__V1__Request Request;
typedef Twinpath__V1__Response Response;
typedef int handler(struct twp_daemon *daemon, const Request *request, Response *response,
		    struct twp_error *error);

static int done(Response *response, Twinpath__V1__Response__ResultCase kind, void *result)
{
	if (!result)
		return -1;
	response->result_case = kind;
	/* All members of the union are pointers to messages. */
	response->status = result;
	return 0;
}

static int get_status(struct twp_daemon *daemon, const Request *request, Response *response,
		      struct twp_error *error)
{
	(void)request;
	return done(response, TWINPATH__V1__RESPONSE__RESULT_STATUS,
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

/* Makes the edit true and answers what it came to. */
static int change(struct twp_daemon *daemon, struct twp_edit *edit, Response *response,
		  struct twp_error *error)
{
	Twinpath__V1__Applied *applied = malloc(sizeof(*applied));

	if (!applied) {
		twp_edit_abort(edit);
		return twp_error_set(error, "no memory");
	}
	twinpath__v1__applied__init(applied);
	if (twp_daemon_change(daemon, edit, applied, error)) {
		free(applied);
		return -1;
	}
	return done(response, TWINPATH__V1__RESPONSE__RESULT_APPLIED, applied);
}

static int endpoints_edit(struct twp_daemon *daemon, struct twp_endpoint *fresh, size_t count,
			  char *const *names, size_t deletes, Response *response,
			  struct twp_error *error)
{
	struct twp_edit edit;

	twp_edit_init(&edit, &daemon->state);
	if (twp_edit_endpoints(&edit, fresh, count, names, deletes, error)) {
		twp_edit_abort(&edit);
		return -1;
	}
	return change(daemon, &edit, response, error);
}

static int policies_edit(struct twp_daemon *daemon, struct twp_policy *fresh, size_t count,
			 char *const *names, size_t deletes, Response *response,
			 struct twp_error *error)
{
	struct twp_edit edit;

	twp_edit_init(&edit, &daemon->state);
	if (twp_edit_policies(&edit, fresh, count, names, deletes, error)) {
		twp_edit_abort(&edit);
		return -1;
	}
	return change(daemon, &edit, response, error);
}

/* Takes both arrays, also on failure. */
static int inventory_edit(struct twp_daemon *daemon, struct twp_endpoint *fresh, size_t count,
			  struct twp_namespace *space, size_t spaces, Response *response,
			  struct twp_error *error)
{
	struct twp_edit edit;
	int failed;

	twp_edit_init(&edit, &daemon->state);
	failed = twp_edit_namespaces(&edit, space, spaces, error);
	/* The edit owns what it was given, even if it was not asked for it. */
	failed = twp_edit_endpoints(&edit, fresh, count, NULL, 0, failed ? NULL : error) || failed;
	if (failed) {
		twp_edit_abort(&edit);
		return -1;
	}
	return change(daemon, &edit, response, error);
}

static int add_endpoint(struct twp_daemon *daemon, const Request *request, Response *response,
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

static int set_default_deny(struct twp_daemon *daemon, const Request *request, Response *response,
			    struct twp_error *error)
{
	struct twp_edit edit;

	twp_edit_init(&edit, &daemon->state);
	edit.default_deny = request->set_default_deny->enabled;
	return change(daemon, &edit, response, error);
}

static int delete_endpoint(struct twp_daemon *daemon, const Request *request, Response *response,
			   struct twp_error *error)
{
	const Twinpath__V1__DeleteEndpointRequest *del = request->delete_endpoint;

	return endpoints_edit(daemon, NULL, 0, del->name, del->n_name, response, error);
}

static int list_endpoints(struct twp_daemon *daemon, const Request *request, Response *response,
			  struct twp_error *error)
{
	(void)request;
	return done(response, TWINPATH__V1__RESPONSE__RESULT_ENDPOINTS,
		    twp_answer_endpoints(daemon, error));
}

/* As the name of an endpoint. */
static int policy_name_check(const char *name, struct twp_error *error)
{
	const char *c;

	if (!*name)
		return twp_error_set(error, "a policy needs a name");
	if (strlen(name) > TWP_ENDPOINT_NAME_MAX)
		return twp_error_set(error, "the name of a policy is longer than %d bytes",
				     TWP_ENDPOINT_NAME_MAX);
	for (c = name; *c; c++)
		if (*c < ' ' || *c > '~')
			return twp_error_set(error,
					     "the name of a policy holds byte 0x%02x, which is not "
					     "a printable ASCII character",
					     (unsigned char)*c);
	return 0;
}

static int apply_policy(struct twp_daemon *daemon, const Request *request, Response *response,
			struct twp_error *error)
{
	const Twinpath__V1__ApplyPolicyRequest *apply = request->apply_policy;
	struct twp_policy *fresh = calloc(apply->n_document + 1, sizeof(*fresh));
	size_t i;

	if (!fresh)
		return twp_error_set(error, "no memory");
	for (i = 0; i < apply->n_document; i++) {
		const Twinpath__V1__PolicyDocument *document = apply->document[i];
		const char *file = *document->file ? document->file : document->name;

		if (!policy_name_check(document->name, error) &&
		    !twp_document_read(&fresh[i], document->name, file, document->text,
				       strlen(document->text), error))
			continue;
		while (i--)
			twp_policy_clean(&fresh[i]);
		free(fresh);
		return -1;
	}
	return policies_edit(daemon, fresh, apply->n_document, NULL, 0, response, error);
}

static int delete_policy(struct twp_daemon *daemon, const Request *request, Response *response,
			 struct twp_error *error)
{
	const Twinpath__V1__DeletePolicyRequest *del = request->delete_policy;

	return policies_edit(daemon, NULL, 0, del->name, del->n_name, response, error);
}

static int list_policies(struct twp_daemon *daemon, const Request *request, Response *response,
			 struct twp_error *error)
{
	(void)request;
	return done(response, TWINPATH__V1__RESPONSE__RESULT_POLICIES,
		    twp_answer_policies(daemon, error));
}

static int get_policy(struct twp_daemon *daemon, const Request *request, Response *response,
		      struct twp_error *error)
{
	return done(response, TWINPATH__V1__RESPONSE__RESULT_POLICY,
		    twp_answer_policy(daemon, request->get_policy->name, error));
}

static int counters(struct twp_daemon *daemon, const Request *request, Response *response,
		    struct twp_error *error)
{
	(void)request;
	return done(response, TWINPATH__V1__RESPONSE__RESULT_COUNTERS,
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
	return done(response, TWINPATH__V1__RESPONSE__RESULT_CLASSIFICATION,
		    twp_answer_classification(daemon, judgement, error));
}

static int bench(struct twp_daemon *daemon, const Request *request, Response *response,
		 struct twp_error *error)
{
	return done(response, TWINPATH__V1__RESPONSE__RESULT_BENCH,
		    twp_bench(daemon, request->bench, error));
}

static const struct {
	const char *name;
	handler *call; /* NULL: the server's own */
	bool changes;
} operations[] = {
	[TWINPATH__V1__REQUEST__OPERATION_STATUS] = { "status", get_status, false },
	[TWINPATH__V1__REQUEST__OPERATION_SET_BACKEND] = { "set backend", set_backend, true },
	[TWINPATH__V1__REQUEST__OPERATION_SET_MODE] = { "set mode", set_mode, true },
	[TWINPATH__V1__REQUEST__OPERATION_ADD_ENDPOINT] = { "add endpoint", add_endpoint, true },
	[TWINPATH__V1__REQUEST__OPERATION_DELETE_ENDPOINT] = { "delete endpoint", delete_endpoint,
							       true },
	[TWINPATH__V1__REQUEST__OPERATION_LIST_ENDPOINTS] = { "list endpoints", list_endpoints,
							      false },
	[TWINPATH__V1__REQUEST__OPERATION_APPLY_POLICY] = { "apply policy", apply_policy, true },
	[TWINPATH__V1__REQUEST__OPERATION_DELETE_POLICY] = { "delete policy", delete_policy, true },
	[TWINPATH__V1__REQUEST__OPERATION_LIST_POLICIES] = { "list policies", list_policies,
							     false },
	[TWINPATH__V1__REQUEST__OPERATION_GET_POLICY] = { "get policy", get_policy, false },
	[TWINPATH__V1__REQUEST__OPERATION_COUNTERS] = { "counters", counters, false },
	[TWINPATH__V1__REQUEST__OPERATION_CLASSIFY] = { "classify", classify, false },
	[TWINPATH__V1__REQUEST__OPERATION_BENCH] = { "bench", bench, false },
	[TWINPATH__V1__REQUEST__OPERATION_SET_DEFAULT_DENY] = { "set default deny",
								set_default_deny, true },
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
	int failed;

	if (!operation || operation >= OPERATIONS || request->base.n_unknown_fields)
		return twp_error_set(error, "the request is not known to this twinpathd (%s)",
				     TWP_VERSION);
	if (!operations[operation].call) {
		*monitor = true;
		return 0;
	}
	failed = operations[operation].call(daemon, request, response, error);
	if (failed)
		twp_log(operations[operation].changes ? LOG_WARNING : LOG_DEBUG, "%s: %s: %s", who,
			operations[operation].name, error->text);
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
	if (failed)
		response->error = strdup(*error.text ? error.text : "the request failed");
	if (failed && response->error)
		return response;
	twinpath__v1__response__free_unpacked(response, NULL);
	return NULL;
}
