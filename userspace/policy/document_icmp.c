// SPDX-License-Identifier: GPL-2.0-only
/* The reader of icmps, Cilium's rules for types of ICMP, by number or by name. */
#include <netinet/in.h>
#include <string.h>

#include "document_parts.h"
#include "memory.h"

struct icmp_name {
	const char *name;
	uint8_t type;
};

/* As Cilium names them. */
static const struct icmp_name names4[] = {
	{ "EchoReply", 0 },
	{ "DestinationUnreachable", 3 },
	{ "Redirect", 5 },
	{ "Echo", 8 },
	{ "EchoRequest", 8 },
	{ "RouterAdvertisement", 9 },
	{ "RouterSelection", 10 },
	{ "TimeExceeded", 11 },
	{ "ParameterProblem", 12 },
	{ "Timestamp", 13 },
	{ "TimestampReply", 14 },
	{ "Photuris", 40 },
	{ "ExtendedEchoRequest", 42 },
	{ "ExtendedEchoReply", 43 },
	/* So its documentation writes them. */
	{ "ExtendedEcho Request", 42 },
	{ "ExtendedEcho Reply", 43 },
	{ 0 },
};

static const struct icmp_name names6[] = {
	{ "DestinationUnreachable", 1 },
	{ "PacketTooBig", 2 },
	{ "TimeExceeded", 3 },
	{ "ParameterProblem", 4 },
	{ "EchoRequest", 128 },
	{ "EchoReply", 129 },
	{ "MulticastListenerQuery", 130 },
	{ "MulticastListenerReport", 131 },
	{ "MulticastListenerDone", 132 },
	{ "RouterSolicitation", 133 },
	{ "RouterAdvertisement", 134 },
	{ "NeighborSolicitation", 135 },
	{ "NeighborAdvertisement", 136 },
	{ "RedirectMessage", 137 },
	{ "RouterRenumbering", 138 },
	{ "ICMPNodeInformationQuery", 139 },
	{ "ICMPNodeInformationResponse", 140 },
	{ "InverseNeighborDiscoverySolicitation", 141 },
	{ "InverseNeighborDiscoveryAdvertisement", 142 },
	{ "HomeAgentAddressDiscoveryRequest", 144 },
	{ "HomeAgentAddressDiscoveryReply", 145 },
	{ "MobilePrefixSolicitation", 146 },
	{ "MobilePrefixAdvertisement", 147 },
	{ "DuplicateAddressRequestCodeSuffix", 157 },
	{ "DuplicateAddressConfirmationCodeSuffix", 158 },
	{ "ExtendedEchoRequest", 160 },
	{ "ExtendedEchoReply", 161 },
	{ 0 },
};

/* A type may stand before the family that says what its name means. */
struct icmp_item {
	bool six, has_type;
	char type[64];
	size_t place;
};

static int family_read(struct twp_source *source, void *into)
{
	struct icmp_item *item = into;

	if (source->event.type != TWP_EVENT_SCALAR)
		return twp_grammar_fail(source, "family", "IPv4 or IPv6");
	item->six = twp_event_is(&source->event, "IPv6");
	if (item->six || twp_event_is(&source->event, "IPv4"))
		return 0;
	return twp_source_fail(source, source->event.offset,
			       "family %s is unknown; IPv4, IPv6 are known",
			       twp_quote_event(&source->event).text);
}

static int type_read(struct twp_source *source, void *into)
{
	const struct twp_event *event = &source->event;
	struct icmp_item *item = into;

	if (event->type != TWP_EVENT_SCALAR)
		return twp_grammar_fail(source, "type", "a number or a name");
	item->place = event->offset;
	item->has_type = true;
	if (event->length >= sizeof(item->type) || memchr(event->text, '\0', event->length))
		return twp_source_fail(source, event->offset, "ICMP type %s is unknown",
				       twp_quote_event(event).text);
	memcpy(item->type, event->text, event->length);
	item->type[event->length] = '\0';
	return 0;
}

static const struct twp_field icmp_fields[] = {
	{ "family", family_read, NULL },
	{ "type", type_read, NULL },
	{ 0 },
};
static const struct twp_mapping icmp = { "an item of fields", icmp_fields, false };

/* Return: the type, or -1. */
static int type_of(const struct icmp_item *item)
{
	const struct icmp_name *name = item->six ? names6 : names4;
	size_t digits = strspn(item->type, "0123456789");
	int type = 0;

	if (digits && digits <= 3 && !item->type[digits] && (item->type[0] != '0' || digits == 1)) {
		for (const char *c = item->type; *c; c++)
			type = 10 * type + *c - '0';
		return type <= 255 ? type : -1;
	}
	for (; name->name; name++)
		if (!strcmp(name->name, item->type))
			return name->type;
	return -1;
}

static int icmp_read(struct twp_source *source, void *into)
{
	struct icmp_item item = { 0 };
	size_t place = source->event.offset;
	struct twp_rule *rule = into;
	struct twp_port *array;
	int type;

	if (twp_mapping_read(source, &icmp, &item))
		return -1;
	if (!item.has_type)
		return twp_source_fail(source, place, "field \"type\" is missing");
	type = type_of(&item);
	if (type < 0)
		return twp_source_fail(source, item.place,
				       "ICMP type \"%s\" is neither a name of IPv%d nor between 0 "
				       "and 255",
				       item.type, item.six ? 6 : 4);
	array = twp_array_grow(rule->port, rule->ports, sizeof(*array));
	if (!array)
		return twp_document_no_memory(source);
	rule->port = array;
	array[rule->ports++] = (struct twp_port){
		.protocol = item.six ? IPPROTO_ICMPV6 : IPPROTO_ICMP,
		.port = (uint16_t)(type << 8),
		.last = (uint16_t)(type << 8),
	};
	return 0;
}

static int fields_read(struct twp_source *source, void *into)
{
	return twp_list_read(source, "fields", icmp_read, into);
}

static const struct twp_field icmp_rule_fields[] = {
	{ "fields", fields_read, NULL },
	{ 0 },
};
static const struct twp_mapping icmp_rule = { "an item of icmps", icmp_rule_fields, false };

static int icmp_rule_read(struct twp_source *source, void *into)
{
	return twp_mapping_read(source, &icmp_rule, into);
}

static int counted_read(struct twp_source *source, void *into)
{
	struct twp_rule *rule = into;

	/* An item that names no type allows none. */
	rule->nothing = true;
	return icmp_rule_read(source, into);
}

int twp_icmps_read(struct twp_source *source, void *into)
{
	struct twp_rule *rule = into;
	size_t before = rule->ports;

	if (twp_list_read(source, "icmps", counted_read, into))
		return -1;
	rule->nothing = rule->nothing && rule->ports == before;
	return 0;
}
