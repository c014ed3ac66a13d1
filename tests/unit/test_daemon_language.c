// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon and what the policy language needs kept: identities of prefixes,
 * namespaces, named ports, the default deny. Over the kernel of fake_kernel.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "daemon_run.h"
#include "twinpathd/answers.h"

static uint32_t prefix_identity(size_t row)
{
	const struct twp_prefix_value *value =
		twp_row_value(&fake.side[0].image, TWP_TABLE_PREFIX4, row);

	return value->identity;
}

#define KUBERNETES(spec)                                                              \
	"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, " \
	"namespace: shop}\nspec: {" spec "}\n"

static void identities_of_prefixes_are_kept(void **state)
{
	uint32_t identity;

	(void)state;
	pod_add("shop/a", "shop", 1, 80);
	policy_apply("one", "endpointSelector: {}\ningress: [{fromCIDR: [192.0.2.0/24]}]\n", NULL);
	assert_int_equal(table_rows(TWP_TABLE_PREFIX4), 1);
	identity = prefix_identity(0);
	assert_true(identity > TWP_IDENTITY_PREFIX);
	policy_apply("two", "endpointSelector: {}\ningress: [{fromCIDR: [192.0.2.0/28]}]\n", NULL);
	assert_int_equal(table_rows(TWP_TABLE_PREFIX4), 2);
	daemon_restart_unseen();
	policy_delete("one", NULL);
	assert_int_equal(table_rows(TWP_TABLE_PREFIX4), 1);
	assert_int_equal(prefix_identity(0), identity + 1);
	/* A number is not given again soon. */
	policy_apply("one", "endpointSelector: {}\ningress: [{fromCIDR: [192.0.2.0/24]}]\n", NULL);
	assert_true(prefix_identity(0) > identity + 1 || prefix_identity(1) > identity + 1);
	daemon_restart_unseen();
}

/* An address that an ipBlock tells from others is known by its endpoint's name. */
static void blocks_of_endpoints(void **state)
{
	const struct twp_host_value *one, *two;

	(void)state;
	pod_add("shop/a", "shop", 1, 80);
	pod_add("shop/b", "shop", 200, 80);
	policy_apply("p", KUBERNETES("ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/25}}]}]"), NULL);
	assert_int_equal(table_rows(TWP_TABLE_HOST4), 3);
	one = twp_row_value(&fake.side[0].image, TWP_TABLE_HOST4, 1);
	two = twp_row_value(&fake.side[0].image, TWP_TABLE_HOST4, 2);
	assert_int_not_equal(one->identity, two->identity);
	assert_string_equal(twp_state_identity(&daemon_.state, one->identity)->name, "shop/a");
	assert_non_null(twp_state_identity(&daemon_.state, two->identity));
	daemon_restart_unseen();
	policy_delete("p", NULL);
	one = twp_row_value(&fake.side[0].image, TWP_TABLE_HOST4, 1);
	two = twp_row_value(&fake.side[0].image, TWP_TABLE_HOST4, 2);
	assert_int_equal(one->identity, two->identity);
}

/* However many identities blocks give to its endpoints: a subject is listed once. */
static void subjects_are_listed_once(void **state)
{
	Twinpath__V1__PolicyList *list;
	struct twp_error error;

	(void)state;
	for (uint8_t i = 0; i < 4; i++)
		pod_add((const char *const[]){ "shop/a", "shop/b", "shop/c", "shop/d" }[i], "shop",
			(uint8_t)(1 + 64 * i), 80);
	policy_apply("p",
		     KUBERNETES("ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/26}}, {ipBlock: "
				"{cidr: 10.0.0.64/26}}, {ipBlock: {cidr: 10.0.0.128/26}}]}]"),
		     NULL);
	list = twp_answer_policies(&daemon_, &error);
	assert_non_null(list);
	assert_int_equal(list->n_policy, 1);
	assert_int_equal(list->policy[0]->n_subject, 1);
	assert_int_equal(list->policy[0]->subject[0]->identity, daemon_.state.endpoint[0].identity);
	twinpath__v1__policy_list__free_unpacked(list, NULL);
}

