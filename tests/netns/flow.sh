#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Flows: what is new, what is a reply, what is related, what is none; and what a change of the policy does
# to those that are there. In a guest: tests/vm/run --smp 2 -- bash tests/netns/flow.sh [NAME...]
# shellcheck disable=SC2317 # run_tests calls the tests
set -eu
. tests/vm/lib.sh
. tests/netns/wire.sh
talk=tests/netns/talk.py

handshake() { # SERVER FAMILY PORT
	steps+=("client $1 pass $2 tcp=$3:80 flags=S seq=100"
		"$1 client pass $2 tcp=80:$3 flags=SA seq=500 ack=101"
		"client $1 pass $2 tcp=$3:80 flags=A seq=101 ack=501")
}

# The server speaks first: a flow of its own would be allowed, and what then came back a reply.
data() { # SERVER FAMILY PORT VERDICT
	steps+=("$1 client $4 $2 tcp=80:$3 flags=PA seq=501 ack=101"
		"client $1 $4 $2 tcp=$3:80 flags=PA seq=101 ack=501"
		"$1 client $4 $2 tcp=80:$3 flags=PA seq=501 ack=101")
}

for_each_tcp() { # FUNCTION [VERDICT]
	local server family port=1000
	for server in server far; do
		for family in 4 6; do
			port=$((port + 1))
			"$1" $server $family $port "${2-}"
		done
	done
}

web_opens() { policy web "$(rule ingress server client 80/TCP 80/UDP)" "$(rule ingress far client 80/TCP 80/UDP)"; }
web_closes() { policy web "$(rule ingress server nobody)" "$(rule ingress far nobody)"; }

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

heard() { awk '{ print $2 }' "$TEST_TMP/$1"; }
sent() { awk '{ print $1 }' "$TEST_TMP/$1"; }
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
	local name end changed limit
	changed=$EPOCHREALTIME
	for name in "${names[@]}"; do
		for end in client server; do
			limit=$(($(sent "$name-$end") + 10))
			wait_until 20 has_sent "$name-$end" $limit
		done
	done
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

audit() {
	local passed denied
	policy web "$(rule ingress server nobody)"
	must twinctl mode set audit
	passed=$(counted default_deny audit) denied=$(counted default_deny deny)
	twinctl monitor --json --count 2 >"$TEST_TMP/events" &
	wait_until 10 eval 'ns_exec wire $frames "client server pass 4 udp=1234:81" "client server pass 6 tcp=1234:81" &&
		[ "$(wc -l <"$TEST_TMP/events")" = 2 ]'
	check test "$(($(counted default_deny audit) - passed))" -ge 2
	check test "$(counted default_deny deny)" = "$denied"
	check jq -es 'all(.event.verdict == "audit" and .event.reason == "default_deny" and .event.tuple.server != null)' \
		"$TEST_TMP/events"
	wait
}

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

notrack() {
	local server header
	policy web "$(rule ingress server client 53/UDP)" "$(rule ingress far client 53/UDP)" "$(rule ingress client nobody)"
	for server in server far; do
		steps=("client $server pass 4 udp=53" "client $server deny 4 udp=54" "$server client deny 4 udp=53:1000"
			"client $server pass 4 opts=rr udp=53" "client $server deny 4 opts=rr udp=54"
			"client $server pass 6 udp=53" "$server client deny 6 udp=53:1000")
		for header in hop dst hop,dst frag hop,frag,dst; do
			steps+=("client $server pass 6 ext=$header udp=53" "client $server deny 6 ext=$header udp=54")
		done
		frames "${steps[@]}"
	done
	policy web "$(rule ingress server client 53/UDP)" "$(rule ingress far client 53/UDP)" "$(rule ingress client far 1000/UDP)"
	frames 'far client pass 4 udp=53:1000' 'server client deny 4 udp=53:1000'
	check test "$(conntrack -L 2>/dev/null | grep -cE 'dport=5[34]')" = 0

	# Nothing puts them together, and only the first has a port.
	frames 'client server~fragment deny 4 udp=53 size=4000 frag=1400' \
		'client server~fragment deny 6 udp=53 size=4000 frag=1400'
	policy web "$(rule ingress server client)"
	frames 'client server pass 4 udp=53 size=4000 frag=1400' 'client server pass 6 udp=53 size=4000 frag=1400'
}
test_untracked_is_judged_without_state() {
	local steps
	fresh
	check nft -f - <<-END
		table inet raw {
			chain in {
				type filter hook prerouting priority raw
				meta l4proto udp notrack
			}
		}
		table bridge raw {
			chain in {
				type filter hook prerouting priority -300
				ether type { ip, ip6 } notrack
			}
		}
	END
	both_backends notrack
}

