/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What generated files say, as compiler and oracle take it. Identities and
 * numbers of rules stay what they were from one reading to the next.
 */
#ifndef TWP_TESTS_WORLD_H
#define TWP_TESTS_WORLD_H

#include "generated.h"
#include "policy/compile.h"

struct world {
	struct twp_inventory inventory;
	struct twp_policy *policy;
	size_t policies;
	bool default_deny;
	uint32_t rules; /* the highest number of one */
	struct twp_numbers *identities, *prefixes;
};

/* Return: 0, or -1 if out of memory. */
int world_init(struct world *w);
void world_clean(struct world *w);
/* Return: 0; -1 and @error, if a file is not understood: then @w is empty. */
int world_read(struct world *w, const struct generated *g, struct twp_error *error);
struct twp_compile_input world_input(const struct world *w, uint32_t generation);

#endif
