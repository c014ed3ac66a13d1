// SPDX-License-Identifier: GPL-2.0-only
/* What selectors, blocks and ports of the model mean, for the oracle alone. */
#include <netinet/in.h>
#include <string.h>

#include "oracle_match.h"

static const char *own_label(const struct twp_end *end, const char *key)
{
	for (size_t i = 0; end->endpoint && i < end->endpoint->labels.count; i++)
		if (!strcmp(end->endpoint->labels.label[i].key, key))
			return end->endpoint->labels.label[i].value;
	if (end->is_world && !strcmp(key, TWP_LABEL_WORLD))
		return "";
	if (end->is_host && !end->endpoint && !strcmp(key, TWP_LABEL_HOST))
		return "";
	return NULL;
}

/* Is it something else than an endpoint like all others? */
static bool is_special(const struct twp_end *end)
{
	if (end->is_world || end->is_host)
		return true;
	for (size_t i = 0; i < end->endpoint->labels.count; i++)
		if (twp_label_is_reserved(end->endpoint->labels.label[i].key))
			return true;
	return false;
}

static const char *namespace_label(const struct twp_compile_input *input, const char *namespace,
				   const char *key)
{
	if (!strcmp(key, TWP_LABEL_NAMESPACE_NAME))
		return namespace;
	for (size_t i = 0; i < input->namespaces; i++)
		if (!strcmp(input->namespace[i].name, namespace))
			return twp_labels_get(&input->namespace[i].labels, key);
	return NULL;
}

/* The value of a label that @end has by itself or from its namespace; NULL: it has it not. */
static const char *label_of(const struct twp_compile_input *input, const struct twp_end *end,
			    const char *key)
{
	const size_t begin = strlen(TWP_LABEL_OF_NAMESPACE);
	bool of_namespace = !strncmp(key, TWP_LABEL_OF_NAMESPACE, begin);

	if (!of_namespace && strcmp(key, TWP_LABEL_NAMESPACE))
		return own_label(end, key);
	if (is_special(end))
		return NULL;
	if (!of_namespace)
		return twp_endpoint_namespace(end->endpoint);
	return namespace_label(input, twp_endpoint_namespace(end->endpoint), key + begin);
}

static bool expression_holds(const struct twp_compile_input *input, const struct twp_end *end,
			     const struct twp_requirement *requirement)
{
	const char *value = label_of(input, end, requirement->key);
	bool among = false;

	for (size_t i = 0; value && i < requirement->values; i++)
		among |= !strcmp(value, requirement->value[i]);
	switch (requirement->operator) {
	case TWP_OPERATOR_IN:
		return among;
	case TWP_OPERATOR_NOT_IN:
		return !among;
	case TWP_OPERATOR_EXISTS:
		return value;
	case TWP_OPERATOR_DOES_NOT_EXIST:
		return !value;
	}
	return false;
}

/* What a selector wants to be there, not what it wants to be absent. */
static void wants(const struct twp_selector *selector, bool *label, bool *special)
{
	*label = selector->labels.count;
	*special = false;
	for (size_t i = 0; i < selector->labels.count; i++)
		*special |= twp_label_is_reserved(selector->labels.label[i].key);
	for (size_t i = 0; i < selector->requirements; i++) {
		const struct twp_requirement *requirement = &selector->requirement[i];

		if (requirement->operator!= TWP_OPERATOR_IN && requirement->operator!=
		    TWP_OPERATOR_EXISTS)
			continue;
		*label = true;
		*special |= twp_label_is_reserved(requirement->key);
	}
}

bool twp_oracle_selects(const struct twp_compile_input *input, const struct twp_selector *selector,
			const struct twp_end *end, bool as_peer)
{
	bool label, special;

	for (size_t i = 0; i < selector->labels.count; i++) {
		const char *value = label_of(input, end, selector->labels.label[i].key);

		if (!value || strcmp(value, selector->labels.label[i].value))
			return false;
	}
	for (size_t i = 0; i < selector->requirements; i++)
		if (!expression_holds(input, end, &selector->requirement[i]))
			return false;
	if (!is_special(end))
		return true;
	/* Host and world are selected by name; as peers, also by what wants no label at all. */
	wants(selector, &label, &special);
	return special || (as_peer && !label);
}

static bool block_holds(const struct twp_block *block, const struct twp_address *address)
{
	if (!twp_prefix_holds(&block->prefix, address))
		return false;
	for (size_t i = 0; i < block->excepts; i++)
		if (twp_prefix_holds(&block->except[i], address))
			return false;
	return true;
}

static bool block_covers(const struct twp_block *block, const struct twp_end *end)
{
	if (end->is_world)
		return block_holds(block, &end->address);
	if (!block->endpoints || !end->endpoint)
		return false;
	/* Asked for by its address, it has this one; else all that it has. */
	for (size_t i = 0; i < end->endpoint->addresses; i++) {
		const struct twp_address *address = &end->endpoint->address[i];

		if (end->by_address && twp_address_compare(address, &end->address))
			continue;
		if (block_holds(block, address))
			return true;
	}
	return false;
}

static bool peer_covers(const struct twp_compile_input *input, const struct twp_peer *peer,
			const struct twp_end *end)
{
	if (peer->is_block)
		return block_covers(&peer->block, end);
	return twp_oracle_selects(input, &peer->selector, end, true);
}

bool twp_oracle_covers_peer(const struct twp_compile_input *input, const struct twp_rule *rule,
			    const struct twp_end *end)
{
	bool covered = rule->any_peer;

	if (rule->nothing)
		return false;
	for (size_t i = 0; i < rule->peers && !covered; i++)
		covered = peer_covers(input, &rule->peer[i], end);
	for (size_t i = 0; i < rule->requires && covered; i++)
		covered = twp_oracle_selects(input, &rule->require[i], end, true);
	return covered;
}

static bool is_named(const struct twp_end *server, const char *name, uint8_t protocol,
		     uint16_t number)
{
	for (size_t i = 0; server->endpoint && i < server->endpoint->ports; i++) {
		const struct twp_named_port *port = &server->endpoint->port[i];

		if (!strcmp(port->name, name) && port->protocol == protocol && port->port == number)
			return true;
	}
	return false;
}

static bool port_covers(const struct twp_port *port, const struct twp_end *server, uint8_t protocol,
			uint16_t number)
{
	if (!port->any_protocol && port->protocol != protocol)
		return false;
	/* ANY means the protocols that have ports. */
	if (port->any_protocol && protocol != IPPROTO_TCP && protocol != IPPROTO_UDP &&
	    protocol != IPPROTO_SCTP)
		return false;
	if (port->any_port)
		return true;
	if (port->name)
		return is_named(server, port->name, protocol, number);
	return number >= port->port && number <= port->last;
}

bool twp_oracle_covers_port(const struct twp_rule *rule, const struct twp_end *server,
			    uint8_t protocol, uint16_t number)
{
	for (size_t i = 0; i < rule->ports; i++)
		if (port_covers(&rule->port[i], server, protocol, number))
			return true;
	return !rule->ports;
}
