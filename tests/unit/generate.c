// SPDX-License-Identifier: GPL-2.0-only
/* Random policies. Labels, prefixes and ports are few, so that rules meet endpoints and each other. */
#include "generate_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct coverage coverage[] = {
	[PLAIN] = { "plain rule", 0 },
	[NAMESPACED] = { "CiliumNetworkPolicy", 0 },
	[CLUSTERWIDE] = { "CiliumClusterwideNetworkPolicy", 0 },
	[SPECS] = { "specs", 0 },
	[NETWORK_POLICY] = { "NetworkPolicy", 0 },
	[POD] = { "Pod", 0 },
	[OWN_ENDPOINT] = { "endpoint", 0 },
	[NAMESPACE] = { "Namespace", 0 },
	[HOST] = { "reserved:host endpoint", 0 },
	[MATCH_LABELS] = { "matchLabels", 0 },
	[IN] = { "In", 0 },
	[NOT_IN] = { "NotIn", 0 },
	[EXISTS] = { "Exists", 0 },
	[DOES_NOT_EXIST] = { "DoesNotExist", 0 },
	[SOURCE] = { "label source", 0 },
	[RESERVED] = { "reserved label", 0 },
	[OF_NAMESPACE] = { "namespace label", 0 },
	[EMPTY_SELECTOR] = { "empty selector", 0 },
	[EMPTY_PEERS] = { "empty list of peers", 0 },
	[EMPTY_RULE] = { "empty rule", 0 },
	[DENY] = { "deny section", 0 },
	[CIDR] = { "CIDR", 0 },
	[CIDR_SET] = { "CIDRSet", 0 },
	[EXCEPT] = { "except", 0 },
	[ENTITY] = { "entity", 0 },
	[REQUIRES] = { "requires", 0 },
	[DEFAULT_DENY] = { "enableDefaultDeny", 0 },
	[NUMBER] = { "port number", 0 },
	[RANGE] = { "endPort", 0 },
	[EVERY_PORT] = { "every port", 0 },
	[ANY_PROTOCOL] = { "protocol ANY", 0 },
	[NAMED_PORT] = { "named port", 0 },
	[ICMPS] = { "icmps", 0 },
	[POD_SELECTOR] = { "podSelector", 0 },
	[NAMESPACE_SELECTOR] = { "namespaceSelector", 0 },
	[BOTH_SELECTORS] = { "both selectors", 0 },
	[IP_BLOCK] = { "ipBlock", 0 },
	[POLICY_TYPES] = { "policyTypes", 0 },
	[NO_POLICY_TYPES] = { "no policyTypes", 0 },
	[AUDIT] = { "audited endpoint", 0 },
	[CONSTRUCTS] = { 0 },
};

unsigned int pick(unsigned int below)
{
	return (unsigned int)random() % below;
}

void say(struct text *text, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	text->length += (size_t)vsnprintf(text->bytes + text->length,
					  sizeof(text->bytes) - text->length, format, arguments);
	va_end(arguments);
	if (text->length >= sizeof(text->bytes))
		abort();
}

bool covers(enum construct construct)
{
	coverage[construct].said++;
	return true;
}

/* ---- selectors */

enum language { CILIUM, KUBERNETES };

static void say_key(struct text *text, enum language language)
{
	static const char *const sources[] = { "k8s:", "any:" };

	if (language == CILIUM && !pick(6) && covers(SOURCE))
		say(text, "'%sk%u'", ONE_OF(sources), pick(4));
	else if (language == CILIUM && !pick(10) && covers(OF_NAMESPACE))
		say(text,
		    pick(2) ? "io.kubernetes.pod.namespace" : "io.cilium.k8s.namespace.labels.k0");
	else
		say(text, "k%u", pick(4));
}

