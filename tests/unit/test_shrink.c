// SPDX-License-Identifier: GPL-2.0-only
/* Tests of the shrinker: what is planted into an image is found, and shrinks to one rule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "disagreement.h"
#include "generate.h"
#include "questions.h"
#include "shrink.h"
#include "world.h"
#include "yaml_tree.h"

enum { SEEDS = 12, QUESTIONS = 3000, TRIES = 5000 };

/* What files say, and an image of it with a wrong entry. */
struct planted {
	struct world world;
	struct twp_compile_input input;
	struct twp_image image;
};

/* Return: 0; -1 if the files cannot be read. */
static int planted_init(struct planted *planted, const struct generated *g)
{
	assert_int_equal(world_init(&planted->world), 0);
	twp_image_init(&planted->image);
	if (world_read(&planted->world, g, NULL)) {
		world_clean(&planted->world);
		return -1;
	}
	planted->input = world_input(&planted->world, 7);
	assert_int_equal(twp_compile(&planted->image, &planted->input, &twp_sizes_default, NULL),
			 0);
	disagreement_plant(&planted->image);
	return 0;
}

static void planted_clean(struct planted *planted)
{
	twp_image_clean(&planted->image);
	world_clean(&planted->world);
}

static bool planted_differs(const struct planted *planted, const struct twp_flow *flow,
			    FILE *stream)
{
	struct tables_answer answer = answer_of_image(&planted->image, flow);
	struct twp_answer oracle;

	twp_oracle_ask(&planted->input, flow, &oracle);
	if (stream) {
		oracle_print(&oracle, stream);
		answer_print(&answer, stream);
	}
	return !answer_is_right(&planted->input, flow, &oracle, &answer);
}

static bool ask_planted(const struct generated *g, const struct twp_flow *flow, FILE *stream,
			void *context)
{
	struct planted planted;
	bool differ;

	(void)context;
	if (planted_init(&planted, g))
		return false;
	differ = planted_differs(&planted, flow, stream);
	planted_clean(&planted);
	return differ;
}

/* A question whose answer the planted entry changes. Return: is there one? */
static bool find_flow(const struct generated *g, struct twp_flow *flow)
{
	struct questions questions;
	struct planted planted;
	bool found = false;

	assert_int_equal(planted_init(&planted, g), 0);
	questions_make(&questions, &planted.input, TWP_FAMILY_IPV4, QUESTIONS);
	for (size_t i = 0; i < questions.flows && !found; i++) {
		*flow = questions.flow[i];
		found = planted_differs(&planted, flow, NULL);
	}
	questions_clean(&questions);
	planted_clean(&planted);
	return found;
}

static size_t count_files(const struct generated *g, enum generated_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < g->files; i++)
		count += g->file[i].kind == kind;
	return count;
}

/* What is left: one rule of one policy. */
static void check_smallest(const struct generated *g, const struct twp_flow *flow)
{
	const struct twp_rule *rule;
	struct world world;

	assert_int_equal(world_init(&world), 0);
	assert_int_equal(world_read(&world, g, NULL), 0);
	assert_true(ask_planted(g, flow, NULL, NULL));
	assert_int_equal(count_files(g, GENERATED_POLICY), 1);
	assert_int_equal(world.policies, 1);
	assert_int_equal(world.policy[0].specs, 1);
	assert_int_equal(world.policy[0].spec[0].rules, 1);
	rule = &world.policy[0].spec[0].rule[0];
	assert_true(rule->peers <= 1);
	assert_true(rule->ports <= 1);
	assert_int_equal(rule->requires, 0);
	/* Client and server at most, and what an address is taken from. */
	assert_true(world.inventory.endpoints <= 2);
	world_clean(&world);
}

static void planted_entry_shrinks_to_one_rule(void **state)
{
	unsigned int found = 0;

	(void)state;
	for (unsigned int seed = 1; seed < 1000 && found < SEEDS; seed++) {
		char *text = NULL;
		struct twp_flow flow;
		struct generated g;
		size_t length;
		FILE *shown;

		srandom(seed);
		generated_make(&g);
		if (find_flow(&g, &flow)) {
			found++;
			shown = open_memstream(&text, &length);
			assert_non_null(shown);
			disagreement_show(&g, seed, &flow, TRIES, ask_planted, NULL, shown);
			fclose(shown);
			if (!strstr(text, "oracle allow") || !strstr(text, "the smallest case"))
				fail_msg("%s", text);
			check_smallest(&g, &flow);
			free(text);
		}
		generated_clean(&g);
	}
	assert_int_equal(found, SEEDS);
}

/* What the generator wrote, and what is written of it, say the same. */
static void written_trees_read_the_same(void **state)
{
	(void)state;
	for (unsigned int seed = 1; seed <= 100; seed++) {
		struct yaml_tree *tree, *again;
		struct generated g;
		char *text, *twice;

		srandom(seed);
		generated_make(&g);
		for (size_t i = 0; i < g.files; i++) {
			tree = yaml_tree_read(g.file[i].text);
			assert_non_null(tree);
			text = yaml_tree_write(tree);
			again = yaml_tree_read(text);
			assert_non_null(again);
			twice = yaml_tree_write(again);
			assert_string_equal(text, twice);
			assert_int_equal(tree->branches, again->branches);
			free(g.file[i].text);
			g.file[i].text = text;
			free(twice);
			yaml_tree_free(tree);
			yaml_tree_free(again);
		}
		struct world world;
		struct twp_error error = { "" };

		assert_int_equal(world_init(&world), 0);
		if (world_read(&world, &g, &error))
			fail_msg("%s", error.text);
		world_clean(&world);
		generated_clean(&g);
	}
	assert_null(yaml_tree_read("{a: [}"));
}

/* A shrinker that is told that everything shows it takes everything, and says how often it asked. */
static bool always(const struct generated *g, void *context)
{
	(void)g;
	++*(unsigned int *)context;
	return true;
}

static bool only_whole(const struct generated *g, void *context)
{
	(void)context;
	return g->files == 2 && strstr(g->file[0].text, "k0: v0") && strstr(g->file[1].text, "a") &&
	       strstr(g->file[1].text, "b");
}

static void shrinks_to_what_is_asked_for(void **state)
{
	unsigned int asked = 0, tries;
	struct generated g = { 0 };

	(void)state;
	srandom(3);
	generated_make(&g);
	g.default_deny = true;
	tries = shrink(&g, TRIES, always, &asked);
	assert_int_equal(tries, asked);
	assert_int_equal(g.files, 0);
	assert_false(g.default_deny);
	generated_clean(&g);

	generated_add(&g, GENERATED_ENDPOINT, 0, "- {name: e0, labels: {k0: v0, k1: v1}}\n");
	generated_add(&g, GENERATED_POLICY, 0, "- [a, c, b]\n- d\n");
	shrink(&g, TRIES, only_whole, NULL);
	assert_int_equal(g.files, 2);
	assert_string_equal(g.file[0].text, "---\n- labels:\n    k0: v0\n");
	assert_string_equal(g.file[1].text, "---\n- - a\n  - b\n");

	/* It ends when it is told to. */
	assert_int_equal(shrink(&g, 3, only_whole, NULL), 3);
	generated_clean(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(planted_entry_shrinks_to_one_rule),
		cmocka_unit_test(written_trees_read_the_same),
		cmocka_unit_test(shrinks_to_what_is_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
