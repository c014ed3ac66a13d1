/* SPDX-License-Identifier: GPL-2.0-only */
/* What every gnuplot script of the report has. */
#ifndef TWP_TWINEVAL_REPORT_SCRIPT_H
#define TWP_TWINEVAL_REPORT_SCRIPT_H

#include <stdio.h>

#include "report_style.h"

/* Terminal of that size, fonts, borders. */
void script_begin(FILE *out, unsigned int width, unsigned int height);

/*
 * In quotes. Names come from a file that anybody may have written, and gnuplot runs
 * what stands in backquotes: what is no letter, digit or plain sign becomes "?".
 */
void script_text(FILE *out, const char *text);

/* set @what to a text */
void script_label(FILE *out, const char *what, const char *text);

/* Width, colour and dashes. */
void script_line(FILE *out, const struct style *style);

#endif
