// SPDX-License-Identifier: GPL-2.0-only
/* Tests of userspace/twineval/progress.c: into a file, and on a terminal of our own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "twineval/progress.h"

#define NAME \
	"latency routed nft-set of 200 entries, with a name that is long \u00b5\u00b5\u00b5\u00b5"

static char shown[65536];

static void resize(unsigned short columns)
{
	struct winsize size = { .ws_row = 24, .ws_col = columns };

	ioctl(STDOUT_FILENO, TIOCSWINSZ, &size);
}

/* Runs @function in a child, whose standard output is a terminal of @columns or a pipe. */
static void show(void (*function)(void), unsigned short columns)
{
	struct winsize size = { .ws_row = 24, .ws_col = columns };
	size_t length = 0;
	int ends[2], status;
	ssize_t got;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	fflush(NULL);
	if (columns) {
		close(ends[0]);
		child = forkpty(&ends[0], NULL, NULL, &size);
	} else {
		child = fork();
	}
	assert_true(child >= 0);
	if (!child) {
		if (!columns)
			dup2(ends[1], STDOUT_FILENO);
		close(ends[1]);
		function();
		_exit(fflush(stdout) ? 1 : 0);
	}
	close(ends[1]);
	/* A terminal that nobody has open any more gives an error. */
	while ((got = read(ends[0], shown + length, sizeof(shown) - 1 - length)) > 0)
		length += (size_t)got;
	shown[length] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
}

static size_t characters(const char *text, size_t length)
{
	size_t count = 0;

	for (size_t i = 0; i < length; i++)
		count += (text[i] & 0xc0) != 0x80;
	return count;
}

/* The next line that was drawn, without its end, of at most @width characters; NULL: no more. */
static char *next_drawn(char **rest, size_t width)
{
	char *line = strsep(rest, "\r");
	char *end = line ? strstr(line, "\033[K") : NULL;

	/* The line's end of a terminal is a carriage return, too. */
	while (line && !end) {
		line = strsep(rest, "\r");
		end = line ? strstr(line, "\033[K") : NULL;
	}
	if (!line)
		return NULL;
	if (characters(line, (size_t)(end - line)) > width)
		fail_msg("longer than %zu: %s", width, line);
	/* No character is cut in two. */
	if (end > line && (end[-1] & 0x80))
		assert_true((end[-1] & 0xc0) == 0x80);
	end[0] = '\0';
	return line;
}

static void three_points(void)
{
	progress_begin(3);
	progress_point("latency routed none 0");
	progress_result("40505 ns");
	progress_point("latency routed ipset 1");
	progress_gap("ipset is not installed");
	progress_point(NAME);
	progress_result("41557 ns");
	progress_end();
	progress_end();
}

static void a_setup(void)
{
	progress_begin(2);
	progress_setup("latency routed none 0");
	progress_point("latency routed none 0");
	progress_result("40505 ns");
	progress_setup("pps routed ipset 1");
}

/* Who waits for a word waits no longer than for a network, or for a point. */
static void each_setup_is_a_line_elsewhere(void **state)
{
	(void)state;
	show(a_setup, 0);
	assert_string_equal(shown, "0/2 begin latency routed none 0\n"
				   "1/2 latency routed none 0: 40505 ns\n"
				   "1/2 begin pps routed ipset 1\n");
	show(a_setup, 80);
	assert_null(strstr(shown, "begin"));
	assert_non_null(strstr(shown, "pps routed ipset 1"));
}

static void plain_lines_elsewhere(void **state)
{
	(void)state;
	show(three_points, 0);
	assert_string_equal(shown, "1/3 latency routed none 0: 40505 ns\n"
				   "2/3 latency routed ipset 1: not measured: ipset is not "
				   "installed\n"
				   "3/3 " NAME ": 41557 ns\n"
				   "3 of 3 points, 1 of them not measured\n");
}

static void plain_lines_on_a_dumb_terminal(void **state)
{
	(void)state;
	setenv("TERM", "dumb", 1);
	show(three_points, 80);
	setenv("TERM", "vt100", 1);
	assert_null(strchr(shown, '\033'));
	assert_non_null(strstr(shown, "1/3 latency routed none 0: 40505 ns\r\n"));
}

