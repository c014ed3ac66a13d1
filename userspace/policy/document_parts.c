// SPDX-License-Identifier: GPL-2.0-only
/* The smaller parts of Cilium's rules: selectors, ports. */
#include "document_parts.h"

#include <netinet/in.h>
#include <string.h>
#include <strings.h>

#include "memory.h"
#include "policy.h"

int twp_document_no_memory(const struct twp_source *source)
{
	return twp_error_set(source->error, "%s: out of memory", source->file);
}

/* Copies the scalar at hand, which is the @what of a label. */
static int label_text_read(const struct twp_source *source, const char *what,
			   char text[TWP_LABEL_MAX + 1])
{
	const struct twp_event *event = &source->event;

	if (event->type != TWP_EVENT_SCALAR)
		return twp_source_fail(source, event->offset,
				       "the %s of a label must be a scalar, not %s", what,
				       twp_event_kind(event));
	/* YAML and JSON call this no value; Kubernetes' tools take it for an empty one. */
	if (event->plain && (twp_event_is(event, "null") || twp_event_is(event, "Null") ||
			     twp_event_is(event, "NULL") || twp_event_is(event, "~")))
		return twp_source_fail(source, event->offset,
				       "the %s of a label is null; quote it if it is meant so",
				       what);
	if (event->length > TWP_LABEL_MAX)
		return twp_source_fail(source, event->offset,
				       "the %s of a label is longer than %d bytes", what,
				       TWP_LABEL_MAX);
	if (memchr(event->text, '\0', event->length))
		return twp_source_fail(source, event->offset, "the %s of a label holds a NUL byte",
				       what);
	memcpy(text, event->text, event->length);
	text[event->length] = '\0';
	return 0;
}

static int reserved_check(const struct twp_source *source, size_t place, const char *key,
			  const char *value)
{
	if (strncmp(key, "reserved:", strlen("reserved:")))
		return 0;
	if (strcmp(key, TWP_LABEL_HOST) && strcmp(key, TWP_LABEL_WORLD))
		return twp_source_fail(source, place,
				       "label \"%s\" is unknown; reserved:host, reserved:world are "
				       "known",
				       key);
	if (*value)
		return twp_source_fail(source, place, "label \"%s\" has no value", key);
	return 0;
}

static int match_labels_read(struct twp_source *source, void *into)
{
	char key[TWP_LABEL_MAX + 1], value[TWP_LABEL_MAX + 1];
	struct twp_labels *labels = into;
	struct twp_error fault;

	if (source->event.type != TWP_EVENT_MAPPING)
		return twp_grammar_fail(source, "matchLabels", "a mapping");
	for (;;) {
		size_t place;

		if (twp_source_next(source))
			return -1;
		if (source->event.type == TWP_EVENT_MAPPING_END)
			return 0;
		place = source->event.offset;
		if (source->event.plain && twp_event_is(&source->event, "<<"))
			return twp_source_fail(source, place, "a merge key is not supported");
		if (label_text_read(source, "key", key) || twp_source_next(source) ||
		    label_text_read(source, "value", value) ||
		    reserved_check(source, place, key, value))
			return -1;
		if (twp_labels_add(labels, key, value, &fault))
			return twp_source_fail(source, place, "%s", fault.text);
	}
}

static const struct twp_field selector_fields[] = {
	{ "matchLabels", match_labels_read, NULL },
	{ "matchExpressions", NULL, NULL },
	{ 0 },
};
const struct twp_mapping twp_selector_mapping = { "a selector", selector_fields };

static int peer_read(struct twp_source *source, void *into)
{
	struct twp_rule *rule = into;
	struct twp_selector *array = twp_array_grow(rule->peer, rule->peers, sizeof(*array));

	if (!array)
		return twp_document_no_memory(source);
	rule->peer = array;
	array[rule->peers] = (struct twp_selector){ 0 };
	return twp_mapping_read(source, &twp_selector_mapping, &array[rule->peers++].labels);
}

static int peers_read(struct twp_source *source, const char *what, struct twp_rule *rule)
{
	rule->any_peer = false;
	return twp_list_read(source, what, peer_read, rule);
}

