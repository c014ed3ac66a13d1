/* SPDX-License-Identifier: GPL-2.0-only */
/* A small model of endpoints and policies, written down in few words. */
#ifndef TWP_TESTS_MODEL_H
#define TWP_TESTS_MODEL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image_judge.h"
#include "policy/compile.h"
#include "policy/document.h"
#include "policy/identity.h"
#include "policy/oracle.h"

struct model {
	struct twp_endpoint *endpoint;
	size_t endpoints;
	struct twp_policy *policy;
	size_t policies;
	struct twp_inventory inventory; /* its namespaces only */
	struct twp_numbers *identities, *prefixes;
	bool default_deny;
	uint32_t rule_number; /* last that was given */
};

static inline void model_init(struct model *m)
{
	*m = (struct model){ 0 };
	m->identities =
		twp_numbers_alloc("identity", TWP_IDENTITY_LABELS_MIN, TWP_IDENTITY_LABELS_MAX);
	m->prefixes =
		twp_numbers_alloc("prefix", TWP_IDENTITY_PREFIX + 1, TWP_IDENTITY_PREFIX + 65536);
	assert_non_null(m->identities);
	assert_non_null(m->prefixes);
}

static inline void model_clean(struct model *m)
{
	for (size_t i = 0; i < m->endpoints; i++)
		twp_endpoint_clean(&m->endpoint[i]);
	for (size_t i = 0; i < m->policies; i++)
		twp_policy_clean(&m->policy[i]);
	free(m->endpoint);
	free(m->policy);
	twp_inventory_clean(&m->inventory);
	twp_numbers_free(m->identities);
	twp_numbers_free(m->prefixes);
	*m = (struct model){ 0 };
}

static inline void model_identify(struct model *m, struct twp_endpoint *endpoint)
{
	char *text = twp_endpoint_identity_text(endpoint);

	endpoint->identity = twp_endpoint_is_host(endpoint) ?
				     TWP_IDENTITY_HOST :
				     twp_numbers_get(m->identities, text, NULL);
	free(text);
}

/* @labels and @addresses: words with spaces between. */
static inline void model_endpoint(struct model *m, const char *name, const char *labels,
				  const char *addresses)
{
	struct twp_endpoint *endpoint;
	char *copy = strdup(labels), *rest = copy, *word;

	m->endpoint = reallocarray(m->endpoint, m->endpoints + 1, sizeof(*m->endpoint));
	assert_non_null(m->endpoint);
	endpoint = &m->endpoint[m->endpoints++];
	*endpoint = (struct twp_endpoint){ .name = strdup(name) };
	while ((word = strsep(&rest, " ")))
		if (*word)
			assert_int_equal(twp_labels_parse(&endpoint->labels, word, NULL), 0);
	free(copy);
	copy = rest = strdup(addresses);
	endpoint->address = calloc(TWP_ENDPOINT_ADDRESSES_MAX, sizeof(*endpoint->address));
	while ((word = strsep(&rest, " ")))
		if (*word)
			assert_int_equal(
				twp_address_parse(&endpoint->address[endpoint->addresses++], word),
				0);
	free(copy);
	model_identify(m, endpoint);
}

/* @document: YAML */
static inline void model_policy(struct model *m, const char *name, const char *document)
{
	struct twp_policy policy;
	struct twp_error error;

	if (twp_document_read(&policy, name, "policy.yaml", document, strlen(document), &error))
		fail_msg("%s in\n%s", error.text, document);
	for (size_t i = 0; i < policy.specs; i++)
		for (size_t j = 0; j < policy.spec[i].rules; j++)
			policy.spec[i].rule[j].number = ++m->rule_number;
	m->policy = reallocarray(m->policy, m->policies + 1, sizeof(*m->policy));
	assert_non_null(m->policy);
	m->policy[m->policies++] = policy;
}

static inline struct twp_compile_input model_input(const struct model *m)
{
	return (struct twp_compile_input){
		.endpoint = m->endpoint,
		.endpoints = m->endpoints,
		.policy = m->policy,
		.policies = m->policies,
		.generation = 7,
		.namespace = m->inventory.namespace,
		.namespaces = m->inventory.namespaces,
		.default_deny = m->default_deny,
		.identities = m->identities,
		.prefixes = m->prefixes,
	};
}

static inline void model_compile(const struct model *m, struct twp_image *image)
{
	struct twp_compile_input input = model_input(m);
	struct twp_error error = { "" };

	twp_image_init(image);
	if (twp_compile(image, &input, &twp_sizes_default, &error))
		fail_msg("%s", error.text);
}

static inline struct twp_flow model_flow(const char *client, const char *server, uint8_t protocol,
					 uint16_t port)
{
	struct twp_flow flow = { .protocol = protocol, .port = port };

	/* "host" is an address that nobody has, at this machine. */
	flow.client_local = !strcmp(client, "host");
	flow.server_local = !strcmp(server, "host");
	assert_int_equal(twp_address_parse(&flow.client, flow.client_local ? "172.31.0.1" : client),
			 0);
	assert_int_equal(twp_address_parse(&flow.server, flow.server_local ? "172.31.0.1" : server),
			 0);
	return flow;
}

static inline struct twp_tuple model_tuple(const struct twp_flow *flow)
{
	struct twp_tuple tuple = {
		.family = flow->client.family,
		.protocol = flow->protocol,
		.port = htons(flow->port),
		.flags = (flow->client_local ? TWP_TUPLE_CLIENT_LOCAL : 0) |
			 (flow->server_local ? TWP_TUPLE_SERVER_LOCAL : 0),
	};

	memcpy(tuple.client, flow->client.bytes, sizeof(tuple.client));
	memcpy(tuple.server, flow->server.bytes, sizeof(tuple.server));
	return tuple;
}

/* What oracle and image both say; they must not differ. */
static inline enum twp_verdict model_judge(const struct model *m, const struct twp_image *image,
					   const struct twp_flow *flow)
{
	struct twp_compile_input input = model_input(m);
	struct twp_tuple tuple = model_tuple(flow);
	struct twp_judgement judgement;
	struct twp_answer answer;
	enum twp_verdict verdict;
	char client[INET6_ADDRSTRLEN], server[INET6_ADDRSTRLEN];

	twp_oracle_ask(&input, flow, &answer);
	verdict = image_judge(image, &tuple, &judgement);
	for (int d = 0; d < TWP_DIRECTIONS; d++)
		if (answer.direction[d] != TWP_DECISION_VERDICT(judgement.decision[d]))
			fail_msg("%s to %s, protocol %u, port %u, direction %d: "
				 "oracle says %u, image %u",
				 twp_address_text(&flow->client, client),
				 twp_address_text(&flow->server, server), flow->protocol,
				 flow->port, d, answer.direction[d],
				 TWP_DECISION_VERDICT(judgement.decision[d]));
	/* Either a rule decided, or none did; of what needs no rule one may still speak. */
	for (int d = 0; d < TWP_DIRECTIONS; d++)
		if (!TWP_DECISION_RULE(judgement.decision[d]))
			assert_true(!answer.rule[d] || answer.direction[d] == TWP_VERDICT_ALLOW);
		else
			assert_non_null(answer.rule[d]);
	assert_int_equal(verdict, answer.verdict);
	return verdict;
}

#endif
