// SPDX-License-Identifier: GPL-2.0-only
/*
 * Experiment: where a transaction's time goes. Calls and time of each datapath's own
 * functions for a transaction, as the study traced ipt_do_table; and what it left open:
 * the path of a transaction through each datapath, function by function.
 *
 * In virtual time the emulator counts the instructions of each function, and what a
 * datapath costs is what a transaction has more of than without a filter. Elsewhere the
 * tracer times what is called below the hooks.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "experiments.h"
#include "policy/memory.h"
#include "trace.h"

#define TRANSACTIONS 200
/* Fewer instructions or ns a transaction than this are not the datapath's: noise of the scheduler. */
#define LEAST 3.0

/* The functions of datapaths, and of what they look up in. What a kernel does not have, it does not
 * have under another name either.
 */
static const char *const functions[] = { "ipt_do_table",
					 "ip6t_do_table",
					 "nft_do_chain",
					 "nft_lookup_eval",
					 "nft_hash_lookup",
					 "nft_hash_lookup_fast",
					 "nft_rhash_lookup",
					 "ip_set_test",
					 "cls_bpf_classify",
					 "twp_hook_forward",
					 "twp_hook_local_in",
					 "twp_hook_bridge",
					 "twp_nft_judge",
					 "twp_bpf_judge",
					 "__htab_map_lookup_elem",
					 "nf_conntrack_in",
					 NULL };

/* Everything that filters is called by one of these. */
static const char *const hooks[] = { "nf_hook_slow", "cls_bpf_classify", NULL };

static int able(struct twp_error *error)
{
	return trace_graph_able(error);
}

static uint64_t packets(const struct point *point)
{
	(void)point;
	return TRANSACTIONS;
}

static struct measure_work short_work(const struct scenario *scenario, unsigned int transactions)
{
	struct measure_work work = scenario->work;

	work.transactions = transactions;
	work.warmup = 100;
	return work;
}

/* One run under the tracer; what it saw of each transaction, warm-up included. */
static int run_traced(const struct point *point, const char *const *only, const char *const *below,
		      struct trace *trace, struct twp_error *error)
{
	struct measure_work work = short_work(point->scenario, TRANSACTIONS);
	const double each = work.transactions + work.warmup;
	struct measure_rr rr;

	if (trace_graph_start(only, below, error)) {
		trace_graph_stop(NULL, NULL);
		return -1;
	}
	if (measure_rr(point->filter.place, &work, &rr, error)) {
		trace_graph_stop(NULL, NULL);
		return -1;
	}
	if (trace_graph_stop(trace, error))
		return -1;
	for (size_t i = 0; i < trace->count; i++) {
		trace->function[i].calls /= each;
		trace->function[i].ns /= each;
		trace->function[i].self_ns /= each;
	}
	return 0;
}

static int measure_functions(struct point *point, experiment_emit emit, void *context,
			     struct twp_error *error)
{
	struct trace trace = { 0 };
	int result = run_traced(point, functions, NULL, &trace, error);

	for (size_t i = 0; i < trace.count && !result; i++) {
		if (trace.function[i].calls < 0.5)
			continue;
		emit(context, trace.function[i].name, "trace_calls", trace.function[i].calls);
		emit(context, trace.function[i].name, "trace_time_ns", trace.function[i].ns);
	}
	trace_clean(&trace);
	return result;
}

static int measure_path_timed(struct point *point, experiment_emit emit, void *context,
			      struct twp_error *error)
{
	struct trace trace = { 0 };
	int result = run_traced(point, NULL, hooks, &trace, error);
	double total = 0;

	for (size_t i = 0; i < trace.count && !result; i++) {
		total += trace.function[i].self_ns;
		if (trace.function[i].self_ns >= LEAST)
			emit(context, trace.function[i].name, "path_time_ns",
			     trace.function[i].self_ns);
	}
	if (!result)
		emit(context, "", "total_ns", total);
	trace_clean(&trace);
	return result;
}

/* Without a filter: of each topology, with offloads off and on. */
static struct unfiltered {
	const struct topology *topology;
	bool offloads;
	struct trace trace;
} * unfiltered;
static size_t unfiltered_count;

static struct unfiltered *unfiltered_find(const struct point *point)
{
	for (size_t i = 0; i < unfiltered_count; i++)
		if (unfiltered[i].topology == point->topology &&
		    unfiltered[i].offloads == point->offloads)
			return &unfiltered[i];
	return NULL;
}

