// SPDX-License-Identifier: GPL-2.0-only
/* Audit selectors: what they select. Process context of the one thread, no I/O. */
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "policy/compiler.h"
#include "policy/memory.h"
#include "policy/selector_text.h"

int twp_audit_init(struct twp_audit *audit, const char *text, struct twp_error *error)
{
	struct twp_audit fresh = { 0 };

	if (twp_selector_parse(&fresh.selector, text, error))
		return -1;
	fresh.name = twp_selector_text(&fresh.selector);
	if (!fresh.name) {
		twp_audit_clean(&fresh);
		return twp_error_set(error, "no memory");
	}
	*audit = fresh;
	return 0;
}

void twp_audit_clean(struct twp_audit *audit)
{
	free(audit->name);
	twp_selector_clean(&audit->selector);
	*audit = (struct twp_audit){ 0 };
}

static void spaces_clean(struct twp_compiler *c)
{
	for (size_t i = 0; i < c->spaces; i++) {
		for (size_t j = 0; j < c->space[i].labels.count; j++)
			free(c->space[i].labels.label[j].key);
		free(c->space[i].labels.label);
	}
	free(c->space);
}

/* What is asked of each endpoint, by what it is known by. */
typedef void visit(const struct twp_audit_scope *scope, const struct twp_labels *labels,
		   size_t endpoint, void *context);

static int each(const struct twp_audit_scope *scope, const struct twp_endpoint *endpoint,
		size_t endpoints, visit *call, void *context, struct twp_error *error)
{
	const struct twp_compile_input input = {
		.namespace = scope->namespace,
		.namespaces = scope->namespaces,
	};
	TWP_CLEANUP(spaces_clean) struct twp_compiler c = { .input = &input, .error = error };

	if (!scope->audits || !endpoints)
		return 0;
	if (twp_compile_spaces(&c, endpoint, endpoints))
		return -1;
	for (size_t i = 0; i < endpoints; i++) {
		struct twp_labels labels;

		if (twp_compile_labels(&c, &endpoint[i], &labels))
			return -1;
		call(scope, &labels, i, context);
		/* The texts are those of the endpoint and its namespace. */
		free(labels.label);
	}
	return 0;
}

static void find(const struct twp_audit_scope *scope, const struct twp_labels *labels,
		 size_t endpoint, void *context)
{
	const struct twp_audit **found = context;

	for (size_t i = 0; i < scope->audits && !found[endpoint]; i++)
		if (twp_selector_matches(&scope->audit[i].selector, labels))
			found[endpoint] = &scope->audit[i];
}

int twp_audits_find(const struct twp_audit_scope *scope, const struct twp_endpoint *endpoint,
		    size_t endpoints, const struct twp_audit **found, struct twp_error *error)
{
	memset(found, 0, endpoints * sizeof(const struct twp_audit *));
	return each(scope, endpoint, endpoints, find, found, error);
}

static void count_up(const struct twp_audit_scope *scope, const struct twp_labels *labels,
		     size_t endpoint, void *context)
{
	uint32_t *count = context;

	(void)endpoint;
	for (size_t i = 0; i < scope->audits; i++)
		count[i] += twp_selector_matches(&scope->audit[i].selector, labels);
}

int twp_audits_count(const struct twp_audit_scope *scope, const struct twp_endpoint *endpoint,
		     size_t endpoints, uint32_t *count, struct twp_error *error)
{
	return each(scope, endpoint, endpoints, count_up, count, error);
}

int twp_audits_settle(const struct twp_audit_scope *scope, struct twp_endpoint *endpoint,
		      size_t endpoints, struct twp_error *error)
{
	TWP_AUTOFREE const struct twp_audit **found =
		calloc(endpoints + 1, sizeof(const struct twp_audit *));

	if (!found)
		return twp_error_set(error, "no memory");
	if (twp_audits_find(scope, endpoint, endpoints, found, error))
		return -1;
	for (size_t i = 0; i < endpoints; i++)
		endpoint[i].audit = endpoint[i].audit_asked || found[i];
	return 0;
}
