// SPDX-License-Identifier: GPL-2.0-only
/*
 * An edit's policies: rules keep their numbers by what names them, new ones get
 * one, and those that are gone lose it.
 */
#include <stdlib.h>

#include "edit.h"
#include "policy/rule_key.h"

/* Calls for each rule of some policies; ends with the first that fails. */
static int rules_each(struct twp_edit *edit, const struct twp_policy *policy, size_t policies,
		      int (*call)(struct twp_edit *edit, const struct twp_policy *policy,
				  struct twp_rule *rule, struct twp_error *error),
		      struct twp_error *error)
{
	size_t p, s, r;

	for (p = 0; p < policies; p++)
		for (s = 0; s < policy[p].specs; s++)
			for (r = 0; r < policy[p].spec[s].rules; r++)
				if (call(edit, &policy[p], &policy[p].spec[s].rule[r], error))
					return -1;
	return 0;
}

static int rule_count(struct twp_edit *edit, const struct twp_policy *policy, struct twp_rule *rule,
		      struct twp_error *error)
{
	(void)policy;
	(void)rule;
	(void)error;
	edit->rules++;
	return 0;
}

static int rule_give(struct twp_edit *edit, const struct twp_policy *policy, struct twp_rule *rule,
		     struct twp_error *error)
{
	char text[TWP_RULE_KEY_TEXT];

	twp_rule_key_text(policy, rule, text);
	rule->number = twp_numbers_find(edit->state->rules, text);
	if (rule->number)
		return 0;
	rule->number = twp_numbers_get(edit->state->rules, text, error);
	if (!rule->number)
		return -1;
	edit->rule[edit->rules++] = (struct twp_edit_rule){ policy, rule };
	if (twp_state_reserve(edit->state, rule->number))
		return twp_error_set(error, "no memory");
	edit->state->baseline[rule->number] = (struct twp_baseline){ 0 };
	return 0;
}

static int rule_mark(struct twp_edit *edit, const struct twp_policy *policy, struct twp_rule *rule,
		     struct twp_error *error)
{
	(void)policy;
	(void)error;
	edit->used[rule->number] = true;
	return 0;
}

static int rule_bury(struct twp_edit *edit, const struct twp_policy *policy, struct twp_rule *rule,
		     struct twp_error *error)
{
	(void)error;
	if (!edit->used[rule->number])
		edit->dead_rule[edit->dead_rules++] = (struct twp_edit_rule){ policy, rule };
	return 0;
}

int twp_edit_policies(struct twp_edit *edit, struct twp_policy *fresh, size_t count,
		      char *const *names, size_t deletes, struct twp_error *error)
{
	struct twp_edit_list *list = &edit->policy;
	size_t rules, dead;

	list->fresh = fresh;
	list->fresh_count = count;
	if (twp_edit_list_merge(list, "policy", edit->state->policy, edit->state->policies, names,
				deletes, sizeof(*fresh), error))
		return -1;
	rules_each(edit, list->gone, list->gone_count, rule_count, error);
	dead = edit->rules;
	edit->rules = 0;
	rules_each(edit, list->fresh, list->fresh_count, rule_count, error);
	rules = edit->rules;
	edit->rules = 0;
	edit->rule = calloc(rules + 1, sizeof(*edit->rule));
	edit->dead_rule = calloc(dead + 1, sizeof(*edit->dead_rule));
	if (!edit->rule || !edit->dead_rule)
		return twp_error_set(error, "no memory");
	if (rules_each(edit, list->fresh, list->fresh_count, rule_give, error))
		return -1;
	edit->used = calloc(edit->state->rule_room, sizeof(*edit->used));
	if (!edit->used)
		return twp_error_set(error, "no memory");
	rules_each(edit, list->fresh, list->fresh_count, rule_mark, error);
	return rules_each(edit, list->gone, list->gone_count, rule_bury, error);
}

int twp_edit_baseline(struct twp_edit *edit, const Twinpath__V1__Counters *counters)
{
	struct twp_baseline *baseline = edit->state->baseline;
	bool *fresh;
	size_t i;

	if (!counters || !edit->rules)
		return 0;
	fresh = calloc(edit->state->rule_room, sizeof(*fresh));
	if (!fresh)
		return -1;
	for (i = 0; i < edit->rules; i++)
		fresh[edit->rule[i].rule->number] = true;
	for (i = 0; i < counters->n_rule; i++) {
		const Twinpath__V1__RuleCounter *counter = counters->rule[i];

		if (counter->rule >= edit->state->rule_room || !fresh[counter->rule])
			continue;
		baseline[counter->rule].packets = counter->packets;
		baseline[counter->rule].bytes = counter->bytes;
	}
	free(fresh);
	return 0;
}

static void rules_put(struct twp_numbers *numbers, struct twp_edit_rule *rule, size_t count,
		      bool put)
{
	char text[TWP_RULE_KEY_TEXT];

	for (size_t i = 0; put && i < count; i++)
		twp_numbers_put(numbers, twp_rule_key_text(rule[i].policy, rule[i].rule, text));
	free(rule);
}

void twp_edit_rules_end(struct twp_edit *edit, bool committed)
{
	rules_put(edit->state->rules, edit->rule, edit->rules, !committed);
	rules_put(edit->state->rules, edit->dead_rule, edit->dead_rules, committed);
	free(edit->used);
}
