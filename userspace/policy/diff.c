// SPDX-License-Identifier: GPL-2.0-only
/* The difference of two images, and whether it takes something away. */
#include <stdlib.h>
#include <string.h>

#include "image.h"
#include "memory.h"

static int change_add(struct twp_table_diff *diff, const void *key, const void *before,
		      const void *after)
{
	struct twp_change *array = twp_array_grow(diff->change, diff->count, sizeof(*array));

	if (!array)
		return -1;
	diff->change = array;
	array[diff->count++] = (struct twp_change){ key, before, after };
	if (!before)
		diff->added++;
	else if (!after)
		diff->removed++;
	else
		diff->changed++;
	return 0;
}

/*
 * How many rows from @i of @before and @j of @after on are the same, in whole blocks: an image differs
 * from the last one in a few of them.
 */
static size_t same_rows(const struct twp_image *before, const struct twp_image *after,
			enum twp_table_id id, size_t i, size_t j)
{
	const size_t size = twp_row_size(id), block = 256;
	size_t same = 0;

	while (i + same + block <= before->table[id].count &&
	       j + same + block <= after->table[id].count &&
	       !memcmp(before->table[id].rows + (i + same) * size,
		       after->table[id].rows + (j + same) * size, block * size))
		same += block;
	return same;
}

static int table_compare(struct twp_table_diff *diff, enum twp_table_id id,
			 const struct twp_image *before, const struct twp_image *after)
{
	const struct twp_table_layout *layout = &twp_table_layouts[id];
	size_t olds = before->table[id].count, news = after->table[id].count;
	size_t i = 0, j = 0, look = 0;

	while (i < olds || j < news) {
		/* Not again at each row of a block that differs. */
		if (i >= look) {
			size_t same = same_rows(before, after, id, i, j);

			i += same;
			j += same;
			look = i + 64;
			continue;
		}
		const void *old = i < olds ? twp_row_key(before, id, i) : NULL;
		const void *new = j < news ? twp_row_key(after, id, j) : NULL;
		int order = !old ? 1 : !new ? -1 : memcmp(old, new, layout->key_size);
		const void *was = order <= 0 ? twp_row_value(before, id, i++) : NULL;
		const void *is = order >= 0 ? twp_row_value(after, id, j++) : NULL;

		if (was && is && !memcmp(was, is, layout->value_size))
			continue;
		if (change_add(diff, is ? new : old, was, is))
			return -1;
	}
	return 0;
}

int twp_diff_make(struct twp_diff *diff, const struct twp_image *before,
		  const struct twp_image *after)
{
	struct twp_diff made = { .before = before, .after = after };

	for (int id = 0; id < TWP_TABLE_COUNT; id++) {
		if (table_compare(&made.table[id], id, before, after)) {
			twp_diff_clean(&made);
			return -1;
		}
	}
	*diff = made;
	return 0;
}

void twp_diff_clean(struct twp_diff *diff)
{
	for (int id = 0; id < TWP_TABLE_COUNT; id++)
		free(diff->table[id].change);
	*diff = (struct twp_diff){ 0 };
}

static bool denies(const struct twp_rule_value *value)
{
	return value && TWP_DECISION_VERDICT(value->decision) == TWP_VERDICT_DENY;
}

/* An allow is gone, or a deny has come. */
static bool rules_take_away(const struct twp_table_diff *rules)
{
	for (size_t i = 0; i < rules->count; i++) {
		const struct twp_rule_value *before = rules->change[i].before;
		const struct twp_rule_value *after = rules->change[i].after;

		if (denies(after) ? !denies(before) : !after && !denies(before))
			return true;
	}
	return false;
}

/* Does the direction deny what no rule allows? */
static bool enforces(const struct twp_rules_in_use *in_use)
{
	return (in_use->this_peer & (TWP_ENFORCED | TWP_AUDIT)) == TWP_ENFORCED;
}

/*
 * A new address was of the world before, or stood for the host. So it may lose what a rule allowed
 * to these, and what a rule denies to its identity.
 */
static bool newcomer_loses(const struct twp_diff *diff, const struct twp_host_value *value)
{
	const struct twp_table *before = &diff->before->table[TWP_TABLE_RULES];
	const struct twp_table *after = &diff->after->table[TWP_TABLE_RULES];

	if (diff->before->table[TWP_TABLE_PREFIX4].count ||
	    diff->before->table[TWP_TABLE_PREFIX6].count)
		return true;
	for (size_t i = 0; i < before->count; i++) {
		const struct twp_rule_key *key = twp_row_key(diff->before, TWP_TABLE_RULES, i);

		if ((key->peer == TWP_IDENTITY_HOST || key->peer == TWP_IDENTITY_WORLD) &&
		    key->peer != value->identity &&
		    !denies(twp_row_value(diff->before, TWP_TABLE_RULES, i)))
			return true;
	}
	for (size_t i = 0; i < after->count; i++) {
		const struct twp_rule_key *key = twp_row_key(diff->after, TWP_TABLE_RULES, i);

		if (key->peer == value->identity &&
		    denies(twp_row_value(diff->after, TWP_TABLE_RULES, i)))
			return true;
	}
	return false;
}

static bool hosts_take_away(const struct twp_diff *diff, const struct twp_table_diff *hosts)
{
	/* Of many newcomers with one identity, one is looked at. */
	uint32_t looked_at = TWP_IDENTITY_ANY;

	for (size_t i = 0; i < hosts->count; i++) {
		const struct twp_host_value *before = hosts->change[i].before;
		const struct twp_host_value *after = hosts->change[i].after;

		if (!after || (before && before->identity != after->identity))
			return true;
		for (int d = 0; d < TWP_DIRECTIONS; d++)
			if (enforces(&after->dir[d]) &&
			    (!before || !enforces(&before->dir[d]) ||
			     (before->dir[d].this_peer & ~after->dir[d].this_peer &
			      TWP_REACHES_SELF)))
				return true;
		if (before || after->identity == looked_at)
			continue;
		if (newcomer_loses(diff, after))
			return true;
		looked_at = after->identity;
	}
	return false;
}

bool twp_diff_takes_away(const struct twp_diff *diff)
{
	return diff->table[TWP_TABLE_PREFIX4].count || diff->table[TWP_TABLE_PREFIX6].count ||
	       rules_take_away(&diff->table[TWP_TABLE_RULES]) ||
	       hosts_take_away(diff, &diff->table[TWP_TABLE_HOST4]) ||
	       hosts_take_away(diff, &diff->table[TWP_TABLE_HOST6]);
}
