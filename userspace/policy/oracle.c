// SPDX-License-Identifier: GPL-2.0-only
/*
 * The oracle: asks every rule of every policy, for each flow anew. It is meant
 * to be read beside the words of the policy language, not to be fast.
 */
#include "oracle.h"

#include <stdlib.h>

#include "memory.h"
#include "oracle_match.h"

static struct twp_end end_find(const struct twp_compile_input *input,
			       const struct twp_endpoint *endpoint,
			       const struct twp_address *address, bool local)
{
	struct twp_end end = { .address = *address, .by_address = !endpoint };

	for (size_t i = 0; i < input->endpoints && !endpoint; i++)
		for (size_t j = 0; j < input->endpoint[i].addresses; j++)
			if (!twp_address_compare(&input->endpoint[i].address[j], address))
				endpoint = &input->endpoint[i];
	for (size_t i = 0; i < input->endpoints && local && !endpoint; i++)
		if (twp_endpoint_is_host(&input->endpoint[i]))
			endpoint = &input->endpoint[i];
	end.endpoint = endpoint;
	end.is_host = endpoint ? twp_endpoint_is_host(endpoint) : local;
	end.is_world = !endpoint && !local;
	return end;
}

/* The question of one direction. */
struct question {
	const struct twp_compile_input *input;
	enum twp_direction d;
	const struct twp_end *subject, *peer, *server;
	uint8_t protocol;
	uint16_t port;
	struct twp_oracle *known; /* what was looked up before; NULL: nothing */
	size_t subject_number, peer_number; /* in it */
};

static bool rule_covers(const struct question *q, const struct twp_rule *rule, size_t number);

static enum twp_direction direction_of(enum twp_section section)
{
	return section == TWP_SECTION_INGRESS || section == TWP_SECTION_INGRESS_DENY ? TWP_INGRESS :
										       TWP_EGRESS;
}

static bool is_deny(enum twp_section section)
{
	return section == TWP_SECTION_INGRESS_DENY || section == TWP_SECTION_EGRESS_DENY;
}

/* What all policies together say. */
struct findings {
	const struct twp_rule *rule[2]; /* that allows, that denies */
	const struct twp_policy *policy[2];
	bool selected, isolated, kubernetes;
};

static void spec_ask(const struct question *q, const struct twp_policy *policy,
		     const struct twp_spec *spec, size_t first_rule, struct findings *found)
{
	for (size_t i = 0; i < TWP_SECTIONS; i++)
		found->selected |= spec->has[i] && direction_of(i) == q->d;
	found->selected |= spec->isolates[q->d];
	found->isolated |= spec->isolates[q->d];
	found->kubernetes |= spec->kubernetes && spec->isolates[q->d];
	for (size_t i = 0; i < spec->rules; i++) {
		const struct twp_rule *rule = &spec->rule[i];
		bool deny = is_deny(rule->section);

		if (direction_of(rule->section) != q->d || found->rule[deny] ||
		    !rule_covers(q, rule, first_rule + i))
			continue;
		found->rule[deny] = rule;
		found->policy[deny] = policy;
	}
}

static bool is_same(const struct question *q)
{
	return q->subject->endpoint && q->subject->endpoint == q->peer->endpoint;
}

static void specs_ask(const struct question *q, struct findings *found)
{
	for (size_t i = 0; i < q->input->policies && !q->subject->is_world; i++) {
		const struct twp_policy *policy = &q->input->policy[i];

		for (size_t j = 0; j < policy->specs; j++)
			if (twp_oracle_selects(q->input, &policy->spec[j].subject, q->subject,
					       false))
				spec_ask(q, policy, &policy->spec[j], 0, found);
	}
}

static void known_specs_ask(const struct question *q, struct findings *found);

