// SPDX-License-Identifier: GPL-2.0-only
/*
 * The oracle: asks every rule of every policy, for each flow anew. It is meant
 * to be read beside the words of the policy language, not to be fast.
 */
#include "oracle.h"

#include <netinet/in.h>

/* One end of a flow. */
struct end {
	const struct twp_labels *labels;
	bool is_world; /* no endpoint and not the host: no policy can select it */
};

static struct end end_find(const struct twp_compile_input *input, const struct twp_address *address,
			   bool local)
{
	for (size_t i = 0; i < input->endpoints; i++)
		for (size_t j = 0; j < input->endpoint[i].addresses; j++)
			if (!twp_address_compare(&input->endpoint[i].address[j], address))
				return (struct end){ &input->endpoint[i].labels, false };
	if (!local)
		return (struct end){ &twp_labels_world, true };
	for (size_t i = 0; i < input->endpoints; i++)
		if (twp_endpoint_is_host(&input->endpoint[i]))
			return (struct end){ &input->endpoint[i].labels, false };
	return (struct end){ &twp_labels_host, false };
}

static bool rule_covers_peer(const struct twp_rule *rule, const struct end *peer)
{
	if (rule->nothing)
		return false;
	if (rule->any_peer)
		return true;
	for (size_t i = 0; i < rule->peers; i++)
		if (!rule->peer[i].labels.count ||
		    twp_selector_matches(&rule->peer[i], peer->labels))
			return true;
	return false;
}

static bool port_covers(const struct twp_port *port, const struct twp_flow *flow)
{
	if (port->any_port)
		return port->any_protocol || port->protocol == flow->protocol;
	if (port->port != flow->port)
		return false;
	/* ANY with a port means the protocols that have ports. */
	return port->any_protocol ?
		       flow->protocol == IPPROTO_TCP || flow->protocol == IPPROTO_UDP ||
			       flow->protocol == IPPROTO_SCTP :
		       port->protocol == flow->protocol;
}

static bool rule_covers_port(const struct twp_rule *rule, const struct twp_flow *flow)
{
	for (size_t i = 0; i < rule->ports; i++)
		if (port_covers(&rule->port[i], flow))
			return true;
	return !rule->ports;
}

static void direction_ask(const struct twp_compile_input *input, const struct twp_flow *flow,
			  enum twp_direction d, const struct end *subject, const struct end *peer,
			  struct twp_answer *answer)
{
	enum twp_section allows = d == TWP_INGRESS ? TWP_SECTION_INGRESS : TWP_SECTION_EGRESS;
	enum twp_section denies = d == TWP_INGRESS ? TWP_SECTION_INGRESS_DENY :
						     TWP_SECTION_EGRESS_DENY;
	const struct twp_rule *found[TWP_SECTIONS] = { 0 };
	const struct twp_policy *owner[TWP_SECTIONS] = { 0 };
	enum twp_section decides;
	bool enforced = false;

	for (size_t i = 0; i < input->policies && !subject->is_world; i++) {
		for (size_t j = 0; j < input->policy[i].specs; j++) {
			const struct twp_spec *spec = &input->policy[i].spec[j];

			if (!twp_selector_matches(&spec->subject, subject->labels))
				continue;
			enforced |= spec->has[allows] || spec->has[denies];
			for (size_t k = 0; k < spec->rules; k++) {
				const struct twp_rule *rule = &spec->rule[k];

				if (found[rule->section] || !rule_covers_peer(rule, peer) ||
				    !rule_covers_port(rule, flow))
					continue;
				found[rule->section] = rule;
				owner[rule->section] = &input->policy[i];
			}
		}
	}
	decides = found[denies] ? denies : allows;
	answer->rule[d] = found[decides];
	answer->policy[d] = owner[decides];
	answer->direction[d] = !found[denies] && (!enforced || found[allows]) ? TWP_VERDICT_ALLOW :
										TWP_VERDICT_DENY;
}

void twp_oracle_ask(const struct twp_compile_input *input, const struct twp_flow *flow,
		    struct twp_answer *answer)
{
	struct end client = end_find(input, &flow->client, flow->client_local);
	struct end server = end_find(input, &flow->server, flow->server_local);

	direction_ask(input, flow, TWP_EGRESS, &client, &server, answer);
	direction_ask(input, flow, TWP_INGRESS, &server, &client, answer);
	answer->verdict = answer->direction[TWP_EGRESS] == TWP_VERDICT_DENY ||
					  answer->direction[TWP_INGRESS] == TWP_VERDICT_DENY ?
				  TWP_VERDICT_DENY :
				  TWP_VERDICT_ALLOW;
}
