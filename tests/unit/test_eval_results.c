// SPDX-License-Identifier: GPL-2.0-only
/* Tests of userspace/twineval/results.c: which run is gone on with, and what is left of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "twineval/results.h"

#define NAMES(...) ((const char *[]){ __VA_ARGS__, NULL })

static char folder[] = "/tmp/test_eval_results.XXXXXX";

static const struct machine machine = { "virtual", "6.1", "QEMU", "on", "none" };

static const char *topologies_asked[] = { "routed", NULL };
static unsigned int entries_asked[] = { 200, SCENARIO_END };

static struct scenario scenario_of(const char **experiments, const char **datapaths)
{
	return (struct scenario){
		.virtual = true,
		.experiments = experiments,
		.datapaths = datapaths,
		.topologies = topologies_asked,
		.entries = entries_asked,
		.work = { 1000, 500, 16 << 20, 20000 },
		.folder = folder,
		.resume = true,
	};
}

static struct plan plan_of(const struct scenario *scenario)
{
	struct twp_error error = { "" };
	struct plan plan;

	if (plan_make(&plan, scenario, &error))
		fail_msg("%s", error.text);
	return plan;
}

static struct row row_of(const struct point *point)
{
	struct row row = point_row(point);

	row.machine = machine;
	row.runs = 1;
	strcpy(row.metric, "rr_p50_ns");
	return row;
}

static void rows_write(const struct row *row, size_t count)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/results.jsonl", folder);
	file = fopen(path, "w");
	assert_non_null(file);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(row_write(file, &row[i]), 0);
	assert_int_equal(fclose(file), 0);
}

/* What --resume says of one row; NULL: it goes on. */
static const char *said_of(const struct row *row, const struct scenario *scenario)
{
	static struct twp_error error;
	struct results results;
	struct plan plan = plan_of(scenario);
	int result;

	rows_write(row, 1);
	result = results_open(&results, &plan, &machine, scenario, &error);
	plan_clean(&plan);
	if (result)
		return strstr(error.text, "results.jsonl ") + strlen("results.jsonl ");
	assert_int_equal(results_close(&results, &error), 0);
	return NULL;
}

static void other_work_is_not_gone_on_with(void **state)
{
	struct scenario scenario = scenario_of(NAMES("latency"), NAMES("nft-set"));
	struct plan plan = plan_of(&scenario);
	const struct row row = row_of(&plan.point[0]);
	struct row other = row;

	(void)state;
	plan_clean(&plan);
	assert_string_equal(row.version, TWP_VERSION);
	assert_null(said_of(&row, &scenario));
	strcpy(other.version, "0.0.9");
	assert_string_equal(said_of(&other, &scenario),
			    "was measured by version 0.0.9 of twineval, not by " TWP_VERSION);
	other = row;
	other.work.transactions = 200;
	assert_string_equal(said_of(&other, &scenario),
			    "was measured with 200 transactions, not 1000");
	other = row;
	other.work.warmup = 10;
	assert_string_equal(said_of(&other, &scenario),
			    "was measured with 10 transactions of warm-up, not 500");
	other = row;
	other.work.bytes = 5000000000;
	assert_string_equal(said_of(&other, &scenario),
			    "was measured with 5000000000 bytes, not 16777216");
	other = row;
	other.work.packets = 1;
	assert_string_equal(said_of(&other, &scenario), "was measured with 1 packets, not 20000");
}

static size_t count_of(const struct plan *plan, const char *datapath)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->count; i++)
		count += !strcmp(plan->point[i].datapath->name, datapath);
	return count;
}

