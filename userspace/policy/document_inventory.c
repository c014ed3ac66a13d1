// SPDX-License-Identifier: GPL-2.0-only
/* The readers of namespaces and of twinpath's own endpoints. */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "document_parts.h"
#include "memory.h"

static int metadata_read(struct twp_source *source, void *into)
{
	struct twp_metadata *metadata = into;

	metadata->place = source->event.offset;
	return twp_mapping_read(source, &twp_metadata_mapping, metadata);
}

static const struct twp_field namespace_fields[] = {
	{ "apiVersion", twp_ignored_read, NULL }, { "kind", twp_ignored_read, NULL },
	{ "metadata", metadata_read, NULL },	  { "spec", twp_ignored_read, NULL },
	{ "status", twp_ignored_read, NULL },	  { 0 },
};
static const struct twp_mapping namespace_mapping = { "a Namespace", namespace_fields, true };

int twp_namespace_object_read(struct twp_source *source, struct twp_reader *reader)
{
	struct twp_inventory *inventory = reader->inventory;
	TWP_CLEANUP(twp_metadata_clean) struct twp_metadata metadata = { 0 };
	struct twp_namespace *array;

	if (twp_mapping_read(source, &namespace_mapping, &metadata) ||
	    twp_metadata_check(source, &metadata, "Namespace"))
		return -1;
	array = twp_array_grow(inventory->namespace, inventory->namespaces, sizeof(*array));
	if (!array)
		return twp_document_no_memory(source);
	inventory->namespace = array;
	array[inventory->namespaces++] =
		(struct twp_namespace){ .name = metadata.name, .labels = metadata.labels };
	metadata.name = NULL;
	metadata.labels = (struct twp_labels){ 0 };
	return 0;
}

int twp_endpoint_add(struct twp_source *source, struct twp_reader *reader, size_t place,
		     struct twp_endpoint *endpoint)
{
	struct twp_inventory *inventory = reader->inventory;
	struct twp_endpoint *array;
	struct twp_error fault;

	if (twp_endpoint_check(endpoint, &fault))
		return twp_source_fail(source, place, "%s", fault.text);
	array = twp_array_grow(inventory->endpoint, inventory->endpoints, sizeof(*array));
	if (!array)
		return twp_document_no_memory(source);
	inventory->endpoint = array;
	array[inventory->endpoints++] = *endpoint;
	*endpoint = (struct twp_endpoint){ 0 };
	return 0;
}

static int name_read(struct twp_source *source, void *into)
{
	return twp_text_read(source, "name", TWP_ENDPOINT_NAME_MAX,
			     &((struct twp_endpoint *)into)->name);
}

static int space_read(struct twp_source *source, void *into)
{
	struct twp_endpoint *endpoint = into;

	if (twp_text_read(source, "namespace", TWP_ENDPOINT_NAME_MAX, &endpoint->namespace))
		return -1;
	/* As 'endpoint list --json' prints none. */
	if (!*endpoint->namespace) {
		free(endpoint->namespace);
		endpoint->namespace = NULL;
	}
	return 0;
}

static int labels_read(struct twp_source *source, void *into)
{
	return twp_label_mapping_read(source, &((struct twp_endpoint *)into)->labels);
}

static int address_read(struct twp_source *source, void *into)
{
	struct twp_endpoint *endpoint = into;
	char text[INET6_ADDRSTRLEN] = "";
	struct twp_address *array;

	if (source->event.type != TWP_EVENT_SCALAR)
		return twp_grammar_fail(source, "an address", "a text");
	if (endpoint->addresses == TWP_ENDPOINT_ADDRESSES_MAX)
		return twp_source_fail(source, source->event.offset,
				       "an endpoint has more than %d addresses",
				       TWP_ENDPOINT_ADDRESSES_MAX);
	array = twp_array_grow(endpoint->address, endpoint->addresses, sizeof(*array));
	if (!array)
		return twp_document_no_memory(source);
	endpoint->address = array;
	if (source->event.length < sizeof(text))
		memcpy(text, source->event.text, source->event.length);
	if (twp_address_parse(&array[endpoint->addresses], text))
		return twp_source_fail(source, source->event.offset,
				       "%s is no IPv4 or IPv6 address",
				       twp_quote_event(&source->event).text);
	endpoint->addresses++;
	return 0;
}

