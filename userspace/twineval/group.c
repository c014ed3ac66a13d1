// SPDX-License-Identifier: GPL-2.0-only
/*
 * Group: a round makes the network, measures the baselines, makes the filter, proves that it is in
 * the path, measures, and proves it again: by the filter's counter, or by the probe. What fails
 * leaves a gap at its point alone; what fails of the setup, at all points of the group.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "group.h"
#include "plan.h"
#include "progress.h"
#include "setup.h"
#include "stop.h"

static void take(void *context, const char *subject, const char *metric, double value)
{
	samples_add(context, subject, metric, value);
}

static void leave_gap(struct taken *taken, const struct twp_error *error)
{
	if (!*taken->gap)
		snprintf(taken->gap, sizeof(taken->gap), "%.255s", error->text);
}

static void leave_gaps(struct taken *taken, size_t count, const struct twp_error *error)
{
	for (size_t i = 0; i < count; i++)
		leave_gap(&taken[i], error);
}

/* What the counter must have moved by. Who holds no entries may count connections. */
static uint64_t expected_hits(const struct point *point)
{
	if (!point->datapath->hits || !point->experiment->packets)
		return 0;
	return point->datapath->change ? point->experiment->packets(point) : 1;
}

/* Where no counter is held against the run, the probe is sent again. */
static int prove_after(const struct setup *setup, struct point *point, uint64_t before,
		       struct twp_error *error)
{
	bool denies = datapath_denies(point->datapath, &point->filter);
	uint64_t after, expected = expected_hits(point);

	if (!expected) {
		if (setup_prove(setup, error))
			return -1;
		snprintf(point->proof, sizeof(point->proof), "probe %s before and after",
			 denies ? "denied" : "passed");
		return 0;
	}
	if (setup_hits(setup, &after, error))
		return -1;
	if (after < before || after - before < expected)
		return twp_error_set(error,
				     "%s is not in the path: its counter moved by %" PRId64
				     " while at least %" PRIu64 " came by",
				     point->datapath->name, (int64_t)(after - before), expected);
	snprintf(point->proof, sizeof(point->proof),
		 "probe %s; counter +%" PRIu64 ", at least +%" PRIu64 " due",
		 denies ? "denied" : "passed", after - before, expected);
	return 0;
}

static int measure(const struct setup *setup, struct point *point, struct samples *samples,
		   struct twp_error *error)
{
	uint64_t before;

	point->filter = setup->filter;
	if (setup_hits(setup, &before, error) ||
	    point->experiment->measure(point, take, samples, error))
		return -1;
	if (samples->incomplete)
		return twp_error_set(error, "out of memory for what was measured");
	return setup->filters ? prove_after(setup, point, before, error) : 0;
}

/* What goes from round to round. */
struct group {
	struct point *point;
	struct taken *taken;
	size_t count;
	bool last; /* round */
	int (*done)(void *context, size_t at);
	void *context;
	size_t told; /* so many points are done */
	int result;
};

/* Whatever a signal interrupted failed by that alone. */
static void tell_until(struct group *group, size_t end)
{
	while (group->done && group->told < end && !group->result && !stop_requested())
		group->result = group->done(group->context, group->told++);
}

static void measure_point(const struct setup *setup, struct point *point, struct taken *taken)
{
	struct samples *samples = setup->filters ? &taken->values : &taken->baseline;
	struct twp_error error = { "" };
	char name[POINT_NAME];

	if (*taken->gap || (!setup->filters && !point->experiment->paired))
		return;
	progress_point(point_name(point, name));
	taken->bridge_netfilter = setup->bridge_netfilter;
	if (measure(setup, point, samples, &error))
		leave_gap(taken, &error);
	else if (!samples->count)
		leave_gap(taken, &(struct twp_error){ "the run gave no value" });
}

static void measure_all(const struct setup *setup, struct group *group)
{
	for (size_t i = 0; i < group->count && !group->result && !stop_requested(); i++) {
		measure_point(setup, &group->point[i], &group->taken[i]);
		if (setup->filters && group->last)
			tell_until(group, i + 1);
	}
}

static int measure_round(struct setup *setup, struct group *group, struct twp_error *error)
{
	if (setup_network(setup, group->point, error))
		return -1;
	if (!group->point->scenario->virtual)
		measure_all(setup, group);
	if (stop_requested() || setup_filter(setup, error))
		return -1;
	measure_all(setup, group);
	return 0;
}

static bool is_left(const struct group *group)
{
	for (size_t i = 0; i < group->count; i++)
		if (!*group->taken[i].gap)
			return true;
	return false;
}

int group_measure(struct point *point, struct taken *taken, size_t count, unsigned int rounds,
		  int (*done)(void *context, size_t at), void *context)
{
	struct group group = { point, taken, count, false, done, context, 0, 0 };
	char name[POINT_NAME];

	for (unsigned int round = 0; round < rounds && is_left(&group) && !stop_requested();
	     round++) {
		struct twp_error error = { "" };
		struct setup setup = { 0 };

		progress_setup(point_name(point, name));
		group.last = round + 1 == rounds;
		if (measure_round(&setup, &group, &error))
			leave_gaps(taken, count, &error);
		setup_close(&setup);
	}
	tell_until(&group, count);
	return group.result;
}
