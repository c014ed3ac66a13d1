// SPDX-License-Identifier: GPL-2.0-only
/* Lists of rows: what stands in a results.jsonl, without what a later line replaces. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy/memory.h"
#include "row.h"

/* Rows that are the same stand together, and of those the older first. */
static int order_by_age(const void *left, const void *right)
{
	const struct row *a = *(const struct row *const *)left;
	const struct row *b = *(const struct row *const *)right;
	int result = row_order(a, b);

	return result ? result : a < b ? -1 : 1;
}

/* Was the whole point not measured, and then it was? @at: what follows, in order. */
static bool gap_closed(const struct row *gap, const struct row *const *at,
		       const struct row *const *end)
{
	if (!*gap->gap || *gap->metric)
		return false;
	for (; at < end && row_same_point(gap, *at); at++)
		if (*at > gap && !*(*at)->gap)
			return true;
	return false;
}

/* Drops the rows that a later one replaces; the others keep their order. */
static int old_drop(struct rows *rows)
{
	TWP_AUTOFREE const struct row **sorted = calloc(rows->count + 1, sizeof(*sorted));
	TWP_AUTOFREE bool *old = calloc(rows->count + 1, sizeof(*old));
	size_t kept = 0;

	if (!sorted || !old)
		return -1;
	for (size_t i = 0; i < rows->count; i++)
		sorted[i] = &rows->row[i];
	qsort(sorted, rows->count, sizeof(*sorted), order_by_age);
	for (size_t i = 0; i < rows->count; i++)
		old[sorted[i] - rows->row] =
			(i + 1 < rows->count && row_same(sorted[i], sorted[i + 1])) ||
			gap_closed(sorted[i], sorted + i + 1, sorted + rows->count);
	for (size_t i = 0; i < rows->count; i++)
		if (!old[i])
			rows->row[kept++] = rows->row[i];
	rows->count = kept;
	return 0;
}

static int rows_add(struct rows *rows, const struct row *row)
{
	struct row *array = twp_array_grow(rows->row, rows->count, sizeof(*array));

	if (!array)
		return -1;
	rows->row = array;
	rows->row[rows->count++] = *row;
	return 0;
}

static void file_close(FILE **file)
{
	if (*file)
		fclose(*file);
}

int rows_read(struct rows *rows, const char *path, struct twp_error *error)
{
	TWP_CLEANUP(file_close) FILE *file = fopen(path, "re");
	TWP_CLEANUP(rows_clean) struct rows read = { 0 };
	TWP_AUTOFREE char *line = NULL;
	size_t room = 0, number = 0;
	struct twp_error cause;
	ssize_t length;
	struct row row;

	if (!file)
		return twp_error_set(error, "%s: %s", path, strerror(errno));
	while ((length = getline(&line, &room, file)) > 0) {
		number++;
		if (line[length - 1] != '\n')
			break;
		if (row_read(&row, line, (size_t)length - 1, &cause))
			return twp_error_set(error, "%s:%zu: %s", path, number, cause.text);
		if (rows_add(&read, &row))
			return twp_error_set(error, "%s: out of memory", path);
	}
	if (length < 0 && !feof(file))
		return twp_error_set(error, "%s: %s", path, strerror(errno));
	if (old_drop(&read))
		return twp_error_set(error, "%s: out of memory", path);
	*rows = read;
	read = (struct rows){ 0 };
	return 0;
}

/* A line that a kill cut would run into the one that is written next. */
static int cut_line_drop(FILE *file)
{
	long whole = 0;
	int byte;

	rewind(file);
	for (long at = 1; (byte = getc(file)) != EOF; at++)
		if (byte == '\n')
			whole = at;
	return ferror(file) || ftruncate(fileno(file), whole) || fseek(file, 0, SEEK_END) ? -1 : 0;
}

FILE *rows_append(const char *path, struct twp_error *error)
{
	FILE *file = fopen(path, "a+e");

	if (file && !cut_line_drop(file))
		return file;
	twp_error_set(error, "%s: %s", path, strerror(errno));
	file_close(&file);
	return NULL;
}

void rows_clean(struct rows *rows)
{
	free(rows->row);
	*rows = (struct rows){ 0 };
}

const struct row *rows_find(const struct rows *rows, const struct row *like)
{
	for (size_t i = 0; i < rows->count; i++)
		if (row_same(&rows->row[i], like))
			return &rows->row[i];
	return NULL;
}
