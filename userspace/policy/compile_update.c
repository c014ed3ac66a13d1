// SPDX-License-Identifier: GPL-2.0-only
/*
 * The compiler's part that makes the next image from the last one. Endpoints that
 * come and go let classes appear and vanish; policies that come and go change what
 * some subjects may do. Only these are compiled:
 *
 * - all rows of a dirty subject: a new class, one that a changed policy selects, or
 *   one whose default depends on whether it has any row;
 * - of the other subjects the rows about a peer that is new.
 *
 * Of the rows before stay those of a subject that is not dirty about a peer that is
 * still there. What this cannot do, or would take as long as compiling all, fails,
 * and all is compiled: the host's own endpoints, namespaces, other prefixes, errors.
 */
#include <stdlib.h>
#include <string.h>

#include "compile_update.h"
#include "memory.h"

static bool has_host(const struct twp_endpoint *endpoint, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (twp_endpoint_is_host(&endpoint[i]))
			return true;
	return false;
}

static bool has_block(const struct twp_policy *policy, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < policy[i].specs; j++)
			for (size_t k = 0; k < policy[i].spec[j].rules; k++)
				for (size_t l = 0; l < policy[i].spec[j].rule[k].peers; l++)
					if (policy[i].spec[j].rule[k].peer[l].is_block)
						return true;
	return false;
}

static bool same_prefixes(const struct twp_prefix *a, size_t as, const struct twp_prefix *b,
			  size_t bs)
{
	if (as != bs)
		return false;
	for (size_t i = 0; i < as; i++)
		if (twp_prefix_compare(&a[i], &b[i]))
			return false;
	return true;
}

/* Are the prefixes those of before? What is found out is not kept. */
static bool prefixes_stay(const struct twp_update *u)
{
	const struct twp_compile_change *change = u->change;
	struct twp_compiler c = {
		.input = u->c->input,
		.sizes = u->c->sizes,
		.error = u->c->error,
	};
	const struct twp_compiled *before = u->before;
	bool same;

	if (!has_block(change->gone_policy, change->gone_policies) &&
	    !has_block(change->fresh_policy, change->fresh_policies))
		return true;
	same = !twp_compile_prefixes(&c) &&
	       same_prefixes(c.out.prefix, c.out.prefixes, before->prefix, before->prefixes) &&
	       same_prefixes(c.out.pod_prefix, c.out.pod_prefixes, before->pod_prefix,
			     before->pod_prefixes);
	free(c.out.prefix);
	free(c.out.pod_prefix);
	return same;
}

static bool can_update(const struct twp_update *u)
{
	const struct twp_compile_change *change = u->change;
	const struct twp_compile_input *input = u->c->input;
	const struct twp_identity_log *log = input->log;
	bool policies = change->gone_policies || change->fresh_policies;

	return !change->namespaces && input->default_deny == u->before->default_deny &&
	       !u->before->before && !u->before->after && log && !log->count[0] && !log->count[1] &&
	       input->identities && !has_host(change->gone, change->gones) &&
	       !has_host(change->fresh, change->freshes) &&
	       (!policies ||
		(twp_compile_has_kubernetes(input) == u->before->kubernetes && prefixes_stay(u)));
}

static void dirty_put(struct twp_update *u, uint32_t number)
{
	struct twp_class *class = &u->c->out.class[number];

	if (class->dirty)
		return;
	class->dirty = true;
	for (int d = 0; d < TWP_DIRECTIONS; d++) {
		class->selected[d] = class->isolated[d] = class->kubernetes[d] = false;
		class->dir[d] = (struct twp_rules_in_use){ 0 };
	}
	u->leaves[class->identity] |= TWP_LEAVES_AS_SUBJECT;
	u->dirty[u->dirties++] = number;
}

/* Does it depend on its rows whether it is enforced? */
static bool is_open(const struct twp_class *class)
{
	for (int d = 0; d < TWP_DIRECTIONS; d++)
		if (class->selected[d] && !class->isolated[d])
			return true;
	return false;
}