static void one_line_on_a_terminal(void **state)
{
	static const char *const lines[] = {
		"[                          ] 0/3",
		"[                          ] 0/3  latency routed none 0",
		"[########                  ] 1/3  under a minute left  latency routed none 0",
		"[########                  ] 1/3  under a minute left  latency routed ipset 1",
		"",
		"[#################         ] 2/3  under a minute left  latency routed ipset 1",
		"[#################         ] 2/3  under a minute left  latency routed nft-set",
		"[##########################] 3/3  latency routed nft-set of 200 entries, with a",
		"",
	};
	char *rest = shown;

	(void)state;
	show(three_points, 80);
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		const char *line = next_drawn(&rest, 79);

		assert_non_null(line);
		if (strncmp(line, lines[i], strlen(lines[i])) || (!*lines[i] && *line))
			fail_msg("line %zu is '%s', not '%s'", i, line, lines[i]);
	}
	assert_null(next_drawn(&rest, 79));
}

/* The gap and the end stand in lines of their own, which nothing rewrites. */
static void gaps_stay_on_a_terminal(void **state)
{
	(void)state;
	show(three_points, 80);
	assert_non_null(strstr(shown, "\r\033[Klatency routed ipset 1: not measured: ipset is not "
				      "installed\r\n\r["));
	assert_non_null(strstr(shown, "\r\033[K3 of 3 points, 1 of them not measured\r\n"));
}

static void sizes_change(void)
{
	progress_begin(2000000000);
	for (unsigned short columns = 1; columns <= 200; columns++) {
		resize(columns);
		progress_point(NAME NAME);
	}
	/* Not known, as on a serial line. */
	resize(0);
	progress_point(NAME NAME);
	resize(30);
	progress_result("");
	progress_end();
}

static void never_longer_than_the_terminal(void **state)
{
	char *rest = shown, *line;

	(void)state;
	show(sizes_change, 40);
	assert_non_null(next_drawn(&rest, 39));
	for (size_t columns = 1; columns <= 200; columns++) {
		line = next_drawn(&rest, columns - 1);
		assert_non_null(line);
		if (columns < 120)
			assert_int_equal(characters(line, strlen(line)), columns - 1);
	}
	line = next_drawn(&rest, 79);
	assert_int_equal(characters(line, strlen(line)), 79);
	line = next_drawn(&rest, 29);
	assert_memory_equal(line, "1/2000000000  ", 14);
	assert_string_equal(next_drawn(&rest, 29), "");
	assert_null(next_drawn(&rest, 29));
}

static void check_left(double seconds, size_t done, size_t total, const char *expected)
{
	char text[40];

	progress_left(text, (uint64_t)(seconds * 1e9), done, total);
	assert_string_equal(text, expected);
}

static void time_left_is_by_the_mean(void **state)
{
	(void)state;
	check_left(100, 0, 10, "");
	check_left(100, 10, 10, "");
	check_left(10, 1, 2, "under a minute left");
	check_left(59.9, 1, 2, "under a minute left");
	check_left(60, 1, 2, "1 min left");
	check_left(600, 5, 10, "10 min left");
	check_left(600, 200, 400, "10 min left");
	check_left(60, 1, 61, "1 h 00 min left");
	check_left(60, 1, 126, "2 h 05 min left");
	check_left(1e9, 1, 1000000000, "277777777500000 h 00 min left");
}

static void an_end_needs_no_beginning(void **state)
{
	(void)state;
	show(progress_end, 0);
	assert_string_equal(shown, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_lines_elsewhere),
		cmocka_unit_test(each_setup_is_a_line_elsewhere),
		cmocka_unit_test(plain_lines_on_a_dumb_terminal),
		cmocka_unit_test(one_line_on_a_terminal),
		cmocka_unit_test(gaps_stay_on_a_terminal),
		cmocka_unit_test(never_longer_than_the_terminal),
		cmocka_unit_test(time_left_is_by_the_mean),
		cmocka_unit_test(an_end_needs_no_beginning),
	};

	setenv("TERM", "vt100", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
