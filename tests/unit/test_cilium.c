// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cilium's rules: a truth table for each clause beyond those of test_oracle.c,
 * plain, namespaced and cluster-wide. Clauses are named by the field they are about.
 */
#include "truth.h"

#define A "10.0.0.1" /* shop/a, app=a, http is 80/TCP */
#define B "10.0.0.2" /* shop/b, app=b, http is 8080/TCP and 8080/UDP */
#define C "10.0.1.1" /* bank/c, app=a */
#define D "10.0.2.1" /* default/d, no labels */
#define W "192.0.2.1" /* no endpoint */
#define H "host"
#define A6 "fd00::1"
#define W6 "2001:db8::1"

static const char inventory[] =
	"apiVersion: v1\nkind: Namespace\nmetadata: {name: bank, labels: {team: blue}}\n---\n"
	"- {name: a, namespace: shop, labels: {app: a}, addresses: [10.0.0.1, 'fd00::1'],\n"
	"   ports: [{name: http, port: 80}]}\n"
	"- {name: b, namespace: shop, labels: {'k8s:app': b}, addresses: [10.0.0.2],\n"
	"   ports: [{name: http, port: 8080}, {name: http, port: 8080, protocol: UDP}]}\n"
	"- {name: c, namespace: bank, labels: {app: a}, addresses: [10.0.1.1]}\n"
	"- {name: d, addresses: [10.0.2.1]}\n";

#define PLAIN(rule) "endpointSelector: {matchLabels: {app: a}}\n" rule "\n"
#define OBJECT(kind, meta, spec)                                                  \
	"apiVersion: cilium.io/v2\nkind: " kind "\nmetadata: {name: p" meta "}\n" \
	"spec: {" spec "}\n"
#define NAMESPACED(spec) OBJECT("CiliumNetworkPolicy", ", namespace: shop", spec)
#define CLUSTERWIDE(spec) OBJECT("CiliumClusterwideNetworkPolicy", "", spec)
#define FOR_A "endpointSelector: {matchLabels: {app: a}}, "
#define NOT_IN "{matchExpressions: [{key: app, operator: NotIn, values: [b]}]}"
#define ABSENT "{matchExpressions: [{key: app, operator: DoesNotExist}]}"

static const struct truth selectors[] = {
	{ "In",
	  PLAIN("ingress: [{fromEndpoints: [{matchExpressions: "
		"[{key: app, operator: In, values: [x, b]}]}]}]"),
	  B, A, TCP, 80, true },
	{ NULL, NULL, D, A, TCP, 80, false },
	{ NULL, NULL, W, A, TCP, 80, false },
	{ "Exists",
	  PLAIN("ingress: [{fromEndpoints: [{matchExpressions: "
		"[{key: app, operator: Exists}]}]}]"),
	  B, A, TCP, 80, true },
	{ NULL, NULL, D, A, TCP, 80, false },
	{ NULL, NULL, H, A, TCP, 80, false },
	{ "NotIn of a plain rule matches addresses outside",
	  PLAIN("ingress: [{fromEndpoints: [" NOT_IN "]}]"), W, A, TCP, 80, true },
	{ NULL, NULL, D, A, TCP, 80, true },
	{ NULL, NULL, B, A, TCP, 80, false },
	{ "DoesNotExist of a plain rule matches addresses outside",
	  PLAIN("ingress: [{fromEndpoints: [" ABSENT "]}]"), W, A, TCP, 80, true },
	{ NULL, NULL, B, A, TCP, 80, false },
	{ "matchLabels and matchExpressions: both",
	  PLAIN("ingress: [{fromEndpoints: [{matchLabels: {app: b}, matchExpressions: "
		"[{key: x, operator: Exists}]}]}]"),
	  B, A, TCP, 80, false },
	{ "an endpointSelector with NotIn does not select the host",
	  "endpointSelector: {matchExpressions: [{key: x, operator: DoesNotExist}]}\n"
	  "ingress: [{}]\n",
	  W, H, TCP, 80, true },
	{ NULL, NULL, W, D, TCP, 80, false },
	{ "label sources k8s: and any:",
	  PLAIN("ingress: [{fromEndpoints: [{matchLabels: {'k8s:app': b}}]}]"), B, A, TCP, 80,
	  true },
	{ NULL, PLAIN("ingress: [{fromEndpoints: [{matchLabels: {'any:app': b}}]}]"), B, A, TCP, 80,
	  true },
	{ "label source reserved:",
	  PLAIN("ingress: [{fromEndpoints: [{matchLabels: {'reserved:host': ''}}]}]"), H, A, TCP,
	  80, true },
	{ NULL, NULL, W, A, TCP, 80, false },
};

