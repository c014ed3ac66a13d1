// SPDX-License-Identifier: GPL-2.0-only
/* Audit selectors: what they select. Process context of the one thread, no I/O. */
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "policy/compile.h"
#include "policy/selector_text.h"

int twp_audit_init(struct twp_audit *audit, const char *text, struct twp_error *error)
{
	struct twp_audit fresh = { 0 };

	if (twp_selector_parse(&fresh.selector, text, error))
		return -1;
	fresh.name = twp_selector_text(&fresh.selector);
	if (!fresh.name) {
		twp_audit_clean(&fresh);
		return twp_error_set(error, "no memory");
	}
	*audit = fresh;
	return 0;
}

void twp_audit_clean(struct twp_audit *audit)
{
	free(audit->name);
	twp_selector_clean(&audit->selector);
	*audit = (struct twp_audit){ 0 };
}

static bool is_reserved(const struct twp_labels *labels)
{
	for (size_t i = 0; i < labels->count; i++)
		if (twp_label_is_reserved(labels->label[i].key))
			return true;
	return false;
}

bool twp_audit_selects(const struct twp_audit *audit, const struct twp_endpoint *endpoint)
{
	const struct twp_labels *own = &endpoint->labels;
	struct twp_label label[TWP_LABELS_MAX + 1];
	struct twp_labels labels = { label, 0 };
	char key[] = TWP_LABEL_NAMESPACE;
	size_t i = 0;

	/* What is no Pod, the host for one, is in no namespace. */
	if (is_reserved(own))
		return twp_selector_matches(&audit->selector, own);
	for (; i < own->count && strcmp(own->label[i].key, key) < 0; i++)
		label[labels.count++] = own->label[i];
	label[labels.count++] = (struct twp_label){ key, (char *)twp_endpoint_namespace(endpoint) };
	/* One of its own that looks as if it came from the namespace is none. */
	i += i < own->count && !strcmp(own->label[i].key, key);
	for (; i < own->count; i++)
		label[labels.count++] = own->label[i];
	return twp_selector_matches(&audit->selector, &labels);
}

const struct twp_audit *twp_audits_find(const struct twp_audit *audit, size_t audits,
					const struct twp_endpoint *endpoint)
{
	for (size_t i = 0; i < audits; i++)
		if (twp_audit_selects(&audit[i], endpoint))
			return &audit[i];
	return NULL;
}

void twp_audits_settle(const struct twp_audit *audit, size_t audits, struct twp_endpoint *endpoint)
{
	endpoint->audit = endpoint->audit_asked || twp_audits_find(audit, audits, endpoint);
}
