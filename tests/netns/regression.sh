#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# vm: --smp 1 --icount --mem 2048
#
# What a transaction costs with each backend, in virtual time, against the committed baseline of this
# kernel series: neither more nor less beyond the noise, twice; that it does not depend on the number of
# entries, and is less than with nft alone; and that a lookup that is made slower is seen.
#
# The baseline is the results.jsonl of measure_all. One that is too slow is as wrong as one that is too
# fast: it would hide the next regression.
. tests/vm/lib.sh
PATH=$PWD/build:$PATH

series=$(uname -r | cut -d. -f1,2)
baseline=tests/netns/regression-$series.jsonl

# measure FOLDER ROWS OPTION...: adds to what the folder has, which then are so many rows without a gap.
measure() {
	local folder=$1 rows=$2
	shift 2
	modprobe twinpath
	check twineval run --clock virtual --no-report --resume --out "$folder" --topologies routed --offloads off "$@"
	# Nothing may be missing.
	check test "$(jq -s 'map(select(.gap == null)) | length' "$folder/results.jsonl")" = "$rows"
}

measure_some() { # FOLDER
	measure "$1" 4 --experiments latency --datapaths none,conntrack,twinpath-nft,twinpath-bpf --entries 200
}

measure_all() { # FOLDER
	measure "$1" 8 --experiments latency --datapaths none,conntrack,twinpath-nft,twinpath-bpf --entries 1,200,10000
}

# On 6.1 a point may sit some 1% higher for as long as it lasts, with slab caches that happen to be fragmented
# (see cost.sh). So what disagrees is measured once more, all of it; a regression is there again.
twice() { # FUNCTION
	"$1" "$TEST_TMP/first" || { echo "once more" && "$1" "$TEST_TMP/second"; }
}

# holds FILTER: is jq's FILTER true of all that the test measured? It has value(DATAPATH; ENTRIES; METRIC).
holds() {
	jq -es "def value(datapath; entries; metric): map(select(.datapath == datapath and .entries == entries
		and .metric == metric and .subject == \"\" and .gap == null)) | first | .value // error(\"not measured\");
		def cost(datapath; entries): value(datapath; entries; \"rr_p50_ns\"); $1" "$TEST_TMP"/*/results.jsonl
}

# Noise is that of compare: 1% of a transaction.
test_costs_what_the_baseline_says() {
	local backend entries
	measure_all "$TEST_TMP/a"
	# No part of the baseline: nft alone sits in one of two modes, 1% apart.
	measure "$TEST_TMP/labels" 3 --experiments latency --datapaths nft-labels --entries 1,200,10000
	for backend in nft bpf; do
		check holds "cost(\"twinpath-$backend\"; 10000) / cost(\"twinpath-$backend\"; 1) - 1 | fabs <= 0.01"
		for entries in 1 200 10000; do
			check holds "cost(\"twinpath-$backend\"; $entries) < cost(\"nft-labels\"; $entries)"
		done
	done
	check twice agrees_with_baseline
}

agrees_with_baseline() { # FOLDER
	[ "$1" = "$TEST_TMP/first" ] && cp -r "$TEST_TMP/a" "$1" || measure_all "$1"
	# The other way round what is better is worse, and what the baseline lacks is missing.
	twineval compare "$baseline" "$1" && twineval compare "$1" "$baseline" &&
		[ "$(twineval compare --json "$baseline" "$1" | jq '.counts["only after"]')" = 0 ]
}

# As the study saw it: a rule list of 200 takes about a quarter of the throughput.
test_the_headline_of_the_study() {
	measure "$TEST_TMP/a" 2 --experiments throughput --datapaths none,iptables-nomatch --entries 200
	check holds '1 - value("iptables-nomatch"; 200; "throughput_mbps") / value("none"; 0; "throughput_mbps")
		| . >= 0.15 and . <= 0.35'
}

two_runs_agree() { # FOLDER
	measure_some "$1-a"
	measure_some "$1-b"
	twineval compare --noise 1 "$1-a" "$1-b" && twineval compare --noise 1 "$1-b" "$1-a"
}
test_two_runs_agree() { check twice two_runs_agree; }

# A probe at the function that looks up costs more than the lookup.
test_a_slowed_lookup_is_seen() {
	local probes=/sys/kernel/tracing/kprobe_events backend status=0
	# Loaded, so that there is something to put a probe at.
	modprobe twinpath
	for backend in nft bpf; do
		echo "p:slow_$backend twp_${backend}_judge" >>$probes
		echo 1 >"/sys/kernel/tracing/events/kprobes/slow_$backend/enable"
	done
	measure_some "$TEST_TMP/slow"
	for backend in nft bpf; do
		echo 0 >"/sys/kernel/tracing/events/kprobes/slow_$backend/enable"
	done
	echo >$probes
	twineval compare --noise 1 "$baseline" "$TEST_TMP/slow" >"$TEST_TMP/said" || status=$?
	cat "$TEST_TMP/said"
	check test "$status" = 1
	for backend in nft bpf; do
		check grep -qE " twinpath-$backend +200 .* worse *$" "$TEST_TMP/said"
	done
}

run_tests "$0" "$@"
