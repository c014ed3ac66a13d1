// SPDX-License-Identifier: GPL-2.0-only
/*
 * The compiler's part that joins tables in an update: the rows before, without those
 * that leave, and the new ones, which win over those with the same key. All are sorted.
 */
#include <stdlib.h>
#include <string.h>

#include "compiler.h"

struct join {
	struct twp_compiler *c;
	const struct twp_image *before;
	enum twp_table_id id;
	const struct twp_leaving *leaving;
	size_t at; /* in leaving->address */
};

typedef bool row_leaves(struct join *join, const void *key);

/* The first row from @low on whose key is not below @key. */
static size_t bound(const struct twp_image *image, enum twp_table_id id, size_t low,
		    const void *key)
{
	size_t high = image->table[id].count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memcmp(twp_row_key(image, id, middle), key, twp_table_layouts[id].key_size) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Appends the rows from @first to @end that stay; @leaves: NULL: all do. */
static void rows_stay(struct join *join, struct twp_table *to, size_t first, size_t end,
		      row_leaves *leaves)
{
	const unsigned char *rows = join->before->table[join->id].rows;
	const size_t size = twp_row_size(join->id);

	if (!leaves && end > first) {
		memcpy(to->rows + to->count * size, rows + first * size, (end - first) * size);
		to->count += end - first;
		return;
	}
	for (size_t i = first; i < end; i++) {
		if (leaves(join, rows + i * size))
			continue;
		memcpy(to->rows + to->count * size, rows + i * size, size);
		to->count++;
	}
}

static int table_join(struct join *join, row_leaves *leaves)
{
	const struct twp_table *before = &join->before->table[join->id];
	struct twp_table *fresh = &join->c->out.image.table[join->id];
	const size_t size = twp_row_size(join->id);
	const size_t key_size = twp_table_layouts[join->id].key_size;
	struct twp_table joined = { .room = before->count + fresh->count };
	size_t at = 0;

	twp_image_sort(&join->c->out.image, join->id);
	joined.rows = malloc(joined.room * size + 1);
	if (!joined.rows)
		return -1;
	for (size_t i = 0; i < fresh->count; i++) {
		const unsigned char *row = fresh->rows + i * size;
		size_t next = bound(join->before, join->id, at, row);

		/* One that was made twice is the same each time. */
		if (i && !memcmp(row - size, row, key_size))
			continue;
		rows_stay(join, &joined, at, next, leaves);
		memcpy(joined.rows + joined.count++ * size, row, size);
		at = next;
		if (at < before->count && !memcmp(before->rows + at * size, row, key_size))
			at++;
	}
	rows_stay(join, &joined, at, before->count, leaves);
	free(fresh->rows);
	*fresh = joined;
	return 0;
}

/* Of a subject that is not dirty, a row leaves with its peer. */
static bool rule_leaves(struct join *join, const void *row)
{
	const struct twp_leaving *leaving = join->leaving;
	const struct twp_rule_key *key = row;
	uint32_t subject = key->subject >> 1;

	if (subject <= TWP_IDENTITY_LABELS_MAX && leaving->leaves[subject] & TWP_LEAVES_AS_SUBJECT)
		return true;
	if (key->peer > TWP_IDENTITY_LABELS_MAX ||
	    !(leaving->leaves[key->peer] & TWP_LEAVES_AS_PEER))
		return false;
	if (subject <= TWP_IDENTITY_LABELS_MAX && leaving->class_of[subject] != TWP_CLASS_GONE)
		join->c->out.class[leaving->class_of[subject]].touched = true;
	return true;
}

/* The words of a subject, from its rows; its flags depend on no row. */
static void words_count(struct twp_image *image, struct twp_class *class, enum twp_direction d)
{
	struct twp_rules_in_use *in_use = &class->dir[d];
	const struct twp_rule_key first = { .subject = TWP_SUBJECT(class->identity, d) };

	in_use->this_peer &= TWP_ENFORCED | TWP_REACHES_SELF;
	in_use->any_peer = 0;
	for (size_t i = bound(image, TWP_TABLE_RULES, 0, &first);
	     i < image->table[TWP_TABLE_RULES].count; i++) {
		const struct twp_rule_key *key = twp_row_key(image, TWP_TABLE_RULES, i);
		const struct twp_rule_value *value = twp_row_value(image, TWP_TABLE_RULES, i);

		if (key->subject != first.subject)
			break;
		twp_in_use_add(in_use, key, value->decision);
	}
}

int twp_compile_join_rules(struct twp_compiler *c, const struct twp_image *before,
			   const struct twp_leaving *leaving)
{
	struct join join = {
		.c = c,
		.before = before,
		.id = TWP_TABLE_RULES,
		.leaving = leaving,
	};

	if (table_join(&join, leaving->any ? rule_leaves : NULL))
		return -1;
	for (size_t i = 0; i < c->out.classes; i++)
		for (int d = 0; d < TWP_DIRECTIONS; d++)
			if (c->out.class[i].touched && !c->out.class[i].dirty)
				words_count(&c->out.image, &c->out.class[i], d);
	return 0;
}

/* Both are sorted, so the addresses that leave are passed once. */
static bool host_leaves(struct join *join, const void *key)
{
	const struct twp_leaving *leaving = join->leaving;
	const size_t size = twp_table_layouts[join->id].key_size;
	const uint8_t family = join->id == TWP_TABLE_HOST4 ? TWP_FAMILY_IPV4 : TWP_FAMILY_IPV6;

	for (; join->at < leaving->addresses; join->at++) {
		const struct twp_address *address = &leaving->address[join->at];
		int order = memcmp(address->bytes, key, size);

		if (address->family != family || order < 0)
			continue;
		return !order;
	}
	return false;
}

int twp_compile_join_hosts(struct twp_compiler *c, const struct twp_image *before,
			   const struct twp_leaving *leaving)
{
	for (enum twp_table_id id = TWP_TABLE_HOST4; id <= TWP_TABLE_HOST6; id++) {
		struct join join = { .c = c, .before = before, .id = id, .leaving = leaving };

		if (table_join(&join, leaving->addresses ? host_leaves : NULL))
			return -1;
	}
	return 0;
}
