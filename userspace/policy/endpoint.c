// SPDX-License-Identifier: GPL-2.0-only
/* Endpoints: what they may be, and what they are known by. */
#include <arpa/inet.h>
#include <ctype.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "policy.h"

/* What kind of address no endpoint can have; NULL if it can. */
static const char *address_fault(const struct twp_address *address)
{
	struct in6_addr six;

	if (address->family == TWP_FAMILY_IPV4) {
		if (!memcmp(address->bytes, "\0\0\0\0", 4))
			return "unspecified";
		if (address->bytes[0] == 127)
			return "a loopback address";
		/* 224.0.0.0/4, and the broadcast address above it */
		if (address->bytes[0] >> 4 == 0xe || !memcmp(address->bytes, "\xff\xff\xff\xff", 4))
			return "a multicast or broadcast address";
		return NULL;
	}
	memcpy(&six, address->bytes, sizeof(six));
	if (IN6_IS_ADDR_UNSPECIFIED(&six))
		return "unspecified";
	if (IN6_IS_ADDR_LOOPBACK(&six))
		return "a loopback address";
	if (IN6_IS_ADDR_MULTICAST(&six))
		return "a multicast address";
	/* No packet carries it: the flow is an IPv4 one. */
	if (IN6_IS_ADDR_V4MAPPED(&six))
		return "an IPv4 address; write it as one";
	return NULL;
}

static int addresses_check(const struct twp_endpoint *endpoint, struct twp_error *error)
{
	char text[INET6_ADDRSTRLEN];

	if (endpoint->addresses > TWP_ENDPOINT_ADDRESSES_MAX)
		return twp_error_set(error, "endpoint %s has %zu addresses, and %d are the most",
				     endpoint->name, endpoint->addresses,
				     TWP_ENDPOINT_ADDRESSES_MAX);
	/* A Pod has none until it runs. */
	if (!endpoint->addresses && !endpoint->namespace && !twp_endpoint_is_host(endpoint))
		return twp_error_set(error, "endpoint %s has no address", endpoint->name);
	for (size_t i = 0; i < endpoint->addresses; i++) {
		const struct twp_address *address = &endpoint->address[i];
		const char *fault = address_fault(address);

		if (fault)
			return twp_error_set(error, "endpoint %s: address %s is %s", endpoint->name,
					     twp_address_text(address, text), fault);
		for (size_t j = 0; j < i; j++)
			if (!twp_address_compare(address, &endpoint->address[j]))
				return twp_error_set(error, "endpoint %s has address %s twice",
						     endpoint->name,
						     twp_address_text(address, text));
	}
	return 0;
}

static int labels_check(const struct twp_endpoint *endpoint, struct twp_error *error)
{
	for (size_t i = 0; i < endpoint->labels.count; i++) {
		const struct twp_label *label = &endpoint->labels.label[i];

		if (strncmp(label->key, "reserved:", strlen("reserved:")))
			continue;
		if (!strcmp(label->key, TWP_LABEL_WORLD) || !twp_label_is_reserved(label->key))
			return twp_error_set(error,
					     "endpoint %s: label \"%s\" is reserved, and none that "
					     "an endpoint may have",
					     endpoint->name, label->key);
		if (*label->value)
			return twp_error_set(error, "endpoint %s: label %s has no value",
					     endpoint->name, label->key);
	}
	return 0;
}

const char *twp_endpoint_namespace(const struct twp_endpoint *endpoint)
{
	return endpoint->namespace ?: TWP_NAMESPACE_DEFAULT;
}

bool twp_endpoint_is_host(const struct twp_endpoint *endpoint)
{
	return twp_labels_get(&endpoint->labels, TWP_LABEL_HOST);
}

int twp_endpoint_check(const struct twp_endpoint *endpoint, struct twp_error *error)
{
	const char *name = endpoint->name, *port = endpoint->bridge_port;

	if (!name || !*name)
		return twp_error_set(error, "an endpoint needs a name");
	if (strlen(name) > TWP_ENDPOINT_NAME_MAX)
		return twp_error_set(error, "the name of an endpoint is longer than %d bytes",
				     TWP_ENDPOINT_NAME_MAX);
	for (const char *c = name; *c; c++)
		if (!isascii(*c) || !isprint(*c))
			return twp_error_set(error,
					     "the name of an endpoint holds byte 0x%02x, which is "
					     "not a printable ASCII character",
					     (unsigned char)*c);
	if (!twp_name_is_kubernetes(twp_endpoint_namespace(endpoint), true))
		return twp_error_set(error,
				     "endpoint %s: the name of a namespace is of at most 63 "
				     "lower-case letters, digits and dashes",
				     name);
	/* As the kernel sees an interface name (dev_valid_name()). */
	if (port && (!*port || strlen(port) >= IFNAMSIZ || strpbrk(port, "/: \t\n\v\f\r") ||
		     !strcmp(port, ".") || !strcmp(port, "..")))
		return twp_error_set(error, "endpoint %s: the bridge port is not an interface name",
				     name);
	if (labels_check(endpoint, error))
		return -1;
	return addresses_check(endpoint, error);
}

