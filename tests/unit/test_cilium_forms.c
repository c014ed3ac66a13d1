// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cilium's rules: what empty lists mean at each level, who is meant where a
 * namespace is named or not, the default deny, and ports. Clauses are named by their field.
 */
#include "truth.h"

#define A "10.0.0.1" /* shop/a, app=a, web is 80/TCP */
#define B "10.0.0.2" /* shop/b, app=b, web is 8080/TCP */
#define C "10.0.1.1" /* bank/c, app=b */
#define W "192.0.2.1" /* no endpoint */
#define W6 "2001:db8::1"
#define A6 "fd00::1"
#define H "host"

static const char inventory[] =
	"apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {team: red}}\n---\n"
	"apiVersion: v1\nkind: Namespace\nmetadata: {name: bank, labels: {team: blue}}\n---\n"
	"apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: shop, labels: {app: a}}\n"
	"spec: {containers: [{ports: [{name: web, containerPort: 80}]}]}\n"
	"status: {podIPs: [{ip: 10.0.0.1}, {ip: 'fd00::1'}]}\n---\n"
	"apiVersion: v1\nkind: Pod\nmetadata: {name: b, namespace: shop, labels: {app: b}}\n"
	"spec: {containers: [{ports: [{name: web, containerPort: 8080}]}]}\n"
	"status: {podIP: 10.0.0.2}\n---\n"
	"apiVersion: v1\nkind: Pod\nmetadata: {name: c, namespace: bank, labels: {app: b}}\n"
	"status: {podIP: 10.0.1.1}\n";

#define FOR_A "endpointSelector: {matchLabels: {app: a}}, "
#define PLAIN(rest) "- {" FOR_A rest "}\n"
#define NAMESPACED(rest)                                                            \
	"apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: p, " \
	"namespace: shop}\nspec: {" FOR_A rest "}\n"
#define FROM(selector) "ingress: [{fromEndpoints: [{" selector "}]}]"
#define EXPRESSION(key, rest) "matchExpressions: [{key: '" key "', operator: " rest "}]"
#define B_ONLY "fromEndpoints: [{matchLabels: {app: b}}]"

static const struct truth empties[] = {
	{ "toPorts [] restricts nothing", PLAIN("ingress: [{" B_ONLY ", toPorts: []}]"), B, A, UDP,
	  9, true },
	{ "toPorts [{}] covers no port", PLAIN("ingress: [{" B_ONLY ", toPorts: [{}]}]"), B, A, TCP,
	  80, false },
	{ "toPorts [{ports: []}] covers no port",
	  PLAIN("ingress: [{" B_ONLY ", toPorts: [{ports: []}]}]"), B, A, TCP, 80, false },
	{ "toPorts [{}] without peers", PLAIN("ingress: [{toPorts: [{}]}]"), W, A, TCP, 80, false },
	{ "an empty item beside another adds nothing",
	  PLAIN("ingress: [{toPorts: [{ports: [{port: '80'}]}, {}]}]"), W, A, TCP, 80, true },
	{ NULL, NULL, W, A, TCP, 81, false },
	{ "a deny of no port denies nothing",
	  PLAIN("ingress: [{fromEntities: [all]}], ingressDeny: [{toPorts: [{}]}]"), W, A, TCP, 80,
	  true },
	{ "icmps [] restricts nothing", PLAIN("ingress: [{" B_ONLY ", icmps: []}]"), B, A, TCP, 80,
	  true },
	{ "fromCIDRSet [] selects nobody", PLAIN("ingress: [{fromCIDRSet: []}]"), W, A, TCP, 80,
	  false },
	{ "fromEntities [] selects nobody",
	  PLAIN("ingress: [{fromEntities: [], toPorts: [{ports: [{port: '80'}]}]}]"), W, A, TCP, 80,
	  false },
	{ "ingressDeny [] has no effect", PLAIN("ingressDeny: []"), W, A, TCP, 80, true },
	{ "ingressDeny [{}] alone: the default deny", PLAIN("ingressDeny: [{}]"), W, A, TCP, 80,
	  false },
	{ NULL, NULL, A, W, TCP, 80, true },
	{ "ingressDeny of fromEndpoints [] denies nothing",
	  PLAIN("ingress: [{fromEntities: [all]}], ingressDeny: [{fromEndpoints: []}]"), W, A, TCP,
	  80, true },
	{ "neither ingress nor egress", PLAIN("description: 'a: b'"), W, A, TCP, 80, true },
};

