// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reader of a file: looks what its objects are, and has each read by the
 * reader of its kind.
 */
#include "document.h"

#include <stdlib.h>
#include <string.h>

#include "document_parts.h"
#include "memory.h"
#include "rule_key.h"

int twp_document_no_memory(const struct twp_source *source)
{
	return twp_error_set(source->error, "%s: out of memory", source->file);
}

int twp_rule_add(struct twp_source *source, struct twp_spec *spec, struct twp_rule *rule)
{
	struct twp_rule *array = twp_array_grow(spec->rule, spec->rules, sizeof(*array));

	if (!array)
		return twp_document_no_memory(source);
	spec->rule = array;
	array[spec->rules++] = *rule;
	*rule = (struct twp_rule){ 0 };
	return 0;
}

int twp_spec_add(struct twp_source *source, struct twp_policy *policy, struct twp_spec *spec)
{
	struct twp_spec *array = twp_array_grow(policy->spec, policy->specs, sizeof(*array));

	if (!array)
		return twp_document_no_memory(source);
	policy->spec = array;
	for (size_t i = 0; i < spec->rules; i++)
		spec->rule[i].spec = (unsigned int)policy->specs;
	array[policy->specs++] = *spec;
	*spec = (struct twp_spec){ 0 };
	return 0;
}

static int object_read(struct twp_source *source, void *into);

static int item_read(struct twp_source *source, void *into)
{
	return object_read(source, into);
}

static int items_read(struct twp_source *source, void *into)
{
	return twp_list_read(source, "items", item_read, into);
}

static const struct twp_field list_fields[] = {
	{ "apiVersion", twp_ignored_read, NULL },
	{ "kind", twp_ignored_read, NULL },
	{ "metadata", twp_ignored_read, NULL },
	{ "items", items_read, NULL },
	{ 0 },
};
static const struct twp_mapping list = { "a list of objects", list_fields, true };

/* What was there before an object, and where it begins. */
struct begin {
	size_t specs, namespaces, endpoints, offset;
	struct twp_place place;
};

static void object_begin(struct begin *begin, struct twp_source *source,
			 const struct twp_reader *reader)
{
	const struct twp_inventory *inventory = reader->inventory;

	*begin = (struct begin){
		.specs = reader->policy ? reader->policy->specs : 0,
		.namespaces = inventory ? inventory->namespaces : 0,
		.endpoints = inventory ? inventory->endpoints : 0,
		.offset = source->event.offset,
		.place.file = inventory ? (unsigned int)inventory->files : 0,
	};
	twp_source_place(source, begin->offset, &begin->place.line, &begin->place.column);
}

/* What the object brought along knows where it stands. */
static void object_end(const struct begin *begin, const struct twp_source *source,
		       struct twp_reader *reader)
{
	struct twp_inventory *inventory = reader->inventory;
	size_t end = source->event.offset, skipped = reader->skipped;

	/* The end of a mapping in braces is its brace, of another what follows it. */
	end += source->text[begin->offset] == '{';
	for (size_t i = begin->specs; reader->policy && i < reader->policy->specs; i++) {
		struct twp_spec *spec = &reader->policy->spec[i];

		spec->place = begin->place;
		spec->begin = begin->offset + skipped;
		spec->end = end + skipped;
	}
	for (size_t i = begin->namespaces; inventory && i < inventory->namespaces; i++)
		inventory->namespace[i].place = begin->place;
	for (size_t i = begin->endpoints; inventory && i < inventory->endpoints; i++)
		inventory->endpoint[i].place = begin->place;
}

static int own_item_read(struct twp_source *source, void *into)
{
	struct begin begin;

	object_begin(&begin, source, into);
	if (twp_endpoint_object_read(source, into))
		return -1;
	object_end(&begin, source, into);
	return 0;
}

static int own_list_read(struct twp_source *source, void *into)
{
	return twp_list_read(source, "endpoint", own_item_read, into);
}

static const struct twp_field own_list_fields[] = {
	{ "endpoint", own_list_read, NULL },
	{ 0 },
};
static const struct twp_mapping own_list = { "a list of endpoints", own_list_fields, false };

