/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a rule is known by over updates of its file: not by its place, so that
 * rules keep their numbers, and so their counters, when others come and go.
 */
#ifndef TWP_POLICY_RULE_KEY_H
#define TWP_POLICY_RULE_KEY_H

#include "policy.h"

/* Makes the key of each rule object. Return: 0, or -1 if out of memory. */
int twp_policy_keys(struct twp_policy *policy);

/* "NetworkPolicy shop/web/ingress/2", under which a rule has its number. */
#define TWP_RULE_KEY_TEXT 768
const char *twp_rule_key_text(const struct twp_policy *policy, const struct twp_rule *rule,
			      char text[TWP_RULE_KEY_TEXT]);

#endif