static int addresses_read(struct twp_source *source, void *into)
{
	return twp_list_read(source, "addresses", address_read, into);
}

static int bridge_port_read(struct twp_source *source, void *into)
{
	struct twp_endpoint *endpoint = into;

	if (twp_text_read(source, "port", 64, &endpoint->bridge_port))
		return -1;
	if (!*endpoint->bridge_port) {
		free(endpoint->bridge_port);
		endpoint->bridge_port = NULL;
	}
	return 0;
}

static int audit_read(struct twp_source *source, void *into)
{
	struct twp_endpoint *endpoint = into;

	endpoint->audit = twp_event_is(&source->event, "true");
	if (endpoint->audit || twp_event_is(&source->event, "false"))
		return 0;
	return twp_grammar_fail(source, "audit", "true or false");
}

/* One named port of an endpoint. */
struct port_item {
	char *name;
	uint16_t port;
	uint8_t protocol;
};

static int port_name_read(struct twp_source *source, void *into)
{
	return twp_port_name_read(source, &((struct port_item *)into)->name);
}

static int port_number_read(struct twp_source *source, void *into)
{
	return twp_port_number_read(source, 1, &((struct port_item *)into)->port);
}

static int port_protocol_read(struct twp_source *source, void *into)
{
	return twp_port_protocol_read(source, &((struct port_item *)into)->protocol);
}

static const struct twp_field port_fields[] = {
	{ "name", port_name_read, NULL },
	{ "port", port_number_read, NULL },
	{ "protocol", port_protocol_read, NULL },
	{ 0 },
};
static const struct twp_mapping port_mapping = { "a named port", port_fields, false };

static int port_read(struct twp_source *source, void *into)
{
	struct port_item item = { .protocol = IPPROTO_TCP };
	size_t place = source->event.offset;
	struct twp_error fault = { "a named port wants name and port" };
	int failed;

	failed = twp_mapping_read(source, &port_mapping, &item);
	if (!failed && (!item.name || !item.port ||
			twp_endpoint_add_port(into, item.name, item.protocol, item.port, &fault)))
		failed = twp_source_fail(source, place, "%s", fault.text);
	free(item.name);
	return failed;
}

static int ports_read(struct twp_source *source, void *into)
{
	return twp_list_read(source, "ports", port_read, into);
}

/* As a person writes them, and as 'endpoint list --json' does. */
static const struct twp_field endpoint_fields[] = {
	{ "name", name_read, NULL },
	{ "namespace", space_read, NULL },
	{ "labels", labels_read, NULL },
	{ "label", labels_read, NULL },
	{ "addresses", addresses_read, NULL },
	{ "address", addresses_read, NULL },
	{ "port", bridge_port_read, NULL },
	{ "bridge_port", bridge_port_read, NULL },
	{ "ports", ports_read, NULL },
	{ "named_port", ports_read, NULL },
	{ "audit", audit_read, NULL },
	{ "audited", twp_ignored_read, NULL },
	{ "identity", twp_ignored_read, NULL },
	{ 0 },
};
static const struct twp_mapping endpoint_mapping = { "an endpoint", endpoint_fields, false };

/* 'endpoint list --json' prints the name as "NAMESPACE/NAME". */
static void name_shorten(struct twp_endpoint *endpoint)
{
	size_t length = endpoint->namespace ? strlen(endpoint->namespace) : 0;

	if (length && endpoint->name && !strncmp(endpoint->name, endpoint->namespace, length) &&
	    endpoint->name[length] == '/')
		memmove(endpoint->name, endpoint->name + length + 1,
			strlen(endpoint->name + length + 1) + 1);
}

int twp_endpoint_object_read(struct twp_source *source, struct twp_reader *reader)
{
	TWP_CLEANUP(twp_endpoint_clean) struct twp_endpoint endpoint = { 0 };
	size_t place = source->event.offset;

	if (twp_mapping_read(source, &endpoint_mapping, &endpoint))
		return -1;
	name_shorten(&endpoint);
	return twp_endpoint_add(source, reader, place, &endpoint);
}
