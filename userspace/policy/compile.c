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

static void scope_clean(struct twp_scope *scope)
{
	twp_selection_clean(&scope->chosen);
	free(scope->placed);
	*scope = (struct twp_scope){ 0 };
}

void twp_compiler_clean(struct twp_compiler *c)
{
	for (size_t i = 0; i < c->spaces; i++) {
		for (size_t j = 0; j < c->space[i].labels.count; j++)
			free(c->space[i].labels.label[j].key);
		free(c->space[i].labels.label);
	}
	free(c->space);
	free(c->class_of);
	free(c->host);
	scope_clean(&c->subjects);
	scope_clean(&c->peers);
	free(c->opening);
}

int twp_scope_init(struct twp_scope *scope, const struct twp_compiler *c,
		   struct twp_label_index *index, const uint32_t *class)
{
	scope_clean(scope);
	scope->index = index;
	scope->class = class;
	return twp_selection_init(&scope->chosen, index) ? twp_compile_memory(c) : 0;
}

/* Everybody may be a subject, and a peer. */
static int scopes_make(struct twp_compiler *c)
{
	struct twp_compiled *out = &c->out;
	const struct twp_labels **set = calloc(out->classes, sizeof(const struct twp_labels *));

	if (!set)
		return twp_compile_memory(c);
	for (size_t i = 0; i < out->classes; i++) {
		set[i] = out->class[i].labels;
		out->class[i].dirty = true;
	}
	if (twp_label_index_init(&out->index, set, out->classes))
		return twp_compile_memory(c);
	return twp_scope_init(&c->subjects, c, &out->index, NULL) ||
	       twp_scope_init(&c->peers, c, &out->index, NULL);
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
		return twp_compile_memory(c);
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

int twp_compile_host(struct twp_compiler *c, const struct twp_address *address,
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
	if (twp_image_add(&c->out.image, four ? TWP_TABLE_HOST4 : TWP_TABLE_HOST6, address->bytes,
			  &value))
		return twp_compile_memory(c);
	return 0;
}

int twp_compile_host_self(struct twp_compiler *c)
{
	static const struct twp_address unspecified4 = { .family = TWP_FAMILY_IPV4 };
	static const struct twp_address unspecified6 = { .family = TWP_FAMILY_IPV6 };
	const struct twp_class *host = &c->out.class[TWP_CLASS_HOST];

	return twp_compile_host(c, &unspecified4, host, c->out.host_audit) ||
	       twp_compile_host(c, &unspecified6, host, c->out.host_audit);
}

static int hosts_make(struct twp_compiler *c)
{
	size_t number = 0;

	if (twp_compile_host_self(c))
		return -1;
	for (size_t i = 0; i < c->input->endpoints; i++) {
		const struct twp_endpoint *endpoint = &c->input->endpoint[i];

		for (size_t j = 0; j < endpoint->addresses; j++)
			if (twp_compile_host(c, &endpoint->address[j],
					     &c->out.class[c->class_of[number++]],
					     endpoint -> audit))
				return -1;
	}
	return 0;
}

/* The rows of prefixes, and the lengths in use of both families. */
static int prefixes_make(struct twp_compiler *c, struct twp_generation_value lengths[2])
{
	for (size_t i = TWP_CLASS_FIRST; i < c->out.first_endpoint; i++) {
		const struct twp_prefix *prefix = c->out.class[i].place;
		bool four = prefix->address.family == TWP_FAMILY_IPV4;
		struct twp_prefix4_key four_key = { .length = htons(prefix->length) };
		struct twp_prefix6_key six_key = { .length = htons(prefix->length) };
		struct twp_prefix_value value = { c->out.class[i].identity };

		memcpy(&four_key.address, prefix->address.bytes, sizeof(four_key.address));
		memcpy(six_key.address, prefix->address.bytes, sizeof(six_key.address));
		lengths[!four].word[prefix->length / 32] |= 1u << prefix->length % 32;
		if (four ? twp_image_add(&c->out.image, TWP_TABLE_PREFIX4, &four_key, &value) :
			   twp_image_add(&c->out.image, TWP_TABLE_PREFIX6, &six_key, &value))
			return twp_compile_memory(c);
	}
	return 0;
}

int twp_compile_generation(struct twp_compiler *c)
{
	static const uint32_t what[] = { TWP_GENERATION_HELD, TWP_GENERATION_LENGTHS4,
					 TWP_GENERATION_LENGTHS6 };

	struct twp_generation_value lengths[2] = { 0 };

	c->out.image.generation = c->input->generation;
	if (prefixes_make(c, lengths))
		return -1;
	for (size_t i = 0; i < sizeof(what) / sizeof(what[0]); i++) {
		struct twp_generation_key key = { what[i] };
		struct twp_generation_value value = { 0 };

		if (what[i] == TWP_GENERATION_HELD)
			value.word[0] = c->input->generation;
		else
			value = lengths[what[i] == TWP_GENERATION_LENGTHS6];
		if (twp_image_add(&c->out.image, TWP_TABLE_GENERATION, &key, &value))
			return twp_compile_memory(c);
	}
	return 0;
}

static void blocks_free(const struct twp_compiled *compiled, size_t first, const uint32_t *map)
{
	for (size_t i = first; compiled->class && i < compiled->classes; i++)
		if (!map || map[i] == TWP_CLASS_GONE)
			free(compiled->class[i].own);
}

void twp_compiled_clean(struct twp_compiled *compiled)
{
	struct twp_compiled *after = compiled->after, *before = compiled->before;

	blocks_free(compiled, before ? compiled->shared : 0, after ? after->map : NULL);
	if (after) {
		after->before = NULL;
		after->shared = 0;
		free(after->map);
		after->map = NULL;
	}
	if (before)
		before->after = NULL;
	if (!after && !before) {
		free(compiled->prefix);
		free(compiled->pod_prefix);
	}
	free(compiled->map);
	free(compiled->class);
	twp_label_index_clean(&compiled->index);
	twp_image_clean(&compiled->image);
}

void twp_compiled_free(struct twp_compiled *compiled)
{
	if (compiled)
		twp_compiled_clean(compiled);
	free(compiled);
}

static int compile_all(struct twp_compiler *c)
{
	if (addresses_check(c) || twp_compile_prefixes(c) ||
	    twp_compile_spaces(c, c->input->endpoint, c->input->endpoints) ||
	    twp_compile_classes(c) || scopes_make(c) || twp_compile_rules(c))
		return -1;
	twp_compile_merge(&c->out.image);
	if (twp_sizes_check(c->sizes, TWP_TABLE_RULES, c->out.image.table[TWP_TABLE_RULES].count,
			    c->error) ||
	    hosts_make(c) || twp_compile_generation(c) ||
	    twp_image_fits(&c->out.image, c->sizes, c->error))
		return -1;
	return twp_image_seal(&c->out.image, c->error);
}

struct twp_compiled *twp_compile_next(struct twp_compiled *before,
				      const struct twp_compile_input *input,
				      const struct twp_compile_change *change,
				      const struct twp_sizes *sizes, struct twp_error *error)
{
	struct twp_compiled *made = malloc(sizeof(*made));
	struct twp_compiler c = { .input = input, .sizes = sizes, .error = error };
	int failed = -1;

	if (!made) {
		twp_error_set(error, "out of memory");
		return NULL;
	}
	if (before && change)
		failed = twp_compile_update(&c, before, change);
	if (failed) {
		/* What an update cannot do, and what cannot be done at all. */
		twp_compiler_clean(&c);
		c = (struct twp_compiler){ .input = input, .sizes = sizes, .error = error };
		c.out.default_deny = input->default_deny;
		c.out.kubernetes = twp_compile_has_kubernetes(input);
		failed = compile_all(&c);
	}
	twp_compiler_clean(&c);
	if (failed) {
		twp_compiled_clean(&c.out);
		free(made);
		return NULL;
	}
	*made = c.out;
	if (before && made->before)
		before->after = made;
	return made;
}

const struct twp_image *twp_compiled_image(const struct twp_compiled *compiled)
{
	return &compiled->image;
}

bool twp_compiled_selects_host(const struct twp_compiled *compiled)
{
	const struct twp_class *host = &compiled->class[TWP_CLASS_HOST];

	return host->selected[TWP_INGRESS] || host->selected[TWP_EGRESS];
}

bool twp_compiled_is_update(const struct twp_compiled *compiled)
{
	return compiled->is_update;
}

int twp_compile(struct twp_image *image, const struct twp_compile_input *input,
		const struct twp_sizes *sizes, struct twp_error *error)
{
	struct twp_compiled *compiled = twp_compile_next(NULL, input, NULL, sizes, error);

	if (!compiled)
		return -1;
	twp_image_clean(image);
	*image = compiled->image;
	twp_image_init(&compiled->image);
	twp_compiled_free(compiled);
	return 0;
}

bool twp_compile_selects_host(const struct twp_compile_input *input)
{
	const struct twp_labels *labels = &twp_labels_host;

	for (size_t i = 0; i < input->endpoints; i++)
		if (input->endpoint[i].identity == TWP_IDENTITY_HOST)
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
