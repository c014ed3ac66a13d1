#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# vm: --smp 1 --icount --mem 2048
#
# What a transaction costs, in virtual time: flat in the number of entries, and within its budget.
. tests/vm/lib.sh

# Virtual seconds leap while the guest waits for a file.
export PATIENCE=1000000
# A point may sit 0.9% higher for as long as it lasts, with slab caches that happen to be fragmented
# (___slab_alloc in each transaction): the lower one of two is taken.
points="none 0"
for _ in 1 2; do
	points+=" conntrack 0 twinpath-nft 10 twinpath-bpf 10"
done
points+=" twinpath-nft 100000 twinpath-bpf 100000"

# All points are measured once, by the first test that wants one.
rows=/tmp/cost/rows.jsonl
measured() {
	[ ! -s "$rows" ] || return 0
	mkdir -p "${rows%/*}"
	# shellcheck disable=SC2086
	OUT=${rows%/*} TRANSACTIONS=1000 BYTES=1M check bash demo/cost.sh $points
	cat "$rows"
}

value() { # DATAPATH ENTRIES FIELD
	jq -s "map(select(.datapath == \"$1\" and .entries == $2) | .$3) | min" "$rows"
}

test_flat() {
	local backend few many
	measured
	for backend in nft bpf; do
		few=$(value twinpath-$backend 10 rr_p50_ns)
		many=$(value twinpath-$backend 100000 rr_p50_ns)
		echo "$backend: p50 $few ns with 10 entries, $many ns with 100,000"
		[ $((many * 100)) -le $((few * 102)) ]
		[ $((few * 100)) -le $((many * 102)) ]
	done
}

test_cheap() {
	local backend base cost
	measured
	base=$(value conntrack 0 rr_p50_ns)
	for backend in nft bpf; do
		cost=$(($(value twinpath-$backend 10 rr_p50_ns) - base))
		echo "$backend: a transaction costs $cost ns more than conntrack alone"
		[ "$cost" -gt 0 ]
		[ "$cost" -le 1200 ]
	done
}

test_bytes_an_entry() {
	local backend bytes
	measured
	for backend in nft bpf; do
		bytes=$(value twinpath-nft 100000 ${backend}_bytes)
		echo "$backend: $((bytes / 100000)) bytes an entry"
		[ $((bytes / 100000)) -ge 40 ]
		[ $((bytes / 100000)) -le 1000 ]
	done
}

test_switch() {
	local took
	. tests/netns/network.sh
	daemon_start
	check twinctl policy apply demo/policy.yaml
	check twinctl backend set bpf
	took=$(twinctl --json backend set nft | jq .switch_ns)
	echo "a switch takes $took ns in the kernel"
	[ "$took" -lt 1000000 ]
	daemon_stop
}

run_tests "$0" "$@"
