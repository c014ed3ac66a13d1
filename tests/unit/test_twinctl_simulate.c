// SPDX-License-Identifier: GPL-2.0-only
/* Tests of twinctl policy validate, trace and matrix: no daemon is there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "twinctl_check.h"

static const char inventory[] =
	"apiVersion: v1\nkind: Namespace\nmetadata: {name: x, labels: {ns: x}}\n---\n"
	"apiVersion: v1\nkind: PodList\nitems:\n"
	"- metadata: {name: a, namespace: x, labels: {pod: a}}\n"
	"  spec: {containers: [{name: c, ports: [{name: http, containerPort: 80}]}]}\n"
	"  status: {podIP: 10.0.0.1}\n"
	"- metadata: {name: b, namespace: y, labels: {pod: b}}\n"
	"  status: {podIP: 10.0.0.2}\n";

static const char policy[] = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
			     "metadata: {name: p, namespace: x}\n"
			     "spec: {ingress: [{from: [{namespaceSelector: {matchLabels: "
			     "{kubernetes.io/metadata.name: y}}}], ports: [{port: http}]}]}\n";

/* "twinctl policy @verb -f INVENTORY POLICY @rest" */
static struct run simulate(const char *verb, const char *rest)
{
	char first[128], line[512];

	snprintf(first, sizeof(first), "%s",
		 run_file("inventory.yaml", inventory, strlen(inventory)));
	snprintf(line, sizeof(line), "policy %s -f %s %s %s", verb, first,
		 run_file("policy.yaml", policy, strlen(policy)), rest);
	return run_twinctl(NULL, NULL, line);
}

static void matrix_says_every_pair(void **state)
{
	struct run run =
		simulate("matrix", "--port 80/tcp --port 81/TCP --address 192.0.2.1 --json");
	json_t *root, *probes;

	(void)state;
	check_done(&run);
	root = check_parse(run.out);
	probes = json_object_get(root, "probes");
	/* three ends, without the one outside to itself; two ports */
	assert_int_equal(json_array_size(probes), 2 * (9 - 1));
	check_word(root, "probes.3.from", "y/b");
	check_word(root, "probes.3.to", "x/a");
	check_word(root, "probes.3.protocol", "TCP");
	check_number(root, "probes.3.port", 80);
	check_word(root, "probes.3.egress", "allow");
	check_word(root, "probes.3.ingress", "allow");
	check_word(root, "probes.3.verdict", "allow");
	check_word(root, "probes.6.from", "192.0.2.1");
	check_word(root, "probes.6.to", "x/a");
	check_word(root, "probes.6.egress", "allow");
	check_word(root, "probes.6.ingress", "deny");
	check_word(root, "probes.6.verdict", "deny");
	check_number(root, "probes.11.port", 81);
	check_word(root, "probes.11.verdict", "deny");
	json_decref(root);
	run_clean(&run);
}

static void matrix_is_a_table_for_people(void **state)
{
	struct run run = simulate("matrix", "--port 80/tcp --address 192.0.2.1");

	(void)state;
	check_done(&run);
	assert_string_equal(run.out, "80/tcp  (. passes, X is denied)\n"
				     "   from \\ to  1  2  3\n"
				     "1  x/a        .  .  .\n"
				     "2  y/b        .  .  .\n"
				     "3  192.0.2.1  X  .\n");
	run_clean(&run);
}

static void matrix_tells_audit_from_what_passes(void **state)
{
	static const char documents[] =
		"- {name: a, labels: {app: a}, addresses: [10.0.0.1], audit: true}\n"
		"---\n"
		"- {endpointSelector: {matchLabels: {app: a}}, ingress: [{}]}\n";
	struct run run =
		run_twinctl(NULL, documents, "policy matrix - --port 80/tcp --address 192.0.2.1");

	(void)state;
	check_done(&run);
	assert_string_equal(run.out, "80/tcp  (. passes, X is denied, a would be denied and "
				     "passes: audit)\n"
				     "   from \\ to  1  2\n"
				     "1  default/a  a  .\n"
				     "2  192.0.2.1  a\n");
	run_clean(&run);
}

static void trace_names_the_rules(void **state)
{
	struct run run = simulate("trace", "--from y/b --to x/a --port 80/tcp");
	json_t *root;

	(void)state;
	check_done(&run);
	assert_non_null(strstr(run.out, "y/b to x/a, 80/tcp: allow\n"));
	assert_non_null(strstr(run.out, "policy.yaml: NetworkPolicy x/p ingress[0]\n"));
	run_clean(&run);

	run = simulate("trace", "--from 192.0.2.1 --to x/a --port 80/tcp");
	check_done(&run);
	assert_non_null(strstr(run.out, "ingress of x/a: deny, default deny: no rule allows it\n"));
	run_clean(&run);

	run = simulate("trace", "--from host --to 10.0.0.1 --port icmp/8 --json");
	check_done(&run);
	root = check_parse(run.out);
	check_word(root, "protocol", "ICMP");
	check_number(root, "port", 8);
	check_word(root, "ingress", "allow");
	check_word(root, "ingress_reason", "node");
	check_word(root, "egress_reason", "not_isolated");
	json_decref(root);
	run_clean(&run);

	run = simulate("trace", "--from x/a --to y/b --port 80/tcp --default-deny on --json");
	check_done(&run);
	root = check_parse(run.out);
	check_word(root, "ingress_reason", "default_deny");
	check_word(root, "egress", "deny");
	json_decref(root);
	run_clean(&run);
}

