/* SPDX-License-Identifier: GPL-2.0-only */
/* A list of endpoints or policies, before and after an edit. */
#ifndef TWP_TWINPATHD_EDIT_LIST_H
#define TWP_TWINPATHD_EDIT_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/error.h"

struct twp_edit_list {
	void *after; /* by name */
	size_t afters;
	void *fresh; /* by name; those of @after that were asked for */
	size_t fresh_count;
	void *gone; /* deleted or replaced */
	size_t gone_count;
};

/**
 * twp_edit_list_merge() - add or replace the fresh ones, delete some
 * @list: with @fresh, which is sorted here; @after and @gone are made
 * @what: "endpoint", "policy"
 * @before: by name
 * @names: to be deleted
 * @size: of an element, which begins with the pointer to its name
 *
 * Return: 0; -1 and @error if a name stands twice, or is to be deleted and is not there.
 */
int twp_edit_list_merge(struct twp_edit_list *list, const char *what, const void *before,
			size_t befores, char *const *names, size_t deletes, size_t size,
			struct twp_error *error);

/*
 * Ends an edit of @before, an array from malloc. What is not needed any more is cleaned and
 * freed: what is gone, or if not @committed what was fresh. Return: the array that stays.
 */
void *twp_edit_list_end(struct twp_edit_list *list, size_t size, void (*clean)(void *element),
			void *before, size_t *befores, bool committed);

/* By name, for qsort and bsearch. */
int twp_edit_list_compare(const void *a, const void *b);

#endif
