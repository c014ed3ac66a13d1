// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kubernetes NetworkPolicy, networking.k8s.io/v1: a truth table for each clause
 * of the specification. Clauses are named by the field they are about.
 */
#include "truth.h"

#define A "10.0.0.1" /* shop/a, app=a, http is 80/TCP */
#define B "10.0.0.2" /* shop/b, app=b, http is 8080/TCP, dns is 53/UDP */
#define C "10.0.1.1" /* bank/c, app=a */
#define D "10.0.2.1" /* default/d, no labels */
#define W "192.0.2.1" /* no endpoint */
#define H "host"
#define A6 "fd00::1"
#define B6 "fd00::2"
#define W6 "2001:db8::1"

static const char inventory[] =
	"apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {team: red}}\n---\n"
	"apiVersion: v1\nkind: Namespace\nmetadata: {name: bank, labels: {team: blue}}\n---\n"
	"apiVersion: v1\nkind: List\nitems:\n"
	"- {apiVersion: v1, kind: Pod, metadata: {name: a, namespace: shop, labels: {app: a, e: ''}},\n"
	"   spec: {containers: [{name: c, ports: [{name: http, containerPort: 80}]}]},\n"
	"   status: {podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.1}, {ip: 'fd00::1'}]}}\n"
	"- {apiVersion: v1, kind: Pod, metadata: {name: b, namespace: shop, labels: {app: b}},\n"
	"   spec: {containers: [{name: c, ports: [{name: http, containerPort: 8080},\n"
	"     {name: dns, containerPort: 53, protocol: UDP}]}]},\n"
	"   status: {podIP: 10.0.0.2, podIPs: [{ip: 10.0.0.2}, {ip: 'fd00::2'}]}}\n"
	"- {apiVersion: v1, kind: Pod, metadata: {name: c, namespace: bank, labels: {app: a}},\n"
	"   status: {podIP: 10.0.1.1}}\n"
	"- {apiVersion: v1, kind: Pod, metadata: {name: d}, status: {podIP: 10.0.2.1}}\n"
	"- {apiVersion: v1, kind: Pod, metadata: {name: waits, namespace: shop, labels: {app: w}}}\n";

#define POLICY(spec)                                              \
	"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n" \
	"metadata: {name: p, namespace: shop}\nspec: {" spec "}\n"
#define FOR_A "podSelector: {matchLabels: {app: a}}, "
#define FROM(peer) POLICY(FOR_A "ingress: [{from: [" peer "]}]")
#define TO(peer) POLICY(FOR_A "policyTypes: [Egress], egress: [{to: [" peer "]}]")
#define PORTS(ports) POLICY(FOR_A "ingress: [{ports: [" ports "]}]")

static const struct truth selecting[] = {
	{ "no policy: all traffic is allowed", "", W, A, TCP, 80, true },
	{ "podSelector {} selects all pods of the namespace", POLICY("podSelector: {}"), W, A, TCP,
	  80, false },
	{ NULL, NULL, W, B, TCP, 80, false },
	{ NULL, NULL, W, C, TCP, 80, true },
	{ NULL, NULL, A, W, TCP, 80, true },
	{ "podSelector absent selects all pods of the namespace", POLICY("ingress: []"), W, B, TCP,
	  80, false },
	{ "podSelector null selects all pods of the namespace",
	  POLICY("podSelector: null, ingress: []"), W, B, TCP, 80, false },
	{ "podSelector matchLabels", POLICY(FOR_A "ingress: []"), W, A, TCP, 80, false },
	{ NULL, NULL, W, B, TCP, 80, true },
	{ NULL, NULL, W, C, TCP, 80, true },
	{ "metadata.namespace absent is default",
	  "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p}\n"
	  "spec: {podSelector: {}}\n",
	  W, D, TCP, 80, false },
	{ NULL, NULL, W, A, TCP, 80, true },
	{ "matchExpressions In",
	  POLICY("podSelector: {matchExpressions: "
		 "[{key: app, operator: In, values: [a, x]}]}"),
	  W, A, TCP, 80, false },
	{ NULL, NULL, W, B, TCP, 80, true },
	{ "matchExpressions NotIn, also where the key is absent",
	  "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p}\n"
	  "spec: {podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [a]}]}}\n",
	  W, D, TCP, 80, false },
	{ "matchExpressions Exists",
	  POLICY("podSelector: {matchExpressions: [{key: e, operator: Exists}]}"), W, A, TCP, 80,
	  false },
	{ NULL, NULL, W, B, TCP, 80, true },
	{ "matchExpressions DoesNotExist",
	  POLICY("podSelector: {matchExpressions: [{key: e, operator: DoesNotExist}]}"), W, B, TCP,
	  80, false },
	{ NULL, NULL, W, A, TCP, 80, true },
	{ "matchLabels with an empty value: there and empty",
	  POLICY("podSelector: {matchLabels: {e: ''}}"), W, A, TCP, 80, false },
	{ NULL, NULL, W, B, TCP, 80, true },
};

