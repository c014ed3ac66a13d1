// SPDX-License-Identifier: GPL-2.0-only
/* The daemon at its socket: clients that ask, that watch, that do not read, that talk nonsense. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/control.h"
#include "fake_kernel.h"
#include "twinpathd/log.h"
#include "twinpathd/server.h"

static struct twp_daemon daemon_;
static struct twp_options options = { .pins = "/none", .folder = "" };
static char folder[] = "/tmp/test_server.XXXXXX";

static void path_of(char path[64], const char *name)
{
	snprintf(path, 64, "%s/%s", folder, name);
}

static void files_remove(void)
{
	static const char *const names[] = { "twinpath.db", "twinpath.db-wal", "control.sock" };
	char path[64];

	for (size_t i = 0; i < 3; i++) {
		path_of(path, names[i]);
		unlink(path);
	}
}

static int setup(void **state)
{
	struct twp_error error = { "" };

	(void)state;
	twp_log_level("error");
	files_remove();
	options.sizes = twp_sizes_default;
	fake_boot(true);
	if (twp_daemon_init(&daemon_, &options, &error))
		return -1;
	twp_daemon_mend(&daemon_);
	daemon_.server = twp_server_open(&daemon_, &error);
	return daemon_.server ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	twp_server_close(daemon_.server);
	twp_daemon_clean(&daemon_);
	fake_clean();
	return 0;
}

/* Lets the daemon do all that there is to do. */
static void turn(void)
{
	while (sd_event_run(daemon_.event, 0) > 0)
		;
}

static int client(void)
{
	int fd = twp_control_connect(options.socket, NULL);

	assert_true(fd >= 0);
	turn();
	return fd;
}

static void ask(int fd, Twinpath__V1__Request__OperationCase operation, void *message)
{
	Twinpath__V1__Request request = TWINPATH__V1__REQUEST__INIT;
	uint8_t bytes[256];
	size_t length;

	request.operation_case = operation;
	request.status = message;
	length = twinpath__v1__request__pack(&request, bytes);
	assert_int_equal(twp_control_send(fd, bytes, length, NULL), 0);
	turn();
}

static void ask_status(int fd)
{
	Twinpath__V1__StatusRequest status = TWINPATH__V1__STATUS_REQUEST__INIT;

	ask(fd, TWINPATH__V1__REQUEST__OPERATION_STATUS, &status);
}

/* NULL: the daemon hung up. */
static Twinpath__V1__Response *answer(int fd)
{
	Twinpath__V1__Response *response = NULL;
	uint8_t *bytes;
	size_t length;

	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	if (twp_control_receive(fd, &bytes, &length, NULL) == 1) {
		response = twinpath__v1__response__unpack(NULL, length, bytes);
		assert_non_null(response);
		free(bytes);
	}
	return response;
}

static void assert_answers(int fd)
{
	Twinpath__V1__Response *response;

	ask_status(fd);
	response = answer(fd);
	assert_non_null(response);
	assert_int_equal(response->result_case, TWINPATH__V1__RESPONSE__RESULT_STATUS);
	assert_true(response->status->module_loaded);
	twinpath__v1__response__free_unpacked(response, NULL);
}

static void a_client_asks_more_than_once(void **state)
{
	int fd = client();

	(void)state;
	assert_answers(fd);
	assert_answers(fd);
	close(fd);
	turn();
}

