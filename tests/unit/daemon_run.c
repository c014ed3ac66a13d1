// SPDX-License-Identifier: GPL-2.0-only
/* The daemon of the tests, see daemon_run.h. */
#include "daemon_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "twinpathd/log.h"

struct twp_daemon daemon_;
struct twp_options daemon_options = { .socket = "", .pins = "/none", .folder = "" };
static char folder[] = "/tmp/test_daemon.XXXXXX";

int daemon_group_setup(void **state)
{
	(void)state;
	twp_log_level("error");
	daemon_options.state = mkdtemp(folder);
	return daemon_options.state ? 0 : -1;
}

int daemon_group_teardown(void **state)
{
	(void)state;
	daemon_state_remove();
	return rmdir(folder);
}

const char *daemon_store_path(void)
{
	static char path[sizeof(folder) + sizeof("/twinpath.db")];

	snprintf(path, sizeof(path), "%s/twinpath.db", folder);
	return path;
}

void daemon_state_remove(void)
{
	char path[128];

	unlink(daemon_store_path());
	snprintf(path, sizeof(path), "%s-wal", daemon_store_path());
	unlink(path);
}

void daemon_start(void)
{
	struct twp_error error = { "" };

	if (twp_daemon_init(&daemon_, &daemon_options, &error))
		fail_msg("%s", error.text);
	twp_daemon_mend(&daemon_);
}

void daemon_restart(void)
{
	twp_daemon_clean(&daemon_);
	for (size_t i = 0; i < 2; i++)
		fake.side[i].applies = fake.side[i].rebuilds = 0;
	fake.commits = fake.sweeps = fake.sets = 0;
	daemon_start();
}

void daemon_restart_unseen(void)
{
	daemon_restart();
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(fake.side[i].applies + fake.side[i].rebuilds, 0);
}

int daemon_setup(void **state)
{
	(void)state;
	daemon_state_remove();
	daemon_options.sizes = twp_sizes_default;
	fake_boot(true);
	daemon_start();
	return 0;
}

int daemon_teardown(void **state)
{
	(void)state;
	twp_daemon_clean(&daemon_);
	fake_clean();
	return 0;
}

static Twinpath__V1__Response *ask(Twinpath__V1__Request__OperationCase operation, void *message)
{
	Twinpath__V1__Request request = TWINPATH__V1__REQUEST__INIT;
	Twinpath__V1__Response *response;
	bool monitor = false;
	uint8_t *bytes;
	size_t length;

	request.operation_case = operation;
	/* All members of the union are pointers to messages. */
	request.status = message;
	length = twinpath__v1__request__get_packed_size(&request);
	bytes = malloc(length + 1);
	twinpath__v1__request__pack(&request, bytes);
	response = twp_request_answer(&daemon_, "test", bytes, length, &monitor);
	free(bytes);
	assert_non_null(response);
	return response;
}

Twinpath__V1__Response *daemon_get(Twinpath__V1__Request__OperationCase operation, void *message)
{
	Twinpath__V1__Response *response = ask(operation, message);

	if (*response->error)
		fail_msg("%s", response->error);
	return response;
}

uint32_t daemon_do(Twinpath__V1__Request__OperationCase operation, void *message, const char *error)
{
	Twinpath__V1__Response *response = ask(operation, message);
	uint32_t generation = 0;

	if (!error && *response->error)
		fail_msg("%s", response->error);
	if (error && !strstr(response->error, error))
		fail_msg("'%s' is not in: '%s'", error, response->error);
	if (response->result_case == TWINPATH__V1__RESPONSE__RESULT_APPLIED)
		generation = response->applied->generation;
	twinpath__v1__response__free_unpacked(response, NULL);
	return generation;
}

static uint32_t endpoint_send(Twinpath__V1__Endpoint *endpoint, uint8_t last, const char *error)
{
	uint8_t bytes[4] = { 10, 0, 0, last };
	ProtobufCBinaryData address = { .len = 4, .data = bytes };
	Twinpath__V1__AddEndpointRequest add = TWINPATH__V1__ADD_ENDPOINT_REQUEST__INIT;

	endpoint->address = &address;
	endpoint->n_address = 1;
	add.endpoint = &endpoint;
	add.n_endpoint = 1;
	return daemon_do(OPERATION(ADD_ENDPOINT), &add, error);
}

uint32_t endpoint_add(const char *name, const char *app, uint8_t last, const char *port,
		      const char *error)
{
	Twinpath__V1__Label label = TWINPATH__V1__LABEL__INIT, *labels = &label;
	Twinpath__V1__Endpoint endpoint = TWINPATH__V1__ENDPOINT__INIT;

	label.key = (char *)"app";
	label.value = (char *)app;
	endpoint.name = (char *)name;
	endpoint.label = &labels;
	endpoint.n_label = 1;
	if (port)
		endpoint.bridge_port = (char *)port;
	return endpoint_send(&endpoint, last, error);
}

void pod_change(const char *name, const char *space, uint8_t last, uint32_t http, const char *error)
{
	Twinpath__V1__NamedPort port = TWINPATH__V1__NAMED_PORT__INIT, *ports = &port;
	Twinpath__V1__Endpoint endpoint = TWINPATH__V1__ENDPOINT__INIT;

	port.name = (char *)"http";
	port.protocol = (char *)"TCP";
	port.port = http;
	endpoint.name = (char *)name;
	endpoint.namespace_ = (char *)space;
	endpoint.ports = &ports;
	endpoint.n_ports = 1;
	endpoint_send(&endpoint, last, error);
}

