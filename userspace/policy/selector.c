// SPDX-License-Identifier: GPL-2.0-only
/* Selectors: what they match, and an index to find it. */
#include "selector.h"

#include <stdlib.h>
#include <string.h>

#include "compile.h"

struct twp_label_entry {
	const struct twp_label *label;
	uint32_t set;
};

static bool is_reserved(const struct twp_labels *labels)
{
	for (size_t i = 0; i < labels->count; i++)
		if (twp_label_is_reserved(labels->label[i].key))
			return true;
	return false;
}

static bool is_positive(const struct twp_requirement *requirement)
{
	return requirement->operator== TWP_OPERATOR_IN || requirement->operator==
		TWP_OPERATOR_EXISTS;
}

static bool names_reserved(const struct twp_selector *selector)
{
	for (size_t i = 0; i < selector->requirements; i++)
		if (is_positive(&selector->requirement[i]) &&
		    twp_label_is_reserved(selector->requirement[i].key))
			return true;
	return is_reserved(&selector->labels);
}

static bool asks_for_labels(const struct twp_selector *selector)
{
	for (size_t i = 0; i < selector->requirements; i++)
		if (is_positive(&selector->requirement[i]))
			return true;
	return selector->labels.count;
}

static bool requirement_holds(const struct twp_requirement *requirement,
			      const struct twp_labels *labels)
{
	const char *value = twp_labels_get(labels, requirement->key);

	if (requirement->operator== TWP_OPERATOR_EXISTS || requirement->operator==
	    TWP_OPERATOR_DOES_NOT_EXIST)
		return !value == (requirement->operator== TWP_OPERATOR_DOES_NOT_EXIST);
	for (size_t i = 0; value && i < requirement->values; i++)
		if (!strcmp(value, requirement->value[i]))
			return requirement->operator== TWP_OPERATOR_IN;
	return requirement->operator== TWP_OPERATOR_NOT_IN;
}

static bool holds(const struct twp_selector *selector, const struct twp_labels *labels)
{
	if (!twp_labels_contain(labels, &selector->labels))
		return false;
	for (size_t i = 0; i < selector->requirements; i++)
		if (!requirement_holds(&selector->requirement[i], labels))
			return false;
	return true;
}

/* The host and the world are selected by name only: policies for endpoints are not for them. */
bool twp_selector_matches(const struct twp_selector *selector, const struct twp_labels *labels)
{
	return holds(selector, labels) && (!is_reserved(labels) || names_reserved(selector));
}

/* As a peer they are met by what asks for no label, too. */
bool twp_selector_covers(const struct twp_selector *selector, const struct twp_labels *labels)
{
	return holds(selector, labels) &&
	       (!is_reserved(labels) || names_reserved(selector) || !asks_for_labels(selector));
}

static int label_compare(const struct twp_label *a, const struct twp_label *b)
{
	int order = strcmp(a->key, b->key);

	return order ? order : strcmp(a->value, b->value);
}

static int entry_compare(const void *a, const void *b)
{
	const struct twp_label_entry *x = a, *y = b;
	int order = label_compare(x->label, y->label);

	return order ? order : (x->set > y->set) - (x->set < y->set);
}

/* The sorted entries of the sets from @first on, appended. */
static void entries_add(struct twp_label_index *index, size_t first)
{
	struct twp_label_entry *begin = index->entry + index->entries;
	size_t added = 0;

	for (size_t i = first; i < index->sets; i++)
		for (size_t j = 0; j < index->set[i]->count; j++)
			begin[added++] =
				(struct twp_label_entry){ &index->set[i]->label[j], (uint32_t)i };
	qsort(begin, added, sizeof(*begin), entry_compare);
	index->entries += added;
}

static int index_alloc(struct twp_label_index *index, const struct twp_labels **set, size_t sets,
		       size_t entries)
{
	*index = (struct twp_label_index){ .set = set, .sets = sets };
	index->entry = calloc(entries + 1, sizeof(*index->entry));
	index->mark = calloc(sets + 1, sizeof(*index->mark));
	if (index->entry && index->mark)
		return 0;
	twp_label_index_clean(index);
	return -1;
}

