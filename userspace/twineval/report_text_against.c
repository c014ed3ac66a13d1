// SPDX-License-Identifier: GPL-2.0-only
/* Sentences about datapaths against each other, against no filter, and against the study. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "datapath.h"
#include "report_format.h"
#include "report_text.h"
#include "study.h"

bool text_study_change(const struct grid *grid, double *percent)
{
	const struct study_point *first = NULL, *last = NULL;

	for (const struct study_point *point = study; point->experiment; point++) {
		if (strcmp(point->experiment, grid->experiment) ||
		    strcmp(point->metric, grid->metric) || strcmp(point->topology, "bridge") ||
		    point->offloads != grid->offloads || !strstr(point->datapath, "iptables"))
			continue;
		if (!point->entries)
			first = point;
		else if (point->entries == TEXT_STUDY_ENTRIES)
			last = point;
	}
	if (!first || !last)
		return false;
	*percent = 100 * (last->value - first->value) / first->value;
	return true;
}

static void say_study(FILE *out, const struct grid *grid)
{
	const struct row *none, *ours;
	double theirs;

	if (!grid_unfiltered(grid, "iptables-nomatch", TEXT_STUDY_ENTRIES, &none, &ours) ||
	    !text_study_change(grid, &theirs))
		return;
	fprintf(out,
		"In the study, iptables on a bridge %s %.1f%% %s with %u rules than with none; ",
		format_more_is_better(row_unit(ours)) ? "passes" : "costs", fabs(theirs),
		theirs < 0 ? "less" : "more", TEXT_STUDY_ENTRIES);
	fprintf(out, "here, on %s, iptables-nomatch ", grid->topology);
	text_change_of(out, none, ours, true);
	fprintf(out, " with %u than no filter.\n", TEXT_STUDY_ENTRIES);
}

/* The baselines filter nothing, so every datapath has its price. */
static void say_price(FILE *out, const struct grid *grid)
{
	static const char *const named[] = { "iptables-nomatch", "twinpath-nft", "twinpath-bpf" };
	const char *said = NULL;

	for (size_t i = 0; i < sizeof(named) / sizeof(*named); i++) {
		const char *baseline = grid_baseline_name(named[i]);
		const struct row *row = grid_row(grid, named[i], TEXT_STUDY_ENTRIES);
		const struct row *base = grid_baseline(grid, baseline, TEXT_STUDY_ENTRIES);

		if (!base && strcmp(baseline, "none")) {
			baseline = "none";
			base = grid_baseline(grid, baseline, TEXT_STUDY_ENTRIES);
		}
		if (!row || !base)
			continue;
		if (!said || strcmp(said, baseline)) {
			fprintf(out, "%s %s, ", said ? "; compared with" : "Compared with",
				baseline);
			if (!said) {
				fputs("with ", out);
				text_number(out, grid, TEXT_STUDY_ENTRIES);
				fputs(", ", out);
			}
		} else {
			fputs(" and ", out);
		}
		fprintf(out, "%s ", named[i]);
		text_change_of(out, base, row, true);
		said = baseline;
	}
	if (said)
		fputs(".\n", out);
}

static bool better(const struct row *a, const struct row *b)
{
	return format_more_is_better(row_unit(a)) ? a->value > b->value : a->value < b->value;
}

static bool filters_by_state(const char *name)
{
	const struct datapath *datapath = datapath_find(name);

	return datapath && datapath->stateful && strcmp(name, "conntrack");
}

static size_t stateful_at(const struct grid *grid, const struct grid_names *names,
			  unsigned int number)
{
	size_t count = 0;

	for (size_t i = 0; i < names->count; i++)
		count += filters_by_state(names->name[i]) &&
			 grid_row(grid, names->name[i], number) != NULL;
	return count;
}

