// SPDX-License-Identifier: GPL-2.0-only
/* The compiler's part about labels: an endpoint's own, and those it has from its namespace. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "memory.h"

static int label_compare(const void *a, const void *b)
{
	return strcmp(((const struct twp_label *)a)->key, ((const struct twp_label *)b)->key);
}

static int label_put(struct twp_labels *labels, const char *begin, const char *key,
		     const char *value)
{
	struct twp_label *label = &labels->label[labels->count];

	if (asprintf(&label->key, "%s%s", begin, key) < 0)
		return -1;
	label->value = (char *)value;
	labels->count++;
	return 0;
}

/* @declared: NULL if no document says more of it than its name. */
static int space_fill(struct twp_space *space, const struct twp_namespace *declared)
{
	size_t labels = declared ? declared->labels.count : 0;

	space->labels.label = calloc(labels + 2, sizeof(*space->labels.label));
	if (!space->labels.label ||
	    label_put(&space->labels, "", TWP_LABEL_NAMESPACE, space->name) ||
	    label_put(&space->labels, TWP_LABEL_OF_NAMESPACE, TWP_LABEL_NAMESPACE_NAME,
		      space->name))
		return -1;
	for (size_t i = 0; i < labels; i++) {
		const struct twp_label *label = &declared->labels.label[i];

		if (strcmp(label->key, TWP_LABEL_NAMESPACE_NAME) &&
		    label_put(&space->labels, TWP_LABEL_OF_NAMESPACE, label->key, label->value))
			return -1;
	}
	qsort(space->labels.label, space->labels.count, sizeof(*space->labels.label),
	      label_compare);
	return 0;
}

static int name_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int declared_compare(const void *a, const void *b)
{
	const struct twp_namespace *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static int spaces_make(struct twp_compiler *c, const char **name, size_t names,
		       const struct twp_namespace **declared)
{
	for (size_t i = 0; i < names; i++) {
		struct twp_space *space = &c->space[c->spaces];
		struct twp_namespace wanted = { .name = (char *)name[i] }, *key = &wanted;
		const struct twp_namespace **found = NULL;

		if (c->spaces && !strcmp(space[-1].name, name[i]))
			continue;
		if (c->input->namespaces)
			found = bsearch(&key, declared, c->input->namespaces, sizeof(*declared),
					declared_compare);
		space->name = name[i];
		c->spaces++;
		if (space_fill(space, found ? *found : NULL))
			return -1;
	}
	return 0;
}

int twp_compile_spaces(struct twp_compiler *c, const struct twp_endpoint *endpoint,
		       size_t endpoints)
{
	const struct twp_compile_input *input = c->input;
	TWP_AUTOFREE const char **name = calloc(endpoints + 1, sizeof(*name));
	TWP_AUTOFREE const struct twp_namespace **declared =
		calloc(input->namespaces + 1, sizeof(*declared));
	size_t names = 0;

	if (!name || !declared)
		return twp_compile_memory(c);
	/* Neighbours are often of one namespace: then there is less to sort. */
	for (size_t i = 0; i < endpoints; i++) {
		name[names] = twp_endpoint_namespace(&endpoint[i]);
		if (!names || strcmp(name[names - 1], name[names]))
			names++;
	}
	c->space = calloc(names + 1, sizeof(*c->space));
	if (!c->space)
		return twp_compile_memory(c);
	for (size_t i = 0; i < input->namespaces; i++)
		declared[i] = &input->namespace[i];
	qsort(name, names, sizeof(*name), name_compare);
	qsort(declared, input->namespaces, sizeof(*declared), declared_compare);
	return spaces_make(c, name, names, declared) ? twp_compile_memory(c) : 0;
}

static int space_compare(const void *name, const void *space)
{
	return strcmp(name, ((const struct twp_space *)space)->name);
}

/* A label that looks as if it came from the namespace is none. */
static bool is_forged(const char *key)
{
	return !strcmp(key, TWP_LABEL_NAMESPACE) ||
	       !strncmp(key, TWP_LABEL_OF_NAMESPACE, strlen(TWP_LABEL_OF_NAMESPACE));
}

static bool is_reserved(const struct twp_endpoint *endpoint)
{
	for (size_t i = 0; i < endpoint->labels.count; i++)
		if (twp_label_is_reserved(endpoint->labels.label[i].key))
			return true;
	return false;
}

/* What is no Pod, the host for one, is in no namespace. */
int twp_compile_labels(const struct twp_compiler *c, const struct twp_endpoint *endpoint,
		       struct twp_labels *to)
{
	static const struct twp_labels none;
	const struct twp_labels *own = &endpoint->labels, *of_space = &none;
	size_t i = 0, j = 0;

	if (!is_reserved(endpoint))
		of_space = &((const struct twp_space *)bsearch(twp_endpoint_namespace(endpoint),
							       c->space, c->spaces,
							       sizeof(*c->space), space_compare))
				    ->labels;
	*to = (struct twp_labels){ calloc(own->count + of_space->count + 1, sizeof(*to->label)),
				   0 };
	if (!to->label)
		return twp_compile_memory(c);
	while (i < own->count || j < of_space->count) {
		if (i < own->count && is_forged(own->label[i].key))
			i++;
		else if (j == of_space->count ||
			 (i < own->count && label_compare(&own->label[i], &of_space->label[j]) < 0))
			to->label[to->count++] = own->label[i++];
		else
			to->label[to->count++] = of_space->label[j++];
	}
	return 0;
}