static void what_is_asked_wrongly(void **state)
{
	static const struct {
		const char *verb, *rest;
		int status;
		const char *wrong;
	} calls[] = {
		{ "trace", "--from x/a --to x/b --port 80/tcp", 1, "there is no endpoint x/b" },
		{ "trace", "--from x/a --to 10.0.0 --port 80/tcp", 2,
		  "is no IPv4 or IPv6 address" },
		{ "trace", "--from x/a --to y/b", 2, "trace wants '--port'" },
		{ "trace", "--to y/b --port 80/tcp", 2, "trace wants '--from'" },
		{ "matrix", "--port 65536/tcp", 2, "is none of N/tcp" },
		{ "matrix", "", 2, "matrix wants '--port'" },
		{ "matrix", "--port 80/tcp --address 10.0.0.0/8", 2, "is a prefix" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		struct run run = simulate(calls[i].verb, calls[i].rest);

		check_failed(&run, calls[i].status, calls[i].wrong);
	}
}

static void validate_says_all_errors(void **state)
{
	static const char wrong[] = "- endpointSelector: []\n- endpointSelector: {}\n  ingres: []\n"
				    "  egress: [{toPorts: [{ports: [{port: 90, endPort: 80}]}]}]\n";
	struct run run = simulate("validate", "");

	(void)state;
	check_done(&run);
	assert_string_equal(run.out, "2 files: 1 policy, 1 rule, 2 endpoints, 1 namespace\n");
	run_clean(&run);

	run = run_twinctl(NULL, wrong, "policy validate -");
	assert_int_equal(run.status, 1);
	assert_string_equal(run.out, "");
	assert_non_null(strstr(run.err, "twinctl: stdin:1:21: a selector must be a mapping"));
	assert_non_null(strstr(run.err, "twinctl: stdin:3:3: field \"ingres\" is unknown"));
	assert_non_null(strstr(run.err, "twinctl: stdin:4:32: port range 90-80 is reversed\n"));
	run_clean(&run);
}

static void nothing_stands_twice(void **state)
{
	static const char twice[] = "- {name: a, addresses: [10.0.0.1]}\n"
				    "- {name: b, namespace: x, addresses: [10.0.0.2, 10.0.0.1]}\n";
	static const char again[] = "- {name: a, addresses: [10.0.0.1]}\n---\n"
				    "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n";
	struct run run = run_twinctl(NULL, twice, "policy validate -");
	char both[1024];

	(void)state;
	assert_int_equal(run.status, 1);
	assert_non_null(strstr(run.err, "stdin:2:3: address 10.0.0.1 is of endpoints default/a and "
					"x/b; first at stdin:1:3\n"));
	run_clean(&run);
	run = run_twinctl(NULL, again, "policy validate -");
	check_failed(&run, 1, "stdin:3:1: endpoint default/a stands twice; first at stdin:1:3\n");
	snprintf(both, sizeof(both), "%s---\n%s", policy, policy);
	run = run_twinctl(NULL, both, "policy validate -");
	check_failed(&run, 1, "stdin:6:1: NetworkPolicy x/p stands twice; first at stdin:1:1\n");
}

static void folders_are_read(void **state)
{
	char line[256];
	struct run run;

	(void)state;
	run_file("one.yaml", inventory, strlen(inventory));
	run_file("two.json", "[]", 2);
	run_file("three.text", "x: [", 4);
	snprintf(line, sizeof(line), "policy matrix --port 1/udp --json -f %s", run_folder());
	run = run_twinctl(NULL, NULL, line);
	/* The files of the tests before are there, too: each endpoint stands twice. */
	check_failed(&run, 1, "stands twice");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matrix_says_every_pair),
		cmocka_unit_test(matrix_is_a_table_for_people),
		cmocka_unit_test(matrix_tells_audit_from_what_passes),
		cmocka_unit_test(trace_names_the_rules),
		cmocka_unit_test(what_is_asked_wrongly),
		cmocka_unit_test(validate_says_all_errors),
		cmocka_unit_test(nothing_stands_twice),
		cmocka_unit_test(folders_are_read),
	};

	return cmocka_run_group_tests(tests, run_setup, run_teardown);
}
