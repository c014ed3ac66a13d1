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
	return 0;
}

/*
 * The last prefix in order that is not behind the address holds it, or the one
 * that does contains that one too: it stands before, and is shorter.
 */
const struct twp_prefix *twp_prefix_place(const struct twp_prefix *prefix, size_t prefixes,
					  const struct twp_address *address)
{
	struct twp_prefix whole = { *address, (uint8_t)(8 * twp_address_length(address)) };
	size_t low = 0, high = prefixes;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (twp_prefix_compare(&prefix[middle], &whole) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	while (low-- > 0) {
		if (twp_prefix_holds(&prefix[low], address))
			return &prefix[low];
		if (prefix[low].address.family != address->family)
			return NULL;
	}
	return NULL;
}

bool twp_block_covers(const struct twp_block *block, const struct twp_class *class)
{
	if (!class->place || (class->base && !block->endpoints) ||
	    !twp_prefix_contains(&block->prefix, class->place))
		return false;
	for (size_t i = 0; i < block->excepts; i++)
		if (twp_prefix_contains(&block->except[i], class->place))
			return false;
	return true;
}