int twp_from_endpoints_read(struct twp_source *source, void *into)
{
	return peers_read(source, "fromEndpoints", into);
}

int twp_to_endpoints_read(struct twp_source *source, void *into)
{
	return peers_read(source, "toEndpoints", into);
}

/* One item of "ports": what was said of it. */
struct port_item {
	struct twp_port port;
	bool has_port;
};

static int port_number_read(struct twp_source *source, void *into)
{
	const struct twp_event *event = &source->event;
	struct port_item *item = into;
	unsigned int number = 0;
	bool digits = event->length > 0;

	if (event->type != TWP_EVENT_SCALAR)
		return twp_grammar_fail(source, "port", "a number");
	for (size_t i = 0; i < event->length && digits; i++) {
		digits = event->text[i] >= '0' && event->text[i] <= '9';
		number = number * 10 + (unsigned int)(event->text[i] - '0');
		/* Stays above every port, and does not overflow. */
		number = number > 100000 ? 100000 : number;
	}
	if (!digits)
		return twp_source_fail(source, event->offset,
				       "port %s is not a number; names of "
				       "ports are not supported",
				       twp_quote_event(event).text);
	/* 080 is 80 to one reader, 64 to the next, and a mistake to the third. */
	if (event->length > 1 && event->text[0] == '0')
		return twp_source_fail(source, event->offset, "port %s begins with a zero",
				       twp_quote_event(event).text);
	if (number > 65535)
		return twp_source_fail(source, event->offset,
				       "port %.*s is not between 0 and 65535",
				       event->length < 64 ? (int)event->length : 64, event->text);
	item->has_port = true;
	item->port.port = (uint16_t)number;
	item->port.any_port = !number;
	return 0;
}

static int protocol_read(struct twp_source *source, void *into)
{
	static const struct {
		const char *name;
		uint8_t number;
	} protocols[] = { { "TCP", IPPROTO_TCP },
			  { "UDP", IPPROTO_UDP },
			  { "SCTP", IPPROTO_SCTP } };
	const struct twp_event *event = &source->event;
	struct port_item *item = into;

	if (event->type != TWP_EVENT_SCALAR)
		return twp_grammar_fail(source, "protocol", "a name");
	if (event->length == 3 && !strncasecmp(event->text, "ANY", 3))
		return 0;
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
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

static const struct twp_field port_fields[] = {
	{ "port", port_number_read, NULL },
	{ "protocol", protocol_read, NULL },
	{ "endPort", NULL, NULL },
	{ 0 },
};
static const struct twp_mapping port = { "a port", port_fields };

static int port_append(const struct twp_source *source, struct twp_rule *rule,
		       const struct twp_port *one)
{
	struct twp_port *array = twp_array_grow(rule->port, rule->ports, sizeof(*array));

	if (!array)
		return twp_document_no_memory(source);
	rule->port = array;
	array[rule->ports++] = *one;
	return 0;
}

static int port_read(struct twp_source *source, void *into)
{
	struct port_item item = { .port.any_protocol = true };
	size_t place = source->event.offset;

	if (twp_mapping_read(source, &port, &item))
		return -1;
	if (!item.has_port)
		return twp_source_fail(source, place,
				       "field \"port\" is missing; \"0\" is every port");
	return port_append(source, into, &item.port);
}

static int ports_read(struct twp_source *source, void *into)
{
	return twp_list_read(source, "ports", port_read, into);
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
static const struct twp_mapping port_rule = { "an item of toPorts", port_rule_fields };

static int port_rule_read(struct twp_source *source, void *into)
{
	static const struct twp_port every = { .any_protocol = true, .any_port = true };
	struct twp_rule *rule = into;
	size_t before = rule->ports;

	if (twp_mapping_read(source, &port_rule, rule))
		return -1;
	return rule->ports == before ? port_append(source, rule, &every) : 0;
}

int twp_to_ports_read(struct twp_source *source, void *into)
{
	return twp_list_read(source, "toPorts", port_rule_read, into);
}
