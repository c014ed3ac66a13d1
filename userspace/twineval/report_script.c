// SPDX-License-Identifier: GPL-2.0-only
/* What every gnuplot script of the report has. */
#include <ctype.h>
#include <string.h>

#include "report_script.h"

void script_begin(FILE *out, unsigned int width, unsigned int height)
{
	fprintf(out,
		"set terminal svg size %u,%u dynamic font 'Arial,15' noenhanced\n"
		"set encoding utf8\n"
		"set border 3 lc rgb '#666666'\n"
		"set tics nomirror out tc rgb '#222222'\n"
		"set grid lc rgb '#DDDDDD' lt 1 lw 0.7\n"
		"set tmargin 1\nset rmargin 2\n"
		"unset key\n",
		width, height);
}

void script_text(FILE *out, const char *text)
{
	fputc('\'', out);
	for (; *text; text++) {
		unsigned char c = *text;

		fputc(c >= 0x80 || isalnum(c) || strchr(" _.,:;+-%()/=", c) ? c : '?', out);
	}
	fputc('\'', out);
}

void script_label(FILE *out, const char *what, const char *text)
{
	if (!text)
		return;
	fprintf(out, "set %s ", what);
	script_text(out, text);
	fputs(" tc rgb '#222222'\n", out);
}

void script_line(FILE *out, const struct style *style)
{
	char dash[32];

	fprintf(out, " lw %g lc rgb '%s'", style->width, style->colour);
	if (!*style->dash)
		return;
	/* gnuplot's dashes are counted in line widths, and parted by commas. */
	snprintf(dash, sizeof(dash), "%s", style->dash);
	for (char *c = dash; *c; c++)
		if (*c == ' ')
			*c = ',';
	fprintf(out, " dt (%s)", dash);
}
