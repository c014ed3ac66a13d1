// SPDX-License-Identifier: GPL-2.0-only
/*
 * twineval - measures the backends of twinpath beside other packet filters, in the same networks
 * and the same run. The table below is the whole command line; each verb reads its own options.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compare.h"
#include "left.h"
#include "list.h"
#include "report.h"
#include "run.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv); /* argv[0] is the name */
	const char *words;
	const char *description;
} verbs[] = {
	{ "run", run_main, "[OPTION]...", "measure, and write the report" },
	{ "left", left_main, "[OPTION]...", "what of a run is still to be measured" },
	{ "report", report_main, "FOLDER", "write the report of a run anew" },
	{ "compare", compare_main, "[OPTION]... BEFORE AFTER", "what changed between two runs" },
	{ "list", list_main, "[--names]", "what can be measured, and what of it here" },
};

#define VERBS (sizeof(verbs) / sizeof(*verbs))

static int help(void)
{
	puts("Usage:");
	for (size_t i = 0; i < VERBS; i++) {
		int length = printf("  twineval %s %s", verbs[i].name, verbs[i].words);

		printf("%*s%s\n", length < 46 ? 46 - length : 1, "", verbs[i].description);
	}
	puts("\nEach command tells its own options: twineval COMMAND --help; see also twineval(8).\n"
	     "Exit status: 0 done, 1 failed, a regression was found or something is left; 2 usage; 130 stopped.");
	return 0;
}

/* tcp_rr and traffic stand beside this program, installed or not. */
static void find_own_tools(void)
{
	char path[PATH_MAX + 4096], self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *rest = getenv("PATH");

	if (length <= 0)
		return;
	self[length] = '\0';
	*strrchr(self, '/') = '\0';
	if (snprintf(path, sizeof(path), "%s:%s", self, rest ? rest : "/usr/sbin:/usr/bin") <
	    (int)sizeof(path))
		setenv("PATH", path, 1);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	setvbuf(stdout, NULL, _IOLBF, 0);
	find_own_tools();
	if (!strcmp(name, "--help") || !strcmp(name, "-h"))
		return help();
	if (!strcmp(name, "--version") || !strcmp(name, "-V")) {
		printf("twineval %s\n", TWP_VERSION);
		return 0;
	}
	for (size_t i = 0; i < VERBS; i++)
		if (!strcmp(name, verbs[i].name))
			return verbs[i].run(argc - 1, argv + 1);
	if (*name)
		fprintf(stderr, "twineval: no command is called '%s'; see 'twineval --help'\n",
			name);
	else
		fputs("twineval: a command is missing; see 'twineval --help'\n", stderr);
	return 2;
}