invalid() {
	local steps=()
	policy web "$(rule ingress server client 80/TCP 80/UDP)" "$(rule ingress far client 80/TCP 80/UDP)"
	for_each_tcp handshake
	frames "${steps[@]}" \
		'client server deny 4 tcp=1001:80 flags=A seq=1000000000 ack=501' \
		'server client deny 4 tcp=80:1001 flags=A seq=1000000000 ack=101' \
		'client far deny 6 tcp=1004:80 flags=A seq=1000000000 ack=501' \
		'far client deny 6 tcp=80:1004 flags=R seq=1000000000' \
		'client server deny 4 tcp=1001:80 flags=SF' \
		'client server deny 4 udp=80 bad-sum' 'client far deny 6 udp=80 bad-sum' 'server client deny 4 udp=80 bad-sum' \
		'client server pass 4 udp=80' \
		'plain other pass 4 udp=80 bad-sum' 'plain other pass 6 tcp=80 flags=SF' 'plain other pass 4 tcp=80 flags=R'
	counts 1 invalid frames 'client server deny 4 udp=80 bad-sum'
}
test_invalid_is_denied_where_an_end_is_enforced() { fresh && both_backends invalid; }

protocols() {
	policy web "$(rule ingress server client 80/SCTP)" "$(rule ingress far client 80/ANY)" "$(rule ingress other client)"
	frames 'client server pass 4 sctp=80' 'client server pass 6 sctp=80' 'client server deny 4 sctp=81' \
		'client server deny 4 udp=80' 'client server deny 4 tcp=80' 'client server deny 4 proto=253' \
		'client far pass 4 sctp=80' 'client far pass 6 udp=80' 'client far pass 4 tcp=80' 'client far deny 4 udp=81' \
		'client far deny 6 icmp=128' 'client far deny 4 proto=253' \
		'client other pass 4 proto=253' 'client other pass 6 proto=253' 'client other pass 4 proto=50' \
		'client other pass 6 icmp=128' 'client other pass 4 sctp=9' 'plain other deny 4 proto=253' \
		'plain other deny 6 proto=253'
}
test_protocols() { fresh && both_backends protocols; }

headers() {
	local server header steps=()
	web_opens
	for server in server far; do
		for header in 'opts=rr' 'opts=nop' 'opts=ra'; do
			steps+=("client $server pass 4 $header udp=80" "client $server deny 4 $header udp=81")
		done
		for header in hop dst hop,dst frag ra,dst,frag; do
			# The kernel's nf_conntrack_bridge loses whatever came in fragments below 1280 bytes,
			# so a lone fragment header too.
			case $server$header in server*frag) continue ;; esac
			steps+=("client $server pass 6 ext=$header udp=80" "client $server deny 6 ext=$header udp=81")
		done
	done
	frames "${steps[@]}"
}
test_options_and_extension_headers() { fresh && both_backends headers; }

fragments() {
	local server family steps=()
	web_opens
	for server in server far; do
		for family in 4 6; do
			steps+=("client $server pass $family udp=80 size=5000 frag=1400"
				"client $server deny $family udp=81 size=5000 frag=1400"
				"other $server deny $family udp=80 size=5000 frag=1400")
		done
	done
	frames "${steps[@]}"
}
test_fragments() { fresh && both_backends fragments; }

pings() { ping -q -c 1 -W 1 "$1"; }
# What is denied on its way out is an error of sending.
sends() { bash -c "echo >/dev/udp/$1/9"; }
host_talks() { # VERDICT
	local address
	for address in "${ip4[box]}" "${ip6[dock]}"; do
		if [ "$1" = pass ]; then check pings "$address"; else check_fails sends "$address"; fi
	done
}
host_answers() { # FROM VERDICT
	frames "$1 $1~icmp.0/0 $2 4 icmp=8 dst=10.1.0.1" "$1 $1~icmp.129/0 $2 6 icmp=128 dst=fd01::1" \
		"$1 $1~icmp.3/3 $2 4 udp=9 dst=10.2.0.1" "$1 $1~icmp.1/4 $2 6 udp=9 dst=fd02::1"
}
loopback_passes() {
	local address
	for address in ::1 fd01::1; do check pings $address; done
	counts 4 loopback check pings 10.1.0.1
}

