// SPDX-License-Identifier: GPL-2.0-only
/*
 * Classes of an update. Counts who leaves a class and who comes: a class without
 * members vanishes, and members without a class make one. The numbers of classes
 * close up, in their order.
 */
#include <stdlib.h>
#include <string.h>

#include "compile_update.h"
#include "memory.h"

static size_t addresses_of(const struct twp_endpoint *endpoint, size_t count)
{
	size_t addresses = 0;

	for (size_t i = 0; i < count; i++)
		addresses += endpoint[i].addresses;
	return addresses;
}

/* The classes before, with room for as many as fresh addresses can make. */
static int classes_begin(struct twp_update *u)
{
	size_t addresses = addresses_of(u->change->fresh, u->change->freshes);
	size_t lefts = addresses_of(u->change->gone, u->change->gones);
	struct twp_compiled *out = &u->c->out;
	const struct twp_compiled *before = u->before;
	size_t room = before->classes + addresses;

	*out = (struct twp_compiled){
		.prefix = before->prefix,
		.pod_prefix = before->pod_prefix,
		.prefixes = before->prefixes,
		.pod_prefixes = before->pod_prefixes,
		.class = malloc(room * sizeof(*out->class)),
		.classes = before->classes,
		.first_endpoint = before->first_endpoint,
		.kubernetes = before->kubernetes,
		.default_deny = before->default_deny,
		.host_audit = before->host_audit,
		.is_update = true,
		.before = u->before,
		.map = malloc(before->classes * sizeof(*out->map)),
		.shared = before->classes,
	};
	u->class_of = malloc(TWP_UPDATE_IDENTITIES * sizeof(*u->class_of));
	u->leaves = calloc(TWP_UPDATE_IDENTITIES, sizeof(*u->leaves));
	u->left = malloc((lefts + 1) * sizeof(*u->left));
	u->identity = malloc((addresses + 1) * sizeof(*u->identity));
	u->dirty = malloc(room * sizeof(*u->dirty));
	u->fresh = malloc((addresses + 1) * sizeof(*u->fresh));
	if (!out->class || !out->map || !u->class_of || !u->leaves || !u->left || !u->identity ||
	    !u->dirty || !u->fresh)
		return -1;
	memcpy(out->class, before->class, before->classes * sizeof(*out->class));
	return 0;
}

static void class_of_make(struct twp_update *u)
{
	const struct twp_compiled *out = &u->c->out;

	memset(u->class_of, 0xff, TWP_UPDATE_IDENTITIES * sizeof(*u->class_of));
	for (size_t i = 0; i < out->classes; i++)
		if (out->class[i].identity < TWP_UPDATE_IDENTITIES)
			u->class_of[out->class[i].identity] = (uint32_t)i;
}

static int address_compare(const void *a, const void *b)
{
	return twp_address_compare(a, b);
}

static const struct twp_host_value *host_before(const struct twp_update *u,
						const struct twp_address *address)
{
	bool four = address->family == TWP_FAMILY_IPV4;

	return twp_image_find(&u->before->image, four ? TWP_TABLE_HOST4 : TWP_TABLE_HOST6,
			      address->bytes);
}

static int members_leave(struct twp_update *u)
{
	for (size_t i = 0; i < u->change->gones; i++) {
		const struct twp_endpoint *endpoint = &u->change->gone[i];

		for (size_t j = 0; j < endpoint->addresses; j++) {
			const struct twp_host_value *row = host_before(u, &endpoint->address[j]);
			struct twp_class *class;

			if (!row || row->identity >= TWP_UPDATE_IDENTITIES ||
			    u->class_of[row->identity] == TWP_CLASS_GONE)
				return -1;
			class = &u->c->out.class[u->class_of[row->identity]];
			if (!class->members)
				return -1;
			class->members--;
			u->left[u->lefts++] = endpoint->address[j];
		}
	}
	qsort(u->left, u->lefts, sizeof(*u->left), address_compare);
	return 0;
}

/* An address names one endpoint. */
static int addresses_are_free(const struct twp_update *u)
{
	size_t addresses = addresses_of(u->change->fresh, u->change->freshes), count = 0;
	TWP_AUTOFREE struct twp_address *taken = malloc((addresses + 1) * sizeof(*taken));

	if (!taken)
		return -1;
	for (size_t i = 0; i < u->change->freshes; i++)
		for (size_t j = 0; j < u->change->fresh[i].addresses; j++)
			taken[count++] = u->change->fresh[i].address[j];
	qsort(taken, count, sizeof(*taken), address_compare);
	for (size_t i = 0; i < count; i++) {
		if (i && !twp_address_compare(&taken[i - 1], &taken[i]))
			return -1;
		if (host_before(u, &taken[i]) &&
		    !bsearch(&taken[i], u->left, u->lefts, sizeof(*u->left), address_compare))
			return -1;
	}
	return 0;
}

static bool same_ports(const struct twp_class *class, const struct twp_endpoint *endpoint)
{
	if (class->ports != endpoint->ports)
		return false;
	for (size_t i = 0; i < class->ports; i++)
		if (strcmp(class->port[i].name, endpoint->port[i].name) ||
		    class->port[i].protocol != endpoint->port[i].protocol ||
		    class->port[i].port != endpoint->port[i].port)
			return false;
	return true;
}

