// SPDX-License-Identifier: GPL-2.0-only
/* Tests of bpf/judge.h: each step alone, then all of them by chance; and what a judgement costs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>

#include "judge_image.h"
#include "judge_run.h"
#include "random_image.h"
#include "reference.h"

#define A 256u /* identities */
#define B 257u
#define EXACT (1u << TWP_PORT_BITS)
#define ALLOW(n) TWP_DECISION(TWP_VERDICT_ALLOW, n)
#define DENY(n) TWP_DECISION(TWP_VERDICT_DENY, n)

/* Asks the program, and asserts that the reference says the same. */
static struct twp_judgement judged(int program, const struct twp_tuple *tuple)
{
	struct twp_judgement judgement = { 0 }, expected;
	const enum twp_verdict verdict = reference_judge(&image, tuple, &expected);

	assert_int_equal(judge_run(program, tuple, &judgement), verdict);
	assert_memory_equal(&judgement, &expected, sizeof(judgement));
	return judgement;
}

static void a1_hosts_are_found(void **state)
{
	struct twp_judgement judgement;
	struct twp_tuple tuple;
	int program;

	(void)state;
	host4("10.0.0.1", A, nothing, nothing);
	host4("10.0.0.2", B, nothing, nothing);
	host6("fd00::1", A);
	host6("fd00::2", B);
	program = load();
	tuple = flow("10.0.0.1", "10.0.0.2", 80, 0);
	judgement = judged(program, &tuple);
	assert_int_equal(judgement.client, A);
	assert_int_equal(judgement.server, B);
	assert_int_equal(judgement.decision[TWP_INGRESS], ALLOW(0));
	assert_int_equal(judgement.decision[TWP_EGRESS], ALLOW(0));
	assert_int_equal(judgement.lookups, 2);
	tuple = flow("fd00::2", "fd00::1", 80, 0);
	judgement = judged(program, &tuple);
	assert_int_equal(judgement.client, B);
	assert_int_equal(judgement.server, A);
	assert_int_equal(judgement.lookups, 2);
}

static void a2_this_host(void **state)
{
	struct twp_judgement judgement;
	struct twp_tuple tuple;
	int program;

	(void)state;
	host4("0.0.0.0", A, nothing, nothing);
	host4("10.0.0.2", B, nothing, nothing);
	program = load();

	/* Its entry stands for its own addresses, */
	tuple = flow("192.0.2.1", "10.0.0.2", 80, TWP_TUPLE_CLIENT_LOCAL);
	assert_int_equal(judged(program, &tuple).client, A);
	/* not for the unspecified address of somebody else, which is not looked up, */
	tuple = flow("0.0.0.0", "10.0.0.2", 80, 0);
	judgement = judged(program, &tuple);
	assert_int_equal(judgement.client, TWP_IDENTITY_WORLD);
	assert_int_equal(judgement.lookups, 2); /* of these one for the lengths */
	/* nor for an address that has an entry of its own. */
	tuple = flow("192.0.2.1", "10.0.0.2", 80, TWP_TUPLE_SERVER_LOCAL);
	assert_int_equal(judged(program, &tuple).server, B);
	/* Without an entry it is the identity of its own. */
	tuple = flow("fd00::1", "fd00::2", 80, TWP_TUPLE_SERVER_LOCAL);
	assert_int_equal(judged(program, &tuple).server, TWP_IDENTITY_HOST);
}

static void a3_longest_prefix_wins(void **state)
{
	static const uint32_t in_use4[] = { 0, 8, 16, 24, 32 };
	static const uint32_t in_use6[] = { 0, 31, 32, 33, 64, 95, 96, 127, 128 };
	struct twp_tuple tuple;
	int program;

	(void)state;
	prefix("0.0.0.0", 0, 100);
	prefix("10.0.0.0", 8, 108);
	prefix("10.1.0.0", 16, 116);
	prefix("10.1.2.3", 32, 132);
	lengths(TWP_GENERATION_LENGTHS4, in_use4, 5);
	prefix("::", 0, 200);
	prefix("2000::", 31, 231);
	prefix("2001:db8::", 32, 232);
	prefix("2001:db8:8000::", 33, 233);
	prefix("2001:db8::", 64, 264);
	prefix("2001:db8::1:0:0", 96, 296);
	prefix("2001:db8::2", 127, 327);
	prefix("2001:db8::3", 128, 328);
	lengths(TWP_GENERATION_LENGTHS6, in_use6, 9);
	program = load();

	tuple = flow("10.1.2.3", "10.1.2.4", 80, 0);
	assert_int_equal(judged(program, &tuple).client, 132);
	assert_int_equal(judged(program, &tuple).server, 116);
	tuple = flow("10.2.0.0", "192.0.2.1", 80, 0);
	assert_int_equal(judged(program, &tuple).client, 108);
	assert_int_equal(judged(program, &tuple).server, 100);
	tuple = flow("2001:db8::3", "2001:db8::2", 80, 0);
	assert_int_equal(judged(program, &tuple).client, 328);
	assert_int_equal(judged(program, &tuple).server, 327);
	tuple = flow("2001:db8::1:2:3", "2001:db8::4", 80, 0);
	assert_int_equal(judged(program, &tuple).client, 296);
	assert_int_equal(judged(program, &tuple).server, 264);
	tuple = flow("2001:db8:8001::1", "2001:db8:7fff::1", 80, 0);
	assert_int_equal(judged(program, &tuple).client, 233);
	assert_int_equal(judged(program, &tuple).server, 232);
	tuple = flow("2001::1", "fe80::1", 80, 0);
	assert_int_equal(judged(program, &tuple).client, 200);
	assert_int_equal(judged(program, &tuple).server, 200);
}

