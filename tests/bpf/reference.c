// SPDX-License-Identifier: GPL-2.0-only
#include "reference.h"

#include <arpa/inet.h>
#include <string.h>

struct asking {
	const struct twp_image *image;
	uint32_t lookups;
};

static const void *look_up(struct asking *asking, enum twp_table_id id, const void *key)
{
	asking->lookups++;
	return twp_image_find(asking->image, id, key);
}

static bool bit_of(const void *address, int bit)
{
	return ((const uint8_t *)address)[bit / 8] >> (7 - bit % 8) & 1;
}

static void mask_to(void *masked, const void *address, int length)
{
	for (int bit = 0; bit < length; bit++) {
		if (bit_of(address, bit))
			((uint8_t *)masked)[bit / 8] |= 1 << (7 - bit % 8);
	}
}

/* a.3 */
static uint32_t prefix_identity(struct asking *asking, bool ipv4, const __be32 *address)
{
	const struct twp_generation_key what = { ipv4 ? TWP_GENERATION_LENGTHS4 :
							TWP_GENERATION_LENGTHS6 };
	const struct twp_generation_value *in_use = look_up(asking, TWP_TABLE_GENERATION, &what);

	for (int length = ipv4 ? 32 : 128; in_use && length >= 0; length--) {
		struct twp_prefix4_key key4 = { .length = htons(length) };
		struct twp_prefix6_key key6 = { .length = htons(length) };
		const struct twp_prefix_value *value;

		if (!(in_use->word[length / 32] >> length % 32 & 1))
			continue;
		mask_to(ipv4 ? &key4.address : key6.address, address, length);
		value = ipv4 ? look_up(asking, TWP_TABLE_PREFIX4, &key4) :
			       look_up(asking, TWP_TABLE_PREFIX6, &key6);
		if (value)
			return value->identity;
	}
	return TWP_IDENTITY_WORLD;
}

/* a */
static struct twp_host_value end_find(struct asking *asking, bool ipv4, const __be32 *address,
				      bool local)
{
	static const __be32 unspecified[4];
	const enum twp_table_id id = ipv4 ? TWP_TABLE_HOST4 : TWP_TABLE_HOST6;
	const struct twp_host_value *found = NULL;

	if (memcmp(address, unspecified, ipv4 ? 4 : 16))
		found = look_up(asking, id, address);
	if (!found && local) {
		found = look_up(asking, id, unspecified);
		if (!found)
			return (struct twp_host_value){ .identity = TWP_IDENTITY_HOST };
	}
	if (found)
		return *found;
	return (struct twp_host_value){ .identity = prefix_identity(asking, ipv4, address) };
}

static const struct twp_rule_value *rule_find(struct asking *asking, uint32_t subject,
					      uint32_t peer, int shape,
					      const struct twp_tuple *tuple)
{
	struct twp_rule_key key = { .subject = subject, .peer = peer };

	key.shape = TWP_SHAPE_ANY_PROTOCOL;
	if (shape != TWP_SHAPE_ANY_PROTOCOL) {
		key.shape = TWP_SHAPE(tuple->protocol, shape);
		mask_to(&key.port, &tuple->port, shape);
	}
	return look_up(asking, TWP_TABLE_RULES, &key);
}

/* b */
static uint32_t decide(struct asking *asking, const struct twp_host_value *subject, uint32_t peer,
		       enum twp_direction direction, const struct twp_tuple *tuple)
{
	static const int order[TWP_SHAPES] = { 16, 15, 14, 13, 12, 11, 10, 9, 8,
					       7,  6,  5,  4,  3,  2,  1,  0, 17 };
	const struct twp_rules_in_use *in_use = &subject->dir[direction];
	uint32_t decision = 0;

	if (!(in_use->this_peer & TWP_ENFORCED))
		return TWP_DECISION(TWP_VERDICT_ALLOW, 0);
	for (int i = 0; i < 2 * TWP_SHAPES; i++) {
		const bool any = i >= TWP_SHAPES;
		const int shape = order[i % TWP_SHAPES];
		const struct twp_rule_value *rule;

		if (!((any ? in_use->any_peer : in_use->this_peer) >> shape & 1))
			continue;
		rule = rule_find(asking, TWP_SUBJECT(subject->identity, direction),
				 any ? TWP_IDENTITY_ANY : peer, shape, tuple);
		if (!rule)
			continue;
		if (!decision || TWP_DECISION_VERDICT(rule->decision) == TWP_VERDICT_DENY)
			decision = rule->decision;
		if (TWP_DECISION_VERDICT(rule->decision) == TWP_VERDICT_DENY ||
		    !(in_use->this_peer & TWP_HAS_DENIES))
			break;
	}
	if (!decision && (in_use->this_peer & TWP_REACHES_SELF) &&
	    !memcmp(tuple->client, tuple->server, sizeof(tuple->client)))
		decision = TWP_DECISION_IMPLIED;
	if (!decision)
		decision = TWP_DECISION(TWP_VERDICT_DENY, 0);
	if (TWP_DECISION_VERDICT(decision) == TWP_VERDICT_DENY && in_use->this_peer & TWP_AUDIT)
		decision = TWP_DECISION(TWP_VERDICT_AUDIT, TWP_DECISION_RULE(decision));
	return decision;
}

enum twp_verdict reference_judge(const struct twp_image *image, const struct twp_tuple *tuple,
				 struct twp_judgement *judgement)
{
	const bool ipv4 = tuple->family == TWP_FAMILY_IPV4;
	struct asking asking = { .image = image };
	struct twp_host_value client, server;
	uint32_t egress, ingress;

	client = end_find(&asking, ipv4, tuple->client, tuple->flags & TWP_TUPLE_CLIENT_LOCAL);
	server = end_find(&asking, ipv4, tuple->server, tuple->flags & TWP_TUPLE_SERVER_LOCAL);
	egress = decide(&asking, &client, server.identity, TWP_EGRESS, tuple);
	ingress = decide(&asking, &server, client.identity, TWP_INGRESS, tuple);
	*judgement = (struct twp_judgement){
		.client = client.identity,
		.server = server.identity,
		.decision = { [TWP_INGRESS] = ingress, [TWP_EGRESS] = egress },
		.lookups = asking.lookups,
	};
	egress = TWP_DECISION_VERDICT(egress);
	ingress = TWP_DECISION_VERDICT(ingress);
	return egress > ingress ? egress : ingress;
}
