// SPDX-License-Identifier: GPL-2.0-only
/* Tests of userspace/twineval/scenario.c and scenario_word.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "twineval/experiment.h"
#include "twineval/scenario.h"

#define EXAMPLE "userspace/twineval/scenario.example.yaml"

static char path[] = "/tmp/test_eval_scenario.XXXXXX";
static struct scenario scenario;
static struct twp_error error;

/* Words separated by blanks; @FILE stands for --scenario and the file. */
static int read_line(const char *line)
{
	char copy[512], *rest = copy, *argv[32] = { NULL }, *word;
	int argc = 0;

	snprintf(copy, sizeof(copy), "run %s", line);
	while ((word = strsep(&rest, " ")) && argc < 30) {
		if (!strcmp(word, "@FILE")) {
			argv[argc++] = "--scenario";
			argv[argc++] = path;
		} else if (*word) {
			argv[argc++] = word;
		}
	}
	return scenario_read(&scenario, argc, argv, &error);
}

static void file_write(const char *text, size_t length)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
}

#define assert_read(line)                                       \
	do {                                                    \
		if (read_line(line))                            \
			fail_msg("'%s': %s", line, error.text); \
	} while (0)

/* The list, as "a b c". */
static void check_names(const char **list, const char *expected)
{
	char names[256] = "";

	assert_non_null(list);
	for (; *list; list++) {
		size_t length = strlen(names);

		snprintf(names + length, sizeof(names) - length, "%s%s", length ? " " : "", *list);
	}
	assert_string_equal(names, expected);
}

static void check_entries(const unsigned int *list, const char *expected)
{
	char numbers[256] = "";

	assert_non_null(list);
	for (; *list != SCENARIO_END; list++) {
		size_t length = strlen(numbers);

		snprintf(numbers + length, sizeof(numbers) - length, "%s%u", length ? " " : "",
			 *list);
	}
	assert_string_equal(numbers, expected);
}

static void check_work(unsigned int runs, unsigned int transactions, unsigned int warmup,
		       uint64_t bytes, unsigned int packets)
{
	assert_int_equal(scenario.runs, runs);
	assert_int_equal(scenario.work.transactions, transactions);
	assert_int_equal(scenario.work.warmup, warmup);
	assert_int_equal(scenario.work.bytes, bytes);
	assert_int_equal(scenario.work.packets, packets);
}

static void defaults_are_those_of_the_clock(void **state)
{
	(void)state;
	assert_read("");
	assert_false(scenario.virtual || scenario.full || scenario.resume || scenario.no_report);
	assert_null(scenario.experiments);
	assert_null(scenario.datapaths);
	assert_null(scenario.topologies);
	assert_null(scenario.entries);
	assert_false(scenario.offloads[0] || scenario.offloads[1]);
	assert_string_equal(scenario.folder, "twineval-results");
	check_work(10, 20000, 2000, 1 << 30, 1000000);
	scenario_clean(&scenario);

	/* Whatever stands first. */
	assert_read("--runs 3 --clock virtual");
	assert_true(scenario.virtual);
	check_work(3, 1000, 500, 16 << 20, 20000);
	scenario_clean(&scenario);

	assert_read("--grid full");
	assert_true(scenario.full);
	scenario_clean(&scenario);
}

static void flags_are_read(void **state)
{
	(void)state;
	assert_read("--experiments latency,throughput --datapaths=nft-set --topologies routed "
		    "--entries=0,1k,2K,1M --offloads both --transactions 1 --warmup 0 "
		    "--bytes 32M --packets=1M --out x,y --resume --no-report --grid quick "
		    "--clock real");
	check_names(scenario.experiments, "latency throughput");
	check_names(scenario.datapaths, "nft-set");
	check_names(scenario.topologies, "routed");
	check_entries(scenario.entries, "0 1000 2000 1000000");
	assert_true(scenario.offloads[0] && scenario.offloads[1]);
	check_work(10, 1, 0, 32 << 20, 1000000);
	assert_string_equal(scenario.folder, "x,y");
	assert_true(scenario.resume && scenario.no_report);
	/* The names of the tables, so that they can be told by their address. */
	assert_ptr_equal(scenario.experiments[0], experiment_find("latency")->name);
	assert_ptr_equal(scenario.datapaths[0], datapath_find("nft-set")->name);
	assert_ptr_equal(scenario.topologies[0], topology_find("routed")->name);
	scenario_clean(&scenario);
	assert_null(scenario.experiments);
}

static void the_example_is_read_as_it_says(void **state)
{
	(void)state;
	assert_read("--scenario " EXAMPLE);
	assert_true(scenario.virtual && scenario.full && scenario.resume && scenario.no_report);
	check_names(scenario.experiments, "throughput latency");
	check_names(scenario.datapaths, "none nft-set twinpath-bpf");
	check_names(scenario.topologies, "routed");
	check_entries(scenario.entries, "1 200 10000 1000000");
	assert_false(scenario.offloads[0]);
	assert_true(scenario.offloads[1]);
	check_work(3, 500, 50, 32 << 20, 5000);
	assert_string_equal(scenario.folder, "example-results");
	scenario_clean(&scenario);
}

