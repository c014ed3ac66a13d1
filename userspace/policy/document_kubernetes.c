// SPDX-License-Identifier: GPL-2.0-only
/* The reader of Kubernetes NetworkPolicy, and of the metadata that Kubernetes objects have. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "document_parts.h"
#include "memory.h"

static int object_name_read(struct twp_source *source, void *into)
{
	struct twp_metadata *metadata = into;

	metadata->name_place = source->event.offset;
	return twp_text_read(source, "a name", TWP_ENDPOINT_NAME_MAX, &metadata->name);
}

/* "" is none. */
static int object_namespace_read(struct twp_source *source, void *into)
{
	struct twp_metadata *metadata = into;
	size_t place = source->event.offset;

	if (twp_text_read(source, "a name", TWP_ENDPOINT_NAME_MAX, &metadata->namespace))
		return -1;
	if (!*metadata->namespace) {
		free(metadata->namespace);
		metadata->namespace = NULL;
		return 0;
	}
	if (twp_name_is_kubernetes(metadata->namespace, true))
		return 0;
	return twp_source_fail(source, place,
			       "\"%s\" is no name of a namespace: at most 63 lower-case letters, "
			       "digits and dashes",
			       metadata->namespace);
}

static int object_labels_read(struct twp_source *source, void *into)
{
	return twp_metadata_labels_read(source, &((struct twp_metadata *)into)->labels);
}

static const struct twp_field metadata_fields[] = {
	{ "name", object_name_read, NULL },
	{ "namespace", object_namespace_read, NULL },
	{ "labels", object_labels_read, NULL },
	{ "annotations", twp_ignored_read, NULL },
	{ "creationTimestamp", twp_ignored_read, NULL },
	{ "deletionGracePeriodSeconds", twp_ignored_read, NULL },
	{ "deletionTimestamp", twp_ignored_read, NULL },
	{ "finalizers", twp_ignored_read, NULL },
	{ "generateName", twp_ignored_read, NULL },
	{ "generation", twp_ignored_read, NULL },
	{ "managedFields", twp_ignored_read, NULL },
	{ "ownerReferences", twp_ignored_read, NULL },
	{ "resourceVersion", twp_ignored_read, NULL },
	{ "selfLink", twp_ignored_read, NULL },
	{ "uid", twp_ignored_read, NULL },
	{ 0 },
};
const struct twp_mapping twp_metadata_mapping = { "metadata", metadata_fields, true };

int twp_metadata_check(struct twp_source *source, const struct twp_metadata *metadata,
		       const char *kind)
{
	bool label = !strcmp(kind, "Namespace");

	if (!metadata->name || !*metadata->name)
		return twp_source_fail(source, metadata->place ?: source->event.offset,
				       "%s has no name in its metadata", kind);
	if (twp_name_is_kubernetes(metadata->name, label))
		return 0;
	return twp_source_fail(source, metadata->name_place,
			       "\"%s\" is no name of a %s: lower-case letters, digits%s dashes%s",
			       metadata->name, kind, label ? " and" : ",",
			       label ? "" : " and dots");
}

void twp_metadata_clean(struct twp_metadata *metadata)
{
	free(metadata->name);
	free(metadata->namespace);
	twp_labels_clean(&metadata->labels);
}

/* One NetworkPolicy, as it is read. */
struct policy_item {
	struct twp_spec spec;
	struct twp_metadata metadata;
	size_t types;
	bool type[TWP_DIRECTIONS];
	enum twp_section section; /* that is read now */
	unsigned int index;
};

static const struct twp_field ingress_fields[] = {
	{ "from", twp_kubernetes_peers_read, NULL },
	{ "ports", twp_kubernetes_ports_read, NULL },
	{ 0 },
};
static const struct twp_field egress_fields[] = {
	{ "to", twp_kubernetes_peers_read, NULL },
	{ "ports", twp_kubernetes_ports_read, NULL },
	{ 0 },
};
static const struct twp_mapping ingress = { "an ingress rule", ingress_fields, true };
static const struct twp_mapping egress = { "an egress rule", egress_fields, true };

/* An empty rule allows everything, other than Cilium's. */
static int rule_read(struct twp_source *source, void *into)
{
	struct policy_item *item = into;
	TWP_CLEANUP(twp_rule_clean)
	struct twp_rule rule = {
		.section = item->section,
		.index = item->index++,
		.any_peer = true,
	};

	if (twp_mapping_read(source, item->section == TWP_SECTION_INGRESS ? &ingress : &egress,
			     &rule))
		return -1;
	return twp_rule_add(source, &item->spec, &rule);
}

static int section_read(struct twp_source *source, struct policy_item *item,
			enum twp_section section)
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

static int egress_read(struct twp_source *source, void *into)
{
	return section_read(source, into, TWP_SECTION_EGRESS);
}

static int subject_read(struct twp_source *source, void *into)
{
	return twp_pod_selector_read(source, &((struct policy_item *)into)->spec.subject);
}

