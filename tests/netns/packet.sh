#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Packets by themselves: what has no state, what conntrack cannot place, protocols, headers and fragments, the
# host's own, and what a sender is told. In a guest: tests/vm/run --smp 2 -- bash tests/netns/packet.sh [NAME...]
# shellcheck disable=SC2317 # run_tests calls the tests
set -eu
. tests/vm/lib.sh
. tests/netns/wire.sh

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
	policy web "$(rule ingress server client 0/UDP)"
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
	# Enforced is also an end that lets pass what no rule denies.
	policy web "- {endpointSelector: $(selector server), enableDefaultDeny: {ingress: false}, ingressDeny: [{fromEndpoints: [$(selector far)]}]}"
	frames 'client server pass 4 udp=80' 'client server deny 4 udp=80 bad-sum' 'client server deny 6 tcp=80 flags=SF'
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

pings() { ping -q -c 1 -W "$(scaled 1)" "$1"; }
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
test_audit_passes_and_reports() { fresh && both_backends audit; }

wire_start
run_tests "$0" "$@"