static void say_expression(struct text *text, enum language language)
{
	static const char *const operators[] = { "In", "NotIn", "Exists", "DoesNotExist" };
	unsigned int operator= pick(4);

	covers(IN + operator);
	say(text, "{key: ");
	if (language == CILIUM && !pick(12) && covers(RESERVED))
		say(text, "'reserved:host'");
	else
		say_key(text, language);
	say(text, ", operator: %s", operators[operator]);
	if (operator<2)
		say(text, ", values: [v%u, %s]", pick(3), pick(2) ? "n0" : "v1");
	say(text, "}, ");
}

static void say_selector(struct text *text, enum language language, bool peer)
{
	unsigned int kind = pick(12);

	if (language == CILIUM && kind == 11 && covers(RESERVED)) {
		say(text, "{matchLabels: {'reserved:%s': ''}}", peer && pick(2) ? "world" : "host");
	} else if (kind == 10 || (!peer && kind > 6)) {
		covers(EMPTY_SELECTOR);
		say(text, pick(2) ? "{}" : "{matchLabels: {}}");
	} else {
		say(text, "{");
		if (kind < 7 && covers(MATCH_LABELS)) {
			say(text, "matchLabels: {k%u: v%u", pick(2), pick(3));
			if (!pick(3))
				say(text, ", k%u: v%u", 2 + pick(2), pick(3));
			say(text, "}, ");
		}
		if (kind > 4) {
			say(text, "matchExpressions: [");
			for (unsigned int i = 1 + pick(2); i > 0; i--)
				say_expression(text, language);
			say(text, "]");
		}
		say(text, "}");
	}
}

/* ---- prefixes: nested in each other, some around endpoints */

static const char *const outer[] = { "10.0.0.0/8", "0.0.0.0/0", "192.0.2.0/24",
				     "::/0",	   "fd00::/16", "10.0.0.0/28" };
static const char *const inner[][4] = {
	{ "10.0.0.0/29", "10.0.0.4/30", "10.0.0.5/32", "10.128.0.0/9" },
	{ "10.0.0.0/8", "192.0.2.0/25", "192.0.2.64/26", "10.0.0.8/29" },
	{ "192.0.2.0/26", "192.0.2.32/27", "192.0.2.40/32", "192.0.2.128/25" },
	{ "fd00::/64", "fd00::8/125", "2001:db8::/32", "fd00::/16" },
	{ "fd00::/64", "fd00::4/126", "fd00::5/128", "fd00::8/125" },
	{ "10.0.0.0/30", "10.0.0.8/29", "10.0.0.9/32", "10.0.0.12/30" },
};

static void say_prefix(struct text *text)
{
	unsigned int which = pick(6);

	say(text, "%s", pick(2) ? outer[which] : inner[which][pick(4)]);
}

static void say_block(struct text *text)
{
	unsigned int which = pick(6);

	say(text, "{cidr: '%s'", outer[which]);
	if (pick(3) && covers(EXCEPT)) {
		say(text, ", except: [");
		for (unsigned int i = 1 + pick(2); i > 0; i--)
			say(text, "'%s', ", inner[which][pick(4)]);
		say(text, "]");
	}
	say(text, "}");
}

/* ---- ports */

const unsigned int edges[EDGES] = { 1, 2, 80, 81, 443, 1023, 1024, 8080, 32768, 65535 };

static void say_port(struct text *text, enum language language)
{
	static const char *const protocols[] = { "TCP", "UDP", "SCTP", "ANY" };
	unsigned int kind = pick(10), first = pick(10), protocol = pick(language == CILIUM ? 4 : 3);

	say(text, "{");
	if (kind < 5 && covers(NUMBER))
		say(text, "port: %u", edges[first]);
	else if (kind < 7 && covers(RANGE))
		say(text, "port: %u, endPort: %u", edges[first], edges[first + pick(10 - first)]);
	else if (kind < 9 && covers(NAMED_PORT))
		say(text, "port: %s", pick(2) ? "http" : "dns");
	else if (covers(EVERY_PORT) && language == CILIUM)
		say(text, "port: 0");
	if (pick(4)) {
		say(text, "%sprotocol: %s", kind == 9 && language == KUBERNETES ? "" : ", ",
		    protocols[protocol]);
		if (protocol == 3)
			covers(ANY_PROTOCOL);
	}
	say(text, "}, ");
}

