// SPDX-License-Identifier: GPL-2.0-only
/* Tests of the readers of plain Cilium rules and of grammar.c: text to model. */
#include <netinet/in.h>

#include "model.h"

static struct twp_policy read_good(const char *text)
{
	struct twp_policy policy;
	struct twp_error error;

	if (twp_document_read(&policy, "p", "f", text, strlen(text), &error))
		fail_msg("%s", error.text);
	return policy;
}

#define SUBJECT "endpointSelector: {}\n"

/* The policy of the study, in both languages, is one model. */
static void the_study(void **state)
{
	static const char *const texts[] = {
		"[{ \"endpointSelector\": {\"matchLabels\": {\"id\": \"app1\"}},\n"
		"   \"ingress\": [{\n"
		"\t\"fromEndpoints\": [{\"matchLabels\": {\"id\": \"app2\"}}],\n"
		"\t\"toPorts\": [{\"ports\": [{\"port\": \"80\", \"protocol\": \"TCP\"}]}]\n"
		"   }]\n"
		"}]\n",
		"- endpointSelector:\n"
		"    matchLabels:\n"
		"      id: app1\n"
		"  ingress:\n"
		"  - fromEndpoints:\n"
		"    - matchLabels: {id: app2}\n"
		"    toPorts:\n"
		"    - ports:\n"
		"      - port: 80\n"
		"        protocol: tcp\n",
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct twp_policy policy = read_good(texts[i]);
		const struct twp_spec *spec = policy.spec;
		const struct twp_rule *rule = spec->rule;

		assert_string_equal(policy.name, "p");
		assert_string_equal(policy.text, texts[i]);
		assert_int_equal(policy.specs, 1);
		assert_string_equal(twp_labels_get(&spec->subject.labels, "id"), "app1");
		assert_true(spec->has[TWP_SECTION_INGRESS]);
		assert_false(spec->has[TWP_SECTION_INGRESS_DENY] || spec->has[TWP_SECTION_EGRESS] ||
			     spec->has[TWP_SECTION_EGRESS_DENY]);
		assert_int_equal(spec->rules, 1);
		assert_int_equal(rule->section, TWP_SECTION_INGRESS);
		assert_false(rule->any_peer || rule->nothing);
		assert_int_equal(rule->peers, 1);
		assert_string_equal(twp_labels_get(&rule->peer[0].selector.labels, "id"), "app2");
		assert_int_equal(rule->ports, 1);
		assert_int_equal(rule->port[0].port, 80);
		assert_int_equal(rule->port[0].protocol, IPPROTO_TCP);
		assert_false(rule->port[0].any_port || rule->port[0].any_protocol);
		twp_policy_clean(&policy);
	}
}

static void rules_are_numbered(void **state)
{
	struct twp_policy policy = read_good("- " SUBJECT "  ingress: [{}, {}]\n"
					     "- " SUBJECT "  egressDeny: [{}]\n"
					     "  egress: [{}, {}]\n");
	char text[TWP_RULE_TEXT];

	(void)state;
	assert_int_equal(policy.specs, 2);
	assert_string_equal(twp_rule_text(&policy, &policy.spec[0].rule[1], text),
			    "[0].ingress[1]");
	assert_string_equal(twp_rule_text(&policy, &policy.spec[1].rule[0], text),
			    "[1].egressDeny[0]");
	assert_string_equal(twp_rule_text(&policy, &policy.spec[1].rule[2], text), "[1].egress[1]");
	twp_policy_clean(&policy);
}

