// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files that are given on the command line: read whole, and lists of endpoints
 * understood. Names of the list are those of --json or, where a person writes
 * it, their plural.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "policy/document.h"
#include "policy/source.h"
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

int ctl_endpoint_add_label(Twinpath__V1__Endpoint *endpoint, const char *key, const char *value,
			   struct twp_error *error)
{
	if (!*key)
		return twp_error_set(error, "a label has an empty key");
	for (size_t i = 0; i < endpoint->n_label; i++)
		if (!strcmp(endpoint->label[i]->key, key))
			return twp_error_set(error, "label '%s' is given twice", key);

	Twinpath__V1__Label *label = ctl_alloc(NULL, 1, sizeof(*label));
	twinpath__v1__label__init(label);
	label->key = ctl_format("%s", key);
	label->value = ctl_format("%s", value);
	endpoint->label = ctl_alloc(endpoint->label, endpoint->n_label + 1, sizeof(label));
	endpoint->label[endpoint->n_label++] = label;
	return 0;
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

static int expect(struct twp_source *source, enum twp_event_type type, const char *what)
{
	if (source->event.type != type)
		return twp_source_fail(source, source->event.offset, "expected %s", what);
	return 0;
}

static char *scalar(const struct twp_source *source)
{
	return ctl_format("%.*s", (int)source->event.length,
			  source->event.text ? source->event.text : "");
}

static int read_labels(struct twp_source *source, Twinpath__V1__Endpoint *endpoint)
{
	if (expect(source, TWP_EVENT_MAPPING, "an object of labels"))
		return -1;
	for (;;) {
		struct twp_error error;

		if (twp_source_next(source))
			return -1;
		if (source->event.type == TWP_EVENT_MAPPING_END)
			return 0;
		size_t offset = source->event.offset;
		if (expect(source, TWP_EVENT_SCALAR, "the key of a label"))
			return -1;
		char *key CTL_CLEAN(ctl_free) = scalar(source);
		if (twp_source_next(source) ||
		    expect(source, TWP_EVENT_SCALAR, "the value of a label, a text"))
			return -1;
		char *value CTL_CLEAN(ctl_free) = scalar(source);
		if (ctl_endpoint_add_label(endpoint, key, value, &error))
			return twp_source_fail(source, offset, "%s", error.text);
	}
}

static int read_addresses(struct twp_source *source, Twinpath__V1__Endpoint *endpoint)
{
	if (expect(source, TWP_EVENT_LIST, "a list of addresses"))
		return -1;
	for (;;) {
		struct twp_error error;

		if (twp_source_next(source))
			return -1;
		if (source->event.type == TWP_EVENT_LIST_END)
			return 0;
		if (expect(source, TWP_EVENT_SCALAR, "an address"))
			return -1;
		char *text CTL_CLEAN(ctl_free) = scalar(source);
		if (ctl_endpoint_add_address(endpoint, text, &error))
			return twp_source_fail(source, source->event.offset, "%s", error.text);
	}
}

static int read_text(struct twp_source *source, char **text)
{
	if (expect(source, TWP_EVENT_SCALAR, "a text"))
		return -1;
	*text = scalar(source);
	return 0;
}

enum field { FIELD_NAME, FIELD_LABELS, FIELD_ADDRESSES, FIELD_PORT, FIELD_IDENTITY, FIELDS };

/* As a person writes them, and as 'endpoint list --json' does. */
static const char *const fields[FIELDS][2] = {
	{ "name", "name" },	   { "labels", "label" },      { "addresses", "address" },
	{ "port", "bridge_port" }, { "identity", "identity" },
};

static int read_field(struct twp_source *source, Twinpath__V1__Endpoint *endpoint, enum field field)
{
	char *ignored CTL_CLEAN(ctl_free) = NULL;

	switch (field) {
	case FIELD_NAME:
		return read_text(source, &endpoint->name);
	case FIELD_LABELS:
		return read_labels(source, endpoint);
	case FIELD_ADDRESSES:
		return read_addresses(source, endpoint);
	case FIELD_PORT:
		return read_text(source, &endpoint->bridge_port);
	default:
		/* The daemon gives identities. */
		return read_text(source, &ignored);
	}
}

static enum field find_field(const char *name)
{
	for (enum field field = 0; field < FIELDS; field++)
		if (!strcmp(name, fields[field][0]) || !strcmp(name, fields[field][1]))
			return field;
	return FIELDS;
}

static int read_endpoint(struct twp_source *source, Twinpath__V1__AddEndpointRequest *request)
{
	size_t start = source->event.offset;
	bool seen[FIELDS] = { false };

	if (expect(source, TWP_EVENT_MAPPING, "an endpoint, an object"))
		return -1;
	Twinpath__V1__Endpoint *endpoint = ctl_endpoint_new(request);
	for (;;) {
		if (twp_source_next(source))
			return -1;
		if (source->event.type == TWP_EVENT_MAPPING_END)
			break;
		size_t offset = source->event.offset;
		if (expect(source, TWP_EVENT_SCALAR, "the name of a field"))
			return -1;
		char *name CTL_CLEAN(ctl_free) = scalar(source);
		enum field field = find_field(name);
		if (field == FIELDS)
			return twp_source_fail(source, offset, "unknown field '%s'", name);
		if (seen[field])
			return twp_source_fail(source, offset, "field '%s' is given twice", name);
		seen[field] = true;
		if (twp_source_next(source) || read_field(source, endpoint, field))
			return -1;
	}
	if (!seen[FIELD_NAME] || !*endpoint->name)
		return twp_source_fail(source, start, "an endpoint wants a name");
	return 0;
}

/* A list, or an object whose only field "endpoint" holds one. */
static int read_endpoints(struct twp_source *source, Twinpath__V1__AddEndpointRequest *request)
{
	bool listing;

	if (twp_source_next(source))
		return -1;
	listing = source->event.type == TWP_EVENT_MAPPING;
	if (listing) {
		if (twp_source_next(source))
			return -1;
		if (source->event.type != TWP_EVENT_SCALAR || source->event.length != 8 ||
		    memcmp(source->event.text, "endpoint", 8))
			return twp_source_fail(source, source->event.offset,
					       "expected a list of endpoints");
		if (twp_source_next(source))
			return -1;
	}
	if (expect(source, TWP_EVENT_LIST, "a list of endpoints"))
		return -1;
	for (;;) {
		if (twp_source_next(source))
			return -1;
		if (source->event.type == TWP_EVENT_LIST_END)
			break;
		if (read_endpoint(source, request))
			return -1;
	}
	if (twp_source_next(source) ||
	    (listing && (expect(source, TWP_EVENT_MAPPING_END, "the end of the object") ||
			 twp_source_next(source))))
		return -1;
	return expect(source, TWP_EVENT_END, "the end of the list");
}

int ctl_endpoints_read(Twinpath__V1__AddEndpointRequest *request, const char *file,
		       const char *text, size_t length, struct twp_error *error)
{
	struct twp_source source;
	int result;

	if (twp_source_open(&source, file, text, length, error))
		return -1;
	result = read_endpoints(&source, request);
	twp_source_close(&source);
	return result;
}
