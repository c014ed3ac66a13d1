// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon without its socket, over the kernel of fake_kernel.h: requests as
 * bytes go in, responses come out, and the kernel shows what was done to it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake_kernel.h"
#include "twinpathd/log.h"
#include "twinpathd/requests.h"

#define ENFORCE TWINPATH__V1__MODE__MODE_ENFORCE
#define BPF TWINPATH__V1__BACKEND__BACKEND_BPF

static struct twp_daemon daemon_;
static struct twp_options options = { .socket = "", .pins = "/none", .folder = "" };
static char folder[] = "/tmp/test_daemon.XXXXXX";

static const char web[] = "endpointSelector: {matchLabels: {app: web}}\n"
			  "ingress:\n"
			  "- fromEndpoints: [{matchLabels: {app: client}}]\n"
			  "  toPorts: [{ports: [{port: '80', protocol: TCP}]}]\n";
static const char web_two[] = "endpointSelector: {matchLabels: {app: web}}\n"
			      "ingress:\n"
			      "- fromEndpoints: [{matchLabels: {app: client}}]\n"
			      "  toPorts: [{ports: [{port: '80', protocol: TCP}]}]\n"
			      "- fromEndpoints: [{matchLabels: {app: client}}]\n"
			      "  toPorts: [{ports: [{port: '443', protocol: TCP}]}]\n";

static void daemon_start(void)
{
	struct twp_error error = { "" };

	if (twp_daemon_init(&daemon_, &options, &error))
		fail_msg("%s", error.text);
	twp_daemon_mend(&daemon_);
}

/* As if it had been killed: nothing is written when it ends. */
static void daemon_restart(void)
{
	twp_daemon_clean(&daemon_);
	for (size_t i = 0; i < 2; i++)
		fake.side[i].applies = fake.side[i].rebuilds = 0;
	fake.commits = fake.sweeps = fake.sets = 0;
	daemon_start();
}

static void state_remove(void)
{
	static const char *const names[] = { "twinpath.db", "twinpath.db-wal" };
	char path[64];

	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
}

static int setup(void **state)
{
	(void)state;
	twp_log_level("error");
	state_remove();
	options.sizes = twp_sizes_default;
	fake_boot(true);
	daemon_start();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	twp_daemon_clean(&daemon_);
	fake_clean();
	return 0;
}

static Twinpath__V1__Response *ask(const Twinpath__V1__Request *request)
{
	size_t length = twinpath__v1__request__get_packed_size(request);
	uint8_t *bytes = malloc(length + 1);
	bool monitor = false;
	Twinpath__V1__Response *response;

	twinpath__v1__request__pack(request, bytes);
	response = twp_request_answer(&daemon_, "test", bytes, length, &monitor);
	free(bytes);
	assert_non_null(response);
	return response;
}

/* Asks what must succeed; the caller frees the response. */
static Twinpath__V1__Response *get(Twinpath__V1__Request__OperationCase operation, void *message)
{
	Twinpath__V1__Request request = TWINPATH__V1__REQUEST__INIT;
	Twinpath__V1__Response *response;

	request.operation_case = operation;
	request.status = message;
	response = ask(&request);
	if (*response->error)
		fail_msg("%s", response->error);
	return response;
}

/* @error: NULL if it must succeed, else a part of the sentence. Return: the generation. */
static uint32_t done(Twinpath__V1__Request__OperationCase operation, void *message,
		     const char *error)
{
	Twinpath__V1__Request request = TWINPATH__V1__REQUEST__INIT;
	Twinpath__V1__Response *response;
	uint32_t generation = 0;

	request.operation_case = operation;
	request.status = message;
	response = ask(&request);
	if (!error && *response->error)
		fail_msg("%s", response->error);
	if (error && !strstr(response->error, error))
		fail_msg("'%s' is not in: '%s'", error, response->error);
	if (response->result_case == TWINPATH__V1__RESPONSE__RESULT_APPLIED)
		generation = response->applied->generation;
	twinpath__v1__response__free_unpacked(response, NULL);
	return generation;
}

