// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of userspace/policy/compile_prefixes.c: which prefix holds an address, and tens of
 * thousands of prefixes, whose cost must not grow with their square.
 */
#include <arpa/inet.h>
#include <time.h>

#include "model.h"
#include "policy/compiler.h"

enum { MANY = 30000, PODS = 500 };

static struct twp_address address_random(void)
{
	struct twp_address address = { .family = TWP_FAMILY_IPV4 };

	if (rand() % 2)
		address.family = TWP_FAMILY_IPV6;
	/* Few values, so that prefixes nest and lie side by side. */
	for (size_t i = 0; i < twp_address_length(&address); i++)
		address.bytes[i] = rand() % 4 ? 0x0a : (uint8_t)(rand() % 3 * 0x7f);
	return address;
}

static struct twp_prefix prefix_random(void)
{
	struct twp_address address = address_random();
	char text[INET6_ADDRSTRLEN], whole[TWP_PREFIX_TEXT];
	struct twp_prefix prefix;

	snprintf(whole, sizeof(whole), "%s/%zu", twp_address_text(&address, text),
		 (size_t)rand() % (8 * twp_address_length(&address) + 1));
	assert_int_equal(twp_prefix_parse(&prefix, whole, false), 0);
	return prefix;
}

static int compare(const void *a, const void *b)
{
	return twp_prefix_compare(a, b);
}

static void the_smallest_that_holds(void **state)
{
	struct twp_prefix prefix[40];

	(void)state;
	srand(4);
	for (int round = 0; round < 3000; round++) {
		size_t count = (size_t)rand() % (sizeof(prefix) / sizeof(prefix[0]));
		struct twp_address address = address_random();
		const struct twp_prefix *best = NULL, *found;

		for (size_t i = 0; i < count; i++)
			prefix[i] = prefix_random();
		qsort(prefix, count, sizeof(prefix[0]), compare);
		for (size_t i = 0; i < count; i++)
			if (twp_prefix_holds(&prefix[i], &address) &&
			    (!best || prefix[i].length > best->length))
				best = &prefix[i];
		found = twp_prefix_place(prefix, count, &address);
		assert_int_equal(!best, !found);
		assert_true(!best || !twp_prefix_compare(best, found));
	}
}

/* MANY addresses of 10.128.0.0/9 as items of a list; each is @format, with %s as the address. */
static void say_addresses(FILE *text, const char *before, const char *after)
{
	for (unsigned int i = 0; i < MANY; i++)
		fprintf(text, "%s%s10.%u.%u.%u/32%s", i ? ", " : "", before, 128 + (i >> 16),
			i >> 8 & 255, i & 255, after);
}

/* Blocks of both kinds, and one with as many exceptions, each MANY times. */
static void many_add(struct model *m)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	assert_non_null(stream);
	fprintf(stream,
		"endpointSelector: {}\ningress:\n- fromCIDRSet: [{cidr: 10.0.0.0/8, except: [");
	say_addresses(stream, "", "");
	fprintf(stream, "]}]\negress:\n- toCIDR: [");
	say_addresses(stream, "", "");
	fprintf(stream, "]\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
			"metadata: {name: p}\nspec: {ingress: [{from: [");
	say_addresses(stream, "{ipBlock: {cidr: ", "}}");
	fprintf(stream, "]}]}\n");
	fclose(stream);
	model_policy(m, "p", text);
	free(text);
	/* Behind all but 10.0.0.0/8, which no NetworkPolicy names. */
	for (unsigned int i = 0; i < PODS; i++) {
		char name[32], address[32];

		snprintf(name, sizeof(name), "e%u", i);
		snprintf(address, sizeof(address), "10.200.%u.%u", i / 250, i % 250 + 1);
		model_endpoint(m, name, "app=a", address);
	}
	model_endpoint(m, "in", "app=a", "10.128.0.9");
}

static void ask(const struct model *m, const struct twp_image *image, const char *client,
		const char *server, bool passes)
{
	struct twp_flow flow = model_flow(client, server, IPPROTO_TCP, 80);

	assert_int_equal(model_judge(m, image, &flow) == TWP_VERDICT_ALLOW, passes);
}

static void many_are_fast(void **state)
{
	struct twp_image image;
	struct model m;
	clock_t begin;
	double took;

	(void)state;
	model_init(&m);
	many_add(&m);
	begin = clock();
	model_compile(&m, &image);
	took = (double)(clock() - begin) / CLOCKS_PER_SEC;
	print_message("           %d prefixes compiled in %.0f ms\n", MANY, took * 1000);
	assert_int_equal(image.table[TWP_TABLE_PREFIX4].count, MANY + 1);
	/* Their square is hundreds of times as much. */
	assert_true(took < 5);
	ask(&m, &image, "10.5.0.1", "10.200.0.1", true);
	ask(&m, &image, "10.128.0.8", "10.200.0.1", true);
	ask(&m, &image, "11.0.0.1", "10.200.0.1", false);
	ask(&m, &image, "10.200.0.1", "10.128.0.8", true);
	ask(&m, &image, "10.200.0.1", "10.5.0.1", false);
	twp_image_clean(&image);
	model_clean(&m);
}

/* Before any prefix gets an identity, and before any rule is looked at. */
static void too_many_are_refused_first(void **state)
{
	struct twp_sizes sizes = twp_sizes_default;
	struct twp_compile_input input;
	struct twp_error error = { "" };
	struct twp_image image;
	struct model m;

	(void)state;
	model_init(&m);
	many_add(&m);
	sizes.size[TWP_TABLE_PREFIX4] = MANY;
	input = model_input(&m);
	twp_image_init(&image);
	assert_int_equal(twp_compile(&image, &input, &sizes, &error), -1);
	assert_string_equal(error.text, "table prefix4 needs 30001 entries and has room for 30000");
	assert_int_equal(twp_numbers_highest(m.prefixes), 0);
	model_policy(&m, "six",
		     "endpointSelector: {}\ningress: [{fromCIDR: ['fd00::/64', "
		     "'fd01::/64']}]\n");
	sizes.size[TWP_TABLE_PREFIX4] = MANY + 1;
	sizes.size[TWP_TABLE_PREFIX6] = 1;
	input = model_input(&m);
	assert_int_equal(twp_compile(&image, &input, &sizes, &error), -1);
	assert_string_equal(error.text, "table prefix6 needs 2 entries and has room for 1");
	model_clean(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_smallest_that_holds),
		cmocka_unit_test(many_are_fast),
		cmocka_unit_test(too_many_are_refused_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
