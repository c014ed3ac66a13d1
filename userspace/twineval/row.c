// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rows as JSON and as CSV, both from one table of columns. Reading is strict in
 * what a row must have, so that a figure never comes from a value that was not
 * there; keys of later versions are passed over.
 */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdint.h>
#include <string.h>

#include "policy/utf8.h"
#include "row.h"

enum type { TEXT, COUNT, SIZE, BOOL, REAL };

struct column {
	const char *name;
	enum type type;
	size_t offset; /* in struct row */
	size_t size; /* of text, with its end */
	bool measured; /* a gap has none */
};

#define COLUMN(name, type, member, measured)                                                 \
	{                                                                                    \
		name, type, offsetof(struct row, member), sizeof(((struct row *)0)->member), \
			measured                                                             \
	}

static const struct column columns[] = {
	COLUMN("experiment", TEXT, experiment, false),
	COLUMN("datapath", TEXT, datapath, false),
	COLUMN("topology", TEXT, topology, false),
	COLUMN("entries", COUNT, entries, false),
	COLUMN("offloads", BOOL, offloads, false),
	COLUMN("subject", TEXT, subject, false),
	COLUMN("metric", TEXT, metric, false),
	COLUMN("value", REAL, value, true),
	COLUMN("low", REAL, low, true),
	COLUMN("high", REAL, high, true),
	COLUMN("runs", COUNT, runs, true),
	COLUMN("clock", TEXT, machine.clock, false),
	COLUMN("kernel", TEXT, machine.kernel, false),
	COLUMN("jit", TEXT, machine.jit, false),
	COLUMN("mitigations", TEXT, machine.mitigations, false),
	COLUMN("cpu", TEXT, machine.cpu, false),
	COLUMN("version", TEXT, version, false),
	COLUMN("transactions", COUNT, work.transactions, false),
	COLUMN("warmup", COUNT, work.warmup, false),
	COLUMN("bytes", SIZE, work.bytes, false),
	COLUMN("packets", COUNT, work.packets, false),
	COLUMN("bridge_netfilter", BOOL, bridge_netfilter, false),
	COLUMN("proof", TEXT, proof, true),
	COLUMN("unable", BOOL, unable, false),
	COLUMN("gap", TEXT, gap, false),
};

#define COLUMNS (sizeof(columns) / sizeof(*columns))

/* ---- one row */

int row_order(const struct row *a, const struct row *b)
{
	int result;

	if (a->entries != b->entries)
		return a->entries < b->entries ? -1 : 1;
	if (a->offloads != b->offloads)
		return a->offloads ? 1 : -1;
	if ((result = strcmp(a->datapath, b->datapath)) ||
	    (result = strcmp(a->topology, b->topology)) ||
	    (result = strcmp(a->experiment, b->experiment)) ||
	    (result = strcmp(a->machine.clock, b->machine.clock)) ||
	    (result = strcmp(a->metric, b->metric)))
		return result;
	return strcmp(a->subject, b->subject);
}

bool row_same(const struct row *a, const struct row *b)
{
	return !row_order(a, b);
}

bool row_same_point(const struct row *a, const struct row *b)
{
	return a->entries == b->entries && a->offloads == b->offloads &&
	       !strcmp(a->datapath, b->datapath) && !strcmp(a->topology, b->topology) &&
	       !strcmp(a->experiment, b->experiment) && !strcmp(a->machine.clock, b->machine.clock);
}

const char *row_unit(const struct row *row)
{
	const char *last = strrchr(row->metric, '_');

	return last ? last + 1 : row->metric;
}

static bool column_holds(const struct column *column, const struct row *row)
{
	if (column->measured)
		return !*row->gap;
	if (column->offset == offsetof(struct row, unable))
		return row->unable;
	return column->offset != offsetof(struct row, gap) || *row->gap;
}

/* A name that was cut to its field may end in the middle of a character. */
static json_t *text_json(const char *text)
{
	json_t *value = json_string(text);
	char copy[256];

	if (value)
		return value;
	snprintf(copy, sizeof(copy), "%s", text);
	for (char *at = copy; *(at += twp_utf8_span(at, strlen(at), "\t\n\r")); at++)
		*at = '?';
	return json_string(copy);
}

static json_t *column_json(const struct column *column, const struct row *row)
{
	const void *from = (const char *)row + column->offset;

	switch (column->type) {
	case TEXT:
		return text_json(from);
	case COUNT:
		return json_integer(*(const unsigned int *)from);
	case SIZE:
		return json_integer((json_int_t) * (const uint64_t *)from);
	case BOOL:
		return json_boolean(*(const bool *)from);
	default:
		return json_real(*(const double *)from);
	}
}

int row_write(FILE *file, const struct row *row)
{
	json_t *line = json_object();
	int result = line ? 0 : -1;

	for (size_t i = 0; i < COLUMNS && !result; i++)
		if (column_holds(&columns[i], row))
			result = json_object_set_new(line, columns[i].name,
						     column_json(&columns[i], row));
	/* What JSON has no word for: not a number, infinite. */
	if (result)
		errno = EINVAL;
	else if (json_dumpf(line, file, JSON_COMPACT | JSON_REAL_PRECISION(15)) ||
		 putc('\n', file) == EOF)
		result = -1;
	json_decref(line);
	return result;
}