#define OPERATION(name) TWINPATH__V1__REQUEST__OPERATION_##name

/* An endpoint with label app=@app and address 10.0.0.@last. */
static uint32_t endpoint_add(const char *name, const char *app, uint8_t last, const char *port,
			     const char *error)
{
	uint8_t bytes[4] = { 10, 0, 0, last };
	ProtobufCBinaryData address = { .len = 4, .data = bytes };
	Twinpath__V1__Label label = TWINPATH__V1__LABEL__INIT, *labels = &label;
	Twinpath__V1__Endpoint endpoint = TWINPATH__V1__ENDPOINT__INIT, *endpoints = &endpoint;
	Twinpath__V1__AddEndpointRequest add = TWINPATH__V1__ADD_ENDPOINT_REQUEST__INIT;

	label.key = (char *)"app";
	label.value = (char *)app;
	endpoint.name = (char *)name;
	endpoint.label = &labels;
	endpoint.n_label = 1;
	endpoint.address = &address;
	endpoint.n_address = 1;
	if (port)
		endpoint.bridge_port = (char *)port;
	add.endpoint = &endpoints;
	add.n_endpoint = 1;
	return done(OPERATION(ADD_ENDPOINT), &add, error);
}

static uint32_t endpoint_delete(const char *name, const char *error)
{
	Twinpath__V1__DeleteEndpointRequest del = TWINPATH__V1__DELETE_ENDPOINT_REQUEST__INIT;
	char *names = (char *)name;

	del.name = &names;
	del.n_name = 1;
	return done(OPERATION(DELETE_ENDPOINT), &del, error);
}

static uint32_t policy_apply(const char *name, const char *text, const char *error)
{
	Twinpath__V1__PolicyDocument document = TWINPATH__V1__POLICY_DOCUMENT__INIT;
	Twinpath__V1__PolicyDocument *documents = &document;
	Twinpath__V1__ApplyPolicyRequest apply = TWINPATH__V1__APPLY_POLICY_REQUEST__INIT;

	document.name = (char *)name;
	document.file = (char *)"web.yaml";
	document.text = (char *)text;
	apply.document = &documents;
	apply.n_document = 1;
	return done(OPERATION(APPLY_POLICY), &apply, error);
}

static uint32_t policy_delete(const char *name, const char *error)
{
	Twinpath__V1__DeletePolicyRequest del = TWINPATH__V1__DELETE_POLICY_REQUEST__INIT;
	char *names = (char *)name;

	del.name = &names;
	del.n_name = 1;
	return done(OPERATION(DELETE_POLICY), &del, error);
}

static void mode_set(uint32_t mode, const char *error)
{
	Twinpath__V1__SetModeRequest set = TWINPATH__V1__SET_MODE_REQUEST__INIT;

	set.mode = (Twinpath__V1__Mode)mode;
	done(OPERATION(SET_MODE), &set, error);
}

static void backend_set(uint32_t backend)
{
	Twinpath__V1__SetBackendRequest set = TWINPATH__V1__SET_BACKEND_REQUEST__INIT;

	set.backend = (Twinpath__V1__Backend)backend;
	done(OPERATION(SET_BACKEND), &set, NULL);
}

static size_t rows(enum twp_table_id id)
{
	assert_int_equal(fake.side[0].image.table[id].count, fake.side[1].image.table[id].count);
	return fake.side[0].image.table[id].count;
}

static void assert_holds(uint32_t generation)
{
	assert_int_equal(fake.generation, generation);
	for (size_t i = 0; i < 2; i++) {
		assert_true(fake.side[i].there);
		assert_int_equal(fake.side[i].image.generation, generation);
	}
}

