/* SPDX-License-Identifier: GPL-2.0-only */
/* The reader of policy documents: Cilium's rule format, YAML or JSON. */
#ifndef TWP_POLICY_DOCUMENT_H
#define TWP_POLICY_DOCUMENT_H

#include "policy.h"

#define TWP_DOCUMENT_DEPTH 32 /* levels of nesting; the format needs 9 */
#define TWP_DOCUMENT_MAX (64u << 20) /* bytes */

/**
 * twp_document_read() - read one document
 * @policy: filled, with @name and @text copied; untouched on failure
 * @name: of the policy
 * @file: for messages
 * @text: YAML or JSON, a rule object or a list of them; need not end in NUL
 * @length: bytes
 * @error: "web.yaml:14:9: port 70000 is not between 0 and 65535"
 *
 * A document that holds anything not understood is refused as a whole.
 * Time and memory are bounded by the length of the document.
 *
 * Return: 0, or -1.
 */
int twp_document_read(struct twp_policy *policy, const char *name, const char *file,
		      const char *text, size_t length, struct twp_error *error);

#endif