/* Absent, empty and open are three things. */
static void peers(void **state)
{
	static const struct {
		const char *rule;
		bool any_peer, nothing;
		size_t peers, ports;
	} cases[] = {
		{ "{}", false, true, 0, 0 },
		{ "{toPorts: []}", false, true, 0, 0 },
		{ "{fromEndpoints: []}", false, false, 0, 0 },
		{ "{fromEndpoints: [{}]}", false, false, 1, 0 },
		{ "{fromEndpoints: [{matchLabels: {}}]}", false, false, 1, 0 },
		{ "{fromEndpoints: [{}, {matchLabels: {a: b}}]}", false, false, 2, 0 },
		{ "{toPorts: [{}]}", false, true, 0, 0 },
		{ "{toPorts: [{ports: []}]}", false, true, 0, 0 },
		{ "{toPorts: [{ports: [{port: 1}, {port: 2}]}, {ports: [{port: 3}]}]}", true, false,
		  0, 3 },
		{ "{fromEndpoints: [{}], toPorts: []}", false, false, 1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct twp_policy policy;
		const struct twp_rule *rule;
		char text[200];

		snprintf(text, sizeof(text), SUBJECT "ingress: [%s]", cases[i].rule);
		policy = read_good(text);
		rule = policy.spec[0].rule;
		assert_true(policy.spec[0].has[TWP_SECTION_INGRESS]);
		assert_int_equal(rule->any_peer, cases[i].any_peer);
		assert_int_equal(rule->nothing, cases[i].nothing);
		assert_int_equal(rule->peers, cases[i].peers);
		assert_int_equal(rule->ports, cases[i].ports);
		twp_policy_clean(&policy);
	}
}

static void an_empty_section_is_none(void **state)
{
	struct twp_policy policy = read_good(SUBJECT "ingress: []\negress: [{}]\n");

	(void)state;
	assert_false(policy.spec[0].has[TWP_SECTION_INGRESS]);
	assert_true(policy.spec[0].has[TWP_SECTION_EGRESS]);
	twp_policy_clean(&policy);
}

static void ports(void **state)
{
	static const struct {
		const char *text;
		struct twp_port port;
	} cases[] = {
		{ "port: '80', protocol: TCP",
		  { .protocol = IPPROTO_TCP, .port = 80, .last = 80 } },
		{ "port: 65535, protocol: Udp", { .protocol = IPPROTO_UDP, .port = 65535 } },
		{ "port: 1, protocol: sctp", { .protocol = IPPROTO_SCTP, .port = 1 } },
		{ "port: 53, protocol: any", { .any_protocol = true, .port = 53 } },
		{ "port: 53", { .any_protocol = true, .port = 53 } },
		{ "port: '0'", { .any_protocol = true, .any_port = true } },
		{ "protocol: TCP, port: 0", { .protocol = IPPROTO_TCP, .any_port = true } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct twp_policy policy;
		const struct twp_port *port;
		char text[200];

		snprintf(text, sizeof(text), SUBJECT "egress: [{toPorts: [{ports: [{%s}]}]}]",
			 cases[i].text);
		policy = read_good(text);
		port = policy.spec[0].rule[0].port;
		assert_int_equal(port->any_protocol, cases[i].port.any_protocol);
		assert_int_equal(port->protocol, cases[i].port.protocol);
		assert_int_equal(port->any_port, cases[i].port.any_port);
		assert_int_equal(port->port, cases[i].port.port);
		twp_policy_clean(&policy);
	}
}

static void label_values_are_scalars(void **state)
{
	struct twp_policy policy = read_good(
		"endpointSelector: {matchLabels: {a: 1, b: true, c: '', d: , e: \"null\", reserved:host: ''}}");
	const struct twp_labels *labels = &policy.spec[0].subject.labels;

	(void)state;
	assert_string_equal(twp_labels_get(labels, "a"), "1");
	assert_string_equal(twp_labels_get(labels, "b"), "true");
	assert_string_equal(twp_labels_get(labels, "c"), "");
	assert_string_equal(twp_labels_get(labels, "d"), "");
	assert_string_equal(twp_labels_get(labels, "e"), "null");
	assert_string_equal(twp_labels_get(labels, TWP_LABEL_HOST), "");
	twp_policy_clean(&policy);
}

static const struct {
	const char *text, *error;
} refused[] = {
	/* nothing in it */
	{ "", "1:1: the document holds no rule" },
	{ "# a comment\n", "1:1: the document holds no rule" },
	{ "---\n", "1:1: the document holds no rule" },
	{ "[]", "1:1: the document holds no rule" },
	{ "text", "1:1: the document must be an object or a list of them, not a scalar" },
	{ "{}", "1:1: field \"endpointSelector\" is missing; {} selects every endpoint" },
	{ "- ingress: []",
	  "1:3: field \"endpointSelector\" is missing; {} selects every endpoint" },
	/* fields that do not exist, and those that are not supported */
	{ SUBJECT "ingres: []\n", "2:1: field \"ingres\" is unknown in a rule object; "
				  "endpointSelector, ingress, ingressDeny, egress, egressDeny, "
				  "enableDefaultDeny, description, labels are known" },
	{ SUBJECT "ingress:\n- fromEndpoint: []\n",
	  "3:3: field \"fromEndpoint\" is unknown in an ingress rule; fromEndpoints, "
	  "fromRequires, fromCIDR, fromCIDRSet, fromEntities, toPorts, icmps are known" },
	{ SUBJECT "egressDeny:\n- fromEndpoints: []\n",
	  "3:3: field \"fromEndpoints\" is unknown in an egressDeny rule; toEndpoints, "
	  "toRequires, toCIDR, toCIDRSet, toEntities, toPorts, icmps are known" },
	{ SUBJECT "ingress:\n- toPorts:\n  - port: 80\n",
	  "4:5: field \"port\" is unknown in an item of toPorts; ports is known" },
	{ SUBJECT "ingress: [{toPorts: [{rules: {http: []}}]}]",
	  "2:23: field \"rules\" (L7) is not supported" },
	{ "apiVersion: cilium.io/v2", "1:1: field \"kind\" is missing" },
	{ "endpointSelector: {app: web}",
	  "1:20: field \"app\" is unknown in a selector; matchLabels, matchExpressions are "
	  "known" },
	/* twice */
	{ SUBJECT "ingress: []\ningress: []",
	  "3:1: field \"ingress\" stands twice in a rule object" },
	{ "{\"endpointSelector\": {}, \"endpointSelector\": {}}",
	  "1:26: field \"endpointSelector\" stands twice in a rule object" },
	{ "endpointSelector: {matchLabels: {a: 1, a: 2}}", "1:40: label \"a\" stands twice" },
	/* types */
	{ "endpointSelector: []", "1:19: a selector must be a mapping, not a list" },
	{ "endpointSelector:", "1:18: a selector must be a mapping, not empty" },
	{ "endpointSelector: {matchLabels: [a]}",
	  "1:33: matchLabels must be a mapping, not a list" },
	{ "endpointSelector: {matchLabels: {a: [b]}}",
	  "1:37: the value of a label must be a scalar, not a list" },
	{ "endpointSelector: {matchLabels: {a: {b: c}}}",
	  "1:37: the value of a label must be a scalar, not a mapping" },
	{ "endpointSelector: {matchLabels: {[a]: b}}",
	  "1:34: the key of a label must be a scalar, not a list" },
	{ "endpointSelector: {matchLabels: {a: null}}",
	  "1:37: the value of a label is null; quote it if it is meant so" },
	{ "{\"endpointSelector\": {\"matchLabels\": {\"a\": null}}}",
	  "1:44: the value of a label is null; quote it if it is meant so" },
	{ "? [a]\n: b", "1:3: a key must be a scalar, not a list" },
	{ "- - a", "1:3: an object must be a mapping, not a list" },
	{ "- a", "1:3: an object must be a mapping, not a scalar" },
	{ SUBJECT "ingress: {}", "2:10: ingress must be a list, not a mapping" },
	{ SUBJECT "ingress:", "2:9: ingress must be a list, not empty" },
	{ SUBJECT "ingress: [[]]", "2:11: an ingress rule must be a mapping, not a list" },
	{ SUBJECT "ingress:\n  -\n", "3:4: an ingress rule must be a mapping, not empty" },
	{ SUBJECT "ingress: [{fromEndpoints: {}}]",
	  "2:27: fromEndpoints must be a list, not a mapping" },
	{ SUBJECT "egress:\n- toEndpoints: {}", "3:16: toEndpoints must be a list, not a mapping" },
	{ SUBJECT "ingress: [{toPorts: {}}]", "2:21: toPorts must be a list, not a mapping" },
	{ SUBJECT "ingress: [{toPorts: [{ports: {}}]}]",
	  "2:30: ports must be a list, not a mapping" },
	{ SUBJECT "ingress: [{toPorts: [{ports: [80]}]}]",
	  "2:31: a port must be a mapping, not a scalar" },
#define PORT(text) SUBJECT "ingress: [{toPorts: [{ports: [{" text "}]}]}]"
	{ PORT("port: []"), "2:38: port must be a number, not a list" },
	{ PORT("port: 1, protocol: {}"), "2:51: protocol must be a name, not a mapping" },
	/* values */
	{ PORT("port: 70000"), "2:38: port 70000 is not between 0 and 65535" },
	{ PORT("port: '65536'"), "2:38: port 65536 is not between 0 and 65535" },
	{ PORT("port: 99999999999999999999999999"),
	  "2:38: port 99999999999999999999999999 is not between 0 and 65535" },
	{ PORT("port: -1"), "2:38: port -1 is not between 0 and 65535" },
	{ PORT("port: 80.0"),
	  "2:38: port \"80.0\" is neither a number nor a name of at most 15 letters, digits and dashes" },
	{ PORT("port: ''"),
	  "2:38: port \"\" is neither a number nor a name of at most 15 letters, digits and dashes" },
	{ PORT("port: 080"), "2:38: port \"080\" begins with a zero" },
	{ PORT("protocol: TCP"), "2:31: field \"port\" is missing; \"0\" is every port" },
	{ PORT("port: 1, protocol: ICMP"),
	  "2:51: protocol \"ICMP\" is unknown; TCP, UDP, SCTP, ANY are known" },
	{ PORT("port: 1, protocol: \"a\\x01b\""),
	  "2:51: protocol \"a?b\" is unknown; TCP, UDP, SCTP, ANY are known" },
	{ "endpointSelector: {matchLabels: {'': b}}", "1:34: a label has an empty key" },
	{ "endpointSelector: {matchLabels: {a: \"\\0\"}}", "1:37: a text holds a NUL byte" },
	{ "endpointSelector: {}\ningress: [{fromEntities: [\"host\\0x\"]}]",
	  "2:27: a text holds a NUL byte" },
	{ "endpointSelector: {}\ningress: [{fromCIDR: [\"10.3.0.1\\0zz\"]}]",
	  "2:23: a text holds a NUL byte" },
	{ "endpointSelector: {}\n\"ingress\\0\": []", "2:1: a text holds a NUL byte" },
	{ PORT("port: 0x50"),
	  "2:38: 0x50 is no text to YAML: quote it if it is the name of a port" },
	{ "endpointSelector: {matchLabels: {a: \"\\e\"}}",
	  "1:34: the value of a label holds a control character or is not UTF-8" },
	/* reserved labels */
	{ "endpointSelector: {matchLabels: {reserved:world: ''}}",
	  "1:19: no policy can select reserved:world, which is no endpoint" },
	{ "endpointSelector: {matchExpressions: [{key: 'reserved:world', operator: Exists}]}",
	  "1:19: no policy can select reserved:world, which is no endpoint" },
	{ "endpointSelector: {matchExpressions: [{key: 'reserved:world', operator: In, "
	  "values: ['']}]}",
	  "1:19: no policy can select reserved:world, which is no endpoint" },
	{ "endpointSelector: {matchLabels: {reserved:nobody: ''}}",
	  "1:34: label \"reserved:nobody\" is unknown; reserved:host, reserved:world, "
	  "remote-node, health, init, unmanaged, kube-apiserver and ingress are known" },
	{ "endpointSelector: {matchLabels: {reserved:host: x}}",
	  "1:34: label \"reserved:host\" has no value" },
	/* what YAML has and policies have not */
	{ "endpointSelector: &a {}\n", "1:19: an anchor is not supported" },
	{ "endpointSelector: {matchLabels: {<<: {a: b}}}", "1:34: a merge key is not supported" },
	{ SUBJECT "ingress: [}",
	  "2:11: did not find expected node content while parsing a flow node" },
	{ "[{\"endpointSelector\": {}} {}]",
	  "1:27: did not find expected ',' or ']' while parsing a flow sequence" },
};

static void places_and_sentences(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		const char *text = refused[i].text;
		struct twp_policy policy = { .specs = 99 };
		struct twp_error error = { "" };

		if (!twp_document_read(&policy, "p", "f.yaml", text, strlen(text), &error))
			fail_msg("taken: %s", text);
		assert_memory_equal(error.text, "f.yaml:", 7);
		if (strcmp(error.text + 7, refused[i].error))
			fail_msg("%s\ngives   %s\nand not %s", text, error.text + 7,
				 refused[i].error);
		assert_int_equal(policy.specs, 99);
	}
}

static void long_names_are_cut(void **state)
{
	struct twp_policy policy;
	struct twp_error error;
	char text[600];

	(void)state;
	/* 63 letters and a character of two bytes, which is not cut in two */
	snprintf(text, sizeof(text), "%063d\u00fc%0200d: 1", 7, 7);
	assert_int_equal(twp_document_read(&policy, "p", "f", text, strlen(text), &error), -1);
	assert_non_null(strstr(error.text, "07...\" is unknown in a rule object"));
	snprintf(text, sizeof(text), "endpointSelector: {matchLabels: {a: %0400d}}", 7);
	assert_int_equal(twp_document_read(&policy, "p", "f", text, strlen(text), &error), -1);
	assert_string_equal(error.text, "f:1:37: the value of a label is longer than 384 bytes");
}

/* Nesting of any kind and size is refused at once. */
static void bombs(void **state)
{
	static const char *const pieces[] = { "[",   "{",   "[[",    "{a: ", "- ",
					      "? ",  "[\n", "{a:\n", "- [",  "&a ",
					      "!a ", "\"",  "|\n",   "%",    "a: " };
	enum { LENGTH = 8 << 20 };
	char *text = malloc(LENGTH);

	(void)state;
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		size_t length = strlen(pieces[i]);
		struct twp_policy policy;
		struct twp_error error = { "" };

		for (size_t at = 0; at < LENGTH; at++)
			text[at] = pieces[i][at % length];
		assert_int_equal(twp_document_read(&policy, "p", "f", text, LENGTH, &error), -1);
		assert_memory_equal(error.text, "f:", 2);
	}
	free(text);
}

