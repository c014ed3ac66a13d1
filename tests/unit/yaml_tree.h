/* SPDX-License-Identifier: GPL-2.0-only */
/* YAML as a tree from which branches can be taken, and put back. Out of memory ends the program. */
#ifndef TWP_TESTS_YAML_TREE_H
#define TWP_TESTS_YAML_TREE_H

#include <stdbool.h>
#include <stddef.h>

enum yaml_kind { YAML_TREE_SCALAR, YAML_TREE_LIST, YAML_TREE_MAPPING };

struct yaml_tree {
	enum yaml_kind kind;
	bool quoted;
	char *text; /* of a scalar */
	struct yaml_tree **branch; /* of a mapping: key and value in turn */
	size_t branches;
};

/* A list of the documents in @text; NULL if it is no YAML. */
struct yaml_tree *yaml_tree_read(const char *text);
/* The same as text, each document begun by "---". The caller frees it. */
char *yaml_tree_write(const struct yaml_tree *documents);
void yaml_tree_free(struct yaml_tree *tree);

#endif