/* Whom classes that came and went make dirty. */
static void dirty_by_classes(struct twp_update *u)
{
	const struct twp_compiled *out = &u->c->out;

	if (!u->freshes && !u->vanished)
		return;
	for (size_t i = TWP_CLASS_HOST; i < out->classes; i++)
		if ((i == TWP_CLASS_HOST || i >= out->first_endpoint) && is_open(&out->class[i]))
			dirty_put(u, (uint32_t)i);
	for (size_t i = 0; i < u->freshes; i++) {
		const struct twp_class *fresh = &out->class[u->fresh[i]];

		dirty_put(u, u->fresh[i]);
		for (size_t j = out->first_endpoint; fresh->alone && j < out->classes; j++)
			if (twp_class_is_itself(fresh, &out->class[j]))
				dirty_put(u, (uint32_t)j);
	}
}

static int dirty_by_policies(struct twp_update *u, const struct twp_policy *policy, size_t count)
{
	struct twp_scope *scope = &u->c->subjects;

	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < policy[i].specs; j++) {
			twp_selection_begin(&scope->chosen, scope->index);
			twp_selection_add(&scope->chosen, scope->index, &policy[i].spec[j].subject,
					  false);
			for (size_t k = 0; k < scope->chosen.count; k++) {
				uint32_t number = scope->chosen.set[k];

				/* Their identities are not counted by u->leaves. */
				if (number >= TWP_CLASS_FIRST && number < u->c->out.first_endpoint)
					return -1;
				dirty_put(u, number);
			}
		}
	}
	return 0;
}

static int dirty_find(struct twp_update *u)
{
	struct twp_compiler *c = u->c;
	const struct twp_compile_change *change = u->change;

	if (twp_scope_init(&c->subjects, c, &c->out.index, NULL))
		return -1;
	dirty_by_classes(u);
	if (dirty_by_policies(u, change->gone_policy, change->gone_policies) ||
	    dirty_by_policies(u, change->fresh_policy, change->fresh_policies))
		return -1;
	/* Beyond that all is compiled as quickly. */
	return 4 * u->dirties > c->out.classes + 64 ? -1 : 0;
}

/* An index of the classes in @class alone. */
static int index_some(const struct twp_update *u, struct twp_label_index *index,
		      const uint32_t *class, size_t count)
{
	const struct twp_labels **set = malloc((count + 1) * sizeof(const struct twp_labels *));

	if (!set)
		return -1;
	for (size_t i = 0; i < count; i++)
		set[i] = u->c->out.class[class[i]].labels;
	return twp_label_index_init(index, set, count);
}

static int rules_update(struct twp_update *u)
{
	struct twp_compiler *c = u->c;

	if (u->dirties &&
	    (index_some(u, &u->dirty_index, u->dirty, u->dirties) ||
	     twp_scope_init(&c->subjects, c, &u->dirty_index, u->dirty) ||
	     twp_scope_init(&c->peers, c, &c->out.index, NULL) || twp_compile_rules(c)))
		return -1;
	if (u->freshes &&
	    (index_some(u, &u->fresh_index, u->fresh, u->freshes) ||
	     twp_scope_init(&c->subjects, c, &c->out.index, NULL) ||
	     twp_scope_init(&c->peers, c, &u->fresh_index, u->fresh) || twp_compile_new_peers(c)))
		return -1;
	twp_compile_merge(&c->out.image);
	return 0;
}

/* The classes whose words are others than before. Return: is there one? */
static bool words_compare(struct twp_update *u, bool *base)
{
	struct twp_compiled *out = &u->c->out;
	bool any = false;

	for (size_t i = 0; i < u->before->classes; i++) {
		struct twp_class *class = out->map[i] == TWP_CLASS_GONE ? NULL :
									  &out->class[out->map[i]];

		if (!class)
			continue;
		class->touched = memcmp(class->dir, u->before->class[i].dir, sizeof(class->dir)) !=
				 0;
		if (!class->touched || class->base >= TWP_UPDATE_IDENTITIES)
			continue;
		base[class->base] = true;
		any = true;
	}
	return any;
}

/* The class of an address that has one. */
static const struct twp_class *class_find(const struct twp_update *u,
					  const struct twp_member *member)
{
	const struct twp_class *class = u->c->out.class;
	TWP_AUTOFREE char *text = NULL;
	uint32_t identity = member->endpoint->identity;

	if (identity == TWP_IDENTITY_HOST && !member->place)
		return &class[TWP_CLASS_HOST];
	if (twp_class_text(u->c, member, &text))
		return NULL;
	if (text)
		identity = twp_numbers_find(u->c->input->identities, text);
	if (!identity || identity >= TWP_UPDATE_IDENTITIES ||
	    u->class_of[identity] == TWP_CLASS_GONE)
		return NULL;
	return &class[u->class_of[identity]];
}

