// SPDX-License-Identifier: GPL-2.0-only
/* What twinctl asks the daemon to change, and how it says that it failed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "twinctl_check.h"

static void one_endpoint_is_added(void **state)
{
	struct run run = run_twinctl(ANSWERS(&check_applied), NULL,
				     "endpoint add app1 --label app=a=b --label bare --address "
				     "10.0.0.1 --address fd00::1 --port veth1 --namespace shop "
				     "--port http=80/tcp --audit");

	(void)state;
	check_done(&run);
	const Twinpath__V1__Endpoint *endpoint = run.request->add_endpoint->endpoint[0];
	assert_int_equal(run.request->add_endpoint->n_endpoint, 1);
	assert_string_equal(endpoint->name, "shop/app1");
	assert_string_equal(endpoint->namespace_, "shop");
	assert_true(endpoint->audit);
	assert_int_equal(endpoint->n_ports, 1);
	assert_string_equal(endpoint->ports[0]->name, "http");
	assert_string_equal(endpoint->ports[0]->protocol, "TCP");
	assert_int_equal(endpoint->ports[0]->port, 80);
	assert_int_equal(endpoint->n_label, 2);
	assert_string_equal(endpoint->label[0]->key, "app");
	assert_string_equal(endpoint->label[0]->value, "a=b");
	assert_string_equal(endpoint->label[1]->value, "");
	assert_int_equal(endpoint->n_address, 2);
	assert_int_equal(endpoint->address[0].len, 4);
	assert_int_equal(endpoint->address[1].len, 16);
	assert_string_equal(endpoint->bridge_port, "veth1");
	assert_string_equal(run.out, "generation 13: 7 entries added, 1 removed, 2 changed; "
				     "compile 0 ns, nft 2.5 ms, bpf 0 ns, commit 0 ns\n");
	run_clean(&run);
}

static void a_name_may_say_its_namespace(void **state)
{
	struct run run = run_twinctl(ANSWERS(&check_applied), NULL,
				     "endpoint add shop/app1 --address 10.0.0.1");

	(void)state;
	check_done(&run);
	assert_string_equal(run.request->add_endpoint->endpoint[0]->name, "shop/app1");
	assert_string_equal(run.request->add_endpoint->endpoint[0]->namespace_, "shop");
	run_clean(&run);
}

static void a_change_without_module_is_kept(void **state)
{
	Twinpath__V1__Applied none = TWINPATH__V1__APPLIED__INIT;
	const Twinpath__V1__Response answer = RESPONSE(APPLIED, applied, &none);
	struct run run = run_twinctl(ANSWERS(&answer), NULL, "endpoint delete -- -x");

	(void)state;
	check_done(&run);
	assert_string_equal(run.request->delete_endpoint->name[0], "-x");
	assert_string_equal(run.out, "kept, but not in force: see 'twinctl status'\n");
	run_clean(&run);
}

#define MANY 10000

static void many_endpoints_are_one_request(void **state)
{
	char *text = calloc(MANY, 128), *to = text;
	char line[256];

	(void)state;
	for (int i = 0; i < MANY; i++)
		to += sprintf(to,
			      "%c{\"name\": \"app%d\", \"labels\": {\"app\": \"app%d\"}, "
			      "\"addresses\": [\"10.1.%d.%d\"], \"port\": \"veth%d\"}\n",
			      i ? ',' : '[', i, i, i >> 8, i & 255, i);
	strcpy(to, "]\n");
	snprintf(line, sizeof(line), "endpoint add --json --file %s",
		 run_file("endpoints.json", text, strlen(text)));
	struct run run = run_twinctl(ANSWERS(&check_applied), NULL, line);
	check_done(&run);
	assert_int_equal(run.asked, 1);
	assert_int_equal(run.request->add_endpoint->n_endpoint, MANY);
	assert_string_equal(run.request->add_endpoint->endpoint[MANY - 1]->name, "app9999");
	json_t *root = check_parse(run.out);
	check_number(root, "generation", 13);
	json_decref(root);
	run_clean(&run);
	free(text);
}

static void a_listing_can_be_added_again(void **state)
{
	uint8_t bytes[] = { 10, 0, 0, 1 };
	ProtobufCBinaryData address = { 4, bytes };
	Twinpath__V1__NamedPort http = TWINPATH__V1__NAMED_PORT__INIT;
	Twinpath__V1__NamedPort dns = TWINPATH__V1__NAMED_PORT__INIT, *ports[] = { &http, &dns };
	Twinpath__V1__Endpoint endpoint = TWINPATH__V1__ENDPOINT__INIT, *list[] = { &endpoint };
	Twinpath__V1__EndpointList endpoints = TWINPATH__V1__ENDPOINT_LIST__INIT;
	const Twinpath__V1__Response answer = RESPONSE(ENDPOINTS, endpoints, &endpoints);

	(void)state;
	endpoint.name = (char *)"app1\033[2J";
	endpoint.n_label = 2;
	endpoint.label = check_labels;
	endpoint.n_address = 1;
	endpoint.address = &address;
	endpoint.identity = 256;
	endpoint.audited = true;
	http.name = (char *)"http";
	http.protocol = (char *)"TCP";
	http.port = 80;
	dns.name = (char *)"d";
	dns.protocol = (char *)"UDP";
	dns.port = 53;
	endpoint.ports = ports;
	endpoint.n_ports = 2;
	endpoints.n_endpoint = 1;
	endpoints.endpoint = list;
	struct run run = run_twinctl(ANSWERS(&answer), NULL, "endpoint list");
	check_done(&run);
	assert_string_equal(run.out,
			    "name         identity  labels                  addresses  port  "
			    "named ports           audit\n"
			    "app1\\x1b[2J       256  app=app1,reserved:host  10.0.0.1   -     "
			    "http=80/tcp,d=53/udp  by selector\n");
	run_clean(&run);

	endpoint.name = (char *)"shop/app1";
	endpoint.namespace_ = (char *)"shop";
	run = run_twinctl(ANSWERS(&answer), NULL, "endpoint list --json");
	check_done(&run);
	json_t *root = check_parse(run.out);
	check_word(root, "endpoint.0.label.app", "app1");
	check_word(root, "endpoint.0.address.0", "10.0.0.1");
	check_number(root, "endpoint.0.identity", 256);
	json_decref(root);
	struct run again = run_twinctl(ANSWERS(&check_applied), run.out, "endpoint add --file -");
	check_done(&again);
	const Twinpath__V1__Endpoint *added = again.request->add_endpoint->endpoint[0];
	assert_string_equal(added->name, "shop/app1");
	assert_string_equal(added->namespace_, "shop");
	assert_int_equal(added->n_label, 2);
	assert_int_equal(added->n_address, 1);
	assert_int_equal(added->n_ports, 2);
	/* Selectors are not of the endpoint. */
	assert_false(added->audit);
	run_clean(&again);
	run_clean(&run);
}

