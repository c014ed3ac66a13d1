// SPDX-License-Identifier: GPL-2.0-only
/* Tests of userspace/policy/diff.c. */
#include "model.h"

#define FOR_A "endpointSelector: {matchLabels: {app: a}}\n"
#define FROM(label) "{fromEndpoints: [{matchLabels: {" label "}}]}"

/* One state: policy and further endpoints, beside a with 10.0.0.1. */
struct situation {
	const char *policy, *name, *labels, *addresses;
};

static void situation_compile(const struct situation *situation, struct twp_image *image)
{
	struct model m;

	model_init(&m);
	/* So that identities do not depend on who is there. */
	twp_numbers_get(m.identities, "app=a", NULL);
	twp_numbers_get(m.identities, "app=b", NULL);
	model_endpoint(&m, "a", "app=a", "10.0.0.1 fd00::1");
	if (situation->name)
		model_endpoint(&m, situation->name, situation->labels, situation->addresses);
	if (situation->policy)
		model_policy(&m, "p", situation->policy);
	model_compile(&m, image);
	model_clean(&m);
}

static void counts_and_rows(void **state)
{
	struct situation one = { FOR_A "ingress: [" FROM("app: b") "]", "b", "app=b", "10.0.0.2" };
	struct situation two = { FOR_A "ingress: [" FROM("app: a") "]", "b", "app=b", "10.0.0.3" };
	struct twp_image before, after;
	const struct twp_table_diff *hosts, *rules;
	struct twp_diff diff;

	(void)state;
	situation_compile(&one, &before);
	situation_compile(&two, &after);
	assert_int_equal(twp_diff_make(&diff, &before, &after), 0);
	hosts = &diff.table[TWP_TABLE_HOST4];
	assert_int_equal(hosts->count, 2);
	assert_int_equal(hosts->removed, 1);
	assert_int_equal(hosts->added, 1);
	assert_memory_equal(hosts->change[0].key, "\x0a\0\0\2", 4);
	assert_null(hosts->change[0].after);
	assert_memory_equal(hosts->change[1].key, "\x0a\0\0\3", 4);
	assert_null(hosts->change[1].before);
	assert_memory_equal(hosts->change[1].after, hosts->change[0].before,
			    sizeof(struct twp_host_value));
	rules = &diff.table[TWP_TABLE_RULES];
	assert_int_equal(rules->count, 2);
	assert_int_equal(diff.table[TWP_TABLE_HOST6].count, 0);
	assert_int_equal(diff.table[TWP_TABLE_GENERATION].count, 0);
	twp_diff_clean(&diff);

	/* From nothing, all is new; a changed value is one change. */
	twp_image_clean(&before);
	assert_int_equal(twp_diff_make(&diff, &before, &after), 0);
	assert_int_equal(diff.table[TWP_TABLE_HOST4].added, after.table[TWP_TABLE_HOST4].count);
	twp_diff_clean(&diff);
	twp_image_clean(&after);
	situation_compile(&one, &before);
	one.policy = NULL;
	situation_compile(&one, &after);
	assert_int_equal(twp_diff_make(&diff, &before, &after), 0);
	assert_int_equal(diff.table[TWP_TABLE_HOST4].changed, 1);
	assert_int_equal(diff.table[TWP_TABLE_HOST6].changed, 1);
	assert_int_equal(diff.table[TWP_TABLE_RULES].removed, 1);
	twp_diff_clean(&diff);
	twp_image_clean(&before);
	twp_image_clean(&after);
}

