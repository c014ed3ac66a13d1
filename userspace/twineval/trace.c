// SPDX-License-Identifier: GPL-2.0-only
/* Functions by name. */
#include "trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where @name stands, or would. */
static size_t place_of(const struct trace *trace, const char *name, bool *found)
{
	size_t low = 0, high = trace->count;

	*found = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(trace->function[middle].name, name);

		if (!order) {
			*found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct trace_function *trace_function(struct trace *trace, const char *name)
{
	char cut[sizeof(trace->function->name)];
	struct trace_function *grown;
	bool found;
	size_t at;

	snprintf(cut, sizeof(cut), "%s", name);
	at = place_of(trace, cut, &found);
	if (found)
		return &trace->function[at];
	grown = realloc(trace->function, (trace->count + 1) * sizeof(*grown));
	if (!grown)
		return NULL;
	trace->function = grown;
	memmove(grown + at + 1, grown + at, (trace->count - at) * sizeof(*grown));
	trace->count++;
	memset(&grown[at], 0, sizeof(*grown));
	memcpy(grown[at].name, cut, sizeof(cut));
	return &grown[at];
}

const struct trace_function *trace_find(const struct trace *trace, const char *name)
{
	bool found;
	size_t at = place_of(trace, name, &found);

	return found ? &trace->function[at] : NULL;
}

void trace_clean(struct trace *trace)
{
	free(trace->function);
	*trace = (struct trace){ 0 };
}
