// SPDX-License-Identifier: GPL-2.0-only
/* A comparison as a table that a person reads, or as JSON. */
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "compare.h"

static const char *const verdicts[COMPARE_VERDICTS] = {
	[COMPARE_SAME] = "same",
	[COMPARE_WORSE] = "worse",
	[COMPARE_BETTER] = "better",
	[COMPARE_CHANGED] = "changed",
	[COMPARE_UNJUDGED] = "not judged",
	[COMPARE_GAP] = "became a gap",
	[COMPARE_ONLY_BEFORE] = "only before",
	[COMPARE_ONLY_AFTER] = "only after",
};

/* ---- the table */

enum cell {
	CELL_EXPERIMENT,
	CELL_TOPOLOGY,
	CELL_DATAPATH,
	CELL_ENTRIES,
	CELL_OFFLOADS,
	CELL_METRIC,
	CELL_BEFORE,
	CELL_AFTER,
	CELL_CHANGE,
	CELL_VERDICT,
	CELLS
};

/* As wide as the widest row of rows_read() can make one. */
struct line {
	char cell[CELLS][320];
};

static const struct {
	const char *name;
	bool right;
} heads[CELLS] = {
	{ "experiment", false }, { "topology", false }, { "datapath", false }, { "entries", true },
	{ "offloads", false },	 { "metric", false },	{ "before", true },    { "after", true },
	{ "change", true },	 { "verdict", false },
};

static bool is_shown(const struct compare_pair *pair)
{
	return pair->verdict != COMPARE_SAME && pair->verdict != COMPARE_UNJUDGED;
}

static void value_cell(char cell[320], const struct row *row)
{
	if (row)
		snprintf(cell, 320, fabs(row->value) < 1000 ? "%.4g" : "%.0f", row->value);
	else
		strcpy(cell, "-");
}

static void line_fill(struct line *line, const struct compare_pair *pair)
{
	const struct row *row = pair->before ? pair->before : pair->after;
	bool virtual = !strcmp(row->machine.clock, "virtual");

	snprintf(line->cell[CELL_EXPERIMENT], 320, "%s", row->experiment);
	snprintf(line->cell[CELL_TOPOLOGY], 320, "%s", row->topology);
	snprintf(line->cell[CELL_DATAPATH], 320, "%s", row->datapath);
	snprintf(line->cell[CELL_ENTRIES], 320, "%u", row->entries);
	snprintf(line->cell[CELL_OFFLOADS], 320, "%s", row->offloads ? "on" : "off");
	snprintf(line->cell[CELL_METRIC], 320, "%s%s%s%s", virtual ? "virtual " : "", row->metric,
		 *row->subject ? " of " : "", row->subject);
	value_cell(line->cell[CELL_BEFORE], pair->before);
	value_cell(line->cell[CELL_AFTER], pair->after);
	if (!pair->before || !pair->after)
		strcpy(line->cell[CELL_CHANGE], "-");
	else if (isinf(pair->percent))
		strcpy(line->cell[CELL_CHANGE], "from 0");
	else
		snprintf(line->cell[CELL_CHANGE], 320, "%+.2f%%", pair->percent);
	snprintf(line->cell[CELL_VERDICT], 320, "%s%s%s", verdicts[pair->verdict],
		 pair->gap ? ": " : "", pair->gap ? pair->gap->gap : "");
}

static void line_print(FILE *out, const struct line *line, const int width[CELLS])
{
	for (int i = 0; i < CELL_VERDICT; i++)
		fprintf(out, "%*s  ", heads[i].right ? width[i] : -width[i], line->cell[i]);
	fprintf(out, "%s\n", line->cell[CELL_VERDICT]);
}

static void table_print(FILE *out, const struct comparison *comparison)
{
	struct line line = { 0 };
	int width[CELLS];

	for (int i = 0; i < CELLS; i++)
		width[i] = (int)strlen(heads[i].name);
	for (size_t i = 0; i < comparison->count; i++) {
		if (!is_shown(&comparison->pair[i]))
			continue;
		line_fill(&line, &comparison->pair[i]);
		for (int j = 0; j < CELLS; j++)
			if ((int)strlen(line.cell[j]) > width[j])
				width[j] = (int)strlen(line.cell[j]);
	}
	for (int i = 0; i < CELLS; i++)
		strcpy(line.cell[i], heads[i].name);
	line_print(out, &line, width);
	for (size_t i = 0; i < comparison->count; i++) {
		if (!is_shown(&comparison->pair[i]))
			continue;
		line_fill(&line, &comparison->pair[i]);
		line_print(out, &line, width);
	}
}

void comparison_print(FILE *out, const struct comparison *comparison)
{
	const size_t *of = comparison->verdicts;
	size_t common = comparison_common(comparison);
	size_t shown = comparison->count - of[COMPARE_SAME] - of[COMPARE_UNJUDGED];

	if (shown)
		table_print(out, comparison);
	fprintf(out,
		"%zu measurement%s in both: %zu worse, %zu better, %zu changed, "
		"%zu within the noise",
		common, common == 1 ? "" : "s", of[COMPARE_WORSE], of[COMPARE_BETTER],
		of[COMPARE_CHANGED], of[COMPARE_SAME]);
	if (of[COMPARE_UNJUDGED])
		fprintf(out, ", %zu not judged because they do not repeat", of[COMPARE_UNJUDGED]);
	fprintf(out, "; %zu became a gap, %zu only before, %zu only after\n", of[COMPARE_GAP],
		of[COMPARE_ONLY_BEFORE], of[COMPARE_ONLY_AFTER]);
}

