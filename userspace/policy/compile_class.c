// SPDX-License-Identifier: GPL-2.0-only
/*
 * The compiler's part about one class: what it holds, in one piece of memory of
 * its own, since it outlives the endpoints that it was made of; and its identity.
 * An endpoint comes with the identity of its labels, namespace and named ports.
 * An address of it that lies in a prefix that some NetworkPolicy names gets one
 * of its own, under the text "=PREFIX,LENGTH:NAME," and the endpoint's: no other
 * text begins with that sign. NAME is empty but for an endpoint with several
 * addresses, which has to reach itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "memory.h"

int twp_identity_log_add(struct twp_identity_log *log, int kind, const char *text, uint32_t number)
{
	size_t count = log->count[kind];
	char **texts = twp_array_grow(log->text[kind], count, sizeof(*texts));
	uint32_t *numbers;

	if (!texts)
		return -1;
	log->text[kind] = texts;
	numbers = twp_array_grow(log->number[kind], count, sizeof(*numbers));
	if (!numbers)
		return -1;
	log->number[kind] = numbers;
	texts[count] = strdup(text);
	numbers[count] = number;
	if (!texts[count])
		return -1;
	log->count[kind]++;
	return 0;
}

void twp_identity_log_clean(struct twp_identity_log *log)
{
	for (int kind = 0; kind < 2; kind++) {
		for (size_t i = 0; i < log->count[kind]; i++)
			free(log->text[kind][i]);
		free(log->text[kind]);
		free(log->number[kind]);
	}
	*log = (struct twp_identity_log){ 0 };
}

const char *twp_identity_text_base(const char *text)
{
	const char *at = text + 1;
	size_t length;
	char *end;

	if (*text != '=')
		return text;
	at += strcspn(at, ",");
	if (!*at)
		return text;
	length = strtoul(at + 1, &end, 10);
	return *end == ':' && strlen(end) >= length + 2 ? end + length + 2 : text;
}

int twp_class_identify(const struct twp_compiler *c, int kind, const char *text, uint32_t *number)
{
	struct twp_numbers *numbers = kind ? c->input->prefixes : c->input->identities;

	if (!numbers)
		return twp_error_set(c->error, "there is no identity for %s", text);
	*number = twp_numbers_get(numbers, text, c->error);
	if (!*number)
		return -1;
	if (c->input->log && twp_identity_log_add(c->input->log, kind, text, *number))
		return twp_compile_memory(c);
	return 0;
}

int twp_class_of_prefix(const struct twp_compiler *c, struct twp_class *class)
{
	char text[TWP_PREFIX_TEXT];

	return twp_class_identify(c, 1, twp_prefix_text(class->place, text), &class->identity);
}

int twp_class_text(const struct twp_compiler *c, const struct twp_member *member, char **text)
{
	const char *name = member->endpoint->name;
	TWP_AUTOFREE char *own = NULL;
	char place[TWP_PREFIX_TEXT] = "";

	*text = NULL;
	if (!member->place && !member->alone)
		return 0;
	own = twp_endpoint_identity_text(member->endpoint);
	if (member->place)
		twp_prefix_text(member->place, place);
	if (!own || asprintf(text, "=%s,%zu:%s,%s", place, member->alone ? strlen(name) : 0,
			     member->alone ? name : "", own) < 0) {
		*text = NULL;
		return twp_compile_memory(c);
	}
	return 0;
}

/* Copies @text to @at, which moves on. */
static char *text_keep(char **at, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = memcpy(*at, text, size);

	*at += size;
	return copy;
}

/* Everything of a class in one piece. */
struct own {
	struct twp_labels labels;
	struct twp_label label[];
	/* Then the named ports, and all texts. */
};

static int own_make(struct twp_class *class, const struct twp_labels *labels,
		    const struct twp_endpoint *endpoint, const char *alone, const char *text)
{
	size_t size = sizeof(struct own) + labels->count * sizeof(struct twp_label) +
		      endpoint->ports * sizeof(struct twp_named_port);
	struct twp_named_port *port;
	struct own *own;
	char *at;

	for (size_t i = 0; i < labels->count; i++)
		size += strlen(labels->label[i].key) + strlen(labels->label[i].value) + 2;
	for (size_t i = 0; i < endpoint->ports; i++)
		size += strlen(endpoint->port[i].name) + 1;
	size += (alone ? strlen(alone) + 1 : 0) + (text ? strlen(text) + 1 : 0);
	own = malloc(size);
	if (!own)
		return -1;
	own->labels = (struct twp_labels){ own->label, labels->count };
	port = (struct twp_named_port *)(own->label + labels->count);
	at = (char *)(port + endpoint->ports);
	for (size_t i = 0; i < labels->count; i++) {
		own->label[i].key = text_keep(&at, labels->label[i].key);
		own->label[i].value = text_keep(&at, labels->label[i].value);
	}
	for (size_t i = 0; i < endpoint->ports; i++) {
		port[i] = endpoint->port[i];
		port[i].name = text_keep(&at, endpoint->port[i].name);
	}
	class->own = own;
	class->labels = &own->labels;
	class->port = port;
	class->ports = endpoint->ports;
	class->alone = alone ? text_keep(&at, alone) : NULL;
	class->text = text ? text_keep(&at, text) : NULL;
	return 0;
}

int twp_class_fill(const struct twp_compiler *c, struct twp_class *class,
		   const struct twp_member *member, const char *text)
{
	const struct twp_endpoint *endpoint = member->endpoint;
	struct twp_labels labels;
	int failed;

	if (twp_compile_labels(c, endpoint, &labels))
		return -1;
	failed = own_make(class, &labels, endpoint, member->alone ? endpoint->name : NULL, text);
	free(labels.label);
	if (failed)
		return twp_compile_memory(c);
	class->base = endpoint->identity;
	class->place = member->place;
	class->is_host = twp_endpoint_is_host(endpoint);
	return 0;
}
