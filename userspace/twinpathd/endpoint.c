// SPDX-License-Identifier: GPL-2.0-only
/* Endpoints from messages, each field checked, and back. */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "endpoint.h"

static int labels_read(struct twp_endpoint *endpoint, const Twinpath__V1__Endpoint *message,
		       struct twp_error *error)
{
	struct twp_error why;
	size_t i;

	for (i = 0; i < message->n_label; i++) {
		const char *key = message->label[i]->key;

		if (twp_label_key_settle(&key, &why) ||
		    twp_labels_add(&endpoint->labels, key, message->label[i]->value, &why))
			return twp_error_set(error, "endpoint %.*s: %s", TWP_ENDPOINT_NAME_MAX,
					     endpoint->name, why.text);
	}
	return 0;
}

/*
 * The same of one that was taken before, perhaps by a twinpathd that refused less:
 * a label that would be refused now keeps its whole name, which no selector can say.
 */
static int labels_restore(struct twp_endpoint *endpoint, const Twinpath__V1__Endpoint *message,
			  struct twp_error *error)
{
	struct twp_labels *labels = &endpoint->labels;
	size_t i;

	/* Whole names first: "app" wins over "k8s:app", as it did. */
	for (i = 0; i < message->n_label; i++) {
		const Twinpath__V1__Label *label = message->label[i];
		const char *key = label->key;

		if ((twp_label_key_settle(&key, NULL) || key == label->key) &&
		    twp_labels_add(labels, label->key, label->value, error))
			return -1;
	}
	for (i = 0; i < message->n_label; i++) {
		const Twinpath__V1__Label *label = message->label[i];
		const char *key = label->key;

		if (twp_label_key_settle(&key, NULL) || key == label->key)
			continue;
		if (twp_labels_get(labels, key))
			key = label->key;
		if (twp_labels_add(labels, key, label->value, error))
			return -1;
	}
	return 0;
}

static int addresses_read(struct twp_endpoint *endpoint, const Twinpath__V1__Endpoint *message,
			  struct twp_error *error)
{
	size_t i;

	if (message->n_address > TWP_ENDPOINT_ADDRESSES_MAX)
		return twp_error_set(error, "endpoint %.*s has more than %d addresses",
				     TWP_ENDPOINT_NAME_MAX, endpoint->name,
				     TWP_ENDPOINT_ADDRESSES_MAX);
	endpoint->address = calloc(message->n_address + 1, sizeof(*endpoint->address));
	if (!endpoint->address)
		return twp_error_set(error, "no memory");
	for (i = 0; i < message->n_address; i++) {
		if (twp_address_set(&endpoint->address[i], message->address[i].data,
				    message->address[i].len))
			return twp_error_set(error, "endpoint %.*s: an address of %zu bytes",
					     TWP_ENDPOINT_NAME_MAX, endpoint->name,
					     message->address[i].len);
		endpoint->addresses = i + 1;
	}
	return 0;
}

static const struct {
	const char *name;
	uint8_t number;
} protocols[] = { { "TCP", IPPROTO_TCP }, { "UDP", IPPROTO_UDP }, { "SCTP", IPPROTO_SCTP } };

enum { PROTOCOLS = sizeof(protocols) / sizeof(protocols[0]) };

static int ports_read(struct twp_endpoint *endpoint, const Twinpath__V1__Endpoint *message,
		      struct twp_error *error)
{
	struct twp_error why;
	size_t i, j;

	for (i = 0; i < message->n_ports; i++) {
		const Twinpath__V1__NamedPort *port = message->ports[i];

		for (j = 0; j < PROTOCOLS && strcmp(port->protocol, protocols[j].name); j++)
			;
		if (j == PROTOCOLS || !*port->name || !port->port || port->port > 65535)
			return twp_error_set(error,
					     "endpoint %.*s: a named port wants a name, a protocol "
					     "and a number",
					     TWP_ENDPOINT_NAME_MAX, endpoint->name);
		if (twp_endpoint_add_port(endpoint, port->name, protocols[j].number,
					  (uint16_t)port->port, &why))
			return twp_error_set(error, "endpoint %.*s: %s", TWP_ENDPOINT_NAME_MAX,
					     endpoint->name, why.text);
	}
	return 0;
}

static int endpoint_make(struct twp_endpoint *endpoint, const Twinpath__V1__Endpoint *message,
			 bool stored, struct twp_error *error)
{
	struct twp_endpoint fresh = { 0 };

	fresh.name = strdup(message->name);
	if (*message->bridge_port)
		fresh.bridge_port = strdup(message->bridge_port);
	if (*message->namespace_)
		fresh.namespace = strdup(message->namespace_);
	fresh.audit = fresh.audit_asked = message->audit;
	if (!fresh.name || (*message->bridge_port && !fresh.bridge_port) ||
	    (*message->namespace_ && !fresh.namespace)) {
		twp_error_set(error, "no memory");
	} else if (!(stored ? labels_restore : labels_read)(&fresh, message, error) &&
		   !addresses_read(&fresh, message, error) && !ports_read(&fresh, message, error) &&
		   (stored || !twp_endpoint_check(&fresh, error))) {
		*endpoint = fresh;
		return 0;
	}
	twp_endpoint_clean(&fresh);
	return -1;
}

