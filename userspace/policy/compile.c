// SPDX-License-Identifier: GPL-2.0-only
/*
 * The compiler. Works on subjects, one for each identity, not on endpoints.
 * Hosts take the words of their subject.
 */
#include "compile.h"

#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "memory.h"

enum { WORLD, HOST, FIRST_ENDPOINT };

static int out_of_memory(struct twp_error *error)
{
	return twp_error_set(error, "out of memory");
}

static void compiler_clean(struct twp_compiler *c)
{
	twp_image_clean(&c->image);
	free(c->subject);
	free(c->subject_of);
	twp_label_index_clean(&c->index);
	twp_selection_clean(&c->subjects_of_spec);
	twp_selection_clean(&c->peers_of_rule);
	free(c->opening);
}

static int identity_compare(const void *a, const void *b, void *context)
{
	const struct twp_endpoint *endpoint = context;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	if (endpoint[x].identity != endpoint[y].identity)
		return endpoint[x].identity < endpoint[y].identity ? -1 : 1;
	return (x > y) - (x < y);
}

/* One subject for each identity; the world and the host are always there. */
static int subjects_make(struct twp_compiler *c)
{
	const struct twp_endpoint *endpoint = c->input->endpoint;
	size_t count = c->input->endpoints;
	TWP_AUTOFREE uint32_t *order = calloc(count + 1, sizeof(*order));

	c->subject_of = calloc(count + 1, sizeof(*c->subject_of));
	c->subject = calloc(count + FIRST_ENDPOINT, sizeof(*c->subject));
	if (!order || !c->subject_of || !c->subject)
		return out_of_memory(c->error);
	c->subject[WORLD] = (struct twp_subject){ TWP_IDENTITY_WORLD, &twp_labels_world, {} };
	c->subject[HOST] = (struct twp_subject){ TWP_IDENTITY_HOST, &twp_labels_host, {} };
	c->subjects = FIRST_ENDPOINT;

	for (size_t i = 0; i < count; i++)
		order[i] = i;
	qsort_r(order, count, sizeof(*order), identity_compare, (void *)endpoint);
	for (size_t i = 0; i < count; i++) {
		const struct twp_endpoint *one = &endpoint[order[i]];
		size_t at = c->subjects - 1;

		if (twp_endpoint_is_host(one) != (one->identity == TWP_IDENTITY_HOST) ||
		    !one->identity || one->identity == TWP_IDENTITY_WORLD)
			return twp_error_set(c->error, "endpoint %s cannot have identity %u",
					     one->name, one->identity);
		if (one->identity == TWP_IDENTITY_HOST)
			c->subject[at = HOST].labels = &one->labels;
		else if (c->subject[at].identity != one->identity)
			c->subject[at = c->subjects++] =
				(struct twp_subject){ one->identity, &one->labels, {} };
		c->subject_of[order[i]] = at;
	}
	return 0;
}

static int index_make(struct twp_compiler *c)
{
	const struct twp_labels **set = calloc(c->subjects, sizeof(const struct twp_labels *));

	if (!set)
		return out_of_memory(c->error);
	for (size_t i = 0; i < c->subjects; i++)
		set[i] = c->subject[i].labels;
	if (twp_label_index_init(&c->index, set, c->subjects) ||
	    twp_selection_init(&c->subjects_of_spec, &c->index) ||
	    twp_selection_init(&c->peers_of_rule, &c->index))
		return out_of_memory(c->error);
	return 0;
}

struct holder {
	const struct twp_address *address;
	const struct twp_endpoint *endpoint;
};

static int holder_compare(const void *a, const void *b)
{
	const struct holder *x = a, *y = b;
	int order = twp_address_compare(x->address, y->address);

	return order ? order : (x->endpoint > y->endpoint) - (x->endpoint < y->endpoint);
}

