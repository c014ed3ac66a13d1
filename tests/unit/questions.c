// SPDX-License-Identifier: GPL-2.0-only
/* Questions, made from the ends, prefixes and ports that inventory and policies name. */
#include "questions.h"

#include <stdlib.h>
#include <string.h>

#include "generate.h"

/* One end of a flow, or one edge: both are kept in lists without repetition. */
struct end {
	struct twp_address address;
	bool local;
	bool speaks[TWP_DIRECTIONS]; /* some policy has a say in this direction of it */
};

struct edge {
	uint8_t protocol;
	uint16_t port;
};

struct list {
	unsigned char *bytes;
	size_t count, size;
};

static void *list_at(const struct list *list, size_t i)
{
	return list->bytes + i * list->size;
}

static void list_add(struct list *list, const void *item)
{
	for (size_t i = 0; i < list->count; i++)
		if (!memcmp(list_at(list, i), item, list->size))
			return;
	list->bytes = reallocarray(list->bytes, list->count + 1, list->size);
	if (!list->bytes)
		abort();
	memcpy(list_at(list, list->count++), item, list->size);
}

static void list_shuffle(struct list *list)
{
	unsigned char swap[sizeof(struct end) * 2];

	for (size_t i = list->count; i > 1; i--) {
		void *a = list_at(list, i - 1), *b = list_at(list, pick((unsigned int)i));

		memcpy(swap, a, list->size);
		memmove(a, b, list->size);
		memcpy(b, swap, list->size);
	}
}

/* ---- ends */

static void end_add(struct list *ends, const struct twp_address *address)
{
	struct end end;

	/* All of its bytes are compared. */
	memset(&end, 0, sizeof(end));
	end.address = *address;
	list_add(ends, &end);
}

/* The address before or behind; past the last it begins again. */
static struct twp_address neighbour(struct twp_address address, int step)
{
	for (size_t i = twp_address_length(&address); i-- > 0;) {
		address.bytes[i] = (uint8_t)(address.bytes[i] + step);
		if (address.bytes[i] != (step > 0 ? 0 : 0xff))
			break;
	}
	return address;
}

/* First and last address of a prefix, and what lies next to them. */
static void prefix_add(struct list *ends, const struct twp_prefix *prefix, uint8_t family)
{
	struct twp_address last = prefix->address, around;
	size_t bits = 8 * twp_address_length(&last);

	if (last.family != family)
		return;
	for (size_t i = prefix->length; i < bits; i++)
		last.bytes[i / 8] |= (uint8_t)(0x80 >> i % 8);
	end_add(ends, &prefix->address);
	end_add(ends, &last);
	around = neighbour(prefix->address, -1);
	end_add(ends, &around);
	around = neighbour(last, 1);
	end_add(ends, &around);
}

static void host_add(struct list *ends, uint8_t family)
{
	static const uint8_t four[] = { 172, 31, 0, 1 }, six[16] = { 0xfd, 0xff, [15] = 1 };
	struct end end;

	memset(&end, 0, sizeof(end));
	end.local = true;
	if (twp_address_set(&end.address, family == TWP_FAMILY_IPV4 ? four : six,
			    family == TWP_FAMILY_IPV4 ? 4 : 16))
		abort();
	list_add(ends, &end);
}

/* Asks of some flow from it and to it whether a policy is why it is as it is. */
static void end_look(struct end *end, const struct twp_compile_input *input)
{
	struct twp_flow flow = { .protocol = IPPROTO_TCP, .port = 80 };
	struct twp_address other = { .family = end->address.family };
	struct twp_answer answer;

	memset(other.bytes, 0x20, twp_address_length(&other));
	flow.client = end->address;
	flow.client_local = end->local;
	flow.server = other;
	twp_oracle_ask(input, &flow, &answer);
	end->speaks[TWP_EGRESS] = answer.why[TWP_EGRESS] != TWP_WHY_NOT_ISOLATED;
	flow.client = other;
	flow.client_local = false;
	flow.server = end->address;
	flow.server_local = end->local;
	twp_oracle_ask(input, &flow, &answer);
	end->speaks[TWP_INGRESS] = answer.why[TWP_INGRESS] != TWP_WHY_NOT_ISOLATED;
}

typedef void visit_rule(const struct twp_rule *rule, void *context);

static void rules_walk(const struct twp_compile_input *input, visit_rule *visit, void *context)
{
	for (size_t i = 0; i < input->policies; i++)
		for (size_t j = 0; j < input->policy[i].specs; j++)
			for (size_t k = 0; k < input->policy[i].spec[j].rules; k++)
				visit(&input->policy[i].spec[j].rule[k], context);
}

struct collected {
	const struct twp_compile_input *input;
	uint8_t family;
	struct list ends, edges;
};

static void rule_ends(const struct twp_rule *rule, void *context)
{
	struct collected *all = context;

	for (size_t i = 0; i < rule->peers; i++) {
		const struct twp_block *block = &rule->peer[i].block;

		if (!rule->peer[i].is_block)
			continue;
		prefix_add(&all->ends, &block->prefix, all->family);
		for (size_t j = 0; j < block->excepts; j++)
			prefix_add(&all->ends, &block->except[j], all->family);
	}
}

static void ends_collect(struct collected *all)
{
	struct twp_address address = { .family = all->family };

	for (size_t i = 0; i < all->input->endpoints; i++)
		for (size_t j = 0; j < all->input->endpoint[i].addresses; j++)
			if (all->input->endpoint[i].address[j].family == all->family)
				end_add(&all->ends, &all->input->endpoint[i].address[j]);
	host_add(&all->ends, all->family);
	/* A client without an address yet, and somebody whom no document names. */
	end_add(&all->ends, &address);
	memset(address.bytes, 0x20, twp_address_length(&address));
	end_add(&all->ends, &address);
	rules_walk(all->input, rule_ends, all);
	for (size_t i = 0; i < all->ends.count; i++)
		end_look(list_at(&all->ends, i), all->input);
}

