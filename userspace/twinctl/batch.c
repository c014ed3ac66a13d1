// SPDX-License-Identifier: GPL-2.0-only
/* twinctl batch: many commands, one process. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "twinctl.h"

#define WORDS_MAX 256 /* of a line */

/* What batch itself was told holds for each line. Return: words, 0 for none, -1 for too many. */
static int words_split(const struct ctl_call *call, char *line, char *word[WORDS_MAX + 1])
{
	static char program[] = "twinctl", json[] = "--json", at[] = "--socket";
	int words = 0, own;
	char *next;

	word[words++] = program;
	if (call->json)
		word[words++] = json;
	if (call->socket) {
		word[words++] = at;
		word[words++] = (char *)call->socket;
	}
	own = words;
	line[strcspn(line, "#")] = '\0';
	for (next = strtok(line, " \t\r\n"); next; next = strtok(NULL, " \t\r\n")) {
		if (words == WORDS_MAX)
			return -1;
		word[words++] = next;
	}
	word[words] = NULL;
	return words == own ? 0 : words;
}

static int line_run(const struct ctl_call *call, char *line)
{
	char *word[WORDS_MAX + 1];
	int words = words_split(call, line, word);

	if (words < 0)
		return ctl_fail("more than %d words", WORDS_MAX);
	for (int i = 0; i < words; i++) {
		if (!strcmp(word[i], "batch"))
			return ctl_fail("batch in a batch");
	}
	return words ? ctl_run(words, word) : CTL_DONE;
}

int ctl_batch(const struct ctl_call *call)
{
	const char *path = call->word[0], *name = ctl_file_name(path);
	FILE *file = strcmp(path, "-") ? fopen(path, "re") : stdin;
	int status = CTL_DONE;
	size_t room = 0, number;
	char *line = NULL;

	if (!file)
		return ctl_fail("%s: %s", name, strerror(errno));
	for (number = 1; status == CTL_DONE && getline(&line, &room, file) >= 0; number++) {
		status = line_run(call, line);
		if (status != CTL_DONE)
			fprintf(stderr, "twinctl: %s:%zu: the batch ends here\n", name, number);
		fflush(stdout);
	}
	if (status == CTL_DONE && ferror(file))
		status = ctl_fail("%s: %s", name, strerror(errno));
	free(line);
	if (file != stdin)
		fclose(file);
	return status;
}
