#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# In a guest: who may talk to whom under the study's policy, by real TCP connections with each
# backend, and then 1,000 switches of the backend under traffic. Writes $OUT/traffic.json.
set -eu
. tests/vm/lib.sh
. tests/netns/network.sh
trap 'twinctl mode set off >/dev/null 2>&1 || true; ns_clean' EXIT

switches=${SWITCHES:-1000}
wrong=0

# What the policy says, in plain words.
expected() { # FROM TO
	if [ "$2" = app1 ] && [ "$1" != app2 ]; then echo deny; else echo pass; fi
}

# may_talk FROM ADDRESS EXPECTED: prints a cell of the table; false if it is not as expected.
may_talk() {
	local answer=allowed
	[ "$3" = pass ] || answer=denied
	if ns_exec "$1" traffic client --to "$2" --port 80 --tcp-connects --count 1 --expect "$3" >/dev/null 2>&1; then
		printf '%s' "$answer"
	else
		printf 'WRONG'
	fi
}

matrix() { # BACKEND
	local from to cell4 cell6
	printf '\nTCP to port 80 with backend %s, IPv4/IPv6\n\n%-8s' "$1" "from"
	for to in $containers; do printf ' to %-13s' "$to"; done
	printf '\n'
	for from in $containers; do
		printf '%-8s' "$from"
		for to in $containers; do
			if [ "$from" = "$to" ]; then
				printf ' %-16s' -
				continue
			fi
			cell4=$(may_talk "$from" "${container4[$to]}" "$(expected "$from" "$to")")
			cell6=$(may_talk "$from" "${container6[$to]}" "$(expected "$from" "$to")")
			case $cell4$cell6 in *WRONG*) wrong=$((wrong + 1)) ;; esac
			printf ' %-16s' "$cell4/$cell6"
		done
		printf '\n'
	done
}

# client NAME FROM ADDRESS OPTION...: in the background until it is ended; counts to $work/NAME.json.
client() {
	local name=$1 from=$2 to=$3
	shift 3
	# Not by ns_exec: the signal is for traffic, not for a shell around it.
	nsenter --net="/run/netns/$from" traffic client --to "$to" --port 80 --json "$@" >"$work/$name.json" &
	clients+=($!)
}

switch_under_traffic() {
	local i begin slowest
	clients=()
	client stream4 app2 "${container4[app1]}" --tcp-stream --rate 20
	client stream6 app2 "${container6[app1]}" --tcp-stream --rate 20
	client connects app2 "${container4[app1]}" --tcp-connects --rate 5
	client udp app3 "${container4[app2]}" --udp --rate 20
	client denied4 app3 "${container4[app1]}" --tcp-connects --rate 2 --expect deny
	client denied6 plain "${container6[app1]}" --udp --rate 10 --expect deny
	sleep 1

	begin=$EPOCHSECONDS
	for ((i = 1; i <= switches; i++)); do
		if ((i % 2)); then echo "backend set nft"; else echo "backend set bpf"; fi
		((i % 100)) || printf '  %d switches, %d s\n' "$i" "$((EPOCHSECONDS - begin))" >&2
		sleep 0.02
	done | twinctl --json batch - >"$work/switches.jsonl"
	slowest=$(jq -s 'map(.switch_ns) | max' "$work/switches.jsonl")
	sleep 1
	kill -TERM "${clients[@]}"
	wait "${clients[@]}" 2>/dev/null || true
	[ -s "$work/denied6.json" ] || { echo "a client left no counts" && exit 1; }
	jq -s --argjson wrong "$wrong" --argjson switches "$switches" --argjson slowest "$slowest" '
		{kernel: $ENV.KERNEL_RELEASE, switches: $switches, slowest_switch_ns: $slowest,
		 packets_sent: (map(.sent) | add),
		 packets_lost: (map(select(.expect == "pass") | .lost - .late + .retransmits) | add),
		 answers_late: (map(.late) | add),
		 wrong_verdicts: ($wrong + (map(.wrong + .duplicates) | add)
			+ (map(select(.expect == "deny") | .received) | add)),
		 clients: .}' "$work"/*.json >"$OUT/traffic.json"
}

work=$(mktemp -d)
export KERNEL_RELEASE
KERNEL_RELEASE=$(uname -r)
echo "Kernel $KERNEL_RELEASE; $(dkms status -m twinpath -k "$KERNEL_RELEASE")"

study_network
study_servers
daemon_start
study_endpoints
twinctl policy apply demo/policy.yaml
twinctl mode set enforce >/dev/null

for backend in nft bpf; do
	twinctl backend set $backend >/dev/null
	matrix $backend
done

printf '\nSwitching backends %d times under traffic: TCP streams, connections and UDP that must\n' "$switches"
printf 'pass, and connections and UDP that must not\n\n'
before=$(twinctl --json status | jq .module.switches)
switch_under_traffic
after=$(twinctl --json status | jq .module.switches)
[ $((after - before)) -ge "$switches" ] || { echo "the kernel counts only $((after - before)) switches" && exit 1; }
twinctl counters
