/* SPDX-License-Identifier: GPL-2.0-only */
/* The compiler: endpoints and policies to the image of one generation. */
#ifndef TWP_POLICY_COMPILE_H
#define TWP_POLICY_COMPILE_H

#include "image.h"
#include "policy.h"

/* Endpoints have their identity, rules their number: equal labels, equal identity. */
struct twp_compile_input {
	const struct twp_endpoint *endpoint;
	size_t endpoints;
	const struct twp_policy *policy;
	size_t policies;
	uint32_t generation;
};

/**
 * twp_compile() - make the image
 * @image: initialised; filled and sealed, or left empty on failure
 * @input: what is asked
 * @sizes: what fits; the compiler stops at the first table that would not,
 *	so a policy that is far too large costs no more than one that is just so
 * @error: the sentence, naming table, need and size
 *
 * Return: 0, or -1.
 */
int twp_compile(struct twp_image *image, const struct twp_compile_input *input,
		const struct twp_sizes *sizes, struct twp_error *error);

/* Does a policy select the host itself? */
bool twp_compile_selects_host(const struct twp_compile_input *input);

/* Does @selector select endpoints with these labels? */
bool twp_selector_matches(const struct twp_selector *selector, const struct twp_labels *labels);

/* Lookups in table rules that a packet costs at most, of a subject's direction. */
unsigned int twp_rules_in_use_lookups(const struct twp_rules_in_use *in_use);

#endif
