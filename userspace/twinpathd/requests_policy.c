// SPDX-License-Identifier: GPL-2.0-only
/*
 * The handlers of requests about policies. A change of several documents says
 * what is wrong with all of them, and makes none of them true.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "policy/document.h"
#include "policy/memory.h"
#include "policy/object.h"
#include "requests_parts.h"

typedef Twinpath__V1__Request Request;
typedef Twinpath__V1__Response Response;

/* Policies that are read and not yet an edit's. */
struct batch {
	struct twp_policy *policy;
	const char **file; /* what messages call each */
	size_t count;
	struct twp_errors errors;
};

static void batch_clean(struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		twp_policy_clean(&batch->policy[i]);
	free(batch->policy);
	free(batch->file);
	twp_errors_clean(&batch->errors);
}

static int batch_init(struct batch *batch, size_t room, struct twp_error *error)
{
	*batch = (struct batch){ .policy = calloc(room + 1, sizeof(*batch->policy)),
				 .file = calloc(room + 1, sizeof(*batch->file)) };
	return batch->policy && batch->file ? 0 : twp_error_set(error, "no memory");
}

/* Makes the edit of what was read, and takes it. */
static int batch_apply(struct twp_daemon *daemon, struct batch *batch, char *const *names,
		       size_t deletes, Response *response, struct twp_error *error)
{
	struct twp_edit edit;
	int failed;

	twp_edit_init(&edit, &daemon->state);
	failed = twp_edit_policies(&edit, batch->policy, batch->count, names, deletes, error);
	batch->policy = NULL;
	batch->count = 0;
	return twp_request_change(daemon, &edit, failed, response, error);
}

