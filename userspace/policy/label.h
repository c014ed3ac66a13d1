/* SPDX-License-Identifier: GPL-2.0-only */
/* Labels: what endpoints are known by and selectors ask for. */
#ifndef TWP_POLICY_LABEL_H
#define TWP_POLICY_LABEL_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

#define TWP_LABEL_MAX 384 /* bytes of a key or of a value; Kubernetes needs 348 */
#define TWP_LABELS_MAX 64 /* labels of one endpoint or selector */

struct twp_label {
	char *key;
	char *value;
};

/* A set of labels: sorted by key, each key once. Zero bytes make it empty. */
struct twp_labels {
	struct twp_label *label;
	size_t count;
};

/**
 * twp_label_key_settle() - take from a key the source of its label
 * @key: moved behind "k8s:" or "any:", which say nothing here; "reserved:host" and its like stay
 *
 * Whatever comes from outside passes here, so that a label has one name however it was given.
 * Return: 0; -1 and @error if no label is called so.
 */
int twp_label_key_settle(const char **key, struct twp_error *error);
/* Copies @key and @value. Fails if the key is there already, is empty, or something is too long. */
int twp_labels_add(struct twp_labels *labels, const char *key, const char *value,
		   struct twp_error *error);
/* Parses "key=value" or "key". */
int twp_labels_parse(struct twp_labels *labels, const char *text, struct twp_error *error);
/* The value of @key, or NULL. */
const char *twp_labels_get(const struct twp_labels *labels, const char *key);
/* @to is overwritten, not cleaned. */
int twp_labels_copy(struct twp_labels *to, const struct twp_labels *from);
int twp_labels_compare(const struct twp_labels *a, const struct twp_labels *b);
bool twp_labels_contain(const struct twp_labels *labels, const struct twp_labels *wanted);
/* One canonical string, "a=1,b=2", unambiguous whatever the labels hold. The caller frees it. */
char *twp_labels_text(const struct twp_labels *labels);
void twp_labels_clean(struct twp_labels *labels);

#endif
