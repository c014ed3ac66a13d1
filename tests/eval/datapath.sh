#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/eval/datapath.sh [TEST...]: each datapath of twineval but twinpath's, as root on the running kernel,
# in namespaces of its own: routed, local in, bridge; without entries, with 1 and with 200. A datapath that this
# kernel cannot run is skipped and says why. IPv4; datapath6.sh is the same for IPv6, and may run beside it.
set -eu
cd "$(dirname "$0")/../.."
. tests/vm/lib.sh

PATH=$PWD/build:$PWD/build/tests/eval:$PATH
prefix=datapath-$$
family=${family:-4}
# Legacy iptables has one lock for all namespaces, and no patience with who holds it.
XTABLES_LOCKFILE=$(mktemp)
export XTABLES_LOCKFILE
trap 'rm -f "$XTABLES_LOCKFILE"' EXIT

# network HOOK FAMILY: client, filter unless the server filters, and server, with servers on both ports.
network() {
	case $1$2 in
	forward4) client=10.1.1.2 server=10.1.2.2 near=10.1.1.1 far=10.1.2.1 length=24 ;;
	forward6) client=fd01:1::2 server=fd01:2::2 near=fd01:1::1 far=fd01:2::1 length=64 ;;
	*4) client=10.1.1.2 server=10.1.1.3 length=24 ;;
	*6) client=fd01:1::2 server=fd01:1::3 length=64 ;;
	esac
	client_ns=$prefix-client server_ns=$prefix-server filter_ns=$prefix-filter filter_in=left
	ns_add $client_ns
	ns_add $server_ns
	if [ "$1" = local-in ]; then
		filter_ns=$server_ns filter_in=eth0
		ip -n $client_ns link add eth0 type veth peer name eth0 netns $server_ns
	else
		ns_add $filter_ns
		ip -n $filter_ns link add left type veth peer name eth0 netns $client_ns
		ip -n $filter_ns link add right type veth peer name eth0 netns $server_ns
	fi
	address_add eth0 $client/$length $client_ns
	address_add eth0 $server/$length $server_ns
	ip -n $client_ns link set eth0 up
	ip -n $server_ns link set eth0 up
	"network_$(tr - _ <<<"$1")"
	ns_exec $server_ns traffic server --address $server --port 5201 &
	disown
	ns_exec $server_ns traffic server --address $server --port 5209 &
	disown
	wait_until 10 listens 5201
	wait_until 10 listens 5209
	# A link has its carrier some time after it was set up.
	wait_until 30 passes 5201
	wait_until 30 passes 5209
}

passes() { ns_exec $client_ns traffic client --to $server --port "$1" --tcp-connects --count 1 --deadline 60000; }

listens() { ns_exec $server_ns ss -Hltn "sport = $1" | grep -q .; }

network_forward() {
	address_add left $near/$length $filter_ns
	address_add right $far/$length $filter_ns
	ip -n $filter_ns link set left up
	ip -n $filter_ns link set right up
	ns_exec $filter_ns sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	ip -n $client_ns route add default via $near
	ip -n $server_ns route add default via $far
}

network_bridge() {
	ip -n $filter_ns link add br0 type bridge stp_state 0 forward_delay 0
	ip -n $filter_ns link set left master br0 up
	ip -n $filter_ns link set right master br0 up
	ip -n $filter_ns link set br0 up
}

network_local_in() { :; }

# run load|check DATAPATH HOOK FAMILY SHAPE ENTRIES: in a new network; skips what is not able.
run() {
	local status=0
	network "$3" "$4"
	datapath_run "$@" $client_ns $client $server_ns $server $filter_ns $filter_in >"$TEST_TMP/said" || status=$?
	cat "$TEST_TMP/said"
	[ $status -ne 77 ] || skip "$(cat "$TEST_TMP/said")"
	[ $status -eq 0 ] || exit 1
	ns_clean
}

# Entries of addresses in three sizes, and of ports in one.
all_sizes() { # DATAPATH HOOK FAMILY
	local entries
	for entries in 0 1 200; do
		run check "$@" policies $entries
	done
	run check "$@" ports 200
}

# Of those whose cost does not grow with their entries.
in_time() { # DATAPATH FAMILY
	local took TIMEFORMAT='%U %S'
	{ time run load "$1" forward "$2" policies 100000 2>&3; } 3>&2 2>"$TEST_TMP/took"
	# Of a processor, not of a clock: others may be at work.
	took=$(awk '{ print int($1 + $2) }' "$TEST_TMP/took")
	if [ "$took" -gt 20 ]; then
		echo "100,000 entries took $took s" && exit 1
	fi
}

# The tests: test_DATAPATH_HOOK_FAMILY, and test_DATAPATH_load_FAMILY.
names=()
for datapath in $(datapath_run list | grep -v ^twinpath); do
	for hook in forward bridge local-in; do
		name=${datapath//-/_}_${hook//-/_}_$family
		eval "test_$name() { all_sizes $datapath $hook $family; }"
		names+=("$name")
	done
done
for datapath in nft-set nft-vmap nft-labels ipset tc-bpf; do
	name=${datapath//-/_}_load_$family
	eval "test_$name() { in_time $datapath $family; }"
	names+=("$name")
done

[ $# -gt 0 ] || set -- "${names[@]}"
run_tests "$0" "$@"
