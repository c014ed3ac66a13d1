// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's function_graph tracer, by tracefs (Documentation/trace/ftrace.rst).
 * Durations have the tracer's own cost in them: calls are exact, times good for
 * comparing functions that call the same.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "policy/memory.h"
#include "trace.h"

#define TRACING "/sys/kernel/tracing/"
#define DEPTH_MAX 64

static int set(const char *file, const char *text, bool append, struct twp_error *error)
{
	char path[128];
	ssize_t length = (ssize_t)strlen(text);
	ssize_t written = -1;
	int fd, failure;

	snprintf(path, sizeof(path), TRACING "%s", file);
	fd = open(path, O_WRONLY | O_CLOEXEC | (append ? O_APPEND : O_TRUNC));
	if (fd >= 0)
		written = write(fd, text, (size_t)length);
	failure = errno;
	if (fd >= 0)
		close(fd);
	if (written != length)
		return twp_error_set(error, "%s: %s", path, strerror(failure));
	return 0;
}

int trace_graph_able(struct twp_error *error)
{
	TWP_AUTOFREE char *tracers = command_read_file(TRACING "available_tracers", error);

	if (!tracers)
		return -1;
	if (!strstr(tracers, "function_graph"))
		return twp_error_set(error, "the kernel has no function_graph tracer");
	return 0;
}

/* Sets a filter to the names that the kernel has. Return: how many, or -1. */
static int filter_set(const char *file, const char *const *names, struct twp_error *error)
{
	int known = 0;

	if (set(file, "", false, error))
		return -1;
	for (; *names; names++)
		if (!set(file, *names, true, NULL))
			known++;
	return known;
}

int trace_graph_start(const char *const *functions, const char *const *below,
		      struct twp_error *error)
{
	int known;

	if (set("tracing_on", "0", false, error) || set("current_tracer", "nop", false, error) ||
	    set("set_ftrace_filter", "", false, error) ||
	    set("set_graph_function", "", false, error))
		return -1;
	known = functions ? filter_set("set_ftrace_filter", functions, error) :
			    filter_set("set_graph_function", below, error);
	if (known < 0)
		return -1;
	if (!known)
		return twp_error_set(error, "the kernel has none of the functions that are traced");
	if (set("buffer_size_kb", "65536", false, error) ||
	    set("current_tracer", "function_graph", false, error) ||
	    set("trace_options", "funcgraph-tail", false, error) ||
	    set("trace_options", "nofuncgraph-cpu", false, error) || set("trace", "", false, error))
		return -1;
	return set("tracing_on", "1", false, error);
}

/* A call that is under way. */
struct frame {
	char name[64];
	double children_ns;
};

struct reader {
	struct trace *trace;
	struct frame frame[DEPTH_MAX];
	size_t depth;
};

static int call_ended(struct reader *reader, const char *name, double ns, double children_ns)
{
	struct trace_function *function = trace_function(reader->trace, name);

	if (!function)
		return -1;
	function->calls++;
	function->ns += ns;
	function->self_ns += ns > children_ns ? ns - children_ns : 0;
	if (reader->depth)
		reader->frame[reader->depth - 1].children_ns += ns;
	return 0;
}

/* "  1.234 us    |    nft_do_chain [nf_tables]() {", "...;" or "    } / * nft_do_chain * /" */
static int line_read(struct reader *reader, const char *line)
{
	const char *bar = strchr(line, '|');
	char name[64], end;
	double us = 0;

	if (*line == '#' || !bar)
		return 0;
	/* A mark of how long it took may stand before the number. */
	sscanf(line + strspn(line, " $@*#!+"), "%lf us", &us);
	bar += 1 + strspn(bar + 1, " ");
	if (*bar == '}') {
		if (!reader->depth)
			return 0;
		const struct frame *frame = &reader->frame[--reader->depth];
		return call_ended(reader, frame->name, us * 1000, frame->children_ns);
	}
	if (sscanf(bar, "%63[A-Za-z0-9_.]%*[^;{]%c", name, &end) != 2)
		return 0;
	if (end == ';')
		return call_ended(reader, name, us * 1000, 0);
	if (reader->depth == DEPTH_MAX)
		return 0;
	snprintf(reader->frame[reader->depth].name, sizeof(name), "%s", name);
	reader->frame[reader->depth++].children_ns = 0;
	return 0;
}

static int trace_read(struct trace *trace, struct twp_error *error)
{
	FILE *file = fopen(TRACING "trace", "re");
	struct reader reader = { .trace = trace };
	TWP_AUTOFREE char *line = NULL;
	size_t room = 0;
	int result = 0;

	if (!file)
		return twp_error_set(error, TRACING "trace: %s", strerror(errno));
	while (!result && getline(&line, &room, file) >= 0) {
		/* What was lost makes every count wrong. */
		if (strstr(line, "LOST"))
			result = twp_error_set(error, "the tracer lost events");
		else if (line_read(&reader, line))
			result = twp_error_set(error, "out of memory");
	}
	fclose(file);
	return result;
}

int trace_graph_stop(struct trace *trace, struct twp_error *error)
{
	int result = set("tracing_on", "0", false, error);

	if (!result && trace)
		result = trace_read(trace, error);
	/* As it was found. */
	set("current_tracer", "nop", false, NULL);
	set("set_ftrace_filter", "", false, NULL);
	set("set_graph_function", "", false, NULL);
	set("trace_options", "nofuncgraph-tail", false, NULL);
	set("trace_options", "funcgraph-cpu", false, NULL);
	set("trace", "", false, NULL);
	set("tracing_on", "1", false, NULL);
	return result;
}
