// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kubernetes NetworkPolicy: what absent, null and empty fields mean, what a cluster's
 * own objects carry, and what its API refuses. Clauses are named by their field.
 */
#include "truth.h"

#define A "10.0.0.1" /* shop/a, app=a; web is 80/TCP, tls of its second container 443/TCP */
#define B "10.0.0.2" /* shop/b, app=b; web is 8080/TCP, of a side car */
#define C "10.0.1.1" /* bank/c, app=b */
#define W "192.0.2.1" /* no endpoint */
#define H "host"

/* As 'kubectl get -o yaml' prints them. */
#define METADATA                                                                               \
	"  creationTimestamp: null\n  generation: 3\n  resourceVersion: '12345'\n  uid: u-1\n" \
	"  annotations: {kubectl.kubernetes.io/last-applied-configuration: '{\"a\": 1}'}\n"    \
	"  finalizers: [a/b]\n  generateName: web-\n  deletionGracePeriodSeconds: 30\n"        \
	"  ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: r, uid: u}]\n"      \
	"  managedFields: [{manager: kubectl, fieldsV1: {'f:spec': {'f:egress': {}}}}]\n"

static const char inventory[] =
	"apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n" METADATA
	"  labels: {team: red}\nspec: {finalizers: [kubernetes]}\nstatus: {phase: Active}\n---\n"
	"apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  namespace: shop\n" METADATA
	"  labels: {app: a}\n"
	"spec:\n  nodeName: n\n  serviceAccountName: default\n  volumes: [{name: v, emptyDir: {}}]\n"
	"  containers:\n"
	"  - {name: c, image: i, env: [{name: E, value: '1'}], resources: {limits: {cpu: 1}},\n"
	"     ports: [{name: web, containerPort: 80, hostPort: 80}, {containerPort: 99}]}\n"
	"  - {name: d, ports: [{name: tls, containerPort: 443, protocol: TCP}]}\n"
	"status: {phase: Running, hostIP: 172.16.0.1, podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.1}],\n"
	"  conditions: [{lastProbeTime: null, type: Ready}], qosClass: Burstable}\n---\n"
	"apiVersion: v1\nkind: Pod\nmetadata: {name: b, namespace: shop, labels: {app: b}}\n"
	"spec: {containers: [], initContainers: [{name: s, restartPolicy: Always,\n"
	"  ports: [{name: web, containerPort: 8080}]}]}\nstatus: {podIP: 10.0.0.2}\n---\n"
	"apiVersion: v1\nkind: Pod\nmetadata: {name: c, namespace: bank, labels: {app: b}}\n"
	"status: {podIP: 10.0.1.1, podIPs: null}\n---\n"
	/* Neither has the address still, or one of its own. */
	"apiVersion: v1\nkind: Pod\nmetadata: {name: done, namespace: shop, labels: {app: a}}\n"
	"status: {phase: Succeeded, podIP: 10.0.0.2}\n---\n"
	"apiVersion: v1\nkind: Pod\nmetadata: {name: node, namespace: shop, labels: {app: a}}\n"
	"spec: {hostNetwork: true}\nstatus: {phase: Running, podIP: 172.16.0.1}\n---\n"
	"apiVersion: v1\nkind: Pod\nmetadata: {name: nets, namespace: shop, labels: {app: a}}\n"
	"spec: {hostNetwork: true}\nstatus: {phase: Running, podIP: 172.16.0.1}\n";

#define HEAD                                                      \
	"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n" \
	"metadata: {name: p, namespace: shop}\n"
#define POLICY(spec) HEAD "spec: {" spec "}\n"
#define FOR_A "podSelector: {matchLabels: {app: a}}, "
#define INGRESS(rule) POLICY(FOR_A "ingress: [" rule "]")
#define PORTS(ports) INGRESS("{ports: [" ports "]}")

