/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rows: what was measured, one value each, as a line of JSON in results.jsonl.
 *
 *   experiment  throughput latency complexity trace pps change switch
 *   datapath    of twineval list; topology likewise
 *   entries     policies, or rules of the one policy (complexity)
 *   offloads    true: segmentation and receive offloads on
 *   subject     what the value is of, where a point has several: a kernel function
 *               (trace), the number of changed entries (change); else ""
 *   metric      e.g. rr_p50_ns; its last word is the unit: ns mbps pps calls bytes
 *               packets percent instructions; "" if a whole point is a gap
 *   value       median of the runs, or the one run
 *   low high    95% confidence interval of the median; with fewer than six runs their range,
 *               which promises nothing; equal to value with one run
 *   runs        how many
 *   clock       virtual: a guest instruction is a nanosecond; or real
 *   kernel jit mitigations cpu   the machine
 *   version     of twineval
 *   transactions warmup bytes packets   how much work a run was given
 *   bridge_netfilter  true: the path has it
 *   proof       how the filter was proved to be in the path
 *   gap         instead of value, low, high, runs, proof: why there is none
 *   unable      true: and there can be none on this machine; else left out
 */
#ifndef TWP_TWINEVAL_ROW_H
#define TWP_TWINEVAL_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "machine.h"
#include "measure.h"
#include "policy/error.h"

struct row {
	char experiment[16];
	char datapath[32];
	char topology[16];
	unsigned int entries;
	bool offloads;
	char subject[64];
	char metric[32];
	double value, low, high;
	unsigned int runs;
	bool bridge_netfilter;
	char proof[96];
	bool unable;
	char gap[256]; /* not empty: nothing was measured */
	struct machine machine; /* clock included */
	char version[24];
	struct measure_work work;
};

struct rows {
	struct row *row;
	size_t count;
};

/* Sorts by what is measured, not by what came of it; within a point its gap comes first. */
int row_order(const struct row *a, const struct row *b);

/* Do both stand for the same measurement, whatever was measured? */
bool row_same(const struct row *a, const struct row *b);

/* Are both of the same experiment, datapath, topology, entries, offloads and clock? */
bool row_same_point(const struct row *a, const struct row *b);

/* The unit of a metric: "ns" of "rr_p50_ns". */
const char *row_unit(const struct row *row);

/* One line of JSON with its end. Return: 0 or -1 with errno. */
int row_write(FILE *file, const struct row *row);

/* The other way. @text: without the line's end. Return: 0 or -1. */
int row_read(struct row *row, const char *text, size_t length, struct twp_error *error);

/**
 * rows_read() - read results.jsonl
 * @rows: filled; rows_clean() frees it
 * @path: file
 * @error: "PATH:LINE: ..." if a line is no row; a last line without its end, cut
 *	by a kill, is dropped without a word
 *
 * Of rows that are the same the last one stays, and a point's gap goes when the point was
 * measured later. Return: 0 or -1.
 */
int rows_read(struct rows *rows, const char *path, struct twp_error *error);
void rows_clean(struct rows *rows);

/* Opens results.jsonl to write behind the rows that it has, or a new one; NULL with a sentence. */
FILE *rows_append(const char *path, struct twp_error *error);

/* NULL if there is none. */
const struct row *rows_find(const struct rows *rows, const struct row *like);

/* All columns, a head line first. Return: 0 or -1 with errno. */
int rows_write_csv(FILE *file, const struct rows *rows);

#endif
