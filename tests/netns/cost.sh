#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# vm: --smp 1 --icount --mem 2048
#
# What a judgement, an entry and a switch cost, in virtual time, with 100,000 entries in the tables; and with
# CHECK_ALL=yes what a transaction costs: flat in the number of entries, and within its budget.
. tests/vm/lib.sh
. tests/netns/network.sh

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

# A judgement of backend $1, in tenths of a nanosecond.
judgement() {
	twinctl --json bench --backend "$1" --judgements 2000 --rounds 5 | jq '.bench[0] | .min_ns * 10 / .judgements | round'
}

test_100000_entries() {
	local backend bytes took
	local -A few many
	policy_of 1 100
	daemon_start "" --state "$TEST_TMP/state"
	check twinctl endpoint add --file "$TEST_TMP/endpoints.json"
	check twinctl policy apply "$TEST_TMP/policy.json"
	for backend in nft bpf; do
		few[$backend]=$(judgement $backend)
	done
	policy_of 100 1000
	check twinctl endpoint add --file "$TEST_TMP/endpoints.json"
	check twinctl policy apply "$TEST_TMP/policy.json"
	twinctl --json status >"$TEST_TMP/status.json"
	check jq -e '.table[] | select(.name == "rules") | .entries == 100000' "$TEST_TMP/status.json"
	for backend in nft bpf; do
		many[$backend]=$(judgement $backend)
		bytes=$(jq "[.table[].${backend}_bytes] | add / 100000 | floor" "$TEST_TMP/status.json")
		echo "$backend: a judgement takes ${few[$backend]} tenths of a ns with 100 entries," \
			"${many[$backend]} with 100,000; $bytes bytes an entry"
		[ $((many[$backend] * 100)) -le $((few[$backend] * 105)) ]
		[ "$bytes" -ge 40 ]
		[ "$bytes" -le 1000 ]
	done
	for backend in bpf nft; do
		took=$(twinctl --json backend set $backend | jq .switch_ns)
		echo "a switch takes $took ns in the kernel"
		[ "$took" -lt 1000000 ]
	done
	daemon_stop
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

[ $# -gt 0 ] || [ "${CHECK_ALL:-}" = yes ] || set -- 100000_entries
run_tests "$0" "$@"