/* Is the class of this identity really that of the member? */
static bool class_fits(const struct twp_update *u, const struct twp_class *class,
		       const struct twp_member *member)
{
	const char *alone = member->alone ? member->endpoint->name : "";
	struct twp_labels labels;
	bool same;

	if (class->base != member->endpoint->identity || class->place != member->place ||
	    strcmp(class->alone ?: "", alone) || !same_ports(class, member->endpoint) ||
	    twp_compile_labels(u->c, member->endpoint, &labels))
		return false;
	same = !twp_labels_compare(class->labels, &labels);
	free(labels.label);
	return same;
}

static int class_appear(struct twp_update *u, const struct twp_member *member, const char *text,
			uint32_t *identity)
{
	struct twp_compiled *out = &u->c->out;
	struct twp_class *class = &out->class[out->classes];

	/* An identity of its own that is given already would be that of a class. */
	if (text && *identity)
		return -1;
	*class = (struct twp_class){ 0 };
	if (twp_class_fill(u->c, class, member, text))
		return -1;
	out->classes++;
	if (text) {
		if (twp_class_identify(u->c, 0, text, identity))
			return -1;
		u->own_identity = true;
		u->given++;
	}
	if (*identity >= TWP_UPDATE_IDENTITIES)
		return -1;
	class->identity = *identity;
	u->class_of[*identity] = (uint32_t)out->classes - 1;
	return 0;
}

static int member_come(struct twp_update *u, const struct twp_member *member, uint32_t *identity)
{
	TWP_AUTOFREE char *text = NULL;
	uint32_t number = TWP_CLASS_GONE;

	if (twp_class_text(u->c, member, &text))
		return -1;
	*identity = text ? twp_numbers_find(u->c->input->identities, text) :
			   member->endpoint->identity;
	if (*identity && *identity < TWP_UPDATE_IDENTITIES)
		number = u->class_of[*identity];
	if (number == TWP_CLASS_GONE) {
		if (class_appear(u, member, text, identity))
			return -1;
		number = u->class_of[*identity];
	} else if (!class_fits(u, &u->c->out.class[number], member)) {
		return -1;
	}
	u->c->out.class[number].members++;
	return 0;
}

struct twp_member twp_update_member(const struct twp_update *u, const struct twp_endpoint *endpoint,
				    size_t address)
{
	const struct twp_compiled *out = &u->c->out;

	return (struct twp_member){
		.endpoint = endpoint,
		.place = twp_prefix_place(out->pod_prefix, out->pod_prefixes,
					  &endpoint->address[address]),
		.alone = twp_compile_is_alone(u->c, endpoint),
	};
}

static int members_come(struct twp_update *u)
{
	const struct twp_compile_change *change = u->change;
	size_t number = 0;

	if (addresses_are_free(u) || twp_compile_spaces(u->c, change->fresh, change->freshes))
		return -1;
	for (size_t i = 0; i < change->freshes; i++) {
		const struct twp_endpoint *endpoint = &change->fresh[i];

		if (twp_compile_endpoint_check(u->c, endpoint))
			return -1;
		for (size_t j = 0; j < endpoint->addresses; j++) {
			struct twp_member member = twp_update_member(u, endpoint, j);

			if (member_come(u, &member, &u->identity[number++]))
				return -1;
		}
	}
	return 0;
}

/* Closes the gaps that vanished classes leave. */
static void classes_settle(struct twp_update *u)
{
	struct twp_compiled *out = &u->c->out;
	const size_t befores = out->shared;
	size_t kept = 0;

	for (size_t i = 0; i < out->classes; i++) {
		struct twp_class *class = &out->class[i];
		bool vanishes = i >= out->first_endpoint && !class->members;

		if (i < befores)
			out->map[i] = vanishes ? TWP_CLASS_GONE : (uint32_t)kept;
		if (vanishes) {
			u->leaves[class->identity] = TWP_LEAVES_AS_SUBJECT | TWP_LEAVES_AS_PEER;
			u->own_identity |= class->text != NULL;
			u->vanished++;
			continue;
		}
		class->dirty = class->touched = false;
		if (i >= befores)
			u->fresh[u->freshes++] = (uint32_t)kept;
		out->class[kept++] = *class;
	}
	out->shared = befores - u->vanished;
	out->classes = kept;
}

static int index_derive(struct twp_update *u)
{
	struct twp_compiled *out = &u->c->out;
	const struct twp_labels **set = malloc(out->classes * sizeof(const struct twp_labels *));

	if (!set)
		return -1;
	for (size_t i = 0; i < out->classes; i++)
		set[i] = out->class[i].labels;
	return twp_label_index_derive(&out->index, &u->before->index, out->map, set, out->classes,
				      out->shared);
}

static int hosts_find(struct twp_compiler *c)
{
	c->host = malloc(c->out.classes * sizeof(*c->host));
	if (!c->host)
		return -1;
	for (size_t i = 0; i < c->out.classes; i++)
		if (c->out.class[i].is_host)
			c->host[c->hosts++] = (uint32_t)i;
	return 0;
}

int twp_update_classes(struct twp_update *u)
{
	if (classes_begin(u))
		return -1;
	class_of_make(u);
	if (members_leave(u) || members_come(u))
		return -1;
	classes_settle(u);
	class_of_make(u);
	return index_derive(u) || hosts_find(u->c) ? -1 : 0;
}
