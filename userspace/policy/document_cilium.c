// SPDX-License-Identifier: GPL-2.0-only
/* The reader of Cilium's rule objects, plain or in CiliumNetworkPolicy and its clusterwide kin. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "document_parts.h"
#include "memory.h"

/* One rule, as it is read. */
struct rule_item {
	struct twp_rule rule;
	const char *kind; /* of its peers; NULL: none yet */
	bool has_ports, has_icmps;
};

static int peers_of_kind(struct twp_source *source, struct rule_item *item, const char *kind,
			 twp_grammar_reader *read)
{
	size_t place = source->event.offset, before = item->rule.peers;

	if (source->event.type != TWP_EVENT_LIST)
		return twp_grammar_fail(source, kind, "a list");
	item->rule.any_peer = false;
	if (read(source, &item->rule))
		return -1;
	if (item->rule.peers > before && item->kind)
		return twp_source_fail(source, place,
				       "%s beside %s in one rule is not supported; make two rules",
				       kind, item->kind);
	if (item->rule.peers > before)
		item->kind = kind;
	return 0;
}

#define PEERS(function, field, reader)                             \
	static int function(struct twp_source *source, void *into) \
	{                                                          \
		return peers_of_kind(source, into, field, reader); \
	}

PEERS(from_endpoints_read, "fromEndpoints", twp_endpoints_peers_read)
PEERS(to_endpoints_read, "toEndpoints", twp_endpoints_peers_read)
PEERS(from_cidr_read, "fromCIDR", twp_cidr_peers_read)
PEERS(to_cidr_read, "toCIDR", twp_cidr_peers_read)
PEERS(from_cidr_set_read, "fromCIDRSet", twp_cidr_set_peers_read)
PEERS(to_cidr_set_read, "toCIDRSet", twp_cidr_set_peers_read)
PEERS(from_entities_read, "fromEntities", twp_entities_read)
PEERS(to_entities_read, "toEntities", twp_entities_read)

/* A requirement limits what its rule opens, and opens nothing by itself. */
static int requires_read(struct twp_source *source, void *into)
{
	return twp_requires_read(source, &((struct rule_item *)into)->rule);
}

static int ports_beside_icmps(const struct twp_source *source, const struct rule_item *item,
			      size_t place)
{
	if (!item->has_ports || !item->has_icmps)
		return 0;
	return twp_source_fail(source, place,
			       "icmps beside toPorts in one rule is not supported; make two rules");
}

static int to_ports_read(struct twp_source *source, void *into)
{
	struct rule_item *item = into;
	size_t place = source->event.offset, before = item->rule.ports;
	bool nothing = item->rule.nothing;

	item->rule.nothing = false;
	if (twp_to_ports_read(source, &item->rule))
		return -1;
	item->has_ports = item->rule.ports > before || item->rule.nothing;
	item->rule.nothing |= nothing;
	return ports_beside_icmps(source, item, place);
}

static int icmps_read(struct twp_source *source, void *into)
{
	struct rule_item *item = into;
	size_t place = source->event.offset, before = item->rule.ports;

	if (twp_icmps_read(source, &item->rule))
		return -1;
	item->has_icmps = item->rule.ports > before || item->rule.nothing;
	return ports_beside_icmps(source, item, place);
}

static const struct twp_field ingress_fields[] = {
	{ "fromEndpoints", from_endpoints_read, NULL },
	{ "fromRequires", requires_read, NULL },
	{ "fromCIDR", from_cidr_read, NULL },
	{ "fromCIDRSet", from_cidr_set_read, NULL },
	{ "fromEntities", from_entities_read, NULL },
	{ "toPorts", to_ports_read, NULL },
	{ "icmps", icmps_read, NULL },
	{ "fromGroups", NULL, NULL },
	{ "fromNodes", NULL, NULL },
	{ "authentication", NULL, NULL },
	{ 0 },
};