static void takes_away(void **state)
{
	static const struct {
		const char *what;
		struct situation before, after;
		bool expected;
	} cases[] = {
		{ "nothing", { 0 }, { 0 }, false },
		{ "a policy comes", { 0 }, { FOR_A "ingress: [{}]", 0, 0, 0 }, true },
		{ "a policy goes", { FOR_A "ingress: [{}]", 0, 0, 0 }, { 0 }, false },
		{ "an allow comes",
		  { FOR_A "ingress: [{}]", 0, 0, 0 },
		  { FOR_A "ingress: [" FROM("app: a") "]", 0, 0, 0 },
		  false },
		{ "an allow goes",
		  { FOR_A "ingress: [" FROM("app: a") "]", 0, 0, 0 },
		  { FOR_A "ingress: [{}]", 0, 0, 0 },
		  true },
		{ "a deny comes",
		  { FOR_A "ingress: [{}]", 0, 0, 0 },
		  { FOR_A "ingress: [{}]\ningressDeny: [" FROM("app: a") "]", 0, 0, 0 },
		  true },
		{ "a deny goes",
		  { FOR_A "ingress: [{}]\ningressDeny: [" FROM("app: a") "]", 0, 0, 0 },
		  { FOR_A "ingress: [{}]", 0, 0, 0 },
		  false },
		{ "an allow becomes a deny",
		  { FOR_A "ingress: [" FROM("app: a") "]", 0, 0, 0 },
		  { FOR_A "ingressDeny: [" FROM("app: a") "]", 0, 0, 0 },
		  true },
		{ "a deny becomes an allow",
		  { FOR_A "ingressDeny: [" FROM("app: a") "]", 0, 0, 0 },
		  { FOR_A "ingress: [" FROM("app: a") "]", 0, 0, 0 },
		  false },
		{ "another direction is enforced",
		  { FOR_A "ingress: [{}]", 0, 0, 0 },
		  { FOR_A "ingress: [{}]\negress: [{}]", 0, 0, 0 },
		  true },
		{ "an endpoint comes that nobody selects",
		  { 0 },
		  { NULL, "b", "app=b", "10.0.0.2" },
		  false },
		{ "an endpoint comes that is allowed",
		  { FOR_A "ingress: [" FROM("app: b") "]", 0, 0, 0 },
		  { FOR_A "ingress: [" FROM("app: b") "]", "b", "app=b", "10.0.0.2" },
		  false },
		{ "an endpoint comes that is selected",
		  { FOR_A "ingress: [{}]", 0, 0, 0 },
		  { FOR_A "ingress: [{}]", "a2", "app=a", "10.0.0.2" },
		  true },
		{ "an endpoint goes", { NULL, "b", "app=b", "10.0.0.2" }, { 0 }, true },
		{ "an endpoint's labels change",
		  { NULL, "b", "app=b", "10.0.0.2" },
		  { NULL, "b", "app=c", "10.0.0.2" },
		  true },
		{ "an endpoint comes that was allowed as the world",
		  { FOR_A "ingress: [" FROM("'reserved:world': ''") "]", 0, 0, 0 },
		  { FOR_A "ingress: [" FROM("'reserved:world': ''") "]", "b", "app=b", "10.0.0.2" },
		  true },
		{ "an endpoint comes that was allowed as the host",
		  { FOR_A "ingress: [" FROM("'reserved:host': ''") "]", 0, 0, 0 },
		  { FOR_A "ingress: [" FROM("'reserved:host': ''") "]", "b", "app=b", "fd00::2" },
		  true },
		{ "an endpoint comes that a rule denies",
		  { FOR_A "ingress: [{fromEntities: [all]}]\ningressDeny: [" FROM("app: b") "]", 0,
		    0, 0 },
		  { FOR_A "ingress: [{fromEntities: [all]}]\ningressDeny: [" FROM("app: b") "]",
		    "b", "app=b", "10.0.0.2" },
		  true },
		{ "an address comes whose identity a rule denies already",
		  { "endpointSelector: {matchLabels: {'reserved:host': ''}}\n"
		    "ingressDeny: [" FROM("app: b") "]",
		    "b", "app=b", "10.0.0.2" },
		  { "endpointSelector: {matchLabels: {'reserved:host': ''}}\n"
		    "ingressDeny: [" FROM("app: b") "]",
		    "b", "app=b", "10.0.0.2 10.0.0.3" },
		  true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct twp_image before, after;
		struct twp_diff diff;

		situation_compile(&cases[i].before, &before);
		situation_compile(&cases[i].after, &after);
		assert_int_equal(twp_diff_make(&diff, &before, &after), 0);
		if (twp_diff_takes_away(&diff) != cases[i].expected)
			fail_msg("%s: expected %d", cases[i].what, cases[i].expected);
		twp_diff_clean(&diff);
		twp_image_clean(&before);
		twp_image_clean(&after);
	}
}

/* A rule's number says nothing about flows; a new generation neither. */
static void numbers_take_nothing_away(void **state)
{
	struct situation situation = { FOR_A "ingress: [" FROM("app: a") "]", 0, 0, 0 };
	struct twp_image before, after;
	struct twp_rule_value *value;
	struct twp_diff diff;

	(void)state;
	situation_compile(&situation, &before);
	assert_int_equal(twp_image_copy(&after, &before), 0);
	value = (struct twp_rule_value *)twp_row_value(&after, TWP_TABLE_RULES, 0);
	value->decision = TWP_DECISION(TWP_VERDICT_ALLOW, 99);
	((struct twp_generation_value *)twp_row_value(&after, TWP_TABLE_GENERATION, 0))->word[0] =
		8;
	assert_int_equal(twp_diff_make(&diff, &before, &after), 0);
	assert_int_equal(diff.table[TWP_TABLE_RULES].changed, 1);
	assert_int_equal(diff.table[TWP_TABLE_GENERATION].changed, 1);
	assert_false(twp_diff_takes_away(&diff));
	twp_diff_clean(&diff);
	twp_image_clean(&before);
	twp_image_clean(&after);
}

/* Row @number of table host4: its address, and what it says. */
static void host_row(struct twp_image *image, uint32_t number, uint32_t says)
{
	struct twp_host4_key key = { .address = htonl(number) };
	struct twp_host_value value = { .identity = says };

	assert_int_equal(twp_image_add(image, TWP_TABLE_HOST4, &key, &value), 0);
}

/* Large tables that differ in a few rows, which are found wherever they are. */
static void few_rows_of_many(void **state)
{
	(void)state;
	for (unsigned int seed = 0; seed < 200; seed++) {
		struct twp_image before = { 0 }, after = { 0 };
		size_t added = 0, removed = 0, changed = 0;
		const struct twp_table_diff *hosts;
		struct twp_diff diff;
		uint32_t rows;

		srandom(seed);
		rows = (uint32_t)random() % 3000;
		for (uint32_t i = 0; i < rows; i++) {
			long chance = random() % 400;

			if (chance != 0)
				host_row(&before, i, i);
			if (chance != 1)
				host_row(&after, i, i + (chance == 2));
			added += chance == 0;
			removed += chance == 1;
			changed += chance == 2;
		}
		assert_int_equal(twp_diff_make(&diff, &before, &after), 0);
		hosts = &diff.table[TWP_TABLE_HOST4];
		assert_int_equal(hosts->added, added);
		assert_int_equal(hosts->removed, removed);
		assert_int_equal(hosts->changed, changed);
		assert_int_equal(hosts->count, added + removed + changed);
		twp_diff_clean(&diff);
		twp_image_clean(&before);
		twp_image_clean(&after);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_and_rows),
		cmocka_unit_test(few_rows_of_many),
		cmocka_unit_test(takes_away),
		cmocka_unit_test(numbers_take_nothing_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