static const struct truth types[] = {
	{ "policyTypes absent, no egress: Ingress", POLICY(FOR_A "ingress: []"), A, W, TCP, 80,
	  true },
	{ NULL, NULL, W, A, TCP, 80, false },
	{ "policyTypes absent, egress there: both", POLICY(FOR_A "egress: [{}]"), W, A, TCP, 80,
	  false },
	{ NULL, NULL, A, W, TCP, 80, true },
	{ "policyTypes absent, egress []: Ingress only", POLICY(FOR_A "egress: []"), A, W, TCP, 80,
	  true },
	{ NULL, NULL, W, A, TCP, 80, false },
	{ "policyTypes [Egress] without egress denies it", POLICY(FOR_A "policyTypes: [Egress]"), A,
	  W, TCP, 80, false },
	{ NULL, NULL, W, A, TCP, 80, true },
	{ "policyTypes [] is as absent", POLICY(FOR_A "policyTypes: []"), W, A, TCP, 80, false },
	{ "policyTypes [Egress]: ingress rules say nothing",
	  POLICY(FOR_A "policyTypes: [Egress], ingress: [{}]") "---\n" POLICY(FOR_A "ingress: []"),
	  W, A, TCP, 80, false },
	{ "ingress null is absent", POLICY(FOR_A "ingress: null"), W, A, TCP, 80, false },
	{ "an isolated pod's replies pass, and both ends must allow",
	  POLICY(FOR_A "policyTypes: [Egress], egress: [{}]") "---\n" POLICY(
		  "podSelector: {matchLabels: {app: b}}"),
	  A, B, TCP, 80, false },
	{ NULL, NULL, A, D, TCP, 80, true },
	{ "policies add up",
	  FROM("{podSelector: {matchLabels: {app: b}}}") "---\n" POLICY(
		  FOR_A "ingress: [{from: [{namespaceSelector: {}}]}]"),
	  D, A, TCP, 80, true },
};

static const struct truth peers[] = {
	{ "an empty ingress rule allows all", POLICY(FOR_A "ingress: [{}]"), W, A, 47, 0, true },
	{ "from absent: all sources", POLICY(FOR_A "ingress: [{ports: [{port: 80}]}]"), W, A, TCP,
	  80, true },
	{ "from []: all sources", POLICY(FOR_A "ingress: [{from: []}]"), W, A, TCP, 80, true },
	{ "from null: all sources", POLICY(FOR_A "ingress: [{from: }]"), W, A, TCP, 80, true },
	{ "podSelector alone: of the policy's namespace",
	  FROM("{podSelector: {matchLabels: {app: a}}}"), C, A, TCP, 80, false },
	{ NULL, FROM("{podSelector: {}}"), B, A, TCP, 80, true },
	{ NULL, NULL, C, A, TCP, 80, false },
	{ NULL, NULL, W, A, TCP, 80, false },
	{ "podSelector NotIn does not match what is no pod",
	  FROM("{podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [x]}]}}"), W,
	  A, TCP, 80, false },
	{ NULL, NULL, B, A, TCP, 80, true },
	{ "namespaceSelector alone: all pods of these",
	  FROM("{namespaceSelector: {matchLabels: {team: blue}}}"), C, A, TCP, 80, true },
	{ NULL, NULL, B, A, TCP, 80, false },
	{ NULL, NULL, D, A, TCP, 80, false },
	{ "namespaceSelector {}: all namespaces, and only pods", FROM("{namespaceSelector: {}}"), D,
	  A, TCP, 80, true },
	{ NULL, NULL, W, A, TCP, 80, false },
	{ "kubernetes.io/metadata.name is implied",
	  FROM("{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: default}}}"), D, A,
	  TCP, 80, true },
	{ NULL, NULL, C, A, TCP, 80, false },
	{ "namespaceSelector DoesNotExist: of pods",
	  FROM("{namespaceSelector: {matchExpressions: [{key: team, operator: DoesNotExist}]}}"), D,
	  A, TCP, 80, true },
	{ NULL, NULL, B, A, TCP, 80, false },
	{ NULL, NULL, W, A, TCP, 80, false },
	{ "both selectors in one peer: and",
	  FROM("{podSelector: {matchLabels: {app: a}}, namespaceSelector: {}}"), C, A, TCP, 80,
	  true },
	{ NULL, NULL, B, A, TCP, 80, false },
	{ "both selectors in two peers: or",
	  FROM("{podSelector: {matchLabels: {app: b}}}, {namespaceSelector: {matchLabels: {team: blue}}}"),
	  C, A, TCP, 80, true },
	{ NULL, NULL, B, A, TCP, 80, true },
	{ NULL, NULL, D, A, TCP, 80, false },
	{ "egress to a namespace", TO("{namespaceSelector: {matchLabels: {team: blue}}}"), A, C,
	  TCP, 80, true },
	{ NULL, NULL, A, B, TCP, 80, false },
	{ NULL, NULL, A, H, TCP, 80, false },
};