static int kind_check(const struct twp_source *source, const struct twp_reader *reader,
		      enum twp_object_kind kind)
{
	bool inventory = kind == TWP_OBJECT_NAMESPACE || kind == TWP_OBJECT_POD ||
			 kind == TWP_OBJECT_ENDPOINT || kind == TWP_OBJECT_ENDPOINTS;

	if (kind == TWP_OBJECT_LIST ||
	    (inventory ? reader->inventory != NULL : reader->policy != NULL))
		return 0;
	return twp_source_fail(source, source->event.offset,
			       inventory ? "an endpoint or a namespace is no policy" :
					   "a policy is no endpoint and no namespace");
}

static int kind_read(struct twp_source *source, struct twp_reader *reader,
		     enum twp_object_kind kind)
{
	switch (kind) {
	case TWP_OBJECT_RULE:
		return twp_rule_object_read(source, reader);
	case TWP_OBJECT_ENDPOINT:
		return twp_endpoint_object_read(source, reader);
	case TWP_OBJECT_ENDPOINTS:
		return twp_mapping_read(source, &own_list, reader);
	case TWP_OBJECT_CILIUM:
	case TWP_OBJECT_CILIUM_CLUSTERWIDE:
		return twp_cilium_object_read(source, reader,
					      kind == TWP_OBJECT_CILIUM_CLUSTERWIDE);
	case TWP_OBJECT_KUBERNETES:
		return twp_kubernetes_object_read(source, reader);
	case TWP_OBJECT_NAMESPACE:
		return twp_namespace_object_read(source, reader);
	case TWP_OBJECT_POD:
		return twp_pod_object_read(source, reader);
	case TWP_OBJECT_LIST:
		return twp_mapping_read(source, &list, reader);
	}
	return -1;
}

/* The mapping at hand is the next that was scanned, as long as both walks agree on what is one. */
static int object_read(struct twp_source *source, void *into)
{
	struct twp_reader *reader = into;
	enum twp_object_kind kind;
	struct begin begin;

	if (source->event.type != TWP_EVENT_MAPPING || reader->forms.next == reader->forms.count)
		return twp_grammar_fail(source, "an object", "a mapping");
	kind = reader->forms.form[reader->forms.next++].kind;
	if (kind_check(source, reader, kind))
		return -1;
	object_begin(&begin, source, reader);
	if (kind_read(source, reader, kind))
		return -1;
	/* What is in a list stands there. */
	if (kind != TWP_OBJECT_LIST && kind != TWP_OBJECT_ENDPOINTS)
		object_end(&begin, source, reader);
	return 0;
}

/* Items of a list whose kind the list says, where they do not. */
static void forms_settle(struct twp_forms *forms)
{
	enum twp_object_kind items = TWP_OBJECT_RULE;

	for (size_t i = 0; i < forms->count; i++) {
		struct twp_object_form *form = &forms->form[i];

		if (form->kind == TWP_OBJECT_LIST && form->items == TWP_OBJECT_LIST)
			form->kind = items;
		else if (form->kind == TWP_OBJECT_LIST)
			items = form->items;
	}
}

static int document_read(struct twp_source *source, struct twp_reader *reader)
{
	const struct twp_event *event = &source->event;

	if (event->type == TWP_EVENT_LIST)
		return twp_list_read(source, "the document", item_read, reader);
	if (event->type == TWP_EVENT_MAPPING)
		return object_read(source, reader);
	if (twp_event_is_null(event))
		return 0;
	return twp_grammar_fail(source, "the document", "an object or a list of them");
}

static int documents_read(struct twp_source *source, struct twp_reader *reader)
{
	int result = 0;

	for (;;) {
		if (twp_source_next(source))
			return -1;
		if (source->event.type == TWP_EVENT_END)
			return result;
		if (document_read(source, reader)) {
			result = -1;
			if (twp_source_recover(source, 0))
				return -1;
		}
	}
}

