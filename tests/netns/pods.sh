# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with lib.sh and session.sh
#
# Pods on a bridge and a world behind a route, with documents as a user writes them; each question is asked
# of the packets, of both backends, and of the documents. Sourced after tests/vm/lib.sh, in a guest:
#
#	session_start pods_network     at the top of the file
#	test_x() { fresh_pods; both_backends x; }
#	x() { policies name <<END; asks <<END; }
#
# br0 10.1.0.1 fd01::1     pods web .11, api .12, db .13 of namespace shop, tool .14 and job .15 of ops;
#                          plain .16, an endpoint without labels
# world 10.9.A.B fd09::A:B (hexadecimal) behind the host, in questions @A.B; no endpoint
# services 10.96.0.N fd96::N of pod .N, by services_on

. tests/netns/session.sh

declare -A ip4=([host]=10.1.0.1 [web]=10.1.0.11 [api]=10.1.0.12 [db]=10.1.0.13 [tool]=10.1.0.14 [job]=10.1.0.15 [plain]=10.1.0.16)
declare -A ip6=([host]=fd01::1 [web]=fd01::11 [api]=fd01::12 [db]=fd01::13 [tool]=fd01::14 [job]=fd01::15 [plain]=fd01::16)
pods="web api db tool job plain"

no_dad_in() { ns_exec "$1" sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0; }

pod() { # NAME
	ns_made+=("$1") links_made+=("veth-$1")
	ip netns add "$1"
	no_dad_in "$1"
	ip link add "veth-$1" master br0 up type veth peer name eth0 netns "$1"
	ip -n "$1" -batch - <<-END
		link set lo up
		link set eth0 up
		address add ${ip4[$1]}/24 dev eth0
		address add ${ip6[$1]}/64 dev eth0 nodad
		route add default via ${ip4[host]}
		route add default via ${ip6[host]}
	END
}

# Each address below the two prefixes is its own: a program binds to whichever it likes.
world() {
	ns_made+=(world) links_made+=(veth-world)
	ip netns add world
	no_dad_in world
	ns_exec world sysctl -qw net.ipv6.ip_nonlocal_bind=1
	ip -batch - <<-END
		link add veth-world type veth peer name eth0 netns world
		address add 10.254.0.1/24 dev veth-world
		address add fdfe::1/64 dev veth-world nodad
		link set veth-world up
	END
	ip -n world -batch - <<-END
		link set lo up
		link set eth0 up
		address add 10.254.0.2/24 dev eth0
		address add fdfe::2/64 dev eth0 nodad
		route add local 10.9.0.0/16 dev lo
		route add local fd09::/96 dev lo
		route add default via 10.254.0.1
		route add default via fdfe::1
	END
	ip -batch - <<-END
		route add 10.9.0.0/16 via 10.254.0.2
		route add fd09::/96 via fdfe::2
	END
}

pods_network() {
	local name
	no_dad
	sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.conf.all.send_redirects=0 \
		net.ipv4.conf.default.send_redirects=0
	links_made+=(br0)
	ip -batch - <<-END
		link add br0 type bridge stp_state 0 forward_delay 0
		address add ${ip4[host]}/24 dev br0
		address add ${ip6[host]}/64 dev br0 nodad
		link set br0 up
	END
	for name in $pods; do pod "$name"; done
	world
}

# As kube-proxy does: also from a pod to itself.
services_on() {
	check nft -f - <<-END
		table inet services {
			chain in {
				type nat hook prerouting priority dstnat
				dnat ip to ip daddr map { 10.96.0.11 : ${ip4[web]}, 10.96.0.14 : ${ip4[tool]} }
				dnat ip6 to ip6 daddr map { fd96::11 : ${ip6[web]}, fd96::14 : ${ip6[tool]} }
			}
			chain out {
				type nat hook postrouting priority srcnat
				ip saddr . ip daddr { ${ip4[web]} . ${ip4[web]}, ${ip4[tool]} . ${ip4[tool]} } masquerade
				ip6 saddr . ip6 daddr { ${ip6[web]} . ${ip6[web]}, ${ip6[tool]} . ${ip6[tool]} } masquerade
			}
		}
	END
}

# What follows starts few processes, since each costs a tenth of a second in emulation and more.

# pod_document NAME NAMESPACE LABELS [PORTS]
pod_document() {
	printf '%s\n' 'apiVersion: v1' 'kind: Pod' "metadata: {name: $1, namespace: $2, labels: $3}" \
		"spec: {containers: [{name: c, image: none, ports: [${4-}]}]}" \
		"status: {phase: Running, podIP: ${ip4[$1]}, podIPs: [{ip: ${ip4[$1]}}, {ip: \"${ip6[$1]}\"}]}" ---
}