static const struct truth blocks[] = {
	{ "ipBlock: addresses outside", FROM("{ipBlock: {cidr: 192.0.2.0/24}}"), W, A, TCP, 80,
	  true },
	{ NULL, NULL, "192.0.3.1", A, TCP, 80, false },
	{ "ipBlock: addresses of pods", FROM("{ipBlock: {cidr: 10.0.0.0/24}}"), B, A, TCP, 80,
	  true },
	{ NULL, NULL, C, A, TCP, 80, false },
	{ "ipBlock: pods with the same labels in and out of it",
	  POLICY("podSelector: {matchLabels: {app: b}}, "
		 "ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/24}}]}]"),
	  A, B, TCP, 80, true },
	{ NULL, NULL, C, B, TCP, 80, false },
	{ "ipBlock except", FROM("{ipBlock: {cidr: 192.0.2.0/24, except: [192.0.2.128/25]}}"), W, A,
	  TCP, 80, true },
	{ NULL, NULL, "192.0.2.128", A, TCP, 80, false },
	{ NULL, NULL, "192.0.2.127", A, TCP, 80, true },
	{ "ipBlock within the except of another",
	  FROM("{ipBlock: {cidr: 192.0.2.0/24, except: [192.0.2.128/25]}}, "
	       "{ipBlock: {cidr: 192.0.2.192/26}}"),
	  "192.0.2.200", A, TCP, 80, true },
	{ NULL, NULL, "192.0.2.130", A, TCP, 80, false },
	{ "ipBlock: host bits are ignored", FROM("{ipBlock: {cidr: 192.0.2.77/24}}"), W, A, TCP, 80,
	  true },
	{ "ipBlock 0.0.0.0/0 does not cover IPv6", FROM("{ipBlock: {cidr: 0.0.0.0/0}}"), W, A, TCP,
	  80, true },
	{ NULL, NULL, B, A, TCP, 80, true },
	{ NULL, NULL, W6, A6, TCP, 80, false },
	{ NULL, NULL, B6, A6, TCP, 80, false },
	{ "ipBlock ::/0 does not cover IPv4", FROM("{ipBlock: {cidr: '::/0'}}"), W6, A6, TCP, 80,
	  true },
	{ NULL, NULL, W, A, TCP, 80, false },
	{ "egress to an ipBlock", TO("{ipBlock: {cidr: 192.0.2.0/24}}"), A, W, TCP, 80, true },
	{ NULL, NULL, A, B, TCP, 80, false },
};

