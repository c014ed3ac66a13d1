# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Helpers for tests that run as root in a guest, or on a machine that can load the module. A test file:
#
#	. tests/vm/lib.sh
#	test_ping() { bridge_add br0; container_add web br0 10.1.0.2/24 fd01::2/64; check ns_exec web ping -c1 … ; }
#	run_tests "$0" "$@"        # the last line, bare: under || or if, bash would ignore failing commands
#
# Each test runs in a subshell with set -eu, a folder $TEST_TMP of its own, and gets its namespaces and links removed.

ns_made=() links_made=()

# Sets log, a new file: without mktemp and rm, since a process takes some 50 ms in emulation. It goes with $TEST_TMP.
checks=0
log_new() {
	checks=$((checks + 1))
	log=${TEST_TMP:-/tmp}/check-$BASHPID-$checks
}

# check CMD...: silent when CMD succeeds; else ends the test with CMD's output. CMD may be a function: it
# runs in this shell, not in a copy.
check() {
	local status=0 log
	log_new
	"$@" >"$log" 2>&1 || status=$?
	if [ "$status" -ne 0 ]; then
		printf 'check failed (status %d) at %s:%s: %s\n' "$status" "${BASH_SOURCE[1]##*/}" "${BASH_LINENO[0]}" "$*"
		cat "$log"
		exit 1
	fi
}

# check_fails CMD...: the opposite.
check_fails() {
	local log
	log_new
	if "$@" >"$log" 2>&1; then
		printf 'should have failed at %s:%s: %s\n' "${BASH_SOURCE[1]##*/}" "${BASH_LINENO[0]}" "$*"
		cat "$log"
		exit 1
	fi
}

# scaled NUMBER: a limit for a quiet machine and a distribution's kernel, as long as it is where all takes longer.
scaled() { echo $(($1 * ${TIME_SCALE:-1})); }

# wait_until SECONDS CMD...: polls; ends the test when the time is over. The seconds are those of a quiet
# machine: since a limit is for hangs only, five times as many may pass, and TIME_SCALE times that. In a guest
# with virtual time the seconds are virtual, and leap while the guest is idle.
wait_until() {
	local limit=$(($(scaled "$1") * 5)) deadline output=
	deadline=$((${EPOCHREALTIME/[.,]/} + limit * 1000000))
	shift
	until output=$("$@" 2>&1); do
		if [ "${EPOCHREALTIME/[.,]/}" -ge "$deadline" ]; then
			printf 'not within %s s at %s:%s: %s\n%s\n' "$limit" "${BASH_SOURCE[1]##*/}" "${BASH_LINENO[0]}" "$*" "$output"
			exit 1
		fi
		sleep 0.05
	done
}

# skip REASON: ends the test as skipped; only ever after probing for a capability.
skip() {
	printf '%s' "$*" >"$TEST_TMP/skipped"
	exit 0
}

# ns_exec NAME CMD...: not "ip netns exec", which mounts a new /sys, without the pinned BPF objects.
ns_exec() {
	local name=$1
	shift
	nsenter --net="/run/netns/$name" -- "$@"
}

# Addresses are usable at once, link-local ones too.
no_dad() { sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0; }

ns_add() {
	ip netns add "$1"
	ns_made+=("$1")
	ns_exec "$1" sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
	ip -n "$1" link set lo up
}

# bridge_add NAME [ADDRESS/LEN]...: addresses make it the containers' gateway.
bridge_add() {
	local name=$1 address
	shift
	no_dad
	ip link add "$name" type bridge stp_state 0 forward_delay 0
	links_made+=("$name")
	for address; do
		address_add "$name" "$address"
	done
	ip link set "$name" up
}

# address_add DEVICE ADDRESS/LEN [NAMESPACE]
address_add() {
	case $2 in
	*:*) ip ${3:+-n "$3"} address add "$2" dev "$1" nodad ;;
	*) ip ${3:+-n "$3"} address add "$2" dev "$1" ;;
	esac
}

