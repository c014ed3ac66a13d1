// SPDX-License-Identifier: GPL-2.0-only
/* Numbers with their units as people read them, and text as HTML. */
#include <math.h>
#include <string.h>

#include "report_format.h"

static const struct {
	const char *unit;
	double from; /* the largest value is at least */
	const char *name;
	double scale;
	bool timed; /* by the clock */
} units[] = {
	{ "ns", 1e10, "s", 1e9, true },	    { "ns", 1e7, "ms", 1e6, true },
	{ "ns", 1e4, "µs", 1e3, true },	    { "ns", 0, "ns", 1, true },
	{ "mbps", 1e3, "Gb/s", 1e3, true }, { "mbps", 0, "Mb/s", 1, true },
	{ "pps", 1e6, "Mpps", 1e6, true },  { "pps", 1e3, "kpps", 1e3, true },
	{ "pps", 0, "pps", 1, true },	    { "percent", 0, "%", 1, false },
};

struct format_unit format_unit(const char *unit, const char *clock, double largest)
{
	struct format_unit result = { .scale = 1 };

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (strcmp(units[i].unit, unit) || largest < units[i].from)
			continue;
		snprintf(result.name, sizeof(result.name), "%s%s",
			 units[i].timed && !strcmp(clock, "virtual") ? "virtual " : "",
			 units[i].name);
		result.scale = units[i].scale;
		return result;
	}
	snprintf(result.name, sizeof(result.name), "%s", unit);
	return result;
}

static void write_grouped(FILE *out, const char *digits)
{
	size_t whole = strcspn(digits, ".");

	for (size_t i = 0; i < whole; i++) {
		if (i && (whole - i) % 3 == 0)
			fputc(',', out);
		fputc(digits[i], out);
	}
	fputs(digits + whole, out);
}

void format_number(FILE *out, double value)
{
	char digits[64];
	double size = fabs(value);
	int decimals;

	if (!isfinite(value)) {
		fputs("?", out);
		return;
	}
	if (value < 0)
		fputs("−", out);
	/* A whole number that is short needs no zeros behind the point. */
	if (size == floor(size) && size < 1000)
		decimals = 0;
	else
		decimals = 3 - (int)floor(log10(size));
	if (decimals < 0)
		decimals = 0;
	snprintf(digits, sizeof(digits), "%.*f", decimals > 6 ? 6 : decimals, size);
	write_grouped(out, digits);
}

void format_count(FILE *out, unsigned int count)
{
	char digits[16];

	snprintf(digits, sizeof(digits), "%u", count);
	write_grouped(out, digits);
}

void format_value(FILE *out, const char *unit, const char *clock, double value)
{
	struct format_unit shown = format_unit(unit, clock, fabs(value));

	format_number(out, value / shown.scale);
	fprintf(out, "%s%s", strcmp(shown.name, "%") ? " " : "", shown.name);
}

void format_percent(FILE *out, double percent)
{
	double size = fabs(percent);

	if (!isfinite(percent))
		fputs("?%", out);
	else if (size < 0.005)
		fputs("0.00%", out);
	else
		fprintf(out, "%s%.*f%%", percent < 0 ? "−" : "+",
			size < 1   ? 2 :
			size < 100 ? 1 :
				     0,
			size);
}

const char *format_short(unsigned int count, char text[16])
{
	if (count >= 1000000 && count % 100000 == 0)
		snprintf(text, 16, "%gM", count / 1e6);
	else if (count >= 1000 && count % 100 == 0)
		snprintf(text, 16, "%gk", count / 1e3);
	else
		snprintf(text, 16, "%u", count);
	return text;
}

void format_html(FILE *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\'':
			fputs("&#39;", out);
			break;
		default:
			fputc(*text, out);
		}
	}
}

bool format_more_is_better(const char *unit)
{
	return !strcmp(unit, "mbps") || !strcmp(unit, "pps");
}
