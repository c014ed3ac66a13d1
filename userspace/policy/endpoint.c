// SPDX-License-Identifier: GPL-2.0-only
/* Endpoints and the inventory that they make up: what they may be, and what they are known by. */
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

/* No label's text holds ",,": what follows it is no label. */
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
	fprintf(stream, "%s,,%s", labels, twp_endpoint_namespace(endpoint));
	for (size_t i = 0; i < endpoint->ports; i++)
		fprintf(stream, ",,%s/%u/%u", endpoint->port[i].name, endpoint->port[i].protocol,
			endpoint->port[i].port);
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

static int mark_compare(const struct twp_mark *a, const struct twp_mark *b)
{
	if (a->file != b->file)
		return a->file < b->file ? -1 : 1;
	return (a->place > b->place) - (a->place < b->place);
}

static int namespace_compare(const void *a, const void *b)
{
	const struct twp_namespace *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ?: mark_compare(&x->mark, &y->mark);
}

static int name_compare(const struct twp_endpoint *x, const struct twp_endpoint *y)
{
	int order = strcmp(twp_endpoint_namespace(x), twp_endpoint_namespace(y));

	return order ?: strcmp(x->name, y->name);
}

static int endpoint_compare(const void *a, const void *b)
{
	const struct twp_endpoint *x = a, *y = b;
	int order = name_compare(x, y);

	return order ?: mark_compare(&x->mark, &y->mark);
}

/* Who tells the caller. */
struct teller {
	twp_mark_visit *fault;
	void *context;
	unsigned int told;
	int result;
};

static void tell(struct teller *teller, const struct twp_mark *mark, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void tell(struct teller *teller, const struct twp_mark *mark, const char *format, ...)
{
	static const struct twp_mark nowhere;
	struct twp_error said;
	va_list arguments;

	teller->result = -1;
	if (teller->told == TWP_FAULTS_MAX)
		return;
	va_start(arguments, format);
	vsnprintf(said.text, sizeof(said.text), format, arguments);
	va_end(arguments);
	teller->fault(mark ?: &nowhere, said.text, teller->context);
	teller->told++;
}

struct holder {
	const struct twp_address *address;
	const struct twp_endpoint *endpoint;
};

static int holder_compare(const void *a, const void *b)
{
	const struct holder *x = a, *y = b;
	int order = twp_address_compare(x->address, y->address);

	return order ?: mark_compare(&x->endpoint->mark, &y->endpoint->mark);
}

/* An address is of one endpoint: which of two would a packet be from? */
static void holders_check(const struct twp_inventory *inventory, struct teller *teller)
{
	TWP_AUTOFREE struct holder *holder = NULL;
	char text[INET6_ADDRSTRLEN];
	size_t count = 0;

	for (size_t i = 0; i < inventory->endpoints; i++)
		count += inventory->endpoint[i].addresses;
	holder = calloc(count + 1, sizeof(*holder));
	if (!holder) {
		tell(teller, NULL, "out of memory");
		return;
	}
	count = 0;
	for (size_t i = 0; i < inventory->endpoints; i++)
		for (size_t j = 0; j < inventory->endpoint[i].addresses; j++)
			holder[count++] = (struct holder){ &inventory->endpoint[i].address[j],
							   &inventory->endpoint[i] };
	qsort(holder, count, sizeof(*holder), holder_compare);
	for (size_t i = 1; i < count; i++)
		if (!twp_address_compare(holder[i - 1].address, holder[i].address))
			tell(teller, &holder[i].endpoint->mark,
			     "address %s is of endpoints %s/%s and %s/%s",
			     twp_address_text(holder[i].address, text),
			     twp_endpoint_namespace(holder[i - 1].endpoint),
			     holder[i - 1].endpoint->name,
			     twp_endpoint_namespace(holder[i].endpoint), holder[i].endpoint->name);
}

int twp_inventory_seal(struct twp_inventory *inventory, twp_mark_visit *fault, void *context)
{
	struct twp_namespace *space = inventory->namespace;
	struct twp_endpoint *endpoint = inventory->endpoint;
	struct teller teller = { fault, context, 0, 0 };

	if (inventory->namespaces)
		qsort(space, inventory->namespaces, sizeof(*space), namespace_compare);
	if (inventory->endpoints)
		qsort(endpoint, inventory->endpoints, sizeof(*endpoint), endpoint_compare);
	for (size_t i = 1; i < inventory->namespaces; i++)
		if (!strcmp(space[i - 1].name, space[i].name))
			tell(&teller, &space[i].mark, "namespace %s stands twice", space[i].name);
	for (size_t i = 1; i < inventory->endpoints; i++)
		if (!name_compare(&endpoint[i - 1], &endpoint[i]))
			tell(&teller, &endpoint[i].mark, "endpoint %s/%s stands twice",
			     twp_endpoint_namespace(&endpoint[i]), endpoint[i].name);
	holders_check(inventory, &teller);
	return teller.result;
}

void twp_inventory_clean(struct twp_inventory *inventory)
{
	for (size_t i = 0; i < inventory->namespaces; i++)
		twp_namespace_clean(&inventory->namespace[i]);
	for (size_t i = 0; i < inventory->endpoints; i++)
		twp_endpoint_clean(&inventory->endpoint[i]);
	free(inventory->namespace);
	free(inventory->endpoint);
	*inventory = (struct twp_inventory){ 0 };
}
