/* SPDX-License-Identifier: GPL-2.0-only */
/* What document.c and document_parts.c share, and nobody else. */
#ifndef TWP_POLICY_DOCUMENT_PARTS_H
#define TWP_POLICY_DOCUMENT_PARTS_H

#include "grammar.h"

/* Into struct twp_labels. */
extern const struct twp_mapping twp_selector_mapping;

/* Fields of a rule, into struct twp_rule. */
twp_grammar_reader twp_from_endpoints_read;
twp_grammar_reader twp_to_endpoints_read;
twp_grammar_reader twp_to_ports_read;

int twp_document_no_memory(const struct twp_source *source);

#endif
