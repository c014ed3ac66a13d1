// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random endpoints and policies, seeded: the oracle and the compiled image must
 * say the same of random flows and of the edges; and a step from one state to
 * the next that is said to take nothing away must take nothing away.
 *
 * GENERATED_SEED and GENERATED_ROUNDS in the environment change what is run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "answers.h"
#include "disagreement.h"
#include "generate.h"
#include "questions.h"
#include "world.h"

enum { FLOWS = 300, EDGES_EACH = 50, STEPS = 4, TRIES = 5000 };

static unsigned int setting(const char *name, unsigned int otherwise)
{
	const char *text = getenv(name);

	return text ? (unsigned int)strtoul(text, NULL, 10) : otherwise;
}

struct totals {
	unsigned int flows, allowed, steps, took;
};

/* One seed's states. */
struct round {
	unsigned int seed;
	struct generated g;
	struct world world;
	struct twp_image image, before;
	struct twp_flow flow[FLOWS];
	enum twp_verdict was[FLOWS];
	struct totals *totals;
};

static void state_read(struct world *world, const struct generated *g, struct twp_image *image)
{
	struct twp_compile_input input;
	struct twp_error error;

	if (world_read(world, g, &error)) {
		generated_print(g, stderr);
		fail_msg("%s", error.text);
	}
	input = world_input(world, 7);
	twp_image_init(image);
	if (twp_compile(image, &input, &twp_sizes_default, &error))
		fail_msg("%s", error.text);
}

/* disagreement_ask(), in a world of its own; what cannot be read shows nothing. */
static bool ask(const struct generated *g, const struct twp_flow *flow, FILE *stream, void *context)
{
	struct twp_compile_input input;
	struct twp_answer oracle;
	struct tables_answer answer;
	struct twp_image image;
	struct world world;
	bool differ = false;

	(void)context;
	assert_int_equal(world_init(&world), 0);
	twp_image_init(&image);
	if (!world_read(&world, g, NULL)) {
		input = world_input(&world, 7);
		assert_int_equal(twp_compile(&image, &input, &twp_sizes_default, NULL), 0);
		twp_oracle_ask(&input, flow, &oracle);
		answer = answer_of_image(&image, flow);
		differ = !answer_is_right(&input, flow, &oracle, &answer);
		if (stream) {
			oracle_print(&oracle, stream);
			answer_print(&answer, stream);
		}
	}
	twp_image_clean(&image);
	world_clean(&world);
	return differ;
}

/* What oracle and image both say. */
static enum twp_verdict judge(struct round *round, const struct twp_flow *flow)
{
	struct twp_compile_input input = world_input(&round->world, 7);
	struct tables_answer answer = answer_of_image(&round->image, flow);
	struct twp_answer oracle;

	twp_oracle_ask(&input, flow, &oracle);
	if (!answer_is_right(&input, flow, &oracle, &answer)) {
		disagreement_show(&round->g, round->seed, flow, TRIES, ask, NULL, stderr);
		fail_msg("oracle and image disagree");
	}
	round->totals->flows++;
	round->totals->allowed += answer.verdict == TWP_VERDICT_ALLOW;
	return answer.verdict;
}

static void edges_judge(struct round *round, uint8_t family)
{
	struct twp_compile_input input = world_input(&round->world, 7);
	struct questions questions;

	questions_make(&questions, &input, family, EDGES_EACH);
	for (size_t i = 0; i < questions.flows; i++)
		judge(round, &questions.flow[i]);
	questions_clean(&questions);
}

/* Asked of many pairs, the oracle answers as it does when it is asked of one. */
static void pairs_check(const struct world *world)
{
	struct twp_compile_input input = world_input(world, 7);
	struct twp_flow flow = generate_flow();
	struct twp_oracle *oracle = twp_oracle_open(&input, &flow.client, 1);

	assert_non_null(oracle);
	for (size_t i = 0; i < input.endpoints * (input.endpoints + 1); i++) {
		size_t from = i % (input.endpoints + 1), to = i / (input.endpoints + 1);
		struct twp_answer one, many;

		flow.client_endpoint = from < input.endpoints ? &input.endpoint[from] : NULL;
		flow.client_local = false;
		flow.server_endpoint = &input.endpoint[to];
		twp_oracle_ask(&input, &flow, &one);
		twp_oracle_pair(oracle, from, to, flow.protocol, flow.port, &many);
		for (int d = 0; d < TWP_DIRECTIONS; d++) {
			assert_int_equal(one.direction[d], many.direction[d]);
			assert_int_equal(one.why[d], many.why[d]);
			assert_ptr_equal(one.rule[d], many.rule[d]);
		}
	}
	twp_oracle_close(oracle);
}

static void step_run(struct round *round, int step)
{
	struct twp_diff diff;
	bool takes;

	state_read(&round->world, &round->g, &round->image);
	assert_int_equal(twp_diff_make(&diff, &round->before, &round->image), 0);
	takes = twp_diff_takes_away(&diff);
	twp_diff_clean(&diff);
	for (int i = 0; i < FLOWS; i++) {
		enum twp_verdict is = judge(round, &round->flow[i]);

		if (step && !takes && round->was[i] != TWP_VERDICT_DENY)
			assert_int_not_equal(is, TWP_VERDICT_DENY);
		round->was[i] = is;
	}
	edges_judge(round, TWP_FAMILY_IPV4);
	edges_judge(round, TWP_FAMILY_IPV6);
	pairs_check(&round->world);
	round->totals->steps += step > 0;
	round->totals->took += step > 0 && takes;
	twp_image_clean(&round->before);
	round->before = round->image;
}

static void round_run(unsigned int seed, struct totals *totals)
{
	static struct round round;

	round = (struct round){ .seed = seed, .totals = totals };
	srandom(seed);
	assert_int_equal(world_init(&round.world), 0);
	generated_make(&round.g);
	for (int i = 0; i < FLOWS; i++)
		round.flow[i] = generate_flow();
	for (int step = 0; step < STEPS; step++) {
		step_run(&round, step);
		for (unsigned int changes = 1 + pick(3); changes; changes--)
			generated_change(&round.g);
	}
	twp_image_clean(&round.before);
	generated_clean(&round.g);
	world_clean(&round.world);
}

static void oracle_and_image_agree(void **state)
{
	unsigned int seed = setting("GENERATED_SEED", 1);
	unsigned int rounds = setting("GENERATED_ROUNDS", 300);
	struct totals totals = { 0 };

	(void)state;
	for (unsigned int i = 0; i < rounds; i++)
		round_run(seed + i, &totals);
	print_message("           %u flows, %u allowed; %u changes, %u take something away\n",
		      totals.flows, totals.allowed, totals.steps, totals.took);
	for (size_t i = 0; coverage[i].construct; i++) {
		print_message("           %6u %s\n", coverage[i].said, coverage[i].construct);
		assert_true(coverage[i].said || rounds < 100);
	}
	/* The generator must not drift into the trivial. */
	assert_in_range(totals.allowed, totals.flows / 10, totals.flows / 10 * 9);
	assert_in_range(totals.took, totals.steps / 10, totals.steps / 10 * 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(oracle_and_image_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
