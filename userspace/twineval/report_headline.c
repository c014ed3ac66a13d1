// SPDX-License-Identifier: GPL-2.0-only
/* The run in one sentence and a few numbers: what the study asked, and what twinpath promises. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report_format.h"
#include "report_headline.h"
#include "report_text.h"

static const char *const ours[] = { "twinpath-nft", "twinpath-bpf" };
#define OURS (sizeof(ours) / sizeof(*ours))

static bool first_place(const struct rows *rows, const char *experiment, const char *metric,
			struct grid *grid)
{
	struct grid_list list = grid_list(rows, experiment, metric);
	bool found = false;

	for (size_t i = 0; i < list.count && !found; i++) {
		struct grid_names names = grid_datapaths(&list.grid[i]);

		*grid = list.grid[i];
		found = names.count > 0;
		free(names.name);
	}
	free(list.grid);
	return found;
}

bool headline_place(const struct rows *rows, struct grid *grid)
{
	return first_place(rows, "throughput", "throughput_mbps", grid) ||
	       first_place(rows, "latency", "rr_p50_ns", grid);
}

bool headline_text(FILE *out, const struct rows *rows)
{
	const struct row *before, *after;
	bool said = false;
	struct grid grid;
	double study;

	if (!headline_place(rows, &grid))
		return false;
	if (grid_unfiltered(&grid, "iptables-nomatch", TEXT_STUDY_ENTRIES, &before, &after)) {
		fprintf(out, "On %s iptables with %u rules ", grid.topology, TEXT_STUDY_ENTRIES);
		text_change_of(out, before, after, true);
		fputs(" than no filter", out);
		if (text_study_change(&grid, &study))
			fprintf(out,
				" (in the study of 2017, on a bridge: %.1f%% %s than with no rules)",
				fabs(study), study < 0 ? "less" : "more");
		said = true;
	}
	for (size_t i = 0; i < OURS; i++) {
		if (!grid_ends(&grid, ours[i], &before, &after))
			continue;
		fprintf(out, "%s%s %s ", said ? "; " : "", ours[i],
			grid_flat(before, after) ? "stays flat" : "changes");
		fputs("from ", out);
		format_count(out, before->entries);
		fputs(" to ", out);
		text_number(out, &grid, after->entries);
		fputs(" (", out);
		format_percent(out, grid_change(before, after));
		fputc(')', out);
		said = true;
	}
	if (said)
		fprintf(out, ". %s, %s, %s time.",
			strcmp(grid.experiment, "throughput") ? "Request/response latency" :
								"TCP throughput",
			grid.topology, grid.clock);
	return said;
}

/* With fewer not even the range of the runs holds the median with 95% confidence. */
#define INTERVAL_RUNS 6u

void headline_spread(FILE *out, const struct rows *rows)
{
	bool interval = false, range = false;

	for (size_t i = 0; i < rows->count; i++) {
		const struct row *row = &rows->row[i];

		interval = interval || (!*row->gap && row->runs >= INTERVAL_RUNS);
		range = range || (!*row->gap && row->runs > 1 && row->runs < INTERVAL_RUNS);
	}
	if (!interval && !range) {
		fputs("Every point was run once.", out);
		return;
	}
	fputs("Error bars, and two values with \"to\" between them, are ", out);
	if (interval)
		fprintf(out,
			"95%% confidence intervals of the median where a point was run at "
			"least %u times",
			INTERVAL_RUNS);
	if (range)
		fprintf(out,
			"%sthe range of the runs where a point was run 2 to %u times, which is "
			"no confidence interval",
			interval ? "; " : "", INTERVAL_RUNS - 1);
	fputc('.', out);
}

/* ---- numbers */

static FILE *begin(char *text, size_t size)
{
	return fmemopen(text, size, "w");
}

static bool number_of(struct headline_number *number, double percent, const char *label)
{
	FILE *value = begin(number->value, sizeof(number->value));

	if (!value)
		return false;
	format_percent(value, percent);
	fclose(value);
	snprintf(number->label, sizeof(number->label), "%s", label);
	return true;
}

static size_t loss_number(const struct rows *rows, struct headline_number *number)
{
	const struct row *before, *after;
	struct grid grid;
	char label[192];

	if (!first_place(rows, "throughput", "throughput_mbps", &grid) ||
	    !grid_unfiltered(&grid, "iptables-nomatch", TEXT_STUDY_ENTRIES, &before, &after))
		return 0;
	snprintf(label, sizeof(label),
		 "throughput of iptables with %u rules against no filter, %s, %s time",
		 after->entries, grid.topology, grid.clock);
	return number_of(number, grid_change(before, after), label);
}

static size_t latency_number(const struct grid *grid, const char *datapath,
			     struct headline_number *number)
{
	const struct row *before, *after;
	char from[16], to[16], label[192];

	if (!grid_ends(grid, datapath, &before, &after))
		return 0;
	snprintf(label, sizeof(label),
		 "request/response latency of %s from %s to %s entries, %s time", datapath,
		 format_short(before->entries, from), format_short(after->entries, to),
		 grid->clock);
	return number_of(number, grid_change(before, after), label);
}

static size_t labels_number(const struct grid *grid, const char *datapath,
			    struct headline_number *number)
{
	const struct row *row, *labels;
	char at[16], label[192];

	if (!grid_common(grid, datapath, "nft-labels", &row, &labels))
		return 0;
	snprintf(label, sizeof(label),
		 "latency of %s against the same policy in nftables, %s entries, %s time", datapath,
		 format_short(row->entries, at), grid->clock);
	return number_of(number, grid_change(labels, row), label);
}

static size_t lost_number(const struct rows *rows, struct headline_number *number)
{
	double packets = 0;
	size_t count = 0;

	for (size_t i = 0; i < rows->count; i++) {
		const struct row *row = &rows->row[i];

		if (*row->gap || strcmp(row->experiment, "switch") ||
		    (strcmp(row->metric, "lost_packets") &&
		     strcmp(row->metric, "misjudged_packets")))
			continue;
		packets += row->value;
		count++;
	}
	if (!count)
		return 0;
	snprintf(number->value, sizeof(number->value), "%.0f", packets);
	snprintf(number->label, sizeof(number->label),
		 "packets lost or misjudged while backends were switched under load");
	return 1;
}

size_t headline_numbers(const struct rows *rows, struct headline_number number[HEADLINE_NUMBERS])
{
	size_t count = loss_number(rows, number);
	struct grid latency;

	if (first_place(rows, "latency", "rr_p50_ns", &latency)) {
		for (size_t i = 0; i < OURS; i++)
			count += latency_number(&latency, ours[i], &number[count]);
		count += labels_number(&latency, ours[0], &number[count]);
	}
	return count + lost_number(rows, &number[count]);
}
