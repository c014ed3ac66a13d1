// SPDX-License-Identifier: GPL-2.0-only
#include "random_image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>

#define IDENTITIES 5
#define ADDRESSES 10
#define ENDPOINTS 250

uint32_t random_below(struct random *random, uint32_t below)
{
	/* splitmix64 */
	uint64_t z = random->state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (uint32_t)((z ^ z >> 31) >> 32) % below;
}

static bool chance(struct random *random, uint32_t percent)
{
	return random_below(random, 100) < percent;
}

void put_row(struct twp_image *image, enum twp_table_id id, const void *key, const void *value)
{
	assert_int_equal(twp_image_add(image, id, key, value), 0);
}

void put_generation(struct twp_image *image, uint32_t generation)
{
	const struct twp_generation_key key = { TWP_GENERATION_HELD };
	const struct twp_generation_value value = { { generation } };

	put_row(image, TWP_TABLE_GENERATION, &key, &value);
	image->generation = generation;
}

void assert_images_equal(const struct twp_image *a, const struct twp_image *b)
{
	assert_int_equal(a->generation, b->generation);
	for (int id = 0; id < TWP_TABLE_COUNT; id++) {
		assert_int_equal(a->table[id].count, b->table[id].count);
		if (a->table[id].count)
			assert_memory_equal(a->table[id].rows, b->table[id].rows,
					    a->table[id].count * twp_row_size(id));
	}
}

/* Number 0 is the unspecified address. */
static void address_of(uint32_t number, uint8_t family, __be32 address[4])
{
	memset(address, 0, 16);
	if (!number)
		return;
	if (family == TWP_FAMILY_IPV4) {
		address[0] = htonl(0x0a000000 | number << 14 | number);
		return;
	}
	address[0] = htonl(0xfd000000 | number >> 2);
	address[1] = htonl(number << 30);
	address[2] = htonl(number % 2);
	address[3] = htonl(number);
}

static uint32_t random_identity(struct random *random)
{
	return TWP_IDENTITY_LABELS_MIN + random_below(random, IDENTITIES);
}

static uint32_t random_peer(struct random *random)
{
	switch (random_below(random, 5)) {
	case 0:
		return TWP_IDENTITY_ANY;
	case 1:
		return 1 + random_below(random, 2);
	case 2:
		return TWP_IDENTITY_PREFIX + random_below(random, 4);
	default:
		return random_identity(random);
	}
}

static int random_shape(struct random *random)
{
	static const int shapes[] = { 16, 16, 0, 17, 8, 15, 1, 12 };

	return shapes[random_below(random, sizeof(shapes) / sizeof(*shapes))];
}

static __be16 random_port(struct random *random)
{
	static const uint16_t ports[] = { 80, 81, 443, 0x8000, 0xffff, 0 };

	return htons(ports[random_below(random, sizeof(ports) / sizeof(*ports))]);
}

static uint8_t random_protocol(struct random *random)
{
	return chance(random, 70) ? IPPROTO_TCP : IPPROTO_UDP;
}

static void random_words(struct random *random, struct twp_rules_in_use *in_use)
{
	if (chance(random, 25))
		return;
	in_use->this_peer = TWP_ENFORCED;
	if (chance(random, 20))
		in_use->this_peer |= TWP_AUDIT;
	if (chance(random, 25))
		in_use->this_peer |= TWP_REACHES_SELF;
	if (chance(random, 40))
		in_use->this_peer |= TWP_HAS_DENIES;
	for (uint32_t i = random_below(random, 6); i; i--)
		in_use->this_peer |= 1u << random_shape(random);
	for (uint32_t i = random_below(random, 4); i; i--)
		in_use->any_peer |= 1u << random_shape(random);
}

static void random_hosts(struct random *random, struct twp_image *image)
{
	for (uint32_t number = 0; number < ADDRESSES; number++) {
		struct twp_host_value value = { .identity = random_identity(random) };
		__be32 address[4];

		for (int direction = 0; direction < TWP_DIRECTIONS; direction++)
			random_words(random, &value.dir[direction]);
		address_of(number, TWP_FAMILY_IPV4, address);
		if (chance(random, 60))
			put_row(image, TWP_TABLE_HOST4, address, &value);
		address_of(number, TWP_FAMILY_IPV6, address);
		if (chance(random, 60))
			put_row(image, TWP_TABLE_HOST6, address, &value);
	}
}

static void masked(__be32 address[4], uint32_t length)
{
	for (uint32_t bit = length; bit < 128; bit++)
		((uint8_t *)address)[bit / 8] &= ~(1 << (7 - bit % 8));
}