int twp_label_index_init(struct twp_label_index *index, const struct twp_labels **set, size_t sets)
{
	size_t entries = 0;

	for (size_t i = 0; i < sets; i++)
		entries += set[i]->count;
	if (index_alloc(index, set, sets, entries))
		return -1;
	entries_add(index, 0);
	return 0;
}

int twp_label_index_derive(struct twp_label_index *index, const struct twp_label_index *from,
			   const uint32_t *map, const struct twp_labels **set, size_t sets,
			   size_t first)
{
	struct twp_label_index fresh;
	size_t entries = from->entries, at = 0, j = 0;

	for (size_t i = first; i < sets; i++)
		entries += set[i]->count;
	if (index_alloc(index, set, sets, entries))
		return -1;
	/* The new entries are sorted behind where the others end, and join them from there. */
	fresh = *index;
	fresh.entry += from->entries;
	entries_add(&fresh, first);
	for (size_t i = 0; i < from->entries; i++) {
		struct twp_label_entry entry = from->entry[i];

		entry.set = map[entry.set];
		if (entry.set == UINT32_MAX)
			continue;
		while (j < fresh.entries && entry_compare(&fresh.entry[j], &entry) < 0)
			index->entry[at++] = fresh.entry[j++];
		index->entry[at++] = entry;
	}
	while (j < fresh.entries)
		index->entry[at++] = fresh.entry[j++];
	index->entries = at;
	return 0;
}

void twp_label_index_clean(struct twp_label_index *index)
{
	free(index->set);
	free(index->entry);
	free(index->mark);
	*index = (struct twp_label_index){ 0 };
}

int twp_selection_init(struct twp_selection *selection, const struct twp_label_index *index)
{
	selection->count = 0;
	selection->set = calloc(index->sets + 1, sizeof(*selection->set));
	return selection->set ? 0 : -1;
}

void twp_selection_clean(struct twp_selection *selection)
{
	free(selection->set);
	*selection = (struct twp_selection){ 0 };
}

void twp_selection_begin(struct twp_selection *selection, struct twp_label_index *index)
{
	selection->count = 0;
	if (++index->round)
		return;
	/* 2^32 rounds later the marks of the first ones would count again. */
	memset(index->mark, 0, index->sets * sizeof(*index->mark));
	index->round = 1;
}

void twp_selection_put(struct twp_selection *selection, struct twp_label_index *index, uint32_t set)
{
	if (index->mark[set] == index->round)
		return;
	index->mark[set] = index->round;
	selection->set[selection->count++] = set;
}

static void consider(struct twp_selection *selection, struct twp_label_index *index,
		     const struct twp_selector *selector, bool peers, uint32_t set)
{
	if (index->mark[set] == index->round)
		return;
	if (peers ? twp_selector_covers(selector, index->set[set]) :
		    twp_selector_matches(selector, index->set[set]))
		twp_selection_put(selection, index, set);
}

/* The first entry whose label is not below @label, or (@behind) is above it. */
static size_t bound(const struct twp_label_index *index, const struct twp_label *label, bool behind)
{
	size_t low = 0, high = index->entries;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (label_compare(index->entry[middle].label, label) < (behind ? 1 : 0))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void twp_selection_add(struct twp_selection *selection, struct twp_label_index *index,
		       const struct twp_selector *selector, bool peers)
{
	size_t first = 0, end = SIZE_MAX;

	if (!selector->labels.count) {
		for (size_t i = 0; i < index->sets; i++)
			consider(selection, index, selector, peers, i);
		return;
	}
	for (size_t i = 0; i < selector->labels.count; i++) {
		size_t from = bound(index, &selector->labels.label[i], false);
		size_t to = bound(index, &selector->labels.label[i], true);

		if (to - from < end - first)
			first = from, end = to;
	}
	for (size_t i = first; i < end; i++)
		consider(selection, index, selector, peers, index->entry[i].set);
}