static void a3_every_length(void **state)
{
	static uint32_t in_use[129];
	struct twp_judgement judgement;
	struct twp_tuple tuple;
	int program;

	(void)state;
	for (uint32_t i = 0; i < 129; i++)
		in_use[i] = i;
	lengths(TWP_GENERATION_LENGTHS4, in_use, 33);
	lengths(TWP_GENERATION_LENGTHS6, in_use, 129);
	program = load();
	tuple = flow("10.1.2.3", "10.1.2.4", 80, 0);
	judgement = judged(program, &tuple);
	assert_int_equal(judgement.client, TWP_IDENTITY_WORLD);
	assert_int_equal(judgement.lookups, 2 * (1 + 1 + 33));
	tuple = flow("2001:db8::3", "2001:db8::2", 80, 0);
	judgement = judged(program, &tuple);
	assert_int_equal(judgement.server, TWP_IDENTITY_WORLD);
	assert_int_equal(judgement.lookups, 2 * (1 + 1 + 129));
}

static void b1_what_is_not_enforced_passes(void **state)
{
	const struct twp_rules_in_use shapes_only = { EXACT | TWP_HAS_DENIES, 1 };
	struct twp_tuple tuple;

	(void)state;
	host4("10.0.0.1", A, shapes_only, shapes_only);
	rule(A, TWP_EGRESS, TWP_IDENTITY_WORLD, TWP_SHAPE(IPPROTO_TCP, 16), 80, DENY(1));
	tuple = flow("10.0.0.1", "192.0.2.1", 80, 0);
	assert_int_equal(judged(load(), &tuple).decision[TWP_EGRESS], ALLOW(0));
}

/* Each shape opens what it should, and nothing beside it. */
static void b2_every_shape(void **state)
{
	const uint16_t port = 0xa5a5;

	(void)state;
	for (int i = 0; i < 2 * TWP_SHAPES; i++) {
		const int shape = i % TWP_SHAPES, any = i >= TWP_SHAPES;
		const struct twp_rules_in_use in_use = {
			TWP_ENFORCED | (any ? 0 : 1u << shape),
			any ? 1u << shape : 0,
		};
		struct twp_judgement judgement;
		struct twp_tuple tuple;
		int program;

		host4("10.0.0.1", A, nothing, nothing);
		host4("10.0.0.2", B, in_use, nothing);
		if (shape == TWP_SHAPE_ANY_PROTOCOL)
			rule(B, TWP_INGRESS, any ? 0 : A, TWP_SHAPE_ANY_PROTOCOL, 0, ALLOW(9));
		else
			rule(B, TWP_INGRESS, any ? 0 : A, TWP_SHAPE(IPPROTO_TCP, shape),
			     port & (0xffff0000u >> shape & 0xffff), ALLOW(9));
		program = load();
		tuple = flow("10.0.0.1", "10.0.0.2", port, 0);
		judgement = judged(program, &tuple);
		assert_int_equal(judgement.decision[TWP_INGRESS], ALLOW(9));
		assert_int_equal(judgement.decision[TWP_EGRESS], ALLOW(0));
		assert_int_equal(judgement.lookups, 3);
		if (shape && shape != TWP_SHAPE_ANY_PROTOCOL) { /* the last bit of the prefix */
			tuple.port = htons(port ^ 1u << (16 - shape));
			assert_int_equal(judged(program, &tuple).decision[TWP_INGRESS], DENY(0));
			tuple.port = htons(port);
		}
		tuple.protocol = IPPROTO_UDP;
		assert_int_equal(judged(program, &tuple).decision[TWP_INGRESS],
				 shape == TWP_SHAPE_ANY_PROTOCOL ? ALLOW(9) : DENY(0));
		tuple = flow("10.0.0.3", "10.0.0.2", port, 0);
		assert_int_equal(judged(program, &tuple).decision[TWP_INGRESS],
				 any ? ALLOW(9) : DENY(0));
		stop(NULL);
		start(NULL);
	}
}

