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

/*
 * By its labels and TWP_LABEL_NAMESPACE; not by those of its namespace, so that
 * nobody passes because a namespace got a label.
 */
bool twp_audit_selects(const struct twp_audit *audit, const struct twp_endpoint *endpoint);
/* The first that selects it, or NULL. */
const struct twp_audit *twp_audits_find(const struct twp_audit *audit, size_t audits,
					const struct twp_endpoint *endpoint);
/* Sets what holds for @endpoint: that it was named, or is selected. */
void twp_audits_settle(const struct twp_audit *audit, size_t audits, struct twp_endpoint *endpoint);

#endif
