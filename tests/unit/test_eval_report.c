// SPDX-License-Identifier: GPL-2.0-only
/* Tests of the report's sentences: each must follow from the rows that it is given, and from no others. */
#include "eval_rows.h"
#include "twineval/report_format.h"
#include "twineval/report_headline.h"
#include "twineval/report_section.h"
#include "twineval/report_text.h"

static void flat_is_said(void **state)
{
	struct grid grid;

	(void)state;
	add("latency", "ipset", 1, "rr_p50_ns", 41000);
	add("latency", "ipset", 200, "rr_p50_ns", 41100);
	add("latency", "nft-set", 1, "rr_p50_ns", 42000);
	add("latency", "nft-set", 200, "rr_p50_ns", 41958);
	grid = grid_of("latency", "rr_p50_ns");
	say(text_grid, &grid);
	says("On routed, offloads off, in virtual time:");
	says("ipset and nft-set are flat from 1 to 200 entries");
	says("farthest: ipset, +0.24%");
	says_not("more");
}

static void rise_is_said(void **state)
{
	struct grid grid;

	(void)state;
	add("latency", "iptables-nomatch", 0, "rr_p50_ns", 39000);
	add("latency", "iptables-nomatch", 1, "rr_p50_ns", 40000);
	add("latency", "iptables-nomatch", 200, "rr_p50_ns", 46766);
	add("latency", "iptables-nomatch", 1001, "rr_p50_ns", 74000);
	grid = grid_of("latency", "rr_p50_ns");
	say(text_grid, &grid);
	says("From 1 to 200 entries iptables-nomatch costs 16.9% more, to 1,001 85.0% more");
	says("34 virtual ns for each entry");
	says_not("flat");
}

static void fall_is_said_beside_the_study(void **state)
{
	struct grid grid;

	(void)state;
	add("throughput", "none", 0, "throughput_mbps", 1000);
	add("throughput", "iptables-nomatch", 1, "throughput_mbps", 990);
	add("throughput", "iptables-nomatch", 200, "throughput_mbps", 750);
	grid = grid_of("throughput", "throughput_mbps");
	say(text_grid, &grid);
	says("From 1 to 200 entries iptables-nomatch passes 24.2% less.");
	says("In the study, iptables on a bridge passes 28.7% less with 200 rules than with none; "
	     "here, on routed, iptables-nomatch passes 25.0% less with 200 than no filter.");
	says("Compared with none, with 200 entries, iptables-nomatch passes 25.0% less");
	/* A rate has no nanoseconds. */
	says_not("for each");
}

/* Higher in between, and back again: neither flat nor rising. */
static void bump_is_not_flat(void **state)
{
	struct grid grid;

	(void)state;
	add("latency", "ipset", 1, "rr_p50_ns", 41000);
	add("latency", "ipset", 50, "rr_p50_ns", 45100);
	add("latency", "ipset", 200, "rr_p50_ns", 41000);
	grid = grid_of("latency", "rr_p50_ns");
	say(text_grid, &grid);
	says("ipset differs by +10.0% with 50 entries");
	says_not("flat");
}

static void what_is_missing_is_not_said(void **state)
{
	struct grid grid;

	(void)state;
	add("latency", "nft-labels", 200, "rr_p50_ns", 46000);
	grid = grid_of("latency", "rr_p50_ns");
	say(text_grid, &grid);
	says_not("flat");
	says_not("study");
	says_not("Compared");
	says_not("know connections");
	says_not("nft-labels-established");
}

static void established_has_its_reason(void **state)
{
	struct grid grid;

	(void)state;
	add("latency", "nft-labels", 200, "rr_p50_ns", 46000);
	add("latency", "nft-labels-established", 200, "rr_p50_ns", 44000);
	add("latency", "twinpath-nft", 200, "rr_p50_ns", 45000);
	grid = grid_of("latency", "rr_p50_ns");
	say(text_grid, &grid);
	says("nft-labels-established costs 4.3% less than nft-labels, which judges every packet: it "
	     "looks nothing up");
	says("With 200 entries twinpath-nft costs 2.2% less than nft-labels");
	says("nft-labels-established is the cheapest with 200 entries (44 virtual µs); "
	     "twinpath-nft, the next, costs 2.3% more");
}

