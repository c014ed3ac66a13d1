// SPDX-License-Identifier: GPL-2.0-only
/* Files that are given on the command line: read whole, and inventory made a request. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "policy/document.h"
#include "print.h"

const char *ctl_file_name(const char *path)
{
	return strcmp(path, "-") ? path : "stdin";
}

static char *read_all(int fd, const char *name, size_t *length)
{
	size_t room = 65536, have = 0;
	char *text = ctl_alloc(NULL, room, 1);
	ssize_t got;

	while ((got = read(fd, text + have, room - have - 1))) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			ctl_fail("%s: %s", name, strerror(errno));
			free(text);
			return NULL;
		}
		have += (size_t)got;
		if (have > TWP_DOCUMENT_MAX) {
			ctl_fail("%s: longer than the %u bytes (%u MiB) that a document may have",
				 name, TWP_DOCUMENT_MAX, TWP_DOCUMENT_MAX >> 20);
			free(text);
			return NULL;
		}
		if (room - have < 2) {
			room *= 2;
			text = ctl_alloc(text, room, 1);
		}
	}
	text[have] = '\0';
	*length = have;
	return text;
}

char *ctl_file_read(const char *path, size_t *length)
{
	if (!strcmp(path, "-"))
		return read_all(STDIN_FILENO, "stdin", length);

	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		ctl_fail("%s: %s", path, strerror(errno));
		return NULL;
	}
	char *text = read_all(fd, path, length);
	close(fd);
	return text;
}

/* ---- endpoints */

Twinpath__V1__Endpoint *ctl_endpoint_new(Twinpath__V1__AddEndpointRequest *request)
{
	Twinpath__V1__Endpoint *endpoint = ctl_alloc(NULL, 1, sizeof(*endpoint));
	size_t count = request->n_endpoint;

	/* Room doubles whenever the count is a power of two. */
	if (!(count & (count - 1)))
		request->endpoint = ctl_alloc(request->endpoint, count ? 2 * count : 1,
					      sizeof(*request->endpoint));
	twinpath__v1__endpoint__init(endpoint);
	request->endpoint[request->n_endpoint++] = endpoint;
	return endpoint;
}

int ctl_label_add(Twinpath__V1__Label ***labels, size_t *count, const char *key, const char *value,
		  struct twp_error *error)
{
	if (!*key)
		return twp_error_set(error, "a label has an empty key");
	if (twp_label_key_settle(&key, error))
		return -1;
	for (size_t i = 0; i < *count; i++)
		if (!strcmp((*labels)[i]->key, key))
			return twp_error_set(error, "label '%s' is given twice", key);

	Twinpath__V1__Label *label = ctl_alloc(NULL, 1, sizeof(*label));
	twinpath__v1__label__init(label);
	label->key = ctl_format("%s", key);
	label->value = ctl_format("%s", value);
	*labels = ctl_alloc(*labels, *count + 1, sizeof(label));
	(*labels)[(*count)++] = label;
	return 0;
}

int ctl_labels_read(const struct ctl_call *call, Twinpath__V1__Label ***labels, size_t *count)
{
	struct twp_error error;
	const char *text;
	size_t next = 0;

	while ((text = ctl_option_next(call, "label", &next))) {
		size_t length = strcspn(text, "=");
		char *key CTL_CLEAN(ctl_free) = ctl_format("%.*s", (int)length, text);

		if (ctl_label_add(labels, count, key, text + length + (text[length] == '='),
				  &error))
			return ctl_usage(call, "option '--label': %s", error.text);
	}
	return CTL_DONE;
}

int ctl_endpoint_add_address(Twinpath__V1__Endpoint *endpoint, const char *text,
			     struct twp_error *error)
{
	struct twp_address address;
	ProtobufCBinaryData *bytes;

	if (ctl_address_read(&address, text, error))
		return -1;
	endpoint->address =
		ctl_alloc(endpoint->address, endpoint->n_address + 1, sizeof(*endpoint->address));
	bytes = &endpoint->address[endpoint->n_address++];
	bytes->len = twp_address_length(&address);
	bytes->data = ctl_alloc(NULL, bytes->len, 1);
	memcpy(bytes->data, address.bytes, bytes->len);
	return 0;
}

