// SPDX-License-Identifier: GPL-2.0-only
/* What the daemon answers, and what of it outlives a change: hits, identities, ports, sizes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "daemon_run.h"

#define ENFORCE TWINPATH__V1__MODE__MODE_ENFORCE

static void hits_survive_updates(void **state)
{
	(void)state;
	daemon_load();
	fake.packets[1] = 7;
	assert_int_equal(rule_hits("web", "ingress[0]"), 7);
	policy_apply("web", daemon_web_two, NULL);
	assert_int_equal(rule_hits("web", "ingress[0]"), 7);
	daemon_restart();
	assert_int_equal(rule_hits("web", "ingress[0]"), 7);
	/* A number that is given anew begins at 0, whatever was counted under it. */
	policy_delete("web", NULL);
	fake.packets[3] = 5;
	policy_apply("web", daemon_web, NULL);
	assert_int_equal(rule_hits("web", "ingress[0]"), 0);
	fake.packets[3] = 6;
	assert_int_equal(rule_hits("web", "ingress[0]"), 1);
	daemon_restart();
	assert_int_equal(rule_hits("web", "ingress[0]"), 1);
}

static void a_number_is_given_back_with_its_labels(void **state)
{
	Twinpath__V1__ListEndpointsRequest list = TWINPATH__V1__LIST_ENDPOINTS_REQUEST__INIT;
	Twinpath__V1__Response *response;
	uint32_t first, second;

	(void)state;
	endpoint_add("a", "web", 1, NULL, NULL);
	endpoint_add("b", "web", 2, NULL, NULL);
	response = daemon_get(OPERATION(LIST_ENDPOINTS), &list);
	first = response->endpoints->endpoint[0]->identity;
	second = response->endpoints->endpoint[1]->identity;
	assert_int_equal(first, second);
	twinpath__v1__response__free_unpacked(response, NULL);
	endpoint_delete("a", NULL);
	endpoint_delete("b", NULL);
	endpoint_add("c", "web", 3, NULL, NULL);
	response = daemon_get(OPERATION(LIST_ENDPOINTS), &list);
	assert_true(response->endpoints->endpoint[0]->identity > first);
	twinpath__v1__response__free_unpacked(response, NULL);
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

/* Entries and size of a table, as 'status' tells them. */
static void assert_full(enum twp_table_id id, uint32_t entries, uint32_t size)
{
	Twinpath__V1__StatusRequest ask = TWINPATH__V1__STATUS_REQUEST__INIT;
	Twinpath__V1__Response *response = daemon_get(OPERATION(STATUS), &ask);

	assert_int_equal(response->status->n_table, TWP_TABLE_COUNT);
	assert_string_equal(response->status->table[id]->name, twp_table_layouts[id].name);
	assert_int_equal(response->status->table[id]->entries, entries);
	assert_int_equal(response->status->table[id]->size, size);
	twinpath__v1__response__free_unpacked(response, NULL);
}

static void what_does_not_fit_is_refused(void **state)
{
	uint32_t rule_cursor, identity_cursor;

	(void)state;
	daemon_load();
	/* The host itself has a row, too. */
	daemon_options.sizes.size[TWP_TABLE_HOST4] = 4;
	daemon_options.sizes.size[TWP_TABLE_RULES] = 1;
	daemon_restart();
	assert_full(TWP_TABLE_HOST4, 3, 4);
	assert_full(TWP_TABLE_RULES, 1, 1);
	rule_cursor = twp_numbers_cursor(daemon_.state.rules);
	identity_cursor = twp_numbers_cursor(daemon_.state.identities);
	policy_apply("web", daemon_web_two, "table rules needs 2 entries and has room for 1");
	endpoint_add("c", "other", 3, NULL, NULL);
	endpoint_add("d", "more", 4, NULL, "table host4 needs 5 entries and has room for 4");
	assert_holds(5);
	/* Nothing of it is there, neither now nor after a restart. */
	assert_full(TWP_TABLE_HOST4, 4, 4);
	assert_int_equal(daemon_.state.endpoints, 3);
	assert_int_equal(twp_numbers_cursor(daemon_.state.rules), rule_cursor);
	assert_int_equal(twp_numbers_cursor(daemon_.state.identities), identity_cursor + 1);
	daemon_restart_unseen();
	assert_int_equal(daemon_.state.endpoints, 3);
	assert_string_equal(twp_state_policy(&daemon_.state, "web")->text, daemon_web);
	assert_full(TWP_TABLE_RULES, 1, 1);
}

static void a_change_can_cure_what_does_not_fit(void **state)
{
	(void)state;
	daemon_load();
	endpoint_add("c", "other", 3, NULL, NULL);
	mode_set(ENFORCE, NULL);
	daemon_options.sizes.size[TWP_TABLE_HOST4] = table_rows(TWP_TABLE_HOST4) - 1;
	daemon_restart();
	assert_non_null(strstr(daemon_.problem, "host4"));
	endpoint_add("d", "other", 4, NULL, "host4");
	assert_holds(5);
	endpoint_delete("c", NULL);
	assert_null(daemon_.problem);
	assert_true(fake.generation > 5);
	assert_int_equal(fake.mode, ENFORCE);
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
	daemon_load();
	classify.tuple = &tuple;
	response = daemon_get(OPERATION(CLASSIFY), &classify);
	assert_string_equal(response->classification->ingress_rule, "policy web, ingress[0]");
	assert_string_equal(response->classification->client[0]->key, TWP_LABEL_WORLD);
	assert_string_equal(response->classification->server[0]->value, "web");
	twinpath__v1__response__free_unpacked(response, NULL);

	fake.packets[1] = 3;
	response = daemon_get(OPERATION(COUNTERS), &counters);
	assert_int_equal(response->counters->n_rule, 1);
	assert_string_equal(response->counters->rule[0]->section, "ingress[0]");
	twinpath__v1__response__free_unpacked(response, NULL);

	response = daemon_get(OPERATION(BENCH), &bench);
	assert_int_equal(fake.tuples, 1);
	assert_int_equal(response->bench->judgements, 10000);
	twinpath__v1__response__free_unpacked(response, NULL);

	response = daemon_get(OPERATION(STATUS), &status);
	assert_int_equal(response->status->identities, 2);
	assert_int_equal(response->status->table[TWP_TABLE_HOST4]->entries,
			 table_rows(TWP_TABLE_HOST4));
	assert_int_equal(response->status->table[TWP_TABLE_RULES]->bpf_bytes, 4096);
	twinpath__v1__response__free_unpacked(response, NULL);

	response = daemon_get(OPERATION(LIST_POLICIES), &list);
	assert_int_equal(response->policies->policy[0]->n_subject, 1);
	assert_int_equal(response->policies->policy[0]->subject[0]->ingress_lookups, 1);
	twinpath__v1__response__free_unpacked(response, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DAEMON_CASE(hits_survive_updates),
		DAEMON_CASE(a_number_is_given_back_with_its_labels),
		DAEMON_CASE(a_port_has_the_addresses_of_all_its_endpoints),
		DAEMON_CASE(what_does_not_fit_is_refused),
		DAEMON_CASE(a_change_can_cure_what_does_not_fit),
		DAEMON_CASE(answers_have_names),
	};

	return cmocka_run_group_tests(tests, daemon_group_setup, daemon_group_teardown);
}