static const struct truth absent[] = {
	{ "spec absent selects all pods, Ingress", HEAD, W, A, TCP, 80, false },
	{ NULL, NULL, W, B, TCP, 80, false },
	{ NULL, NULL, W, C, TCP, 80, true },
	{ NULL, NULL, A, W, TCP, 80, true },
	{ "spec null", HEAD "spec: null\n", W, A, TCP, 80, false },
	{ "spec {}", HEAD "spec: {}\n", W, A, TCP, 80, false },
	{ "status", HEAD "spec: {}\nstatus: {conditions: []}\n", W, A, TCP, 80, false },
	{ "metadata.namespace \"\" is default",
	  "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
	  "metadata: {name: p, namespace: ''}\nspec: {}\n",
	  W, A, TCP, 80, true },
	{ "podSelector with null members",
	  POLICY("podSelector: {matchLabels: null, matchExpressions: null}"), W, B, TCP, 80,
	  false },
	{ "ingress null allows nothing", POLICY("ingress: null"), B, A, TCP, 80, false },
	{ "an ingress rule of nulls allows all", INGRESS("{from: null, ports: null}"), W, A, TCP,
	  80, true },
	{ "an ingress rule of empty lists allows all", INGRESS("{from: [], ports: []}"), W, A, SCTP,
	  9, true },
	{ "policyTypes [] is as absent", POLICY("policyTypes: [], egress: [{}]"), W, A, TCP, 80,
	  false },
	{ NULL, NULL, A, W, TCP, 80, true },
	{ "policyTypes null is as absent", POLICY("policyTypes: null, egress: null"), W, A, TCP, 80,
	  false },
	{ NULL, NULL, A, W, TCP, 80, true },
	{ "policyTypes [Egress]: ingress says nothing",
	  POLICY("policyTypes: [Egress], ingress: [{from: [{podSelector: {}}]}]"), W, A, TCP, 80,
	  true },
	{ NULL, NULL, A, B, TCP, 80, false },
	{ "policyTypes [Ingress]: egress says nothing",
	  POLICY("policyTypes: [Ingress], egress: [{to: [{podSelector: {}}]}]"), A, W, TCP, 80,
	  true },
	{ NULL, NULL, B, A, TCP, 80, false },
	{ "policyTypes may stand twice", POLICY("policyTypes: [Egress, Egress]"), A, W, TCP, 80,
	  false },
	{ NULL, NULL, W, A, TCP, 80, true },
	{ "a peer with null beside a selector",
	  INGRESS("{from: [{podSelector: {}, namespaceSelector: null, ipBlock: null}]}"), B, A, TCP,
	  80, true },
	{ NULL, NULL, C, A, TCP, 80, false },
	{ "except null", INGRESS("{from: [{ipBlock: {cidr: 192.0.2.0/24, except: null}}]}"), W, A,
	  TCP, 80, true },
	{ "except of one block takes nothing from another",
	  INGRESS("{from: [{ipBlock: {cidr: 192.0.0.0/8, except: [192.0.2.0/24]}}, "
		  "{ipBlock: {cidr: 192.0.2.1/32}}]}"),
	  W, A, TCP, 80, true },
};

static const struct truth ports[] = {
	{ "ports [{}]: TCP, every port", PORTS("{}"), W, A, TCP, 65535, true },
	{ NULL, NULL, W, A, UDP, 80, false },
	{ "port and protocol null are as absent", PORTS("{port: null, protocol: null}"), W, A, TCP,
	  80, true },
	{ NULL, NULL, W, A, SCTP, 80, false },
	{ "protocol without port: every port", PORTS("{protocol: UDP}"), W, A, UDP, 9, true },
	{ NULL, NULL, W, A, TCP, 9, false },
	{ "endPort null is as absent", PORTS("{port: 80, endPort: null}"), W, A, TCP, 81, false },
	{ NULL, NULL, W, A, TCP, 80, true },
	{ "endPort may be port", PORTS("{port: 80, endPort: 80}"), W, A, TCP, 80, true },
	{ NULL, NULL, W, A, TCP, 79, false },
	{ NULL, NULL, W, A, TCP, 81, false },
	{ "1-65535 is not port 0", PORTS("{port: 1, endPort: 65535}"), W, A, TCP, 0, false },
	{ NULL, NULL, W, A, TCP, 1, true },
	{ NULL, NULL, W, A, TCP, 65535, true },
	{ "a name of a second container", PORTS("{port: tls}"), W, A, TCP, 443, true },
	{ NULL, NULL, W, A, TCP, 80, false },
	{ "a name of a side car", POLICY("ingress: [{ports: [{port: web}]}]"), W, B, TCP, 8080,
	  true },
	{ NULL, NULL, W, B, TCP, 80, false },
	{ NULL, NULL, W, A, TCP, 80, true },
	{ "a name with another protocol is nobody's", PORTS("{port: web, protocol: UDP}"), W, A,
	  UDP, 80, false },
	{ NULL, NULL, W, A, TCP, 80, false },
	{ "a name that nobody has", PORTS("{port: none}"), B, A, TCP, 80, false },
};

static void absent_hold(void **state)
{
	(void)state;
	TRUTH_RUN(inventory, absent);
}

static void ports_hold(void **state)
{
	(void)state;
	TRUTH_RUN(inventory, ports);
}

#define LONG "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" /* 64 */

