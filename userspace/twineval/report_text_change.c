// SPDX-License-Identifier: GPL-2.0-only
/* Sentences about changed policies and switched backends. */
#include <stdlib.h>
#include <string.h>

#include "report_format.h"
#include "report_text.h"

static struct grid with_metric(const struct grid *place, const char *metric)
{
	struct grid grid = *place;

	grid.metric = metric;
	return grid;
}

static void say_held(FILE *out, const struct grid *grid, const struct grid_names *names,
		     unsigned int changed)
{
	const struct row *soonest = NULL, *latest = NULL;

	for (size_t i = 0; i < names->count; i++) {
		const struct row *row = grid_row(grid, names->name[i], changed);

		if (row && (!soonest || row->value < soonest->value))
			soonest = row;
		if (row && (!latest || row->value > latest->value))
			latest = row;
	}
	if (!soonest)
		return;
	fputs("A change of ", out);
	text_number(out, grid, changed);
	fprintf(out, " holds %swith %s (", soonest == latest ? "" : "soonest ", soonest->datapath);
	format_value(out, row_unit(soonest), grid->clock, soonest->value);
	if (latest != soonest) {
		fprintf(out, "), latest with %s (", latest->datapath);
		format_value(out, row_unit(latest), grid->clock, latest->value);
	}
	for (size_t i = 0; i < names->count; i++) {
		const struct row *row = grid_row(grid, names->name[i], changed);

		if (!row || row == soonest || row == latest ||
		    strncmp(row->datapath, "twinpath-", 9))
			continue;
		fprintf(out, "), with %s (", row->datapath);
		format_value(out, row_unit(row), grid->clock, row->value);
	}
	fputs(").\n", out);
}

/* Return: whether the metric was measured. */
static bool say_packets(FILE *out, const struct grid *place, const char *metric, const char *what,
			const char *meanwhile)
{
	struct grid grid = with_metric(place, metric);
	struct grid_names names = grid_datapaths(&grid);
	struct grid_numbers numbers = grid_numbers(&grid);
	size_t bad = 0;

	for (size_t i = 0; i < names.count; i++) {
		double packets = 0;

		for (size_t j = 0; j < numbers.count; j++) {
			const struct row *row = grid_row(&grid, names.name[i], numbers.number[j]);

			packets += row ? row->value : 0;
		}
		if (packets <= 0)
			continue;
		if (bad++)
			fputs(", ", out);
		else
			fprintf(out, "Packets %s while %s: ", what, meanwhile);
		fprintf(out, "%s ", names.name[i]);
		format_number(out, packets);
	}
	if (bad)
		fputs(".\n", out);
	else if (names.count)
		fprintf(out, "No packet was %s while %s.\n", what, meanwhile);
	free(numbers.number);
	free(names.name);
	return names.count != 0;
}

void text_change(FILE *out, const struct grid *place)
{
	struct grid grid = with_metric(place, "held_ns");
	struct grid_names names = grid_datapaths(&grid);
	struct grid_numbers numbers = grid_numbers(&grid);

	fprintf(out, "On %s with ", place->topology);
	format_count(out, place->entries);
	fprintf(out, " entries, in %s time:\n", place->clock);
	for (size_t i = 0; i < numbers.count; i++)
		say_held(out, &grid, &names, numbers.number[i]);
	say_packets(out, place, "lost_packets", "lost", "the policy changed");
	say_packets(out, place, "misjudged_packets", "misjudged", "the policy changed");
	free(numbers.number);
	free(names.name);
}

/* At a datapath's largest number. */
static void say_last(FILE *out, const struct grid *place, const char *metric, const char *what)
{
	struct grid grid = with_metric(place, metric);
	struct grid_names names = grid_datapaths(&grid);
	struct grid_numbers numbers = grid_numbers(&grid);

	for (size_t i = 0; i < names.count; i++) {
		const struct row *row = NULL;

		for (size_t j = numbers.count; j-- > 0 && !row;)
			row = grid_row(&grid, names.name[i], numbers.number[j]);
		if (!row)
			continue;
		fprintf(out, "%s: with ", names.name[i]);
		text_number(out, &grid, row->entries);
		fprintf(out, " %s takes ", what);
		format_value(out, row_unit(row), grid.clock, row->value);
		fputs(".\n", out);
	}
	free(numbers.number);
	free(names.name);
}

/* With fewer entries it is nearly empty tables that take the memory. */
#define MEMORY_ENTRIES 1000

static void say_memory_of(FILE *out, const struct grid *grid, const struct row *first,
			  const struct row *last)
{
	const char *estimated = strcmp(last->datapath, "twinpath-nft") ? "" : ", estimated";
	double more = last->value * last->entries - first->value * first->entries;

	fprintf(out, "%s: with ", last->datapath);
	text_number(out, grid, last->entries);
	fputs(" the tables take ", out);
	format_number(out, last->value);
	fprintf(out, " bytes of kernel memory an entry%s, what they take empty included",
		estimated);
	if (last != first && more > 0) {
		fputs("; from ", out);
		format_count(out, first->entries);
		fputs(" to ", out);
		format_count(out, last->entries);
		fputs(" each entry adds ", out);
		format_number(out, more / (last->entries - first->entries));
		fputs(" bytes", out);
	}
	fputs(".\n", out);
}

static void say_memory(FILE *out, const struct grid *place)
{
	struct grid grid = with_metric(place, "entry_bytes");
	struct grid_names names = grid_datapaths(&grid);
	struct grid_numbers numbers = grid_numbers(&grid);

	for (size_t i = 0; i < names.count; i++) {
		const struct row *first = NULL, *last = NULL;

		for (size_t j = 0; j < numbers.count; j++) {
			const struct row *row = grid_row(&grid, names.name[i], numbers.number[j]);

			if (!row || row->entries < MEMORY_ENTRIES)
				continue;
			first = first ? first : row;
			last = row;
		}
		if (last)
			say_memory_of(out, &grid, first, last);
	}
	free(numbers.number);
	free(names.name);
}

void text_switch(FILE *out, const struct grid *place)
{
	struct grid lookups = with_metric(place, "lookup_ns");

	text_place(out, place);
	text_lines(out, &lookups);
	say_last(out, place, "lookup_ns", "a lookup");
	say_memory(out, place);
	say_last(out, place, "switch_ns", "a switch");
	say_packets(out, place, "lost_packets", "lost", "backends were switched");
	say_packets(out, place, "misjudged_packets", "misjudged", "backends were switched");
}
