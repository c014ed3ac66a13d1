// SPDX-License-Identifier: GPL-2.0-only
/* Answers about names, endpoints, status and counters; those about policies: policies.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "classes.h"
#include "endpoint.h"
#include "log.h"

/* Those of the part of the world in a prefix: as Cilium names them, "cidr:192.0.2.0/24" and the world's. */
static int prefix_labels(const char *prefix, Twinpath__V1__Label ***label, size_t *count)
{
	struct twp_labels labels = { 0 };
	char key[sizeof(TWP_LABEL_CIDR) + TWP_PREFIX_TEXT];
	struct twp_error why;
	int failed;

	snprintf(key, sizeof(key), "%s%s", TWP_LABEL_CIDR, prefix);
	failed = twp_labels_add(&labels, key, "", &why) ||
		 twp_labels_add(&labels, TWP_LABEL_WORLD, "", &why) ||
		 twp_labels_message(&labels, label, count);
	twp_labels_clean(&labels);
	return failed ? -1 : 0;
}

int twp_answer_labels(const struct twp_state *state, uint32_t identity,
		      Twinpath__V1__Label ***label, size_t *count)
{
	const struct twp_endpoint *endpoint = twp_state_identity(state, identity);
	const char *prefix = twp_classes_prefix(state, identity);

	*count = 0;
	if (endpoint)
		return twp_labels_message(&endpoint->labels, label, count);
	if (prefix)
		return prefix_labels(prefix, label, count);
	if (identity == TWP_IDENTITY_HOST)
		return twp_labels_message(&twp_labels_host, label, count);
	if (identity == TWP_IDENTITY_WORLD)
		return twp_labels_message(&twp_labels_world, label, count);
	return 0;
}

char *twp_answer_rule(const struct twp_state *state, uint32_t number)
{
	const struct twp_policy *policy;
	const struct twp_rule *rule;
	char section[TWP_RULE_TEXT], *text;

	rule = number ? twp_state_rule(state, number, &policy) : NULL;
	if (!rule)
		return strdup("");
	if (asprintf(&text, "policy %s, %s", policy->name, twp_rule_text(policy, rule, section)) <
	    0)
		return NULL;
	return text;
}

static int tables_fill(struct twp_daemon *daemon, Twinpath__V1__Status *status)
{
	const struct twp_image *image = twp_program_image(&daemon->program);
	struct twp_backend_usage usage[TWP_PROGRAM_SIDES] = { 0 };
	struct twp_error why;
	size_t i;

	for (i = 0; i < TWP_PROGRAM_SIDES && daemon->started; i++) {
		const struct twp_program_side *side = &daemon->program.side[i];

		if (side->ops->usage(side->backend, &usage[i], &why)) {
			twp_log(LOG_WARNING, "backend %s: %s", side->ops->name, why.text);
			memset(&usage[i], 0, sizeof(usage[i]));
		}
	}
	status->table = calloc(TWP_TABLE_COUNT, sizeof(*status->table));
	if (!status->table)
		return -1;
	for (i = 0; i < TWP_TABLE_COUNT; i++) {
		Twinpath__V1__TableStatus *table = malloc(sizeof(*table));

		if (!table)
			return -1;
		twinpath__v1__table_status__init(table);
		status->table[status->n_table++] = table;
		table->name = strdup(twp_table_layouts[i].name);
		if (!table->name)
			return -1;
		table->entries = image ? (uint32_t)image->table[i].count : 0;
		table->size = daemon->program.sizes.size[i];
		table->key_bytes = (uint32_t)twp_table_layouts[i].key_size;
		table->value_bytes = (uint32_t)twp_table_layouts[i].value_size;
		table->nft_bytes = usage[0].bytes[i];
		table->bpf_bytes = usage[1].bytes[i];
	}
	return 0;
}

/* What the module says of itself, also if it cannot be programmed. */
static Twinpath__V1__ModuleStatus *module_ask(struct twp_daemon *daemon)
{
	Twinpath__V1__ModuleStatus *status;
	struct twp_module *module;
	struct twp_error why;

	if (daemon->started) {
		status = twp_module_status(daemon->program.module, &why);
		if (status)
			return status;
		/* It has gone, or was loaded anew. */
		twp_daemon_mend(daemon);
	}
	if (!daemon->program.loaded)
		return NULL;
	module = twp_module_open(&why);
	status = module ? twp_module_status(module, &why) : NULL;
	twp_module_close(module);
	return status;
}

Twinpath__V1__Status *twp_answer_status(struct twp_daemon *daemon, struct twp_error *error)
{
	Twinpath__V1__Status *status = malloc(sizeof(*status));
	struct twp_error why;

	/* A module that came or went is seen now, not with the next tick. */
	if (!daemon->started && !daemon->program.loaded)
		twp_daemon_reach(daemon, &why);
	if (!status)
		goto memory;
	twinpath__v1__status__init(status);
	status->module = module_ask(daemon);
	status->module_loaded = daemon->program.loaded;
	status->endpoints = (uint32_t)daemon->state.endpoints;
	status->policies = (uint32_t)daemon->state.policies;
	status->identities = daemon->state.identity_count;
	status->load_us = daemon->load_us;
	status->default_deny = daemon->state.default_deny;
	status->daemon_version = strdup(TWP_VERSION);
	status->problem = strdup(daemon->problem ? daemon->problem : "");
	if (status->daemon_version && status->problem && !tables_fill(daemon, status))
		return status;
	twinpath__v1__status__free_unpacked(status, NULL);
memory:
	twp_error_set(error, "no memory");
	return NULL;
}

