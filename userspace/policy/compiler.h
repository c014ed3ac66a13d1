/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the compiler share: compile.c and compile_rules.c, nobody else. */
#ifndef TWP_POLICY_COMPILER_H
#define TWP_POLICY_COMPILER_H

#include "compile.h"
#include "selector.h"

/* A label set with an identity, and what its rules use. */
struct twp_subject {
	uint32_t identity;
	const struct twp_labels *labels;
	struct twp_rules_in_use dir[TWP_DIRECTIONS];
};

/* What a rule's key leaves open, and its port. */
struct twp_opening {
	uint32_t shape;
	__be16 port;
};

struct twp_compiler {
	const struct twp_compile_input *input;
	const struct twp_sizes *sizes;
	struct twp_error *error;
	struct twp_image image;
	struct twp_subject *subject; /* the world, the host, then by identity */
	size_t subjects;
	uint32_t *subject_of; /* of each endpoint */
	struct twp_label_index index; /* of the subjects */
	struct twp_selection subjects_of_spec, peers_of_rule;
	struct twp_opening *opening; /* of the rule at hand */
	size_t openings, room_for_openings;
};

/* Fills table rules, and the subjects' words. */
int twp_compile_rules(struct twp_compiler *c);

#endif