/* All sentences, a line each. */
static int errors_answer(const struct twp_errors *errors, Response *response)
{
	size_t room = 0;
	char *text = NULL;
	FILE *stream = open_memstream(&text, &room);

	if (!stream)
		return -1;
	for (size_t i = 0; i < errors->count; i++)
		fprintf(stream, "%s%s", i ? "\n" : "", errors->text[i]);
	if (errors->count == TWP_ERRORS_MAX)
		fprintf(stream, "\nthere may be more errors than these %d", TWP_ERRORS_MAX);
	if (fclose(stream)) {
		free(text);
		return -1;
	}
	response->error = text;
	return -1;
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

/* Reads on behind a document that is wrong. */
static int documents_read(struct batch *batch, const Twinpath__V1__ApplyPolicyRequest *apply)
{
	struct twp_error why;
	int failed = 0;

	for (size_t i = 0; i < apply->n_document; i++) {
		const Twinpath__V1__PolicyDocument *document = apply->document[i];
		const char *file = *document->file ? document->file : document->name;

		if (policy_name_check(document->name, &why)) {
			twp_errors_add(&batch->errors, why.text);
			failed = -1;
		} else if (twp_document_check(&batch->policy[batch->count], document->name, file,
					      document->text, strlen(document->text),
					      &batch->errors)) {
			failed = -1;
		} else {
			batch->file[batch->count++] = file;
		}
	}
	return failed;
}

/* Does a policy of the state stay as it is? */
static bool stays(const struct twp_policy *policy, const Twinpath__V1__ApplyPolicyRequest *apply)
{
	for (size_t i = 0; i < apply->n_document; i++)
		if (!strcmp(apply->document[i]->name, policy->name))
			return false;
	for (size_t i = 0; i < apply->n_replace; i++)
		if (!strcmp(apply->replace[i], policy->name))
			return false;
	return true;
}

/* An object of the batch, and its file. */
struct object {
	const struct twp_spec *spec;
	const char *file;
};

static int object_compare(const void *a, const void *b)
{
	return strcmp(((const struct object *)a)->spec->object,
		      ((const struct object *)b)->spec->object);
}

static struct object *objects_sorted(const struct batch *batch, size_t *count)
{
	struct object *object;
	size_t specs = 0;

	for (size_t i = 0; i < batch->count; i++)
		specs += batch->policy[i].specs;
	object = calloc(specs + 1, sizeof(*object));
	*count = 0;
	for (size_t i = 0; object && i < batch->count; i++)
		for (size_t j = 0; j < batch->policy[i].specs; j++)
			if (batch->policy[i].spec[j].object)
				object[(*count)++] = (struct object){ &batch->policy[i].spec[j],
								      batch->file[i] };
	if (*count)
		qsort(object, *count, sizeof(*object), object_compare);
	return object;
}

/* An object is in one policy: which of two would hold? */
static int strangers_check(const struct twp_state *state, struct batch *batch,
			   const Twinpath__V1__ApplyPolicyRequest *apply)
{
	size_t count, before = batch->errors.count;
	TWP_AUTOFREE struct object *object = objects_sorted(batch, &count);
	const char *last = "";

	for (size_t i = 0; object && i < state->policies && count; i++) {
		const struct twp_policy *policy = &state->policy[i];
		bool known = false;

		for (size_t j = 0; j < policy->specs; j++) {
			const struct twp_spec *spec = &policy->spec[j];
			struct object wanted = { spec, NULL }, *found;
			struct twp_error text;

			found = spec->object ? bsearch(&wanted, object, count, sizeof(*object),
						       object_compare) :
					       NULL;
			/* An object with a list has several rule objects, behind each other. */
			if (!found || !strcmp(last, spec->object))
				continue;
			if (!known && !stays(policy, apply))
				break;
			known = true;
			last = spec->object;
			twp_error_set(&text, "%s:%u:%u: %s stands in policy %s already, at %u:%u",
				      found->file, found->spec->place.line,
				      found->spec->place.column, spec->object, policy->name,
				      spec->place.line, spec->place.column);
			twp_errors_add(&batch->errors, text.text);
		}
	}
	return object && batch->errors.count == before ? 0 : -1;
}

int twp_request_apply_policy(struct twp_daemon *daemon, const Request *request, Response *response,
			     struct twp_error *error)
{
	const Twinpath__V1__ApplyPolicyRequest *apply = request->apply_policy;
	TWP_CLEANUP(batch_clean) struct batch batch;
	int failed;

	if (batch_init(&batch, apply->n_document, error))
		return -1;
	failed = documents_read(&batch, apply);
	failed |= twp_objects_check(batch.policy, batch.count, batch.file, &batch.errors);
	failed |= strangers_check(&daemon->state, &batch, apply);
	if (failed)
		return errors_answer(&batch.errors, response);
	return batch_apply(daemon, &batch, apply->replace, apply->n_replace, response, error);
}

/* What becomes of the policies of the state when some of them, or of their objects, go. */
struct removal {
	struct batch cut; /* what is left of those that lose objects */
	char **name; /* of those that go as a whole; not owned */
	size_t names;
};

/* The policy that holds an object, as far as it has been cut. */
static const struct twp_policy *holder_find(const struct twp_state *state,
					    const struct removal *removal, const char *object,
					    size_t *cut)
{
	for (*cut = 0; *cut < removal->cut.count; ++*cut)
		if (twp_policy_object(&removal->cut.policy[*cut], object))
			return &removal->cut.policy[*cut];
	for (size_t i = 0; i < state->policies; i++) {
		const struct twp_policy *policy = &state->policy[i];
		bool touched = false;

		for (size_t j = 0; j < removal->cut.count; j++)
			touched |= !strcmp(removal->cut.policy[j].name, policy->name);
		for (size_t j = 0; j < removal->names; j++)
			touched |= !strcmp(removal->name[j], policy->name);
		if (!touched && twp_policy_object(policy, object))
			return policy;
	}
	return NULL;
}

static bool is_alone(const struct twp_policy *policy, const char *object)
{
	for (size_t i = 0; i < policy->specs; i++)
		if (!policy->spec[i].object || !twp_object_is(policy->spec[i].object, object))
			return false;
	return true;
}

static int object_remove(const struct twp_state *state, struct removal *removal, const char *object,
			 struct twp_error *error)
{
	const struct twp_policy *holder;
	struct twp_policy cut = { 0 };
	bool whole;
	size_t at;

	for (size_t i = 0; i < removal->names; i++)
		if (twp_policy_object(twp_state_policy(state, removal->name[i]), object))
			return 0;
	holder = holder_find(state, removal, object, &at);
	whole = holder && is_alone(holder, object);
	if (!holder)
		return twp_error_set(error, "there is no policy %.*s, and no object of that name",
				     TWP_ENDPOINT_NAME_MAX, object);
	if (whole)
		removal->name[removal->names++] = twp_state_policy(state, holder->name)->name;
	else if (twp_policy_cut(&cut, holder, object, error))
		return -1;
	if (at < removal->cut.count)
		twp_policy_clean(&removal->cut.policy[at]);
	if (!whole)
		removal->cut.policy[at] = cut;
	else if (at < removal->cut.count)
		removal->cut.policy[at] = removal->cut.policy[--removal->cut.count];
	if (!whole && at == removal->cut.count)
		removal->cut.count++;
	return 0;
}

/* Policies first: an object of one of them goes with it. */
static int removal_fill(const struct twp_state *state, struct removal *removal,
			const Twinpath__V1__DeletePolicyRequest *del, struct twp_error *error)
{
	for (size_t i = 0; i < del->n_name; i++)
		if (twp_state_policy(state, del->name[i]))
			removal->name[removal->names++] = del->name[i];
	for (size_t i = 0; i < del->n_name; i++)
		if (!twp_state_policy(state, del->name[i]) &&
		    object_remove(state, removal, del->name[i], error))
			return -1;
	return 0;
}

int twp_request_delete_policy(struct twp_daemon *daemon, const Request *request, Response *response,
			      struct twp_error *error)
{
	const Twinpath__V1__DeletePolicyRequest *del = request->delete_policy;
	TWP_AUTOFREE char **name = calloc(del->n_name + 1, sizeof(*name));
	struct removal removal = { .name = name };
	int failed;

	if (!name)
		return twp_error_set(error, "no memory");
	failed = batch_init(&removal.cut, del->n_name, error) ||
		 removal_fill(&daemon->state, &removal, del, error);
	if (!failed)
		failed = batch_apply(daemon, &removal.cut, removal.name, removal.names, response,
				     error);
	batch_clean(&removal.cut);
	return failed;
}

int twp_request_list_policies(struct twp_daemon *daemon, const Request *request, Response *response,
			      struct twp_error *error)
{
	(void)request;
	return twp_request_done(response, TWINPATH__V1__RESPONSE__RESULT_POLICIES,
				twp_answer_policies(daemon, error));
}

int twp_request_get_policy(struct twp_daemon *daemon, const Request *request, Response *response,
			   struct twp_error *error)
{
	return twp_request_done(response, TWINPATH__V1__RESPONSE__RESULT_POLICY,
				twp_answer_policy(daemon, request->get_policy->name, error));
}