/* What is added to "none" is told by this run's "none" alone. */
static void none_is_measured_again_while_others_are_left(void **state)
{
	struct scenario scenario = scenario_of(NAMES("trace"), NAMES("none", "ipset", "nft-set"));
	struct plan plan = plan_of(&scenario);
	struct row row[3];
	struct rows rows = { .row = row };

	(void)state;
	assert_int_equal(plan.count, 3);
	assert_string_equal(plan.point[0].datapath->name, "none");
	for (size_t i = 0; i < 3; i++)
		row[i] = row_of(&plan.point[i]);
	rows.count = 1;
	assert_int_equal(plan_drop_measured(&plan, &rows), 0);
	assert_int_equal(plan.count, 3);
	rows.count = 2;
	assert_int_equal(plan_drop_measured(&plan, &rows), 0);
	assert_int_equal(plan.count, 2);
	assert_int_equal(count_of(&plan, "none"), 1);
	rows.count = 3;
	assert_int_equal(plan_drop_measured(&plan, &rows), 0);
	assert_int_equal(plan.count, 0);
	plan_clean(&plan);

	/* With offloads it is another one. */
	scenario.offloads[0] = scenario.offloads[1] = true;
	plan = plan_of(&scenario);
	assert_int_equal(plan.count, 6);
	assert_int_equal(plan_drop_measured(&plan, &rows), 0);
	assert_int_equal(plan.count, 3);
	assert_int_equal(count_of(&plan, "none"), 1);
	for (size_t i = 0; i < 3; i++)
		assert_true(plan.point[i].offloads);
	plan_clean(&plan);

	/* In real time nothing is added to anything. */
	scenario.virtual = false;
	scenario.offloads[1] = false;
	plan = plan_of(&scenario);
	rows.count = 1;
	assert_int_equal(plan_drop_measured(&plan, &rows), 0);
	assert_int_equal(count_of(&plan, "none"), 0);
	plan_clean(&plan);
}

static void none_is_planned_though_not_asked_for(void **state)
{
	struct scenario scenario = scenario_of(NAMES("trace"), NAMES("twinpath-nft"));
	struct plan plan = plan_of(&scenario);
	struct twp_error error;

	(void)state;
	assert_int_equal(plan.count, 2);
	assert_string_equal(plan.point[0].datapath->name, "none");
	assert_string_equal(plan.point[1].datapath->name, "twinpath-nft");
	plan_clean(&plan);
	scenario.experiments = NAMES("trace", "latency");
	scenario.offloads[0] = true;
	plan = plan_of(&scenario);
	assert_int_equal(plan.count, 3);
	plan_clean(&plan);
	/* But not alone. */
	scenario.experiments = NAMES("trace");
	scenario.datapaths = NAMES("tc-nothing");
	assert_int_equal(plan_make(&plan, &scenario, &error), -1);
	assert_non_null(strstr(error.text, "nothing is left to measure"));
}

static void points_are_counted(void **state)
{
	struct scenario scenario = scenario_of(NAMES("latency"), NAMES("none", "ipset", "nft-set"));
	struct plan plan;
	struct row row[5];
	struct rows rows = { .row = row };
	struct plan_count count;

	(void)state;
	scenario.offloads[0] = true;
	plan = plan_of(&scenario);
	for (size_t i = 0; i < 3; i++)
		row[i] = row_of(&plan.point[i]);
	count = plan_count(&plan, &rows);
	assert_int_equal(count.measured, 0);
	assert_int_equal(count.unable, 0);
	assert_int_equal(count.missing, 3);
	/* A gap that could be filled is as good as nothing. */
	strcpy(row[1].gap, "ipset is not in the path");
	strcpy(row[2].gap, "nft is not installed");
	row[2].unable = true;
	rows.count = 3;
	count = plan_count(&plan, &rows);
	assert_int_equal(count.measured, 1);
	assert_int_equal(count.unable, 1);
	assert_int_equal(count.missing, 1);
	/* Filled, and of another point. */
	row[3] = row_of(&plan.point[1]);
	row[4] = row_of(&plan.point[2]);
	row[4].entries = 10;
	rows.count = 5;
	count = plan_count(&plan, &rows);
	assert_int_equal(count.measured, 2);
	assert_int_equal(count.unable, 1);
	assert_int_equal(count.missing, 0);
	plan_clean(&plan);
}

static int setup(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_work_is_not_gone_on_with),
		cmocka_unit_test(none_is_measured_again_while_others_are_left),
		cmocka_unit_test(none_is_planned_though_not_asked_for),
		cmocka_unit_test(points_are_counted),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