static const struct truth namespaces[] = {
	{ "CiliumNetworkPolicy: subjects of its namespace only", NAMESPACED(FOR_A "ingress: [{}]"),
	  W, A, TCP, 80, false },
	{ NULL, NULL, W, C, TCP, 80, true },
	{ "CiliumNetworkPolicy: peers of its namespace",
	  NAMESPACED(FOR_A "ingress: [{fromEndpoints: [{}]}]"), B, A, TCP, 80, true },
	{ NULL, NULL, C, A, TCP, 80, false },
	{ NULL, NULL, W, A, TCP, 80, false },
	{ NULL, NAMESPACED(FOR_A "ingress: [{fromEndpoints: [" NOT_IN "]}]"), W, A, TCP, 80,
	  false },
	{ "also where a peer is only said not to be reserved",
	  NAMESPACED(FOR_A "ingress: [{fromEndpoints: [{matchExpressions: "
			   "[{key: 'reserved:host', operator: DoesNotExist}]}]}]"),
	  B, A, TCP, 80, true },
	{ NULL, NULL, C, A, TCP, 80, false },
	{ NULL, NULL, W, A, TCP, 80, false },
	{ "but what is reserved is of none",
	  NAMESPACED(FOR_A "ingress: [{fromEndpoints: [{matchExpressions: "
			   "[{key: 'reserved:host', operator: Exists}]}]}]"),
	  H, A, TCP, 80, true },
	{ NULL, NULL, B, A, TCP, 80, false },
	{ "unless a peer names the namespace",
	  NAMESPACED(FOR_A "ingress: [{fromEndpoints: "
			   "[{matchLabels: {'k8s:io.kubernetes.pod.namespace': bank}}]}]"),
	  C, A, TCP, 80, true },
	{ NULL, NULL, B, A, TCP, 80, false },
	{ "or a label of the namespace",
	  NAMESPACED(FOR_A "ingress: [{fromEndpoints: "
			   "[{matchLabels: {io.cilium.k8s.namespace.labels.team: blue}}]}]"),
	  C, A, TCP, 80, true },
	{ NULL, NULL, B, A, TCP, 80, false },
	{ "metadata.namespace absent is default",
	  OBJECT("CiliumNetworkPolicy", "", "endpointSelector: {}, ingress: [{}]"), W, D, TCP, 80,
	  false },
	{ NULL, NULL, W, A, TCP, 80, true },
	{ "entities are of no namespace", NAMESPACED(FOR_A "ingress: [{fromEntities: [all]}]"), W,
	  A, TCP, 80, true },
	{ NULL, NULL, C, A, TCP, 80, true },
	{ "CiliumClusterwideNetworkPolicy: all namespaces",
	  CLUSTERWIDE(FOR_A "ingress: [{fromEndpoints: [{}]}]"), W, A, TCP, 80, true },
	{ NULL, NULL, B, C, TCP, 80, true },
	{ NULL, CLUSTERWIDE(FOR_A "ingress: [{fromEndpoints: [" NOT_IN "]}]"), W, C, TCP, 80,
	  true },
	{ "specs: all of them",
	  "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\n"
	  "metadata: {name: p, namespace: shop}\nspecs:\n"
	  "- {endpointSelector: {matchLabels: {app: a}}, ingress: [{}]}\n"
	  "- {endpointSelector: {matchLabels: {app: b}}, egress: [{}]}\n",
	  W, A, TCP, 80, false },
	{ NULL, NULL, B, W, TCP, 80, false },
};

