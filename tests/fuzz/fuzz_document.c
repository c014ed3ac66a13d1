// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes the reader of policy documents, and compiles what it takes: any bytes
 * end in a model or in a sentence with a place. JSON that is read as JSON is
 * read as YAML, too, and must mean the same.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/compile.h"
#include "policy/document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

/* "file:line:column: sentence", on one line. */
static void check_error(const char *text)
{
	unsigned int line, column;
	int length = 0;

	check(sscanf(text, "f:%u:%u: %n", &line, &column, &length) == 2);
	check(length && text[length] && line && column && !strchr(text, '\n'));
}

static bool rules_equal(const struct twp_rule *a, const struct twp_rule *b)
{
	if (a->section != b->section || a->index != b->index || a->spec != b->spec ||
	    a->any_peer != b->any_peer || a->nothing != b->nothing || a->peers != b->peers ||
	    a->ports != b->ports)
		return false;
	for (size_t i = 0; i < a->peers; i++)
		if (twp_labels_compare(&a->peer[i].labels, &b->peer[i].labels))
			return false;
	return !a->ports || !memcmp(a->port, b->port, a->ports * sizeof(*a->port));
}

static bool policies_equal(const struct twp_policy *a, const struct twp_policy *b)
{
	if (a->specs != b->specs)
		return false;
	for (size_t i = 0; i < a->specs; i++) {
		const struct twp_spec *x = &a->spec[i], *y = &b->spec[i];

		if (x->rules != y->rules || memcmp(x->has, y->has, sizeof(x->has)) ||
		    twp_labels_compare(&x->subject.labels, &y->subject.labels))
			return false;
		for (size_t j = 0; j < x->rules; j++)
			if (!rules_equal(&x->rule[j], &y->rule[j]))
				return false;
	}
	return true;
}

/* A comment makes it YAML; libfyaml may know less of JSON's escapes and blanks, but no more. */
static void check_as_yaml(const struct twp_policy *policy, const uint8_t *data, size_t size)
{
	static const char comment[] = "# YAML\n";
	struct twp_policy again;
	char *text = malloc(size + sizeof(comment));

	check(text);
	memcpy(text, comment, sizeof(comment) - 1);
	memcpy(text + sizeof(comment) - 1, data, size);
	if (!twp_document_read(&again, "p", "f", text, size + sizeof(comment) - 1, NULL)) {
		check(policies_equal(policy, &again));
		twp_policy_clean(&again);
	}
	free(text);
}

static void compile(struct twp_policy *policy)
{
	struct twp_address address = { .family = 4, .bytes = { 10, 0, 0, 1 } };
	struct twp_endpoint endpoint = {
		.name = (char[]){ "e" }, .address = &address, .addresses = 1, .identity = 256
	};
	struct twp_compile_input input = { &endpoint, 1, policy, 1, 1 };
	uint32_t number = 0;
	struct twp_image image;

	for (size_t i = 0; i < policy->specs; i++)
		for (size_t j = 0; j < policy->spec[i].rules; j++)
			policy->spec[i].rule[j].number = ++number;
	twp_image_init(&image);
	check(!twp_compile(&image, &input, &twp_sizes_default, NULL));
	twp_image_clean(&image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct twp_error error = { "" };
	struct twp_policy policy;

	if (twp_document_read(&policy, "p", "f", (const char *)data, size, &error)) {
		check_error(error.text);
		return 0;
	}
	check_as_yaml(&policy, data, size);
	compile(&policy);
	twp_policy_clean(&policy);
	return 0;
}
