/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel does for a packet, function by function: seen by its function_graph
 * tracer anywhere, or counted in instructions by the emulator that runs a guest.
 */
#ifndef TWP_TWINEVAL_TRACE_H
#define TWP_TWINEVAL_TRACE_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/error.h"

struct trace_function {
	char name[64];
	double calls; /* of the tracer */
	double ns; /* of the tracer, with what it calls */
	double self_ns; /* without */
	double instructions; /* of the emulator, without what it calls */
};

struct trace {
	struct trace_function *function; /* by name */
	size_t count;
};

/* The function of that name, added if need be; NULL without memory. */
struct trace_function *trace_function(struct trace *trace, const char *name);
const struct trace_function *trace_find(const struct trace *trace, const char *name);
void trace_clean(struct trace *trace);

/* Return of each: 0, or -1 with a sentence. */

/* Can the kernel trace functions as a graph? */
int trace_graph_able(struct twp_error *error);

/**
 * trace_graph_start() - trace from now on
 * @functions: those alone, as far as the kernel has them; ends with NULL
 * @below: instead, if @functions is NULL: everything that these call; ends with NULL
 * @error: filled on failure
 */
int trace_graph_start(const char *const *functions, const char *const *below,
		      struct twp_error *error);

/* Stops, adds what was seen to @trace, and puts the tracer's settings back. Without @trace it only
 * does the latter. Events that were overwritten are a failure.
 */
int trace_graph_stop(struct trace *trace, struct twp_error *error);

/* The file that the emulator writes: $TWINEVAL_PROFILE; NULL if nobody counts. */
const char *trace_profile_file(void);

/* Adds what ran between the last two marks to @trace. */
int trace_profile_read(struct trace *trace, struct twp_error *error);

#endif