/* The rows of endpoints whose class has other words. */
static int hosts_of_touched(struct twp_update *u, const bool *base)
{
	const struct twp_compile_input *input = u->c->input;

	if (u->c->out.class[TWP_CLASS_HOST].touched && twp_compile_host_self(u->c))
		return -1;
	for (size_t i = 0; i < input->endpoints; i++) {
		const struct twp_endpoint *endpoint = &input->endpoint[i];

		for (size_t j = 0; base[endpoint->identity] && j < endpoint->addresses; j++) {
			struct twp_member member = twp_update_member(u, endpoint, j);
			const struct twp_class *class = class_find(u, &member);

			if (!class ||
			    (class->touched &&
			     twp_compile_host(u->c, &endpoint->address[j], class, endpoint->audit)))
				return -1;
		}
	}
	return 0;
}

static int hosts_update(struct twp_update *u)
{
	TWP_AUTOFREE bool *base = calloc(TWP_UPDATE_IDENTITIES, sizeof(*base));
	const struct twp_compile_change *change = u->change;
	size_t number = 0;

	if (!base || (words_compare(u, base) && hosts_of_touched(u, base)))
		return -1;
	for (size_t i = 0; i < change->freshes; i++) {
		const struct twp_endpoint *endpoint = &change->fresh[i];

		for (size_t j = 0; j < endpoint->addresses; j++, number++) {
			uint32_t class = u->class_of[u->identity[number]];

			if (twp_compile_host(u->c, &endpoint->address[j], &u->c->out.class[class],
					     endpoint -> audit))
				return -1;
		}
	}
	return 0;
}

static int tables_join(struct twp_update *u)
{
	const struct twp_leaving leaving = {
		.leaves = u->leaves,
		.class_of = u->class_of,
		.any = u->dirties || u->vanished,
		.address = u->left,
		.addresses = u->lefts,
	};
	struct twp_compiler *c = u->c;

	if (twp_compile_join_rules(c, &u->before->image, &leaving) || hosts_update(u) ||
	    twp_compile_join_hosts(c, &u->before->image, &leaving) || twp_compile_generation(c))
		return -1;
	for (int id = 0; id < TWP_TABLE_COUNT; id++)
		twp_image_sort(&c->out.image, id);
	return twp_image_fits(&c->out.image, c->sizes, c->error);
}

/* What else there is, behind what is new. */
static int log_fill(struct twp_update *u)
{
	const struct twp_compiled *out = &u->c->out;
	struct twp_identity_log *log = u->c->input->log;
	char prefix[TWP_PREFIX_TEXT];

	log->same = !u->own_identity;
	for (size_t i = TWP_CLASS_FIRST; u->own_identity && i < out->shared; i++) {
		const struct twp_class *class = &out->class[i];
		bool is_prefix = i < out->first_endpoint;
		const char *text = is_prefix ? twp_prefix_text(class->place, prefix) : class->text;

		if (text && twp_identity_log_add(log, is_prefix, text, class->identity))
			return -1;
	}
	return 0;
}

/* As if it had never been tried. */
static void update_undo(struct twp_update *u)
{
	struct twp_identity_log *log = u->c->input->log;
	struct twp_numbers *identities = u->c->input->identities;

	for (size_t i = 0; i < u->given; i++)
		twp_numbers_put(identities, log->text[0][i]);
	if (u->given)
		twp_numbers_set_cursor(identities, u->cursor);
	twp_identity_log_clean(log);
	twp_compiled_clean(&u->c->out);
}

static void update_clean(struct twp_update *u)
{
	free(u->class_of);
	free(u->leaves);
	free(u->left);
	free(u->identity);
	free(u->dirty);
	free(u->fresh);
	twp_label_index_clean(&u->dirty_index);
	twp_label_index_clean(&u->fresh_index);
}

int twp_compile_update(struct twp_compiler *c, struct twp_compiled *before,
		       const struct twp_compile_change *change)
{
	struct twp_update u = { .c = c, .before = before, .change = change };
	int failed;

	if (!can_update(&u))
		return -1;
	u.cursor = twp_numbers_cursor(c->input->identities);
	failed = twp_update_classes(&u) || dirty_find(&u) || rules_update(&u) || tables_join(&u) ||
		 log_fill(&u);
	if (failed)
		update_undo(&u);
	update_clean(&u);
	return failed ? -1 : 0;
}
