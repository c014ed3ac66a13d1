// SPDX-License-Identifier: GPL-2.0-only
/*
 * Other programs: from a name and words to an exit status and a sentence. Standard
 * streams are files in memory, so that nobody waits for a full pipe.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "command.h"
#include "command_process.h"
#include "policy/memory.h"

#define WORDS_MAX 64

struct streams {
	int in, out, err;
};

static void streams_close(struct streams *streams)
{
	const int all[] = { streams->in, streams->out, streams->err };

	for (size_t i = 0; i < 3; i++)
		if (all[i] >= 0)
			close(all[i]);
}

static int write_all(int fd, const char *text, size_t length)
{
	while (length) {
		ssize_t wrote = write(fd, text, length);

		if (wrote < 0 && errno != EINTR)
			return -1;
		if (wrote > 0) {
			text += wrote;
			length -= (size_t)wrote;
		}
	}
	return 0;
}

static int streams_open(struct streams *streams, const char *input, struct twp_error *error)
{
	streams->in = input ? memfd_create("input", MFD_CLOEXEC) :
			      open("/dev/null", O_RDONLY | O_CLOEXEC);
	streams->out = memfd_create("output", MFD_CLOEXEC);
	streams->err = memfd_create("errors", MFD_CLOEXEC);
	if (streams->in < 0 || streams->out < 0 || streams->err < 0)
		return twp_error_set(error, "memory for a program's streams: %s", strerror(errno));
	if (input &&
	    (write_all(streams->in, input, strlen(input)) || lseek(streams->in, 0, SEEK_SET) < 0))
		return twp_error_set(error, "memory for a program's input: %s", strerror(errno));
	return 0;
}

/* What a child could not do, before it was another program. */
struct refusal {
	bool entering;
	int cause;
};

static void run_here(const char *ns, const struct streams *streams, const char *const argv[],
		     int report)
{
	struct refusal refusal = { .entering = true };

	if (!command_enter(ns)) {
		dup2(streams->in, STDIN_FILENO);
		dup2(streams->out, STDOUT_FILENO);
		dup2(streams->err, STDERR_FILENO);
		refusal.entering = false;
		execvp(argv[0], (char *const *)argv);
	}
	refusal.cause = errno;
	if (write(report, &refusal, sizeof(refusal)) != sizeof(refusal))
		_exit(126);
	_exit(127);
}

/* Comes back when the program is in its namespace and runs. */
static pid_t spawn(const char *ns, const struct streams *streams, const char *const argv[],
		   struct twp_error *error)
{
	struct refusal refusal;
	int report[2];
	ssize_t got;

	if (pipe2(report, O_CLOEXEC))
		return twp_error_set(error, "%s: pipe: %s", argv[0], strerror(errno));
	pid_t process = command_fork(error);
	if (!process)
		run_here(ns, streams, argv, report[1]);
	close(report[1]);
	do {
		got = process < 0 ? 0 : read(report[0], &refusal, sizeof(refusal));
	} while (got < 0 && errno == EINTR);
	close(report[0]);
	if (got <= 0)
		return process;
	command_reap(process);
	if (refusal.entering)
		return twp_error_set(error, "%s: network namespace %s: %s", argv[0], ns,
				     strerror(refusal.cause));
	/* A folder in PATH that may not be searched hides that the program is in none. */
	if (refusal.cause == ENOENT || (!strchr(argv[0], '/') && !command_exists(argv[0])))
		return twp_error_set(error, "%s: no such program in PATH", argv[0]);
	return twp_error_set(error, "%s: %s", argv[0], strerror(refusal.cause));
}

/* All that was written, ended by 0; NULL if there is no memory. */
static char *content(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END), done = 0;
	char *text = size < 0 ? NULL : malloc((size_t)size + 1);

	while (text && done < size) {
		ssize_t got = pread(fd, text + done, (size_t)(size - done), done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		done += got;
	}
	if (text)
		text[done] = '\0';
	return text;
}