int twp_endpoint_read(struct twp_endpoint *endpoint, const Twinpath__V1__Endpoint *message,
		      struct twp_error *error)
{
	return endpoint_make(endpoint, message, false, error);
}

int twp_endpoint_restore(struct twp_endpoint *endpoint, const Twinpath__V1__Endpoint *message,
			 struct twp_error *error)
{
	return endpoint_make(endpoint, message, true, error);
}

int twp_labels_message(const struct twp_labels *labels, Twinpath__V1__Label ***to, size_t *count)
{
	Twinpath__V1__Label *label;
	size_t i;

	*count = 0;
	if (!labels->count)
		return 0;
	*to = calloc(labels->count, sizeof(**to));
	if (!*to)
		return -1;
	for (i = 0; i < labels->count; i++) {
		label = malloc(sizeof(*label));
		if (!label)
			return -1;
		twinpath__v1__label__init(label);
		(*to)[(*count)++] = label;
		label->key = strdup(labels->label[i].key);
		label->value = strdup(labels->label[i].value);
		if (!label->key || !label->value)
			return -1;
	}
	return 0;
}

static int ports_message(const struct twp_endpoint *endpoint, Twinpath__V1__Endpoint *message)
{
	size_t i, j;

	message->ports = calloc(endpoint->ports + 1, sizeof(*message->ports));
	if (!message->ports)
		return -1;
	for (i = 0; i < endpoint->ports; i++) {
		Twinpath__V1__NamedPort *port = malloc(sizeof(*port));

		if (!port)
			return -1;
		twinpath__v1__named_port__init(port);
		message->ports[message->n_ports++] = port;
		for (j = 0; j < PROTOCOLS; j++)
			if (protocols[j].number == endpoint->port[i].protocol)
				port->protocol = strdup(protocols[j].name);
		port->name = strdup(endpoint->port[i].name);
		port->port = endpoint->port[i].port;
		if (!port->name || !port->protocol)
			return -1;
	}
	return 0;
}

Twinpath__V1__Endpoint *twp_endpoint_message(const struct twp_endpoint *endpoint)
{
	Twinpath__V1__Endpoint *message = malloc(sizeof(*message));
	size_t i;

	if (!message)
		return NULL;
	twinpath__v1__endpoint__init(message);
	message->identity = endpoint->identity;
	message->name = strdup(endpoint->name);
	if (endpoint->bridge_port)
		message->bridge_port = strdup(endpoint->bridge_port);
	if (endpoint->namespace)
		message->namespace_ = strdup(endpoint->namespace);
	message->audit = endpoint->audit_asked;
	message->audited = endpoint->audit;
	message->address = calloc(endpoint->addresses + 1, sizeof(*message->address));
	if (!message->name || !message->bridge_port || !message->address || !message->namespace_ ||
	    ports_message(endpoint, message) ||
	    twp_labels_message(&endpoint->labels, &message->label, &message->n_label))
		goto fail;
	for (i = 0; i < endpoint->addresses; i++) {
		size_t length = twp_address_length(&endpoint->address[i]);
		uint8_t *bytes = malloc(length);

		if (!bytes)
			goto fail;
		memcpy(bytes, endpoint->address[i].bytes, length);
		message->address[i].data = bytes;
		message->address[i].len = length;
		message->n_address = i + 1;
	}
	return message;
fail:
	twinpath__v1__endpoint__free_unpacked(message, NULL);
	return NULL;
}

int twp_namespace_read(struct twp_namespace *space, const Twinpath__V1__Namespace *message,
		       struct twp_error *error)
{
	struct twp_namespace fresh = { .name = strdup(message->name) };
	struct twp_error why = {
		"the name of a namespace is of at most 63 lower-case letters, digits and dashes"
	};
	bool good = fresh.name && twp_name_is_kubernetes(fresh.name, true);

	for (size_t i = 0; good && i < message->n_label; i++)
		good = !twp_labels_add(&fresh.labels, message->label[i]->key,
				       message->label[i]->value, &why);
	if (good) {
		*space = fresh;
		return 0;
	}
	twp_namespace_clean(&fresh);
	return twp_error_set(error, "namespace %.*s: %s", TWP_ENDPOINT_NAME_MAX, message->name,
			     why.text);
}

Twinpath__V1__Namespace *twp_namespace_message(const struct twp_namespace *space)
{
	Twinpath__V1__Namespace *message = malloc(sizeof(*message));

	if (!message)
		return NULL;
	twinpath__v1__namespace__init(message);
	message->name = strdup(space->name);
	if (message->name &&
	    !twp_labels_message(&space->labels, &message->label, &message->n_label))
		return message;
	twinpath__v1__namespace__free_unpacked(message, NULL);
	return NULL;
}
