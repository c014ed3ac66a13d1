#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# vm: --smp 1 --icount --mem 2048
#
# What a transaction costs with each backend, in virtual time, against the committed baseline of this
# kernel series: within 1%, twice; and a lookup that is made slower is seen.
. tests/vm/lib.sh
PATH=$PWD/build:$PATH

series=$(uname -r | cut -d. -f1,2)
baseline=tests/netns/regression-$series.jsonl

measure() { # FOLDER
	modprobe twinpath
	check twineval run --clock virtual --no-report --out "$1" --experiments latency --topologies routed \
		--datapaths none,conntrack,twinpath-nft,twinpath-bpf --entries 200 --offloads off
	# Nothing may be missing.
	check test "$(jq -s 'map(select(.gap == null)) | length' "$1/results.jsonl")" = 4
}

test_costs_what_the_baseline_says() {
	measure "$TEST_TMP/a"
	check twineval compare --noise 1 "$baseline" "$TEST_TMP/a"
}

test_two_runs_agree() {
	measure "$TEST_TMP/a"
	measure "$TEST_TMP/b"
	check twineval compare --noise 1 "$TEST_TMP/a" "$TEST_TMP/b"
}

# A probe at the function that looks up costs more than the lookup.
test_a_slowed_lookup_is_seen() {
	local probes=/sys/kernel/tracing/kprobe_events backend status=0
	for backend in nft bpf; do
		echo "p:slow_$backend twp_${backend}_judge" >>$probes
		echo 1 >"/sys/kernel/tracing/events/kprobes/slow_$backend/enable"
	done
	measure "$TEST_TMP/slow"
	for backend in nft bpf; do
		echo 0 >"/sys/kernel/tracing/events/kprobes/slow_$backend/enable"
	done
	echo >$probes
	twineval compare --noise 1 "$baseline" "$TEST_TMP/slow" >"$TEST_TMP/said" || status=$?
	cat "$TEST_TMP/said"
	check test "$status" = 1
	check grep -q ': 2 worse,' "$TEST_TMP/said"
}

run_tests "$0" "$@"
