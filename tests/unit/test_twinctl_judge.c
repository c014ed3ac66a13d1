// SPDX-License-Identifier: GPL-2.0-only
/* twinctl classify and bench: two backends, one question. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "twinctl_check.h"

/* Of two answers; the caller changes what it likes. */
static Twinpath__V1__Decision decisions[2];
static Twinpath__V1__Judgement judgements[2];
static Twinpath__V1__Classification classifications[2];

static void make_judgements(void)
{
	for (int i = 0; i < 2; i++) {
		twinpath__v1__decision__init(&decisions[i]);
		twinpath__v1__judgement__init(&judgements[i]);
		twinpath__v1__classification__init(&classifications[i]);
		decisions[i].verdict = judgements[i].verdict = V(ALLOW);
		decisions[i].rule = 7;
		judgements[i].backend = i ? B(BPF) : B(NFT);
		judgements[i].generation = 12;
		judgements[i].client = 256;
		judgements[i].server = 257;
		judgements[i].ingress = &decisions[i];
		judgements[i].lookups = 3;
		classifications[i].judgement = &judgements[i];
		classifications[i].ingress_rule = (char *)"policy web, ingress[0]";
	}
}

static void classify_asks_both(void **state)
{
	const Twinpath__V1__Response nft =
		RESPONSE(CLASSIFICATION, classification, &classifications[0]);
	const Twinpath__V1__Response bpf =
		RESPONSE(CLASSIFICATION, classification, &classifications[1]);
	static const char flow[] = "classify --from 10.0.0.1 --to 10.0.0.2 --port 80/tcp";
	char line[128];

	(void)state;
	make_judgements();
	struct run run = run_twinctl(ANSWERS(&nft, &bpf), NULL, flow);
	check_done(&run);
	assert_int_equal(run.asked, 2);
	assert_int_equal(run.request->classify->tuple->protocol, 6);
	assert_int_equal(run.request->classify->tuple->port, 80);
	check_has(run.out,
		  "nft      allow    -       allow by policy web, ingress[0]        3     256  ");
	run_clean(&run);

	decisions[1].verdict = judgements[1].verdict = V(DENY);
	run = run_twinctl(ANSWERS(&nft, &bpf), NULL, flow);
	check_has(run.out, "bpf      deny ");
	check_failed(&run, 3, "the backends disagree");
	snprintf(line, sizeof(line), "%s --json", flow);
	run = run_twinctl(ANSWERS(&nft, &bpf), NULL, line);
	json_t *root = check_parse(run.out);
	assert_true(json_is_false(check_find(root, "agree")));
	check_word(root, "classification.1.judgement.verdict", "deny");
	json_decref(root);
	check_failed(&run, 3, "the backends disagree");

	/* Answers of two generations are no disagreement: both are asked again. */
	judgements[1].generation = 13;
	run = run_twinctl(ANSWERS(&nft, &bpf, &nft, &nft), NULL, flow);
	check_done(&run);
	assert_int_equal(run.asked, 4);
	run_clean(&run);

	run = run_twinctl(ANSWERS(&nft, &check_refusal), NULL, flow);
	check_failed(&run, 1, "reversed");
}

static void classify_takes_every_flow(void **state)
{
	static const struct {
		const char *words;
		uint32_t protocol, port;
		size_t length;
		bool from_host, to_host;
	} flows[] = {
		{ "--from host --to 10.0.0.1 --port 0/udp", 17, 0, 4, true, false },
		{ "--from fd00::1 --to host --port 65535/sctp", 132, 65535, 16, false, true },
		{ "--from 10.0.0.1 --to 10.0.0.2 --port icmp/8", 1, 8 << 8, 4, false, false },
		{ "--from ::1 --to ::2 --port icmpv6/128", 58, 128 << 8, 16, false, false },
		{ "--from ::1 --to ::2 --port proto/47", 47, 0, 16, false, false },
		{ "--from ::1 --to ::2", 255, 0, 16, false, false },
	};
	const Twinpath__V1__Response nft =
		RESPONSE(CLASSIFICATION, classification, &classifications[0]);

	(void)state;
	make_judgements();
	for (size_t i = 0; i < sizeof(flows) / sizeof(*flows); i++) {
		char line[128];

		snprintf(line, sizeof(line), "classify --backend bpf %s", flows[i].words);
		struct run run = run_twinctl(ANSWERS(&nft), NULL, line);
		check_done(&run);
		assert_int_equal(run.asked, 1);
		assert_int_equal(run.request->classify->backend, B(BPF));
		const Twinpath__V1__Tuple *tuple = run.request->classify->tuple;
		assert_int_equal(tuple->protocol, flows[i].protocol);
		assert_int_equal(tuple->port, flows[i].port);
		assert_int_equal(tuple->client.len, flows[i].length);
		assert_int_equal(tuple->server.len, flows[i].length);
		assert_int_equal(tuple->client_local, flows[i].from_host);
		assert_int_equal(tuple->server_local, flows[i].to_host);
		run_clean(&run);
	}
}

static void bench_measures_both(void **state)
{
	Twinpath__V1__BenchResult nft = TWINPATH__V1__BENCH_RESULT__INIT;
	Twinpath__V1__BenchResult bpf = TWINPATH__V1__BENCH_RESULT__INIT;
	const Twinpath__V1__Response first = RESPONSE(BENCH, bench, &nft);
	const Twinpath__V1__Response second = RESPONSE(BENCH, bench, &bpf);

	(void)state;
	nft.backend = B(NFT);
	bpf.backend = B(BPF);
	nft.judgements = bpf.judgements = 1000;
	nft.lookups = bpf.lookups = 4500;
	nft.min_ns = 123400;
	nft.median_ns = bpf.median_ns = bpf.min_ns = 150000;
	struct run run =
		run_twinctl(ANSWERS(&first, &second), NULL, "bench --judgements 1000 --rounds 5");
	check_done(&run);
	assert_int_equal(run.request->bench->judgements, 1000);
	assert_int_equal(run.request->bench->rounds, 5);
	assert_int_equal(run.request->bench->backend, B(BPF));
	assert_string_equal(run.out, "backend  judgements  rounds   minimum    median  lookups\n"
				     "nft            1000       5  123.4 ns  150.0 ns     4.50\n"
				     "bpf            1000       5  150.0 ns  150.0 ns     4.50\n");
	run_clean(&run);
	run = run_twinctl(ANSWERS(&first), NULL, "bench --backend nft --json");
	check_done(&run);
	json_t *root = check_parse(run.out);
	assert_int_equal(json_array_size(check_find(root, "bench")), 1);
	check_number(root, "bench.0.min_ns", 123400);
	json_decref(root);
	run_clean(&run);
	run = run_twinctl(ANSWERS(&first, &check_refusal), NULL, "bench");
	check_failed(&run, 1, "reversed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(classify_asks_both),
		cmocka_unit_test(classify_takes_every_flow),
		cmocka_unit_test(bench_measures_both),
	};

	return cmocka_run_group_tests(tests, run_setup, run_teardown);
}
