// SPDX-License-Identifier: GPL-2.0-only
/* Tests of what the report says of transactions, function by function. */
#include "eval_rows.h"
#include "twineval/report_path.h"
#include "twineval/report_text.h"

static void add_function(const char *datapath, unsigned int entries, const char *metric,
			 const char *function, double value)
{
	struct row *row = add("trace", datapath, entries, metric, value);

	snprintf(row->subject, sizeof(row->subject), "%s", function);
}

/* Paths are what a transaction has more of; whole transactions are what is compared. */
static void path_names_what_costs(void **state)
{
	struct grid grid;

	(void)state;
	add_function("conntrack", 0, "path_instructions", "nf_conntrack_in", 1000);
	add_function("iptables-nomatch", 200, "path_instructions", "ip_rcv", 10);
	add_function("iptables-nomatch", 200, "path_instructions", "ipt_do_table", 3500);
	add_function("twinpath-nft", 200, "path_instructions", "nf_conntrack_in", 1100);
	add_function("twinpath-nft", 200, "path_instructions", "twp_nft_judge", 900);
	grid = grid_of("trace", "path_instructions");
	grid.entries = 200;
	say(text_paths, &grid);
	says("A transaction of two packets through iptables-nomatch takes 3,510 instructions beyond "
	     "no filter, of which ipt_do_table takes 100%.");
	says_not("against");
	add("trace", "none", 0, "total_instructions", 40000);
	add("trace", "conntrack", 0, "total_instructions", 41000);
	add("trace", "iptables-nomatch", 200, "total_instructions", 43510);
	add("trace", "twinpath-nft", 200, "total_instructions", 42000);
	say(text_paths, &grid);
	says("A transaction of two packets through iptables-nomatch takes 43,510 instructions in the "
	     "kernel, +8.8% against none; the largest part of that is in ipt_do_table (3,500 "
	     "instructions).");
	/* Not +100%, by which the paths differ. */
	says("through twinpath-nft takes 42,000 instructions in the kernel, +2.4% against conntrack; "
	     "the largest part of that is in twp_nft_judge (900 instructions).");
	says_not("ne packet");
}

static void traced_path_is_not_compared(void **state)
{
	struct grid grid;

	(void)state;
	add_function("conntrack", 200, "path_time_ns", "nf_conntrack_in", 1000);
	add_function("nft-set", 200, "path_time_ns", "nft_do_chain", 3000);
	add("trace", "conntrack", 200, "total_ns", 1000);
	add("trace", "nft-set", 200, "total_ns", 3000);
	grid = grid_of("trace", "path_time_ns");
	grid.entries = 200;
	say(text_paths, &grid);
	says("Under the tracer a transaction of two packets through nft-set takes 3,000 virtual ns "
	     "below the hooks, of which nft_do_chain takes 100%; the tracer's own cost included.");
	says_not("against");
}

/* By the instructions, which have nothing of the tracer in them; else by its times, and that is said. */
static void growth_is_of_what_is_clean(void **state)
{
	struct grid grid;

	(void)state;
	for (unsigned int entries = 100; entries <= 200; entries += 100) {
		add_function("iptables-nomatch", entries, "path_instructions", "ipt_do_table",
			     entries * 35);
		add_function("iptables-nomatch", entries, "trace_time_ns", "ipt_do_table",
			     entries * 40);
		add_function("nft-set", entries, "path_instructions", "nft_do_chain", 734);
		/* By more than its own noise, not by that of the path. */
		add_function("nft-set", entries, "path_instructions", "ip_rcv", entries / 20.0);
		add_function("nft-set", entries, "trace_time_ns", "nft_do_chain", 900);
	}
	grid = grid_of("trace", "path_instructions");
	say(text_trace, &grid);
	says("What a transaction takes beyond no filter in ipt_do_table (iptables-nomatch) grows "
	     "2-fold, from 100 to 200 entries.");
	says("In nft-set no function takes more instructions with more entries");
	says_not("tracer");
	grid.metric = "trace_time_ns";
	say(text_trace, &grid);
	says("Time within ipt_do_table (iptables-nomatch) grows 2-fold, from 100 to 200 entries; the "
	     "tracer's own cost included.");
	says("In nft-set no function's time grows with the entries beyond the stated noise; the "
	     "tracer's own cost included.");
}

static void trace_has_no_empty_table(void **state)
{
	(void)state;
	for (unsigned int entries = 0; entries <= 200; entries += 200) {
		add_function("nft-linear", entries, "path_instructions", "nft_do_chain",
			     406 + entries * 140);
		add_function("nft-linear", entries, "trace_time_ns", "nft_do_chain",
			     900 + entries * 100);
		add_function("nft-linear", entries, "trace_calls", "nft_do_chain", 4);
		add("trace", "nft-linear", entries, "total_instructions", 44000 + entries * 140);
	}
	add("trace", "none", 0, "total_instructions", 43500);
	say_section("trace");
	says("instructions of a whole transaction of two packets, in the kernel");
	says("<small>×1.655</small>");
	says("instructions of a transaction of two packets, beyond no filter, by function");
	says("Functions that add fewer than 3 are left out.");
	says("share of what the datapath adds");
	says("calls a transaction of two packets, by function");
	says("time within, a transaction of two packets, virtual µs, by function<br><small>The "
	     "tracer&#39;s own cost is included: not comparable between datapaths.</small>");
	says("What a transaction takes beyond no filter in nft_do_chain");
	says_not("Time within nft_do_chain");
	says_not("</summary>\n</details>");
	says_not("<ul class=\"shows\">\n</ul>");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(path_names_what_costs, forget, clean),
		cmocka_unit_test_setup_teardown(traced_path_is_not_compared, forget, clean),
		cmocka_unit_test_setup_teardown(growth_is_of_what_is_clean, forget, clean),
		cmocka_unit_test_setup_teardown(trace_has_no_empty_table, forget, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
