// SPDX-License-Identifier: GPL-2.0-only
#include "judge_image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <arpa/inet.h>
#include <bpf/libbpf.h>
#include <cmocka.h>
#include <netinet/in.h>

#include "backend/bpf_map.h"
#include "judge.skel.h"
#include "random_image.h"

struct twp_image image;
const struct twp_rules_in_use nothing;
static struct judge *skeleton;

int start(void **state)
{
	(void)state;
	twp_image_init(&image);
	put_generation(&image, 7);
	return 0;
}

int stop(void **state)
{
	(void)state;
	judge__destroy(skeleton);
	skeleton = NULL;
	twp_image_clean(&image);
	return 0;
}

int load(void)
{
	skeleton = judge__open();
	assert_non_null(skeleton);
	for (int id = 0; id < TWP_TABLE_COUNT; id++)
		bpf_map__set_max_entries(bpf_object__find_map_by_name(skeleton->obj,
								      twp_table_layouts[id].name),
					 2 * image.table[id].count + 1);
	assert_int_equal(judge__load(skeleton), 0);
	assert_int_equal(twp_image_seal(&image, NULL), 0);
	for (int id = 0; id < TWP_TABLE_COUNT; id++)
		assert_int_equal(
			twp_bpf_map_fill(bpf_object__find_map_fd_by_name(
						 skeleton->obj, twp_table_layouts[id].name),
					 &image, id, NULL),
			0);
	return bpf_program__fd(skeleton->progs.judge);
}

void host4(const char *address, uint32_t identity, struct twp_rules_in_use ingress,
	   struct twp_rules_in_use egress)
{
	const struct twp_host_value value = {
		.identity = identity,
		.dir = { [TWP_INGRESS] = ingress, [TWP_EGRESS] = egress },
	};
	struct twp_host4_key key;

	assert_int_equal(inet_pton(AF_INET, address, &key), 1);
	put_row(&image, TWP_TABLE_HOST4, &key, &value);
}

void host6(const char *address, uint32_t identity)
{
	const struct twp_host_value value = { .identity = identity };
	struct twp_host6_key key;

	assert_int_equal(inet_pton(AF_INET6, address, &key), 1);
	put_row(&image, TWP_TABLE_HOST6, &key, &value);
}

void prefix(const char *address, uint32_t length, uint32_t identity)
{
	const struct twp_prefix_value value = { identity };
	struct twp_prefix4_key key4 = { .length = htons(length) };
	struct twp_prefix6_key key6 = { .length = htons(length) };

	if (inet_pton(AF_INET, address, &key4.address) == 1) {
		put_row(&image, TWP_TABLE_PREFIX4, &key4, &value);
	} else {
		assert_int_equal(inet_pton(AF_INET6, address, key6.address), 1);
		put_row(&image, TWP_TABLE_PREFIX6, &key6, &value);
	}
}

void lengths(uint32_t what, const uint32_t *length, size_t count)
{
	const struct twp_generation_key key = { what };
	struct twp_generation_value value = { 0 };

	for (size_t i = 0; i < count; i++)
		value.word[length[i] / 32] |= 1u << length[i] % 32;
	put_row(&image, TWP_TABLE_GENERATION, &key, &value);
}

void rule(uint32_t subject, enum twp_direction direction, uint32_t peer, uint32_t shape,
	  uint16_t port, uint32_t decision)
{
	const struct twp_rule_key key = { TWP_SUBJECT(subject, direction), peer, shape, htons(port),
					  0 };
	const struct twp_rule_value value = { decision };

	put_row(&image, TWP_TABLE_RULES, &key, &value);
}

struct twp_tuple flow(const char *client, const char *server, uint16_t port, uint32_t flags)
{
	struct twp_tuple tuple = { .family = TWP_FAMILY_IPV4,
				   .protocol = IPPROTO_TCP,
				   .port = htons(port),
				   .flags = flags };

	if (inet_pton(AF_INET, client, tuple.client) == 1) {
		assert_int_equal(inet_pton(AF_INET, server, tuple.server), 1);
		return tuple;
	}
	tuple.family = TWP_FAMILY_IPV6;
	assert_int_equal(inet_pton(AF_INET6, client, tuple.client), 1);
	assert_int_equal(inet_pton(AF_INET6, server, tuple.server), 1);
	return tuple;
}