static void say_cheapest(FILE *out, const struct grid *grid, const struct grid_names *names)
{
	struct grid_numbers numbers = grid_numbers(grid);
	const struct row *best = NULL, *next = NULL;
	unsigned int number = 0;
	size_t most = 0;

	for (size_t i = 0; i < numbers.count; i++) {
		size_t count = stateful_at(grid, names, numbers.number[i]);

		if (count && count >= most) {
			most = count;
			number = numbers.number[i];
		}
	}
	free(numbers.number);
	for (size_t i = 0; most > 1 && i < names->count; i++) {
		const struct row *row = grid_row(grid, names->name[i], number);

		if (!row || !filters_by_state(names->name[i]))
			continue;
		if (!best || better(row, best)) {
			next = best;
			best = row;
		} else if (!next || better(row, next)) {
			next = row;
		}
	}
	if (!best || !next)
		return;
	fprintf(out, "Of the %zu datapaths that know connections, ", most);
	fprintf(out, "%s is the %s with ", best->datapath,
		format_more_is_better(row_unit(best)) ? "fastest" : "cheapest");
	text_number(out, grid, number);
	fputs(" (", out);
	format_value(out, row_unit(best), grid->clock, best->value);
	fprintf(out, "); %s, the next, ", next->datapath);
	if (grid_flat(best, next))
		fputs("is within the noise of it.\n", out);
	else {
		text_change_of(out, best, next, true);
		fputs(".\n", out);
	}
}

static void say_labels(FILE *out, const struct grid *grid)
{
	static const char *const ours[] = { "twinpath-nft", "twinpath-bpf" };
	const struct row *row, *labels;

	for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++) {
		if (!grid_common(grid, ours[i], "nft-labels", &row, &labels))
			continue;
		fputs("With ", out);
		text_number(out, grid, grid_number(grid, row));
		fprintf(out, " %s ", ours[i]);
		if (grid_flat(labels, row)) {
			fputs("is within the noise of nft-labels, the same policy in nftables "
			      "alone (",
			      out);
			format_percent(out, grid_change(labels, row));
			fputs(").\n", out);
			continue;
		}
		text_change_of(out, labels, row, true);
		fputs(" than nft-labels, the same policy in nftables alone.\n", out);
	}
}

static void say_established(FILE *out, const struct grid *grid)
{
	static const char reason[] =
		"it looks nothing up after a flow's first packet, and so a changed policy does "
		"not end flows that are established";
	const struct row *established, *labels;

	/* Packets that nobody answers never belong to an established flow. */
	if (!strcmp(grid->experiment, "pps") ||
	    !grid_common(grid, "nft-labels-established", "nft-labels", &established, &labels))
		return;
	fputs("nft-labels-established ", out);
	if (grid_flat(labels, established)) {
		fprintf(out,
			"is within the noise of nft-labels, which judges every packet, though %s.\n",
			reason);
		return;
	}
	text_change_of(out, labels, established, true);
	fputs(" than nft-labels, which judges every packet: ", out);
	if (better(established, labels))
		fprintf(out, "%s.\n", reason);
	else
		fprintf(out, "that does not come from the lookups, since %s.\n", reason);
}

/* "rr_p50" of both rr_p50_ns and rr_p50_percent */
static bool same_stem(const char *a, const char *b)
{
	const char *unit = strrchr(a, '_');
	size_t length = unit ? (size_t)(unit - a) : strlen(a);

	return !strncmp(a, b, length) && b[length] == '_' && !strchr(b + length + 1, '_');
}

/* A control of a real clock: none against itself, as the pairs that were measured differ. */
static void say_control(FILE *out, const struct grid *grid)
{
	struct grid control = *grid;

	control.subject = "A/A";
	for (size_t i = 0; i < grid->rows->count; i++) {
		const struct row *row = &grid->rows->row[i];

		control.metric = row->metric;
		if (!grid_has(&control, row) || strcmp(row_unit(row), "percent") ||
		    !same_stem(grid->metric, row->metric))
			continue;
		fprintf(out, "%s measured against itself differs by ", row->datapath);
		format_percent(out, row->value);
		fputs(".\n", out);
	}
}

void text_against(FILE *out, const struct grid *grid)
{
	struct grid_names names = grid_datapaths(grid);

	say_study(out, grid);
	say_price(out, grid);
	say_cheapest(out, grid, &names);
	say_labels(out, grid);
	say_established(out, grid);
	say_control(out, grid);
	free(names.name);
}
