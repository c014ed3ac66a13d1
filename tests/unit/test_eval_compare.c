// SPDX-License-Identifier: GPL-2.0-only
/* Tests of userspace/twineval/compare.c, compare_print.c and compare_main.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "twineval/compare.h"

static char folder[] = "/tmp/test_eval_compare.XXXXXX";

static struct row row_of(const char *metric, double value)
{
	struct row row = {
		.experiment = "latency",
		.datapath = "nft-set",
		.topology = "routed",
		.entries = 200,
		.value = value,
		.low = value,
		.high = value,
		.runs = 1,
		.machine = { "virtual", "6.1", "QEMU", "on", "none" },
	};

	strcpy(row.metric, metric);
	return row;
}

static struct row real_row(const char *metric, double low, double value, double high)
{
	struct row row = row_of(metric, value);

	strcpy(row.machine.clock, "real");
	row.low = low;
	row.high = high;
	return row;
}

static enum compare_verdict judge(struct row before, struct row after, double noise)
{
	struct comparison comparison;
	struct rows from = { &before, 1 }, to = { &after, 1 };
	enum compare_verdict verdict;

	assert_int_equal(comparison_make(&comparison, &from, &to, noise), 0);
	assert_int_equal(comparison.count, 1);
	verdict = comparison.pair[0].verdict;
	assert_int_equal(comparison.verdicts[verdict], 1);
	comparison_clean(&comparison);
	return verdict;
}

static void metrics_have_their_noise_and_direction(void **state)
{
	static const struct {
		const char *metric;
		double noise; /* percent */
		enum compare_verdict more;
	} metrics[] = {
		{ "rr_p50_ns", 1, COMPARE_WORSE },	   { "rr_mean_ns", 1, COMPARE_WORSE },
		{ "throughput_mbps", 2, COMPARE_BETTER },  { "path_pps", 1, COMPARE_BETTER },
		{ "path_instructions", 1, COMPARE_WORSE }, { "trace_calls", 1, COMPARE_CHANGED },
		{ "held_ns", 5, COMPARE_WORSE },	   { "entry_bytes", 5, COMPARE_WORSE },
		{ "lost_packets", 5, COMPARE_WORSE },	   { "share_percent", 5, COMPARE_CHANGED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(metrics) / sizeof(*metrics); i++) {
		const char *metric = metrics[i].metric;
		enum compare_verdict more = metrics[i].more;
		enum compare_verdict less = more == COMPARE_WORSE  ? COMPARE_BETTER :
					    more == COMPARE_BETTER ? COMPARE_WORSE :
								     more;
		double within = 1000 + 10 * metrics[i].noise, beyond = within + 0.1;
		struct row row = row_of(metric, 1000);

		assert_float_equal(compare_noise(&row), metrics[i].noise, 0);
		assert_int_equal(judge(row, row_of(metric, within), -1), COMPARE_SAME);
		assert_int_equal(judge(row, row_of(metric, 2000 - within), -1), COMPARE_SAME);
		assert_int_equal(judge(row, row_of(metric, beyond), -1), more);
		assert_int_equal(judge(row, row_of(metric, 2000 - beyond), -1), less);
	}
}

static void noise_may_be_given(void **state)
{
	(void)state;
	assert_int_equal(judge(row_of("rr_p50_ns", 1000), row_of("rr_p50_ns", 1040), 4),
			 COMPARE_SAME);
	assert_int_equal(judge(row_of("rr_p50_ns", 1000), row_of("rr_p50_ns", 1001), 0),
			 COMPARE_WORSE);
}

static void from_nothing_is_beyond_any_noise(void **state)
{
	(void)state;
	assert_int_equal(judge(row_of("lost_packets", 0), row_of("lost_packets", 0), -1),
			 COMPARE_SAME);
	assert_int_equal(judge(row_of("lost_packets", 0), row_of("lost_packets", 1), 50),
			 COMPARE_WORSE);
	assert_int_equal(judge(row_of("lost_packets", 1), row_of("lost_packets", 0), 50),
			 COMPARE_BETTER);
}

static void what_does_not_repeat_is_not_judged(void **state)
{
	(void)state;
	assert_int_equal(judge(row_of("rr_p99_ns", 1000), row_of("rr_p99_ns", 9000), -1),
			 COMPARE_UNJUDGED);
	assert_int_equal(judge(row_of("rr_max_ns", 1000), row_of("rr_max_ns", 9000), 1),
			 COMPARE_UNJUDGED);
	assert_int_equal(judge(real_row("rr_p99_ns", 1000, 1000, 1000),
			       real_row("rr_p99_ns", 9000, 9000, 9000), -1),
			 COMPARE_WORSE);
}