/* Packets of rule @index of policy web. */
static uint64_t hits(size_t index)
{
	Twinpath__V1__ListPoliciesRequest list = TWINPATH__V1__LIST_POLICIES_REQUEST__INIT;
	Twinpath__V1__Response *response = get(OPERATION(LIST_POLICIES), &list);
	uint64_t packets;

	assert_int_equal(response->policies->n_policy, 1);
	assert_true(response->policies->policy[0]->n_rule > index);
	packets = response->policies->policy[0]->rule[index]->packets;
	twinpath__v1__response__free_unpacked(response, NULL);
	return packets;
}

static void load(void)
{
	endpoint_add("a", "web", 1, NULL, NULL);
	endpoint_add("b", "client", 2, NULL, NULL);
	policy_apply("web", web, NULL);
}

static void an_empty_policy_is_a_generation(void **state)
{
	(void)state;
	assert_holds(1);
	assert_int_equal(fake.mode, TWINPATH__V1__MODE__MODE_OFF);
	assert_int_equal(fake.sets, 0);
}

static void changes_are_generations_of_both_backends(void **state)
{
	(void)state;
	load();
	assert_holds(4);
	assert_true(rows(TWP_TABLE_RULES) > 0);
	/* The first filled empty tables, the others were differences. */
	assert_int_equal(fake.side[0].rebuilds, 1);
	assert_int_equal(fake.side[1].rebuilds, 1);
	assert_int_equal(fake.side[0].applies, 3);
	assert_int_equal(policy_delete("web", NULL), 5);
	assert_int_equal(rows(TWP_TABLE_RULES), 0);
}

static void what_takes_nothing_away_does_not_sweep(void **state)
{
	unsigned int sweeps;

	(void)state;
	load();
	sweeps = fake.sweeps;
	policy_apply("web", web_two, NULL);
	assert_int_equal(fake.sweeps, sweeps);
	policy_apply("web", web, NULL);
	assert_int_equal(fake.sweeps, sweeps + 1);
}

static void a_restart_touches_nothing(void **state)
{
	(void)state;
	load();
	backend_set(BPF);
	mode_set(ENFORCE, NULL);
	daemon_restart();
	assert_null(daemon_.problem);
	assert_holds(4);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(fake.side[i].applies, 0);
		assert_int_equal(fake.side[i].rebuilds, 0);
	}
	assert_int_equal(fake.commits, 0);
	assert_int_equal(fake.sets, 0);
	/* And it goes on from there, by difference. */
	assert_int_equal(policy_apply("web", web_two, NULL), 5);
	assert_int_equal(fake.side[0].rebuilds, 0);
}

static void a_restart_after_a_reboot_programs_all(void **state)
{
	(void)state;
	load();
	backend_set(BPF);
	mode_set(ENFORCE, NULL);
	twp_daemon_clean(&daemon_);
	fake_boot(true);
	daemon_start();
	assert_holds(5);
	assert_true(rows(TWP_TABLE_RULES) > 0);
	assert_int_equal(fake.mode, ENFORCE);
	assert_int_equal(fake.backend, BPF);
}

static void a_kernel_ahead_of_the_store_is_mended(void **state)
{
	struct twp_image ahead;

	(void)state;
	load();
	/* As if a change had reached the kernel and the daemon was killed before the store. */
	twp_image_init(&ahead);
	assert_int_equal(twp_image_copy(&ahead, &fake.side[0].image), 0);
	ahead.table[TWP_TABLE_RULES].count = 0;
	ahead.generation = 9;
	for (size_t i = 0; i < 2; i++) {
		twp_image_clean(&fake.side[i].image);
		assert_int_equal(twp_image_copy(&fake.side[i].image, &ahead), 0);
	}
	twp_image_clean(&ahead);
	fake.generation = 9;
	daemon_restart();
	assert_holds(10);
	assert_true(rows(TWP_TABLE_RULES) > 0);
	assert_int_equal(fake.side[0].applies, 1);
	assert_int_equal(fake.side[0].rebuilds, 0);
}