static void three_rules(uint32_t flags, uint32_t exact, uint32_t port_range, uint32_t any_peer)
{
	const struct twp_rules_in_use in_use = { TWP_ENFORCED | flags | EXACT | 1, 1 };

	host4("10.0.0.1", A, nothing, in_use);
	host4("10.0.0.2", B, nothing, nothing);
	rule(A, TWP_EGRESS, B, TWP_SHAPE(IPPROTO_TCP, 16), 80, exact);
	rule(A, TWP_EGRESS, B, TWP_SHAPE(IPPROTO_TCP, 0), 0, port_range);
	rule(A, TWP_EGRESS, 0, TWP_SHAPE(IPPROTO_TCP, 0), 0, any_peer);
}

static void b2_the_first_allow_counts(void **state)
{
	struct twp_judgement judgement;
	struct twp_tuple tuple;
	int program;

	(void)state;
	three_rules(0, ALLOW(1), ALLOW(2), ALLOW(3));
	program = load();
	tuple = flow("10.0.0.1", "10.0.0.2", 80, 0);
	judgement = judged(program, &tuple);
	assert_int_equal(judgement.decision[TWP_EGRESS], ALLOW(1));
	assert_int_equal(judgement.lookups, 3); /* and ends it */
	tuple = flow("10.0.0.1", "10.0.0.2", 81, 0);
	judgement = judged(program, &tuple);
	assert_int_equal(judgement.decision[TWP_EGRESS], ALLOW(2));
	assert_int_equal(judgement.lookups, 4);
	tuple = flow("10.0.0.1", "10.0.0.3", 81, 0);
	judgement = judged(program, &tuple);
	assert_int_equal(judgement.decision[TWP_EGRESS], ALLOW(3));
}

static void b2_deny_wins(void **state)
{
	struct twp_judgement judgement;
	struct twp_tuple tuple;

	(void)state;
	three_rules(TWP_HAS_DENIES, ALLOW(1), ALLOW(2), DENY(3));
	tuple = flow("10.0.0.1", "10.0.0.2", 80, 0);
	judgement = judged(load(), &tuple);
	assert_int_equal(judgement.decision[TWP_EGRESS], DENY(3));
	assert_int_equal(judgement.lookups, 5);
	stop(NULL);
	start(NULL);

	three_rules(TWP_HAS_DENIES, DENY(1), ALLOW(2), DENY(3));
	judgement = judged(load(), &tuple);
	assert_int_equal(judgement.decision[TWP_EGRESS], DENY(1));
	assert_int_equal(judgement.lookups, 3); /* the first deny ends it */
	stop(NULL);
	start(NULL);

	three_rules(TWP_HAS_DENIES, ALLOW(1), ALLOW(2), ALLOW(3));
	judgement = judged(load(), &tuple);
	assert_int_equal(judgement.decision[TWP_EGRESS], ALLOW(1));
	assert_int_equal(judgement.lookups, 5); /* there might have been one */
}

static void b3_the_rest_is_denied(void **state)
{
	struct twp_judgement judgement;
	struct twp_tuple tuple;

	(void)state;
	host4("10.0.0.1", A, nothing, (struct twp_rules_in_use){ TWP_ENFORCED, 0 });
	tuple = flow("10.0.0.1", "10.0.0.2", 80, 0);
	judgement = judged(load(), &tuple);
	assert_int_equal(judgement.decision[TWP_EGRESS], DENY(0));
	assert_int_equal(judgement.decision[TWP_INGRESS], ALLOW(0));
}

static void b4_audit_reports_only(void **state)
{
	struct twp_judgement judgement;
	struct twp_tuple tuple;
	int program;

	(void)state;
	three_rules(TWP_AUDIT, DENY(1), ALLOW(2), ALLOW(3));
	program = load();
	tuple = flow("10.0.0.1", "10.0.0.2", 80, 0);
	judgement = judged(program, &tuple);
	assert_int_equal(judgement.decision[TWP_EGRESS], TWP_DECISION(TWP_VERDICT_AUDIT, 1));
	assert_int_equal(judge_run(program, &tuple, &judgement), TWP_VERDICT_AUDIT);
	tuple.protocol = IPPROTO_UDP;
	judgement = judged(program, &tuple);
	assert_int_equal(judgement.decision[TWP_EGRESS], TWP_DECISION(TWP_VERDICT_AUDIT, 0));
}

