#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Three equal answers: the oracle, backend nft and backend bpf say the same of generated cases, and packets
# fare as the oracle says. In a guest. AGREE_SEED, AGREE_CASES and AGREE_QUESTIONS make it another or a
# longer run.
# shellcheck disable=SC2317 # run_tests calls the tests
set -eu
. tests/vm/lib.sh
. tests/netns/network.sh

agree=$PWD/build/tests/netns/agree
# What is found is shown, also when all is well.
exec 3>&1

# In a network namespace of its own.
ask() { # CASES QUESTIONS
	ns_exec agree "$agree" ask "${AGREE_SEED:-1}" "$1" "$2"
}

test_three_answers() {
	modprobe twinpath
	ns_add agree
	ask "${AGREE_CASES:-110}" "${AGREE_QUESTIONS:-100}" | tee /dev/fd/3
	# Nothing is left: the module can go.
	check rmmod twinpath
}

# Asks the simulator what the disagreement is about, in the smallest case.
trace_says() { # FILE VERDICT
	local from to port
	read -r from to port < <(sed -nE 's/^seed .* about (.*) to (.*), port (.*)$/\1 \2 \3/; s/host \([^)]*\)/host/g; /^(host|[0-9])/p' "$1")
	case $port in proto/*) return ;; esac
	check test "$(twinctl policy trace -f "$TEST_TMP/smallest.yaml" --from "$from" --to "$to" --port "$port" --json |
		jq -r .verdict)" = "$2"
}

# One wrong entry in one backend is found, and shrinks to one rule in documents that twinctl reads.
wrong_entry_is_found() { # BACKEND OTHER
	local status=0
	AGREE_WRONG=$1 ask 25 60 >"$TEST_TMP/$1" 2>&1 || status=$?
	cat "$TEST_TMP/$1"
	[ "$status" -eq 3 ]
	sed -n '/^the smallest case/,$p' "$TEST_TMP/$1" >"$TEST_TMP/smallest"
	check grep -q '^  oracle allow' "$TEST_TMP/smallest"
	check grep -q "^  $1  *deny" "$TEST_TMP/smallest"
	check grep -q "^  $2  *allow" "$TEST_TMP/smallest"
	sed -n '/^---/,$p' "$TEST_TMP/smallest" >"$TEST_TMP/smallest.yaml"
	check eval 'twinctl policy validate "$TEST_TMP/smallest.yaml" | grep ", 1 rule"'
	trace_says "$TEST_TMP/$1" allow
}

test_a_wrong_entry_is_found() {
	modprobe twinpath
	ns_add agree
	wrong_entry_is_found nft bpf
	wrong_entry_is_found bpf nft
}

# ---- packets: e0 to e4, w1 and w2 behind veths, and the host, which routes

declare -A place4=([e0]=10.0.0.1 [e1]=10.0.0.2 [e2]=10.0.0.3 [e3]=10.0.0.4 [e4]=10.0.0.5 [w1]=192.0.2.40 [w2]=10.200.0.1)
declare -A place6=([e0]=fd00::1 [e1]=fd00::2 [e2]=fd00::3 [e3]=fd00::4 [e4]=fd00::5 [w1]=2001:db8::1 [w2]=fd00:1::1)

place_add() { # NAME
	ns_add "$1"
	ip link add "veth-$1" type veth peer name eth0 netns "$1"
	links_made+=("veth-$1")
	ip -batch - <<-END
		link set veth-$1 up
		address add 10.0.0.254/32 dev veth-$1
		address add fd00::fe/128 dev veth-$1 nodad
		route add ${place4[$1]} dev veth-$1 src 10.0.0.254
		route add ${place6[$1]} dev veth-$1 src fd00::fe
	END
	ip -n "$1" -batch - <<-END
		link set eth0 up
		address add ${place4[$1]}/32 dev eth0
		address add ${place6[$1]}/128 dev eth0 nodad
		route add 10.0.0.254 dev eth0
		route add fd00::fe dev eth0
		route add default via 10.0.0.254 src ${place4[$1]}
		route add default via fd00::fe src ${place6[$1]}
	END
}

routed_network() {
	local name
	no_dad
	sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	for name in "${!place4[@]}"; do
		place_add "$name"
	done
}

# All at once, so that the waiting for what must not come is waited for once.
send_all() { # BACKEND
	twinctl backend set "$1" >/dev/null
	build/tests/netns/ask <"$TEST_TMP/flows" >"$TEST_TMP/wrong" || {
		echo "backend $1, $(cat "$TEST_TMP/seed"), not as the oracle says:"
		cat "$TEST_TMP/wrong" "$TEST_TMP"/case/*.yaml
		exit 1
	}
	sent=$((sent + $(wc -l <"$TEST_TMP/flows")))
}

forget() {
	{
		twinctl --json policy list | jq -r '.policy // [] | .[] | "policy delete \(.name)"'
		twinctl --json endpoint list | jq -r '.endpoint // [] | .[] | "endpoint delete \(.name)"'
	} >"$TEST_TMP/forget"
	check twinctl batch "$TEST_TMP/forget"
	rm -rf "$TEST_TMP/case"
}

packets_of_case() { # SEED
	mkdir "$TEST_TMP/case"
	"$agree" flows "$1" "$TEST_TMP/case" "${AGREE_PACKETS:-24}" >"$TEST_TMP/flows" 2>"$TEST_TMP/seed"
	check twinctl endpoint add --file "$TEST_TMP/case/inventory.yaml"
	check twinctl policy apply "$TEST_TMP"/case/policy*.yaml
	send_all nft
	send_all bpf
	forget
}

test_packets() {
	local sent=0 seed
	routed_network
	daemon_start "" --state "$TEST_TMP/state" 2>"$TEST_TMP/log"
	check twinctl mode set enforce
	for seed in 1 1001 2001 3001; do
		packets_of_case "$seed"
	done
	echo "$sent flows of packets fared as the oracle says" >&3
	check twinctl mode set off
	daemon_stop
}

run_tests "$0" "$@"