static const struct truth empties[] = {
	{ "ingress [{}] denies all", PLAIN("ingress: [{}]"), B, A, TCP, 80, false },
	{ "ingress [] has no effect", PLAIN("ingress: []"), B, A, TCP, 80, true },
	{ "fromEndpoints [] selects nobody", PLAIN("ingress: [{fromEndpoints: []}]"), B, A, TCP, 80,
	  false },
	{ "fromCIDR [] selects nobody", PLAIN("ingress: [{fromCIDR: [], toPorts: []}]"), W, A, TCP,
	  80, false },
	{ "ingressDeny [{}] denies nothing",
	  PLAIN("ingress: [{fromEndpoints: [{}]}]\ningressDeny: [{}]"), B, A, TCP, 80, true },
	{ "enableDefaultDeny ingress: false",
	  PLAIN("ingressDeny: [{fromEndpoints: [{matchLabels: {app: b}}]}]\n"
		"enableDefaultDeny: {ingress: false}"),
	  B, A, TCP, 80, false },
	{ NULL, NULL, D, A, TCP, 80, true },
	{ "enableDefaultDeny true without that section",
	  PLAIN("ingress: [{}]\nenableDefaultDeny: {egress: true}"), A, W, TCP, 80, false },
	{ "enableDefaultDeny: another policy still denies",
	  "- {endpointSelector: {}, ingress: [{}], enableDefaultDeny: {ingress: false}}\n"
	  "- {endpointSelector: {matchLabels: {app: a}}, ingress: [{}]}\n",
	  W, A, TCP, 80, false },
	{ NULL, NULL, W, B, TCP, 80, true },
};

static const struct truth prefixes[] = {
	{ "fromCIDR", PLAIN("ingress: [{fromCIDR: [192.0.2.0/24]}]"), W, A, TCP, 80, true },
	{ NULL, NULL, "192.0.3.1", A, TCP, 80, false },
	{ "fromCIDR with a bare address", PLAIN("ingress: [{fromCIDR: [192.0.2.1]}]"), W, A, TCP,
	  80, true },
	{ NULL, NULL, "192.0.2.2", A, TCP, 80, false },
	{ "prefixes match only what is no endpoint", PLAIN("ingress: [{fromCIDR: [0.0.0.0/0]}]"), W,
	  A, TCP, 80, true },
	{ NULL, NULL, B, A, TCP, 80, false },
	{ NULL, NULL, H, A, TCP, 80, false },
	{ "0.0.0.0/0 does not match IPv6", NULL, W6, A6, TCP, 80, false },
	{ "fromCIDRSet except",
	  PLAIN("ingress: [{fromCIDRSet: [{cidr: 192.0.2.0/24, except: [192.0.2.0/25]}]}]"),
	  "192.0.2.200", A, TCP, 80, true },
	{ NULL, NULL, W, A, TCP, 80, false },
	{ "a deny inside an allow inside a deny",
	  PLAIN("ingressDeny: [{fromCIDRSet: [{cidr: 0.0.0.0/0, except: [192.0.2.0/24]}]}, "
		"{fromCIDR: [192.0.2.64/26]}]\n"
		"ingress: [{fromCIDR: [192.0.2.0/24]}, {fromCIDR: [192.0.2.80/32]}]"),
	  W, A, TCP, 80, true },
	{ NULL, NULL, "192.0.2.70", A, TCP, 80, false },
	{ NULL, NULL, "192.0.2.80", A, TCP, 80, false },
	{ NULL, NULL, "192.0.2.128", A, TCP, 80, true },
	{ NULL, NULL, "198.51.100.1", A, TCP, 80, false },
	{ "reserved:world holds all prefixes",
	  PLAIN("egress: [{toEntities: [world]}, {toCIDR: [192.0.2.0/24], toPorts: [{ports: "
		"[{port: 1}]}]}]"),
	  A, W, TCP, 80, true },
	{ "toCIDR", PLAIN("egress: [{toCIDR: ['2001:db8::/32']}]"), A6, W6, TCP, 80, true },
	{ NULL, NULL, A, W, TCP, 80, false },
};

