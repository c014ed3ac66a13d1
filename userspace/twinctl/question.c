// SPDX-License-Identifier: GPL-2.0-only
/* The words of a question that is asked of documents: ends, ports, verdicts. */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "documents.h"

static const struct {
	const char *name, *word;
	uint8_t number;
	bool is_icmp;
} protocols[] = {
	{ "TCP", "tcp", IPPROTO_TCP, false },	      { "UDP", "udp", IPPROTO_UDP, false },
	{ "SCTP", "sctp", IPPROTO_SCTP, false },      { "ICMP", "icmp", IPPROTO_ICMP, true },
	{ "ICMPv6", "icmpv6", IPPROTO_ICMPV6, true },
};

enum { PROTOCOLS = sizeof(protocols) / sizeof(protocols[0]) };

static const struct twp_endpoint *endpoint_find(const struct ctl_documents *documents,
						const char *namespace, size_t length,
						const char *name)
{
	for (size_t i = 0; i < documents->inventory.endpoints; i++) {
		const struct twp_endpoint *endpoint = &documents->inventory.endpoint[i];
		const char *of = twp_endpoint_namespace(endpoint);

		if (strlen(of) == length && !memcmp(of, namespace, length) &&
		    !strcmp(endpoint->name, name))
			return endpoint;
	}
	return NULL;
}

/* An address of an endpoint is the endpoint, asked for by this address alone. */
int ctl_end_read(struct ctl_end *end, const struct ctl_documents *documents,
		 const struct ctl_call *call, const char *option)
{
	const char *text = ctl_option(call, option), *slash;
	struct twp_error error;

	*end = (struct ctl_end){ 0 };
	if (!text)
		return ctl_usage(call, "%s wants '--%s'", call->verb->verb, option);
	slash = strchr(text, '/');
	end->local = !strcmp(text, "host");
	if (end->local || !twp_address_parse(&end->address, text))
		return CTL_DONE;
	if (slash)
		end->endpoint = endpoint_find(documents, text, (size_t)(slash - text), slash + 1);
	else
		end->endpoint = endpoint_find(documents, TWP_NAMESPACE_DEFAULT,
					      strlen(TWP_NAMESPACE_DEFAULT), text);
	if (end->endpoint)
		return CTL_DONE;
	/* Something with a dot or a colon was meant as an address. */
	if (!slash && strpbrk(text, ".:%") && ctl_address_read(&end->address, text, &error))
		return ctl_usage(call, "option '--%s': %s", option, error.text);
	return ctl_fail("there is no endpoint %s%s in the documents", text,
			slash ? "" : " in namespace default");
}

char *ctl_end_text(const struct ctl_end *end)
{
	char text[INET6_ADDRSTRLEN];

	if (end->endpoint)
		return ctl_format("%s/%s", twp_endpoint_namespace(end->endpoint),
				  end->endpoint->name);
	return ctl_format("%s", end->local ? "host" : twp_address_text(&end->address, text));
}

static bool number_read(const char *text, size_t length, unsigned int most, unsigned int *number)
{
	*number = 0;
	for (size_t i = 0; i < length && *number <= most; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		*number = 10 * *number + (unsigned int)(text[i] - '0');
	}
	return length && *number <= most;
}

/* "80/tcp", "icmp/8"; case does not matter. */
int ctl_port_read(struct ctl_port *port, const struct ctl_call *call, const char *text)
{
	const char *slash = strchr(text, '/');

	for (int i = 0; slash && i < PROTOCOLS; i++) {
		const char *word = protocols[i].word;
		unsigned int number;
		bool good;

		if (protocols[i].is_icmp) {
			good = (size_t)(slash - text) == strlen(word) &&
			       !strncasecmp(text, word, strlen(word)) &&
			       number_read(slash + 1, strlen(slash + 1), 255, &number);
			number <<= 8;
		} else {
			good = !strcasecmp(slash + 1, word) &&
			       number_read(text, (size_t)(slash - text), 65535, &number);
		}
		if (!good)
			continue;
		*port = (struct ctl_port){ protocols[i].number, (uint16_t)number, text };
		return CTL_DONE;
	}
	return ctl_usage(call,
			 "option '--port': '%s' is none of N/tcp, N/udp, N/sctp, icmp/TYPE, "
			 "icmpv6/TYPE",
			 text);
}

const char *ctl_port_protocol(const struct ctl_port *port)
{
	for (int i = 0; i < PROTOCOLS; i++)
		if (protocols[i].number == port->protocol)
			return protocols[i].name;
	return "";
}

unsigned int ctl_port_number(const struct ctl_port *port)
{
	bool is_icmp = port->protocol == IPPROTO_ICMP || port->protocol == IPPROTO_ICMPV6;

	return is_icmp ? port->port >> 8 : port->port;
}

const char *ctl_verdict_word(enum twp_verdict verdict)
{
	return verdict == TWP_VERDICT_ALLOW ? "allow" :
	       verdict == TWP_VERDICT_AUDIT ? "audit" :
					      "deny";
}
