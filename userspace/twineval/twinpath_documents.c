// SPDX-License-Identifier: GPL-2.0-only
/* Writes the documents of the twinpath datapaths. */
#include "twinpath_documents.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "datapath_filter.h"

unsigned int twinpath_documents(const struct datapath_filter *filter)
{
	if (filter->shape == DATAPATH_PORTS)
		return filter->entries > 0;
	return datapath_peers(filter);
}

const char *twinpath_file(const struct datapath_filter *filter, const char *name)
{
	static char paths[2][4096];
	static unsigned int turn;
	char *path = paths[turn++ % 2];

	snprintf(path, sizeof(paths[0]), "%s/%s", filter->folder, name);
	return path;
}

const char *twinpath_policy_file(const struct datapath_filter *filter, unsigned int document)
{
	char name[32];

	snprintf(name, sizeof(name), "policy%u.json", document);
	return twinpath_file(filter, name);
}

static FILE *open_file(const char *path, struct twp_error *error)
{
	FILE *file = fopen(path, "we");

	if (!file)
		twp_error_set(error, "%s: %s", path, strerror(errno));
	return file;
}

static int close_file(FILE *file, const char *path, struct twp_error *error)
{
	const int failed = ferror(file);

	if (fclose(file) || failed)
		return twp_error_set(error, "%s: %s", path, strerror(errno));
	return 0;
}

static void write_endpoint(FILE *file, const char *name, const char *address)
{
	fprintf(file, "{\"name\": \"%s\", \"labels\": {\"id\": \"%s\"}, \"addresses\": [\"%s\"]}",
		name, name, address);
}

int twinpath_write_endpoints(const struct datapath_filter *filter, struct twp_error *error)
{
	const char *path = twinpath_file(filter, "endpoints.json");
	const unsigned int peers = filter->shape == DATAPATH_PORTS ? 0 : twinpath_documents(filter);
	FILE *file = open_file(path, error);

	if (!file)
		return -1;
	fprintf(file, "[\n");
	write_endpoint(file, "client", filter->place->client_address);
	fprintf(file, ",\n");
	write_endpoint(file, "server", filter->place->server_address);
	for (unsigned int i = 0; i < peers; i++) {
		char name[32], address[40];

		snprintf(name, sizeof(name), "peer%u", i);
		datapath_peer(filter->place->family, i, address);
		fprintf(file, ",\n");
		write_endpoint(file, name, address);
	}
	fprintf(file, "\n]\n");
	return close_file(file, path, error);
}

int twinpath_write_flow(const struct datapath_filter *filter, struct twp_error *error)
{
	const char *path = twinpath_file(filter, "flow.json");
	FILE *file = open_file(path, error);

	if (!file)
		return -1;
	fprintf(file,
		"[{\"endpointSelector\": {\"matchLabels\": {\"id\": \"client\"}},\n"
		"  \"egress\": [{\"toEndpoints\": [{\"matchLabels\": {\"id\": \"server\"}}],\n"
		"    \"toPorts\": [{\"ports\": [{\"port\": \"%d\", \"protocol\": \"TCP\"},\n"
		"      {\"port\": \"%d\", \"protocol\": \"UDP\"},\n"
		"      {\"port\": \"%d\", \"protocol\": \"TCP\"}]}]}]},\n"
		" {\"endpointSelector\": {\"matchLabels\": {\"id\": \"server\"}},\n"
		"  \"ingress\": [{\"fromEndpoints\": [{\"matchLabels\": {\"id\": \"client\"}}],\n"
		"    \"toPorts\": [{\"ports\": [{\"port\": \"%d\", \"protocol\": \"TCP\"},\n"
		"      {\"port\": \"%d\", \"protocol\": \"UDP\"}]}]}]}]\n",
		EVAL_PORT, EVAL_PORT, EVAL_PROBE_PORT, EVAL_PORT, EVAL_PORT);
	return close_file(file, path, error);
}

static void write_port(FILE *file, bool *first, unsigned int port)
{
	fprintf(file, "%s{\"port\": \"%u\", \"protocol\": \"TCP\"}", *first ? "" : ",\n      ",
		port);
	*first = false;
}

static void write_peer(FILE *file, const char *peer, unsigned int number)
{
	fprintf(file, "{\"fromEndpoints\": [{\"matchLabels\": {\"id\": \"%s", peer);
	if (strcmp(peer, "client"))
		fprintf(file, "%u", number);
	fprintf(file, "\"}}],\n    \"toPorts\": [{\"ports\": [");
}

int twinpath_write_policy(const struct datapath_filter *filter, unsigned int document,
			  unsigned int changed, struct twp_error *error)
{
	const char *path = twinpath_policy_file(filter, document);
	const unsigned int documents = twinpath_documents(filter);
	const char *peer = filter->shape == DATAPATH_PORTS ? "client" : "peer";
	FILE *file = open_file(path, error);
	bool first = true, probe = false;

	if (!file)
		return -1;
	fprintf(file, "[{\"endpointSelector\": {\"matchLabels\": {\"id\": \"server\"}},\n"
		      "  \"ingress\": [");
	for (unsigned int i = document; i < filter->entries; i += documents) {
		struct datapath_entry entry;

		datapath_entry_allow_label(filter, i, i >= filter->entries - changed, &entry);
		if (entry.client && strcmp(peer, "client")) {
			probe = true;
			continue;
		}
		if (first)
			write_peer(file, peer, document);
		write_port(file, &first, entry.port);
	}
	if (!first)
		fprintf(file, "]}]}");
	if (probe) {
		fprintf(file, "%s", first ? "" : ",\n   ");
		first = true;
		write_peer(file, "client", 0);
		write_port(file, &first, EVAL_PROBE_PORT);
		fprintf(file, "]}]}");
	}
	fprintf(file, "]}]\n");
	return close_file(file, path, error);
}
