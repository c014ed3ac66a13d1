#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The topologies and instruments of twineval, as root in namespaces of their own: no guest
# and no module is needed.
# shellcheck disable=SC2154 # what the program place prints is assigned by sourcing it
. tests/vm/lib.sh

PATH=$PWD/build:$PATH
place=$PWD/build/tests/eval/place
topologies="bridge routed hosts vxlan macvlan ipv6"

# place_start TOPOLOGY off|on VERB...: in the background, until place_end; sets what verb place prints.
place_start() {
	# The background empties it at some time after this: what the last one printed would be read.
	rm -f "$TEST_TMP/place"
	mkfifo "$TEST_TMP/input"
	"$place" "$@" <"$TEST_TMP/input" >"$TEST_TMP/place" 2>"$TEST_TMP/errors" &
	place_pid=$!
	exec 7>"$TEST_TMP/input"
	wait_until 30 place_answers
	# shellcheck disable=SC1091
	. "$TEST_TMP/place"
}

# The last line of verb place, or its end.
place_answers() { grep -q '^hook=' "$TEST_TMP/place" || ! kill -0 "$place_pid"; }

place_end() {
	exec 7>&-
	wait "$place_pid" || { cat "$TEST_TMP/errors" && exit 1; }
	rm "$TEST_TMP/input"
	nothing_left "$place_pid"
}

# nothing_left PID
nothing_left() {
	if ip netns list | grep "^twineval-$1-"; then
		echo "namespaces of process $1 are left"
		exit 1
	fi
}

# Bytes a packet that came in where the filter is, of a stream from client to server.
packet_size() {
	local before after
	nsenter --net="/run/netns/$server_ns" iperf3 -s -1 >/dev/null 2>&1 &
	wait_until 10 sh -c "nsenter --net=/run/netns/$server_ns ss -Hltn | grep -q :5201"
	before=$(ip -n "$filter_ns" -s -j link show dev "$filter_in")
	nsenter --net="/run/netns/$client_ns" iperf3 -c "$server_address" -n 4M >/dev/null
	after=$(ip -n "$filter_ns" -s -j link show dev "$filter_in")
	jq -n --argjson before "$before" --argjson after "$after" '
		$before[0].stats64.rx as $b | $after[0].stats64.rx | (.bytes - $b.bytes) / (.packets - $b.packets) | floor'
}

each_way() {
	nsenter --net="/run/netns/$client_ns" ping -c 1 -W 5 "$server_address" &&
		nsenter --net="/run/netns/$server_ns" ping -c 1 -W 5 "$client_address"
}

test_reach_and_offloads() {
	local topology size
	for topology in $topologies; do
		for offloads in off on; do
			place_start "$topology" $offloads place hold
			check each_way
			size=$(packet_size)
			echo "$topology, offloads $offloads: $size bytes a packet"
			# Of Ethernet, or of the overlay's inner packets without their header.
			if [ $offloads = off ]; then
				[ "$size" -gt 1200 ] && [ "$size" -le 1514 ]
			else
				[ "$size" -gt 5000 ]
			fi
			place_end
		done
	done
}

# Neighbours are known for good: nobody asks about them however long packets pass.
test_neighbours_are_permanent() {
	local topology name neighbours
	for topology in $topologies; do
		place_start "$topology" off place hold
		check each_way
		for name in $(ip netns list | sed -n "s/^\(twineval-$place_pid-[a-z]*\).*/\1/p"); do
			neighbours=$(ip -n "$name" -j neighbour show)
			echo "$name: $neighbours"
			jq -ne "$neighbours | all(.state == [\"PERMANENT\"])" >/dev/null
		done
		[[ $(ip -n "$client_ns" neighbour show) == *"$next_mac"* ]]
		place_end
	done
}

# deny HOOK: what a filter does there.
deny() {
	local family chain
	case $1 in
	0) family=inet chain=forward ;;
	1) family=bridge chain=forward ;;
	2) family=inet chain=input ;;
	esac
	nsenter --net="/run/netns/$filter_ns" nft -f - <<-END
		table $family deny {
			chain deny {
				type filter hook $chain priority filter;
				iifname "$filter_in" ${filter_out:+oifname "$filter_out"} tcp dport 5209 counter drop
				iifname "$filter_in" ${filter_out:+oifname "$filter_out"} udp dport 5201 counter drop
			}
		}
	END
}

# What is said of the filter's place is so: a rule there denies the probe.
test_probe() {
	local topology
	for topology in $topologies; do
		place_start "$topology" off probe place hold probe
		[ "$probe" = 1 ]
		check deny "$hook"
		place_end
		[ "$(grep -c '^probe=' "$TEST_TMP/place")" = 2 ]
		[ "$(tail -n 1 "$TEST_TMP/place")" = probe=0 ] || { echo "$topology: not denied" && exit 1; }
	done
}

test_instruments() {
	local topology
	for topology in $topologies; do
		check "$place" "$topology" off rr throughput rr
		"$place" "$topology" off rr throughput >"$TEST_TMP/found"
		# shellcheck disable=SC1091
		. "$TEST_TMP/found"
		echo "$topology: $p50_ns ns, $mbps Mb/s"
		[ "$p50_ns" -gt 0 ] && [ "$p99_ns" -ge "$p50_ns" ] && [ "${mbps%.*}" -gt 0 ]
	done
}

