/* SPDX-License-Identifier: GPL-2.0-only */
/* How a datapath looks in every figure: colour, shape of its points, dashes. */
#ifndef TWP_TWINEVAL_REPORT_STYLE_H
#define TWP_TWINEVAL_REPORT_STYLE_H

#include <stdbool.h>
#include <stdio.h>

struct style {
	const char *name;
	const char *colour; /* of Okabe and Ito's palette, which colour-blind readers tell apart */
	int point; /* gnuplot's number */
	const char *dash; /* lengths, as of SVG; "" is a solid line */
	double width; /* of the line */
};

/* Of a name that is not known, one that no known name has. */
const struct style *style_of(const char *name);

/* Colours of the parts of a stack; the last is of what is left over. */
#define STYLE_PARTS 11
extern const char *const style_part[STYLE_PARTS];
/* Is text on that part white? */
bool style_dark(size_t part);

/* A small SVG of line and point, as gnuplot draws them. */
void style_mark(FILE *out, const struct style *style);

#endif
