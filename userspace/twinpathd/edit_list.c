// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lists of named elements, merged: what lies between the names that change is
 * found by search and moves as a block. Elements are bytes; what they own stays.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "edit_list.h"
#include "policy/memory.h"
#include "policy/policy.h"

_Static_assert(offsetof(struct twp_endpoint, name) == 0, "elements are merged by their name");
_Static_assert(offsetof(struct twp_policy, name) == 0, "elements are merged by their name");
_Static_assert(offsetof(struct twp_namespace, name) == 0, "elements are merged by their name");
_Static_assert(offsetof(struct twp_audit, name) == 0, "elements are merged by their name");

static const char *name_of(const void *element)
{
	return *(char *const *)element;
}

int twp_edit_list_compare(const void *a, const void *b)
{
	return strcmp(name_of(a), name_of(b));
}

/* A merge under way. */
struct merge {
	struct twp_edit_list *list;
	const char *old;
	size_t olds, at; /* those before @at are done with */
	size_t size;
};

static void put(void *to, size_t *count, const void *from, size_t elements, size_t size)
{
	if (elements)
		memcpy((char *)to + *count * size, from, elements * size);
	*count += elements;
}

/* Takes over what stands before @name. Return: does that name come next? */
static bool advance(struct merge *merge, const char *name)
{
	size_t low = merge->at, high = merge->olds;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(name_of(merge->old + middle * merge->size), name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	put(merge->list->after, &merge->list->afters, merge->old + merge->at * merge->size,
	    low - merge->at, merge->size);
	merge->at = low;
	return low < merge->olds && !strcmp(name_of(merge->old + low * merge->size), name);
}

static void lose(struct merge *merge)
{
	put(merge->list->gone, &merge->list->gone_count, merge->old + merge->at++ * merge->size, 1,
	    merge->size);
}

static int merge_sorted(struct merge *merge, const char *what, char *const *gone_name,
			size_t deletes, struct twp_error *error)
{
	struct twp_edit_list *list = merge->list;
	const char *fresh = list->fresh;
	size_t f = 0, d = 0;

	while (f < list->fresh_count || d < deletes) {
		const void *next = f < list->fresh_count ? fresh + f * merge->size : NULL;

		if (next && (d == deletes || strcmp(name_of(next), gone_name[d]) <= 0)) {
			if (advance(merge, name_of(next)))
				lose(merge);
			put(list->after, &list->afters, next, 1, merge->size);
			f++;
		} else if (advance(merge, gone_name[d])) {
			lose(merge);
			d++;
		} else {
			return twp_error_set(error, "there is no %s %.*s", what,
					     TWP_ENDPOINT_NAME_MAX, gone_name[d]);
		}
	}
	put(list->after, &list->afters, merge->old + merge->at * merge->size,
	    merge->olds - merge->at, merge->size);
	return 0;
}

int twp_edit_list_merge(struct twp_edit_list *list, const char *what, const void *before,
			size_t befores, char *const *names, size_t deletes, size_t size,
			struct twp_error *error)
{
	struct merge merge = { .list = list, .old = before, .olds = befores, .size = size };
	TWP_AUTOFREE char **gone_name = malloc((deletes + 1) * sizeof(*gone_name));
	const char *fresh = list->fresh;

	list->after = malloc((befores + list->fresh_count + 1) * size);
	list->gone = malloc((deletes + list->fresh_count + 1) * size);
	if (!gone_name || !list->after || !list->gone)
		return twp_error_set(error, "no memory");
	if (list->fresh_count)
		qsort(list->fresh, list->fresh_count, size, twp_edit_list_compare);
	for (size_t f = 1; f < list->fresh_count; f++)
		if (!twp_edit_list_compare(fresh + (f - 1) * size, fresh + f * size))
			return twp_error_set(error, "%s %s stands twice in the request", what,
					     name_of(fresh + f * size));
	if (deletes)
		memcpy(gone_name, names, deletes * sizeof(*gone_name));
	qsort(gone_name, deletes, sizeof(*gone_name), twp_edit_list_compare);
	return merge_sorted(&merge, what, gone_name, deletes, error);
}

void *twp_edit_list_end(struct twp_edit_list *list, size_t size, void (*clean)(void *element),
			void *before, size_t *befores, bool committed)
{
	char *over = committed ? list->gone : list->fresh;
	size_t count = committed ? list->gone_count : list->fresh_count;
	void *stays = before;

	for (size_t i = 0; i < count; i++)
		clean(over + i * size);
	if (committed && list->after) {
		free(before);
		stays = list->after;
		*befores = list->afters;
	} else {
		free(list->after);
	}
	free(list->fresh);
	free(list->gone);
	return stays;
}