# The inventory, as kubectl prints it and as a user writes what is no Pod.
inventory() {
	printf '%s\n' 'apiVersion: v1' 'kind: Namespace' 'metadata: {name: shop, labels: {team: sales}}' --- \
		'apiVersion: v1' 'kind: Namespace' 'metadata: {name: ops, labels: {team: care}}' ---
	pod_document web shop '{app: web, tier: front}' \
		'{name: http, containerPort: 8080}, {name: dns, containerPort: 53, protocol: UDP}'
	pod_document api shop '{app: api, tier: back}' '{name: http, containerPort: 9090}'
	pod_document db shop '{app: db, tier: back}' '{name: http, containerPort: 8080, protocol: UDP}'
	pod_document tool ops '{app: tool, tier: front}'
	pod_document job ops '{app: job}'
	printf -- '- {name: plain, addresses: ["%s", "%s"]}\n' "${ip4[plain]}" "${ip6[plain]}"
}

# As session.sh's, and the inventory is as above, in $TEST_TMP/inventory.yaml.
fresh_pods() {
	fresh
	inventory >"$TEST_TMP/inventory.yaml"
	mkdir "$TEST_TMP/documents"
	printf '%s\n' 'mode set --default-deny off' "endpoint add --file $TEST_TMP/inventory.yaml" >"$TEST_TMP/batch"
	must twinctl batch "$TEST_TMP/batch"
}

# policies NAME: applies standard input, and keeps it for those who are asked.
policies() {
	printf '%s\n' "$(</dev/stdin)" >"$TEST_TMP/documents/$1.yaml"
	must twinctl policy apply "$TEST_TMP/documents/$1.yaml"
}

# address_of VARIABLE NAME FAMILY
address_of() {
	local place=${2#@}
	case $2$3 in
	@*4) printf -v "$1" '10.9.%s' "$place" ;;
	@*6) printf -v "$1" 'fd09::%x:%x' "${place%.*}" "${place#*.}" ;;
	*4) printf -v "$1" '%s' "${ip4[$2]}" ;;
	*6) printf -v "$1" '%s' "${ip6[$2]}" ;;
	esac
}

namespace_of() { # VARIABLE NAME
	case $2 in
	host) printf -v "$1" - ;;
	@*) printf -v "$1" world ;;
	*) printf -v "$1" '%s' "$2" ;;
	esac
}

# question FROM TO PORT VERDICT FAMILY: what each is asked, and wants to hear.
question() {
	local port=$3 client server from to dial kind number service=${2#service-}
	[ "$port" != ping ] || { port=icmp/8 && [ "$5" = 4 ] || port=icmpv6/128; }
	kind=${port#*/} number=${port%/*}
	case $port in icmp*) kind=${port%/*} number=${port#*/} ;; esac
	address_of client "$1" "$5"
	address_of server "$service" "$5"
	namespace_of from "$1"
	namespace_of to "$service"
	dial=$server
	[ "$service" = "$2" ] || { dial=${server/#10.1./10.96.} && dial=${dial/#fd01:/fd96:}; }
	echo "$from $client $to $server $kind $number ${4/audit/pass} $dial" >&3
	[ "$1" != host ] || client=host
	[ "$2" != host ] || server=host
	asked+=("--from $client --to $server --port $port")
	wanted+=("${4/pass/allow}")
}

# What both backends say, or else the simulator.
said='if .classification then [.classification[].judgement.verdict] | unique | join(" or ") else .verdict end'

# agree WHO COMMAND...: what is said to the command with each question is what is wanted, or the test ends.
agree() {
	local who=$1 i wrong='' answers
	shift
	printf "$* %s\n" "${asked[@]}" >"$TEST_TMP/batch"
	mapfile -t answers < <(twinctl --json batch "$TEST_TMP/batch" | jq -r "$said")
	for i in "${!wanted[@]}"; do
		[ "${answers[i]-nothing}" = "${wanted[i]}" ] ||
			wrong+="$who says ${answers[i]-nothing}, not ${wanted[i]}: ${asked[i]}"$'\n'
	done
	[ -z "$wrong" ] || { printf '%s' "$wrong" && exit 1; }
}

# asks: of standard input, lines "FROM TO PORT pass|deny|audit [4|6]"; PORT is N/tcp, N/udp, N/sctp, icmp/TYPE,
# icmpv6/TYPE or ping; TO is service-NAME where the client is to be told another address of NAME. The documents
# are asked once, since they know of no backend.
simulated=''
asks() {
	local from to port verdict family one asked=() wanted=()
	while read -r from to port verdict family; do
		for one in ${family:-4 6}; do
			question "$from" "$to" "$port" "$verdict" "$one"
		done
	done 3>"$TEST_TMP/packets"
	[ "$backend" = bpf ] ||
		agree "the simulator" policy trace -f "$TEST_TMP/inventory.yaml" -f "$TEST_TMP/documents" "$simulated"
	agree classify classify
	[ "${packets-}" = no ] || build/tests/netns/ask <"$TEST_TMP/packets" || exit 1
}