static const struct twp_field egress_fields[] = {
	{ "toEndpoints", to_endpoints_read, NULL },
	{ "toRequires", requires_read, NULL },
	{ "toCIDR", to_cidr_read, NULL },
	{ "toCIDRSet", to_cidr_set_read, NULL },
	{ "toEntities", to_entities_read, NULL },
	{ "toPorts", to_ports_read, NULL },
	{ "icmps", icmps_read, NULL },
	{ "toGroups", NULL, NULL },
	{ "toNodes", NULL, NULL },
	{ "toServices", NULL, NULL },
	{ "toFQDNs", NULL, NULL },
	{ "authentication", NULL, NULL },
	{ 0 },
};

static const struct twp_mapping rules[TWP_SECTIONS] = {
	[TWP_SECTION_INGRESS] = { "an ingress rule", ingress_fields, false },
	[TWP_SECTION_INGRESS_DENY] = { "an ingressDeny rule", ingress_fields, false },
	[TWP_SECTION_EGRESS] = { "an egress rule", egress_fields, false },
	[TWP_SECTION_EGRESS_DENY] = { "an egressDeny rule", egress_fields, false },
};

/* One rule object, as it is read. */
struct spec_item {
	struct twp_spec spec;
	bool has_subject;
	signed char default_deny[TWP_DIRECTIONS]; /* said: 1 or 0; not said: -1 */
	enum twp_section section; /* that is read now */
	unsigned int index; /* of its next rule */
};

static void rule_item_clean(struct rule_item *item)
{
	twp_rule_clean(&item->rule);
}

static int rule_read(struct twp_source *source, void *into)
{
	struct spec_item *item = into;
	TWP_CLEANUP(rule_item_clean)
	struct rule_item made = {
		.rule.section = item->section,
		.rule.index = item->index++,
		.rule.any_peer = true,
	};

	if (twp_mapping_read(source, &rules[item->section], &made))
		return -1;
	/* A rule that says nothing selects nobody. */
	if (made.rule.any_peer && !made.rule.ports) {
		made.rule.nothing = true;
		made.rule.any_peer = false;
	}
	return twp_rule_add(source, &item->spec, &made.rule);
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
	if (twp_cilium_selector_read(source, &item->spec.subject))
		return -1;
	if (twp_selector_wants(&item->spec.subject, TWP_LABEL_WORLD, false))
		return twp_source_fail(source, place,
				       "no policy can select reserved:world, which is no endpoint");
	return 0;
}

static int flag_read(struct twp_source *source, signed char *flag)
{
	const struct twp_event *event = &source->event;

	if (event->type == TWP_EVENT_SCALAR && event->plain &&
	    (twp_event_is(event, "true") || twp_event_is(event, "false"))) {
		*flag = twp_event_is(event, "true");
		return 0;
	}
	return twp_grammar_fail(source, "enableDefaultDeny", "true or false for each direction");
}

static int deny_ingress_read(struct twp_source *source, void *into)
{
	return flag_read(source, &((struct spec_item *)into)->default_deny[TWP_INGRESS]);
}

static int deny_egress_read(struct twp_source *source, void *into)
{
	return flag_read(source, &((struct spec_item *)into)->default_deny[TWP_EGRESS]);
}

static const struct twp_field default_deny_fields[] = {
	{ "ingress", deny_ingress_read, NULL },
	{ "egress", deny_egress_read, NULL },
	{ 0 },
};
static const struct twp_mapping default_deny = { "enableDefaultDeny", default_deny_fields, false };

static int default_deny_read(struct twp_source *source, void *into)
{
	return twp_mapping_read(source, &default_deny, into);
}

static int description_read(struct twp_source *source, void *into)
{
	struct spec_item *item = into;

	return twp_text_read(source, "description", 65536, &item->spec.description);
}

/* A label of the rule itself: "source:key=value", or its parts. */
struct rule_label {
	char *key, *value, *source;
};

static void rule_label_clean(struct rule_label *label)
{
	free(label->key);
	free(label->value);
	free(label->source);
}

static int label_key_read(struct twp_source *source, void *into)
{
	return twp_text_read(source, "key", TWP_LABEL_MAX, &((struct rule_label *)into)->key);
}

static int label_value_read(struct twp_source *source, void *into)
{
	return twp_text_read(source, "value", TWP_LABEL_MAX, &((struct rule_label *)into)->value);
}