static int scan(struct twp_reader *reader, const char *file, const char *text, size_t length,
		struct twp_error *error)
{
	TWP_CLEANUP(twp_source_close) struct twp_source source = { 0 };

	if (twp_source_open(&source, file, text, length, error) ||
	    twp_forms_scan(&reader->forms, &source))
		return -1;
	forms_settle(&reader->forms);
	return 0;
}

static int file_keep(struct twp_inventory *inventory, const char *file)
{
	char **array = twp_array_grow(inventory->file, inventory->files, sizeof(*array));

	if (!array)
		return -1;
	inventory->file = array;
	array[inventory->files] = strdup(file);
	return array[inventory->files++] ? 0 : -1;
}

static int read_all(struct twp_reader *reader, const char *file, const char *text, size_t length,
		    struct twp_errors *errors, struct twp_error *error)
{
	TWP_CLEANUP(twp_source_close) struct twp_source source = { 0 };
	struct twp_error own = { "" };
	size_t before = errors ? errors->count : 0;
	int failed;

	error = error ?: &own;
	if (reader->inventory && file_keep(reader->inventory, file)) {
		if (errors)
			twp_errors_add(errors, "out of memory");
		return twp_error_set(error, "%s: out of memory", file);
	}
	if (scan(reader, file, text, length, error)) {
		if (errors)
			twp_errors_add(errors, error->text);
		free(reader->forms.form);
		return -1;
	}
	failed = twp_source_open(&source, file, text, length, error);
	source.errors = errors;
	reader->skipped = (size_t)(source.text - text);
	failed = failed || documents_read(&source, reader);
	if (failed && errors && errors->count == before)
		twp_errors_add(errors, error->text);
	if (!failed && !reader->inventory && !reader->policy->specs)
		failed = twp_source_fail(&source, 0, "the document holds no rule");
	free(reader->forms.form);
	return failed ? -1 : 0;
}

static int texts_keep(struct twp_policy *policy, const char *name, const char *text, size_t length)
{
	policy->name = strdup(name);
	policy->text = strndup(text, length);
	return policy->name && policy->text ? twp_policy_keys(policy) : -1;
}

static int policy_read(struct twp_policy *policy, const char *name, const char *file,
		       const char *text, size_t length, struct twp_errors *errors,
		       struct twp_error *error)
{
	TWP_CLEANUP(twp_policy_clean) struct twp_policy made = { 0 };
	struct twp_reader reader = { .policy = &made };

	if (read_all(&reader, file, text, length, errors, error))
		return -1;
	if (texts_keep(&made, name, text, length)) {
		if (errors)
			twp_errors_add(errors, "out of memory");
		return twp_error_set(error, "%s: out of memory", file);
	}
	*policy = made;
	made = (struct twp_policy){ 0 };
	return 0;
}

int twp_document_read(struct twp_policy *policy, const char *name, const char *file,
		      const char *text, size_t length, struct twp_error *error)
{
	return policy_read(policy, name, file, text, length, NULL, error);
}

int twp_document_check(struct twp_policy *policy, const char *name, const char *file,
		       const char *text, size_t length, struct twp_errors *errors)
{
	return policy_read(policy, name, file, text, length, errors, NULL);
}

int twp_inventory_read(struct twp_inventory *inventory, const char *file, const char *text,
		       size_t length, struct twp_error *error)
{
	struct twp_reader reader = { .inventory = inventory };

	return read_all(&reader, file, text, length, NULL, error);
}

int twp_file_read(struct twp_policy *policy, struct twp_inventory *inventory, const char *file,
		  const char *text, size_t length, struct twp_errors *errors)
{
	TWP_CLEANUP(twp_policy_clean) struct twp_policy made = { 0 };
	struct twp_reader reader = { .policy = &made, .inventory = inventory };

	if (read_all(&reader, file, text, length, errors, NULL))
		return -1;
	if (texts_keep(&made, file, text, length)) {
		twp_errors_add(errors, "out of memory");
		return -1;
	}
	*policy = made;
	made = (struct twp_policy){ 0 };
	return 0;
}