static const struct {
	const char *text, *error;
} refused[] = {
	{ POLICY("policyTypes: [Ingress, Egress, Ingress]"),
	  "4:21: policyTypes has 3 items, and 2 are the most" },
	{ POLICY("podSelector: {matchLabels: {a: 1}}"),
	  "4:39: the value of a label must be a text: quote 1" },
	{ POLICY("podSelector: {matchLabels: {a: true}}"),
	  "4:39: the value of a label must be a text: quote true" },
	{ POLICY("podSelector: {matchLabels: {a: 1.10}}"), "must be a text: quote 1.10" },
	{ POLICY("podSelector: {matchLabels: {a: 1e3}}"), "must be a text: quote 1e3" },
	{ POLICY("podSelector: {matchLabels: {a: 0x1F}}"), "must be a text: quote 0x1F" },
	{ POLICY("podSelector: {matchLabels: {a: -.5}}"), "must be a text: quote -.5" },
	{ POLICY("podSelector: {matchExpressions: [{key: a, operator: In, values: [1]}]}"),
	  "4:73: the value of a label must be a text: quote 1" },
	{ POLICY("podSelector: {matchLabels: {a: b c}}"), "4:39: \"b c\" is no value of a label" },
	{ POLICY("podSelector: {matchLabels: {a: -b}}"), "\"-b\" is no value of a label" },
	{ POLICY("podSelector: {matchLabels: {a: " LONG "}}"), "\" is no value of a label" },
	{ POLICY("podSelector: {matchLabels: {a/b/c: d}}"), "\"a/b/c\" is no key of a label" },
	{ POLICY("podSelector: {matchLabels: {a/: d}}"), "\"a/\" is no key of a label" },
	{ POLICY("podSelector: {matchLabels: {A.b/c: d}}"), "\"A.b/c\" is no key of a label" },
	{ POLICY("podSelector: {matchLabels: {" LONG ": d}}"), "\" is no key of a label" },
	{ PORTS("{port: Web}"), "the name of a port is of lower-case letters, not \"Web\"" },
	{ PORTS("{port: aaaaaaaaaaaaaaaa}"), "is neither a number nor a name of at most 15" },
	{ PORTS("{port: '80'}"), "port \"80\" is a text; a number stands without quotes" },
	{ PORTS("{port: true}"), "true is no text to YAML: quote it if it is the name" },
	{ PORTS("{port: 0x50}"), "0x50 is no text to YAML" },
	{ PORTS("{port: 1e3}"), "1e3 is no text to YAML" },
	{ PORTS("{port: -1}"), "port -1 is not between 1 and 65535" },
	{ PORTS("{port: 90, endPort: 0}"), "port 0 is not between 1 and 65535" },
	{ "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: A b}\n",
	  "3:18: \"A b\" is no name of a NetworkPolicy" },
	{ "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: ''}\n",
	  "NetworkPolicy has no name in its metadata" },
	{ "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
	  "metadata: {name: p, namespace: a.b}\n",
	  "3:32: \"a.b\" is no name of a namespace" },
};

static void what_the_api_refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct twp_policy policy;
		struct twp_error error = { "" };
		const char *text = refused[i].text;

		if (!twp_document_read(&policy, "p", "f", text, strlen(text), &error))
			fail_msg("taken: %s", text);
		if (!strstr(error.text, refused[i].error))
			fail_msg("%s\ngives %s\nand not %s", text, error.text, refused[i].error);
	}
}

/* What is a text in YAML is one here, though other readers take it for true. */
static void texts_are_no_numbers(void **state)
{
	static const char text[] = POLICY("podSelector: {matchLabels: {a: y, b: no, c: v1, d: '1',"
					  " e: 1.2.3, f: 0b1, g: '', h: 1-2, i: 1e, j: on}}");
	struct twp_policy policy;
	struct twp_error error;

	(void)state;
	if (twp_document_read(&policy, "p", "f", text, strlen(text), &error))
		fail_msg("%s", error.text);
	twp_policy_clean(&policy);
}

#define POD(rest) "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n" rest "\n"

static size_t endpoints_of(const char *text)
{
	struct twp_inventory read = { 0 };
	struct twp_error error;
	size_t endpoints;

	if (twp_inventory_read(&read, "f", text, strlen(text), &error))
		fail_msg("%s: %s", text, error.text);
	endpoints = read.endpoints;
	twp_inventory_clean(&read);
	return endpoints;
}

