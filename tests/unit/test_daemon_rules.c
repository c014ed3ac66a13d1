// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon and its policies: rules keep their hits as long as they are the same
 * rules, objects stand once, and what is wrong with a change is all said.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon_run.h"

#define OBJECT(name, port)                                                              \
	"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: " name \
	", namespace: shop}\nspec: {podSelector: {}, ingress: [{ports: [{port: " port "}]}]}\n"
#define SEPARATE "---\n"
#define PLAIN(selector, about) \
	"- endpointSelector: {matchLabels: {app: " selector "}}\n  ingress: [{}]\n" about

/* A hit for the number of each rule, so that each can be told from the others. */
static void hit(const char *policy, const char *rule, uint64_t packets)
{
	fake.packets[rule_number(policy, rule)] = packets;
}

static void objects_keep_their_hits(void **state)
{
	(void)state;
	pod_add("shop/a", "shop", 1, 80);
	policy_apply("p", OBJECT("one", "80") SEPARATE OBJECT("two", "81"), NULL);
	hit("p", "NetworkPolicy shop/one ingress[0]", 11);
	hit("p", "NetworkPolicy shop/two ingress[0]", 22);
	/* Another before them, and they change places. */
	policy_apply("p",
		     OBJECT("zero", "79") SEPARATE OBJECT("two", "81") SEPARATE OBJECT("one", "80"),
		     NULL);
	assert_int_equal(rule_hits("p", "NetworkPolicy shop/one ingress[0]"), 11);
	assert_int_equal(rule_hits("p", "NetworkPolicy shop/two ingress[0]"), 22);
	assert_int_equal(rule_hits("p", "NetworkPolicy shop/zero ingress[0]"), 0);
	daemon_restart_unseen();
	assert_int_equal(rule_hits("p", "NetworkPolicy shop/one ingress[0]"), 11);
	assert_int_equal(rule_hits("p", "NetworkPolicy shop/two ingress[0]"), 22);
	/* An edited rule of the same name is the same rule; one that comes again is not. */
	policy_apply("p", OBJECT("two", "90") SEPARATE OBJECT("zero", "79"), NULL);
	assert_int_equal(rule_hits("p", "NetworkPolicy shop/two ingress[0]"), 22);
	policy_apply("p", OBJECT("one", "80") SEPARATE OBJECT("two", "90"), NULL);
	assert_int_equal(rule_hits("p", "NetworkPolicy shop/one ingress[0]"), 0);
	assert_int_equal(rule_hits("p", "NetworkPolicy shop/two ingress[0]"), 22);
}

static void plain_rules_keep_their_hits(void **state)
{
	(void)state;
	policy_apply("p",
		     PLAIN("web", "") PLAIN("web", "  description: the second\n")
			     PLAIN("web", "  labels: [k=v]\n") PLAIN("db", ""),
		     NULL);
	hit("p", "[0].ingress[0]", 10);
	hit("p", "[1].ingress[0]", 11);
	hit("p", "[2].ingress[0]", 12);
	hit("p", "[3].ingress[0]", 13);
	policy_apply("p",
		     PLAIN("new", "") PLAIN("db", "") PLAIN("db", "  labels: [k=v]\n")
			     PLAIN("db", "  description: the second\n") PLAIN("web", ""),
		     NULL);
	assert_int_equal(rule_hits("p", "[0].ingress[0]"), 0);
	assert_int_equal(rule_hits("p", "[1].ingress[0]"), 13);
	assert_int_equal(rule_hits("p", "[2].ingress[0]"), 12);
	assert_int_equal(rule_hits("p", "[3].ingress[0]"), 11);
	assert_int_equal(rule_hits("p", "[4].ingress[0]"), 10);
	daemon_restart_unseen();
	assert_int_equal(rule_hits("p", "[4].ingress[0]"), 10);
	/* The same rule in another policy is another. */
	policy_apply("q", PLAIN("db", ""), NULL);
	assert_int_equal(rule_hits("q", "ingress[0]"), 0);
	assert_int_equal(rule_hits("p", "[1].ingress[0]"), 13);
}

/* @text of two documents; NULL: it must succeed. */
static void apply_two(const char *one, const char *two, char *replace, const char *error)
{
	Twinpath__V1__PolicyDocument document[2] = { TWINPATH__V1__POLICY_DOCUMENT__INIT,
						     TWINPATH__V1__POLICY_DOCUMENT__INIT };
	Twinpath__V1__PolicyDocument *documents[] = { &document[0], &document[1] };
	Twinpath__V1__ApplyPolicyRequest apply = TWINPATH__V1__APPLY_POLICY_REQUEST__INIT;

	document[0].name = (char *)"one";
	document[0].file = (char *)"one.yaml";
	document[0].text = (char *)one;
	document[1].name = (char *)"two";
	document[1].file = (char *)"two.yaml";
	document[1].text = (char *)two;
	apply.document = documents;
	apply.n_document = 2;
	apply.replace = &replace;
	apply.n_replace = replace != NULL;
	daemon_do(OPERATION(APPLY_POLICY), &apply, error);
}

