// SPDX-License-Identifier: GPL-2.0-only
/* The compiler's part about rules: whom each is about, and what rows it gives its subjects. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "memory.h"

/* A rule, as it is compiled. */
struct rule_at_hand {
	const struct twp_rule *rule;
	enum twp_direction direction;
	uint32_t decision;
	bool any_peer; /* the peers are everybody; else they are the selection */
	bool named; /* some port is known by name only */
};

/* The ports that @destination has under a name that the rule asks for. */
static int named_rows(struct twp_compiler *c, const struct rule_at_hand *at,
		      struct twp_class *subject, uint32_t peer, const struct twp_class *destination)
{
	for (size_t i = 0; i < at->rule->ports; i++) {
		const struct twp_port *wanted = &at->rule->port[i];

		if (!wanted->name)
			continue;
		for (size_t j = 0; j < destination->ports; j++) {
			const struct twp_named_port *has = &destination->port[j];
			struct twp_opening opening = { TWP_SHAPE(has->protocol, TWP_PORT_BITS),
						       htons(has->port) };

			if (strcmp(has->name, wanted->name) ||
			    (!wanted->any_protocol && wanted->protocol != has->protocol))
				continue;
			if (twp_compile_row(c, subject, at->direction, peer, &opening,
					    at->decision))
				return -1;
		}
	}
	return 0;
}

/* Chosen peers, or all that are in scope if everybody is a peer. */
static size_t peers_count(const struct twp_compiler *c, bool every)
{
	return every ? c->peers.index->sets : c->peers.chosen.count;
}

static const struct twp_class *peer_at(const struct twp_compiler *c, bool every, size_t i)
{
	return &c->out.class[every ? twp_scope_class(&c->peers, i) : twp_scope_chosen(&c->peers, i)];
}

/* In egress the destination is the peer: with everybody as peer, whoever has the name. */
static int egress_to_names(struct twp_compiler *c, const struct rule_at_hand *at,
			   struct twp_class *subject)
{
	for (size_t i = 0; i < peers_count(c, at->any_peer); i++) {
		const struct twp_class *peer = peer_at(c, at->any_peer, i);

		if (peer->ports && named_rows(c, at, subject, peer->identity, peer))
			return -1;
	}
	return 0;
}

static int rows_with_peer(struct twp_compiler *c, const struct rule_at_hand *at,
			  struct twp_class *subject, uint32_t peer)
{
	for (size_t i = 0; i < c->openings; i++)
		if (twp_compile_row(c, subject, at->direction, peer, &c->opening[i], at->decision))
			return -1;
	if (at->named && at->direction == TWP_INGRESS && subject->ports)
		return named_rows(c, at, subject, peer, subject);
	return 0;
}

static int subject_rows(struct twp_compiler *c, const struct rule_at_hand *at,
			struct twp_class *subject)
{
	/* A subject that is not dirty has its rows of everybody. */
	if (at->any_peer && subject->dirty && rows_with_peer(c, at, subject, TWP_IDENTITY_ANY))
		return -1;
	for (size_t i = 0; !at->any_peer && i < c->peers.chosen.count; i++)
		if (rows_with_peer(c, at, subject, peer_at(c, false, i)->identity))
			return -1;
	if (at->named && at->direction == TWP_EGRESS)
		return egress_to_names(c, at, subject);
	return 0;
}

/* Ports of every protocol leave the others no meaning: none is an ICMP type beside them. */
static int openings_make(struct twp_compiler *c, struct rule_at_hand *at)
{
	const struct twp_rule *rule = at->rule;

	c->openings = 0;
	if (!rule->ports)
		return twp_compile_openings(c, NULL);
	for (size_t i = 0; i < rule->ports; i++)
		if (rule->port[i].any_protocol && rule->port[i].any_port)
			return twp_compile_openings(c, &rule->port[i]);
	for (size_t i = 0; i < rule->ports; i++) {
		at->named |= rule->port[i].name != NULL;
		if (!rule->port[i].name && twp_compile_openings(c, &rule->port[i]))
			return -1;
	}
	return 0;
}

static bool required(const struct twp_rule *rule, const struct twp_class *peer)
{
	for (size_t i = 0; i < rule->requires; i++)
		if (!twp_selector_covers(&rule->require[i], peer->labels))
			return false;
	return true;
}

