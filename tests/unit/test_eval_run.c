// SPDX-License-Identifier: GPL-2.0-only
/*
 * What twineval run decides before it measures and afterwards: which points there are, which of
 * them are left, what each needs, who judged which probe, and what a pair of runs differs by.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "twineval/change.h"
#include "twineval/need.h"
#include "twineval/plan.h"
#include "twineval/samples.h"

#define NAMES(...) ((const char *[]){ __VA_ARGS__, NULL })
#define ENTRIES(...) ((unsigned int[]){ __VA_ARGS__, SCENARIO_END })

static struct plan plan_of(const struct scenario *scenario)
{
	struct twp_error error = { "" };
	struct plan plan;

	if (plan_make(&plan, scenario, &error))
		fail_msg("%s", error.text);
	return plan;
}

static size_t count_of(const struct plan *plan, const char *experiment, const char *datapath)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->count; i++)
		count += !strcmp(plan->point[i].experiment->name, experiment) &&
			 !strcmp(plan->point[i].datapath->name, datapath);
	return count;
}

static bool same_point(const struct point *a, const struct point *b)
{
	return a->experiment == b->experiment && a->topology == b->topology &&
	       a->datapath == b->datapath && a->offloads == b->offloads &&
	       a->filter.entries == b->filter.entries;
}

/* ---- the plan */

static void every_grid_is_of_known_names(void **state)
{
	(void)state;
	for (int full = 0; full < 2; full++)
		for (size_t i = 0; experiments[i]; i++)
			for (const struct experiment_grid *grid = experiments[i]->grid[full];
			     grid->topologies; grid++) {
				assert_true(grid->offloads == GRID_OFF ||
					    grid->offloads == GRID_ON ||
					    grid->offloads == (GRID_OFF | GRID_ON));
				assert_true(grid->entries[0] != SCENARIO_END);
				for (size_t j = 0; grid->topologies[j]; j++)
					assert_non_null(topology_find(grid->topologies[j]));
				for (size_t j = 0; grid->datapaths && grid->datapaths[j]; j++)
					assert_non_null(datapath_find(grid->datapaths[j]));
			}
}

static void every_experiment_has_points(void **state)
{
	(void)state;
	for (int full = 0; full < 2; full++) {
		struct scenario scenario = { .virtual = true, .full = full };
		struct plan plan = plan_of(&scenario);

		for (size_t i = 0; experiments[i]; i++) {
			size_t count = 0;

			for (size_t j = 0; j < plan.count; j++)
				count += plan.point[j].experiment == experiments[i];
			assert_true(count > 0);
		}
		/* About as many as an emulated guest measures in 20 minutes. */
		if (!full)
			assert_in_range(plan.count, 100, 300);
		plan_clean(&plan);
	}
}

static void no_point_is_there_twice(void **state)
{
	struct scenario scenario = { .virtual = true, .full = true };
	struct plan plan = plan_of(&scenario);

	(void)state;
	for (size_t i = 0; i < plan.count; i++)
		for (size_t j = 0; j < i; j++)
			if (same_point(&plan.point[i], &plan.point[j]))
				fail_msg("points %zu and %zu are the same", j, i);
	plan_clean(&plan);
}

/* Each setup is made once, and experiments keep their order in it. */
static void points_of_one_setup_stand_together(void **state)
{
	struct scenario scenario = { .virtual = true };
	struct plan plan = plan_of(&scenario);
	size_t shared = 0;

	(void)state;
	for (size_t i = 0, count; i < plan.count; i += count) {
		const struct point *first = &plan.point[i];

		count = plan_together(&plan, i);
		assert_true(count > 0);
		shared += count > 1;
		for (size_t j = 1; j < count; j++)
			assert_true(first[j].experiment != first[j - 1].experiment);
		for (size_t j = i + count; j < plan.count; j++)
			assert_false(plan.point[j].topology == first->topology &&
				     plan.point[j].datapath == first->datapath &&
				     plan.point[j].offloads == first->offloads &&
				     plan.point[j].filter.entries == first->filter.entries &&
				     plan.point[j].filter.shape == first->filter.shape);
	}
	assert_true(shared > 20);
	plan_clean(&plan);
}

static void lists_take_the_place_of_the_grids(void **state)
{
	struct scenario scenario = {
		.virtual = true,
		.experiments = NAMES("latency", "change"),
		.datapaths = NAMES("none", "nft-set", "nft-linear"),
		.topologies = NAMES("macvlan"),
		.entries = ENTRIES(7, 70),
	};
	struct plan plan = plan_of(&scenario);
	char name[POINT_NAME];

	(void)state;
	/* none holds no entries and cannot change; change has no nft-linear in its quick grid. */
	assert_int_equal(count_of(&plan, "latency", "none"), 2);
	assert_int_equal(count_of(&plan, "latency", "nft-set"), 4);
	assert_int_equal(count_of(&plan, "latency", "nft-linear"), 2);
	assert_int_equal(count_of(&plan, "change", "nft-set"), 2);
	assert_int_equal(plan.count, 10);
	assert_string_equal(point_name(&plan.point[0], name), "latency macvlan none 0");
	for (size_t i = 0; i < plan.count; i++) {
		assert_string_equal(plan.point[i].topology->name, "macvlan");
		assert_ptr_equal(plan.point[i].filter.place, &plan.point[i].topology->place);
	}
	plan_clean(&plan);

	scenario.offloads[1] = true;
	plan = plan_of(&scenario);
	assert_int_equal(plan.count, 7);
	for (size_t i = 0; i < plan.count; i++)
		assert_true(plan.point[i].offloads);
	plan_clean(&plan);
}