static void say_to_ports(struct text *text)
{
	if (!pick(5) && covers(ICMPS)) {
		say(text, "icmps: [{fields: [");
		for (unsigned int i = pick(3); i > 0; i--)
			say(text, pick(2) ? "{type: %u}, " : "{family: IPv6, type: %u}, ",
			    pick(2) ? 8 : 128);
		say(text, "]}]");
		return;
	}
	say(text, "toPorts: [");
	for (unsigned int items = pick(3); items > 0; items--) {
		say(text, "{ports: [");
		for (unsigned int ports = pick(8) ? 1 + pick(2) : 0; ports > 0; ports--)
			say_port(text, CILIUM);
		say(text, "]}, ");
	}
	say(text, "]");
}

/* ---- Cilium */

static void say_peers(struct text *text, const char *to)
{
	static const char *const entities[] = { "all",	      "world", "host",	    "cluster",
						"world-ipv4", "none",  "world-ipv6" };
	unsigned int kind = pick(10), count = pick(8) ? 1 + pick(2) : 0;

	if (!count)
		covers(EMPTY_PEERS);
	if (kind < 6) {
		say(text, "%sEndpoints: [", to);
		for (; count > 0; count--) {
			say_selector(text, CILIUM, true);
			say(text, ", ");
		}
	} else if (kind == 6 && covers(CIDR)) {
		say(text, "%sCIDR: [", to);
		for (; count > 0; count--) {
			say(text, "'");
			say_prefix(text);
			say(text, "', ");
		}
	} else if (kind < 9 && covers(CIDR_SET)) {
		say(text, "%sCIDRSet: [", to);
		for (; count > 0; count--) {
			say_block(text);
			say(text, ", ");
		}
	} else if (covers(ENTITY)) {
		say(text, "%sEntities: [", to);
		for (; count > 0; count--)
			say(text, "%s, ", ONE_OF(entities));
	}
	say(text, "], ");
}

static void say_section(struct text *text, enum twp_section section)
{
	const char *to = section < TWP_SECTION_EGRESS ? "from" : "to";

	if (section % 2)
		covers(DENY);
	say(text, "%s: [", twp_section_names[section]);
	for (unsigned int rules = pick(8) ? 1 + pick(3) : 0; rules > 0; rules--) {
		size_t before;

		say(text, "{");
		before = text->length;
		if (pick(8))
			say_peers(text, to);
		if (!pick(8) && covers(REQUIRES)) {
			say(text, "%sRequires: [", to);
			say_selector(text, CILIUM, true);
			say(text, "], ");
		}
		if (pick(3))
			say_to_ports(text);
		if (text->length == before)
			covers(EMPTY_RULE);
		say(text, "}, ");
	}
	say(text, "], ");
}

static void say_spec(struct text *text)
{
	say(text, "{endpointSelector: ");
	say_selector(text, CILIUM, false);
	say(text, ", ");
	for (int s = 0; s < TWP_SECTIONS; s++)
		if (!pick(s % 2 ? 4 : 2))
			say_section(text, s);
	if (!pick(6) && covers(DEFAULT_DENY))
		say(text, "enableDefaultDeny: {%s: %s}, ", pick(2) ? "ingress" : "egress",
		    pick(2) ? "true" : "false");
	say(text, "description: d, labels: [{key: a, value: b}]}");
}

