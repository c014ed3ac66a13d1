// SPDX-License-Identifier: GPL-2.0-only
/* The compiler's part that fills table rules: rules become rows, merged by key. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "memory.h"

struct row {
	struct twp_rule_key key;
	struct twp_rule_value value;
};

_Static_assert(sizeof(struct row) == sizeof(struct twp_rule_key) + sizeof(struct twp_rule_value),
	       "a row has no padding");

/* Sorts the rows and leaves one for each key: deny wins, then the lowest rule number. */
static void rows_merge(struct twp_image *image)
{
	struct twp_table *table = &image->table[TWP_TABLE_RULES];
	struct row *row = (struct row *)table->rows;
	size_t kept = 0;

	twp_image_sort(image, TWP_TABLE_RULES);
	for (size_t i = 0; i < table->count; i++) {
		struct row *last = kept ? &row[kept - 1] : NULL;
		uint32_t decision = row[i].value.decision;

		if (!last || memcmp(&last->key, &row[i].key, sizeof(last->key)))
			row[kept++] = row[i];
		else if (TWP_DECISION_VERDICT(decision) !=
			 TWP_DECISION_VERDICT(last->value.decision))
			last->value.decision =
				decision > last->value.decision ? decision : last->value.decision;
		/* A number before none. */
		else if (TWP_DECISION_RULE(decision - 1) <
			 TWP_DECISION_RULE(last->value.decision - 1))
			last->value.decision = decision;
	}
	table->count = kept;
}

/*
 * Appends a row. At twice the table's size the rows are merged, so that memory and the number of
 * merges are bounded by the size, whatever the policy asks for.
 */
static int row_add(struct twp_compiler *c, const struct twp_rule_key *key, uint32_t decision)
{
	struct twp_table *table = &c->image.table[TWP_TABLE_RULES];
	size_t size = c->sizes->size[TWP_TABLE_RULES], most = 2 * size + 1;

	if (table->count == table->room && table->room < most) {
		size_t room = table->room ? 2 * table->room : 1024;
		void *rows;

		room = room < most ? room : most;
		rows = reallocarray(table->rows, room, sizeof(struct row));
		if (!rows)
			return twp_error_set(c->error, "out of memory");
		table->rows = rows;
		table->room = room;
	} else if (table->count == table->room) {
		rows_merge(&c->image);
		if (table->count > size)
			return twp_error_set(c->error,
					     "table rules needs at least %zu entries and has room "
					     "for %zu",
					     table->count, size);
	}
	((struct row *)table->rows)[table->count++] = (struct row){ *key, { decision } };
	return 0;
}

/* One row of a subject, and what it makes the subject look up. */
static int subject_row(struct twp_compiler *c, struct twp_class *subject, enum twp_direction d,
		       uint32_t peer, const struct twp_opening *opening, uint32_t decision)
{
	struct twp_rules_in_use *in_use = &subject->dir[d];
	struct twp_rule_key key = {
		.subject = TWP_SUBJECT(subject->identity, d),
		.peer = peer,
		.shape = opening->shape,
		.port = opening->port,
	};
	/* The low byte of a shape is its bit. */
	uint32_t bit = 1u << (key.shape & 0xff);

	if (peer == TWP_IDENTITY_ANY)
		in_use->any_peer |= bit;
	else
		in_use->this_peer |= bit;
	if (TWP_DECISION_VERDICT(decision) == TWP_VERDICT_DENY)
		in_use->this_peer |= TWP_HAS_DENIES;
	return row_add(c, &key, decision);
}

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
		      struct twp_class *subject, uint32_t peer,
		      const struct twp_endpoint *destination)
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
			if (subject_row(c, subject, at->direction, peer, &opening, at->decision))
				return -1;
		}
	}
	return 0;
}

/* In egress the destination is the peer: with everybody as peer, whoever has the name. */
static int egress_to_names(struct twp_compiler *c, const struct rule_at_hand *at,
			   struct twp_class *subject)
{
	const struct twp_selection *peers = &c->peers_of_rule;
	size_t count = at->any_peer ? c->classes : peers->count;