static const struct truth namespaces[] = {
	{ "NotIn of labels stays in the namespace",
	  NAMESPACED(FROM(EXPRESSION("app", "NotIn, values: [x]"))), B, A, TCP, 80, true },
	{ NULL, NULL, C, A, TCP, 80, false },
	{ NULL, NULL, W, A, TCP, 80, false },
	{ "the namespace's label without source",
	  NAMESPACED(FROM("matchLabels: {io.kubernetes.pod.namespace: bank}")), C, A, TCP, 80,
	  true },
	{ NULL, NULL, B, A, TCP, 80, false },
	{ "the namespace Exists: everywhere, not outside",
	  NAMESPACED(FROM(EXPRESSION("k8s:io.kubernetes.pod.namespace", "Exists"))), C, A, TCP, 80,
	  true },
	{ NULL, NULL, B, A, TCP, 80, true },
	{ NULL, NULL, W, A, TCP, 80, false },
	{ "the namespace NotIn: outside too",
	  NAMESPACED(FROM(EXPRESSION("k8s:io.kubernetes.pod.namespace", "NotIn, values: [bank]"))),
	  W, A, TCP, 80, true },
	{ NULL, NULL, B, A, TCP, 80, true },
	{ NULL, NULL, C, A, TCP, 80, false },
	{ "a label of the namespace, and one of the endpoint",
	  NAMESPACED(FROM("matchLabels: {io.cilium.k8s.namespace.labels.team: blue, app: b}")), C,
	  A, TCP, 80, true },
	{ NULL, NULL, B, A, TCP, 80, false },
	{ "the implied label of the namespace",
	  NAMESPACED(FROM("matchLabels: {'k8s:io.cilium.k8s.namespace.labels."
			  "kubernetes.io/metadata.name': bank}")),
	  C, A, TCP, 80, true },
	{ NULL, NULL, B, A, TCP, 80, false },
	{ "reserved:world by an expression",
	  NAMESPACED(FROM(EXPRESSION("reserved:world", "Exists"))), W, A, TCP, 80, true },
	{ NULL, NULL, B, A, TCP, 80, false },
	{ "fromRequires is limited as well",
	  NAMESPACED(
		  "ingress: [{fromEntities: [cluster], fromRequires: [{matchLabels: {app: b}}]}]"),
	  B, A, TCP, 80, true },
	{ NULL, NULL, C, A, TCP, 80, false },
};

static const struct truth default_deny[] = {
	{ "false: what no rule allows passes",
	  PLAIN("enableDefaultDeny: {ingress: false}, ingress: [{" B_ONLY "}]"), W, A, TCP, 80,
	  true },
	{ "false: a deny denies all the same",
	  PLAIN("enableDefaultDeny: {ingress: false}, ingressDeny: [{" B_ONLY "}]"), B, A, TCP, 80,
	  false },
	{ NULL, NULL, W, A, TCP, 80, true },
	{ "false: [{}] has no effect", PLAIN("enableDefaultDeny: {ingress: false}, ingress: [{}]"),
	  W, A, TCP, 80, true },
	{ "false beside another that denies: its rules add",
	  PLAIN("enableDefaultDeny: {ingress: false}, ingress: [{" B_ONLY "}]")
		  PLAIN("ingress: [{fromCIDR: [192.0.2.0/24]}]"),
	  B, A, TCP, 80, true },
	{ NULL, NULL, W, A, TCP, 80, true },
	{ NULL, NULL, H, A, TCP, 80, false },
	{ "true without the section denies", PLAIN("enableDefaultDeny: {egress: true}"), A, W, TCP,
	  80, false },
	{ NULL, NULL, W, A, TCP, 80, true },
	{ "true beside the other section",
	  PLAIN("enableDefaultDeny: {egress: true}, ingress: [{" B_ONLY "}]"), A, B, TCP, 80,
	  false },
	{ NULL, NULL, B, A, TCP, 80, true },
	{ "false of the other direction",
	  PLAIN("enableDefaultDeny: {egress: false}, ingress: [{" B_ONLY "}]"), W, A, TCP, 80,
	  false },
	{ "{} says nothing", PLAIN("enableDefaultDeny: {}, ingress: [{" B_ONLY "}]"), W, A, TCP, 80,
	  false },
	{ "spec and specs both hold",
	  NAMESPACED("ingress: [{}]") "specs: [{endpointSelector: {matchLabels: {app: b}}, "
				      "egress: [{}]}]\n",
	  W, A, TCP, 80, false },
	{ NULL, NULL, B, W, TCP, 80, false },
	{ NULL, NULL, A, W, TCP, 80, true },
};

#define TO_PORTS(port) "ingress: [{toPorts: [{ports: [" port "]}]}]"

