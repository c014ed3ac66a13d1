// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes the reader of policy documents, and compiles what it takes: any bytes
 * end in a model or in a sentence with a place.
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
	compile(&policy);
	twp_policy_clean(&policy);
	return 0;
}
