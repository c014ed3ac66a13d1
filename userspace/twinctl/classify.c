// SPDX-License-Identifier: GPL-2.0-only
/* twinctl classify: what would become of a flow, by one backend or by both. */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "print.h"

/* A policy may change between the two answers: then they are asked again. */
#define TRIES 5

/* No packet carries it: what is left is the rules for every protocol. */
#define NO_PROTOCOL 255

#define BOTH 2

static const struct protocol {
	const char *name;
	uint32_t number;
	size_t address; /* bytes; 0: of either family */
	bool name_first; /* icmp/8, but 80/tcp */
	uint32_t max;
	unsigned int shift; /* from what is written to the tuple's port */
} protocols[] = {
	{ "tcp", IPPROTO_TCP, 0, false, 65535, 0 },	{ "udp", IPPROTO_UDP, 0, false, 65535, 0 },
	{ "sctp", IPPROTO_SCTP, 0, false, 65535, 0 },	{ "icmp", IPPROTO_ICMP, 4, true, 255, 8 },
	{ "icmpv6", IPPROTO_ICMPV6, 16, true, 255, 8 },
};

static bool read_number(const char *text, size_t length, uint32_t max, uint32_t *number)
{
	uint64_t value = 0;

	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		value = value * 10 + (uint64_t)(text[i] - '0');
		if (value > max)
			return false;
	}
	*number = (uint32_t)value;
	return length > 0;
}

static bool is_word(const char *text, size_t length, const char *word)
{
	return strlen(word) == length && !memcmp(text, word, length);
}

/* @what: the part of @text that is the number. */
static int read_port_of(const struct ctl_call *call, const struct protocol *protocol,
			const char *what, size_t length, Twinpath__V1__Tuple *tuple)
{
	uint32_t number;

	if (!read_number(what, length, protocol->max, &number))
		return ctl_usage(call, "option '--port': '%.*s' is no %s %s from 0 to %u",
				 (int)length, what, protocol->name,
				 protocol->name_first ? "type" : "port", protocol->max);
	if (protocol->address && protocol->address != tuple->client.len)
		return ctl_usage(call, "option '--port': %s does not go with %s addresses",
				 protocol->name, tuple->client.len == 4 ? "IPv4" : "IPv6");
	tuple->protocol = protocol->number;
	tuple->port = number << protocol->shift;
	return CTL_DONE;
}

static int read_port(const struct ctl_call *call, const char *text, Twinpath__V1__Tuple *tuple)
{
	const char *slash = text ? strchr(text, '/') : NULL;

	if (!text) {
		tuple->protocol = NO_PROTOCOL;
		return CTL_DONE;
	}
	size_t left = slash ? (size_t)(slash - text) : 0, right = slash ? strlen(slash + 1) : 0;
	for (size_t i = 0; slash && i < sizeof(protocols) / sizeof(*protocols); i++) {
		const struct protocol *protocol = &protocols[i];

		if (protocol->name_first && is_word(text, left, protocol->name))
			return read_port_of(call, protocol, slash + 1, right, tuple);
		if (!protocol->name_first && is_word(slash + 1, right, protocol->name))
			return read_port_of(call, protocol, text, left, tuple);
	}
	if (!slash || !is_word(text, left, "proto"))
		return ctl_usage(call,
				 "option '--port': '%s' is none of N/tcp, N/udp, N/sctp, "
				 "icmp/TYPE, icmpv6/TYPE, proto/N",
				 text);
	if (!read_number(slash + 1, right, 255, &tuple->protocol))
		return ctl_usage(call, "option '--port': '%s' is no protocol from 0 to 255",
				 slash + 1);
	for (size_t i = 0; i < sizeof(protocols) / sizeof(*protocols); i++)
		if (protocols[i].number == tuple->protocol)
			return ctl_usage(call, "option '--port': '%s' is written %s%s%s", text,
					 protocols[i].name_first ? "" : "N/", protocols[i].name,
					 protocols[i].name_first ? "/TYPE" : "");
	return CTL_DONE;
}

