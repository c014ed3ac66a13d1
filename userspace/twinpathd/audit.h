/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Audit selectors: endpoints that they select, now or later, are judged and
 * reported, and what would be denied passes. Beside those that were named.
 */
#ifndef TWP_TWINPATHD_AUDIT_H
#define TWP_TWINPATHD_AUDIT_H

#include "policy/policy.h"

#define TWP_AUDITS_MAX 256 /* selectors */

struct twp_audit {
	char *name; /* twp_selector_text() */
	struct twp_selector selector;
};

/* From a text as of twp_selector_parse(). @audit: untouched on failure. */
int twp_audit_init(struct twp_audit *audit, const char *text, struct twp_error *error);
void twp_audit_clean(struct twp_audit *audit);

/* Selectors, and the namespaces whose labels count as those of their endpoints. */
struct twp_audit_scope {
	const struct twp_audit *audit;
	size_t audits;
	const struct twp_namespace *namespace;
	size_t namespaces;
};

/*
 * Of the same labels as in policies: an endpoint's own and those of its namespace, but for
 * own ones that look as if they came from there. All of them: 0; -1 and @error, no memory.
 */
/* For each endpoint the first that selects it, or NULL. */
int twp_audits_find(const struct twp_audit_scope *scope, const struct twp_endpoint *endpoint,
		    size_t endpoints, const struct twp_audit **found, struct twp_error *error);
/* For each selector how many it selects. @count: zero before. */
int twp_audits_count(const struct twp_audit_scope *scope, const struct twp_endpoint *endpoint,
		     size_t endpoints, uint32_t *count, struct twp_error *error);
/* Sets what holds for each endpoint: that it was named, or is selected. */
int twp_audits_settle(const struct twp_audit_scope *scope, struct twp_endpoint *endpoint,
		      size_t endpoints, struct twp_error *error);

#endif
