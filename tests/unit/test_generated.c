// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random endpoints and policies, seeded: the oracle and the compiled image must
 * say the same of random flows; and a step from one state to the next that is
 * said to take nothing away must take nothing away.
 *
 * GENERATED_SEED and GENERATED_ROUNDS in the environment change what is run.
 */
#include "generate.h"
#include "model.h"

enum { FLOWS = 400 };

/* Reads a document of inventory into the model. */
static void model_inventory(struct model *m, const struct text *text)
{
	struct twp_inventory *inventory = &m->inventory;
	struct twp_error error;

	if (twp_inventory_read(inventory, "inventory.yaml", text->bytes, text->length, &error))
		fail_msg("%s in\n%s", error.text, text->bytes);
	for (size_t i = 0; i < inventory->endpoints; i++) {
		m->endpoint = reallocarray(m->endpoint, m->endpoints + 1, sizeof(*m->endpoint));
		assert_non_null(m->endpoint);
		m->endpoint[m->endpoints] = inventory->endpoint[i];
		model_identify(m, &m->endpoint[m->endpoints++]);
	}
	inventory->endpoints = 0;
}

static void endpoint_generate(struct model *m, struct text *text, unsigned int number)
{
	generate_endpoint(text, number);
	model_inventory(m, text);
}

static void policy_generate(struct model *m, struct text *text)
{
	static unsigned int number;

	generate_policy(text, number++);
	model_policy(m, "generated", text->bytes);
}

static unsigned int setting(const char *name, unsigned int otherwise)
{
	const char *text = getenv(name);

	return text ? (unsigned int)strtoul(text, NULL, 10) : otherwise;
}

/* Changes one thing. */
static void model_change(struct model *m, struct text *text, unsigned int *endpoints)
{
	switch (pick(6)) {
	case 0:
		if (*endpoints < 10)
			endpoint_generate(m, text, (*endpoints)++);
		break;
	case 3:
		m->default_deny = !pick(8);
		break;
	case 1:
		if (m->policies)
			twp_policy_clean(&m->policy[--m->policies]);
		break;
	case 2:
		if (m->endpoints && m->endpoint[m->endpoints - 1].addresses)
			m->endpoint[m->endpoints - 1].addresses--;
		break;
	default:
		policy_generate(m, text);
	}
}

/* Asked of many pairs, the oracle answers as it does when it is asked of one. */
static void pairs_check(const struct model *m)
{
	struct twp_compile_input input = model_input(m);
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

struct totals {
	unsigned int flows, allowed, steps, took;
};

static void round_run(struct text *text, struct totals *totals)
{
	struct twp_image image, before = { 0 };
	unsigned int endpoints = 2 + pick(6);
	enum twp_verdict was[FLOWS];
	struct twp_flow flow[FLOWS];
	struct model m;

	model_init(&m);
	for (unsigned int i = 0; i < endpoints; i++)
		endpoint_generate(&m, text, i);
	generate_namespaces(text);
	model_inventory(&m, text);
	if (!pick(3)) {
		generate_host(text);
		model_inventory(&m, text);
	}
	for (unsigned int i = pick(5); i > 0; i--)
		policy_generate(&m, text);
	for (int i = 0; i < FLOWS; i++)
		flow[i] = generate_flow();

	for (int step = 0; step < 4; step++) {
		struct twp_diff diff;
		bool takes;

		model_compile(&m, &image);
		assert_int_equal(twp_diff_make(&diff, &before, &image), 0);
		takes = twp_diff_takes_away(&diff);
		twp_diff_clean(&diff);
		for (int i = 0; i < FLOWS; i++) {
			enum twp_verdict is = model_judge(&m, &image, &flow[i]);

			if (step && !takes && was[i] != TWP_VERDICT_DENY)
				assert_int_not_equal(is, TWP_VERDICT_DENY);
			was[i] = is;
			totals->allowed += is == TWP_VERDICT_ALLOW;
		}
		pairs_check(&m);
		totals->flows += FLOWS;
		totals->steps += step > 0;
		totals->took += step > 0 && takes;
		twp_image_clean(&before);
		before = image;
		for (unsigned int changes = 1 + pick(3); changes; changes--)
			model_change(&m, text, &endpoints);
	}
	twp_image_clean(&before);
	model_clean(&m);
}

static void oracle_and_image_agree(void **state)
{
	unsigned int seed = setting("GENERATED_SEED", 1);
	unsigned int rounds = setting("GENERATED_ROUNDS", 300);
	struct totals totals = { 0 };
	static struct text text;

	(void)state;
	for (unsigned int i = 0; i < rounds; i++) {
		srandom(seed + i);
		round_run(&text, &totals);
	}
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
