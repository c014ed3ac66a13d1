// SPDX-License-Identifier: GPL-2.0-only
/* The policy model: addresses, endpoints, and what owns what. */
#include "policy.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../kmod/uapi/twinpath.h"

const char *const twp_section_names[TWP_SECTIONS] = {
	[TWP_SECTION_INGRESS] = "ingress",
	[TWP_SECTION_INGRESS_DENY] = "ingressDeny",
	[TWP_SECTION_EGRESS] = "egress",
	[TWP_SECTION_EGRESS_DENY] = "egressDeny",
};

static struct twp_label host_label = { (char[]){ TWP_LABEL_HOST }, (char[]){ "" } };
static struct twp_label world_label = { (char[]){ TWP_LABEL_WORLD }, (char[]){ "" } };

const struct twp_labels twp_labels_host = { &host_label, 1 };
const struct twp_labels twp_labels_world = { &world_label, 1 };

int twp_address_parse(struct twp_address *address, const char *text)
{
	unsigned char bytes[16];

	if (inet_pton(AF_INET, text, bytes) == 1)
		return twp_address_set(address, bytes, 4);
	if (inet_pton(AF_INET6, text, bytes) == 1)
		return twp_address_set(address, bytes, 16);
	return -1;
}

int twp_address_set(struct twp_address *address, const void *bytes, size_t length)
{
	if (length != 4 && length != 16)
		return -1;
	memset(address, 0, sizeof(*address));
	address->family = length == 4 ? TWP_FAMILY_IPV4 : TWP_FAMILY_IPV6;
	memcpy(address->bytes, bytes, length);
	return 0;
}

size_t twp_address_length(const struct twp_address *address)
{
	return address->family == TWP_FAMILY_IPV4 ? 4 : 16;
}

const char *twp_address_text(const struct twp_address *address, char text[INET6_ADDRSTRLEN])
{
	int family = address->family == TWP_FAMILY_IPV4 ? AF_INET : AF_INET6;

	return inet_ntop(family, address->bytes, text, INET6_ADDRSTRLEN);
}

