// SPDX-License-Identifier: GPL-2.0-only
/* --help at its three levels: all commands, those of a noun, one command. */
#include <stdio.h>
#include <string.h>

#include "twinctl.h"

/* Length of what goes before the description. */
static int print_command(const struct ctl_verb *verb, bool words)
{
	return printf("  twinctl %s%s%s%s%s", verb->noun, verb->verb ? " " : "",
		      verb->verb ? verb->verb : "", words && verb->words ? " " : "",
		      words && verb->words ? verb->words : "");
}

static void print_options(const char *title, const struct ctl_option *options)
{
	const int column = 28;

	if (!options)
		return;
	printf("\n%s:\n", title);
	for (; options->name; options++) {
		int length = printf("  --%s%s%s", options->name, options->argument ? " " : "",
				    options->argument ? options->argument : "");
		const char *line = options->description;

		for (;;) {
			int end = (int)strcspn(line, "\n");

			printf("%*s%.*s%s\n", length < column ? column - length : 1, "", end, line,
			       options->repeats && !line[end] ? "; repeats" : "");
			if (!line[end])
				break;
			line += end + 1;
			length = 0;
		}
	}
}

static void help_of_verb(const struct ctl_verb *verb)
{
	puts("Usage:");
	print_command(verb, true);
	puts(verb->options ? " [OPTION]..." : "");
	printf("\n%c%s.\n", verb->description[0] - 'a' + 'A', verb->description + 1);
	if (verb->details)
		fputs(verb->details, stdout);
	print_options("Options", verb->options);
	print_options("Options of every command", ctl_common_options);
}

void ctl_help(const struct ctl_call *call)
{
	if (call->verb) {
		help_of_verb(call->verb);
		return;
	}
	puts("Usage:");
	for (const struct ctl_verb *verb = ctl_verbs; verb->noun; verb++) {
		if (call->noun && strcmp(call->noun, verb->noun))
			continue;
		int length = print_command(verb, true);
		printf("%*s%s\n", length < 40 ? 40 - length : 1, "", verb->description);
	}
	print_options("Options of every command", ctl_common_options);
	printf("\nEach command tells its own options: twinctl %s VERB --help\n",
	       call->noun ? call->noun : "NOUN");
	puts("Exit status: 0 done, 1 failed, 2 usage, 3 the backends disagree.");
}
