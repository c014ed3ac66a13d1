// SPDX-License-Identifier: GPL-2.0-only
/*
 * The compiler's part that makes classes. An endpoint comes with the identity of
 * its labels, namespace and named ports. An address of it that lies in a prefix
 * that some NetworkPolicy names gets one of its own, under the text
 * "=PREFIX,LENGTH:NAME," and the endpoint's: no other text begins with that sign.
 * NAME is empty but for an endpoint with several addresses, which has to reach
 * itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "memory.h"

/* An address, and what its class depends on. */
struct member {
	const struct twp_endpoint *endpoint;
	const struct twp_prefix *place;
	bool alone; /* nobody else is of its class */
	size_t number; /* of the address, among all */
};

static int out_of_memory(const struct twp_compiler *c)
{
	return twp_error_set(c->error, "out of memory");
}

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

static int number_get(const struct twp_compiler *c, int kind, const char *text, uint32_t *number)
{
	struct twp_numbers *numbers = kind ? c->input->prefixes : c->input->identities;

	if (!numbers)
		return twp_error_set(c->error, "there is no identity for %s", text);
	*number = twp_numbers_get(numbers, text, c->error);
	if (!*number)
		return -1;
	if (c->input->log && twp_identity_log_add(c->input->log, kind, text, *number))
		return out_of_memory(c);
	return 0;
}

static int identity_get(const struct twp_compiler *c, const struct member *member,
			uint32_t *identity)
{
	TWP_AUTOFREE char *own = NULL, *text = NULL;
	const char *name = member->endpoint->name;
	char place[TWP_PREFIX_TEXT] = "";

	if (!member->place && !member->alone) {
		*identity = member->endpoint->identity;
		return 0;
	}
	own = twp_endpoint_identity_text(member->endpoint);
	if (member->place)
		twp_prefix_text(member->place, place);
	if (!own || asprintf(&text, "=%s,%zu:%s,%s", place, member->alone ? strlen(name) : 0,
			     member->alone ? name : "", own) < 0)
		return out_of_memory(c);
	return number_get(c, 0, text, identity);
}