static void real_noise_is_the_widest_interval(void **state)
{
	struct row narrow = real_row("rr_p50_ns", 995, 1000, 1005);
	struct row wide = real_row("rr_p50_ns", 900, 1000, 1100);

	(void)state;
	assert_float_equal(compare_noise(&narrow), 10, 0);
	assert_float_equal(compare_noise(&wide), 20, 1e-9);
	assert_int_equal(judge(narrow, real_row("rr_p50_ns", 1090, 1095, 1100), -1), COMPARE_SAME);
	assert_int_equal(judge(narrow, real_row("rr_p50_ns", 1150, 1150, 1150), -1), COMPARE_WORSE);
	assert_int_equal(judge(wide, real_row("rr_p50_ns", 1150, 1150, 1150), -1), COMPARE_SAME);
	assert_int_equal(judge(narrow, real_row("rr_p50_ns", 1000, 1150, 1300), -1), COMPARE_SAME);
}

static void the_control_is_no_regression(void **state)
{
	struct row before = real_row("rr_p50_ns", 10, 10, 10);
	struct row after = real_row("rr_p50_ns", 20, 20, 20);

	(void)state;
	assert_int_equal(judge(before, after, -1), COMPARE_WORSE);
	strcpy(before.subject, "A/A");
	strcpy(after.subject, "A/A");
	assert_int_equal(judge(before, after, -1), COMPARE_CHANGED);
}

/* Each verdict once, and a measurement that became a gap. */
static void runs_fill(struct row before[7], struct row after[7])
{
	static const char *const metrics[] = { "rr_p50_ns", "throughput_mbps", "path_pps",
					       "rr_p99_ns", "trace_calls",     "held_ns" };

	for (int i = 0; i < 6; i++)
		before[i] = after[i] = row_of(metrics[i], 1000);
	after[0].value = 1013.7;
	after[1].value = 1500;
	after[3].value = after[4].value = 3000;
	strcpy(before[4].subject, "nft_do_chain");
	strcpy(after[4].subject, "nft_do_chain");
	before[5].entries = 1000;
	after[5] = row_of("", 0);
	after[5].entries = 1000;
	strcpy(after[5].gap, "nft is not installed");
	before[6] = after[6] = row_of("rr_p50_ns", 52500);
	before[6].entries = 10;
	after[6].entries = 20;
	after[6].offloads = true;
}

static void what_changed_is_printed(void **state)
{
	struct row before[7], after[7];
	struct rows from = { before, 7 }, to = { after, 7 };
	char *text;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	(void)state;
	runs_fill(before, after);
	assert_int_equal(compare_rows(out, &from, &to, -1), 2);
	fclose(out);
	assert_string_equal(
		text,
		"experiment  topology  datapath  entries  offloads  metric                               before  after    change  verdict\n"
		"latency     routed    nft-set       200  off       virtual rr_p50_ns                      1000   1014    +1.37%  worse\n"
		"latency     routed    nft-set       200  off       virtual throughput_mbps                1000   1500   +50.00%  better\n"
		"latency     routed    nft-set       200  off       virtual trace_calls of nft_do_chain    1000   3000  +200.00%  changed\n"
		"latency     routed    nft-set      1000  off       virtual held_ns                        1000      -         -  became a gap: nft is not installed\n"
		"latency     routed    nft-set        10  off       virtual rr_p50_ns                     52500      -         -  only before\n"
		"latency     routed    nft-set        20  on        virtual rr_p50_ns                         -  52500         -  only after\n"
		"5 measurements in both: 1 worse, 1 better, 1 changed, 1 within the noise, 1 not judged because they do not repeat; 1 became a gap, 1 only before, 1 only after\n");
	free(text);
}

static void the_same_run_is_one_line(void **state)
{
	struct row before[7], after[7];
	struct rows from = { before, 7 };
	char *text;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	(void)state;
	runs_fill(before, after);
	assert_int_equal(compare_rows(out, &from, &from, -1), 0);
	fclose(out);
	assert_string_equal(text,
			    "7 measurements in both: 0 worse, 0 better, 0 changed, 6 within "
			    "the noise, 1 not judged because they do not repeat; 0 became a gap, "
			    "0 only before, 0 only after\n");
	free(text);
}