/* The reason must not stand beside figures that contradict it. */
static void established_may_be_dearer(void **state)
{
	struct grid grid;

	(void)state;
	add("latency", "nft-labels", 200, "rr_p50_ns", 44000);
	add("latency", "nft-labels-established", 200, "rr_p50_ns", 46000);
	grid = grid_of("latency", "rr_p50_ns");
	say(text_grid, &grid);
	says("nft-labels-established costs 4.5% more than nft-labels");
	says("that does not come from the lookups");
}

static void headline_follows_the_rows(void **state)
{
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_non_null(out);
	assert_false(headline_text(out, &rows));
	add("throughput", "none", 0, "throughput_mbps", 1000);
	add("throughput", "iptables-nomatch", 0, "throughput_mbps", 960);
	add("throughput", "iptables-nomatch", 1, "throughput_mbps", 950);
	add("throughput", "iptables-nomatch", 200, "throughput_mbps", 760);
	add("throughput", "twinpath-nft", 1, "throughput_mbps", 900);
	add("throughput", "twinpath-nft", 100000, "throughput_mbps", 600);
	assert_true(headline_text(out, &rows));
	fclose(out);
	says("On routed iptables with 200 rules passes 24.0% less than no filter (in the study of 2017, "
	     "on a bridge: 28.7% less than with no rules)");
	says("twinpath-nft changes from 1 to 100,000 entries (−33.3%)");
	says("virtual time");
	says_not("twinpath-bpf");
}

static void control_is_said(void **state)
{
	struct grid grid;

	(void)state;
	add("latency", "none", 0, "rr_p50_ns", 40000);
	snprintf(add("latency", "none", 0, "rr_p50_percent", 0.4)->subject, 64, "A/A");
	snprintf(add("latency", "none", 0, "rr_p99_percent", 7)->subject, 64, "A/A");
	grid = grid_of("latency", "rr_p50_ns");
	say(text_grid, &grid);
	says("none measured against itself differs by +0.40%.");
	says_not("7.0%");
}

static void zero_is_no_division(void **state)
{
	struct headline_number number[HEADLINE_NUMBERS];
	struct grid grid;

	(void)state;
	add("latency", "ipset", 1, "rr_p50_ns", 0);
	add("latency", "ipset", 200, "rr_p50_ns", 0);
	add("latency", "nft-set", 1, "rr_p50_ns", 0);
	add("latency", "nft-set", 200, "rr_p50_ns", 41000);
	grid = grid_of("latency", "rr_p50_ns");
	say(text_grid, &grid);
	says("ipset is flat from 1 to 200 entries");
	says_not("inf");
	says_not("nan");
	assert_int_equal(headline_numbers(&rows, number), 0);
}

/* One base for what a datapath loses: no filter, in the headline, beside it and in the section. */
static void loss_has_one_base(void **state)
{
	struct headline_number number[HEADLINE_NUMBERS];
	struct grid grid;
	size_t size;
	FILE *out;

	(void)state;
	add("throughput", "iptables-nomatch", 0, "throughput_mbps", 900);
	add("throughput", "iptables-nomatch", 1, "throughput_mbps", 890);
	add("throughput", "iptables-nomatch", 200, "throughput_mbps", 800);
	/* Without no filter nothing is said of it. */
	assert_int_equal(headline_numbers(&rows, number), 0);
	out = open_memstream(&text, &size);
	assert_non_null(out);
	assert_false(headline_text(out, &rows));
	fclose(out);
	grid = grid_of("throughput", "throughput_mbps");
	say(text_grid, &grid);
	says_not("study");
	add("throughput", "none", 0, "throughput_mbps", 1000);
	grid = grid_of("throughput", "throughput_mbps");
	say(text_grid, &grid);
	says("here, on routed, iptables-nomatch passes 20.0% less with 200 than no filter");
	says("Compared with none, with 200 entries, iptables-nomatch passes 20.0% less");
	assert_int_equal(headline_numbers(&rows, number), 1);
	assert_string_equal(number[0].value, "−20.0%");
	assert_string_equal(number[0].label, "throughput of iptables with 200 rules against no "
					     "filter, routed, virtual time");
}

/* Nobody answers a packet of pktgen: its flow is never established. */
static void one_way_is_not_established(void **state)
{
	struct grid grid;

	(void)state;
	add("pps", "nft-labels", 200, "path_pps", 80000);
	add("pps", "nft-labels-established", 200, "path_pps", 85000);
	grid = grid_of("pps", "path_pps");
	say(text_grid, &grid);
	says("nft-labels-established is the fastest");
	says_not("looks nothing up");
	says_not("judges every packet");
}

