// SPDX-License-Identifier: GPL-2.0-only
/*
 * twineval run: walks through the plan group by group and writes each point down as soon as it is
 * measured. What a point lacks is a gap, and the run goes on. A signal ends it between two
 * commands; then nothing of it is left on the machine but what was measured.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "group.h"
#include "need.h"
#include "progress.h"
#include "report.h"
#include "results.h"
#include "run.h"
#include "scenario.h"
#include "setup.h"
#include "stop.h"

enum { EXIT_DONE, EXIT_FAILED, EXIT_USAGE, EXIT_STOPPED = 130 };

#define PATIENCE_VIRTUAL 1000000 /* seconds */

struct run {
	struct scenario scenario;
	struct plan plan;
	struct machine machine;
	struct results results;
};

/* ---- points */

static struct row row_of(const struct run *run, const struct point *point)
{
	struct row row = point_row(point);

	row.machine = run->machine;
	return row;
}

static int write_gap(struct run *run, const struct point *point, const struct taken *taken,
		     struct twp_error *error)
{
	struct row row = row_of(run, point);

	memcpy(row.gap, taken->gap, sizeof(row.gap));
	row.unable = taken->unable;
	progress_gap(taken->gap);
	return results_add_gap(&run->results, &row, error);
}

static int write_values(struct run *run, const struct point *point, struct taken *taken,
			struct twp_error *error)
{
	const struct sample *first = &taken->values.sample[0];
	bool control = !strcmp(point->datapath->name, "none");
	struct row row = row_of(run, point);
	struct samples pairs = { 0 };
	char text[160];
	int result;

	snprintf(row.proof, sizeof(row.proof), "%s", point->proof);
	row.bridge_netfilter = taken->bridge_netfilter;
	samples_pair(&pairs, control ? "A/A" : "A/B", &taken->baseline, &taken->values);
	result = results_add(&run->results, &taken->values, &pairs, &row, error);
	samples_clean(&pairs);
	/* Sorted by now. */
	snprintf(text, sizeof(text), "%.6g of %s%s%s, %s", first->value[(first->count - 1) / 2],
		 first->metric, *first->subject ? " at " : "", first->subject, run->machine.clock);
	progress_result(text);
	return result;
}

/* Points that are measured together. */
struct together {
	struct run *run;
	struct point *point;
	struct taken *taken;
	struct twp_error *error;
};

static int write_taken(void *context, size_t at)
{
	const struct together *together = context;
	const struct point *point = &together->point[at];
	struct taken *taken = &together->taken[at];
	char name[POINT_NAME];

	progress_point(point_name(point, name));
	if (*taken->gap)
		return write_gap(together->run, point, taken, together->error);
	return write_values(together->run, point, taken, together->error);
}

static void taken_clean(struct taken *taken, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		samples_clean(&taken[i].baseline);
		samples_clean(&taken[i].values);
	}
	free(taken);
}

static int run_group(struct run *run, struct point *point, size_t count, bool warm_up,
		     struct twp_error *error)
{
	struct together together = { run, point, calloc(count, sizeof(*together.taken)), error };
	struct taken *taken = together.taken;
	int result;

	if (!taken)
		return twp_error_set(error, "out of memory for %zu points", count);
	for (size_t i = 0; i < count; i++) {
		struct twp_error need;

		taken[i].unable = need_all(&point[i], &need);
		if (taken[i].unable)
			snprintf(taken[i].gap, sizeof(taken[i].gap), "%.255s", need.text);
	}
	result = group_measure(point, taken, count, warm_up ? 1 : run->scenario.runs,
			       warm_up ? NULL : write_taken, &together);
	taken_clean(taken, count);
	return result;
}

static int run_points(struct run *run, struct twp_error *error)
{
	struct plan *plan = &run->plan;
	size_t count;
	int result = 0;

	if (!plan->count)
		return 0;
	if (setup_folder_make(error))
		return -1;
	progress_begin(plan->count);
	/* The first transactions after a boot are slower than all later ones. */
	result = run_group(run, plan->point, plan_together(plan, 0), true, error);
	for (size_t i = 0; i < plan->count && !stop_requested() && !result; i += count) {
		count = plan_together(plan, i);
		result = run_group(run, &plan->point[i], count, false, error);
	}
	progress_end();
	setup_folder_remove();
	return result;
}

/* ---- the end */

/* How to repeat the run, as a shell reads it; it has nothing to resume then. */
static char *command_of(int argc, char **argv)
{
	char *text = NULL;
	size_t length;
	FILE *memory = open_memstream(&text, &length);

	if (!memory)
		return NULL;
	fputs("twineval run", memory);
	for (int i = 1; i < argc; i++) {
		bool plain = *argv[i] && !argv[i][strcspn(argv[i], " \t\n'\"\\$`*?[](){}<>|&;#~")];

		if (!strcmp(argv[i], "--resume"))
			continue;
		fprintf(memory, plain ? " %s" : " '%s'", argv[i]);
	}
	if (fclose(memory)) {
		free(text);
		return NULL;
	}
	return text;
}

static int write_report(const struct run *run, const char *command, struct twp_error *error)
{
	struct rows rows = { 0 };
	int result;

	if (rows_read(&rows, run->results.path, error))
		return -1;
	result = report_write(run->scenario.folder, &rows, command, error);
	rows_clean(&rows);
	return result;
}

static int run_all(struct run *run, const char *command, struct twp_error *error)
{
	struct twp_error close_error;
	int result;

	/* Virtual seconds leap while the guest waits for a file. */
	if (run->scenario.virtual)
		command_patience = PATIENCE_VIRTUAL;
	machine_read(&run->machine, run->scenario.virtual);
	if (plan_make(&run->plan, &run->scenario, error) ||
	    results_open(&run->results, &run->plan, &run->machine, &run->scenario, error))
		return -1;
	result = run_points(run, error);
	if (results_close(&run->results, result ? &close_error : error))
		result = -1;
	if (result || stop_requested())
		return result;
	printf("results: %s\n", run->results.path);
	if (run->scenario.no_report)
		return 0;
	if (write_report(run, command, error))
		return -1;
	printf("report: %s/report/index.html\n", run->scenario.folder);
	return 0;
}

static int fail(int status, const struct twp_error *error)
{
	fprintf(stderr, "twineval: %s\n", error->text);
	return status;
}

int run_main(int argc, char **argv)
{
	struct twp_error error = { "" };
	struct run run = { 0 };
	char *command;
	int result;

	result = scenario_read(&run.scenario, argc, argv, &error);
	if (result < 0)
		return fail(EXIT_USAGE, &error);
	if (result) {
		scenario_help(stdout);
		return EXIT_DONE;
	}
	if (geteuid()) {
		scenario_clean(&run.scenario);
		twp_error_set(&error, "run: only root can make network namespaces and filters");
		return fail(EXIT_FAILED, &error);
	}
	command = command_of(argc, argv);
	stop_catch_signals();
	result = run_all(&run, command ? command : "twineval run", &error);
	if (stop_requested())
		fprintf(stderr,
			"twineval: stopped; what was measured is in %s\n"
			"go on with: %s --resume\n",
			run.results.path, command ? command : "twineval run");
	free(command);
	plan_clean(&run.plan);
	scenario_clean(&run.scenario);
	if (stop_requested())
		return EXIT_STOPPED;
	return result ? fail(EXIT_FAILED, &error) : EXIT_DONE;
}
