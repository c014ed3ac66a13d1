/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers with their units as people read them, and text as HTML. */
#ifndef TWP_TWINEVAL_REPORT_FORMAT_H
#define TWP_TWINEVAL_REPORT_FORMAT_H

#include <stdbool.h>
#include <stdio.h>

/* What a value is divided by before it is shown with that name. */
struct format_unit {
	char name[32]; /* with the word virtual before it, where the clock is */
	double scale;
};

/**
 * format_unit() - the unit that fits
 * @unit: of row_unit()
 * @clock: of the machine
 * @largest: of the values that are shown together
 */
struct format_unit format_unit(const char *unit, const char *clock, double largest);

/* Four significant digits, thousands apart. */
void format_number(FILE *out, double value);
void format_count(FILE *out, unsigned int count);
/* With its own unit. */
void format_value(FILE *out, const char *unit, const char *clock, double value);
/* With its sign. */
void format_percent(FILE *out, double percent);
/* 100000 as 100k */
const char *format_short(unsigned int count, char text[16]);

/* Text and attribute values: what means something to HTML is escaped. */
void format_html(FILE *out, const char *text);

/* Does more of it mean better? */
bool format_more_is_better(const char *unit);

#endif
