// SPDX-License-Identifier: GPL-2.0-only
/* Bars in categories, and stacks of parts, lying so that their names can be read. */
#include <math.h>
#include <stdlib.h>

#include "policy/memory.h"
#include "report_figure.h"
#include "report_format.h"
#include "report_script.h"
#include "report_style.h"

#define BAR 0.84 /* of the room that it has */
#define TITLE 1.3 /* rows, above the bars of a category */

static void write_rows(FILE *out, double bottom, double x_max)
{
	fprintf(out,
		"set border 1\nset grid xtics noytics\nset yrange [%g:-0.6]\nset xrange [0:%g]\n"
		"set xtics scale 0.6 autofreq\n",
		bottom, x_max);
}

static double largest(const struct figure *figure)
{
	double value = 0;

	for (size_t s = 0; s < figure->count; s++)
		for (size_t i = 0; i < figure->series[s].count; i++)
			value = fmax(value, figure->series[s].point[i].high);
	return value > 0 ? value : 1;
}

static const struct figure_point *point_in(const struct figure_series *series, size_t category)
{
	for (size_t i = 0; i < series->count; i++)
		if (series->point[i].x == category)
			return &series->point[i];
	return NULL;
}

/* A row for each series that the category has, under a title. Return: rows in all. */
static double write_data(FILE *out, const struct figure *figure, const char *const *category,
			 size_t categories)
{
	double row = 0;

	fputs("set ytics scale 0 font ',13' ('' -10)\n", out);
	for (size_t c = 0; c < categories; c++) {
		fputs("set label ", out);
		script_text(out, category[c]);
		fprintf(out,
			" at graph 0, first %g left offset character 0.3,0 front tc rgb '#222222'\n",
			row);
		row += TITLE;
		for (size_t s = 0; s < figure->count; s++) {
			const struct figure_point *point = point_in(&figure->series[s], c);

			if (!point)
				continue;
			fprintf(out,
				"$bar%zu_%zu << END\n%.10g %g 0 %.10g %g %g %.10g %.10g\nEND\n", c,
				s, point->value, row, point->value, row - BAR / 2, row + BAR / 2,
				point->low, point->high);
			fputs("set ytics add (", out);
			script_text(out, figure->series[s].name);
			fprintf(out, " %g)\n", row);
			row++;
		}
	}
	return row;
}

static void write_bars(FILE *out, const struct figure *figure, size_t categories)
{
	const char *before = "plot ";

	for (size_t c = 0; c < categories; c++) {
		for (size_t s = 0; s < figure->count; s++) {
			const char *colour = style_of(figure->series[s].name)->colour;
			const struct figure_point *point = point_in(&figure->series[s], c);

			if (!point)
				continue;
			fprintf(out,
				"%s$bar%zu_%zu using 1:2:3:4:5:6 with boxxyerror lc rgb '%s' "
				"fs solid 0.7 border lc rgb '%s'",
				before, c, s, colour, colour);
			before = ", ";
			if (point->low < point->high)
				fprintf(out,
					", $bar%zu_%zu using 7:2:($8-$7):(0) with vectors nohead lw 1.5 lc rgb '#222222'",
					c, s);
		}
	}
	fputc('\n', out);
}

char *figure_bars(const struct figure *figure, const char *const *category, size_t categories,
		  struct twp_error *error)
{
	char *script TWP_AUTOFREE = NULL, *data TWP_AUTOFREE = NULL;
	size_t size, data_size;
	FILE *out = open_memstream(&script, &size), *rows = open_memstream(&data, &data_size);

	if (!out || !rows) {
		if (out)
			fclose(out);
		twp_error_set(error, "out of memory");
		return NULL;
	}
	double bottom = write_data(rows, figure, category, categories);
	fclose(rows);
	script_begin(out, 480, 60 + (unsigned int)(bottom * 17));
	fputs("set lmargin 20\n", out);
	write_rows(out, bottom, largest(figure) * 1.06);
	fputs(data, out);
	script_label(out, "xlabel", figure->y_label);
	write_bars(out, figure, categories);
	fclose(out);
	return figure_svg(figure, script, error);
}