/* What events and answers call an identity: its labels, each before a comma. */
static const char *called(uint32_t identity)
{
	static char text[256];
	Twinpath__V1__Label **label = NULL;
	size_t count;

	*text = '\0';
	assert_int_equal(twp_answer_labels(&daemon_.state, identity, &label, &count), 0);
	for (size_t i = 0; i < count; i++) {
		strcat(strcat(text, label[i]->key), ",");
		twinpath__v1__label__free_unpacked(label[i], NULL);
	}
	free(label);
	return text;
}

static void prefixes_have_labels(void **state)
{
	(void)state;
	pod_add("shop/a", "shop", 1, 80);
	policy_apply("one",
		     "endpointSelector: {}\n"
		     "ingress: [{fromCIDRSet: [{cidr: 192.0.2.0/24, except: [192.0.2.0/28]}]}]\n",
		     NULL);
	assert_string_equal(called(prefix_identity(0)), "cidr:192.0.2.0/24,reserved:world,");
	assert_string_equal(called(prefix_identity(1)), "cidr:192.0.2.0/28,reserved:world,");
	assert_string_equal(called(TWP_IDENTITY_WORLD), "reserved:world,");
	daemon_restart_unseen();
	assert_string_equal(called(prefix_identity(1)), "cidr:192.0.2.0/28,reserved:world,");
	policy_delete("one", NULL);
	assert_string_equal(called(TWP_IDENTITY_PREFIX + 1), "");
}

static void namespaces_and_names_are_kept(void **state)
{
	(void)state;
	pod_add("shop/a", "shop", 1, 80);
	pod_add("bank/b", "bank", 2, 8080);
	policy_apply("p",
		     KUBERNETES("policyTypes: [Egress], egress: [{to: [{namespaceSelector: "
				"{matchLabels: {team: blue}}}], ports: [{port: http}]}]"),
		     NULL);
	assert_int_equal(table_rows(TWP_TABLE_RULES), 0);
	namespace_add("bank", "team", "blue");
	assert_int_equal(table_rows(TWP_TABLE_RULES), 1);
	daemon_restart_unseen();
	namespace_add("bank", "team", "red");
	assert_int_equal(table_rows(TWP_TABLE_RULES), 0);
	namespace_add("shop", "team", "blue");
	/* to the endpoint of the policy's namespace: itself */
	assert_int_equal(table_rows(TWP_TABLE_RULES), 1);
	daemon_restart_unseen();
}

static bool enforced(size_t row)
{
	const struct twp_host_value *value =
		twp_row_value(&fake.side[0].image, TWP_TABLE_HOST4, row);

	return value->dir[TWP_INGRESS].this_peer & TWP_ENFORCED;
}

static void the_default_deny_is_kept(void **state)
{
	Twinpath__V1__SetDefaultDenyRequest set = TWINPATH__V1__SET_DEFAULT_DENY_REQUEST__INIT;

	(void)state;
	pod_add("shop/a", "shop", 1, 80);
	assert_false(enforced(1));
	set.enabled = true;
	daemon_do(OPERATION(SET_DEFAULT_DENY), &set, NULL);
	assert_true(enforced(1));
	/* never the host: nobody is locked out */
	assert_false(enforced(0));
	daemon_restart_unseen();
	assert_true(enforced(1));
	set.enabled = false;
	daemon_do(OPERATION(SET_DEFAULT_DENY), &set, NULL);
	assert_false(enforced(1));
}

