// SPDX-License-Identifier: GPL-2.0-only
/*
 * agree - asks the oracle, backend nft and backend bpf the same questions about
 * generated cases. In a guest, in a network namespace of its own, which it leaves
 * as it was.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agree.h"
#include "../unit/disagreement.h"
#include "../unit/generate.h"
#include "../unit/questions.h"

static const char usage[] =
	"usage: agree ask SEED CASES QUESTIONS   QUESTIONS about each case, half of either family\n"
	"       agree flows SEED FOLDER MOST     the documents of a case, and flows on standard output\n"
	"\n"
	"AGREE_WRONG=nft|bpf: one entry of this backend is made wrong, in each case that has any.\n"
	"Exit status: 0 done, 1 failed, 2 usage, 3 disagreement.\n";

enum {
	STEPS = 5, /* cases of one seed: each changes the one before a little */
	TRIES = 1500,
	CASES_TO_COVER = 100, /* in so many everything must have been said */
};

struct run {
	struct agree_kernel kernel;
	struct world world;
	unsigned int cases;
	uint64_t asked[2]; /* of IPv4, of IPv6 */
	uint64_t verdict[4], by_rule;
};

static int failed(const struct twp_error *error)
{
	fprintf(stderr, "agree: %s\n", error->text);
	return 1;
}

/* Return: 1 if an answer differs, 0 if none does, -1 and @error. */
static int ask_all(struct run *run, const struct twp_compile_input *input,
		   const struct twp_flow *flow, struct twp_answer *oracle, FILE *stream,
		   struct twp_error *error)
{
	struct tables_answer answer[TWP_PROGRAM_SIDES];
	int differ = 0;

	twp_oracle_ask(input, flow, oracle);
	for (int i = 0; i < TWP_PROGRAM_SIDES; i++) {
		if (agree_kernel_ask(&run->kernel, i, flow, &answer[i], error))
			return -1;
		differ |= !answer_is_right(input, flow, oracle, &answer[i]);
	}
	differ |= answer[0].judgement.client != answer[1].judgement.client ||
		  answer[0].judgement.server != answer[1].judgement.server;
	if (stream) {
		struct tables_answer image = answer_of_image(&run->kernel.image, flow);

		oracle_print(oracle, stream);
		for (int i = 0; i < TWP_PROGRAM_SIDES; i++)
			answer_print(&answer[i], stream);
		answer_print(&image, stream);
	}
	return differ;
}

/* disagreement_ask() */
static bool ask_again(const struct generated *g, const struct twp_flow *flow, FILE *stream,
		      void *context)
{
	struct twp_compile_input input;
	struct run *run = context;
	struct twp_answer oracle;
	struct twp_error error;

	if (world_read(&run->world, g, NULL) || agree_kernel_apply(&run->kernel, &run->world, NULL))
		return false;
	input = world_input(&run->world, run->kernel.generation);
	return ask_all(run, &input, flow, &oracle, stream, &error) > 0;
}

static int family_ask(struct run *run, struct generated *g, unsigned int seed, uint8_t family,
		      unsigned int most)
{
	struct twp_compile_input input = world_input(&run->world, run->kernel.generation);
	struct questions questions;
	struct twp_answer oracle;
	struct twp_error error;
	int status = 0;

	questions_make(&questions, &input, family, most);
	for (size_t i = 0; i < questions.flows && !status; i++) {
		int differ = ask_all(run, &input, &questions.flow[i], &oracle, NULL, &error);

		run->asked[family == TWP_FAMILY_IPV6]++;
		run->verdict[oracle.verdict]++;
		run->by_rule += oracle.why[TWP_EGRESS] == TWP_WHY_RULE ||
				oracle.why[TWP_INGRESS] == TWP_WHY_RULE;
		if (differ < 0)
			status = failed(&error);
		if (differ > 0) {
			disagreement_show(g, seed, &questions.flow[i], TRIES, ask_again, run,
					  stdout);
			status = 3;
		}
	}
	questions_clean(&questions);
	return status;
}

static int case_run(struct run *run, struct generated *g, unsigned int seed, unsigned int most)
{
	struct twp_error error;
	int status;

	if (world_read(&run->world, g, &error) ||
	    agree_kernel_apply(&run->kernel, &run->world, &error)) {
		generated_print(g, stdout);
		fprintf(stderr, "agree: seed %u: %s\n", seed, error.text);
		return 1;
	}
	run->cases++;
	status = family_ask(run, g, seed, TWP_FAMILY_IPV4, most / 2);
	if (!status)
		status = family_ask(run, g, seed, TWP_FAMILY_IPV6, most - most / 2);
	return status;
}

static int seed_run(struct run *run, unsigned int seed, unsigned int cases, unsigned int most)
{
	struct twp_error error = { "no memory" };
	struct generated g;
	int status = 0;

	if (world_init(&run->world))
		return failed(&error);
	srandom(seed);
	generated_make(&g);
	for (int step = 0; step < STEPS && !status && run->cases < cases; step++) {
		status = case_run(run, &g, seed, most);
		for (unsigned int changes = 1 + pick(3); changes && !status; changes--)
			generated_change(&g);
	}
	generated_clean(&g);
	world_clean(&run->world);
	return status;
}

/* Return: 0, or 1 if many cases left out a construct, or were trivial. */
static int totals_print(const struct run *run)
{
	uint64_t asked = run->asked[0] + run->asked[1];
	int status = 0;

	printf("%llu questions to each backend (IPv4 %llu, IPv6 %llu) in %u cases: "
	       "%llu allow, %llu audit, %llu deny; a rule decided %llu\n",
	       (unsigned long long)asked, (unsigned long long)run->asked[0],
	       (unsigned long long)run->asked[1], run->cases,
	       (unsigned long long)run->verdict[TWP_VERDICT_ALLOW],
	       (unsigned long long)run->verdict[TWP_VERDICT_AUDIT],
	       (unsigned long long)run->verdict[TWP_VERDICT_DENY],
	       (unsigned long long)run->by_rule);
	printf("coverage of constructs:");
	for (size_t i = 0; coverage[i].construct; i++)
		printf("%s %s %u", i ? "," : "", coverage[i].construct, coverage[i].said);
	putchar('\n');
	if (run->cases < CASES_TO_COVER)
		return 0;
	for (size_t i = 0; coverage[i].construct; i++) {
		if (coverage[i].said)
			continue;
		fprintf(stderr, "agree: nothing was generated with: %s\n", coverage[i].construct);
		status = 1;
	}
	if (run->by_rule < asked / 10 || run->verdict[TWP_VERDICT_DENY] < asked / 10) {
		fprintf(stderr, "agree: the questions have drifted into the trivial\n");
		status = 1;
	}
	return status;
}

static int ask(unsigned int seed, unsigned int cases, unsigned int most)
{
	static struct run run;
	struct twp_error error;
	int status = 0;

	if (agree_kernel_open(&run.kernel, getenv("AGREE_WRONG"), &error))
		status = failed(&error);
	for (unsigned int i = seed; !status && run.cases < cases; i++)
		status = seed_run(&run, i, cases, most);
	agree_kernel_close(&run.kernel);
	return status ?: totals_print(&run);
}

static unsigned int number(const char *text)
{
	return (unsigned int)strtoul(text, NULL, 10);
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 5 && !strcmp(argv[1], "ask") && number(argv[3]))
		return ask(number(argv[2]), number(argv[3]), number(argv[4]));
	if (argc == 5 && !strcmp(argv[1], "flows"))
		return agree_flows(number(argv[2]), argv[3], number(argv[4]));
	fputs(usage, stderr);
	return 2;
}