/* ---- stacks */

#define NUMBERED 0.04 /* of the frame: narrower parts have no room for their number */
#define FRAME 2.2 /* medians: what is wider leaves the frame, so that the others can be read */

static double stack_width(const struct figure_series *series)
{
	double width = 0;

	for (size_t i = 0; i < series->count; i++)
		width += series->point[i].value;
	return width;
}

static int compare_widths(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double frame_width(const struct figure *figure)
{
	double *width TWP_AUTOFREE = calloc(figure->count + 1, sizeof(*width)), median, widest;

	if (!width || !figure->count)
		return 1;
	for (size_t s = 0; s < figure->count; s++)
		width[s] = stack_width(&figure->series[s]);
	qsort(width, figure->count, sizeof(*width), compare_widths);
	median = width[figure->count / 2];
	widest = width[figure->count - 1];
	if (widest <= 0)
		return 1;
	return median > 0 && widest > FRAME * median ? FRAME * median : 1.04 * widest;
}

static void write_part(FILE *out, double left, double right, double y, unsigned int part,
		       double frame, size_t *object)
{
	if (right > frame)
		right = frame;
	if (left >= right)
		return;
	fprintf(out,
		"set object %zu rectangle from %.10g,%g to %.10g,%g fs solid 1 border rgb '#FFFFFF' "
		"fc rgb '%s' lw 0.8\n",
		++*object, left, y - BAR / 2, right, y + BAR / 2, style_part[part]);
	if (right - left > NUMBERED * frame && part < STYLE_PARTS - 1)
		fprintf(out, "set label '%u' at %.10g,%g center front font ',12' tc rgb '%s'\n",
			part + 1, (left + right) / 2, y, style_dark(part) ? "#FFFFFF" : "#000000");
}

static void write_stack(FILE *out, const struct figure_series *series, double y, double frame,
			size_t *object)
{
	double left = 0;

	for (size_t i = 0; i < series->count; i++) {
		unsigned int part = series->point[i].x;
		double right = left + series->point[i].value;

		write_part(out, left, right, y, part < STYLE_PARTS ? part : STYLE_PARTS - 1, frame,
			   object);
		left = right;
	}
	if (left > frame) {
		char *width TWP_AUTOFREE = NULL;
		size_t size;
		FILE *text = open_memstream(&width, &size);

		if (!text)
			return;
		fputs("to ", text);
		format_number(text, left);
		fclose(text);
		fputs("set label ", out);
		script_text(out, width);
		fprintf(out,
			" at %.10g,%g right offset character -0.6,0 front font ',12' "
			"tc rgb '#000000'\n",
			frame, y);
	}
}

char *figure_stacks(const struct figure *figure, struct twp_error *error)
{
	char *script TWP_AUTOFREE = NULL;
	size_t size, object = 0;
	double frame = frame_width(figure);
	FILE *out = open_memstream(&script, &size);

	if (!out) {
		twp_error_set(error, "out of memory");
		return NULL;
	}
	script_begin(out, 480, figure->count < 4 ? 176 : 72 + (unsigned int)(figure->count * 26));
	fputs("set lmargin 21\n", out);
	write_rows(out, figure->count - 0.4, frame);
	if (frame >= 4000)
		fputs("set format x '%.0s%c'\n", out);
	fputs("set ytics scale 0 font ',13' (", out);
	for (size_t s = 0; s < figure->count; s++) {
		if (s)
			fputs(", ", out);
		script_text(out, figure->series[s].name);
		fprintf(out, " %zu", s);
	}
	fputs(")\n", out);
	script_label(out, "xlabel", figure->x_label);
	for (size_t s = 0; s < figure->count; s++)
		write_stack(out, &figure->series[s], s, frame, &object);
	/* Something must be plotted for the objects to be drawn. */
	fputs("plot -100 with lines\n", out);
	fclose(out);
	return figure_svg(figure, script, error);
}