host_unselected() {
	policy web "$(rule ingress server client)"
	host_answers client pass
	host_answers plain pass
	host_talks pass
	policy web "$(rule ingress box client)" "$(rule ingress dock client)"
	host_talks deny
	policy web "$(rule ingress box host)" "$(rule ingress dock host)"
	host_talks pass
	policy web "$(rule egress client nobody)"
	host_answers client deny
	host_answers plain pass
	policy web "$(rule egress client host)"
	host_answers client pass
	frames 'client server deny 4 udp=9'
	loopback_passes
}
test_host_that_no_policy_selects() { fresh && both_backends host_unselected; }

host_selected() {
	policy web "$(rule ingress host client)" "$(rule egress host box)"
	host_answers client pass
	host_answers other deny
	host_answers plain deny
	check pings "${ip4[box]}"
	check_fails sends "${ip6[dock]}"
	policy web "$(rule ingress host nobody)" "$(rule egress host nobody)"
	host_answers client deny
	host_talks deny
	loopback_passes
	# What is only forwarded is not the host's.
	frames 'client far pass 4 udp=80' 'far client pass 6 udp=81'
}
test_host_that_a_policy_selects() {
	fresh
	must twinctl endpoint add host --label reserved:host
	both_backends host_selected
}

# What a local program is told: for UDP, with the second datagram; the first is "not permitted".
told() { # WORDS tcp|udp ADDRESS
	local answer
	answer=$(bash -c "exec 3<>/dev/$2/$3/81 && echo >&3; echo >&3" 2>&1 || true)
	check grep -qi "$1" <<<"$answer"
}

rejects() {
	policy web "$(rule ingress far nobody)" "$(rule ingress server nobody)" "$(rule ingress host nobody)" "$(rule egress host nobody)"
	frames 'client client~10.2.0.11>10.1.0.11.tcp.81>1000.*R pass 4 dst=far tcp=1000:81' \
		'client client~fd02::11>fd01::11.tcp.81>1000.*R pass 6 dst=far tcp=1000:81' \
		'client client~icmp.3/13 pass 4 dst=far udp=81' 'client client~icmp.1/1 pass 6 dst=far udp=81' \
		'client client~icmp.3/13 pass 4 dst=far icmp=8' 'client client~icmp.1/1 pass 6 dst=far icmp=128' \
		'client far deny 4 udp=81' 'client far deny 6 tcp=81' \
		'client client~10.1.0.1>10.1.0.11.tcp.81>1001.*R pass 4 dst=10.1.0.1 tcp=1001:81' \
		'client client~fd01::1>fd01::11.tcp.81>1001.*R pass 6 dst=fd01::1 tcp=1001:81' \
		'client client~icmp.3/13 pass 4 dst=10.1.0.1 udp=81' 'client client~icmp.1/1 pass 6 dst=fd01::1 udp=81' \
		'client client deny 4 mac=02:00:00:00:00:0c dst=server udp=81' 'client server deny 4 udp=81'
	told refused tcp "${ip4[box]}"
	told refused tcp "${ip6[dock]}"
	told 'no route to host' udp "${ip4[box]}"
	told 'permission denied' udp "${ip6[dock]}"
}

# The packet that is too much is answered as well, to both ends.
rejects_ended() {
	local steps=()
	web_opens
	handshake far 4 1000
	handshake far 6 1001
	frames "${steps[@]}" 'client far pass 4 udp=1000:80' 'far client pass 4 udp=80:1000'
	web_closes
	frames 'far far~icmp.3/13 pass 4 dst=client udp=80:1000' \
		'client client~icmp.3/13 pass 4 dst=far udp=1000:80' \
		'client client~tcp.80>1000.*R pass 4 dst=far tcp=1000:80 flags=PA seq=101 ack=501' \
		'client client~tcp.80>1001.*R pass 6 dst=far tcp=1001:80 flags=PA seq=101 ack=501' \
		'client far deny 4 tcp=1000:80 flags=PA seq=101 ack=501'
}
test_reject() {
	fresh
	must twinctl endpoint add host --label reserved:host
	must twinctl mode set --deny reject
	both_backends rejects
	both_backends rejects_ended
}
test_audit_passes_and_reports() { fresh && both_backends audit; }

wire_start
run_tests "$0" "$@"
