// SPDX-License-Identifier: GPL-2.0-only
/* Tests of userspace/twineval/row.c and rows.c: rows to lines and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "twineval/row.h"

static char path[] = "/tmp/test_eval_row.XXXXXX";

static const struct row measured = {
	.experiment = "latency",
	.datapath = "nft-set",
	.topology = "routed",
	.entries = 200,
	.metric = "rr_p50_ns",
	.value = 41557.5,
	.low = 0.1,
	.high = 1e12,
	.runs = 10,
	.bridge_netfilter = true,
	.proof = "counter 2004, probe \"denied\"",
	.machine = { "virtual", "6.1.0-30-amd64", "QEMU, TCG", "on", "Retpolines" },
	.version = "0.1.0",
	.work = { .transactions = 1000, .warmup = 500, .bytes = 5000000000, .packets = 20000 },
};

static const char measured_line[] =
	"{\"experiment\":\"latency\",\"datapath\":\"nft-set\",\"topology\":\"routed\","
	"\"entries\":200,\"offloads\":false,\"subject\":\"\",\"metric\":\"rr_p50_ns\","
	"\"value\":41557.5,\"low\":0.1,\"high\":1000000000000.0,\"runs\":10,"
	"\"clock\":\"virtual\",\"kernel\":\"6.1.0-30-amd64\",\"jit\":\"on\","
	"\"mitigations\":\"Retpolines\",\"cpu\":\"QEMU, TCG\",\"version\":\"0.1.0\","
	"\"transactions\":1000,\"warmup\":500,\"bytes\":5000000000,\"packets\":20000,"
	"\"bridge_netfilter\":true,"
	"\"proof\":\"counter 2004, probe \\\"denied\\\"\"}";

static struct row gap(void)
{
	struct row row = measured;

	memset(row.metric, 0, sizeof(row.metric));
	memset(row.proof, 0, sizeof(row.proof));
	row.value = row.low = row.high = row.runs = 0;
	strcpy(row.gap, "ipset is not installed");
	return row;
}

static void file_write(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* What row_write() writes; to be freed. */
static char *written(const struct row *row)
{
	char *text;
	size_t length;
	FILE *file = open_memstream(&text, &length);

	assert_int_equal(row_write(file, row), 0);
	assert_int_equal(fclose(file), 0);
	return text;
}

static void is_written_and_read(void **state)
{
	char *line = written(&measured);
	struct row row;

	(void)state;
	assert_int_equal(strncmp(line, measured_line, strlen(measured_line)), 0);
	assert_string_equal(line + strlen(measured_line), "\n");
	assert_int_equal(row_read(&row, line, strlen(line) - 1, NULL), 0);
	assert_memory_equal(&row, &measured, sizeof(row));
	free(line);
}

static void a_gap_has_no_values(void **state)
{
	struct row row = gap(), read;
	char *line = written(&row);

	(void)state;
	assert_null(strstr(line, "\"value\""));
	assert_null(strstr(line, "\"runs\""));
	assert_null(strstr(line, "\"proof\""));
	assert_non_null(strstr(line, ",\"gap\":\"ipset is not installed\"}\n"));
	assert_int_equal(row_read(&read, line, strlen(line) - 1, NULL), 0);
	assert_memory_equal(&read, &row, sizeof(row));
	free(line);
}

/* snprintf() cuts where it must, not where a character ends. */
static void cut_characters_are_written(void **state)
{
	struct row row = measured;
	char *line;

	(void)state;
	strcpy(row.subject, "caf\xc3");
	line = written(&row);
	assert_non_null(strstr(line, "\"subject\":\"caf?\""));
	free(line);
}

static void what_json_cannot_say_is_refused(void **state)
{
	struct row row = measured;
	FILE *file = fopen("/dev/null", "w");

	(void)state;
	row.value = NAN;
	assert_int_equal(row_write(file, &row), -1);
	assert_int_equal(errno, EINVAL);
	fclose(file);
	file = fopen("/dev/full", "w");
	setvbuf(file, NULL, _IONBF, 0);
	assert_int_equal(row_write(file, &measured), -1);
	fclose(file);
}

/* The line of @measured with @from replaced by @to, and what is said of it. */
static void refuse(const char *from, const char *to, const char *expected)
{
	char line[1024], text[2100], sentence[1200];
	const char *at = strstr(measured_line, from);
	struct rows rows = { 0 };
	struct twp_error error;

	assert_non_null(at);
	snprintf(line, sizeof(line), "%.*s%s%s", (int)(at - measured_line), measured_line, to,
		 at + strlen(from));
	snprintf(text, sizeof(text), "%s\n%s\n", measured_line, line);
	file_write(text);
	assert_int_equal(rows_read(&rows, path, &error), -1);
	assert_null(rows.row);
	snprintf(sentence, sizeof(sentence), "%s:2: %s", path, expected);
	assert_string_equal(error.text, sentence);
}