static void direction_ask(const struct question *q, struct twp_answer *answer)
{
	struct findings found = { 0 };
	enum twp_why why = TWP_WHY_NOT_ISOLATED;
	bool deny;

	if (q->known)
		known_specs_ask(q, &found);
	else
		specs_ask(q, &found);
	found.isolated |= q->input->default_deny && !found.selected && !q->subject->is_world &&
			  !q->subject->is_host;
	deny = found.rule[true];
	if (found.rule[deny])
		why = TWP_WHY_RULE;
	else if (found.kubernetes && is_same(q))
		why = TWP_WHY_SELF;
	else if (found.kubernetes && q->d == TWP_INGRESS && q->peer->is_host)
		why = TWP_WHY_NODE;
	else if (found.isolated)
		why = TWP_WHY_DEFAULT_DENY;
	answer->why[q->d] = why;
	answer->rule[q->d] = found.rule[deny];
	answer->policy[q->d] = found.policy[deny];
	answer->audit[q->d] = q->subject->endpoint && q->subject->endpoint->audit;
	answer->direction[q->d] = !deny && why != TWP_WHY_DEFAULT_DENY ? TWP_VERDICT_ALLOW :
				  answer->audit[q->d]		       ? TWP_VERDICT_AUDIT :
									 TWP_VERDICT_DENY;
}

static void both_ask(struct question *q, const struct twp_end *client, const struct twp_end *server,
		     struct twp_answer *answer)
{
	size_t swap = q->subject_number;

	q->server = server;
	q->d = TWP_EGRESS;
	q->subject = client;
	q->peer = server;
	direction_ask(q, answer);
	q->d = TWP_INGRESS;
	q->subject = server;
	q->peer = client;
	q->subject_number = q->peer_number;
	q->peer_number = swap;
	direction_ask(q, answer);
	answer->verdict = answer->direction[TWP_EGRESS] > answer->direction[TWP_INGRESS] ?
				  answer->direction[TWP_EGRESS] :
				  answer->direction[TWP_INGRESS];
}

void twp_oracle_ask(const struct twp_compile_input *input, const struct twp_flow *flow,
		    struct twp_answer *answer)
{
	struct twp_end client =
		end_find(input, flow->client_endpoint, &flow->client, flow->client_local);
	struct twp_end server =
		end_find(input, flow->server_endpoint, &flow->server, flow->server_local);
	struct question q = { .input = input, .protocol = flow->protocol, .port = flow->port };

	both_ask(&q, &client, &server, answer);
}

void twp_oracle_rules(const struct twp_compile_input *input, const struct twp_flow *flow,
		      enum twp_direction d, const struct twp_answer *answer,
		      twp_oracle_visit *visit, void *context)
{
	struct twp_end client =
		end_find(input, flow->client_endpoint, &flow->client, flow->client_local);
	struct twp_end server =
		end_find(input, flow->server_endpoint, &flow->server, flow->server_local);
	struct question q = {
		.input = input,
		.d = d,
		.subject = d == TWP_EGRESS ? &client : &server,
		.peer = d == TWP_EGRESS ? &server : &client,
		.server = &server,
		.protocol = flow->protocol,
		.port = flow->port,
	};

	if (!answer->rule[d])
		return;
	for (size_t i = 0; i < input->policies; i++) {
		for (size_t j = 0; j < input->policy[i].specs; j++) {
			const struct twp_spec *spec = &input->policy[i].spec[j];

			if (!twp_oracle_selects(input, &spec->subject, q.subject, false))
				continue;
			for (size_t k = 0; k < spec->rules; k++)
				if (spec->rule[k].section == answer->rule[d]->section &&
				    rule_covers(&q, &spec->rule[k], 0))
					visit(&input->policy[i], &spec->rule[k], context);
		}
	}
}

bool twp_oracle_selects_endpoint(const struct twp_compile_input *input,
				 const struct twp_selector *selector,
				 const struct twp_endpoint *endpoint)
{
	static const struct twp_address nowhere;
	struct twp_end end = end_find(input, endpoint, &nowhere, false);

	return twp_oracle_selects(input, selector, &end, false);
}

/* A rule object, and where it stands. */
struct place {
	const struct twp_policy *policy;
	const struct twp_spec *spec;
	size_t first_rule; /* of all rules there are */
};

/* The rule objects that select an end. */
struct chosen {
	uint32_t *place;
	size_t count;
};

struct twp_oracle {
	const struct twp_compile_input *input;
	struct place *place;
	size_t places, rules;
	struct twp_end *end;
	struct chosen *chosen; /* by each end */
	size_t ends;
	unsigned char *covers; /* by rule, then end: 0 not asked yet, 1 no, 2 yes */
};