static void an_object_stands_once(void **state)
{
	(void)state;
	policy_apply("p", OBJECT("a", "80") SEPARATE OBJECT("a", "81"),
		     "p.yaml:6:1: NetworkPolicy shop/a stands twice; first at p.yaml:1:1");
	apply_two(OBJECT("a", "80"), OBJECT("b", "80") SEPARATE OBJECT("a", "81"), NULL,
		  "two.yaml:6:1: NetworkPolicy shop/a stands twice; first at one.yaml:1:1");
	assert_int_equal(daemon_.state.policies, 0);
	assert_holds(1);
	policy_apply("p", OBJECT("b", "80") SEPARATE OBJECT("a", "80"), NULL);
	policy_apply("q", "# mine\n" OBJECT("a", "81"),
		     "q.yaml:2:1: NetworkPolicy shop/a stands in policy p already, at 6:1");
	assert_int_equal(daemon_.state.policies, 1);
	/* Of a policy that is replaced, it may: with its hits. */
	hit("p", "NetworkPolicy shop/a ingress[0]", 5);
	apply_two(OBJECT("b", "80"), OBJECT("a", "80"), (char *)"p", NULL);
	assert_int_equal(daemon_.state.policies, 2);
	assert_int_equal(rule_hits("two", "NetworkPolicy shop/a ingress[0]"), 5);
	/* And from one to the other. */
	apply_two(OBJECT("a", "80"), OBJECT("b", "80"), NULL, NULL);
	assert_int_equal(rule_hits("one", "NetworkPolicy shop/a ingress[0]"), 5);
	apply_two(OBJECT("a", "80"), OBJECT("b", "80"), (char *)"zz", "there is no policy zz");
	daemon_restart_unseen();
	assert_int_equal(rule_hits("one", "NetworkPolicy shop/a ingress[0]"), 5);
}

static void all_errors_are_said(void **state)
{
	(void)state;
	policy_apply("two", PLAIN("kept", ""), NULL);
	apply_two("- what: 1\n- endpointSelector: {}\n  ingress: 5\n", "[{]", NULL,
		  "one.yaml:1:3: field \"what\" is unknown in a rule object");
	apply_two("- what: 1\n- endpointSelector: {}\n  ingress: 5\n", "[{]", NULL,
		  "\none.yaml:3:12: ingress must be a list");
	apply_two("- what: 1\n- endpointSelector: {}\n  ingress: 5\n", "[{]", NULL,
		  "\ntwo.yaml:1:");
	apply_two(PLAIN("web", ""), "what: 1\n", NULL, "two.yaml:1:1");
	apply_two(PLAIN("web", ""), "# none\n", NULL, "two.yaml:1:1: the document holds no rule");
	assert_holds(2);
	assert_int_equal(daemon_.state.policies, 1);
	daemon_restart_unseen();
	assert_int_equal(daemon_.state.policies, 1);
}

static void objects_are_deleted_by_name(void **state)
{
	const char *text = OBJECT("a", "80") SEPARATE OBJECT("b", "80") SEPARATE OBJECT("c", "80");
	Twinpath__V1__DeletePolicyRequest del = TWINPATH__V1__DELETE_POLICY_REQUEST__INIT;
	char *names[] = { (char *)"NetworkPolicy/shop/c", (char *)"NetworkPolicy shop/b",
			  (char *)"q" };

	(void)state;
	policy_apply("p", text, NULL);
	policy_apply("q", OBJECT("d", "80"), NULL);
	hit("p", "NetworkPolicy shop/b ingress[0]", 4);
	policy_delete("NetworkPolicy/shop/x", "there is no policy NetworkPolicy/shop/x");
	policy_delete("NetworkPolicy/shop/a", NULL);
	assert_int_equal(rule_hits("p", "NetworkPolicy shop/b ingress[0]"), 4);
	daemon_restart_unseen();
	assert_string_equal(twp_state_policy(&daemon_.state, "p")->text,
			    SEPARATE OBJECT("b", "80") SEPARATE OBJECT("c", "80"));
	/* All objects of a policy are the policy; and several at once, all or none. */
	del.name = names;
	del.n_name = 3;
	names[2] = (char *)"zz";
	daemon_do(OPERATION(DELETE_POLICY), &del, "there is no policy zz");
	assert_int_equal(daemon_.state.policies, 2);
	names[2] = (char *)"q";
	daemon_do(OPERATION(DELETE_POLICY), &del, NULL);
	assert_int_equal(daemon_.state.policies, 0);
	daemon_restart_unseen();
}

/* A document is read once, however many of its objects go: else this takes minutes. */
static void many_objects_go_at_once(void **state)
{
	enum { OBJECTS = 4000 };
	Twinpath__V1__DeletePolicyRequest del = TWINPATH__V1__DELETE_POLICY_REQUEST__INIT;
	static char *names[OBJECTS];
	struct timespec before, after;
	char *text = NULL;
	size_t room = 0;
	FILE *stream = open_memstream(&text, &room);

	(void)state;
	for (size_t i = 0; i < OBJECTS; i++) {
		fprintf(stream,
			"---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
			"metadata: {name: n%zu}\n",
			i);
		assert_true(asprintf(&names[i], "NetworkPolicy/default/n%zu", i) > 0);
	}
	fclose(stream);
	policy_apply("p", text, NULL);
	del.name = names;
	del.n_name = OBJECTS - 1;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
	daemon_do(OPERATION(DELETE_POLICY), &del, NULL);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
	assert_true(after.tv_sec - before.tv_sec < 10);
	assert_int_equal(daemon_.state.policy[0].specs, 1);
	assert_string_equal(daemon_.state.policy[0].spec[0].object, "NetworkPolicy default/n3999");
	for (size_t i = 0; i < OBJECTS; i++)
		free(names[i]);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DAEMON_CASE(objects_keep_their_hits),	  DAEMON_CASE(plain_rules_keep_their_hits),
		DAEMON_CASE(an_object_stands_once),	  DAEMON_CASE(all_errors_are_said),
		DAEMON_CASE(objects_are_deleted_by_name), DAEMON_CASE(many_objects_go_at_once),
	};

	return cmocka_run_group_tests(tests, daemon_group_setup, daemon_group_teardown);
}
