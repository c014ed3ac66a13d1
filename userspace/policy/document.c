// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reader of Cilium's rules: their grammar, and the model that comes of it.
 */
#include "document.h"

#include <string.h>

#include "document_parts.h"
#include "memory.h"

static const struct twp_field ingress_fields[] = {
	{ "fromEndpoints", twp_from_endpoints_read, NULL },
	{ "toPorts", twp_to_ports_read, NULL },
	{ "fromRequires", NULL, NULL },
	{ "fromCIDR", NULL, NULL },
	{ "fromCIDRSet", NULL, NULL },
	{ "fromEntities", NULL, NULL },
	{ "fromGroups", NULL, NULL },
	{ "fromNodes", NULL, NULL },
	{ "icmps", NULL, NULL },
	{ "authentication", NULL, NULL },
	{ 0 },
};

static const struct twp_field egress_fields[] = {
	{ "toEndpoints", twp_to_endpoints_read, NULL },
	{ "toPorts", twp_to_ports_read, NULL },
	{ "toRequires", NULL, NULL },
	{ "toCIDR", NULL, NULL },
	{ "toCIDRSet", NULL, NULL },
	{ "toEntities", NULL, NULL },
	{ "toGroups", NULL, NULL },
	{ "toNodes", NULL, NULL },
	{ "toServices", NULL, NULL },
	{ "toFQDNs", NULL, NULL },
	{ "icmps", NULL, NULL },
	{ "authentication", NULL, NULL },
	{ 0 },
};

static const struct twp_mapping rules[TWP_SECTIONS] = {
	[TWP_SECTION_INGRESS] = { "an ingress rule", ingress_fields },
	[TWP_SECTION_INGRESS_DENY] = { "an ingressDeny rule", ingress_fields },
	[TWP_SECTION_EGRESS] = { "an egress rule", egress_fields },
	[TWP_SECTION_EGRESS_DENY] = { "an egressDeny rule", egress_fields },
};

/* One rule object, as it is read. */
struct spec_item {
	struct twp_spec spec;
	unsigned int number; /* in the document */
	bool has_subject;
	enum twp_section section; /* that is read now */
	unsigned int index; /* of its next rule */
};

static int rule_read(struct twp_source *source, void *into)
{
	struct spec_item *item = into;
	struct twp_spec *spec = &item->spec;
	TWP_CLEANUP(twp_rule_clean)
	struct twp_rule rule = {
		.section = item->section,
		.index = item->index++,
		.spec = item->number,
		.any_peer = true,
	};
	struct twp_rule *array;

	if (twp_mapping_read(source, &rules[item->section], &rule))
		return -1;
	rule.nothing = rule.any_peer && !rule.ports;
	rule.any_peer &= !rule.nothing;
	array = twp_array_grow(spec->rule, spec->rules, sizeof(*array));
	if (!array)
		return twp_document_no_memory(source);
	spec->rule = array;
	array[spec->rules++] = rule;
	rule = (struct twp_rule){ 0 };
	return 0;
}

static int section_read(struct twp_source *source, struct spec_item *item, enum twp_section section)
{
	item->section = section;
	item->index = 0;
	if (twp_list_read(source, twp_section_names[section], rule_read, item))
		return -1;
	item->spec.has[section] = item->index;
	return 0;
}

static int ingress_read(struct twp_source *source, void *into)
{
	return section_read(source, into, TWP_SECTION_INGRESS);
}

static int ingress_deny_read(struct twp_source *source, void *into)
{
	return section_read(source, into, TWP_SECTION_INGRESS_DENY);
}

static int egress_read(struct twp_source *source, void *into)
{
	return section_read(source, into, TWP_SECTION_EGRESS);
}

static int egress_deny_read(struct twp_source *source, void *into)
{
	return section_read(source, into, TWP_SECTION_EGRESS_DENY);
}

