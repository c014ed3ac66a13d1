/* SPDX-License-Identifier: GPL-2.0-only */
/* The compiler: endpoints and policies to the image of one generation. */
#ifndef TWP_POLICY_COMPILE_H
#define TWP_POLICY_COMPILE_H

#include "identity.h"
#include "image.h"
#include "policy.h"

/* Endpoints have their identity, rules their number: equal labels, equal identity. */
struct twp_compile_input {
	const struct twp_endpoint *endpoint;
	size_t endpoints;
	const struct twp_policy *policy;
	size_t policies;
	uint32_t generation;
	const struct twp_namespace *namespace; /* with labels; others have their name alone */
	size_t namespaces;
	bool default_deny; /* of endpoints that no policy selects */
	/*
	 * Where new identities come from, as texts (compile_classes.c says which): of addresses
	 * that a block tells from others with the same labels, and of prefixes. NULL: there are
	 * none to be told apart.
	 */
	struct twp_numbers *identities;
	struct twp_numbers *prefixes;
	struct twp_identity_log *log; /* may be NULL */
};

/* The texts of both kinds that one compilation used, also one that failed. */
struct twp_identity_log {
	bool same; /* they are those of the compilation before, and none is here */
	char **text[2]; /* of identities, of prefixes */
	uint32_t *number[2];
	size_t count[2];
};

/* @kind: 0 of identities, 1 of prefixes; @text is copied. Return: 0, or -1 if out of memory. */
int twp_identity_log_add(struct twp_identity_log *log, int kind, const char *text, uint32_t number);
/* The part of such a text, or of an endpoint's, that is the endpoint's. */
const char *twp_identity_text_base(const char *text);
void twp_identity_log_clean(struct twp_identity_log *log);

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

/* What lies between two compilations; everything else is what it was. */
struct twp_compile_change {
	const struct twp_endpoint *gone, *fresh; /* a changed one is both */
	size_t gones, freshes;
	const struct twp_policy *gone_policy, *fresh_policy;
	size_t gone_policies, fresh_policies;
	bool namespaces; /* some are others */
};

/* A compilation, and what the next one can take from it. Holds nothing of its input. */
struct twp_compiled;

/**
 * twp_compile_next() - make the next image, from the last one if that is quicker
 * @before: NULL: compile all
 * @change: from the input of @before to @input; NULL: it is not known
 *
 * The image is the one that twp_compile() makes, and so is the sentence if there is none. Numbers
 * that @input->log says were used for @before must still be given.
 *
 * Return: NULL and @error; or what is to be freed, as is @before: first the one that is of no use
 * any more.
 */
struct twp_compiled *twp_compile_next(struct twp_compiled *before,
				      const struct twp_compile_input *input,
				      const struct twp_compile_change *change,
				      const struct twp_sizes *sizes, struct twp_error *error);
void twp_compiled_free(struct twp_compiled *compiled);
const struct twp_image *twp_compiled_image(const struct twp_compiled *compiled);
/* Does a policy select the host itself? */
bool twp_compiled_selects_host(const struct twp_compiled *compiled);
/* Was only that compiled which the change touches? */
bool twp_compiled_is_update(const struct twp_compiled *compiled);

/* The same, of what is not compiled. */
bool twp_compile_selects_host(const struct twp_compile_input *input);

/* Does @selector select endpoints with these labels, as the subjects of a policy? As peers? */
bool twp_selector_matches(const struct twp_selector *selector, const struct twp_labels *labels);
bool twp_selector_covers(const struct twp_selector *selector, const struct twp_labels *labels);

/* Lookups in table rules that a packet costs at most, of a subject's direction. */
unsigned int twp_rules_in_use_lookups(const struct twp_rules_in_use *in_use);

#endif