static void endpoint_files_are_refused(void **state)
{
	static const struct {
		const char *text;
		const char *wrong;
	} files[] = {
		{ "[{\"name\": \"a\",\n  \"colour\": 1}]",
		  "stdin:2:3: field \"colour\" is unknown in an endpoint" },
		{ "[{\"addresses\": []}]", "stdin:1:2: an endpoint needs a name" },
		{ "[{\"name\": \"a\", \"addresses\": [\"10.0.0.256\"]}]",
		  "stdin:1:30: \"10.0.0.256\" is no IPv4 or IPv6 address" },
		{ "[{\"name\": \"a\", \"addresses\": \"10.0.0.1\"}]", "stdin:1:29: " },
		{ "[{\"name\": \"a\", \"labels\": {\"k\": [1]}}]", "stdin:1:32: " },
		{ "[{\"name\": \"a\", \"name\": \"b\"}]", "stdin:1:16: " },
		{ "[{\"name\": \"a\"}", "stdin:" },
		{ "{\"endpoints\": []}", "stdin:1:1: " },
		{ "app1", "stdin:1:1: " },
		{ "[]", "stdin: no endpoint" },
		{ "", "stdin:" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		struct run run = run_twinctl(ANSWERS(&check_applied), files[i].text,
					     "endpoint add --file -");

		assert_int_equal(run.asked, 0);
		check_failed(&run, 1, files[i].wrong);
	}
}

static void refusals_are_passed_on(void **state)
{
	static const char *const lines[] = {
		"status",
		"backend set nft",
		"mode set audit",
		"endpoint add a",
		"endpoint delete a b",
		"endpoint audit a on",
		"namespace add a",
		"namespace delete a",
		"namespace list",
		"policy apply - --name web",
		"policy delete web",
		"policy list --json",
		"policy get web",
		"counters",
		"monitor",
		"classify --from ::1 --to ::2",
		"bench",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		struct run run = run_twinctl(ANSWERS(&check_refusal), "x", lines[i]);

		assert_string_equal(run.err,
				    "twinctl: web.yaml:14:9: port range 90-80 is reversed\n"
				    "twinctl: web.yaml:20:1: unknown field 'l7'\n");
		check_failed(&run, 1, "");
	}
}

static void daemons_that_fail(void **state)
{
	struct run run = run_twinctl(NULL, NULL, "status");

	(void)state;
	check_failed(&run, 1, "/sock: ");
	run = run_twinctl(&(const struct answers){ .count = 0 }, NULL, "status");
	check_failed(&run, 1, "hung up");
	run = run_twinctl(&(const struct answers){ .bytes = "\xff\xff\xff" }, NULL, "status");
	check_failed(&run, 1, "no message");
	run = run_twinctl(ANSWERS(&check_applied), NULL, "status");
	check_failed(&run, 1, "something else");
	run = run_twinctl(ANSWERS(&check_status), NULL, "monitor");
	check_failed(&run, 1, "something else");
}

static void a_batch_runs_line_by_line(void **state)
{
	struct run run = run_twinctl(ANSWERS(&check_applied),
				     "# one\n\nendpoint delete\tapp1 # and\nendpoint fly\n"
				     "endpoint delete never\n",
				     "batch -");

	(void)state;
	assert_int_equal(run.status, 2);
	assert_string_equal(run.request->delete_endpoint->name[0], "app1");
	assert_non_null(strstr(run.out, "generation 13"));
	assert_non_null(strstr(run.err, "fly"));
	assert_non_null(strstr(run.err, "twinctl: stdin:4: the batch ends here\n"));
	run_clean(&run);
}

static void a_batch_holds_no_batch(void **state)
{
	struct run run = run_twinctl(NULL, "batch -\n", "batch -");

	(void)state;
	assert_int_equal(run.status, 1);
	assert_string_equal(run.out, "");
	assert_non_null(strstr(run.err, "batch in a batch"));
	run_clean(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_batch_runs_line_by_line),
		cmocka_unit_test(a_batch_holds_no_batch),
		cmocka_unit_test(one_endpoint_is_added),
		cmocka_unit_test(a_name_may_say_its_namespace),
		cmocka_unit_test(a_change_without_module_is_kept),
		cmocka_unit_test(many_endpoints_are_one_request),
		cmocka_unit_test(a_listing_can_be_added_again),
		cmocka_unit_test(endpoint_files_are_refused),
		cmocka_unit_test(refusals_are_passed_on),
		cmocka_unit_test(daemons_that_fail),
	};

	return cmocka_run_group_tests(tests, run_setup, run_teardown);
}