static const struct truth entities[] = {
	{ "all", PLAIN("ingress: [{fromEntities: [all]}]"), W, A, TCP, 80, true },
	{ NULL, NULL, H, A, TCP, 80, true },
	{ "world", PLAIN("ingress: [{fromEntities: [world]}]"), W6, A6, TCP, 80, true },
	{ NULL, NULL, B, A, TCP, 80, false },
	{ NULL, NULL, H, A, TCP, 80, false },
	{ "world-ipv4", PLAIN("ingress: [{fromEntities: [world-ipv4]}]"), W, A, TCP, 80, true },
	{ NULL, NULL, W6, A6, TCP, 80, false },
	{ NULL, NULL, B, A, TCP, 80, false },
	{ "host", PLAIN("ingress: [{fromEntities: [host]}]"), H, A, TCP, 80, true },
	{ NULL, NULL, W, A, TCP, 80, false },
	{ "cluster", PLAIN("ingress: [{fromEntities: [cluster]}]"), B, A, TCP, 80, true },
	{ NULL, NULL, H, A, TCP, 80, true },
	{ NULL, NULL, W, A, TCP, 80, false },
	{ "none", PLAIN("ingress: [{fromEntities: [none]}]"), B, A, TCP, 80, false },
	{ "several: any of them", PLAIN("ingress: [{fromEntities: [host, world]}]"), W, A, TCP, 80,
	  true },
	{ NULL, NULL, H, A, TCP, 80, true },
	{ NULL, NULL, B, A, TCP, 80, false },
};

static const struct truth requirements[] = {
	{ "fromRequires limits the peers of its rule",
	  PLAIN("ingress: [{fromEndpoints: [{}], fromRequires: [{matchLabels: {app: b}}]}]"), B, A,
	  TCP, 80, true },
	{ NULL, NULL, D, A, TCP, 80, false },
	{ NULL, NULL, W, A, TCP, 80, false },
	{ "and prefixes and entities",
	  PLAIN("ingress: [{fromCIDR: [0.0.0.0/0], fromRequires: [{matchLabels: {app: b}}]}]"), W,
	  A, TCP, 80, false },
	{ NULL, PLAIN("ingress: [{fromEntities: [all], fromRequires: [" ABSENT "]}]"), W, A, TCP,
	  80, true },
	{ NULL, NULL, B, A, TCP, 80, false },
	{ "several: all of them",
	  PLAIN("ingress: [{fromEndpoints: [{}], fromRequires: [{matchLabels: {app: b}}, "
		"{matchLabels: {x: y}}]}]"),
	  B, A, TCP, 80, false },
	{ "it does not limit other rules",
	  PLAIN("ingress: [{fromEndpoints: [{matchLabels: {app: b}}]}, "
		"{fromEndpoints: [{}], fromRequires: [{matchLabels: {app: x}}]}]"),
	  B, A, TCP, 80, true },
	{ "alone it grants nothing", PLAIN("ingress: [{fromRequires: [{matchLabels: {app: b}}]}]"),
	  B, A, TCP, 80, false },
};

#define TO_PORTS(ports) "toPorts: [{ports: [" ports "]}]"
#define INGRESS(rule) PLAIN("ingress: [{" rule "}]")

static const struct truth ports[] = {
	{ "endPort", INGRESS(TO_PORTS("{port: 1000, endPort: 2000, protocol: TCP}")), W, A, TCP,
	  1000, true },
	{ NULL, NULL, W, A, TCP, 2000, true },
	{ NULL, NULL, W, A, TCP, 999, false },
	{ NULL, NULL, W, A, TCP, 2001, false },
	{ NULL, NULL, W, A, UDP, 1500, false },
	{ "ANY includes SCTP", INGRESS(TO_PORTS("{port: 80, endPort: 81, protocol: any}")), W, A,
	  SCTP, 81, true },
	{ NULL, NULL, W, A, UDP, 80, true },
	{ NULL, NULL, W, A, ICMP, 80, false },
	{ "a deny range inside an allow range",
	  PLAIN("ingress: [{" TO_PORTS(
		  "{port: 1, endPort: 65535}") "}]\n"
					       "ingressDeny: [{" TO_PORTS(
						       "{port: 1024, endPort: 2047, protocol: TCP}") "}]"),
	  W, A, TCP, 1023, true },
	{ NULL, NULL, W, A, TCP, 1024, false },
	{ NULL, NULL, W, A, TCP, 2047, false },
	{ NULL, NULL, W, A, TCP, 2048, true },
	{ NULL, NULL, W, A, UDP, 1500, true },
	{ "a named port is the destination's own: ingress",
	  "endpointSelector: {}\ningress: [{" TO_PORTS("{port: http}") "}]\n", W, A, TCP, 80,
	  true },
	{ NULL, NULL, W, B, TCP, 80, false },
	{ NULL, NULL, W, B, TCP, 8080, true },
	{ NULL, NULL, W, B, UDP, 8080, true },
	{ NULL, NULL, W, A, UDP, 80, false },
	{ "a named port is the destination's own: egress",
	  PLAIN("egress: [{" TO_PORTS("{port: http, protocol: TCP}") "}]"), A, B, TCP, 8080, true },
	{ NULL, NULL, A, B, UDP, 8080, false },
	{ NULL, NULL, A, W, TCP, 80, false },
	{ NULL, NULL, A, D, TCP, 80, false },
	{ "a named port is denied, too",
	  PLAIN("egress: [{toEndpoints: [{}]}]\negressDeny: [{" TO_PORTS("{port: http}") "}]"), A,
	  B, TCP, 8080, false },
	{ NULL, NULL, A, B, TCP, 80, true },
	{ "icmps by number", INGRESS("icmps: [{fields: [{type: 8}]}]"), W, A, ICMP, 8 << 8, true },
	{ NULL, NULL, W, A, ICMP, 13 << 8, false },
	{ NULL, NULL, W, A, TCP, 8 << 8, false },
	{ NULL, NULL, W6, A6, ICMP6, 8 << 8, false },
	{ "icmps by name, of IPv6",
	  INGRESS("icmps: [{fields: [{type: EchoRequest, family: IPv6}]}]"), W6, A6, ICMP6,
	  128 << 8, true },
	{ NULL, NULL, W, A, ICMP, 8 << 8, false },
	{ "icmps with peers",
	  INGRESS("fromEndpoints: [{matchLabels: {app: b}}], "
		  "icmps: [{fields: [{family: IPv4, type: EchoRequest}]}]"),
	  B, A, ICMP, 8 << 8, true },
	{ NULL, NULL, W, A, ICMP, 8 << 8, false },
	{ "icmps that name no type allow none", INGRESS("icmps: [{fields: []}]"), W, A, ICMP,
	  8 << 8, false },
};

