// SPDX-License-Identifier: GPL-2.0-only
/* The compiler's part about the rows of table rules: appended in any order, merged by key. */
#include <stdlib.h>
#include <string.h>

#include "compiler.h"

/* Rows that are made for each entry that table rules has room for, and beyond that. */
enum { TRIES = 32, TRIES_LEAST = 65536 };

struct row {
	struct twp_rule_key key;
	struct twp_rule_value value;
};

_Static_assert(sizeof(struct row) == sizeof(struct twp_rule_key) + sizeof(struct twp_rule_value),
	       "a row has no padding");

void twp_compile_merge(struct twp_image *image)
{
	struct twp_table *table = &image->table[TWP_TABLE_RULES];
	struct row *row = (struct row *)table->rows;
	size_t kept = 0;

	twp_image_sort(image, TWP_TABLE_RULES);
	for (size_t i = 0; i < table->count; i++) {
		struct row *last = kept ? &row[kept - 1] : NULL;
		uint32_t decision = row[i].value.decision;

		if (!last || memcmp(&last->key, &row[i].key, sizeof(last->key)))
			row[kept++] = row[i];
		else if (TWP_DECISION_VERDICT(decision) !=
			 TWP_DECISION_VERDICT(last->value.decision))
			last->value.decision =
				decision > last->value.decision ? decision : last->value.decision;
		/* A number before none. */
		else if (TWP_DECISION_RULE(decision - 1) <
			 TWP_DECISION_RULE(last->value.decision - 1))
			last->value.decision = decision;
	}
	table->count = kept;
}

/*
 * Appends a row. At twice the table's size the rows are merged, so that memory and the number of
 * merges are bounded by the size, whatever the policy asks for. A short document may say
 * the same of the same subjects thousands of times: that is bounded, too.
 */
static int row_add(struct twp_compiler *c, const struct twp_rule_key *key, uint32_t decision)
{
	struct twp_table *table = &c->out.image.table[TWP_TABLE_RULES];
	size_t size = c->sizes->size[TWP_TABLE_RULES], most = 2 * size + 1;

	if (++c->tried > TRIES_LEAST + (uint64_t)TRIES * size)
		return twp_error_set(c->error,
				     "the rules say the same over and over: they make more than "
				     "%llu entries, and table rules has room for %zu",
				     (unsigned long long)c->tried - 1, size);
	if (table->count == table->room && table->room < most) {
		size_t room = table->room ? 2 * table->room : 1024;
		void *rows;

		room = room < most ? room : most;
		rows = reallocarray(table->rows, room, sizeof(struct row));
		if (!rows)
			return twp_compile_memory(c);
		table->rows = rows;
		table->room = room;
	} else if (table->count == table->room) {
		twp_compile_merge(&c->out.image);
		if (table->count > size)
			return twp_error_set(c->error,
					     "table rules needs at least %zu entries and has room "
					     "for %zu",
					     table->count, size);
	}
	((struct row *)table->rows)[table->count++] = (struct row){ *key, { decision } };
	return 0;
}

void twp_in_use_add(struct twp_rules_in_use *in_use, const struct twp_rule_key *key,
		    uint32_t decision)
{
	/* The low byte of a shape is its bit. */
	uint32_t bit = 1u << (key->shape & 0xff);

	if (key->peer == TWP_IDENTITY_ANY)
		in_use->any_peer |= bit;
	else
		in_use->this_peer |= bit;
	if (TWP_DECISION_VERDICT(decision) == TWP_VERDICT_DENY)
		in_use->this_peer |= TWP_HAS_DENIES;
}

int twp_compile_row(struct twp_compiler *c, struct twp_class *subject, enum twp_direction d,
		    uint32_t peer, const struct twp_opening *opening, uint32_t decision)
{
	struct twp_rule_key key = {
		.subject = TWP_SUBJECT(subject->identity, d),
		.peer = peer,
		.shape = opening->shape,
		.port = opening->port,
	};

	twp_in_use_add(&subject->dir[d], &key, decision);
	return row_add(c, &key, decision);
}