Twinpath__V1__EndpointList *twp_answer_endpoints(struct twp_daemon *daemon, struct twp_error *error)
{
	const struct twp_state *state = &daemon->state;
	Twinpath__V1__EndpointList *list = malloc(sizeof(*list));
	size_t i;

	if (!list)
		goto memory;
	twinpath__v1__endpoint_list__init(list);
	list->endpoint = calloc(state->endpoints + 1, sizeof(*list->endpoint));
	for (i = 0; list->endpoint && i < state->endpoints; i++) {
		list->endpoint[i] = twp_endpoint_message(&state->endpoint[i]);
		if (!list->endpoint[i])
			break;
		list->n_endpoint++;
	}
	if (list->n_endpoint == state->endpoints)
		return list;
	twinpath__v1__endpoint_list__free_unpacked(list, NULL);
memory:
	twp_error_set(error, "no memory");
	return NULL;
}

/* The counter of a rule, less what its number had counted for another rule before. */
static Twinpath__V1__NamedRuleCounter *counter_name(const struct twp_state *state,
						    const Twinpath__V1__RuleCounter *from)
{
	Twinpath__V1__NamedRuleCounter *named = malloc(sizeof(*named));
	const struct twp_policy *policy;
	const struct twp_rule *rule = twp_state_rule(state, from->rule, &policy);
	char section[TWP_RULE_TEXT];

	if (!named)
		return NULL;
	twinpath__v1__named_rule_counter__init(named);
	named->counter = malloc(sizeof(*named->counter));
	named->policy = strdup(rule ? policy->name : "");
	named->section = strdup(rule ? twp_rule_text(policy, rule, section) : "");
	if (!named->counter || !named->policy || !named->section) {
		twinpath__v1__named_rule_counter__free_unpacked(named, NULL);
		return NULL;
	}
	twinpath__v1__rule_counter__init(named->counter);
	named->counter->rule = from->rule;
	named->counter->packets = from->packets;
	named->counter->bytes = from->bytes;
	twp_state_count(state, from->rule, &named->counter->packets, &named->counter->bytes);
	return named;
}

Twinpath__V1__CounterList *twp_answer_counters(struct twp_daemon *daemon, struct twp_error *error)
{
	Twinpath__V1__CounterList *list = NULL;
	Twinpath__V1__NamedRuleCounter *named;
	Twinpath__V1__Counters *counters;
	const struct twp_policy *policy;
	size_t i;

	if (twp_daemon_reach(daemon, error))
		return NULL;
	counters = twp_module_counters(daemon->program.module, error);
	if (!counters)
		return NULL;
	list = malloc(sizeof(*list));
	if (!list)
		goto memory;
	twinpath__v1__counter_list__init(list);
	list->n_reason = counters->n_reason;
	list->reason = counters->reason;
	counters->n_reason = 0;
	counters->reason = NULL;
	list->rule = calloc(counters->n_rule + 1, sizeof(*list->rule));
	if (!list->rule)
		goto memory;
	for (i = 0; i < counters->n_rule; i++) {
		/* A number that nobody has any more. */
		if (!twp_state_rule(&daemon->state, counters->rule[i]->rule, &policy))
			continue;
		named = counter_name(&daemon->state, counters->rule[i]);
		if (!named)
			goto memory;
		list->rule[list->n_rule++] = named;
	}
	twinpath__v1__counters__free_unpacked(counters, NULL);
	return list;
memory:
	twinpath__v1__counters__free_unpacked(counters, NULL);
	twinpath__v1__counter_list__free_unpacked(list, NULL);
	twp_error_set(error, "no memory");
	return NULL;
}

Twinpath__V1__Classification *twp_answer_classification(struct twp_daemon *daemon,
							Twinpath__V1__Judgement *judgement,
							struct twp_error *error)
{
	const struct twp_state *state = &daemon->state;
	Twinpath__V1__Classification *answer = malloc(sizeof(*answer));

	if (!answer) {
		twinpath__v1__judgement__free_unpacked(judgement, NULL);
		twp_error_set(error, "no memory");
		return NULL;
	}
	twinpath__v1__classification__init(answer);
	answer->judgement = judgement;
	answer->egress_rule =
		twp_answer_rule(state, judgement->egress ? judgement->egress->rule : 0);
	answer->ingress_rule =
		twp_answer_rule(state, judgement->ingress ? judgement->ingress->rule : 0);
	if (answer->egress_rule && answer->ingress_rule &&
	    !twp_answer_labels(state, judgement->client, &answer->client, &answer->n_client) &&
	    !twp_answer_labels(state, judgement->server, &answer->server, &answer->n_server))
		return answer;
	twinpath__v1__classification__free_unpacked(answer, NULL);
	twp_error_set(error, "no memory");
	return NULL;
}
