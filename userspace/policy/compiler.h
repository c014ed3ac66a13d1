/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the compiler share: the files compile*.c, nobody else. */
#ifndef TWP_POLICY_COMPILER_H
#define TWP_POLICY_COMPILER_H

#include "compile.h"
#include "selector.h"

/*
 * Whatever rules cannot tell apart: addresses of endpoints with the same labels,
 * namespace and named ports, that lie in the same prefixes; or what is no
 * endpoint and lies in the same prefixes. It has an identity.
 */
struct twp_class {
	uint32_t identity;
	const struct twp_labels *labels;
	const struct twp_endpoint *endpoint; /* one of them, for its named ports; NULL: none */
	const struct twp_prefix *place; /* the smallest prefix that holds them; NULL: none does */
	bool is_host;
	bool alone; /* of one endpoint only, which has several addresses */
	bool selected[TWP_DIRECTIONS]; /* by a policy */
	bool isolated[TWP_DIRECTIONS]; /* and what no rule allows is denied */
	bool kubernetes[TWP_DIRECTIONS]; /* by a NetworkPolicy */
	struct twp_rules_in_use dir[TWP_DIRECTIONS];
};

/* What a rule's key leaves open, and its port. */
struct twp_opening {
	uint32_t shape;
	__be16 port;
};

/* A namespace as its endpoints' labels know it. */
struct twp_space {
	const char *name;
	struct twp_labels labels; /* keys owned, values not */
};

struct twp_compiler {
	const struct twp_compile_input *input;
	const struct twp_sizes *sizes;
	struct twp_error *error;
	struct twp_image image;
	struct twp_space *space; /* by name */
	size_t spaces;
	struct twp_prefix *prefix; /* of all blocks, in order */
	struct twp_prefix *pod_prefix; /* of those that count for endpoints */
	size_t prefixes, pod_prefixes;
	struct twp_labels *labels; /* of each class; arrays owned, texts not */
	struct twp_class *class; /* the world, the host, those of endpoints, those of prefixes */
	size_t classes, first_prefix;
	uint32_t *host; /* the classes of the host */
	size_t hosts;
	uint32_t *class_of; /* of each address of each endpoint */
	struct twp_label_index index; /* of the classes */
	struct twp_selection subjects_of_spec, peers_of_rule;
	struct twp_opening *opening; /* of the rule at hand */
	size_t openings;
};

enum { TWP_CLASS_WORLD, TWP_CLASS_HOST, TWP_CLASS_FIRST };

/* compile_prefixes.c: the prefixes of all blocks. */
int twp_compile_prefixes(struct twp_compiler *c);
/* The smallest of @prefix that holds @address, or NULL. */
const struct twp_prefix *twp_prefix_place(const struct twp_prefix *prefix, size_t prefixes,
					  const struct twp_address *address);
bool twp_block_covers(const struct twp_block *block, const struct twp_class *class);

/* compile_labels.c: what endpoints of a namespace are known by. */
int twp_compile_spaces(struct twp_compiler *c);
/* @to is overwritten; its array is to be freed, its texts are not. */
int twp_compile_labels(const struct twp_compiler *c, const struct twp_endpoint *endpoint,
		       struct twp_labels *to);

/* compile_classes.c */
int twp_compile_classes(struct twp_compiler *c);

/* compile_rules.c: fills table rules, and the classes' words. */
int twp_compile_rules(struct twp_compiler *c);

/* compile_ports.c: the shapes and ports of @port; appended to c->opening. */
int twp_compile_openings(struct twp_compiler *c, const struct twp_port *port);

#endif