static const struct truth ports[] = {
	{ "endPort 0 is none", PLAIN(TO_PORTS("{port: '80', endPort: 0, protocol: TCP}")), W, A,
	  TCP, 80, true },
	{ NULL, NULL, W, A, TCP, 81, false },
	{ "endPort is ignored beside a name", PLAIN(TO_PORTS("{port: web, endPort: 9000}")), W, A,
	  TCP, 80, true },
	{ NULL, NULL, W, A, TCP, 81, false },
	{ "a name in any case", PLAIN(TO_PORTS("{port: WEB, protocol: TCP}")), W, A, TCP, 80,
	  true },
	{ NULL, NULL, W, A, TCP, 8080, false },
	{ "protocol empty is ANY", PLAIN(TO_PORTS("{port: '80', protocol: ''}")), W, A, SCTP, 80,
	  true },
	{ "a name and ANY: its protocol", PLAIN(TO_PORTS("{port: web}")), W, A, UDP, 80, false },
	{ "1-65535 is not port 0", PLAIN(TO_PORTS("{port: '1', endPort: 65535}")), W, A, TCP, 0,
	  false },
	{ NULL, NULL, W, A, SCTP, 65535, true },
	{ "fromRequires limits toPorts without peers",
	  PLAIN("ingress: [{fromRequires: [{matchLabels: {app: b}}], "
		"toPorts: [{ports: [{port: '80'}]}]}]"),
	  B, A, TCP, 80, true },
	{ NULL, NULL, B, A, TCP, 81, false },
	{ NULL, NULL, W, A, TCP, 80, false },
	{ "fromRequires limits a deny",
	  PLAIN("ingress: [{fromEntities: [all]}], ingressDeny: [{fromRequires: "
		"[{matchLabels: {app: b}}], toPorts: [{ports: [{port: '80'}]}]}]"),
	  B, A, TCP, 80, false },
	{ NULL, NULL, B, A, TCP, 81, true },
	{ NULL, NULL, W, A, TCP, 80, true },
	{ "icmps: a type as text", PLAIN("ingress: [{icmps: [{fields: [{type: '8'}]}]}]"), W, A,
	  ICMP, 8 << 8, true },
	{ NULL, NULL, W, A, ICMP, 0, false },
	{ "icmps: names that hold a blank",
	  PLAIN("ingress: [{icmps: [{fields: [{type: ExtendedEcho Request}]}]}]"), W, A, ICMP,
	  42 << 8, true },
	{ "icmps: a name means a family's number",
	  PLAIN("ingress: [{icmps: [{fields: [{type: TimeExceeded, family: IPv6}]}]}]"), W6, A6,
	  ICMP6, 3 << 8, true },
	{ NULL, NULL, W6, A6, ICMP6, 11 << 8, false },
	{ NULL, NULL, W, A, ICMP, 11 << 8, false },
};

#define TABLE(name)                           \
	static void name##_hold(void **state) \
	{                                     \
		(void)state;                  \
		TRUTH_RUN(inventory, name);   \
	}

/* Endpoints that no policy selects are denied: a section that is there selects. */
static const struct truth unselected[] = {
	{ "the default deny: what no policy selects", "", A, W, TCP, 80, false },
	{ NULL, NULL, W, A, TCP, 80, false },
	{ "ingress selects, and egress is left to the default deny",
	  PLAIN("ingress: [{fromEntities: [all]}]"), W, A, TCP, 80, true },
	{ NULL, NULL, A, W, TCP, 80, false },
	{ "ingress [] selects nobody", PLAIN("ingress: []"), W, A, TCP, 80, false },
	{ "enableDefaultDeny false, and selected all the same",
	  PLAIN("enableDefaultDeny: {ingress: false}, "
		"ingress: [{fromCIDR: [203.0.113.0/24]}]"),
	  W, A, TCP, 80, true },
	{ NULL, NULL, A, W, TCP, 80, false },
};

static void unselected_hold(void **state)
{
	(void)state;
	TRUTH_RUN_DENIED(inventory, unselected);
}

TABLE(empties)
TABLE(namespaces)
TABLE(default_deny)
TABLE(ports)

static const struct {
	const char *text, *error;
} refused[] = {
	{ PLAIN("ingress: null"), "ingress must be a list, not null" },
	{ PLAIN("ingress: [{fromEndpoints: null}]"), "fromEndpoints must be a list, not null" },
	{ PLAIN(TO_PORTS("{port: aaaaaaaaaaaaaaaa}")),
	  "is neither a number nor a name of at most 15 letters, digits and dashes" },
	{ PLAIN(TO_PORTS("{port: a--b}")), "port \"a--b\" is neither a number nor a name" },
	{ PLAIN(TO_PORTS("{port: -1}")), "port -1 is not between 0 and 65535" },
	{ PLAIN(TO_PORTS("{port: '90', endPort: 80}")), "port range 90-80 is reversed" },
	{ PLAIN(TO_PORTS("{port: '0', endPort: 80}")), "endPort wants a port that is a number" },
	{ PLAIN(TO_PORTS("{protocol: TCP}")), "field \"port\" is missing" },
	{ "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: A}\n"
	  "spec: {endpointSelector: {}}\n",
	  "3:18: \"A\" is no name of a CiliumNetworkPolicy" },
};

static void what_is_refused(void **state)
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empties_hold),	     cmocka_unit_test(namespaces_hold),
		cmocka_unit_test(default_deny_hold), cmocka_unit_test(ports_hold),
		cmocka_unit_test(unselected_hold),   cmocka_unit_test(what_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