# gateway_of BRIDGE -4|-6: the bridge's first global address, without its length.
gateway_of() { ip -o "$2" address show dev "$1" scope global | awk 'NR == 1 { sub("/.*", "", $4); print $4 }'; }

# container_add NAME BRIDGE [IPV4/LEN] [IPV6/LEN]: a namespace NAME with eth0, whose other end veth-NAME is a
# port of BRIDGE; default routes by the bridge's addresses where it has some, else straight to the link.
container_add() {
	local name=$1 bridge=$2 address family gateway
	shift 2
	ns_add "$name"
	ip link add "veth-$name" master "$bridge" up type veth peer name eth0 netns "$name"
	links_made+=("veth-$name")
	ip -n "$name" link set eth0 up
	for address; do
		address_add eth0 "$address" "$name"
		family=-4
		case $address in *:*) family=-6 ;; esac
		gateway=$(gateway_of "$bridge" $family)
		ip -n "$name" $family route add default ${gateway:+via "$gateway"} dev eth0
	done
}

# What runs in a namespace holds it: ended first.
ns_clean() {
	local name pids
	for name in ${ns_made[@]+"${ns_made[@]}"}; do
		pids=$(ip netns pids "$name" 2>/dev/null) || continue
		# shellcheck disable=SC2086
		[ -z "$pids" ] || kill -KILL $pids 2>/dev/null || true
		ip netns delete "$name" || true
	done
	for name in ${links_made[@]+"${links_made[@]}"}; do
		[ ! -e "/sys/class/net/$name" ] || ip link delete "$name" 2>/dev/null || true
	done
	ns_made=() links_made=()
}

# run_tests FILE [NAME...]: runs the functions test_* of FILE in their order, or those named, with or
# without "test_"; exits 1 if one failed. With NO_SKIP=yes in the environment a test that was skipped failed.
run_tests() {
	local file=$1 name names passed=0 failed=0 skipped=0 begin took status
	shift
	names=$(sed -nE 's/^(test_[A-Za-z0-9_]+) *\(\).*/\1/p' "$file")
	if [ $# -gt 0 ]; then
		names=$(for name; do printf 'test_%s\n' "${name#test_}"; done)
	fi
	set +e
	for name in $names; do
		if ! declare -F "$name" >/dev/null; then
			printf 'FAILED %s: no such test in %s\n' "$name" "$file"
			failed=$((failed + 1))
			continue
		fi
		TEST_TMP=$(mktemp -d)
		begin=${EPOCHREALTIME/[.,]/}
		(
			trap ns_clean EXIT
			set -eu
			"$name"
		) >"$TEST_TMP/output" 2>&1 </dev/null
		status=$?
		took=$(((${EPOCHREALTIME/[.,]/} - begin) / 100000))
		took=$((took / 10)).$((took % 10))
		if [ "$status" -ne 0 ]; then
			printf 'FAILED %s (%s s, status %d)\n' "$name" "$took" "$status"
			sed 's/^/    /' "$TEST_TMP/output"
			failed=$((failed + 1))
		elif [ -e "$TEST_TMP/skipped" ] && [ "${NO_SKIP:-}" = yes ]; then
			printf 'FAILED %s: skipped, and this kernel has all that tests want: %s\n' "$name" "$(cat "$TEST_TMP/skipped")"
			failed=$((failed + 1))
		elif [ -e "$TEST_TMP/skipped" ]; then
			printf 'skipped %s: %s\n' "$name" "$(cat "$TEST_TMP/skipped")"
			skipped=$((skipped + 1))
		else
			printf 'ok %s (%s s)\n' "$name" "$took"
			passed=$((passed + 1))
		fi
		rm -rf "$TEST_TMP"
	done
	printf '%d passed, %d failed' "$passed" "$failed"
	[ "$skipped" -eq 0 ] || printf ', %d skipped' "$skipped"
	printf '\n'
	[ "$failed" -eq 0 ] || exit 1
	[ $((passed + skipped)) -gt 0 ] || {
		printf 'no test was run\n'
		exit 1
	}
	exit 0
}