/* The host is held under the unspecified address of the other end's family. */
static int read_ends(const struct ctl_call *call, struct twp_address end[2],
		     Twinpath__V1__Tuple *tuple)
{
	static const char *const names[] = { "from", "to" };
	protobuf_c_boolean *local[] = { &tuple->client_local, &tuple->server_local };
	ProtobufCBinaryData *bytes[] = { &tuple->client, &tuple->server };
	struct twp_error error;

	for (int i = 0; i < 2; i++) {
		const char *text = ctl_option(call, names[i]);

		if (!text)
			return ctl_usage(call, "classify wants '--%s'", names[i]);
		*local[i] = !strcmp(text, "host");
		if (!*local[i] && ctl_address_read(&end[i], text, &error))
			return ctl_usage(call, "option '--%s': %s", names[i], error.text);
	}
	if (*local[0] && *local[1])
		return ctl_usage(call, "one of '--from' and '--to' is an address");
	for (int i = 0; i < 2; i++)
		if (*local[i])
			end[i] = (struct twp_address){ .family = end[!i].family };
	if (end[0].family != end[1].family)
		return ctl_usage(call, "'--from %s' and '--to %s' are of two families",
				 ctl_option(call, "from"), ctl_option(call, "to"));
	for (int i = 0; i < 2; i++) {
		bytes[i]->len = twp_address_length(&end[i]);
		bytes[i]->data = end[i].bytes;
	}
	return CTL_DONE;
}

static bool same_decision(const Twinpath__V1__Decision *a, const Twinpath__V1__Decision *b)
{
	if (!a || !b)
		return a == b;
	return a->verdict == b->verdict && a->rule == b->rule;
}

/* Lookups may differ: a backend may stop sooner. */
static bool agree(const Twinpath__V1__Judgement *a, const Twinpath__V1__Judgement *b)
{
	return a->verdict == b->verdict && a->client == b->client && a->server == b->server &&
	       same_decision(a->egress, b->egress) && same_decision(a->ingress, b->ingress);
}

struct answers {
	Twinpath__V1__Response *response[BOTH];
	size_t count;
};

static void answers_clean(struct answers *answers)
{
	for (size_t i = 0; i < answers->count; i++)
		ctl_response_free(&answers->response[i]);
	answers->count = 0;
}

static const Twinpath__V1__Judgement *judgement(const struct answers *answers, size_t i)
{
	return answers->response[i]->classification->judgement;
}

static int ask(const struct ctl_call *call, Twinpath__V1__ClassifyRequest *classify,
	       const int *backend, size_t count, struct answers *answers)
{
	Twinpath__V1__Request request = TWINPATH__V1__REQUEST__INIT;

	request.operation_case = TWINPATH__V1__REQUEST__OPERATION_CLASSIFY;
	request.classify = classify;
	answers_clean(answers);
	for (size_t i = 0; i < count; i++) {
		classify->backend = (Twinpath__V1__Backend)backend[i];
		answers->response[i] =
			ctl_ask(call, &request, TWINPATH__V1__RESPONSE__RESULT_CLASSIFICATION);
		if (!answers->response[i])
			return CTL_FAILED;
		answers->count++;
		if (!judgement(answers, i))
			return ctl_fail("the daemon's answer holds no judgement");
	}
	return CTL_DONE;
}

static int ask_of_one_generation(const struct ctl_call *call,
				 Twinpath__V1__ClassifyRequest *classify, const int *backend,
				 size_t count, struct answers *answers)
{
	for (int tries = 0; tries < TRIES; tries++) {
		if (ask(call, classify, backend, count, answers))
			return CTL_FAILED;
		if (count < BOTH ||
		    judgement(answers, 0)->generation == judgement(answers, 1)->generation)
			return CTL_DONE;
	}
	return ctl_fail("the policy changed between the answers of the backends, %d times in a "
			"row",
			TRIES);
}