void twp_endpoint_clean(struct twp_endpoint *endpoint)
{
	for (size_t i = 0; i < endpoint->ports; i++)
		free(endpoint->port[i].name);
	free(endpoint->name);
	free(endpoint->namespace);
	free(endpoint->address);
	free(endpoint->port);
	free(endpoint->bridge_port);
	twp_labels_clean(&endpoint->labels);
	*endpoint = (struct twp_endpoint){ 0 };
}

static int port_compare(const struct twp_named_port *a, const struct twp_named_port *b)
{
	int order = strcmp(a->name, b->name);

	if (order)
		return order;
	return a->protocol != b->protocol ? a->protocol - b->protocol : a->port - b->port;
}

int twp_endpoint_add_port(struct twp_endpoint *endpoint, const char *name, uint8_t protocol,
			  uint16_t port, struct twp_error *error)
{
	struct twp_named_port one = { (char *)name, protocol, port }, *array;
	size_t at = 0;
	int order = 1;

	while (at < endpoint->ports && (order = port_compare(&endpoint->port[at], &one)) < 0)
		at++;
	/* Two containers of a Pod may say the same. */
	if (!order)
		return 0;
	if (endpoint->ports == TWP_ENDPOINT_PORTS_MAX)
		return twp_error_set(error, "there are more than %d named ports",
				     TWP_ENDPOINT_PORTS_MAX);
	array = twp_array_grow(endpoint->port, endpoint->ports, sizeof(*array));
	if (!array)
		return twp_error_set(error, "out of memory");
	endpoint->port = array;
	one.name = strdup(name);
	if (!one.name)
		return twp_error_set(error, "out of memory");
	memmove(array + at + 1, array + at, (endpoint->ports - at) * sizeof(*array));
	array[at] = one;
	endpoint->ports++;
	return 0;
}

static bool same_ports(const struct twp_endpoint *a, const struct twp_endpoint *b)
{
	if (a->ports != b->ports)
		return false;
	for (size_t i = 0; i < a->ports; i++)
		if (port_compare(&a->port[i], &b->port[i]))
			return false;
	return true;
}

const char *twp_hosts_differ(const struct twp_endpoint *a, const struct twp_endpoint *b)
{
	if (twp_labels_compare(&a->labels, &b->labels))
		return "labels";
	if (strcmp(twp_endpoint_namespace(a), twp_endpoint_namespace(b)))
		return "namespaces";
	if (!same_ports(a, b))
		return "named ports";
	return a->audit != b->audit ? "audit modes" : NULL;
}

/* As labels do, so that no name ends before its end. */
static void escape(FILE *stream, const char *text)
{
	for (; *text; text++) {
		if (strchr("\\,/", *text))
			fputc('\\', stream);
		fputc(*text, stream);
	}
}

/* No label's text holds ",,", nor does a name: what follows it is the next part. */
char *twp_endpoint_identity_text(const struct twp_endpoint *endpoint)
{
	TWP_AUTOFREE char *labels = twp_labels_text(&endpoint->labels);
	size_t room = 0;
	FILE *stream;
	char *text = NULL;

	if (!labels || (!endpoint->ports &&
			!strcmp(twp_endpoint_namespace(endpoint), TWP_NAMESPACE_DEFAULT))) {
		text = labels;
		labels = NULL;
		return text;
	}
	stream = open_memstream(&text, &room);
	if (!stream)
		return NULL;
	fprintf(stream, "%s,,", labels);
	escape(stream, twp_endpoint_namespace(endpoint));
	for (size_t i = 0; i < endpoint->ports; i++) {
		fputs(",,", stream);
		escape(stream, endpoint->port[i].name);
		fprintf(stream, "/%u/%u", endpoint->port[i].protocol, endpoint->port[i].port);
	}
	if (fclose(stream)) {
		free(text);
		return NULL;
	}
	return text;
}

void twp_namespace_clean(struct twp_namespace *space)
{
	free(space->name);
	twp_labels_clean(&space->labels);
	*space = (struct twp_namespace){ 0 };
}
