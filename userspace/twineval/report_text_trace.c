// SPDX-License-Identifier: GPL-2.0-only
/* Sentences about the functions that a packet passes. */
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

static void say_path(FILE *out, const struct path *path, const struct path *base)
{
	const struct row *first = path->step[0];
	double more = path->total - base->total;
	const struct row *dearest = dearest_of(path, base);

	fprintf(out, "One packet through %s costs ", path->datapath);
	format_value(out, row_unit(first), first->machine.clock, path->total);
	if (!base->count) {
		fprintf(out, ", of which %s takes %.0f%%.\n", first->subject,
			100 * first->value / path->total);
		return;
	}
	fputs(", ", out);
	if (100 * more / base->total <= compare_noise(first) &&
	    100 * more / base->total >= -compare_noise(first)) {
		fprintf(out, "within the noise of %s.\n", base->datapath);
		return;
	}
	format_percent(out, 100 * more / base->total);
	fprintf(out, " against %s", base->datapath);
	if (more > 0 && dearest) {
		double part = dearest->value - path_value(base, dearest->subject);

		fprintf(out, "; most of that is in %s (", dearest->subject);
		format_value(out, row_unit(first), first->machine.clock, part);
		fputc(')', out);
	}
	fputs(".\n", out);
}

void text_paths(FILE *out, const struct grid *place)
{
	unsigned int entries = place->entries;
	struct grid_names names = grid_datapaths(place);

	for (size_t i = 0; i < names.count; i++) {
		const char *baseline = grid_baseline_name(names.name[i]);
		struct path path = path_of(place, names.name[i], entries), base;

		base = baseline_path(place, baseline, entries);
		if (!base.count) {
			free(base.step);
			base = baseline_path(place, "none", entries);
		}
		if (path.count && path.total > 0 && strcmp(path.datapath, base.datapath))
			say_path(out, &path, &base);
		free(path.step);
		free(base.step);
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

/* Return: false if no function's time grows. */
static bool say_growth(FILE *out, const struct path *first, const struct path *last)
{
	const struct row *most = dearest_of(last, first);
	double before = most ? path_value(first, most->subject) : 0;

	if (!most || (before > 0 && 100 * (most->value - before) / before <= compare_noise(most)))
		return false;
	fprintf(out, "Time in %s (%s) ", most->subject, last->datapath);
	if (before <= 0)
		fputs("grows from nothing", out);
	else if (most->value >= 2 * before) {
		fputs("grows ", out);
		format_number(out, most->value / before);
		fputs("-fold", out);
	} else
		fprintf(out, "grows by %.1f%%", 100 * (most->value - before) / before);
	fputs(" from ", out);
	format_count(out, first->step[0]->entries);
	fputs(" to ", out);
	format_count(out, most->entries);
	fputs(" entries.\n", out);
	return true;
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
	if (count) {
		fputs("In ", out);
		text_join(out, steady, count);
		fputs(" no function's time grows with the entries beyond the stated noise.\n", out);
	}
	free(steady);
	free(names.name);
}