static void print_text(const Twinpath__V1__Tuple *tuple, const struct answers *answers)
{
	const Twinpath__V1__Classification *first = answers->response[0]->classification;
	struct ctl_table ends CTL_CLEAN(ctl_table_clean);
	struct ctl_table table CTL_CLEAN(ctl_table_clean);
	char *client CTL_CLEAN(ctl_free) = ctl_labels(first->client, first->n_client);
	char *server CTL_CLEAN(ctl_free) = ctl_labels(first->server, first->n_server);
	ctl_text text;

	ctl_table_init(&ends, "<|<|<");
	ctl_table_add(&ends, "client");
	ctl_table_add(&ends, "%s", ctl_address(text, &tuple->client, tuple->client_local));
	ctl_table_add(&ends, "identity %u (%s)", first->judgement->client, client);
	ctl_table_add(&ends, "server");
	ctl_table_add(&ends, "%s", ctl_address(text, &tuple->server, tuple->server_local));
	ctl_table_add(&ends, "identity %u (%s)", first->judgement->server, server);
	ctl_table_add(&ends, "port");
	if (tuple->protocol == NO_PROTOCOL)
		ctl_table_add(&ends, "of no protocol");
	else
		ctl_table_add(&ends, "%s", ctl_port(text, tuple->protocol, tuple->port));
	ctl_table_add(&ends, "%s", "");
	ctl_table_print(&ends);

	ctl_table_init(&table,
		       "<backend|<verdict|<egress|<ingress|>lookups|>client|>server|>generation");
	for (size_t i = 0; i < answers->count; i++) {
		const Twinpath__V1__Classification *answer = answers->response[i]->classification;
		const Twinpath__V1__Judgement *one = answer->judgement;
		char *egress CTL_CLEAN(ctl_free) = ctl_decision(one->egress, answer->egress_rule);
		char *ingress CTL_CLEAN(ctl_free) =
			ctl_decision(one->ingress, answer->ingress_rule);

		ctl_table_add(&table, "%s",
			      ctl_word(text, &twinpath__v1__backend__descriptor,
				       (int)one->backend));
		ctl_table_add(&table, "%s",
			      ctl_word(text, &twinpath__v1__verdict__descriptor,
				       (int)one->verdict));
		ctl_table_add(&table, "%s", egress);
		ctl_table_add(&table, "%s", ingress);
		ctl_table_add(&table, "%u", one->lookups);
		ctl_table_add(&table, "%u", one->client);
		ctl_table_add(&table, "%u", one->server);
		ctl_table_add(&table, "%u", one->generation);
	}
	putchar('\n');
	ctl_table_print(&table);
}

static void print_json(const struct answers *answers, bool agreed)
{
	json_t *list = json_array();

	for (size_t i = 0; i < answers->count; i++)
		json_array_append_new(list, ctl_json(&answers->response[i]->classification->base));
	ctl_json_print(json_pack("{s:b,s:o}", "agree", agreed, "classification", list), false);
}

int ctl_classify(const struct ctl_call *call)
{
	Twinpath__V1__ClassifyRequest classify = TWINPATH__V1__CLASSIFY_REQUEST__INIT;
	Twinpath__V1__Tuple tuple = TWINPATH__V1__TUPLE__INIT;
	int backend[] = { TWINPATH__V1__BACKEND__BACKEND_NFT, TWINPATH__V1__BACKEND__BACKEND_BPF };
	const char *one = ctl_option(call, "backend");
	struct answers answers CTL_CLEAN(answers_clean) = { 0 };
	struct twp_address end[2] = { 0 };

	if (read_ends(call, end, &tuple) || read_port(call, ctl_option(call, "port"), &tuple) ||
	    (one && ctl_enum_read(call, "option '--backend'", &twinpath__v1__backend__descriptor,
				  one, &backend[0])))
		return CTL_USAGE;
	classify.tuple = &tuple;
	if (ask_of_one_generation(call, &classify, backend, one ? 1 : BOTH, &answers))
		return CTL_FAILED;

	bool agreed = one || agree(judgement(&answers, 0), judgement(&answers, 1));
	if (call->json)
		print_json(&answers, agreed);
	else
		print_text(&tuple, &answers);
	if (agreed)
		return CTL_DONE;
	ctl_fail("the backends disagree");
	return CTL_DISAGREE;
}
