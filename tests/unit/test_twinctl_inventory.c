// SPDX-License-Identifier: GPL-2.0-only
/* twinctl namespace, and twinctl endpoint audit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "twinctl_check.h"

static void namespaces_are_added_and_deleted(void **state)
{
	struct run run = run_twinctl(ANSWERS(&check_applied), NULL,
				     "namespace add shop --label team=blue --label bare");

	(void)state;
	check_done(&run);
	const Twinpath__V1__AddEndpointRequest *add = run.request->add_endpoint;
	assert_int_equal(add->n_endpoint, 0);
	assert_int_equal(add->n_namespace_, 1);
	assert_string_equal(add->namespace_[0]->name, "shop");
	assert_int_equal(add->namespace_[0]->n_label, 2);
	assert_string_equal(add->namespace_[0]->label[0]->value, "blue");
	assert_string_equal(add->namespace_[0]->label[1]->value, "");
	run_clean(&run);

	run = run_twinctl(ANSWERS(&check_applied), NULL, "namespace delete shop bank");
	check_done(&run);
	assert_int_equal(run.request->delete_namespace->n_name, 2);
	assert_string_equal(run.request->delete_namespace->name[1], "bank");
	run_clean(&run);
}

static void namespaces_are_listed(void **state)
{
	Twinpath__V1__Namespace one = TWINPATH__V1__NAMESPACE__INIT;
	Twinpath__V1__Namespace two = TWINPATH__V1__NAMESPACE__INIT, *both[] = { &one, &two };
	Twinpath__V1__NamespaceList list = TWINPATH__V1__NAMESPACE_LIST__INIT;
	const Twinpath__V1__Response answer = RESPONSE(NAMESPACES, namespaces, &list);
	struct run run;

	(void)state;
	one.name = (char *)"bank";
	one.n_label = 1;
	one.label = check_labels;
	one.declared = true;
	two.name = (char *)"shop";
	two.endpoints = 3;
	list.n_namespace_ = 2;
	list.namespace_ = both;
	run = run_twinctl(ANSWERS(&answer), NULL, "namespace list");
	check_done(&run);
	assert_string_equal(run.out, "name  endpoints  labels\n"
				     "bank          0  app=app1\n"
				     "shop          3  (not declared)\n");
	run_clean(&run);
	run = run_twinctl(ANSWERS(&answer), NULL, "namespace list --json");
	check_done(&run);
	json_t *root = check_parse(run.out);
	check_word(root, "namespace.0.label.app", "app1");
	check_number(root, "namespace.1.endpoints", 3);
	assert_true(json_is_false(check_find(root, "namespace.1.declared")));
	json_decref(root);
	run_clean(&run);
}

static void audit_is_set(void **state)
{
	struct run run =
		run_twinctl(ANSWERS(&check_applied), NULL, "endpoint audit shop/web api on");

	(void)state;
	check_done(&run);
	const Twinpath__V1__SetAuditRequest *set = run.request->set_audit;
	assert_true(set->enabled);
	assert_int_equal(set->n_name, 2);
	assert_string_equal(set->name[0], "shop/web");
	assert_string_equal(set->selector, "");
	run_clean(&run);

	run = run_twinctl(ANSWERS(&check_applied), NULL,
			  "endpoint audit --selector tier!=a,app==web --namespace shop off");
	check_done(&run);
	set = run.request->set_audit;
	assert_false(set->enabled);
	assert_int_equal(set->n_name, 0);
	assert_string_equal(set->selector, "app=web,io.kubernetes.pod.namespace=shop,tier!=a");
	run_clean(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(namespaces_are_added_and_deleted),
		cmocka_unit_test(namespaces_are_listed),
		cmocka_unit_test(audit_is_set),
	};

	return cmocka_run_group_tests(tests, run_setup, run_teardown);
}
