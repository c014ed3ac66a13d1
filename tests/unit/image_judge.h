/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Judges a flow by the tables of an image, in the order that bpf/judge.h states
 * for both backends, as plainly as that can be said.
 */
#ifndef TWP_TESTS_IMAGE_JUDGE_H
#define TWP_TESTS_IMAGE_JUDGE_H

#include <arpa/inet.h>
#include <string.h>

#include "policy/image.h"
#include "policy/policy.h"

/* Keeps the first @bits of an address. */
static inline void image_judge_mask(__be32 word[4], unsigned int bits)
{
	for (int i = 0; i<4; i++, bits = bits> 32 ? bits - 32 : 0) {
		unsigned int kept = bits > 32 ? 32 : bits;

		word[i] &= kept ? htonl(0xffffffffu << (32 - kept)) : 0;
	}
}

/* The identity of an address that has no entry of its own. */
static inline uint32_t image_judge_prefix(const struct twp_image *image, uint8_t family,
					  const __be32 address[4], uint32_t *lookups)
{
	bool four = family == TWP_FAMILY_IPV4;
	struct twp_generation_key what = { four ? TWP_GENERATION_LENGTHS4 :
						  TWP_GENERATION_LENGTHS6 };
	const struct twp_generation_value *lengths =
		twp_image_find(image, TWP_TABLE_GENERATION, &what);

	++*lookups;
	for (int length = four ? 32 : 128; lengths && length >= 0; length--) {
		const struct twp_prefix_value *value;
		__be32 word[4];

		if (!(lengths->word[length / 32] & 1u << length % 32))
			continue;
		memcpy(word, address, sizeof(word));
		image_judge_mask(word, (unsigned int)length);
		++*lookups;
		if (four) {
			struct twp_prefix4_key key = { word[0], htons((uint16_t)length), 0 };

			value = twp_image_find(image, TWP_TABLE_PREFIX4, &key);
		} else {
			struct twp_prefix6_key key = { .length = htons((uint16_t)length) };

			memcpy(key.address, word, sizeof(key.address));
			value = twp_image_find(image, TWP_TABLE_PREFIX6, &key);
		}
		if (value)
			return value->identity;
	}
	return TWP_IDENTITY_WORLD;
}

/* One end: its identity, and the words of its rules. */
static inline struct twp_host_value image_judge_host(const struct twp_image *image, uint8_t family,
						     const __be32 address[4], bool local,
						     uint32_t *lookups)
{
	enum twp_table_id id = family == TWP_FAMILY_IPV4 ? TWP_TABLE_HOST4 : TWP_TABLE_HOST6;
	static const __be32 unspecified[4];
	struct twp_host_value value = { .identity = TWP_IDENTITY_HOST };
	size_t length = twp_table_layouts[id].key_size;
	const void *found = NULL;

	/* The unspecified address is the host's in the table, but nobody's in a packet. */
	if (memcmp(address, unspecified, length)) {
		found = twp_image_find(image, id, address);
		++*lookups;
	}
	if (!found && local) {
		found = twp_image_find(image, id, unspecified);
		++*lookups;
	}
	if (found)
		memcpy(&value, found, sizeof(value));
	else if (!local)
		value.identity = image_judge_prefix(image, family, address, lookups);
	return value;
}

/* One shape of one kind of peer. Return: the decision; 0 if no rule is there. */
static inline uint32_t image_judge_shape(const struct twp_image *image, uint32_t subject,
					 uint32_t peer, unsigned int shape, uint8_t protocol,
					 uint16_t port)
{
	struct twp_rule_key key = { subject, peer, TWP_SHAPE_ANY_PROTOCOL, 0, 0 };
	const struct twp_rule_value *value;

	if (shape != TWP_SHAPE_ANY_PROTOCOL) {
		key.shape = TWP_SHAPE(protocol, shape);
		key.port = htons((uint16_t)(port & 0xffffu << (TWP_PORT_BITS - shape)));
	}
	value = twp_image_find(image, TWP_TABLE_RULES, &key);
	return value ? value->decision : 0;
}

/* One direction. */
static inline uint32_t image_judge_rules(const struct twp_image *image,
					 const struct twp_rules_in_use *in_use, uint32_t subject,
					 uint32_t peer, const struct twp_tuple *tuple,
					 uint32_t *lookups)
{
	bool has_denies = in_use->this_peer & TWP_HAS_DENIES;
	uint8_t protocol = tuple->protocol;
	uint16_t port = ntohs(tuple->port);
	uint32_t decision = 0;

	if (!(in_use->this_peer & TWP_ENFORCED))
		return TWP_DECISION(TWP_VERDICT_ALLOW, 0);
	for (int any = 0; any < 2; any++) {
		uint32_t shapes = any ? in_use->any_peer : in_use->this_peer;

		/* lengths 16 to 0, then any protocol, which is number 17 */
		for (int i = TWP_PORT_BITS; i >= -1; i--) {
			unsigned int shape = i < 0 ? TWP_SHAPE_ANY_PROTOCOL : (unsigned int)i;
			uint32_t found;

			if (!(shapes & 1u << shape))
				continue;
			++*lookups;
			found = image_judge_shape(image, subject, any ? TWP_IDENTITY_ANY : peer,
						  shape, protocol, port);
			if (!decision || TWP_DECISION_VERDICT(found) == TWP_VERDICT_DENY)
				decision = found;
			if (decision &&
			    (!has_denies || TWP_DECISION_VERDICT(decision) == TWP_VERDICT_DENY))
				goto found;
		}
	}
	if (!decision && in_use->this_peer & TWP_REACHES_SELF &&
	    !memcmp(tuple->client, tuple->server, sizeof(tuple->client)))
		decision = TWP_DECISION_IMPLIED;
	if (!decision)
		decision = TWP_DECISION(TWP_VERDICT_DENY, 0);
found:
	if (TWP_DECISION_VERDICT(decision) == TWP_VERDICT_DENY && in_use->this_peer & TWP_AUDIT)
		decision = TWP_DECISION(TWP_VERDICT_AUDIT, TWP_DECISION_RULE(decision));
	return decision;
}

/* Return: the verdict, the worse of the two directions'. */
static inline enum twp_verdict image_judge(const struct twp_image *image,
					   const struct twp_tuple *tuple,
					   struct twp_judgement *judgement)
{
	struct twp_judgement j = { 0 };
	struct twp_host_value client, server;
	uint32_t egress, ingress;

	client = image_judge_host(image, tuple->family, tuple->client,
				  tuple->flags & TWP_TUPLE_CLIENT_LOCAL, &j.lookups);
	server = image_judge_host(image, tuple->family, tuple->server,
				  tuple->flags & TWP_TUPLE_SERVER_LOCAL, &j.lookups);
	j.client = client.identity;
	j.server = server.identity;
	egress = image_judge_rules(image, &client.dir[TWP_EGRESS],
				   TWP_SUBJECT(client.identity, TWP_EGRESS), server.identity, tuple,
				   &j.lookups);
	ingress = image_judge_rules(image, &server.dir[TWP_INGRESS],
				    TWP_SUBJECT(server.identity, TWP_INGRESS), client.identity,
				    tuple, &j.lookups);
	j.decision[TWP_EGRESS] = egress;
	j.decision[TWP_INGRESS] = ingress;
	*judgement = j;
	egress = TWP_DECISION_VERDICT(egress);
	ingress = TWP_DECISION_VERDICT(ingress);
	return egress > ingress ? egress : ingress;
}

#endif