static int subject_read(struct twp_source *source, void *into)
{
	struct spec_item *item = into;
	size_t place = source->event.offset;

	item->has_subject = true;
	if (twp_mapping_read(source, &twp_selector_mapping, &item->spec.subject.labels))
		return -1;
	if (twp_labels_get(&item->spec.subject.labels, TWP_LABEL_WORLD))
		return twp_source_fail(source, place,
				       "no policy can select reserved:world, which is no endpoint");
	return 0;
}

static const struct twp_field spec_fields[] = {
	{ "endpointSelector", subject_read, NULL },
	{ "ingress", ingress_read, NULL },
	{ "ingressDeny", ingress_deny_read, NULL },
	{ "egress", egress_read, NULL },
	{ "egressDeny", egress_deny_read, NULL },
	{ "nodeSelector", NULL, NULL },
	{ "enableDefaultDeny", NULL, NULL },
	{ "labels", NULL, NULL },
	{ "description", NULL, NULL },
	{ "log", NULL, NULL },
	{ "apiVersion", NULL, "Kubernetes objects" },
	{ "kind", NULL, "Kubernetes objects" },
	{ "metadata", NULL, "Kubernetes objects" },
	{ "spec", NULL, "Kubernetes objects" },
	{ "specs", NULL, "Kubernetes objects" },
	{ 0 },
};
static const struct twp_mapping spec = { "a rule object", spec_fields };

static void spec_item_clean(struct spec_item *item)
{
	twp_spec_clean(&item->spec);
}

static int spec_read(struct twp_source *source, void *into)
{
	struct twp_policy *policy = into;
	TWP_CLEANUP(spec_item_clean)
	struct spec_item item = {
		.number = (unsigned int)policy->specs,
	};
	size_t place = source->event.offset;
	struct twp_spec *array;

	if (twp_mapping_read(source, &spec, &item))
		return -1;
	if (!item.has_subject)
		return twp_source_fail(source, place,
				       "field \"endpointSelector\" is missing; {} selects every "
				       "endpoint");
	array = twp_array_grow(policy->spec, policy->specs, sizeof(*array));
	if (!array)
		return twp_document_no_memory(source);
	policy->spec = array;
	array[policy->specs++] = item.spec;
	item.spec = (struct twp_spec){ 0 };
	return 0;
}

static int document_read(struct twp_source *source, struct twp_policy *policy)
{
	const struct twp_event *event = &source->event;

	if (twp_source_next(source))
		return -1;
	if (event->type == TWP_EVENT_LIST) {
		if (twp_list_read(source, "the document", spec_read, policy))
			return -1;
	} else if (event->type == TWP_EVENT_MAPPING) {
		if (spec_read(source, policy))
			return -1;
	} else if (event->type == TWP_EVENT_SCALAR && !(event->plain && !event->length)) {
		return twp_grammar_fail(source, "the document", "a rule object or a list of them");
	}
	/* Nothing may follow, which is for the source to say. */
	while (event->type != TWP_EVENT_END)
		if (twp_source_next(source))
			return -1;
	return policy->specs ? 0 : twp_source_fail(source, 0, "the document holds no rule");
}

static int texts_keep(struct twp_policy *policy, const char *name, const char *text, size_t length)
{
	policy->name = strdup(name);
	policy->text = strndup(text, length);
	return policy->name && policy->text ? 0 : -1;
}

int twp_document_read(struct twp_policy *policy, const char *name, const char *file,
		      const char *text, size_t length, struct twp_error *error)
{
	TWP_CLEANUP(twp_policy_clean) struct twp_policy made = { 0 };
	TWP_CLEANUP(twp_source_close) struct twp_source source = { 0 };

	if (twp_source_open(&source, file, text, length, error) || document_read(&source, &made))
		return -1;
	if (texts_keep(&made, name, text, length))
		return twp_document_no_memory(&source);
	*policy = made;
	made = (struct twp_policy){ 0 };
	return 0;
}
