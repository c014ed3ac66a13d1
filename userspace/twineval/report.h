/* SPDX-License-Identifier: GPL-2.0-only */
/* The report: rows as figures, tables and sentences, in one file of HTML. */
#ifndef TWP_TWINEVAL_REPORT_H
#define TWP_TWINEVAL_REPORT_H

#include "row.h"

/**
 * report_write() - write the report of a run
 * @folder: results.csv and report/index.html are written there
 * @rows: of that run
 * @command: how to repeat it, one line, kept in the folder's file "command"; NULL: as kept there
 * @error: filled on failure
 *
 * Without gnuplot the figures are missing and the report says so.
 *
 * Return: 0 or -1.
 */
int report_write(const char *folder, const struct rows *rows, const char *command,
		 struct twp_error *error);

/* twineval report; returns the exit status */
int report_main(int argc, char **argv);

#endif