/* Each option of the help is a word of the example, with what holds if it is left out. */
static void the_example_has_every_word(void **state)
{
	char help[8192], example[8192], *rest = help, *line;
	FILE *file = fmemopen(help, sizeof(help), "w");
	size_t words = 0;

	(void)state;
	scenario_help(file);
	fclose(file);
	file = fopen(EXAMPLE, "r");
	assert_non_null(file);
	example[fread(example, 1, sizeof(example) - 1, file)] = '\0';
	fclose(file);
	while ((line = strsep(&rest, "\n"))) {
		char name[32], word[64];

		if (sscanf(line, " --%31[a-z-]", name) != 1 || !strcmp(name, "scenario") ||
		    !strcmp(name, "help"))
			continue;
		snprintf(word, sizeof(word), "\n%s: ", name);
		if (!strstr(example, word) && strcmp(name, "datapaths"))
			fail_msg("%s is not in %s", name, EXAMPLE);
		words++;
	}
	assert_int_equal(words, 15);
}

static void flags_win_over_the_file(void **state)
{
	static const char text[] = "entries: [1, 2]\nruns: 7\nexperiments: latency\nout: there\n"
				   "clock: virtual\noffloads: on\nresume: false\nwarmup: 9\n";
	static const char json[] = "{\"runs\": 2, \"entries\": [\"1k\"], \"out\": \"a\\\"b\"}";

	(void)state;
	file_write(text, strlen(text));
	assert_read("@FILE --entries 3 --out here --clock real --offloads off --resume");
	check_entries(scenario.entries, "3");
	check_names(scenario.experiments, "latency");
	check_work(7, 20000, 9, 1 << 30, 1000000);
	assert_string_equal(scenario.folder, "here");
	assert_true(scenario.offloads[0] && !scenario.offloads[1] && scenario.resume);
	scenario_clean(&scenario);
	/* JSON is YAML. */
	file_write(json, strlen(json));
	assert_read("@FILE");
	check_entries(scenario.entries, "1000");
	assert_string_equal(scenario.folder, "a\"b");
	scenario_clean(&scenario);
}

static void help_reads_nothing_else(void **state)
{
	(void)state;
	assert_int_equal(read_line("--help --scenario /nowhere"), 1);
	assert_int_equal(read_line("-h"), 1);
	assert_null(scenario.folder);
}

static void check_line(const char *line, const char *sentence)
{
	assert_int_equal(read_line(line), -1);
	assert_string_equal(error.text, sentence);
	assert_null(scenario.folder);
	assert_null(scenario.entries);
}

static void wrong_flags_are_named(void **state)
{
	(void)state;
	check_line("--runs", "option '--runs' wants N");
	check_line("--runs --resume", "option '--runs' wants N");
	check_line("--scenario", "option '--scenario' wants FILE");
	check_line("--run 1", "unknown option '--run'");
	check_line("--runs 1 --runs=1", "option '--runs' is given twice");
	check_line("@FILE @FILE", "option '--scenario' is given twice");
	check_line("--resume --resume", "option '--resume' is given twice");
	check_line("--resume=false", "option '--resume' takes no argument");
	check_line("latency", "unexpected word 'latency'");
	check_line("-r", "unexpected word '-r'");
	check_line("--", "unexpected word '--'");
	check_line("--runs 0", "--runs: \"0\" is not a number from 1 to 1000, such as 200 or 10k");
	check_line("--runs 1001",
		   "--runs: \"1001\" is not a number from 1 to 1000, such as 200 or 10k");
	check_line("--runs 2k",
		   "--runs: \"2k\" is not a number from 1 to 1000, such as 200 or 10k");
	check_line("--entries 1,1001k",
		   "--entries: \"1001k\" is not a number from 0 to 1000000, such as 200 or 10k");
	check_line("--entries 1,-1",
		   "--entries: \"-1\" is not a number from 0 to 1000000, such as 200 or 10k");
	check_line("--entries 1k,1000", "--entries: \"1000\" stands twice");
	check_line("--entries=",
		   "--entries: \"\" is not a number from 0 to 1000000, such as 200 or 10k");
	check_line("--clock wall", "--clock: \"wall\" is neither real nor virtual");
	check_line("--grid all", "--grid: \"all\" is neither quick nor full");
	check_line("--offloads yes", "--offloads: \"yes\" is none of off, on, both");
	check_line("--out=", "--out: the name of a folder is missing");
	check_line("--experiments latency,latency", "--experiments: \"latency\" stands twice");
	check_line("--scenario /nowhere", "/nowhere: No such file or directory");
	check_line("--scenario /tmp", "/tmp: Is a directory");
}