/* Takes @trace, or frees it. */
static int unfiltered_set(const struct point *point, struct trace *trace, struct twp_error *error)
{
	struct unfiltered *grown, *old = unfiltered_find(point);

	if (old) {
		trace_clean(&old->trace);
		old->trace = *trace;
		return 0;
	}
	grown = twp_array_grow(unfiltered, unfiltered_count, sizeof(*grown));
	if (!grown) {
		trace_clean(trace);
		return twp_error_set(error, "out of memory");
	}
	unfiltered = grown;
	unfiltered[unfiltered_count++] =
		(struct unfiltered){ point->topology, point->offloads, *trace };
	return 0;
}

static int run_counted(const struct point *point, struct trace *trace, struct twp_error *error)
{
	struct measure_work work = short_work(point->scenario, point->scenario->work.transactions);
	struct measure_rr rr;

	if (measure_rr(point->filter.place, &work, &rr, error) || trace_profile_read(trace, error))
		return -1;
	for (size_t i = 0; i < trace->count; i++)
		trace->function[i].instructions /= work.transactions;
	return 0;
}

/* Of a whole transaction, in the kernel. */
static void emit_total(const struct trace *trace, experiment_emit emit, void *context)
{
	double total = 0;

	for (size_t i = 0; i < trace->count; i++)
		total += trace->function[i].instructions;
	emit(context, "", "total_instructions", total);
}

static int measure_path_counted(struct point *point, experiment_emit emit, void *context,
				struct twp_error *error)
{
	const struct unfiltered *without;
	struct trace trace = { 0 };

	if (run_counted(point, &trace, error)) {
		trace_clean(&trace);
		return -1;
	}
	emit_total(&trace, emit, context);
	if (!strcmp(point->datapath->name, "none"))
		return unfiltered_set(point, &trace, error);
	without = unfiltered_find(point);
	if (!without) {
		trace_clean(&trace);
		return twp_error_set(error, "\"none\" was not measured before it in the same run; "
					    "--resume measures both");
	}
	for (size_t i = 0; i < trace.count; i++) {
		const struct trace_function *function = &trace.function[i], *before;
		double added = function->instructions;

		before = trace_find(&without->trace, function->name);
		if (before)
			added -= before->instructions;
		if (added >= LEAST)
			emit(context, function->name, "path_instructions", added);
	}
	trace_clean(&trace);
	return 0;
}

static int measure(struct point *point, experiment_emit emit, void *context,
		   struct twp_error *error)
{
	if (strcmp(point->datapath->name, "none") && measure_functions(point, emit, context, error))
		return -1;
	if (trace_profile_file())
		return measure_path_counted(point, emit, context, error);
	return measure_path_timed(point, emit, context, error);
}

static const struct experiment_grid quick[] = {
	{ GRID_NAMES("routed"), GRID_NAMES(GRID_UNFILTERED), GRID_ENTRIES(0), GRID_OFF },
	{ GRID_NAMES("routed"), GRID_NAMES("iptables-nomatch", "nft-linear"),
	  GRID_ENTRIES(0, 100, 200), GRID_OFF },
	{ GRID_NAMES("routed"), GRID_NAMES("iptables-top", "iptables-nft", GRID_HASHED),
	  GRID_ENTRIES(200), GRID_OFF },
	{ GRID_NAMES("routed"), GRID_NAMES("nft-set", GRID_TWINPATH), GRID_ENTRIES(10000),
	  GRID_OFF },
	{ 0 }
};

static const struct experiment_grid full[] = {
	{ GRID_NAMES("routed"), GRID_NAMES(GRID_UNFILTERED), GRID_ENTRIES(0), GRID_OFF },
	{ GRID_NAMES("routed"), GRID_NAMES(GRID_LINEAR, GRID_HASHED),
	  GRID_ENTRIES(0, 100, 200, 10000), GRID_OFF },
	{ 0 }
};

const struct experiment experiment_trace = {
	.name = "trace",
	.title = "Where a transaction's time goes",
	.question = "Which functions does each datapath call, and what share of its cost is each?",
	.grid = { quick, full },
	.shape = DATAPATH_POLICIES,
	.added = true,
	.able = able,
	.packets = packets,
	.measure = measure,
};