test_packets_a_second() {
	local topology
	modprobe pktgen 2>/dev/null || true
	[ -e /proc/net/pktgen/pgctrl ] || skip "this kernel has no pktgen"
	for topology in $topologies; do
		place_start "$topology" off pps pps place hold pps
		echo "$topology: $pps"
		[ "$pps" -gt 0 ]
		check deny "$hook"
		exec 7>&-
		wait "$place_pid" && exit 1
		rm "$TEST_TMP/input"
		grep "none of pktgen's 2000 packets arrived" "$TEST_TMP/errors"
	done
}

test_says_what_is_missing() {
	local said
	mkdir "$TEST_TMP/bin"
	ln -s "$(command -v ip)" "$TEST_TMP/bin/ip"
	said=$(PATH=$TEST_TMP/empty "$place" routed off 2>&1) && exit 1
	[ "$said" = "place: topology routed: ip: no such program in PATH" ]
	said=$(PATH=$TEST_TMP/bin "$place" routed off rr 2>&1) && exit 1
	[ "$said" = "place: tcp_rr: no such program in PATH" ]
	said=$(PATH=$TEST_TMP/bin "$place" routed off throughput 2>&1) && exit 1
	[ "$said" = "place: iperf3: no such program in PATH" ]
	[ -e /proc/net/pktgen/pgctrl ] || {
		said=$("$place" routed off pps 2>&1) && exit 1
		[[ $said == *"the kernel module pktgen is not loaded"* ]]
	}
	# A server that is there but never listens, and a client that fails.
	printf '#!/bin/sh\nexit 1\n' >"$TEST_TMP/bin/tcp_rr"
	printf '#!/bin/sh\ncase $* in *server*) exec %s "$@" ;; esac\necho "{ \\"error\\": \\"no way\\" }"; exit 1\n' \
		"$(command -v iperf3)" >"$TEST_TMP/bin/iperf3"
	chmod +x "$TEST_TMP/bin/tcp_rr" "$TEST_TMP/bin/iperf3"
	said=$(PATH=$TEST_TMP/bin:$PATH "$place" routed off rr 2>&1) && exit 1
	[ "$said" = "place: tcp_rr: its server does not listen on port 5201" ]
	said=$(PATH=$TEST_TMP/bin:$PATH "$place" routed off throughput 2>&1) && exit 1
	[ "$said" = 'place: iperf3: { "error": "no way" }' ]
}

# ip fails at its Nth call: what was made until then goes away.
test_failure_leaves_nothing() {
	local call topology pid
	mkdir "$TEST_TMP/bin"
	cat >"$TEST_TMP/bin/ip" <<-END
		#!/bin/sh
		echo >>$TEST_TMP/calls
		[ \$(wc -l <$TEST_TMP/calls) -lt \$FAILS ] || { echo "RTNETLINK answers: no more" >&2; exit 2; }
		exec $(command -v ip) "\$@"
	END
	chmod +x "$TEST_TMP/bin/ip"
	for topology in $topologies; do
		for call in 1 2 3; do
			: >"$TEST_TMP/calls"
			FAILS=$call PATH=$TEST_TMP/bin:$PATH "$place" "$topology" off place >"$TEST_TMP/said" 2>&1 &
			pid=$!
			wait $pid && exit 1
			nothing_left $pid
			[ "$(cat "$TEST_TMP/said")" = "place: topology $topology: ip: RTNETLINK answers: no more" ] ||
				{ cat "$TEST_TMP/said" && exit 1; }
		done
	done
}

# At whatever point of the setup, and while programs run.
test_signal_leaves_nothing() {
	local delay pid status
	mkfifo "$TEST_TMP/none"
	for delay in 0 5 10 15 20 25 30 40 50 60 70 80 90 100 120 140 160 180 200; do
		"$place" vxlan off start rr hold <>"$TEST_TMP/none" >"$TEST_TMP/place" 2>&1 &
		pid=$!
		sleep "$(printf '0.%03d' $delay)"
		kill -TERM $pid
		status=0
		wait $pid || status=$?
		# Before its handler is there the signal's own end is as good.
		[ $status = 143 ] || { echo "status $status after $delay ms" && cat "$TEST_TMP/place" && exit 1; }
		nothing_left $pid
	done
}

test_programs_end_with_it() {
	local pid
	place_start routed off start place hold
	kill -0 "$started"
	kill -TERM "$place_pid"
	wait "$place_pid" || true
	exec 7>&-
	nothing_left "$place_pid"
	wait_until 5 sh -c "! kill -0 $started"
	rm "$TEST_TMP/input"
	# Killed, it cannot take its namespaces along, but its programs.
	place_start routed off start place hold
	kill -KILL "$place_pid"
	wait "$place_pid" || true
	exec 7>&-
	wait_until 5 sh -c "! kill -0 $started"
	for pid in client server router; do
		ip netns delete "twineval-$place_pid-$pid"
	done
}

run_tests "$0" "$@"
