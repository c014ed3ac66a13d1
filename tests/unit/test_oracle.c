// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of userspace/policy/oracle.c: a truth table for each clause of the
 * policy language. Each question is asked of the compiled image, too.
 */
#include <netinet/in.h>

#include "model.h"

#define A "10.0.0.1" /* app=a */
#define B "10.0.0.2" /* app=b */
#define N "10.0.0.3" /* no labels */
#define W "192.0.2.1" /* no endpoint */
#define H "host"

#define SELECT(label) "endpointSelector: {matchLabels: {" label "}}\n"
#define FOR_A SELECT("app: a")
#define FROM_B "fromEndpoints: [{matchLabels: {app: b}}]"
#define PORTS(ports) "toPorts: [{ports: [" ports "]}]"

enum { TCP = IPPROTO_TCP, UDP = IPPROTO_UDP, SCTP = IPPROTO_SCTP, ICMP = IPPROTO_ICMP };

static const struct row {
	const char *policy; /* NULL: as above */
	const char *client, *server;
	uint8_t protocol;
	uint16_t port;
	bool passes;
} table[] = {
	/* No policy selects anybody: everything passes. */
	{ "", W, A, TCP, 80, true },
	{ NULL, A, B, UDP, 1, true },
	{ FOR_A, B, A, TCP, 80, true },
	{ FOR_A "ingress: []", B, A, TCP, 80, true },
	/* A rule allows its peer, and nobody else; one way. */
	{ FOR_A "ingress: [{" FROM_B "}]", B, A, TCP, 80, true },
	{ NULL, B, A, ICMP, 8 << 8, true },
	{ NULL, N, A, TCP, 80, false },
	{ NULL, W, A, TCP, 80, false },
	{ NULL, H, A, TCP, 80, false },
	{ NULL, A, A, TCP, 80, false },
	{ NULL, A, N, TCP, 80, true },
	{ NULL, W, B, TCP, 80, true },
	/* An empty rule allows nobody. */
	{ FOR_A "ingress: [{}]", B, A, TCP, 80, false },
	{ FOR_A "ingress: [{fromEndpoints: []}]", B, A, TCP, 80, false },
	{ FOR_A "ingress: [{fromEndpoints: []," PORTS("{port: 80}") "}]", B, A, TCP, 80, false },
	/* An empty selector is everybody: endpoints, the host, the world. */
	{ FOR_A "ingress: [{fromEndpoints: [{}]}]", B, A, TCP, 80, true },
	{ NULL, N, A, TCP, 80, true },
	{ NULL, W, A, TCP, 80, true },
	{ NULL, H, A, TCP, 80, true },
	/* So is no selector beside ports. */
	{ FOR_A "ingress: [{" PORTS("{port: 80, protocol: TCP}") "}]", W, A, TCP, 80, true },
	{ NULL, W, A, TCP, 81, false },
	{ NULL, W, A, UDP, 80, false },
	/* A port without protocol is of TCP, UDP and SCTP. */
	{ FOR_A "ingress: [{" PORTS("{port: 80}") "}]", W, A, TCP, 80, true },
	{ NULL, W, A, UDP, 80, true },
	{ NULL, W, A, SCTP, 80, true },
	{ NULL, W, A, ICMP, 80, false },
	{ NULL, W, A, TCP, 8080, false },
	/* Port 0 is every port; without protocol it is of TCP, UDP and SCTP. */
	{ FOR_A "ingress: [{" PORTS("{port: 0, protocol: UDP}") "}]", W, A, UDP, 5000, true },
	{ NULL, W, A, TCP, 5000, false },
	{ FOR_A "ingress: [{" PORTS("{port: 0}") "}]", W, A, ICMP, 8 << 8, false },
	{ NULL, W, A, 47, 0, false },
	{ NULL, W, A, TCP, 1, true },
	{ NULL, W, A, UDP, 65535, true },
	{ NULL, W, A, SCTP, 0, true },
	{ FOR_A "ingress: [{" PORTS("{port: 0, protocol: ANY}, {port: 80}") "}]", W, A, ICMP,
	  8 << 8, false },
	{ NULL, W, A, SCTP, 9, true },
	{ FOR_A "ingress: [{" PORTS("") "}]", W, A, 47, 0, false },
	/* Several ports, several items of toPorts: any of them. */
	{ FOR_A "ingress: [{toPorts: [{ports: [{port: 1}, {port: 2}]}, {ports: [{port: 3}]}]}]", W,
	  A, TCP, 1, true },
	{ NULL, W, A, TCP, 2, true },
	{ NULL, W, A, TCP, 3, true },
	{ NULL, W, A, TCP, 4, false },
	/* Peer and port must both fit. */
	{ FOR_A "ingress: [{" FROM_B ", " PORTS("{port: 80}") "}]", B, A, TCP, 80, true },
	{ NULL, B, A, TCP, 81, false },
	{ NULL, N, A, TCP, 80, false },
	/* Rules and policies add up. */
	{ FOR_A "ingress: [{" FROM_B "}, {" PORTS("{port: 80}") "}]", N, A, TCP, 80, true },
	{ NULL, B, A, TCP, 81, true },
	{ NULL, N, A, TCP, 81, false },
	{ "[{" SELECT("app: a") ", ingress: [{}]}, {" SELECT("app: a") ", ingress: [{" FROM_B
								       "}]}]",
	  B, A, TCP, 1, true },
	/* Deny wins, whatever the shape. */
	{ FOR_A "ingress: [{" FROM_B
		", " PORTS("{port: 80, protocol: TCP}") "}]\n"
							"ingressDeny: [{fromEndpoints: [{}]}]",
	  B, A, TCP, 80, false },
	{ FOR_A "ingress: [{fromEndpoints: [{}]}]\n"
		"ingressDeny: [{" FROM_B ", " PORTS("{port: 80, protocol: TCP}") "}]",
	  B, A, TCP, 80, false },
	{ NULL, B, A, TCP, 81, true },
	{ NULL, N, A, TCP, 80, true },
	{ FOR_A "ingress: [{fromEndpoints: [{}]}]\ningressDeny: [{" PORTS("{port: 80}") "}]", W, A,
	  SCTP, 80, false },
	{ NULL, W, A, SCTP, 81, true },
	/* A deny section alone enforces: what it does not name has no allow. */
	{ FOR_A "ingressDeny: [{" FROM_B "}]", N, A, TCP, 80, false },
	{ FOR_A "ingressDeny: [{}]\ningress: [{fromEndpoints: [{}]}]", B, A, TCP, 80, true },
	{ FOR_A "ingressDeny: [{}]", B, A, TCP, 80, false },
	{ FOR_A "ingressDeny: [{}]", A, B, TCP, 80, true },
	/* Egress is judged by the client's rules, ingress by the server's: both must allow. */
	{ FOR_A "egress: [{toEndpoints: [{matchLabels: {app: b}}]}]", A, B, TCP, 80, true },
	{ NULL, A, N, TCP, 80, false },
	{ NULL, A, W, TCP, 80, false },
	{ NULL, A, H, TCP, 80, false },
	{ NULL, W, A, TCP, 80, true },
	{ FOR_A "egressDeny: [{toEndpoints: [{}]}]", A, B, TCP, 80, false },
	{ "[{" SELECT(
		  "app: a") ", egress: [{toEndpoints: [{}]}]},"
			    " {" SELECT(
				    "app: b") ", ingress: [{fromEndpoints: [{matchLabels: {app: c}}]}]}]",
	  A, B, TCP, 80, false },
	{ NULL, A, N, TCP, 80, true },
	/* The world, by name. */
	{ FOR_A "ingress: [{fromEndpoints: [{matchLabels: {'reserved:world': ''}}]}]", W, A, TCP,
	  80, true },
	{ NULL, B, A, TCP, 80, false },
	{ NULL, H, A, TCP, 80, false },
	/* The host, by name, as a peer and as a subject. */
	{ FOR_A "ingress: [{fromEndpoints: [{matchLabels: {'reserved:host': ''}}]}]", H, A, TCP, 80,
	  true },
	{ NULL, W, A, TCP, 80, false },
	{ SELECT("'reserved:host': ''") "ingress: [{" FROM_B "}]", B, H, TCP, 22, true },
	{ NULL, W, H, TCP, 22, false },
	{ NULL, H, W, TCP, 22, true },
	{ NULL, W, A, TCP, 22, true },
	/* A policy for all endpoints is not for the host, nor for the world. */
	{ "endpointSelector: {}\ningress: [{}]\negress: [{}]", H, W, TCP, 80, true },
	{ NULL, W, H, TCP, 80, true },
	{ NULL, W, N, TCP, 80, false },
	{ NULL, N, W, TCP, 80, false },
	/* Every label of a selector must fit. */
	{ SELECT("app: a, tier: x") "ingress: [{}]", B, A, TCP, 80, true },
};

