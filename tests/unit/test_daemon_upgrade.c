// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon and a store that an older one wrote, which took what this one
 * refuses: labels with a source, policies that cannot be read any more. Over the
 * kernel of fake_kernel.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "daemon_run.h"

#define WEB "endpointSelector: {matchLabels: {app: web}}\ningress: [{fromEndpoints: [{}]}]\n"

static sqlite3 *store_open(void)
{
	sqlite3 *database;

	assert_int_equal(sqlite3_open(daemon_store_path(), &database), SQLITE_OK);
	return database;
}

/* While no daemon has it open. */
static void store_execute(const char *text)
{
	sqlite3 *database = store_open();

	if (sqlite3_exec(database, text, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", text, sqlite3_errmsg(database));
	sqlite3_close(database);
}

static int store_count(const char *text)
{
	sqlite3 *database = store_open();
	sqlite3_stmt *statement;
	int count;

	assert_int_equal(sqlite3_prepare_v2(database, text, -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	count = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(database);
	return count;
}

/* Ends the daemon, changes its store, and begins anew. */
static void upgrade(const char *change)
{
	twp_daemon_clean(&daemon_);
	for (size_t i = 0; i < 2; i++)
		fake.side[i].applies = fake.side[i].rebuilds = 0;
	store_execute(change);
	daemon_start();
}

/* Endpoint a with address 10.0.0.1 and labels @key=web and @other=x. */
struct labelled {
	Twinpath__V1__Label label[2], *labels[2];
	uint8_t bytes[4];
	ProtobufCBinaryData address;
	Twinpath__V1__Endpoint endpoint;
};

static void labelled_init(struct labelled *one, const char *key, const char *other)
{
	*one = (struct labelled){
		.label = { TWINPATH__V1__LABEL__INIT, TWINPATH__V1__LABEL__INIT },
		.labels = { &one->label[0], &one->label[1] },
		.bytes = { 10, 0, 0, 1 },
		.address = { .len = 4, .data = one->bytes },
		.endpoint = TWINPATH__V1__ENDPOINT__INIT,
	};
	one->label[0].key = (char *)key;
	one->label[0].value = (char *)"web";
	one->label[1].key = (char *)other;
	one->label[1].value = (char *)"x";
	one->endpoint.name = (char *)"a";
	one->endpoint.label = one->labels;
	one->endpoint.n_label = 2;
	one->endpoint.address = &one->address;
	one->endpoint.n_address = 1;
}

static void labelled_add(const char *key, const char *other, const char *error)
{
	Twinpath__V1__AddEndpointRequest add = TWINPATH__V1__ADD_ENDPOINT_REQUEST__INIT;
	struct labelled one;
	Twinpath__V1__Endpoint *endpoints = &one.endpoint;

	labelled_init(&one, key, other);
	add.endpoint = &endpoints;
	add.n_endpoint = 1;
	daemon_do(OPERATION(ADD_ENDPOINT), &add, error);
}

static void labels_are_the_same_with_their_source(void **state)
{
	static const char *const keys[] = { "app", "k8s:app", "any:app" };
	uint32_t identity = 0;

	(void)state;
	policy_apply("web", WEB, NULL);
	for (size_t i = 0; i < 3; i++) {
		labelled_add(keys[i], "zone", NULL);
		assert_string_equal(daemon_.state.endpoint[0].labels.label[0].key, "app");
		assert_true(table_rows(TWP_TABLE_RULES) > 0);
		identity = identity ?: daemon_.state.endpoint[0].identity;
		assert_int_equal(daemon_.state.endpoint[0].identity, identity);
	}
	labelled_add("k8s:app", "app", "label \"app\" stands twice");
	labelled_add("app", "cni:zone", "\"cni:zone\" has a source that is not supported");
	labelled_add("app", "k8s:reserved:host", "\"k8s:reserved:host\" has two sources");
	assert_int_equal(daemon_.state.endpoint[0].labels.count, 2);
}

/* Replaces what the store holds of endpoint a. */
static void labelled_store(const char *key, const char *other)
{
	sqlite3 *database = store_open();
	sqlite3_stmt *statement;
	struct labelled one;
	uint8_t bytes[256];
	size_t length;

	labelled_init(&one, key, other);
	length = twinpath__v1__endpoint__get_packed_size(&one.endpoint);
	assert_true(length < sizeof(bytes));
	twinpath__v1__endpoint__pack(&one.endpoint, bytes);
	assert_int_equal(sqlite3_prepare_v2(database, "UPDATE endpoint SET message = ?1", -1,
					    &statement, NULL),
			 SQLITE_OK);
	sqlite3_bind_blob(statement, 1, bytes, (int)length, SQLITE_STATIC);
	assert_int_equal(sqlite3_step(statement), SQLITE_DONE);
	sqlite3_finalize(statement);
	sqlite3_close(database);
}

static void stored_labels_lose_their_source(void **state)
{
	const struct twp_labels *labels;
	uint32_t identity;

	(void)state;
	policy_apply("web", WEB, NULL);
	labelled_add("other", "zone", NULL);
	assert_int_equal(table_rows(TWP_TABLE_RULES), 0);
	twp_daemon_clean(&daemon_);
	labelled_store("k8s:app", "cni:zone");
	store_execute("UPDATE identity SET labels = 'cni:zone=x,k8s:app=web'");
	daemon_start();
	labels = &daemon_.state.endpoint[0].labels;
	assert_string_equal(twp_labels_get(labels, "app"), "web");
	/* No selector can say this one; it stays, and is lost by nobody. */
	assert_string_equal(twp_labels_get(labels, "cni:zone"), "x");
	assert_true(table_rows(TWP_TABLE_RULES) > 0);
	identity = daemon_.state.endpoint[0].identity;
	daemon_restart_unseen();
	assert_int_equal(daemon_.state.endpoint[0].identity, identity);
	twp_daemon_clean(&daemon_);
	assert_int_equal(store_count("SELECT count(*) FROM identity"), 1);
	assert_int_equal(store_count("SELECT count(*) FROM identity WHERE labels = "
				     "'app=web,cni:zone=x'"),
			 1);
	/* Both: the one that selectors meant wins. */
	labelled_store("k8s:app", "app");
	daemon_start();
	labels = &daemon_.state.endpoint[0].labels;
	assert_string_equal(twp_labels_get(labels, "app"), "x");
	assert_string_equal(twp_labels_get(labels, "k8s:app"), "web");
}

static void load(void)
{
	endpoint_add("a", "web", 1, NULL, NULL);
	policy_apply("web", WEB, NULL);
	policy_apply("web2", WEB, NULL);
	mode_set(TWINPATH__V1__MODE__MODE_ENFORCE, NULL);
}

#define SPOIL "UPDATE policy SET document = replace(document, 'app:', 'cni:app:')"
#define SPOIL_WEB SPOIL " WHERE name = 'web'"

static void assert_problem(const char *part)
{
	assert_non_null(daemon_.problem);
	if (!strstr(daemon_.problem, part))
		fail_msg("'%s' is not in: '%s'", part, daemon_.problem);
}

static void what_is_not_understood_leaves_the_kernel_alone(void **state)
{
	Twinpath__V1__StatusRequest ask = TWINPATH__V1__STATUS_REQUEST__INIT;
	Twinpath__V1__Response *response;
	size_t rows;

	(void)state;
	load();
	rows = table_rows(TWP_TABLE_RULES);
	upgrade(SPOIL_WEB);
	assert_true(daemon_.started);
	assert_problem("policy web is stored and not understood by this version (web:1:");
	assert_problem("what the kernel holds stays");
	response = daemon_get(OPERATION(STATUS), &ask);
	assert_non_null(strstr(response->status->problem, "policy web is stored"));
	twinpath__v1__response__free_unpacked(response, NULL);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(fake.side[i].applies + fake.side[i].rebuilds, 0);
	assert_holds(4);
	assert_int_equal(table_rows(TWP_TABLE_RULES), rows);
	endpoint_add("b", "web", 2, NULL, "policy web is stored and not understood");
	policy_apply("three", WEB, "replace or delete it before anything else changes");
	policy_delete("web2", "policy web is stored");
	assert_holds(4);
	daemon_restart_unseen();
	assert_int_equal(policy_delete("web", NULL), 5);
	assert_null(daemon_.problem);
	assert_int_equal(daemon_.state.policies, 1);
	endpoint_add("b", "web", 2, NULL, NULL);
	daemon_restart_unseen();
	assert_null(daemon_.problem);
}

static void what_is_not_understood_is_replaced(void **state)
{
	(void)state;
	load();
	upgrade(SPOIL_WEB);
	policy_apply("web", "nonsense: 1\n", "field \"nonsense\" is unknown");
	assert_problem("policy web");
	assert_int_equal(policy_apply("web", WEB, NULL), 5);
	assert_null(daemon_.problem);
	assert_int_not_equal(rule_number("web", "ingress[0]"), 0);
	daemon_restart_unseen();
}

/* One after the other: the first is stored, and the kernel follows with the last. */
static void what_is_not_understood_goes_step_by_step(void **state)
{
	(void)state;
	load();
	upgrade(SPOIL);
	assert_problem("policy web ");
	assert_int_equal(policy_delete("web", NULL), 0);
	assert_problem("policy web2 ");
	assert_holds(4);
	daemon_restart_unseen();
	assert_int_equal(daemon_.state.policies, 1);
	assert_int_equal(policy_delete("web2", NULL), 5);
	assert_null(daemon_.problem);
	assert_int_equal(table_rows(TWP_TABLE_RULES), 0);
}

/* The kernel is empty, as after a boot: there is nothing to go on with, but it can be mended. */
static void what_is_not_understood_cannot_be_programmed(void **state)
{
	(void)state;
	load();
	twp_daemon_clean(&daemon_);
	store_execute(SPOIL_WEB);
	fake_boot(true);
	daemon_start();
	assert_false(daemon_.started);
	assert_problem("the kernel holds no policy, and gets none until");
	assert_int_equal(fake.generation, 0);
	endpoint_add("b", "web", 2, NULL, "policy web is stored");
	policy_delete("web", NULL);
	assert_true(daemon_.started);
	assert_null(daemon_.problem);
	assert_true(table_rows(TWP_TABLE_RULES) > 0);
}

/* A document that is read otherwise than it was: more rules than have numbers. */
static void rules_without_numbers_are_a_fault(void **state)
{
	(void)state;
	load();
	upgrade("UPDATE policy SET document = document || 'egress: [{toEndpoints: [{}]}]\n' "
		"WHERE name = 'web'");
	assert_problem("the store has no number for rule web");
	assert_holds(4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DAEMON_CASE(labels_are_the_same_with_their_source),
		DAEMON_CASE(stored_labels_lose_their_source),
		DAEMON_CASE(what_is_not_understood_leaves_the_kernel_alone),
		DAEMON_CASE(what_is_not_understood_is_replaced),
		DAEMON_CASE(what_is_not_understood_goes_step_by_step),
		DAEMON_CASE(what_is_not_understood_cannot_be_programmed),
		DAEMON_CASE(rules_without_numbers_are_a_fault),
	};

	return cmocka_run_group_tests(tests, daemon_group_setup, daemon_group_teardown);
}