/* ---- reading */

static int column_missing(const struct column *column, struct twp_error *error)
{
	bool late = column->offset >= offsetof(struct row, version);

	return twp_error_set(
		error, "\"%s\" is missing%s", column->name,
		late ? ": this was written by an older twineval, whose rows do not say "
		       "by which version and how much was measured" :
		       "");
}

static int column_read(const struct column *column, const json_t *value, struct row *row,
		       struct twp_error *error)
{
	void *to = (char *)row + column->offset;
	const char *name = column->name;

	if (!value)
		return column_missing(column, error);
	switch (column->type) {
	case TEXT:
		if (!json_is_string(value))
			return twp_error_set(error, "\"%s\" must be a string", name);
		if (json_string_length(value) >= column->size)
			return twp_error_set(error, "\"%s\" is longer than %zu bytes", name,
					     column->size - 1);
		memcpy(to, json_string_value(value), json_string_length(value) + 1);
		return 0;
	case COUNT:
		if (!json_is_integer(value) || json_integer_value(value) < 0 ||
		    json_integer_value(value) > UINT32_MAX)
			return twp_error_set(error, "\"%s\" must be a whole number from 0 to %u",
					     name, UINT32_MAX);
		*(unsigned int *)to = (unsigned int)json_integer_value(value);
		return 0;
	case SIZE:
		if (!json_is_integer(value) || json_integer_value(value) < 0)
			return twp_error_set(error, "\"%s\" must be a whole number from 0 on",
					     name);
		*(uint64_t *)to = (uint64_t)json_integer_value(value);
		return 0;
	case BOOL:
		if (!json_is_boolean(value))
			return twp_error_set(error, "\"%s\" must be true or false", name);
		*(bool *)to = json_is_true(value);
		return 0;
	default:
		if (!json_is_number(value))
			return twp_error_set(error, "\"%s\" must be a number", name);
		*(double *)to = json_number_value(value);
		return 0;
	}
}

int row_read(struct row *row, const char *text, size_t length, struct twp_error *error)
{
	json_error_t fault;
	json_t *line = json_loadb(text, length, JSON_REJECT_DUPLICATES, &fault);
	const json_t *gap = json_object_get(line, "gap");
	int result = 0;

	*row = (struct row){ 0 };
	if (!line)
		return twp_error_set(error, "%s", fault.text);
	if (!json_is_object(line))
		result = twp_error_set(error, "a row is a JSON object");
	else if (gap)
		result = column_read(&columns[COLUMNS - 1], gap, row, error);
	row->unable = json_is_true(json_object_get(line, "unable"));
	for (size_t i = 0; i < COLUMNS && !result; i++)
		if (column_holds(&columns[i], row))
			result = column_read(&columns[i], json_object_get(line, columns[i].name),
					     row, error);
	json_decref(line);
	if (result)
		return -1;
	if (!*row->gap && !*row->metric)
		return twp_error_set(error, "\"metric\" is empty");
	if (strcmp(row->machine.clock, "virtual") && strcmp(row->machine.clock, "real"))
		return twp_error_set(error, "\"clock\" must be virtual or real, not \"%s\"",
				     row->machine.clock);
	return 0;
}

/* ---- CSV (RFC 4180) */

static void csv_text(FILE *file, const char *text)
{
	if (!strpbrk(text, ",\"\r\n")) {
		fputs(text, file);
		return;
	}
	putc('"', file);
	for (; *text; text++) {
		if (*text == '"')
			putc('"', file);
		putc(*text, file);
	}
	putc('"', file);
}

static void csv_value(FILE *file, const struct column *column, const struct row *row)
{
	const void *from = (const char *)row + column->offset;

	if (!column_holds(column, row))
		return;
	if (column->type == TEXT)
		csv_text(file, from);
	else if (column->type == COUNT)
		fprintf(file, "%u", *(const unsigned int *)from);
	else if (column->type == SIZE)
		fprintf(file, "%" PRIu64, *(const uint64_t *)from);
	else if (column->type == BOOL)
		fputs(*(const bool *)from ? "true" : "false", file);
	else
		fprintf(file, "%.15g", *(const double *)from);
}

int rows_write_csv(FILE *file, const struct rows *rows)
{
	for (size_t i = 0; i < COLUMNS; i++)
		fprintf(file, "%s%s", i ? "," : "", columns[i].name);
	fputs("\n", file);
	for (size_t row = 0; row < rows->count; row++)
		for (size_t i = 0; i < COLUMNS; i++) {
			csv_value(file, &columns[i], &rows->row[row]);
			fputs(i + 1 < COLUMNS ? "," : "\n", file);
		}
	return ferror(file) ? -1 : 0;
}
