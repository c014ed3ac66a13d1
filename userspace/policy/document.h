/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The readers of documents, YAML or JSON, many in a file: Cilium's rules as they
 * are and in Kubernetes objects, Kubernetes NetworkPolicy, and the inventory.
 */
#ifndef TWP_POLICY_DOCUMENT_H
#define TWP_POLICY_DOCUMENT_H

#include "policy.h"

#define TWP_DOCUMENT_DEPTH 32 /* levels of nesting; the formats need 20 */
#define TWP_DOCUMENT_MAX (64u << 20) /* bytes */

/**
 * twp_document_read() - read the policies of a file
 * @policy: filled, with @name and @text copied; untouched on failure
 * @name: of the policy
 * @file: for messages
 * @text: YAML or JSON; need not end in NUL
 * @length: bytes
 * @error: "web.yaml:14:9: port 70000 is not between 0 and 65535"
 *
 * A file that holds anything not understood is refused as a whole, and so is
 * one without any rule, or with inventory. Time and memory are bounded by the
 * length of the file.
 *
 * Return: 0, or -1.
 */
int twp_document_read(struct twp_policy *policy, const char *name, const char *file,
		      const char *text, size_t length, struct twp_error *error);

/**
 * twp_inventory_read() - read the endpoints and namespaces of a file
 * @inventory: what the file holds is added; to be sealed when all files are read
 *
 * As twp_document_read(); after a failure the inventory can only be cleaned.
 */
int twp_inventory_read(struct twp_inventory *inventory, const char *file, const char *text,
		       size_t length, struct twp_error *error);

/**
 * twp_file_read() - read whatever a file holds
 * @policy: filled, perhaps without any rule; untouched on failure
 * @errors: all that are found, not only the first
 *
 * Return: 0, or -1.
 */
int twp_file_read(struct twp_policy *policy, struct twp_inventory *inventory, const char *file,
		  const char *text, size_t length, struct twp_errors *errors);

/**
 * twp_document_place() - put "file:line:column: " before a sentence
 * @text: of the file, with a byte order mark if it has one
 * @place: bytes into it, behind such a mark
 *
 * Return: the text of @error, which it fills.
 */
const char *twp_document_place(const char *file, const char *text, size_t place,
			       const char *sentence, struct twp_error *error);

#endif
