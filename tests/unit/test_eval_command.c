// SPDX-License-Identifier: GPL-2.0-only
/* Tests of userspace/twineval/command*.c and machine.c. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "twineval/command.h"
#include "twineval/machine.h"
#include "twineval/stop.h"

#define ARGV(...) ((const char *const[]){ __VA_ARGS__, NULL })

static struct twp_error error;
static char path[] = "/tmp/test_eval_command.XXXXXX";

static int make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

/* Neither there nor a zombie that somebody else is to wait for. */
static bool is_alive(pid_t process)
{
	char file[64], state = 'X';

	snprintf(file, sizeof(file), "/proc/%d/stat", (int)process);
	char *text = command_read_file(file, NULL);
	if (text && strrchr(text, ')'))
		sscanf(strrchr(text, ')'), ") %c", &state);
	free(text);
	return state != 'X' && state != 'Z';
}

static bool until(bool (*holds)(pid_t process), pid_t process, bool wanted)
{
	const struct timespec pause = { 0, 10000000 };

	for (int i = 0; i < 1000; i++) {
		if (holds(process) == wanted)
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- to the end */

static void passes_input_and_output(void **state)
{
	size_t length = 3 << 20; /* more than a pipe takes */
	char *input = malloc(length + 1), *output = NULL;

	(void)state;
	memset(input, 'x', length);
	input[length] = '\0';
	assert_int_equal(command_run(NULL, input, &output, &error, ARGV("cat")), 0);
	assert_non_null(output);
	assert_string_equal(output, input);
	free(input);
	free(output);
	assert_int_equal(command_run(NULL, NULL, &output, &error, ARGV("cat")), 0);
	assert_string_equal(output, "");
	free(output);
}

static void says_why_it_failed(void **state)
{
	char *output = (char *)"untouched";
	static const struct {
		const char *script, *sentence;
	} cases[] = {
		{ "exit 3", "sh: exit status 3" },
		{ "kill -KILL $$", "sh: ended by signal 9" },
		{ "echo; echo first >&2; echo second >&2; exit 1", "sh: first" },
		{ "echo 'sh: it says its name' >&2; exit 1", "sh: it says its name" },
		{ "echo '{'; echo '  \"error\": \"no way\"'; echo '}'; exit 1",
		  "sh: \"error\": \"no way\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *const argv[] = { "sh", "-c", cases[i].script, NULL };

		assert_int_equal(command_run(NULL, NULL, &output, &error, argv), -1);
		assert_string_equal(error.text, cases[i].sentence);
		assert_string_equal(output, "untouched");
	}
	assert_int_equal(command_run(NULL, NULL, NULL, NULL, ARGV("false")), -1);
}

static void says_what_is_missing(void **state)
{
	(void)state;
	assert_int_equal(command_run(NULL, NULL, NULL, &error, ARGV("no-such-program")), -1);
	assert_string_equal(error.text, "no-such-program: no such program in PATH");
	assert_int_equal(command_run("no-such-place", NULL, NULL, &error, ARGV("true")), -1);
	assert_string_equal(error.text,
			    "true: network namespace no-such-place: No such file or directory");
	assert_int_equal(command_start(NULL, NULL, &error, ARGV("no-such-program")), -1);
	assert_string_equal(error.text, "no-such-program: no such program in PATH");
	assert_int_equal(command_socket("no-such-place", 2, 1, &error), -1);
	assert_string_equal(error.text, "socket in network namespace no-such-place: "
					"No such file or directory");
	assert_true(command_exists("sh"));
	assert_false(command_exists("no-such-program"));
}

static void splits_a_line(void **state)
{
	char many[512] = "true";

	(void)state;
	assert_int_equal(command_line(NULL, &error, "test  %s =\t%d", "12", 12), 0);
	assert_int_equal(command_line(NULL, &error, "test %s = %d", "12", 13), -1);
	assert_string_equal(error.text, "test: exit status 1");
	assert_int_equal(command_line(NULL, &error, "  "), -1);
	for (int i = 0; i < 64; i++)
		strcat(many, " x");
	assert_int_equal(command_line(NULL, &error, "%s", many), -1);
	assert_string_equal(error.text, "true: more than 64 words");
}

static void has_patience_but_not_for_ever(void **state)
{
	double begin = seconds();

	(void)state;
	command_patience = 1;
	int result = command_line(NULL, &error, "sleep 100");
	command_patience = 600;
	assert_int_equal(result, -1);
	assert_string_equal(error.text, "sleep: not at its end after 1 s");
	assert_true(seconds() - begin < 20);
}

/* ---- in the background */

static bool is_filled(pid_t process)
{
	char *text = command_read_file(path, NULL);
	bool filled = text && *text;

	(void)process;
	free(text);
	return filled;
}

static void stops(void **state)
{
	(void)state;
	pid_t process = command_start(NULL, NULL, &error, ARGV("sleep", "1000"));
	assert_true(process > 0);
	assert_true(is_alive(process));
	assert_int_equal(command_stop(process), 128 + SIGTERM);
	assert_false(is_alive(process));
	assert_int_equal(command_stop(process), -1);
}

static void stops_what_does_not_listen(void **state)
{
	static const char deaf[] = "trap '' TERM; echo ready; while :; do sleep 0.05; done";
	double begin = seconds();

	(void)state;
	pid_t process = command_start(NULL, path, &error, ARGV("sh", "-c", deaf));
	assert_true(process > 0);
	assert_true(until(is_filled, 0, true));
	assert_int_equal(command_stop(process), 128 + SIGKILL);
	assert_true(seconds() - begin > 1.5);
	assert_false(is_alive(process));
}

static void waits(void **state)
{
	(void)state;
	pid_t process = command_start(NULL, path, &error,
				      ARGV("sh", "-c", "echo out; echo err >&2; exit 3"));
	assert_int_equal(command_wait(process, "three", &error), -1);
	assert_string_equal(error.text, "three: exit status 3");
	char *text = command_read_file(path, &error);
	assert_string_equal(text, "out\nerr\n");
	free(text);
	process = command_start(NULL, NULL, &error, ARGV("true"));
	assert_int_equal(command_wait(process, "true", &error), 0);
	assert_int_equal(command_start(NULL, "/no/such/file", &error, ARGV("true")), -1);
	assert_string_equal(error.text, "/no/such/file: No such file or directory");
}

static void kills_all(void **state)
{
	pid_t process[3];

	(void)state;
	for (int i = 0; i < 3; i++) {
		process[i] = command_start(NULL, NULL, &error, ARGV("sleep", "1000"));
		assert_true(process[i] > 0);
	}
	/* One that was waited for is not in the way of the others. */
	command_stop(process[1]);
	command_kill_all();
	for (int i = 0; i < 3; i++)
		assert_false(is_alive(process[i]));
	assert_int_equal(command_wait(process[0], "sleep", &error), -1);
	assert_string_equal(error.text, "sleep: its end was not seen");
}

/* Also what a program that is being waited for has not yet come to. */
static void kill_all_on_signal(int number)
{
	(void)number;
	command_kill_all();
}

static void kills_from_a_handler(void **state)
{
	const struct sigaction action = { .sa_handler = kill_all_on_signal };
	struct sigaction before;
	double begin = seconds();

	(void)state;
	sigaction(SIGALRM, &action, &before);
	alarm(1);
	assert_int_equal(command_line(NULL, &error, "sleep 100"), -1);
	sigaction(SIGALRM, &before, NULL);
	assert_true(seconds() - begin < 20);
}

static int start_and_end(void *context)
{
	(void)context;
	return command_start(NULL, NULL, &error, ARGV("sleep", "1000"));
}

static void dies_with_its_parent(void **state)
{
	(void)state;
	pid_t process = command_in(NULL, start_and_end, NULL);
	assert_true(process > 0);
	assert_true(until(is_alive, process, false));
}

static void takes_no_more_than_it_can_end(void **state)
{
	int started = 0;

	(void)state;
	while (command_start(NULL, NULL, &error, ARGV("sleep", "1000")) > 0)
		assert_true(++started < 1000);
	assert_string_equal(error.text, "more than 64 programs at a time");
	command_kill_all();
	assert_int_equal(started, 64);
	assert_int_equal(command_line(NULL, &error, "true"), 0);
}

/* ---- functions and files */

static int give_back(void *context)
{
	return *(int *)context;
}

static int do_not_come_back(void *context)
{
	(void)context;
	_exit(0);
}

static void runs_functions(void **state)
{
	int values[] = { 0, 42, 70000, -7 };

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
		assert_int_equal(command_in(NULL, give_back, &values[i]), values[i]);
	assert_int_equal(command_in(NULL, do_not_come_back, NULL), -1);
	assert_int_equal(command_in("no-such-place", give_back, &values[1]), -1);
}

static void reads_and_writes_files(void **state)
{
	(void)state;
	assert_int_equal(command_write_file(path, "one\ntwo\n", &error), 0);
	char *text = command_read_file(path, &error);
	assert_string_equal(text, "one\ntwo\n");
	free(text);
	/* It has no size, and more than one page. */
	text = command_read_file("/proc/self/smaps", &error);
	assert_non_null(text);
	assert_true(strlen(text) > 4096);
	free(text);
	assert_null(command_read_file("/no/such/file", &error));
	assert_string_equal(error.text, "/no/such/file: No such file or directory");
	assert_int_equal(command_write_file("/proc/version", "x", &error), -1);
	assert_non_null(strstr(error.text, "/proc/version: "));
}

static void knows_its_machine(void **state)
{
	struct machine machine;
	struct utsname name;

	(void)state;
	machine_read(&machine, true);
	assert_string_equal(machine.clock, "virtual");
	machine_read(&machine, false);
	assert_string_equal(machine.clock, "real");
	assert_int_equal(uname(&name), 0);
	assert_string_equal(machine.kernel, name.release);
	assert_true(!strcmp(machine.jit, "on") || !strcmp(machine.jit, "off"));
	assert_true(*machine.cpu && *machine.mitigations);
	assert_null(strpbrk(machine.cpu, "\n"));
	assert_null(strpbrk(machine.mitigations, ";,\n"));
}

/* What is started after the first signal takes down what is left; stop_requested() stays. */
static void only_the_first_signal_ends_programs(void **state)
{
	(void)state;
	stop_catch_signals();
	pid_t process = command_start(NULL, NULL, &error, ARGV("sleep", "1000"));
	assert_true(process > 0);
	/* A terminal's interrupt is not for the programs. */
	assert_int_equal(getpgid(process), process);
	assert_false(stop_requested());
	raise(SIGINT);
	assert_true(stop_requested());
	assert_false(is_alive(process));
	process = command_start(NULL, NULL, &error, ARGV("sleep", "1000"));
	raise(SIGINT);
	raise(SIGTERM);
	assert_true(is_alive(process));
	assert_int_equal(command_stop(process), 128 + SIGTERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passes_input_and_output),
		cmocka_unit_test(says_why_it_failed),
		cmocka_unit_test(says_what_is_missing),
		cmocka_unit_test(splits_a_line),
		cmocka_unit_test(has_patience_but_not_for_ever),
		cmocka_unit_test(stops),
		cmocka_unit_test(stops_what_does_not_listen),
		cmocka_unit_test(waits),
		cmocka_unit_test(kills_all),
		cmocka_unit_test(kills_from_a_handler),
		cmocka_unit_test(dies_with_its_parent),
		cmocka_unit_test(takes_no_more_than_it_can_end),
		cmocka_unit_test(runs_functions),
		cmocka_unit_test(reads_and_writes_files),
		cmocka_unit_test(knows_its_machine),
		/* The last one. */
		cmocka_unit_test(only_the_first_signal_ends_programs),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
