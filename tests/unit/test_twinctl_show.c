// SPDX-License-Identifier: GPL-2.0-only
/* What twinctl makes of the answers of the daemon: text and JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "twinctl_check.h"

static void status_is_shown(void **state)
{
	struct run run = run_twinctl(ANSWERS(&check_status), NULL, "status");

	(void)state;
	check_done(&run);
	assert_int_equal(run.request->operation_case, TWINPATH__V1__REQUEST__OPERATION_STATUS);
	check_has(run.out, "enforce, deny reject, fail closed, other ethertypes deny\n");
	check_has(run.out, "12; nft holds 12, bpf holds 11\n");
	check_has(run.out, "3, the last took 4.2 us\n");
	check_has(run.out, "took 1.5 ms\n");
	check_has(run.out, "2 endpoints, 1 selectors\n");
	check_has(run.out, "audit selector  app=web,tier in (a,b) (1 endpoints)\n");
	check_has(run.out, "default deny    on: ");
	check_has(
		run.out,
		"rules   250000  1000000  25.0%  16 B    4 B           -         -     3.0 MiB      13 B\n");
	run_clean(&run);

	run = run_twinctl(ANSWERS(&check_status), NULL, "--json status");
	check_done(&run);
	json_t *root = check_parse(run.out);
	check_word(root, "module.mode", "enforce");
	check_word(root, "module.deny_action", "reject");
	check_word(root, "module.failure_policy", "closed");
	check_word(root, "module.other_ethertypes", "deny");
	check_word(root, "module.bpf.backend", "bpf");
	assert_true(json_is_false(check_find(root, "module.bpf.bound")));
	check_number(root, "table.0.entries", 250000);
	check_word(root, "problem", "");
	json_decref(root);
	run_clean(&run);
}

static void status_without_module(void **state)
{
	Twinpath__V1__Status bare = TWINPATH__V1__STATUS__INIT;
	const Twinpath__V1__Response answer = RESPONSE(STATUS, status, &bare);
	struct run run = run_twinctl(ANSWERS(&answer), NULL, "status");

	(void)state;
	check_done(&run);
	check_has(run.out, "not loaded");
	run_clean(&run);
	run = run_twinctl(ANSWERS(&answer), NULL, "status --json");
	check_done(&run);
	json_t *root = check_parse(run.out);
	assert_true(json_is_null(check_find(root, "module")));
	json_decref(root);
	run_clean(&run);
	run = run_twinctl(ANSWERS(&answer), NULL, "backend show");
	check_failed(&run, 1, "module twinpath is not loaded");
}

static void backend_is_set(void **state)
{
	struct run run = run_twinctl(ANSWERS(&check_status), NULL, "backend set bpf");

	(void)state;
	check_done(&run);
	assert_int_equal(run.request->operation_case, TWINPATH__V1__REQUEST__OPERATION_SET_BACKEND);
	assert_int_equal(run.request->set_backend->backend, B(BPF));
	check_has(run.out, "backend  judges  bound  generation\n"
			   "nft      yes     yes            12\n"
			   "bpf      no      no             11\n");
	run_clean(&run);

	run = run_twinctl(ANSWERS(&check_status), NULL, "backend show -j");
	check_done(&run);
	json_t *root = check_parse(run.out);
	check_word(root, "backend", "nft");
	check_number(root, "bpf.generation", 11);
	json_decref(root);
	run_clean(&run);
}

static void mode_keeps_what_is_not_given(void **state)
{
	struct run run = run_twinctl(ANSWERS(&check_status), NULL, "mode set --deny reject");

	(void)state;
	check_done(&run);
	const Twinpath__V1__SetModeRequest *set = run.request->set_mode;
	assert_int_equal(set->mode, 0);
	assert_int_equal(set->deny_action, TWINPATH__V1__DENY_ACTION__DENY_ACTION_REJECT);
	assert_int_equal(set->failure_policy, 0);
	assert_int_equal(set->other_ethertypes, 0);
	check_has(run.out, "mode        enforce\ndeny        reject\n");
	run_clean(&run);

	run = run_twinctl(ANSWERS(&check_status), NULL,
			  "--fail=open --json mode set off --ethertypes pass");
	check_done(&run);
	set = run.request->set_mode;
	assert_int_equal(set->mode, TWINPATH__V1__MODE__MODE_OFF);
	assert_int_equal(set->failure_policy, TWINPATH__V1__FAILURE_POLICY__FAILURE_POLICY_OPEN);
	assert_int_equal(set->other_ethertypes,
			 TWINPATH__V1__ETHERTYPE_POLICY__ETHERTYPE_POLICY_PASS);
	json_t *root = check_parse(run.out);
	check_word(root, "mode", "enforce");
	json_decref(root);
	run_clean(&run);
}

static void policies_are_listed(void **state)
{
	Twinpath__V1__Rule hit = TWINPATH__V1__RULE__INIT, unused = TWINPATH__V1__RULE__INIT;
	Twinpath__V1__Rule *rules[] = { &hit, &unused };
	Twinpath__V1__Subject subject = TWINPATH__V1__SUBJECT__INIT, *subjects[] = { &subject };
	Twinpath__V1__Policy policy = TWINPATH__V1__POLICY__INIT, *list[] = { &policy };
	Twinpath__V1__PolicyList policies = TWINPATH__V1__POLICY_LIST__INIT;
	const Twinpath__V1__Response answer = RESPONSE(POLICIES, policies, &policies);
	const Twinpath__V1__Response one = RESPONSE(POLICY, policy, &policy);

	(void)state;
	hit.number = 7;
	hit.section = (char *)"ingress[0]";
	hit.packets = 3;
	hit.bytes = 1536;
	unused.number = 8;
	unused.section = (char *)"egress[1]";
	subject.identity = 256;
	subject.n_label = 1;
	subject.label = check_labels;
	subject.ingress_lookups = 2;
	policy.name = (char *)"web";
	policy.text = (char *)"no newline at its end";
	policy.n_rule = 2;
	policy.rule = rules;
	policy.n_subject = 1;
	policy.subject = subjects;
	policies.n_policy = 1;
	policies.policy = list;
	struct run run = run_twinctl(ANSWERS(&answer), NULL, "policy list");
	check_done(&run);
	assert_string_equal(run.out,
			    "policy  rule        number        packets    bytes\n"
			    "web     ingress[0]       7              3  1.5 KiB\n"
			    "web     egress[1]        8  never matched        -\n"
			    "\n"
			    "policy  subject   identity  ingress lookups  egress lookups\n"
			    "web     app=app1       256                2               0\n");
	run_clean(&run);

	run = run_twinctl(ANSWERS(&answer), NULL, "policy list --json");
	check_done(&run);
	json_t *root = check_parse(run.out);
	check_number(root, "policy.0.rule.1.packets", 0);
	check_word(root, "policy.0.subject.0.label.app", "app1");
	json_decref(root);
	run_clean(&run);

	run = run_twinctl(ANSWERS(&one), NULL, "policy get web");
	check_done(&run);
	assert_string_equal(run.request->get_policy->name, "web");
	assert_string_equal(run.out, "no newline at its end");
	run_clean(&run);
}

static void counters_are_shown(void **state)
{
	Twinpath__V1__ReasonCounter reason = TWINPATH__V1__REASON_COUNTER__INIT,
				    *reasons[] = { &reason };
	Twinpath__V1__RuleCounter counter = TWINPATH__V1__RULE_COUNTER__INIT;
	Twinpath__V1__NamedRuleCounter rule = TWINPATH__V1__NAMED_RULE_COUNTER__INIT,
				       *rules[] = { &rule };
	Twinpath__V1__CounterList counters = TWINPATH__V1__COUNTER_LIST__INIT;
	const Twinpath__V1__Response answer = RESPONSE(COUNTERS, counters, &counters);

	(void)state;
	reason.reason = TWINPATH__V1__REASON__REASON_DEFAULT_DENY;
	reason.verdict = V(DENY);
	reason.packets = 5000000000;
	reason.bytes = 40;
	counter.rule = 7;
	counter.packets = 2;
	counter.bytes = 2048;
	rule.counter = &counter;
	rule.policy = (char *)"web";
	rule.section = (char *)"ingress[0]";
	counters.n_reason = counters.n_rule = 1;
	counters.reason = reasons;
	counters.rule = rules;
	struct run run = run_twinctl(ANSWERS(&answer), NULL, "counters");
	check_done(&run);
	assert_string_equal(run.out, "reason        verdict     packets  bytes\n"
				     "default_deny  deny     5000000000   40 B\n"
				     "\n"
				     "policy  rule        number  packets    bytes\n"
				     "web     ingress[0]       7        2  2.0 KiB\n");
	run_clean(&run);
	run = run_twinctl(ANSWERS(&answer), NULL, "counters --json");
	check_done(&run);
	json_t *root = check_parse(run.out);
	check_word(root, "reason.0.reason", "default_deny");
	check_number(root, "reason.0.packets", 5000000000);
	check_number(root, "rule.0.counter.bytes", 2048);
	json_decref(root);
	run_clean(&run);
}

static void monitor_prints_lines(void **state)
{
	uint8_t a[] = { 10, 0, 0, 1 }, b[] = { 10, 0, 0, 2 };
	Twinpath__V1__Tuple tuple = TWINPATH__V1__TUPLE__INIT;
	Twinpath__V1__Decision ingress = TWINPATH__V1__DECISION__INIT;
	Twinpath__V1__Event event = TWINPATH__V1__EVENT__INIT;
	Twinpath__V1__NamedEvent named = TWINPATH__V1__NAMED_EVENT__INIT;
	const Twinpath__V1__Response answer = RESPONSE(EVENT, event, &named);
	const struct answers stream = { { &answer, &answer, &answer }, 3, true, NULL };

	(void)state;
	tuple.client = (ProtobufCBinaryData){ 4, a };
	tuple.server = (ProtobufCBinaryData){ 4, b };
	tuple.protocol = 6;
	tuple.port = 80;
	ingress.verdict = V(DENY);
	event.kind = TWINPATH__V1__EVENT_KIND__EVENT_KIND_VERDICT;
	event.verdict = V(DENY);
	event.reason = TWINPATH__V1__REASON__REASON_DEFAULT_DENY;
	event.backend = B(BPF);
	event.generation = 12;
	event.tuple = &tuple;
	event.ingress = &ingress;
	event.lost = 4;
	named.event = &event;
	named.n_client = 1;
	named.client = check_labels;
	named.client_name = (char *)"shop/app1";
	named.reason = (char *)"no rule allows it";
	struct run run = run_twinctl(&stream, NULL, "monitor --count 2");
	check_done(&run);
	check_has(run.out,
		  " deny (no rule allows it) from shop/app1 10.0.0.1 (app=app1) to 10.0.0.2 (-) "
		  "80/tcp; ingress "
		  "deny, no rule allows it [bpf, generation 12] (4 events before it were not "
		  "sent)\n");
	assert_ptr_equal(strchr(strchr(run.out, '\n') + 1, '\n') + 1, run.out + strlen(run.out));
	run_clean(&run);

	/* Each line is out when it was printed; a signal is a clean end. */
	run = run_twinctl_until(&stream, 3, "monitor --json");
	check_done(&run);
	char *end = strchr(run.out, '\n');
	*end = '\0';
	json_t *root = check_parse(run.out);
	check_word(root, "event.kind", "verdict");
	check_word(root, "event.tuple.server", "10.0.0.2");
	check_word(root, "client.app", "app1");
	check_word(root, "client_name", "shop/app1");
	check_word(root, "reason", "no rule allows it");
	check_word(root, "event.reason", "default_deny");
	json_decref(root);
	run_clean(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_is_shown),
		cmocka_unit_test(status_without_module),
		cmocka_unit_test(backend_is_set),
		cmocka_unit_test(mode_keeps_what_is_not_given),
		cmocka_unit_test(policies_are_listed),
		cmocka_unit_test(counters_are_shown),
		cmocka_unit_test(monitor_prints_lines),
	};

	return cmocka_run_group_tests(tests, run_setup, run_teardown);
}
