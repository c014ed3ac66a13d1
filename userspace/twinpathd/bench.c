// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bench: table rules, read backwards. A row names two identities, a
 * protocol and a port; endpoints of these identities make a flow that hits it.
 */
#include <arpa/inet.h>
#include <string.h>

#include "bench.h"

#define TUPLES 128 /* that the module takes */
#define JUDGEMENTS 10000
#define ROUNDS 11

struct flow {
	struct twp_address client, server;
	uint32_t protocol;
	uint32_t port;
};

/* An address of each, of one family. */
static bool addresses_pick(const struct twp_endpoint *a, const struct twp_endpoint *b,
			   struct twp_address *of_a, struct twp_address *of_b)
{
	size_t i, j;

	for (i = 0; i < a->addresses; i++) {
		for (j = 0; j < b->addresses; j++) {
			if (a->address[i].family != b->address[j].family)
				continue;
			*of_a = a->address[i];
			*of_b = b->address[j];
			return true;
		}
	}
	return false;
}

/* A flow that hits the row. */
static bool flow_make(const struct twp_state *state, const struct twp_rule_key *key, size_t row,
		      struct flow *flow)
{
	const struct twp_endpoint *subject, *peer;
	bool egress = (key->subject & 1) == TWP_EGRESS;

	subject = twp_state_identity(state, key->subject >> 1);
	if (key->peer == TWP_IDENTITY_ANY && state->endpoints)
		peer = &state->endpoint[row % state->endpoints];
	else
		peer = twp_state_identity(state, key->peer);
	if (!subject || !peer)
		return false;
	if (!addresses_pick(egress ? subject : peer, egress ? peer : subject, &flow->client,
			    &flow->server))
		return false;
	flow->protocol = IPPROTO_TCP;
	flow->port = ntohs(key->port);
	if (key->shape != TWP_SHAPE_ANY_PROTOCOL)
		flow->protocol = key->shape >> 8;
	return true;
}

/* One flow from each of @TUPLES stretches of the table. */
static size_t flows_pick(const struct twp_state *state, const struct twp_image *image,
			 struct flow *flow)
{
	const size_t rows = image->table[TWP_TABLE_RULES].count;
	size_t stretch, row, end, count = 0;

	for (stretch = 0; stretch < TUPLES; stretch++) {
		row = rows * stretch / TUPLES;
		end = rows * (stretch + 1) / TUPLES;
		for (; row < end; row++) {
			if (!flow_make(state, twp_row_key(image, TWP_TABLE_RULES, row), row,
				       &flow[count]))
				continue;
			count++;
			break;
		}
	}
	return count;
}

Twinpath__V1__BenchResult *twp_bench(struct twp_daemon *daemon,
				     const Twinpath__V1__BenchTablesRequest *asked,
				     struct twp_error *error)
{
	Twinpath__V1__BenchRequest request = TWINPATH__V1__BENCH_REQUEST__INIT;
	Twinpath__V1__Tuple tuple[TUPLES], *tuples[TUPLES];
	struct flow flow[TUPLES];
	const struct twp_image *image;
	size_t i, count;

	if (twp_daemon_reach(daemon, error))
		return NULL;
	image = twp_program_image(&daemon->program);
	count = image ? flows_pick(&daemon->state, image, flow) : 0;
	if (!count) {
		twp_error_set(error,
			      "no rule of the policy is between two endpoints with addresses "
			      "of one family: there is nothing to look up");
		return NULL;
	}
	for (i = 0; i < count; i++) {
		twinpath__v1__tuple__init(&tuple[i]);
		tuple[i].client.data = flow[i].client.bytes;
		tuple[i].client.len = twp_address_length(&flow[i].client);
		tuple[i].server.data = flow[i].server.bytes;
		tuple[i].server.len = twp_address_length(&flow[i].server);
		tuple[i].protocol = flow[i].protocol;
		tuple[i].port = flow[i].port;
		tuples[i] = &tuple[i];
	}
	request.backend = asked->backend;
	request.judgements = asked->judgements ? asked->judgements : JUDGEMENTS;
	request.rounds = asked->rounds ? asked->rounds : ROUNDS;
	request.tuple = tuples;
	request.n_tuple = count;
	return twp_module_bench(daemon->program.module, &request, error);
}
