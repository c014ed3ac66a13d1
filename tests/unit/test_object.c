// SPDX-License-Identifier: GPL-2.0-only
/* Tests of objects by their names: where they stand, what they are known by, one taken out. */
#include "policy/object.h"
#include "policy/rule_key.h"

#include "model.h"

static struct twp_policy read_good(const char *name, const char *text)
{
	struct twp_policy policy;
	struct twp_error error;

	if (twp_document_read(&policy, name, name, text, strlen(text), &error))
		fail_msg("%s", error.text);
	return policy;
}

#define OBJECT(name, spec)                                                              \
	"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: " name \
	", namespace: shop}\nspec: {" spec "}\n"
#define SPECS(name)                                                                   \
	"apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: " name \
	"}\nspecs:\n- endpointSelector: {matchLabels: {a: b}}\n  ingress: [{}]\n"     \
	"- endpointSelector: {matchLabels: {a: c}}\n  ingress: [{}]\n"

static void objects_know_their_places(void **state)
{
	static const char text[] = "\xef\xbb\xbf# caf\xc3\xa9\n" OBJECT(
		"a",
		"") "---\n- " //
		    "{endpointSelector: {}, ingress: [{}]}\n- endpointSelector: {}\n  egress: [{}]\n";
	struct twp_policy policy = read_good("p", text);

	(void)state;
	assert_int_equal(policy.specs, 3);
	assert_int_equal(policy.spec[0].place.line, 2);
	assert_int_equal(policy.spec[0].place.column, 1);
	assert_memory_equal(text + policy.spec[0].begin, "apiVersion", 10);
	assert_memory_equal(text + policy.spec[0].end, "---", 3);
	assert_int_equal(policy.spec[1].place.line, 7);
	assert_int_equal(policy.spec[1].place.column, 3);
	assert_memory_equal(text + policy.spec[1].end - 2, "]}\n", 3);
	assert_int_equal(policy.spec[2].place.line, 8);
	twp_policy_clean(&policy);
}

static void none_stands_twice(void **state)
{
	struct twp_policy policy[2] = {
		read_good("one", OBJECT("a", "") "---\n" SPECS("x") "---\n" OBJECT("a", "")),
		read_good("two", SPECS("y") "---\n" OBJECT("b", "") "---\n" SPECS("x")),
	};
	static const char *const file[] = { "1.yaml", "2.yaml" };
	struct twp_errors errors = { 0 };

	(void)state;
	assert_int_equal(twp_objects_check(policy, 2, file, &errors), -1);
	assert_int_equal(errors.count, 2);
	assert_string_equal(errors.text[0],
			    "2.yaml:15:1: CiliumNetworkPolicy default/x stands twice; first at "
			    "1.yaml:6:1");
	assert_string_equal(errors.text[1],
			    "1.yaml:15:1: NetworkPolicy shop/a stands twice; first at 1.yaml:1:1");
	twp_errors_clean(&errors);
	/* Twice, and one of them in a list. */
	assert_int_equal(twp_objects_check(policy + 1, 1, NULL, &errors), 0);
	assert_int_equal(errors.count, 0);
	twp_policy_clean(&policy[0]);
	twp_policy_clean(&policy[1]);
}

/* In whichever order its fields stand. */
static void one_with_spec_and_specs_is_one(void **state)
{
	static const char *const texts[] = {
		SPECS("x") "spec: {endpointSelector: {}, ingress: [{}]}\n",
		"apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: x}\n"
		"spec: {endpointSelector: {}, ingress: [{}]}\n"
		"specs: [{endpointSelector: {}, ingress: [{}]}]\n",
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct twp_policy policy[2] = { read_good("one", texts[i]),
						read_good("two", texts[i]) };
		struct twp_errors errors = { 0 };

		assert_int_equal(twp_objects_check(policy, 1, NULL, &errors), 0);
		assert_int_equal(twp_objects_check(policy, 2, NULL, &errors), -1);
		assert_int_equal(errors.count, 1);
		assert_string_equal(errors.text[0],
				    "two:1:1: CiliumNetworkPolicy default/x stands twice; first at "
				    "one:1:1");
		twp_errors_clean(&errors);
		twp_policy_clean(&policy[0]);
		twp_policy_clean(&policy[1]);
	}
}

