#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: demo/cost.sh DATAPATH ENTRIES... (pairs)
#
# In a guest in virtual time: what a TCP request/response transaction (100 B and 200 B), throughput
# and one judgement cost with each datapath, between two namespaces and through a third that
# routes and filters. One line of JSON for each to $OUT/rows.jsonl. In each point the filter is
# proved to be in the path.
set -eu
. tests/vm/lib.sh
. tests/netns/network.sh
trap ns_clean EXIT

# Virtual seconds leap while the guest waits for a file.
export PATIENCE=1000000
transactions=${TRANSACTIONS:-2000}
bytes=${BYTES:-16M}

# client -- router -- server; the router is new for each datapath.
routed_network() {
	ns_add client
	ns_add router
	ns_add server
	ip -n router link add left type veth peer name eth0 netns client
	ip -n router link add right type veth peer name eth0 netns server
	address_add left 10.1.1.1/24 router
	address_add right 10.1.2.1/24 router
	address_add eth0 10.1.1.2/24 client
	address_add eth0 10.1.2.2/24 server
	local name device
	for name in client server; do
		ip -n $name link set eth0 up
	done
	for name in left right; do
		ip -n router link set $name up
	done
	ip -n client route add default via 10.1.1.1
	ip -n server route add default via 10.1.2.1
	ns_exec router sysctl -qw net.ipv4.ip_forward=1
	# One call of the hook is one packet.
	for device in client:eth0 server:eth0 router:left router:right; do
		ns_exec "${device%:*}" ethtool -K "${device#*:}" tso off gso off gro off >/dev/null 2>&1
	done
}

# A rule whose verdict is asked needs conntrack; hooked where forwarded packets do not come by.
conntrack_setup() {
	ns_exec router nft -f - <<-'END'
		table inet only_conntrack {
			chain input {
				type filter hook input priority filter;
				ct state invalid counter
			}
		}
	END
	# Closed connections stay to be seen; while a guest in virtual time is idle, its clock leaps.
	ns_exec router sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_time_wait=86400
}

conntrack_proved() { ns_exec router conntrack -L 2>/dev/null | grep -q dport=5210; }

# The study's: none of the rules matches, and conntrack is not asked.
iptables_setup() { # RULES
	{
		echo '*filter'
		echo ':FORWARD ACCEPT [0:0]'
		seq "$1" | awk '{ printf "-A FORWARD -s 172.16.%d.%d/32 -p tcp --dport 80 -j DROP\n", $1 / 250, $1 % 250 + 1 }'
		echo '-A FORWARD -m comment --comment seen'
		echo COMMIT
	} | ns_exec router iptables-legacy-restore
}

iptables_proved() {
	ns_exec router iptables-legacy -nvxL FORWARD | awk '/seen/ && $1 > 0 { found = 1 } END { exit !found }'
}

# Both directions are enforced; the connection is judged by exact peer and port among ENTRIES rules.
twinpath_policy() { # ENTRIES
	local peers=1 ports=$1
	[ "$1" -lt 1000 ] || { peers=10 && ports=$(($1 / 10)); }
	[ "$1" -lt 100000 ] || { peers=100 && ports=$(($1 / 100)); }
	jq -n --argjson peers $peers '[
		{name: "client", labels: {id: "client"}, addresses: ["10.1.1.2"]},
		{name: "server", labels: {id: "server"}, addresses: ["10.1.2.2"]},
		(range($peers) | {name: "peer\(.)", labels: {id: "peer\(.)"}, addresses: ["10.2.0.\(. + 1)"]})]' \
		>"$work/endpoints.json"
	jq -n --argjson peers $peers --argjson ports "$ports" '[
		{endpointSelector: {matchLabels: {id: "client"}},
		 egress: [{toEndpoints: [{matchLabels: {id: "server"}}],
			   toPorts: [{ports: [5201, 5210 | {port: tostring, protocol: "TCP"}]}]}]},
		{endpointSelector: {matchLabels: {id: "server"}},
		 ingress: [{fromEndpoints: [{matchLabels: {id: "client"}}],
			    toPorts: [{ports: [5201, 5210 | {port: tostring, protocol: "TCP"}]}]},
			   {fromEndpoints: [range($peers) | {matchLabels: {id: "peer\(.)"}}],
			    toPorts: [{ports: [range($ports) | {port: (. + 10000 | tostring), protocol: "TCP"}]}]}]}]' \
		>"$work/cost.json"
}

