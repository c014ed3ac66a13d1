// SPDX-License-Identifier: GPL-2.0-only
/*
 * Experiment switch: twinpath alone. The backend that judges is switched again and again while the
 * prober sends what must pass and what must not; then the kernel is asked what a judgement costs by
 * the point's backend, and the tables what an entry takes.
 *
 *	switch_ns		of one switch in the kernel, median
 *	switch_max_ns		the longest one
 *	lost_packets		datagrams of the flow that is allowed
 *	late_packets		connections that came about late
 *	misjudged_packets	connections denied though allowed, and the other way round
 *	lookup_ns		of one judgement in the kernel, all its lookups, median of the rounds
 *	entry_bytes		kernel memory of all tables by the entries of the policy
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "datapath_twinpath.h"
#include "experiments.h"
#include "policy/memory.h"
#include "prober.h"
#include "statistics.h"

#define SWITCHES_QUICK 50
#define SWITCHES_FULL 1000
/* Probes between two switches: each backend judges some. */
#define BETWEEN 5

/* "nft" of "twinpath-nft" */
static const char *backend_of(const struct point *point)
{
	return strrchr(point->datapath->name, '-') + 1;
}

/* ---- switching under load */

/* @switches: how many the kernel has counted since the module was loaded. */
static int switch_backend(const char *backend, double *ns, uint64_t *switches,
			  struct twp_error *error)
{
	char *output TWP_AUTOFREE = NULL;
	json_t *answer, *took, *counted;
	json_error_t where;

	if (twinpath_control(&output, error, "backend set %s", backend))
		return -1;
	answer = json_loads(output, 0, &where);
	took = json_object_get(answer, "switch_ns");
	counted = json_object_get(answer, "switches");
	*ns = json_number_value(took);
	*switches = (uint64_t)json_integer_value(counted);
	json_decref(answer);
	if (!took || !counted)
		return twp_error_set(error, "twinctl backend set: no switch in its answer");
	return 0;
}

static int switch_often(const struct point *point, const struct prober *prober, double *ns,
			size_t count, struct twp_error *error)
{
	const char *own = backend_of(point), *other = strcmp(own, "nft") ? "nft" : "bpf";
	uint64_t first = 0, last = 0;

	for (size_t i = 0; i < count; i++)
		if (switch_backend(i % 2 ? own : other, &ns[i], i ? &last : &first, error) ||
		    prober_wait(prober, BETWEEN, error))
			return -1;
	if (last < first + count - 1)
		return twp_error_set(error, "of %zu switches the kernel counts %llu", count,
				     last < first ? 0 : (unsigned long long)(last - first + 1));
	return 0;
}

static void emit_switches(const struct prober *prober, const struct prober_counts *counts,
			  double *ns, size_t count, experiment_emit emit, void *context)
{
	const struct probe *probe;
	size_t probes = prober_probes(prober, &probe);
	uint64_t wrong = counts->denied;

	for (size_t i = 0; i < probes; i++)
		wrong += probe[i].passed;

	/* Sorts them. */
	struct statistics statistics = statistics_of(ns, count);
	emit(context, "", "switch_ns", statistics.median);
	emit(context, "", "switch_max_ns", ns[count - 1]);
	emit(context, "", "lost_packets", (double)counts->lost);
	emit(context, "", "late_packets", (double)counts->late);
	emit(context, "", "misjudged_packets", (double)wrong);
}

static int measure_switches(const struct point *point, experiment_emit emit, void *context,
			    struct twp_error *error)
{
	/* An even number: the point's own backend judges in the end. */
	size_t count = point->scenario->full ? SWITCHES_FULL : SWITCHES_QUICK;
	double *ns TWP_AUTOFREE = calloc(count, sizeof(*ns));
	struct prober_counts counts;
	struct prober prober;
	int result;

	if (!ns)
		return twp_error_set(error, "out of memory for %zu switches", count);
	result = prober_start(&prober, point->filter.place, error) ||
				 prober_wait(&prober, BETWEEN, error) ||
				 switch_often(point, &prober, ns, count, error) ||
				 prober_stop(&prober, &counts, error) ?
			 -1 :
			 0;
	if (!result)
		emit_switches(&prober, &counts, ns, count, emit, context);
	prober_clean(&prober);
	return result;
}

/* ---- cost of a judgement and of an entry */

static int measure_lookup(const struct point *point, experiment_emit emit, void *context,
			  struct twp_error *error)
{
	char *output TWP_AUTOFREE = NULL;
	double judgements, median;
	json_error_t where;
	json_t *answer, *bench;

	if (twinpath_control(&output, error, "bench --backend %s --judgements 2000 --rounds 5",
			     backend_of(point)))
		return -1;
	answer = json_loads(output, 0, &where);
	bench = json_array_get(json_object_get(answer, "bench"), 0);
	judgements = json_number_value(json_object_get(bench, "judgements"));
	median = json_number_value(json_object_get(bench, "median_ns"));
	json_decref(answer);
	if (judgements < 1)
		return twp_error_set(error, "twinctl bench: no judgements in its answer");
	emit(context, "", "lookup_ns", median / judgements);
	return 0;
}

static int measure_memory(const struct point *point, experiment_emit emit, void *context,
			  struct twp_error *error)
{
	uint64_t bytes = 0;

	if (!point->datapath->memory || !point->filter.entries)
		return 0;
	if (point->datapath->memory(&point->filter, &bytes, error))
		return -1;
	if (bytes)
		emit(context, "", "entry_bytes", (double)bytes / point->filter.entries);
	return 0;
}

static int measure_switch(struct point *point, experiment_emit emit, void *context,
			  struct twp_error *error)
{
	if (measure_switches(point, emit, context, error) ||
	    measure_lookup(point, emit, context, error))
		return -1;
	return measure_memory(point, emit, context, error);
}

static const struct experiment_grid switch_quick[] = {
	{
		.topologies = GRID_NAMES("routed"),
		.datapaths = GRID_NAMES(GRID_TWINPATH),
		.entries = GRID_ENTRIES(10, 1000, 10000, 100000),
		.offloads = GRID_OFF,
	},
	{ 0 },
};

static const struct experiment_grid switch_full[] = {
	{
		.topologies = GRID_NAMES("routed"),
		.datapaths = GRID_NAMES(GRID_TWINPATH),
		.entries = GRID_ENTRIES(10, 1000, 10000, 100000, 1000000),
		.offloads = GRID_OFF,
	},
	{ 0 },
};

const struct experiment experiment_switch = {
	.name = "switch",
	.title = "Switching backends",
	.question = "What is lost while the backend is switched under load, and what does each "
		    "backend's lookup cost?",
	.grid = { switch_quick, switch_full },
	.tools = GRID_NAMES("twinctl"),
	.measure = measure_switch,
};
