// SPDX-License-Identifier: GPL-2.0-only
/* Lists of named elements, merged in one pass. Elements move as bytes; what they own stays. */
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "edit_list.h"

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

int twp_edit_list_merge(struct twp_edit_list *list, const char *what, const void *before,
			size_t befores, char *const *names, size_t deletes, size_t size,
			struct twp_error *error)
{
	const char *old = before, *fresh = list->fresh;
	size_t i, f, d = 0;
	char **gone_name;

	gone_name = malloc((deletes + 1) * sizeof(*gone_name));
	list->after = malloc((befores + list->fresh_count + 1) * size);
	list->gone = malloc((deletes + list->fresh_count + 1) * size);
	if (!gone_name || !list->after || !list->gone) {
		free(gone_name);
		return twp_error_set(error, "no memory");
	}
	if (list->fresh_count)
		qsort(list->fresh, list->fresh_count, size, twp_edit_list_compare);
	for (f = 1; f < list->fresh_count; f++)
		if (!twp_edit_list_compare(fresh + (f - 1) * size, fresh + f * size)) {
			free(gone_name);
			return twp_error_set(error, "%s %s stands twice in the request", what,
					     name_of(fresh + f * size));
		}
	for (i = 0; i < deletes; i++)
		gone_name[i] = names[i];
	qsort(gone_name, deletes, sizeof(*gone_name), twp_edit_list_compare);

	for (i = f = 0; i < befores || f < list->fresh_count;) {
		const void *from;
		int order;

		if (i == befores)
			order = 1;
		else if (f == list->fresh_count)
			order = -1;
		else
			order = twp_edit_list_compare(old + i * size, fresh + f * size);
		if (order < 0 && d < deletes && strcmp(gone_name[d], name_of(old + i * size)) < 0)
			break;
		if (order <= 0) {
			from = old + i++ * size;
			if (order < 0 && d < deletes && !strcmp(gone_name[d], name_of(from))) {
				d++;
			} else if (order < 0) {
				memcpy((char *)list->after + list->afters++ * size, from, size);
				continue;
			}
			memcpy((char *)list->gone + list->gone_count++ * size, from, size);
		}
		if (order >= 0)
			memcpy((char *)list->after + list->afters++ * size, fresh + f++ * size,
			       size);
	}
	if (d < deletes) {
		twp_error_set(error, "there is no %s %.*s", what, TWP_ENDPOINT_NAME_MAX,
			      gone_name[d]);
		free(gone_name);
		return -1;
	}
	free(gone_name);
	return 0;
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