#define TABLE(name)                           \
	static void name##_hold(void **state) \
	{                                     \
		(void)state;                  \
		TRUTH_RUN(inventory, name);   \
	}

TABLE(selectors)
TABLE(namespaces)
TABLE(empties)
TABLE(prefixes)
TABLE(entities)
TABLE(requirements)
TABLE(ports)

static const struct {
	const char *text, *error;
} refused[] = {
	{ INGRESS("fromEndpoints: [{}], fromCIDR: [10.0.0.0/8]"),
	  "2:43: fromCIDR beside fromEndpoints in one rule is not supported; make two rules" },
	{ INGRESS("fromEntities: [all], fromCIDRSet: [{cidr: 10.0.0.0/8}]"),
	  "fromCIDRSet beside fromEntities in one rule is not supported" },
	{ INGRESS("icmps: [{fields: [{type: 8}]}], toPorts: [{}]"),
	  "icmps beside toPorts in one rule is not supported" },
	{ INGRESS("toPorts: [{ports: [{port: 80}], rules: {http: []}}]"),
	  "field \"rules\" (L7) is not supported" },
	{ INGRESS("toPorts: [{serverNames: []}]"), "field \"serverNames\" (L7) is not supported" },
	{ INGRESS("toPorts: [{listener: {}}]"), "field \"listener\" (L7) is not supported" },
	{ INGRESS("fromGroups: []"), "field \"fromGroups\" is not supported" },
	{ INGRESS("fromNodes: []"), "field \"fromNodes\" is not supported" },
	{ INGRESS("authentication: {}"), "field \"authentication\" is not supported" },
	{ INGRESS("fromCIDRSet: [{cidrGroupRef: x}]"), "field \"cidrGroupRef\" is not supported" },
	{ PLAIN("egress: [{toFQDNs: []}]"), "field \"toFQDNs\" is not supported" },
	{ PLAIN("egress: [{toServices: []}]"), "field \"toServices\" is not supported" },
	{ PLAIN("egress: [{toNodes: []}]"), "field \"toNodes\" is not supported" },
	{ PLAIN("egress: [{toGroups: []}]"), "field \"toGroups\" is not supported" },
	{ "nodeSelector: {}", "field \"nodeSelector\" is not supported" },
	{ INGRESS("fromEntities: [word]"), "entity \"word\" is unknown" },
	{ INGRESS("fromCIDR: [10.0.0.0/33]"), "\"10.0.0.0/33\" is no prefix and no address" },
	{ INGRESS("fromCIDR: [10.0.0.0/08]"), "\"10.0.0.0/08\" is no prefix and no address" },
	{ INGRESS("fromCIDRSet: [{cidr: 10.0.0.0/8, except: [11.0.0.0/16]}]"),
	  "exception 11.0.0.0/16 does not lie in 10.0.0.0/8" },
	{ INGRESS(TO_PORTS("{port: 90, endPort: 80}")), "2:31: port range 90-80 is reversed" },
	{ INGRESS(TO_PORTS("{port: 0, endPort: 80}")), "endPort wants a port that is a number" },
	{ INGRESS("icmps: [{fields: [{type: 256}]}]"), "ICMP type \"256\" is neither a name" },
	{ INGRESS("icmps: [{fields: [{type: Ping}]}]"), "ICMP type \"Ping\" is neither a name" },
	{ INGRESS("icmps: [{fields: [{family: IPv4}]}]"), "field \"type\" is missing" },
	{ INGRESS("fromEndpoints: [{matchLabels: {'container:a': b}}]"),
	  "label \"container:a\" has a source that is not supported" },
	{ "endpointSelector: {}\nenableDefaultDeny: {ingress: yes}",
	  "enableDefaultDeny must be true or false" },
	{ "apiVersion: cilium.io/v1\nkind: CiliumNetworkPolicy\n",
	  "1:13: apiVersion \"cilium.io/v1\" of CiliumNetworkPolicy is not supported" },
	{ "kind: Service\napiVersion: v1\n", "1:7: kind \"Service\" is not supported" },
	{ NAMESPACED("endpointSelector: {matchLabels: {io.kubernetes.pod.namespace: bank}}"),
	  "the policy is of namespace shop, and selects endpoints of bank" },
	{ OBJECT("CiliumClusterwideNetworkPolicy", ", namespace: x", "endpointSelector: {}"),
	  "a CiliumClusterwideNetworkPolicy has no namespace" },
	{ "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: p}\n",
	  "CiliumNetworkPolicy has neither spec nor specs" },
	{ "apiVersion: v1\nkind: Namespace\nmetadata: {name: p}\n",
	  "1:1: an endpoint or a namespace is no policy" },
};