static void reading_is_strict(void **state)
{
	(void)state;
	refuse("\"entries\":200,", "", "\"entries\" is missing");
	refuse("200", "\"200\"", "\"entries\" must be a whole number from 0 to 4294967295");
	refuse("200", "-1", "\"entries\" must be a whole number from 0 to 4294967295");
	refuse("200", "4294967296", "\"entries\" must be a whole number from 0 to 4294967295");
	refuse("200", "2.5", "\"entries\" must be a whole number from 0 to 4294967295");
	refuse("false", "\"off\"", "\"offloads\" must be true or false");
	refuse("41557.5", "null", "\"value\" must be a number");
	refuse("\"value\":41557.5,", "", "\"value\" is missing");
	refuse("\"latency\"", "7", "\"experiment\" must be a string");
	refuse("latency", "a-name-too-long-", "\"experiment\" is longer than 15 bytes");
	refuse("rr_p50_ns", "", "\"metric\" is empty");
	refuse("virtual", "wall", "\"clock\" must be virtual or real, not \"wall\"");
	refuse("\"runs\":10", "\"gap\":7", "\"gap\" must be a string");
	refuse("5000000000", "-1", "\"bytes\" must be a whole number from 0 on");
	refuse("\"metric\"", "\"entries\":1,\"metric\"", "duplicate object key near '\"entries\"'");
	refuse(measured_line, "[]", "a row is a JSON object");
	refuse(measured_line, "", "'[' or '{' expected near end of file");
}

/* Files of before these columns must not look like files with no work in them. */
static void an_older_file_is_told(void **state)
{
	static const char *const columns[][2] = {
		{ "\"version\":\"0.1.0\",", "version" },
		{ "\"transactions\":1000,", "transactions" },
		{ "\"warmup\":500,", "warmup" },
		{ "\"bytes\":5000000000,", "bytes" },
		{ "\"packets\":20000,", "packets" },
	};
	char sentence[256];

	(void)state;
	for (size_t i = 0; i < sizeof(columns) / sizeof(*columns); i++) {
		snprintf(sentence, sizeof(sentence),
			 "\"%s\" is missing: this was written by an older twineval, whose rows do "
			 "not say by which version and how much was measured",
			 columns[i][1]);
		refuse(columns[i][0], "", sentence);
	}
}

static void unknown_keys_are_passed_over(void **state)
{
	char text[1024];
	struct rows rows;

	(void)state;
	snprintf(text, sizeof(text), "{\"later\":[1],%s\n", measured_line + 1);
	file_write(text);
	assert_int_equal(rows_read(&rows, path, NULL), 0);
	assert_int_equal(rows.count, 1);
	assert_memory_equal(rows.row, &measured, sizeof(measured));
	rows_clean(&rows);
}

static void a_cut_line_is_dropped(void **state)
{
	char text[2048];
	struct rows rows;

	(void)state;
	snprintf(text, sizeof(text), "%s\n%.40s", measured_line, measured_line);
	file_write(text);
	assert_int_equal(rows_read(&rows, path, NULL), 0);
	assert_int_equal(rows.count, 1);
	rows_clean(&rows);
	/* Whole, but for its end: it may still be cut within a number. */
	file_write(measured_line);
	assert_int_equal(rows_read(&rows, path, NULL), 0);
	assert_int_equal(rows.count, 0);
	rows_clean(&rows);
}

static void appending_goes_on_behind_the_last_whole_line(void **state)
{
	char text[2048];
	struct row row = measured;
	struct rows rows;
	FILE *file;

	(void)state;
	snprintf(text, sizeof(text), "%s\n%.40s", measured_line, measured_line);
	for (int whole = 0; whole < 3; whole++) {
		/* Cut, empty, and not there. */
		file_write(whole ? "" : text);
		if (whole == 2)
			unlink(path);
		file = rows_append(path, NULL);
		assert_non_null(file);
		row.entries = 1000;
		assert_int_equal(row_write(file, &row), 0);
		assert_int_equal(fclose(file), 0);
		assert_int_equal(rows_read(&rows, path, NULL), 0);
		assert_int_equal(rows.count, whole ? 1 : 2);
		assert_int_equal(rows.row[rows.count - 1].entries, 1000);
		rows_clean(&rows);
	}
}

static void file_must_be_readable(void **state)
{
	struct twp_error error;
	struct rows rows;

	(void)state;
	assert_int_equal(rows_read(&rows, "/nowhere/results.jsonl", &error), -1);
	assert_string_equal(error.text, "/nowhere/results.jsonl: No such file or directory");
	assert_int_equal(rows_read(&rows, "/tmp", &error), -1);
	assert_string_equal(error.text, "/tmp: Is a directory");
	assert_null(rows_append("/nowhere/results.jsonl", &error));
	assert_string_equal(error.text, "/nowhere/results.jsonl: No such file or directory");
}

static void rows_write(const struct row *row, size_t count)
{
	FILE *file = fopen(path, "w");

	for (size_t i = 0; i < count; i++)
		assert_int_equal(row_write(file, &row[i]), 0);
	assert_int_equal(fclose(file), 0);
}

