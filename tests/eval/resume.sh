#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What demo/eval, which is make eval, makes of a run that ended too early: as root on this machine, where
# tests/vm/run stands aside and twineval runs without a guest.
set -eu
cd "$(dirname "$0")/../.."
. tests/vm/lib.sh

# A tree like this one; its "guest" ends after the rows that STOP_AFTER says, badly.
project_make() {
	project=$TEST_TMP/project
	mkdir -p "$project/tests/vm" "$TEST_TMP/bin"
	ln -s "$PWD/build" "$PWD/kmod" "$project/"
	cp -r demo "$project/"
	cp tests/vm/host.sh "$project/tests/vm/"
	cat >"$project/tests/vm/run" <<-'END'
		#!/usr/bin/env bash
		while [ "$1" != -- ]; do
			[ "$1" != --out ] || export OUT=$2
			shift
		done
		shift
		"$@" &
		while [ -n "$STOP_AFTER" ] && kill -0 $! 2>/dev/null; do
			if [ "$(grep -sc . "$OUT/results.jsonl")" = "$STOP_AFTER" ]; then
				kill -TERM $!
				wait $!
				exit 99
			fi
			sleep 0.01
		done
		wait $!
	END
	printf '#!/bin/sh\n' >"$TEST_TMP/bin/modprobe"
	chmod +x "$project/tests/vm/run" "$TEST_TMP/bin/modprobe"
}

# evaluate STATUS [OPTION]...: of a kernel that nothing boots; what it says is in $TEST_TMP/said, its last line in $last.
evaluate() {
	local expected=$1 status=0
	shift
	KERNEL=1.2.3 KERNEL_IMAGE=/dev/null OUT=$TEST_TMP/out STOP_AFTER=${STOP_AFTER-} PATH=$TEST_TMP/bin:$PATH \
		"$project/demo/eval" --topologies routed --offloads off --entries 1 --transactions 200 --warmup 10 \
		--experiments latency "$@" >"$TEST_TMP/said" 2>&1 || status=$?
	cat "$TEST_TMP/said"
	[ "$status" = "$expected" ] || { echo "status $status, not $expected" && exit 1; }
	last=$(tail -n 1 "$TEST_TMP/said")
}

# shellcheck disable=SC2086
test_a_stopped_run_is_gone_on_with() {
	local options="--datapaths none,nft-set,nft-vmap"
	local rows=$TEST_TMP/out/results.jsonl
	project_make
	STOP_AFTER=1 evaluate 99 $options
	check grep -q '^a new run$' "$TEST_TMP/said"
	[[ $last =~ ^3\ points,\ ([12])\ measured,\ ([12])\ missing:\ run\ make\ eval\ again\ to\ go\ on$ ]]
	[ $((BASH_REMATCH[1] + BASH_REMATCH[2])) = 3 ]
	cp "$rows" "$TEST_TMP/before"
	[ -s "$TEST_TMP/out/report/index.html" ]
	evaluate 0 $options
	check grep -q '^goes on with the run in .*, 3 points, [12] measured, [12] missing; to begin anew: rm -r ' "$TEST_TMP/said"
	[ "$last" = "3 points, 3 measured" ]
	check cmp "$TEST_TMP/before" <(head -n "$(wc -l <"$TEST_TMP/before")" "$rows")
	[ "$(wc -l <"$rows")" = 3 ]
	# What came to its end begins anew.
	cp "$rows" "$TEST_TMP/before"
	evaluate 0 $options
	check grep -q '^a new run$' "$TEST_TMP/said"
	check cmp "$TEST_TMP/before" "$TEST_TMP/out/results.previous.jsonl"
	[ "$(wc -l <"$rows")" = 3 ]
}

test_another_run_begins_anew() {
	project_make
	STOP_AFTER=1 evaluate 99 --datapaths none,nft-set,nft-vmap
	evaluate 0 --datapaths none,nft-set
	check grep -q '^a new run: the unfinished one ' "$TEST_TMP/said"
	[ "$last" = "2 points, 2 measured" ]
	# Options that are none leave nothing to go on with.
	evaluate 2 --datapaths nosuch
	[ ! -e "$TEST_TMP/out/unfinished" ]
}

# A filter that says it is there and is not: a gap, and so not done.
test_a_gap_is_missing() {
	project_make
	printf '#!/bin/sh\ncat >/dev/null\n' >"$TEST_TMP/bin/nft"
	chmod +x "$TEST_TMP/bin/nft"
	evaluate 1 --datapaths none,nft-set
	[ "$last" = "2 points, 1 measured, 1 missing: run make eval again to go on" ]
	rm "$TEST_TMP/bin/nft"
	evaluate 0 --datapaths none,nft-set
	check grep -q '^goes on with ' "$TEST_TMP/said"
	[ "$last" = "2 points, 2 measured" ]
}

run_tests "$0" "$@"
