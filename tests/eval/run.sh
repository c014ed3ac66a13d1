#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/eval/run.sh [NAME...]: twineval run as root on this machine, with the datapaths that need no
# module: what it writes down, what it leaves out, and what it leaves behind when it is stopped.
. tests/vm/lib.sh
PATH=$PWD/build:$PATH

# Little work: nothing here is a figure.
run() { # OPTION...
	cat >"$TEST_TMP/scenario.yaml" <<-END
		clock: virtual
		topologies: [routed]
		entries: [1]
		offloads: off
		transactions: 200
		warmup: 10
		bytes: 1M
		no-report: true
		out: $TEST_TMP/out
	END
	mkdir -p "$TEST_TMP/tmp"
	# In a session of its own, so that its processes can be told from others.
	TMPDIR=$TEST_TMP/tmp setsid twineval run --scenario "$TEST_TMP/scenario.yaml" "$@" &
	pid=$!
	[ -n "${background-}" ] || wait "$pid"
}

left() { twineval left --scenario "$TEST_TMP/scenario.yaml" "$@"; }

# rows FILTER: how many rows jq's FILTER selects
rows() { jq -s "[.[] | select($1)] | length" "$TEST_TMP/out/results.jsonl"; }

nothing_is_left() {
	local left
	left=$(namespaces; find "$TEST_TMP/tmp" -mindepth 1; pgrep -s "$pid") || true
	[ -z "$left" ] || { echo "left behind: $left" && return 1; }
}

namespaces() { find /run/netns -name "twineval-$pid-*"; }
has_namespaces() { namespaces | grep -q .; }
has_row() { [ -s "$TEST_TMP/out/results.jsonl" ]; }
has_tcp_rr() { pgrep -s "$pid" -x tcp_rr; }

# Helpers that enter a namespace have its name too, but not for long.
has_prober() {
	local before
	before=$(pgrep -s "$pid" -x twineval)
	[ "$(wc -l <<<"$before")" -ge 2 ] || return 1
	sleep 0.1
	[ "$before" = "$(pgrep -s "$pid" -x twineval)" ]
}

# stop_when SIGNAL CONDITION OPTION...: a run that gets SIGNAL when CONDITION holds.
stop_when() {
	local signal=$1 condition=$2 status=0
	shift 2
	background=yes run "$@" >"$TEST_TMP/out.txt" 2>"$TEST_TMP/err.txt"
	wait_until 30 "$condition"
	kill -"$signal" "$pid"
	wait "$pid" || status=$?
	check [ "$status" = 130 ]
	check nothing_is_left
}

test_values_and_proof() {
	check run --experiments throughput,latency --datapaths none,nft-set
	[ "$(rows '.metric == "rr_p50_ns" and .value > 1000 and .runs == 1')" = 2 ]
	[ "$(rows '.metric == "throughput_mbps" and .value > 1')" = 2 ]
	[ "$(rows '.datapath == "nft-set" and (.proof | startswith("probe denied; counter +"))')" = 2 ]
	[ "$(rows '.datapath == "none" and .proof == "probe passed before and after"')" = 2 ]
	[ "$(rows '.clock != "virtual" or .gap')" = 0 ]
	check nothing_is_left
}

test_real_time_has_baselines() {
	check run --clock real --runs 2 --experiments latency --datapaths nft-set
	[ "$(rows '.metric == "rr_p50_percent" and .runs == 2 and .datapath == "none" and .subject == "A/A"')" = 1 ]
	[ "$(rows '.metric == "rr_p50_percent" and .runs == 2 and .datapath == "nft-set" and .subject == "A/B"')" = 1 ]
	[ "$(rows '.metric == "rr_p50_ns" and .runs == 2 and .low <= .value and .value <= .high')" = 2 ]
}

