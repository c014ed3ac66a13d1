// SPDX-License-Identifier: GPL-2.0-only
/* Files of generated documents: a first state, and its changes. */
#include "generated.h"

#include <stdlib.h>
#include <string.h>

#include "generate.h"

enum { ENDPOINTS_MAX = 10 };

void generated_add(struct generated *g, enum generated_kind kind, unsigned int number,
		   const char *text)
{
	struct generated_file *file = reallocarray(g->file, g->files + 1, sizeof(*file));
	char *copy = strdup(text);

	if (!file || !copy)
		abort();
	g->file = file;
	file[g->files++] = (struct generated_file){ kind, number, copy };
}

void generated_remove(struct generated *g, size_t file)
{
	free(g->file[file].text);
	memmove(&g->file[file], &g->file[file + 1], (--g->files - file) * sizeof(*g->file));
}

void generated_clean(struct generated *g)
{
	while (g->files)
		generated_remove(g, g->files - 1);
	free(g->file);
	*g = (struct generated){ 0 };
}

/* The place of a file; g->files if there is none. */
static size_t place(const struct generated *g, enum generated_kind kind, unsigned int number)
{
	size_t i = 0;

	while (i < g->files && (g->file[i].kind != kind || g->file[i].number != number))
		i++;
	return i;
}

static void say_file(struct generated *g, enum generated_kind kind, unsigned int number)
{
	static struct text text;

	/* Nothing is also a text: no namespace, for example. */
	text.bytes[0] = '\0';
	switch (kind) {
	case GENERATED_NAMESPACES:
		generate_namespaces(&text);
		break;
	case GENERATED_HOST:
		generate_host(&text);
		break;
	case GENERATED_ENDPOINT:
		generate_endpoint(&text, number);
		break;
	case GENERATED_POLICY:
		generate_policy(&text, number);
		break;
	}
	/* What is there is replaced. */
	if (place(g, kind, number) < g->files)
		generated_remove(g, place(g, kind, number));
	generated_add(g, kind, number, text.bytes);
}

void generated_make(struct generated *g)
{
	*g = (struct generated){ 0 };
	for (unsigned int i = 0, endpoints = 2 + pick(6); i < endpoints; i++)
		say_file(g, GENERATED_ENDPOINT, i);
	say_file(g, GENERATED_NAMESPACES, 0);
	if (!pick(3))
		say_file(g, GENERATED_HOST, 0);
	for (unsigned int i = pick(5); i > 0; i--)
		say_file(g, GENERATED_POLICY, g->policies++);
}

/* A file of this kind, or g->files. */
static size_t one_of(const struct generated *g, enum generated_kind kind)
{
	size_t found = g->files;
	unsigned int seen = 0;

	for (size_t i = 0; i < g->files; i++)
		if (g->file[i].kind == kind && !pick(++seen))
			found = i;
	return found;
}

void generated_change(struct generated *g)
{
	size_t policy = one_of(g, GENERATED_POLICY), endpoint = one_of(g, GENERATED_ENDPOINT);

	switch (pick(9)) {
	case 0:
		if (endpoint < g->files)
			generated_remove(g, endpoint);
		break;
	case 1:
		say_file(g, GENERATED_ENDPOINT, pick(ENDPOINTS_MAX));
		break;
	case 2:
		say_file(g, GENERATED_NAMESPACES, 0);
		break;
	case 3:
		g->default_deny = !pick(8);
		break;
	case 4:
	case 5:
		if (policy < g->files)
			generated_remove(g, policy);
		break;
	case 6:
		if (policy < g->files)
			say_file(g, GENERATED_POLICY, g->file[policy].number);
		break;
	default:
		say_file(g, GENERATED_POLICY, g->policies++);
	}
}

void generated_print(const struct generated *g, FILE *stream)
{
	for (size_t i = 0; i < g->files; i++) {
		const char *text = g->file[i].text;

		fprintf(stream, "%s%s", strncmp(text, "---", 3) ? "---\n" : "", text);
	}
}
