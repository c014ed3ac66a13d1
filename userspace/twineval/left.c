// SPDX-License-Identifier: GPL-2.0-only
/*
 * twineval left: what of a run is still to be measured. It is asked with the options of the run,
 * and measures nothing itself.
 */
#include <stdio.h>
#include <unistd.h>

#include "left.h"
#include "plan.h"
#include "scenario.h"

enum { NOTHING, MISSING, USAGE };

/* A run that has not begun has no results. */
static int results_read(struct rows *rows, const struct scenario *scenario, struct twp_error *error)
{
	char path[4096];

	if (snprintf(path, sizeof(path), "%s/results.jsonl", scenario->folder) >= (int)sizeof(path))
		return twp_error_set(error, "%s: the name is too long", scenario->folder);
	return access(path, F_OK) ? 0 : rows_read(rows, path, error);
}

static void print_left(const struct plan *plan, const struct rows *rows, struct plan_count count)
{
	for (size_t i = 0; i < rows->count; i++) {
		const struct row *row = &rows->row[i];

		if (*row->gap && plan_has(plan, row))
			printf("%s %s %s %u%s: %s\n", row->experiment, row->topology, row->datapath,
			       row->entries, row->offloads ? " with offloads" : "", row->gap);
	}
	printf("%zu points, %zu measured", plan->count, count.measured);
	if (count.unable)
		printf(", %zu cannot be measured here", count.unable);
	if (count.missing)
		printf(", %zu missing", count.missing);
	putchar('\n');
}

int left_main(int argc, char **argv)
{
	struct scenario scenario = { 0 };
	struct twp_error error = { "" };
	struct plan_count count = { 0 };
	struct plan plan = { 0 };
	struct rows rows = { 0 };
	int result;

	result = scenario_read(&scenario, argc, argv, &error);
	if (result > 0) {
		puts("usage: twineval left [OPTION]...\n\n"
		     "The options are those of twineval run; see twineval run --help.");
		return NOTHING;
	}
	if (!result)
		result = plan_make(&plan, &scenario, &error);
	if (!result)
		result = results_read(&rows, &scenario, &error);
	if (!result) {
		count = plan_count(&plan, &rows);
		print_left(&plan, &rows, count);
	} else {
		fprintf(stderr, "twineval left: %s\n", error.text);
	}
	rows_clean(&rows);
	plan_clean(&plan);
	scenario_clean(&scenario);
	if (result)
		return USAGE;
	return count.missing ? MISSING : NOTHING;
}