static void ports_add(Twinpath__V1__Endpoint *message, const struct twp_endpoint *endpoint)
{
	message->ports = ctl_alloc(NULL, endpoint->ports + 1, sizeof(*message->ports));
	for (size_t i = 0; i < endpoint->ports; i++) {
		const struct twp_named_port *port = &endpoint->port[i];
		Twinpath__V1__NamedPort *to = ctl_alloc(NULL, 1, sizeof(*to));

		twinpath__v1__named_port__init(to);
		to->name = ctl_format("%s", port->name);
		to->protocol = ctl_format("%s", port->protocol == IPPROTO_TCP ? "TCP" :
						port->protocol == IPPROTO_UDP ? "UDP" :
										"SCTP");
		to->port = port->port;
		message->ports[message->n_ports++] = to;
	}
}

/* Names are those of one namespace, and the daemon has one list: so they get the namespace's. */
static int endpoint_add(Twinpath__V1__AddEndpointRequest *request,
			const struct twp_endpoint *endpoint, struct twp_error *error)
{
	Twinpath__V1__Endpoint *message = ctl_endpoint_new(request);
	char text[INET6_ADDRSTRLEN];

	message->name = endpoint->namespace ?
				ctl_format("%s/%s", endpoint->namespace, endpoint->name) :
				ctl_format("%s", endpoint->name);
	message->namespace_ = ctl_format("%s", endpoint->namespace ?: "");
	message->bridge_port = ctl_format("%s", endpoint->bridge_port ?: "");
	message->audit = endpoint->audit;
	ports_add(message, endpoint);
	for (size_t i = 0; i < endpoint->labels.count; i++)
		if (ctl_label_add(&message->label, &message->n_label, endpoint->labels.label[i].key,
				  endpoint->labels.label[i].value, error))
			return -1;
	for (size_t i = 0; i < endpoint->addresses; i++)
		if (ctl_endpoint_add_address(message, twp_address_text(&endpoint->address[i], text),
					     error))
			return -1;
	return 0;
}

static void namespace_add(Twinpath__V1__AddEndpointRequest *request,
			  const struct twp_namespace *space)
{
	Twinpath__V1__Namespace *message = ctl_alloc(NULL, 1, sizeof(*message));

	twinpath__v1__namespace__init(message);
	message->name = ctl_format("%s", space->name);
	message->label = ctl_alloc(NULL, space->labels.count + 1, sizeof(*message->label));
	for (size_t i = 0; i < space->labels.count; i++) {
		Twinpath__V1__Label *label = ctl_alloc(NULL, 1, sizeof(*label));

		twinpath__v1__label__init(label);
		label->key = ctl_format("%s", space->labels.label[i].key);
		label->value = ctl_format("%s", space->labels.label[i].value);
		message->label[message->n_label++] = label;
	}
	request->namespace_ = ctl_alloc(request->namespace_, request->n_namespace_ + 1,
					sizeof(*request->namespace_));
	request->namespace_[request->n_namespace_++] = message;
}

static void inventory_clean(struct twp_inventory *inventory)
{
	twp_inventory_clean(inventory);
}

int ctl_endpoints_read(Twinpath__V1__AddEndpointRequest *request, const char *file,
		       const char *text, size_t length, struct twp_error *error)
{
	struct twp_inventory inventory CTL_CLEAN(inventory_clean) = { 0 };

	if (twp_inventory_read(&inventory, file, text, length, error))
		return -1;
	for (size_t i = 0; i < inventory.namespaces; i++)
		namespace_add(request, &inventory.namespace[i]);
	for (size_t i = 0; i < inventory.endpoints; i++)
		if (endpoint_add(request, &inventory.endpoint[i], error))
			return twp_error_set(error, "%s: %s", file, error->text);
	return 0;
}