static void cut(const char *text, const char *object, const char *left)
{
	struct twp_policy policy = read_good("p", text), rest;
	struct twp_error error = { "" };
	bool goes[8] = { false };

	assert_non_null(twp_policy_object(&policy, object));
	for (size_t i = 0; i < policy.specs; i++)
		goes[i] = policy.spec[i].object && twp_object_is(policy.spec[i].object, object);
	if (left) {
		if (twp_policy_cut(&rest, &policy, goes, &error))
			fail_msg("%s", error.text);
		assert_string_equal(rest.text, left);
		assert_null(twp_policy_object(&rest, object));
		twp_policy_clean(&rest);
	} else {
		assert_int_equal(twp_policy_cut(&rest, &policy, goes, &error), -1);
		assert_non_null(strstr(error.text, "part of a list"));
	}
	twp_policy_clean(&policy);
}

static void one_is_taken_out(void **state)
{
	(void)state;
	cut(OBJECT("a", "") "---\n" OBJECT("b", ""), "NetworkPolicy/shop/a",
	    "---\n" OBJECT("b", ""));
	cut("# first\n" OBJECT("a", "") "---\n" OBJECT("b", ""), "NetworkPolicy shop/b",
	    "# first\n" OBJECT("a", "") "---\n");
	cut("\xef\xbb\xbf" OBJECT("a", "") "---\n" SPECS("x") "---\n" OBJECT("b", ""),
	    "CiliumNetworkPolicy/default/x",
	    "\xef\xbb\xbf" OBJECT("a", "") "---\n---\n" OBJECT("b", ""));
	cut("{\"apiVersion\": \"networking.k8s.io/v1\", \"kind\": \"NetworkPolicy\", "
	    "\"metadata\": {\"name\": \"j\"}, \"spec\": {}}\n---\n" OBJECT("b", ""),
	    "NetworkPolicy/default/j", "\n---\n" OBJECT("b", ""));
	/* What is left would be no document. */
	cut("apiVersion: v1\nkind: List\nitems:\n"
	    "- {apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: a}, spec: {}}\n"
	    "- {apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: b}, spec: {}}\n",
	    "NetworkPolicy/default/a", NULL);
}

static void names_are_exact(void **state)
{
	(void)state;
	assert_true(twp_object_is("NetworkPolicy shop/a", "NetworkPolicy/shop/a"));
	assert_true(twp_object_is("NetworkPolicy shop/a", "NetworkPolicy shop/a"));
	assert_false(twp_object_is("NetworkPolicy shop/a", "NetworkPolicy/shop/ab"));
	assert_false(twp_object_is("NetworkPolicy shop/a", "NetworkPolicy"));
	assert_false(twp_object_is("NetworkPolicy shop/a", "Network"));
	assert_false(twp_object_is("NetworkPolicy shop/a", "CiliumNetworkPolicy/shop/a"));
	assert_false(twp_object_is("NetworkPolicy shop/a", ""));
}

/* The key of the only rule of spec @at. */
static const char *key(const char *text, size_t at)
{
	static char keys[4][TWP_RULE_KEY_TEXT];
	static size_t next;
	struct twp_policy policy = read_good("p", text);
	char *to = keys[next++ % 4];

	assert_true(at < policy.specs);
	assert_int_equal(policy.spec[at].rules, 1);
	twp_rule_key_text(&policy, policy.spec[at].rule, to);
	twp_policy_clean(&policy);
	return to;
}

#define RULE(about, selector) "- endpointSelector: {" selector "}\n  ingress: [{}]\n" about
#define BLUE "matchLabels: {c: blue}"
#define RED "matchExpressions: [{key: c, operator: In, values: [red]}]"