static void say_cilium_object(struct text *text, unsigned int number, bool clusterwide)
{
	covers(clusterwide ? CLUSTERWIDE : NAMESPACED);
	say(text, "{apiVersion: cilium.io/v2, kind: Cilium%sNetworkPolicy, metadata: {name: p%u",
	    clusterwide ? "Clusterwide" : "", number);
	if (!clusterwide && pick(4))
		say(text, ", namespace: n%u", pick(3));
	if (pick(3)) {
		say(text, "}, spec: ");
		say_spec(text);
	} else if (covers(SPECS)) {
		say(text, "}, specs: [");
		for (unsigned int i = 1 + pick(2); i > 0; i--) {
			say_spec(text);
			say(text, ", ");
		}
		say(text, "]");
	}
	say(text, "}\n");
}

/* ---- Kubernetes */

static void say_kubernetes_peer(struct text *text)
{
	unsigned int kind = pick(6);

	if (kind < 2 && covers(IP_BLOCK)) {
		/* An exception is smaller than what it is taken from: not so the first of all. */
		unsigned int which = pick(6);

		say(text, "{ipBlock: {cidr: '%s'", outer[which]);
		if (pick(3) && covers(EXCEPT))
			say(text, ", except: ['%s']", inner[which][pick(3)]);
		say(text, "}}, ");
		return;
	}
	say(text, "{");
	if (kind == 2)
		covers(BOTH_SELECTORS);
	if (kind < 5 && covers(POD_SELECTOR)) {
		say(text, "podSelector: ");
		say_selector(text, KUBERNETES, true);
		say(text, ", ");
	}
	if ((kind == 2 || kind == 5) && covers(NAMESPACE_SELECTOR)) {
		say(text, "namespaceSelector: ");
		if (pick(3))
			say_selector(text, KUBERNETES, true);
		else
			say(text, "{matchLabels: {kubernetes.io/metadata.name: n%u}}", pick(3));
	}
	say(text, "}, ");
}

static void say_kubernetes_section(struct text *text, const char *section, const char *peers)
{
	say(text, "%s: [", section);
	for (unsigned int rules = pick(6) ? 1 + pick(2) : 0; rules > 0; rules--) {
		say(text, "{");
		if (pick(6)) {
			say(text, "%s: [", peers);
			for (unsigned int i = pick(8) ? 1 + pick(2) : 0; i > 0; i--)
				say_kubernetes_peer(text);
			say(text, "], ");
		}
		if (pick(2)) {
			say(text, "ports: [");
			for (unsigned int i = pick(8) ? 1 + pick(2) : 0; i > 0; i--)
				say_port(text, KUBERNETES);
			say(text, "]");
		}
		say(text, "}, ");
	}
	say(text, "], ");
}

static void say_network_policy(struct text *text, unsigned int number)
{
	covers(NETWORK_POLICY);
	say(text, "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p%u",
	    number);
	if (pick(4))
		say(text, ", namespace: n%u", pick(3));
	say(text, "}, spec: {");
	if (pick(8)) {
		say(text, "podSelector: ");
		say_selector(text, KUBERNETES, false);
		say(text, ", ");
	}
	if (pick(2))
		say_kubernetes_section(text, "ingress", "from");
	if (pick(2))
		say_kubernetes_section(text, "egress", "to");
	if (pick(2) && covers(POLICY_TYPES))
		say(text, pick(2) ? "policyTypes: [Ingress, Egress]" :
			  pick(2) ? "policyTypes: [Egress]" :
				    "policyTypes: [Ingress]");
	else
		covers(NO_POLICY_TYPES);
	say(text, "}}\n");
}

void generate_policy(struct text *text, unsigned int number)
{
	unsigned int kind = pick(10);

	text->length = 0;
	if (kind < 4) {
		covers(PLAIN);
		for (unsigned int i = 1 + pick(3); i > 0; i--) {
			say(text, "- ");
			say_spec(text);
			say(text, "\n");
		}
	} else if (kind < 6) {
		say_cilium_object(text, number, kind == 4);
		say(text, "---\n");
		say_network_policy(text, number);
	} else {
		say_network_policy(text, number);
	}
}
