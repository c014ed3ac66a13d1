# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with lib.sh and network.sh
#
# The study's network under traffic, made once a file, since it and the daemon cost seconds in emulation.
# Sourced after tests/netns/network.sh, in a guest.
#
#	test_x() { study; flows_start; ...; flows_end; }

run=$(mktemp -d)
log=$run/twinpathd.log

# Made by the first test that wants it, and left when that one ends.
study() {
	[ -e "$run/ready" ] && return
	study_network
	ns_made=() links_made=()
	study_servers >/dev/null 2>&1
	daemon_start 2>"$log"
	echo "$daemon_pid" >"$run/pid"
	study_endpoints
	twinctl policy apply demo/policy.yaml >/dev/null
	twinctl mode set enforce >/dev/null
	touch "$run/ready"
}

daemon_pid() { cat "$run/pid"; }

# A daemon that was killed is started again.
daemon_again() {
	daemon_start 2>>"$log"
	echo "$daemon_pid" >"$run/pid"
}

status_of() { twinctl --json status | jq -r "$1"; }
generations() { status_of '.module | "\(.generation) \(.nft.generation) \(.bpf.generation)"'; }
agreed() { status_of '.module | .generation == .nft.generation and .generation == .bpf.generation' | grep -q true; }

flows=()
# flow NAME FROM TO OPTION...: in the background until flows_end, or for ten minutes. What it saw is in NAME.flow,
# or, if variable kind is set, in NAME.$kind, which flows_end does not look at. What must pass has two seconds, scaled,
# unless an option says otherwise.
flow() {
	local name=$1 from=$2 to=$3 patience=()
	shift 3
	[[ " $* " == *" --expect deny "* ]] || patience=(--deadline "$(scaled 2000)")
	timeout --signal=INT "$(scaled 600)" nsenter --net="/run/netns/$from" -- traffic client --to "$to" --port 80 --json ${patience[@]+"${patience[@]}"} "$@" \
		>"$TEST_TMP/$name.${kind:-flow}" 2>&1 &
	flows+=($!)
}

# What the policy allows, and what it does not.
flows_start() {
	flow stream4 app2 "${container4[app1]}" --tcp-stream --rate 40
	flow stream6 app2 "${container6[app1]}" --tcp-stream --rate 40
	flow connects app2 "${container4[app1]}" --tcp-connects --rate 8
	flow udp app3 "${container4[app2]}" --udp --rate 40
	flow denied4 app3 "${container4[app1]}" --tcp-connects --rate 4 --expect deny
	flow denied6 plain "${container6[app1]}" --udp --rate 20 --expect deny
	wait_until 10 flows_run
}

flows_run() { [ "$(conntrack -L 2>/dev/null | grep -c ESTABLISHED)" -ge 2 ]; }

flow_is_right() {
	jq -e '.sent > 0 and .wrong == 0 and
		if .expect == "deny" then .received == 0 else .lost + .late + .duplicates == 0 end' "$1" || { cat "$1" && false; }
}

# Nothing that is allowed was lost, nothing came through that is not.
flows_end() {
	local file
	kill -INT "${flows[@]}"
	wait "${flows[@]}" || true
	flows=()
	for file in "$TEST_TMP"/*.flow; do
		check flow_is_right "$file"
	done
}
