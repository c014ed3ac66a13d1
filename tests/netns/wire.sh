# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Two bridges of the host, real containers on them, and a namespace "wire" full of bare ends from which
# frames.py sends what it likes. Sourced after tests/vm/lib.sh, in a guest. It is made once a file
# (session.sh):
#
#	wire_start                 at the top of the file; ended when the script ends
#	test_x() { fresh; both_backends x; }
#
# br0 10.1.0.1 fd01::1    ends client .11, server .12, other .13, fence-a, fence-b; containers box .21, cart .22
# br1 10.2.0.1 fd02::1    ends far .11; container dock .21
#
# Each end and container is an endpoint of its own name with the label app=NAME; plain .14 is in no one's list.

. tests/netns/session.sh
frames=tests/netns/frames.py

declare -A ip4=() ip6=()

place() { # NAME BRIDGE NUMBER
	local net=$((${2#br} + 1))
	ip4[$1]=10.$net.0.$3 ip6[$1]=fd0$net::$3
	links_made+=("veth-$1")
}

mac_of() { printf '02:00:00:%02x:00:%02x' "${1#br}" "$2"; }

# ends NAME/BRIDGE/NUMBER...: the lines for ip, for ip in "wire", and for bridge, in three files: a process
# for each would cost minutes in emulation. The host knows the neighbour, and the bridge the port, for good:
# a forged source must not teach them.
ends() {
	local end name bridge number mac
	for end; do
		IFS=/ read -r name bridge number <<<"$end"
		place "$name" "$bridge" "$number"
		mac=$(mac_of "$bridge" "$number")
		printf '%s %s %s %s %s %s\n' "$name" "$mac" "${ip4[$name]}" "${ip6[$name]}" "$bridge" "$(mac_of "$bridge" 1)" >>"$WIRE"
		echo "link add veth-$name master $bridge up type veth peer name $name address $mac netns wire" >&3
		echo "neigh replace ${ip4[$name]} lladdr $mac dev $bridge nud permanent" >&3
		echo "neigh replace ${ip6[$name]} lladdr $mac dev $bridge nud permanent" >&3
		echo "link set $name up" >&4
		echo "fdb replace $mac dev veth-$name master static" >&5
	done
}

# box NAME BRIDGE NUMBER: a container, as container_add makes it.
box() {
	local name=$1 bridge=$2
	place "$@"
	ip netns add "$name"
	ns_made+=("$name")
	ns_exec "$name" sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
	ip link add "veth-$name" master "$bridge" up type veth peer name eth0 netns "$name"
	ip -n "$name" -batch - <<-END
		link set lo up
		link set eth0 up
		address add ${ip4[$name]}/24 dev eth0
		address add ${ip6[$name]}/64 dev eth0 nodad
		route add default via ${ip4[$name]%.*}.1
		route add default via ${ip6[$name]%::*}::1
	END
}

wire_network() {
	sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
		net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 \
		net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 \
		net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.default.send_redirects=0 \
		net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
	# Not in a namespace of its own, on kernels where it is one limit for all.
	sysctl -qew net.ipv4.icmp_msgs_per_sec=100000
	ip netns add wire
	ns_made+=(wire)
	ns_exec wire sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
	links_made+=(br0 br1)
	# Addresses of their own: else a bridge takes the lowest of its ports'. Without snooping reports of
	# listeners go to every port.
	ip -batch - <<-END
		link add br0 address $(mac_of br0 1) type bridge stp_state 0 forward_delay 0 mcast_snooping 0
		link add br1 address $(mac_of br1 1) type bridge stp_state 0 forward_delay 0
		address add 10.1.0.1/24 dev br0
		address add fd01::1/64 dev br0 nodad
		address add 10.2.0.1/24 dev br1
		address add fd02::1/64 dev br1 nodad
		link set br0 up
		link set br1 up
	END
	ends client/br0/11 server/br0/12 other/br0/13 plain/br0/14 fence-a/br0/15 fence-b/br0/16 far/br1/11 \
		3>"$session_tmp/host" 4>"$session_tmp/wire" 5>"$session_tmp/bridge"
	ip -batch "$session_tmp/host"
	ip -n wire -batch "$session_tmp/wire"
	bridge -batch "$session_tmp/bridge"
	box box br0 21
	box cart br0 22
	box dock br1 21
}

# endpoints [NAME PORT]: as the network has them; NAME with its bridge port.
# shellcheck disable=SC2120
endpoints() {
	local name
	for name in client server other far box cart dock; do
		printf -- '- {name: %s, labels: {app: %s}, addresses: ["%s", "%s"]' "$name" "$name" "${ip4[$name]}" "${ip6[$name]}"
		[ "$name" != "${1-}" ] || printf ', port: %s' "$2"
		printf '}\n'
	done >"$session_tmp/endpoints.yaml"
	must twinctl endpoint add --file "$session_tmp/endpoints.yaml"
}

wire_start() {
	export WIRE=$session_tmp/ends
	session_start wire_network
	# Read and written by every test, each in a shell of its own.
	mkfifo "$session_tmp/steps" "$session_tmp/answers"
	nsenter --net=/run/netns/wire -- "$frames" --serve <"$session_tmp/steps" >"$session_tmp/answers" &
	disown
	exec 8>"$session_tmp/steps" 9<"$session_tmp/answers"
	endpoints
	# A policy that selects nobody, so that there is always a generation.
	policy base "$(rule ingress nobody nobody)"
}

selector() {
	case $1 in
	host) printf '{matchLabels: {"reserved:host": ""}}' ;;
	world) printf '{matchLabels: {"reserved:world": ""}}' ;;
	*) printf '{matchLabels: {app: %s}}' "$1" ;;
	esac
}