static void json_has_the_same(void **state)
{
	struct row before[7], after[7];
	struct rows from = { before, 7 }, to = { after, 7 };
	struct comparison comparison;
	const char *metric, *verdict, *gap, *was, *is;
	char *text;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	int worse, only_before, not_judged;
	double percent;

	(void)state;
	runs_fill(before, after);
	strcpy(after[0].machine.kernel, "6.12");
	assert_int_equal(comparison_make(&comparison, &from, &to, -1), 0);
	assert_int_equal(comparison_print_json(out, &comparison), 0);
	comparison_clean(&comparison);
	fclose(out);
	json_t *json = json_loads(text, 0, NULL);
	assert_int_equal(json_unpack(json, "{s{s{ssss}} s[{sssssf}*] s{sisisi}}", "machine",
				     "kernel", "before", &was, "after", &is, "changes", "metric",
				     &metric, "verdict", &verdict, "percent", &percent, "counts",
				     "worse", &worse, "only before", &only_before, "not judged",
				     &not_judged),
			 0);
	assert_string_equal(was, "6.1");
	assert_string_equal(is, "6.12");
	assert_string_equal(metric, "rr_p50_ns");
	assert_string_equal(verdict, "worse");
	assert_float_equal(percent, 1.37, 1e-9);
	assert_int_equal(worse, 1);
	assert_int_equal(only_before, 1);
	assert_int_equal(not_judged, 1);
	const json_t *lost = json_array_get(json_object_get(json, "changes"), 3);
	assert_int_equal(json_unpack((json_t *)lost, "{ss sn sn}", "gap", &gap, "after", "percent"),
			 0);
	assert_string_equal(gap, "nft is not installed");
	json_decref(json);
	free(text);
}

/* ---- the program */

static void run_write(const char *name, const struct row *row, size_t count)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_true(!mkdir(path, 0700) || !access(path, F_OK));
	snprintf(path, sizeof(path), "%s/%s/results.jsonl", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(row_write(file, &row[i]), 0);
	assert_int_equal(fclose(file), 0);
}

static char output[8192];

/* Runs compare_main() in the folder, what it says into @output. */
static int compare(const char *line)
{
	char copy[256], *rest = copy, *argv[16] = { NULL }, *word;
	int argc = 0, out = dup(1), err = dup(2), status;
	FILE *said = tmpfile();

	snprintf(copy, sizeof(copy), "compare %s", line);
	while ((word = strsep(&rest, " ")) && argc < 15)
		if (*word)
			argv[argc++] = word;
	fflush(stdout);
	assert_non_null(said);
	assert_int_equal(chdir(folder), 0);
	dup2(fileno(said), 1);
	dup2(fileno(said), 2);
	status = compare_main(argc, argv);
	fflush(stdout);
	dup2(out, 1);
	dup2(err, 2);
	close(out);
	close(err);
	rewind(said);
	output[fread(output, 1, sizeof(output) - 1, said)] = '\0';
	fclose(said);
	return status;
}

static void exit_status_says_what_came_of_it(void **state)
{
	struct row fast = row_of("rr_p50_ns", 1000), slow = row_of("rr_p50_ns", 1020);

	(void)state;
	run_write("fast", &fast, 1);
	run_write("slow", &slow, 1);
	assert_int_equal(compare("fast slow"), 1);
	assert_non_null(strstr(output, "worse\n1 measurement in both: 1 worse"));
	assert_int_equal(compare("fast/results.jsonl slow/results.jsonl"), 1);
	assert_int_equal(compare("slow fast"), 0);
	assert_non_null(strstr(output, "-1.96%  better\n"));
	assert_int_equal(compare("fast fast"), 0);
	assert_int_equal(compare("--noise 2 fast slow"), 0);
	assert_int_equal(compare("fast slow --noise=1.9"), 1);
	assert_int_equal(compare("--json fast slow"), 1);
	assert_int_equal(*output, '{');
	/* What was measured and no longer is, is a regression too; the other way round it is none. */
	struct row both[2] = { fast, fast };
	both[1].entries = 1;
	run_write("both", both, 2);
	strcpy(both[1].gap, "nft is not installed");
	strcpy(both[1].metric, "");
	run_write("one", both, 2);
	assert_int_equal(compare("both one"), 1);
	assert_non_null(strstr(output, "became a gap: nft is not installed\n1 measurement in both: "
				       "0 worse"));
	assert_int_equal(compare("one both"), 0);
	assert_int_equal(compare("both fast"), 0);
	assert_int_equal(compare("--help"), 0);
	assert_non_null(strstr(output, "usage: twineval compare "));
}

