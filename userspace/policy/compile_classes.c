// SPDX-License-Identifier: GPL-2.0-only
/*
 * The compiler's part that makes classes, all of them: of the addresses of
 * endpoints, sorted so that those of a class stand together, and of prefixes.
 */
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "memory.h"

/* Names of endpoints are their own within a namespace, which the text holds. */
static int member_compare(const void *a, const void *b)
{
	const struct twp_member *x = a, *y = b;

	if (x->endpoint->identity != y->endpoint->identity)
		return x->endpoint->identity < y->endpoint->identity ? -1 : 1;
	if (x->place != y->place)
		return x->place < y->place ? -1 : 1;
	if (x->alone != y->alone)
		return x->alone ? 1 : -1;
	if (x->alone && x->endpoint != y->endpoint)
		return x->endpoint < y->endpoint ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

static bool same_class(const struct twp_member *a, const struct twp_member *b)
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

bool twp_compile_has_kubernetes(const struct twp_compile_input *input)
{
	for (size_t i = 0; i < input->policies; i++)
		for (size_t j = 0; j < input->policy[i].specs; j++)
			if (input->policy[i].spec[j].kubernetes)
				return true;
	return false;
}

bool twp_compile_is_alone(const struct twp_compiler *c, const struct twp_endpoint *endpoint)
{
	return c->out.kubernetes && has_several(endpoint) && !twp_endpoint_is_host(endpoint);
}

int twp_compile_endpoint_check(const struct twp_compiler *c, const struct twp_endpoint *endpoint)
{
	if (twp_endpoint_is_host(endpoint) == (endpoint->identity == TWP_IDENTITY_HOST) &&
	    endpoint->identity && endpoint->identity != TWP_IDENTITY_WORLD)
		return 0;
	return twp_error_set(c->error, "endpoint %s cannot have identity %u", endpoint->name,
			     endpoint->identity);
}

static int members_make(struct twp_compiler *c, struct twp_member *member)
{
	size_t number = 0;

	for (size_t i = 0; i < c->input->endpoints; i++) {
		const struct twp_endpoint *endpoint = &c->input->endpoint[i];
		bool alone = twp_compile_is_alone(c, endpoint);

		if (twp_compile_endpoint_check(c, endpoint))
			return -1;
		for (size_t j = 0; j < endpoint->addresses; j++, number++)
			member[number] = (struct twp_member){
				.endpoint = endpoint,
				.place = twp_prefix_place(c->out.pod_prefix, c->out.pod_prefixes,
							  &endpoint->address[j]),
				.alone = alone,
				.number = number,
			};
	}
	qsort(member, number, sizeof(*member), member_compare);
	return 0;
}

/* Room for it is there. */
static int class_add(struct twp_compiler *c, const struct twp_member *member)
{
	struct twp_class *class = &c->out.class[c->out.classes++];
	TWP_AUTOFREE char *text = NULL;

	if (twp_class_text(c, member, &text) || twp_class_fill(c, class, member, text))
		return -1;
	if (class->is_host)
		c->host[c->hosts++] = (uint32_t)c->out.classes - 1;
	class->identity = class->base;
	return text ? twp_class_identify(c, 0, text, &class->identity) : 0;
}

static int classes_of_endpoints(struct twp_compiler *c, const struct twp_member *member,
				size_t members)
{
	struct twp_compiled *out = &c->out;

	out->first_endpoint = out->classes;
	for (size_t i = 0; i < members; i++) {
		uint32_t *class = &c->class_of[member[i].number];

		if (member[i].endpoint->identity == TWP_IDENTITY_HOST && !member[i].place) {
			*class = TWP_CLASS_HOST;
			continue;
		}
		if ((!i || out->classes == out->first_endpoint ||
		     !same_class(&member[i - 1], &member[i])) &&
		    class_add(c, &member[i]))
			return -1;
		*class = (uint32_t)out->classes - 1;
		out->class[*class].members++;
	}
	return 0;
}

static int classes_of_prefixes(struct twp_compiler *c)
{
	for (size_t i = 0; i < c->out.prefixes; i++) {
		struct twp_class *class = &c->out.class[c->out.classes++];

		class->labels = &twp_labels_world;
		class->place = &c->out.prefix[i];
		if (twp_class_of_prefix(c, class))
			return -1;
	}
	return 0;
}

/* The world and the host are there, whether an endpoint stands for the host or not. */
static int classes_of_none(struct twp_compiler *c)
{
	struct twp_class *world = &c->out.class[TWP_CLASS_WORLD];
	struct twp_class *host = &c->out.class[TWP_CLASS_HOST];
	const struct twp_endpoint *endpoint = NULL;

	c->out.classes = TWP_CLASS_FIRST;
	world->identity = TWP_IDENTITY_WORLD;
	world->labels = &twp_labels_world;
	host->labels = &twp_labels_host;
	for (size_t i = 0; i < c->input->endpoints; i++)
		if (twp_endpoint_is_host(&c->input->endpoint[i]))
			endpoint = &c->input->endpoint[i];
	if (endpoint && twp_class_fill(c, host, &(struct twp_member){ .endpoint = endpoint }, NULL))
		return -1;
	c->out.host_audit = endpoint && endpoint->audit;
	host->identity = TWP_IDENTITY_HOST;
	host->is_host = true;
	c->host[c->hosts++] = TWP_CLASS_HOST;
	return 0;
}

int twp_compile_classes(struct twp_compiler *c)
{
	const struct twp_compile_input *input = c->input;
	TWP_AUTOFREE struct twp_member *member = NULL;
	size_t members = 0, room;

	for (size_t i = 0; i < input->endpoints; i++)
		members += input->endpoint[i].addresses;
	room = members + c->out.prefixes + TWP_CLASS_FIRST;
	member = calloc(members + 1, sizeof(*member));
	c->class_of = calloc(members + 1, sizeof(*c->class_of));
	c->out.class = calloc(room, sizeof(*c->out.class));
	c->host = calloc(members + TWP_CLASS_FIRST, sizeof(*c->host));
	if (!c->host || !member || !c->class_of || !c->out.class)
		return twp_compile_memory(c);
	if (classes_of_none(c) || classes_of_prefixes(c) || members_make(c, member))
		return -1;
	if (classes_of_endpoints(c, member, members))
		return -1;
	/* What is left of the room is given back: it is kept. */
	c->out.class = realloc(c->out.class, c->out.classes * sizeof(*c->out.class)) ?:
										       c->out.class;
	return 0;
}
