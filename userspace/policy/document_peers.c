// SPDX-License-Identifier: GPL-2.0-only
/* The readers of peers: selectors, prefixes with exceptions, entities, Kubernetes' from and to. */
#include <stdlib.h>
#include <string.h>

#include "document_parts.h"
#include "memory.h"

/* A new peer of a rule, empty. */
static struct twp_peer *peer_new(const struct twp_source *source, struct twp_rule *rule)
{
	struct twp_peer *array = twp_array_grow(rule->peer, rule->peers, sizeof(*array));

	if (!array) {
		twp_document_no_memory(source);
		return NULL;
	}
	rule->peer = array;
	array[rule->peers] = (struct twp_peer){ 0 };
	return &array[rule->peers++];
}

static int endpoint_peer_read(struct twp_source *source, void *into)
{
	struct twp_peer *peer = peer_new(source, into);

	return peer ? twp_cilium_selector_read(source, &peer->selector) : -1;
}

int twp_endpoints_peers_read(struct twp_source *source, void *into)
{
	return twp_list_read(source, "a list of selectors", endpoint_peer_read, into);
}

static int require_read(struct twp_source *source, void *into)
{
	struct twp_rule *rule = into;
	struct twp_selector *array = twp_array_grow(rule->require, rule->requires, sizeof(*array));

	if (!array)
		return twp_document_no_memory(source);
	rule->require = array;
	array[rule->requires] = (struct twp_selector){ 0 };
	return twp_cilium_selector_read(source, &array[rule->requires++]);
}

int twp_requires_read(struct twp_source *source, void *into)
{
	return twp_list_read(source, "a list of selectors", require_read, into);
}

static int prefix_read(struct twp_source *source, bool bare, struct twp_prefix *prefix)
{
	static const uint8_t mapped[12] = { [10] = 0xff, 0xff };
	const struct twp_event *event = &source->event;
	char text[TWP_PREFIX_TEXT] = "";

	if (event->type != TWP_EVENT_SCALAR)
		return twp_grammar_fail(source, "a prefix", "a text");
	if (event->length < sizeof(text) && !memchr(event->text, '\0', event->length))
		memcpy(text, event->text, event->length);
	if (twp_prefix_parse(prefix, text, bare))
		return twp_source_fail(source, event->offset, "%s is no prefix%s",
				       twp_quote_event(event).text,
				       bare ? " and no address" : "; 10.0.0.0/8 is one");
	if (prefix->address.family == TWP_FAMILY_IPV6 && prefix->length >= 96 &&
	    !memcmp(prefix->address.bytes, mapped, sizeof(mapped)))
		return twp_source_fail(source, event->offset,
				       "prefix %s is of IPv4; write it as one",
				       twp_quote_event(event).text);
	return 0;
}

static int cidr_peer_read(struct twp_source *source, void *into)
{
	struct twp_peer *peer = peer_new(source, into);

	if (!peer)
		return -1;
	peer->is_block = true;
	return prefix_read(source, true, &peer->block.prefix);
}

int twp_cidr_peers_read(struct twp_source *source, void *into)
{
	return twp_list_read(source, "a list of prefixes", cidr_peer_read, into);
}

/* A prefix with exceptions, as it is read: these may come first. */
struct block_item {
	struct twp_block *block;
	bool bare, has_prefix;
};

static int block_prefix_read(struct twp_source *source, void *into)
{
	struct block_item *item = into;

	item->has_prefix = true;
	return prefix_read(source, item->bare, &item->block->prefix);
}

static int except_read(struct twp_source *source, void *into)
{
	struct block_item *item = into;
	struct twp_block *block = item->block;
	struct twp_prefix *array = twp_array_grow(block->except, block->excepts, sizeof(*array));

	if (!array)
		return twp_document_no_memory(source);
	block->except = array;
	if (prefix_read(source, item->bare, &array[block->excepts]))
		return -1;
	block->excepts++;
	return 0;
}

static int excepts_read(struct twp_source *source, void *into)
{
	return twp_list_read(source, "except", except_read, into);
}

static const struct twp_field cidr_set_fields[] = {
	{ "cidr", block_prefix_read, NULL },
	{ "except", excepts_read, NULL },
	{ "cidrGroupRef", NULL, NULL },
	{ "cidrGroupSelector", NULL, NULL },
	{ 0 },
};
static const struct twp_mapping cidr_set = { "a prefix with exceptions", cidr_set_fields, false };

static const struct twp_field ip_block_fields[] = {
	{ "cidr", block_prefix_read, NULL },
	{ "except", excepts_read, NULL },
	{ 0 },
};
static const struct twp_mapping ip_block = { "ipBlock", ip_block_fields, true };

/* @strict: an exception is smaller than what it is taken from, as Kubernetes wants it. */
static int block_read(struct twp_source *source, const struct twp_mapping *mapping, bool strict,
		      struct twp_block *block)
{
	struct block_item item = { .block = block, .bare = !strict };
	size_t place = source->event.offset;
	char outer[TWP_PREFIX_TEXT], inner[TWP_PREFIX_TEXT];