int twp_address_compare(const struct twp_address *a, const struct twp_address *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

/* What kind of address no endpoint can have; NULL if it can. */
static const char *address_fault(const struct twp_address *address)
{
	struct in6_addr six;

	if (address->family == TWP_FAMILY_IPV4) {
		if (!memcmp(address->bytes, "\0\0\0\0", 4))
			return "unspecified";
		if (address->bytes[0] == 127)
			return "a loopback address";
		/* 224.0.0.0/4, and the broadcast address above it */
		if (address->bytes[0] >> 4 == 0xe || !memcmp(address->bytes, "\xff\xff\xff\xff", 4))
			return "a multicast or broadcast address";
		return NULL;
	}
	memcpy(&six, address->bytes, sizeof(six));
	if (IN6_IS_ADDR_UNSPECIFIED(&six))
		return "unspecified";
	if (IN6_IS_ADDR_LOOPBACK(&six))
		return "a loopback address";
	if (IN6_IS_ADDR_MULTICAST(&six))
		return "a multicast address";
	/* No packet carries it: the flow is an IPv4 one. */
	if (IN6_IS_ADDR_V4MAPPED(&six))
		return "an IPv4 address; write it as one";
	return NULL;
}

static int addresses_check(const struct twp_endpoint *endpoint, struct twp_error *error)
{
	char text[INET6_ADDRSTRLEN];

	if (endpoint->addresses > TWP_ENDPOINT_ADDRESSES_MAX)
		return twp_error_set(error, "endpoint %s has %zu addresses, and %d are the most",
				     endpoint->name, endpoint->addresses,
				     TWP_ENDPOINT_ADDRESSES_MAX);
	if (!endpoint->addresses && !twp_endpoint_is_host(endpoint))
		return twp_error_set(error, "endpoint %s has no address", endpoint->name);
	for (size_t i = 0; i < endpoint->addresses; i++) {
		const struct twp_address *address = &endpoint->address[i];
		const char *fault = address_fault(address);

		if (fault)
			return twp_error_set(error, "endpoint %s: address %s is %s", endpoint->name,
					     twp_address_text(address, text), fault);
		for (size_t j = 0; j < i; j++)
			if (!twp_address_compare(address, &endpoint->address[j]))
				return twp_error_set(error, "endpoint %s has address %s twice",
						     endpoint->name,
						     twp_address_text(address, text));
	}
	return 0;
}

static int labels_check(const struct twp_endpoint *endpoint, struct twp_error *error)
{
	for (size_t i = 0; i < endpoint->labels.count; i++) {
		const struct twp_label *label = &endpoint->labels.label[i];

		if (strncmp(label->key, "reserved:", strlen("reserved:")))
			continue;
		if (strcmp(label->key, TWP_LABEL_HOST))
			return twp_error_set(error,
					     "endpoint %s: label \"%s\" is reserved; only "
					     "reserved:host may be given to an endpoint",
					     endpoint->name, label->key);
		if (*label->value)
			return twp_error_set(error, "endpoint %s: label reserved:host has no value",
					     endpoint->name);
	}
	return 0;
}

bool twp_endpoint_is_host(const struct twp_endpoint *endpoint)
{
	return twp_labels_get(&endpoint->labels, TWP_LABEL_HOST);
}

int twp_endpoint_check(const struct twp_endpoint *endpoint, struct twp_error *error)
{
	const char *name = endpoint->name, *port = endpoint->bridge_port;

	if (!name || !*name)
		return twp_error_set(error, "an endpoint needs a name");
	if (strlen(name) > TWP_ENDPOINT_NAME_MAX)
		return twp_error_set(error, "the name of an endpoint is longer than %d bytes",
				     TWP_ENDPOINT_NAME_MAX);
	for (const char *c = name; *c; c++)
		if (!isascii(*c) || !isprint(*c))
			return twp_error_set(error,
					     "the name of an endpoint holds byte 0x%02x, which is "
					     "not a printable ASCII character",
					     (unsigned char)*c);
	/* As the kernel sees an interface name (dev_valid_name()). */
	if (port && (!*port || strlen(port) >= IFNAMSIZ || strpbrk(port, "/: \t\n\v\f\r") ||
		     !strcmp(port, ".") || !strcmp(port, "..")))
		return twp_error_set(error, "endpoint %s: the bridge port is not an interface name",
				     name);
	if (labels_check(endpoint, error))
		return -1;
	return addresses_check(endpoint, error);
}

void twp_endpoint_clean(struct twp_endpoint *endpoint)
{
	free(endpoint->name);
	free(endpoint->address);
	free(endpoint->bridge_port);
	twp_labels_clean(&endpoint->labels);
	*endpoint = (struct twp_endpoint){ 0 };
}

void twp_rule_clean(struct twp_rule *rule)
{
	for (size_t i = 0; i < rule->peers; i++)
		twp_labels_clean(&rule->peer[i].labels);
	free(rule->peer);
	free(rule->port);
	*rule = (struct twp_rule){ 0 };
}

void twp_spec_clean(struct twp_spec *spec)
{
	for (size_t i = 0; i < spec->rules; i++)
		twp_rule_clean(&spec->rule[i]);
	free(spec->rule);
	twp_labels_clean(&spec->subject.labels);
	*spec = (struct twp_spec){ 0 };
}

void twp_policy_clean(struct twp_policy *policy)
{
	for (size_t i = 0; i < policy->specs; i++)
		twp_spec_clean(&policy->spec[i]);
	free(policy->spec);
	free(policy->name);
	free(policy->text);
	*policy = (struct twp_policy){ 0 };
}

const char *twp_rule_text(const struct twp_policy *policy, const struct twp_rule *rule,
			  char text[64])
{
	const char *section = twp_section_names[rule->section];

	if (policy->specs > 1)
		snprintf(text, 64, "[%u].%s[%u]", rule->spec, section, rule->index);
	else
		snprintf(text, 64, "%s[%u]", section, rule->index);
	return text;
}
