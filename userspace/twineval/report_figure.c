// SPDX-License-Identifier: GPL-2.0-only
/* Lines against a number of entries, as a script for gnuplot. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "policy/memory.h"
#include "report_figure.h"
#include "report_format.h"
#include "report_script.h"
#include "report_style.h"

/* Where no entries stand on the axis of a logarithm. */
#define ZERO 0.28
#define LOG_Y_FROM 20

static void axes_add(struct figure_axes *axes, const struct figure *figure)
{
	for (size_t s = 0; figure && s < figure->count; s++) {
		for (size_t i = 0; i < figure->series[s].count; i++) {
			const struct figure_point *point = &figure->series[s].point[i];

			axes->zero = axes->zero || point->x < 1;
			axes->x_max = fmax(axes->x_max, point->x);
			axes->y_max = fmax(axes->y_max, point->high);
			axes->y_min = fmin(axes->y_min, point->low);
		}
	}
}

struct figure_axes figure_axes(const struct figure *figure, const struct figure *other, bool rate)
{
	struct figure_axes axes = { .x_max = 1, .y_min = INFINITY, .y_max = 0 };

	axes_add(&axes, figure);
	axes_add(&axes, other);
	axes.log_y = !rate && axes.y_min > 0 && axes.y_max / axes.y_min > LOG_Y_FROM;
	if (axes.log_y) {
		axes.y_min /= 1.5;
		axes.y_max *= 1.5;
	} else {
		axes.y_min = 0;
		axes.y_max = axes.y_max > 0 ? axes.y_max * 1.08 : 1;
	}
	return axes;
}

struct figure_axes figure_axes_closer(const struct figure *figure, bool rate)
{
	struct figure_axes axes = figure_axes(figure, NULL, rate);
	double least = INFINITY, most = 0;

	if (!axes.log_y)
		return axes;
	for (size_t s = 0; s < figure->count; s++) {
		if (!figure->series[s].count)
			continue;
		least = fmin(least, figure->series[s].point[0].low);
		most = fmax(most, figure->series[s].point[0].high);
	}
	axes.log_y = false;
	axes.y_min = least * 0.97;
	axes.y_max = most * 1.06;
	return axes;
}

/* 1, 10, 100...; with few decades 1, 2, 5 as well. */
static void write_x_tics(FILE *out, const struct figure_axes *axes)
{
	static const unsigned int steps[] = { 1, 2, 5 };
	bool few = axes->x_max <= 300;
	char text[16];

	fprintf(out, "set xtics scale 0.6 (%s", axes->zero ? "'0' 0.28" : "'' 0.001");
	for (unsigned int decade = 1; decade <= axes->x_max && decade < 1000000000; decade *= 10)
		for (size_t i = 0; i < (few ? 3 : 1); i++)
			if (steps[i] * decade <= axes->x_max)
				fprintf(out, ", '%s' %u", format_short(steps[i] * decade, text),
					steps[i] * decade);
	fputs(")\n", out);
}

/* Decades alone are few: 2 and 5 between them. */
static void write_log_y(FILE *out, const struct figure_axes *axes)
{
	static const int steps[] = { 1, 2, 5 };
	const char *comma = "";

	fputs("set logscale y 10\nset ytics scale 0.6 (", out);
	for (int decade = -3; decade < 13; decade++) {
		for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
			double at = steps[i] * pow(10, decade);

			if (at < axes->y_min || at > axes->y_max)
				continue;
			fprintf(out, "%s'%.12g' %.12g", comma, at, at);
			comma = ", ";
		}
	}
	fputs(")\n", out);
}

static void write_axes(FILE *out, const struct figure_axes *axes)
{
	fputs("set logscale x 10\n", out);
	fprintf(out, "set xrange [%g:%g]\n", axes->zero ? 0.2 : 0.7, axes->x_max * 1.5);
	write_x_tics(out, axes);
	if (axes->zero)
		fputs("set label '//' at first 0.53, graph 0 center front font ',12'\n", out);
	if (axes->log_y)
		write_log_y(out, axes);
	fprintf(out, "set yrange [%g:%g]\n", axes->y_min, axes->y_max);
}

static double x_of(const struct figure_point *point)
{
	return point->x < 1 ? ZERO : point->x;
}

/* Its points, and apart from them those with an interval to be drawn. */
static void write_data(FILE *out, const struct figure_series *series, size_t index)
{
	fprintf(out, "$line%zu << END\n", index);
	for (size_t i = 0; i < series->count; i++)
		fprintf(out, "%.10g %.10g\n", x_of(&series->point[i]), series->point[i].value);
	fputs("END\n", out);
	fprintf(out, "$bars%zu << END\n", index);
	for (size_t i = 0; i < series->count; i++)
		if (series->point[i].low < series->point[i].high)
			fprintf(out, "%.10g %.10g %.10g %.10g\n", x_of(&series->point[i]),
				series->point[i].value, series->point[i].low,
				series->point[i].high);
	fputs("END\n", out);
}

static bool has_interval(const struct figure_series *series)
{
	for (size_t i = 0; i < series->count; i++)
		if (series->point[i].low < series->point[i].high)
			return true;
	return false;
}

static void write_plot(FILE *out, const struct figure *figure)
{
	const char *comma = "";

	fputs("plot ", out);
	for (size_t i = 0; i < figure->count; i++) {
		const struct figure_series *series = &figure->series[i];
		const struct style *style = style_of(series->name);

		if (series->across && series->count == 1) {
			fprintf(out, "%s%.10g with lines", comma, series->point[0].value);
			script_line(out, style);
			comma = ", ";
		}
		fprintf(out, "%s$line%zu using 1:2 with linespoints", comma, i);
		script_line(out, style);
		fprintf(out, " pt %d ps %g", style->point, style->width > 2 ? 0.75 : 0.6);
		comma = ", ";
		if (has_interval(series))
			fprintf(out,
				", $bars%zu using 1:3:(0):($4-$3) with vectors nohead lw 1.5 lc rgb '%s'",
				i, style->colour);
	}
	fputc('\n', out);
}

char *figure_lines(const struct figure *figure, const struct figure_axes *axes,
		   struct twp_error *error)
{
	char *script TWP_AUTOFREE = NULL;
	size_t size;
	FILE *out = open_memstream(&script, &size);

	if (!out) {
		twp_error_set(error, "out of memory");
		return NULL;
	}
	script_begin(out, 470, 330);
	fputs("set lmargin 9.5\nset grid ytics\n", out);
	script_label(out, "xlabel", figure->x_label);
	script_label(out, "ylabel", figure->y_label);
	write_axes(out, axes);
	for (size_t i = 0; i < figure->count; i++)
		write_data(out, &figure->series[i], i);
	write_plot(out, figure);
	fclose(out);
	return figure_svg(figure, script, error);
}
