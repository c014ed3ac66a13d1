# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The study's network: containers on a Linux bridge, labelled app1, app2 and app3, and one
# without labels. Sourced after tests/vm/lib.sh, in a guest.

containers="app1 app2 app3 plain"
declare -A container4=([app1]=10.1.0.11 [app2]=10.1.0.12 [app3]=10.1.0.13 [plain]=10.1.0.14)
declare -A container6=([app1]=fd01::11 [app2]=fd01::12 [app3]=fd01::13 [plain]=fd01::14)

PATH=$PWD/build:$PATH

study_network() {
	local name
	bridge_add br0 10.1.0.1/24 fd01::1/64
	for name in $containers; do
		container_add "$name" br0 "${container4[$name]}/24" "${container6[$name]}/64"
	done
}

# Echoes TCP and UDP on port 80 of every container.
study_servers() {
	local name
	for name in $containers; do
		nsenter --net="/run/netns/$name" traffic server --address :: --port 80 &
		disown
	done
}

study_endpoints() {
	local name
	for name in app1 app2 app3; do
		twinctl endpoint add "$name" --label "id=$name" --address "${container4[$name]}" \
			--address "${container6[$name]}" --port "veth-$name" >/dev/null
	done
	twinctl endpoint add plain --address "${container4[plain]}" --address "${container6[plain]}" \
		--port veth-plain >/dev/null
}

daemon_answers() { twinctl ${1:+--socket "$1"} status >/dev/null; }

# daemon_start [NAMESPACE [OPTION]...]: in the background; comes back when it answers. PATIENCE is how
# many seconds that may take.
daemon_start() {
	local namespace=${1-} inode socket=
	[ $# -eq 0 ] || shift
	modprobe twinpath
	if [ -n "$namespace" ]; then
		inode=$(stat -Lc %i "/run/netns/$namespace")
		socket=/run/twinpath/$inode/control.sock
		nsenter --net="/run/netns/$namespace" twinpathd "$@" &
	else
		twinpathd "$@" &
	fi
	daemon_pid=$!
	wait_until "${PATIENCE:-20}" daemon_answers "$socket"
}

daemon_stop() {
	kill "$daemon_pid"
	wait "$daemon_pid" || true
}

# policy_of PEERS PORTS: a policy of so many times so many entries, and its endpoints, in $TEST_TMP.
policy_of() {
	jq -n --argjson peers "$1" '[{name: "server", labels: {id: "server"}, addresses: ["10.9.0.1"]},
		(range($peers) | {name: "peer\(.)", labels: {id: "peer\(.)"},
			addresses: ["10.10.\(. / 250 | floor).\(. % 250 + 1)"]})]' >"$TEST_TMP/endpoints.json"
	jq -n --argjson peers "$1" --argjson ports "$2" '{endpointSelector: {matchLabels: {id: "server"}},
		ingress: [{fromEndpoints: [range($peers) | {matchLabels: {id: "peer\(.)"}}],
			toPorts: [{ports: [range($ports) | {port: (. + 10000 | tostring), protocol: "TCP"}]}]}]}' \
		>"$TEST_TMP/policy.json"
}