test_change() {
	check run --experiments change --datapaths nft-set --entries 100
	[ "$(rows '.metric == "apply_ns" and .value > 0')" = 2 ]
	[ "$(rows '.metric == "held_ns" and .value < 5e9')" = 2 ]
	[ "$(rows '(.metric == "lost_packets" or .metric == "misjudged_packets") and .value == 0')" = 4 ]
	[ "$(rows .gap)" = 0 ]
}

test_interrupt_and_resume() {
	local options=(--experiments latency --datapaths "none,nft-set,nft-vmap" --entries "1,2,3,4")
	stop_when INT has_row "${options[@]}"
	check grep -q 'go on with: twineval run .*--resume' "$TEST_TMP/err.txt"
	cp "$TEST_TMP/out/results.jsonl" "$TEST_TMP/before"
	[ "$(wc -l <"$TEST_TMP/before")" -lt 9 ]
	check_fails left "${options[@]}"
	[[ $(left "${options[@]}") =~ ^9\ points,\ ([0-9]+)\ measured,\ ([0-9]+)\ missing$ ]]
	[ "${BASH_REMATCH[1]}" = "$(wc -l <"$TEST_TMP/before")" ]
	[ $((BASH_REMATCH[1] + BASH_REMATCH[2])) = 9 ]
	check run "${options[@]}" --resume
	[ "$(rows '.metric == "rr_p50_ns"')" = 9 ]
	check cmp "$TEST_TMP/before" <(head -n "$(wc -l <"$TEST_TMP/before")" "$TEST_TMP/out/results.jsonl")
	[ "$(left "${options[@]}")" = "9 points, 9 measured" ]
	# And then there is nothing left to do.
	cp "$TEST_TMP/out/results.jsonl" "$TEST_TMP/before"
	check run "${options[@]}" --resume
	check cmp "$TEST_TMP/before" "$TEST_TMP/out/results.jsonl"
}

# In the middle of the warm-up, and with the prober at work beside a command.
test_terminate() {
	stop_when TERM has_tcp_rr --experiments latency --datapaths nft-set --transactions 1000000
	stop_when TERM has_prober --experiments change --datapaths ipset --entries 10000
	stop_when HUP has_namespaces --experiments latency --datapaths nft-set
}

test_other_clock_is_not_gone_on_with() {
	check run --experiments latency --datapaths none
	check_fails run --clock real --experiments latency --datapaths none --resume
	run --clock real --experiments latency --datapaths none --resume 2>&1 |
		grep -q 'was measured by the virtual clock, not the real one'
	# Without --resume it is kept aside.
	check run --experiments latency --datapaths none
	[ -s "$TEST_TMP/out/results.previous.jsonl" ]
}

test_missing_tool_is_a_gap() {
	local folder
	mkdir "$TEST_TMP/bin"
	for folder in /usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin; do
		find "$folder/" -mindepth 1 -maxdepth 1 ! -name ipset -exec ln -sf -t "$TEST_TMP/bin" {} +
	done
	PATH=$TEST_TMP/bin:$PWD/build check run --experiments latency --datapaths none,ipset
	[ "$(rows '.datapath == "ipset" and .gap == "ipset is not installed" and .unable')" = 1 ]
	left --experiments latency --datapaths none,ipset >"$TEST_TMP/left.txt"
	diff - "$TEST_TMP/left.txt" <<-'END'
		latency routed ipset 1: ipset is not installed
		2 points, 1 measured, 1 cannot be measured here
	END
	[ "$(rows '.datapath == "none" and .value > 0')" = 1 ]
	# With the tool the gap is filled, and is one no more.
	check run --experiments latency --datapaths none,ipset --resume
	[ "$(rows .gap)" = 0 ]
	[ "$(rows '.datapath == "ipset" and .value > 0')" = 1 ]
}

