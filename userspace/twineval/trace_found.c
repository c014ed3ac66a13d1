// SPDX-License-Identifier: GPL-2.0-only
/*
 * What somebody else set in tracefs: switch, tracer, size of the buffer, filters, and the options
 * that trace_graph.c sets. What stood in the buffer is lost.
 */
#include "trace_found.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "policy/memory.h"

const char *trace_folder = "/sys/kernel/tracing/";

/* In the order in which they are put back: the tracer behind its filters. */
static struct setting {
	const char *file;
	bool filter;
	char *text;
} settings[] = {
	{ "set_ftrace_filter", true, NULL },
	{ "set_graph_function", true, NULL },
	{ "options/funcgraph-tail", false, NULL },
	{ "options/funcgraph-cpu", false, NULL },
	{ "current_tracer", false, NULL },
	{ "buffer_size_kb", false, NULL },
	{ "tracing_on", false, NULL },
};

#define SETTINGS (sizeof(settings) / sizeof(*settings))

static bool saved;

int trace_set(const char *file, const char *text, bool append, struct twp_error *error)
{
	const char *left = text;
	char path[256];
	int fd, failure = 0;

	snprintf(path, sizeof(path), "%s%s", trace_folder, file);
	fd = open(path, O_WRONLY | O_CLOEXEC | (append ? O_APPEND : O_TRUNC));
	if (fd < 0)
		return twp_error_set(error, "%s: %s", path, strerror(errno));
	/* Of several words one at a time is taken. */
	while (*left && !failure) {
		ssize_t written = write(fd, left, strlen(left));

		if (written > 0)
			left += written;
		else if (written == 0 || errno != EINTR)
			failure = written ? errno : EIO;
	}
	if (close(fd) && !failure)
		failure = errno;
	return failure ? twp_error_set(error, "%s: %s", path, strerror(failure)) : 0;
}

/* Lines are "name [module]", "# no filter", or "name:command:count", which no filter clears. */
static void filter_words(char *text)
{
	char *to = text;

	for (char *rest = text, *line; (line = strsep(&rest, "\n"));) {
		size_t length = strcspn(line, " \t");

		if (!length || *line == '#' || memchr(line, ':', length))
			continue;
		memmove(to, line, length);
		to += length;
		*to++ = '\n';
	}
	*to = '\0';
}

/* "1408", "7 (expanded: 1408)" of a buffer that nobody used yet, or "X": not the same on all CPUs. */
static int size_word(char *text, struct twp_error *error)
{
	const char *expanded = strstr(text, "expanded: ");
	const char *size = expanded ? expanded + strlen("expanded: ") : text;
	size_t length = strspn(size, "0123456789");

	if (!length)
		return twp_error_set(error,
				     "%sbuffer_size_kb: the sizes differ between CPUs, and could "
				     "not be put back",
				     trace_folder);
	memmove(text, size, length);
	text[length] = '\0';
	return 0;
}

static void forget(void)
{
	for (size_t i = 0; i < SETTINGS; i++) {
		free(settings[i].text);
		settings[i].text = NULL;
	}
	saved = false;
}

static int save_one(struct setting *setting, struct twp_error *error)
{
	char path[256];

	snprintf(path, sizeof(path), "%s%s", trace_folder, setting->file);
	setting->text = command_read_file(path, error);
	if (!setting->text)
		return -1;
	if (setting->filter)
		filter_words(setting->text);
	else
		setting->text[strcspn(setting->text, "\n")] = '\0';
	return strcmp(setting->file, "buffer_size_kb") ? 0 : size_word(setting->text, error);
}

int trace_found_save(struct twp_error *error)
{
	if (saved)
		return 0;
	for (size_t i = 0; i < SETTINGS; i++)
		if (save_one(&settings[i], error)) {
			forget();
			return -1;
		}
	saved = true;
	return 0;
}

int trace_found_restore(struct twp_error *error)
{
	int result = 0;

	if (!saved)
		return 0;
	/* No filter is changed under a tracer, and no option of one is set. */
	trace_set("tracing_on", "0", false, NULL);
	trace_set("current_tracer", "nop", false, NULL);
	trace_set("trace", "", false, NULL);
	for (size_t i = 0; i < SETTINGS; i++)
		if (trace_set(settings[i].file, settings[i].text, false, result ? NULL : error))
			result = -1;
	forget();
	return result;
}
