// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's function_graph tracer, by tracefs (Documentation/trace/ftrace.rst).
 * Durations have the tracer's own cost in them: calls are exact, times good for
 * comparing functions that call the same.
 */
#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "policy/memory.h"
#include "trace.h"
#include "trace_found.h"

#define DEPTH_MAX 64

int trace_graph_able(struct twp_error *error)
{
	TWP_AUTOFREE char *tracers = NULL;
	char path[256];

	snprintf(path, sizeof(path), "%savailable_tracers", trace_folder);
	tracers = command_read_file(path, error);
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

	if (trace_set(file, "", false, error))
		return -1;
	for (; *names; names++)
		if (!trace_set(file, *names, true, NULL))
			known++;
	return known;
}

int trace_graph_start(const char *const *functions, const char *const *below,
		      struct twp_error *error)
{
	int known;

	if (trace_found_save(error))
		return -1;
	if (trace_set("tracing_on", "0", false, error) ||
	    trace_set("current_tracer", "nop", false, error) ||
	    trace_set("set_ftrace_filter", "", false, error) ||
	    trace_set("set_graph_function", "", false, error))
		return -1;
	known = functions ? filter_set("set_ftrace_filter", functions, error) :
			    filter_set("set_graph_function", below, error);
	if (known < 0)
		return -1;
	if (!known)
		return twp_error_set(error, "the kernel has none of the functions that are traced");
	if (trace_set("buffer_size_kb", "65536", false, error) ||
	    trace_set("current_tracer", "function_graph", false, error) ||
	    trace_set("trace_options", "funcgraph-tail", false, error) ||
	    trace_set("trace_options", "nofuncgraph-cpu", false, error) ||
	    trace_set("trace", "", false, error))
		return -1;
	return trace_set("tracing_on", "1", false, error);
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

/* Sum of "overrun: 0" and "dropped events: 0" of a CPU. Return: 0 or -1. */
static int lost_of(const char *path, uint64_t *lost, struct twp_error *error)
{
	static const char *const names[] = { "\noverrun: ", "\ncommit overrun: ",
					     "\ndropped events: " };
	TWP_AUTOFREE char *text = command_read_file(path, error);

	if (!text)
		return -1;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *at = strstr(text, names[i]);

		*lost += at ? strtoull(at + strlen(names[i]), NULL, 10) : 0;
	}
	return 0;
}

/* Events that others have overwritten are in no line of the trace, nor is it said there. */
static int check_lost(struct twp_error *error)
{
	char pattern[256];
	uint64_t lost = 0;
	glob_t found;
	int result = 0;

	snprintf(pattern, sizeof(pattern), "%sper_cpu/cpu*/stats", trace_folder);
	if (glob(pattern, 0, NULL, &found))
		return twp_error_set(error, "%s: not found", pattern);
	for (size_t i = 0; i < found.gl_pathc && !result; i++)
		result = lost_of(found.gl_pathv[i], &lost, error);
	globfree(&found);
	if (!result && lost)
		result = twp_error_set(error,
				       "the tracer's buffer was too small: %" PRIu64
				       " events were overwritten or dropped",
				       lost);
	return result;
}

static int trace_read(struct trace *trace, struct twp_error *error)
{
	struct reader reader = { .trace = trace };
	TWP_AUTOFREE char *line = NULL;
	char path[256];
	size_t room = 0;
	int result = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%strace", trace_folder);
	file = fopen(path, "re");
	if (!file)
		return twp_error_set(error, "%s: %s", path, strerror(errno));
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
	int result = 0;

	if (trace && (trace_set("tracing_on", "0", false, error) || check_lost(error) ||
		      trace_read(trace, error)))
		result = -1;
	/* As it was found. */
	if (trace_found_restore(result ? NULL : error))
		result = -1;
	return result;
}