static void another_machine_is_said_on_top(void **state)
{
	struct row here[2] = { row_of("rr_p50_ns", 1000), row_of("path_pps", 9) }, there[2];

	(void)state;
	memcpy(there, here, sizeof(here));
	strcpy(there[0].machine.kernel, "6.12");
	strcpy(there[1].machine.jit, "off");
	strcpy(there[0].machine.mitigations, "Retpolines");
	strcpy(there[1].machine.mitigations, "Retpolines");
	run_write("here", here, 2);
	run_write("there", there, 2);
	assert_int_equal(compare("here there"), 0);
	assert_string_equal(
		output,
		"The machine is not the same: kernel was \"6.1\" and is \"6.12\" "
		"(1 of 2 measurements).\n"
		"The machine is not the same: jit was \"on\" and is \"off\" "
		"(1 of 2 measurements).\n"
		"The machine is not the same: mitigations was \"none\" and is \"Retpolines\" "
		"(2 of 2 measurements).\n"
		"2 measurements in both: 0 worse, 0 better, 0 changed, 2 within the noise; "
		"0 became a gap, 0 only before, 0 only after\n");
	memcpy(there, here, sizeof(here));
	strcpy(there[0].version, "0.2");
	there[1].work.warmup = 7;
	there[1].work.bytes = 5000000000;
	run_write("there", there, 2);
	assert_int_equal(compare("here there"), 0);
	assert_ptr_equal(strstr(output,
				"The program is not the same: version was \"\" and is \"0.2\" "
				"(1 of 2 measurements).\n"
				"The work is not the same: warmup was \"0\" and is \"7\" "
				"(1 of 2 measurements).\n"
				"The work is not the same: bytes was \"0\" and is \"5000000000\" "
				"(1 of 2 measurements).\n2 m"),
			 output);
	assert_int_equal(compare("here here"), 0);
	assert_null(strstr(output, "not the same"));
}

static void check_refused(const char *line, const char *sentence)
{
	char expected[512];

	snprintf(expected, sizeof(expected), "twineval compare: %s\n", sentence);
	assert_int_equal(compare(line), 2);
	assert_string_equal(output, expected);
}

static void what_cannot_be_compared_is_refused(void **state)
{
	struct row virtual = row_of("rr_p50_ns", 1000), other = row_of("rr_p50_ns", 1000);
	struct row real = real_row("rr_p50_ns", 1000, 1000, 1000), gap = row_of("", 0);

	(void)state;
	other.entries = 1;
	strcpy(gap.gap, "no root");
	run_write("virtual", &virtual, 1);
	run_write("real", &real, 1);
	run_write("other", &other, 1);
	run_write("gap", &gap, 1);
	check_refused("virtual real",
		      "virtual is in virtual time and real in real time, which rank "
		      "things differently: they are not compared");
	check_refused("real virtual",
		      "real is in real time and virtual in virtual time, which rank "
		      "things differently: they are not compared");
	check_refused("virtual other", "virtual and other have no measurement in common");
	check_refused("virtual gap", "gap: nothing was measured in this run");
	check_refused("virtual nowhere", "nowhere: No such file or directory");
	check_refused("virtual .", "./results.jsonl: No such file or directory");
}

static void usage_is_checked(void **state)
{
	static const char *const lines[][2] = {
		{ "", "two runs are wanted, BEFORE and AFTER" },
		{ "a", "two runs are wanted, BEFORE and AFTER" },
		{ "a b c", "unexpected word 'c'" },
		{ "--quiet a b", "unknown option '--quiet'" },
		{ "a b --noise", "option '--noise' wants PERCENT" },
		{ "--noise 1 --noise 2 a b", "option '--noise' is given twice" },
		{ "--noise -1 a b", "option '--noise': '-1' is not a number of percent" },
		{ "--noise 1% a b", "option '--noise': '1%' is not a number of percent" },
		{ "--noise=nan a b", "option '--noise': 'nan' is not a number of percent" },
		{ "--noise= a b", "option '--noise': '' is not a number of percent" },
	};
	char sentence[256];

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		snprintf(sentence, sizeof(sentence), "%s; see 'twineval compare --help'",
			 lines[i][1]);
		check_refused(lines[i][0], sentence);
	}
}

static int setup(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(metrics_have_their_noise_and_direction),
		cmocka_unit_test(noise_may_be_given),
		cmocka_unit_test(from_nothing_is_beyond_any_noise),
		cmocka_unit_test(what_does_not_repeat_is_not_judged),
		cmocka_unit_test(real_noise_is_the_widest_interval),
		cmocka_unit_test(the_control_is_no_regression),
		cmocka_unit_test(what_changed_is_printed),
		cmocka_unit_test(the_same_run_is_one_line),
		cmocka_unit_test(json_has_the_same),
		cmocka_unit_test(exit_status_says_what_came_of_it),
		cmocka_unit_test(another_machine_is_said_on_top),
		cmocka_unit_test(what_cannot_be_compared_is_refused),
		cmocka_unit_test(usage_is_checked),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