static void truth_table(void **state)
{
	const char *policy = "";

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct row *row = &table[i];
		struct twp_image image;
		struct twp_flow flow;
		struct model m;

		policy = row->policy ?: policy;
		model_init(&m);
		model_endpoint(&m, "a", "app=a", A " fd00::1");
		model_endpoint(&m, "b", "app=b", B " fd00::2");
		model_endpoint(&m, "n", "", N);
		if (*policy) {
			/* In a list, a selector's line must not end. */
			char *text = strdup(policy);

			for (char *c = text; *text == '[' && *c; c++)
				if (*c == '\n')
					*c = ' ';
			model_policy(&m, "p", text);
			free(text);
		}
		model_compile(&m, &image);
		flow = model_flow(row->client, row->server, row->protocol, row->port);
		if ((model_judge(&m, &image, &flow) == TWP_VERDICT_ALLOW) != row->passes)
			fail_msg("%s to %s, protocol %u, port %u %s under\n%s", row->client,
				 row->server, row->protocol, row->port,
				 row->passes ? "does not pass" : "passes", policy);
		twp_image_clean(&image);
		model_clean(&m);
	}
}

static void names_what_decided(void **state)
{
	struct twp_compile_input input;
	struct twp_answer answer;
	struct twp_flow flow;
	struct model m;
	char text[TWP_RULE_TEXT];

	(void)state;
	model_init(&m);
	model_endpoint(&m, "a", "app=a", A);
	model_endpoint(&m, "b", "app=b", B);
	model_policy(&m, "p", FOR_A "ingress: [{}, {" FROM_B "}]");
	model_policy(&m, "q", FOR_A "ingressDeny: [{" PORTS("{port: 9}") "}]");
	input = model_input(&m);

	flow = model_flow(B, A, TCP, 80);
	twp_oracle_ask(&input, &flow, &answer);
	assert_int_equal(answer.verdict, TWP_VERDICT_ALLOW);
	assert_string_equal(answer.policy[TWP_INGRESS]->name, "p");
	assert_string_equal(twp_rule_text(answer.policy[TWP_INGRESS], answer.rule[TWP_INGRESS],
					  text),
			    "ingress[1]");
	assert_null(answer.rule[TWP_EGRESS]);
	assert_null(answer.policy[TWP_EGRESS]);
	assert_int_equal(answer.direction[TWP_EGRESS], TWP_VERDICT_ALLOW);

	flow.port = 9;
	twp_oracle_ask(&input, &flow, &answer);
	assert_int_equal(answer.verdict, TWP_VERDICT_DENY);
	assert_string_equal(answer.policy[TWP_INGRESS]->name, "q");

	/* The default deny is nobody's rule. */
	flow = model_flow(W, A, TCP, 80);
	twp_oracle_ask(&input, &flow, &answer);
	assert_int_equal(answer.direction[TWP_INGRESS], TWP_VERDICT_DENY);
	assert_null(answer.rule[TWP_INGRESS]);
	assert_null(answer.policy[TWP_INGRESS]);
	model_clean(&m);
}

/* An address of an endpoint is that endpoint's, at this machine, too. */
static void an_endpoint_comes_before_the_host(void **state)
{
	struct twp_compile_input input;
	struct twp_answer answer;
	struct twp_image image;
	struct twp_flow flow;
	struct model m;

	(void)state;
	model_init(&m);
	model_endpoint(&m, "a", "app=a", A);
	model_policy(&m, "p", FOR_A "ingress: [{}]");
	model_compile(&m, &image);
	flow = model_flow(W, A, TCP, 80);
	flow.server_local = true;
	assert_int_equal(model_judge(&m, &image, &flow), TWP_VERDICT_DENY);
	input = model_input(&m);
	flow = model_flow(W, H, TCP, 80);
	twp_oracle_ask(&input, &flow, &answer);
	assert_int_equal(answer.verdict, TWP_VERDICT_ALLOW);
	twp_image_clean(&image);
	model_clean(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(truth_table),
		cmocka_unit_test(names_what_decided),
		cmocka_unit_test(an_endpoint_comes_before_the_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