static void what_is_no_policy(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		const char *text = refused[i].text;
		struct twp_error error = { "" };
		struct twp_policy policy;

		if (!twp_document_read(&policy, "p", "f", text, strlen(text), &error))
			fail_msg("taken: %s", text);
		if (strncmp(error.text, "f:", 2) || !strstr(error.text, refused[i].error))
			fail_msg("%s\ngives %s", text, error.text);
	}
}

/* All errors are told, each once, and reading goes on behind each. */
static void all_errors_are_told(void **state)
{
	static const char text[] =
		"- endpointSelector: []\n"
		"- endpointSelector: {}\n"
		"  ingres: [{a: [b]}]\n"
		"  ingress: [{toPorts: [{ports: [{port: 70000}, {port: 90, endPort: "
		"80}]}], fromCIDR: [x]}, {[a]: b}]\n"
		"---\nkind: Pod\napiVersion: v1\nmetadata: {name: p}\n"
		"spec: {container: []}\nstatus: {podIP: 10.0.0.300}\n";
	static const char *const places[] = { "1:21:", "3:3:",	"4:40:", "4:48:",
					      "4:87:", "4:93:", "9:8:",	 "10:17:" };
	struct twp_inventory inventory = { 0 };
	struct twp_errors errors = { 0 };
	struct twp_policy policy;

	(void)state;
	assert_int_equal(twp_file_read(&policy, &inventory, "f", text, strlen(text), &errors), -1);
	for (size_t i = 0; i < errors.count; i++)
		if (i >= 8 || strncmp(errors.text[i] + 2, places[i], strlen(places[i])))
			fail_msg("error %zu is %s", i, errors.text[i]);
	assert_int_equal(errors.count, 8);
	twp_errors_clean(&errors);
	twp_inventory_clean(&inventory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(selectors_hold),      cmocka_unit_test(namespaces_hold),
		cmocka_unit_test(empties_hold),	       cmocka_unit_test(prefixes_hold),
		cmocka_unit_test(entities_hold),       cmocka_unit_test(requirements_hold),
		cmocka_unit_test(ports_hold),	       cmocka_unit_test(what_is_no_policy),
		cmocka_unit_test(all_errors_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