static void c_the_larger_verdict_counts(void **state)
{
	const struct twp_rules_in_use deny = { TWP_ENFORCED, 0 };
	const struct twp_rules_in_use audit = { TWP_ENFORCED | TWP_AUDIT, 0 };
	struct twp_judgement judgement;
	struct twp_tuple tuple;
	int program;

	(void)state;
	host4("10.0.0.1", A, deny, audit);
	host4("10.0.0.2", B, audit, deny);
	host4("10.0.0.3", B, nothing, nothing);
	program = load();
	tuple = flow("10.0.0.1", "10.0.0.2", 80, 0);
	assert_int_equal(judge_run(program, &tuple, &judgement), TWP_VERDICT_AUDIT);
	tuple = flow("10.0.0.2", "10.0.0.1", 80, 0);
	assert_int_equal(judge_run(program, &tuple, &judgement), TWP_VERDICT_DENY);
	tuple = flow("10.0.0.3", "10.0.0.1", 80, 0);
	assert_int_equal(judge_run(program, &tuple, &judgement), TWP_VERDICT_DENY);
	tuple = flow("10.0.0.1", "10.0.0.3", 80, 0);
	assert_int_equal(judge_run(program, &tuple, &judgement), TWP_VERDICT_AUDIT);
	tuple = flow("10.0.0.3", "10.0.0.3", 80, 0);
	assert_int_equal(judge_run(program, &tuple, &judgement), TWP_VERDICT_ALLOW);
}

static void generation_and_nonsense(void **state)
{
	struct twp_tuple tuple = flow("10.0.0.1", "10.0.0.2", 80, 0);
	struct twp_judgement judgement;
	int program = load();

	(void)state;
	for (size_t length = 1; length < sizeof(tuple); length++)
		assert_int_equal(judge_run_data(program, &tuple, length, 1, NULL, &judgement),
				 TWP_VERDICT_NONE);
	tuple.family = 5;
	assert_int_equal(judge_run(program, &tuple, &judgement), TWP_VERDICT_NONE);
	tuple.family = TWP_FAMILY_NONE;
	assert_int_equal(judge_run(program, &tuple, &judgement), 7);
	stop(NULL);
	twp_image_init(&image);
	assert_int_equal(judge_run(load(), &tuple, &judgement), 0);
}

static void all_by_chance(void **state)
{
	struct random random = { 1 };

	(void)state;
	for (int i = 0; i < 100; i++) {
		int program;

		stop(NULL);
		random_image(&random, &image, 1 + i);
		program = load();
		for (int j = 0; j < 300; j++) {
			struct twp_tuple tuple;

			random_tuple(&random, &tuple);
			judged(program, &tuple);
		}
	}
}

/* Printed, not judged: other work on this machine is in it. */
static void cost(void **state)
{
	static const uint32_t entries[] = { 10, 1000, 100000 };

	(void)state;
	for (int family = TWP_FAMILY_IPV4; family <= TWP_FAMILY_IPV6; family += 2) {
		for (int i = 0; i < 3; i++) {
			__u32 ns, least = ~0u;
			int program;

			stop(NULL);
			large_image(&image, entries[i], 1);
			program = load();
			for (int number = 0; number < 100; number++) {
				struct twp_judgement judgement;
				struct twp_tuple tuple;

				large_tuple(&tuple, entries[i], number * 499, family);
				assert_int_equal(judge_run_data(program, &tuple, sizeof(tuple),
								20000, &ns, &judgement),
						 TWP_VERDICT_ALLOW);
				assert_int_equal(judgement.lookups, 4);
				least = ns < least ? ns : least;
			}
			print_message("IPv%d, exact shape, %6u rules: %u ns a judgement, "
				      "4 lookups\n",
				      family, entries[i], least);
		}
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

/* PROGRAM [PATTERN]: tests to leave out, such as "cost" where the clock says nothing. */
int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(a1_hosts_are_found),
		TEST(a2_this_host),
		TEST(a3_longest_prefix_wins),
		TEST(a3_every_length),
		TEST(b1_what_is_not_enforced_passes),
		TEST(b2_every_shape),
		TEST(b2_the_first_allow_counts),
		TEST(b2_deny_wins),
		TEST(b3_the_rest_is_denied),
		TEST(b4_audit_reports_only),
		TEST(c_the_larger_verdict_counts),
		TEST(generation_and_nonsense),
		TEST(all_by_chance),
		TEST(cost),
	};

	if (argc > 1)
		cmocka_set_skip_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