/* The classes that a rule is about. */
static int peers_make(struct twp_compiler *c, struct rule_at_hand *at)
{
	struct twp_selection *peers = &c->peers.chosen;
	struct twp_label_index *index = c->peers.index;
	const struct twp_rule *rule = at->rule;
	size_t kept = 0;

	twp_selection_begin(peers, index);
	at->any_peer = rule->any_peer;
	/* A selector that asks for nothing selects what is no endpoint, too. */
	for (size_t i = 0; i < rule->peers; i++)
		at->any_peer |= !rule->peer[i].is_block &&
				twp_selector_is_empty(&rule->peer[i].selector);
	for (size_t i = 0; at->any_peer && rule->requires && i < index->sets; i++)
		twp_selection_put(peers, index, (uint32_t)i);
	for (size_t i = 0; i < rule->peers && !at->any_peer; i++) {
		const struct twp_peer *peer = &rule->peer[i];

		if (!peer->is_block)
			twp_selection_add(peers, index, &peer->selector, true);
		else if (twp_compile_block(c, &peer->block))
			return -1;
	}
	if (!rule->requires)
		return 0;
	at->any_peer = false;
	for (size_t i = 0; i < peers->count; i++)
		if (required(rule, peer_at(c, false, i)))
			peers->set[kept++] = peers->set[i];
	peers->count = kept;
	return 0;
}

/* Return: 1 if the rule has peers in scope, 0 if it has none, -1. */
static int rule_begin(struct twp_compiler *c, const struct twp_policy *policy,
		      const struct twp_rule *rule, struct rule_at_hand *at)
{
	bool deny = rule->section == TWP_SECTION_INGRESS_DENY ||
		    rule->section == TWP_SECTION_EGRESS_DENY;
	bool ingress = rule->section == TWP_SECTION_INGRESS ||
		       rule->section == TWP_SECTION_INGRESS_DENY;
	char text[TWP_RULE_TEXT];

	*at = (struct rule_at_hand){
		.rule = rule,
		.direction = ingress ? TWP_INGRESS : TWP_EGRESS,
		.decision = TWP_DECISION(deny ? TWP_VERDICT_DENY : TWP_VERDICT_ALLOW, rule->number),
	};
	if (!rule->number || rule->number > TWP_RULE_NUMBER_MAX)
		return twp_error_set(c->error, "policy %s: rule %s cannot have number %u",
				     policy->name, twp_rule_text(policy, rule, text), rule->number);
	if (rule->nothing)
		return 0;
	if (peers_make(c, at))
		return -1;
	if (!at->any_peer && !c->peers.chosen.count)
		return 0;
	return openings_make(c, at) ? -1 : 1;
}

static void subjects_choose(struct twp_compiler *c, const struct twp_spec *spec)
{
	twp_selection_begin(&c->subjects.chosen, c->subjects.index);
	twp_selection_add(&c->subjects.chosen, c->subjects.index, &spec->subject, false);
}

static struct twp_class *subject_at(const struct twp_compiler *c, size_t i)
{
	return &c->out.class[twp_scope_chosen(&c->subjects, i)];
}

static int spec_compile(struct twp_compiler *c, const struct twp_policy *policy,
			const struct twp_spec *spec)
{
	const bool there[TWP_DIRECTIONS] = {
		[TWP_INGRESS] = spec->has[TWP_SECTION_INGRESS] ||
				spec->has[TWP_SECTION_INGRESS_DENY],
		[TWP_EGRESS] = spec->has[TWP_SECTION_EGRESS] || spec->has[TWP_SECTION_EGRESS_DENY],
	};
	struct rule_at_hand at;
	int begun;

	subjects_choose(c, spec);
	for (size_t i = 0; i < c->subjects.chosen.count; i++) {
		struct twp_class *subject = subject_at(c, i);

		for (int d = 0; d < TWP_DIRECTIONS; d++) {
			subject->selected[d] |= spec->isolates[d] || there[d];
			subject->isolated[d] |= spec->isolates[d];
			subject->kubernetes[d] |= spec->kubernetes && spec->isolates[d];
		}
	}
	for (size_t i = 0; i < spec->rules && c->subjects.chosen.count; i++) {
		begun = rule_begin(c, policy, &spec->rule[i], &at);
		if (begun < 0)
			return -1;
		for (size_t j = 0; begun && j < c->subjects.chosen.count; j++)
			if (subject_rows(c, &at, subject_at(c, j)))
				return -1;
	}
	return 0;
}

