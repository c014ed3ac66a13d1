// SPDX-License-Identifier: GPL-2.0-only
/* Sentences about the functions that a transaction passes. */
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "report_format.h"
#include "report_path.h"
#include "report_text.h"

/* The function that a path costs most more in than its baseline. */
static const struct row *dearest_of(const struct path *path, const struct path *base)
{
	const struct row *dearest = NULL;
	double most = 0;

	for (size_t i = 0; i < path->count; i++) {
		double more = path->step[i]->value - path_value(base, path->step[i]->subject);

		if (more > most) {
			most = more;
			dearest = path->step[i];
		}
	}
	return dearest;
}

/* A baseline holds no entries: its path is that of whatever number it has. */
static struct path baseline_path(const struct grid *place, const char *name, unsigned int entries)
{
	const struct row *row = grid_baseline(place, name, entries);

	return path_of(place, name, row ? row->entries : entries);
}

/* The tracer's own cost is in the values: they are not held against another datapath's. */
static void say_traced(FILE *out, const struct path *path)
{
	const struct row *first = path->step[0];

	fprintf(out, "Under the tracer a transaction of two packets through %s takes ",
		path->datapath);
	format_value(out, row_unit(first), first->machine.clock, path->total);
	fprintf(out,
		" below the hooks, of which %s takes %.0f%%; the tracer's own cost included.\n",
		first->subject, 100 * first->value / path->total);
}

/* Where the path differs most from that of what it is compared with. */
static void say_dearest(FILE *out, const struct path *path, const struct path *base)
{
	const struct row *dearest = dearest_of(path, base);

	if (!dearest)
		return;
	fprintf(out, "; the largest part of that is in %s (", dearest->subject);
	format_value(out, row_unit(dearest), dearest->machine.clock,
		     dearest->value - path_value(base, dearest->subject));
	fputc(')', out);
}

/* Whole transactions are compared: a path is but what one has more of than without a filter. */
static void say_counted(FILE *out, const struct path *path, const struct path *base,
			const struct row *whole, const struct row *base_whole)
{
	const struct row *first = path->step[0];

	fprintf(out, "A transaction of two packets through %s takes ", path->datapath);
	if (!whole || !base_whole) {
		format_value(out, row_unit(first), first->machine.clock, path->total);
		fprintf(out, " beyond no filter, of which %s takes %.0f%%.\n", first->subject,
			100 * first->value / path->total);
		return;
	}
	format_value(out, row_unit(whole), whole->machine.clock, whole->value);
	fputs(" in the kernel, ", out);
	if (grid_flat(base_whole, whole)) {
		fprintf(out, "within the noise of %s.\n", base_whole->datapath);
		return;
	}
	format_percent(out, grid_change(base_whole, whole));
	fprintf(out, " against %s", base_whole->datapath);
	if (whole->value > base_whole->value)
		say_dearest(out, path, base);
	fputs(".\n", out);
}

static void say_path(FILE *out, const struct grid *place, const struct path *path)
{
	struct grid whole = path_whole(place);
	const char *baseline = grid_baseline_name(path->datapath);
	const struct row *base_whole = grid_baseline(&whole, baseline, place->entries);

	if (!base_whole)
		base_whole = grid_baseline(&whole, "none", place->entries);
	if (base_whole && !strcmp(base_whole->datapath, path->datapath))
		base_whole = NULL;
	struct path base =
		baseline_path(place, base_whole ? base_whole->datapath : "none", place->entries);
	say_counted(out, path, &base, grid_row_there(&whole, path->datapath, place->entries),
		    base_whole);
	free(base.step);
}

void text_paths(FILE *out, const struct grid *place)
{
	struct grid_names names = grid_datapaths(place);

	for (size_t i = 0; i < names.count; i++) {
		struct path path = path_of(place, names.name[i], place->entries);

		if (path.count && path.total > 0) {
			if (path_is_counted(place))
				say_path(out, place, &path);
			else
				say_traced(out, &path);
		}
		free(path.step);
	}
	free(names.name);
}

/* ---- growth with the entries */

static bool path_ends(const struct grid *place, const char *datapath, struct path *first,
		      struct path *last)
{
	struct grid_numbers numbers = grid_numbers(place);
	bool any = false;

	*first = *last = (struct path){ 0 };
	for (size_t i = 0; i < numbers.count; i++) {
		struct path path = path_of(place, datapath, numbers.number[i]);

		if (!path.count) {
			free(path.step);
		} else if (!any) {
			*first = path;
			any = true;
		} else {
			free(last->step);
			*last = path;
		}
	}
	free(numbers.number);
	return any && last->count;
}

/* The function that grows most of those that grow by more than the noise. */
static const struct row *grown_most(const struct path *first, const struct path *last)
{
	bool counted = !strcmp(row_unit(last->step[0]), "instructions");
	const struct row *most = NULL;
	double most_more = 0;

	for (size_t i = 0; i < last->count; i++) {
		const struct row *step = last->step[i];
		double before = path_value(first, step->subject), more = step->value - before;
		/* A part repeats no better than the whole that it is a part of. */
		double noise = compare_noise(step) / 100 * (counted ? first->total : before);

		if (more > noise && more > most_more) {
			most_more = more;
			most = step;
		}
	}
	return most;
}

/* Return: false if no function grows. */
static bool say_growth(FILE *out, const struct path *first, const struct path *last)
{
	const struct row *most = grown_most(first, last);
	double before = most ? path_value(first, most->subject) : 0;

	if (!most)
		return false;
	bool counted = !strcmp(row_unit(most), "instructions");
	fprintf(out, "%s %s (%s) ",
		counted ? "What a transaction takes beyond no filter in" : "Time within",
		most->subject, last->datapath);
	if (before <= 0)
		fputs(counted ? "grows from fewer than 3 instructions" :
				"grows from what is hardly called",
		      out);
	else if (most->value >= 2 * before) {
		fputs("grows ", out);
		format_number(out, most->value / before);
		fputs("-fold", out);
	} else
		fprintf(out, "grows by %.1f%%", 100 * (most->value - before) / before);
	fputs(", from ", out);
	format_count(out, first->step[0]->entries);
	fputs(" to ", out);
	format_count(out, most->entries);
	fprintf(out, " entries%s.\n", counted ? "" : "; the tracer's own cost included");
	return true;
}

static void say_steady(FILE *out, const struct grid *place, const char *const *steady, size_t count)
{
	fputs("In ", out);
	text_join(out, steady, count);
	if (path_is_counted(place))
		fputs(" no function takes more instructions with more entries, beyond the stated "
		      "noise.\n",
		      out);
	else
		fputs(" no function's time grows with the entries beyond the stated noise; the "
		      "tracer's own cost included.\n",
		      out);
}

void text_trace(FILE *out, const struct grid *place)
{
	struct grid_names names = grid_datapaths(place);
	const char **steady = calloc(names.count + 1, sizeof(*steady));
	size_t count = 0;

	for (size_t i = 0; steady && i < names.count; i++) {
		struct path first, last;

		if (path_ends(place, names.name[i], &first, &last) &&
		    !say_growth(out, &first, &last))
			steady[count++] = names.name[i];
		free(first.step);
		free(last.step);
	}
	if (count)
		say_steady(out, place, steady, count);
	free(steady);
	free(names.name);
}
