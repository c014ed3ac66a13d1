// SPDX-License-Identifier: GPL-2.0-only
/* Random inventory, and flows between what is in it and what is not. */
#include <netinet/in.h>
#include <string.h>

#include "generate_parts.h"

void generate_namespaces(struct text *text)
{
	text->length = 0;
	for (unsigned int i = 0; i < 3; i++) {
		if (!pick(4))
			continue;
		covers(NAMESPACE);
		say(text, "---\n{apiVersion: v1, kind: Namespace, metadata: {name: n%u, labels: {",
		    i);
		for (unsigned int k = 0; k < 3; k++)
			if (pick(2))
				say(text, "k%u: v%u, ", k, pick(3));
		say(text, "}}}\n");
	}
}

static void say_labels(struct text *text)
{
	say(text, "labels: {");
	for (unsigned int k = 0; k < 4; k++)
		if (pick(2))
			say(text, "k%u: v%u, ", k, pick(3));
	say(text, "}");
}

static void say_pod(struct text *text, unsigned int number)
{
	covers(POD);
	say(text, "{apiVersion: v1, kind: Pod, metadata: {name: e%u, ", number);
	if (pick(5))
		say(text, "namespace: n%u, ", pick(3));
	say_labels(text);
	say(text, "}, spec: {containers: [{name: c, ports: [");
	if (pick(2))
		say(text, "{name: http, containerPort: %u}, ", pick(2) ? 80 : 8080);
	if (!pick(3))
		say(text, "{name: dns, containerPort: 443, protocol: %s}", pick(2) ? "UDP" : "TCP");
	say(text, "]}]}, status: {");
	if (pick(12))
		say(text, "podIP: 10.0.0.%u, podIPs: [{ip: 10.0.0.%u}, {ip: 'fd00::%x'}]",
		    number + 1, number + 1, number + 1);
	say(text, "}}\n");
}

void generate_endpoint(struct text *text, unsigned int number)
{
	text->length = 0;
	if (pick(2)) {
		say_pod(text, number);
		return;
	}
	covers(OWN_ENDPOINT);
	say(text, "- {name: e%u, ", number);
	if (pick(2))
		say(text, "namespace: n%u, ", pick(3));
	say_labels(text);
	say(text, ", addresses: [10.0.0.%u, 'fd00::%x'", number + 1, number + 1);
	if (!pick(4))
		say(text, ", 10.0.0.%u", number + 17);
	say(text, "]");
	if (pick(2))
		say(text,
		    ", ports: [{name: http, port: %u}, {name: http, port: 443, protocol: UDP}]",
		    pick(2) ? 80 : 8080);
	if (!pick(8) && covers(AUDIT))
		say(text, ", audit: true");
	say(text, "}\n");
}

void generate_host(struct text *text)
{
	covers(HOST);
	text->length = 0;
	say(text, "- {name: host, labels: {'reserved:host': ''%s}, addresses: [%s]}\n",
	    pick(2) ? ", k0: v0" : "", pick(2) ? "10.0.0.14" : "");
}

/* ---- flows */

/* An address that may be an endpoint's, or is nobody's; sometimes at this machine. */
static void say_end(struct twp_address *address, bool *local, bool four)
{
	uint8_t four_bytes[4] = { 10, 0, 0, (uint8_t)(1 + pick(28)) };
	uint8_t six_bytes[16] = { 0xfd, [15] = (uint8_t)(1 + pick(14)) };

	if (!pick(4)) {
		memcpy(four_bytes, (uint8_t[]){ 192, 0, 2, (uint8_t)(8 * pick(32)) }, 4);
		if (!pick(4))
			memcpy(four_bytes, (uint8_t[]){ 10, 200, 0, 1 }, 4);
		memcpy(six_bytes, (uint8_t[]){ 0x20, 0x01, 0x0d, 0xb8 }, 4);
		six_bytes[7] = pick(2);
	}
	twp_address_set(address, four ? four_bytes : six_bytes, four ? 4 : 16);
	*local = !pick(8);
	/* A client that has no address yet: the host, or nobody. */
	if (!pick(40))
		memset(address->bytes, 0, sizeof(address->bytes));
}

struct twp_flow generate_flow(void)
{
	static const uint8_t protocols[] = { IPPROTO_TCP,  IPPROTO_TCP,	 IPPROTO_UDP,
					     IPPROTO_SCTP, IPPROTO_ICMP, 47 };
	static const uint8_t types[] = { 0, 3, 8, 128 };
	struct twp_flow flow = { .protocol = ONE_OF(protocols) };
	bool four = pick(2);

	say_end(&flow.client, &flow.client_local, four);
	say_end(&flow.server, &flow.server_local, four);
	if (!pick(12)) {
		flow.server = flow.client;
		flow.server_local = flow.client_local;
	}
	flow.port = (uint16_t)(ONE_OF(edges) + pick(3) - 1);
	if (flow.protocol == 47)
		flow.port = 0;
	if (flow.protocol == IPPROTO_ICMP) {
		flow.protocol = four ? IPPROTO_ICMP : IPPROTO_ICMPV6;
		flow.port = (uint16_t)(ONE_OF(types) << 8);
	}
	return flow;
}
