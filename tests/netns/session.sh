# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2034 # shared with lib.sh
#
# A network and a daemon that are made once a file, since they cost seconds in emulation, and what a test
# asks of them. Sourced after tests/vm/lib.sh, in a guest, by what makes the network.
#
#	session_start FUNCTION [OPTION]...   FUNCTION makes the network; options of the daemon
#	test_x() { fresh; both_backends x; }

PATH=$PWD/build:$PATH
session_tmp=$(mktemp -d)

daemon_answers() { twinctl status >/dev/null; }

# Ends the daemon and the network with the script.
# shellcheck disable=SC2317 # called by the trap
session_end() {
	[ $? -eq 0 ] || { echo "what the daemon said:" && tail -n 20 "$session_tmp/daemon.log"; }
	twinctl mode set off >/dev/null 2>&1 || true
	kill "$daemon_pid" 2>/dev/null || true
	wait "$daemon_pid" 2>/dev/null || true
	ns_made=("${session_namespaces[@]}") links_made=("${session_links[@]}")
	ns_clean
	rm -rf "$session_tmp"
}

session_start() { # FUNCTION [OPTION]...
	modprobe twinpath
	"$1"
	shift
	twinpathd "$@" >"$session_tmp/daemon.log" 2>&1 &
	daemon_pid=$!
	# From here on the tests must not take the network for theirs.
	session_namespaces=("${ns_made[@]}") session_links=("${links_made[@]}")
	ns_made=() links_made=()
	trap session_end EXIT
	TEST_TMP=$session_tmp
	wait_until 20 daemon_answers
}

# must PROGRAM ARGUMENT...: as check, without the processes that check takes to keep the output.
must() {
	local output
	output=$("$@" 2>&1) && return
	printf 'failed at %s:%s: %s\n%s\n' "${BASH_SOURCE[2]##*/}" "${BASH_LINENO[1]}" "$*" "$output"
	exit 1
}

kill_jobs() {
	local pids
	pids=$(jobs -p)
	# shellcheck disable=SC2086
	[ -z "$pids" ] || kill -KILL $pids 2>/dev/null || true
}

# fresh: no policy, no flow, backend nft, enforcing.
fresh() {
	local left
	# What a test leaves behind when it fails would slow down the others.
	trap 'kill_jobs; ns_clean' EXIT
	left=$(twinctl --json policy list | jq -r '.policy[].name | select(. != "base")')
	# shellcheck disable=SC2086 # names of our own
	[ -z "$left" ] || must twinctl policy delete $left
	left=$(nft list tables 2>/dev/null | sed '/^table inet twinpath$/d; s/^/delete /')
	[ -z "$left" ] || check nft -f - <<<"$left"
	printf '%s\n' 'backend set nft' 'mode set enforce --deny drop --ethertypes deny --fail closed' >"$TEST_TMP/batch"
	must twinctl batch "$TEST_TMP/batch"
}

# both_backends FUNCTION: once with each, from no flow.
both_backends() {
	local backend
	for backend in nft bpf; do
		[ $backend = nft ] || must twinctl backend set $backend
		conntrack -F 2>/dev/null
		echo "backend $backend"
		"$1"
	done
}

# counted REASON [VERDICT]: packets so far.
counted() {
	twinctl --json counters | jq --arg reason "$1" --arg verdict "${2:-}" \
		'[.reason[] | select(.reason == $reason and ($verdict == "" or .verdict == $verdict)) | .packets] | add // 0'
}

# counts NUMBER REASON CMD...: CMD makes this reason's counter grow by exactly so much.
counts() {
	local number=$1 reason=$2 before after
	shift 2
	before=$(counted "$reason")
	"$@"
	after=$(counted "$reason")
	check test "$((after - before))" = "$number"
}