static int type_read(struct twp_source *source, void *into)
{
	struct policy_item *item = into;

	if (source->event.type != TWP_EVENT_SCALAR)
		return twp_grammar_fail(source, "a policy type", "Ingress or Egress");
	if (twp_event_is(&source->event, "Ingress"))
		item->type[TWP_INGRESS] = true;
	else if (twp_event_is(&source->event, "Egress"))
		item->type[TWP_EGRESS] = true;
	else
		return twp_source_fail(source, source->event.offset,
				       "policy type %s is unknown; Ingress, Egress are known",
				       twp_quote_event(&source->event).text);
	item->types++;
	return 0;
}

static int types_read(struct twp_source *source, void *into)
{
	const struct policy_item *item = into;
	size_t place = source->event.offset;

	if (twp_list_read(source, "policyTypes", type_read, into))
		return -1;
	if (item->types <= TWP_DIRECTIONS)
		return 0;
	return twp_source_fail(source, place, "policyTypes has %zu items, and 2 are the most",
			       item->types);
}

static const struct twp_field spec_fields[] = {
	{ "podSelector", subject_read, NULL },
	{ "policyTypes", types_read, NULL },
	{ "ingress", ingress_read, NULL },
	{ "egress", egress_read, NULL },
	{ 0 },
};
static const struct twp_mapping spec_mapping = { "the spec of a NetworkPolicy", spec_fields, true };

static int spec_read(struct twp_source *source, void *into)
{
	return twp_mapping_read(source, &spec_mapping, into);
}

static int metadata_read(struct twp_source *source, void *into)
{
	struct policy_item *item = into;

	item->metadata.place = source->event.offset;
	return twp_mapping_read(source, &twp_metadata_mapping, &item->metadata);
}

static const struct twp_field policy_fields[] = {
	{ "apiVersion", twp_ignored_read, NULL }, { "kind", twp_ignored_read, NULL },
	{ "metadata", metadata_read, NULL },	  { "spec", spec_read, NULL },
	{ "status", twp_ignored_read, NULL },	  { 0 },
};
static const struct twp_mapping policy_mapping = { "a NetworkPolicy", policy_fields, true };

static void policy_item_clean(struct policy_item *item)
{
	twp_spec_clean(&item->spec);
	twp_metadata_clean(&item->metadata);
}

/* Without policyTypes: ingress always, egress if there are rules for it. */
static void types_settle(struct policy_item *item)
{
	struct twp_spec *spec = &item->spec;
	size_t kept = 0;

	if (!item->types) {
		item->type[TWP_INGRESS] = true;
		item->type[TWP_EGRESS] = spec->has[TWP_SECTION_EGRESS];
	}
	spec->isolates[TWP_INGRESS] = item->type[TWP_INGRESS];
	spec->isolates[TWP_EGRESS] = item->type[TWP_EGRESS];
	/* Rules of a direction that the policy is not about say nothing, and select nobody. */
	spec->has[TWP_SECTION_INGRESS] &= spec->isolates[TWP_INGRESS];
	spec->has[TWP_SECTION_EGRESS] &= spec->isolates[TWP_EGRESS];
	for (size_t i = 0; i < spec->rules; i++) {
		struct twp_rule *rule = &spec->rule[i];

		if (spec->isolates[rule->section == TWP_SECTION_INGRESS ? TWP_INGRESS : TWP_EGRESS])
			spec->rule[kept++] = *rule;
		else
			twp_rule_clean(rule);
	}
	spec->rules = kept;
}

static int namespaces_settle(struct twp_source *source, size_t place, struct twp_spec *spec,
			     const char *namespace)
{
	if (twp_selector_limit(source, place, &spec->subject, namespace))
		return -1;
	for (size_t i = 0; i < spec->rules; i++) {
		for (size_t j = 0; j < spec->rule[i].peers; j++) {
			struct twp_peer *peer = &spec->rule[i].peer[j];

			if (!peer->is_block && !peer->all_namespaces &&
			    twp_selector_limit(source, place, &peer->selector, namespace))
				return -1;
		}
	}
	return 0;
}

int twp_kubernetes_object_read(struct twp_source *source, struct twp_reader *reader)
{
	TWP_CLEANUP(policy_item_clean)
	struct policy_item item = { .spec.kubernetes = true };
	size_t place = source->event.offset;
	const char *namespace;

	if (twp_mapping_read(source, &policy_mapping, &item) ||
	    twp_metadata_check(source, &item.metadata, "NetworkPolicy"))
		return -1;
	namespace = item.metadata.namespace ?: TWP_NAMESPACE_DEFAULT;
	types_settle(&item);
	if (namespaces_settle(source, place, &item.spec, namespace))
		return -1;
	if (asprintf(&item.spec.object, "NetworkPolicy %s/%s", namespace, item.metadata.name) < 0) {
		item.spec.object = NULL;
		return twp_document_no_memory(source);
	}
	return twp_spec_add(source, reader->policy, &item.spec);
}
