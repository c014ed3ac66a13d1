// SPDX-License-Identifier: GPL-2.0-only
/* twinctl endpoint: who has which labels and addresses. */
#include <ctype.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "documents.h"
#include "file.h"

static void request_free(Twinpath__V1__AddEndpointRequest **add)
{
	if (*add)
		twinpath__v1__add_endpoint_request__free_unpacked(*add, NULL);
}

/* "web", "shop/web". Names are those of one namespace, and the daemon has one list: so they get the
 * namespace's.
 */
static int name_take(const struct ctl_call *call, Twinpath__V1__Endpoint *endpoint)
{
	const char *space = ctl_option(call, "namespace"), *name = call->word[0];
	const char *slash = strchr(name, '/');
	size_t length = space ? strlen(space) : 0;

	if (!*name || (slash && (slash == name || !slash[1])))
		return ctl_usage(call, "'%s' is no NAME of an endpoint, nor NAMESPACE/NAME", name);
	if (space && (!*space || strchr(space, '/')))
		return ctl_usage(call, "option '--namespace': '%s' is no name of a namespace",
				 space);
	if (space)
		endpoint->namespace_ = ctl_format("%s", space);
	else if (slash)
		endpoint->namespace_ = ctl_format("%.*s", (int)(slash - name), name);
	if (!space || (!strncmp(name, space, length) && name[length] == '/'))
		endpoint->name = ctl_format("%s", name);
	else
		endpoint->name = ctl_format("%s/%s", space, name);
	return CTL_DONE;
}

/* "http=80/tcp" */
static int named_port_take(const struct ctl_call *call, const char *text,
			   Twinpath__V1__Endpoint *endpoint)
{
	size_t length = strcspn(text, "=");
	Twinpath__V1__NamedPort *named;
	struct ctl_port port;

	if (ctl_port_read(&port, call, text + length + 1))
		return CTL_USAGE;
	if (port.protocol != IPPROTO_TCP && port.protocol != IPPROTO_UDP &&
	    port.protocol != IPPROTO_SCTP)
		return ctl_usage(call, "option '--port': '%s' names no port", text);
	if (!length || !port.port)
		return ctl_usage(call, "option '--port': '%s' wants NAME=N/tcp, N from 1 on", text);
	named = ctl_alloc(NULL, 1, sizeof(*named));
	twinpath__v1__named_port__init(named);
	named->name = ctl_format("%.*s", (int)length, text);
	named->protocol = ctl_format("%s", ctl_port_protocol(&port));
	named->port = ctl_port_number(&port);
	endpoint->ports =
		ctl_alloc(endpoint->ports, endpoint->n_ports + 1, sizeof(*endpoint->ports));
	endpoint->ports[endpoint->n_ports++] = named;
	return CTL_DONE;
}

static int ports_take(const struct ctl_call *call, Twinpath__V1__Endpoint *endpoint)
{
	const char *text;
	size_t next = 0;

	while ((text = ctl_option_next(call, "port", &next))) {
		if (strchr(text, '=')) {
			if (named_port_take(call, text, endpoint))
				return CTL_USAGE;
			continue;
		}
		if (*endpoint->bridge_port)
			return ctl_usage(call,
					 "option '--port': '%s' and '%s' are two bridge ports",
					 endpoint->bridge_port, text);
		endpoint->bridge_port = ctl_format("%s", text);
	}
	return CTL_DONE;
}

static int add_from_options(const struct ctl_call *call, Twinpath__V1__AddEndpointRequest *add)
{
	Twinpath__V1__Endpoint *endpoint = ctl_endpoint_new(add);
	struct twp_error error;
	const char *text;
	size_t next = 0;

	if (name_take(call, endpoint) || ports_take(call, endpoint) ||
	    ctl_labels_read(call, &endpoint->label, &endpoint->n_label))
		return CTL_USAGE;
	while ((text = ctl_option_next(call, "address", &next)))
		if (ctl_endpoint_add_address(endpoint, text, &error))
			return ctl_usage(call, "option '--address': %s", error.text);
	for (size_t i = 0; i < call->givens; i++)
		endpoint->audit |= !strcmp(call->given[i].name, "audit");
	return CTL_DONE;
}

static int add_from_file(const char *path, Twinpath__V1__AddEndpointRequest *add)
{
	struct twp_error error;
	size_t length;
	char *text CTL_CLEAN(ctl_free) = ctl_file_read(path, &length);

	if (!text)
		return CTL_FAILED;
	if (ctl_endpoints_read(add, ctl_file_name(path), text, length, &error))
		return ctl_fail("%s", error.text);
	if (!add->n_endpoint && !add->n_namespace_)
		return ctl_fail("%s: no endpoint in it", ctl_file_name(path));
	return CTL_DONE;
}

