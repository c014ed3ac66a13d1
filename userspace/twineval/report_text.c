// SPDX-License-Identifier: GPL-2.0-only
/* Sentences about a grid of datapaths and numbers of entries. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "report_format.h"
#include "report_text.h"

void text_join(FILE *out, const char *const *name, size_t count)
{
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s%s", !i ? "" : i + 1 < count ? ", " : " and ", name[i]);
}

static const char *word(const struct grid *grid)
{
	return strcmp(grid->experiment, "complexity") ? "entries" : "rules";
}

static const char *one(const struct grid *grid)
{
	return strcmp(grid->experiment, "complexity") ? "entry" : "rule";
}

void text_number(FILE *out, const struct grid *grid, unsigned int number)
{
	format_count(out, number);
	fprintf(out, " %s", number == 1 ? one(grid) : word(grid));
}

/* "costs 3.1% more"; with @verb, else "3.1% more". */
void text_change_of(FILE *out, const struct row *before, const struct row *after, bool verb)
{
	double change = grid_change(before, after);
	const char *does = format_more_is_better(row_unit(after)) ? "passes " : "costs ";

	if (!isfinite(change)) {
		fprintf(out, "%sis no longer 0", verb ? "" : "it ");
		return;
	}
	fprintf(out, "%s%.*f%% %s", verb ? does : "",
		fabs(change) < 1   ? 2 :
		fabs(change) < 100 ? 1 :
				     0,
		fabs(change), change < 0 ? "less" : "more");
}

#define STEEP 10 /* percent */

/* ---- a line: flat or not */

struct line {
	const char *datapath;
	const struct row *first, *last;
	const struct row *farthest; /* from the first */
	bool flat;
	bool worse; /* than the first, somewhere */
	bool said;
};

/* By more than the noise. */
static bool is_worse(const struct row *before, const struct row *after)
{
	bool less = after->value < before->value;

	return !grid_flat(before, after) && less == format_more_is_better(row_unit(after));
}

static bool line_of(const struct grid *grid, const char *datapath, struct line *line)
{
	struct grid_numbers numbers = grid_numbers(grid);

	*line = (struct line){ .datapath = datapath, .flat = true };
	if (!grid_ends(grid, datapath, &line->first, &line->last)) {
		free(numbers.number);
		return false;
	}
	line->farthest = line->last;
	for (size_t i = 0; i < numbers.count; i++) {
		const struct row *row = grid_row(grid, datapath, numbers.number[i]);

		if (!row || numbers.number[i] < grid_number(grid, line->first))
			continue;
		if (fabs(grid_change(line->first, row)) >
		    fabs(grid_change(line->first, line->farthest)))
			line->farthest = row;
		line->worse = line->worse || is_worse(line->first, row);
		line->flat = line->flat && grid_flat(line->first, row);
	}
	free(numbers.number);
	return true;
}

static bool same_range(const struct grid *grid, const struct line *a, const struct line *b)
{
	return grid_number(grid, a->first) == grid_number(grid, b->first) &&
	       grid_number(grid, a->last) == grid_number(grid, b->last);
}

/* Flat lines over the same numbers share a sentence. */
static void say_flat(FILE *out, const struct grid *grid, struct line *line, size_t count)
{
	const char **name = calloc(count, sizeof(*name));

	for (size_t i = 0; name && i < count; i++) {
		const struct line *farthest = &line[i];
		double noise = 0;
		size_t names = 0;

		if (!line[i].flat || line[i].said)
			continue;
		for (size_t j = i; j < count; j++) {
			if (!line[j].flat || !same_range(grid, &line[i], &line[j]))
				continue;
			line[j].said = true;
			name[names++] = line[j].datapath;
			noise = fmax(noise, compare_noise(line[j].farthest));
			if (fabs(grid_change(line[j].first, line[j].farthest)) >
			    fabs(grid_change(farthest->first, farthest->farthest)))
				farthest = &line[j];
		}
		text_join(out, name, names);
		fprintf(out, " %s flat from ", names > 1 ? "are" : "is");
		format_count(out, grid_number(grid, line[i].first));
		fputs(" to ", out);
		text_number(out, grid, grid_number(grid, line[i].last));
		fprintf(out, ", within the stated noise of %.3g%% (", noise);
		if (names > 1)
			fprintf(out, "farthest: %s, ", farthest->datapath);
		format_percent(out, grid_change(farthest->first, farthest->farthest));
		fputs(").\n", out);
	}
	free(name);
}

/* More entries cost nothing, so there is no share of an entry. */
static void say_better(FILE *out, const struct grid *grid, const struct line *line)
{
	fprintf(out, "%s does not %s from ", line->datapath,
		format_more_is_better(row_unit(line->last)) ? "fall" : "rise");
	format_count(out, grid_number(grid, line->first));
	fputs(" to ", out);
	text_number(out, grid, grid_number(grid, line->last));
	fputs(": it ", out);
	text_change_of(out, line->first, line->last, true);
	fputs(".\n", out);
}

static void say_slope(FILE *out, const struct grid *grid, const struct line *line)
{
	const struct row *at = grid_row(grid, line->datapath, TEXT_STUDY_ENTRIES);
	unsigned int from = grid_number(grid, line->first), to = grid_number(grid, line->last);

	if (grid_flat(line->first, line->last)) {
		fprintf(out, "%s differs by ", line->datapath);
		format_percent(out, grid_change(line->first, line->farthest));
		fputs(" with ", out);
		text_number(out, grid, grid_number(grid, line->farthest));
		fputs(" from what it is with ", out);
		format_count(out, from);
		fputs(".\n", out);
		return;
	}
	if (!line->worse) {
		say_better(out, grid, line);
		return;
	}
	if (!at || at == line->first)
		at = line->last;
	fputs("From ", out);
	format_count(out, from);
	fputs(" to ", out);
	text_number(out, grid, grid_number(grid, at));
	fprintf(out, " %s ", line->datapath);
	text_change_of(out, line->first, at, true);
	if (at != line->last) {
		fputs(", to ", out);
		format_count(out, to);
		fputc(' ', out);
		text_change_of(out, line->first, line->last, false);
	}
	/* Of a line that hardly rises a share for each entry would be noise. */
	if (!format_more_is_better(row_unit(at)) && grid_change(line->first, line->last) > STEEP) {
		fputs(": ", out);
		format_value(out, row_unit(at), grid->clock,
			     (line->last->value - line->first->value) / (to - from));
		fprintf(out, " for each %s", one(grid));
	}
	fputs(".\n", out);
}

void text_lines(FILE *out, const struct grid *grid)
{
	struct grid_names names = grid_datapaths(grid);
	struct line *line = calloc(names.count + 1, sizeof(*line));
	size_t count = 0;

	for (size_t i = 0; line && i < names.count; i++)
		count += line_of(grid, names.name[i], &line[count]);
	if (line && count) {
		for (size_t i = 0; i < count; i++)
			if (!line[i].flat)
				say_slope(out, grid, &line[i]);
		say_flat(out, grid, line, count);
	}
	free(line);
	free(names.name);
}

void text_place(FILE *out, const struct grid *grid)
{
	fprintf(out, "On %s, offloads %s, in %s time:\n", grid->topology,
		grid->offloads ? "on" : "off", grid->clock);
}

void text_grid(FILE *out, const struct grid *grid)
{
	struct grid_names names = grid_datapaths(grid);

	if (names.count) {
		text_place(out, grid);
		text_lines(out, grid);
		text_against(out, grid);
	}
	free(names.name);
}
