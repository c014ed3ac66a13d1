// SPDX-License-Identifier: GPL-2.0-only
/* The policy model: addresses, selectors, rules, and what owns what. */
#include "policy.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

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

bool twp_label_is_reserved(const char *key)
{
	static const char *const names[] = { "host", "world",	  "remote-node",    "health",
					     "init", "unmanaged", "kube-apiserver", "ingress" };
	const char *name = key + strlen("reserved:");

	if (strncmp(key, "reserved:", strlen("reserved:")))
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

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

bool twp_selector_is_empty(const struct twp_selector *selector)
{
	return !selector->labels.count && !selector->requirements;
}

int twp_selector_require(struct twp_selector *selector, const char *key, enum twp_operator operator)
{
	struct twp_requirement *array =
		twp_array_grow(selector->requirement, selector->requirements, sizeof(*array));

	if (!array)
		return -1;
	selector->requirement = array;
	array[selector->requirements] =
		(struct twp_requirement){ .key = strdup(key), .operator= operator, };
	return array[selector->requirements++].key ? 0 : -1;
}

void twp_requirement_clean(struct twp_requirement *requirement)
{
	for (size_t i = 0; i < requirement->values; i++)
		free(requirement->value[i]);
	free(requirement->value);
	free(requirement->key);
	*requirement = (struct twp_requirement){ 0 };
}

void twp_selector_clean(struct twp_selector *selector)
{
	for (size_t i = 0; i < selector->requirements; i++)
		twp_requirement_clean(&selector->requirement[i]);
	free(selector->requirement);
	twp_labels_clean(&selector->labels);
	*selector = (struct twp_selector){ 0 };
}

void twp_rule_clean(struct twp_rule *rule)
{
	for (size_t i = 0; i < rule->peers; i++) {
		twp_selector_clean(&rule->peer[i].selector);
		free(rule->peer[i].block.except);
	}
	for (size_t i = 0; i < rule->requires; i++)
		twp_selector_clean(&rule->require[i]);
	for (size_t i = 0; i < rule->ports; i++)
		free(rule->port[i].name);
	free(rule->peer);
	free(rule->require);
	free(rule->port);
	*rule = (struct twp_rule){ 0 };
}

void twp_spec_clean(struct twp_spec *spec)
{
	for (size_t i = 0; i < spec->rules; i++)
		twp_rule_clean(&spec->rule[i]);
	free(spec->rule);
	free(spec->object);
	free(spec->description);
	free(spec->key);
	twp_selector_clean(&spec->subject);
	twp_labels_clean(&spec->labels);
	*spec = (struct twp_spec){ 0 };
}

void twp_policy_clean(struct twp_policy *policy)
{
	for (size_t i = 0; i < policy->specs; i++)
		twp_spec_clean(&policy->spec[i]);
	free(policy->spec);
	free(policy->name);
	free(policy->text);
	free(policy->fault);
	*policy = (struct twp_policy){ 0 };
}

const char *twp_rule_text(const struct twp_policy *policy, const struct twp_rule *rule,
			  char text[TWP_RULE_TEXT])
{
	const struct twp_spec *spec = &policy->spec[rule->spec];
	const char *section = twp_section_names[rule->section];
	char place[32] = "";

	if (spec->object ? spec->listed : policy->specs > 1)
		snprintf(place, sizeof(place), "%s[%u].", spec->object ? "specs" : "",
			 spec->number);
	snprintf(text, TWP_RULE_TEXT, "%s%s%s%s[%u]", spec->object ?: "", spec->object ? " " : "",
		 place, section, rule->index);
	return text;
}
