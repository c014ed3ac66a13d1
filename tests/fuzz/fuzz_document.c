// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes the readers of policy documents and of selectors, and compiles and cuts
 * what they take: any bytes end in a model or in a sentence with a place.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/compile.h"
#include "policy/document.h"
#include "policy/object.h"
#include "policy/selector_text.h"

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

static void check_sentence(const char *text)
{
	check(*text && !strchr(text, '\n'));
}

static void compile(struct twp_policy *policy)
{
	struct twp_address address = { .family = 4, .bytes = { 10, 0, 0, 1 } };
	struct twp_endpoint endpoint = {
		.name = (char[]){ "e" }, .address = &address, .addresses = 1, .identity = 256
	};
	struct twp_compile_input input = {
		.endpoint = &endpoint,
		.endpoints = 1,
		.policy = policy,
		.policies = 1,
		.generation = 1,
		.identities = twp_numbers_alloc("identity", TWP_IDENTITY_LABELS_MIN,
						TWP_IDENTITY_LABELS_MAX),
		.prefixes = twp_numbers_alloc("prefix", TWP_IDENTITY_PREFIX + 1,
					      TWP_IDENTITY_PREFIX + 65536),
	};
	uint32_t number = 0;
	struct twp_image image;

	for (size_t i = 0; i < policy->specs; i++)
		for (size_t j = 0; j < policy->spec[i].rules; j++)
			policy->spec[i].rule[j].number = ++number;
	twp_image_init(&image);
	check(!twp_compile(&image, &input, &twp_sizes_default, NULL));
	twp_image_clean(&image);
	twp_numbers_free(input.identities);
	twp_numbers_free(input.prefixes);
}

/* Each object knows where it stands, and what is left without it is a document, too. */
static void cut(const struct twp_policy *policy)
{
	struct twp_policy rest;
	struct twp_error error = { "out of memory" };
	bool *goes, failed;

	for (size_t i = 0; i < policy->specs && i < 4; i++) {
		const struct twp_spec *spec = &policy->spec[i];

		check(spec->key && spec->place.line && spec->begin < spec->end &&
		      spec->end <= strlen(policy->text));
		if (!spec->object)
			continue;
		goes = calloc(policy->specs, sizeof(*goes));
		for (size_t j = 0; goes && j < policy->specs; j++)
			goes[j] = policy->spec[j].object &&
				  !strcmp(policy->spec[j].object, spec->object);
		failed = !goes || twp_policy_cut(&rest, policy, goes, &error);
		free(goes);
		if (failed) {
			check_sentence(error.text);
			continue;
		}
		check(!twp_policy_object(&rest, spec->object));
		twp_policy_clean(&rest);
	}
}

/* A selector has one text, which says the same. */
static void selector(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size), *made, *again;
	struct twp_selector selector;
	struct twp_error error;

	if (twp_selector_parse(&selector, text, &error)) {
		check_sentence(error.text);
		free(text);
		return;
	}
	made = twp_selector_text(&selector);
	twp_selector_clean(&selector);
	if (strlen(made) <= TWP_SELECTOR_TEXT_MAX) {
		check(!twp_selector_parse(&selector, made, &error));
		again = twp_selector_text(&selector);
		check(!strcmp(made, again));
		twp_selector_clean(&selector);
		free(again);
	}
	free(made);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct twp_inventory inventory = { 0 };
	struct twp_errors errors = { 0 };
	struct twp_error error = { "" };
	struct twp_policy policy;

	selector(data, size);
	if (!twp_file_read(&policy, &inventory, "f", (const char *)data, size, &errors))
		twp_policy_clean(&policy);
	else
		check(errors.count);
	if (!errors.count && twp_inventory_seal(&inventory, &errors))
		check(errors.count);
	for (size_t i = 0; i < errors.count; i++)
		check_error(errors.text[i]);
	twp_errors_clean(&errors);
	twp_inventory_clean(&inventory);
	if (twp_document_read(&policy, "p", "f", (const char *)data, size, &error)) {
		check_error(error.text);
		return 0;
	}
	compile(&policy);
	cut(&policy);
	twp_policy_clean(&policy);
	return 0;
}