# rule SECTION SUBJECT PEER [PORT/PROTOCOL]...: one object of a policy. PEER any is every peer; nobody: what
# nothing matches, so that the direction is enforced and nothing is allowed.
rule() {
	local section=$1 subject=$2 peer=$3 ports='' port from=fromEndpoints body=''
	shift 3
	case $section in egress*) from=toEndpoints ;; esac
	for port; do ports+="{port: \"${port%/*}\", protocol: ${port#*/}}, "; done
	[ "$peer" = any ] || body="$from: [$(selector "$peer")]"
	[ -z "$ports" ] || body+="${body:+, }toPorts: [{ports: [${ports%, }]}]"
	printf -- '- {endpointSelector: %s, %s: [{%s}]}\n' "$(selector "$subject")" "$section" "$body"
}

# policy NAME RULE...: applies it.
policy() {
	local name=$1
	shift
	printf '%s\n' "$@" >"$TEST_TMP/policy.yaml"
	must twinctl policy apply --name "$name" "$TEST_TMP/policy.yaml"
}

# frames STEP...: all of them as expected, or the test ends.
frames() {
	local line wrong=''
	printf '%s\n' "$@" '' >&8
	while read -r line <&9 || line='frames.py has ended'; do
		[ "$line" != . ] || break
		wrong+=$line$'\n'
		[ "$line" != 'frames.py has ended' ] || break
	done
	[ -z "$wrong" ] || {
		printf 'failed at %s:%s:\n%s' "${BASH_SOURCE[1]##*/}" "${BASH_LINENO[0]}" "$wrong"
		exit 1
	}
}

# handshake SERVER FAMILY PORT: of TCP, appended to steps.
handshake() {
	steps+=("client $1 pass $2 tcp=$3:80 flags=S seq=100"
		"$1 client pass $2 tcp=80:$3 flags=SA seq=500 ack=101"
		"client $1 pass $2 tcp=$3:80 flags=A seq=101 ack=501")
}

# for_each_tcp FUNCTION [VERDICT]: FUNCTION server|far FAMILY PORT VERDICT
for_each_tcp() {
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
