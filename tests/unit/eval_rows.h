/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rows for tests of the report, and what the report says of them. Each test begins with none
 * (forget) and leaves no text (clean).
 */
#ifndef TWP_TESTS_EVAL_ROWS_H
#define TWP_TESTS_EVAL_ROWS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "twineval/report_section.h"

#define ROWS 64

static struct row row_of[ROWS];
static struct rows rows;
static char *text;

static inline int forget(void **state)
{
	(void)state;
	memset(row_of, 0, sizeof(row_of));
	rows = (struct rows){ .row = row_of };
	return 0;
}

static inline int clean(void **state)
{
	(void)state;
	free(text);
	text = NULL;
	return 0;
}

static inline struct row *add(const char *experiment, const char *datapath, unsigned int entries,
			      const char *metric, double value)
{
	struct row *row = &row_of[rows.count++];

	assert_true(rows.count <= ROWS);
	snprintf(row->experiment, sizeof(row->experiment), "%s", experiment);
	snprintf(row->datapath, sizeof(row->datapath), "%s", datapath);
	snprintf(row->topology, sizeof(row->topology), "routed");
	snprintf(row->metric, sizeof(row->metric), "%s", metric);
	snprintf(row->machine.clock, sizeof(row->machine.clock), "virtual");
	row->entries = entries;
	row->value = row->low = row->high = value;
	row->runs = 1;
	return row;
}

static inline void add_gap(const char *experiment, const char *datapath, unsigned int entries,
			   const char *why)
{
	struct row *row = add(experiment, datapath, entries, "", 0);

	snprintf(row->gap, sizeof(row->gap), "%s", why);
}

static inline struct grid grid_of(const char *experiment, const char *metric)
{
	struct grid_list list = grid_list(&rows, experiment, metric);
	struct grid grid;

	assert_true(list.count > 0);
	grid = list.grid[0];
	free(list.grid);
	return grid;
}

/* What a function says, in @text. */
static inline void say(void (*function)(FILE *out, const struct grid *grid),
		       const struct grid *grid)
{
	size_t size;
	FILE *out;

	free(text);
	out = open_memstream(&text, &size);
	assert_non_null(out);
	function(out, grid);
	fclose(out);
}

static inline void says(const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in:\n%s", part, text);
}

static inline void says_not(const char *part)
{
	if (strstr(text, part))
		fail_msg("\"%s\" is in:\n%s", part, text);
}

/* The page of an experiment, in @text. */
static inline void say_section(const char *experiment)
{
	size_t size;
	struct page page = { .rows = &rows };

	free(text);
	page.out = open_memstream(&text, &size);
	assert_non_null(page.out);
	section_write(&page, experiment);
	fclose(page.out);
}

#endif