static const struct truth ports[] = {
	{ "ports absent: all ports and protocols", POLICY(FOR_A "ingress: [{from: []}]"), W, A,
	  ICMP, 8 << 8, true },
	{ "ports []: all", POLICY(FOR_A "ingress: [{ports: []}]"), W, A, SCTP, 9, true },
	{ "protocol absent is TCP", PORTS("{port: 80}"), W, A, TCP, 80, true },
	{ NULL, NULL, W, A, UDP, 80, false },
	{ NULL, NULL, W, A, TCP, 81, false },
	{ NULL, NULL, W, A, ICMP, 8 << 8, false },
	{ "port absent: all ports of the protocol", PORTS("{protocol: UDP}"), W, A, UDP, 9, true },
	{ NULL, NULL, W, A, TCP, 9, false },
	{ "an empty port: all of TCP", PORTS("{}"), W, A, TCP, 9, true },
	{ NULL, NULL, W, A, UDP, 9, false },
	{ "protocol SCTP", PORTS("{port: 80, protocol: SCTP}"), W, A, SCTP, 80, true },
	{ NULL, NULL, W, A, TCP, 80, false },
	{ "endPort: both ends are in the range", PORTS("{port: 80, endPort: 90}"), W, A, TCP, 80,
	  true },
	{ NULL, NULL, W, A, TCP, 90, true },
	{ NULL, NULL, W, A, TCP, 79, false },
	{ NULL, NULL, W, A, TCP, 91, false },
	{ "endPort: 1 to 65535", PORTS("{port: 1, endPort: 65535}"), W, A, TCP, 65535, true },
	{ NULL, NULL, W, A, TCP, 0, false },
	{ "endPort: 1024 to 65535", PORTS("{port: 1024, endPort: 65535}"), W, A, TCP, 1023, false },
	{ NULL, NULL, W, A, TCP, 1024, true },
	{ "several ports: any of them", PORTS("{port: 80}, {port: 53, protocol: UDP}"), W, A, UDP,
	  53, true },
	{ NULL, NULL, W, A, UDP, 80, false },
	{ "a named port is the pod's own", POLICY("ingress: [{ports: [{port: http}]}]"), W, A, TCP,
	  80, true },
	{ NULL, NULL, W, A, TCP, 8080, false },
	{ NULL, NULL, W, B, TCP, 8080, true },
	{ NULL, NULL, W, B, TCP, 80, false },
	{ "a named port has its protocol", PORTS("{port: http, protocol: UDP}"), W, A, UDP, 80,
	  false },
	{ NULL, POLICY("ingress: [{ports: [{port: dns, protocol: UDP}]}]"), W, B, UDP, 53, true },
	{ "egress to a named port is the peer's",
	  POLICY(FOR_A "policyTypes: [Egress], egress: [{ports: [{port: http}]}]"), A, B, TCP, 8080,
	  true },
	{ NULL, NULL, A, B, TCP, 80, false },
	{ "what is outside has no names", NULL, A, W, TCP, 80, false },
	{ "egress to a named port by ipBlock",
	  POLICY(FOR_A "policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8}}], "
		       "ports: [{port: http}]}]"),
	  A, B, TCP, 8080, true },
	{ NULL, NULL, A, C, TCP, 80, false },
};

static const struct truth exemptions[] = {
	{ "an endpoint reaches itself", POLICY("policyTypes: [Ingress, Egress]"), A, A, TCP, 80,
	  true },
	{ NULL, NULL, A6, A6, UDP, 9, true },
	{ NULL, NULL, A, B, TCP, 80, false },
	{ "the node reaches its endpoints", NULL, H, A, TCP, 80, true },
	{ NULL, NULL, A, H, TCP, 80, false },
	{ NULL, NULL, W, A, TCP, 80, false },
};

/* Endpoints that no policy selects are denied, each direction for itself. */
static const struct truth default_deny[] = {
	{ "the default deny: what no policy selects", "", A, W, TCP, 80, false },
	{ NULL, NULL, W, A, TCP, 80, false },
	{ NULL, NULL, H, W, TCP, 80, true },
	{ "the default deny does not add to what a policy selects", POLICY(FOR_A "ingress: [{}]"),
	  W, A, TCP, 80, true },
	{ NULL, NULL, A, W, TCP, 80, false },
	{ NULL, NULL, W, B, TCP, 80, false },
	{ "policyTypes [Egress]: ingress rules select nobody",
	  POLICY(FOR_A "policyTypes: [Egress], egress: [{}], "
		       "ingress: [{from: [{ipBlock: {cidr: 203.0.113.0/24}}]}]"),
	  W, A, TCP, 80, false },
	{ NULL, NULL, A, W, TCP, 80, true },
	{ "policyTypes [Ingress]: egress rules select nobody",
	  POLICY(FOR_A "policyTypes: [Ingress], ingress: [{}], egress: [{ports: [{port: 81}]}]"), A,
	  W, TCP, 80, false },
	{ NULL, NULL, W, A, TCP, 80, true },
};

static void default_deny_holds(void **state)
{
	(void)state;
	TRUTH_RUN_DENIED(inventory, default_deny);
}

#define TABLE(name)                           \
	static void name##_hold(void **state) \
	{                                     \
		(void)state;                  \
		TRUTH_RUN(inventory, name);   \
	}

TABLE(selecting)
TABLE(types)
TABLE(peers)
TABLE(blocks)
TABLE(ports)
TABLE(exemptions)

