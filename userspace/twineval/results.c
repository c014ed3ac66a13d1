// SPDX-License-Identifier: GPL-2.0-only
/*
 * Results: rows are appended and flushed point by point, so that whatever ends the run leaves
 * what was measured. To go on with a run, its file is read and written anew without the gaps that
 * shall be filled.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "results.h"

static int make_folder(const char *path, struct twp_error *error)
{
	char part[4096];

	if (snprintf(part, sizeof(part), "%s/", path) >= (int)sizeof(part))
		return twp_error_set(error, "%s: the name is too long", path);
	for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(part, 0755) && errno != EEXIST)
			return twp_error_set(error, "%s: %s", part, strerror(errno));
		*slash = '/';
	}
	return 0;
}

static int check_number(const char *path, const char *name, uint64_t then, uint64_t now,
			struct twp_error *error)
{
	return then == now ?
		       0 :
		       twp_error_set(error, "%s was measured with %" PRIu64 " %s, not %" PRIu64,
				     path, then, name, now);
}

static int check_work(const struct row *row, const struct measure_work *work, const char *path,
		      struct twp_error *error)
{
	const struct measure_work *then = &row->work;

	if (strcmp(row->version, TWP_VERSION))
		return twp_error_set(error, "%s was measured by version %s of twineval, not by %s",
				     path, row->version, TWP_VERSION);
	if (check_number(path, "transactions", then->transactions, work->transactions, error) ||
	    check_number(path, "transactions of warm-up", then->warmup, work->warmup, error) ||
	    check_number(path, "bytes", then->bytes, work->bytes, error) ||
	    check_number(path, "packets", then->packets, work->packets, error))
		return -1;
	return 0;
}

/* Figures of two machines in one run would be compared by whoever reads the report. */
static int check_machine(const struct rows *rows, const struct machine *machine, const char *path,
			 struct twp_error *error)
{
	for (size_t i = 0; i < rows->count; i++) {
		const struct machine *then = &rows->row[i].machine;

		if (strcmp(then->clock, machine->clock))
			return twp_error_set(error,
					     "%s was measured by the %s clock, not the %s one",
					     path, then->clock, machine->clock);
		if (strcmp(then->kernel, machine->kernel) || strcmp(then->cpu, machine->cpu))
			return twp_error_set(error,
					     "%s was measured with kernel %s on %s, not %s on %s",
					     path, then->kernel, then->cpu, machine->kernel,
					     machine->cpu);
	}
	return 0;
}

static int write_kept(const char *path, const struct rows *rows, const struct plan *plan,
		      struct twp_error *error)
{
	char copy[4200];
	FILE *file;
	int result = 0;

	snprintf(copy, sizeof(copy), "%s.new", path);
	file = fopen(copy, "we");
	if (!file)
		return twp_error_set(error, "%s: %s", copy, strerror(errno));
	for (size_t i = 0; i < rows->count && !result; i++)
		if (!*rows->row[i].gap || !plan_has(plan, &rows->row[i]))
			result = row_write(file, &rows->row[i]);
	if (fclose(file))
		result = -1;
	if (result || rename(copy, path))
		return twp_error_set(error, "%s: %s", copy, strerror(errno));
	return 0;
}

static int check_rows(const struct rows *rows, const struct machine *machine,
		      const struct measure_work *work, const char *path, struct twp_error *error)
{
	if (check_machine(rows, machine, path, error))
		return -1;
	for (size_t i = 0; i < rows->count; i++)
		if (check_work(&rows->row[i], work, path, error))
			return -1;
	return 0;
}

static int resume(const char *path, struct plan *plan, const struct machine *machine,
		  const struct measure_work *work, struct twp_error *error)
{
	struct rows rows = { 0 };
	int result;

	if (access(path, F_OK))
		return 0;
	if (rows_read(&rows, path, error))
		return -1;
	result = check_rows(&rows, machine, work, path, error);
	if (!result && plan_drop_measured(plan, &rows))
		result = twp_error_set(error, "out of memory");
	if (!result)
		result = write_kept(path, &rows, plan, error);
	rows_clean(&rows);
	return result;
}

static int put_aside(const char *path, const char *folder, struct twp_error *error)
{
	char aside[4200];

	snprintf(aside, sizeof(aside), "%s/results.previous.jsonl", folder);
	if (rename(path, aside) && errno != ENOENT)
		return twp_error_set(error, "%s: %s", path, strerror(errno));
	return 0;
}

int results_open(struct results *results, struct plan *plan, const struct machine *machine,
		 const struct scenario *scenario, struct twp_error *error)
{
	const char *folder = scenario->folder;

	results->file = NULL;
	if (make_folder(folder, error))
		return -1;
	if (snprintf(results->path, sizeof(results->path), "%s/results.jsonl", folder) >=
	    (int)sizeof(results->path))
		return twp_error_set(error, "%s: the name is too long", folder);
	if (scenario->resume ? resume(results->path, plan, machine, &scenario->work, error) :
			       put_aside(results->path, folder, error))
		return -1;
	results->file = fopen(results->path, "ae");
	if (!results->file)
		return twp_error_set(error, "%s: %s", results->path, strerror(errno));
	return 0;
}

int results_close(struct results *results, struct twp_error *error)
{
	int result = results->file ? fclose(results->file) : 0;

	results->file = NULL;
	if (result)
		return twp_error_set(error, "%s: %s", results->path, strerror(errno));
	return 0;
}

static int append(struct results *results, const char *lines, size_t length,
		  struct twp_error *error)
{
	if (fwrite(lines, 1, length, results->file) != length || fflush(results->file))
		return twp_error_set(error, "%s: %s", results->path, strerror(errno));
	return 0;
}

int results_add(struct results *results, struct samples *values, struct samples *pairs,
		const struct row *like, struct twp_error *error)
{
	char *lines = NULL;
	size_t length;
	FILE *memory = open_memstream(&lines, &length);
	int result = -1;

	if (memory) {
		result = samples_write(memory, values, like) || samples_write(memory, pairs, like);
		result = fclose(memory) || result ? -1 : 0;
	}
	if (result)
		twp_error_set(error, "%s: %s", results->path, strerror(errno));
	else
		result = append(results, lines, length, error);
	free(lines);
	return result;
}

int results_add_gap(struct results *results, const struct row *gap, struct twp_error *error)
{
	if (row_write(results->file, gap) || fflush(results->file))
		return twp_error_set(error, "%s: %s", results->path, strerror(errno));
	return 0;
}
