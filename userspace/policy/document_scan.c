// SPDX-License-Identifier: GPL-2.0-only
/*
 * The first look at a file: what kind of object each mapping is. An object may
 * say its kind behind what depends on it, and nothing of it is kept in memory.
 */
#include <stdlib.h>
#include <string.h>

#include "document_parts.h"
#include "memory.h"

static const struct {
	const char *kind, *version;
	enum twp_object_kind object;
} kinds[] = {
	{ "CiliumNetworkPolicy", "cilium.io/v2", TWP_OBJECT_CILIUM },
	{ "CiliumClusterwideNetworkPolicy", "cilium.io/v2", TWP_OBJECT_CILIUM_CLUSTERWIDE },
	{ "NetworkPolicy", "networking.k8s.io/v1", TWP_OBJECT_KUBERNETES },
	{ "Namespace", "v1", TWP_OBJECT_NAMESPACE },
	{ "Pod", "v1", TWP_OBJECT_POD },
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* What the fields of a mapping say. */
struct look {
	char kind[64], version[64]; /* "": not there */
	size_t kind_place, version_place;
	bool rule, endpoint, endpoints;
};

static int text_look(const struct twp_source *source, const char *what, char text[64],
		     size_t *place)
{
	const struct twp_event *event = &source->event;

	*place = event->offset;
	if (event->type != TWP_EVENT_SCALAR || !event->length || event->length > 63)
		return twp_source_fail(source, event->offset, "%s %s is unknown", what,
				       event->type == TWP_EVENT_SCALAR ?
					       twp_quote_event(event).text :
					       twp_event_kind(event));
	memcpy(text, event->text, event->length);
	text[event->length] = '\0';
	return 0;
}

static int version_check(const struct twp_source *source, const struct look *look,
			 const char *wanted)
{
	if (!*look->version)
		return twp_source_fail(source, look->kind_place,
				       "field \"apiVersion\" is missing; %s is of %s", look->kind,
				       wanted);
	if (strcmp(look->version, wanted))
		return twp_source_fail(source, look->version_place,
				       "apiVersion \"%s\" of %s is not supported; %s is",
				       look->version, look->kind, wanted);
	return 0;
}

static int form_decide(const struct twp_source *source, size_t place, const struct look *look,
		       enum twp_object_kind otherwise, struct twp_object_form *form)
{
	size_t length = strlen(look->kind);

	/* An item that says no kind is of its list's. */
	*form = (struct twp_object_form){ otherwise, otherwise };
	if (!*look->kind && (otherwise != TWP_OBJECT_RULE || !*look->version)) {
		if (otherwise == TWP_OBJECT_RULE && !look->rule)
			form->kind = look->endpoint  ? TWP_OBJECT_ENDPOINT :
				     look->endpoints ? TWP_OBJECT_ENDPOINTS :
						       TWP_OBJECT_RULE;
		return 0;
	}
	if (!*look->kind)
		return twp_source_fail(source, place, "field \"kind\" is missing");
	if (otherwise == TWP_OBJECT_LIST && strlen(look->kind) >= 4 &&
	    !strcmp(look->kind + length - 4, "List"))
		return twp_source_fail(source, look->kind_place, "a list within a list");
	if (!strcmp(look->kind, "List")) {
		*form = (struct twp_object_form){ TWP_OBJECT_LIST, TWP_OBJECT_RULE };
		return version_check(source, look, "v1");
	}
	for (size_t i = 0; i < KINDS; i++) {
		size_t known = strlen(kinds[i].kind);

		if (strncmp(look->kind, kinds[i].kind, known))
			continue;
		if (length == known)
			form->kind = kinds[i].object;
		else if (!strcmp(look->kind + known, "List"))
			*form = (struct twp_object_form){ TWP_OBJECT_LIST, kinds[i].object };
		else
			continue;
		return version_check(source, look, kinds[i].version);
	}
	return twp_source_fail(source, look->kind_place, "kind \"%s\" is not supported",
			       look->kind);
}

static void field_look(const struct twp_event *key, struct look *look)
{
	static const char *const rules[] = { "endpointSelector", "nodeSelector", "ingress",
					     "egress",		 "ingressDeny",	 "egressDeny" };

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		look->rule |= twp_event_is(key, rules[i]);
	look->endpoint |= twp_event_is(key, "name") || twp_event_is(key, "addresses");
	look->endpoints |= twp_event_is(key, "endpoint");
}

static int object_scan(struct twp_forms *forms, struct twp_source *source,
		       enum twp_object_kind otherwise);

static int list_scan(struct twp_forms *forms, struct twp_source *source,
		     enum twp_object_kind otherwise)
{
	unsigned int depth = twp_source_depth(source);

	for (;;) {
		if (twp_source_next(source))
			return -1;
		if (twp_source_depth(source) < depth)
			return 0;
		if (source->event.type == TWP_EVENT_MAPPING ?
			    object_scan(forms, source, otherwise) :
			    twp_ignored_read(source, NULL))
			return -1;
	}
}

/* A list of objects holds objects, but none that is a list. */
static int object_scan(struct twp_forms *forms, struct twp_source *source,
		       enum twp_object_kind otherwise)
{
	struct twp_object_form *array = twp_array_grow(forms->form, forms->count, sizeof(*array));
	size_t at = forms->count, place = source->event.offset;
	unsigned int depth = twp_source_depth(source);
	struct look look = { 0 };

	if (!array)
		return twp_document_no_memory(source);
	forms->form = array;
	forms->count++;
	for (;;) {
		bool items, kind, version;

		if (twp_source_next(source))
			return -1;
		if (twp_source_depth(source) < depth)
			break;
		field_look(&source->event, &look);
		items = otherwise == TWP_OBJECT_RULE && twp_event_is(&source->event, "items");
		kind = twp_event_is(&source->event, "kind");
		version = twp_event_is(&source->event, "apiVersion");
		if (source->event.type != TWP_EVENT_SCALAR) {
			items = kind = version = false;
			if (twp_ignored_read(source, NULL))
				return -1;
		}
		if (twp_source_next(source))
			return -1;
		if (kind && text_look(source, "kind", look.kind, &look.kind_place))
			return -1;
		if (version && text_look(source, "apiVersion", look.version, &look.version_place))
			return -1;
		if (items && source->event.type == TWP_EVENT_LIST ?
			    list_scan(forms, source, TWP_OBJECT_LIST) :
			    twp_ignored_read(source, NULL))
			return -1;
	}
	return form_decide(source, place, &look, otherwise, &forms->form[at]);
}

int twp_forms_scan(struct twp_forms *forms, struct twp_source *source)
{
	for (;;) {
		int result;

		if (twp_source_next(source))
			return -1;
		switch (source->event.type) {
		case TWP_EVENT_END:
			return 0;
		case TWP_EVENT_LIST:
			result = list_scan(forms, source, TWP_OBJECT_RULE);
			break;
		case TWP_EVENT_MAPPING:
			result = object_scan(forms, source, TWP_OBJECT_RULE);
			break;
		default:
			result = 0;
		}
		if (result)
			return -1;
	}
}