/* Names of endpoints are their own within a namespace, which the text holds. */
static int member_compare(const void *a, const void *b)
{
	const struct member *x = a, *y = b;

	if (x->endpoint->identity != y->endpoint->identity)
		return x->endpoint->identity < y->endpoint->identity ? -1 : 1;
	if (x->place != y->place)
		return x->place < y->place ? -1 : 1;
	if ((x->alone || y->alone) && x->endpoint != y->endpoint)
		return x->endpoint < y->endpoint ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

static bool same_class(const struct member *a, const struct member *b)
{
	return a->endpoint->identity == b->endpoint->identity && a->place == b->place &&
	       ((!a->alone && !b->alone) || a->endpoint == b->endpoint);
}

static bool has_several(const struct twp_endpoint *endpoint)
{
	size_t four = 0;

	for (size_t i = 0; i < endpoint->addresses; i++)
		four += endpoint->address[i].family == TWP_FAMILY_IPV4;
	return four > 1 || endpoint->addresses - four > 1;
}

static bool has_kubernetes(const struct twp_compile_input *input)
{
	for (size_t i = 0; i < input->policies; i++)
		for (size_t j = 0; j < input->policy[i].specs; j++)
			if (input->policy[i].spec[j].kubernetes)
				return true;
	return false;
}

static int endpoint_check(const struct twp_compiler *c, const struct twp_endpoint *endpoint)
{
	if (twp_endpoint_is_host(endpoint) == (endpoint->identity == TWP_IDENTITY_HOST) &&
	    endpoint->identity && endpoint->identity != TWP_IDENTITY_WORLD)
		return 0;
	return twp_error_set(c->error, "endpoint %s cannot have identity %u", endpoint->name,
			     endpoint->identity);
}

static int members_make(struct twp_compiler *c, struct member *member)
{
	bool kubernetes = has_kubernetes(c->input);
	size_t number = 0;

	for (size_t i = 0; i < c->input->endpoints; i++) {
		const struct twp_endpoint *endpoint = &c->input->endpoint[i];
		bool alone = kubernetes && has_several(endpoint) && !twp_endpoint_is_host(endpoint);

		if (endpoint_check(c, endpoint))
			return -1;
		for (size_t j = 0; j < endpoint->addresses; j++, number++)
			member[number] = (struct member){
				.endpoint = endpoint,
				.place = twp_prefix_place(c->pod_prefix, c->pod_prefixes,
							  &endpoint->address[j]),
				.alone = alone,
				.number = number,
			};
	}
	qsort(member, number, sizeof(*member), member_compare);
	return 0;
}

static int class_add(struct twp_compiler *c, const struct member *member)
{
	struct twp_class *class = &c->class[c->classes];
	struct twp_labels *labels = &c->labels[c->classes];

	class->endpoint = member->endpoint;
	class->place = member->place;
	class->alone = member->alone;
	class->is_host = twp_endpoint_is_host(member->endpoint);
	if (class->is_host)
		c->host[c->hosts++] = (uint32_t)c->classes;
	class->labels = labels;
	c->classes++;
	if (twp_compile_labels(c, member->endpoint, labels))
		return -1;
	return identity_get(c, member, &class->identity);
}

static int classes_of_endpoints(struct twp_compiler *c, const struct member *member, size_t members)
{
	for (size_t i = 0; i < members; i++) {
		bool plain_host = member[i].endpoint->identity == TWP_IDENTITY_HOST &&
				  !member[i].place;

		if (!plain_host &&
		    (!i || c->classes == TWP_CLASS_FIRST ||
		     !same_class(&member[i - 1], &member[i])) &&
		    class_add(c, &member[i]))
			return -1;
		c->class_of[member[i].number] = plain_host ? TWP_CLASS_HOST :
							     (uint32_t)c->classes - 1;
	}
	return 0;
}

static int classes_of_prefixes(struct twp_compiler *c)
{
	c->first_prefix = c->classes;
	for (size_t i = 0; i < c->prefixes; i++) {
		struct twp_class *class = &c->class[c->classes];
		char text[TWP_PREFIX_TEXT];

		class->labels = &twp_labels_world;
		class->place = &c->prefix[i];
		if (number_get(c, 1, twp_prefix_text(class->place, text), &class->identity))
			return -1;
		c->classes++;
	}
	return 0;
}

int twp_compile_classes(struct twp_compiler *c)
{
	const struct twp_compile_input *input = c->input;
	TWP_AUTOFREE struct member *member = NULL;
	size_t members = 0;

	for (size_t i = 0; i < input->endpoints; i++)
		members += input->endpoint[i].addresses;
	member = calloc(members + 1, sizeof(*member));
	c->class_of = calloc(members + 1, sizeof(*c->class_of));
	c->class = calloc(members + c->prefixes + TWP_CLASS_FIRST, sizeof(*c->class));
	c->labels = calloc(members + TWP_CLASS_FIRST, sizeof(*c->labels));
	c->host = calloc(members + TWP_CLASS_FIRST, sizeof(*c->host));
	if (!c->host || !member || !c->class_of || !c->class || !c->labels)
		return out_of_memory(c);
	c->class[TWP_CLASS_WORLD].identity = TWP_IDENTITY_WORLD;
	c->class[TWP_CLASS_WORLD].labels = &twp_labels_world;
	c->class[TWP_CLASS_HOST].identity = TWP_IDENTITY_HOST;
	c->class[TWP_CLASS_HOST].labels = &twp_labels_host;
	c->class[TWP_CLASS_HOST].is_host = true;
	for (size_t i = 0; i < input->endpoints; i++) {
		if (!twp_endpoint_is_host(&input->endpoint[i]))
			continue;
		c->class[TWP_CLASS_HOST].labels = &input->endpoint[i].labels;
		c->class[TWP_CLASS_HOST].endpoint = &input->endpoint[i];
	}
	c->classes = TWP_CLASS_FIRST;
	c->host[c->hosts++] = TWP_CLASS_HOST;
	if (members_make(c, member) || classes_of_endpoints(c, member, members))
		return -1;
	return classes_of_prefixes(c);
}