/* The first line, or the last that has a word in it, without blanks around it. */
static const char *a_line(char *text, bool last)
{
	const char *found = NULL;

	for (char *rest = text, *line; (line = strsep(&rest, "\n"));) {
		line += strspn(line, " \t\r");
		if (strpbrk(line, "abcdefghijklmnopqrstuvwxyz"))
			found = line;
		if (found && !last)
			break;
	}
	return found;
}

static int say_failure(const char *name, int status, const struct streams *streams,
		       struct twp_error *error)
{
	TWP_AUTOFREE char *err = streams ? content(streams->err) : NULL;
	TWP_AUTOFREE char *out = streams ? content(streams->out) : NULL;
	const char *line = err ? a_line(err, false) : NULL;

	if (status < 0)
		return twp_error_set(error, "%s: its end was not seen", name);
	if (!line && status > 128)
		return twp_error_set(error, "%s: ended by signal %d", name, status - 128);
	/* iperf3 --json says there what went wrong. */
	if (!line && out)
		line = a_line(out, true);
	/* Most name themselves. */
	if (line && !strncmp(line, name, strlen(name)) && line[strlen(name)] == ':')
		return twp_error_set(error, "%s", line);
	if (line)
		return twp_error_set(error, "%s: %s", name, line);
	return twp_error_set(error, "%s: exit status %d", name, status);
}

int command_run(const char *ns, const char *input, char **output, struct twp_error *error,
		const char *const argv[])
{
	TWP_CLEANUP(streams_close) struct streams streams = { -1, -1, -1 };
	struct twp_error late = { "" };

	if (streams_open(&streams, input, error))
		return -1;
	pid_t process = spawn(ns, &streams, argv, error);
	if (process < 0)
		return -1;
	int status = command_end(process, argv[0], &late);
	if (late.text[0])
		return twp_error_set(error, "%s", late.text);
	if (status)
		return say_failure(argv[0], status, &streams, error);
	if (!output)
		return 0;
	char *text = content(streams.out);
	if (!text)
		return twp_error_set(error, "%s: no memory for its output", argv[0]);
	*output = text;
	return 0;
}

int command_line(const char *ns, struct twp_error *error, const char *format, ...)
{
	TWP_AUTOFREE char *line = NULL;
	const char *words[WORDS_MAX + 1];
	size_t count = 0;
	va_list arguments;

	va_start(arguments, format);
	int length = vasprintf(&line, format, arguments);
	va_end(arguments);
	if (length < 0) {
		line = NULL;
		return twp_error_set(error, "no memory");
	}
	for (char *rest = line, *word; (word = strsep(&rest, " \t\n"));) {
		if (!*word)
			continue;
		if (count == WORDS_MAX)
			return twp_error_set(error, "%s: more than %d words", words[0], WORDS_MAX);
		words[count++] = word;
	}
	words[count] = NULL;
	if (!count)
		return twp_error_set(error, "an empty command");
	return command_run(ns, NULL, NULL, error, words);
}

pid_t command_start(const char *ns, const char *output, struct twp_error *error,
		    const char *const argv[])
{
	const char *path = output ? output : "/dev/null";
	TWP_CLEANUP(streams_close) struct streams streams = { -1, -1, -1 };

	streams.in = open("/dev/null", O_RDONLY | O_CLOEXEC);
	streams.out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
	if (streams.in < 0 || streams.out < 0)
		return twp_error_set(error, "%s: %s", path, strerror(errno));
	streams.err = dup(streams.out);
	return spawn(ns, &streams, argv, error);
}

int command_stop(pid_t process)
{
	/* What a guest reads from a file at its end takes virtual seconds too. */
	unsigned int grace = command_patience / 300;

	command_signal(process, SIGTERM);
	if (!command_ends_within(process, grace < 2 ? 2 : grace))
		command_signal(process, SIGKILL);
	return command_reap(process);
}

int command_wait(pid_t process, const char *name, struct twp_error *error)
{
	struct twp_error late = { "" };
	int status = command_end(process, name, &late);

	if (late.text[0])
		return twp_error_set(error, "%s", late.text);
	return status ? say_failure(name, status, NULL, error) : 0;
}
