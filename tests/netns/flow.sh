#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Flows: what is new, what is a reply, what is related; and what a change of the policy does to those that
# are there. In a guest: tests/vm/run --smp 2 -- bash tests/netns/flow.sh [NAME...]
# shellcheck disable=SC2317 # run_tests calls the tests
set -eu
. tests/vm/lib.sh
. tests/netns/wire.sh
talk=tests/netns/talk.py

# The server speaks first: a flow of its own would be allowed, and what then came back a reply.
data() { # SERVER FAMILY PORT VERDICT
	steps+=("$1 client $4 $2 tcp=80:$3 flags=PA seq=501 ack=101"
		"client $1 $4 $2 tcp=$3:80 flags=PA seq=101 ack=501"
		"$1 client $4 $2 tcp=80:$3 flags=PA seq=501 ack=101")
}

tcp_ends() {
	local steps=()
	web_opens
	for_each_tcp handshake
	for_each_tcp data pass
	frames "${steps[@]}"

	web_closes
	steps=()
	for_each_tcp data deny
	frames "${steps[@]}" "${steps[@]}"

	web_opens
	steps=()
	for_each_tcp data pass
	frames "${steps[@]}"
}
test_policy_ends_tcp_with_the_next_packet() { fresh && both_backends tcp_ends; }

udp_ends() {
	local ask=() answer=() family server
	for server in server far; do
		for family in 4 6; do
			ask+=("client $server pass $family udp=1000:80")
			answer+=("$server client pass $family udp=80:1000")
		done
	done
	web_opens
	frames "${ask[@]}" "${answer[@]}"
	web_closes
	frames "${answer[@]/pass/deny}" "${ask[@]/pass/deny}" "${answer[@]/pass/deny}"
	web_opens
	frames "${answer[@]}" "${ask[@]}" "${answer[@]}"
}
test_policy_ends_udp() { fresh && both_backends udp_ends; }

# Fields of what an end of talk.py keeps, without a process for each look.
heard() { read -r _ said _ <"$TEST_TMP/$1" && echo "$said"; }
sent() { read -r said _ <"$TEST_TMP/$1" && echo "$said"; }
hears() { [ "$(heard "$1")" -gt "$2" ]; }
has_sent() { [ "$(sent "$1")" -gt "$2" ]; }

# talks KIND SERVER ADDRESS: from box; both talk, whatever they hear. Not by ns_exec: $! is to be the program.
talks() {
	local name=$1-$2
	nsenter --net="/run/netns/$2" -- "$talk" serve "$1" 5000 "$TEST_TMP/$name-server" 2>/dev/null &
	talking+=($!)
	wait_until 10 eval "ns_exec $2 ss -Hln ${1:+--$1} sport = :5000 | grep -q 5000"
	nsenter --net=/run/netns/box -- "$talk" call "$1" "$3" 5000 "$TEST_TMP/$name-client" 2>/dev/null &
	talking+=($!)
	names+=("$name")
}

# Nobody hears more than 100 ms after the policy's change, while all go on talking.
fall_silent() {
	local name end changed
	local -A limit=()
	changed=$EPOCHREALTIME
	for name in "${names[@]}"; do
		for end in client server; do limit[$name-$end]=$(($(sent "$name-$end") + 10)); done
	done
	for end in "${!limit[@]}"; do wait_until 20 has_sent "$end" "${limit[$end]}"; done
	for name in "${names[@]}"; do
		for end in client server; do
			check awk -v changed="$changed" '{ print $0, "changed", changed } $3 > changed + 0.1 { exit 1 }' \
				"$TEST_TMP/$name-$end"
		done
	done
}

talk_on() {
	local name end
	for name in "${names[@]}"; do
		for end in client server; do
			wait_until 20 hears "$name-$end" "$(heard "$name-$end")"
		done
	done
}

talk_opens() { policy talk "$(rule ingress cart box 5000/ANY)" "$(rule ingress dock box 5000/ANY)"; }
talk_closes() { policy talk "$(rule ingress cart nobody)" "$(rule ingress dock nobody)"; }

