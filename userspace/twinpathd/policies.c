// SPDX-License-Identifier: GPL-2.0-only
/* Answers about policies: each rule with its hits, each subject with what a packet costs it. */
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "endpoint.h"
#include "policy/oracle.h"

/* What all policies of one answer are made from. */
struct source {
	const struct twp_state *state;
	const struct twp_image *image; /* NULL: none is known */
	const struct twp_baseline *count; /* by rule number, of the kernel; NULL: not known */
};

/* Packets and bytes by rule number, as the kernel has them; NULL if it does not tell. */
static struct twp_baseline *counts_read(struct twp_daemon *daemon)
{
	Twinpath__V1__Counters *counters;
	struct twp_baseline *count;
	struct twp_error why;
	size_t i;

	if (!daemon->started)
		return NULL;
	counters = twp_module_counters(daemon->program.module, &why);
	if (!counters)
		return NULL;
	count = calloc(daemon->state.rule_room, sizeof(*count));
	for (i = 0; count && i < counters->n_rule; i++) {
		const Twinpath__V1__RuleCounter *counter = counters->rule[i];

		if (counter->rule < daemon->state.rule_room)
			count[counter->rule] =
				(struct twp_baseline){ counter->packets, counter->bytes };
	}
	twinpath__v1__counters__free_unpacked(counters, NULL);
	return count;
}

static Twinpath__V1__Rule *rule_make(const struct source *source, const struct twp_policy *policy,
				     const struct twp_rule *rule)
{
	Twinpath__V1__Rule *message = malloc(sizeof(*message));
	char section[TWP_RULE_TEXT];

	if (!message)
		return NULL;
	twinpath__v1__rule__init(message);
	message->number = rule->number;
	if (source->count) {
		message->packets = source->count[rule->number].packets;
		message->bytes = source->count[rule->number].bytes;
		twp_state_count(source->state, rule->number, &message->packets, &message->bytes);
	}
	message->section = strdup(twp_rule_text(policy, rule, section));
	if (message->section)
		return message;
	twinpath__v1__rule__free_unpacked(message, NULL);
	return NULL;
}

/* The row of the endpoint's address in table host4 or host6, or of the host itself. */
static const struct twp_host_value *host_row(const struct twp_image *image,
					     const struct twp_endpoint *endpoint)
{
	static const uint8_t unspecified[16];
	const struct twp_address *address = endpoint->addresses ? endpoint->address : NULL;
	const void *key = address ? address->bytes : unspecified;

	if (!image || (!address && !twp_endpoint_is_host(endpoint)))
		return NULL;
	return twp_image_find(image,
			      address && address->family == TWP_FAMILY_IPV6 ? TWP_TABLE_HOST6 :
									      TWP_TABLE_HOST4,
			      key);
}

static Twinpath__V1__Subject *subject_make(const struct source *source,
					   const struct twp_endpoint *endpoint)
{
	Twinpath__V1__Subject *message = malloc(sizeof(*message));
	const struct twp_host_value *row;

	if (!message)
		return NULL;
	twinpath__v1__subject__init(message);
	message->identity = endpoint->identity;
	row = host_row(source->image, endpoint);
	if (row) {
		message->ingress_lookups = twp_rules_in_use_lookups(&row->dir[TWP_INGRESS]);
		message->egress_lookups = twp_rules_in_use_lookups(&row->dir[TWP_EGRESS]);
	}
	if (!twp_labels_message(&endpoint->labels, &message->label, &message->n_label))
		return message;
	twinpath__v1__subject__free_unpacked(message, NULL);
	return NULL;
}

static bool selects(const struct twp_state *state, const struct twp_policy *policy,
		    const struct twp_endpoint *endpoint)
{
	struct twp_compile_input input = twp_state_input(state);
	size_t i;

	for (i = 0; i < policy->specs; i++)
		if (twp_oracle_selects_endpoint(&input, &policy->spec[i].subject, endpoint))
			return true;
	return false;
}