/* Some lengths are in use without a prefix, as between two generations of one bitmap. */
static void random_prefixes(struct random *random, struct twp_image *image, bool ipv4)
{
	static const uint32_t lengths[2][8] = { { 0, 1, 31, 32, 33, 64, 127, 128 },
						{ 0, 1, 8, 16, 17, 24, 31, 32 } };
	const struct twp_generation_key what = { ipv4 ? TWP_GENERATION_LENGTHS4 :
							TWP_GENERATION_LENGTHS6 };
	struct twp_generation_value in_use = { 0 };

	if (chance(random, 30))
		return;
	for (uint32_t i = random_below(random, 8); i; i--) {
		const uint32_t length = lengths[ipv4][random_below(random, 8)];
		struct twp_prefix6_key key = { .length = htons(length) };
		struct twp_prefix_value value;

		in_use.word[length / 32] |= 1u << length % 32;
		address_of(random_below(random, ADDRESSES),
			   ipv4 ? TWP_FAMILY_IPV4 : TWP_FAMILY_IPV6, key.address);
		masked(key.address, length);
		/* One value for a key, however often it is drawn. */
		value.identity = TWP_IDENTITY_PREFIX + (length + key.address[0]) % 4;
		if (chance(random, 20))
			continue;
		if (ipv4) {
			struct twp_prefix4_key key4 = { key.address[0], key.length, 0 };

			put_row(image, TWP_TABLE_PREFIX4, &key4, &value);
		} else {
			put_row(image, TWP_TABLE_PREFIX6, &key, &value);
		}
	}
	put_row(image, TWP_TABLE_GENERATION, &what, &in_use);
}

static void random_rules(struct random *random, struct twp_image *image)
{
	for (uint32_t i = random_below(random, 200); i; i--) {
		const int shape = random_shape(random);
		struct twp_rule_key key = {
			.subject = TWP_SUBJECT(random_identity(random), random_below(random, 2)),
			.peer = random_peer(random),
			.shape = TWP_SHAPE_ANY_PROTOCOL,
		};
		struct twp_rule_value value = {
			TWP_DECISION(chance(random, 70) ? TWP_VERDICT_ALLOW : TWP_VERDICT_DENY, i),
		};

		if (shape != TWP_SHAPE_ANY_PROTOCOL) {
			key.shape = TWP_SHAPE(random_protocol(random), shape);
			key.port = random_port(random) & htons(0xffff0000u >> shape & 0xffff);
		}
		/* The first of a key is kept. */
		for (size_t row = 0; row < image->table[TWP_TABLE_RULES].count; row++) {
			if (!memcmp(twp_row_key(image, TWP_TABLE_RULES, row), &key, sizeof(key)))
				goto next;
		}
		put_row(image, TWP_TABLE_RULES, &key, &value);
	next:;
	}
}

void random_image(struct random *random, struct twp_image *image, uint32_t generation)
{
	twp_image_init(image);
	put_generation(image, generation);
	random_hosts(random, image);
	random_prefixes(random, image, true);
	random_prefixes(random, image, false);
	random_rules(random, image);
	assert_int_equal(twp_image_seal(image, NULL), 0);
}

void random_tuple(struct random *random, struct twp_tuple *tuple)
{
	*tuple = (struct twp_tuple){
		.family = chance(random, 50) ? TWP_FAMILY_IPV4 : TWP_FAMILY_IPV6,
		.protocol = random_protocol(random),
		.port = random_port(random),
		.flags = chance(random, 30) ? random_below(random, 4) : 0,
	};
	address_of(random_below(random, ADDRESSES), tuple->family, tuple->client);
	address_of(random_below(random, ADDRESSES), tuple->family, tuple->server);
}

/* Rule @number: who reaches whom, on which port. */
static void large_rule(uint32_t number, uint32_t *client, uint32_t *server, __be16 *port)
{
	*client = number % ENDPOINTS;
	*server = number / ENDPOINTS % ENDPOINTS;
	*port = htons(1 + number / (ENDPOINTS * ENDPOINTS));
}

void large_image(struct twp_image *image, uint32_t rules, uint32_t generation)
{
	const uint32_t exact = TWP_ENFORCED | 1u << TWP_PORT_BITS;

	twp_image_init(image);
	put_generation(image, generation);
	for (uint32_t i = 0; i < ENDPOINTS; i++) {
		const struct twp_host_value value = {
			.identity = TWP_IDENTITY_LABELS_MIN + i,
			.dir = { { exact, 0 }, { exact, 0 } },
		};
		__be32 address[4];

		address_of(1 + i, TWP_FAMILY_IPV4, address);
		put_row(image, TWP_TABLE_HOST4, address, &value);
		address_of(1 + i, TWP_FAMILY_IPV6, address);
		put_row(image, TWP_TABLE_HOST6, address, &value);
	}
	for (uint32_t i = 0; i < rules; i++) {
		const struct twp_rule_value value = { TWP_DECISION(TWP_VERDICT_ALLOW, 1 + i / 2) };
		struct twp_rule_key key = { .shape = TWP_SHAPE(IPPROTO_TCP, TWP_PORT_BITS) };
		uint32_t client, server;

		large_rule(i / 2, &client, &server, &key.port);
		key.subject = i % 2 ? TWP_SUBJECT(TWP_IDENTITY_LABELS_MIN + server, TWP_INGRESS) :
				      TWP_SUBJECT(TWP_IDENTITY_LABELS_MIN + client, TWP_EGRESS);
		key.peer = TWP_IDENTITY_LABELS_MIN + (i % 2 ? client : server);
		put_row(image, TWP_TABLE_RULES, &key, &value);
	}
	assert_int_equal(twp_image_seal(image, NULL), 0);
}

void large_tuple(struct twp_tuple *tuple, uint32_t rules, uint32_t number, uint8_t family)
{
	uint32_t client, server;

	*tuple = (struct twp_tuple){ .family = family, .protocol = IPPROTO_TCP };
	large_rule(number % (rules / 2), &client, &server, &tuple->port);
	address_of(1 + client, family, tuple->client);
	address_of(1 + server, family, tuple->server);
}