static int label_source_read(struct twp_source *source, void *into)
{
	return twp_text_read(source, "source", TWP_LABEL_MAX, &((struct rule_label *)into)->source);
}

static const struct twp_field rule_label_fields[] = {
	{ "key", label_key_read, NULL },
	{ "value", label_value_read, NULL },
	{ "source", label_source_read, NULL },
	{ 0 },
};
static const struct twp_mapping rule_label = { "a label of a rule", rule_label_fields, false };

static int rule_label_read(struct twp_source *source, void *into)
{
	TWP_CLEANUP(rule_label_clean) struct rule_label label = { 0 };
	struct spec_item *item = into;
	size_t place = source->event.offset;
	struct twp_error fault = { "field \"key\" is missing" };
	int failed;

	if (source->event.type == TWP_EVENT_SCALAR) {
		if (twp_text_read(source, "a label", 2 * TWP_LABEL_MAX, &label.key))
			return -1;
		failed = twp_labels_parse(&item->spec.labels, label.key, &fault);
	} else if (twp_mapping_read(source, &rule_label, &label)) {
		return -1;
	} else {
		failed = !label.key ||
			 twp_labels_add(&item->spec.labels, label.key, label.value ?: "", &fault);
	}
	return failed ? twp_source_fail(source, place, "%s", fault.text) : 0;
}

static int rule_labels_read(struct twp_source *source, void *into)
{
	return twp_list_read(source, "labels", rule_label_read, into);
}

static const struct twp_field spec_fields[] = {
	{ "endpointSelector", subject_read, NULL },
	{ "ingress", ingress_read, NULL },
	{ "ingressDeny", ingress_deny_read, NULL },
	{ "egress", egress_read, NULL },
	{ "egressDeny", egress_deny_read, NULL },
	{ "enableDefaultDeny", default_deny_read, NULL },
	{ "description", description_read, NULL },
	{ "labels", rule_labels_read, NULL },
	{ "nodeSelector", NULL, NULL },
	{ "log", NULL, NULL },
	{ 0 },
};
static const struct twp_mapping spec_mapping = { "a rule object", spec_fields, false };

static void spec_item_clean(struct spec_item *item)
{
	twp_spec_clean(&item->spec);
}

/* What is said of the default deny, or else the sections that are there. */
static void isolation_settle(struct spec_item *item)
{
	const bool *has = item->spec.has;
	const bool there[TWP_DIRECTIONS] = {
		[TWP_INGRESS] = has[TWP_SECTION_INGRESS] || has[TWP_SECTION_INGRESS_DENY],
		[TWP_EGRESS] = has[TWP_SECTION_EGRESS] || has[TWP_SECTION_EGRESS_DENY],
	};

	for (int d = 0; d < TWP_DIRECTIONS; d++)
		item->spec.isolates[d] = item->default_deny[d] < 0 ? there[d] :
								     item->default_deny[d];
}

static int spec_read(struct twp_source *source, struct twp_policy *policy, struct twp_spec *head)
{
	TWP_CLEANUP(spec_item_clean)
	struct spec_item item = { .spec = *head, .default_deny = { -1, -1 } };
	size_t place = source->event.offset;

	*head = (struct twp_spec){ 0 };
	if (twp_mapping_read(source, &spec_mapping, &item))
		return -1;
	if (!item.has_subject)
		return twp_source_fail(source, place,
				       "field \"endpointSelector\" is missing; {} selects every "
				       "endpoint");
	isolation_settle(&item);
	return twp_spec_add(source, policy, &item.spec);
}

int twp_rule_object_read(struct twp_source *source, struct twp_reader *reader)
{
	struct twp_spec head = { .number = (unsigned int)reader->policy->specs };

	return spec_read(source, reader->policy, &head);
}

/* One object, whose metadata may stand behind its rules. */
struct object {
	struct twp_policy policy; /* its rule objects alone */
	struct twp_metadata metadata;
	bool has_spec;
};