/* An endpoint without address matches selectors, and no ipBlock. */
static void without_address(void **state)
{
	static const char *const policies[] = {
		FROM("{podSelector: {matchLabels: {app: w}}}"),
		FROM("{ipBlock: {cidr: 0.0.0.0/0}}, {ipBlock: {cidr: '::/0'}}"),
	};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct twp_compile_input input;
		struct twp_answer answer;
		struct twp_flow flow = { .protocol = TCP, .port = 80 };
		struct model m;

		model_init(&m);
		truth_inventory(&m, inventory);
		model_policy(&m, "p", policies[i]);
		input = model_input(&m);
		for (size_t j = 0; j < m.endpoints; j++) {
			if (!strcmp(m.endpoint[j].name, "waits"))
				flow.client_endpoint = &m.endpoint[j];
			if (!strcmp(m.endpoint[j].name, "a"))
				flow.server_endpoint = &m.endpoint[j];
		}
		twp_oracle_ask(&input, &flow, &answer);
		assert_int_equal(answer.verdict, i ? TWP_VERDICT_DENY : TWP_VERDICT_ALLOW);
		assert_int_equal(answer.why[TWP_INGRESS], i ? TWP_WHY_DEFAULT_DENY : TWP_WHY_RULE);
		model_clean(&m);
	}
}

static const struct {
	const char *spec, *error;
} refused[] = {
	{ "podSelectors: {}", "field \"podSelectors\" is unknown in the spec of a NetworkPolicy" },
	{ "podSelector: []", "a selector must be a mapping, not a list" },
	{ "podSelector: {matchLabel: {a: b}}", "field \"matchLabel\" is unknown in a selector" },
	{ "podSelector: {matchLabels: {'a:b': c}}", "\"a:b\" is no key of a label" },
	{ "podSelector: {matchExpressions: [{key: a, operator: in, values: [b]}]}",
	  "operator \"in\" is unknown" },
	{ "podSelector: {matchExpressions: [{key: a, operator: In}]}", "In and NotIn want values" },
	{ "podSelector: {matchExpressions: [{key: a, operator: Exists, values: [b]}]}",
	  "Exists and DoesNotExist have no values" },
	{ "policyTypes: [ingress]",
	  "policy type \"ingress\" is unknown; Ingress, Egress are known" },
	{ "ingress: [{from: [{}]}]", "a peer wants podSelector, namespaceSelector or ipBlock" },
	{ "ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}, podSelector: {}}]}]",
	  "ipBlock stands beside no other selector" },
	{ "ingress: [{from: [{ipBlock: {cidr: 10.0.0.0}}]}]", "\"10.0.0.0\" is no prefix" },
	{ "ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/33}}]}]", "\"10.0.0.0/33\" is no prefix" },
	{ "ingress: [{from: [{ipBlock: {cidr: '::ffff:10.0.0.0/104'}}]}]", "is of IPv4" },
	{ "ingress: [{from: [{ipBlock: {except: []}}]}]", "field \"cidr\" is missing" },
	{ "ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/8]}}]}]",
	  "exception 11.0.0.0/8 does not lie within 10.0.0.0/8" },
	{ "ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/8]}}]}]",
	  "exception 10.0.0.0/8 does not lie within 10.0.0.0/8" },
	{ "ingress: [{ports: [{port: 0}]}]", "port 0 is not between 1 and 65535" },
	{ "ingress: [{ports: [{port: '80'}]}]",
	  "port \"80\" is a text; a number stands without quotes" },
	{ "ingress: [{ports: [{port: 90, endPort: 80}]}]", "port range 90-80 is reversed" },
	{ "ingress: [{ports: [{endPort: 80}]}]", "endPort wants a port that is a number" },
	{ "ingress: [{ports: [{port: http, endPort: 80}]}]",
	  "endPort wants a port that is a number" },
	{ "ingress: [{ports: [{port: 80, protocol: tcp}]}]", "protocol \"tcp\" is unknown" },
};

static void what_is_no_policy(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct twp_policy policy;
		struct twp_error error = { "" };
		char text[1024];

		snprintf(text, sizeof(text), POLICY("%s"), refused[i].spec);
		if (!twp_document_read(&policy, "p", "f", text, strlen(text), &error))
			fail_msg("taken: %s", text);
		if (strncmp(error.text, "f:4:", 4) || !strstr(error.text, refused[i].error))
			fail_msg("%s\ngives %s", refused[i].spec, error.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(selecting_hold),    cmocka_unit_test(types_hold),
		cmocka_unit_test(peers_hold),	     cmocka_unit_test(blocks_hold),
		cmocka_unit_test(ports_hold),	     cmocka_unit_test(exemptions_hold),
		cmocka_unit_test(without_address),   cmocka_unit_test(default_deny_holds),
		cmocka_unit_test(what_is_no_policy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