static void rules_are_known_by_what_names_them(void **state)
{
	(void)state;
	/* An object by its name, in whatever file and place, */
	assert_string_equal(key(OBJECT("a", "ingress: [{}]"), 0), "NetworkPolicy shop/a/ingress/0");
	assert_string_equal(key(SPECS("x") "---\n" OBJECT("a", "ingress: [{}]"), 2),
			    "NetworkPolicy shop/a/ingress/0");
	/* one of its list by whom it selects, */
	assert_string_equal(key(SPECS("x"), 1), key(SPECS("y") "---\n" SPECS("x"), 3));
	assert_string_not_equal(key(SPECS("x"), 0), key(SPECS("x"), 1));
	assert_string_not_equal(key(SPECS("x"), 0), key(SPECS("y"), 0));
	/* a plain rule by its labels, */
	assert_string_equal(key(RULE("", BLUE) RULE("  labels: [x=y]\n", BLUE), 1),
			    key(RULE("  labels: [x=y]\n  description: d\n", RED), 0));
	assert_string_not_equal(key(RULE("  labels: [x=y]\n", BLUE), 0),
				key(RULE("  labels: [x=z]\n", BLUE), 0));
	/* its description, */
	assert_string_equal(key(RULE("", BLUE) RULE("  description: d\n", BLUE), 1),
			    key(RULE("  description: d\n", RED), 0));
	/* or whom it selects, */
	assert_string_equal(key(RULE("", BLUE) RULE("", RED), 1), key(RULE("", RED), 0));
	assert_string_not_equal(key(RULE("", BLUE), 0), key(RULE("", RED), 0));
	/* and where all of that is the same, by its place. */
	assert_string_equal(key(RULE("", BLUE) RULE("", RED) RULE("", BLUE), 0),
			    key(RULE("", BLUE), 0));
	assert_string_not_equal(key(RULE("", BLUE) RULE("", BLUE) RULE("", BLUE), 1),
				key(RULE("", BLUE) RULE("", BLUE) RULE("", BLUE), 2));
	assert_string_equal(key(RULE("", BLUE) RULE("", BLUE), 1),
			    key(RULE("", RED) RULE("", BLUE) RULE("", BLUE), 2));
}

static void inventory_stands_once(void **state)
{
	static const char *const texts[] = {
		"- {name: a, addresses: [10.0.0.1]}\n- {name: b, addresses: [10.0.0.2]}\n",
		"apiVersion: v1\nkind: PodList\nitems:\n"
		"- metadata: {name: a}\n"
		"- metadata: {name: c, namespace: x}\n  status: {podIP: 10.0.0.2}\n"
		"---\napiVersion: v1\nkind: Namespace\nmetadata: {name: x}\n"
		"---\napiVersion: v1\nkind: Namespace\nmetadata: {name: x}\n",
	};
	static const char *const wanted[] = {
		"2:12:1: namespace x stands twice; first at 2:8:1",
		"2:4:3: endpoint default/a stands twice; first at 1:1:3",
		"2:5:3: address 10.0.0.2 is of endpoints default/b and x/c; first at 1:2:3",
	};
	struct twp_inventory inventory = { 0 };
	struct twp_errors errors = { 0 };
	struct twp_error error;

	(void)state;
	for (size_t i = 0; i < 2; i++)
		if (twp_inventory_read(&inventory, i ? "2" : "1", texts[i], strlen(texts[i]),
				       &error))
			fail_msg("%s", error.text);
	assert_int_equal(twp_inventory_seal(&inventory, &errors), -1);
	assert_int_equal(errors.count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(errors.text[i], wanted[i]);
	twp_errors_clean(&errors);
	twp_inventory_clean(&inventory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_know_their_places),
		cmocka_unit_test(none_stands_twice),
		cmocka_unit_test(one_with_spec_and_specs_is_one),
		cmocka_unit_test(one_is_taken_out),
		cmocka_unit_test(names_are_exact),
		cmocka_unit_test(rules_are_known_by_what_names_them),
		cmocka_unit_test(inventory_stands_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
