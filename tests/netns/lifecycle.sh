#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# vm: --smp 2
#
# Comings and goings: of the module, of namespaces, of the daemon, and of conntrack's entries. In a guest.
set -eu
. tests/vm/lib.sh
. tests/netns/network.sh
. tests/netns/traffic.sh

hostile=$PWD/build/tests/netns/hostile
object=$PWD/build/judge.bpf.o

references() { cat /sys/module/twinpath/refcnt; }
references_are() { [ "$(references)" -eq "$1" ]; }
loaded() { grep -q '^twinpath ' /proc/modules; }

# Of a daemon in a namespace.
control() { # NAMESPACE OPTION...
	local inode
	inode=$(stat -Lc %i "/run/netns/$1")
	shift
	twinctl --socket "/run/twinpath/$inode/control.sock" "$@"
}

test_loaded_and_unloaded() {
	# Plain commands: a failing one ends the test as well, and each process costs time in emulation.
	for _ in {1..20}; do
		modprobe twinpath
		rmmod twinpath
	done
	ns_add held
	for _ in {1..5}; do
		modprobe twinpath
		ns_exec held "$hostile" enforce "$object"
		check_fails rmmod twinpath
		ip netns delete held
		# What the namespace held is given back by a work queue.
		wait_until 10 rmmod twinpath
		ip netns add held
	done
}

# A namespace that goes with the traffic through it, and with nobody to say goodbye.
test_dying_namespaces() {
	local i before client deaths=8
	[ "${CHECK_ALL:-}" != yes ] || deaths=20
	check modprobe twinpath
	before=$(references)
	for ((i = 1; i <= deaths; i++)); do
		ip netns add "dying$i"
		ns_made=("dying$i")
		ip -batch - <<-END
			link add to-dying type veth peer name eth0 netns dying$i
			address add 10.3.0.1/24 dev to-dying
			link set to-dying up
		END
		ip -n "dying$i" -batch - <<-END
			link set lo up
			link set eth0 up
			address add 10.3.0.2/24 dev eth0
		END
		ns_exec "dying$i" "$hostile" enforce "$object"
		ns_exec "dying$i" traffic server --port 80 &
		wait_until 10 traffic client --to 10.3.0.2 --port 80 --udp --count 1 --deadline 200
		traffic client --to 10.3.0.2 --port 80 --udp --rate 500 --seconds 10 >/dev/null 2>&1 &
		client=$!
		[ "$(references)" -gt "$before" ]
		ip netns pids "dying$i" | xargs -r kill -KILL
		ip netns delete "dying$i"
		kill -KILL "$client"
		wait "$client" 2>/dev/null || true
		ip link delete to-dying 2>/dev/null || true
	done
	ns_made=()
	wait_until 20 references_are "$before"
	check_fails ip link show to-dying
}

server_of() { # NAMESPACE PORT...
	local name=$1 port
	shift
	for port; do
		ns_exec "$name" traffic server --address :: --port "$port" &
	done
}

reaches() { # FROM TO PORT pass|deny
	ns_exec "$1" traffic client --to "$2" --port "$3" --tcp-connects --count 1 --expect "$4"
}

# left lets right in by port 81 only, right lets left in by port 80 only.
policy_of() { # SUBJECT PEER PORT
	cat <<-END
		- endpointSelector: {matchLabels: {id: $1}}
		  ingress:
		    - fromEndpoints: [{matchLabels: {id: $2}}]
		      toPorts: [{ports: [{port: "$3", protocol: TCP}]}]
	END
}

test_two_namespaces() {
	local name
	ns_add left
	ns_add right
	ip -n left link add eth0 type veth peer name eth0 netns right
	address_add eth0 10.4.0.1/24 left
	address_add eth0 10.4.0.2/24 right
	for name in left right; do
		ip -n $name link set eth0 up
		server_of $name 80 81
		daemon_start $name 2>>"$log"
		control $name endpoint add left --label id=left --address 10.4.0.1
		control $name endpoint add right --label id=right --address 10.4.0.2
	done
	policy_of left right 81 | control left policy apply - --name gate
	policy_of right left 80 | control right policy apply - --name gate
	check control left policy delete gate
	policy_of left right 81 | control left policy apply - --name gate
	check test "$(control left --json status | jq .module.generation)" -gt "$(control right --json status | jq .module.generation)"

	check reaches left 10.4.0.2 81 pass
	check control left mode set enforce
	check reaches right 10.4.0.1 80 deny
	check reaches right 10.4.0.1 81 pass
	# right has a policy, but does not enforce it.
	check reaches left 10.4.0.2 81 pass
	check control right mode set enforce
	check control right backend set bpf
	check reaches left 10.4.0.2 81 deny
	check reaches left 10.4.0.2 80 pass
	check reaches right 10.4.0.1 80 deny
	check test "$(control left --json status | jq -r .module.backend)" = nft
	check ns_exec left nft flush ruleset
	check reaches left 10.4.0.2 81 deny
	check test "$(control right --json status | jq -r .module.fallbacks)" = 0

	# The daemon goes with a kill, the namespace after it; the other one does not notice.
	ip netns pids left | xargs kill -KILL
	ip netns delete left
	ns_made=(right)
	check control right status
	check test "$(control right --json status | jq -r .module.mode)" = enforce
}

test_daemon_is_killed_under_traffic() {
	local before
	study
	before=$(status_of '[.module.generation, .module.nft, .module.bpf, .module.program_id, .module.mode]')
	flows_start
	kill -KILL "$(daemon_pid)"
	sleep 2
	check ns_exec app2 traffic client --to "${container4[app1]}" --port 80 --tcp-connects --count 2
	check ns_exec app3 traffic client --to "${container4[app1]}" --port 80 --tcp-connects --count 2 --expect deny
	daemon_again
	check test "$(status_of '[.module.generation, .module.nft, .module.bpf, .module.program_id, .module.mode]')" = "$before"
	sleep 1
	flows_end
	check test "$(status_of '.module.fallbacks + .module.failures')" = 0
}

test_conntrack_is_flushed_under_traffic() {
	study
	flows_start
	for _ in {1..20}; do
		check conntrack -F
		sleep 0.1
	done
	flows_end
}

test_module_is_held_while_enforcing() {
	study
	check_fails rmmod twinpath
	check_fails modprobe -r twinpath
	check twinctl mode set audit
	check_fails rmmod twinpath
	check twinctl mode set off
	# The anchor holds it still.
	check_fails rmmod twinpath
	kill "$(daemon_pid)"
	wait_until 10 sh -c "! kill -0 $(daemon_pid)"
	check_fails rmmod twinpath
	check nft delete table inet twinpath
	wait_until 10 rmmod twinpath
	check_fails loaded
	daemon_again
	check agreed
	check twinctl mode set enforce
	check reaches app3 "${container4[app1]}" 80 deny
	check reaches app2 "${container4[app1]}" 80 pass
	check_fails rmmod twinpath
}

run_tests "$0" "$@"