static void known_specs_ask(const struct question *q, struct findings *found)
{
	const struct chosen *chosen = &q->known->chosen[q->subject_number];

	for (size_t i = 0; i < chosen->count; i++) {
		const struct place *place = &q->known->place[chosen->place[i]];

		spec_ask(q, place->policy, place->spec, place->first_rule, found);
	}
}

static bool rule_covers(const struct question *q, const struct twp_rule *rule, size_t number)
{
	unsigned char fresh = 0, *known = &fresh;

	if (!twp_oracle_covers_port(rule, q->server, q->protocol, q->port))
		return false;
	if (q->known)
		known = &q->known->covers[number * q->known->ends + q->peer_number];
	if (!*known)
		*known = twp_oracle_covers_peer(q->input, rule, q->peer) ? 2 : 1;
	return *known == 2;
}

static int places_make(struct twp_oracle *oracle)
{
	const struct twp_compile_input *input = oracle->input;
	size_t count = 0;

	for (size_t i = 0; i < input->policies; i++)
		count += input->policy[i].specs;
	oracle->place = calloc(count + 1, sizeof(*oracle->place));
	if (!oracle->place)
		return -1;
	for (size_t i = 0; i < input->policies; i++) {
		const struct twp_policy *policy = &input->policy[i];

		for (size_t j = 0; j < policy->specs; j++) {
			oracle->place[oracle->places++] =
				(struct place){ policy, &policy->spec[j], oracle->rules };
			oracle->rules += policy->spec[j].rules;
		}
	}
	return 0;
}

static int choose(struct twp_oracle *oracle, const struct twp_end *end, struct chosen *chosen)
{
	for (size_t i = 0; i < oracle->places && !end->is_world; i++) {
		uint32_t *array;

		if (!twp_oracle_selects(oracle->input, &oracle->place[i].spec->subject, end, false))
			continue;
		array = twp_array_grow(chosen->place, chosen->count, sizeof(*array));
		if (!array)
			return -1;
		chosen->place = array;
		array[chosen->count++] = (uint32_t)i;
	}
	return 0;
}

static int ends_make(struct twp_oracle *oracle, const struct twp_address *address)
{
	static const struct twp_address nowhere;
	const struct twp_compile_input *input = oracle->input;

	oracle->end = calloc(oracle->ends + 1, sizeof(*oracle->end));
	oracle->chosen = calloc(oracle->ends + 1, sizeof(*oracle->chosen));
	if (!oracle->end || !oracle->chosen)
		return -1;
	for (size_t i = 0; i < oracle->ends; i++) {
		bool known = i < input->endpoints;

		oracle->end[i] = end_find(input, known ? &input->endpoint[i] : NULL,
					  known ? &nowhere : &address[i - input->endpoints], false);
		if (choose(oracle, &oracle->end[i], &oracle->chosen[i]))
			return -1;
	}
	return 0;
}

struct twp_oracle *twp_oracle_open(const struct twp_compile_input *input,
				   const struct twp_address *address, size_t addresses)
{
	struct twp_oracle *oracle = calloc(1, sizeof(*oracle));

	if (!oracle)
		return NULL;
	oracle->input = input;
	oracle->ends = input->endpoints + addresses;
	if (!places_make(oracle) && !ends_make(oracle, address))
		oracle->covers = calloc(oracle->rules + 1, oracle->ends + 1);
	if (oracle->covers)
		return oracle;
	twp_oracle_close(oracle);
	return NULL;
}

void twp_oracle_close(struct twp_oracle *oracle)
{
	if (!oracle)
		return;
	for (size_t i = 0; oracle->chosen && i < oracle->ends; i++)
		free(oracle->chosen[i].place);
	free(oracle->place);
	free(oracle->end);
	free(oracle->chosen);
	free(oracle->covers);
	free(oracle);
}

void twp_oracle_pair(struct twp_oracle *oracle, size_t client, size_t server, uint8_t protocol,
		     uint16_t port, struct twp_answer *answer)
{
	struct question q = {
		.input = oracle->input,
		.protocol = protocol,
		.port = port,
		.known = oracle,
		.subject_number = client,
		.peer_number = server,
	};

	both_ask(&q, &oracle->end[client], &oracle->end[server], answer);
}