static void a_kill_between_the_backends_is_mended(void **state)
{
	(void)state;
	load();
	fake.side[0].image.generation = 5;
	daemon_restart();
	assert_holds(6);
}

static void a_failing_backend_is_built_anew(void **state)
{
	(void)state;
	load();
	fake.side[1].fail_apply = 1;
	assert_int_equal(policy_apply("web", web_two, NULL), 5);
	assert_holds(5);
	assert_int_equal(fake.side[1].rebuilds, 2);
}

static void a_failure_changes_nothing(void **state)
{
	size_t before;

	(void)state;
	load();
	before = rows(TWP_TABLE_RULES);
	fake.side[1].fail_apply = 1;
	fake.side[1].fail_rebuild = 1;
	policy_apply("web", web_two, "backend bpf: told to fail to rebuild");
	assert_holds(4);
	assert_int_equal(rows(TWP_TABLE_RULES), before);
	daemon_restart();
	assert_holds(4);
	assert_int_equal(fake.commits, 0);
	/* A generation's number stands for one image only. */
	fake.fail_commit = 1;
	endpoint_add("c", "other", 3, NULL, "no memory for the counters");
	assert_holds(4);
	assert_true(endpoint_add("c", "other", 3, NULL, NULL) > 5);
}

static void a_backend_that_stays_broken_is_mended_later(void **state)
{
	(void)state;
	load();
	fake.side[1].fail_apply = 1;
	fake.side[1].fail_rebuild = 3;
	policy_apply("web", web_two, "backend bpf");
	assert_int_equal(fake.side[0].image.generation, 4);
	twp_daemon_mend(&daemon_);
	assert_non_null(daemon_.problem);
	twp_daemon_mend(&daemon_);
	assert_null(daemon_.problem);
	assert_int_equal(fake.side[0].image.generation, fake.generation);
	assert_int_equal(fake.side[1].image.generation, fake.generation);
}

static void a_lost_anchor_is_mended(void **state)
{
	(void)state;
	load();
	fake.side[0].there = false;
	fake_event(TWINPATH__V1__EVENT_KIND__EVENT_KIND_ANCHOR_LOST);
	for (int i = 0; i < 4 && !fake.side[0].there; i++)
		assert_true(sd_event_run(daemon_.event, 1000000) >= 0);
	assert_holds(4);
	assert_int_equal(fake.side[0].rebuilds, 2);
	assert_int_equal(fake.side[1].rebuilds, 1);
	assert_true(fake.rules > 0);
}

static void a_module_that_comes_later(void **state)
{
	(void)state;
	teardown(NULL);
	state_remove();
	fake_boot(false);
	daemon_start();
	assert_non_null(strstr(daemon_.problem, "not loaded"));
	load();
	mode_set(ENFORCE, "not loaded");
	fake.loaded = true;
	mode_set(ENFORCE, NULL);
	assert_null(daemon_.problem);
	assert_holds(1);
	assert_true(rows(TWP_TABLE_RULES) > 0);
	assert_int_equal(fake.mode, ENFORCE);
	/* Unloaded and loaded again. */
	fake_boot(true);
	twp_daemon_mend(&daemon_);
	twp_daemon_mend(&daemon_);
	assert_int_equal(fake.generation, fake.side[0].image.generation);
	assert_true(rows(TWP_TABLE_RULES) > 0);
	assert_int_equal(fake.mode, ENFORCE);
}

static void bad_requests_change_nothing(void **state)
{
	uint8_t bytes[] = "\x2a\x03\x0a\x01\x00";
	bool monitor = false;
	Twinpath__V1__Response *response;

	(void)state;
	load();
	endpoint_add("c", "web", 1, NULL, "address 10.0.0.1 is of endpoint a and of endpoint c");
	endpoint_add("c", "web", 0, "a/b", "bridge port");
	endpoint_delete("c", "there is no endpoint c");
	policy_delete("zz", "there is no policy zz");
	policy_apply("", web, "name");
	policy_apply("bad", "endpointSelector: {}\nwhat: 1\n", "web.yaml:2:1");
	/* delete_endpoint with the name "\0" */
	response = twp_request_answer(&daemon_, "test", bytes, 5, &monitor);
	assert_non_null(strstr(response->error, "NUL"));
	twinpath__v1__response__free_unpacked(response, NULL);
	assert_holds(4);
	daemon_restart();
	assert_holds(4);
}

