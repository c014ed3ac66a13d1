/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scenarios: what a run shall measure. It is asked for with flags, or in a file of
 * YAML with the same words, of which scenario.example.yaml explains each.
 */
#ifndef TWP_TWINEVAL_SCENARIO_H
#define TWP_TWINEVAL_SCENARIO_H

#include <stdbool.h>
#include <stdio.h>

#include "measure.h"
#include "policy/error.h"

/* NULL lists: the experiment's own. */
struct scenario {
	bool virtual;
	bool full; /* the full grid, not the quick one */
	const char **experiments; /* each ends with NULL; names of the tables */
	const char **datapaths;
	const char **topologies;
	unsigned int *entries; /* ends with SCENARIO_END */
	bool offloads[2]; /* measure with them off, on; neither: as the grid has it */
	unsigned int runs; /* of each point; 1 in virtual time is enough */
	struct measure_work work;
	char *folder; /* results.jsonl and report/ */
	bool resume;
	bool no_report;
};

#define SCENARIO_END 0xffffffffu

/**
 * scenario_read() - read the command line of twineval run, and the file that it names
 * @scenario: filled; scenario_clean() frees it
 * @argc: words of @argv
 * @argv: from the verb on; flags win over the file
 * @error: "--entries: ..." or "FILE:LINE:COLUMN: entries: ..."
 *
 * What is not given depends on the clock, or is left to the grid.
 *
 * Return: 0; 1 if help is asked for, and nothing else is read; -1.
 */
int scenario_read(struct scenario *scenario, int argc, char **argv, struct twp_error *error);
void scenario_clean(struct scenario *scenario);

/* What scenario_read() understands. */
void scenario_help(FILE *out);

#endif