void pod_add(const char *name, const char *space, uint8_t last, uint32_t http)
{
	pod_change(name, space, last, http, NULL);
}

void namespace_add(const char *name, const char *key, const char *value)
{
	Twinpath__V1__Label label = TWINPATH__V1__LABEL__INIT, *labels = &label;
	Twinpath__V1__Namespace space = TWINPATH__V1__NAMESPACE__INIT, *spaces = &space;
	Twinpath__V1__AddEndpointRequest add = TWINPATH__V1__ADD_ENDPOINT_REQUEST__INIT;

	label.key = (char *)key;
	label.value = (char *)value;
	space.name = (char *)name;
	space.label = &labels;
	space.n_label = 1;
	add.namespace_ = &spaces;
	add.n_namespace_ = 1;
	daemon_do(OPERATION(ADD_ENDPOINT), &add, NULL);
}

uint32_t endpoint_delete(const char *name, const char *error)
{
	Twinpath__V1__DeleteEndpointRequest del = TWINPATH__V1__DELETE_ENDPOINT_REQUEST__INIT;
	char *names = (char *)name;

	del.name = &names;
	del.n_name = 1;
	return daemon_do(OPERATION(DELETE_ENDPOINT), &del, error);
}

uint32_t policy_apply(const char *name, const char *text, const char *error)
{
	Twinpath__V1__PolicyDocument document = TWINPATH__V1__POLICY_DOCUMENT__INIT;
	Twinpath__V1__PolicyDocument *documents = &document;
	Twinpath__V1__ApplyPolicyRequest apply = TWINPATH__V1__APPLY_POLICY_REQUEST__INIT;
	char file[64];

	snprintf(file, sizeof(file), "%s.yaml", name);
	document.name = (char *)name;
	document.file = file;
	document.text = (char *)text;
	apply.document = &documents;
	apply.n_document = 1;
	return daemon_do(OPERATION(APPLY_POLICY), &apply, error);
}

uint32_t policy_delete(const char *name, const char *error)
{
	Twinpath__V1__DeletePolicyRequest del = TWINPATH__V1__DELETE_POLICY_REQUEST__INIT;
	char *names = (char *)name;

	del.name = &names;
	del.n_name = 1;
	return daemon_do(OPERATION(DELETE_POLICY), &del, error);
}

void mode_set(uint32_t mode, const char *error)
{
	Twinpath__V1__SetModeRequest set = TWINPATH__V1__SET_MODE_REQUEST__INIT;

	set.mode = (Twinpath__V1__Mode)mode;
	daemon_do(OPERATION(SET_MODE), &set, error);
}

void backend_set(uint32_t backend)
{
	Twinpath__V1__SetBackendRequest set = TWINPATH__V1__SET_BACKEND_REQUEST__INIT;

	set.backend = (Twinpath__V1__Backend)backend;
	daemon_do(OPERATION(SET_BACKEND), &set, NULL);
}

size_t table_rows(enum twp_table_id id)
{
	assert_int_equal(fake.side[0].image.table[id].count, fake.side[1].image.table[id].count);
	return fake.side[0].image.table[id].count;
}

void assert_holds(uint32_t generation)
{
	assert_int_equal(fake.generation, generation);
	for (size_t i = 0; i < 2; i++) {
		assert_true(fake.side[i].there);
		assert_int_equal(fake.side[i].image.generation, generation);
	}
}

static Twinpath__V1__Rule rule_find(const char *policy, const char *rule)
{
	Twinpath__V1__ListPoliciesRequest list = TWINPATH__V1__LIST_POLICIES_REQUEST__INIT;
	Twinpath__V1__Response *response = daemon_get(OPERATION(LIST_POLICIES), &list);
	Twinpath__V1__Rule found = TWINPATH__V1__RULE__INIT;

	for (size_t i = 0; i < response->policies->n_policy; i++) {
		const Twinpath__V1__Policy *one = response->policies->policy[i];

		for (size_t j = 0; j < one->n_rule && !strcmp(one->name, policy); j++)
			if (!strcmp(one->rule[j]->section, rule))
				found = *one->rule[j];
	}
	twinpath__v1__response__free_unpacked(response, NULL);
	if (!found.number)
		fail_msg("policy %s has no rule %s", policy, rule);
	return found;
}

uint64_t rule_hits(const char *policy, const char *rule)
{
	return rule_find(policy, rule).packets;
}

uint32_t rule_number(const char *policy, const char *rule)
{
	return rule_find(policy, rule).number;
}

const char daemon_web[] = "endpointSelector: {matchLabels: {app: web}}\n"
			  "ingress:\n"
			  "- fromEndpoints: [{matchLabels: {app: client}}]\n"
			  "  toPorts: [{ports: [{port: '80', protocol: TCP}]}]\n";
const char daemon_web_two[] = "endpointSelector: {matchLabels: {app: web}}\n"
			      "ingress:\n"
			      "- fromEndpoints: [{matchLabels: {app: client}}]\n"
			      "  toPorts: [{ports: [{port: '80', protocol: TCP}]}]\n"
			      "- fromEndpoints: [{matchLabels: {app: client}}]\n"
			      "  toPorts: [{ports: [{port: '443', protocol: TCP}]}]\n";

void daemon_load(void)
{
	endpoint_add("a", "web", 1, NULL, NULL);
	endpoint_add("b", "client", 2, NULL, NULL);
	policy_apply("web", daemon_web, NULL);
}
