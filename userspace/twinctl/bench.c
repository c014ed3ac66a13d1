// SPDX-License-Identifier: GPL-2.0-only
/* twinctl bench: what a judgement costs in the kernel, of one backend or of both. */
#include "print.h"

#define JUDGEMENTS_MAX 10000000
#define ROUNDS_MAX 99

static void add_row(struct ctl_table *table, const Twinpath__V1__BenchResult *bench,
		    uint32_t rounds)
{
	double judgements = bench->judgements ? bench->judgements : 1;
	ctl_text backend;

	ctl_table_add(table, "%s",
		      ctl_word(backend, &twinpath__v1__backend__descriptor, (int)bench->backend));
	ctl_table_add(table, "%u", bench->judgements);
	ctl_table_add(table, "%u", rounds);
	ctl_table_add(table, "%.1f ns", (double)bench->min_ns / judgements);
	ctl_table_add(table, "%.1f ns", (double)bench->median_ns / judgements);
	ctl_table_add(table, "%.2f", (double)bench->lookups / judgements);
}

static int bench_all(const struct ctl_call *call, Twinpath__V1__BenchTablesRequest *bench,
		     const int *backend, size_t count)
{
	Twinpath__V1__Request request = TWINPATH__V1__REQUEST__INIT;
	struct ctl_table table CTL_CLEAN(ctl_table_clean);
	json_t *list = json_array();

	ctl_table_init(&table, "<backend|>judgements|>rounds|>minimum|>median|>lookups");
	request.operation_case = TWINPATH__V1__REQUEST__OPERATION_BENCH;
	request.bench = bench;
	for (size_t i = 0; i < count; i++) {
		bench->backend = (Twinpath__V1__Backend)backend[i];
		Twinpath__V1__Response *response CTL_CLEAN(ctl_response_free) =
			ctl_ask(call, &request, TWINPATH__V1__RESPONSE__RESULT_BENCH);

		if (!response) {
			json_decref(list);
			return CTL_FAILED;
		}
		json_array_append_new(list, ctl_json(&response->bench->base));
		add_row(&table, response->bench, bench->rounds);
	}
	if (call->json)
		ctl_json_print(json_pack("{s:o}", "bench", list), false);
	else
		ctl_table_print(&table);
	if (!call->json)
		json_decref(list);
	return CTL_DONE;
}

int ctl_bench(const struct ctl_call *call)
{
	Twinpath__V1__BenchTablesRequest bench = TWINPATH__V1__BENCH_TABLES_REQUEST__INIT;
	int backend[] = { TWINPATH__V1__BACKEND__BACKEND_NFT, TWINPATH__V1__BACKEND__BACKEND_BPF };
	const char *one = ctl_option(call, "backend");

	if ((one && ctl_enum_read(call, "option '--backend'", &twinpath__v1__backend__descriptor,
				  one, &backend[0])) ||
	    ctl_option_number(call, "judgements", 1, JUDGEMENTS_MAX, 10000, &bench.judgements) ||
	    ctl_option_number(call, "rounds", 1, ROUNDS_MAX, 11, &bench.rounds))
		return CTL_USAGE;
	return bench_all(call, &bench, backend, one ? 1 : 2);
}
