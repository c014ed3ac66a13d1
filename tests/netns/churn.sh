#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# vm: --smp 2
#
# The daemon is killed at random moments while it changes endpoints and policies: what it left must be one
# generation, the same in both backends, after each start. In a guest. CHURNS=N says how often.
set -eu
. tests/vm/lib.sh
. tests/netns/network.sh
. tests/netns/traffic.sh

churns=${CHURNS:-12}

# Until the daemon is gone.
churn() {
	local i=0
	while twinctl endpoint add "churn$((i % 3))" --label "id=app$((1 + i % 3))" --address "10.1.0.10$((i % 3))" &&
		twinctl policy apply "$TEST_TMP/churn.yaml" && twinctl policy delete churn; do
		i=$((i + 1))
	done
}

both_agree() { # FROM TO
	twinctl classify --from "$1" --to "$2" --port 80/tcp
}

test_daemon_is_killed_in_churn() {
	local i churner generation=0 now
	study
	cat >"$TEST_TMP/churn.yaml" <<-END
		- endpointSelector: {matchLabels: {id: app2}}
		  ingress:
		    - fromEndpoints: [{matchLabels: {id: app3}}]
		  egress:
		    - toEndpoints: [{matchLabels: {id: app1}}]
	END
	for ((i = 0; i < churns; i++)); do
		churn >"$TEST_TMP/churn.log" 2>&1 &
		churner=$!
		sleep "$(printf '0.%03d' $((RANDOM % 900)))"
		kill -KILL "$(daemon_pid)"
		wait "$churner" || true
		daemon_again
		now=$(generations)
		check test "$now" = "${now%% *} ${now%% *} ${now%% *}"
		check test "${now%% *}" -ge "$generation"
		generation=${now%% *}
		check both_agree "${container4[app3]}" "${container4[app2]}"
		check both_agree 10.1.0.101 10.1.0.100
	done
	# It did change something meanwhile, and what the study wants still holds.
	check test "$generation" -gt $((6 + churns))
	check twinctl endpoint add again --label id=app2 --address 10.1.0.120
	check ns_exec app2 traffic client --to "${container4[app1]}" --port 80 --tcp-connects --count 2
	check ns_exec app3 traffic client --to "${container4[app1]}" --port 80 --tcp-connects --count 2 --expect deny
}

run_tests "$0" "$@"
