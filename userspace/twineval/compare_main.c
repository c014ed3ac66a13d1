// SPDX-License-Identifier: GPL-2.0-only
/* twineval compare: its command line, and what is not compared at all. */
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "compare.h"
#include "policy/memory.h"

static const char usage[] =
	"usage: twineval compare [--noise PERCENT] [--json] BEFORE AFTER\n"
	"\n"
	"BEFORE and AFTER are folders of twineval run, or their results.jsonl. Printed is\n"
	"what changed by more than its noise, and what only one of them has.\n"
	"\n"
	"  --noise PERCENT  of every measurement; else that of its metric: virtual\n"
	"                   request/response, packets per second, calls and instructions 1,\n"
	"                   virtual throughput 2, other virtual ones 5; real ones 10, or\n"
	"                   the interval of their runs if it is wider\n"
	"  --json           print JSON\n"
	"\n"
	"Exit status: 0 no regression, 1 a regression, which a measurement that became a gap is\n"
	"too, 2 nothing was compared.\n";

enum { SAME, REGRESSION, NOTHING };

struct settings {
	const char *path[2];
	int paths;
	double noise; /* below 0: of each metric */
	bool json;
	bool help;
};

static int noise_read(struct settings *settings, const char *text, struct twp_error *error)
{
	char *end;

	if (!text)
		return twp_error_set(error, "option '--noise' wants PERCENT");
	if (settings->noise >= 0)
		return twp_error_set(error, "option '--noise' is given twice");
	settings->noise = strtod(text, &end);
	if (!strchr("0123456789", *text) || !*text || *end || !isfinite(settings->noise))
		return twp_error_set(error, "option '--noise': '%s' is not a number of percent",
				     text);
	return 0;
}

static int word_read(struct settings *settings, const char *word, struct twp_error *error)
{
	if (!strcmp(word, "--json"))
		settings->json = true;
	else if (!strcmp(word, "--help") || !strcmp(word, "-h"))
		settings->help = true;
	else if (*word == '-')
		return twp_error_set(error, "unknown option '%s'", word);
	else if (settings->paths == 2)
		return twp_error_set(error, "unexpected word '%s'", word);
	else
		settings->path[settings->paths++] = word;
	return 0;
}

static int settings_read(struct settings *settings, int argc, char **argv, struct twp_error *error)
{
	*settings = (struct settings){ .noise = -1 };
	for (int i = 1; i < argc; i++) {
		int result;

		if (!strncmp(argv[i], "--noise=", 8))
			result = noise_read(settings, argv[i] + 8, error);
		else if (!strcmp(argv[i], "--noise"))
			result = noise_read(settings, argv[i + 1], error), i++;
		else
			result = word_read(settings, argv[i], error);
		if (result)
			return -1;
	}
	if (settings->paths < 2 && !settings->help)
		return twp_error_set(error, "two runs are wanted, BEFORE and AFTER");
	return 0;
}

static int run_read(struct rows *rows, const char *path, struct twp_error *error)
{
	TWP_AUTOFREE char *file = NULL;
	struct stat stat_of;

	if (stat(path, &stat_of))
		return twp_error_set(error, "%s: %s", path, strerror(errno));
	if (asprintf(&file, "%s%s", path, S_ISDIR(stat_of.st_mode) ? "/results.jsonl" : "") < 0) {
		file = NULL;
		return twp_error_set(error, "out of memory");
	}
	return rows_read(rows, file, error);
}

static bool has_clock(const struct rows *rows, const char *clock)
{
	for (size_t i = 0; i < rows->count; i++)
		if (!*rows->row[i].gap && !strcmp(rows->row[i].machine.clock, clock))
			return true;
	return false;
}

/* Two runs that cannot be compared must not look like two runs without a regression. */
static int nothing_in_common(const struct settings *settings, const struct rows run[2],
			     struct twp_error *error)
{
	static const char *const clocks[] = { "virtual", "real" };

	for (int i = 0; i < 2; i++)
		if (!has_clock(&run[i], "virtual") && !has_clock(&run[i], "real"))
			return twp_error_set(error, "%s: nothing was measured in this run",
					     settings->path[i]);
	for (int i = 0; i < 2; i++)
		if (!has_clock(&run[0], clocks[!i]) && !has_clock(&run[1], clocks[i]))
			return twp_error_set(error,
					     "%s is in %s time and %s in %s time, which rank "
					     "things differently: they are not compared",
					     settings->path[0], clocks[i], settings->path[1],
					     clocks[!i]);
	return twp_error_set(error, "%s and %s have no measurement in common", settings->path[0],
			     settings->path[1]);
}

static int show(const struct settings *settings, const struct rows run[2], struct twp_error *error)
{
	TWP_CLEANUP(comparison_clean) struct comparison comparison;

	if (comparison_make(&comparison, &run[0], &run[1], settings->noise))
		return twp_error_set(error, "out of memory");
	if (!comparison_common(&comparison))
		return nothing_in_common(settings, run, error);
	if (settings->json) {
		if (comparison_print_json(stdout, &comparison))
			return twp_error_set(error, "the comparison cannot be written as JSON");
	} else {
		comparison_print_machines(stdout, &comparison);
		comparison_print(stdout, &comparison);
	}
	if (fflush(stdout))
		return twp_error_set(error, "standard output: %s", strerror(errno));
	return comparison_regressions(&comparison) ? REGRESSION : SAME;
}

static int compare(const struct settings *settings, struct rows run[2], struct twp_error *error)
{
	for (int i = 0; i < 2; i++)
		if (run_read(&run[i], settings->path[i], error))
			return -1;
	return show(settings, run, error);
}

int compare_main(int argc, char **argv)
{
	struct rows run[2] = { 0 };
	struct settings settings;
	struct twp_error error;
	int result;

	if (settings_read(&settings, argc, argv, &error)) {
		fprintf(stderr, "twineval compare: %s; see 'twineval compare --help'\n",
			error.text);
		return NOTHING;
	}
	if (settings.help) {
		fputs(usage, stdout);
		return SAME;
	}
	result = compare(&settings, run, &error);
	for (int i = 0; i < 2; i++)
		rows_clean(&run[i]);
	if (result < 0) {
		fprintf(stderr, "twineval compare: %s\n", error.text);
		return NOTHING;
	}
	return result;
}
