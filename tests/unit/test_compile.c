// SPDX-License-Identifier: GPL-2.0-only
/* Tests of userspace/policy/compile.c and compile_rules.c: the model to the image's rows. */
#include <netinet/in.h>
#include <time.h>

#include "model.h"

static const struct twp_host_value *host_of(const struct twp_image *image, const char *text)
{
	struct twp_address address;

	assert_int_equal(twp_address_parse(&address, text), 0);
	return twp_image_find(image,
			      address.family == TWP_FAMILY_IPV4 ? TWP_TABLE_HOST4 : TWP_TABLE_HOST6,
			      address.bytes);
}

/* The decision of a row; 0 if there is none. */
static uint32_t rule_of(const struct twp_image *image, uint32_t identity, enum twp_direction d,
			uint32_t peer, uint32_t shape, uint16_t port)
{
	struct twp_rule_key key = { TWP_SUBJECT(identity, d), peer, shape, htons(port), 0 };
	const struct twp_rule_value *value = twp_image_find(image, TWP_TABLE_RULES, &key);

	return value ? value->decision : 0;
}

#define ALLOW(rule) TWP_DECISION(TWP_VERDICT_ALLOW, rule)
#define DENY(rule) TWP_DECISION(TWP_VERDICT_DENY, rule)
#define TCP16 TWP_SHAPE(IPPROTO_TCP, 16)

#define SELECT(label) "endpointSelector: {matchLabels: {" label "}}\n"

static void nothing_is_the_host_alone(void **state)
{
	const struct twp_generation_value *generation;
	struct twp_generation_key key = { TWP_GENERATION_HELD };
	struct twp_image image;
	struct model m;

	(void)state;
	model_init(&m);
	model_compile(&m, &image);
	assert_int_equal(image.generation, 7);
	assert_int_equal(image.table[TWP_TABLE_HOST4].count, 1);
	assert_int_equal(image.table[TWP_TABLE_HOST6].count, 1);
	assert_int_equal(host_of(&image, "0.0.0.0")->identity, TWP_IDENTITY_HOST);
	assert_int_equal(host_of(&image, "::")->identity, TWP_IDENTITY_HOST);
	assert_int_equal(image.table[TWP_TABLE_RULES].count, 0);
	assert_int_equal(image.table[TWP_TABLE_PREFIX4].count, 0);
	assert_int_equal(image.table[TWP_TABLE_GENERATION].count, 3);
	generation = twp_image_find(&image, TWP_TABLE_GENERATION, &key);
	assert_int_equal(generation->word[0], 7);
	for (int i = 1; i < TWP_GENERATION_WORDS; i++)
		assert_int_equal(generation->word[i], 0);
	for (key.what = TWP_GENERATION_LENGTHS4; key.what <= TWP_GENERATION_LENGTHS6;
	     key.what += 2) {
		generation = twp_image_find(&image, TWP_TABLE_GENERATION, &key);
		for (int i = 0; i < TWP_GENERATION_WORDS; i++)
			assert_int_equal(generation->word[i], 0);
	}
	twp_image_clean(&image);
	model_clean(&m);
}

/* The study's policy: app1 from app2, TCP 80. Identities: app1 256, app2 257, none 258. */
static void the_study(void **state)
{
	const struct twp_host_value *host;
	struct twp_image image;
	struct model m;

	(void)state;
	model_init(&m);
	model_endpoint(&m, "c1", "id=app1", "10.0.0.1 fd00::1");
	model_endpoint(&m, "c2", "id=app2", "10.0.0.2 fd00::2");
	model_endpoint(&m, "c3", "id=app2", "10.0.0.3");
	model_endpoint(&m, "c4", "", "10.0.0.4");
	model_policy(&m, "p",
		     SELECT("id: app1") "ingress: [{fromEndpoints: [{matchLabels: {id: app2}}],"
					" toPorts: [{ports: [{port: 80, protocol: TCP}]}]}]");
	model_compile(&m, &image);

	assert_int_equal(image.table[TWP_TABLE_RULES].count, 1);
	assert_int_equal(rule_of(&image, 256, TWP_INGRESS, 257, TCP16, 80), ALLOW(1));
	assert_int_equal(image.table[TWP_TABLE_HOST4].count, 5);
	assert_int_equal(image.table[TWP_TABLE_HOST6].count, 3);
	host = host_of(&image, "fd00::1");
	assert_int_equal(host->identity, 256);
	assert_int_equal(host->dir[TWP_INGRESS].this_peer, TWP_ENFORCED | 1u << 16);
	assert_int_equal(host->dir[TWP_INGRESS].any_peer, 0);
	assert_int_equal(host->dir[TWP_EGRESS].this_peer, 0);
	assert_memory_equal(host, host_of(&image, "10.0.0.1"), sizeof(*host));
	assert_int_equal(twp_rules_in_use_lookups(&host->dir[TWP_INGRESS]), 1);
	host = host_of(&image, "10.0.0.3");
	assert_int_equal(host->identity, 257);
	assert_int_equal(host->dir[TWP_INGRESS].this_peer, 0);
	assert_int_equal(host_of(&image, "10.0.0.4")->identity, 258);
	twp_image_clean(&image);
	model_clean(&m);
}

