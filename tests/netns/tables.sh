#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# vm: --smp 2
#
# The tables as others see them and treat them: nft and bpftool list the same, a saved ruleset can be
# restored, and a flushed one loses no packet and lets none through. In a guest.
set -eu
. tests/vm/lib.sh
. tests/netns/network.sh
. tests/netns/traffic.sh

hostile=$PWD/build/tests/netns/hostile
object=$PWD/build/judge.bpf.o

pins() { echo "/sys/fs/bpf/twinpath/$(stat -Lc %i /proc/self/ns/net)"; }
same_tables() { python3 tests/netns/same_tables.py "$(pins)"; }
# quiet CMD...: it succeeds and has nothing to complain of.
quiet() { "$@" 2>&1 >/dev/null | { ! grep .; } && [ "${PIPESTATUS[0]}" -eq 0 ]; }
reaches() { # FROM TO PORT pass|deny
	ns_exec "$1" traffic client --to "$2" --port "$3" --tcp-connects --count 1 --expect "$4"
}
passes() { reaches "$1" "$2" 80 pass; }
is_denied() { reaches "$1" "$2" 80 deny; }

# 100 more endpoints, and a rule for each pair of 10 peers and 1000 ports.
many_rules() {
	jq -n '[range(100) | {name: "many\(.)", labels: {many: "\(. / 10 | floor)"}, addresses: ["10.5.0.\(. + 1)", "fd05::\(. + 1)"]}]' \
		>"$TEST_TMP/many-endpoints.json"
	jq -n '[{endpointSelector: {matchLabels: {id: "app3"}},
		 ingress: [{fromEndpoints: [range(10) | {matchLabels: {many: tostring}}],
			    toPorts: [{ports: [range(1000) | {port: (. + 10000 | tostring), protocol: "TCP"}]}]}]}]' >"$TEST_TMP/many.json"
	twinctl endpoint add --file "$TEST_TMP/many-endpoints.json"
	twinctl policy apply "$TEST_TMP/many.json"
}

test_same_bytes_at_10000_entries() {
	study
	check same_tables
	check many_rules
	check test "$(status_of '.table[] | select(.name == "rules") | .entries')" -ge 10000
	check same_tables
	check twinctl policy delete many
	check twinctl endpoint delete many{0..99}
	check same_tables
}

test_nft_lists_and_monitors() {
	local monitor
	study
	check quiet nft list ruleset
	check quiet nft -n list table inet twinpath
	check quiet nft -j list ruleset
	check test "$(nft list chain inet twinpath anchor | grep -c 'comment "twinpath')" = 1
	nft monitor >"$TEST_TMP/monitor" 2>&1 &
	monitor=$!
	sleep 1
	check twinctl endpoint add monitored --label id=app2 --address 10.1.0.99
	check nft add table inet others
	check nft delete table inet others
	# The anchor leaves and comes back.
	check nft flush chain inet twinpath anchor
	wait_until 10 agreed
	wait_until 10 grep -q 10.1.0.99 "$TEST_TMP/monitor"
	wait_until 10 grep -q 'add table inet others' "$TEST_TMP/monitor"
	check kill "$monitor"
	check_fails grep -iE 'error|abort|assert|fail' "$TEST_TMP/monitor"
	check twinctl endpoint delete monitored
}

test_saved_ruleset_is_restored() {
	study
	check nft add table inet others '{ chain c { ct state established accept; }; set s { type ipv4_addr; }; }'
	{ echo flush ruleset && nft list ruleset; } >"$TEST_TMP/saved.nft"
	flows_start
	twinctl monitor >"$TEST_TMP/events" 2>&1 &
	check nft -f "$TEST_TMP/saved.nft"
	# What was restored is a counter where the anchor was: the daemon makes it anew, once.
	wait_until 10 grep -qi 'anchor.lost' "$TEST_TMP/events"
	wait_until 10 agreed
	sleep 1
	flows_end
	kill %% 2>/dev/null || true
	check test "$(grep -ci 'anchor.lost' "$TEST_TMP/events")" = 1
	check nft list table inet others
	check same_tables
	check nft delete table inet others
}

bound() { status_of '.module | .nft.bound and .nft.generation == .generation' | grep -q true; }

# The anchor is what a rebuild makes last; asking nft is quicker than asking the daemon.
anchored() { nft list chain inet twinpath anchor | grep -q twinpath; }

test_ruleset_is_flushed_under_traffic() {
	local before monitor
	study
	check twinctl backend set nft
	before=$(status_of '.module.failures')
	twinctl monitor >"$TEST_TMP/events" 2>&1 &
	monitor=$!
	flows_start
	for _ in {1..10}; do
		check nft flush ruleset
		wait_until 1 anchored
		check bound
	done
	# And with the other backend active.
	check twinctl backend set bpf
	for _ in {1..3}; do
		check nft flush ruleset
		wait_until 1 anchored
		check bound
	done
	check twinctl backend set nft
	flows_end
	kill "$monitor"
	check grep -qi 'anchor.lost' "$TEST_TMP/events"
	check test "$(status_of '.module.failures')" = "$before"
	check agreed
}

# Neither backend holds the generation, and nobody is there to mend it.
fail_both() {
	twinctl mode set --fail "$1"
	kill -STOP "$(daemon_pid)"
	"$hostile" bind "$object"
	nft flush ruleset
}

mended() {
	kill -CONT "$(daemon_pid)"
	wait_until 20 agreed
	check passes app2 "${container4[app1]}"
	check is_denied app3 "${container4[app1]}"
}

# Connections to port 22 of the host, and from it.
host_server() {
	timeout "$(scaled 100)" traffic server --address :: --port 22 &
	wait_until 10 reaches app2 10.1.0.1 22 pass
}

test_failure_policy_closed() {
	study
	host_server
	check twinctl backend set nft
	flow ssh app2 10.1.0.1 --port 22 --tcp-stream --rate 20
	sleep 1
	check fail_both closed
	check is_denied app2 "${container4[app1]}"
	check is_denied app2 "${container6[app1]}"
	check is_denied app3 "${container4[app2]}"
	check traffic client --to "${container4[app2]}" --port 80 --tcp-connects --count 2
	check reaches app3 10.1.0.1 22 pass
	check reaches app3 fd01::1 22 pass
	flows_end
	mended
	check test "$(status_of '.module.failures')" -gt 0
}

test_failure_policy_open() {
	study
	host_server
	check twinctl backend set nft
	check fail_both open
	check passes app3 "${container4[app1]}"
	check passes plain "${container6[app1]}"
	check reaches app2 10.1.0.1 22 pass
	mended
	check twinctl mode set --fail closed
}

test_failure_policy_when_the_host_is_selected() {
	study
	host_server
	check twinctl backend set nft
	cat >"$TEST_TMP/host.yaml" <<-END
		- endpointSelector: {matchLabels: {"reserved:host": ""}}
		  ingress:
		    - fromEndpoints: [{matchLabels: {id: app2}}]
	END
	check twinctl policy apply "$TEST_TMP/host.yaml"
	check reaches app2 10.1.0.1 22 pass
	check reaches app3 10.1.0.1 22 deny
	check fail_both closed
	check reaches app2 10.1.0.1 22 deny
	mended
	check twinctl policy delete host
	check reaches app3 10.1.0.1 22 pass
}

run_tests "$0" "$@"