static void the_socket_is_of_owner_and_group(void **state)
{
	struct stat status;

	(void)state;
	assert_int_equal(stat(options.socket, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0660);
}

static void nonsense_is_answered_and_harms_nobody(void **state)
{
	int good = client(), bad;
	uint8_t bytes[4096];
	Twinpath__V1__Response *response;

	(void)state;
	srandom(1);
	for (int i = 0; i < 500; i++) {
		size_t length = 1 + (size_t)random() % sizeof(bytes);

		for (size_t j = 0; j < length; j++)
			bytes[j] = (uint8_t)random();
		bad = client();
		assert_int_equal(send(bad, bytes, length, 0), length);
		turn();
		response = answer(bad);
		assert_non_null(response);
		assert_true(*response->error);
		twinpath__v1__response__free_unpacked(response, NULL);
		close(bad);
	}
	turn();
	assert_answers(good);
	assert_int_equal(fake.generation, 1);
	close(good);
	turn();
}

static void one_that_breaks_the_framing_is_hung_up_on(void **state)
{
	static const uint8_t bytes[TWP_CONTROL_INLINE + 1];
	int fd = client();
	Twinpath__V1__Response *response;

	(void)state;
	assert_int_equal(send(fd, bytes, sizeof(bytes), 0), sizeof(bytes));
	turn();
	response = answer(fd);
	assert_non_null(response);
	assert_non_null(strstr(response->error, "longer than"));
	twinpath__v1__response__free_unpacked(response, NULL);
	assert_null(answer(fd));
	close(fd);
}

static void one_that_does_not_read_is_hung_up_on(void **state)
{
	int good = client(), bad = client();
	uint8_t bytes[4] = { 0 };
	Twinpath__V1__Request request = TWINPATH__V1__REQUEST__INIT;
	Twinpath__V1__StatusRequest status = TWINPATH__V1__STATUS_REQUEST__INIT;
	size_t length;
	int i;

	(void)state;
	request.operation_case = TWINPATH__V1__REQUEST__OPERATION_STATUS;
	request.status = &status;
	length = twinpath__v1__request__pack(&request, bytes);
	for (i = 0; i < 100000; i++) {
		if (twp_control_send(bad, bytes, length, NULL))
			break;
		turn();
	}
	assert_true(i < 100000);
	assert_answers(good);
	close(bad);
	close(good);
	turn();
}

/* Who connects and says nothing keeps nobody out: the oldest of them is hung up on. */
static void a_crowd_locks_nobody_out(void **state)
{
	int fds[TWP_SERVER_CLIENTS + 1];
	char byte;

	(void)state;
	for (size_t i = 0; i <= TWP_SERVER_CLIENTS; i++) {
		fds[i] = client();
		turn();
	}
	assert_answers(fds[TWP_SERVER_CLIENTS]);
	assert_int_equal(recv(fds[0], &byte, 1, MSG_DONTWAIT), 0);
	assert_answers(fds[1]);
	for (size_t i = 0; i <= TWP_SERVER_CLIENTS; i++)
		close(fds[i]);
	turn();
	fds[0] = client();
	assert_answers(fds[0]);
	close(fds[0]);
	turn();
}

static void tell(uint32_t client)
{
	Twinpath__V1__Event event = TWINPATH__V1__EVENT__INIT;
	Twinpath__V1__NamedEvent named = TWINPATH__V1__NAMED_EVENT__INIT;

	event.kind = TWINPATH__V1__EVENT_KIND__EVENT_KIND_VERDICT;
	event.client = client;
	named.event = &event;
	twp_server_tell(daemon_.server, &named);
}

static void a_slow_monitor_loses_events_and_is_told(void **state)
{
	Twinpath__V1__MonitorRequest monitor = TWINPATH__V1__MONITOR_REQUEST__INIT;
	const uint32_t told = 5000;
	Twinpath__V1__Response *response;
	uint32_t seen = 0, lost = 0, i;
	int fd = client(), other = client();

	(void)state;
	assert_false(twp_server_has_monitors(daemon_.server));
	ask(fd, TWINPATH__V1__REQUEST__OPERATION_MONITOR, &monitor);
	assert_true(twp_server_has_monitors(daemon_.server));
	for (i = 0; i < told; i++)
		tell(i);
	while ((response = answer(fd))) {
		assert_int_equal(response->event->event->client, seen);
		assert_int_equal(response->event->event->lost, 0);
		seen++;
		twinpath__v1__response__free_unpacked(response, NULL);
	}
	assert_in_range(seen, 1, told - 1);
	tell(told);
	response = answer(fd);
	assert_non_null(response);
	lost = (uint32_t)response->event->event->lost;
	assert_int_equal(response->event->event->client, told);
	assert_int_equal(seen + lost, told);
	twinpath__v1__response__free_unpacked(response, NULL);
	assert_answers(other);
	/* It has nothing more to ask. */
	ask_status(fd);
	assert_null(answer(fd));
	assert_false(twp_server_has_monitors(daemon_.server));
	close(fd);
	close(other);
	turn();
}

/* What the daemon makes of an event of the module. */
static Twinpath__V1__Response *event_wait(int fd)
{
	Twinpath__V1__Response *response = NULL;

	for (int i = 0; i < 4 && !response; i++) {
		assert_true(sd_event_run(daemon_.event, 1000000) >= 0);
		response = answer(fd);
	}
	assert_non_null(response);
	return response;
}

static void inventory_load(int fd)
{
	Twinpath__V1__AddEndpointRequest add = TWINPATH__V1__ADD_ENDPOINT_REQUEST__INIT;
	Twinpath__V1__ApplyPolicyRequest apply = TWINPATH__V1__APPLY_POLICY_REQUEST__INIT;
	Twinpath__V1__Endpoint endpoint = TWINPATH__V1__ENDPOINT__INIT, *endpoints = &endpoint;
	Twinpath__V1__PolicyDocument document = TWINPATH__V1__POLICY_DOCUMENT__INIT;
	Twinpath__V1__PolicyDocument *documents = &document;
	Twinpath__V1__Label label = TWINPATH__V1__LABEL__INIT, *labels = &label;
	uint8_t bytes[4] = { 10, 0, 0, 1 };
	ProtobufCBinaryData address = { 4, bytes };

	label.key = (char *)"app";
	label.value = (char *)"web";
	endpoint.name = (char *)"shop/web";
	endpoint.namespace_ = (char *)"shop";
	endpoint.address = &address;
	endpoint.label = &labels;
	endpoint.n_address = endpoint.n_label = 1;
	add.endpoint = &endpoints;
	add.n_endpoint = 1;
	ask(fd, TWINPATH__V1__REQUEST__OPERATION_ADD_ENDPOINT, &add);
	twinpath__v1__response__free_unpacked(answer(fd), NULL);
	document.name = (char *)"p";
	document.text = (char *)"endpointSelector: {}\n"
				"ingressDeny: [{fromCIDR: [192.0.2.0/24]}]\n";
	apply.document = &documents;
	apply.n_document = 1;
	ask(fd, TWINPATH__V1__REQUEST__OPERATION_APPLY_POLICY, &apply);
	twinpath__v1__response__free_unpacked(answer(fd), NULL);
}

/* Who, from where, by which rule, and why: all in words. */
static void events_have_names(void **state)
{
	uint8_t client_address[4] = { 192, 0, 2, 7 }, server_address[4] = { 10, 0, 0, 1 };
	Twinpath__V1__MonitorRequest monitor = TWINPATH__V1__MONITOR_REQUEST__INIT;
	Twinpath__V1__Decision ingress = TWINPATH__V1__DECISION__INIT;
	Twinpath__V1__Tuple tuple = TWINPATH__V1__TUPLE__INIT;
	Twinpath__V1__Event event = TWINPATH__V1__EVENT__INIT;
	const Twinpath__V1__NamedEvent *named;
	Twinpath__V1__Response *response;
	int fd = client();

	(void)state;
	inventory_load(fd);
	ask(fd, TWINPATH__V1__REQUEST__OPERATION_MONITOR, &monitor);
	tuple.client = (ProtobufCBinaryData){ 4, client_address };
	tuple.server = (ProtobufCBinaryData){ 4, server_address };
	ingress.rule = 1;
	event.kind = TWINPATH__V1__EVENT_KIND__EVENT_KIND_VERDICT;
	event.reason = TWINPATH__V1__REASON__REASON_RULE;
	event.tuple = &tuple;
	event.ingress = &ingress;
	event.client = TWP_IDENTITY_PREFIX + 1;
	event.server = TWP_IDENTITY_LABELS_MIN;
	fake_tell(&event);
	response = event_wait(fd);
	named = response->event;
	assert_string_equal(named->server_name, "shop/web");
	assert_string_equal(named->client_name, "");
	assert_string_equal(named->server[0]->key, "app");
	assert_int_equal(named->n_client, 2);
	assert_string_equal(named->client[0]->key, "cidr:192.0.2.0/24");
	assert_string_equal(named->client[1]->key, TWP_LABEL_WORLD);
	assert_string_equal(named->ingress_rule, "policy p, ingressDeny[0]");
	assert_string_equal(named->egress_rule, "");
	assert_string_equal(named->reason, "denied by rule");
	twinpath__v1__response__free_unpacked(response, NULL);

	event.reason = TWINPATH__V1__REASON__REASON_FORGED;
	event.tuple = NULL;
	fake_tell(&event);
	response = event_wait(fd);
	assert_string_equal(response->event->reason, "spoofed source address");
	assert_string_equal(response->event->server_name, "");
	twinpath__v1__response__free_unpacked(response, NULL);
	close(fd);
	turn();
}

static void an_event_of_the_module_reaches_a_monitor(void **state)
{
	Twinpath__V1__MonitorRequest monitor = TWINPATH__V1__MONITOR_REQUEST__INIT;
	Twinpath__V1__Response *response;
	int fd = client();

	(void)state;
	ask(fd, TWINPATH__V1__REQUEST__OPERATION_MONITOR, &monitor);
	fake_event(TWINPATH__V1__EVENT_KIND__EVENT_KIND_FALLBACK);
	response = event_wait(fd);
	assert_int_equal(response->event->event->kind,
			 TWINPATH__V1__EVENT_KIND__EVENT_KIND_FALLBACK);
	twinpath__v1__response__free_unpacked(response, NULL);
	close(fd);
	turn();
}

static void a_socket_in_use_is_not_taken(void **state)
{
	struct twp_error error = { "" };
	char path[64];
	struct twp_options other = options;
	struct twp_daemon second = { .options = &other, .event = daemon_.event };
	int fd;

	(void)state;
	assert_null(twp_server_open(&second, &error));
	assert_non_null(strstr(error.text, "another daemon listens"));
	path_of(path, "twinpath.db");
	other.socket = path;
	assert_null(twp_server_open(&second, &error));
	assert_non_null(strstr(error.text, "is no socket"));
	fd = client();
	assert_answers(fd);
	close(fd);
	turn();
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_client_asks_more_than_once),
		CASE(the_socket_is_of_owner_and_group),
		CASE(nonsense_is_answered_and_harms_nobody),
		CASE(one_that_breaks_the_framing_is_hung_up_on),
		CASE(one_that_does_not_read_is_hung_up_on),
		CASE(a_crowd_locks_nobody_out),
		CASE(a_slow_monitor_loses_events_and_is_told),
		CASE(an_event_of_the_module_reaches_a_monitor),
		CASE(events_have_names),
		CASE(a_socket_in_use_is_not_taken),
	};
	char socket[64];
	int failed;

	if (!mkdtemp(folder))
		return 1;
	path_of(socket, "control.sock");
	options.socket = socket;
	options.state = folder;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	files_remove();
	rmdir(folder);
	return failed;
}