static void what_does_not_fit_is_refused(void **state)
{
	(void)state;
	load();
	daemon_.program.sizes.size[TWP_TABLE_HOST4] = 2;
	endpoint_add("c", "other", 3, NULL, "host4");
	assert_holds(4);
}

static void a_change_can_cure_what_does_not_fit(void **state)
{
	(void)state;
	load();
	endpoint_add("c", "other", 3, NULL, NULL);
	mode_set(ENFORCE, NULL);
	options.sizes.size[TWP_TABLE_HOST4] = rows(TWP_TABLE_HOST4) - 1;
	daemon_restart();
	assert_non_null(strstr(daemon_.problem, "host4"));
	endpoint_add("d", "other", 4, NULL, "host4");
	assert_holds(5);
	endpoint_delete("c", NULL);
	assert_null(daemon_.problem);
	assert_true(fake.generation > 5);
	assert_int_equal(fake.mode, ENFORCE);
}

static void hits_survive_updates(void **state)
{
	(void)state;
	load();
	fake.packets[1] = 7;
	assert_int_equal(hits(0), 7);
	policy_apply("web", web_two, NULL);
	assert_int_equal(hits(0), 7);
	daemon_restart();
	assert_int_equal(hits(0), 7);
	/* A number that is given anew begins at 0, whatever was counted under it. */
	policy_delete("web", NULL);
	fake.packets[3] = 5;
	policy_apply("web", web, NULL);
	assert_int_equal(hits(0), 0);
	fake.packets[3] = 6;
	assert_int_equal(hits(0), 1);
	daemon_restart();
	assert_int_equal(hits(0), 1);
}

static void a_port_has_the_addresses_of_all_its_endpoints(void **state)
{
	char name[8];

	(void)state;
	endpoint_add("a", "web", 1, "veth1", NULL);
	endpoint_add("b", "web", 2, "veth1", NULL);
	assert_int_equal(fake_port_addresses("veth1"), 2);
	daemon_restart();
	assert_int_equal(fake_port_addresses("veth1"), 2);
	endpoint_delete("a", NULL);
	assert_int_equal(fake_port_addresses("veth1"), 1);
	endpoint_add("b", "web", 2, "veth2", NULL);
	assert_int_equal(fake_port_addresses("veth1"), 0);
	assert_int_equal(fake_port_addresses("veth2"), 1);
	fake.fail_port = 1;
	endpoint_add("b", "web", 2, "veth3", "no memory for the port");
	assert_int_equal(fake_port_addresses("veth2"), 1);
	assert_int_equal(fake_port_addresses("veth3"), 0);
	for (uint8_t i = 3; i < 18; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		endpoint_add(name, "web", i, "veth2", NULL);
	}
	endpoint_add("more", "web", 99, "veth2", "veth2");
	assert_int_equal(fake_port_addresses("veth2"), 16);
}

static void a_number_is_given_back_with_its_labels(void **state)
{
	Twinpath__V1__ListEndpointsRequest list = TWINPATH__V1__LIST_ENDPOINTS_REQUEST__INIT;
	Twinpath__V1__Response *response;
	uint32_t first, second;

	(void)state;
	endpoint_add("a", "web", 1, NULL, NULL);
	endpoint_add("b", "web", 2, NULL, NULL);
	response = get(OPERATION(LIST_ENDPOINTS), &list);
	first = response->endpoints->endpoint[0]->identity;
	second = response->endpoints->endpoint[1]->identity;
	assert_int_equal(first, second);
	twinpath__v1__response__free_unpacked(response, NULL);
	endpoint_delete("a", NULL);
	endpoint_delete("b", NULL);
	endpoint_add("c", "web", 3, NULL, NULL);
	response = get(OPERATION(LIST_ENDPOINTS), &list);
	assert_true(response->endpoints->endpoint[0]->identity > first);
	twinpath__v1__response__free_unpacked(response, NULL);
}

