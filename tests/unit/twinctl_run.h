/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs the sanitized twinctl, with a daemon at its socket that answers what it is told to. */
#ifndef TWP_TESTS_TWINCTL_RUN_H
#define TWP_TESTS_TWINCTL_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "twinpath.pb-c.h"

#define RUN_WORDS 32
#define RUN_ANSWERS 8

struct run {
	int status; /* exit status; 128 and more: a signal */
	char *out;
	char *err;
	size_t asked; /* requests that came */
	Twinpath__V1__Request *request; /* the last one */
};

/* What the daemon says: in turn, one for each connection. */
struct answers {
	const Twinpath__V1__Response *answer[RUN_ANSWERS];
	size_t count;
	bool stream; /* all on the first connection, which then stays open */
	const char *bytes; /* instead of answers: no message at all */
};

/**
 * run_twinctl() - run it to its end
 * @answers: NULL: there is no daemon
 * @input: what stands at standard input; NULL: nothing
 * @line: arguments, separated by spaces
 */
struct run run_twinctl(const struct answers *answers, const char *input, const char *line);
/* The same, but it gets SIGTERM once it has printed so many lines. */
struct run run_twinctl_until(const struct answers *answers, size_t lines, const char *line);
void run_clean(struct run *run);

/* Writes a file into a folder of the test's own. The path is good until the next call. */
const char *run_file(const char *name, const void *bytes, size_t length);
const char *run_folder(void);

int run_setup(void **state);
int run_teardown(void **state);

#endif