/* More entries cost less: there is nothing that an entry costs. */
static void fall_has_no_slope(void **state)
{
	struct grid grid;

	(void)state;
	add("switch", "twinpath-nft", 10, "lookup_ns", 586);
	add("switch", "twinpath-nft", 1000, "lookup_ns", 514);
	add("switch", "twinpath-nft", 100000, "lookup_ns", 515);
	grid = grid_of("switch", "lookup_ns");
	say(text_switch, &grid);
	says("twinpath-nft does not rise from 10 to 100,000 entries: it costs 12.1% less.");
	says_not("for each");
	says_not("From 10 to");
}

static void memory_is_of_many_entries(void **state)
{
	struct grid grid;

	(void)state;
	add("switch", "twinpath-nft", 10, "entry_bytes", 2000000);
	add("switch", "twinpath-nft", 1000, "entry_bytes", 20064);
	add("switch", "twinpath-nft", 101000, "entry_bytes", 262.0198);
	add("switch", "twinpath-bpf", 999, "entry_bytes", 400);
	grid = grid_of("switch", "lookup_ns");
	say(text_switch, &grid);
	says("twinpath-nft: with 101,000 entries the tables take 262.0 bytes of kernel memory an "
	     "entry, estimated, what they take empty included; from 1,000 to 101,000 each entry "
	     "adds 64.00 bytes.");
	says_not("twinpath-bpf");
	says_not("2,000,000");
	row_of[3].entries = 1000;
	say(text_switch, &grid);
	says("twinpath-bpf: with 1,000 entries the tables take 400 bytes of kernel memory an entry, "
	     "what they take empty included.");
}

static void says_spread(const char *sentence)
{
	size_t size;
	FILE *out;

	free(text);
	out = open_memstream(&text, &size);
	assert_non_null(out);
	headline_spread(out, &rows);
	fclose(out);
	assert_string_equal(text, sentence);
}

/* Of fewer than six runs not even the range is an interval of 95%. */
static void spread_has_its_name(void **state)
{
	struct row *row;

	(void)state;
	row = add("latency", "ipset", 1, "rr_p50_ns", 41000);
	says_spread("Every point was run once.");
	row->runs = 5;
	says_spread(
		"Error bars, and two values with \"to\" between them, are the range of the runs "
		"where a point was run 2 to 5 times, which is no confidence interval.");
	row->runs = 6;
	says_spread("Error bars, and two values with \"to\" between them, are 95% confidence "
		    "intervals of the median where a point was run at least 6 times.");
	add("latency", "ipset", 200, "rr_p50_ns", 41000)->runs = 2;
	says_spread("Error bars, and two values with \"to\" between them, are 95% confidence "
		    "intervals of the median where a point was run at least 6 times; the range of "
		    "the runs where a point was run 2 to 5 times, which is no confidence "
		    "interval.");
}

/* What is written beside a figure stands beside the table of the same values too. */
static void notes_stand_at_tables(void **state)
{
	struct row *row;

	(void)state;
	row = add("pps", "none", 0, "path_pps", 80000);
	snprintf(row->topology, sizeof(row->topology), "ipv6");
	row = add("pps", "ipset", 200, "path_pps", 70000);
	snprintf(row->topology, sizeof(row->topology), "ipv6");
	say_section("pps");
	says("A packet is 60 B long, on ipv6 78 B.");
	row = add("change", "tc-bpf", 10000, "held_ns", 2e6);
	snprintf(row->subject, sizeof(row->subject), "1");
	say_section("change");
	says("All but tc-bpf are changed by their users&#39; programs, whose start and parsing is "
	     "included; tc-bpf by system calls within twineval.");
	add("switch", "twinpath-nft", 10, "entry_bytes", 2000000);
	say_section("switch");
	says("kernel memory of all tables, divided by N");
	says("twinpath-nft&#39;s is estimated.");
}

