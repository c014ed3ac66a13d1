#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The bridge: each packet is judged once, what is not IP, forged sources, flooding. In a guest:
# tests/vm/run --smp 2 -- bash tests/netns/bridge.sh [NAME...]
# shellcheck disable=SC2317 # run_tests calls the tests
set -eu
. tests/vm/lib.sh
. tests/netns/wire.sh

# How much each reason's counter grew, as "allowed:1 judged:2"; but for neighbours, as which the fences count.
judged() { # CMD...
	local before
	before=$(twinctl --json counters)
	"$@"
	twinctl --json counters | jq -r --argjson before "$before" '
		def sums: reduce .reason[] as $row ({}; .[$row.reason] += $row.packets);
		($before | sums) as $before | sums | to_entries | map(.value -= ($before[.key] // 0) | select(.value > 0 and .key != "neighbour")) |
		map("\(.key):\(.value)") | sort | join(" ")'
}

# Each twice, so that a second packet of a known flow counts too.
bridged_once() { frames 'client server pass 4 udp=1000:80' 'client server pass 4 udp=1000:80' \
	'client server pass 6 udp=1000:80' 'client server pass 6 udp=1000:80'; }
routed_once() { frames 'client far pass 4 udp=1000:80' 'client far pass 4 udp=1000:80' \
	'client far pass 6 udp=1000:80' 'client far pass 6 udp=1000:80'; }
denied_once() { frames 'client server deny 4 udp=81' 'client far deny 6 udp=81'; }
replies_once() { frames 'server client pass 4 udp=80:1000' 'far client pass 6 udp=80:1000'; }

judged_once() { # EXTRA: what br_netfilter adds to the four that are bridged
	check test "$(judged bridged_once)" = "allowed:4${1:+ judged:4}"
	check test "$(judged routed_once)" = "allowed:4"
	check test "$(judged replies_once)" = "${1:+judged:1 }reply:2"
	check test "$(judged denied_once)" = "default_deny:2"
}
# The containers' own packets would be counted too: cut off until the test ends.
containers() { printf "link set veth-%s $1\n" box cart dock | ip -batch -; }
quiet() {
	containers down
	trap 'containers up; kill_jobs; ns_clean' EXIT
}
netfilter_calls() { sysctl -qw net.bridge.bridge-nf-call-iptables="$1" net.bridge.bridge-nf-call-ip6tables="$1"; }
web() { policy web "$(rule ingress server client 80/UDP)" "$(rule ingress far client 80/UDP)"; }
once() { judged_once ''; }
once_netfilter() { judged_once netfilter; }

test_each_packet_is_judged_once() {
	fresh
	quiet
	web
	[ ! -e /proc/sys/net/bridge ] || netfilter_calls 0
	both_backends once
}

test_each_packet_is_judged_once_with_br_netfilter() {
	modprobe -q br_netfilter || skip "no br_netfilter"
	fresh
	quiet
	web
	trap 'netfilter_calls 0; containers up; kill_jobs; ns_clean' EXIT
	netfilter_calls 1
	both_backends once_netfilter
	# Fragments are put together and taken apart again by br_netfilter or by conntrack, not by both.
	frames 'client server pass 4 udp=80 size=5000 frag=1400' 'client server deny 4 udp=81 size=5000 frag=1400' \
		'client far pass 4 udp=80 size=5000 frag=1400'
}

one_tag() {
	frames 'client server pass 4 vlan=5 udp=80' 'client server deny 4 vlan=5 udp=81' \
		'client server pass 6 vlan=5 udp=80' 'client server deny 6 vlan=5 udp=81' \
		'client server pass 4 vlan=88a8:5 udp=80' 'client server deny 4 vlan=88a8:5 udp=81' \
		'client server deny 4 vlan=0 udp=81' 'client server pass 4 vlan=5 udp=80 size=5000 frag=1400' \
		'client server deny 4 vlan=5 udp=81 size=5000 frag=1400'
	# By interfaces of real containers too.
	check ns_exec box ping -q -c 1 -W "$(scaled 2)" 10.5.0.2
	policy tag "$(rule ingress vlan-cart nobody)"
	check_fails ns_exec box ping -q -c 1 -W 1 10.5.0.2
	must twinctl policy delete tag
}
test_one_vlan_tag_is_transparent() {
	local name number=0
	fresh
	web
	for name in box cart; do
		number=$((number + 1))
		ns_exec $name ip link show eth0.5 >/dev/null 2>&1 || ip -n $name -batch - <<-END
			link add link eth0 name eth0.5 up type vlan id 5
			address add 10.5.0.$number/24 dev eth0.5
		END
	done
	must twinctl endpoint add vlan-cart --label app=vlan-cart --address 10.5.0.2
	both_backends one_tag
}

ethertypes() {
	local frame double=('vlan=5 vlan=6 4 udp=80' 'vlan=88a8:5 vlan=6 4 udp=80' 'vlan=5 vlan=6 6 udp=80'
		'vlan=88a8:5 vlan=88a8:6 4 udp=80' 'vlan=5 vlan=88a8:6 4 udp=80' 'vlan=1 vlan=2 vlan=3 4 udp=80'
		'type=8863' 'type=8864' 'type=88b5' 'vlan=5 type=8864' 'type=8847' 'type=0022')
	must twinctl mode set --ethertypes deny
	steps=()
	for frame in "${double[@]}"; do steps+=("client server deny $frame" "plain other deny $frame"); done
	check test "$(judged frames "${steps[@]}")" = "ethertype:24"
	must twinctl mode set audit
	frames "${steps[@]/deny/pass}"
	must twinctl mode set enforce --ethertypes pass
	frames "${steps[@]/deny/pass}"
}
test_other_ethertypes() {
	local steps
	fresh
	quiet
	web
	both_backends ethertypes
}

neighbours() {
	policy web "$(rule ingress server nobody)" "$(rule egress client nobody)"
	frames 'plain server pass 6 ns' 'plain server pass 6 na' 'server client pass 6 ns' 'client server pass 6 ns' \
		'client server pass 6 ns dst=ff02::1:ff00:12 mac=33:33:ff:00:00:12' \
		'client server pass 6 ns src=:: dst=ff02::1:ff00:11 mac=33:33:ff:00:00:11' \
		'client server pass 6 rs src=fe80::1 dst=ff02::2 mac=33:33:00:00:00:02' \
		'client server pass 6 mld-report src=fe80::1 dst=ff02::16 mac=33:33:00:00:00:16' \
		'client server pass 6 mld-query src=fe80::1 dst=ff02::1 mac=33:33:00:00:00:01' \
		'client server pass 6 vlan=5 ns' 'client server pass type=0806' 'plain server pass type=0806' \
		'client server deny 6 ns ttl=64' 'plain server deny 6 ns ttl=64' 'plain server deny 6 na ttl=254' \
		'plain server deny 6 mld-report ttl=2' 'client server deny 6 icmp=128 ttl=255' \
		'plain other pass 6 ns ttl=64' 'plain other pass 6 mld-report ttl=2'
	check ns_exec box ping -q -c 1 -W "$(scaled 2)" "${ip6[cart]}"
}
test_neighbours_find_each_other() { fresh && both_backends neighbours; }

forged() {
	local steps=()
	# To another port, to the host, and by the host to another bridge.
	steps=('client server deny 4 src=other udp=80' 'client server deny 6 src=other udp=80'
		'client server deny 4 src=10.9.9.9 udp=80' 'client server deny 6 src=fd09::9 udp=80'
		'client server deny 6 src=fe80::1 udp=80' 'client server deny 4 vlan=5 src=other udp=80'
		'client server deny 4 src=other udp=80 size=5000 frag=1400'
		'client other~icmp.0/0 deny 4 src=other dst=10.1.0.1 mac=gw icmp=8'
		'client other~icmp.129/0 deny 6 src=other dst=fd01::1 mac=gw icmp=128'
		'client far deny 4 src=other udp=80' 'client far deny 6 src=other udp=80'
		'client server deny 4 src=10.1.0.1 udp=80')
	check test "$(judged frames "${steps[@]}")" = "forged:12"
	must twinctl mode set audit
	frames "${steps[@]/deny/pass}"
	must twinctl mode set enforce
	conntrack -F 2>/dev/null
	steps=('client server pass 4 udp=80' 'client server pass 6 udp=80' 'client far pass 4 udp=80'
		'client client~icmp.0/0 pass 4 dst=10.1.0.1 icmp=8' 'client client~icmp.129/0 pass 6 dst=fd01::1 icmp=128'
		'client server pass 4 src=0.0.0.0 dst=255.255.255.255 mac=ff:ff:ff:ff:ff:ff udp=68:67'
		'client server pass 6 src=:: ns dst=ff02::1:ff00:11 mac=33:33:ff:00:00:11'
		'client server pass 6 src=:: dst=ff02::fb mac=33:33:00:00:00:fb udp=5353'
		'client server pass 6 src=fe80::1 ns' 'client server pass 6 src=fe80::1 mld-report dst=ff02::16 mac=33:33:00:00:00:16'
		'other server pass 4 src=10.9.9.9 udp=80')
	check test "$(judged frames "${steps[@]}" | grep -c forged)" = 0
	# The unspecified source passes as not forged, and is judged like any other.
	policy web "$(rule ingress server client)"
	frames 'client server deny 4 src=0.0.0.0 udp=80' 'client server deny 6 src=:: udp=80' 'client server pass 4 udp=80'
	must twinctl policy delete web
}
test_forged_sources() {
	fresh
	quiet
	endpoints client veth-client
	both_backends forged
	endpoints
	frames 'client server pass 4 src=10.9.9.9 udp=80'
}

guarded() { frames 'client server deny 4 src=other udp=80' 'client far deny 6 src=other udp=80' 'client server pass 4 udp=80'; }
remade() {
	guarded
	ip link delete veth-client
	ends client/br0/11 3>"$TEST_TMP/host" 4>"$TEST_TMP/wire" 5>"$TEST_TMP/bridge"
	links_made=()
	ip -batch "$TEST_TMP/host"
	ip -n wire -batch "$TEST_TMP/wire"
	bridge -batch "$TEST_TMP/bridge"
	guarded
	# Under another name it is another port.
	ip link set veth-client down
	ip link set veth-client name veth-renamed up
	frames 'client server pass 4 src=other udp=80'
	ip link set veth-renamed down
	ip link set veth-renamed name veth-client up
	guarded
}
test_port_made_again_is_guarded() {
	fresh
	endpoints client veth-client
	both_backends remade
	endpoints
}

flooded() {
	local nowhere='mac=02:00:00:00:00:99'
	policy web "$(rule ingress server client 80/UDP)" "$(rule ingress client nobody)"
	frames "client server pass 4 $nowhere udp=80" "client server deny 4 $nowhere udp=81" \
		"client other deny 4 $nowhere dst=server udp=81" "client other pass 6 $nowhere dst=server udp=80" \
		"plain client deny 4 mac=ff:ff:ff:ff:ff:ff dst=server udp=80" "plain server deny 6 $nowhere udp=80" \
		"plain other pass 4 $nowhere udp=80"
	# A copy for each port but the sender's.
	check test "$(judged frames "client server deny 4 $nowhere udp=81")" = "default_deny:$ports"
	check test "$(judged frames "client server pass 4 $nowhere udp=80")" = "allowed:$ports"
}
test_flooded_copies_are_judged() {
	local ports
	fresh
	quiet
	ports=$(($(ip -o link show master br0 up | wc -l) - 1))
	both_backends flooded
}

wire_start
run_tests "$0" "$@"