/* The same for subjects that are not dirty: most rules are not about a new peer. */
static int spec_extend(struct twp_compiler *c, const struct twp_policy *policy,
		       const struct twp_spec *spec)
{
	struct rule_at_hand at;
	bool chosen = false;
	int begun;

	for (size_t i = 0; i < spec->rules; i++) {
		begun = rule_begin(c, policy, &spec->rule[i], &at);
		if (begun < 0)
			return -1;
		if (!begun || (at.any_peer && !at.named))
			continue;
		if (!chosen)
			subjects_choose(c, spec);
		chosen = true;
		for (size_t j = 0; j < c->subjects.chosen.count; j++) {
			struct twp_class *subject = subject_at(c, j);

			if (subject->dirty)
				continue;
			subject->touched = true;
			if (subject_rows(c, &at, subject))
				return -1;
		}
	}
	return 0;
}

int twp_compile_new_peers(struct twp_compiler *c)
{
	for (size_t i = 0; i < c->input->policies; i++)
		for (size_t j = 0; j < c->input->policy[i].specs; j++)
			if (spec_extend(c, &c->input->policy[i], &c->input->policy[i].spec[j]))
				return -1;
	return 0;
}

/* Several addresses of one endpoint are still the endpoint itself. */
bool twp_class_is_itself(const struct twp_class *a, const struct twp_class *b)
{
	return a->alone && b->alone && a->base == b->base && !strcmp(a->alone, b->alone);
}

/* What holds without a rule: whom the node lets in, and what nobody isolates. */
static int defaults_make(struct twp_compiler *c, struct twp_class *subject, enum twp_direction d)
{
	static const struct twp_opening all = { TWP_SHAPE_ANY_PROTOCOL, 0 };
	struct twp_rules_in_use *in_use = &subject->dir[d];
	const struct twp_class *class = c->out.class;

	if (subject->kubernetes[d])
		in_use->this_peer |= TWP_REACHES_SELF;
	for (size_t i = 0; subject->kubernetes[d] && i < c->hosts && d == TWP_INGRESS; i++)
		if (twp_compile_row(c, subject, d, class[c->host[i]].identity, &all,
				    TWP_DECISION_IMPLIED))
			return -1;
	for (size_t i = c->out.first_endpoint;
	     subject->kubernetes[d] && subject->alone && i < c->out.classes; i++)
		if (twp_class_is_itself(subject, &class[i]) &&
		    twp_compile_row(c, subject, d, class[i].identity, &all, TWP_DECISION_IMPLIED))
			return -1;
	if (subject->isolated[d] ||
	    (c->input->default_deny && !subject->selected[d] && !subject->is_host)) {
		in_use->this_peer |= TWP_ENFORCED;
		return 0;
	}
	if (!((in_use->this_peer | in_use->any_peer) & TWP_SHAPES_MASK))
		return 0;
	in_use->this_peer |= TWP_ENFORCED;
	return twp_compile_row(c, subject, d, TWP_IDENTITY_ANY, &all, TWP_DECISION_IMPLIED);
}

int twp_compile_rules(struct twp_compiler *c)
{
	for (size_t i = 0; i < c->input->policies; i++)
		for (size_t j = 0; j < c->input->policy[i].specs; j++)
			if (spec_compile(c, &c->input->policy[i], &c->input->policy[i].spec[j]))
				return -1;
	for (size_t i = 0; i < c->subjects.index->sets; i++) {
		uint32_t number = twp_scope_class(&c->subjects, i);

		/* What is no endpoint judges nothing, but the host. */
		if (number != TWP_CLASS_HOST && number < c->out.first_endpoint)
			continue;
		for (int d = 0; d < TWP_DIRECTIONS; d++)
			if (defaults_make(c, &c->out.class[number], d))
				return -1;
	}
	return 0;
}
