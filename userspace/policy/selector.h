/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which of many label sets a selector selects, found through an index of
 * labels: the cost is that of the rarest label's sets, not of all.
 * twp_selector_matches() (compile.h) says the same of one set.
 */
#ifndef TWP_POLICY_SELECTOR_H
#define TWP_POLICY_SELECTOR_H

#include <stddef.h>
#include <stdint.h>

#include "policy.h"

struct twp_label_entry;

struct twp_label_index {
	const struct twp_labels **set; /* not owned */
	size_t sets;
	struct twp_label_entry *entry; /* sorted by label */
	size_t entries;
	uint32_t *mark; /* round in which a set was selected last */
	uint32_t round;
};

/* Numbers of sets, each at most once. */
struct twp_selection {
	uint32_t *set;
	size_t count;
};

/* Takes @set, an array made by malloc() of pointers that outlive the index, also on failure. */
int twp_label_index_init(struct twp_label_index *index, const struct twp_labels **set, size_t sets);
/*
 * The same, from the index of other sets: @map says for each of them its number now, or UINT32_MAX.
 * Numbers rise as before. The sets from @first on are new.
 */
int twp_label_index_derive(struct twp_label_index *index, const struct twp_label_index *from,
			   const uint32_t *map, const struct twp_labels **set, size_t sets,
			   size_t first);
void twp_label_index_clean(struct twp_label_index *index);

/* Room for every set of @index. */
int twp_selection_init(struct twp_selection *selection, const struct twp_label_index *index);
void twp_selection_clean(struct twp_selection *selection);
/* Empties it; ends the additions to any other selection on this index. */
void twp_selection_begin(struct twp_selection *selection, struct twp_label_index *index);
/* As subjects of a policy, or as @peers of its rules. */
void twp_selection_add(struct twp_selection *selection, struct twp_label_index *index,
		       const struct twp_selector *selector, bool peers);
/* Adds one, whatever its labels are. */
void twp_selection_put(struct twp_selection *selection, struct twp_label_index *index,
		       uint32_t set);

#endif