static void of_the_same_the_last_stays(void **state)
{
	struct row row[] = { measured, measured, measured, measured };
	struct rows rows;

	(void)state;
	row[1].entries = 1;
	row[2].value = 7;
	strcpy(row[2].machine.kernel, "6.12");
	strcpy(row[3].machine.clock, "real");
	rows_write(row, 4);
	assert_int_equal(rows_read(&rows, path, NULL), 0);
	assert_int_equal(rows.count, 3);
	assert_int_equal(rows.row[0].entries, 1);
	assert_float_equal(rows.row[1].value, 7, 0);
	assert_string_equal(rows.row[2].machine.clock, "real");
	assert_ptr_equal(rows_find(&rows, &measured), &rows.row[1]);
	row[1].entries = 2;
	assert_null(rows_find(&rows, &row[1]));
	rows_clean(&rows);
}

static void each_part_of_the_name_counts(void **state)
{
	struct row row[8];

	(void)state;
	for (size_t i = 0; i < 8; i++)
		row[i] = measured;
	strcpy(row[0].experiment, "pps");
	strcpy(row[1].datapath, "ipset");
	strcpy(row[2].topology, "bridge");
	row[3].entries = 201;
	row[4].offloads = true;
	strcpy(row[5].subject, "nft_do_chain");
	strcpy(row[6].metric, "rr_p99_ns");
	strcpy(row[7].machine.clock, "real");
	for (size_t i = 0; i < 8; i++) {
		bool of_point = i == 5 || i == 6;

		assert_false(row_same(&row[i], &measured));
		assert_int_equal(row_same_point(&row[i], &measured), of_point);
		assert_int_equal(row_order(&row[i], &measured) < 0,
				 row_order(&measured, &row[i]) > 0);
	}
	assert_string_equal(row_unit(&row[6]), "ns");
	strcpy(row[0].metric, "pps");
	assert_string_equal(row_unit(&row[0]), "pps");
}

static void a_gap_goes_when_the_point_is_measured(void **state)
{
	struct row row[] = { gap(), gap(), measured, measured, gap() };
	struct rows rows;

	(void)state;
	row[1].entries = 100000;
	strcpy(row[3].metric, "rr_p99_ns");
	/* That one metric is missing is said by a gap of its own. */
	strcpy(row[4].metric, "rr_mean_ns");
	rows_write(row, 5);
	assert_int_equal(rows_read(&rows, path, NULL), 0);
	assert_int_equal(rows.count, 4);
	assert_int_equal(rows.row[0].entries, 100000);
	assert_string_equal(rows.row[1].metric, "rr_p50_ns");
	assert_string_equal(rows.row[3].metric, "rr_mean_ns");
	rows_clean(&rows);
	/* A gap that came later stays. */
	row[0] = measured;
	row[1] = gap();
	rows_write(row, 2);
	assert_int_equal(rows_read(&rows, path, NULL), 0);
	assert_int_equal(rows.count, 2);
	rows_clean(&rows);
}

static void csv_is_quoted(void **state)
{
	struct row row[] = { measured, gap() };
	struct rows rows = { row, 2 };
	char *text;
	size_t length;
	FILE *file = open_memstream(&text, &length);

	(void)state;
	row[1].unable = true;
	assert_int_equal(rows_write_csv(file, &rows), 0);
	fclose(file);
	assert_string_equal(
		text,
		"experiment,datapath,topology,entries,offloads,subject,metric,value,low,high,"
		"runs,clock,kernel,jit,mitigations,cpu,version,transactions,warmup,bytes,"
		"packets,bridge_netfilter,proof,unable,gap\n"
		"latency,nft-set,routed,200,false,,rr_p50_ns,41557.5,0.1,1000000000000,10,"
		"virtual,6.1.0-30-amd64,on,Retpolines,\"QEMU, TCG\",0.1.0,1000,500,"
		"5000000000,20000,true,"
		"\"counter 2004, probe \"\"denied\"\"\",,\n"
		"latency,nft-set,routed,200,false,,,,,,,virtual,6.1.0-30-amd64,on,Retpolines,"
		"\"QEMU, TCG\",0.1.0,1000,500,5000000000,20000,true,,true,ipset is not installed\n");
	free(text);
	file = fopen("/dev/full", "w");
	setvbuf(file, NULL, _IONBF, 0);
	assert_int_equal(rows_write_csv(file, &rows), -1);
	fclose(file);
}

static int setup(void **state)
{
	(void)state;
	int fd = mkstemp(path);

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
		cmocka_unit_test(is_written_and_read),
		cmocka_unit_test(a_gap_has_no_values),
		cmocka_unit_test(cut_characters_are_written),
		cmocka_unit_test(what_json_cannot_say_is_refused),
		cmocka_unit_test(reading_is_strict),
		cmocka_unit_test(an_older_file_is_told),
		cmocka_unit_test(unknown_keys_are_passed_over),
		cmocka_unit_test(a_cut_line_is_dropped),
		cmocka_unit_test(appending_goes_on_behind_the_last_whole_line),
		cmocka_unit_test(file_must_be_readable),
		cmocka_unit_test(of_the_same_the_last_stays),
		cmocka_unit_test(each_part_of_the_name_counts),
		cmocka_unit_test(a_gap_goes_when_the_point_is_measured),
		cmocka_unit_test(csv_is_quoted),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
