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
	bool **goes; /* by policy, NULL: none of its rule objects; by rule object */
	struct place *place; /* of every object */
	size_t places;
};

/* A rule object of the state. */
struct place {
	const char *object;
	size_t policy, spec;
};

static int place_compare(const void *a, const void *b)
{
	return strcmp(((const struct place *)a)->object, ((const struct place *)b)->object);
}

static int removal_init(struct removal *removal, const struct twp_state *state, size_t names)
{
	size_t specs = 0;

	for (size_t i = 0; i < state->policies; i++)
		specs += state->policy[i].specs;
	removal->name = calloc(names + 1, sizeof(*removal->name));
	removal->goes = calloc(state->policies + 1, sizeof(*removal->goes));
	removal->place = calloc(specs + 1, sizeof(*removal->place));
	if (!removal->name || !removal->goes || !removal->place)
		return -1;
	for (size_t i = 0; i < state->policies; i++)
		for (size_t j = 0; j < state->policy[i].specs; j++)
			if (state->policy[i].spec[j].object)
				removal->place[removal->places++] =
					(struct place){ state->policy[i].spec[j].object, i, j };
	qsort(removal->place, removal->places, sizeof(*removal->place), place_compare);
	return 0;
}

/* While the state still has the policies that it is about. */
static void goes_clean(struct removal *removal, size_t policies)
{
	for (size_t i = 0; removal->goes && i < policies; i++)
		free(removal->goes[i]);
	free(removal->goes);
	removal->goes = NULL;
}

static void removal_clean(struct removal *removal)
{
	free(removal->place);
	free(removal->name);
	batch_clean(&removal->cut);
}

/* Marks the rule objects of an object, which stand behind each other in the places. */
static int object_mark(const struct twp_state *state, struct removal *removal, const char *name,
		       struct twp_error *error)
{
	TWP_AUTOFREE char *object = strdup(name);
	const struct place *place, *end = removal->place + removal->places;
	struct place wanted = { .object = object };
	size_t kind = strcspn(name, " /");

	if (!object)
		return twp_error_set(error, "no memory");
	if (object[kind])
		object[kind] = ' ';
	place = bsearch(&wanted, removal->place, removal->places, sizeof(*place), place_compare);
	if (!place)
		return twp_error_set(error, "there is no policy %.*s, and no object of that name",
				     TWP_ENDPOINT_NAME_MAX, name);
	while (place > removal->place && !place_compare(place - 1, &wanted))
		place--;
	for (; place < end && !place_compare(place, &wanted); place++) {
		bool **goes = &removal->goes[place->policy];

		if (!*goes)
			*goes = calloc(state->policy[place->policy].specs, sizeof(**goes));
		if (!*goes)
			return twp_error_set(error, "no memory");
		(*goes)[place->spec] = true;
	}
	return 0;
}

/* Cuts a policy once, however many of its objects go; one that loses all goes as a whole. */
static int objects_cut(struct removal *removal, const struct twp_policy *policy, const bool *goes,
		       struct twp_error *error)
{
	size_t stay = 0;

	for (size_t i = 0; i < policy->specs; i++)
		stay += !goes[i];
	if (!stay) {
		removal->name[removal->names++] = policy->name;
		return 0;
	}
	if (twp_policy_cut(&removal->cut.policy[removal->cut.count], policy, goes, error))
		return -1;
	removal->cut.count++;
	return 0;
}

/* An object of a policy that goes goes with it. */
static int removal_fill(const struct twp_state *state, struct removal *removal,
			const Twinpath__V1__DeletePolicyRequest *del, struct twp_error *error)
{
	for (size_t i = 0; i < del->n_name; i++)
		if (!twp_state_policy(state, del->name[i]) &&
		    object_mark(state, removal, del->name[i], error))
			return -1;
	for (size_t i = 0; i < del->n_name; i++) {
		const struct twp_policy *policy = twp_state_policy(state, del->name[i]);

		if (!policy)
			continue;
		removal->name[removal->names++] = del->name[i];
		free(removal->goes[policy - state->policy]);
		removal->goes[policy - state->policy] = NULL;
	}
	for (size_t i = 0; i < state->policies; i++)
		if (removal->goes[i] &&
		    objects_cut(removal, &state->policy[i], removal->goes[i], error))
			return -1;
	return 0;
}

int twp_request_delete_policy(struct twp_daemon *daemon, const Request *request, Response *response,
			      struct twp_error *error)
{
	const Twinpath__V1__DeletePolicyRequest *del = request->delete_policy;
	const struct twp_state *state = &daemon->state;
	struct removal removal = { 0 };
	int failed;

	failed = batch_init(&removal.cut, del->n_name, error);
	if (!failed && removal_init(&removal, state, del->n_name))
		failed = twp_error_set(error, "no memory");
	if (!failed)
		failed = removal_fill(state, &removal, del, error);
	goes_clean(&removal, state->policies);
	if (!failed)
		failed = batch_apply(daemon, &removal.cut, removal.name, removal.names, response,
				     error);
	removal_clean(&removal);
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
