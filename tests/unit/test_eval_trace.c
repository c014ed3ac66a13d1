// SPDX-License-Identifier: GPL-2.0-only
/* Tests of userspace/twineval/trace_graph.c and trace_found.c, over a folder that looks like tracefs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "twineval/command.h"
#include "twineval/trace.h"
#include "twineval/trace_found.h"

static char folder[64];
static struct twp_error error;

static const char *const functions[] = { "nft_do_chain", "ipt_do_table", NULL };

static const char stats[] =
	"entries: 4\noverrun: %u\ncommit overrun: 0\nbytes: 300\n"
	"oldest event ts:  5.1\nnow ts:  9.2\ndropped events: %u\nread events: 0\n";

static void put(const char *file, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), "%s%s", folder, file);
	if (command_write_file(path, text, &error))
		fail_msg("%s", error.text);
}

static void is(const char *file, const char *expected)
{
	char path[128], *text;

	snprintf(path, sizeof(path), "%s%s", folder, file);
	text = command_read_file(path, &error);
	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
}

static void put_stats(int cpu, unsigned int overrun, unsigned int dropped)
{
	char file[32], text[256];

	snprintf(file, sizeof(file), "per_cpu/cpu%d/stats", cpu);
	snprintf(text, sizeof(text), stats, overrun, dropped);
	put(file, text);
}

/* As somebody else left it. */
static int setup(void **state)
{
	static const char *const folders[] = { "options", "per_cpu", "per_cpu/cpu0",
					       "per_cpu/cpu1" };
	char path[128];

	(void)state;
	strcpy(folder, "/tmp/test_eval_trace.XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	strcat(folder, "/");
	trace_folder = folder;
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		snprintf(path, sizeof(path), "%s%s", folder, folders[i]);
		if (mkdir(path, 0700))
			return -1;
	}
	put("available_tracers", "function_graph function nop\n");
	put("tracing_on", "0\n");
	put("current_tracer", "function\n");
	put("buffer_size_kb", "2048\n");
	put("set_ftrace_filter",
	    "tcp_v4_rcv\nnft_do_chain [nf_tables]\nschedule:traceoff:count=1\n");
	put("set_graph_function", "#### all functions enabled ####\n");
	put("options/funcgraph-tail", "0\n");
	put("options/funcgraph-cpu", "1\n");
	put("trace_options", "");
	put("trace", "");
	put_stats(0, 0, 0);
	put_stats(1, 0, 0);
	return 0;
}

static int teardown(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static void is_as_it_was_found(void)
{
	is("tracing_on", "0");
	is("current_tracer", "function");
	is("buffer_size_kb", "2048");
	is("set_ftrace_filter", "tcp_v4_rcv\nnft_do_chain\n");
	is("set_graph_function", "");
	is("options/funcgraph-tail", "0");
	is("options/funcgraph-cpu", "1");
}

static void start(void)
{
	if (trace_graph_start(functions, NULL, &error))
		fail_msg("%s", error.text);
	is("tracing_on", "1");
	is("current_tracer", "function_graph");
	is("buffer_size_kb", "65536");
}

static void settings_are_put_back(void **state)
{
	struct trace trace = { 0 };

	(void)state;
	start();
	put("trace", "# tracer: function_graph\n  1.500 us    |  nft_do_chain [nf_tables]();\n");
	if (trace_graph_stop(&trace, &error))
		fail_msg("%s", error.text);
	assert_int_equal(trace.count, 1);
	assert_float_equal(trace.function[0].ns, 1500, 0.01);
	trace_clean(&trace);
	is_as_it_was_found();
	/* Nothing is put back twice. */
	put("tracing_on", "1\n");
	assert_int_equal(trace_graph_stop(NULL, &error), 0);
	is("tracing_on", "1\n");
}

/* The second start must not take the first one's settings for what was found. */
static void a_failed_start_is_put_back_too(void **state)
{
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%strace_options", folder);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(trace_graph_start(functions, NULL, &error), -1);
	assert_int_equal(trace_graph_start(functions, NULL, &error), -1);
	assert_int_equal(trace_graph_stop(NULL, NULL), 0);
	is_as_it_was_found();
}

static void a_buffer_that_was_never_used_gets_its_usual_size(void **state)
{
	(void)state;
	put("buffer_size_kb", "7 (expanded: 1408)\n");
	start();
	assert_int_equal(trace_graph_stop(NULL, &error), 0);
	is("buffer_size_kb", "1408");
}

static void what_cannot_be_put_back_is_not_touched(void **state)
{
	(void)state;
	put("buffer_size_kb", "X\n");
	assert_int_equal(trace_graph_start(functions, NULL, &error), -1);
	assert_non_null(strstr(error.text, "the sizes differ between CPUs"));
	assert_int_equal(trace_graph_stop(NULL, NULL), 0);
	is("buffer_size_kb", "X\n");
	is("current_tracer", "function\n");
	is("tracing_on", "0\n");
}

static void lost_events_are_a_failure(void **state)
{
	static const unsigned int lost[][2] = { { 3, 0 }, { 0, 4 } };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct trace trace = { 0 };

		start();
		put_stats(1, lost[i][0], lost[i][1]);
		assert_int_equal(trace_graph_stop(&trace, &error), -1);
		assert_string_equal(error.text,
				    i ? "the tracer's buffer was too small: 4 events were "
					"overwritten or dropped" :
					"the tracer's buffer was too small: 3 events were "
					"overwritten or dropped");
		trace_clean(&trace);
		is_as_it_was_found();
		put_stats(1, 0, 0);
		put("set_ftrace_filter", "tcp_v4_rcv\nnft_do_chain [nf_tables]\n");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(settings_are_put_back, setup, teardown),
		cmocka_unit_test_setup_teardown(a_failed_start_is_put_back_too, setup, teardown),
		cmocka_unit_test_setup_teardown(a_buffer_that_was_never_used_gets_its_usual_size,
						setup, teardown),
		cmocka_unit_test_setup_teardown(what_cannot_be_put_back_is_not_touched, setup,
						teardown),
		cmocka_unit_test_setup_teardown(lost_events_are_a_failure, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