static void numbers_are_whole_and_fit(void **state)
{
	static const char *const texts[] = {
		"1.5",
		"1e3",
		"0x10",
		"1 k",
		"k",
		"1kk",
		"1x",
		"+1",
		"99999999999999999999999",
		"18446744073709551617",
		"16777216T",
		"1024Gb",
		"2000G",
	};
	char line[64];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		char *argv[] = { "run", "--bytes", line, NULL };

		snprintf(line, sizeof(line), "%s", texts[i]);
		assert_int_equal(scenario_read(&scenario, 3, argv, &error), -1);
		assert_memory_equal(error.text, "--bytes: \"", 10);
	}
	assert_read("--bytes 1024G");
	assert_int_equal(scenario.work.bytes, 1ull << 40);
	scenario_clean(&scenario);
}

/* An unknown name is told with those that are known. */
static void unknown_names_are_told_the_known(void **state)
{
	(void)state;
	assert_int_equal(read_line("--experiments latency,thruput"), -1);
	assert_memory_equal(error.text, "--experiments: \"thruput\" is unknown; there are ", 47);
	for (size_t i = 0; experiments[i]; i++)
		assert_non_null(strstr(error.text, experiments[i]->name));
	assert_int_equal(read_line("--datapaths nft-sets"), -1);
	assert_memory_equal(error.text, "--datapaths: \"nft-sets\" is unknown; there are ", 46);
	for (size_t i = 0; datapaths[i]; i++)
		assert_non_null(strstr(error.text, datapaths[i]->name));
	assert_int_equal(read_line("--topologies latency"), -1);
	assert_memory_equal(error.text, "--topologies: \"latency\" is unknown; there are ", 46);
	for (size_t i = 0; topologies[i]; i++)
		assert_non_null(strstr(error.text, topologies[i]->name));
}

/* "LINE:COLUMN: ..." */
static void check_file(const char *text, const char *sentence)
{
	char expected[512];

	file_write(text, strlen(text));
	snprintf(expected, sizeof(expected), "%s:%s", path, sentence);
	check_line("@FILE", expected);
}

static void faults_of_the_file_have_a_place(void **state)
{
	(void)state;
	check_file("runs: 3\nclok: real\n",
		   "2:1: \"clok\" is no word of a scenario; twineval run --help tells them");
	check_file("runs: 3\nclock: real\nruns: 3\n", "3:1: \"runs\" stands twice");
	check_file("runs: many\n",
		   "1:7: runs: \"many\" is not a number from 1 to 1000, such as 200 or 10k");
	check_file("entries:\n  - 1\n  - x1\n",
		   "3:5: entries: \"x1\" is not a number from 0 to 1000000, such as 200 or 10k");
	check_file("experiments: [latency, latency]\n",
		   "1:24: experiments: \"latency\" stands twice");
	check_file("runs: [3]\n", "1:7: runs must be a scalar, not a list");
	check_file("entries: [[3]]\n", "1:11: entries must be a list of scalars, not a list");
	check_file("entries: {a: 3}\n", "1:10: entries must be a list of scalars, not a mapping");
	check_file("entries: []\n",
		   "1:10: entries must not be empty; leave it out for those of the grid");
	check_file("runs:\n", "1:6: runs must be a scalar, not empty");
	check_file("resume: yes\n", "1:9: resume: \"yes\" is neither false nor true");
	check_file("out: \"a\\0b\"\n", "1:6: a text holds a NUL byte");
	check_file("[runs, 3]\n", "1:1: a scenario must be a mapping, not a list");
	check_file("# nothing\n", "2:1: a scenario must be a mapping, not empty");
	check_file("", " the file is empty");
	check_file("runs: 3\nscenario: other.yaml\n",
		   "2:1: \"scenario\" is no word of a scenario; twineval run --help tells them");
	file_write("{\"runs\": 3} x", 13);
	assert_int_equal(read_line("@FILE"), -1);
	assert_non_null(strstr(error.text, ":1:13: "));
	/* A flag does not hide what is wrong in the file. */
	file_write("runs: many\n", 11);
	assert_int_equal(read_line("@FILE --runs 3"), -1);
	file_write("runs: 3\n\0x: 4\n", 14);
	assert_int_equal(read_line("@FILE"), -1);
	assert_non_null(strstr(error.text, ":2:1: a control character (byte 0x00)"));
}

static int setup(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int teardown(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_those_of_the_clock),
		cmocka_unit_test(flags_are_read),
		cmocka_unit_test(the_example_is_read_as_it_says),
		cmocka_unit_test(the_example_has_every_word),
		cmocka_unit_test(flags_win_over_the_file),
		cmocka_unit_test(help_reads_nothing_else),
		cmocka_unit_test(wrong_flags_are_named),
		cmocka_unit_test(numbers_are_whole_and_fit),
		cmocka_unit_test(unknown_names_are_told_the_known),
		cmocka_unit_test(faults_of_the_file_have_a_place),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