static int subjects_fill(const struct source *source, const struct twp_policy *policy,
			 Twinpath__V1__Policy *message)
{
	const struct twp_state *state = source->state;
	uint32_t identity;

	message->subject = calloc(state->identity_count + 1, sizeof(*message->subject));
	if (!message->subject)
		return -1;
	for (identity = 0; identity <= TWP_IDENTITY_LABELS_MAX; identity++) {
		const struct twp_endpoint *endpoint = twp_state_identity(state, identity);
		Twinpath__V1__Subject *subject;

		/* Not those of single addresses: they are of an endpoint that is listed. */
		if (!endpoint || endpoint->identity != identity ||
		    !selects(state, policy, endpoint))
			continue;
		subject = subject_make(source, endpoint);
		if (!subject)
			return -1;
		message->subject[message->n_subject++] = subject;
	}
	return 0;
}

static int rules_fill(const struct source *source, const struct twp_policy *policy,
		      Twinpath__V1__Policy *message)
{
	size_t rules = 0, i, j;

	for (i = 0; i < policy->specs; i++)
		rules += policy->spec[i].rules;
	message->rule = calloc(rules + 1, sizeof(*message->rule));
	if (!message->rule)
		return -1;
	for (i = 0; i < policy->specs; i++) {
		for (j = 0; j < policy->spec[i].rules; j++) {
			Twinpath__V1__Rule *rule =
				rule_make(source, policy, &policy->spec[i].rule[j]);

			if (!rule)
				return -1;
			message->rule[message->n_rule++] = rule;
		}
	}
	return 0;
}

static Twinpath__V1__Policy *policy_make(const struct source *source,
					 const struct twp_policy *policy, bool with_text)
{
	Twinpath__V1__Policy *message = malloc(sizeof(*message));

	if (!message)
		return NULL;
	twinpath__v1__policy__init(message);
	message->name = strdup(policy->name);
	if (with_text)
		message->text = strdup(policy->text);
	if (message->name && message->text && !rules_fill(source, policy, message) &&
	    !subjects_fill(source, policy, message))
		return message;
	twinpath__v1__policy__free_unpacked(message, NULL);
	return NULL;
}

Twinpath__V1__PolicyList *twp_answer_policies(struct twp_daemon *daemon, struct twp_error *error)
{
	const struct twp_state *state = &daemon->state;
	struct twp_baseline *count = counts_read(daemon);
	struct source source = {
		.state = state,
		.image = twp_program_image(&daemon->program),
		.count = count,
	};
	Twinpath__V1__PolicyList *list = malloc(sizeof(*list));
	size_t i;

	if (list) {
		twinpath__v1__policy_list__init(list);
		list->policy = calloc(state->policies + 1, sizeof(*list->policy));
	}
	for (i = 0; list && list->policy && i < state->policies; i++) {
		list->policy[i] = policy_make(&source, &state->policy[i], false);
		if (!list->policy[i])
			break;
		list->n_policy++;
	}
	free(count);
	if (list && list->n_policy == state->policies)
		return list;
	twinpath__v1__policy_list__free_unpacked(list, NULL);
	twp_error_set(error, "no memory");
	return NULL;
}

Twinpath__V1__Policy *twp_answer_policy(struct twp_daemon *daemon, const char *name,
					struct twp_error *error)
{
	const struct twp_policy *policy = twp_state_policy(&daemon->state, name);
	struct twp_baseline *count;
	Twinpath__V1__Policy *message;

	if (!policy) {
		twp_error_set(error, "there is no policy %.*s", TWP_ENDPOINT_NAME_MAX, name);
		return NULL;
	}
	count = counts_read(daemon);
	message = policy_make(&(struct source){ .state = &daemon->state,
						.image = twp_program_image(&daemon->program),
						.count = count },
			      policy, true);
	free(count);
	if (!message)
		twp_error_set(error, "no memory");
	return message;
}
