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

static int opening_add(struct twp_compiler *c, uint32_t shape, uint16_t port)
{
	struct twp_opening *array = twp_array_grow(c->opening, c->openings, sizeof(*array));

	if (!array)
		return twp_error_set(c->error, "out of memory");
	c->opening = array;
	array[c->openings++] = (struct twp_opening){ shape, htons(port) };
	return 0;
}

/* The shapes and ports of a rule. One that leaves all open leaves the others no meaning. */
static int openings_make(struct twp_compiler *c, const struct twp_rule *rule)
{
	static const uint8_t with_ports[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP };
	bool all = !rule->ports;

	c->openings = 0;
	for (size_t i = 0; i < rule->ports; i++)
		all |= rule->port[i].any_protocol && rule->port[i].any_port;
	if (all)
		return opening_add(c, TWP_SHAPE_ANY_PROTOCOL, 0);
	for (size_t i = 0; i < rule->ports; i++) {
		const struct twp_port *port = &rule->port[i];
		const uint8_t *protocol = port->any_protocol ? with_ports : &port->protocol;
		size_t protocols = port->any_protocol ? sizeof(with_ports) : 1;

		for (size_t j = 0; j < protocols; j++)
			if (opening_add(c,
					TWP_SHAPE(protocol[j], port->any_port ? 0 : TWP_PORT_BITS),
					port->any_port ? 0 : port->port))
				return -1;
	}
	return 0;
}

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
		else if (decision < last->value.decision)
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

/* The rows of one rule for one subject. */
static int rule_rows(struct twp_compiler *c, struct twp_subject *subject, enum twp_direction d,
		     const uint32_t *peer, size_t peers, uint32_t decision)
{
	struct twp_rules_in_use *in_use = &subject->dir[d];

	for (size_t i = 0; i < peers; i++) {
		for (size_t j = 0; j < c->openings; j++) {
			struct twp_rule_key key = {
				.subject = TWP_SUBJECT(subject->identity, d),
				.peer = peer[i],
				.shape = c->opening[j].shape,
				.port = c->opening[j].port,
			};
			/* The low byte of a shape is its bit. */
			uint32_t bit = 1u << (key.shape & 0xff);

			if (peer[i] == TWP_IDENTITY_ANY)
				in_use->any_peer |= bit;
			else
				in_use->this_peer |= bit;
			if (row_add(c, &key, decision))
				return -1;
		}
	}
	if (peers && TWP_DECISION_VERDICT(decision) == TWP_VERDICT_DENY)
		in_use->this_peer |= TWP_HAS_DENIES;
	return 0;
}

/* The identities that a rule names, in place of the selection's numbers of subjects. */
static void peers_make(struct twp_compiler *c, const struct twp_rule *rule)
{
	struct twp_selection *peers = &c->peers_of_rule;
	bool any = rule->any_peer;

	twp_selection_begin(peers, &c->index);
	if (rule->nothing)
		return;
	/* A selector that asks for nothing selects what is no endpoint, too. */
	for (size_t i = 0; i < rule->peers; i++)
		any |= !rule->peer[i].labels.count;
	if (any) {
		peers->set[peers->count++] = TWP_IDENTITY_ANY;
		return;
	}
	for (size_t i = 0; i < rule->peers; i++)
		twp_selection_add(peers, &c->index, &rule->peer[i]);
	for (size_t i = 0; i < peers->count; i++)
		peers->set[i] = c->subject[peers->set[i]].identity;
}

static int rule_compile(struct twp_compiler *c, const struct twp_policy *policy,
			const struct twp_rule *rule)
{
	bool deny = rule->section == TWP_SECTION_INGRESS_DENY ||
		    rule->section == TWP_SECTION_EGRESS_DENY;
	enum twp_direction d = rule->section == TWP_SECTION_INGRESS ||
					       rule->section == TWP_SECTION_INGRESS_DENY ?
				       TWP_INGRESS :
				       TWP_EGRESS;
	uint32_t decision = TWP_DECISION(deny ? TWP_VERDICT_DENY : TWP_VERDICT_ALLOW, rule->number);
	char text[64];

	if (!rule->number || rule->number > TWP_RULE_NUMBER_MAX)
		return twp_error_set(c->error, "policy %s: rule %s cannot have number %u",
				     policy->name, twp_rule_text(policy, rule, text), rule->number);
	peers_make(c, rule);
	if (!c->peers_of_rule.count)
		return 0;
	if (openings_make(c, rule))
		return -1;
	for (size_t i = 0; i < c->subjects_of_spec.count; i++)
		if (rule_rows(c, &c->subject[c->subjects_of_spec.set[i]], d, c->peers_of_rule.set,
			      c->peers_of_rule.count, decision))
			return -1;
	return 0;
}

static int spec_compile(struct twp_compiler *c, const struct twp_policy *policy,
			const struct twp_spec *spec)
{
	struct twp_selection *subjects = &c->subjects_of_spec;
	bool enforced[TWP_DIRECTIONS] = {
		[TWP_INGRESS] = spec->has[TWP_SECTION_INGRESS] ||
				spec->has[TWP_SECTION_INGRESS_DENY],
		[TWP_EGRESS] = spec->has[TWP_SECTION_EGRESS] || spec->has[TWP_SECTION_EGRESS_DENY],
	};

	twp_selection_begin(subjects, &c->index);
	twp_selection_add(subjects, &c->index, &spec->subject);
	for (size_t i = 0; i < subjects->count; i++)
		for (int d = 0; d < TWP_DIRECTIONS; d++)
			if (enforced[d])
				c->subject[subjects->set[i]].dir[d].this_peer |= TWP_ENFORCED;
	for (size_t i = 0; i < spec->rules; i++)
		if (rule_compile(c, policy, &spec->rule[i]))
			return -1;
	return 0;
}

int twp_compile_rules(struct twp_compiler *c)
{
	for (size_t i = 0; i < c->input->policies; i++)
		for (size_t j = 0; j < c->input->policy[i].specs; j++)
			if (spec_compile(c, &c->input->policy[i], &c->input->policy[i].spec[j]))
				return -1;
	rows_merge(&c->image);
	return twp_sizes_check(c->sizes, TWP_TABLE_RULES, c->image.table[TWP_TABLE_RULES].count,
			       c->error);
}
