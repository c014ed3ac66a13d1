// SPDX-License-Identifier: GPL-2.0-only
/* Trees of YAML, by libyaml. */
#include "yaml_tree.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

static struct yaml_tree *tree_alloc(enum yaml_kind kind)
{
	struct yaml_tree *tree = calloc(1, sizeof(*tree));

	if (!tree)
		abort();
	tree->kind = kind;
	return tree;
}

void yaml_tree_free(struct yaml_tree *tree)
{
	if (!tree)
		return;
	for (size_t i = 0; i < tree->branches; i++)
		yaml_tree_free(tree->branch[i]);
	free(tree->branch);
	free(tree->text);
	free(tree);
}

static void tree_add(struct yaml_tree *tree, struct yaml_tree *branch)
{
	tree->branch = reallocarray(tree->branch, tree->branches + 1, sizeof(*tree->branch));
	if (!tree->branch)
		abort();
	tree->branch[tree->branches++] = branch;
}

static struct yaml_tree *node_read(yaml_document_t *document, int id)
{
	const yaml_node_t *node = yaml_document_get_node(document, id);
	struct yaml_tree *tree;

	switch (node->type) {
	case YAML_SEQUENCE_NODE:
		tree = tree_alloc(YAML_TREE_LIST);
		for (const yaml_node_item_t *item = node->data.sequence.items.start;
		     item < node->data.sequence.items.top; item++)
			tree_add(tree, node_read(document, *item));
		return tree;
	case YAML_MAPPING_NODE:
		tree = tree_alloc(YAML_TREE_MAPPING);
		for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
		     pair < node->data.mapping.pairs.top; pair++) {
			tree_add(tree, node_read(document, pair->key));
			tree_add(tree, node_read(document, pair->value));
		}
		return tree;
	default:
		tree = tree_alloc(YAML_TREE_SCALAR);
		tree->quoted = node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
		tree->text =
			strndup((const char *)node->data.scalar.value, node->data.scalar.length);
		if (!tree->text)
			abort();
		return tree;
	}
}

struct yaml_tree *yaml_tree_read(const char *text)
{
	struct yaml_tree *documents = tree_alloc(YAML_TREE_LIST);
	yaml_document_t document;
	yaml_parser_t parser;
	bool good = true, more = true;

	if (!yaml_parser_initialize(&parser))
		abort();
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, strlen(text));
	while (more && good) {
		good = yaml_parser_load(&parser, &document);
		if (!good)
			break;
		more = yaml_document_get_root_node(&document);
		if (more)
			tree_add(documents,
				 node_read(&document, 1)); /* the root is the first of all */
		yaml_document_delete(&document);
	}
	yaml_parser_delete(&parser);
	if (good)
		return documents;
	yaml_tree_free(documents);
	return NULL;
}

/* Return: the number of the node. */
static int node_write(yaml_document_t *document, const struct yaml_tree *tree)
{
	int id = 0;

	switch (tree->kind) {
	case YAML_TREE_SCALAR:
		return yaml_document_add_scalar(
			document, NULL, (const unsigned char *)tree->text, (int)strlen(tree->text),
			tree->quoted ? YAML_SINGLE_QUOTED_SCALAR_STYLE : YAML_PLAIN_SCALAR_STYLE);
	case YAML_TREE_LIST:
		id = yaml_document_add_sequence(document, NULL, YAML_BLOCK_SEQUENCE_STYLE);
		for (size_t i = 0; i < tree->branches; i++)
			if (!yaml_document_append_sequence_item(
				    document, id, node_write(document, tree->branch[i])))
				abort();
		break;
	case YAML_TREE_MAPPING:
		id = yaml_document_add_mapping(document, NULL, YAML_BLOCK_MAPPING_STYLE);
		for (size_t i = 0; i < tree->branches; i += 2) {
			int key = node_write(document, tree->branch[i]);

			if (!yaml_document_append_mapping_pair(
				    document, id, key, node_write(document, tree->branch[i + 1])))
				abort();
		}
		break;
	}
	return id;
}

struct written {
	char *text;
	size_t length;
};

static int bytes_write(void *context, unsigned char *bytes, size_t length)
{
	struct written *written = context;

	written->text = realloc(written->text, written->length + length + 1);
	if (!written->text)
		abort();
	memcpy(written->text + written->length, bytes, length);
	written->length += length;
	written->text[written->length] = '\0';
	return 1;
}

char *yaml_tree_write(const struct yaml_tree *documents)
{
	struct written written = { strdup(""), 0 };
	yaml_emitter_t emitter;
	yaml_document_t document;

	if (!written.text || !yaml_emitter_initialize(&emitter))
		abort();
	yaml_emitter_set_output(&emitter, bytes_write, &written);
	yaml_emitter_set_width(&emitter, -1);
	if (!yaml_emitter_open(&emitter))
		abort();
	for (size_t i = 0; i < documents->branches; i++) {
		if (!yaml_document_initialize(&document, NULL, NULL, NULL, 0, 1) ||
		    !node_write(&document, documents->branch[i]) ||
		    !yaml_emitter_dump(&emitter, &document))
			abort();
	}
	yaml_emitter_close(&emitter);
	yaml_emitter_delete(&emitter);
	return written.text;
}