	if (twp_mapping_read(source, mapping, &item))
		return -1;
	if (!item.has_prefix)
		return twp_source_fail(source, place, "field \"cidr\" is missing");
	for (size_t i = 0; i < block->excepts; i++) {
		const struct twp_prefix *except = &block->except[i];

		if (twp_prefix_contains(&block->prefix, except) &&
		    !(strict && except->length == block->prefix.length))
			continue;
		return twp_source_fail(source, place, "exception %s does not lie %s %s",
				       twp_prefix_text(except, inner), strict ? "within" : "in",
				       twp_prefix_text(&block->prefix, outer));
	}
	return 0;
}

static int cidr_set_peer_read(struct twp_source *source, void *into)
{
	struct twp_peer *peer = peer_new(source, into);

	if (!peer)
		return -1;
	peer->is_block = true;
	return block_read(source, &cidr_set, false, &peer->block);
}

int twp_cidr_set_peers_read(struct twp_source *source, void *into)
{
	return twp_list_read(source, "a list of prefixes with exceptions", cidr_set_peer_read,
			     into);
}

static int entity_read(struct twp_source *source, void *into)
{
	const struct twp_event *event = &source->event;
	char label[64] = "reserved:";
	struct twp_peer *peer;

	if (event->type != TWP_EVENT_SCALAR)
		return twp_grammar_fail(source, "an entity", "a name");
	if (twp_event_is(event, "none"))
		return 0;
	peer = peer_new(source, into);
	if (!peer)
		return -1;
	peer->entity = true;
	if (twp_event_is(event, "all"))
		return 0;
	if (twp_event_is(event, "cluster"))
		return twp_selector_require(&peer->selector, TWP_LABEL_WORLD,
					    TWP_OPERATOR_DOES_NOT_EXIST) ?
			       twp_document_no_memory(source) :
			       0;
	peer->is_block = twp_event_is(event, "world-ipv4") || twp_event_is(event, "world-ipv6");
	if (peer->is_block)
		return twp_prefix_parse(&peer->block.prefix,
					twp_event_is(event, "world-ipv4") ? "0.0.0.0/0" : "::/0",
					false);
	if (event->length < 32)
		memcpy(label + strlen(label), event->text, event->length);
	if (!twp_label_is_reserved(label))
		return twp_source_fail(source, event->offset,
				       "entity %s is unknown; all, cluster, world, world-ipv4, "
				       "world-ipv6, host, remote-node, health, init, unmanaged, "
				       "kube-apiserver, ingress, none are known",
				       twp_quote_event(event).text);
	return twp_labels_add(&peer->selector.labels, label, "", source->error);
}

int twp_entities_read(struct twp_source *source, void *into)
{
	return twp_list_read(source, "a list of entities", entity_read, into);
}

/* One item of Kubernetes' from or to. */
struct kubernetes_item {
	struct twp_peer *peer;
	bool has_pods;
};

static int pods_read(struct twp_source *source, void *into)
{
	struct kubernetes_item *item = into;

	item->has_pods = true;
	return twp_pod_selector_read(source, &item->peer->selector);
}

static int namespaces_read(struct twp_source *source, void *into)
{
	struct kubernetes_item *item = into;

	item->peer->all_namespaces = true;
	/* What is in no namespace is in none of those. */
	if (twp_selector_require(&item->peer->selector, TWP_LABEL_NAMESPACE, TWP_OPERATOR_EXISTS))
		return twp_document_no_memory(source);
	return twp_namespace_selector_read(source, &item->peer->selector);
}

static int ip_block_read(struct twp_source *source, void *into)
{
	struct kubernetes_item *item = into;

	item->peer->is_block = true;
	item->peer->block.endpoints = true;
	return block_read(source, &ip_block, true, &item->peer->block);
}

static const struct twp_field kubernetes_fields[] = {
	{ "podSelector", pods_read, NULL },
	{ "namespaceSelector", namespaces_read, NULL },
	{ "ipBlock", ip_block_read, NULL },
	{ 0 },
};
static const struct twp_mapping kubernetes_peer = { "a peer", kubernetes_fields, true };

static int kubernetes_peer_read(struct twp_source *source, void *into)
{
	struct kubernetes_item item = { .peer = peer_new(source, into) };
	size_t place = source->event.offset;
	bool selects;

	if (!item.peer || twp_mapping_read(source, &kubernetes_peer, &item))
		return -1;
	selects = item.has_pods || item.peer->all_namespaces;
	if (item.peer->is_block && selects)
		return twp_source_fail(source, place, "ipBlock stands beside no other selector");
	if (!item.peer->is_block && !selects)
		return twp_source_fail(source, place,
				       "a peer wants podSelector, namespaceSelector or ipBlock");
	return 0;
}

int twp_kubernetes_peers_read(struct twp_source *source, void *into)
{
	struct twp_rule *rule = into;

	if (twp_list_read(source, "a list of peers", kubernetes_peer_read, into))
		return -1;
	rule->any_peer = !rule->peers;
	return 0;
}