real_flows() {
	local talking=() names=() name
	rm -f "$TEST_TMP"/*-client "$TEST_TMP"/*-server
	talk_opens
	talks tcp cart "${ip4[cart]}"
	talks udp dock "${ip6[dock]}"
	for name in "${names[@]}"; do
		wait_until 10 test -s "$TEST_TMP/$name-client" -a -s "$TEST_TMP/$name-server"
	done
	talk_on
	talk_closes
	fall_silent
	talk_opens
	talk_on
	kill "${talking[@]}"
	wait "${talking[@]}" || true
}
test_real_flows_end_and_go_on() { fresh && both_backends real_flows; }

audit_to_enforce() {
	local steps=()
	must twinctl mode set audit
	web_closes
	for_each_tcp handshake
	for_each_tcp data pass
	frames "${steps[@]}" 'client server pass 4 udp=1000:80' 'server client pass 4 udp=80:1000'
	must twinctl mode set enforce
	steps=()
	for_each_tcp data deny
	frames "${steps[@]}" 'server client deny 4 udp=80:1000'
}
test_entering_enforce_ends_denied_flows() { fresh && both_backends audit_to_enforce; }

one_way() {
	policy web "$(rule ingress server client 80/UDP)" "$(rule ingress far client 80/UDP)" "$(rule ingress client nobody)"
	frames 'client server pass 4 udp=1000:80' 'server client pass 4 udp=80:1000' \
		'client far pass 6 udp=1000:80' 'far client pass 6 udp=80:1000' \
		'server client deny 4 udp=80:1001' 'far client deny 6 udp=80:1001' 'server client deny 4 udp=1000:80' \
		'other server deny 4 udp=1000:80' 'client server deny 4 udp=1000:81' 'client server deny 4 tcp=1000:80'
}
test_replies_pass_and_the_reverse_does_not() { fresh && both_backends one_way; }

nat() {
	policy web "$(rule ingress far client 80/TCP)" "$(rule ingress client nobody)"
	frames 'client far~10.1.0.11>10.2.0.11 pass 4 dst=10.1.0.1 tcp=1000:8080 seq=100' \
		'far client~10.1.0.1>10.1.0.11 pass 4 tcp=80:1000 flags=SA seq=500 ack=101' \
		'client far~fd01::11>fd02::11 pass 6 dst=fd01::1 tcp=1000:8080 seq=100' \
		'far client~fd01::1>fd01::11 pass 6 tcp=80:1000 flags=SA seq=500 ack=101' \
		'other far deny 4 dst=10.1.0.1 tcp=1000:8080' 'other far deny 6 dst=fd01::1 tcp=1000:8080' \
		'far client deny 4 tcp=80:1001' 'far client deny 6 tcp=80:1001' \
		'client far deny 4 dst=10.1.0.1 tcp=1000:8081' \
		'client far~10.2.0.1>10.2.0.11 pass 4 tcp=2000:80 seq=100 ttl=33' \
		'far client~10.2.0.11>10.1.0.11 pass 4 dst=10.2.0.1 tcp=80:2000 flags=SA seq=500 ack=101' \
		'other far deny 4 tcp=2000:80 ttl=33' 'far client deny 4 dst=10.2.0.1 tcp=80:2001 flags=SA'
	policy web "$(rule ingress far nobody)"
	frames 'far client deny 4 tcp=80:1000 flags=SA seq=500 ack=101' 'far client deny 6 tcp=80:1000 flags=SA seq=500 ack=101' \
		'far client deny 4 dst=10.2.0.1 tcp=80:2000 flags=SA seq=500 ack=101' \
		'client far deny 4 dst=10.1.0.1 tcp=1000:8080 flags=A seq=101 ack=501'
}
test_replies_pass_through_nat() {
	fresh
	check nft -f - <<-END
		table inet nat {
			chain in {
				type nat hook prerouting priority dstnat
				ip daddr 10.1.0.1 tcp dport 8080 dnat ip to 10.2.0.11:80
				ip daddr 10.1.0.1 tcp dport 8081 dnat ip to 10.2.0.11:81
				ip6 daddr fd01::1 tcp dport 8080 dnat ip6 to [fd02::11]:80
			}
			chain out {
				type nat hook postrouting priority srcnat
				ip ttl 32 masquerade
			}
		}
	END
	both_backends nat
}

dnat_at_output() {
	local address
	for address in 10.9.9.9 fd01::1; do
		policy web "$(rule ingress box host 80/TCP)"
		check traffic client --to $address --port 8080 --tcp-connects --count 1
		policy web "$(rule ingress box client 80/TCP)"
		check traffic client --to $address --port 8080 --tcp-connects --count 1 --expect deny
	done
}
# The packet is routed to one bridge, or to the loopback device, and then leaves by another bridge.
test_replies_pass_through_dnat_at_output() {
	fresh
	check nft -f - <<-END
		table inet nat {
			chain out {
				type nat hook output priority -100
				ip daddr 10.9.9.9 tcp dport 8080 dnat ip to ${ip4[box]}:80
				ip6 daddr fd01::1 tcp dport 8080 dnat ip6 to [${ip6[box]}]:80
			}
		}
	END
	ip route replace 10.9.9.9 via "${ip4[dock]}"
	nsenter --net=/run/netns/box -- traffic server --address :: --port 80 &
	both_backends dnat_at_output
	kill $!
}

icmp() {
	local no4='of 4 src=client udp=7777:80' no6='of 6 src=client udp=7777:80'
	policy web "$(rule ingress server client)" "$(rule ingress far client)" "$(rule ingress client nobody)"
	frames 'client server pass 4 icmp=8 id=7' 'server client pass 4 icmp=0 id=7' \
		'client far pass 6 icmp=128 id=7' 'far client pass 6 icmp=129 id=7' \
		'server client deny 4 icmp=8 id=8' 'far client deny 6 icmp=128 id=8' \
		'server client deny 4 icmp=0 id=9' 'far client deny 6 icmp=129 id=9' \
		'client server pass 4 udp=1000:80' 'client server pass 6 udp=1000:80' \
		'client far pass 4 udp=1000:80' 'client far pass 6 udp=1000:80' \
		'server client pass 4 icmp=3/3 of 4 src=client dst=server udp=1000:80' \
		'server client pass 6 icmp=1/4 of 6 src=client dst=server udp=1000:80' \
		'far client pass 4 icmp=3/3 of 4 src=client dst=far udp=1000:80' \
		'far client pass 6 icmp=1/4 of 6 src=client dst=far udp=1000:80' \
		'far client pass 4 src=10.2.0.99 icmp=3/4 of 4 src=client dst=far udp=1000:80' \
		'far client pass 6 src=fd02::99 icmp=2/0 of 6 src=client dst=far udp=1000:80' \
		"server client deny 4 icmp=3/3 $no4 dst=server" "server client deny 6 icmp=1/4 $no6 dst=server" \
		"far client deny 4 icmp=3/4 $no4 dst=far" "far client deny 6 icmp=2/0 $no6 dst=far" \
		"plain client deny 4 icmp=3/4 $no4 dst=far" \
		"client server deny 4 icmp=3/3 of 4 src=server dst=client udp=7777:80"
	# Here only the one that reports is enforced.
	policy web "$(rule ingress server client)"
	frames "server client deny 4 icmp=3/3 $no4 dst=server" \
		"plain other pass 4 icmp=3/3 of 4 src=other dst=plain udp=7777:80" \
		"plain other pass 6 icmp=1/4 of 6 src=other dst=plain udp=7777:80"
}
test_icmp_and_its_errors() { fresh && both_backends icmp; }

expected() {
	policy web "$(rule ingress far client 69/UDP)" "$(rule ingress client nobody)"
	frames 'client far pass 4 udp=3000:69 hex=00016100'
	check eval 'conntrack -L expect 2>/dev/null | grep -q 10.2.0.11'
	frames 'far client deny 4 udp=4000:3000'
	policy web "$(rule ingress far client 69/UDP)" "$(rule ingress client far 3001/UDP)"
	frames 'client far pass 4 udp=3001:69 hex=00016100' 'far client pass 4 udp=4000:3001' 'client far pass 4 udp=3001:4000'
	policy web "$(rule ingress far client 69/UDP)" "$(rule ingress client nobody)"
	frames 'far client deny 4 udp=4000:3001' 'client far deny 4 udp=3001:4000'
}
test_expected_connections_are_judged_as_new() {
	modprobe -q nf_conntrack_tftp || skip "no nf_conntrack_tftp"
	fresh
	check nft -f - <<-END
		table inet help {
			ct helper tftp { type "tftp" protocol udp; }
			chain in {
				type filter hook prerouting priority 0
				udp dport 69 ct helper set "tftp"
			}
		}
	END
	both_backends expected
}

wire_start
run_tests "$0" "$@"