static void pods_that_are_nobody(void **state)
{
	(void)state;
	assert_int_equal(endpoints_of(POD("spec: {hostNetwork: true}")), 0);
	assert_int_equal(endpoints_of(POD("spec: {hostNetwork: True}")), 0);
	assert_int_equal(endpoints_of(POD("spec: {hostNetwork: FALSE}")), 1);
	assert_int_equal(endpoints_of(POD("spec: {hostNetwork: null}")), 1);
	assert_int_equal(endpoints_of(POD("status: {phase: Failed}")), 0);
	assert_int_equal(endpoints_of(POD("status: {phase: Pending}")), 1);
	assert_int_equal(endpoints_of(POD("status: {phase: ''}")), 1);
}

/* The 17th is refused where it stands, once; what follows is not even compared. */
static void a_pod_has_few_addresses(void **state)
{
	static char text[1 << 16];
	struct twp_inventory inventory = { 0 };
	struct twp_policy policy = { 0 };
	struct twp_errors errors = { 0 };
	size_t length = 0;

	(void)state;
	length += (size_t)sprintf(text, POD("status:") "  podIPs:\n");
	for (unsigned int i = 0; i < 2000; i++)
		length += (size_t)sprintf(text + length, "  - {ip: 10.1.%u.%u}\n", i >> 8, i & 255);
	assert_int_equal(twp_file_read(&policy, &inventory, "f", text, length, &errors), -1);
	assert_int_equal(errors.count, 1);
	assert_string_equal(errors.text[0], "f:22:10: a Pod has more than 16 addresses");
	twp_errors_clean(&errors);
	twp_inventory_clean(&inventory);
	twp_policy_clean(&policy);
}

static void names_of_the_inventory(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ "apiVersion: v1\nkind: Namespace\nmetadata: {name: a.b}\n",
		  "3:18: \"a.b\" is no name of a Namespace: lower-case letters, digits and dashes" },
		{ "apiVersion: v1\nkind: Pod\nmetadata: {name: a/b}\n",
		  "\"a/b\" is no name of a Pod: lower-case letters, digits, dashes and dots" },
		{ "apiVersion: v1\nkind: Pod\nmetadata: {name: a..b}\n", "is no name of a Pod" },
		{ "apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {a: 1}}\n",
		  "3:33: the value of a label must be a text: quote 1" },
		{ "apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {'reserved:host': ''}}\n",
		  "\"reserved:host\" is no key of a label" },
		{ "apiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: {'k8s:a': b}}\n",
		  "\"k8s:a\" is no key of a label" },
		{ "- {name: a, namespace: 'x,,http/6/80', addresses: [10.0.0.1]}\n",
		  "1:3: endpoint a: the name of a namespace is of at most 63 lower-case letters" },
		{ "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"
		  "spec: {containers: [{ports: [{name: HTTP, containerPort: 80}]}]}\n",
		  "the name of a port is of lower-case letters, not \"HTTP\"" },
		{ POD("spec: {containers: [{ports: [{name: true, containerPort: 80}]}]}"),
		  "4:37: true is no text to YAML: quote it if it is the name of a port" },
		{ POD("spec: {containers: [{ports: [{name: 0x50, containerPort: 80}]}]}"),
		  "0x50 is no text to YAML" },
		{ POD("spec: {hostNetwork: yes}"),
		  "4:21: hostNetwork must be true or false, not \"yes\"" },
		{ POD("spec: {hostNetwork: 'true'}"), "hostNetwork must be true or false" },
		{ POD("spec: {hostNetwork: []}"), "must be true or false, not a list" },
		{ POD("status: {phase: succeeded}"), "4:17: phase \"succeeded\" is unknown" },
		{ POD("status: {phase: {}}"), "phase must be a name, not a mapping" },
		{ POD("status: {podIP: \"10.0.0.1\\0zz\"}"), "4:17: a text holds a NUL byte" },
		{ POD("status: {message: \"a\\0\"}"), "4:19: a text holds a NUL byte" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct twp_inventory read = { 0 };
		struct twp_error error = { "" };

		if (!twp_inventory_read(&read, "f", cases[i].text, strlen(cases[i].text), &error))
			fail_msg("taken: %s", cases[i].text);
		if (!strstr(error.text, cases[i].error))
			fail_msg("%s\ngives %s", cases[i].text, error.text);
		twp_inventory_clean(&read);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(absent_hold),
		cmocka_unit_test(ports_hold),
		cmocka_unit_test(what_the_api_refuses),
		cmocka_unit_test(texts_are_no_numbers),
		cmocka_unit_test(pods_that_are_nobody),
		cmocka_unit_test(a_pod_has_few_addresses),
		cmocka_unit_test(names_of_the_inventory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