static void packets_are_counted(void **state)
{
	struct grid grid;
	struct row *row;

	(void)state;
	for (int i = 0; i < 2; i++) {
		const char *datapath = i ? "ipset" : "iptables-nomatch";

		snprintf(add("change", datapath, 10000, "held_ns", i ? 2e6 : 8e8)->subject, 64,
			 "1");
		snprintf(add("change", datapath, 10000, "lost_packets", 0)->subject, 64, "1");
		row = add("change", datapath, 10000, "misjudged_packets", i ? 0 : 3);
		snprintf(row->subject, sizeof(row->subject), "1");
	}
	grid = grid_of("change", "held_ns");
	say(text_change, &grid);
	says("A change of 1 entry holds soonest with ipset (2,000 virtual µs), latest with "
	     "iptables-nomatch (800 virtual ms)");
	says("No packet was lost while the policy changed.");
	says("Packets misjudged while the policy changed: iptables-nomatch 3.");
}

static void gaps_are_named_and_escaped(void **state)
{
	size_t size;
	struct page page = { .out = open_memstream(&text, &size), .rows = &rows, .gnuplot = true };
	struct grid grid;

	(void)state;
	assert_non_null(page.out);
	add("latency", "none", 0, "rr_p50_ns", 40000);
	add_gap("latency", "ipset", 200, "ipset: \"<b>\" & 'c' is missing");
	add_gap("latency", "ipset", 10000, "ipset: \"<b>\" & 'c' is missing");
	missing_write(&page);
	grid = grid_of("latency", "rr_p50_ns");
	missing_line(&page, &grid, NULL);
	fclose(page.out);
	says("<b>ipset</b>, routed, offloads off, N = 200, 10k: ipset: &quot;&lt;b&gt;&quot; &amp; "
	     "&#39;c&#39; is missing");
	says("on routed: ipset at 200, ipset at 10k.");
	says("switch: nothing was measured, it was not run.");
	says_not("latency: nothing");
	assert_non_null(grid_gap(&grid, "ipset", 200));
	assert_null(grid_gap(&grid, "none", 0));
	assert_null(grid_row(&grid, "ipset", 200));
}

static void check_number(double value, const char *shown)
{
	char written[64];
	FILE *out = fmemopen(written, sizeof(written), "w");

	assert_non_null(out);
	format_number(out, value);
	fclose(out);
	assert_string_equal(written, shown);
}

static void numbers_have_four_digits(void **state)
{
	(void)state;
	check_number(0, "0");
	check_number(3, "3");
	check_number(41.236, "41.24");
	check_number(0.058712, "0.05871");
	check_number(123456.7, "123,457");
	check_number(-1234, "−1,234");
	assert_string_equal(format_unit("ns", "virtual", 41000).name, "virtual µs");
	assert_string_equal(format_unit("mbps", "real", 3640).name, "Gb/s");
	assert_string_equal(format_unit("packets", "virtual", 3).name, "packets");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(flat_is_said, forget, clean),
		cmocka_unit_test_setup_teardown(rise_is_said, forget, clean),
		cmocka_unit_test_setup_teardown(fall_is_said_beside_the_study, forget, clean),
		cmocka_unit_test_setup_teardown(bump_is_not_flat, forget, clean),
		cmocka_unit_test_setup_teardown(what_is_missing_is_not_said, forget, clean),
		cmocka_unit_test_setup_teardown(established_has_its_reason, forget, clean),
		cmocka_unit_test_setup_teardown(established_may_be_dearer, forget, clean),
		cmocka_unit_test_setup_teardown(headline_follows_the_rows, forget, clean),
		cmocka_unit_test_setup_teardown(control_is_said, forget, clean),
		cmocka_unit_test_setup_teardown(zero_is_no_division, forget, clean),
		cmocka_unit_test_setup_teardown(loss_has_one_base, forget, clean),
		cmocka_unit_test_setup_teardown(one_way_is_not_established, forget, clean),
		cmocka_unit_test_setup_teardown(fall_has_no_slope, forget, clean),
		cmocka_unit_test_setup_teardown(memory_is_of_many_entries, forget, clean),
		cmocka_unit_test_setup_teardown(spread_has_its_name, forget, clean),
		cmocka_unit_test_setup_teardown(notes_stand_at_tables, forget, clean),
		cmocka_unit_test_setup_teardown(packets_are_counted, forget, clean),
		cmocka_unit_test_setup_teardown(gaps_are_named_and_escaped, forget, clean),
		cmocka_unit_test_setup_teardown(numbers_have_four_digits, forget, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