static void noise(void **state)
{
	(void)state;
	srandom(3);
	for (int round = 0; round < 20000; round++) {
		static const char letters[] = "[]{}:,-?&*!|>'\"%@#\n  \tab0\\x";
		struct twp_policy policy;
		struct twp_error error;
		char text[64];

		for (size_t i = 0; i < sizeof(text); i++)
			text[i] = round % 2 ? letters[(size_t)random() % (sizeof(letters) - 1)] :
					      (char)random();
		assert_int_equal(twp_document_read(&policy, "p", "f", text, sizeof(text), &error),
				 -1);
		assert_memory_equal(error.text, "f:", 2);
		assert_null(strchr(error.text, '\n'));
	}
}

/* As a stream of JSON: no "---" between values. */
static void json_values_follow_each_other(void **state)
{
#define NAMESPACE(name) "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{" name "}}"
	static const char good[] = NAMESPACE("\"name\":\"a\"") "\n" NAMESPACE(
		"\"name\":\"b\",\"annotations\":{\"x\":\"\\\"}}}}\xc3\xa9\"}")
		NAMESPACE("\"name\":\"c\"") "\n[" NAMESPACE(
			"\"name\":\"d\"") "]\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: e}\n";
	static const struct {
		const char *text, *error;
	} bad[] = {
		{ NAMESPACE("\"name\":\"a\"") "\n" NAMESPACE("\"name\":\"b\"") "\n\n  " NAMESPACE(
			  "\"nam\":\"c\""),
		  "f:4:53: field \"nam\" is unknown in metadata" },
		{ NAMESPACE("\"name\":\"a\"") "\n" NAMESPACE("\"name\":\"b\"") "\n{\"kind\":\"Pod\"",
		  "f:3:14: did not find expected ',' or '}'" },
		{ NAMESPACE("\"name\":\"a\"") "\n}",
		  "f:2:1: did not find expected <document start>" },
		{ NAMESPACE("\"name\":\"a\"") NAMESPACE("\"name\":\"b\"") "\n}",
		  "f:2:1: did not find expected node content" },
	};
	struct twp_inventory inventory = { 0 };
	struct twp_error error;

	(void)state;
	if (twp_inventory_read(&inventory, "f", good, strlen(good), &error))
		fail_msg("%s", error.text);
	assert_int_equal(inventory.namespaces, 5);
	twp_inventory_clean(&inventory);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(twp_inventory_read(&inventory, "f", bad[i].text,
						    strlen(bad[i].text), &error),
				 -1);
		if (strncmp(error.text, bad[i].error, strlen(bad[i].error)))
			fail_msg("%s\ngives %s", bad[i].text, error.text);
		twp_inventory_clean(&inventory);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_study),
		cmocka_unit_test(rules_are_numbered),
		cmocka_unit_test(peers),
		cmocka_unit_test(an_empty_section_is_none),
		cmocka_unit_test(ports),
		cmocka_unit_test(label_values_are_scalars),
		cmocka_unit_test(places_and_sentences),
		cmocka_unit_test(long_names_are_cut),
		cmocka_unit_test(bombs),
		cmocka_unit_test(noise),
		cmocka_unit_test(json_values_follow_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