# A loader that does nothing and says it did: what would be measured is no filter at all.
test_filter_that_is_not_there_is_a_gap() {
	mkdir "$TEST_TMP/bin"
	printf '#!/bin/sh\ncat >/dev/null\n' >"$TEST_TMP/bin/iptables-legacy-restore"
	chmod +x "$TEST_TMP/bin/iptables-legacy-restore"
	type iptables-legacy >/dev/null || skip "iptables-legacy is not installed"
	PATH=$TEST_TMP/bin:$PATH check run --experiments latency,throughput --datapaths iptables-nomatch
	[ "$(rows '.gap | test("^iptables-nomatch is not in the path")')" = 2 ]
	[ "$(rows .unable)" = 0 ]
	check_fails left --experiments latency,throughput --datapaths iptables-nomatch
	left --experiments latency,throughput --datapaths iptables-nomatch | grep -q '^2 points, 0 measured, 2 missing$'
	[ "$(rows .value)" = 0 ]
}

test_too_many_entries_are_a_gap() {
	check run --experiments latency --datapaths none,nft-linear --entries 1000000
	[ "$(rows '.datapath == "nft-linear" and (.gap | test("up to [0-9]+ entries"))')" = 1 ]
	[ "$(rows '.datapath == "none" and .value > 0')" = 1 ]
}

one_sentence() { # STATUS PATTERN COMMAND...
	local expected=$1 pattern=$2 status=0
	shift 2
	"$@" >"$TEST_TMP/out.txt" 2>"$TEST_TMP/err.txt" || status=$?
	cat "$TEST_TMP/err.txt"
	[ "$status" = "$expected" ] && [ "$(wc -l <"$TEST_TMP/err.txt")" = 1 ] && grep -q "$pattern" "$TEST_TMP/err.txt"
}

test_not_root() {
	chmod 755 "$TEST_TMP"
	install -m 755 build/twineval "$TEST_TMP/twineval"
	check one_sentence 1 '^twineval: run: only root' \
		setpriv --reuid 65534 --regid 65534 --clear-groups "$TEST_TMP/twineval" run --out "$TEST_TMP/out"
}

test_bad_folder() {
	check one_sentence 1 '^twineval: /proc/twineval' run --out /proc/twineval
	touch "$TEST_TMP/file"
	check one_sentence 1 '^twineval: .*file/out' run --out "$TEST_TMP/file/out"
}

test_usage() {
	check one_sentence 2 'no command is called' twineval measure
	check one_sentence 2 'a command is missing' twineval
	check one_sentence 2 'nosuch' twineval run --datapaths nosuch
	check twineval --help
	check twineval run --help
	check twineval --version
}

test_list() {
	twineval list >"$TEST_TMP/list" &
	pid=$!
	wait "$pid"
	mkdir "$TEST_TMP/tmp"
	for word in nft-set twinpath-bpf bridge vxlan throughput switch; do
		check grep -q "^  $word " "$TEST_TMP/list"
	done
	check nothing_is_left
}

# Nothing is loaded to find out whether it could be.
test_list_loads_no_module() {
	[ ! -e /sys/module/twinpath ] || skip "module twinpath is loaded"
	mkdir "$TEST_TMP/bin"
	printf '#!/bin/sh\necho "$@" >>%s/modprobe\n' "$TEST_TMP" >"$TEST_TMP/bin/modprobe"
	chmod +x "$TEST_TMP/bin/modprobe"
	type nft >/dev/null || skip "nft is not installed"
	PATH=$TEST_TMP/bin:$PATH check twineval list
	check [ "$(sort -u "$TEST_TMP/modprobe")" = "--dry-run twinpath" ]
}

test_other_work_is_not_gone_on_with() {
	check run --experiments latency --datapaths none
	check_fails run --experiments latency --datapaths none --transactions 300 --resume
	run --experiments latency --datapaths none --transactions 300 --resume 2>&1 |
		grep -q 'was measured with 200 transactions, not 300'
}

# What others are told by is measured with them.
test_trace_has_its_none() {
	local plan
	check run --experiments trace --datapaths nft-set
	plan=$(jq -r .datapath "$TEST_TMP/out/results.jsonl" | sort -u | xargs)
	check [ "$plan" = "nft-set none" ]
}

run_tests "$0" "$@"