/* An address names one endpoint, and all addresses fit: known before any rule is looked at. */
static int addresses_check(struct twp_compiler *c)
{
	size_t count = 0, four = 1, six = 1; /* the host has one of each */
	TWP_AUTOFREE struct holder *holder = NULL;
	char text[INET6_ADDRSTRLEN];

	for (size_t i = 0; i < c->input->endpoints; i++)
		count += c->input->endpoint[i].addresses;
	holder = calloc(count + 1, sizeof(*holder));
	if (!holder)
		return out_of_memory(c->error);
	count = 0;
	for (size_t i = 0; i < c->input->endpoints; i++) {
		const struct twp_endpoint *endpoint = &c->input->endpoint[i];

		for (size_t j = 0; j < endpoint->addresses; j++) {
			holder[count++] = (struct holder){ &endpoint->address[j], endpoint };
			if (endpoint->address[j].family == TWP_FAMILY_IPV4)
				four++;
			else
				six++;
		}
	}
	if (twp_sizes_check(c->sizes, TWP_TABLE_HOST4, four, c->error) ||
	    twp_sizes_check(c->sizes, TWP_TABLE_HOST6, six, c->error))
		return -1;
	qsort(holder, count, sizeof(*holder), holder_compare);
	for (size_t i = 1; i < count; i++)
		if (!twp_address_compare(holder[i - 1].address, holder[i].address))
			return twp_error_set(c->error,
					     "address %s is of endpoint %s and of endpoint %s",
					     twp_address_text(holder[i].address, text),
					     holder[i - 1].endpoint->name,
					     holder[i].endpoint->name);
	return 0;
}

static int host_add(struct twp_compiler *c, const struct twp_address *address,
		    const struct twp_subject *subject)
{
	bool four = address->family == TWP_FAMILY_IPV4;
	struct twp_host_value value = {
		.identity = subject->identity,
		.dir = { subject->dir[TWP_INGRESS], subject->dir[TWP_EGRESS] },
	};

	/* The key is the address, in either family. */
	if (twp_image_add(&c->image, four ? TWP_TABLE_HOST4 : TWP_TABLE_HOST6, address->bytes,
			  &value))
		return out_of_memory(c->error);
	return 0;
}

static int hosts_make(struct twp_compiler *c)
{
	static const struct twp_address unspecified4 = { .family = TWP_FAMILY_IPV4 };
	static const struct twp_address unspecified6 = { .family = TWP_FAMILY_IPV6 };

	if (host_add(c, &unspecified4, &c->subject[HOST]) ||
	    host_add(c, &unspecified6, &c->subject[HOST]))
		return -1;
	for (size_t i = 0; i < c->input->endpoints; i++) {
		const struct twp_endpoint *endpoint = &c->input->endpoint[i];

		for (size_t j = 0; j < endpoint->addresses; j++)
			if (host_add(c, &endpoint->address[j], &c->subject[c->subject_of[i]]))
				return -1;
	}
	return 0;
}

static int generation_make(struct twp_compiler *c)
{
	static const uint32_t what[] = { TWP_GENERATION_HELD, TWP_GENERATION_LENGTHS4,
					 TWP_GENERATION_LENGTHS6 };

	c->image.generation = c->input->generation;
	for (size_t i = 0; i < sizeof(what) / sizeof(what[0]); i++) {
		struct twp_generation_key key = { what[i] };
		struct twp_generation_value value = { 0 };

		if (what[i] == TWP_GENERATION_HELD)
			value.word[0] = c->input->generation;
		if (twp_image_add(&c->image, TWP_TABLE_GENERATION, &key, &value))
			return out_of_memory(c->error);
	}
	return 0;
}

int twp_compile(struct twp_image *image, const struct twp_compile_input *input,
		const struct twp_sizes *sizes, struct twp_error *error)
{
	TWP_CLEANUP(compiler_clean)
	struct twp_compiler c = { .input = input, .sizes = sizes, .error = error };

	if (subjects_make(&c) || addresses_check(&c) || index_make(&c) || twp_compile_rules(&c) ||
	    hosts_make(&c) || generation_make(&c) || twp_image_fits(&c.image, sizes, error) ||
	    twp_image_seal(&c.image, error))
		return -1;
	twp_image_clean(image);
	*image = c.image;
	twp_image_init(&c.image);
	return 0;
}

bool twp_compile_selects_host(const struct twp_compile_input *input)
{
	const struct twp_labels *labels = &twp_labels_host;

	for (size_t i = 0; i < input->endpoints; i++)
		if (twp_endpoint_is_host(&input->endpoint[i]))
			labels = &input->endpoint[i].labels;
	for (size_t i = 0; i < input->policies; i++) {
		for (size_t j = 0; j < input->policy[i].specs; j++) {
			const struct twp_spec *spec = &input->policy[i].spec[j];
			bool any = false;

			for (int s = 0; s < TWP_SECTIONS; s++)
				any |= spec->has[s];
			if (any && twp_selector_matches(&spec->subject, labels))
				return true;
		}
	}
	return false;
}

unsigned int twp_rules_in_use_lookups(const struct twp_rules_in_use *in_use)
{
	return (unsigned int)(__builtin_popcount(in_use->this_peer & TWP_SHAPES_MASK) +
			      __builtin_popcount(in_use->any_peer & TWP_SHAPES_MASK));
}