	for (size_t i = 0; i < count; i++) {
		const struct twp_class *peer = &c->class[at->any_peer ? i : peers->set[i]];

		if (peer->endpoint && peer->endpoint->ports &&
		    named_rows(c, at, subject, peer->identity, peer->endpoint))
			return -1;
	}
	return 0;
}

static int subject_rows(struct twp_compiler *c, const struct rule_at_hand *at,
			struct twp_class *subject)
{
	const struct twp_selection *peers = &c->peers_of_rule;
	bool here = at->named && at->direction == TWP_INGRESS && subject->endpoint;

	for (size_t i = 0; i < (at->any_peer ? 1 : peers->count); i++) {
		uint32_t peer = at->any_peer ? TWP_IDENTITY_ANY : c->class[peers->set[i]].identity;

		for (size_t j = 0; j < c->openings; j++)
			if (subject_row(c, subject, at->direction, peer, &c->opening[j],
					at->decision))
				return -1;
		if (here && named_rows(c, at, subject, peer, subject->endpoint))
			return -1;
	}
	if (at->named && at->direction == TWP_EGRESS)
		return egress_to_names(c, at, subject);
	return 0;
}

/* One that leaves all open leaves the others no meaning. */
static int openings_make(struct twp_compiler *c, struct rule_at_hand *at)
{
	static const struct twp_port every = { .any_protocol = true, .any_port = true };
	const struct twp_rule *rule = at->rule;
	bool all = !rule->ports;

	c->openings = 0;
	for (size_t i = 0; i < rule->ports; i++)
		all |= rule->port[i].any_protocol && rule->port[i].any_port;
	if (all)
		return twp_compile_openings(c, &every);
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
static void peers_make(struct twp_compiler *c, struct rule_at_hand *at)
{
	struct twp_selection *peers = &c->peers_of_rule;
	const struct twp_rule *rule = at->rule;
	size_t kept = 0;

	twp_selection_begin(peers, &c->index);
	at->any_peer = rule->any_peer;
	/* A selector that asks for nothing selects what is no endpoint, too. */
	for (size_t i = 0; i < rule->peers; i++)
		at->any_peer |= !rule->peer[i].is_block &&
				twp_selector_is_empty(&rule->peer[i].selector);
	for (size_t i = 0; at->any_peer && rule->requires && i < c->classes; i++)
		twp_selection_put(peers, &c->index, (uint32_t)i);
	for (size_t i = 0; i < rule->peers && !at->any_peer; i++) {
		const struct twp_peer *peer = &rule->peer[i];

		if (!peer->is_block)
			twp_selection_add(peers, &c->index, &peer->selector, true);
		for (size_t j = 0; peer->is_block && j < c->classes; j++)
			if (c->class[j].place && twp_block_covers(&peer->block, &c->class[j]))
				twp_selection_put(peers, &c->index, (uint32_t)j);
	}
	if (!rule->requires)
		return;
	at->any_peer = false;
	for (size_t i = 0; i < peers->count; i++)
		if (required(rule, &c->class[peers->set[i]]))
			peers->set[kept++] = peers->set[i];
	peers->count = kept;
}

static int rule_compile(struct twp_compiler *c, const struct twp_policy *policy,
			const struct twp_rule *rule)
{
	bool deny = rule->section == TWP_SECTION_INGRESS_DENY ||
		    rule->section == TWP_SECTION_EGRESS_DENY;
	struct rule_at_hand at = {
		.rule = rule,
		.direction = rule->section == TWP_SECTION_INGRESS ||
					     rule->section == TWP_SECTION_INGRESS_DENY ?
				     TWP_INGRESS :
				     TWP_EGRESS,
		.decision = TWP_DECISION(deny ? TWP_VERDICT_DENY : TWP_VERDICT_ALLOW, rule->number),
	};
	char text[TWP_RULE_TEXT];

	if (!rule->number || rule->number > TWP_RULE_NUMBER_MAX)
		return twp_error_set(c->error, "policy %s: rule %s cannot have number %u",
				     policy->name, twp_rule_text(policy, rule, text), rule->number);
	if (rule->nothing)
		return 0;
	peers_make(c, &at);
	if (!at.any_peer && !c->peers_of_rule.count)
		return 0;
	if (openings_make(c, &at))
		return -1;
	for (size_t i = 0; i < c->subjects_of_spec.count; i++)
		if (subject_rows(c, &at, &c->class[c->subjects_of_spec.set[i]]))
			return -1;
	return 0;
}

static int spec_compile(struct twp_compiler *c, const struct twp_policy *policy,
			const struct twp_spec *spec)
{
	struct twp_selection *subjects = &c->subjects_of_spec;
	const bool there[TWP_DIRECTIONS] = {
		[TWP_INGRESS] = spec->has[TWP_SECTION_INGRESS] ||
				spec->has[TWP_SECTION_INGRESS_DENY],
		[TWP_EGRESS] = spec->has[TWP_SECTION_EGRESS] || spec->has[TWP_SECTION_EGRESS_DENY],
	};

	twp_selection_begin(subjects, &c->index);
	twp_selection_add(subjects, &c->index, &spec->subject, false);
	for (size_t i = 0; i < subjects->count; i++) {
		struct twp_class *subject = &c->class[subjects->set[i]];

		for (int d = 0; d < TWP_DIRECTIONS; d++) {
			subject->selected[d] |= spec->isolates[d] || there[d];
			subject->isolated[d] |= spec->isolates[d];
			subject->kubernetes[d] |= spec->kubernetes && spec->isolates[d];
		}
	}
	for (size_t i = 0; i < spec->rules && subjects->count; i++)
		if (rule_compile(c, policy, &spec->rule[i]))
			return -1;
	return 0;
}

/* What holds without a rule: whom the node lets in, and what nobody isolates. */
static int defaults_make(struct twp_compiler *c, struct twp_class *subject, enum twp_direction d)
{
	static const struct twp_opening all = { TWP_SHAPE_ANY_PROTOCOL, 0 };
	const uint32_t allow = TWP_DECISION(TWP_VERDICT_ALLOW, 0);
	struct twp_rules_in_use *in_use = &subject->dir[d];

	if (subject->kubernetes[d])
		in_use->this_peer |= TWP_REACHES_SELF;
	for (size_t i = 0; subject->kubernetes[d] && i < c->hosts && d == TWP_INGRESS; i++)
		if (subject_row(c, subject, d, c->class[c->host[i]].identity, &all, allow))
			return -1;
	/* Several addresses of one endpoint are still the endpoint itself. */
	for (size_t i = 0; subject->kubernetes[d] && subject->alone && i < c->first_prefix; i++)
		if (c->class[i].alone && c->class[i].endpoint == subject->endpoint &&
		    subject_row(c, subject, d, c->class[i].identity, &all, allow))
			return -1;
	if (subject->isolated[d] ||
	    (c->input->default_deny && !subject->selected[d] && !subject->is_host)) {
		in_use->this_peer |= TWP_ENFORCED;
		return 0;
	}
	if (!((in_use->this_peer | in_use->any_peer) & TWP_SHAPES_MASK))
		return 0;
	in_use->this_peer |= TWP_ENFORCED;
	return subject_row(c, subject, d, TWP_IDENTITY_ANY, &all, allow);
}

int twp_compile_rules(struct twp_compiler *c)
{
	for (size_t i = 0; i < c->input->policies; i++)
		for (size_t j = 0; j < c->input->policy[i].specs; j++)
			if (spec_compile(c, &c->input->policy[i], &c->input->policy[i].spec[j]))
				return -1;
	for (size_t i = TWP_CLASS_HOST; i < c->first_prefix; i++)
		for (int d = 0; d < TWP_DIRECTIONS; d++)
			if (defaults_make(c, &c->class[i], d))
				return -1;
	rows_merge(&c->image);
	return twp_sizes_check(c->sizes, TWP_TABLE_RULES, c->image.table[TWP_TABLE_RULES].count,
			       c->error);
}