/* ---- edges */

static void edge_add(struct list *edges, uint8_t protocol, unsigned int port)
{
	struct edge edge;

	memset(&edge, 0, sizeof(edge));
	edge.protocol = protocol;
	edge.port = (uint16_t)port;
	if (port <= UINT16_MAX)
		list_add(edges, &edge);
}

static void range_add(struct list *edges, uint8_t protocol, unsigned int port, unsigned int last,
		      unsigned int step)
{
	/* Below 0 is above 65535. */
	edge_add(edges, protocol, port - step);
	edge_add(edges, protocol, port);
	edge_add(edges, protocol, last);
	edge_add(edges, protocol, last + step);
}

static const uint8_t with_ports[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP };

static void rule_edges(const struct twp_rule *rule, void *context)
{
	struct collected *all = context;
	uint8_t icmp = all->family == TWP_FAMILY_IPV4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;

	for (size_t i = 0; i < rule->ports; i++) {
		const struct twp_port *port = &rule->port[i];
		bool is_icmp = port->protocol == IPPROTO_ICMP || port->protocol == IPPROTO_ICMPV6;

		if (!port->any_protocol && is_icmp) {
			range_add(&all->edges, icmp, port->port & 0xff00u, port->port & 0xff00u,
				  256);
			continue;
		}
		for (size_t j = 0; j < sizeof(with_ports); j++)
			if (port->any_protocol || port->protocol == with_ports[j] || !pick(4))
				range_add(&all->edges, with_ports[j], port->port, port->last, 1);
	}
}

static void edges_collect(struct collected *all)
{
	bool four = all->family == TWP_FAMILY_IPV4;

	for (size_t i = 0; i < sizeof(with_ports); i++) {
		edge_add(&all->edges, with_ports[i], 0);
		edge_add(&all->edges, with_ports[i], UINT16_MAX);
	}
	edge_add(&all->edges, four ? IPPROTO_ICMP : IPPROTO_ICMPV6, (four ? 8 : 128) << 8);
	edge_add(&all->edges, IPPROTO_GRE, 0);
	for (size_t i = 0; i < all->input->endpoints; i++)
		for (size_t j = 0; j < all->input->endpoint[i].ports; j++) {
			const struct twp_named_port *port = &all->input->endpoint[i].port[j];

			range_add(&all->edges, port->protocol, port->port, port->port, 1);
		}
	rules_walk(all->input, rule_edges, all);
}

/* ---- questions */

static void pairs_collect(const struct list *ends, struct list *pairs)
{
	for (size_t i = 0; i < ends->count * ends->count; i++) {
		const struct end *client = list_at(ends, i / ends->count);
		const struct end *server = list_at(ends, i % ends->count);
		size_t pair[] = { i / ends->count, i % ends->count };

		/* Where no policy has a say a few questions are enough. */
		if (!client->speaks[TWP_EGRESS] && !server->speaks[TWP_INGRESS] && pick(8))
			continue;
		if (client->local && server->local)
			continue;
		pairs->bytes = reallocarray(pairs->bytes, pairs->count + 1, pairs->size);
		if (!pairs->bytes)
			abort();
		memcpy(list_at(pairs, pairs->count++), pair, sizeof(pair));
	}
}

static size_t common_divisor(size_t a, size_t b)
{
	while (b) {
		size_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

static void flows_make(struct questions *questions, const struct collected *all,
		       const struct list *pairs, size_t most)
{
	/* Of the torus of pairs and edges one diagonal after the other, so nothing is asked twice. */
	size_t diagonal =
		pairs->count / common_divisor(pairs->count, all->edges.count) * all->edges.count;

	if (most > pairs->count * all->edges.count)
		most = pairs->count * all->edges.count;
	questions->flow = calloc(most, sizeof(*questions->flow));
	if (!questions->flow)
		abort();
	for (size_t i = 0; i < most; i++) {
		const size_t *pair = list_at(pairs, (i + i / diagonal) % pairs->count);
		const struct edge *edge = list_at(&all->edges, i % all->edges.count);
		const struct end *client = list_at(&all->ends, pair[0]);
		const struct end *server = list_at(&all->ends, pair[1]);

		questions->flow[questions->flows++] = (struct twp_flow){
			.client = client->address,
			.server = server->address,
			.client_local = client->local,
			.server_local = server->local,
			.protocol = edge->protocol,
			.port = edge->port,
		};
	}
}

void questions_make(struct questions *questions, const struct twp_compile_input *input,
		    uint8_t family, size_t most)
{
	struct collected all = {
		.input = input,
		.family = family,
		.ends = { .size = sizeof(struct end) },
		.edges = { .size = sizeof(struct edge) },
	};
	struct list pairs = { .size = sizeof(size_t[2]) };

	*questions = (struct questions){ 0 };
	ends_collect(&all);
	edges_collect(&all);
	pairs_collect(&all.ends, &pairs);
	list_shuffle(&pairs);
	list_shuffle(&all.edges);
	if (pairs.count)
		flows_make(questions, &all, &pairs, most);
	free(all.ends.bytes);
	free(all.edges.bytes);
	free(pairs.bytes);
}

void questions_clean(struct questions *questions)
{
	free(questions->flow);
	*questions = (struct questions){ 0 };
}
