// SPDX-License-Identifier: GPL-2.0-only
/*
 * The compiler's part about prefixes. Every prefix that a block names, as such
 * or as an exception, is an entry: then the longest one that holds an address
 * says of each block whether it covers the address.
 */
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "memory.h"

static int prefix_add(struct twp_prefix **array, size_t *count, const struct twp_prefix *prefix)
{
	struct twp_prefix *grown = twp_array_grow(*array, *count, sizeof(**array));

	if (!grown)
		return -1;
	*array = grown;
	grown[(*count)++] = *prefix;
	return 0;
}

static int block_add(struct twp_compiler *c, const struct twp_block *block)
{
	for (size_t i = 0; i <= block->excepts; i++) {
		const struct twp_prefix *prefix = i ? &block->except[i - 1] : &block->prefix;

		if (prefix_add(&c->out.prefix, &c->out.prefixes, prefix) ||
		    (block->endpoints &&
		     prefix_add(&c->out.pod_prefix, &c->out.pod_prefixes, prefix)))
			return twp_error_set(c->error, "out of memory");
	}
	return 0;
}

static int compare(const void *a, const void *b)
{
	return twp_prefix_compare(a, b);
}

static size_t unique(struct twp_prefix *prefix, size_t count)
{
	size_t kept = 0;

	if (count)
		qsort(prefix, count, sizeof(*prefix), compare);
	for (size_t i = 0; i < count; i++)
		if (!kept || twp_prefix_compare(&prefix[kept - 1], &prefix[i]))
			prefix[kept++] = prefix[i];
	return kept;
}

static int sizes_check(const struct twp_compiler *c)
{
	size_t four = 0;

	while (four < c->out.prefixes && c->out.prefix[four].address.family == TWP_FAMILY_IPV4)
		four++;
	if (twp_sizes_check(c->sizes, TWP_TABLE_PREFIX4, four, c->error))
		return -1;
	return twp_sizes_check(c->sizes, TWP_TABLE_PREFIX6, c->out.prefixes - four, c->error);
}

int twp_compile_prefixes(struct twp_compiler *c)
{
	for (size_t i = 0; i < c->input->policies; i++) {
		const struct twp_policy *policy = &c->input->policy[i];

		for (size_t j = 0; j < policy->specs; j++)
			for (size_t k = 0; k < policy->spec[j].rules; k++)
				for (size_t l = 0; l < policy->spec[j].rule[k].peers; l++) {
					const struct twp_peer *peer =
						&policy->spec[j].rule[k].peer[l];

					if (peer->is_block && block_add(c, &peer->block))
						return -1;
				}
	}
	c->out.prefixes = unique(c->out.prefix, c->out.prefixes);
	c->out.pod_prefixes = unique(c->out.pod_prefix, c->out.pod_prefixes);
	return sizes_check(c);
}

/* The first of @prefix that is not before @wanted, or (@behind) is behind it. */
static size_t bound(const struct twp_prefix *prefix, size_t prefixes,
		    const struct twp_prefix *wanted, bool behind)
{
	size_t low = 0, high = prefixes;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (twp_prefix_compare(&prefix[middle], wanted) < (behind ? 1 : 0))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/*
 * Of those that are not behind the address, the last one in order holds it, or the one
 * that does holds both: it is no longer than what they have in common.
 */
const struct twp_prefix *twp_prefix_place(const struct twp_prefix *prefix, size_t prefixes,
					  const struct twp_address *address)
{
	struct twp_prefix wanted = { *address, (uint8_t)(8 * twp_address_length(address)) };
	size_t at = prefixes;

	while ((at = bound(prefix, at, &wanted, true))) {
		const struct twp_prefix *last = &prefix[at - 1];

		if (twp_prefix_holds(last, address))
			return last;
		if (last->address.family != address->family)
			return NULL;
		wanted = twp_prefix_common(&last->address, address);
	}
	return NULL;
}

static int placed_compare(const void *a, const void *b)
{
	const struct twp_placed *x = a, *y = b;

	return (x->place > y->place) - (x->place < y->place);
}

/* The endpoints' classes in scope that lie in prefixes, in the order of these. */
static int placed_make(const struct twp_compiler *c, struct twp_scope *scope)
{
	if (scope->placed)
		return 0;
	scope->placed = malloc((scope->index->sets + 1) * sizeof(*scope->placed));
	if (!scope->placed)
		return twp_compile_memory(c);
	for (size_t i = 0; i < scope->index->sets; i++) {
		const struct twp_class *class = &c->out.class[twp_scope_class(scope, i)];

		if (class->base && class->place)
			scope->placed[scope->placeds++] =
				(struct twp_placed){ class->place, (uint32_t)i };
	}
	qsort(scope->placed, scope->placeds, sizeof(*scope->placed), placed_compare);
	return 0;
}

/* The endpoints that lie in the prefixes from @first to before @end. */
static void placed_put(struct twp_scope *scope, const struct twp_prefix *first,
		       const struct twp_prefix *end)
{
	size_t low = 0, high = scope->placeds;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (scope->placed[middle].place < first)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < scope->placeds && scope->placed[low].place < end; low++)
		twp_selection_put(&scope->chosen, scope->index, scope->placed[low].number);
}

/* A range of prefixes is one of classes, whose order is theirs. */
static void range_put(struct twp_compiler *c, bool pods, size_t first, size_t end)
{
	if (pods) {
		if (first < end)
			placed_put(&c->peers, c->out.pod_prefix + first, c->out.pod_prefix + end);
		return;
	}
	for (size_t i = first; i < end; i++)
		twp_selection_put(&c->peers.chosen, c->peers.index,
				  (uint32_t)(TWP_CLASS_FIRST + i));
}

/* What lies within a prefix stands together, from the prefix itself on. */
static size_t range_end(const struct twp_prefix *prefix, size_t first, size_t prefixes,
			const struct twp_prefix *outer)
{
	while (first < prefixes) {
		size_t middle = (first + prefixes) / 2;

		if (twp_prefix_contains(outer, &prefix[middle]))
			first = middle + 1;
		else
			prefixes = middle;
	}
	return first;
}

/* The prefixes within the block's, without those within @except, which is sorted. */
static void block_put(struct twp_compiler *c, const struct twp_block *block,
		      const struct twp_prefix *except, bool pods)
{
	const struct twp_prefix *prefix = pods ? c->out.pod_prefix : c->out.prefix;
	size_t prefixes = pods ? c->out.pod_prefixes : c->out.prefixes;
	size_t at = bound(prefix, prefixes, &block->prefix, false);
	size_t end = range_end(prefix, at, prefixes, &block->prefix);

	for (size_t i = 0; i < block->excepts; i++) {
		size_t first = bound(prefix, end, &except[i], false);

		/* It may lie within the exception before. */
		if (first < at)
			continue;
		range_put(c, pods, at, first);
		at = range_end(prefix, first, end, &except[i]);
	}
	range_put(c, pods, at, end);
}

int twp_compile_block(struct twp_compiler *c, const struct twp_block *block)
{
	TWP_AUTOFREE struct twp_prefix *except = NULL;

	if (block->excepts) {
		except = malloc(block->excepts * sizeof(*except));
		if (!except)
			return twp_compile_memory(c);
		memcpy(except, block->except, block->excepts * sizeof(*except));
		qsort(except, block->excepts, sizeof(*except), compare);
	}
	/* Only among all classes are those of prefixes. */
	if (!c->peers.class)
		block_put(c, block, except, false);
	if (!block->endpoints)
		return 0;
	if (placed_make(c, &c->peers))
		return -1;
	block_put(c, block, except, true);
	return 0;
}
