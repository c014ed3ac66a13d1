// SPDX-License-Identifier: GPL-2.0-only
/*
 * The compiler. Works on classes, not on endpoints: whatever rules cannot tell
 * apart is one of them. Hosts take the words of their class.
 */
#include "compile.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "memory.h"

static int out_of_memory(struct twp_error *error)
{
	return twp_error_set(error, "out of memory");
}

static void compiler_clean(struct twp_compiler *c)
{
	twp_image_clean(&c->image);
	for (size_t i = 0; i < c->spaces; i++) {
		for (size_t j = 0; j < c->space[i].labels.count; j++)
			free(c->space[i].labels.label[j].key);
		free(c->space[i].labels.label);
	}
	for (size_t i = 0; c->labels && i < c->classes && i < c->first_prefix; i++)
		free(c->labels[i].label);
	free(c->space);
	free(c->prefix);
	free(c->pod_prefix);
	free(c->labels);
	free(c->class);
	free(c->class_of);
	free(c->host);
	twp_label_index_clean(&c->index);
	twp_selection_clean(&c->subjects_of_spec);
	twp_selection_clean(&c->peers_of_rule);
	free(c->opening);
}

static int index_make(struct twp_compiler *c)
{
	const struct twp_labels **set = calloc(c->classes, sizeof(const struct twp_labels *));

	if (!set)
		return out_of_memory(c->error);
	for (size_t i = 0; i < c->classes; i++)
		set[i] = c->class[i].labels;
	if (twp_label_index_init(&c->index, set, c->classes) ||
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
		    const struct twp_class *class, bool audit)
{
	bool four = address->family == TWP_FAMILY_IPV4;
	struct twp_host_value value = {
		.identity = class->identity,
		.dir = { class->dir[TWP_INGRESS], class->dir[TWP_EGRESS] },
	};

	for (int d = 0; d < TWP_DIRECTIONS && audit; d++)
		if (value.dir[d].this_peer & TWP_ENFORCED)
			value.dir[d].this_peer |= TWP_AUDIT;

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

	const struct twp_class *host = &c->class[TWP_CLASS_HOST];
	bool audit = host->endpoint && host->endpoint->audit;
	size_t number = 0;

	if (host_add(c, &unspecified4, host, audit) || host_add(c, &unspecified6, host, audit))
		return -1;
	for (size_t i = 0; i < c->input->endpoints; i++) {
		const struct twp_endpoint *endpoint = &c->input->endpoint[i];

		for (size_t j = 0; j < endpoint->addresses; j++)
			if (host_add(c, &endpoint->address[j], &c->class[c->class_of[number++]],
				     endpoint -> audit))
				return -1;
	}
	return 0;
}

/* The rows of prefixes, and the lengths in use of both families. */
static int prefixes_make(struct twp_compiler *c, struct twp_generation_value lengths[2])
{
	for (size_t i = c->first_prefix; i < c->classes; i++) {
		const struct twp_prefix *prefix = c->class[i].place;
		bool four = prefix->address.family == TWP_FAMILY_IPV4;
		struct twp_prefix4_key four_key = { .length = htons(prefix->length) };
		struct twp_prefix6_key six_key = { .length = htons(prefix->length) };
		struct twp_prefix_value value = { c->class[i].identity };

		memcpy(&four_key.address, prefix->address.bytes, sizeof(four_key.address));
		memcpy(six_key.address, prefix->address.bytes, sizeof(six_key.address));
		lengths[!four].word[prefix->length / 32] |= 1u << prefix->length % 32;
		if (four ? twp_image_add(&c->image, TWP_TABLE_PREFIX4, &four_key, &value) :
			   twp_image_add(&c->image, TWP_TABLE_PREFIX6, &six_key, &value))
			return out_of_memory(c->error);
	}
	return 0;
}

static int generation_make(struct twp_compiler *c)
{
	static const uint32_t what[] = { TWP_GENERATION_HELD, TWP_GENERATION_LENGTHS4,
					 TWP_GENERATION_LENGTHS6 };

	struct twp_generation_value lengths[2] = { 0 };

	c->image.generation = c->input->generation;
	if (prefixes_make(c, lengths))
		return -1;
	for (size_t i = 0; i < sizeof(what) / sizeof(what[0]); i++) {
		struct twp_generation_key key = { what[i] };
		struct twp_generation_value value = { 0 };

		if (what[i] == TWP_GENERATION_HELD)
			value.word[0] = c->input->generation;
		else
			value = lengths[what[i] == TWP_GENERATION_LENGTHS6];
		if (twp_image_add(&c->image, TWP_TABLE_GENERATION, &key, &value))
			return out_of_memory(c->error);
	}
	return 0;
}

int twp_compile(struct twp_image *image, const struct twp_compile_input *input,
		const struct twp_sizes *sizes, struct twp_error *error)
{
	TWP_CLEANUP(compiler_clean)
	struct twp_compiler c = {
		.input = input,
		.sizes = sizes,
		.error = error,
		.first_prefix = SIZE_MAX,
	};

	if (addresses_check(&c) || twp_compile_prefixes(&c) || twp_compile_spaces(&c) ||
	    twp_compile_classes(&c) || index_make(&c) || twp_compile_rules(&c) || hosts_make(&c) ||
	    generation_make(&c) || twp_image_fits(&c.image, sizes, error) ||
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
			for (int d = 0; d < TWP_DIRECTIONS; d++)
				any |= spec->isolates[d];
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
