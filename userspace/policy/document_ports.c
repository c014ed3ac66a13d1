// SPDX-License-Identifier: GPL-2.0-only
/* The readers of ports: toPorts and icmps of Cilium, ports of Kubernetes. */
#include <ctype.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "document_parts.h"
#include "memory.h"

static const struct {
	const char *name;
	uint8_t number;
} protocols[] = { { "TCP", IPPROTO_TCP }, { "UDP", IPPROTO_UDP }, { "SCTP", IPPROTO_SCTP } };

enum { PROTOCOLS = sizeof(protocols) / sizeof(protocols[0]) };

/* One port, as it is read. */
struct port_item {
	struct twp_port port;
	bool has_port, has_end;
	uint16_t end;
};

static void port_item_clean(struct port_item *item)
{
	free(item->port.name);
}

static bool is_digits(const struct twp_event *event)
{
	for (size_t i = 0; i < event->length; i++)
		if (event->text[i] < '0' || event->text[i] > '9')
			return false;
	return event->length > 0;
}

int twp_port_number_read(struct twp_source *source, unsigned int least, uint16_t *number)
{
	const struct twp_event *event = &source->event;
	unsigned int value = 0;

	if (event->type != TWP_EVENT_SCALAR)
		return twp_grammar_fail(source, "port", "a number");
	if (!is_digits(event))
		return twp_source_fail(source, event->offset, "port %s is not a number",
				       twp_quote_event(event).text);
	/* 080 is 80 to one reader, 64 to the next, and a mistake to the third. */
	if (event->length > 1 && event->text[0] == '0')
		return twp_source_fail(source, event->offset, "port %s begins with a zero",
				       twp_quote_event(event).text);
	/* Stays above every port, and does not overflow. */
	for (size_t i = 0; i < event->length && value <= 65535; i++)
		value = value * 10 + (unsigned int)(event->text[i] - '0');
	if (value < least || value > 65535)
		return twp_source_fail(source, event->offset,
				       "port %.*s is not between %u and 65535",
				       event->length < 64 ? (int)event->length : 64, event->text,
				       least);
	*number = (uint16_t)value;
	return 0;
}

/* A service name of RFC 6335: at most 15 letters, digits and single dashes, and a letter. */
bool twp_port_name_is_good(const struct twp_event *event)
{
	bool letter = false;

	if (!event->length || event->length > TWP_PORT_NAME_MAX)
		return false;
	for (size_t i = 0; i < event->length; i++) {
		char c = event->text[i];
		bool dash = c == '-', digit = c >= '0' && c <= '9';

		if (dash && (!i || i == event->length - 1 || event->text[i - 1] == '-'))
			return false;
		if (!dash && !digit && !((c | 32) >= 'a' && (c | 32) <= 'z'))
			return false;
		letter |= !dash && !digit;
	}
	return letter;
}

static int name_fail(const struct twp_source *source, unsigned int least)
{
	const struct twp_event *event = &source->event;
	struct twp_quote quote = twp_quote_event(event);

	if (event->plain && event->length > 1 && event->text[0] == '-' &&
	    strspn(event->text + 1, "0123456789") == event->length - 1)
		return twp_source_fail(source, event->offset,
				       "port %.*s is not between %u and 65535",
				       event->length < 64 ? (int)event->length : 64, event->text,
				       least);
	if (is_digits(event))
		return twp_source_fail(source, event->offset,
				       "port %s is a text; a number stands without quotes",
				       quote.text);
	return twp_source_fail(source, event->offset,
			       "port %s is neither a number nor a name of at most %d letters, "
			       "digits and dashes",
			       quote.text, TWP_PORT_NAME_MAX);
}

/* 0x50, 1e3 and true have the letters of a name, and are none to whoever reads YAML's types. */
static int typed_fail(const struct twp_source *source)
{
	return twp_source_fail(source, source->event.offset,
			       "%.*s is no text to YAML: quote it if it is the name of a port",
			       (int)source->event.length, source->event.text);
}