int ctl_endpoint_add(const struct ctl_call *call)
{
	Twinpath__V1__AddEndpointRequest *add CTL_CLEAN(request_free) = NULL;
	Twinpath__V1__Request request = TWINPATH__V1__REQUEST__INIT;
	const char *file = ctl_option(call, "file");
	int result;

	if (file && call->words)
		return ctl_usage(call, "NAME '%s' and option '--file' exclude each other",
				 call->word[0]);
	if (!file && !call->words)
		return ctl_usage(call, "endpoint add wants NAME or '--file'");
	for (size_t i = 0; file && i < call->givens; i++)
		if (strcmp(call->given[i].name, "file"))
			return ctl_usage(call, "options '--%s' and '--file' exclude each other",
					 call->given[i].name);

	add = ctl_alloc(NULL, 1, sizeof(*add));
	twinpath__v1__add_endpoint_request__init(add);
	result = file ? add_from_file(file, add) : add_from_options(call, add);
	if (result)
		return result;
	request.operation_case = TWINPATH__V1__REQUEST__OPERATION_ADD_ENDPOINT;
	request.add_endpoint = add;
	return ctl_apply(call, &request);
}

int ctl_endpoint_delete(const struct ctl_call *call)
{
	Twinpath__V1__DeleteEndpointRequest delete = TWINPATH__V1__DELETE_ENDPOINT_REQUEST__INIT;
	Twinpath__V1__Request request = TWINPATH__V1__REQUEST__INIT;

	delete.n_name = call->words;
	delete.name = (char **)call->word;
	request.operation_case = TWINPATH__V1__REQUEST__OPERATION_DELETE_ENDPOINT;
	request.delete_endpoint = &delete;
	return ctl_apply(call, &request);
}

/* "http=80/tcp,dns=53/udp" */
static void add_ports(struct ctl_table *table, const Twinpath__V1__Endpoint *endpoint)
{
	char *text CTL_CLEAN(ctl_free) = ctl_format("%s", endpoint->n_ports ? "" : "-");

	for (size_t i = 0; i < endpoint->n_ports; i++) {
		const Twinpath__V1__NamedPort *port = endpoint->ports[i];
		char *longer = ctl_format("%s%s%s=%u/%s", text, i ? "," : "", port->name,
					  port->port, port->protocol);

		free(text);
		text = longer;
	}
	for (char *at = text; *at; at++)
		*at = (char)tolower((unsigned char)*at);
	ctl_table_add(table, "%s", text);
}

static void print_endpoints(const Twinpath__V1__EndpointList *list)
{
	struct ctl_table table CTL_CLEAN(ctl_table_clean);

	ctl_table_init(&table, "<name|>identity|<labels|<addresses|<port|<named ports|<audit");
	for (size_t i = 0; i < list->n_endpoint; i++) {
		const Twinpath__V1__Endpoint *endpoint = list->endpoint[i];
		char *labels CTL_CLEAN(ctl_free) = ctl_labels(endpoint->label, endpoint->n_label);
		char *addresses CTL_CLEAN(ctl_free) =
			ctl_alloc(NULL, endpoint->n_address + 1, sizeof(ctl_text));
		size_t length = 0;
		ctl_text text;

		for (size_t j = 0; j < endpoint->n_address; j++)
			length += (size_t)sprintf(addresses + length, "%s%s", j ? "," : "",
						  ctl_address(text, &endpoint->address[j], false));
		ctl_table_add(&table, "%s", endpoint->name);
		ctl_table_add(&table, "%u", endpoint->identity);
		ctl_table_add(&table, "%s", labels);
		ctl_table_add(&table, "%s", length ? addresses : "-");
		ctl_table_add(&table, "%s", *endpoint->bridge_port ? endpoint->bridge_port : "-");
		add_ports(&table, endpoint);
		ctl_table_add(&table, "%s",
			      endpoint->audit	? "on" :
			      endpoint->audited ? "by selector" :
						  "-");
	}
	ctl_table_print(&table);
}

int ctl_endpoint_list(const struct ctl_call *call)
{
	Twinpath__V1__ListEndpointsRequest list = TWINPATH__V1__LIST_ENDPOINTS_REQUEST__INIT;
	Twinpath__V1__Request request = TWINPATH__V1__REQUEST__INIT;
	Twinpath__V1__Response *response CTL_CLEAN(ctl_response_free) = NULL;

	request.operation_case = TWINPATH__V1__REQUEST__OPERATION_LIST_ENDPOINTS;
	request.list_endpoints = &list;
	response = ctl_ask(call, &request, TWINPATH__V1__RESPONSE__RESULT_ENDPOINTS);
	if (!response)
		return CTL_FAILED;
	if (call->json)
		ctl_json_print(ctl_json(&response->endpoints->base), false);
	else
		print_endpoints(response->endpoints);
	return CTL_DONE;
}
