/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Other programs: run to their end, or in the background until they are stopped.
 * Each may run in a network namespace; /sys and the mounts stay the caller's, so
 * that pinned BPF objects stay visible.
 */
#ifndef TWP_TWINEVAL_COMMAND_H
#define TWP_TWINEVAL_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "policy/error.h"

/*
 * Seconds that a program may take, 600 unless set. In virtual time seconds leap
 * while a guest waits for a file: a million is then less than a minute.
 */
extern unsigned int command_patience;

/**
 * command_run() - run a program to its end
 * @ns: name of a network namespace below /run/netns, or NULL for the caller's
 * @input: standard input, or NULL for none
 * @output: if not NULL, set to what it wrote to standard output; to be freed
 * @error: filled on failure with the program's name and the first line of its
 *	standard error, or else the last words of its standard output
 * @argv: ends with NULL; argv[0] is looked up in PATH
 *
 * Return: 0 if it exited 0, else -1.
 */
int command_run(const char *ns, const char *input, char **output, struct twp_error *error,
		const char *const argv[]);

/* The same without input and output; the line is split at blanks, nothing is quoted. */
int command_line(const char *ns, struct twp_error *error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * command_start() - run a program in the background
 * @ns: as of command_run()
 * @output: a file for what it prints, or NULL to drop it
 * @error: filled on failure
 * @argv: as of command_run()
 *
 * The program dies with the caller.
 *
 * Return: its process, or -1.
 */
pid_t command_start(const char *ns, const char *output, struct twp_error *error,
		    const char *const argv[]);

/* SIGTERM, after two seconds SIGKILL (later, with more patience); waits for its end.
 * Return: its exit status, or -1.
 */
int command_stop(pid_t process);

/* Waits for its end by itself. Return: 0 if it exited 0, else -1 with a sentence. */
int command_wait(pid_t process, const char *name, struct twp_error *error);

/* Kills whatever was started and nobody waited for, and waits; async-signal-safe. */
void command_kill_all(void);

/* Is a program of that name in PATH? */
bool command_exists(const char *name);

/* Runs @function in a namespace, in a child process; its return value, below 0 for failure.
 * What it writes to memory is lost, unless it is shared.
 */
int command_in(const char *ns, int (*function)(void *context), void *context);

/* A socket of a namespace, for the caller to use. Return: it, or -1 with a sentence. */
int command_socket(const char *ns, int family, int type, struct twp_error *error);

/* A whole file, or text into one. NULL or -1 with a sentence on failure. */
char *command_read_file(const char *path, struct twp_error *error);
int command_write_file(const char *path, const char *text, struct twp_error *error);

#endif