/* ---- the machines, the program and its work */

enum kind { TEXT, COUNT, SIZE };

static const struct {
	const char *of; /* which is not the same */
	const char *name;
	enum kind kind;
	size_t offset; /* in struct row */
} conditions[] = {
	{ "machine", "kernel", TEXT, offsetof(struct row, machine.kernel) },
	{ "machine", "cpu", TEXT, offsetof(struct row, machine.cpu) },
	{ "machine", "jit", TEXT, offsetof(struct row, machine.jit) },
	{ "machine", "mitigations", TEXT, offsetof(struct row, machine.mitigations) },
	{ "program", "version", TEXT, offsetof(struct row, version) },
	{ "work", "transactions", COUNT, offsetof(struct row, work.transactions) },
	{ "work", "warmup", COUNT, offsetof(struct row, work.warmup) },
	{ "work", "bytes", SIZE, offsetof(struct row, work.bytes) },
	{ "work", "packets", COUNT, offsetof(struct row, work.packets) },
};

#define CONDITIONS (sizeof(conditions) / sizeof(*conditions))

struct condition {
	char text[sizeof(struct machine)];
};

static struct condition condition_of(const struct row *row, size_t condition)
{
	const void *from = (const char *)row + conditions[condition].offset;
	struct condition of;

	if (conditions[condition].kind == TEXT)
		snprintf(of.text, sizeof(of.text), "%s", (const char *)from);
	else if (conditions[condition].kind == COUNT)
		snprintf(of.text, sizeof(of.text), "%u", *(const unsigned int *)from);
	else
		snprintf(of.text, sizeof(of.text), "%" PRIu64, *(const uint64_t *)from);
	return of;
}

/* How many measurements of both runs differ in it; @example is the first of them. */
static size_t differing(const struct comparison *comparison, size_t condition,
			const struct compare_pair **example)
{
	size_t count = 0;

	for (size_t i = comparison->count; i--;) {
		const struct compare_pair *pair = &comparison->pair[i];

		if (!pair->before || !pair->after ||
		    !strcmp(condition_of(pair->before, condition).text,
			    condition_of(pair->after, condition).text))
			continue;
		*example = pair;
		count++;
	}
	return count;
}

void comparison_print_machines(FILE *out, const struct comparison *comparison)
{
	const struct compare_pair *pair = NULL;

	for (size_t i = 0; i < CONDITIONS; i++) {
		size_t count = differing(comparison, i, &pair);

		if (count)
			fprintf(out,
				"The %s is not the same: %s was \"%s\" and is \"%s\" "
				"(%zu of %zu measurements).\n",
				conditions[i].of, conditions[i].name,
				condition_of(pair->before, i).text,
				condition_of(pair->after, i).text, count,
				comparison_common(comparison));
	}
}

/* ---- JSON */

static json_t *value_json(const struct row *row)
{
	return row ? json_real(row->value) : json_null();
}

static json_t *pair_json(const struct compare_pair *pair)
{
	const struct row *row = pair->before ? pair->before : pair->after;
	bool both = pair->before && pair->after;

	return json_pack("{ss ss ss sI sb ss ss ss so so so ss ss*}", "experiment", row->experiment,
			 "topology", row->topology, "datapath", row->datapath, "entries",
			 (json_int_t)row->entries, "offloads", row->offloads, "clock",
			 row->machine.clock, "subject", row->subject, "metric", row->metric,
			 "before", value_json(pair->before), "after", value_json(pair->after),
			 "percent",
			 both && isfinite(pair->percent) ? json_real(pair->percent) : json_null(),
			 "verdict", verdicts[pair->verdict], "gap",
			 pair->gap ? pair->gap->gap : NULL);
}

static json_t *machines_json(const struct comparison *comparison)
{
	const struct compare_pair *pair = NULL;
	json_t *machines = json_object();

	for (size_t i = 0; i < CONDITIONS; i++)
		if (differing(comparison, i, &pair))
			json_object_set_new(machines, conditions[i].name,
					    json_pack("{ss ss}", "before",
						      condition_of(pair->before, i).text, "after",
						      condition_of(pair->after, i).text));
	return machines;
}

int comparison_print_json(FILE *out, const struct comparison *comparison)
{
	json_t *changes = json_array(), *counts = json_object(), *all;
	int result = changes && counts ? 0 : -1;

	for (size_t i = 0; i < comparison->count && !result; i++)
		if (is_shown(&comparison->pair[i]))
			result = json_array_append_new(changes, pair_json(&comparison->pair[i]));
	for (size_t i = 0; i < COMPARE_VERDICTS && !result; i++)
		result = json_object_set_new(counts, verdicts[i],
					     json_integer((json_int_t)comparison->verdicts[i]));
	all = json_pack("{so so so}", "machine", machines_json(comparison), "changes", changes,
			"counts", counts);
	if (!all || result || json_dumpf(all, out, JSON_INDENT(2) | JSON_REAL_PRECISION(15)))
		result = -1;
	else
		fputc('\n', out);
	json_decref(all);
	return result;
}