static void real_time_has_its_control(void **state)
{
	struct scenario scenario = {
		.experiments = NAMES("latency", "change"),
		.datapaths = NAMES("nft-set"),
		.topologies = NAMES("routed"),
		.entries = ENTRIES(100),
		.offloads = { true, false },
	};
	struct plan plan = plan_of(&scenario);

	(void)state;
	assert_int_equal(count_of(&plan, "latency", "none"), 1);
	assert_int_equal(count_of(&plan, "latency", "nft-set"), 1);
	assert_int_equal(count_of(&plan, "change", "nft-set"), 1);
	assert_int_equal(plan.count, 3);
	plan_clean(&plan);
	scenario.virtual = true;
	plan = plan_of(&scenario);
	assert_int_equal(plan.count, 2);
	plan_clean(&plan);
}

static void nothing_to_measure_is_an_error(void **state)
{
	struct scenario scenario = {
		.virtual = true,
		.experiments = NAMES("switch"),
		.datapaths = NAMES("nft-set"),
	};
	struct twp_error error = { "" };
	struct plan plan;

	(void)state;
	assert_int_equal(plan_make(&plan, &scenario, &error), -1);
	assert_non_null(strstr(error.text, "nothing is left to measure"));
	assert_null(plan.point);
}

/* ---- to go on with a run */

static void measured_points_are_dropped(void **state)
{
	struct scenario scenario = {
		.virtual = true,
		.experiments = NAMES("latency", "throughput"),
		.datapaths = NAMES("nft-set"),
		.topologies = NAMES("routed"),
		.entries = ENTRIES(1, 200),
		.offloads = { true, false },
	};
	struct plan plan = plan_of(&scenario);
	struct row row[4];
	struct rows rows = { .row = row, .count = 4 };

	(void)state;
	assert_int_equal(plan.count, 4);
	for (size_t i = 0; i < 4; i++)
		row[i] = point_row(&plan.point[0]);
	snprintf(row[0].metric, sizeof(row[0].metric), "throughput_mbps");
	/* Near, but none of the plan's. */
	row[1].offloads = true;
	assert_false(plan_has(&plan, &row[1]));
	row[2].entries = 3;
	assert_false(plan_has(&plan, &row[2]));
	/* A gap is to be filled. */
	row[3] = point_row(&plan.point[1]);
	snprintf(row[3].gap, sizeof(row[3].gap), "no tool");
	assert_true(plan_has(&plan, &row[3]));

	struct point second = plan.point[1];
	plan_drop_measured(&plan, &rows);
	assert_int_equal(plan.count, 3);
	assert_true(same_point(&plan.point[0], &second));
	assert_false(plan_has(&plan, &row[0]));
	plan_clean(&plan);
}

/* ---- needs */

static void needs_are_told(void **state)
{
	struct point point = { .experiment = experiment_find("latency"),
			       .datapath = datapath_find("nft-linear"),
			       .filter = { .entries = 200 } };
	struct twp_error error = { "" };

	(void)state;
	assert_int_equal(need_entries(&point, UINT64_MAX, &error), 0);
	point.filter.entries = point.datapath->max_entries + 1;
	assert_int_equal(need_entries(&point, UINT64_MAX, &error), -1);
	assert_non_null(strstr(error.text, "nft-linear"));

	point.datapath = datapath_find("nft-set");
	point.filter.entries = 100000;
	assert_int_equal(need_entries(&point, UINT64_MAX, &error), 0);
	assert_int_equal(need_entries(&point, 64ull << 20, &error), -1);
	assert_non_null(strstr(error.text, "64 MiB are available"));
	assert_true(need_memory_available() > 1 << 20);

	assert_int_equal(need_tools((const char *[]){ "sh", NULL }, &error), 0);
	assert_int_equal(need_tools((const char *[]){ "sh", "no-such-tool", NULL }, &error), -1);
	assert_string_equal(error.text, "no-such-tool is not installed");
	assert_int_equal(need_tools(NULL, &error), 0);
}

/* ---- who judged which probe */

static struct change_judged judge(const char *verdicts, uint64_t start, bool deny)
{
	struct probe probe[32];
	size_t count = strlen(verdicts);