/* Cilium's names are of either case; here they are of the lower one. */
int twp_port_name_read(struct twp_source *source, char **name)
{
	const struct twp_event *event = &source->event;
	char *copy;

	if (event->type != TWP_EVENT_SCALAR)
		return twp_grammar_fail(source, "the name of a port", "a text");
	if (!twp_port_name_is_good(event))
		return twp_source_fail(source, event->offset,
				       "%s is no name of a port: at most %d letters, digits and "
				       "dashes",
				       twp_quote_event(event).text, TWP_PORT_NAME_MAX);
	if (twp_event_is_typed(event))
		return typed_fail(source);
	copy = strndup(event->text, event->length);
	if (!copy)
		return twp_document_no_memory(source);
	for (char *c = copy; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	free(*name);
	*name = copy;
	return 0;
}

int twp_kubernetes_port_name_read(struct twp_source *source, char **name)
{
	const struct twp_event *event = &source->event;

	for (size_t i = 0; event->type == TWP_EVENT_SCALAR && i < event->length; i++)
		if (event->text[i] >= 'A' && event->text[i] <= 'Z')
			return twp_source_fail(
				source, event->offset,
				"the name of a port is of lower-case letters, not %s",
				twp_quote_event(event).text);
	return twp_port_name_read(source, name);
}

static int cilium_port_read(struct twp_source *source, void *into)
{
	struct port_item *item = into;

	item->has_port = true;
	if (source->event.type == TWP_EVENT_SCALAR && !is_digits(&source->event))
		return twp_port_name_is_good(&source->event) ?
			       twp_port_name_read(source, &item->port.name) :
			       name_fail(source, 0);
	if (twp_port_number_read(source, 0, &item->port.port))
		return -1;
	item->port.any_port = !item->port.port;
	return 0;
}

/* A number is a number and a text is a name: Kubernetes tells them apart by their type. */
static int kubernetes_port_read(struct twp_source *source, void *into)
{
	struct port_item *item = into;

	item->has_port = true;
	item->port.any_port = false;
	if (source->event.type == TWP_EVENT_SCALAR &&
	    !(source->event.plain && is_digits(&source->event)))
		return twp_port_name_is_good(&source->event) ?
			       twp_kubernetes_port_name_read(source, &item->port.name) :
			       name_fail(source, 1);
	return twp_port_number_read(source, 1, &item->port.port);
}

/* 0 is none. */
static int cilium_end_port_read(struct twp_source *source, void *into)
{
	struct port_item *item = into;

	if (twp_port_number_read(source, 0, &item->end))
		return -1;
	item->has_end = item->end;
	return 0;
}

static int kubernetes_end_port_read(struct twp_source *source, void *into)
{
	struct port_item *item = into;

	item->has_end = true;
	return twp_port_number_read(source, 1, &item->end);
}

int twp_port_protocol_read(struct twp_source *source, uint8_t *protocol)
{
	const struct twp_event *event = &source->event;

	if (event->type != TWP_EVENT_SCALAR)
		return twp_grammar_fail(source, "protocol", "a name");
	for (size_t i = 0; i < PROTOCOLS; i++) {
		if (!twp_event_is(event, protocols[i].name))
			continue;
		*protocol = protocols[i].number;
		return 0;
	}
	return twp_source_fail(source, event->offset,
			       "protocol %s is unknown; TCP, UDP, SCTP are known",
			       twp_quote_event(event).text);
}

static int kubernetes_protocol_read(struct twp_source *source, void *into)
{
	return twp_port_protocol_read(source, &((struct port_item *)into)->port.protocol);
}

static int cilium_protocol_read(struct twp_source *source, void *into)
{
	const struct twp_event *event = &source->event;
	struct port_item *item = into;

	if (event->type != TWP_EVENT_SCALAR)
		return twp_grammar_fail(source, "protocol", "a name");
	if (!event->length || (event->length == 3 && !strncasecmp(event->text, "ANY", 3)))
		return 0;
	for (size_t i = 0; i < PROTOCOLS; i++) {
		if (event->length != strlen(protocols[i].name) ||
		    strncasecmp(event->text, protocols[i].name, event->length))
			continue;
		item->port.any_protocol = false;
		item->port.protocol = protocols[i].number;
		return 0;
	}
	return twp_source_fail(source, event->offset,
			       "protocol %s is unknown; TCP, UDP, SCTP, ANY are known",
			       twp_quote_event(event).text);
}

static const struct twp_field cilium_fields[] = {
	{ "port", cilium_port_read, NULL },
	{ "protocol", cilium_protocol_read, NULL },
	{ "endPort", cilium_end_port_read, NULL },
	{ 0 },
};
static const struct twp_mapping cilium_port = { "a port", cilium_fields, false };

static const struct twp_field kubernetes_fields[] = {
	{ "port", kubernetes_port_read, NULL },
	{ "protocol", kubernetes_protocol_read, NULL },
	{ "endPort", kubernetes_end_port_read, NULL },
	{ 0 },
};
static const struct twp_mapping kubernetes_port = { "a port", kubernetes_fields, true };

static int port_append(const struct twp_source *source, struct twp_rule *rule, struct twp_port *one)
{
	struct twp_port *array = twp_array_grow(rule->port, rule->ports, sizeof(*array));

	if (!array)
		return twp_document_no_memory(source);
	rule->port = array;
	array[rule->ports++] = *one;
	one->name = NULL;
	return 0;
}

/* Ends the range, and keeps it. */
static int item_take(const struct twp_source *source, size_t place, struct twp_rule *rule,
		     struct port_item *item)
{
	struct twp_port *port = &item->port;

	port->last = item->has_end ? item->end : port->port;
	if (item->has_end && (port->any_port || port->name))
		return twp_source_fail(source, place, "endPort wants a port that is a number%s",
				       port->name ? "" : " above 0");
	if (port->last < port->port)
		return twp_source_fail(source, place, "port range %u-%u is reversed", port->port,
				       port->last);
	return port_append(source, rule, port);
}

static int cilium_item_read(struct twp_source *source, void *into)
{
	TWP_CLEANUP(port_item_clean) struct port_item item = { .port.any_protocol = true };
	size_t place = source->event.offset;

	if (twp_mapping_read(source, &cilium_port, &item))
		return -1;
	if (!item.has_port)
		return twp_source_fail(source, place,
				       "field \"port\" is missing; \"0\" is every port");
	/* Cilium passes it over beside a name. */
	item.has_end = item.has_end && !item.port.name;
	return item_take(source, place, into, &item);
}

static int kubernetes_item_read(struct twp_source *source, void *into)
{
	TWP_CLEANUP(port_item_clean)
	struct port_item item = {
		.port.any_port = true,
		.port.protocol = IPPROTO_TCP,
	};
	size_t place = source->event.offset;

	if (twp_mapping_read(source, &kubernetes_port, &item))
		return -1;
	return item_take(source, place, into, &item);
}

int twp_kubernetes_ports_read(struct twp_source *source, void *into)
{
	return twp_list_read(source, "ports", kubernetes_item_read, into);
}

static int ports_read(struct twp_source *source, void *into)
{
	return twp_list_read(source, "ports", cilium_item_read, into);
}

static const struct twp_field port_rule_fields[] = {
	{ "ports", ports_read, NULL },
	{ "rules", NULL, "L7" },
	{ "serverNames", NULL, "L7" },
	{ "listener", NULL, "L7" },
	{ "terminatingTLS", NULL, "L7" },
	{ "originatingTLS", NULL, "L7" },
	{ 0 },
};
static const struct twp_mapping port_rule = { "an item of toPorts", port_rule_fields, false };

/* An item that names no port covers none. */
static int port_rule_read(struct twp_source *source, void *into)
{
	((struct twp_rule *)into)->nothing = true;
	return twp_mapping_read(source, &port_rule, into);
}

int twp_to_ports_read(struct twp_source *source, void *into)
{
	struct twp_rule *rule = into;
	size_t before = rule->ports;

	if (twp_list_read(source, "toPorts", port_rule_read, into))
		return -1;
	rule->nothing = rule->nothing && rule->ports == before;
	return 0;
}