control() { twinctl --socket "$socket" "$@"; }

twinpath_setup() { # BACKEND ENTRIES
	twinpath_policy "$2"
	daemon_start router --state "$work/state"
	socket=/run/twinpath/$(stat -Lc %i /run/netns/router)/control.sock
	control endpoint add --file "$work/endpoints.json" >/dev/null
	control policy apply "$work/cost.json" >/dev/null
	control mode set enforce >/dev/null
	control backend set "$1" >/dev/null
	control --json bench --backend "$1" --judgements 2000 --rounds 5 >"$work/bench.json"
}

# It counts what it allows, and what no rule allows does not pass.
twinpath_proved() {
	ns_exec client traffic client --to 10.1.2.2 --port 5209 --tcp-connects --count 1 --expect deny >/dev/null
	control --json counters | jq -e 'any(.rule[]; .counter.packets > 1000)' >/dev/null
}

twinpath_teardown() {
	control --json status >"$work/status.json"
	control mode set off >/dev/null
	daemon_stop
}

measure() {
	ns_exec server tcp_rr server &
	ns_exec server iperf3 -s -1 >/dev/null &
	wait_until "$PATIENCE" ns_exec server sh -c 'ss -Hltn | grep -q :5201 && ss -Hltn | grep -q :5210'
	ns_exec client tcp_rr client 10.1.2.2 5210 --request 100 --response 200 \
		--transactions "$transactions" --warmup 500 --json >"$work/rr.json"
	ns_exec client iperf3 -c 10.1.2.2 -n "$bytes" --json >"$work/iperf.json"
}

row() { # DATAPATH ENTRIES CLOCK
	jq -cn --arg datapath "$1" --argjson entries "$2" --arg clock "$3" \
		--slurpfile rr "$work/rr.json" --slurpfile iperf "$work/iperf.json" \
		--slurpfile bench "$work/bench.json" --slurpfile status "$work/status.json" '
		{datapath: $datapath, entries: $entries, rr_p50_ns: $rr[0].p50_ns,
		 throughput_mbps: ($iperf[0].end.sum_received.bits_per_second / 1e6 | round),
		 lookup_ns: ($bench[0].bench[0] // null | if . then (.min_ns / .judgements | round) else null end),
		 nft_bytes: ($status[0].table // [] | map(.nft_bytes) | add),
		 bpf_bytes: ($status[0].table // [] | map(.bpf_bytes) | add),
		 clock: $clock}' >>"$OUT/rows.jsonl"
}

point() { # DATAPATH ENTRIES
	local socket=
	work=$(mktemp -d)
	: >"$work/bench.json"
	: >"$work/status.json"
	routed_network
	case $1 in
	none) measure ;;
	conntrack) conntrack_setup && measure && conntrack_proved ;;
	iptables-nomatch) iptables_setup "$2" && measure && iptables_proved ;;
	twinpath-*)
		twinpath_setup "${1#twinpath-}" "$2"
		measure
		twinpath_proved
		twinpath_teardown
		;;
	*) echo "no datapath is called $1" >&2 && exit 2 ;;
	esac || { echo "$1 with $2 entries: the filter was not in the path" && exit 1; }
	row "$1" "$2" virtual
	tail -n 1 "$OUT/rows.jsonl"
	ns_clean
	wait
}

while [ $# -ge 2 ]; do
	point "$1" "$2"
	shift 2
done