	/* One a tick of 10, from 100 on. */
	for (size_t i = 0; i < count; i++)
		probe[i] = (struct probe){ .at_ns = 100 + 10 * i, .passed = verdicts[i] == 'p' };
	return change_judge(probe, count, start, deny);
}

static void changes_are_judged(void **state)
{
	static const struct {
		const char *verdicts;
		uint64_t start;
		bool deny;
		uint64_t held;
		size_t misjudged;
	} cases[] = {
		{ "ppppdddd", 115, true, 15, 0 },
		{ "ddddpppp", 115, false, 15, 0 },
		/* The first packet after the start is judged by the new policy. */
		{ "ppdddd", 115, true, 0, 0 },
		/* It held, and then did not. */
		{ "ppppddpd", 115, true, 45, 1 },
		{ "ddddppdp", 115, false, 45, 1 },
		{ "pppdpdpd", 115, true, 45, 2 },
		/* Judged by a policy that was not yet asked for. */
		{ "pdpppddd", 125, true, 15, 1 },
		{ "", 100, true, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct change_judged judged =
			judge(cases[i].verdicts, cases[i].start, cases[i].deny);

		assert_int_equal(judged.held_ns, cases[i].held);
		assert_int_equal(judged.misjudged, cases[i].misjudged);
	}
}

/* ---- samples */

static void pairs_are_of_the_same_round(void **state)
{
	struct samples baseline = { 0 }, values = { 0 }, pairs = { 0 };
	static const double before[] = { 100, 200, 400 }, after[] = { 110, 200, 300 };
	const struct sample *pair;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		samples_add(&baseline, "", "rr_p50_ns", before[i]);
		samples_add(&values, "", "rr_p50_ns", after[i]);
		samples_add(&values, "", "only_here_ns", 1);
		samples_add(&values, "part", "rr_p50_ns", 1);
	}
	samples_pair(&pairs, "A/B", &baseline, &values);
	assert_int_equal(pairs.count, 1);
	pair = samples_find(&pairs, "A/B", "rr_p50_percent");
	assert_non_null(pair);
	assert_int_equal(pair->count, 3);
	assert_true(pair->value[0] > 9.999 && pair->value[0] < 10.001);
	assert_true(pair->value[1] == 0);
	assert_true(pair->value[2] == -25);
	assert_false(pairs.incomplete);
	samples_clean(&baseline);
	samples_clean(&values);
	samples_clean(&pairs);
}

static void a_round_without_its_baseline_is_no_pair(void **state)
{
	struct samples baseline = { 0 }, values = { 0 }, pairs = { 0 };

	(void)state;
	samples_add(&baseline, "", "rr_p50_ns", 100);
	samples_add(&values, "", "rr_p50_ns", 100);
	samples_add(&values, "", "rr_p50_ns", 100);
	samples_pair(&pairs, "A/A", &baseline, &values);
	assert_int_equal(pairs.count, 0);
	samples_clean(&baseline);
	samples_clean(&values);
}

static void medians_become_rows(void **state)
{
	struct scenario scenario = { .virtual = true, .experiments = NAMES("latency") };
	struct plan plan = plan_of(&scenario);
	struct row row = point_row(&plan.point[0]);
	struct samples values = { 0 };
	char *text = NULL;
	size_t length;
	FILE *file = open_memstream(&text, &length);

	(void)state;
	assert_non_null(file);
	snprintf(row.proof, sizeof(row.proof), "seen");
	samples_add(&values, "", "rr_p50_ns", 30);
	samples_add(&values, "", "rr_p50_ns", 10);
	samples_add(&values, "", "rr_p50_ns", 20);
	assert_int_equal(samples_write(file, &values, &row), 0);
	assert_int_equal(fclose(file), 0);
	assert_ptr_equal(strchr(text, '\n'), text + length - 1);

	json_t *line = json_loads(text, 0, NULL);
	assert_string_equal(json_string_value(json_object_get(line, "metric")), "rr_p50_ns");
	assert_true(json_number_value(json_object_get(line, "value")) == 20);
	assert_true(json_number_value(json_object_get(line, "low")) == 10);
	assert_true(json_number_value(json_object_get(line, "high")) == 30);
	assert_int_equal(json_integer_value(json_object_get(line, "runs")), 3);
	json_decref(line);
	free(text);
	samples_clean(&values);
	plan_clean(&plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_grid_is_of_known_names),
		cmocka_unit_test(every_experiment_has_points),
		cmocka_unit_test(no_point_is_there_twice),
		cmocka_unit_test(points_of_one_setup_stand_together),
		cmocka_unit_test(lists_take_the_place_of_the_grids),
		cmocka_unit_test(real_time_has_its_control),
		cmocka_unit_test(nothing_to_measure_is_an_error),
		cmocka_unit_test(measured_points_are_dropped),
		cmocka_unit_test(needs_are_told),
		cmocka_unit_test(changes_are_judged),
		cmocka_unit_test(pairs_are_of_the_same_round),
		cmocka_unit_test(a_round_without_its_baseline_is_no_pair),
		cmocka_unit_test(medians_become_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