static void shapes(void **state)
{
	static const struct {
		const char *rule;
		uint32_t shape[3], port, peer, this_peer, any_peer;
	} cases[] = {
		{ "fromEndpoints: [{matchLabels: {a: b}}]",
		  { TWP_SHAPE_ANY_PROTOCOL },
		  0,
		  256,
		  1u << 17,
		  0 },
		{ "fromEndpoints: [{}]", { TWP_SHAPE_ANY_PROTOCOL }, 0, 0, 0, 1u << 17 },
		{ "fromEndpoints: [{matchLabels: {a: c}}, {}]",
		  { TWP_SHAPE_ANY_PROTOCOL },
		  0,
		  0,
		  0,
		  1u << 17 },
		{ "toPorts: [{ports: [{port: 80, protocol: TCP}]}]", { TCP16 }, 80, 0, 0, 1u << 16 },
		{ "toPorts: [{ports: [{port: 0, protocol: UDP}]}]",
		  { TWP_SHAPE(IPPROTO_UDP, 0) },
		  0,
		  0,
		  0,
		  1u << 0 },
		{ "toPorts: [{ports: [{port: 53}]}]",
		  { TCP16, TWP_SHAPE(IPPROTO_UDP, 16), TWP_SHAPE(IPPROTO_SCTP, 16) },
		  53,
		  0,
		  0,
		  1u << 16 },
		{ "toPorts: [{ports: [{port: 0}]}]",
		  { TWP_SHAPE(IPPROTO_TCP, 0), TWP_SHAPE(IPPROTO_UDP, 0),
		    TWP_SHAPE(IPPROTO_SCTP, 0) },
		  0,
		  0,
		  0,
		  1u << 0 },
		/* what is all open makes the others needless */
		{ "toPorts: [{ports: [{port: 80}]}, {ports: [{port: 0}]}]",
		  { TWP_SHAPE(IPPROTO_TCP, 0), TWP_SHAPE(IPPROTO_UDP, 0),
		    TWP_SHAPE(IPPROTO_SCTP, 0) },
		  0,
		  0,
		  0,
		  1u << 0 },
		{ "fromEndpoints: [{matchLabels: {'reserved:world': ''}}]",
		  { TWP_SHAPE_ANY_PROTOCOL },
		  0,
		  TWP_IDENTITY_WORLD,
		  1u << 17,
		  0 },
		{ "fromEndpoints: [{matchLabels: {'reserved:host': ''}}]",
		  { TWP_SHAPE_ANY_PROTOCOL },
		  0,
		  TWP_IDENTITY_HOST,
		  1u << 17,
		  0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct twp_rules_in_use *in_use;
		struct twp_image image;
		struct model m;
		char text[300];
		size_t rows = 0;

		model_init(&m);
		model_endpoint(&m, "one", "a=b", "10.0.0.1");
		snprintf(text, sizeof(text), SELECT("a: b") "ingress: [{%s}]", cases[i].rule);
		model_policy(&m, "p", text);
		model_compile(&m, &image);
		for (; rows < 3 && cases[i].shape[rows]; rows++)
			assert_int_equal(rule_of(&image, 256, TWP_INGRESS, cases[i].peer,
						 cases[i].shape[rows], (uint16_t)cases[i].port),
					 ALLOW(1));
		assert_int_equal(image.table[TWP_TABLE_RULES].count, rows);
		in_use = &host_of(&image, "10.0.0.1")->dir[TWP_INGRESS];
		assert_int_equal(in_use->this_peer, TWP_ENFORCED | cases[i].this_peer);
		assert_int_equal(in_use->any_peer, cases[i].any_peer);
		twp_image_clean(&image);
		model_clean(&m);
	}
}

/* Which sections enforce which direction, and which leave a row. */
static void enforcement(void **state)
{
	static const struct {
		const char *sections;
		bool ingress, egress;
		size_t rows;
		bool has_denies;
	} cases[] = {
		{ "", false, false, 0, false },
		{ "ingress: []", false, false, 0, false },
		{ "ingress: [{}]", true, false, 0, false },
		{ "ingress: [{fromEndpoints: []}]", true, false, 0, false },
		{ "ingress: [{fromEndpoints: [{matchLabels: {no: body}}]}]", true, false, 0,
		  false },
		{ "ingressDeny: [{}]", true, false, 0, false },
		{ "ingressDeny: []", false, false, 0, false },
		{ "ingressDeny: [{fromEndpoints: [{}]}]", true, false, 1, true },
		{ "egress: [{}]", false, true, 0, false },
		{ "egress: [{toEndpoints: [{}]}]", false, true, 1, false },
		{ "egressDeny: [{}]\ningress: [{}]", true, true, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct twp_host_value *host;
		struct twp_image image;
		struct model m;
		char text[300];

		model_init(&m);
		model_endpoint(&m, "one", "a=b", "10.0.0.1");
		snprintf(text, sizeof(text), SELECT("a: b") "%s\n", cases[i].sections);
		model_policy(&m, "p", text);
		model_compile(&m, &image);
		host = host_of(&image, "10.0.0.1");
		assert_int_equal(!!(host->dir[TWP_INGRESS].this_peer & TWP_ENFORCED),
				 cases[i].ingress);
		assert_int_equal(!!(host->dir[TWP_EGRESS].this_peer & TWP_ENFORCED),
				 cases[i].egress);
		assert_int_equal(!!(host->dir[TWP_INGRESS].this_peer & TWP_HAS_DENIES),
				 cases[i].has_denies);
		assert_int_equal(image.table[TWP_TABLE_RULES].count, cases[i].rows);
		twp_image_clean(&image);
		model_clean(&m);
	}
}

/* Of rules with one key: deny wins, then the lowest number. */
static void one_row_for_a_key(void **state)
{
	struct twp_image image;
	struct model m;

	(void)state;
	model_init(&m);
	model_endpoint(&m, "one", "a=b", "10.0.0.1");
#define TO(port) "toPorts: [{ports: [{port: " port ", protocol: TCP}]}]"
	model_policy(&m, "p",
		     SELECT("a: b") "ingress: [{" TO("1") "}, {" TO("2") "}, {" TO(
			     "1") "}]\n"
				  "ingressDeny: [{" TO("2") "}, {" TO("3") "}, {" TO("3") "}]\n");
	/* the same again, with higher numbers, and from the other end of the order */
	model_policy(&m, "q",
		     SELECT("a: b") "ingressDeny: [{" TO("2") "}]\n"
							      "ingress: [{" TO("1") "}, {" TO(
								      "3") "}]\n");
	model_compile(&m, &image);
	assert_int_equal(image.table[TWP_TABLE_RULES].count, 3);
	assert_int_equal(rule_of(&image, 256, TWP_INGRESS, 0, TCP16, 1), ALLOW(1));
	assert_int_equal(rule_of(&image, 256, TWP_INGRESS, 0, TCP16, 2), DENY(4));
	assert_int_equal(rule_of(&image, 256, TWP_INGRESS, 0, TCP16, 3), DENY(5));
	twp_image_clean(&image);
	model_clean(&m);
}

static void the_host_is_apart(void **state)
{
	struct twp_compile_input input;
	struct twp_image image;
	struct model m;

	(void)state;
	model_init(&m);
	model_endpoint(&m, "node", "reserved:host zone=a", "10.0.0.9");
	model_endpoint(&m, "one", "zone=a", "10.0.0.1");
	model_policy(&m, "all", "endpointSelector: {}\ningress: [{}]");
	model_policy(&m, "zone", SELECT("zone: a") "egress: [{}]");
	input = model_input(&m);
	assert_false(twp_compile_selects_host(&input));
	model_compile(&m, &image);
	assert_int_equal(host_of(&image, "10.0.0.9")->identity, TWP_IDENTITY_HOST);
	assert_int_equal(host_of(&image, "0.0.0.0")->dir[TWP_INGRESS].this_peer, 0);
	assert_int_equal(host_of(&image, "10.0.0.9")->dir[TWP_EGRESS].this_peer, 0);
	assert_int_equal(host_of(&image, "10.0.0.1")->dir[TWP_INGRESS].this_peer, TWP_ENFORCED);
	twp_image_clean(&image);

	model_policy(&m, "host", SELECT("'reserved:host': '', zone: a") "ingress: [{}]");
	input = model_input(&m);
	assert_true(twp_compile_selects_host(&input));
	model_compile(&m, &image);
	assert_int_equal(host_of(&image, "0.0.0.0")->dir[TWP_INGRESS].this_peer, TWP_ENFORCED);
	assert_int_equal(host_of(&image, "::")->dir[TWP_INGRESS].this_peer, TWP_ENFORCED);
	assert_int_equal(host_of(&image, "10.0.0.9")->dir[TWP_INGRESS].this_peer, TWP_ENFORCED);
	twp_image_clean(&image);
	model_clean(&m);
}

/* Nobody declared the host; a policy may select it all the same, if it holds anything. */
static void the_host_is_always_there(void **state)
{
	struct twp_compile_input input;
	struct twp_image image;
	struct model m;

	(void)state;
	model_init(&m);
	model_policy(&m, "empty", SELECT("'reserved:host': ''") "ingress: []");
	input = model_input(&m);
	assert_false(twp_compile_selects_host(&input));
	model_policy(&m, "host", SELECT("'reserved:host': ''") "egressDeny: [{}]");
	input = model_input(&m);
	assert_true(twp_compile_selects_host(&input));
	model_compile(&m, &image);
	assert_int_equal(host_of(&image, "::")->dir[TWP_EGRESS].this_peer, TWP_ENFORCED);
	twp_image_clean(&image);
	model_clean(&m);
}

static void expect_refusal(const struct model *m, const struct twp_sizes *sizes, const char *text)
{
	struct twp_compile_input input = model_input(m);
	struct twp_error error = { "" };
	struct twp_image image;

	twp_image_init(&image);
	assert_int_equal(twp_compile(&image, &input, sizes, &error), -1);
	assert_string_equal(error.text, text);
	for (int id = 0; id < TWP_TABLE_COUNT; id++)
		assert_null(image.table[id].rows);
}

static void refusals(void **state)
{
	struct twp_sizes sizes = twp_sizes_default;
	struct model m;

	(void)state;
	model_init(&m);
	model_endpoint(&m, "one", "a=b", "10.0.0.1 fd00::1");
	model_endpoint(&m, "two", "a=c", "10.0.0.2 fd00::1");
	expect_refusal(&m, &sizes, "address fd00::1 is of endpoint one and of endpoint two");
	m.endpoint[1].addresses = 1;
	sizes.size[TWP_TABLE_HOST4] = 2;
	expect_refusal(&m, &sizes, "table host4 needs 3 entries and has room for 2");
	sizes.size[TWP_TABLE_HOST4] = 3;
	sizes.size[TWP_TABLE_HOST6] = 1;
	expect_refusal(&m, &sizes, "table host6 needs 2 entries and has room for 1");
	sizes.size[TWP_TABLE_HOST6] = 2;
	model_policy(&m, "p", "endpointSelector: {}\ningress: [{fromEntities: [all]}]");
	m.policy[0].spec[0].rule[0].number = 0;
	expect_refusal(&m, &sizes, "policy p: rule ingress[0] cannot have number 0");
	m.policy[0].spec[0].rule[0].number = TWP_RULE_NUMBER_MAX + 1;
	expect_refusal(&m, &sizes, "policy p: rule ingress[0] cannot have number 1048576");
	m.policy[0].spec[0].rule[0].number = 1;
	m.endpoint[1].identity = 0;
	expect_refusal(&m, &sizes, "endpoint two cannot have identity 0");
	m.endpoint[1].identity = TWP_IDENTITY_HOST;
	expect_refusal(&m, &sizes, "endpoint two cannot have identity 1");
	model_clean(&m);
}

/* @ports ports, each of three protocols, for one subject. */
static void policy_of_ports(struct model *m, unsigned int first, unsigned int ports)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	fprintf(file, SELECT("a: b") "ingress:\n- toPorts:\n");
	for (unsigned int i = 0; i < ports; i++)
		fprintf(file, "  - {ports: [{port: %u}]}\n", first + i);
	fclose(file);
	model_policy(m, "ports", text);
	free(text);
}

static void an_overflow_is_found_before_anything_is_written(void **state)
{
	struct twp_sizes sizes = twp_sizes_default;
	struct twp_compile_input input;
	struct twp_image image;
	struct model m;

	(void)state;
	model_init(&m);
	model_endpoint(&m, "one", "a=b", "10.0.0.1");
	policy_of_ports(&m, 1, 4000); /* 12000 rows */
	sizes.size[TWP_TABLE_RULES] = 12000;
	input = model_input(&m);
	twp_image_init(&image);
	assert_int_equal(twp_compile(&image, &input, &sizes, NULL), 0);
	assert_int_equal(image.table[TWP_TABLE_RULES].count, 12000);
	twp_image_clean(&image);
	sizes.size[TWP_TABLE_RULES] = 11999;
	expect_refusal(&m, &sizes, "table rules needs 12000 entries and has room for 11999");
	/* Far too many are not counted to the end. */
	sizes.size[TWP_TABLE_RULES] = 100;
	expect_refusal(&m, &sizes, "table rules needs at least 201 entries and has room for 100");
	sizes.size[TWP_TABLE_RULES] = 0;
	expect_refusal(&m, &sizes, "table rules needs at least 1 entries and has room for 0");
	/* The same rules over and over are merged, and do not count. */
	for (int i = 0; i < 10; i++)
		policy_of_ports(&m, 1, 4000);
	sizes.size[TWP_TABLE_RULES] = 12000;
	input = model_input(&m);
	assert_int_equal(twp_compile(&image, &input, &sizes, NULL), 0);
	assert_int_equal(image.table[TWP_TABLE_RULES].count, 12000);
	twp_image_clean(&image);
	/* But not without end: 3,000 rows 60 times, for a table of 3,000. */
	model_clean(&m);
	model_init(&m);
	model_endpoint(&m, "one", "a=b", "10.0.0.1");
	for (int i = 0; i < 60; i++)
		policy_of_ports(&m, 1, 1000);
	sizes.size[TWP_TABLE_RULES] = 3000;
	expect_refusal(&m, &sizes,
		       "the rules say the same over and over: they make more than 161536 entries, "
		       "and table rules has room for 3000");
	model_clean(&m);
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* 100,000 rows from 500 subjects with 200 peers each; the time is only told. */
static void is_fast(void **state)
{
	struct twp_image image;
	struct model m;
	double begin;

	(void)state;
	model_init(&m);
	for (unsigned int i = 0; i < 1000; i++) {
		char name[32], labels[64], address[32];

		snprintf(name, sizeof(name), "e%u", i);
		snprintf(labels, sizeof(labels), "id=%u half=%u group=%u", i, i % 2, i % 5);
		snprintf(address, sizeof(address), "10.1.%u.%u", i / 250, i % 250 + 1);
		model_endpoint(&m, name, labels, address);
	}
	model_policy(&m, "p",
		     SELECT("half: 1") "ingress: [{fromEndpoints: [{matchLabels: {group: 3}}],"
				       " toPorts: [{ports: [{port: 80, protocol: TCP}]}]}]");
	begin = seconds();
	model_compile(&m, &image);
	print_message("           100000 entries compiled in %.1f ms\n",
		      (seconds() - begin) * 1000);
	assert_int_equal(image.table[TWP_TABLE_RULES].count, 100000);
	assert_true(seconds() - begin < 10);
	twp_image_clean(&image);
	model_clean(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_the_host_alone),
		cmocka_unit_test(the_study),
		cmocka_unit_test(shapes),
		cmocka_unit_test(enforcement),
		cmocka_unit_test(one_row_for_a_key),
		cmocka_unit_test(the_host_is_apart),
		cmocka_unit_test(the_host_is_always_there),
		cmocka_unit_test(refusals),
		cmocka_unit_test(an_overflow_is_found_before_anything_is_written),
		cmocka_unit_test(is_fast),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