static void answers_have_names(void **state)
{
	Twinpath__V1__Tuple tuple = TWINPATH__V1__TUPLE__INIT;
	Twinpath__V1__ClassifyRequest classify = TWINPATH__V1__CLASSIFY_REQUEST__INIT;
	Twinpath__V1__CountersRequest counters = TWINPATH__V1__COUNTERS_REQUEST__INIT;
	Twinpath__V1__BenchTablesRequest bench = TWINPATH__V1__BENCH_TABLES_REQUEST__INIT;
	Twinpath__V1__StatusRequest status = TWINPATH__V1__STATUS_REQUEST__INIT;
	Twinpath__V1__ListPoliciesRequest list = TWINPATH__V1__LIST_POLICIES_REQUEST__INIT;
	Twinpath__V1__Response *response;

	(void)state;
	load();
	classify.tuple = &tuple;
	response = get(OPERATION(CLASSIFY), &classify);
	assert_string_equal(response->classification->ingress_rule, "policy web, ingress[0]");
	assert_string_equal(response->classification->client[0]->key, TWP_LABEL_WORLD);
	assert_string_equal(response->classification->server[0]->value, "web");
	twinpath__v1__response__free_unpacked(response, NULL);

	fake.packets[1] = 3;
	response = get(OPERATION(COUNTERS), &counters);
	assert_int_equal(response->counters->n_rule, 1);
	assert_string_equal(response->counters->rule[0]->section, "ingress[0]");
	twinpath__v1__response__free_unpacked(response, NULL);

	response = get(OPERATION(BENCH), &bench);
	assert_int_equal(fake.tuples, 1);
	assert_int_equal(response->bench->judgements, 10000);
	twinpath__v1__response__free_unpacked(response, NULL);

	response = get(OPERATION(STATUS), &status);
	assert_int_equal(response->status->identities, 2);
	assert_int_equal(response->status->table[TWP_TABLE_HOST4]->entries, rows(TWP_TABLE_HOST4));
	assert_int_equal(response->status->table[TWP_TABLE_RULES]->bpf_bytes, 4096);
	twinpath__v1__response__free_unpacked(response, NULL);

	response = get(OPERATION(LIST_POLICIES), &list);
	assert_int_equal(response->policies->policy[0]->n_subject, 1);
	assert_int_equal(response->policies->policy[0]->subject[0]->ingress_lookups, 1);
	twinpath__v1__response__free_unpacked(response, NULL);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(an_empty_policy_is_a_generation),
		CASE(changes_are_generations_of_both_backends),
		CASE(what_takes_nothing_away_does_not_sweep),
		CASE(a_restart_touches_nothing),
		CASE(a_restart_after_a_reboot_programs_all),
		CASE(a_kernel_ahead_of_the_store_is_mended),
		CASE(a_kill_between_the_backends_is_mended),
		CASE(a_failing_backend_is_built_anew),
		CASE(a_failure_changes_nothing),
		CASE(a_backend_that_stays_broken_is_mended_later),
		CASE(a_lost_anchor_is_mended),
		CASE(a_module_that_comes_later),
		CASE(bad_requests_change_nothing),
		CASE(what_does_not_fit_is_refused),
		CASE(a_change_can_cure_what_does_not_fit),
		CASE(hits_survive_updates),
		CASE(a_port_has_the_addresses_of_all_its_endpoints),
		CASE(a_number_is_given_back_with_its_labels),
		CASE(answers_have_names),
	};
	int failed;

	if (!mkdtemp(folder))
		return 1;
	options.state = folder;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	state_remove();
	rmdir(folder);
	return failed;
}