/* What fails leaves no number behind. */
static void a_refused_policy_takes_no_identity(void **state)
{
	uint32_t before;

	(void)state;
	pod_add("shop/a", "shop", 1, 80);
	policy_apply("one", "endpointSelector: {}\ningress: [{fromCIDR: [192.0.2.0/24]}]\n", NULL);
	before = twp_numbers_highest(daemon_.state.prefixes);
	daemon_.program.sizes.size[TWP_TABLE_PREFIX4] = 1;
	policy_apply("two", "endpointSelector: {}\ningress: [{fromCIDR: [192.0.2.0/28]}]\n",
		     "table prefix4 needs 2 entries and has room for 1");
	assert_int_equal(twp_numbers_highest(daemon_.state.prefixes), before);
	assert_int_equal(table_rows(TWP_TABLE_PREFIX4), 1);
	policy_apply("three", "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n",
		     "an endpoint or a namespace is no policy");
}

/* The kernel fails a change: what the daemon keeps of the last compilation is not touched by it. */
static void a_failed_change_leaves_what_is_kept(void **state)
{
	(void)state;
	pod_add("shop/a", "shop", 1, 80);
	policy_apply(
		"p",
		KUBERNETES("ingress: [{from: [{namespaceSelector: {}}], ports: [{port: http}]}]"),
		NULL);
	assert_non_null(daemon_.compiled);
	pod_add("shop/b", "shop", 2, 80);
	fake.fail_commit = 1;
	pod_change("shop/c", "shop", 3, 8080, "no memory for the counters");
	pod_change("shop/d", "shop", 4, 8081, NULL);
	assert_true(twp_compiled_is_update(daemon_.compiled));
	assert_int_equal(table_rows(TWP_TABLE_HOST4), 4);
	/* Compares with a full compilation. */
	daemon_restart_unseen();
	assert_null(daemon_.compiled);
	pod_add("shop/c", "shop", 3, 8080);
	assert_false(twp_compiled_is_update(daemon_.compiled));
}

/* The kernel took numbers and gave them back: nobody else gets them soon. */
static void numbers_of_a_failed_change_are_not_given_again(void **state)
{
	static const char web[] = "endpointSelector: {}\ningress: [{fromEndpoints: [{}]}]\n";
	uint32_t identity, rule;

	(void)state;
	endpoint_add("a", "a", 1, NULL, NULL);
	policy_apply("a", web, NULL);
	identity = twp_state_endpoint(&daemon_.state, "a")->identity;
	rule = rule_number("a", "ingress[0]");
	fake.fail_commit = 1;
	endpoint_add("b", "b", 2, NULL, "no memory for the counters");
	fake.fail_commit = 1;
	policy_apply("b", web, "no memory for the counters");
	endpoint_add("c", "c", 3, NULL, NULL);
	policy_apply("c", web, NULL);
	assert_int_equal(twp_state_endpoint(&daemon_.state, "c")->identity, identity + 2);
	assert_int_equal(rule_number("c", "ingress[0]"), rule + 2);
	/* What the kernel never heard of can be. */
	daemon_.program.sizes.size[TWP_TABLE_HOST4] = 3;
	endpoint_add("d", "d", 4, NULL, "table host4 needs 4 entries");
	daemon_.program.sizes.size[TWP_TABLE_HOST4] = 100;
	endpoint_add("e", "e", 5, NULL, NULL);
	assert_int_equal(twp_state_endpoint(&daemon_.state, "e")->identity, identity + 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DAEMON_CASE(identities_of_prefixes_are_kept),
		DAEMON_CASE(blocks_of_endpoints),
		DAEMON_CASE(prefixes_have_labels),
		DAEMON_CASE(subjects_are_listed_once),
		DAEMON_CASE(namespaces_and_names_are_kept),
		DAEMON_CASE(the_default_deny_is_kept),
		DAEMON_CASE(a_failed_change_leaves_what_is_kept),
		DAEMON_CASE(a_refused_policy_takes_no_identity),
		DAEMON_CASE(numbers_of_a_failed_change_are_not_given_again),
	};

	return cmocka_run_group_tests(tests, daemon_group_setup, daemon_group_teardown);
}