static int object_spec_read(struct twp_source *source, void *into)
{
	struct object *object = into;
	struct twp_spec head = { 0 };

	object->has_spec = true;
	return spec_read(source, &object->policy, &head);
}

static int listed_spec_read(struct twp_source *source, void *into)
{
	struct object *object = into;
	struct twp_spec head = { .number = (unsigned int)object->policy.specs, .listed = true };

	return spec_read(source, &object->policy, &head);
}

static int object_specs_read(struct twp_source *source, void *into)
{
	struct object *object = into;

	object->has_spec = true;
	return twp_list_read(source, "specs", listed_spec_read, into);
}

static int metadata_read(struct twp_source *source, void *into)
{
	struct object *object = into;

	object->metadata.place = source->event.offset;
	return twp_mapping_read(source, &twp_metadata_mapping, &object->metadata);
}

static const struct twp_field object_fields[] = {
	{ "apiVersion", twp_ignored_read, NULL },
	{ "kind", twp_ignored_read, NULL },
	{ "metadata", metadata_read, NULL },
	{ "spec", object_spec_read, NULL },
	{ "specs", object_specs_read, NULL },
	{ "status", twp_ignored_read, NULL },
	{ 0 },
};
static const struct twp_mapping object_mapping = { "a Cilium policy", object_fields, false };

static void object_clean(struct object *object)
{
	twp_policy_clean(&object->policy);
	twp_metadata_clean(&object->metadata);
}

/* A peer is of the policy's namespace, unless it says of which it is or that it is no Pod.
 * What is only said not to be reserved may be anything else.
 */
static int peer_limit(struct twp_source *source, size_t place, struct twp_selector *selector,
		      const char *namespace)
{
	if (twp_selector_names(selector, TWP_LABEL_NAMESPACE, false) ||
	    twp_selector_names(selector, TWP_LABEL_OF_NAMESPACE, true) ||
	    twp_selector_wants(selector, "reserved:", true))
		return 0;
	return twp_selector_limit(source, place, selector, namespace);
}

static int spec_limit(struct twp_source *source, size_t place, struct twp_spec *spec,
		      const char *namespace)
{
	if (twp_selector_limit(source, place, &spec->subject, namespace))
		return -1;
	for (size_t i = 0; i < spec->rules; i++) {
		struct twp_rule *rule = &spec->rule[i];

		for (size_t j = 0; j < rule->peers; j++)
			if (!rule->peer[j].is_block && !rule->peer[j].entity &&
			    peer_limit(source, place, &rule->peer[j].selector, namespace))
				return -1;
		for (size_t j = 0; j < rule->requires; j++)
			if (peer_limit(source, place, &rule->require[j], namespace))
				return -1;
	}
	return 0;
}

int twp_cilium_object_read(struct twp_source *source, struct twp_reader *reader, bool clusterwide)
{
	const char *kind = clusterwide ? "CiliumClusterwideNetworkPolicy" : "CiliumNetworkPolicy";
	TWP_CLEANUP(object_clean) struct object object = { 0 };
	const char *namespace;
	size_t place = source->event.offset;

	if (twp_mapping_read(source, &object_mapping, &object) ||
	    twp_metadata_check(source, &object.metadata, kind))
		return -1;
	if (!object.has_spec)
		return twp_source_fail(source, place, "%s has neither spec nor specs", kind);
	if (clusterwide && object.metadata.namespace)
		return twp_source_fail(source, object.metadata.place,
				       "a CiliumClusterwideNetworkPolicy has no namespace");
	namespace = object.metadata.namespace ?: TWP_NAMESPACE_DEFAULT;
	for (size_t i = 0; i < object.policy.specs; i++) {
		struct twp_spec *spec = &object.policy.spec[i];

		if (!clusterwide && spec_limit(source, place, spec, namespace))
			return -1;
		if (asprintf(&spec->object, "%s %s%s%s", kind, clusterwide ? "" : namespace,
			     clusterwide ? "" : "/", object.metadata.name) < 0) {
			spec->object = NULL;
			return twp_document_no_memory(source);
		}
		if (twp_spec_add(source, reader->policy, spec))
			return -1;
	}
	return 0;
}
